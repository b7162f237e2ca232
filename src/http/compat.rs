//! SDK mode: the shapes that the public Python SDK's models need where they cannot be had beside our own (a JSON value is
//! not array and object at once). Chosen by the prefix `/sdk` or the header `X-Tessera-Compat: sdk`.

use axum::Json;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::convert::Infallible;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Compat {
    #[default]
    Native,
    Sdk,
}

impl Compat {
    pub(crate) fn is_sdk(self) -> bool {
        self == Compat::Sdk
    }

    /// Answers one view in the wanted shape.
    pub(crate) fn json<T: Serialize + SdkShape>(self, view: T) -> Response {
        match self {
            Compat::Native => Json(view).into_response(),
            Compat::Sdk => Json(view.shaped()).into_response(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Compat {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let asked = parts.headers.get("x-tessera-compat").is_some_and(|value| value.as_bytes() == b"sdk");
        Ok(if asked { Compat::Sdk } else { parts.extensions.get::<Compat>().copied().unwrap_or_default() })
    }
}

/// What differs in SDK mode. Most views differ in nothing.
pub(crate) trait SdkShape: Sized {
    fn to_sdk(&mut self) {}

    fn shaped(mut self) -> Self {
        self.to_sdk();
        self
    }
}
