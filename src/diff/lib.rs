//! Two schemas -> changes with judgments. Each format has its own room (`table`, `json_schema`, `avro`, `openapi`, `graphql`,
//! `protobuf`);
//! all of them speak `model::Change`, and a change says two plain things: do old readers cope with new data (`reads`), does
//! old producers' data fit the new schema (`writes`). What is *breaking* is then the compatibility mode's business
//! (`model::mode`). Nothing here does I/O, and every search is bounded by a budget of visits: what cannot be proved
//! within it is `undecided`, never ok.

pub mod advice;
mod avro;
mod batch;
mod convert;
mod dbt_contract;
mod error;
mod graphql;
pub mod json_schema;
mod maps;
pub mod odcs;
mod openapi;
mod outcome;
mod protobuf;
pub mod table;

pub use batch::batch_line;
pub use convert::{json_schema_of_table, table_of_json_schema};
pub use dbt_contract::{DbtVerdict, dbt_contract};
pub use error::{DiffError, Side};
pub use outcome::{Diff, change_type};
pub use table::{Hint, TypeRules, diff_tables, table_from_value};

use serde_json::Value;
use tessera_model::contract::SchemaFormat;
use tessera_model::mode::JudgePolicy;
use tessera_model::{Compatibility, Dialect};

/// What a diff needs besides the two schemas.
#[derive(Debug, Clone)]
pub struct Options {
    /// `[diff]` settings that the judgment needs.
    pub policy: JudgePolicy,
    /// Node visits after which a search gives up and says `undecided`.
    pub budget: u64,
    /// How type spellings of a `table` value are read when it names no dialect itself.
    pub dialect: Dialect,
    /// Name of a set of type rules (`iceberg-v2`, `delta-4.0`, a dialect's name); by default the tables' dialect chooses.
    pub type_rules: Option<String>,
    /// Renames known from elsewhere (lineage, field ids, aliases). They decide which pair is suggested, never the verdict.
    pub hints: Vec<Hint>,
    /// The day (`2026-01-31`) by which announced ends are judged; this crate has no clock. Without it an end that was
    /// announced for some day is neither past nor to come.
    pub today: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            policy: JudgePolicy::default(),
            budget: 200_000,
            dialect: Dialect::Generic,
            type_rules: None,
            hints: Vec::new(),
            today: None,
        }
    }
}

/// Compares two schemas of one format. `changes` come judged by `compat`, in a fixed order (path, then rule).
pub fn diff(
    format: SchemaFormat,
    old: &Value,
    new: &Value,
    compat: Compatibility,
    options: &Options,
) -> Result<Diff, DiffError> {
    match format {
        SchemaFormat::Table => {
            let (before, after, options) = table::sides(old, new, options)?;
            Ok(diff_tables(&before, &after, compat, &options))
        }
        SchemaFormat::JsonSchema => json_schema::diff(old, new, compat, options),
        SchemaFormat::Avro => avro::diff(old, new, compat, options),
        SchemaFormat::GraphQl => graphql::diff(old, new, compat, options),
        SchemaFormat::OpenApi => openapi::diff(old, new, compat, options),
        SchemaFormat::Protobuf => protobuf::diff(old, new, compat, options),
    }
}

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
