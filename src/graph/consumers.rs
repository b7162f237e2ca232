//! Consumers that declare what they read: exposures and registrations. They have no SQL to bind, only a list of columns,
//! or nothing but the table's name.

use crate::graph::Graph;
use crate::index::TableId;
use std::collections::BTreeSet;
use tessera_model::{Effect, Reader, TableName};

/// What a consumer says of the table (or of the column that was asked for).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Declared {
    /// It names the column, or columns of the table when the whole table was asked for.
    Column(Vec<String>),
    /// It is registered for the whole table, and the whole table was asked for.
    WholeTable,
    /// It names no columns.
    Unknown,
}

impl Graph {
    /// Consumers of the table that use the column or may use it. Who declares other columns only is left out.
    pub(crate) fn consumers_of(&self, table: u32, column: Option<&str>) -> Vec<(Reader, Declared)> {
        let entry = &self.index.tables[table as usize];
        let producers = entry.producers.iter().map(|n| self.index.nodes[*n as usize].id.as_str()).collect();
        self.consumers(&producers, &entry.id, entry.name.as_ref(), column)
    }

    /// The same for a table that this graph need not know: `producers` are the nodes that build it.
    pub(crate) fn consumers(
        &self,
        producers: &BTreeSet<&str>,
        id: &TableId,
        table: Option<&TableName>,
        column: Option<&str>,
    ) -> Vec<(Reader, Declared)> {
        let folding = id.0.column_folding();
        let mut out = Vec::new();
        let exposures: BTreeSet<u32> =
            producers.iter().filter_map(|n| self.exposed.get(*n)).flatten().copied().collect();
        for at in exposures {
            let exposure = &self.exposures[at as usize];
            let mine: Vec<&str> = exposure.columns.iter().filter_map(|c| column_of(c, table)).collect();
            let declared = match (exposure.columns.is_empty(), column) {
                (true, _) => Declared::Unknown,
                (false, None) => Declared::Column(mine.iter().map(|c| (*c).to_owned()).collect()),
                (false, Some(name)) => match mine.iter().any(|c| c.to_lowercase() == name.to_lowercase()) {
                    true => Declared::Column(vec![name.to_owned()]),
                    false => continue,
                },
            };
            out.push((self.exposure_reader(exposure, Effect::Reads), declared));
        }
        for at in self.registered.get(id).into_iter().flatten() {
            let registration = &self.registrations[*at as usize];
            let declared = match (registration.columns.is_empty(), column) {
                (true, None) => Declared::WholeTable,
                (true, Some(_)) => Declared::Unknown,
                (false, None) => Declared::Column(registration.columns.clone()),
                (false, Some(name)) => {
                    let same =
                        |c: &String| folding.key(c) == folding.key(name) || c.to_lowercase() == name.to_lowercase();
                    match registration.columns.iter().any(same) {
                        true => Declared::Column(vec![name.to_owned()]),
                        false => continue,
                    }
                }
            };
            out.push((self.registration_reader(registration, Effect::Reads), declared));
        }
        out
    }
}

/// The column that a declared name means in this table: `column`, or `table.column` when the table fits.
fn column_of<'a>(declared: &'a str, table: Option<&TableName>) -> Option<&'a str> {
    let Some((prefix, column)) = declared.rsplit_once('.') else { return Some(declared) };
    let (prefix, table) = (prefix.to_lowercase(), table?.to_string().to_lowercase());
    (table == prefix || table.ends_with(&format!(".{prefix}"))).then_some(column)
}
