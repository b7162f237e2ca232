//! The store: reads, and one way to write. A use case loads state, decides purely, and hands over a `Batch`: all of its
//! writes, audit events and outbox rows become visible together or not at all, before anything is answered. When a
//! precondition no longer holds the batch fails with `Conflict` and the use case loads and decides anew.

use crate::records::{
    ApiKey, Artifact, AuditEvent, Drift, DriftStatus, Lease, Observation, OutboxMessage, OutboxState, Scan,
    StoredAuditEvent,
};
use async_trait::async_trait;
use jiff::Timestamp;
use std::fmt;
use tessera_model::TableKey;
use tessera_model::asset::{Asset, Dependency};
use tessera_model::contract::{Contract, ContractStatus, Registration, Waiver};
use tessera_model::ids::{
    AssetId, ContractId, DependencyId, DriftId, OutboxId, ProposalId, RegistrationId, ScanId, TeamId, WaiverId,
};
use tessera_model::team::Team;
use tessera_workflow::{Proposal, ProposalStatus};

/// One write. `Put*` inserts or replaces by id unless it says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub enum Write {
    PutTeam(Team),
    PutAsset(Asset),
    /// Inserts. Fails with `Conflict` when the asset already has an active contract and this one is active.
    InsertContract(Contract),
    /// Changes a contract's status; fails with `Conflict` unless it now has `expect`.
    SetContractStatus {
        id: ContractId,
        expect: ContractStatus,
        status: ContractStatus,
    },
    PutRegistration(Registration),
    DeleteRegistration(RegistrationId),
    PutDependency(Dependency),
    DeleteDependency(DependencyId),
    /// Inserts when `proposal.revision` is 1, else replaces the state whose revision is one less; anything else is a
    /// `Conflict`. At most one pending proposal per asset, by a database constraint (`Conflict`).
    PutProposal(Box<Proposal>),
    /// At most one open or held drift per (asset, fingerprint), by a database constraint (`Conflict`).
    PutDrift(Box<Drift>),
    /// A second scan with the same (warehouse, slot) and another id is a `Conflict`.
    PutScan(Scan),
    PutObservations(Vec<Observation>),
    DeleteObservations {
        warehouse: String,
        keys: Vec<TableKey>,
    },
    /// Replaces the artifact of the same (project, kind, environment).
    PutArtifact(Artifact),
    PutKey(ApiKey),
    PutWaiver(Waiver),
    DeleteWaiver(WaiverId),
    /// Small facts under a name (last slots, last config hash). `None` deletes.
    PutSetting {
        name: String,
        value: Option<String>,
    },
}

/// Proof of leadership: the batch fails with `Fenced` when the lease has moved on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fence {
    pub lease: String,
    pub holder: String,
    pub epoch: u64,
}

/// Everything that becomes visible together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    pub writes: Vec<Write>,
    pub audit: Vec<AuditEvent>,
    /// Rows whose `dedupe_key` is known already are ignored.
    pub outbox: Vec<OutboxMessage>,
    pub fence: Option<Fence>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Somebody else was faster: load and decide anew. Says what collided: `pending proposal`, `proposal revision`,
    /// `active contract`, `open drift`, `scan slot`, `team name`, `asset name`, `registration`, `dependency`.
    #[error("conflict: {what}")]
    Conflict { what: &'static str },
    #[error("the lease moved on: another daemon leads now")]
    Fenced,
    /// The store cannot be reached or written now; nothing was changed (or it is unknown whether it was).
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// The stored data or schema is not what this version understands.
    #[error("the store cannot be read: {0}")]
    Corrupt(String),
}

