//! Which schemas a scan is about. Chosen here by pattern from the server's list; the queries get their numbers through a
//! transaction-local setting, so no name from outside ever becomes part of a statement.

use crate::glob;
use crate::session::Session;
use crate::settings::Settings;
use std::collections::HashMap;
use tessera_model::Finding;
use tessera_ports::warehouse::WarehouseError;

const SCHEMAS: &str = include_str!("sql/schemas.sql");

/// The server's own, and what extensions keep for themselves. A schema named without wildcards is scanned nonetheless.
const INTERNAL: [&str; 15] = [
    "pg_catalog",
    "information_schema",
    "pg_toast",
    "pg_toast_*",
    "pg_temp_*",
    "_timescaledb_*",
    "timescaledb_*",
    "toolkit_experimental",
    "citus",
    "citus_internal",
    "columnar_internal",
    "hdb_catalog",
    "cron",
    "pgagent",
    "partman",
];

#[derive(Debug)]
pub(crate) struct Scope {
    /// In scope, by oid.
    pub(crate) schemas: HashMap<u32, ScopeSchema>,
    pub(crate) findings: Vec<Finding>,
}

#[derive(Debug, Clone)]
pub(crate) struct ScopeSchema {
    pub(crate) name: String,
    pub(crate) usage: bool,
}

impl Scope {
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.schemas.values().map(|s| s.name.clone()).collect();
        names.sort();
        names
    }
}

impl Session {
    /// Reads the schemas, picks those in scope, and tells the server.
    pub(crate) async fn enter_scope(&self, settings: &Settings) -> Result<Scope, WarehouseError> {
        let rows = self.rows("listing schemas", SCHEMAS).await?;
        let mut scope = Scope { schemas: HashMap::new(), findings: Vec::new() };
        let mut noise = Vec::new();
        for row in &rows {
            let (Some(oid), Some(name)) = (row.get("oid").and_then(|o| o.parse::<u32>().ok()), row.get("nspname"))
            else {
                return Err(WarehouseError::Protocol(
                    "the list of schemas has a row without number or name".to_owned(),
                ));
            };
            if wanted(settings, name) {
                let usage = row.get("usage") == Some("t");
                scope.schemas.insert(oid, ScopeSchema { name: name.to_owned(), usage });
            } else if !matches!(name, "pg_catalog" | "information_schema" | "pg_toast") {
                noise.push(oid);
            }
        }
        for pattern in &settings.schemas {
            if !scope.schemas.values().any(|s| glob::matches(pattern, &s.name)) {
                scope.findings.push(unmatched(pattern, &self.server.database));
            }
        }
        let numbers: Vec<u32> = scope.schemas.keys().copied().collect();
        self.narrow("tessera.scope", &numbers).await?;
        self.narrow("tessera.noise", &noise).await?;
        Ok(scope)
    }

    /// Takes back what came after the savepoint and sets one schema as scope.
    pub(crate) async fn step_back(&self, schema: u32) -> Result<(), WarehouseError> {
        self.rows("rolling back", "rollback to savepoint tessera").await?;
        self.narrow("tessera.scope", &[schema]).await
    }

    /// Sets a list of oids for the rest of the transaction.
    pub(crate) async fn narrow(&self, setting: &str, oids: &[u32]) -> Result<(), WarehouseError> {
        let list = oids.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        self.rows("setting the scope", &format!("set local {setting} = '{list}'")).await.map(|_| ())
    }
}

fn wanted(settings: &Settings, name: &str) -> bool {
    if settings.exclude_schemas.iter().any(|p| glob::matches(p, name)) {
        return false;
    }
    if settings.schemas.iter().any(|p| glob::is_literal(p) && p == name) {
        return true;
    }
    (settings.schemas.is_empty() || settings.schemas.iter().any(|p| glob::matches(p, name)))
        && !INTERNAL.iter().any(|p| glob::matches(p, name))
}

fn unmatched(pattern: &str, database: &str) -> Finding {
    Finding::warning("schema-pattern-unmatched", format!("no schema of database `{database}` matches `{pattern}`"))
        .about(format!("schemas = [\"{pattern}\"]"))
        .remedy("correct `schemas` of this warehouse, or create the schema")
}
