//! What the receiver's answer means for a repeat.

use jiff::Timestamp;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::Duration;
use tessera_ports::DeliveryError;

const MAX_WAIT: Duration = Duration::from_secs(24 * 3_600);
const MAX_EXCERPT: usize = 200;

/// `Ok` for 2xx. `excerpt` is the beginning of the body.
pub(crate) fn judge(status: u16, headers: &HeaderMap, excerpt: &str, now: Timestamp) -> Result<(), DeliveryError> {
    let said = if excerpt.is_empty() { String::new() } else { format!(": `{excerpt}`") };
    let permanent =
        |what: &str| Err(DeliveryError::Permanent { message: format!("the receiver answered {status}{said}; {what}") });
    match status {
        200..=299 => Ok(()),
        300..=399 => permanent("redirects are not followed: set `url` to the final address"),
        408 | 409 | 425 | 429 => retry(status, &said, headers, now),
        401 | 403 => permanent("does it verify with the same secret?"),
        404 => permanent("is the path of `url` right?"),
        410 => permanent("it wants no more webhooks: remove this notifier"),
        400..=499 => permanent("it will not take this webhook"),
        _ => retry(status, &said, headers, now),
    }
}

fn retry(status: u16, said: &str, headers: &HeaderMap, now: Timestamp) -> Result<(), DeliveryError> {
    Err(DeliveryError::Retry {
        message: format!("the receiver answered {status}{said}"),
        after: headers.get(RETRY_AFTER).and_then(|v| v.to_str().ok()).and_then(|v| retry_after(v, now)),
    })
}

/// Seconds or an HTTP date; at most a day.
pub(crate) fn retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if let Ok(seconds) = value.parse::<u64>() {
        return Some(Duration::from_secs(seconds).min(MAX_WAIT));
    }
    let at = jiff::fmt::rfc2822::parse(value).ok()?.timestamp();
    let wait = at.duration_since(now);
    Some(Duration::try_from(wait).unwrap_or(Duration::ZERO).min(MAX_WAIT))
}

/// At most two hundred visible characters of what came back.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let mut visible: String =
        text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_EXCERPT + 1).collect();
    if visible.chars().count() > MAX_EXCERPT {
        visible = visible.chars().take(MAX_EXCERPT - 1).chain(['…']).collect();
    }
    visible.trim().to_owned()
}
