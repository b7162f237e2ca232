//! What `check` (and impact, and a proposal's page) says: verdict, coverage, changes with their readers. Its JSON form is
//! INTERFACES' `tessera check --output json`.

use crate::change::Change;
use crate::finding::Finding;
use crate::reader::Reader;
use serde::{Deserialize, Serialize};

/// The overall answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Safe,
    Notify,
    /// Breaking, read by someone else, and not acknowledged.
    Acknowledge,
    /// Could not be decided.
    Unknown,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Safe => "safe",
            Verdict::Notify => "notify",
            Verdict::Acknowledge => "acknowledge",
            Verdict::Unknown => "unknown",
        }
    }
}

/// Why something is not known about a model.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct UnknownModel {
    pub model: String,
    /// `uncompiled`, `unparsed`, `python`, `disabled`, `table_only`, `ambiguous`, `malformed`, …
    pub cause: String,
}

/// How much of the project an answer rests on.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Coverage {
    pub models: usize,
    pub compiled: usize,
    /// Models whose every column was resolved or inferred.
    pub resolved: usize,
    pub unknown: Vec<UnknownModel>,
}

/// One change of one asset, with everyone it reaches.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssetChange {
    /// The asset's dotted name.
    pub asset: String,
    /// dbt unique id, if it is a dbt node.
    pub node: Option<String>,
    pub column: Option<String>,
    #[serde(flatten)]
    pub change: ChangeFields,
    /// The model's file and line, if known.
    pub file: Option<String>,
    pub line: Option<u32>,
    /// The owner of the asset.
    #[serde(default)]
    pub team: Option<String>,
    pub readers: Vec<Reader>,
    pub acknowledged: bool,
    pub proposal: Option<String>,
    /// The upstream changes that cause this one, as `asset.column`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub caused_by: Vec<String>,
}

/// The part of a [`Change`] that reports repeat.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChangeFields {
    pub rule: String,
    pub breaking: bool,
    pub before: serde_json::Value,
    pub after: serde_json::Value,
    pub message: String,
    pub reads: crate::Judgment,
    pub writes: crate::Judgment,
    pub suggestion: Option<String>,
    /// How to get there without breaking anyone, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<crate::change::Step>,
    /// Identity of the change, for waivers.
    #[serde(default)]
    pub fingerprint: String,
}

impl From<&Change> for ChangeFields {
    fn from(c: &Change) -> Self {
        ChangeFields {
            rule: c.rule.clone(),
            breaking: c.breaking,
            before: c.before.clone(),
            after: c.after.clone(),
            message: c.message.clone(),
            reads: c.reads,
            writes: c.writes,
            suggestion: c.suggestion.clone(),
            steps: c.steps.clone(),
            fingerprint: c.fingerprint().0,
        }
    }
}

/// The whole answer of a check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckReport {
    pub schema_version: u32,
    pub verdict: Verdict,
    pub exit: u8,
    pub coverage: Coverage,
    pub changes: Vec<AssetChange>,
    #[serde(default)]
    pub findings: Vec<Finding>,
}
