//! Raw entries -> the project's own types, under one dialect: names are stored as the engine stores them, `config.*` and
//! top-level fields of different versions become one field, tests move to the node they are about.

use crate::fields::{checksum, column, constraint, cte, date, filled, group, merge, owner, union};
use crate::guarantees;
use crate::lenient::string_list;
use crate::metadata::Quoting;
use crate::node::{Constraint, DeclaredColumn, Node, ResourceType, TestRef};
use crate::project::{Exposure, Project};
use crate::raw::{RawExposure, RawGroup, RawNode, RawUnitTest};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;
use tessera_model::{Dialect, TableName};

pub(crate) struct Converter {
    project: Project,
    quoting: Quoting,
}

impl Converter {
    pub(crate) fn new(project: Project, quoting: Quoting) -> Self {
        Converter { project, quoting }
    }

    pub(crate) fn run(
        mut self,
        nodes: BTreeMap<String, RawNode>,
        sources: BTreeMap<String, RawNode>,
        exposures: BTreeMap<String, RawExposure>,
        groups: BTreeMap<String, RawGroup>,
        semantic: Vec<(String, RawNode)>,
        unit_tests: &BTreeMap<String, RawUnitTest>,
    ) -> Project {
        let mut tests = Vec::new();
        for (id, mut raw) in nodes {
            if let Some(test) = raw.test_metadata.take() {
                tests.push(guarantees::PendingTest::new(&id, &raw, test));
            }
            let is_generic = tests.last().is_some_and(|t| t.unique_id == id);
            let node = self.node(&id, raw, is_generic);
            self.project.nodes.insert(id, node);
        }
        for (id, raw) in sources {
            let node = self.node(&id, raw, false);
            self.project.sources.insert(id, node);
        }
        for (id, raw) in semantic {
            let node = self.node(&id, raw, false);
            self.project.semantic.insert(id, node);
        }
        for (id, raw) in groups {
            self.project.groups.insert(id.clone(), group(id, raw));
        }
        for (id, raw) in exposures {
            let exposure = self.exposure(id, raw);
            self.project.exposures.insert(exposure.unique_id.clone(), exposure);
        }
        for test in tests {
            self.attach(test);
        }
        for test in unit_tests.values() {
            let about = test.tested_node_unique_id.as_ref().or(test.depends_on.nodes.first());
            if let Some(node) = about.and_then(|id| self.project.nodes.get_mut(id)) {
                node.unit_tests += 1;
            }
        }
        self.injected_ctes();
        self.project
    }

