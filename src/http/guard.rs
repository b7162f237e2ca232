//! Keeps other web sites' scripts out of a daemon on somebody's own machine: a browser would send their requests to
//! `http://127.0.0.1` just as well.

use crate::app::App;
use crate::problem::Problem;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderMap};
use axum::http::{Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::IpAddr;

pub(crate) async fn same_origin(State(app): State<App>, request: Request, next: Next) -> Response {
    match check(app.options.auth, request.method(), request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

pub(crate) fn check(auth: bool, method: &Method, uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text(header::HOST).or_else(|| uri.authority().map(|a| a.as_str()));
    // Without keys the name in `Host` is all that tells a rebound DNS name from us.
    if !auth && let Some(host) = host.filter(|host| !is_local(host)) {
        return Err(Problem::forbidden(
            "FOREIGN_HOST",
            format!(
                "without authentication this server answers only to local names and addresses, not to `{host}`: start it with authentication"
            ),
        ));
    }
    let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
    if reads {
        return Ok(());
    }
    let foreign = match text(header::ORIGIN) {
        Some(origin) => origin.split_once("://").map(|(_, authority)| authority) != host,
        None => headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site"),
    };
    if foreign {
        return Err(Problem::forbidden(
            "CROSS_ORIGIN",
            "requests that change something are not taken from other web sites",
        ));
    }
    Ok(())
}

/// `localhost`, names under it, and addresses: nothing that a DNS server could point here.
fn is_local(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').map_or(host, |(name, _)| name),
    };
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost" || name.ends_with(".localhost") || name.parse::<IpAddr>().is_ok()
}
