//! Proposals, as lists and one by one. Answers to them are in `answers`.

use crate::api::objections;
use crate::app::App;
use crate::compat::Compat;
use crate::problem::Answer;
use crate::query::{ALL, Listing, Params, cut, listing, map, page};
use crate::resolve::{self, Names, Ref, optional_asset, optional_team};
use crate::views::proposal::{ProposalState, ProposalView};
use crate::views::words;
use axum::extract::{Path, State};
use serde::Deserialize;
use tessera_model::ids::ProposalId;
use tessera_ports::store::{Listed, Page, ProposalFilter};
use tessera_workflow::{Proposal, ProposalStatus};
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get)).routes(routes!(status))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ProposalQuery {
    /// By id or name.
    #[serde(alias = "asset_id")]
    #[param(value_type = Option<String>)]
    asset: Option<Ref>,
    #[param(value_type = Option<words::ProposalStatus>)]
    status: Option<ProposalStatus>,
    /// That require this team's answer, by id or name.
    #[serde(alias = "team_id", alias = "consumer_team_id")]
    #[param(value_type = Option<String>)]
    team: Option<Ref>,
    /// Pending ones that this team has not answered yet.
    #[param(value_type = Option<String>)]
    pending_ack_for: Option<Ref>,
    /// The producing team, by id or name.
    #[param(value_type = Option<String>)]
    proposed_by: Option<Ref>,
    /// Changes that arrived together.
    change_set: Option<String>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    offset: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct GetQuery {
    /// Taken for clients of the original: the answer always holds the state of the answers.
    #[expect(dead_code, reason = "accepted, and without an effect on the answer")]
    include_status: Option<bool>,
}

/// Proposals, newest first.
#[utoipa::path(get, path = "/api/v1/proposals", tag = "proposals", params(ProposalQuery), responses((status = 200, body = Listing<ProposalView>)))]
async fn list(State(app): State<App>, compat: Compat, Params(q): Params<ProposalQuery>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let waiting_for = optional_team(&app, q.pending_ack_for.as_ref()).await?;
    let mut filter = ProposalFilter {
        asset: optional_asset(&app, q.asset.as_ref()).await?,
        status: q.status,
        team: optional_team(&app, q.team.as_ref()).await?,
        proposed_by: optional_team(&app, q.proposed_by.as_ref()).await?,
        change_set: q.change_set,
    };
    let listed = if let Some(team) = waiting_for {
        filter.status = Some(ProposalStatus::Pending);
        filter.team = Some(team);
        let all = app.engine.proposals(filter, ALL).await?.items;
        cut(all.into_iter().filter(|p| p.answer_of(team).is_none()).collect(), page)
    } else if compat.is_sdk() {
        for_sdk(&app, filter, page).await?
    } else {
        app.engine.proposals(filter, page).await?
    };
    let names = Names::load(&app).await?;
    Ok(listing(compat, page, map(listed, |proposal| ProposalView::new(proposal, &names))))
}

/// Where the SDK says `approved` or `withdrawn` it means also those that it sees under that word.
async fn for_sdk(app: &App, mut filter: ProposalFilter, page: Page) -> Answer<Listed<Proposal>> {
    let also = match filter.status {
        Some(ProposalStatus::Approved) => ProposalStatus::Published,
        Some(ProposalStatus::Withdrawn) => ProposalStatus::Expired,
        _ => return Ok(app.engine.proposals(filter, page).await?),
    };
    let mut all = app.engine.proposals(filter.clone(), ALL).await?.items;
    filter.status = Some(also);
    all.extend(app.engine.proposals(filter, ALL).await?.items);
    all.sort_by_key(|proposal| std::cmp::Reverse(proposal.id));
    Ok(cut(all, page))
}

/// Views of proposals for other answers.
pub(crate) fn views(proposals: Vec<Proposal>, names: &Names) -> Vec<ProposalView> {
    proposals.into_iter().map(|proposal| ProposalView::new(proposal, names)).collect()
}

pub(crate) async fn full(app: &App, proposal: Proposal) -> Answer<ProposalView> {
    let names = Names::load(app).await?;
    let objections = objections::of(app, proposal.id, &names).await?;
    Ok(ProposalView::new(proposal, &names).with_objections(objections))
}

/// One proposal: what would change, who reads it, who must answer, who did.
#[utoipa::path(get, path = "/api/v1/proposals/{id}", tag = "proposals", params(("id" = Uuid, Path), GetQuery), responses((status = 200, body = ProposalView)))]
async fn get(State(app): State<App>, compat: Compat, Path(id): Path<String>, Params(_): Params<GetQuery>) -> Answer {
    let proposal = app.engine.proposal(resolve::id::<ProposalId>(&id, "id")?).await?;
    Ok(compat.json(full(&app, proposal).await?))
}

/// The state of its answers.
#[utoipa::path(get, path = "/api/v1/proposals/{id}/status", tag = "proposals", params(("id" = Uuid, Path)), responses((status = 200, body = ProposalState)))]
async fn status(State(app): State<App>, compat: Compat, Path(id): Path<String>) -> Answer {
    let proposal = app.engine.proposal(resolve::id::<ProposalId>(&id, "id")?).await?;
    Ok(compat.json(ProposalState::from(full(&app, proposal).await?)))
}
