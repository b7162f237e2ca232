//! The JSON API, its OpenAPI document, authentication, and the web pages. Handlers translate: a request into a use case of
//! the engine, its answer into a view. No rule of the product lives here; the only decisions are who may call
//! (`policy`), and how an answer looks (`views`).
//!
//! Every API handler is mounted twice: at `/api/v1`, and under `/sdk` with the shapes that the public Python SDK's models
//! need (`compat`).

mod api;
mod app;
mod auth;
mod body;
mod compat;
mod envelope;
mod guard;
mod openapi;
mod ops;
mod pages;
mod policy;
mod problem;
mod query;
mod resolve;
mod views;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use tessera_engine::Engine;

/// What the binary decides about the server.
#[derive(Debug, Clone, Copy)]
pub struct HttpOptions {
    /// `false`: everybody is an administrator named `anonymous`. Only for loopback addresses and the demo.
    pub auth: bool,
    /// Bytes; larger request bodies are refused with 413.
    pub max_body: usize,
    /// Shown by `/health` and the pages.
    pub version: &'static str,
}

/// Everything that is served, as one router.
pub fn router(engine: Arc<Engine>, options: HttpOptions) -> axum::Router {
    app::build(app::App::new(engine, options))
}

/// The OpenAPI 3.1 document of the API, pretty-printed with a final newline: what `docs/openapi.json` holds.
pub fn openapi_json() -> String {
    openapi::text()
}
