//! Many nodes that build on each other (dbt projects, warehouse views), analysed in the order of their dependencies:
//! each node's shape is what the nodes that read it bind against. Reading order:
//! `run` (the way; `run/again` when little has changed), `order` (what comes after what), `skeleton` and `index` (who builds which relation), `text` (what a
//! text names), `node` (one node bound), `shape` (which knowledge of a shape wins), `through` (ephemeral nodes), `cache`
//! and `print` (what need not be done again), `whatif` (other shapes for some tables).

mod cache;
mod index;
mod node;
mod order;
mod print;
mod run;
mod shape;
mod skeleton;
mod text;
mod through;
mod whatif;

pub use cache::{Cache, Work};
pub use whatif::{
    Affected, ColumnDelta, Impact, Project, Reason, Rebinding, ShapeChange, ShapeDelta, TableChange, What, rebind,
    untyped,
};

use crate::catalog::Defaults;
use skeleton::Skeleton;
use std::collections::BTreeMap;
use std::sync::Arc;
use tessera_model::lineage::QueryLineage;
use tessera_model::{Dialect, TableName, TableSchema};

/// One node of a world. A source or seed is a node with `relation` and `known` and no `sql`.
#[derive(Debug, Clone, Default)]
pub struct NodeInput {
    pub id: String,
    pub dialect: Dialect,
    /// What the node builds; `None` for ephemeral models, tests and analyses.
    pub relation: Option<TableName>,
    /// Compiled SQL; `None` when unknown.
    pub sql: Option<Arc<str>>,
    /// Why `sql` is `None`: `uncompiled`, `python`, …
    pub cause: Option<String>,
    /// The shape as known from outside (see its `origin` and `open`).
    pub known: Option<TableSchema>,
    /// Ids of the nodes and sources it depends on.
    pub upstream: Vec<String>,
    pub defaults: Defaults,
    /// Name of an injected CTE (`__dbt__cte__x`) -> id of the node it stands for.
    pub aliases: Vec<(String, String)>,
}

#[derive(Debug, Clone, Default)]
pub struct World {
    pub nodes: Vec<NodeInput>,
}

/// A reason why a statement does not bind against the shapes it reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BindError {
    /// `unknown-column`, `ambiguous-column`, `union-width`, `insert-width`, …
    pub code: String,
    /// The table that lacks the column, where it is one.
    pub table: Option<TableName>,
    pub column: Option<String>,
    pub message: String,
    pub line: u32,
    pub column_no: u32,
}

#[derive(Debug, Clone)]
pub struct NodeLineage {
    pub id: String,
    pub relation: Option<TableName>,
    pub dialect: Dialect,
    /// Reads of other relations only: a node's reads of its own relation (incremental models) are removed.
    pub lineage: Arc<QueryLineage>,
    /// What the SQL alone says; `open` where a star stands on an unknown table.
    pub inferred: Arc<TableSchema>,
    /// The best known shape: what nodes downstream bind against.
    pub schema: Arc<TableSchema>,
    pub errors: Vec<BindError>,
    /// Why something is unknown: `uncompiled`, `python`, `unparsed`, `table_only`, …
    pub cause: Option<String>,
}

#[derive(Debug, Clone, Default)]
pub struct WorldLineage {
    pub nodes: BTreeMap<String, Arc<NodeLineage>>,
    skeleton: Option<Arc<Skeleton>>,
}

impl WorldLineage {
    /// The node that builds the relation of that name, compared as `dialect` compares names: by its full name, or by a
    /// shorter one that only one relation ends with.
    pub fn producer_of(&self, name: &TableName, dialect: Dialect) -> Option<&Arc<NodeLineage>> {
        let skeleton = self.skeleton.as_ref()?;
        self.nodes.get(&**skeleton.id(skeleton.producer(name, dialect)?))
    }
}

/// Analyses every node after the nodes it reads. Nodes whose text and whose sources' columns are as before come from the
/// cache. Cycles are cut where they are weakest.
pub fn analyze_world(world: &World, cache: &mut Cache) -> WorldLineage {
    tessera_sql::on_wide_stack(|| {
        let analysis = run::analyze(world, cache);
        // A map of what is in order already is made in one go.
        let nodes = analysis.skeleton.sorted.iter().map(|at| {
            let node = &analysis.finished[*at as usize].node;
            (world.nodes[*at as usize].id.clone(), Arc::clone(node))
        });
        WorldLineage { nodes: nodes.collect(), skeleton: Some(analysis.skeleton) }
    })
}
