//! One change between two schemas, whatever their format. A change carries two plain judgments (`reads`, `writes`);
//! whether it is *breaking* is a function of the compatibility mode (`mode`), never a property of the change.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Does one side cope with the other's data?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judgment {
    Ok,
    /// Copes by the letter, but some readers may not (a lossless widening, a changed default).
    Risky,
    /// Could not be told within the budget. Never counts as ok.
    Undecided,
    Fails,
}

/// The class of a change, which some policies look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Changes which values are valid, or what is named.
    Structural,
    /// A lossless widening of a table column (DESIGN §3.1).
    Widening,
    /// Tests and constraints that readers may rely on.
    Guarantee,
    /// Description, comment, title, order: never structural.
    Documentation,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// Stable kebab-case rule id: `column-removed`, `type-changed`, `nullable-added`, …
    pub rule: String,
    /// Where, in the format's own notation; for tables the column's name. Empty for the whole.
    pub path: String,
    /// The column (or top-level field) this is about, so that lineage can join on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    pub kind: ChangeKind,
    /// An old consumer copes with new data.
    pub reads: Judgment,
    /// Old producers' data fits the new schema.
    pub writes: Judgment,
    /// Set by `Compatibility::judge`.
    pub breaking: bool,
    pub before: Value,
    pub after: Value,
    /// One sentence for people.
    pub message: String,
    /// A document or value that proves a failed judgment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<Value>,
    /// What to do instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// How to get there without breaking anyone, in order; empty where nobody has to follow.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steps: Vec<Step>,
    /// The rules of the format's reference checker that see the same change, where there is one (Protobuf: buf).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub source_rules: Vec<SourceRule>,
}

/// When a step of a migration is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Add the new beside the old; nobody breaks.
    Expand,
    /// Move readers and writers, and the data.
    Migrate,
    /// Take the old away.
    Contract,
}

/// What a step's text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Language {
    Sql,
    Dbt,
    Avro,
    Protobuf,
    #[serde(rename = "graphql")]
    GraphQl,
    #[serde(rename = "openapi")]
    OpenApi,
    JsonSchema,
}

impl Language {
    pub fn name(self) -> &'static str {
        match self {
            Language::Sql => "sql",
            Language::Dbt => "dbt",
            Language::Avro => "avro",
            Language::Protobuf => "protobuf",
            Language::GraphQl => "graphql",
            Language::OpenApi => "openapi",
            Language::JsonSchema => "json-schema",
        }
    }
}

/// One step of a migration. Lines that begin with the language's comment mark are for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub phase: Phase,
    pub language: Language,
    pub text: String,
}

/// A rule of somebody else's checker, so that its findings can be compared with ours.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceRule {
    /// Its id there: `FIELD_SAME_TYPE`.
    pub rule: String,
    /// Where it is asked: `FILE`, `PACKAGE`, `WIRE_JSON`, `WIRE`.
    pub levels: Vec<String>,
    /// The file that it names; empty where it names none.
    pub file: String,
}

impl Change {
    /// Identity of a change for de-duplication and waivers: what changed from what to what, whoever saw it.
    pub fn fingerprint(&self) -> crate::Fingerprint {
        crate::Fingerprint::of_json(&serde_json::json!([self.rule, self.path, self.before, self.after]))
    }

    pub fn is_undecided(&self) -> bool {
        self.reads == Judgment::Undecided || self.writes == Judgment::Undecided
    }
}

/// The fingerprint of a set of changes, independent of their order.
pub fn change_set_fingerprint(changes: &[Change]) -> crate::Fingerprint {
    let mut all: Vec<String> = changes.iter().map(|c| c.fingerprint().0).collect();
    all.sort();
    crate::Fingerprint::of_json(&serde_json::json!(all))
}
