//! Fingerprints: equal prints mean equal content.

use tessera_model::{TableName, TableSchema};

pub(super) type Key = [u8; 32];

#[derive(Default)]
pub(super) struct Print(blake3::Hasher);

impl Print {
    pub(super) fn number(&mut self, n: u64) {
        self.0.update(&n.to_le_bytes());
    }

    pub(super) fn key(&mut self, key: &Key) {
        self.0.update(key);
    }

    pub(super) fn field(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.update(text.as_bytes());
    }

    pub(super) fn relation(&mut self, relation: Option<&TableName>) {
        let Some(relation) = relation else { return self.number(0) };
        self.number(relation.parts().count() as u64);
        for part in relation.parts() {
            self.field(part);
        }
    }

    pub(super) fn finish(&self) -> Key {
        *self.0.finalize().as_bytes()
    }
}

/// What a node's answer means to its readers: the relation's name, names, types and nullability of columns, and whether
/// there may be more. A node that builds no relation is read for what it reads, so its whole answer (`bound`) counts.
pub(super) fn of_node(relation: Option<&TableName>, schema: &TableSchema, bound: Option<&Key>) -> Key {
    let mut print = Print::default();
    print.relation(relation);
    if let (None, Some(bound)) = (relation, bound) {
        print.key(bound);
    }
    // Small pieces are gathered: each update of the hash has its price.
    let mut bytes = Vec::with_capacity(schema.columns.len() * 32);
    let mut field = |text: &str| {
        bytes.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(text.as_bytes());
    };
    field(schema.dialect.name());
    field(if schema.open { "open" } else { "" });
    for column in &schema.columns {
        field(&column.name);
        field(column.data_type.as_deref().unwrap_or_default());
        field(match column.nullable {
            None => "?",
            Some(false) => "n",
            Some(true) => "y",
        });
    }
    print.0.update(&bytes);
    print.finish()
}
