//! `channel:ts`: what identifies a message in Slack, kept by the outbox for updates.

use serde_json::Value;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reference {
    /// The channel's ID: names do not work for updates.
    pub channel: String,
    pub ts: String,
}

impl Reference {
    pub(crate) fn parse(text: &str) -> Option<Reference> {
        let (channel, ts) = text.split_once(':')?;
        (!channel.is_empty() && !ts.is_empty()).then(|| Reference { channel: channel.to_owned(), ts: ts.to_owned() })
    }
    /// From the answer of `chat.postMessage` or `chat.update`.
    pub(crate) fn of(answer: &Value) -> Option<Reference> {
        let text = |key: &str| answer.get(key).and_then(Value::as_str).filter(|t| !t.is_empty());
        Some(Reference { channel: text("channel")?.to_owned(), ts: text("ts")?.to_owned() })
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.channel, self.ts)
    }
}
