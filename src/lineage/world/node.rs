//! One node: its text bound against the shapes of what it reads, and what its readers see of it.

use super::print::{self, Key, Print};
use super::text::{Read, Text};
use super::{BindError, NodeInput, NodeLineage, shape, through};
use crate::bind::{self, Spelling};
use crate::catalog::Catalog;
use std::sync::Arc;
use tessera_model::lineage::{QueryLineage, Resolution};
use tessera_model::table::Origin;
use tessera_model::{TableName, TableSchema};
use tessera_sql::Script;

/// What binding one node gave.
#[derive(Debug)]
pub(super) struct Bound {
    pub(super) key: Key,
    pub(super) lineage: Arc<QueryLineage>,
    pub(super) inferred: Arc<TableSchema>,
    pub(super) errors: Vec<BindError>,
}

/// A node's whole answer, and what its shape means to its readers.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) node: Arc<NodeLineage>,
    pub(super) print: Key,
    /// Keeps the answer in the cache for as long as the last analysis stands on it.
    _bound: Option<Arc<Bound>>,
    known: Option<TableSchema>,
    cause: Option<String>,
}

impl Finished {
    pub(super) fn new(input: &NodeInput, node: NodeLineage, bound: Option<Arc<Bound>>) -> Self {
        let print = print::of_node(node.relation.as_ref(), &node.schema, bound.as_ref().map(|b| &b.key));
        Finished { node: Arc::new(node), print, _bound: bound, known: input.known.clone(), cause: input.cause.clone() }
    }

    /// What the world says of the node besides its text is as it was.
    pub(super) fn fits(&self, input: &NodeInput) -> bool {
        self.known == input.known && self.cause == input.cause
    }
}

/// Where a node finds what it reads.
pub(super) trait Around {
    /// The answer of another node, as far as it is there already.
    fn node(&self, at: u32) -> Option<&Arc<NodeLineage>>;
    /// The shape by which the node is read.
    fn shape(&self, at: u32) -> Option<Arc<TableSchema>>;
    /// Whether `other` was bound before `own`: in a cycle somebody has to be the first.
    fn knows(&self, own: u32, other: u32) -> bool;
    /// Whether nobody asks what a text reads that names a column which is not there.
    fn only_errors(&self, _own: u32) -> bool {
        false
    }
}

/// The key of an answer: the text's own, and the print of each of its reads.
pub(super) fn key(node: &NodeInput, own: u32, text: &Text, reads: &[Read], seen: &[Option<Key>]) -> Key {
    let mut out = Print::default();
    out.key(&text.key);
    for (read, seen) in reads.iter().zip(seen) {
        out.number(u64::from(read.mention));
        match (read.node == own, seen) {
            (true, _) => match &node.known {
                Some(known) => out.key(&print::of_node(None, known, None)),
                None => out.number(1),
            },
            (false, Some(seen)) => out.key(seen),
            (false, None) => out.number(0),
        }
    }
    out.finish()
}

pub(super) fn bind(
    node: &NodeInput,
    own: u32,
    key: Key,
    text: &Text,
    script: &Script,
    reads: &[Read],
    around: &dyn Around,
) -> Bound {
    let mut catalog = Catalog::new(node.dialect);
    let mut stands_for: Vec<(TableName, Arc<NodeLineage>)> = Vec::new();
    for read in reads {
        if read.node == own {
            if let (Some(known), Some(relation)) = (&node.known, &node.relation) {
                catalog.insert(relation.clone(), known.clone());
            }
            continue;
        }
        if !around.knows(own, read.node) {
            continue;
        }
        let (Some(upstream), Some(shape)) = (around.node(read.node), around.shape(read.node)) else { continue };
        match &upstream.relation {
            Some(relation) => catalog.insert_shared(relation.clone(), shape),
            None => {
                let name = &text.mentions[read.mention as usize].name;
                catalog.insert_shared(name.clone(), shape);
                stands_for.push((name.clone(), Arc::clone(upstream)));
            }
        }
    }
    let relation = node.relation.as_ref();
    let bound = match around.only_errors(own) {
        false => bind::script(script, node.dialect, &catalog, &node.defaults, Spelling::Stored, relation),
        true => bind::errors_first(script, node.dialect, &catalog, &node.defaults, relation),
    };
    let (mut lineage, mut errors) = (bound.lineage, bound.errors);
    through::expand(&mut lineage, &stands_for);
    if let Some(relation) = &node.relation {
        without_itself(relation, node.dialect, &mut lineage, &mut errors);
    }
    Bound { key, lineage: Arc::new(lineage), inferred: Arc::new(bound.shape), errors }
}

