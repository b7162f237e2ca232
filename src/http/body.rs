//! Request bodies: read whole, parsed strictly, and answered with the place of the mistake.

use crate::problem::Problem;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

/// A required JSON body.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

/// A JSON body that may be absent (or `null`).
#[derive(Debug)]
pub(crate) struct MaybeBody<T>(pub(crate) T);

/// The bytes as they came.
#[derive(Debug)]
pub(crate) struct Raw(pub(crate) Bytes);

impl<S: Send + Sync> FromRequest<S> for Raw {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        Bytes::from_request(request, state).await.map(Raw).map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "BODY_TOO_LARGE",
                "the body is larger than this server takes: send it gzipped where the operation allows, or raise `[server] max_body`",
            ),
            status => Problem::new(status, "BAD_REQUEST", format!("the body could not be read: {rejection}")),
        })
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Raw(bytes) = Raw::from_request(request, state).await?;
        decode(&bytes).map(Body)
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for MaybeBody<T> {
    type Rejection = Problem;
    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let Raw(bytes) = Raw::from_request(request, state).await?;
        if bytes.trim_ascii().is_empty() || bytes.trim_ascii() == b"null" {
            return Ok(MaybeBody(T::default()));
        }
        decode(&bytes).map(MaybeBody)
    }
}

/// Parses JSON; the problem names the key (`body.columns.0.name`) and what was expected there.
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    if bytes.trim_ascii().is_empty() {
        return Err(Problem::invalid(&["body"], "a JSON body is required and none was sent"));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let place = |segment: &serde_path_to_error::Segment| segment.to_string().trim_matches(['[', ']']).to_owned();
        let path: Vec<String> = error.path().iter().map(place).collect();
        let mut loc = vec!["body"];
        loc.extend(path.iter().map(String::as_str).filter(|part| *part != "?"));
        Problem::invalid(&loc, error.inner().to_string())
    })?;
    json.end().map_err(|error| Problem::invalid(&["body"], error.to_string()))?;
    Ok(value)
}
