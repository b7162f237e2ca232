//! Scans and the warehouses they read.

use crate::compat::SdkShape;
use crate::views::reader::{FindingView, findings};
use crate::views::words;
use jiff::Timestamp;
use serde::Serialize;
use tessera_engine::requests::Progress;
use tessera_ports::ScanStatus;
use tessera_ports::records::Scan;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Scan)]
pub(crate) struct ScanView {
    pub(crate) id: Uuid,
    pub(crate) warehouse: String,
    /// The cron slot it serves; absent when asked for by hand.
    pub(crate) slot: Option<Timestamp>,
    #[schema(value_type = words::ScanStatus)]
    pub(crate) status: ScanStatus,
    pub(crate) started_at: Timestamp,
    pub(crate) finished_at: Option<Timestamp>,
    pub(crate) tables: u64,
    pub(crate) columns: u64,
    pub(crate) added: u64,
    pub(crate) altered: u64,
    pub(crate) dropped: u64,
    pub(crate) drifts_opened: u64,
    pub(crate) drifts_resolved: u64,
    pub(crate) findings: Vec<FindingView>,
    pub(crate) error: Option<String>,
    /// Of a running scan.
    pub(crate) progress: Option<ProgressView>,
}

impl SdkShape for ScanView {}

impl ScanView {
    pub(crate) fn new(scan: Scan, running: &[Progress]) -> Self {
        let what = format!("scan {}", scan.warehouse);
        let mine = |progress: &&Progress| scan.status == ScanStatus::Running && progress.what == what;
        ScanView {
            id: scan.id.0,
            slot: scan.slot,
            status: scan.status,
            started_at: scan.started_at,
            finished_at: scan.finished_at,
            tables: scan.tables,
            columns: scan.columns,
            added: scan.added,
            altered: scan.altered,
            dropped: scan.dropped,
            drifts_opened: scan.drifts_opened,
            drifts_resolved: scan.drifts_resolved,
            findings: findings(&scan.findings),
            progress: running.iter().find(mine).map(ProgressView::from),
            error: scan.error,
            warehouse: scan.warehouse,
        }
    }
}

/// A piece of long work.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Progress)]
pub(crate) struct ProgressView {
    pub(crate) what: String,
    pub(crate) done: u64,
    /// Absent when it is not known yet.
    pub(crate) total: Option<u64>,
    pub(crate) started_at: Timestamp,
}

impl From<&Progress> for ProgressView {
    fn from(p: &Progress) -> Self {
        ProgressView { what: p.what.clone(), done: p.done, total: p.total, started_at: p.started_at }
    }
}

/// A configured warehouse.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Warehouse)]
pub(crate) struct WarehouseView {
    pub(crate) name: String,
    #[schema(example = "postgres")]
    pub(crate) kind: String,
    /// Absent: only scanned by hand.
    pub(crate) cron: Option<String>,
    pub(crate) next_slot: Option<Timestamp>,
    pub(crate) last_scan: Option<ScanView>,
}

impl SdkShape for WarehouseView {}
