//! What a graph is built from: nodes with SQL (a lineage world), what is known about them besides, and consumers that
//! declare what they read.

use jiff::Timestamp;
use std::collections::BTreeMap;
use tessera_lineage::World;
use tessera_model::{Dialect, ReaderKind, TableName};

/// What is known of a node besides its SQL and shape.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NodeMeta {
    /// As which kind of reader the node counts; `None` for sources, seeds and tables that only stand there.
    pub kind: Option<ReaderKind>,
    pub team: Option<String>,
    pub project: Option<String>,
    /// Dotted name of the asset that the node builds.
    pub asset: Option<String>,
    pub file: Option<String>,
    /// Counts in coverage: models, snapshots, views.
    pub covered: bool,
    pub first_seen: Option<Timestamp>,
    pub last_seen: Option<Timestamp>,
    pub count: u64,
    /// The node that a test tests.
    pub attached_to: Option<String>,
}

/// A dashboard, notebook or application that dbt names as a consumer of nodes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExposureInput {
    pub id: String,
    pub name: String,
    pub team: Option<String>,
    /// Node ids.
    pub depends_on: Vec<String>,
    /// Declared columns, as `column` or `table.column`; empty: unknown.
    pub columns: Vec<String>,
    pub last_seen: Option<Timestamp>,
}

/// A team that has said that it reads a table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RegistrationInput {
    pub team: String,
    pub table: TableName,
    pub dialect: Dialect,
    /// Empty: the whole table.
    pub columns: Vec<String>,
    /// The consumer is an AI agent.
    pub agent: bool,
    pub first_seen: Option<Timestamp>,
    pub last_seen: Option<Timestamp>,
}

#[derive(Debug, Clone, Default)]
pub struct GraphInput {
    pub world: World,
    /// By node id.
    pub meta: BTreeMap<String, NodeMeta>,
    pub exposures: Vec<ExposureInput>,
    pub registrations: Vec<RegistrationInput>,
}
