//! From what stands in a path or body to what is meant: ids, and names where people write them.

use crate::app::App;
use crate::problem::{Answer, Problem};
use serde::Deserialize;
use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use tessera_engine::EngineError;
use tessera_model::asset::Asset;
use tessera_model::ids::{AssetId, TeamId};
use tessera_model::team::Team;
use utoipa::ToSchema;
use uuid::Uuid;

/// Reads an id out of a path.
pub(crate) fn id<T: FromStr>(text: &str, what: &str) -> Answer<T> {
    text.parse().map_err(|_| Problem::invalid(&["path", what], format!("`{text}` is not a UUID")))
}

/// An asset by id, full name, or the end of its name where that is unique.
pub(crate) async fn asset(app: &App, id_or_name: &str) -> Answer<Asset> {
    Ok(match Uuid::parse_str(id_or_name) {
        Ok(id) => app.engine.asset(AssetId(id)).await?,
        Err(_) => app.engine.find_asset(id_or_name).await?,
    })
}

/// A team by id or name (names compare without case).
pub(crate) async fn team(app: &App, id_or_name: &str) -> Answer<Team> {
    if let Ok(id) = Uuid::parse_str(id_or_name) {
        return Ok(app.engine.team(TeamId(id)).await?);
    }
    let wanted = id_or_name.to_lowercase();
    let teams = app.engine.teams().await?;
    let found = teams.into_iter().find(|team| team.name.to_lowercase() == wanted);
    found.ok_or_else(|| EngineError::not_found("team", id_or_name).into())
}

/// An id or a name, as a JSON string or query parameter.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(transparent)]
pub(crate) struct Ref(pub(crate) String);

impl fmt::Display for Ref {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) async fn optional_team(app: &App, given: Option<&Ref>) -> Answer<Option<TeamId>> {
    match given {
        Some(Ref(text)) => team(app, text).await.map(|team| Some(team.id)),
        None => Ok(None),
    }
}

pub(crate) async fn optional_asset(app: &App, given: Option<&Ref>) -> Answer<Option<AssetId>> {
    match given {
        Some(Ref(text)) => asset(app, text).await.map(|asset| Some(asset.id)),
        None => Ok(None),
    }
}

/// Names of teams, for views that show an id beside its name.
#[derive(Debug, Default)]
pub(crate) struct Names(HashMap<TeamId, String>);

impl Names {
    pub(crate) async fn load(app: &App) -> Answer<Self> {
        Ok(Names(app.engine.teams().await?.into_iter().map(|team| (team.id, team.name)).collect()))
    }

    pub(crate) fn of(&self, id: Option<TeamId>) -> Option<String> {
        id.and_then(|id| self.0.get(&id).cloned())
    }

    pub(crate) fn id_of(&self, name: &str) -> Option<TeamId> {
        self.0.iter().find(|(_, n)| n.eq_ignore_ascii_case(name)).map(|(id, _)| *id)
    }
}
