//! One proposal's page: what changes, who reads it, who has answered, and the commands to answer with.

use crate::api::objections_of;
use crate::app::App;
use crate::pages::layout::{badge, frame, status, time};
use crate::pages::readers::{changes, readers};
use crate::problem::Answer;
use crate::resolve::{self, Names};
use crate::views::proposal::Objection;
use axum::extract::{Path, State};
use axum::response::Html;
use maud::{Markup, html};
use tessera_model::ids::ProposalId;
use tessera_workflow::{Proposal, ProposalStatus, Requirement, Response};

pub(crate) async fn page(State(app): State<App>, Path(id): Path<String>) -> Answer<Html<String>> {
    let proposal = app.engine.proposal(resolve::id::<ProposalId>(&id, "id")?).await?;
    let names = Names::load(&app).await?;
    let objections = objections_of(&app, proposal.id, &names).await?;
    Ok(frame(&format!("{}: {}", proposal.asset_fqn, proposal.status.name()), &content(&proposal, &names, &objections)))
}

fn content(p: &Proposal, names: &Names, objections: &[Objection]) -> Markup {
    let (own, caused): (Vec<_>, Vec<_>) = p.changes.iter().partition(|change| change.asset == p.asset_fqn);
    let answered = p.required.iter().filter(|r| p.answer_of(r.team).is_some()).count();
    html! {
        h1 { "Change of " code { (p.asset_fqn) } " " (status(p.status)) }
        dl {
            dt { "Proposed by" }
            dd { (names.of(p.proposed_by).unwrap_or_else(|| "nobody's team".into())) " (" (p.opened_by.name) "), " (time(p.opened_at)) }
            dt { "Mode" } dd { (p.compatibility.mode.sentence()) }
            dt { "Answers" } dd { (answered) " of " (p.required.len()) }
            @if let Some(deadline) = p.deadline { dt { "Deadline" } dd { (time(deadline)) } }
            @if let Some(at) = p.resolved_at { dt { "Resolved" } dd { (time(at)) } }
            @if let Some(note) = &p.note { dt { "Note" } dd { (note) } }
            @if let Some(o) = &p.overridden { dt { "Approved without every answer" } dd { (o.by.name) ", " (time(o.at)) ": " (o.reason) } }
            @if p.stale { dt { "Stale" } dd { "A later publish moved the base: it is compared anew before it goes on." } }
            dt { "Rests on" }
            dd { (p.coverage.resolved) " of " (p.coverage.models) " models resolved"
                @if !p.coverage.unknown.is_empty() { "; " (p.coverage.unknown.len()) " unknown, whose readers cannot be told" } }
        }
        section aria-labelledby="answers" {
            h2 id="answers" { "Who must answer" }
            @if p.required.is_empty() { p { "Nobody: no team is known to read what changes." } }
            @for required in &p.required { (team(p, required)) }
        }
        @if !objections.is_empty() {
            section aria-labelledby="objections" {
                h2 id="objections" { "Objections" }
                ul { @for o in objections { li { strong { (o.team_name.as_deref().unwrap_or("a team")) } ", " (time(o.objected_at)) ": " (o.reason) } } }
            }
        }
        section aria-labelledby="changes" { h2 id="changes" { "What changes" } (changes(&own)) }
        @if !caused.is_empty() {
            section aria-labelledby="downstream" { h2 id="downstream" { "What that changes downstream" } (changes(&caused)) }
        }
        (commands(p))
    }
}

fn team(p: &Proposal, required: &Requirement) -> Markup {
    let answer = p.answer_of(required.team);
    html! {
        article {
            h3 {
                (required.team_name) " "
                @match answer.map(|a| a.response) {
                    None => (badge("wait", "not answered")),
                    Some(Response::Approved) => (badge("good", "approved")),
                    Some(Response::Migrating) => (badge("good", "migrating")),
                    Some(Response::Blocked) => (badge("bad", "blocked")),
                }
            }
            @if let Some(a) = answer {
                p { (a.by.name) ", " (time(a.at))
                    @if let Some(until) = a.migrating_until { "; will have moved by " (time(until)) }
                    @if let Some(notes) = &a.notes { ": " (notes) } }
            }
            @if !required.because.is_empty() { (readers(&required.because)) }
        }
    }
}

fn commands(p: &Proposal) -> Markup {
    let id = p.id;
    let team = p.missing().next().map_or("TEAM", |r| r.team_name.as_str());
    html! {
        @if !p.status.is_final() {
            section aria-labelledby="commands" {
                h2 id="commands" { "From a terminal" }
                @if p.status == ProposalStatus::Pending {
                    pre tabindex="0" {
                        "tessera ack " (id) " --team '" (team) "' --approve\n"
                        "tessera ack " (id) " --team '" (team) "' --migrating YYYY-MM-DD\n"
                        "tessera ack " (id) " --team '" (team) "' --block --reason 'why not'\n"
                    }
                    p.dim { "The same over HTTP: " code { "POST /api/v1/proposals/" (id) "/acknowledge" } }
                } @else {
                    pre tabindex="0" { "curl -X POST -H \"Authorization: Bearer $TESSERA_API_KEY\" \"$TESSERA_URL/api/v1/proposals/" (id) "/publish\"\n" }
                }
            }
        }
    }
}
