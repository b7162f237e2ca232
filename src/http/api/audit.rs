//! The audit log, and messages on their way out.

use crate::app::App;
use crate::compat::Compat;
use crate::problem::Answer;
use crate::query::{Listing, Params, listing, map, page};
use crate::views::record::{AuditView, OutboxView};
use crate::views::words;
use axum::extract::State;
use serde::Deserialize;
use tessera_ports::records::OutboxState;
use tessera_ports::store::AuditFilter;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(audit)).routes(routes!(outbox))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AuditQuery {
    /// `proposal`, `contract`, `asset`, `team`, `drift`, `scan`, `key`, `registration`, `waiver` or `config`.
    entity: Option<String>,
    entity_id: Option<String>,
    /// Only events after this sequence number: how to follow the log.
    after: Option<u64>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    offset: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct OutboxQuery {
    #[param(value_type = Option<words::OutboxState>)]
    state: Option<OutboxState>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    offset: Option<u32>,
}

/// Who decided what, oldest first. Append-only; each event's hash covers the one before it.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(AuditQuery), responses((status = 200, body = Listing<AuditView>)))]
async fn audit(State(app): State<App>, compat: Compat, Params(q): Params<AuditQuery>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let filter = AuditFilter { entity: q.entity, entity_id: q.entity_id, after: q.after };
    Ok(listing(compat, page, map(app.engine.audit(filter, page).await?, AuditView::from)))
}

/// Messages, newest first: waiting, delivered, and those given up.
#[utoipa::path(get, path = "/api/v1/outbox", tag = "audit", params(OutboxQuery), responses((status = 200, body = Listing<OutboxView>)))]
async fn outbox(State(app): State<App>, compat: Compat, Params(q): Params<OutboxQuery>) -> Answer {
    let page = page(q.limit, q.offset)?;
    Ok(listing(compat, page, map(app.engine.outbox(q.state, page).await?, OutboxView::from)))
}