/// An incremental model reads its own relation; that makes it no reader of it.
fn without_itself(
    relation: &TableName,
    dialect: tessera_model::Dialect,
    lineage: &mut QueryLineage,
    errors: &mut Vec<BindError>,
) {
    let key = relation.key(dialect);
    let is_own = |table: &TableName| table.name.len() == relation.name.len() && table.key(dialect) == key;
    errors.retain(|e| !e.table.as_ref().is_some_and(is_own));
    if !lineage.reads.iter().any(is_own) {
        return;
    }
    lineage.reads.retain(|t| !is_own(t));
    lineage.indirect.retain(|r| !is_own(&r.table));
    lineage.unused.retain(|r| !is_own(&r.table));
    for column in &mut lineage.columns {
        column.direct.retain(|r| !is_own(&r.table));
        column.indirect.retain(|r| !is_own(&r.table));
    }
}

/// A bound node, with the best that is known of its shape.
pub(super) fn finish(node: &NodeInput, bound: &Bound) -> NodeLineage {
    let cause = match bound.lineage.resolution {
        Resolution::Unparsed => Some("unparsed"),
        Resolution::TableOnly => Some("table_only"),
        Resolution::Resolved | Resolution::Inferred | Resolution::Ambiguous => None,
    };
    NodeLineage {
        id: node.id.clone(),
        relation: node.relation.clone(),
        dialect: node.dialect,
        lineage: Arc::clone(&bound.lineage),
        inferred: Arc::clone(&bound.inferred),
        schema: match &node.known {
            None => Arc::clone(&bound.inferred),
            Some(known) => Arc::new(shape::best(Some(known), Some(&bound.inferred))),
        },
        errors: bound.errors.clone(),
        cause: node.cause.clone().or_else(|| cause.map(str::to_owned)),
    }
}

/// A source, a seed, or a node whose SQL is not known: its upstream nodes are all there is to say.
pub(super) fn without_sql(node: &NodeInput, reads: Vec<TableName>) -> NodeLineage {
    let is_leaf = node.upstream.is_empty() && node.cause.is_none();
    let lineage = QueryLineage {
        resolution: if is_leaf { Resolution::Resolved } else { Resolution::TableOnly },
        reads,
        open: !is_leaf,
        ..QueryLineage::unknown()
    };
    let inferred =
        TableSchema { dialect: node.dialect, origin: Some(Origin::Inferred), open: true, ..TableSchema::default() };
    let mut best = shape::best(node.known.as_ref(), None);
    if node.known.is_none() {
        best.dialect = node.dialect;
    }
    NodeLineage {
        id: node.id.clone(),
        relation: node.relation.clone(),
        dialect: node.dialect,
        lineage: Arc::new(lineage),
        inferred: Arc::new(inferred),
        schema: Arc::new(best),
        errors: Vec::new(),
        cause: node.cause.clone().or_else(|| (!is_leaf).then(|| "uncompiled".to_owned())),
    }
}

/// What a node without SQL reads: the relations of its upstream nodes, looking through those that build none.
pub(super) fn declared_reads<'a>(
    node: &NodeInput,
    upstream: impl Iterator<Item = &'a Arc<NodeLineage>>,
) -> Vec<TableName> {
    let mut reads: Vec<TableName> = Vec::new();
    let mut add = |table: &TableName| {
        if node.relation.as_ref() != Some(table) && !reads.contains(table) {
            reads.push(table.clone());
        }
    };
    for upstream in upstream {
        match &upstream.relation {
            Some(relation) => add(relation),
            None => upstream.lineage.reads.iter().for_each(&mut add),
        }
    }
    reads
}
