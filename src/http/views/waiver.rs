//! Waivers: acknowledged exceptions.

use crate::compat::SdkShape;
use jiff::Timestamp;
use serde::Serialize;
use tessera_model::contract::Waiver;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Waiver)]
pub(crate) struct WaiverView {
    pub(crate) id: Uuid,
    pub(crate) asset_id: Uuid,
    pub(crate) column: Option<String>,
    /// Fingerprint of the one change it covers.
    pub(crate) change: String,
    pub(crate) reason: String,
    pub(crate) team_id: Option<Uuid>,
    pub(crate) created_by: String,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

impl From<Waiver> for WaiverView {
    fn from(waiver: Waiver) -> Self {
        WaiverView {
            id: waiver.id.0,
            asset_id: waiver.asset.0,
            column: waiver.column,
            change: waiver.change.0,
            reason: waiver.reason,
            team_id: waiver.team.map(|team| team.0),
            created_by: waiver.created_by,
            created_at: waiver.created_at,
            expires_at: waiver.expires_at,
        }
    }
}

impl SdkShape for WaiverView {}
