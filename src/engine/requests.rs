//! What use cases are asked and what they answer: the vocabulary of the HTTP API, the CLI and (later) MCP, so that the
//! three say the same.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tessera_model::actor::{ActorKind, Scope};
use tessera_model::asset::Asset;
use tessera_model::contract::{Contract, RegistrationStatus, SchemaFormat};
use tessera_model::ids::{AssetId, ContractId, TeamId};
use tessera_model::report::{AssetChange, Coverage, Verdict};
use tessera_model::semver::{ChangeType, Version};
use tessera_model::{Change, Compatibility, Finding, Reader};
use tessera_workflow::{Proposal, Response};

#[derive(Debug, Clone, Default, Deserialize)]
pub struct NewTeam {
    pub name: String,
    #[serde(default)]
    pub slack_channel: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub metadata: Value,
}

/// Absent fields stay as they are.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct TeamPatch {
    pub name: Option<String>,
    pub slack_channel: Option<String>,
    pub email: Option<String>,
    pub metadata: Option<Value>,
}

#[derive(Debug, Clone, Default)]
pub struct NewAsset {
    pub fqn: String,
    pub owner: Option<TeamId>,
    pub environment: Option<String>,
    pub description: Option<String>,
    pub resource_type: Option<String>,
    pub compatibility: Option<Compatibility>,
    pub dialect: Option<String>,
    pub metadata: Value,
}

/// Absent fields stay as they are. Changing `compatibility` is its own audited act.
#[derive(Debug, Clone, Default)]
pub struct AssetPatch {
    pub fqn: Option<String>,
    pub owner: Option<TeamId>,
    pub environment: Option<String>,
    pub description: Option<String>,
    pub compatibility: Option<Compatibility>,
    pub metadata: Option<Value>,
}

#[derive(Debug, Clone, Default)]
pub struct PublishRequest {
    pub schema: Value,
    /// Guessed when absent: a `columns` array is a table, else JSON Schema.
    pub format: Option<SchemaFormat>,
    /// The next version by the size of the change when absent.
    pub version: Option<String>,
    pub guarantees: Value,
    /// Checked against the asset's own; a weaker one is ignored and said so.
    pub compatibility: Option<Compatibility>,
    pub published_by: Option<TeamId>,
    /// Admin only.
    pub force: bool,
    pub force_reason: Option<String>,
    pub dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PublishAction {
    /// A contract was (or would be) published.
    Published,
    /// A proposal was (or would be) opened.
    ProposalCreated,
    /// Published over required answers, by an administrator.
    ForcePublished,
    /// The schema is what the active contract says: nothing to do.
    Unchanged,
}

#[derive(Debug, Clone)]
pub struct PublishOutcome {
    pub action: PublishAction,
    pub contract: Option<Contract>,
    pub proposal: Option<Proposal>,
    pub change_type: ChangeType,
    pub changes: Vec<Change>,
    pub message: String,
    pub warnings: Vec<String>,
    pub dry_run: bool,
}

/// "What breaks if": judged against the active contract under the asset's mode, with everyone it reaches.
#[derive(Debug, Clone, Serialize)]
pub struct ImpactReport {
    pub asset: AssetId,
    pub verdict: Verdict,
    /// True when publishing needs nobody's answer.
    pub safe_to_publish: bool,
    pub change_type: ChangeType,
    pub compatibility: Compatibility,
    pub compatibility_sentence: &'static str,
    pub changes: Vec<AssetChange>,
    /// Teams that would have to answer.
    pub teams: Vec<String>,
    pub coverage: Coverage,
    pub suggested_version: Version,
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, Default)]
pub struct NewRegistration {
    pub asset: Option<AssetId>,
    /// Alternative to `asset`: the asset of that contract.
    pub contract: Option<ContractId>,
    pub team: Option<TeamId>,
    pub columns: Vec<String>,
    pub pinned_version: Option<String>,
    pub purpose: Option<String>,
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Default)]
pub struct RegistrationPatch {
    pub pinned_version: Option<String>,
    pub status: Option<RegistrationStatus>,
    pub columns: Option<Vec<String>>,
}

#[derive(Debug, Clone)]
pub struct AcknowledgeRequest {
    pub team: TeamId,
    pub response: Response,
    pub notes: Option<String>,
    pub migrating_until: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub struct NewKey {
    pub name: String,
    pub scope: Scope,
    pub actor_kind: ActorKind,
    pub team: Option<TeamId>,
    pub on_behalf_of: Option<String>,
    pub expires_at: Option<Timestamp>,
}

#[derive(Debug, Clone)]
pub struct NewWaiver {
    pub asset: AssetId,
    pub column: Option<String>,
    /// Fingerprint of the change, as `check` and drift print it.
    pub change: String,
    pub reason: String,
    pub expires_at: Timestamp,
}

/// What came of handing in dbt artifacts.
#[derive(Debug, Clone, Default, Serialize)]
pub struct IngestReport {
    pub project: String,
    /// `unchanged`, `accepted`, `held` (a guard wants a person).
    pub outcome: String,
    pub models: usize,
    pub assets_created: usize,
    pub contracts_published: usize,
    pub proposals: Vec<ProposalRef>,
    pub coverage: Coverage,
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProposalRef {
    pub id: String,
    pub asset: String,
    pub status: String,
}

/// One asset with what hangs on it.
#[derive(Debug, Clone)]
pub struct LineageAnswer {
    pub asset: Asset,
    pub upstream: Vec<LineageEdge>,
    pub downstream: Vec<LineageEdge>,
    pub readers: Vec<Reader>,
    pub coverage: Coverage,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct LineageEdge {
    pub from: String,
    pub from_column: Option<String>,
    pub to: String,
    pub to_column: Option<String>,
    /// `identity`, `transformation`, `aggregation`, `join`, `filter`, `group_by`, `sort`, `window`, `conditional`, or
    /// `table` when only the tables are known.
    pub kind: String,
    pub from_asset: Option<AssetId>,
    pub to_asset: Option<AssetId>,
}

/// Kept apart on purpose: nothing by that name, nobody known to read it, or not covered by what was analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UseStatus {
    Found,
    NotFound,
    /// Several assets fit the name: see `candidates`.
    Ambiguous,
    NoReadersKnown,
    NotCovered,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct WhoUsesAnswer {
    pub status: UseStatus,
    pub asset: Option<String>,
    pub column: Option<String>,
    /// Other assets the name could mean.
    pub candidates: Vec<String>,
    pub readers: Vec<Reader>,
    pub coverage: Coverage,
}

/// A running or finished piece of long work, for progress bars and `GET /scans`.
#[derive(Debug, Clone, Serialize)]
pub struct Progress {
    pub what: String,
    pub done: u64,
    pub total: Option<u64>,
    pub started_at: Timestamp,
}
