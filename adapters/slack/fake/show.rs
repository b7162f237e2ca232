//! A message as plain text, for terminals: what a person would read in Slack.

use super::state::Message;
use serde_json::Value;

/// Header underlined, context in parentheses, buttons in brackets, replies indented below.
pub fn render_text(message: &Message) -> String {
    let mut out = Vec::new();
    for block in &message.blocks {
        match block.get("type").and_then(Value::as_str) {
            Some("header") => {
                let title = text_of(block.get("text"));
                out.push(title.clone());
                out.push("─".repeat(title.chars().count()));
            }
            Some("section") => {
                out.extend(text_of(block.get("text")).lines().map(str::to_owned));
                out.extend(list(block, "fields").iter().map(|f| text_of(Some(f))));
            }
            Some("context") => {
                let parts: Vec<String> = list(block, "elements").iter().map(|e| text_of(Some(e))).collect();
                out.extend(parts.join(" · ").lines().map(|line| format!("({line})")));
            }
            Some("actions") => {
                let buttons = list(block, "elements").iter().map(|b| {
                    let url = b.get("url").and_then(Value::as_str).unwrap_or("");
                    format!("[{}] {url}", text_of(b.get("text")))
                });
                out.extend(buttons);
            }
            _ => {}
        }
    }
    if message.blocks.is_empty() {
        out.extend(mrkdwn(&message.text).lines().map(str::to_owned));
    }
    for reply in &message.replies {
        for (i, line) in render_text(reply).lines().enumerate() {
            out.push(format!("  {} {line}", if i == 0 { "↳" } else { " " }));
        }
    }
    out.join("\n")
}

fn list<'a>(block: &'a Value, key: &str) -> &'a [Value] {
    block.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text_of(object: Option<&Value>) -> String {
    let Some(object) = object else { return String::new() };
    let text = object.get("text").and_then(Value::as_str).unwrap_or("");
    if object.get("type").and_then(Value::as_str) == Some("mrkdwn") { mrkdwn(text) } else { text.to_owned() }
}

/// Tokens to their labels, entities to characters, code fences to indentation.
fn mrkdwn(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        plain.push_str(&rest[..at]);
        let Some(end) = rest[at..].find('>') else {
            plain.push_str(&rest[at..]);
            rest = "";
            break;
        };
        plain.push_str(&token(&rest[at + 1..at + end]));
        rest = &rest[at + end + 1..];
    }
    plain.push_str(rest);
    let mut fenced = false;
    let mut lines = Vec::new();
    for line in plain.lines() {
        if line.trim() == "```" {
            fenced = !fenced;
        } else if fenced {
            lines.push(format!("    {line}"));
        } else {
            lines.push(line.replace('*', ""));
        }
    }
    lines.join("\n").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace('\u{200B}', "")
}

fn token(inner: &str) -> String {
    match inner.split_once('|') {
        Some((date, fallback)) if date.starts_with("!date^") => fallback.to_owned(),
        Some((url, label)) => format!("{label} ({})", url.replace("&amp;", "&")),
        None => inner.to_owned(),
    }
}
