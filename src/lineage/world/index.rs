//! Relations by name, under the rules of every dialect that looks them up.

use tessera_model::{Dialect, TableName};
use tessera_sql::hash::FastMap;

/// Full names and unique suffixes, each standing for the position of a node. A world of mixed dialects asks for one
/// relation by several rules.
#[derive(Debug, Default)]
pub(super) struct NameIndex {
    rules: Vec<(Dialect, Names)>,
}

#[derive(Debug, Default)]
struct Names {
    full: FastMap<Box<str>, u32>,
    /// Which full name ends like this, by its slot; `None`: several do.
    suffix: FastMap<Box<str>, Option<u32>>,
    /// The node that a full name stands for.
    slots: Vec<u32>,
}

impl NameIndex {
    pub(super) fn new(dialects: &[Dialect]) -> Self {
        NameIndex { rules: dialects.iter().map(|d| (*d, Names::default())).collect() }
    }

    /// Adds a relation; of two nodes with one relation the later one stands for it.
    pub(super) fn insert(&mut self, name: &TableName, node: u32) {
        for (dialect, names) in &mut self.rules {
            let full = name.key(*dialect).0;
            if let Some(slot) = names.full.get(full.as_str()) {
                names.slots[*slot as usize] = node;
                continue;
            }
            let slot = u32::try_from(names.slots.len()).unwrap_or(u32::MAX);
            names.slots.push(node);
            for suffix in suffixes(name, &full) {
                match names.suffix.get_mut(suffix) {
                    Some(known) => *known = None,
                    None => drop(names.suffix.insert(suffix.into(), Some(slot))),
                }
            }
            names.full.insert(full.into(), slot);
        }
    }

    pub(super) fn get(&self, name: &TableName, dialect: Dialect) -> Option<u32> {
        self.get_by_key(name, &name.key(dialect).0, dialect)
    }

    /// As [`NameIndex::get`], for a name whose key is at hand.
    pub(super) fn get_by_key(&self, name: &TableName, key: &str, dialect: Dialect) -> Option<u32> {
        // A dialect that no node speaks is answered by the rules of one that some node does.
        let (_, names) = self.rules.iter().find(|(d, _)| *d == dialect).or(self.rules.first())?;
        let slot = match names.full.get(key) {
            Some(slot) => Some(*slot),
            None => match names.suffix.get(key) {
                Some(slot) => *slot,
                // The text may say more than the relation's name does: `db.schema.t` for `schema.t`.
                None => suffixes(name, key).find_map(|suffix| names.full.get(suffix).copied()),
            },
        };
        names.slots.get(slot? as usize).copied()
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
            index.insert(&name(text), u32::try_from(i).unwrap());
        }
        let find = |text: &str| index.get(&name(text), Dialect::DuckDb);
        assert_eq!(find("DB.S.A"), Some(0));
        assert_eq!(find("a"), Some(0));
        assert_eq!(find("s.b"), Some(1));
        assert_eq!(find("b"), None, "two relations end like this");
        assert_eq!(find("db.s.c"), Some(3));
        assert_eq!(find("s.d"), Some(4));
        assert_eq!(find("e"), None);
        assert_eq!(index.get(&name("s.b"), Dialect::Postgres), Some(1), "a dialect nobody speaks");
    }

    #[test]
    fn of_two_nodes_with_one_relation_the_later_one_stands_for_it() {
        let name = TableName::parse(Dialect::DuckDb, "db.s.a").unwrap();
        let mut index = NameIndex::new(&[Dialect::DuckDb]);
        index.insert(&name, 0);
        index.insert(&name, 7);
        assert_eq!(index.get(&TableName::new(None, None, "a"), Dialect::DuckDb), Some(7));
    }
}
