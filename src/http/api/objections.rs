//! Objections over HTTP: the use case is the engine's.

use crate::app::App;
use crate::auth::Caller;
use crate::body::Body;
use crate::compat::Compat;
use crate::problem::{Answer, Problem};
use crate::query::Params;
use crate::resolve::{self, Names, Ref};
use crate::views::proposal::{Objected, Objection};
use crate::views::reader::ActorView;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use tessera_engine::EngineError;
use tessera_engine::objections::REASON_CHARS;
use tessera_model::ids::ProposalId;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(object))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ObjectQuery {
    /// The objecting team, by id or name. Default: the key's team.
    #[serde(alias = "objector_team_id")]
    #[param(value_type = Option<String>)]
    team: Option<Ref>,
    /// Taken for clients of the original; the key says who objects.
    #[expect(dead_code, reason = "accepted, and without an effect on the answer")]
    objector_user_id: Option<Uuid>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ObjectionCreate {
    /// 1 to 1000 characters.
    #[schema(min_length = 1, max_length = 1000)]
    reason: String,
}

/// Puts an affected team's objection on record. Once per team; it blocks nothing.
#[utoipa::path(post, path = "/api/v1/proposals/{id}/object", tag = "proposals", params(("id" = Uuid, Path), ObjectQuery), request_body = ObjectionCreate, responses((status = 201, body = Objected)))]
async fn object(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Path(id): Path<String>,
    Params(q): Params<ObjectQuery>,
    Body(b): Body<ObjectionCreate>,
) -> Answer {
    let proposal = app.engine.proposal(resolve::id::<ProposalId>(&id, "id")?).await?;
    let team = match &q.team {
        Some(Ref(text)) => resolve::team(&app, text).await?.id,
        None => caller.0.team.ok_or_else(|| {
            Problem::invalid(&["query", "team"], "this key belongs to no team: say which team objects")
        })?,
    };
    if !(1..=REASON_CHARS).contains(&b.reason.trim().chars().count()) {
        return Err(Problem::invalid(&["body", "reason"], "an objection has 1 to 1000 characters"));
    }
    let known = app.engine.object(&caller.0, &proposal, team, &b.reason).await?;
    let names = Names::load(&app).await?;
    let total_objections = known.len();
    let Some(objection) = known.into_iter().last().map(|o| view(o, &names)) else {
        return Err(EngineError::unavailable("the objection was not kept: send it again").into());
    };
    let view = Objected {
        action: "objection_filed",
        proposal_id: proposal.id.0,
        asset_fqn: proposal.asset_fqn,
        objection,
        total_objections,
        note: "on record; it blocks nothing: answer `blocked` to do that".into(),
    };
    Ok((StatusCode::CREATED, compat.json(view)).into_response())
}

fn view(objection: tessera_engine::objections::Objection, names: &Names) -> Objection {
    Objection {
        team_id: objection.team.map(|team| team.0),
        team_name: names.of(objection.team),
        reason: objection.reason,
        objected_at: objection.at,
        by: ActorView::from(&objection.by),
    }
}

/// The objections to one proposal, oldest first, one per team.
pub(crate) async fn of(app: &App, id: ProposalId, names: &Names) -> Answer<Vec<Objection>> {
    Ok(app.engine.objections(id).await?.into_iter().map(|o| view(o, names)).collect())
}
