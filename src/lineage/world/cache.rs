//! Results by content: the text, the dialect, the engine's version, and the columns of what is read. Whatever changes
//! elsewhere, such an answer stays true.

use crate::world::BindError;
use std::collections::HashMap;
use std::sync::Arc;
use tessera_model::TableSchema;
use tessera_model::lineage::QueryLineage;
use tessera_sql::Mention;

/// Raised whenever the same text may give another answer.
pub(super) const ENGINE_VERSION: u32 = 1;

/// How many analyses an entry survives without being used: what-if questions come in between.
const KEEP: u64 = 8;

pub(super) type Key = [u8; 32];

/// What binding one node gave.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) lineage: Arc<QueryLineage>,
    pub(super) inferred: TableSchema,
    pub(super) errors: Vec<BindError>,
}

#[derive(Debug)]
struct Entry<T> {
    value: Arc<T>,
    used: u64,
}

/// Results per node, by content.
#[derive(Debug, Default)]
pub struct Cache {
    mentions: HashMap<Key, Entry<Vec<Mention>>>,
    bound: HashMap<Key, Entry<Bound>>,
    round: u64,
}

impl Cache {
    /// How many bound nodes are held.
    pub fn len(&self) -> usize {
        self.bound.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bound.is_empty()
    }

    pub(super) fn begin(&mut self) {
        self.round += 1;
    }

    pub(super) fn end(&mut self) {
        let oldest = self.round.saturating_sub(KEEP);
        self.mentions.retain(|_, e| e.used >= oldest);
        self.bound.retain(|_, e| e.used >= oldest);
    }

    pub(super) fn mentions(&mut self, key: &Key) -> Option<Arc<Vec<Mention>>> {
        let entry = self.mentions.get_mut(key)?;
        entry.used = self.round;
        Some(Arc::clone(&entry.value))
    }

    pub(super) fn keep_mentions(&mut self, key: Key, value: Arc<Vec<Mention>>) {
        self.mentions.insert(key, Entry { value, used: self.round });
    }

    pub(super) fn bound(&mut self, key: &Key) -> Option<Arc<Bound>> {
        let entry = self.bound.get_mut(key)?;
        entry.used = self.round;
        Some(Arc::clone(&entry.value))
    }

    pub(super) fn keep_bound(&mut self, key: Key, value: Arc<Bound>) {
        self.bound.insert(key, Entry { value, used: self.round });
    }
}
