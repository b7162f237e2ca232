//! Scans and warehouses.

use crate::app::App;
use crate::auth::Caller;
use crate::compat::Compat;
use crate::problem::Answer;
use crate::query::{Listing, Paging, Params, cut, listing, map, page};
use crate::resolve;
use crate::views::scan::{ScanView, WarehouseView};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use tessera_engine::queries::WarehouseInfo;
use tessera_model::ids::ScanId;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(confirm))
        .routes(routes!(warehouses))
        .routes(routes!(start))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ScanQuery {
    warehouse: Option<String>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    offset: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct StartQuery {
    /// Read everything, whatever the cheap question "did anything change" says.
    #[serde(default)]
    full: bool,
}

/// Scans, newest first; running ones with their progress.
#[utoipa::path(get, path = "/api/v1/scans", tag = "scans", params(ScanQuery), responses((status = 200, body = Listing<ScanView>)))]
async fn list(State(app): State<App>, compat: Compat, Params(q): Params<ScanQuery>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let scans = app.engine.scans(q.warehouse.as_deref(), page).await?;
    let running = app.engine.progress();
    Ok(listing(compat, page, map(scans, |scan| ScanView::new(scan, &running))))
}

/// One scan.
#[utoipa::path(get, path = "/api/v1/scans/{id}", tag = "scans", params(("id" = Uuid, Path)), responses((status = 200, body = ScanView)))]
async fn get(State(app): State<App>, compat: Compat, Path(id): Path<String>) -> Answer {
    let scan = app.engine.scan(resolve::id::<ScanId>(&id, "id")?).await?;
    Ok(compat.json(ScanView::new(scan, &app.engine.progress())))
}

/// "What this suspect scan no longer saw is really gone."
#[utoipa::path(post, path = "/api/v1/scans/{id}/confirm", tag = "scans", params(("id" = Uuid, Path)), responses((status = 200, body = ScanView)))]
async fn confirm(State(app): State<App>, caller: Caller, compat: Compat, Path(id): Path<String>) -> Answer {
    let scan = app.engine.confirm_scan(&caller.0, resolve::id::<ScanId>(&id, "id")?).await?;
    Ok(compat.json(ScanView::new(scan, &app.engine.progress())))
}

/// The configured warehouses, when each is scanned next, and how its last scan went.
#[utoipa::path(get, path = "/api/v1/warehouses", tag = "scans", params(Paging), responses((status = 200, body = Listing<WarehouseView>)))]
async fn warehouses(State(app): State<App>, compat: Compat, Params(q): Params<Paging>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let running = app.engine.progress();
    let all = app.engine.warehouses().await?;
    let view = |w: WarehouseInfo| WarehouseView {
        name: w.name,
        kind: w.kind,
        cron: w.cron,
        next_slot: w.next_slot,
        last_scan: w.last_scan.map(|scan| ScanView::new(scan, &running)),
    };
    Ok(listing(compat, page, map(cut(all, page), view)))
}

/// Starts a scan and answers while it runs: ask `GET /api/v1/scans/{id}` how it goes.
#[utoipa::path(post, path = "/api/v1/warehouses/{name}/scan", tag = "scans", params(("name" = String, Path), StartQuery), responses((status = 202, body = ScanView)))]
async fn start(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Path(name): Path<String>,
    Params(q): Params<StartQuery>,
) -> Answer {
    let scan = app.engine.start_scan(&caller.0, &name, q.full).await?;
    Ok((StatusCode::ACCEPTED, compat.json(ScanView::new(scan, &app.engine.progress()))).into_response())
}
