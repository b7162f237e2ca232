//! Migration steps for a change: expand (add beside what is there), migrate (move those who use it), contract (take the old
//! away), each in the format's own language. Tables get the SQL of their warehouse (`advice/sql.rs`) and dbt YAML; the other
//! formats' texts are data, one file a language. A change that nobody has to follow has no steps.

mod alters;
mod sql;
mod template;

#[cfg(test)]
mod tests;

pub use alters::alters_in_place;

use crate::Options;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use tessera_model::TableSchema;
use tessera_model::change::{Change, ChangeKind, Judgment};
use tessera_model::contract::SchemaFormat;

/// When a step is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Add the new beside the old; nobody breaks.
    Expand,
    /// Move readers and writers, and the data.
    Migrate,
    /// Take the old away.
    Contract,
}

/// What a step's text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    Sql,
    Dbt,
    Avro,
    Protobuf,
    GraphQl,
    OpenApi,
    JsonSchema,
}

impl Language {
    pub fn name(self) -> &'static str {
        match self {
            Language::Sql => "sql",
            Language::Dbt => "dbt",
            Language::Avro => "avro",
            Language::Protobuf => "protobuf",
            Language::GraphQl => "graphql",
            Language::OpenApi => "openapi",
            Language::JsonSchema => "json-schema",
        }
    }

    fn of(format: SchemaFormat) -> Language {
        match format {
            SchemaFormat::Table => Language::Sql,
            SchemaFormat::JsonSchema => Language::JsonSchema,
            SchemaFormat::Avro => Language::Avro,
            SchemaFormat::Protobuf => Language::Protobuf,
            SchemaFormat::OpenApi => Language::OpenApi,
            SchemaFormat::GraphQl => Language::GraphQl,
        }
    }
}

impl Serialize for Language {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One step of a migration. Lines that begin with the language's comment mark are for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Step {
    pub phase: Phase,
    pub language: Language,
    pub text: String,
}

/// What the changes are about.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    pub format: SchemaFormat,
    /// The table, dotted, as it is called in statements; `None`: a name to be filled in stands there.
    pub name: Option<&'a str>,
    /// Both tables, for the format `table`: dialects, spellings, likely renames.
    pub tables: Option<(&'a TableSchema, &'a TableSchema)>,
}

impl<'a> Subject<'a> {
    pub fn schema(format: SchemaFormat) -> Subject<'static> {
        Subject { format, name: None, tables: None }
    }

    pub fn tables(old: &'a TableSchema, new: &'a TableSchema, name: Option<&'a str>) -> Subject<'a> {
        Subject { format: SchemaFormat::Table, name, tables: Some((old, new)) }
    }
}

/// The steps for one change, in the order in which they are taken. Empty where there is nothing to migrate: documentation, or a
/// change with which both sides cope, or one that nobody could decide.
pub fn steps(change: &Change, subject: &Subject<'_>, options: &Options) -> Vec<Step> {
    let well = |j: Judgment| j == Judgment::Ok;
    if change.kind == ChangeKind::Documentation && change.reads != Judgment::Fails
        || well(change.reads) && well(change.writes)
    {
        return Vec::new();
    }
    match subject.tables {
        Some((old, new)) => sql::steps(change, old, new, subject.name, options),
        None if subject.format == SchemaFormat::Table => Vec::new(),
        None => template::steps(change, Language::of(subject.format)),
    }
}

/// Changes as INTERFACES shows them, with `steps` beside `suggestion` where there are any.
pub fn with_steps(changes: &[Change], subject: &Subject<'_>, options: &Options) -> serde_json::Result<Value> {
    let shown = changes.iter().map(|change| {
        let mut value = serde_json::to_value(change)?;
        let steps = steps(change, subject, options);
        if !steps.is_empty() {
            value["steps"] = json!(steps);
        }
        Ok(value)
    });
    Ok(Value::Array(shown.collect::<serde_json::Result<_>>()?))
}
