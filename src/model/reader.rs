//! Readers: who reads a column, how, and what that knowledge rests on. A reader with an effect is the answer to
//! "what does this change do to you".

use crate::lineage::IndirectKind;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReaderKind {
    DbtModel,
    DbtSnapshot,
    DbtTest,
    Exposure,
    Registration,
    /// A view of the warehouse itself.
    View,
    Query,
    Agent,
}

/// What a change does to a reader (DESIGN §3.2), worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// No longer binds: the column is gone or ambiguous, a type error, a union or positional insert that no longer fits.
    Breaks,
    /// Binds, but its own output schema changes.
    Changes,
    /// Uses the column; binding unaffected.
    Reads,
    /// Cannot be told: table-level evidence, unparsed or uncompiled SQL.
    MayRead,
    Unaffected,
}

/// Where in a query a column is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UseKind {
    Project,
    Filter,
    Join,
    Group,
    Sort,
    Window,
    Conditional,
}

impl UseKind {
    pub fn name(self) -> &'static str {
        match self {
            UseKind::Project => "project",
            UseKind::Filter => "filter",
            UseKind::Join => "join",
            UseKind::Group => "group",
            UseKind::Sort => "sort",
            UseKind::Window => "window",
            UseKind::Conditional => "conditional",
        }
    }
}

impl From<IndirectKind> for UseKind {
    fn from(kind: IndirectKind) -> Self {
        match kind {
            IndirectKind::Join => UseKind::Join,
            IndirectKind::Filter => UseKind::Filter,
            IndirectKind::GroupBy => UseKind::Group,
            IndirectKind::Sort => UseKind::Sort,
            IndirectKind::Window => UseKind::Window,
            IndirectKind::Conditional => UseKind::Conditional,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EvidenceSource {
    Dbt,
    Exposure,
    Registration,
    ViewDefinition,
    QueryHistory,
    OpenLineage,
    Agent,
}

/// What the knowledge of a reader rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    pub source: EvidenceSource,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
    pub last_seen: Option<Timestamp>,
    pub count: u64,
}

/// A reader of a changed asset, with what the change does to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// dbt unique id, exposure id, or the consumer team's name for a registration.
    pub name: String,
    pub kind: ReaderKind,
    /// The team to ask; `None` is a visible finding, and counts as somebody else.
    pub team: Option<String>,
    pub effect: Effect,
    /// Which of the changed asset's columns it uses (empty when only the table is known).
    pub columns: Vec<String>,
    #[serde(rename = "use")]
    pub uses: Vec<UseKind>,
    pub evidence: Evidence,
    /// The path from the changed asset to an indirect reader, nearest first; empty for a direct one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<String>,
    /// Why, in a few words: `unknown column order_state`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
