//! Drift.

use crate::app::App;
use crate::auth::Caller;
use crate::compat::Compat;
use crate::problem::Answer;
use crate::query::{Listing, Params, listing, map, page};
use crate::resolve::{self, Ref, optional_asset};
use crate::views::drift::DriftView;
use crate::views::words;
use axum::extract::{Path, State};
use serde::Deserialize;
use tessera_model::ids::DriftId;
use tessera_ports::records::DriftStatus;
use tessera_ports::store::DriftFilter;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(release))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DriftQuery {
    /// By id or name.
    #[serde(alias = "asset_id")]
    #[param(value_type = Option<String>)]
    asset: Option<Ref>,
    #[param(value_type = Option<words::DriftStatus>)]
    status: Option<DriftStatus>,
    warehouse: Option<String>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    offset: Option<u32>,
}

/// Drift, newest first.
#[utoipa::path(get, path = "/api/v1/drift", tag = "drift", params(DriftQuery), responses((status = 200, body = Listing<DriftView>)))]
async fn list(State(app): State<App>, compat: Compat, Params(q): Params<DriftQuery>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let asset = optional_asset(&app, q.asset.as_ref()).await?;
    let filter = DriftFilter { asset, status: q.status, warehouse: q.warehouse };
    Ok(listing(compat, page, map(app.engine.drifts(filter, page).await?, DriftView::from)))
}

/// One drift.
#[utoipa::path(get, path = "/api/v1/drift/{id}", tag = "drift", params(("id" = Uuid, Path)), responses((status = 200, body = DriftView)))]
async fn get(State(app): State<App>, compat: Compat, Path(id): Path<String>) -> Answer {
    let drift = app.engine.drift(resolve::id::<DriftId>(&id, "id")?).await?;
    Ok(compat.json(DriftView::from(drift)))
}

/// Lets a held drift (part of a mass change) go on into a proposal.
#[utoipa::path(post, path = "/api/v1/drift/{id}/release", tag = "drift", params(("id" = Uuid, Path)), responses((status = 200, body = DriftView)))]
async fn release(State(app): State<App>, caller: Caller, compat: Compat, Path(id): Path<String>) -> Answer {
    let drift = app.engine.release_drift(&caller.0, resolve::id::<DriftId>(&id, "id")?).await?;
    Ok(compat.json(DriftView::from(drift)))
}
