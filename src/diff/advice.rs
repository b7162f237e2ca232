//! Migration steps for a change: expand (add beside what is there), migrate (move those who use it), contract (take the old
//! away), each in the format's own language. Tables get the SQL of their warehouse (`advice/sql.rs`) and dbt YAML; the other
//! formats' texts are data, one file a language. A change that nobody has to follow has no steps.

mod alters;
mod sql;
mod template;

#[cfg(test)]
mod tests;

pub use alters::alters_in_place;

use crate::{Diff, DiffError, Options, diff, diff_tables, table};
use serde_json::Value;
use tessera_model::change::{Change, ChangeKind, Judgment};
pub use tessera_model::change::{Language, Phase, Step};
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, TableSchema};

fn language_of(format: SchemaFormat) -> Language {
    match format {
        SchemaFormat::Table => Language::Sql,
        SchemaFormat::JsonSchema => Language::JsonSchema,
        SchemaFormat::Avro => Language::Avro,
        SchemaFormat::Protobuf => Language::Protobuf,
        SchemaFormat::OpenApi => Language::OpenApi,
        SchemaFormat::GraphQl => Language::GraphQl,
    }
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

/// [`diff`](crate::diff) with the steps of each change. `name` is what a table is called in them.
pub fn advised(
    format: SchemaFormat,
    old: &Value,
    new: &Value,
    compat: Compatibility,
    options: &Options,
    name: Option<&str>,
) -> Result<Diff, DiffError> {
    if format == SchemaFormat::Table {
        let (before, after, options) = table::sides(old, new, options)?;
        return Ok(advised_tables(&before, &after, compat, &options, name));
    }
    let mut found = diff(format, old, new, compat, options)?;
    advise(&mut found.changes, &Subject::schema(format), options);
    Ok(found)
}

/// The same for two tables that are read already.
pub fn advised_tables(
    old: &TableSchema,
    new: &TableSchema,
    compat: Compatibility,
    options: &Options,
    name: Option<&str>,
) -> Diff {
    let mut found = diff_tables(old, new, compat, options);
    advise(&mut found.changes, &Subject::tables(old, new, name), options);
    found
}

/// Writes each change's steps into it, in the order in which they are taken. None where there is nothing to migrate:
/// documentation, or a change with which both sides cope, or one that nobody could decide.
pub fn advise(changes: &mut [Change], subject: &Subject<'_>, options: &Options) {
    let table = subject.tables.map(|(old, new)| sql::About::new(old, new, subject.name, changes, options));
    for change in changes {
        change.steps = match &table {
            _ if is_idle(change) => Vec::new(),
            Some(table) => sql::steps(change, table),
            None if subject.format == SchemaFormat::Table => Vec::new(),
            None => template::steps(change, language_of(subject.format)),
        };
    }
}

fn is_idle(change: &Change) -> bool {
    let well = |j: Judgment| j == Judgment::Ok;
    change.kind == ChangeKind::Documentation && change.reads != Judgment::Fails
        || well(change.reads) && well(change.writes)
}
