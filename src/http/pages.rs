//! Plain web pages, rendered here and without scripts: how things stand, one proposal, and the API's description. Slack's
//! links point to the proposal's page. Every text goes through maud's escaping.

mod docs;
mod home;
mod layout;
mod proposal;
mod readers;

use crate::app::App;
use axum::Router;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

pub(crate) use layout::error_page;

pub(crate) fn router() -> Router<App> {
    Router::new()
        .route("/", get(home::page))
        .route("/signin", get(home::signin))
        .route("/proposals/{id}", get(proposal::page))
        .route("/docs", get(docs::page))
        .route("/style.css", get(style))
}

async fn style() -> Response {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=3600")];
    (kind, include_str!("pages/style.css")).into_response()
}

fn html(markup: maud::Markup) -> Html<String> {
    Html(markup.into_string())
}
