//! Drift: what was observed and differs from the contract.

use crate::compat::SdkShape;
use crate::views::change::ChangeView;
use crate::views::words;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tessera_ports::records::{Drift, DriftStatus};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Drift)]
pub(crate) struct DriftView {
    pub(crate) id: Uuid,
    pub(crate) asset_id: Uuid,
    pub(crate) asset_fqn: String,
    pub(crate) warehouse: String,
    /// `held`: part of a mass change; it waits for a person to release it.
    #[schema(value_type = words::DriftStatus)]
    pub(crate) status: DriftStatus,
    pub(crate) breaking: bool,
    pub(crate) changes: Vec<ChangeView>,
    /// The schema as it was observed.
    pub(crate) observed_schema: Value,
    pub(crate) fingerprint: String,
    pub(crate) first_seen: Timestamp,
    pub(crate) last_seen: Timestamp,
    /// In how many scans.
    pub(crate) count: u64,
    pub(crate) proposal_id: Option<Uuid>,
    pub(crate) scan_id: Uuid,
    pub(crate) resolved_at: Option<Timestamp>,
}

impl SdkShape for DriftView {}

impl From<Drift> for DriftView {
    fn from(drift: Drift) -> Self {
        DriftView {
            id: drift.id.0,
            asset_id: drift.asset.0,
            asset_fqn: drift.asset_fqn,
            warehouse: drift.warehouse,
            status: drift.status,
            breaking: drift.breaking,
            changes: drift.changes.iter().map(ChangeView::from).collect(),
            observed_schema: drift.observed,
            fingerprint: drift.fingerprint.0,
            first_seen: drift.first_seen,
            last_seen: drift.last_seen,
            count: drift.count,
            proposal_id: drift.proposal.map(|proposal| proposal.0),
            scan_id: drift.scan.0,
            resolved_at: drift.resolved_at,
        }
    }
}
