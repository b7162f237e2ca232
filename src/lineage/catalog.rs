//! The tables that a query may read: shapes by name, under one dialect's comparison rules. Names in SQL are written with
//! any number of parts, so a look-up tries the whole name first and then a unique suffix.

use std::sync::{Arc, OnceLock};
use tessera_model::{Dialect, TableName, TableSchema};
use tessera_sql::hash::FastMap;

/// Table shapes by name under one dialect's comparison rules; looks up by full name, then by unique suffix.
#[derive(Debug, Clone, Default)]
pub struct Catalog {
    dialect: Dialect,
    tables: Vec<(TableName, Arc<TableSchema>)>,
    full: FastMap<Box<str>, u32>,
    /// The table that ends like this; `None`: several do. Made when a full name is looked up in vain.
    suffix: OnceLock<FastMap<Box<str>, Option<u32>>>,
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
        let key = name.key(self.dialect).0;
        if let Some(&at) = self.full.get(key.as_str()) {
            self.tables[at as usize] = (name, schema);
            return;
        }
        let at = u32::try_from(self.tables.len()).unwrap_or(u32::MAX);
        self.tables.push((name, schema));
        self.full.insert(key.into(), at);
        self.suffix = OnceLock::new();
    }

    pub fn get(&self, name: &TableName) -> Option<&TableSchema> {
        self.entry(name).map(|(_, s)| s.as_ref())
    }

    /// The stored name and shape that `name` stands for.
    pub fn entry(&self, name: &TableName) -> Option<(&TableName, &Arc<TableSchema>)> {
        let key = name.key(self.dialect).0;
        let at = match self.full.get(key.as_str()) {
            Some(&at) => Some(at),
            None => match self.suffixes().get(key.as_str()) {
                Some(at) => *at,
                // A name with more parts than the catalog's: `db.schema.t` finds a table known as `schema.t` or `t`.
                None => {
                    let parts = self.folded(name);
                    (1..parts.len()).find_map(|start| self.full.get(parts[start..].join(".").as_str()).copied())
                }
            },
        }?;
        self.tables.get(at as usize).map(|(n, s)| (n, s))
    }

    fn suffixes(&self) -> &FastMap<Box<str>, Option<u32>> {
        self.suffix.get_or_init(|| {
            let mut suffixes: FastMap<Box<str>, Option<u32>> = FastMap::default();
            for ((name, _), at) in self.tables.iter().zip(0u32..) {
                let parts = self.folded(name);
                for start in 1..parts.len() {
                    let one = suffixes.entry(parts[start..].join(".").into()).or_insert(Some(at));
                    *one = one.filter(|known| *known == at);
                }
            }
            suffixes
        })
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
