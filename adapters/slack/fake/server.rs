//! The fake's answers.

use super::fault::Fault;
use super::limits::violations_of;
use super::state::{Message, Request, Shared, State};
use super::{TOKEN, WEBHOOK_CHANNEL, WEBHOOK_PATH};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State as Extract;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Instant;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(handle).with_state(shared)
}

async fn handle(
    Extract(shared): Extract<Arc<Shared>>,
    verb: Method,
    uri: Uri,
    headers: HeaderMap,
    raw: Bytes,
) -> Response {
    let Some(method) = method_of(uri.path()) else {
        return (StatusCode::NOT_FOUND, "no_service").into_response();
    };
    let body = body_of(&verb, &uri, &raw);
    let fault = shared.with(|s| s.fault_for(&method));
    let response = match fault {
        None => Some(answer(&shared, &method, &headers, &body)),
        Some(Fault::Limited(seconds)) => Some(limited(seconds)),
        Some(Fault::Status(status)) => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            Some((status, "something went wrong").into_response())
        }
        Some(Fault::Slow(time)) => {
            let response = answer(&shared, &method, &headers, &body);
            shared.changed.notify_waiters();
            tokio::time::sleep(time).await;
            Some(response)
        }
        Some(Fault::Says(code)) if method == "webhook" => Some((StatusCode::FORBIDDEN, code).into_response()),
        Some(Fault::Says(code)) => Some(refusal(&code)),
        Some(Fault::Reset) => None,
        Some(Fault::ResetAfter) => {
            answer(&shared, &method, &headers, &body);
            None
        }
        Some(Fault::WebPage) => {
            Some(([(header::CONTENT_TYPE, "text/html")], "<html>Please log in</html>").into_response())
        }
        Some(Fault::Garbage) => Some(([(header::CONTENT_TYPE, "application/json")], "{\"ok\": tr").into_response()),
    };
    let status = response.as_ref().map_or(0, |r| r.status().as_u16());
    shared.with(|s| s.requests.push(Request { method, body, at: Instant::now(), status }));
    shared.changed.notify_waiters();
    match response {
        Some(response) => response,
        // Ends this connection's task without a panic message: the peer sees the connection closed.
        None => std::panic::resume_unwind(Box::new("reset")),
    }
}

fn method_of(path: &str) -> Option<String> {
    if path == WEBHOOK_PATH {
        return Some("webhook".to_owned());
    }
    path.strip_prefix("/api/").filter(|m| !m.is_empty()).map(str::to_owned)
}

/// JSON of a post, or the query of a get as an object of texts.
fn body_of(verb: &Method, uri: &Uri, raw: &[u8]) -> Value {
    if verb == Method::GET {
        let pairs = url::form_urlencoded::parse(uri.query().unwrap_or("").as_bytes());
        return Value::Object(pairs.map(|(k, v)| (k.into_owned(), Value::String(v.into_owned()))).collect());
    }
    serde_json::from_slice(raw).unwrap_or(Value::Null)
}

fn answer(shared: &Shared, method: &str, headers: &HeaderMap, body: &Value) -> Response {
    let problems = if matches!(method, "chat.postMessage" | "chat.update" | "webhook") {
        let mut problems = violations_of(body);
        let kind = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        if kind != "application/json; charset=utf-8" {
            problems.push(format!("content type `{kind}`"));
        }
        problems
    } else {
        Vec::new()
    };
    shared.with(|state| {
        if method == "webhook" {
            return webhook(state, body, problems);
        }
        let token = headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or("");
        if token.strip_prefix("Bearer ") != Some(TOKEN) {
            return refusal(if token.is_empty() { "not_authed" } else { "invalid_auth" });
        }
        let result = match method {
            "auth.test" => Ok(json!({"ok": true, "team": "Fake", "user": "tessera", "bot_id": "B0FAKE"})),
            "chat.postMessage" => checked(state, problems).and_then(|()| post(state, body)),
            "chat.update" => checked(state, problems).and_then(|()| update(state, body)),
            "conversations.history" | "conversations.replies" => history(state, body),
            "conversations.list" => list(state),
            _ => Err("unknown_method".to_owned()),
        };
        let scopes = state.scopes.iter().cloned().collect::<Vec<_>>().join(",");
        match result {
            Ok(value) => ([("x-oauth-scopes", scopes)], axum::Json(value)).into_response(),
            Err(code) => refusal(&code),
        }
    })
}

fn checked(state: &mut State, problems: Vec<String>) -> Result<(), String> {
    if !state.scopes.contains("chat:write") {
        return Err("missing_scope".into());
    }
    if problems.is_empty() {
        return Ok(());
    }
    state.violations.extend(problems);
    Err("invalid_blocks".into())
}

