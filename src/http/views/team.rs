//! Teams.

use crate::compat::SdkShape;
use crate::views::object;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tessera_model::team::Team;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Team)]
pub(crate) struct TeamView {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    /// Where the team is told; without one the default channel is used.
    pub(crate) slack_channel: Option<String>,
    pub(crate) email: Option<String>,
    #[schema(value_type = Object)]
    pub(crate) metadata: Value,
    pub(crate) created_at: Timestamp,
}

impl SdkShape for TeamView {}

impl From<Team> for TeamView {
    fn from(team: Team) -> Self {
        TeamView {
            id: team.id.0,
            name: team.name,
            slack_channel: team.slack_channel,
            email: team.email,
            metadata: object(&team.metadata),
            created_at: team.created_at,
        }
    }
}
