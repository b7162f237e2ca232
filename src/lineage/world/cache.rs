//! Results by content: the text, the dialect, the engine's version, and the columns of what is read. Whatever changes
//! elsewhere, such an answer stays true.

use crate::world::{BindError, NodeInput, NodeLineage};
use std::collections::HashMap;
use std::sync::Arc;
use tessera_model::lineage::QueryLineage;
use tessera_model::{TableName, TableSchema};

/// Raised whenever the same text may give another answer.
pub(super) const ENGINE_VERSION: u32 = 1;

/// How many analyses an entry survives without being used: what-if questions come in between.
const KEEP: u64 = 8;

pub(super) type Key = [u8; 32];

/// A table that a text names, under its node's dialect and defaults.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: TableName,
    /// The form in which names are compared.
    pub(super) key: String,
    /// Written without schema or database, so it may be an injected CTE.
    pub(super) bare: bool,
    pub(super) maybe_cte: bool,
}

/// What binding one node gave.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) lineage: Arc<QueryLineage>,
    pub(super) inferred: TableSchema,
    pub(super) errors: Vec<BindError>,
}

/// A node's whole answer, with what it was put together from and what its shape means to its readers.
#[derive(Debug)]
pub(super) struct Finished {
    bound: Arc<Bound>,
    relation: Option<TableName>,
    known: Option<TableSchema>,
    cause: Option<String>,
    pub(super) node: Arc<NodeLineage>,
    pub(super) print: Key,
}

impl Finished {
    pub(super) fn new(input: &NodeInput, bound: Arc<Bound>, node: Arc<NodeLineage>, print: Key) -> Self {
        Finished {
            bound,
            relation: input.relation.clone(),
            known: input.known.clone(),
            cause: input.cause.clone(),
            node,
            print,
        }
    }

    fn fits(&self, input: &NodeInput, bound: &Arc<Bound>) -> bool {
        Arc::ptr_eq(&self.bound, bound)
            && self.relation == input.relation
            && self.known == input.known
            && self.cause == input.cause
    }
}

#[derive(Debug)]
struct Entry<T> {
    value: Arc<T>,
    used: u64,
}

/// Results per node, by content.
#[derive(Debug, Default)]
pub struct Cache {
    mentions: HashMap<Key, Entry<Vec<Named>>>,
    bound: HashMap<Key, Entry<Bound>>,
    finished: HashMap<String, Entry<Finished>>,
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
        self.finished.retain(|_, e| e.used >= oldest);
    }

    pub(super) fn mentions(&mut self, key: &Key) -> Option<Arc<Vec<Named>>> {
        let entry = self.mentions.get_mut(key)?;
        entry.used = self.round;
        Some(Arc::clone(&entry.value))
    }

    pub(super) fn keep_mentions(&mut self, key: Key, value: Arc<Vec<Named>>) {
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

    pub(super) fn finished(&mut self, input: &NodeInput, bound: &Arc<Bound>) -> Option<Arc<Finished>> {
        let entry = self.finished.get_mut(&input.id)?;
        if !entry.value.fits(input, bound) {
            return None;
        }
        entry.used = self.round;
        Some(Arc::clone(&entry.value))
    }

    pub(super) fn keep_finished(&mut self, id: &str, value: Arc<Finished>) {
        self.finished.insert(id.to_owned(), Entry { value, used: self.round });
    }
}
