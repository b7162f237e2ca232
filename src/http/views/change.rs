//! One change, wherever it is shown: in a diff, an impact answer, a proposal, a drift.

use crate::compat::SdkShape;
use crate::views::reader::ReaderView;
use crate::views::words;
use serde::Serialize;
use serde_json::{Value, json};
use tessera_model::change::Step;
use tessera_model::report::AssetChange;
use tessera_model::semver::ChangeType;
use tessera_model::{Change, ChangeKind, Judgment};
use utoipa::ToSchema;

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Change)]
pub(crate) struct ChangeView {
    /// The rule id with underscores, as clients of the original know it.
    #[serde(rename = "type")]
    #[schema(example = "column_removed")]
    pub(crate) kind: String,
    #[schema(example = "column-removed")]
    pub(crate) rule: String,
    /// The changed asset's name, where the answer is about several.
    pub(crate) asset: Option<String>,
    pub(crate) node: Option<String>,
    pub(crate) path: String,
    pub(crate) column: Option<String>,
    pub(crate) breaking: bool,
    pub(crate) message: String,
    pub(crate) old_value: Value,
    pub(crate) new_value: Value,
    /// An old reader copes with new data.
    #[schema(value_type = words::Judgment)]
    pub(crate) reads: Judgment,
    /// Old producers' data fits the new schema.
    #[schema(value_type = words::Judgment)]
    pub(crate) writes: Judgment,
    /// A document or value that proves a failed judgment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) witness: Option<Value>,
    pub(crate) suggestion: Option<String>,
    /// How to get there without breaking anyone, in order; left out where nobody has to follow.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Option<Vec<StepDoc>>)]
    pub(crate) steps: Vec<Step>,
    /// What a waiver of this change is bound to.
    pub(crate) fingerprint: String,
    /// Whose asset it is.
    pub(crate) team: Option<String>,
    /// Where in the dbt project.
    pub(crate) file: Option<String>,
    pub(crate) line: Option<u32>,
    pub(crate) readers: Vec<ReaderView>,
    /// The upstream changes that cause this one, as `asset.column`.
    pub(crate) caused_by: Vec<String>,
    /// SDK mode: message and values once more, where the SDK's model keeps them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) details: Option<Value>,
}

/// One step of a migration.
#[derive(Debug, ToSchema)]
#[schema(as = MigrationStep)]
#[expect(dead_code, reason = "describes the model's step in the API document")]
pub(crate) struct StepDoc {
    phase: words::Phase,
    /// What the text is written in: sql, dbt, avro, protobuf, graphql, openapi or json-schema.
    #[schema(example = "sql")]
    language: String,
    text: String,
}

impl From<&Change> for ChangeView {
    fn from(change: &Change) -> Self {
        ChangeView {
            kind: change.rule.replace('-', "_"),
            rule: change.rule.clone(),
            asset: None,
            node: None,
            path: change.path.clone(),
            column: change.column.clone(),
            breaking: change.breaking,
            message: change.message.clone(),
            old_value: change.before.clone(),
            new_value: change.after.clone(),
            reads: change.reads,
            writes: change.writes,
            witness: change.witness.clone(),
            suggestion: change.suggestion.clone(),
            steps: change.steps.clone(),
            fingerprint: change.fingerprint().0,
            team: None,
            file: None,
            line: None,
            readers: Vec::new(),
            caused_by: Vec::new(),
            details: None,
        }
    }
}

impl From<&AssetChange> for ChangeView {
    fn from(change: &AssetChange) -> Self {
        let fields = &change.change;
        let path = change.column.clone().unwrap_or_default();
        ChangeView {
            kind: fields.rule.replace('-', "_"),
            rule: fields.rule.clone(),
            asset: Some(change.asset.clone()),
            node: change.node.clone(),
            path,
            column: change.column.clone(),
            breaking: fields.breaking,
            message: fields.message.clone(),
            old_value: fields.before.clone(),
            new_value: fields.after.clone(),
            reads: fields.reads,
            writes: fields.writes,
            witness: None,
            suggestion: fields.suggestion.clone(),
            steps: fields.steps.clone(),
            fingerprint: fields.fingerprint.clone(),
            team: change.team.clone(),
            file: change.file.clone(),
            line: change.line,
            readers: change.readers.iter().map(ReaderView::from).collect(),
            caused_by: change.caused_by.clone(),
            details: None,
        }
    }
}

impl SdkShape for ChangeView {
    fn to_sdk(&mut self) {
        self.details = Some(json!({
            "message": self.message,
            "path": self.path,
            "old_value": self.old_value,
            "new_value": self.new_value,
            "readers": self.readers.iter().map(|reader| reader.name.as_str()).collect::<Vec<_>>(),
        }));
    }
}

pub(crate) fn views(changes: &[Change]) -> Vec<ChangeView> {
    changes.iter().map(ChangeView::from).collect()
}

pub(crate) fn breaking(changes: &[ChangeView]) -> Vec<ChangeView> {
    changes.iter().filter(|change| change.breaking).cloned().collect()
}

/// The size of a set of changes: breaking, else structural, else documentation.
pub(crate) fn change_type(changes: &[Change]) -> ChangeType {
    let structural = |change: &Change| matches!(change.kind, ChangeKind::Structural | ChangeKind::Widening);
    if changes.iter().any(|change| change.breaking) {
        ChangeType::Major
    } else if changes.iter().any(structural) {
        ChangeType::Minor
    } else {
        ChangeType::Patch
    }
}
