//! A proposal as it is stored: what would change, who must answer, who did. Only `machine` makes new states of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tessera_model::contract::SchemaFormat;
use tessera_model::ids::{AssetId, ContractId, DriftId, ProposalId, TeamId};
use tessera_model::report::{AssetChange, Coverage};
use tessera_model::semver::Version;
use tessera_model::{Actor, Compatibility, Fingerprint, Reader};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalStatus {
    Pending,
    Approved,
    Published,
    Rejected,
    Withdrawn,
    Expired,
}

impl ProposalStatus {
    pub fn name(self) -> &'static str {
        match self {
            ProposalStatus::Pending => "pending",
            ProposalStatus::Approved => "approved",
            ProposalStatus::Published => "published",
            ProposalStatus::Rejected => "rejected",
            ProposalStatus::Withdrawn => "withdrawn",
            ProposalStatus::Expired => "expired",
        }
    }

    /// Neither answers nor publication can still happen.
    pub fn is_final(self) -> bool {
        !matches!(self, ProposalStatus::Pending | ProposalStatus::Approved)
    }
}

/// Where the change was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProposalOrigin {
    Dbt,
    Drift,
    Api,
    Cli,
    Agent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    Approved,
    /// Consents, and says until when it will have moved.
    Migrating,
    /// Refuses, with a reason: a veto.
    Blocked,
}

/// A team that must answer, and why: its readers of the changed columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Requirement {
    pub team: TeamId,
    pub team_name: String,
    pub because: Vec<Reader>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Acknowledgement {
    pub team: TeamId,
    pub response: Response,
    pub by: Actor,
    pub at: Timestamp,
    #[serde(default)]
    pub migrating_until: Option<Timestamp>,
    #[serde(default)]
    pub notes: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverrideKind {
    /// An administrator, with a reason.
    Force,
    /// The asset's `on_deadline = "approve"` policy.
    Deadline,
}

/// Why a proposal was approved without every answer. Always audited.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Override {
    pub kind: OverrideKind,
    pub by: Actor,
    pub at: Timestamp,
    pub reason: String,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Proposal {
    pub id: ProposalId,
    pub asset: AssetId,
    /// The asset's name when the proposal was opened.
    pub asset_fqn: String,
    /// Grows by one with every stored state; the store refuses a write that expects another.
    pub revision: u64,
    pub status: ProposalStatus,
    pub origin: ProposalOrigin,
    /// The contract it was diffed against; frozen.
    pub base: Option<ContractId>,
    pub base_fingerprint: Option<Fingerprint>,
    /// Of the proposed schema.
    pub target_fingerprint: Fingerprint,
    pub format: SchemaFormat,
    pub schema: Value,
    #[serde(default)]
    pub guarantees: Value,
    #[serde(default)]
    pub version: Option<Version>,
    pub compatibility: Compatibility,
    /// The asset's own changes first, then those they cause downstream.
    pub changes: Vec<AssetChange>,
    pub required: Vec<Requirement>,
    #[serde(default)]
    pub acknowledgements: Vec<Acknowledgement>,
    pub opened_by: Actor,
    /// The producing team.
    pub proposed_by: Option<TeamId>,
    pub opened_at: Timestamp,
    #[serde(default)]
    pub deadline: Option<Timestamp>,
    #[serde(default)]
    pub resolved_at: Option<Timestamp>,
    /// A later publish moved the base: re-diff before going on.
    #[serde(default)]
    pub stale: bool,
    #[serde(default)]
    pub overridden: Option<Override>,
    /// The contract it was published as.
    #[serde(default)]
    pub contract: Option<ContractId>,
    #[serde(default)]
    pub drift: Option<DriftId>,
    /// Changes that arrived together (one scan, one dbt invocation) are told together.
    #[serde(default)]
    pub change_set: Option<String>,
    /// Reminders sent so far.
    #[serde(default)]
    pub reminders: u8,
    /// Why it ended (withdrawal, veto, expiry), or what was said at its opening (`nobody to ask`).
    #[serde(default)]
    pub note: Option<String>,
    /// What the readers list rests on.
    #[serde(default)]
    pub coverage: Coverage,
}

impl Proposal {
    pub fn answer_of(&self, team: TeamId) -> Option<&Acknowledgement> {
        self.acknowledgements.iter().find(|a| a.team == team)
    }

    /// Required teams that have not answered.
    pub fn missing(&self) -> impl Iterator<Item = &Requirement> {
        self.required.iter().filter(|r| self.answer_of(r.team).is_none())
    }
}
