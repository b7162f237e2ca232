//! What waits for a team: proposals to answer, its own proposals that wait for others, open drift of its assets.

use crate::api::proposal_views;
use crate::app::App;
use crate::auth::Caller;
use crate::compat::{Compat, SdkShape};
use crate::problem::{Answer, Problem};
use crate::query::{ALL, Params};
use crate::resolve::{self, Names, Ref};
use crate::views::drift::DriftView;
use crate::views::proposal::ProposalView;
use crate::views::team::TeamView;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use tessera_ports::records::DriftStatus;
use tessera_ports::store::{AssetFilter, DriftFilter, ProposalFilter};
use tessera_workflow::ProposalStatus;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(inbox))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct InboxQuery {
    /// By id or name. Default: the key's team.
    #[serde(alias = "team_id")]
    #[param(value_type = Option<String>)]
    team: Option<Ref>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Inbox {
    team: TeamView,
    /// Pending proposals that this team must answer and has not.
    to_acknowledge: Vec<ProposalView>,
    /// The team's own proposals that wait for others' answers.
    waiting_for_others: Vec<ProposalView>,
    /// The team's own proposals that everybody has consented to: publish them.
    to_publish: Vec<ProposalView>,
    /// Open and held drift of the team's assets.
    open_drift: Vec<DriftView>,
}

impl SdkShape for Inbox {
    fn to_sdk(&mut self) {
        for list in [&mut self.to_acknowledge, &mut self.waiting_for_others, &mut self.to_publish] {
            list.iter_mut().for_each(SdkShape::to_sdk);
        }
    }
}

/// What waits for a team.
#[utoipa::path(get, path = "/api/v1/inbox", tag = "proposals", params(InboxQuery), responses((status = 200, body = Inbox)))]
async fn inbox(State(app): State<App>, caller: Caller, compat: Compat, Params(q): Params<InboxQuery>) -> Answer {
    let team = match (&q.team, caller.0.team) {
        (Some(Ref(text)), _) => resolve::team(&app, text).await?,
        (None, Some(id)) => app.engine.team(id).await?,
        (None, None) => {
            return Err(Problem::invalid(&["query", "team"], "this key belongs to no team: say whose inbox"));
        }
    };
    let pending = Some(ProposalStatus::Pending);
    let required = ProposalFilter { status: pending, team: Some(team.id), ..ProposalFilter::default() };
    let mut to_acknowledge = app.engine.proposals(required, ALL).await?.items;
    to_acknowledge.retain(|proposal| proposal.answer_of(team.id).is_none());
    let own = |status| ProposalFilter { status, proposed_by: Some(team.id), ..ProposalFilter::default() };
    let waiting = app.engine.proposals(own(pending), ALL).await?.items;
    let approved = app.engine.proposals(own(Some(ProposalStatus::Approved)), ALL).await?.items;

    let filter = AssetFilter { owner: Some(team.id), ..AssetFilter::default() };
    let owned: HashSet<_> = app.engine.assets(filter, ALL).await?.items.into_iter().map(|asset| asset.id).collect();
    let mut open_drift = Vec::new();
    for status in [DriftStatus::Open, DriftStatus::Held] {
        let filter = DriftFilter { status: Some(status), ..DriftFilter::default() };
        let drifts = app.engine.drifts(filter, ALL).await?.items;
        open_drift.extend(drifts.into_iter().filter(|drift| owned.contains(&drift.asset)).map(DriftView::from));
    }
    let names = Names::load(&app).await?;
    Ok(compat.json(Inbox {
        team: TeamView::from(team),
        to_acknowledge: proposal_views(to_acknowledge, &names),
        waiting_for_others: proposal_views(waiting, &names),
        to_publish: proposal_views(approved, &names),
        open_drift,
    }))
}
