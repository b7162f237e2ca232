//! What the store keeps besides the model's own words: scans, observations, drift, artifacts, outbox, audit, keys.

use crate::notifier::Notice;
use crate::warehouse::{ObservedTable, Probe, ScanStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tessera_model::actor::{ActorKind, Scope};
use tessera_model::ids::{ArtifactId, AssetId, AuditId, DriftId, OutboxId, ProposalId, ScanId, TeamId};
use tessera_model::report::AssetChange;
use tessera_model::{Actor, Finding, Fingerprint, TableKey};

/// One scan of one warehouse.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    pub id: ScanId,
    pub warehouse: String,
    /// The cron slot it serves; `None` when asked for by hand. Unique per warehouse: a slot runs once.
    pub slot: Option<Timestamp>,
    pub status: ScanStatus,
    pub started_at: Timestamp,
    #[serde(default)]
    pub finished_at: Option<Timestamp>,
    pub tables: u64,
    pub columns: u64,
    /// Tables added, altered and dropped against the last observation.
    pub added: u64,
    pub altered: u64,
    pub dropped: u64,
    pub drifts_opened: u64,
    pub drifts_resolved: u64,
    #[serde(default)]
    pub probe: Probe,
    #[serde(default)]
    pub findings: Vec<Finding>,
    #[serde(default)]
    pub error: Option<String>,
}

/// What a warehouse was last seen to hold under one name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    pub warehouse: String,
    pub key: TableKey,
    pub fingerprint: Fingerprint,
    pub table: ObservedTable,
    pub first_seen: Timestamp,
    pub last_changed: Timestamp,
    pub scan: ScanId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftStatus {
    Open,
    /// Part of a mass change: no proposal until a person releases it.
    Held,
    /// The observed state returned to the contract.
    Resolved,
    /// The contract moved to the observed state.
    Accepted,
}

/// Observed ≠ contract. One open per asset and change fingerprint: seen again, it is updated, not repeated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    pub id: DriftId,
    pub asset: AssetId,
    pub asset_fqn: String,
    pub warehouse: String,
    /// Of the set of changes.
    pub fingerprint: Fingerprint,
    pub status: DriftStatus,
    pub breaking: bool,
    pub changes: Vec<AssetChange>,
    /// The observed schema, as a contract would hold it.
    pub observed: Value,
    pub first_seen: Timestamp,
    pub last_seen: Timestamp,
    pub count: u64,
    #[serde(default)]
    pub proposal: Option<ProposalId>,
    #[serde(default)]
    pub resolved_at: Option<Timestamp>,
    pub scan: ScanId,
}

/// The bytes of a dbt artifact as last accepted: a restart must not depend on `target/` still being there.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact {
    pub id: ArtifactId,
    pub project: String,
    /// `manifest` or `catalog`.
    pub kind: String,
    pub environment: String,
    /// Of the uncompressed bytes.
    pub hash: Fingerprint,
    pub invocation_id: Option<String>,
    pub generated_at: Option<Timestamp>,
    pub received_at: Timestamp,
    /// gzip.
    pub bytes: Vec<u8>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutboxState {
    Waiting,
    Done,
    /// Given up after the retry window, or permanently refused. Visible, never silently gone.
    Dead,
}

/// One message to one target. Inserted in the transaction of the state change that caused it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboxMessage {
    pub id: OutboxId,
    /// Same key, same message: a second insert is ignored.
    pub dedupe_key: Fingerprint,
    /// Name of the configured notifier.
    pub notifier: String,
    pub target: String,
    /// = `notice.subject`.
    pub subject: String,
    pub notice: Notice,
    pub state: OutboxState,
    pub attempts: u32,
    pub created_at: Timestamp,
    pub next_attempt: Timestamp,
    #[serde(default)]
    pub last_error: Option<String>,
    #[serde(default)]
    pub delivered_at: Option<Timestamp>,
}

/// An append-only audit event. `hash` chains over the previous event's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditEvent {
    pub id: AuditId,
    pub at: Timestamp,
    /// `proposal`, `contract`, `asset`, `team`, `drift`, `scan`, `key`, `registration`, `waiver`, `config`.
    pub entity: String,
    pub entity_id: String,
    /// Dotted: `proposal.opened`, `proposal.acknowledged`, `contract.published`, …
    pub action: String,
    pub actor: Actor,
    #[serde(default)]
    pub payload: Value,
}

/// An audit event as stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredAuditEvent {
    /// Position in the log, from 1, without gaps.
    pub seq: u64,
    #[serde(flatten)]
    pub event: AuditEvent,
    /// blake3 over the previous hash and the event.
    pub hash: String,
}

/// An API key. The secret itself is never stored.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApiKey {
    /// The public part of `tsr_<id>_<secret>`.
    pub id: String,
    /// Keyed hash of the secret part, hex.
    pub hash: String,
    pub name: String,
    pub scope: Scope,
    pub actor_kind: ActorKind,
    pub team: Option<TeamId>,
    #[serde(default)]
    pub on_behalf_of: Option<String>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
    #[serde(default)]
    pub revoked_at: Option<Timestamp>,
}

/// A lease as held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Grows with every change of holder: writes under the lease carry it (fencing).
    pub epoch: u64,
    pub until: Timestamp,
}
