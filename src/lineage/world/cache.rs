//! Results by content: the text, the dialect, the engine's version, and the columns of what is read. Whatever changes
//! elsewhere, such an answer stays true. Beside it the last analysis is remembered node by node, so that what did not
//! change is recognised by looking, without hashing it again.

use super::NodeInput;
use super::node::{Bound, Finished};
use super::print::Key;
use super::run::again::Previous;
use super::skeleton::Skeleton;
use super::text::{Read, Text};
use super::{Defaults, World};
use std::sync::Arc;
use tessera_model::{Dialect, TableName};
use tessera_sql::hash::FastMap;

/// How many analyses an entry survives without being used: what-if questions come in between.
const KEEP: u64 = 8;

#[derive(Debug)]
struct Entry<T> {
    value: Arc<T>,
    used: u64,
}

/// What analyses have really done with a [`Cache`], since it was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Work {
    pub parsed: u64,
    pub bound: u64,
}

/// Results per node, by content.
#[derive(Debug, Default)]
pub struct Cache {
    texts: FastMap<Key, Entry<Text>>,
    bound: FastMap<Key, Entry<Bound>>,
    last: FastMap<Arc<str>, Last>,
    skeleton: Option<Arc<Skeleton>>,
    pub(super) previous: Option<Previous>,
    work: Work,
    round: u64,
}

/// A node as the last analysis met it.
#[derive(Debug)]
pub(super) struct Last {
    skeleton: Arc<Skeleton>,
    sql: Option<Arc<str>>,
    dialect: Dialect,
    defaults: Defaults,
    relation: Option<TableName>,
    aliases: Vec<(String, String)>,
    pub(super) text: Option<Arc<Text>>,
    pub(super) reads: Arc<[Read]>,
    /// The print of each read as it was bound against; `None` in a cycle.
    seen: Vec<Option<Key>>,
    pub(super) finished: Arc<Finished>,
    round: u64,
}

impl Last {
    pub(super) fn new(
        node: &NodeInput,
        skeleton: &Arc<Skeleton>,
        text: Option<Arc<Text>>,
        reads: Arc<[Read]>,
        seen: Vec<Option<Key>>,
        finished: Arc<Finished>,
    ) -> Self {
        Last {
            skeleton: Arc::clone(skeleton),
            sql: node.sql.clone(),
            dialect: node.dialect,
            defaults: node.defaults.clone(),
            relation: node.relation.clone(),
            aliases: node.aliases.clone(),
            text,
            reads,
            seen,
            finished,
            round: 0,
        }
    }

    /// Its reads are positions in a world that looks like this.
    pub(super) fn is_of(&self, skeleton: &Arc<Skeleton>) -> bool {
        Arc::ptr_eq(&self.skeleton, skeleton)
    }

    /// The text and all that its own meaning depends on are as they were.
    pub(super) fn same_text(&self, node: &NodeInput) -> bool {
        let same_sql = match (&self.sql, &node.sql) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
            (None, None) => true,
            _ => false,
        };
        same_sql
            && self.dialect == node.dialect
            && self.defaults == node.defaults
            && self.relation == node.relation
            && self.aliases == node.aliases
    }

    /// Everything that its answer was made of is as it was.
    pub(super) fn still_holds(&self, node: &NodeInput, reads: &[Read], seen: &[Option<Key>]) -> bool {
        self.reads.len() == reads.len()
            && self.reads.iter().zip(reads).all(|(a, b)| a.mention == b.mention)
            && self.seen == seen
            && self.finished.fits(node)
    }
}

impl Cache {
    /// How many bound nodes are held.
    pub fn len(&self) -> usize {
        self.bound.len()
    }

    pub fn is_empty(&self) -> bool {
        self.bound.is_empty()
    }

    pub fn work(&self) -> Work {
        self.work
    }

    pub(super) fn begin(&mut self, world: &World) -> Arc<Skeleton> {
        self.round += 1;
        let skeleton = match self.skeleton.take().filter(|s| s.fits(world)) {
            Some(skeleton) => skeleton,
            None => Arc::new(Skeleton::new(world)),
        };
        self.skeleton = Some(Arc::clone(&skeleton));
        let more = world.nodes.len().saturating_sub(self.last.len());
        self.texts.reserve(more);
        self.bound.reserve(more);
        self.last.reserve(more);
        skeleton
    }

    pub(super) fn end(&mut self) {
        let oldest = self.round.saturating_sub(KEEP);
        // What the last analysis stands on is in use, whether or not it was looked up.
        self.texts.retain(|_, e| e.used >= oldest || Arc::strong_count(&e.value) > 1);
        self.bound.retain(|_, e| e.used >= oldest || Arc::strong_count(&e.value) > 1);
        self.last.retain(|_, l| l.round >= oldest);
    }

    /// The node as it was met last.
    pub(super) fn last(&self, id: &str) -> Option<&Last> {
        self.last.get(id)
    }

    pub(super) fn touch(&mut self, id: &str) {
        if let Some(last) = self.last.get_mut(id) {
            last.round = self.round;
        }
    }

    pub(super) fn remember(&mut self, id: &Arc<str>, mut last: Last) {
        last.round = self.round;
        self.last.insert(Arc::clone(id), last);
    }

    pub(super) fn text(&mut self, key: &Key) -> Option<Arc<Text>> {
        let entry = self.texts.get_mut(key)?;
        entry.used = self.round;
        Some(Arc::clone(&entry.value))
    }

    pub(super) fn keep_text(&mut self, text: &Arc<Text>) {
        self.work.parsed += 1;
        self.texts.insert(text.key, Entry { value: Arc::clone(text), used: self.round });
    }

    pub(super) fn bound(&mut self, key: &Key) -> Option<Arc<Bound>> {
        let entry = self.bound.get_mut(key)?;
        entry.used = self.round;
        Some(Arc::clone(&entry.value))
    }

    pub(super) fn keep_bound(&mut self, bound: &Arc<Bound>) {
        self.work.bound += 1;
        self.bound.insert(bound.key, Entry { value: Arc::clone(bound), used: self.round });
    }
}