    fn node(&self, id: &str, raw: RawNode, is_generic_test: bool) -> Node {
        let dialect = self.project.dialect;
        let kind = raw.resource_type.as_str();
        let resource_type = match ResourceType::from_name(if kind.is_empty() {
            id.split('.').next().unwrap_or_default()
        } else {
            kind
        }) {
            ResourceType::Other => ResourceType::from_name(id.split('.').next().unwrap_or_default()),
            known => known,
        };
        let materialized = raw.config.materialized.clone().unwrap_or_else(|| match resource_type {
            ResourceType::Model => "view".into(),
            ResourceType::Source => String::new(),
            other => other.name().into(),
        });
        let relation = self.relation(&raw, resource_type, &materialized);
        let columns: Vec<DeclaredColumn> =
            raw.columns.0.into_iter().map(|(key, c)| column(dialect, key, c)).filter(|c| !c.name.is_empty()).collect();
        let mut constraints: Vec<Constraint> =
            raw.constraints.into_iter().map(|c| constraint(dialect, c, None)).collect();
        constraints.extend(columns.iter().flat_map(|c| c.constraints.iter().cloned()));
        let text = |s: Option<String>| s.filter(|s| !s.trim().is_empty()).map(Arc::<str>::from);
        // A generic test of one node is a guarantee, and its text is the same for all; one that reads several is a reader.
        let several = raw.depends_on.nodes.len() > 1;
        let (raw_code, compiled_code) = if is_generic_test && several {
            (None, text(raw.compiled_code.or(raw.compiled_sql)))
        } else if is_generic_test {
            (None, None)
        } else {
            (text(raw.raw_code.or(raw.raw_sql)), text(raw.compiled_code.or(raw.compiled_sql)))
        };
        Node {
            unique_id: id.to_owned(),
            resource_type,
            relation,
            dialect,
            name: if raw.name.is_empty() { id.rsplit('.').next().unwrap_or_default().to_owned() } else { raw.name },
            package: raw.package_name,
            fqn: raw.fqn,
            source_name: filled(raw.source_name),
            materialized,
            language: filled(raw.language).unwrap_or_else(|| "sql".into()).to_ascii_lowercase(),
            raw_code,
            compiled_code,
            columns,
            contract_enforced: raw.contract.enforced.or(raw.config.contract.enforced).unwrap_or(false),
            contract_checksum: raw.contract.checksum.or(raw.config.contract.checksum),
            constraints,
            guarantees: Vec::new(),
            tests: Vec::new(),
            unit_tests: 0,
            inferred_primary_key: raw.primary_key,
            depends_on: raw.depends_on.nodes,
            injected_ctes: raw.extra_ctes.iter().filter_map(cte).collect(),
            group: filled(raw.group).or(filled(raw.config.group)),
            access: filled(raw.access).or(filled(raw.config.access)),
            version: filled(raw.version),
            latest_version: filled(raw.latest_version),
            deprecation_date: raw.deprecation_date.as_deref().and_then(date),
            meta: merge([raw.source_meta, raw.meta, raw.config.meta]),
            description: filled(raw.description),
            path: filled(raw.original_file_path),
            compiled_path: filled(raw.compiled_path),
            patch_path: filled(raw.patch_path)
                .map(|p| p.split_once("://").map_or(p.clone(), |(_, rest)| rest.to_owned())),
            tags: union(raw.tags, raw.config.tags),
            checksum: checksum(&raw.checksum),
            attached_node: filled(raw.attached_node),
            test_name: None,
            enabled: raw.config.enabled.unwrap_or(true),
            unique_key: raw.config.unique_key,
            alias: filled(raw.alias).or(filled(raw.identifier)),
        }
    }

    /// From dbt's own `relation_name`, else put together from its parts.
    fn relation(&self, raw: &RawNode, kind: ResourceType, materialized: &str) -> Option<TableName> {
        if !kind.is_relation() || materialized == "ephemeral" {
            return None;
        }
        let dialect = self.project.dialect;
        // dbt-duckdb writes `read_parquet('…')` for external sources: that is an expression, not a name.
        let is_name = |r: &&str| !r.trim().is_empty() && !r.contains(['(', '\'']);
        if let Some(name) = raw.relation_name.as_deref().filter(is_name) {
            return TableName::parse(dialect, name);
        }
        let fold = |part: Option<&str>, quoted: Option<bool>| {
            // Snowflake's adapter alone does not quote by default.
            let quoted = quoted.unwrap_or(dialect != Dialect::Snowflake);
            part.filter(|p| !p.is_empty()).map(|p| dialect.table_folding().store(p, quoted))
        };
        let own = raw.identifier.as_deref().or(raw.alias.as_deref()).filter(|n| !n.is_empty()).unwrap_or(&raw.name);
        let name = fold(Some(own), self.quoting.identifier)?;
        let schema = fold(raw.schema.as_deref(), self.quoting.schema);
        let database = fold(raw.database.as_deref(), self.quoting.database);
        Some(TableName::new(database.as_deref(), schema.as_deref(), &name))
    }

    fn exposure(&self, id: String, raw: RawExposure) -> Exposure {
        let meta = merge([raw.meta, raw.config.meta]);
        let depends_on = raw.depends_on.nodes;
        let (columns, columns_by_node) = self.declared_uses(meta.get("columns"), &depends_on);
        Exposure {
            name: if raw.name.is_empty() { id.rsplit('.').next().unwrap_or_default().to_owned() } else { raw.name },
            unique_id: id,
            package: raw.package_name,
            fqn: raw.fqn,
            kind: raw.kind.unwrap_or_default(),
            label: filled(raw.label),
            url: filled(raw.url),
            maturity: filled(raw.maturity),
            description: filled(raw.description),
            owner: owner(&raw.owner),
            depends_on,
            columns,
            columns_by_node,
            meta,
            tags: union(raw.tags, raw.config.tags),
            group: filled(raw.group).or(filled(raw.config.group)),
            path: filled(raw.original_file_path),
            enabled: raw.config.enabled.unwrap_or(true),
        }
    }

