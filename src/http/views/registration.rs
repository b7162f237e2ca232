//! Consumers' subscriptions.

use crate::compat::SdkShape;
use crate::resolve::Names;
use crate::views::{or_nil, words};
use jiff::Timestamp;
use serde::Serialize;
use tessera_model::contract::{Registration, RegistrationStatus};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Registration)]
pub(crate) struct RegistrationView {
    pub(crate) id: Uuid,
    /// What is subscribed to: the asset, whatever its version.
    pub(crate) asset_id: Uuid,
    /// The contract that was active at registration: a view, not a binding.
    pub(crate) contract_id: Option<Uuid>,
    pub(crate) consumer_team_id: Uuid,
    pub(crate) consumer_team: Option<String>,
    /// Empty: the whole asset.
    pub(crate) columns: Vec<String>,
    pub(crate) pinned_version: Option<String>,
    #[schema(value_type = words::RegistrationStatus)]
    pub(crate) status: RegistrationStatus,
    pub(crate) purpose: Option<String>,
    pub(crate) registered_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
}

impl RegistrationView {
    pub(crate) fn new(registration: Registration, names: &Names) -> Self {
        RegistrationView {
            id: registration.id.0,
            asset_id: registration.asset.0,
            contract_id: registration.contract.map(|contract| contract.0),
            consumer_team_id: registration.team.0,
            consumer_team: names.of(Some(registration.team)),
            columns: registration.columns,
            pinned_version: registration.pinned_version,
            status: registration.status,
            purpose: registration.purpose,
            registered_at: registration.created_at,
            expires_at: registration.expires_at,
        }
    }
}

impl SdkShape for RegistrationView {
    fn to_sdk(&mut self) {
        or_nil(&mut self.contract_id);
    }
}
