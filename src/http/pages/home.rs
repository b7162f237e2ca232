//! The status page: what waits for somebody. Strangers see only that the daemon lives.

use crate::app::App;
use crate::auth::Visitor;
use crate::pages::layout::{badge, frame, status, time};
use crate::problem::Answer;
use axum::extract::State;
use axum::response::{Html, Redirect};
use maud::{Markup, html};
use tessera_engine::requests::Progress;
use tessera_ports::ScanStatus;
use tessera_ports::records::{Drift, DriftStatus, Scan};
use tessera_ports::store::{AssetFilter, DriftFilter, Page, ProposalFilter};
use tessera_workflow::{Proposal, ProposalStatus};

/// Behind the browser's own sign-in (the policy asks for a key here).
pub(crate) async fn signin() -> Redirect {
    Redirect::to("/")
}

const SHOWN: Page = Page { limit: 50, offset: 0 };

pub(crate) async fn page(State(app): State<App>, Visitor(actor): Visitor) -> Answer<Html<String>> {
    if actor.is_none() {
        return Ok(frame("Status", &stranger(&app)));
    }
    let with = |status| ProposalFilter { status: Some(status), ..ProposalFilter::default() };
    let pending = app.engine.proposals(with(ProposalStatus::Pending), SHOWN).await?;
    let approved = app.engine.proposals(with(ProposalStatus::Approved), SHOWN).await?;
    let mut drift = Vec::new();
    for status in [DriftStatus::Open, DriftStatus::Held] {
        let filter = DriftFilter { status: Some(status), ..DriftFilter::default() };
        drift.extend(app.engine.drifts(filter, SHOWN).await?.items);
    }
    let scans = app.engine.scans(None, Page { limit: 10, offset: 0 }).await?.items;
    let teams = app.engine.teams().await?.len();
    let assets = app.engine.assets(AssetFilter::default(), Page { limit: 1, offset: 0 }).await?.total;
    let running = app.engine.progress();
    let readers = app.engine.registrations(None, None).await?.len();
    Ok(frame(
        "Status",
        &html! {
            h1 { "How things stand" }
            p.dim { "Tessera " (app.options.version) " · " (assets) " assets · " (teams) " teams · " (readers) " registrations"
                @if !app.options.auth { " · " strong { "open: no authentication" } } }
            (proposals("pending", "Waiting for answers", "No change waits for an answer.", &pending.items, pending.total))
            @if !approved.items.is_empty() { (proposals("approved", "Approved, not yet published", "", &approved.items, approved.total)) }
            (drifts(&drift, scans.is_empty()))
            (scan_table(&scans, &running))
        },
    ))
}

fn stranger(app: &App) -> Markup {
    html! {
        h1 { "Tessera is running" }
        p { "Version " (app.options.version) ". Proposals, drift and scans are shown to holders of an API key." }
        p { a href="/signin" { "Sign in" } " with any user name and your key as the password. The API is described " a href="/docs" { "here" } "." }
    }
}

fn proposals(id: &str, title: &str, none: &str, list: &[Proposal], total: u64) -> Markup {
    html! {
        section aria-labelledby=(id) {
            h2 id=(id) { (title) @if total > 0 { " (" (total) ")" } }
            @if list.is_empty() { p { (none) } }
            @else {
                div.scroll { table {
                    thead { tr { th scope="col" { "Asset" } th scope="col" { "Status" } th scope="col" { "Breaking" } th scope="col" { "Waiting for" } th scope="col" { "Since" } th scope="col" { "Deadline" } } }
                    tbody { @for p in list { tr {
                        td { a href={ "/proposals/" (p.id) } { (p.asset_fqn) } }
                        td { (status(p.status)) }
                        td { (p.changes.iter().filter(|c| c.change.breaking && c.asset == p.asset_fqn).map(|c| c.change.message.as_str()).take(3).collect::<Vec<_>>().join("; ")) }
                        td { (waiting(p)) }
                        td { (time(p.opened_at)) }
                        td { @if let Some(deadline) = p.deadline { (time(deadline)) } }
                    } } }
                } }
                @if total > list.len() as u64 { p.dim { "The newest " (list.len()) " of " (total) " are shown." } }
            }
        }
    }
}

fn waiting(p: &Proposal) -> String {
    let missing: Vec<&str> = p.missing().map(|r| r.team_name.as_str()).collect();
    if missing.is_empty() { "nobody".into() } else { missing.join(", ") }
}

fn drifts(list: &[Drift], unseen: bool) -> Markup {
    html! {
        section aria-labelledby="drift" {
            h2 id="drift" { "Open drift" @if !list.is_empty() { " (" (list.len()) ")" } }
            @if list.is_empty() && unseen { p { "Not known: no warehouse has been scanned yet." } }
            @else if list.is_empty() { p { "What was observed agrees with the contracts." } }
            @else { div.scroll { table {
                thead { tr { th scope="col" { "Asset" } th scope="col" { "Warehouse" } th scope="col" { "State" } th scope="col" { "What" } th scope="col" { "First seen" } th scope="col" { "Proposal" } } }
                tbody { @for d in list { tr {
                    td { (d.asset_fqn) }
                    td { (d.warehouse) }
                    td { @if d.status == DriftStatus::Held { (badge("wait", "held")) } @else if d.breaking { (badge("bad", "breaking")) } @else { (badge("dim", "compatible")) } }
                    td { (d.changes.iter().map(|c| c.change.message.as_str()).take(3).collect::<Vec<_>>().join("; ")) }
                    td { (time(d.first_seen)) }
                    td { @if let Some(p) = d.proposal { a href={ "/proposals/" (p) } { "proposal" } } }
                } } }
            } } }
        }
    }
}

fn scan_table(scans: &[Scan], running: &[Progress]) -> Markup {
    html! {
        section aria-labelledby="scans" {
            h2 id="scans" { "Last scans" }
            @for p in running {
                p { (p.what) ": " (p.done) @if let Some(total) = p.total { " of " (total) } }
            }
            @if scans.is_empty() { p { "No warehouse has been scanned yet." } }
            @else { div.scroll { table {
                thead { tr { th scope="col" { "Warehouse" } th scope="col" { "Status" } th scope="col" { "Started" } th scope="col" { "Tables" } th scope="col" { "Drift opened" } th scope="col" { "Remarks" } } }
                tbody { @for s in scans { tr {
                    td { (s.warehouse) }
                    td { (scan_status(s.status)) }
                    td { (time(s.started_at)) }
                    td { (s.tables) }
                    td { (s.drifts_opened) }
                    td { @if let Some(error) = &s.error { (error) } @else { (s.findings.iter().map(|f| f.message.as_str()).take(2).collect::<Vec<_>>().join("; ")) } }
                } } }
            } } }
        }
    }
}

fn scan_status(status: ScanStatus) -> Markup {
    match status {
        ScanStatus::Running => badge("wait", "running"),
        ScanStatus::Complete => badge("good", "complete"),
        ScanStatus::Unchanged => badge("good", "unchanged"),
        ScanStatus::Partial => badge("wait", "partial"),
        ScanStatus::Suspect => badge("bad", "suspect"),
        ScanStatus::Failed => badge("bad", "failed"),
    }
}
