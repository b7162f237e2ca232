//! How an adapter introduces itself: one `register()` per crate, one line per crate in the binary. The settings of a
//! warehouse or notifier go to its adapter as they stand in the configuration (less the common keys), so that nobody else
//! needs to know them.

mod span;

pub use span::span;

use crate::notifier::Notifier;
use crate::warehouse::Warehouse;
use serde::de::DeserializeOwned;
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

pub type BuildWarehouse = fn(&str, &Value) -> Result<Arc<dyn Warehouse>, SettingsError>;
pub type BuildNotifier = fn(&str, &Value) -> Result<Arc<dyn Notifier>, SettingsError>;

/// A kind of warehouse.
#[derive(Clone, Copy)]
pub struct WarehouseSpec {
    /// The `kind` in the configuration, which is also dbt's adapter type.
    pub kind: &'static str,
    /// `(name, settings)`: connects lazily, so that a daemon starts while a warehouse is down.
    pub build: BuildWarehouse,
    /// Translates one dbt `profiles.yml` output (already rendered) to this adapter's settings.
    pub from_dbt_profile: fn(&Value) -> Result<Value, SettingsError>,
    /// The least grants it needs, as SQL for an administrator.
    pub grants: &'static str,
}

/// A kind of notifier.
#[derive(Clone, Copy)]
pub struct NotifierSpec {
    pub kind: &'static str,
    pub build: BuildNotifier,
}

/// Reads an adapter's settings, naming the key that is wrong and, for a misspelt one, the likely right one. `what` is
/// how a person finds the section: `warehouse "shop"`. Give `T` `#[serde(deny_unknown_fields)]`.
pub fn read_settings<T: DeserializeOwned>(what: &str, settings: &Value) -> Result<T, SettingsError> {
    serde_path_to_error::deserialize(settings).map_err(|e| {
        let path = e.path().to_string();
        let inner = e.inner().to_string();
        let (problem, hint) = match unknown_field(&inner) {
            Some((unknown, known)) => (format!("unknown key `{unknown}`"), suggestion(unknown, &known)),
            None => match path.as_str() {
                "." => (inner, String::new()),
                path => (format!("`{path}`: {inner}"), String::new()),
            },
        };
        SettingsError::new(format!("{what}: {problem}{hint}"))
    })
}

/// Takes serde's sentence apart: unknown field `a`, expected one of `b`, `c`.
fn unknown_field(message: &str) -> Option<(&str, Vec<&str>)> {
    let mut names = message.strip_prefix("unknown field ")?.split('`').skip(1).step_by(2);
    let unknown = names.next()?;
    Some((unknown, names.collect()))
}

fn suggestion(unknown: &str, known: &[&str]) -> String {
    let near = known
        .iter()
        .map(|k| (strsim::jaro_winkler(k, unknown), *k))
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match near {
        Some((_, name)) => format!("; did you mean `{name}`?"),
        None if known.is_empty() => String::new(),
        None => format!("; the keys are {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests;
