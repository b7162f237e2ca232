//! Generic tests as promises about the node they are attached to. Only what a test checks of *every* row is a plain
//! promise; a test with a `where`, or one that tolerates failures, keeps its name only.

use crate::lenient::{scalar_text, string_list};
use crate::node::store_column;
use crate::project::Project;
use crate::raw::{RawNode, RawTest};
use serde_json::Value;
use tessera_model::Dialect;
use tessera_model::table::Guarantee;

/// A generic test whose target may not have been read yet.
pub(crate) struct PendingTest {
    pub(crate) unique_id: String,
    pub(crate) blocking: bool,
    test: RawTest,
    column: Option<String>,
    attached: Option<String>,
    depends_on: Vec<String>,
    /// `where`, or a tolerated number of failures.
    conditional: bool,
}

impl PendingTest {
    pub(crate) fn new(id: &str, raw: &RawNode, test: RawTest) -> Self {
        let text = |key: &str| test.kwargs.get(key).and_then(scalar_text);
        let column = raw.column_name.clone().or_else(|| text("column_name")).filter(|c| !c.is_empty());
        let tolerant = raw.config.error_if.as_deref().is_some_and(|e| e.trim() != "!= 0");
        PendingTest {
            unique_id: id.to_owned(),
            blocking: raw.config.enabled.unwrap_or(true)
                && !raw.config.severity.as_deref().is_some_and(|s| s.eq_ignore_ascii_case("warn")),
            column,
            attached: raw.attached_node.clone().filter(|a| !a.is_empty()),
            depends_on: raw.depends_on.nodes.clone(),
            conditional: raw.config.condition.is_some() || tolerant || text("row_condition").is_some(),
            test,
        }
    }

    /// `not_null`, `dbt_utils.recency`.
    pub(crate) fn full_name(&self) -> String {
        match self.test.namespace.as_deref().filter(|n| !n.is_empty()) {
            Some(namespace) => format!("{namespace}.{}", self.test.name),
            None => self.test.name.clone(),
        }
    }

    /// Up to v8 tests do not say what they are attached to: then it is the only dependency, or the one that the `model`
    /// argument names.
    pub(crate) fn target(&self, project: &Project) -> Option<String> {
        if self.attached.is_some() {
            return self.attached.clone();
        }
        if let [only] = self.depends_on.as_slice() {
            return Some(only.clone());
        }
        let model = self.test.kwargs.get("model").and_then(Value::as_str)?;
        named(model, &self.depends_on, project)
    }

    pub(crate) fn guarantee(&self, project: &Project) -> Guarantee {
        let dialect = project.dialect;
        let column = self.column.as_deref().map(|c| store_column(dialect, c, false));
        let custom = || Guarantee::Custom { name: self.full_name(), column: column.clone() };
        if self.conditional {
            return custom();
        }
        let list = |key: &str| self.columns(dialect, key);
        match (self.test.name.as_str(), &column) {
            ("not_null" | "expect_column_values_to_not_be_null", Some(c)) => Guarantee::NotNull { column: c.clone() },
            ("unique" | "expect_column_values_to_be_unique", Some(c)) => Guarantee::Unique { columns: vec![c.clone()] },
            ("unique_combination_of_columns", _) => {
                list("combination_of_columns").map_or_else(custom, |columns| Guarantee::Unique { columns })
            }
            ("expect_compound_columns_to_be_unique", _) => {
                list("column_list").map_or_else(custom, |columns| Guarantee::Unique { columns })
            }
            ("accepted_values", Some(c)) => self.values("values").map_or_else(custom, |values| accepted(c, values)),
            ("expect_column_values_to_be_in_set", Some(c)) => {
                self.values("value_set").map_or_else(custom, |values| accepted(c, values))
            }
            ("relationships", Some(c)) => self.relationship(c, project).unwrap_or_else(custom),
            _ => custom(),
        }
    }

    fn columns(&self, dialect: Dialect, key: &str) -> Option<Vec<String>> {
        let names = string_list(self.argument(key)?);
        (!names.is_empty()).then(|| names.iter().map(|n| store_column(dialect, n, false)).collect())
    }

    fn values(&self, key: &str) -> Option<Vec<String>> {
        let mut values = string_list(self.argument(key)?);
        values.sort();
        values.dedup();
        (!values.is_empty()).then_some(values)
    }

    /// dbt 1.10 may keep a test's own arguments under `arguments`.
    fn argument(&self, key: &str) -> Option<&Value> {
        self.test.kwargs.get(key).or_else(|| self.test.kwargs.get("arguments")?.get(key))
    }

    /// `to` is the project's own name of the other node, not its relation, so that two environments agree.
    fn relationship(&self, column: &str, project: &Project) -> Option<Guarantee> {
        let to = self.argument("to")?.as_str()?;
        let field = scalar_text(self.argument("field")?)?;
        let known = named(to, &self.depends_on, project).and_then(|id| Some(project.node(&id)?.short_name()));
        Some(Guarantee::Relationship {
            column: column.to_owned(),
            to: known.unwrap_or_else(|| to.to_owned()),
            field: store_column(project.dialect, &field, false),
        })
    }
}

fn accepted(column: &str, values: Vec<String>) -> Guarantee {
    Guarantee::AcceptedValues { column: column.to_owned(), values }
}

/// The dependency that `{{ ref('a') }}`, `ref('package', 'a', v=2)` or `source('s', 't')` names.
fn named(expression: &str, depends_on: &[String], project: &Project) -> Option<String> {
    let quoted: Vec<&str> = expression.split(['\'', '"']).skip(1).step_by(2).collect();
    let last = *quoted.last()?;
    let version = expression.split(['v', 'V']).skip(1).find_map(|rest| {
        let digits = rest.trim_start_matches("ersion").trim_start().strip_prefix('=')?;
        Some(digits.trim_matches(|c: char| !c.is_alphanumeric()).to_owned())
    });
    let candidates = || depends_on.iter().filter_map(|id| project.node(id)).filter(|n| n.name == last);
    let exact = candidates().find(|n| {
        version.as_ref().is_none_or(|v| n.version.as_ref() == Some(v))
            && (version.is_some() || n.version == n.latest_version)
    });
    exact.or_else(|| candidates().next()).map(|n| n.unique_id.clone())
}
