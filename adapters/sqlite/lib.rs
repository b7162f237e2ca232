//! A SQLite file as a warehouse: the embedded default. The file is opened read-only for each question and closed again,
//! never created; one read transaction is one consistent picture of it.

mod file;
mod profile;
mod scan;
mod settings;
mod shape;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use serde_json::Value;
use settings::Settings;
use std::sync::Arc;
use tessera_model::{Dialect, Finding};
use tessera_ports::WarehouseSpec;
use tessera_ports::adapter::SettingsError;
use tessera_ports::warehouse::{Probe, ScanReport, ScanSink, Warehouse, WarehouseError};

/// What the binary registers.
pub fn register() -> WarehouseSpec {
    WarehouseSpec {
        kind: "sqlite",
        build,
        from_dbt_profile: profile::from_dbt_profile,
        grants: include_str!("grants.sql"),
    }
}

fn build(name: &str, settings: &Value) -> Result<Arc<dyn Warehouse>, SettingsError> {
    Ok(Arc::new(Sqlite { name: name.to_owned(), settings: Settings::read(name, settings)? }))
}

#[derive(Debug)]
struct Sqlite {
    name: String,
    settings: Settings,
}

#[async_trait]
impl Warehouse for Sqlite {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "sqlite"
    }

    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    async fn check(&self) -> Vec<Finding> {
        scan::check(&self.name, &self.settings).await
    }

    async fn probe(&self) -> Result<Probe, WarehouseError> {
        scan::probe(&self.settings).await
    }

    async fn scan(&self, since: Option<&Probe>, sink: &mut dyn ScanSink) -> Result<ScanReport, WarehouseError> {
        scan::scan(&self.settings, since, sink).await
    }
}
