//! PostgreSQL as a warehouse: one read-only session and one snapshot a scan, pg_catalog by `COPY … TO STDOUT`, and a
//! probe that tells in a fraction of that whether anything changed. Only the embedded files of `sql/` are ever sent.

mod assemble;
mod check;
mod copy;
mod error;
mod glob;
mod privileges;
mod probe;
mod profile;
mod scan;
mod scope;
mod session;
mod settings;
mod tls;

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
        kind: "postgres",
        build,
        from_dbt_profile: profile::from_dbt_profile,
        grants: include_str!("grants.sql"),
    }
}

fn build(name: &str, settings: &Value) -> Result<Arc<dyn Warehouse>, SettingsError> {
    Ok(Arc::new(Postgres { name: name.to_owned(), settings: Settings::read(name, settings)? }))
}

#[derive(Debug)]
struct Postgres {
    name: String,
    settings: Settings,
}

#[async_trait]
impl Warehouse for Postgres {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        "postgres"
    }

    fn dialect(&self) -> Dialect {
        Dialect::Postgres
    }

    async fn check(&self) -> Vec<Finding> {
        check::check(&self.name, &self.settings).await
    }

    async fn probe(&self) -> Result<Probe, WarehouseError> {
        let session = session::Session::open(&self.settings).await?;
        let scope = session.enter_scope(&self.settings).await?;
        let probed = session.probe(&scope).await?;
        session.close().await;
        Ok(probed.probe)
    }

    async fn scan(&self, since: Option<&Probe>, sink: &mut dyn ScanSink) -> Result<ScanReport, WarehouseError> {
        scan::scan(&self.settings, since, sink).await
    }
}
