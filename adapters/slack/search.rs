//! Did an earlier attempt arrive? Our messages carry a marker in their metadata; it is looked for where it would be.

use crate::api::{Api, ApiError};
use crate::reference::Reference;
use serde_json::{Value, json};
use tessera_ports::notifier::Delivery;

const EVENT_TYPE: &str = "tessera_notice";
/// Clocks differ, and the notice is written a little before it is sent.
const SLACK_SECONDS: i64 = 600;
const PAGES: usize = 5;
const CHANNEL_PAGES: usize = 10;

pub(crate) enum Found {
    /// The message's `ts`.
    Here(String),
    /// Looked through everything since the notice: it is not there.
    Nowhere,
    /// Not permitted to look, or too much to look through.
    CannotTell,
}

pub(crate) fn marker(delivery: &Delivery<'_>) -> Value {
    json!({"event_type": EVENT_TYPE, "event_payload": {
        "id": delivery.idempotency_key, "subject": crate::text::plain(&delivery.notice.subject, 200),
    }})
}

/// The ID of a public channel known by name, because history wants an ID. `None` without the scope `channels:read`, or
/// when it is not among the first ten thousand.
pub(crate) async fn channel_id(api: &Api, name: &str) -> Result<Option<String>, ApiError> {
    let name = name.trim_start_matches('#');
    let mut cursor = String::new();
    for _ in 0..CHANNEL_PAGES {
        let mut query = vec![("exclude_archived", "true"), ("types", "public_channel"), ("limit", "1000")];
        if !cursor.is_empty() {
            query.push(("cursor", &cursor));
        }
        let page = match api.get("conversations.list", &query).await {
            Ok(said) => said.body,
            Err(ApiError::Said { .. }) => return Ok(None),
            Err(broken) => return Err(broken),
        };
        let channels = page.get("channels").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let text = |c: &Value, key: &str| c.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(found) = channels.iter().find(|c| text(c, "name").as_deref() == Some(name)) {
            return Ok(text(found, "id"));
        }
        match next_cursor(&page) {
            Some(next) => cursor = next,
            None => return Ok(None),
        }
    }
    Ok(None)
}

fn next_cursor(page: &Value) -> Option<String> {
    page.pointer("/response_metadata/next_cursor").and_then(Value::as_str).filter(|c| !c.is_empty()).map(str::to_owned)
}

pub(crate) async fn in_channel(api: &Api, channel: &str, delivery: &Delivery<'_>) -> Result<Found, ApiError> {
    search(api, "conversations.history", channel, None, delivery).await
}

pub(crate) async fn in_thread(api: &Api, root: &Reference, delivery: &Delivery<'_>) -> Result<Found, ApiError> {
    search(api, "conversations.replies", &root.channel, Some(&root.ts), delivery).await
}

async fn search(
    api: &Api,
    method: &str,
    channel: &str,
    thread: Option<&str>,
    delivery: &Delivery<'_>,
) -> Result<Found, ApiError> {
    let oldest = (delivery.notice.at.as_second() - SLACK_SECONDS).max(0).to_string();
    let mut cursor = String::new();
    for _ in 0..PAGES {
        let mut query =
            vec![("channel", channel), ("oldest", &oldest), ("limit", "200"), ("include_all_metadata", "true")];
        query.extend(thread.map(|ts| ("ts", ts)));
        if !cursor.is_empty() {
            query.push(("cursor", &cursor));
        }
        let page = match api.get(method, &query).await {
            Ok(said) => said.body,
            // A missing scope, or a channel known by name only: then we do not know, and say so in the message.
            Err(ApiError::Said { code, .. }) => {
                tracing::debug!(%code, method, "cannot look for an earlier delivery");
                return Ok(Found::CannotTell);
            }
            Err(broken) => return Err(broken),
        };
        let messages = page.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if let Some(ts) = messages.iter().find_map(|m| mine(m, &delivery.idempotency_key)) {
            return Ok(Found::Here(ts));
        }
        match next_cursor(&page) {
            Some(next) => cursor = next,
            None => return Ok(Found::Nowhere),
        }
    }
    Ok(Found::CannotTell)
}

fn mine(message: &Value, id: &str) -> Option<String> {
    let metadata = message.get("metadata")?;
    let same = metadata.get("event_type").and_then(Value::as_str) == Some(EVENT_TYPE)
        && metadata.pointer("/event_payload/id").and_then(Value::as_str) == Some(id);
    same.then(|| message.get("ts").and_then(Value::as_str).map(str::to_owned)).flatten()
}
