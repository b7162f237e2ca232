//! Relations by name, under the rules of every dialect that looks them up.

use std::collections::HashMap;
use tessera_model::{Dialect, TableName};

/// Full names and unique suffixes. A world of mixed dialects asks for one relation by several rules.
#[derive(Debug, Clone)]
pub(super) struct NameIndex<T> {
    rules: Vec<(Dialect, Names<T>)>,
}

#[derive(Debug, Clone)]
struct Names<T> {
    full: HashMap<String, T>,
    /// The full name that ends like this; `None`: several do.
    suffix: HashMap<String, Option<String>>,
}

impl<T> Default for NameIndex<T> {
    fn default() -> Self {
        NameIndex { rules: Vec::new() }
    }
}

impl<T: Clone> NameIndex<T> {
    pub(super) fn new(dialects: &[Dialect]) -> Self {
        let names = || Names { full: HashMap::new(), suffix: HashMap::new() };
        NameIndex { rules: dialects.iter().map(|d| (*d, names())).collect() }
    }

    /// Adds a relation; of two nodes with one relation the later one stands for it.
    pub(super) fn insert(&mut self, name: &TableName, value: &T) {
        for (dialect, names) in &mut self.rules {
            let full = name.key(*dialect).0;
            for suffix in suffixes(name, &full) {
                names
                    .suffix
                    .entry(suffix.to_owned())
                    .and_modify(|v| *v = v.take().filter(|v| *v == full))
                    .or_insert_with(|| Some(full.clone()));
            }
            names.full.insert(full, value.clone());
        }
    }

    pub(super) fn get(&self, name: &TableName, dialect: Dialect) -> Option<&T> {
        self.get_by_key(name, &name.key(dialect).0, dialect)
    }

    /// As [`NameIndex::get`], for a name whose key is at hand.
    pub(super) fn get_by_key(&self, name: &TableName, key: &str, dialect: Dialect) -> Option<&T> {
        // A dialect that no node speaks is answered by the rules of one that some node does.
        let (_, names) = self.rules.iter().find(|(d, _)| *d == dialect).or(self.rules.first())?;
        if let Some(found) = names.full.get(key) {
            return Some(found);
        }
        if let Some(found) = names.suffix.get(key) {
            return names.full.get(found.as_deref()?);
        }
        // The text may say more than the relation's name does: `db.schema.t` for `schema.t`.
        suffixes(name, key).find_map(|suffix| names.full.get(suffix))
    }
}

/// What follows each part of a name in its key: parts may hold dots themselves, so their lengths say where to cut.
fn suffixes<'a>(name: &'a TableName, key: &'a str) -> impl Iterator<Item = &'a str> {
    let parts = name.parts().count();
    name.parts()
        .scan(0usize, |start, part| {
            // Folding keeps the length of what warehouses allow in names; where it does not, nothing is cut.
            *start += part.len() + 1;
            Some(*start)
        })
        .take(parts - 1)
        .filter_map(|start| key.get(start..))
}

#[cfg(test)]
mod tests {
    use super::NameIndex;
    use tessera_model::{Dialect, TableName};

    #[test]
    fn names_are_found_whole_by_their_end_and_by_more_than_they_have() {
        let name = |text: &str| TableName::parse(Dialect::DuckDb, text).unwrap();
        let mut index = NameIndex::new(&[Dialect::DuckDb]);
        for (i, text) in ["db.s.a", "db.s.b", "db.r.b", "s.c", "\"x.y\".s.d"].iter().enumerate() {
            index.insert(&name(text), &i);
        }
        let find = |text: &str| index.get(&name(text), Dialect::DuckDb).copied();
        assert_eq!(find("DB.S.A"), Some(0));
        assert_eq!(find("a"), Some(0));
        assert_eq!(find("s.b"), Some(1));
        assert_eq!(find("b"), None, "two relations end like this");
        assert_eq!(find("db.s.c"), Some(3));
        assert_eq!(find("s.d"), Some(4));
        assert_eq!(find("e"), None);
        assert_eq!(index.get(&name("s.b"), Dialect::Postgres).copied(), Some(1), "a dialect nobody speaks");
    }
}
