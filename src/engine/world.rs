//! dbt projects, contracts, registrations and warehouse views -> the graph's input. Everything that reads or is read
//! becomes a node; two projects that meet in one relation meet in one node.

use crate::ownership::{OwnerBook, TeamHint};
use crate::shape::soften;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tessera_dbt::{CatalogArtifact, Node, Project, ResourceType, catalog_freshness, shape, uncompiled_cause};
use tessera_graph::{ExposureInput, GraphInput, NodeMeta, RegistrationInput};
use tessera_lineage::Defaults;
use tessera_lineage::NodeInput;
use tessera_model::{Dialect, Finding, ReaderKind, TableKey, TableName, TableSchema};

/// A project as ingested: its artifacts, parsed.
#[derive(Debug, Clone)]
pub struct ProjectState {
    /// The configured (or uploaded) name: two targets of one dbt project may have two.
    pub name: String,
    pub environment: String,
    pub project: Arc<Project>,
    pub catalog: Option<Arc<CatalogArtifact>>,
    /// When the manifest was generated (or received).
    pub seen: Option<jiff::Timestamp>,
}

impl ProjectState {
    /// The shape that dbt's own artifacts tell, most trusted first.
    pub fn shape_of(&self, node: &Node) -> Option<TableSchema> {
        let catalog = self.catalog.as_deref();
        let fresh = catalog.is_some_and(|c| catalog_freshness(&self.project, c).is_fresh());
        shape(node, catalog, fresh)
    }
}

/// Builds the input node by node; `finish` hands it over.
#[derive(Debug)]
pub struct WorldBuilder<'a> {
    pub owners: OwnerBook<'a>,
    input: GraphInput,
    /// relation -> node id, for everything but sources.
    producers: HashMap<(Dialect, TableKey), String>,
    /// ids of sources that another node builds.
    aliases: HashMap<String, String>,
    pub findings: Vec<Finding>,
}

impl<'a> WorldBuilder<'a> {
    pub fn new(owners: OwnerBook<'a>) -> Self {
        WorldBuilder {
            owners,
            input: GraphInput::default(),
            producers: HashMap::new(),
            aliases: HashMap::new(),
            findings: Vec::new(),
        }
    }

    /// Adds all projects at once, because one's sources may be another's models. `accepted` answers with the contract of
    /// a relation, if it has one.
    pub fn add_projects(
        &mut self,
        projects: &[&ProjectState],
        accepted: &dyn Fn(&TableName, Dialect) -> Option<TableSchema>,
    ) {
        for state in projects {
            self.claim_relations(state);
        }
        for state in projects {
            let nodes = state.project.nodes.values().chain(state.project.sources.values());
            for node in nodes {
                self.add_node(state, node, accepted);
            }
            for exposure in state.project.exposures.values().filter(|e| e.enabled) {
                let team = self.owners.of_exposure(exposure).map(|o| o.team);
                let depends_on: Vec<String> = exposure.depends_on.iter().map(|id| self.canonical_id(id)).collect();
                self.input.exposures.push(ExposureInput {
                    id: exposure.unique_id.clone(),
                    name: exposure.name.clone(),
                    team,
                    depends_on,
                    columns: exposure.columns.clone(),
                    last_seen: state.seen,
                });
            }
        }
    }

    fn claim_relations(&mut self, state: &ProjectState) {
        for node in state.project.nodes.values() {
            let Some(relation) = &node.relation else { continue };
            let key = (node.dialect, relation.key(node.dialect));
            match self.producers.get(&key) {
                Some(other) if *other != node.unique_id => self.findings.push(
                    Finding::warning(
                        "two-producers",
                        format!("{relation} is built by both {other} and {}; the first is taken", node.unique_id),
                    )
                    .about(node.unique_id.clone())
                    .remedy("give one of them another alias, schema or database"),
                ),
                Some(_) => {}
                None => drop(self.producers.insert(key, node.unique_id.clone())),
            }
        }
        for source in state.project.sources.values() {
            let Some(relation) = &source.relation else { continue };
            let key = (source.dialect, relation.key(source.dialect));
            match self.producers.get(&key) {
                Some(producer) => drop(self.aliases.insert(source.unique_id.clone(), producer.clone())),
                None => drop(self.producers.insert(key, source.unique_id.clone())),
            }
        }
        // A source of an earlier project that a later project builds.
        let built: Vec<(String, String)> = state
            .project
            .nodes
            .values()
            .filter_map(|n| {
                let key = (n.dialect, n.relation.as_ref()?.key(n.dialect));
                let holder = self.producers.get(&key)?;
                holder.starts_with("source.").then(|| (holder.clone(), n.unique_id.clone()))
            })
            .collect();
        for (source, node) in built {
            for producer in self.producers.values_mut().filter(|p| **p == source) {
                producer.clone_from(&node);
            }
            self.aliases.insert(source, node);
        }
    }

    fn canonical_id(&self, id: &str) -> String {
        self.aliases.get(id).map_or_else(|| id.to_owned(), Clone::clone)
    }