/// `limit` 0 means all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Page {
    pub limit: u32,
    pub offset: u32,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// How many match without paging.
    pub total: u64,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct AssetFilter {
    pub owner: Option<TeamId>,
    pub project: Option<String>,
    pub warehouse: Option<String>,
    pub environment: Option<String>,
    /// Part of the fqn, without case.
    pub search: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProposalFilter {
    pub asset: Option<AssetId>,
    pub status: Option<ProposalStatus>,
    /// Only those that require this team.
    pub team: Option<TeamId>,
    pub proposed_by: Option<TeamId>,
    /// Equal to `Proposal::change_set` (a promoted column).
    pub change_set: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct DriftFilter {
    pub asset: Option<AssetId>,
    pub status: Option<DriftStatus>,
    pub warehouse: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct AuditFilter {
    pub entity: Option<String>,
    pub entity_id: Option<String>,
    /// Only events with a larger sequence number.
    pub after: Option<u64>,
}

/// How one delivery attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    Done { reference: Option<String>, at: Timestamp },
    Retry { error: String, next_attempt: Timestamp },
    Dead { error: String, at: Timestamp },
}

/// Lists are ordered by id (that is, by creation) unless said otherwise; proposals, drifts and scans newest first.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// All of the batch or nothing of it; durable when it returns.
    async fn commit(&self, batch: Batch) -> Result<(), StoreError>;

    /// Living teams, by name.
    async fn teams(&self) -> Result<Vec<Team>, StoreError>;
    /// Also a deleted one.
    async fn team(&self, id: TeamId) -> Result<Option<Team>, StoreError>;

    /// Living assets, by fqn.
    async fn assets(&self, filter: &AssetFilter, page: Page) -> Result<Listed<Asset>, StoreError>;
    async fn asset(&self, id: AssetId) -> Result<Option<Asset>, StoreError>;
    async fn asset_by_key(&self, key: &TableKey, environment: &str) -> Result<Option<Asset>, StoreError>;

    /// Newest version first.
    async fn contracts(&self, asset: Option<AssetId>, page: Page) -> Result<Listed<Contract>, StoreError>;
    async fn contract(&self, id: ContractId) -> Result<Option<Contract>, StoreError>;
    async fn active_contract(&self, asset: AssetId) -> Result<Option<Contract>, StoreError>;
    /// Every active contract: what the graph is built from.
    async fn active_contracts(&self) -> Result<Vec<Contract>, StoreError>;

    async fn registrations(
        &self,
        asset: Option<AssetId>,
        team: Option<TeamId>,
    ) -> Result<Vec<Registration>, StoreError>;
    async fn registration(&self, id: RegistrationId) -> Result<Option<Registration>, StoreError>;
    async fn dependencies(&self, asset: Option<AssetId>) -> Result<Vec<Dependency>, StoreError>;

    async fn proposals(&self, filter: &ProposalFilter, page: Page) -> Result<Listed<Proposal>, StoreError>;
    async fn proposal(&self, id: ProposalId) -> Result<Option<Proposal>, StoreError>;
    async fn pending_proposal(&self, asset: AssetId) -> Result<Option<Proposal>, StoreError>;

    async fn drifts(&self, filter: &DriftFilter, page: Page) -> Result<Listed<Drift>, StoreError>;
    async fn drift(&self, id: DriftId) -> Result<Option<Drift>, StoreError>;

    async fn scans(&self, warehouse: Option<&str>, page: Page) -> Result<Listed<Scan>, StoreError>;
    async fn scan(&self, id: ScanId) -> Result<Option<Scan>, StoreError>;
    /// By key.
    async fn observations(&self, warehouse: &str) -> Result<Vec<Observation>, StoreError>;

    /// With its bytes.
    async fn artifact(&self, project: &str, kind: &str, environment: &str) -> Result<Option<Artifact>, StoreError>;
    /// All of one kind, with their bytes, by project.
    async fn artifacts(&self, kind: &str) -> Result<Vec<Artifact>, StoreError>;

    async fn keys(&self) -> Result<Vec<ApiKey>, StoreError>;
    async fn key(&self, id: &str) -> Result<Option<ApiKey>, StoreError>;
    async fn waivers(&self, asset: Option<AssetId>) -> Result<Vec<Waiver>, StoreError>;
    async fn setting(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// Oldest first.
    async fn audit(&self, filter: &AuditFilter, page: Page) -> Result<Listed<StoredAuditEvent>, StoreError>;

    /// Newest first.
    async fn outbox(&self, state: Option<OutboxState>, page: Page) -> Result<Listed<OutboxMessage>, StoreError>;
    /// Leases up to `limit` waiting messages that are due, to `holder` until `until`. A message whose earlier message
    /// for the same (subject, target) is still waiting is not handed out: order per thread is kept.
    async fn claim_outbox(
        &self,
        holder: &str,
        now: Timestamp,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OutboxMessage>, StoreError>;
    /// Ends one attempt. Ignored (Ok) when the message is no longer leased to `holder`.
    async fn settle_outbox(&self, id: OutboxId, holder: &str, settled: Settled) -> Result<(), StoreError>;
    /// The reference that the last delivered message of this thread returned.
    async fn outbox_reference(&self, subject: &str, notifier: &str, target: &str)
    -> Result<Option<String>, StoreError>;

    /// Takes or renews the lease for `seconds` by the *database's* time; `None` when somebody else holds it.
    async fn acquire_lease(&self, name: &str, holder: &str, seconds: u32) -> Result<Option<Lease>, StoreError>;
    async fn release_lease(&self, name: &str, holder: &str) -> Result<(), StoreError>;

    /// Answers when the store can be read and written: readiness.
    async fn ping(&self) -> Result<(), StoreError>;
    /// `sqlite` or `postgres`, for messages.
    fn backend(&self) -> &'static str;
}
