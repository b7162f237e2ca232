//! The tables that a query may read: shapes by name, under one dialect's comparison rules. Names in SQL are written with
//! any number of parts, so a look-up tries the whole name first and then a unique suffix.

use std::collections::HashMap;
use std::sync::Arc;
use tessera_model::{Dialect, TableName, TableSchema};

/// Table shapes by name under one dialect's comparison rules; looks up by full name, then by unique suffix.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    dialect: Dialect,
    tables: Vec<(TableName, Arc<TableSchema>)>,
    full: HashMap<String, u32>,
    suffix: HashMap<String, Suffix>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suffix {
    One(u32),
    Many,
}

/// Where the names of a statement are looked up when they are written without database or schema.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Defaults {
    pub database: Option<String>,
    pub schema: Option<String>,
}

impl Catalog {
    pub fn new(dialect: Dialect) -> Self {
        Catalog { dialect, ..Catalog::default() }
    }

    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Adds a table, or replaces the one of the same full name.
    pub fn insert(&mut self, name: TableName, schema: TableSchema) {
        self.insert_shared(name, Arc::new(schema));
    }

    /// As [`Catalog::insert`], for a shape that is held elsewhere too.
    pub fn insert_shared(&mut self, name: TableName, schema: Arc<TableSchema>) {
        let parts = self.folded(&name);
        let key = parts.join(".");
        if let Some(&at) = self.full.get(&key) {
            self.tables[at as usize] = (name, schema);
            return;
        }
        let at = u32::try_from(self.tables.len()).unwrap_or(u32::MAX);
        self.tables.push((name, schema));
        self.full.insert(key, at);
        for start in 1..parts.len() {
            self.suffix
                .entry(parts[start..].join("."))
                .and_modify(|s| *s = if *s == Suffix::One(at) { *s } else { Suffix::Many })
                .or_insert(Suffix::One(at));
        }
    }

    pub fn get(&self, name: &TableName) -> Option<&TableSchema> {
        self.entry(name).map(|(_, s)| s.as_ref())
    }

    /// The stored name and shape that `name` stands for.
    pub fn entry(&self, name: &TableName) -> Option<(&TableName, &Arc<TableSchema>)> {
        let parts = self.folded(name);
        let key = parts.join(".");
        let at = match (self.full.get(&key), self.suffix.get(&key)) {
            (Some(&at), _) => Some(at),
            (None, Some(Suffix::One(at))) => Some(*at),
            (None, Some(Suffix::Many)) => None,
            // A name with more parts than the catalog's: `db.schema.t` finds a table known as `schema.t` or `t`.
            (None, None) => (1..parts.len()).find_map(|start| self.full.get(&parts[start..].join(".")).copied()),
        }?;
        self.tables.get(at as usize).map(|(n, s)| (n, s))
    }

    pub fn iter(&self) -> impl Iterator<Item = (&TableName, &TableSchema)> {
        self.tables.iter().map(|(n, s)| (n, s.as_ref()))
    }

    pub fn len(&self) -> usize {
        self.tables.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tables.is_empty()
    }

    fn folded(&self, name: &TableName) -> Vec<String> {
        let folding = self.dialect.table_folding();
        name.parts().map(|p| folding.key(p)).collect()
    }
}
