//! The HTTP API of a test's daemon: short words for asking it, also while it is being killed and started again.

use reqwest::Method;
use serde_json::Value;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Cheap to clone; all clones follow the daemon when it moves to another port.
#[derive(Debug, Clone)]
pub struct Api {
    http: reqwest::Client,
    port: Arc<AtomicU16>,
    key: Arc<Mutex<Option<String>>>,
}

impl Api {
    pub fn new(port: u16) -> Self {
        // The client refuses to be built without one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http =
            reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(60)).build().expect("an HTTP client");
        Api { http, port: Arc::new(AtomicU16::new(port)), key: Arc::default() }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port())
    }

    pub fn port(&self) -> u16 {
        self.port.load(Ordering::SeqCst)
    }

    pub(crate) fn move_to(&self, port: u16) {
        self.port.store(port, Ordering::SeqCst);
    }

    /// Sends this key from now on.
    pub fn use_key(&self, key: Option<&str>) {
        *self.key.lock().unwrap_or_else(PoisonError::into_inner) = key.map(str::to_owned);
    }

    pub fn key(&self) -> Option<String> {
        self.key.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub async fn ready(&self) -> bool {
        let answer = self.http.get(format!("{}/health/ready", self.url())).timeout(Duration::from_secs(5)).send().await;
        answer.is_ok_and(|a| a.status().is_success())
    }

    /// Asks again until somebody answers with anything but an error of the server's own.
    pub async fn insist(&self, method: Method, path: &str, body: Option<&Value>, patience: Duration) -> (u16, Value) {
        let deadline = Instant::now() + patience;
        loop {
            match self.try_call(method.clone(), path, body).await {
                Ok((status, answer)) if status < 500 => return (status, answer),
                other => assert!(
                    Instant::now() < deadline,
                    "{method} {path}: no answer in {} s, lastly {other:?}",
                    patience.as_secs()
                ),
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
    }

    /// One request; the status and the body, or why no answer came.
    pub async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(u16, Value), reqwest::Error> {
        let path = if path.starts_with("/health") || path.starts_with("/metrics") {
            path.to_owned()
        } else {
            format!("/api/v1{path}")
        };
        let mut request = self.http.request(method, format!("{}{path}", self.url()));
        if let Some(key) = self.key() {
            request = request.bearer_auth(key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await?;
        let status = answer.status().as_u16();
        let text = answer.text().await?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    pub async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> (u16, Value) {
        self.try_call(method.clone(), path, body).await.unwrap_or_else(|e| panic!("{method} {path}: {e:?}"))
    }

    /// GET under `/api/v1`; anything but success fails the test.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call(Method::GET, path, None).await;
        assert!((200..300).contains(&status), "GET {path}: {status} {body}");
        body
    }

    /// POST under `/api/v1`.
    pub async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.call(Method::POST, path, Some(body)).await
    }

    /// All rows of a list, page by page.
    pub async fn all(&self, path: &str) -> Vec<Value> {
        let mut rows = Vec::new();
        let joint = if path.contains('?') { '&' } else { '?' };
        loop {
            let page = self.get(&format!("{path}{joint}limit=100&offset={}", rows.len())).await;
            let got = page["results"].as_array().cloned().unwrap_or_default();
            let end = got.is_empty();
            rows.extend(got);
            if end || rows.len() as u64 >= page["total"].as_u64().unwrap_or(0) {
                return rows;
            }
        }
    }

    /// Asks until the answer satisfies; fails with the last answer.
    pub async fn until<T>(&self, what: &str, path: &str, patience: Duration, found: impl Fn(&Value) -> Option<T>) -> T {
        let deadline = Instant::now() + patience;
        loop {
            let answer = self.get(path).await;
            if let Some(found) = found(&answer) {
                return found;
            }
            assert!(
                Instant::now() < deadline,
                "waited {} s for {what}; GET {path} says {answer:#}",
                patience.as_secs()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
