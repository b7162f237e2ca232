//! The cheap question, and what its answers mean to each other. A scope's answer is a text of numbers that only this file
//! writes and reads: relations, the transactions that wrote them, the newest relation, how many the role may not SELECT,
//! and a hash of what is counted over all schemas at once.

use crate::privileges::Privileges;
use crate::scope::Scope;
use crate::session::Session;
use std::collections::HashMap;
use tessera_model::Fingerprint;
use tessera_ports::warehouse::{Probe, WarehouseError};

const SCHEMAS: &str = include_str!("sql/probe_schemas.sql");
const SHAPES: &str = include_str!("sql/probe_shapes.sql");

/// Part of every scope's answer: another version of this adapter reports other things, so it must not find "unchanged".
pub(crate) const FORMAT: &str = "1";

#[derive(Debug)]
pub(crate) struct Probed {
    pub(crate) probe: Probe,
    /// Schema oids with relations that the role may not SELECT.
    pub(crate) unreadable: HashMap<u32, u64>,
}

impl Session {
    /// Asks. The scope must have been entered.
    pub(crate) async fn probe(&self, scope: &Scope) -> Result<Probed, WarehouseError> {
        let shapes = self.rows("probing columns, keys and comments", SHAPES).await?;
        let mut counted = format!("{}\n", self.server.database);
        for row in &shapes {
            for field in 0..row.len() {
                counted.push_str(row.get(field).unwrap_or("-"));
                counted.push(' ');
            }
        }
        let shapes = Fingerprint::of_bytes(counted.as_bytes());

        let mut answers: HashMap<u32, String> = HashMap::new();
        let mut unreadable = HashMap::new();
        for row in self.rows("probing schemas", SCHEMAS).await? {
            let field = |name: &str| row.get(name).unwrap_or("0").to_owned();
            let oid = field("schema").parse::<u32>().map_err(|_| no_number())?;
            let blocked = field("unreadable").parse::<u64>().map_err(|_| no_number())?;
            if blocked > 0 {
                unreadable.insert(oid, blocked);
            }
            answers.insert(oid, format!("{}:{}:{}:{blocked}", field("relations"), field("written"), field("newest")));
        }

        let mut scopes: Vec<(String, String)> = scope
            .schemas
            .iter()
            .map(|(oid, schema)| {
                let answer = answers.get(oid).map_or("0:0:0:0", String::as_str);
                (schema.name.clone(), format!("{FORMAT}:{answer}:{oid}:{shapes}"))
            })
            .collect();
        scopes.sort();
        let mut without_usage: Vec<String> =
            scope.schemas.values().filter(|s| !s.usage).map(|s| s.name.clone()).collect();
        without_usage.sort();
        let privileges = Privileges { role: self.server.role.clone(), without_usage };
        let privileges = serde_json::to_string(&privileges).map_err(|e| WarehouseError::Protocol(e.to_string()))?;
        Ok(Probed { probe: Probe { scopes, privileges }, unreadable })
    }
}

fn no_number() -> WarehouseError {
    WarehouseError::Protocol("the probe answered with something that is not a number".to_owned())
}