    fn add_node(
        &mut self,
        state: &ProjectState,
        node: &Node,
        accepted: &dyn Fn(&TableName, Dialect) -> Option<TableSchema>,
    ) {
        let kind = match node.resource_type {
            ResourceType::Model => Some(ReaderKind::DbtModel),
            ResourceType::Snapshot => Some(ReaderKind::DbtSnapshot),
            ResourceType::Test => Some(ReaderKind::DbtTest),
            ResourceType::Seed | ResourceType::Source => None,
            _ => return,
        };
        if self.aliases.contains_key(&node.unique_id) || !node.enabled {
            return;
        }
        // A generic test of one node promises something about it (a guarantee); it is no reader of its own.
        if node.is_generic_test() && node.depends_on.len() < 2 {
            return;
        }
        if self.input.meta.contains_key(&node.unique_id) {
            self.findings.push(
                Finding::warning(
                    "same-unique-id",
                    format!("{} stands in two projects; the first is taken", node.unique_id),
                )
                .about(state.name.clone())
                .remedy("configure each dbt project once"),
            );
            return;
        }
        let contract = node.relation.as_ref().and_then(|r| accepted(r, node.dialect));
        let reads_sql = kind.is_some() && node.compiled_code.is_some() && !node.is_python();
        let known = contract.or_else(|| state.shape_of(node)).map(|s| if reads_sql { soften(s) } else { s });
        let team = self.team_of(state, node);
        self.input.meta.insert(
            node.unique_id.clone(),
            NodeMeta {
                kind,
                team,
                project: Some(state.name.clone()),
                asset: node.relation.as_ref().map(ToString::to_string),
                file: node.path.clone(),
                covered: matches!(node.resource_type, ResourceType::Model | ResourceType::Snapshot),
                first_seen: None,
                last_seen: state.seen,
                count: 1,
                attached_to: node.attached_node.as_deref().map(|id| self.canonical_id(id)),
            },
        );
        self.input.world.nodes.push(NodeInput {
            id: node.unique_id.clone(),
            dialect: node.dialect,
            relation: node.relation.clone(),
            sql: if reads_sql { node.compiled_code.clone() } else { None },
            cause: if reads_sql || kind.is_none() {
                None
            } else {
                uncompiled_cause(node, &state.project).map(str::to_owned)
            },
            known,
            upstream: node.depends_on.iter().map(|id| self.canonical_id(id)).collect(),
            defaults: node.relation.as_ref().map_or_else(Defaults::default, |r| Defaults {
                database: r.database.clone(),
                schema: r.schema.clone(),
            }),
            aliases: node.injected_ctes.clone(),
        });
    }

    /// A test belongs to whoever owns what it tests, when nobody claims the test itself.
    fn team_of(&mut self, state: &ProjectState, node: &Node) -> Option<String> {
        if let Some(own) = self
            .owners
            .of_node(&state.project, node)
            .filter(|o| node.resource_type != ResourceType::Test || o.origin != "default")
        {
            return Some(own.team);
        }
        let tested =
            node.attached_node.as_ref().or_else(|| node.depends_on.iter().find(|d| d.starts_with("model.")))?;
        let tested = state.project.node(tested)?.clone();
        self.owners.of_node(&state.project, &tested).map(|o| o.team)
    }

    /// A relation that only a contract or a warehouse knows. `definition` is a view's SQL.
    pub fn add_relation(
        &mut self,
        relation: &TableName,
        dialect: Dialect,
        known: Option<TableSchema>,
        definition: Option<&str>,
        meta: NodeMeta,
    ) {
        let key = (dialect, relation.key(dialect));
        if self.producers.contains_key(&key) {
            return;
        }
        let id = format!("{}:{relation}", if definition.is_some() { "view" } else { "table" });
        self.producers.insert(key, id.clone());
        self.input.meta.insert(id.clone(), meta);
        self.input.world.nodes.push(NodeInput {
            id,
            dialect,
            relation: Some(relation.clone()),
            sql: definition.map(Arc::from),
            cause: None,
            known: known.map(|s| if definition.is_some() { soften(s) } else { s }),
            upstream: Vec::new(),
            defaults: Defaults { database: relation.database.clone(), schema: relation.schema.clone() },
            aliases: Vec::new(),
        });
    }

    /// Declared: `dependent` reads `dependency`, nothing more is known.
    pub fn add_dependency(&mut self, dependent: (&TableName, Dialect), dependency: (&TableName, Dialect)) {
        let id = |(name, dialect): (&TableName, Dialect)| self.producers.get(&(dialect, name.key(dialect))).cloned();
        let (Some(from), Some(to)) = (id(dependent), id(dependency)) else { return };
        if let Some(node) = self.input.world.nodes.iter_mut().find(|n| n.id == from) {
            if node.sql.is_none() && node.cause.is_none() {
                node.cause = Some("declared".into());
            }
            node.upstream.push(to);
        }
    }

    pub fn add_registration(&mut self, registration: RegistrationInput) {
        self.input.registrations.push(registration);
    }

    /// The input, the teams named in it with how to reach them, and what was odd.
    pub fn finish(self) -> (GraphInput, BTreeMap<String, TeamHint>, Vec<Finding>) {
        (self.input, self.owners.hints, self.findings)
    }
}
