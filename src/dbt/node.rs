//! What a project is made of: models, seeds, snapshots, sources, tests, analyses. One type for all, because lineage and
//! impact treat them alike; `resource_type` says which it is.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use tessera_model::table::Guarantee;
use tessera_model::{Dialect, TableName};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResourceType {
    Model,
    Seed,
    Snapshot,
    Source,
    Test,
    Analysis,
    /// `on-run-start` and `on-run-end` hooks.
    Operation,
    SqlOperation,
    Rpc,
    Exposure,
    Metric,
    SemanticModel,
    SavedQuery,
    UnitTest,
    Function,
    Other,
}

impl ResourceType {
    /// dbt's own word, as in `resource_type` and in unique ids.
    pub fn name(self) -> &'static str {
        match self {
            ResourceType::Model => "model",
            ResourceType::Seed => "seed",
            ResourceType::Snapshot => "snapshot",
            ResourceType::Source => "source",
            ResourceType::Test => "test",
            ResourceType::Analysis => "analysis",
            ResourceType::Operation => "operation",
            ResourceType::SqlOperation => "sql_operation",
            ResourceType::Rpc => "rpc",
            ResourceType::Exposure => "exposure",
            ResourceType::Metric => "metric",
            ResourceType::SemanticModel => "semantic_model",
            ResourceType::SavedQuery => "saved_query",
            ResourceType::UnitTest => "unit_test",
            ResourceType::Function => "function",
            ResourceType::Other => "other",
        }
    }

    pub fn from_name(name: &str) -> ResourceType {
        match name.trim().to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
            "model" => ResourceType::Model,
            "seed" => ResourceType::Seed,
            "snapshot" => ResourceType::Snapshot,
            "source" => ResourceType::Source,
            "test" => ResourceType::Test,
            "analysis" => ResourceType::Analysis,
            "operation" => ResourceType::Operation,
            "sql_operation" | "sqloperation" => ResourceType::SqlOperation,
            "rpc" => ResourceType::Rpc,
            "exposure" => ResourceType::Exposure,
            "metric" => ResourceType::Metric,
            "semantic_model" => ResourceType::SemanticModel,
            "saved_query" => ResourceType::SavedQuery,
            "unit_test" => ResourceType::UnitTest,
            "function" => ResourceType::Function,
            _ => ResourceType::Other,
        }
    }

    /// Whether it stands as a table or view in a warehouse (an ephemeral model is the exception).
    pub fn is_relation(self) -> bool {
        matches!(self, ResourceType::Model | ResourceType::Seed | ResourceType::Snapshot | ResourceType::Source)
    }
}

/// A column as YAML declares it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct DeclaredColumn {
    /// As written; [`DeclaredColumn::stored`] is what the engine keeps.
    pub name: String,
    pub data_type: Option<String>,
    pub description: Option<String>,
    /// `config.meta` over `meta`.
    pub meta: Map<String, Value>,
    /// `quote: true`: the name is case-sensitive.
    pub quote: bool,
    pub constraints: Vec<Constraint>,
    pub tags: Vec<String>,
}

impl DeclaredColumn {
    pub fn stored(&self, dialect: Dialect) -> String {
        store_column(dialect, &self.name, self.quote)
    }
}

/// A column name as the engine stores it. Names that YAML itself wraps in quotes count as quoted.
pub(crate) fn store_column(dialect: Dialect, name: &str, quote: bool) -> String {
    let name = name.trim();
    for (open, close) in [('"', '"'), ('`', '`'), ('[', ']')] {
        if let Some(inner) = name.strip_prefix(open).and_then(|n| n.strip_suffix(close)) {
            return inner.to_owned();
        }
    }
    dialect.column_folding().store(name, quote)
}

/// A constraint of a contract, on a column or on the whole model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Constraint {
    /// `not_null`, `unique`, `primary_key`, `foreign_key`, `check` or `custom`.
    pub kind: String,
    pub name: Option<String>,
    /// Stored names; a column-level constraint names its own column.
    pub columns: Vec<String>,
    pub expression: Option<String>,
    /// The relation a foreign key points at, and its columns there.
    pub to: Option<String>,
    pub to_columns: Vec<String>,
}