    /// `meta.columns`: `[amount]`, `[fct_orders.amount]` or `{fct_orders: [amount]}`.
    fn declared_uses(
        &self,
        value: Option<&Value>,
        depends_on: &[String],
    ) -> (Vec<String>, BTreeMap<String, Vec<String>>) {
        let mut pairs: Vec<(Option<String>, String)> = Vec::new();
        match value {
            Some(Value::Object(map)) => {
                for (model, columns) in map {
                    pairs.extend(string_list(columns).into_iter().map(|c| (Some(model.clone()), c)));
                }
            }
            Some(value) => {
                for entry in string_list(value) {
                    let split = entry.rsplit_once('.').map(|(m, c)| (Some(m.to_owned()), c.to_owned()));
                    pairs.push(split.unwrap_or((None, entry)));
                }
            }
            None => {}
        }
        let (mut columns, mut by_node) = (Vec::new(), BTreeMap::<String, Vec<String>>::new());
        for (model, column) in pairs {
            if let Some(id) = model.and_then(|m| self.dependency_called(&m, depends_on)) {
                by_node.entry(id).or_default().push(column.clone());
            }
            if !columns.contains(&column) {
                columns.push(column);
            }
        }
        (columns, by_node)
    }

    /// The dependency of that unique id, `ref` name or relation.
    fn dependency_called(&self, name: &str, depends_on: &[String]) -> Option<String> {
        depends_on
            .iter()
            .find(|id| {
                id.as_str() == name
                    || self.project.node(id).is_some_and(|n| {
                        n.name == name
                            || n.short_name() == name
                            || n.relation.as_ref().is_some_and(|r| r.to_string() == name || r.name == name)
                    })
            })
            .cloned()
    }

    fn attach(&mut self, test: guarantees::PendingTest) {
        let name = test.full_name();
        let target = test.target(&self.project);
        let guarantee = test.guarantee(&self.project);
        if let Some(node) = self.project.nodes.get_mut(&test.unique_id) {
            node.test_name = Some(name);
            node.attached_node.clone_from(&target);
        }
        let Some(target) = target else { return };
        let owner = match self.project.nodes.get_mut(&target) {
            Some(node) => node,
            None => match self.project.sources.get_mut(&target) {
                Some(source) => source,
                None => return,
            },
        };
        if test.blocking && !owner.guarantees.contains(&guarantee) {
            owner.guarantees.push(guarantee.clone());
            owner.guarantees.sort();
        }
        owner.tests.push(TestRef { unique_id: test.unique_id, guarantee, blocking: test.blocking });
    }

    /// Fusion leaves `extra_ctes` away: there the names in the compiled code are matched with the ephemeral models that
    /// the node reads, directly or through each other.
    fn injected_ctes(&mut self) {
        const PREFIX: &str = "__dbt__cte__";
        let wanting: Vec<String> = self
            .project
            .nodes
            .values()
            .filter(|n| n.injected_ctes.is_empty() && n.compiled_code.as_ref().is_some_and(|c| c.contains(PREFIX)))
            .map(|n| n.unique_id.clone())
            .collect();
        for id in wanting {
            let mut found = Vec::new();
            let mut seen = std::collections::BTreeSet::from([id.clone()]);
            let mut open = self.project.nodes[&id].depends_on.clone();
            while let Some(next) = open.pop() {
                let Some(node) = self.project.nodes.get(&next).filter(|n| n.is_ephemeral()) else { continue };
                if seen.insert(next.clone()) {
                    open.extend(node.depends_on.iter().cloned());
                    let cte = format!("{PREFIX}{}", node.alias.as_ref().unwrap_or(&node.name));
                    if self.project.nodes[&id].compiled_code.as_ref().is_some_and(|c| has_word(c, &cte)) {
                        found.push((cte, next));
                    }
                }
            }
            found.sort();
            if let Some(node) = self.project.nodes.get_mut(&id) {
                node.injected_ctes = found;
            }
        }
    }
}

/// `__dbt__cte__a` does not stand in `__dbt__cte__ab`.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word)
        .any(|(i, _)| !text[i + word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '_'))
}
