//! A Slack on this machine, for tests and the demo: `chat.postMessage`, `chat.update`, `conversations.history` and
//! `.replies`, `auth.test` and an incoming webhook on a loopback port. It refuses (and records) every payload that breaks
//! one of Slack's documented limits, can be told to fail, and keeps each message with its history and thread.

mod fault;
mod limits;
mod server;
mod show;
mod state;

pub use fault::Fault;
pub use limits::violations_of;
pub use show::render_text;
pub use state::{Message, Request};

use serde_json::{Value, json};
use state::{Shared, State};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// What the fake accepts as a bot token.
pub const TOKEN: &str = "xoxb-fake-token";
const WEBHOOK_PATH: &str = "/services/T0FAKE/B0FAKE/fake-secret";
/// Where the incoming webhook posts to.
pub const WEBHOOK_CHANNEL: &str = "#webhook";

/// The running server; dropping it closes the port.
#[derive(Debug)]
pub struct FakeSlack {
    address: SocketAddr,
    shared: Arc<Shared>,
    task: tokio::task::JoinHandle<()>,
}

impl FakeSlack {
    /// On a free loopback port.
    pub async fn start() -> io::Result<FakeSlack> {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared::default());
        let app = server::router(shared.clone());
        let task = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the fake Slack ended");
            }
        });
        Ok(FakeSlack { address, shared, task })
    }

    pub fn api_url(&self) -> String {
        format!("http://{}/api", self.address)
    }
    pub fn webhook_url(&self) -> String {
        format!("http://{}{WEBHOOK_PATH}", self.address)
    }
    /// Settings of a notifier that talks to this fake with a bot token, without Slack's one message a second.
    pub fn bot_settings(&self, default_channel: &str) -> Value {
        json!({
            "bot_token": TOKEN, "api_url": self.api_url(), "default_channel": default_channel,
            "message_rate_per_second": 1000.0,
        })
    }
    /// Settings of a notifier that posts through this fake's incoming webhook.
    pub fn webhook_settings(&self) -> Value {
        json!({"webhook_url": self.webhook_url(), "message_rate_per_second": 1000.0})
    }

    /// The next request fails in this way (each call adds one more).
    pub fn fail_next(&self, fault: Fault) {
        self.with(|s| s.faults.push_back((None, fault)));
    }
    /// The next request to this method (`chat.update`, `webhook`, …) fails in this way.
    pub fn fail_next_call(&self, method: &str, fault: Fault) {
        self.with(|s| s.faults.push_back((Some(method.to_owned()), fault)));
    }
    /// Posting to this channel (name or ID) answers `ok: false` with this code.
    pub fn refuse_channel(&self, channel: &str, code: &str) {
        self.with(|s| s.refused.insert(channel.to_owned(), code.to_owned()));
    }
    /// The token's scopes, checked by each method; all that the adapter uses by default.
    pub fn set_scopes(&self, scopes: &[&str]) {
        self.with(|s| s.scopes = scopes.iter().map(|x| (*x).to_owned()).collect());
    }
    /// Somebody deletes a message by hand.
    pub fn delete(&self, channel: &str, ts: &str) {
        self.with(|s| {
            let id = s.channel_id(channel);
            s.messages.retain(|m| !(m.channel_id == id && m.ts == ts));
        });
    }

    /// The root messages of a channel (name or ID), oldest first.
    pub fn messages(&self, channel: &str) -> Vec<Message> {
        self.with(|s| {
            let id = s.channel_id(channel);
            s.messages.iter().filter(|m| m.channel_id == id).cloned().collect()
        })
    }
    /// All root messages, oldest first.
    pub fn all_messages(&self) -> Vec<Message> {
        self.with(|s| s.messages.clone())
    }
    /// Every request that arrived, failed ones included.
    pub fn requests(&self) -> Vec<Request> {
        self.with(|s| s.requests.clone())
    }
    /// What was refused because it broke one of Slack's documented limits. Empty is the only good answer.
    pub fn violations(&self) -> Vec<String> {
        self.with(|s| s.violations.clone())
    }

    /// Waits until the messages satisfy a condition; `None` when they did not in time.
    pub async fn wait_for<T>(&self, timeout: Duration, mut found: impl FnMut(&[Message]) -> Option<T>) -> Option<T> {
        let deadline = tokio::time::Instant::now() + timeout;
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(result) = self.with(|s| found(&s.messages)) {
                return Some(result);
            }
            if tokio::time::timeout_at(deadline, changed).await.is_err() {
                return self.with(|s| found(&s.messages));
            }
        }
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        self.shared.with(f)
    }
}

impl Drop for FakeSlack {
    fn drop(&mut self) {
        self.task.abort();
    }
}
