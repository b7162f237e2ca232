//! Data contracts in the Open Data Contract Standard (ODCS v3, bitol.io) <-> tables. What a table has no place for is said in
//! notes, never dropped in silence; what ODCS has no field for is kept under `customProperties` named `tessera.…`, so that
//! reading back what was written gives the same table.

mod read;
mod types;
mod write;

#[cfg(test)]
mod tests;

pub use read::tables_of_odcs;
pub use write::{OdcsHead, odcs_of_tables};

use serde_json::Value;
use tessera_model::TableSchema;

/// What a contract says about tables.
#[derive(Debug, Clone, PartialEq)]
pub struct OdcsTables {
    /// By their names in the contract, in its order.
    pub tables: Vec<(String, TableSchema)>,
    /// What the contract says beyond that, one sentence each.
    pub notes: Vec<String>,
}

/// Is this document a data contract of the standard?
pub fn is_odcs(document: &Value) -> bool {
    document["kind"].as_str() == Some("DataContract") && document.get("apiVersion").is_some()
}

/// Where our own facts stand.
const OWN: &str = "tessera.";

fn own<'a>(element: &'a Value, name: &str) -> Option<&'a Value> {
    let list = element["customProperties"].as_array()?;
    list.iter().find(|p| p["property"].as_str().and_then(|p| p.strip_prefix(OWN)) == Some(name)).map(|p| &p["value"])
}
