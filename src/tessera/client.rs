//! The command line's way to a running daemon: the same HTTP API as everybody's.

use crate::cli::ServerArgs;
use crate::config;
use anyhow::{Context, Result, anyhow};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use std::path::Path;
use std::time::Duration;

#[derive(Debug)]
pub(crate) struct Client {
    base: String,
    key: Option<String>,
    http: reqwest::Client,
}

impl Client {
    /// `--server`, else the configured address.
    pub(crate) fn new(args: &ServerArgs, config_path: Option<&Path>) -> Result<Self> {
        let base = match &args.server {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => {
                let settings = config::load(config_path)?.settings;
                settings.server.public_url.unwrap_or_else(|| format!("http://{}", settings.server.listen))
            }
        };
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(120))
            .connect_timeout(Duration::from_secs(5))
            .build()
            .context("the HTTP client cannot start")?;
        Ok(Client { base: base.trim_end_matches('/').to_owned(), key: args.key.clone(), http })
    }

    pub(crate) async fn get(&self, path: &str, query: &[(&str, &str)]) -> Result<Value> {
        let request = self.http.get(self.url(path, query)?);
        self.send(request).await
    }

    pub(crate) async fn post(&self, path: &str, query: &[(&str, &str)], body: &Value) -> Result<Value> {
        let request = self.http.request(Method::POST, self.url(path, query)?).json(body);
        self.send(request).await
    }

    fn url(&self, path: &str, query: &[(&str, &str)]) -> Result<url::Url> {
        let mut url = url::Url::parse(&format!("{}/api/v1{path}", self.base))
            .with_context(|| format!("`{}` is no URL", self.base))?;
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        Ok(url)
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value> {
        let request = match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        };
        let response = request.send().await.map_err(|e| {
            anyhow!(
                "no daemon answers at {}: {}; start one with `tessera serve`, or say --server URL",
                self.base,
                if e.is_timeout() { "timed out".into() } else { root(&e) }
            )
        })?;
        let status = response.status();
        let text = response.text().await.context("the answer broke off")?;
        let value: Value = serde_json::from_str(&text).unwrap_or(Value::String(text));
        if status.is_success() {
            return Ok(value);
        }
        let message =
            value.pointer("/error/message").and_then(Value::as_str).map_or_else(|| value.to_string(), str::to_owned);
        let hint = match status {
            StatusCode::UNAUTHORIZED => "; set TESSERA_API_KEY (`tessera keys create` makes one)",
            _ => "",
        };
        Err(anyhow!("{message}{hint}"))
    }
}

pub(crate) fn root(error: &dyn std::error::Error) -> String {
    let mut at = error;
    while let Some(next) = at.source() {
        at = next;
    }
    at.to_string()
}
