//! Slack's Web API, the few methods we need: a JSON post with the token, an answer with `ok`.

use crate::http::{self, Broken, send, unknown};
use reqwest::{Client, header};
use serde_json::Value;
use std::time::Duration;
use tessera_ports::Secret;
use url::Url;

/// A call that did not succeed.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// `ok: false`: certainly not carried out. `needed` is the scope that is missing, if it says so.
    Said {
        code: String,
        needed: Option<String>,
    },
    Broken(Broken),
}

impl From<Broken> for ApiError {
    fn from(broken: Broken) -> Self {
        ApiError::Broken(broken)
    }
}

#[derive(Debug)]
pub(crate) struct Api {
    client: Client,
    base: Url,
    token: Secret,
}

/// An answer with `ok: true`, and what scopes the token has.
#[derive(Debug)]
pub(crate) struct Said {
    pub body: Value,
    pub scopes: Option<Vec<String>>,
}

impl Api {
    pub(crate) fn new(client: Client, base: Url, token: Secret) -> Self {
        Api { client, base, token }
    }

    pub(crate) async fn post(&self, method: &str, body: &Value) -> Result<Said, ApiError> {
        let request = self
            .client
            .post(self.url(method))
            .bearer_auth(self.token.expose())
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .body(body.to_string());
        read(&send(request).await?)
    }

    /// The reading methods take a query, not JSON.
    pub(crate) async fn get(&self, method: &str, query: &[(&str, &str)]) -> Result<Said, ApiError> {
        let mut url = self.url(method);
        url.query_pairs_mut().extend_pairs(query);
        read(&send(self.client.get(url).bearer_auth(self.token.expose())).await?)
    }

    fn url(&self, method: &str) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/{method}", self.base.path().trim_end_matches('/')));
        url
    }
}

fn read(answer: &http::Answer) -> Result<Said, ApiError> {
    let garbage = || {
        unknown(format!(
            "the answer is not Slack's (status {}): `{}`; is `api_url` right, or does a proxy stand between?",
            answer.status,
            http::excerpt(&answer.body)
        ))
    };
    let kind = answer.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
    if !kind.starts_with("application/json") {
        return Err(garbage().into());
    }
    let body: Value = serde_json::from_slice(&answer.body).map_err(|_| garbage())?;
    match body.get("ok").and_then(Value::as_bool) {
        Some(true) => {}
        Some(false) => {
            let text = |key: &str| body.get(key).and_then(Value::as_str).map(str::to_owned);
            let code = text("error").unwrap_or_else(|| "unknown_error".into());
            if matches!(code.as_str(), "ratelimited" | "rate_limited") {
                return Err(Broken::Limited(Duration::from_secs(30)).into());
            }
            return Err(ApiError::Said { code, needed: text("needed") });
        }
        None => return Err(garbage().into()),
    }
    let scopes = answer.headers.get("x-oauth-scopes").and_then(|v| v.to_str().ok());
    let scopes = scopes.map(|s| s.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect());
    Ok(Said { body, scopes })
}
