//! Relations by name, under the rules of every dialect that looks them up.

use std::collections::HashMap;
use tessera_model::{Dialect, TableName};

/// Full names and unique suffixes. A world of mixed dialects asks for one relation by several rules.
#[derive(Debug, Clone)]
pub(super) struct NameIndex<T> {
    dialects: Vec<Dialect>,
    full: HashMap<(Dialect, String), T>,
    /// The full name that ends like this; `None`: several do.
    suffix: HashMap<(Dialect, String), Option<String>>,
}

impl<T> Default for NameIndex<T> {
    fn default() -> Self {
        NameIndex { dialects: Vec::new(), full: HashMap::new(), suffix: HashMap::new() }
    }
}

impl<T: Clone> NameIndex<T> {
    pub(super) fn new(dialects: Vec<Dialect>) -> Self {
        NameIndex { dialects, ..NameIndex::default() }
    }

    /// Adds a relation; of two nodes with one relation the later one stands for it.
    pub(super) fn insert(&mut self, name: &TableName, value: &T) {
        for dialect in self.dialects.clone() {
            let folding = dialect.table_folding();
            let parts: Vec<String> = name.parts().map(|p| folding.key(p)).collect();
            let full = parts.join(".");
            for start in 1..parts.len() {
                self.suffix
                    .entry((dialect, parts[start..].join(".")))
                    .and_modify(|v| *v = v.take().filter(|v| *v == full))
                    .or_insert_with(|| Some(full.clone()));
            }
            self.full.insert((dialect, full), value.clone());
        }
    }

    pub(super) fn get(&self, name: &TableName, dialect: Dialect) -> Option<&T> {
        // A dialect that no node speaks compares as the generic one would.
        let dialect = if self.dialects.contains(&dialect) { dialect } else { *self.dialects.first()? };
        let folding = dialect.table_folding();
        let parts: Vec<String> = name.parts().map(|p| folding.key(p)).collect();
        let key = (dialect, parts.join("."));
        if let Some(found) = self.full.get(&key) {
            return Some(found);
        }
        if let Some(found) = self.suffix.get(&key) {
            return self.full.get(&(dialect, found.clone()?));
        }
        // The text may say more than the relation's name does: `db.schema.t` for `schema.t`.
        (1..parts.len()).find_map(|start| self.full.get(&(dialect, parts[start..].join("."))))
    }
}
