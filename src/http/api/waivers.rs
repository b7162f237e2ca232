//! Waivers: one exact change, acknowledged in advance.

use crate::app::App;
use crate::auth::Caller;
use crate::body::Body;
use crate::compat::Compat;
use crate::problem::Answer;
use crate::query::{Listing, Params, cut, listing, map, page};
use crate::resolve::{self, Ref, optional_asset};
use crate::views::waiver::WaiverView;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde::Deserialize;
use tessera_engine::EngineError;
use tessera_engine::requests::NewWaiver;
use tessera_model::ids::WaiverId;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(delete))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct WaiverQuery {
    /// By id or name.
    #[serde(alias = "asset_id")]
    #[param(value_type = Option<String>)]
    asset: Option<Ref>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    offset: Option<u32>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct WaiverCreate {
    /// By id or name.
    #[serde(alias = "asset_id")]
    #[schema(value_type = String)]
    asset: Ref,
    column: Option<String>,
    /// The change's fingerprint, as checks and drift show it.
    change: String,
    /// At least 10 characters.
    reason: String,
    expires_at: Timestamp,
}

/// Waivers of an asset, or all.
#[utoipa::path(get, path = "/api/v1/waivers", tag = "waivers", params(WaiverQuery), responses((status = 200, body = Listing<WaiverView>)))]
async fn list(State(app): State<App>, compat: Compat, Params(q): Params<WaiverQuery>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let asset = optional_asset(&app, q.asset.as_ref()).await?;
    let all = app.engine.waivers(asset).await?;
    Ok(listing(compat, page, map(cut(all, page), WaiverView::from)))
}

/// Acknowledges one exact change in advance.
#[utoipa::path(post, path = "/api/v1/waivers", tag = "waivers", request_body = WaiverCreate, responses((status = 201, body = WaiverView)))]
async fn create(State(app): State<App>, caller: Caller, compat: Compat, Body(b): Body<WaiverCreate>) -> Answer {
    let asset = resolve::asset(&app, &b.asset.0).await?.id;
    let new = NewWaiver { asset, column: b.column, change: b.change, reason: b.reason, expires_at: b.expires_at };
    let waiver = app.engine.waive(&caller.0, new).await?;
    Ok((StatusCode::CREATED, compat.json(WaiverView::from(waiver))).into_response())
}

/// Ends a waiver.
#[utoipa::path(delete, path = "/api/v1/waivers/{id}", tag = "waivers", params(("id" = Uuid, Path)), responses((status = 204)))]
async fn delete(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    let id = resolve::id::<WaiverId>(&id, "id")?;
    if !app.engine.waivers(None).await?.iter().any(|waiver| waiver.id == id) {
        return Err(EngineError::not_found("waiver", id).into());
    }
    app.engine.unwaive(&caller.0, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