fn post(state: &mut State, body: &Value) -> Result<Value, String> {
    let wanted = text(body, "channel").ok_or("channel_not_found")?;
    if let Some(code) = state.refused.get(&wanted) {
        return Err(code.clone());
    }
    let channel_id = state.channel_id(&wanted);
    let message = message(state, &channel_id, body);
    let ts = message.ts.clone();
    match text(body, "thread_ts") {
        Some(root) => find(state, &channel_id, &root).ok_or("thread_not_found")?.replies.push(message),
        None => state.messages.push(message),
    }
    Ok(json!({"ok": true, "channel": channel_id, "ts": ts}))
}

fn update(state: &mut State, body: &Value) -> Result<Value, String> {
    let channel = text(body, "channel").filter(|c| state.is_id(c)).ok_or("channel_not_found")?;
    let ts = text(body, "ts").ok_or("message_not_found")?;
    let found = find(state, &channel, &ts).ok_or("message_not_found")?;
    let text = text(body, "text").unwrap_or_default();
    let before = (std::mem::replace(&mut found.text, text), std::mem::replace(&mut found.blocks, blocks(body)));
    found.history.push(before);
    Ok(json!({"ok": true, "channel": channel, "ts": ts}))
}

fn history(state: &State, body: &Value) -> Result<Value, String> {
    if !state.scopes.contains("channels:history") {
        return Err("missing_scope".into());
    }
    let channel = text(body, "channel").filter(|c| state.is_id(c)).ok_or("channel_not_found")?;
    let oldest: f64 = text(body, "oldest").and_then(|o| o.parse().ok()).unwrap_or(0.0);
    let here = state.messages.iter().filter(|m| m.channel_id == channel);
    let listed: Vec<&Message> = match text(body, "ts") {
        Some(ts) => here.filter(|m| m.ts == ts).flat_map(|m| std::iter::once(m).chain(&m.replies)).collect(),
        None => here.collect(),
    };
    let newest_first = listed.into_iter().rev().filter(|m| m.ts.parse::<f64>().is_ok_and(|ts| ts >= oldest));
    let with_metadata = text(body, "include_all_metadata").as_deref() == Some("true");
    let messages: Vec<Value> = newest_first
        .map(|m| {
            let mut entry = json!({"type": "message", "ts": m.ts, "text": m.text});
            if let (true, Some(metadata)) = (with_metadata, &m.metadata) {
                entry["metadata"] = metadata.clone();
            }
            entry
        })
        .collect();
    Ok(json!({"ok": true, "messages": messages, "has_more": false}))
}

fn list(state: &State) -> Result<Value, String> {
    if !state.scopes.contains("channels:read") {
        return Err("missing_scope".into());
    }
    let channels: Vec<Value> = state.channels().map(|(id, name)| json!({"id": id, "name": name})).collect();
    Ok(json!({"ok": true, "channels": channels, "response_metadata": {"next_cursor": ""}}))
}

fn webhook(state: &mut State, body: &Value, problems: Vec<String>) -> Response {
    if text(body, "text").is_none_or(|t| t.is_empty()) && blocks(body).is_empty() {
        return (StatusCode::BAD_REQUEST, "no_text").into_response();
    }
    if !problems.is_empty() {
        state.violations.extend(problems);
        return (StatusCode::BAD_REQUEST, "invalid_blocks").into_response();
    }
    let channel = state.channel_id(WEBHOOK_CHANNEL);
    let message = message(state, &channel, body);
    state.messages.push(message);
    "ok".into_response()
}

fn message(state: &mut State, channel_id: &str, body: &Value) -> Message {
    Message {
        channel: state.name_of(channel_id),
        channel_id: channel_id.to_owned(),
        ts: state.next_ts(),
        text: text(body, "text").unwrap_or_default(),
        blocks: blocks(body),
        metadata: body.get("metadata").cloned(),
        history: Vec::new(),
        replies: Vec::new(),
    }
}

fn find<'a>(state: &'a mut State, channel_id: &str, ts: &str) -> Option<&'a mut Message> {
    state.messages.iter_mut().find(|m| m.channel_id == channel_id && m.ts == ts)
}

fn text(body: &Value, key: &str) -> Option<String> {
    body.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn blocks(body: &Value) -> Vec<Value> {
    body.get("blocks").and_then(Value::as_array).cloned().unwrap_or_default()
}

fn refusal(code: &str) -> Response {
    axum::Json(json!({"ok": false, "error": code})).into_response()
}

fn limited(seconds: u64) -> Response {
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, seconds.to_string())], "ratelimited").into_response()
}
