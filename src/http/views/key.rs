//! API keys. The secret part appears once, in the answer that made it.

use crate::compat::SdkShape;
use crate::resolve::Names;
use crate::views::words;
use jiff::Timestamp;
use serde::Serialize;
use tessera_model::ActorKind;
use tessera_model::actor::Scope;
use tessera_ports::records::ApiKey;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ApiKey)]
pub(crate) struct KeyView {
    /// The public part of `tsr_<id>_<secret>`.
    pub(crate) id: String,
    pub(crate) name: String,
    #[schema(value_type = words::Scope)]
    pub(crate) scope: Scope,
    #[schema(value_type = words::ActorKind)]
    pub(crate) actor_kind: ActorKind,
    pub(crate) team_id: Option<Uuid>,
    pub(crate) team: Option<String>,
    pub(crate) on_behalf_of: Option<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) revoked_at: Option<Timestamp>,
}

impl KeyView {
    pub(crate) fn new(key: ApiKey, names: &Names) -> Self {
        KeyView {
            id: key.id,
            name: key.name,
            scope: key.scope,
            actor_kind: key.actor_kind,
            team_id: key.team.map(|team| team.0),
            team: names.of(key.team),
            on_behalf_of: key.on_behalf_of,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
        }
    }
}

impl SdkShape for KeyView {}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct NewKeyView {
    pub(crate) key: KeyView,
    /// The whole key. It is shown this once and cannot be asked for again.
    #[schema(example = "tsr_<id>_<secret>")]
    pub(crate) token: String,
}

impl SdkShape for NewKeyView {}
