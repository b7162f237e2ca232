//! Objections: an affected team's protest on record. It blocks nothing (`blocked` as an answer does), so it is an audit event
//! and not a state of the proposal.

use crate::app::App;
use crate::auth::Caller;
use crate::body::Body;
use crate::compat::Compat;
use crate::problem::{Answer, Problem};
use crate::query::{ALL, Params};
use crate::resolve::{self, Names, Ref};
use crate::views::proposal::{Objected, Objection};
use crate::views::reader::ActorView;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;
use tessera_engine::EngineError;
use tessera_model::actor::Scope;
use tessera_model::ids::{AuditId, ProposalId, TeamId};
use tessera_ports::Batch;
use tessera_ports::records::AuditEvent;
use tessera_ports::store::AuditFilter;
use tessera_workflow::ProposalStatus;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

const ACTION: &str = "proposal.objection_filed";

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
    if !(1..=1000).contains(&b.reason.trim().chars().count()) {
        return Err(Problem::invalid(&["body", "reason"], "an objection has 1 to 1000 characters"));
    }
    if caller.0.scope < Scope::Admin && caller.0.team != Some(team) {
        return Err(Problem::forbidden("UNAUTHORIZED_TEAM", "a key objects only for its own team"));
    }
    if proposal.status != ProposalStatus::Pending {
        let message = format!("the proposal is {}: objections are taken while it is pending", proposal.status.name());
        return Err(EngineError::invalid("PROPOSAL_NOT_PENDING", message).into());
    }
    if !proposal.required.iter().any(|required| required.team == team) {
        return Err(Problem::forbidden("NOT_AFFECTED_TEAM", "only a team that the change affects may object to it"));
    }
    let names = Names::load(&app).await?;
    let mut known = of(&app, proposal.id, &names).await?;
    if known.iter().any(|objection| objection.team_id == Some(team.0)) {
        return Err(EngineError::conflict("DUPLICATE_OBJECTION", "this team has objected already").into());
    }
    let event = AuditEvent {
        id: AuditId(app.engine.ids().next()),
        at: app.engine.clock().now(),
        entity: "proposal".into(),
        entity_id: proposal.id.to_string(),
        action: ACTION.into(),
        actor: caller.0,
        payload: json!({ "team": team, "reason": b.reason.trim(), "asset": proposal.asset_fqn }),
    };
    let objection = view(&event, &names);
    let batch = Batch { audit: vec![event], ..Batch::default() };
    app.engine.store().commit(batch).await.map_err(EngineError::from)?;
    known.push(objection.clone());
    let view = Objected {
        action: "objection_filed",
        proposal_id: proposal.id.0,
        asset_fqn: proposal.asset_fqn,
        objection,
        total_objections: known.len(),
        note: "on record; it blocks nothing: answer `blocked` to do that".into(),
    };
    Ok((StatusCode::CREATED, compat.json(view)).into_response())
}

fn view(event: &AuditEvent, names: &Names) -> Objection {
    let text = |key: &str| event.payload.get(key).and_then(|v| v.as_str()).unwrap_or_default();
    let team = text("team").parse::<TeamId>().ok();
    Objection {
        team_id: team.map(|team| team.0),
        team_name: names.of(team),
        reason: text("reason").to_owned(),
        objected_at: event.at,
        by: ActorView::from(&event.actor),
    }
}

/// The objections to one proposal, oldest first, one per team.
pub(crate) async fn of(app: &App, id: ProposalId, names: &Names) -> Answer<Vec<Objection>> {
    let filter =
        AuditFilter { entity: Some("proposal".into()), entity_id: Some(id.to_string()), ..AuditFilter::default() };
    let events = app.engine.store().audit(&filter, ALL).await.map_err(EngineError::from)?.items;
    let mut all: Vec<Objection> = Vec::new();
    for stored in events.iter().filter(|stored| stored.event.action == ACTION) {
        let objection = view(&stored.event, names);
        if !all.iter().any(|known| known.team_id == objection.team_id) {
            all.push(objection);
        }
    }
    Ok(all)
}
