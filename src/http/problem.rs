//! What went wrong, on its way to the client. Handlers answer with a `Problem`; the `envelope` layer, which knows the
//! request's id, writes it out as `{"error": {code, message, request_id, details?}, "detail": "…"}`.

use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::any::Any;
use tessera_engine::error::{EngineError, ErrorKind};
use utoipa::ToSchema;

pub(crate) type Answer<T = Response> = Result<T, Problem>;

#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: StatusCode,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) details: Vec<Detail>,
    /// Value of `WWW-Authenticate`.
    pub(crate) challenge: Option<&'static str>,
}

/// One place in the request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Detail {
    /// Where: `body`, `query` or `path`, then keys and positions.
    #[schema(example = json!(["body", "fqn"]))]
    pub(crate) loc: Vec<String>,
    /// What is wrong there.
    pub(crate) msg: String,
}

/// Seconds that a client should wait when the store is away.
pub(crate) const RETRY_AFTER: &str = "5";

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Problem { status, code: code.to_owned(), message: message.into(), details: Vec::new(), challenge: None }
    }

    /// 422: the request was understood as HTTP, but its content is not what the operation takes.
    pub(crate) fn invalid(loc: &[&str], msg: impl Into<String>) -> Self {
        let msg = msg.into();
        let loc: Vec<String> = loc.iter().map(|part| (*part).to_owned()).collect();
        let mut problem =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "VALIDATION_ERROR", format!("{}: {msg}", loc.join(".")));
        problem.details.push(Detail { loc, msg });
        problem
    }

    pub(crate) fn forbidden(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, code, message)
    }

    /// For an error that some layer answered with a bare status.
    pub(crate) fn of_status(status: StatusCode, message: &str) -> Self {
        let code = match status {
            StatusCode::NOT_FOUND => "NOT_FOUND",
            StatusCode::METHOD_NOT_ALLOWED => "METHOD_NOT_ALLOWED",
            StatusCode::PAYLOAD_TOO_LARGE => "BODY_TOO_LARGE",
            s if s.is_server_error() => "INTERNAL_ERROR",
            _ => "BAD_REQUEST",
        };
        let fallback = status.canonical_reason().unwrap_or("the request failed").to_lowercase();
        Self::new(status, code, if message.is_empty() { fallback } else { message.to_owned() })
    }
}

impl From<EngineError> for Problem {
    fn from(error: EngineError) -> Self {
        let status = match error.kind {
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Invalid => StatusCode::BAD_REQUEST,
            ErrorKind::Forbidden => StatusCode::FORBIDDEN,
            ErrorKind::Unauthorized => StatusCode::UNAUTHORIZED,
            ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        };
        let challenge = (status == StatusCode::UNAUTHORIZED).then_some("Bearer");
        Problem { status, code: error.code, message: error.message, details: Vec::new(), challenge }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

pub(crate) async fn not_found(uri: Uri) -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        format!("nothing is served at `{}`: the API is described at /api/v1/openapi.json and /docs", uri.path()),
    )
}

pub(crate) async fn method_not_allowed(method: Method, uri: Uri) -> Problem {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        format!("{method} is not possible on `{}`: see /docs for what is", uri.path()),
    )
}

/// A panic in a handler is our defect: it is logged with its text, and the client learns only that it happened.
#[expect(clippy::needless_pass_by_value, reason = "the panic layer hands over the box")]
pub(crate) fn panicked(payload: Box<dyn Any + Send + 'static>) -> Response {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no text");
    tracing::error!(panic = text, "a request handler panicked");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "INTERNAL_ERROR",
        "an internal error: the log has the details under this request id",
    )
    .into_response()
}
