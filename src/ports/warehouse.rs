//! A warehouse as Tessera sees it: something whose catalog can be probed cheaply and scanned completely. The rule behind
//! every signature here: **a scan may only report drops when it was complete**; a missing grant looks exactly like ten
//! thousand dropped tables.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::fmt;
use tessera_model::{Dialect, Finding, Fingerprint, TableName, TableSchema};

/// What kind of relation was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RelationKind {
    Table,
    View,
    MaterializedView,
    ForeignTable,
    /// The parent; its partitions are not reported on their own.
    PartitionedTable,
}

/// One relation as the warehouse's catalog tells it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ObservedTable {
    pub name: TableName,
    pub kind: RelationKind,
    /// Origin `Observed`; types in the server's own formatting.
    pub schema: TableSchema,
    /// The SQL of a view, when the role may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub definition: Option<String>,
}

impl ObservedTable {
    /// Content identity: what is compared to know whether anything changed. Of the serialised bytes, whose order is the
    /// struct's: a scan asks this of every table, and going through a JSON tree costs more than reading the catalog.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of_bytes(&serde_json::to_vec(self).unwrap_or_default())
    }
}

/// How far a scan can be trusted (DESIGN §3.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScanStatus {
    Running,
    /// Everything in scope was seen: absence means dropped.
    Complete,
    /// Cut short or partly refused: may add and alter, never drop.
    Partial,
    /// Looks complete, but a scope or many objects vanished, or privileges shrank: never drops, waits for confirmation.
    Suspect,
    Failed,
    /// The probe says that nothing changed since the last complete scan.
    Unchanged,
}

/// What a scan's cheap question answers. Opaque to everyone but the adapter that made it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Probe {
    /// One fingerprint per scope (schema): equal means "very likely unchanged".
    pub scopes: Vec<(String, String)>,
    /// Of the role's privileges: a change makes the next scan suspect.
    pub privileges: String,
}

/// What came of a scan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScanReport {
    /// `Complete`, `Partial`, `Suspect` (as far as the adapter itself can tell), `Unchanged`.
    pub status: ScanStatus,
    /// The scopes (schemas) that were completely read: drops are believed only inside these.
    pub scopes: Vec<String>,
    pub tables: u64,
    pub columns: u64,
    /// Bytes received from the server, where known.
    pub bytes: u64,
    pub probe: Probe,
    pub findings: Vec<Finding>,
}

/// Where a scan delivers. Returning an error stops the scan (shutdown, back-pressure gone wrong).
#[async_trait]
pub trait ScanSink: Send {
    async fn table(&mut self, table: ObservedTable) -> Result<(), WarehouseError>;
    /// Progress for people: tables seen so far, total if known.
    fn progress(&mut self, _done: u64, _total: Option<u64>) {}
}

/// Collects everything in memory: small scans and tests.
#[async_trait]
impl ScanSink for Vec<ObservedTable> {
    async fn table(&mut self, table: ObservedTable) -> Result<(), WarehouseError> {
        self.push(table);
        Ok(())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WarehouseError {
    /// Not reachable or not now: try again at the next slot.
    #[error("{0}")]
    Unavailable(String),
    /// The credentials or grants do not suffice; the message says what to run.
    #[error("{0}")]
    Refused(String),
    #[error("{0}")]
    Protocol(String),
    #[error("stopped")]
    Stopped,
}

/// One warehouse.
#[async_trait]
pub trait Warehouse: Send + Sync + fmt::Debug {
    /// The configured name.
    fn name(&self) -> &str;
    fn kind(&self) -> &'static str;
    fn dialect(&self) -> Dialect;

    /// Connectivity and each needed privilege, with the exact GRANT to run for what is missing.
    async fn check(&self) -> Vec<Finding>;

    /// The cheap question: has anything changed?
    async fn probe(&self) -> Result<Probe, WarehouseError>;

    /// Reads the catalog. With `since` equal to the present probe nothing is read and the report says `Unchanged`;
    /// otherwise every relation in scope goes to the sink.
    async fn scan(&self, since: Option<&Probe>, sink: &mut dyn ScanSink) -> Result<ScanReport, WarehouseError>;
}
