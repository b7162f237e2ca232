//! The outermost layer: request id, error envelope, security headers, log line and metrics for every answer, whoever made
//! it.

use crate::app::App;
use crate::pages;
use crate::problem::{Detail, Problem, RETRY_AFTER};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Json, body};
use serde::Serialize;
use std::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// How every error looks.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorEnvelope {
    pub(crate) error: ErrorBody,
    /// The message once more, where clients of the original look for it.
    pub(crate) detail: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ErrorBody {
    /// Stable: `ASSET_NOT_FOUND`, `VALIDATION_ERROR`, …
    pub(crate) code: String,
    /// What is wrong, where, and how to mend it.
    pub(crate) message: String,
    /// The request's `X-Request-ID`, or one made for it; also in the log.
    pub(crate) request_id: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) details: Vec<Detail>,
}

pub(crate) async fn envelope(State(app): State<App>, request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().map(|m| m.as_str().to_owned());
    let page = !path.starts_with("/api") && !path.starts_with("/sdk") && accepts_html(request.headers());
    let started = Instant::now();

    let mut response = complete(next.run(request).await, &id, page).await;
    secure(response.headers_mut());
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }

    let elapsed = started.elapsed();
    // The template, never the path itself: a metric per asset name would be without bound.
    let route = route.as_deref().unwrap_or("unmatched");
    app.engine.metrics().request(usual(&method), route, response.status().as_u16(), elapsed);
    log(&method, route, &path, response.status(), elapsed.as_secs_f64() * 1e3, &id);
    response
}

fn log(method: &Method, route: &str, path: &str, status: StatusCode, ms: f64, request_id: &str) {
    let (status, ms) = (status.as_u16(), (ms * 1000.0).round() / 1000.0);
    if status >= 500 {
        tracing::error!(%method, route, path, status, ms, request_id, "request");
    } else if route.contains("/health") || route == "/metrics" {
        tracing::debug!(%method, route, path, status, ms, request_id, "request");
    } else {
        tracing::info!(%method, route, path, status, ms, request_id, "request");
    }
}

/// Methods outside the usual ones are the client's invention: one series for all of them.
fn usual(method: &Method) -> &str {
    const ALL: [Method; 7] =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];
    if ALL.contains(method) { method.as_str() } else { "OTHER" }
}

/// The client's own id when it is harmless in headers and logs, else a new one.
fn request_id(headers: &HeaderMap) -> String {
    let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
    let harmless = |id: &&str| !id.is_empty() && id.len() <= 128 && id.bytes().all(|b| b.is_ascii_graphic());
    given.filter(harmless).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned)
}

fn accepts_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

/// Writes a `Problem` out; gives a bare error of some other layer its envelope.
async fn complete(mut response: Response, id: &str, page: bool) -> Response {
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None if is_bare_error(&response) => {
            let status = response.status();
            let text = body::to_bytes(std::mem::take(response.body_mut()), 4096).await.unwrap_or_default();
            Problem::of_status(status, String::from_utf8_lossy(&text).trim())
        }
        None => return response,
    };
    let mut written = if page { pages::error_page(&problem, id).into_response() } else { json(&problem, id) };
    *written.status_mut() = problem.status;
    for (name, value) in response.headers() {
        if name != header::CONTENT_TYPE && name != header::CONTENT_LENGTH {
            written.headers_mut().insert(name.clone(), value.clone());
        }
    }
    if let Some(challenge) = problem.challenge {
        written.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if problem.status == StatusCode::SERVICE_UNAVAILABLE {
        written.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER));
    }
    written
}

fn json(problem: &Problem, id: &str) -> Response {
    let error = ErrorBody {
        code: problem.code.clone(),
        message: problem.message.clone(),
        request_id: id.to_owned(),
        details: problem.details.clone(),
    };
    Json(ErrorEnvelope { error, detail: problem.message.clone() }).into_response()
}

fn is_bare_error(response: &Response) -> bool {
    let status = response.status();
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    (status.is_client_error() || status.is_server_error()) && (kind.is_empty() || kind.starts_with("text/plain"))
}

/// Headers that every answer carries. Pages load nothing but our own style sheet and run no script.
fn secure(headers: &mut HeaderMap) {
    const ALL: [(&str, &str); 6] = [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "no-referrer"),
        ("permissions-policy", "camera=(), geolocation=(), microphone=()"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "content-security-policy",
            "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
    ];
    for (name, value) in ALL {
        headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}
