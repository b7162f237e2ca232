//! Teams.

use crate::app::App;
use crate::auth::Caller;
use crate::body::Body;
use crate::compat::Compat;
use crate::problem::Answer;
use crate::query::{Listing, Paging, Params, cut, listing, map, page};
use crate::resolve;
use crate::views::team::TeamView;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::Value;
use tessera_engine::requests::{NewTeam, TeamPatch};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TeamCreate {
    #[schema(example = "data-platform")]
    name: String,
    slack_channel: Option<String>,
    email: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Value,
}

/// What is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TeamUpdate {
    name: Option<String>,
    slack_channel: Option<String>,
    email: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
}

/// All teams, by name.
#[utoipa::path(get, path = "/api/v1/teams", tag = "teams", params(Paging), responses((status = 200, body = Listing<TeamView>)))]
async fn list(State(app): State<App>, compat: Compat, Params(q): Params<Paging>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let teams = cut(app.engine.teams().await?, page);
    Ok(listing(compat, page, map(teams, TeamView::from)))
}

/// Makes a team.
#[utoipa::path(post, path = "/api/v1/teams", tag = "teams", request_body = TeamCreate, responses((status = 201, body = TeamView)))]
async fn create(State(app): State<App>, caller: Caller, compat: Compat, Body(b): Body<TeamCreate>) -> Answer {
    let new = NewTeam { name: b.name, slack_channel: b.slack_channel, email: b.email, metadata: b.metadata };
    let team = app.engine.create_team(&caller.0, new).await?;
    Ok((StatusCode::CREATED, compat.json(TeamView::from(team))).into_response())
}

/// One team, by id or name.
#[utoipa::path(get, path = "/api/v1/teams/{team}", tag = "teams", params(("team" = String, Path, description = "Id or name")), responses((status = 200, body = TeamView)))]
async fn get(State(app): State<App>, compat: Compat, Path(team): Path<String>) -> Answer {
    Ok(compat.json(TeamView::from(resolve::team(&app, &team).await?)))
}

/// Changes a team.
#[utoipa::path(patch, path = "/api/v1/teams/{team}", tag = "teams", params(("team" = String, Path, description = "Id or name")), request_body = TeamUpdate, responses((status = 200, body = TeamView)))]
async fn update(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Path(team): Path<String>,
    Body(b): Body<TeamUpdate>,
) -> Answer {
    let id = resolve::team(&app, &team).await?.id;
    let patch = TeamPatch { name: b.name, slack_channel: b.slack_channel, email: b.email, metadata: b.metadata };
    let team = app.engine.update_team(&caller.0, id, patch).await?;
    Ok(compat.json(TeamView::from(team)))
}

/// Removes a team that owns nothing.
#[utoipa::path(delete, path = "/api/v1/teams/{team}", tag = "teams", params(("team" = String, Path, description = "Id or name")), responses((status = 204)))]
async fn delete(State(app): State<App>, caller: Caller, Path(team): Path<String>) -> Answer<Response> {
    let id = resolve::team(&app, &team).await?.id;
    app.engine.delete_team(&caller.0, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
