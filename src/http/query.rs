//! Query parameters, and pages of lists. Unknown parameters are refused: a filter that is silently ignored answers a
//! question that nobody asked.

use crate::compat::{Compat, SdkShape};
use crate::problem::Problem;
use axum::Json;
use axum::extract::{FromRequestParts, Query};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tessera_ports::store::{Listed, Page};
use utoipa::{IntoParams, ToSchema};

pub(crate) const DEFAULT_LIMIT: u32 = 50;
pub(crate) const MAX_LIMIT: u32 = 100;

#[derive(Debug)]
pub(crate) struct Params<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Query::try_from_uri(&parts.uri).map(|Query(params)| Params(params)).map_err(|rejection| {
            let text = rejection.body_text();
            let text = text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text).to_owned();
            match text.split_once(": ") {
                Some((name, msg)) if !name.contains(' ') => Problem::invalid(&["query", name], msg),
                _ => Problem::invalid(&["query"], text),
            }
        })
    }
}

/// The page of a list that is wanted.
#[derive(Debug, Clone, Copy, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paging {
    /// 1 to 100.
    #[param(minimum = 1, maximum = 100, default = 50)]
    pub(crate) limit: Option<u32>,
    /// How many to leave out.
    #[param(default = 0)]
    pub(crate) offset: Option<u32>,
}

/// A parameter is `limit` and `offset` in every list's own struct, because flattened query structs lose their number types.
pub(crate) fn page(limit: Option<u32>, offset: Option<u32>) -> Result<Page, Problem> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Problem::invalid(&["query", "limit"], format!("{limit} is not between 1 and {MAX_LIMIT}")));
    }
    Ok(Page { limit, offset: offset.unwrap_or(0) })
}

/// Everything, for lists that are filtered here because the engine has no such filter.
pub(crate) const ALL: Page = Page { limit: 0, offset: 0 };

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Listing<T> {
    pub(crate) results: Vec<T>,
    /// How many there are in all.
    pub(crate) total: u64,
    pub(crate) limit: u32,
    pub(crate) offset: u32,
}

/// Answers a page: an envelope, or the bare array that the SDK reads.
pub(crate) fn listing<T: Serialize + SdkShape>(compat: Compat, page: Page, listed: Listed<T>) -> Response {
    let Listed { items, total } = listed;
    match compat {
        Compat::Native => {
            Json(Listing { results: items, total, limit: page.limit, offset: page.offset }).into_response()
        }
        Compat::Sdk => {
            let shaped: Vec<T> = items.into_iter().map(SdkShape::shaped).collect();
            Json(shaped).into_response()
        }
    }
}

/// Cuts a page out of everything.
pub(crate) fn cut<T>(all: Vec<T>, page: Page) -> Listed<T> {
    let total = all.len() as u64;
    let items = all.into_iter().skip(page.offset as usize).take(page.limit as usize).collect();
    Listed { items, total }
}

/// Views of a list's items.
pub(crate) fn map<T, V>(listed: Listed<T>, view: impl FnMut(T) -> V) -> Listed<V> {
    Listed { items: listed.items.into_iter().map(view).collect(), total: listed.total }
}