/// A test attached to a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestRef {
    pub unique_id: String,
    pub guarantee: Guarantee,
    /// False for `severity: warn`: it is looked at, but promises nothing.
    pub blocking: bool,
}

/// One thing in a project.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub unique_id: String,
    pub resource_type: ResourceType,
    pub name: String,
    pub package: String,
    pub fqn: Vec<String>,
    /// Of the whole project: how names in this node fold.
    pub dialect: Dialect,
    /// The stored name; `None` for what stands in no warehouse (ephemeral models, tests, analyses).
    pub relation: Option<TableName>,
    /// `source_name` of a source.
    pub source_name: Option<String>,
    /// `view`, `table`, `incremental`, `ephemeral`, `seed`, `snapshot`, `test`, …; empty for sources.
    pub materialized: String,
    /// `sql` or `python`.
    pub language: String,
    /// `None` for generic tests, whose text is the same for all.
    pub raw_code: Option<Arc<str>>,
    pub compiled_code: Option<Arc<str>>,
    /// In the order of the YAML.
    pub columns: Vec<DeclaredColumn>,
    pub contract_enforced: bool,
    /// Never comparable between Core and Fusion.
    pub contract_checksum: Option<String>,
    /// Of the model and of its columns.
    pub constraints: Vec<Constraint>,
    /// What blocking tests promise.
    pub guarantees: Vec<Guarantee>,
    /// Every test attached to this node, also those that only warn.
    pub tests: Vec<TestRef>,
    /// Unit tests of this node.
    pub unit_tests: usize,
    /// dbt's own inference (1.8 and later); contracts' primary keys are in `constraints`.
    pub inferred_primary_key: Vec<String>,
    /// Unique ids of what it reads.
    pub depends_on: Vec<String>,
    /// (name of the common table expression, node it stands for): ephemeral models pasted into the compiled code.
    pub injected_ctes: Vec<(String, String)>,
    pub group: Option<String>,
    /// `private`, `protected` or `public`.
    pub access: Option<String>,
    pub version: Option<String>,
    pub latest_version: Option<String>,
    pub deprecation_date: Option<Date>,
    /// `config.meta` over `meta` (for sources: over `source_meta` too).
    pub meta: Map<String, Value>,
    pub description: Option<String>,
    /// `original_file_path`, relative to the dbt project.
    pub path: Option<String>,
    /// Where dbt wrote the compiled text, relative to the dbt project.
    pub compiled_path: Option<String>,
    /// The YAML file that describes it, relative to the dbt project.
    pub patch_path: Option<String>,
    pub tags: Vec<String>,
    /// Of the file's text. Never comparable between Core and Fusion.
    pub checksum: Option<String>,
    /// The node that a generic test is about.
    pub attached_node: Option<String>,
    /// Name of the generic test (`not_null`, `dbt_utils.…`); `None` for singular tests and all else.
    pub test_name: Option<String>,
    pub enabled: bool,
    pub unique_key: Vec<String>,
    /// Alias, if the relation is not called by the node's name.
    pub alias: Option<String>,
}

impl Node {
    pub fn is_model(&self) -> bool {
        self.resource_type == ResourceType::Model
    }
    pub fn is_ephemeral(&self) -> bool {
        self.materialized == "ephemeral"
    }
    pub fn is_python(&self) -> bool {
        self.language == "python"
    }
    pub fn is_generic_test(&self) -> bool {
        self.test_name.is_some()
    }

    /// `fct_orders`, `dim_customers.v2`, `shop.orders` (source): what people call it in `ref` and `source`.
    pub fn short_name(&self) -> String {
        match (&self.source_name, &self.version) {
            (Some(source), _) => format!("{source}.{}", self.name),
            (None, Some(version)) => format!("{}.v{version}", self.name),
            (None, None) => self.name.clone(),
        }
    }

    /// The declared column of that name, compared as the dialect does.
    pub fn column(&self, name: &str) -> Option<&DeclaredColumn> {
        let folding = self.dialect.column_folding();
        let key = folding.key(name);
        self.columns.iter().find(|c| folding.key(&c.stored(self.dialect)) == key)
    }
}
