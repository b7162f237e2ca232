//! How an adapter introduces itself: one `register()` per crate, one line per crate in the binary. The settings of a
//! warehouse or notifier go to its adapter as they stand in the configuration (less the common keys), so that nobody else
//! needs to know them.

use crate::notifier::Notifier;
use crate::warehouse::Warehouse;
use serde_json::Value;
use std::sync::Arc;

/// Settings were not understood. The message names the key and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SettingsError {
    pub message: String,
}

impl SettingsError {
    pub fn new(message: impl Into<String>) -> Self {
        SettingsError { message: message.into() }
    }
}

/// A kind of warehouse.
#[derive(Clone, Copy)]
pub struct WarehouseSpec {
    /// The `kind` in the configuration, which is also dbt's adapter type.
    pub kind: &'static str,
    /// `(name, settings)`: connects lazily, so that a daemon starts while a warehouse is down.
    pub build: fn(&str, &Value) -> Result<Arc<dyn Warehouse>, SettingsError>,
    /// Translates one dbt `profiles.yml` output (already rendered) to this adapter's settings.
    pub from_dbt_profile: fn(&Value) -> Result<Value, SettingsError>,
    /// The least grants it needs, as SQL for an administrator.
    pub grants: &'static str,
}

/// A kind of notifier.
#[derive(Clone, Copy)]
pub struct NotifierSpec {
    pub kind: &'static str,
    pub build: fn(&str, &Value) -> Result<Arc<dyn Notifier>, SettingsError>,
}
