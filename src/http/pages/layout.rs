//! The frame around every page, and the small parts that several pages show.

use crate::pages::html;
use crate::problem::Problem;
use axum::response::Html;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, html as markup};
use tessera_workflow::ProposalStatus;

pub(crate) fn frame(title: &str, content: &Markup) -> Html<String> {
    html(markup! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · Tessera" }
                link rel="stylesheet" href="/style.css";
            }
            body {
                a.skip href="#content" { "Skip to the content" }
                header {
                    a.brand href="/" { "Tessera" }
                    nav aria-label="Pages" {
                        a href="/" { "Status" }
                        a href="/docs" { "API" }
                        a href="/metrics" { "Metrics" }
                    }
                }
                main id="content" { (content) }
            }
        }
    })
}

/// To the minute: people plan by it, and the full time stands in the attribute.
pub(crate) fn time(at: Timestamp) -> Markup {
    markup! { time datetime=(at) { (at.strftime("%Y-%m-%d %H:%M UTC")) } }
}

/// The word itself, coloured by its class; never the colour alone.
pub(crate) fn badge(class: &str, word: &str) -> Markup {
    markup! { span.badge.(class) { (word) } }
}

pub(crate) fn status(status: ProposalStatus) -> Markup {
    let class = match status {
        ProposalStatus::Pending => "wait",
        ProposalStatus::Approved | ProposalStatus::Published => "good",
        ProposalStatus::Rejected => "bad",
        ProposalStatus::Withdrawn | ProposalStatus::Expired => "dim",
    };
    badge(class, status.name())
}

pub(crate) fn error_page(problem: &Problem, request_id: &str) -> Html<String> {
    frame(
        &problem.code,
        &markup! {
            h1 { (problem.status.canonical_reason().unwrap_or("Error")) }
            p { (problem.message) }
            p.dim { "Request " code { (request_id) } " · " code { (problem.code) } }
        },
    )
}
