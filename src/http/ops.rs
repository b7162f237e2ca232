//! Health, readiness, metrics, and the OpenAPI document itself.

use crate::app::App;
use crate::openapi;
use crate::problem::{Answer, Problem};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(Debug, Serialize, ToSchema)]
struct Health {
    #[schema(example = "healthy")]
    status: &'static str,
    version: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
struct Ready {
    #[schema(example = "ready")]
    status: &'static str,
    version: &'static str,
    /// `sqlite` or `postgres`.
    store: &'static str,
}

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(health)).routes(routes!(ready))
}

/// Routes outside the API document.
pub(crate) fn plain() -> Router<App> {
    Router::new().route("/metrics", get(metrics)).route("/api/v1/openapi.json", get(document))
}

/// Is the process alive? Looks at nothing else.
#[utoipa::path(get, path = "/health", tag = "operation", responses((status = 200, body = Health)))]
async fn health(State(app): State<App>) -> Json<Health> {
    Json(Health { status: "healthy", version: app.options.version })
}

/// Can it serve? 503 while the store is away or the daemon is starting.
#[utoipa::path(get, path = "/health/ready", tag = "operation", responses((status = 200, body = Ready), (status = 503, description = "Not ready; the error says why", body = crate::envelope::ErrorEnvelope)))]
async fn ready(State(app): State<App>) -> Answer<Json<Ready>> {
    app.engine
        .ready()
        .await
        .map_err(|error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_READY", error.message))?;
    Ok(Json(Ready { status: "ready", version: app.options.version, store: app.engine.store().backend() }))
}

async fn metrics(State(app): State<App>) -> Response {
    let text = app.engine.metrics().encode();
    ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}

async fn document() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], openapi::text()).into_response()
}
