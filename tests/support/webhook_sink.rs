//! The other end of an outgoing webhook: remembers every delivery, can be told to refuse some, on a loopback port.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};

/// A key that both ends know.
pub const SECRET: &str = "whsec_dGVzc2VyYS10ZXN0cy1kby1ub3Qtc2hhcmUtdGhpcw==";

/// One delivery as it arrived.
#[derive(Debug, Clone)]
pub struct Received {
    /// `webhook-id`: the same for every repeat.
    pub id: String,
    pub event: String,
    /// The proposal, drift or scan it is about.
    pub subject: String,
    pub body: Value,
    /// What it was answered with.
    pub answered: u16,
}

#[derive(Debug, Default)]
struct Inner {
    received: Vec<Received>,
    refuse: u32,
}

type Shared = Arc<Mutex<Inner>>;

#[derive(Debug)]
pub struct WebhookSink {
    address: std::net::SocketAddr,
    inner: Shared,
    task: tokio::task::JoinHandle<()>,
}

impl WebhookSink {
    pub async fn start() -> WebhookSink {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound port has an address");
        let inner = Shared::default();
        let app = Router::new().route("/hook", post(take)).with_state(inner.clone());
        let task = tokio::spawn(async move { drop(axum::serve(listener, app).await) });
        WebhookSink { address, inner, task }
    }

    /// A `[[notify]]` block that delivers here.
    pub fn toml(&self) -> String {
        format!(
            "[[notify]]\nname = \"sink\"\nkind = \"webhook\"\nurl = \"http://{}/hook\"\nsecret = \"{SECRET}\"\nallow_private = [\"127.0.0.0/8\"]\ninsecure = true\n",
            self.address
        )
    }

    /// The next so many deliveries are answered with 503.
    pub fn refuse(&self, times: u32) {
        self.with(|i| i.refuse = times);
    }

    /// Everything that arrived, refused deliveries and repeats included, in order.
    pub fn received(&self) -> Vec<Received> {
        self.with(|i| i.received.clone())
    }

    fn with<T>(&self, f: impl FnOnce(&mut Inner) -> T) -> T {
        f(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Drop for WebhookSink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn take(State(inner): State<Shared>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut inner = inner.lock().unwrap_or_else(PoisonError::into_inner);
    let answer = if inner.refuse > 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::NO_CONTENT };
    inner.refuse = inner.refuse.saturating_sub(1);
    inner.received.push(Received {
        id: headers.get("webhook-id").and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned(),
        event: text(&body["type"]),
        subject: text(&body["data"]["subject"]),
        body,
        answered: answer.as_u16(),
    });
    answer
}
