//! A whole dbt project as one manifest shows it, with findings about what could not be read.

use crate::node::{Node, ResourceType};
use jiff::Timestamp;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tessera_model::{Dialect, Finding};

/// Which implementation of dbt wrote the artifact. Checksums and test ids are never comparable between the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Engine {
    /// The Python dbt-core, 0.19 to 1.x.
    Core,
    /// The Rust engine (Fusion and dbt 2.x).
    Fusion,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Engine::Core => "core",
            Engine::Fusion => "fusion",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    pub name: String,
    /// As dbt spells it: `postgres`, `duckdb`, …; empty when the manifest does not say.
    pub adapter_type: String,
    pub dialect: Dialect,
    /// `v12`; empty when the manifest does not say.
    pub schema_version: String,
    pub dbt_version: String,
    pub engine: Engine,
    pub invocation_id: Option<String>,
    pub generated_at: Option<Timestamp>,
    /// Models, seeds, snapshots, tests, analyses, operations, by unique id.
    pub nodes: BTreeMap<String, Node>,
    pub sources: BTreeMap<String, Node>,
    pub exposures: BTreeMap<String, Exposure>,
    /// Metrics, semantic models, saved queries and functions: who depends on what, nothing more.
    pub semantic: BTreeMap<String, Node>,
    /// By unique id; a node's `group` is the group's *name*, see [`Project::group`].
    pub groups: BTreeMap<String, Group>,
    /// Unique ids that are switched off.
    pub disabled: Vec<String>,
    pub unit_tests: usize,
    pub findings: Vec<Finding>,
}

impl Project {
    /// A node, source, metric or semantic model.
    pub fn node(&self, unique_id: &str) -> Option<&Node> {
        self.nodes.get(unique_id).or_else(|| self.sources.get(unique_id)).or_else(|| self.semantic.get(unique_id))
    }

    /// Everything with a unique id, except exposures.
    pub fn all_nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values().chain(self.sources.values()).chain(self.semantic.values())
    }

    pub fn of_type(&self, kind: ResourceType) -> impl Iterator<Item = &Node> {
        self.all_nodes().filter(move |n| n.resource_type == kind)
    }

    pub fn models(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values().filter(|n| n.is_model())
    }

    /// The group of that name; in a project with packages the root project's wins.
    pub fn group(&self, name: &str) -> Option<&Group> {
        let mut named = self.groups.values().filter(|g| g.name == name).peekable();
        let first = named.peek().copied();
        named.find(|g| g.package == self.name).or(first)
    }

    /// Direct readers by unique id: nodes, metrics and exposures.
    pub fn children(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut out: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let edges = self
            .all_nodes()
            .map(|n| (n.unique_id.as_str(), &n.depends_on))
            .chain(self.exposures.values().map(|e| (e.unique_id.as_str(), &e.depends_on)));
        for (child, parents) in edges {
            for parent in parents.iter().filter(|p| p.as_str() != child) {
                out.entry(parent).or_default().push(child);
            }
        }
        out
    }
}

/// Somebody named in an exposure or group, or in `meta`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Owner {
    pub name: Option<String>,
    /// dbt 1.10 and later allow several.
    pub emails: Vec<String>,
    /// Free further keys, such as `slack`.
    pub extra: Map<String, Value>,
}

impl Owner {
    pub fn email(&self) -> Option<&str> {
        self.emails.first().map(String::as_str)
    }

    /// A Slack channel or handle, under any of the keys people use for it.
    pub fn slack(&self) -> Option<&str> {
        ["slack", "slack_channel", "slack_id", "channel"].iter().find_map(|k| self.extra.get(*k)?.as_str())
    }

    pub fn is_empty(&self) -> bool {
        self.name.is_none() && self.emails.is_empty() && self.extra.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    pub unique_id: String,
    pub name: String,
    pub package: String,
    pub owner: Owner,
    pub description: Option<String>,
    pub path: Option<String>,
    pub meta: Map<String, Value>,
}

/// A reader outside dbt that the project declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Exposure {
    pub unique_id: String,
    pub name: String,
    pub package: String,
    pub fqn: Vec<String>,
    /// `dashboard`, `notebook`, `analysis`, `ml`, `application`.
    pub kind: String,
    pub label: Option<String>,
    pub url: Option<String>,
    pub maturity: Option<String>,
    pub description: Option<String>,
    pub owner: Owner,
    pub depends_on: Vec<String>,
    /// `meta.columns`: every column it says it reads, as written. Empty: it does not say, so it may read all.
    pub columns: Vec<String>,
    /// Those of `columns` that are tied to one dependency (`fct_orders.amount`, or a map by model), by unique id.
    pub columns_by_node: BTreeMap<String, Vec<String>>,
    pub meta: Map<String, Value>,
    pub tags: Vec<String>,
    pub group: Option<String>,
    pub path: Option<String>,
    pub enabled: bool,
}

impl Exposure {
    /// Columns of one dependency that it declares to read: those tied to it and those tied to none. `None` when it
    /// declares no columns at all, that is, when any column may be read.
    pub fn columns_of(&self, node: &str) -> Option<Vec<&str>> {
        if self.columns.is_empty() && self.columns_by_node.is_empty() {
            return None;
        }
        let tied: Vec<&str> = self.columns_by_node.values().flatten().map(String::as_str).collect();
        let own = self.columns_by_node.get(node).into_iter().flatten().map(String::as_str);
        let free = self.columns.iter().map(String::as_str).filter(|c| !tied.contains(c));
        Some(own.chain(free).collect())
    }
}
