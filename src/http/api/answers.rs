//! Answers to proposals: acknowledge, withdraw, force, publish.

use crate::api::proposals::full;
use crate::app::App;
use crate::auth::Caller;
use crate::body::{Body, MaybeBody};
use crate::compat::Compat;
use crate::problem::{Answer, Problem};
use crate::query::Params;
use crate::resolve::{self, Names, Ref};
use crate::views::contract::ContractView;
use crate::views::proposal::{Acknowledged, AcknowledgmentView, ProposalPublished, ProposalView};
use crate::views::words;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tessera_engine::requests::AcknowledgeRequest;
use tessera_model::ids::ProposalId;
use tessera_workflow::Response;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(acknowledge))
        .routes(routes!(withdraw))
        .routes(routes!(force))
        .routes(routes!(publish))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AcknowledgmentCreate {
    /// The answering team, by id or name. Default: the key's team.
    #[serde(alias = "consumer_team_id", alias = "team_id", alias = "team")]
    #[schema(value_type = Option<String>)]
    consumer_team: Option<Ref>,
    /// `approved`, `migrating` (with `migration_deadline`) or `blocked` (with `notes`).
    #[schema(value_type = words::Response)]
    response: Response,
    notes: Option<String>,
    /// Until when the team will have moved.
    #[serde(alias = "migrating_until")]
    migration_deadline: Option<Timestamp>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ReasonBody {
    reason: Option<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PublishBody {
    /// Default: the proposed version, else the next by the size of the change.
    version: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ForceQuery {
    reason: Option<String>,
}

/// The SDK cannot say until when a team will have moved; its answers mean this many days.
const SDK_MIGRATION_DAYS: i64 = 30;

/// Answers for one team. The last missing consent approves the proposal; one `blocked` rejects it.
#[utoipa::path(post, path = "/api/v1/proposals/{id}/acknowledge", tag = "proposals", params(("id" = Uuid, Path)), request_body = AcknowledgmentCreate, responses((status = 201, body = Acknowledged)))]
async fn acknowledge(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Path(id): Path<String>,
    Body(b): Body<AcknowledgmentCreate>,
) -> Answer {
    let id = resolve::id::<ProposalId>(&id, "id")?;
    let team = match &b.consumer_team {
        Some(Ref(text)) => resolve::team(&app, text).await?.id,
        None => caller.0.team.ok_or_else(|| {
            Problem::invalid(&["body", "consumer_team"], "this key belongs to no team: say which team answers")
        })?,
    };
    let mut migrating_until = b.migration_deadline;
    if compat.is_sdk() && b.response == Response::Migrating && migrating_until.is_none() {
        migrating_until =
            app.engine.clock().now().checked_add(SignedDuration::from_hours(24 * SDK_MIGRATION_DAYS)).ok();
    }
    let request = AcknowledgeRequest { team, response: b.response, notes: b.notes, migrating_until };
    let proposal = app.engine.acknowledge(&caller.0, id, request).await?;
    let names = Names::load(&app).await?;
    let answer = proposal.answer_of(team).ok_or_else(|| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "the answer was taken but is not on record")
    })?;
    let view = Acknowledged {
        acknowledgment: AcknowledgmentView::new(proposal.id, answer, names.of(Some(team))),
        proposal_status: proposal.status,
        waiting_for: proposal.missing().map(|required| required.team_name.clone()).collect(),
    };
    Ok((StatusCode::CREATED, compat.json(view)).into_response())
}

/// Takes a proposal back.
#[utoipa::path(post, path = "/api/v1/proposals/{id}/withdraw", tag = "proposals", params(("id" = Uuid, Path)), request_body = Option<ReasonBody>, responses((status = 200, body = ProposalView)))]
async fn withdraw(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Path(id): Path<String>,
    MaybeBody(b): MaybeBody<ReasonBody>,
) -> Answer {
    let id = resolve::id::<ProposalId>(&id, "id")?;
    let proposal = app.engine.withdraw(&caller.0, id, b.reason).await?;
    Ok(compat.json(full(&app, proposal).await?))
}

/// Approves without the missing answers. Administrators only, with a reason, audited, and announced.
#[utoipa::path(post, path = "/api/v1/proposals/{id}/force", tag = "proposals", params(("id" = Uuid, Path), ForceQuery), request_body = Option<ReasonBody>, responses((status = 200, body = ProposalView)))]
async fn force(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Path(id): Path<String>,
    Params(q): Params<ForceQuery>,
    MaybeBody(b): MaybeBody<ReasonBody>,
) -> Answer {
    let id = resolve::id::<ProposalId>(&id, "id")?;
    let reason = match b.reason.or(q.reason) {
        Some(reason) => reason,
        // The SDK's method has no reason; the log says so.
        None if compat.is_sdk() => "forced through the SDK without a stated reason".to_owned(),
        None => return Err(Problem::invalid(&["body", "reason"], "forcing needs a reason")),
    };
    let proposal = app.engine.force(&caller.0, id, &reason).await?;
    Ok(compat.json(full(&app, proposal).await?))
}

/// Publishes an approved proposal as the asset's new contract.
#[utoipa::path(post, path = "/api/v1/proposals/{id}/publish", tag = "proposals", params(("id" = Uuid, Path)), request_body = Option<PublishBody>, responses((status = 201, body = ProposalPublished)))]
async fn publish(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Path(id): Path<String>,
    MaybeBody(b): MaybeBody<PublishBody>,
) -> Answer {
    let id = resolve::id::<ProposalId>(&id, "id")?;
    let (proposal, contract) = app.engine.publish_proposal(&caller.0, id, b.version).await?;
    let contract = ContractView::from(contract);
    let view = ProposalPublished {
        action: "published",
        proposal: full(&app, proposal).await?,
        fields: contract.clone(),
        contract,
    };
    Ok((StatusCode::CREATED, compat.json(view)).into_response())
}
