//! Slack's documented limits, checked independently of the code that builds messages.
//! Sources: docs.slack.dev reference/block-kit (blocks, composition objects, button element), chat.postMessage,
//! message formatting (escaping, special mentions), message metadata.

use serde_json::Value;
use std::collections::BTreeSet;

/// Everything that Slack would refuse, or that must never happen (a mention made of untrusted text).
pub fn violations_of(payload: &Value) -> Vec<String> {
    let mut found = Found::default();
    let Some(object) = payload.as_object() else {
        return vec!["the payload is not a JSON object".to_owned()];
    };
    let text = object.get("text").and_then(Value::as_str).unwrap_or("");
    if text.is_empty() {
        found.add("text", "no fallback text");
    }
    found.length("text", text, 0, 40_000);
    found.markup("text", text);
    match object.get("blocks") {
        None => {}
        Some(Value::Array(blocks)) => {
            found.at_most("blocks", blocks.len(), 50);
            let total: usize = blocks.iter().map(|b| b.to_string().chars().count()).sum();
            // Not documented as a number: msg_blocks_too_long has been reported from about 11,300 characters of text on.
            found.at_most("blocks in characters", total, 12_000);
            let mut ids = BTreeSet::new();
            for (i, block) in blocks.iter().enumerate() {
                found.block(&format!("blocks[{i}]"), block, &mut ids);
            }
        }
        Some(_) => found.add("blocks", "not a list"),
    }
    if let Some(metadata) = object.get("metadata") {
        let typed = metadata.get("event_type").and_then(Value::as_str).is_some_and(|t| !t.is_empty());
        if !typed || !metadata.get("event_payload").is_some_and(Value::is_object) {
            found.add("metadata", "needs event_type and an event_payload object");
        }
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<String>);

impl Found {
    fn add(&mut self, place: &str, what: impl std::fmt::Display) {
        self.0.push(format!("{place}: {what}"));
    }

    fn at_most(&mut self, place: &str, n: usize, limit: usize) {
        if n > limit {
            self.add(place, format!("{n}, at most {limit}"));
        }
    }

    fn length(&mut self, place: &str, text: &str, least: usize, most: usize) {
        let n = text.encode_utf16().count();
        if n < least || n > most {
            self.add(place, format!("{n} characters, allowed {least} to {most}"));
        }
    }

    fn block(&mut self, place: &str, block: &Value, ids: &mut BTreeSet<String>) {
        if let Some(id) = block.get("block_id").and_then(Value::as_str) {
            self.length(&format!("{place}.block_id"), id, 1, 255);
            if !ids.insert(id.to_owned()) {
                self.add(place, "block_id twice");
            }
        }
        match block.get("type").and_then(Value::as_str) {
            Some("header") => self.text(&format!("{place}.text"), block.get("text"), &["plain_text"], 150),
            Some("section") => self.section(place, block),
            Some("context") => {
                let elements = list(block, "elements");
                if elements.is_empty() {
                    self.add(place, "no elements");
                }
                self.at_most(&format!("{place}.elements"), elements.len(), 10);
                for (i, element) in elements.iter().enumerate() {
                    self.text(&format!("{place}.elements[{i}]"), Some(element), &["mrkdwn", "plain_text"], 3_000);
                }
            }
            Some("actions") => {
                let elements = list(block, "elements");
                if elements.is_empty() {
                    self.add(place, "no elements");
                }
                self.at_most(&format!("{place}.elements"), elements.len(), 25);
                let mut actions = BTreeSet::new();
                for (i, element) in elements.iter().enumerate() {
                    self.button(&format!("{place}.elements[{i}]"), element, &mut actions);
                }
            }
            Some("divider") => {}
            other => self.add(place, format!("block type {other:?} is not one we use")),
        }
    }

    fn section(&mut self, place: &str, block: &Value) {
        let fields = list(block, "fields");
        if block.get("text").is_none() && fields.is_empty() {
            self.add(place, "neither text nor fields");
        }
        if block.get("text").is_some() {
            self.text(&format!("{place}.text"), block.get("text"), &["mrkdwn", "plain_text"], 3_000);
        }
        self.at_most(&format!("{place}.fields"), fields.len(), 10);
        for (i, field) in fields.iter().enumerate() {
            self.text(&format!("{place}.fields[{i}]"), Some(field), &["mrkdwn", "plain_text"], 2_000);
        }
    }

    fn button(&mut self, place: &str, element: &Value, actions: &mut BTreeSet<String>) {
        if element.get("type").and_then(Value::as_str) != Some("button") {
            self.add(place, "not a button");
        }
        self.text(&format!("{place}.text"), element.get("text"), &["plain_text"], 75);
        let text = |key: &str| element.get(key).and_then(Value::as_str).map(str::to_owned);
        if let Some(url) = text("url") {
            self.length(&format!("{place}.url"), &url, 1, 3_000);
            if !url.starts_with("https://") && !url.starts_with("http://") {
                self.add(place, "the url is not a web address");
            }
        }
        if let Some(value) = text("value") {
            self.length(&format!("{place}.value"), &value, 1, 2_000);
        }
        if let Some(id) = text("action_id") {
            self.length(&format!("{place}.action_id"), &id, 1, 255);
            if !actions.insert(id) {
                self.add(place, "action_id twice");
            }
        }
        if element.get("style").is_some_and(|s| s != "primary" && s != "danger") {
            self.add(place, "unknown style");
        }
    }

    fn text(&mut self, place: &str, object: Option<&Value>, kinds: &[&str], most: usize) {
        let kind = object.and_then(|o| o.get("type")).and_then(Value::as_str).unwrap_or("");
        let Some(text) = object.and_then(|o| o.get("text")).and_then(Value::as_str) else {
            return self.add(place, "no text");
        };
        if !kinds.contains(&kind) {
            self.add(place, format!("text type `{kind}`"));
        }
        self.length(place, text, 1, most);
        if kind == "mrkdwn" {
            self.markup(place, text);
        } else {
            self.broadcast(place, text);
        }
    }

    /// Only the three entities, only dates and links between angle brackets, no broadcast.
    fn markup(&mut self, place: &str, text: &str) {
        self.broadcast(place, text);
        for (at, _) in text.match_indices('&') {
            if !["&amp;", "&lt;", "&gt;"].iter().any(|entity| text[at..].starts_with(entity)) {
                self.add(place, "an `&` that is not escaped");
            }
        }
        let mut rest = text;
        while let Some(at) = rest.find('<') {
            let Some(end) = rest[at..].find('>') else {
                return self.add(place, "a `<` that is not closed");
            };
            let inner = &rest[at + 1..at + end];
            let good = inner.starts_with("!date^") && inner.contains('|')
                || inner.starts_with("https://")
                || inner.starts_with("http://");
            if !good {
                self.add(place, format!("`<{inner}>` is a mention or not escaped"));
            }
            rest = &rest[at + end + 1..];
        }
        // Fences and inline code must be closed, or the rest of the message turns into code.
        if text.matches('`').count() % 2 == 1 {
            self.add(place, "a backtick that is not closed");
        }
    }

    fn broadcast(&mut self, place: &str, text: &str) {
        let lower = text.to_lowercase();
        for word in ["@channel", "@here", "@everyone", "<!channel", "<!here", "<!everyone", "<!subteam"] {
            if lower.contains(word) {
                self.add(place, format!("mentions {word}"));
            }
        }
        if text.chars().any(|c| c.is_control() && c != '\n') {
            self.add(place, "a control character");
        }
    }
}

fn list<'a>(block: &'a Value, key: &str) -> &'a [Value] {
    block.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
