//! What handlers share, and how the routes and layers are put together.

use crate::compat::Compat;
use crate::{HttpOptions, api, auth, envelope, guard, ops, pages, problem};
use axum::extract::DefaultBodyLimit;
use axum::{Extension, Router, middleware};
use std::sync::Arc;
use tessera_engine::Engine;
use tower_http::catch_panic::CatchPanicLayer;

#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) engine: Arc<Engine>,
    pub(crate) options: HttpOptions,
}

impl App {
    pub(crate) fn new(engine: Arc<Engine>, options: HttpOptions) -> Self {
        App { engine, options }
    }
}

pub(crate) fn build(app: App) -> Router {
    let (api, _) = api::router().merge(ops::router()).split_for_parts();
    let sdk = api.clone().layer(Extension(Compat::Sdk));
    let routes = Router::new().merge(api).nest("/sdk", sdk).merge(ops::plain()).merge(pages::router());
    layered(routes, &app).with_state(app)
}

/// What stands around every route, outermost last.
pub(crate) fn layered(routes: Router<App>, app: &App) -> Router<App> {
    routes
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(DefaultBodyLimit::max(app.options.max_body))
        .layer(middleware::from_fn_with_state(app.clone(), auth::authenticate))
        .layer(middleware::from_fn_with_state(app.clone(), guard::same_origin))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(middleware::from_fn_with_state(app.clone(), envelope::envelope))
}
