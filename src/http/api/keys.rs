//! API keys. Administrators only.

use crate::app::App;
use crate::auth::Caller;
use crate::body::Body;
use crate::compat::Compat;
use crate::problem::Answer;
use crate::query::{Listing, Paging, Params, cut, listing, map, page};
use crate::resolve::{Names, Ref, optional_team};
use crate::views::key::{KeyView, NewKeyView};
use crate::views::words;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde::Deserialize;
use tessera_engine::requests::NewKey;
use tessera_model::ActorKind;
use tessera_model::actor::Scope;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(revoke))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct KeyCreate {
    #[schema(example = "github-actions")]
    name: String,
    #[schema(value_type = words::Scope)]
    scope: Scope,
    /// Default `human`.
    #[serde(default = "human")]
    #[schema(value_type = Option<words::ActorKind>)]
    actor_kind: ActorKind,
    /// The team it acts for, by id or name. Needed for `write`.
    #[serde(alias = "team_id")]
    #[schema(value_type = Option<String>)]
    team: Option<Ref>,
    /// Whom an agent or a pipeline works for.
    on_behalf_of: Option<String>,
    expires_at: Option<Timestamp>,
}

fn human() -> ActorKind {
    ActorKind::Human
}

/// All keys, without their secrets.
#[utoipa::path(get, path = "/api/v1/keys", tag = "keys", params(Paging), responses((status = 200, body = Listing<KeyView>)))]
async fn list(State(app): State<App>, compat: Compat, Params(q): Params<Paging>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let keys = app.engine.keys().await?;
    let names = Names::load(&app).await?;
    Ok(listing(compat, page, map(cut(keys, page), |key| KeyView::new(key, &names))))
}

/// Makes a key. Its token is in this answer and nowhere else.
#[utoipa::path(post, path = "/api/v1/keys", tag = "keys", request_body = KeyCreate, responses((status = 201, body = NewKeyView)))]
async fn create(State(app): State<App>, caller: Caller, compat: Compat, Body(b): Body<KeyCreate>) -> Answer {
    let new = NewKey {
        name: b.name,
        scope: b.scope,
        actor_kind: b.actor_kind,
        team: optional_team(&app, b.team.as_ref()).await?,
        on_behalf_of: b.on_behalf_of,
        expires_at: b.expires_at,
    };
    let (key, token) = app.engine.create_key(&caller.0, new).await?;
    let names = Names::load(&app).await?;
    Ok((StatusCode::CREATED, compat.json(NewKeyView { key: KeyView::new(key, &names), token })).into_response())
}

/// Revokes a key, at once and for good.
#[utoipa::path(delete, path = "/api/v1/keys/{id}", tag = "keys", params(("id" = String, Path, description = "The public part of the key")), responses((status = 200, body = KeyView)))]
async fn revoke(State(app): State<App>, caller: Caller, compat: Compat, Path(id): Path<String>) -> Answer {
    let key = app.engine.revoke_key(&caller.0, &id).await?;
    Ok(compat.json(KeyView::new(key, &Names::load(&app).await?)))
}
