//! Words and small texts that all formats share. Everything from outside passes through `clean` or `clean_line` before it
//! is shown: names and comments are data, never terminal commands or markup.

use serde_json::Value;
use tessera_model::finding::Severity;
use tessera_model::reader::{EvidenceSource, Reader, ReaderKind};

/// Longer values are cut in prose; the JSON form has them whole.
const VALUE: usize = 120;

/// Removes what could steer a terminal or hide text: control characters (line ends and tabs stay), bidirectional
/// overrides, invisible characters.
pub(super) fn clean(text: &str) -> String {
    text.replace("\r\n", "\n").chars().filter(|c| matches!(c, '\n' | '\t') || !is_unsafe(*c)).collect()
}

/// The same on one line.
pub(super) fn clean_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c }).collect();
    let kept: String = spaced.chars().filter(|c| !is_unsafe(*c)).collect();
    kept.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A value before or after; `None` for nothing.
pub(super) fn value(value: &Value) -> Option<String> {
    let text = match value {
        Value::Null => return None,
        Value::Array(items) if items.is_empty() => return None,
        Value::String(text) => clean_line(text),
        Value::Array(items) if items.iter().all(Value::is_string) => {
            clean_line(&items.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "))
        }
        other => clean_line(&other.to_string()),
    };
    Some(cut(&text, VALUE))
}

/// `numeric(18,2) → double precision`; empty when there is neither side.
pub(super) fn transition(rule: &str, before: &Value, after: &Value) -> String {
    // `true → false` says nothing by itself.
    let [yes, no] = match rule.split('-').next() {
        Some("nullable") => ["nullable", "NOT NULL"],
        Some("required") => ["required", "optional"],
        _ => ["true", "false"],
    };
    let said = |v: &Value| match v.as_bool() {
        Some(true) => Some(yes.to_owned()),
        Some(false) => Some(no.to_owned()),
        None => value(v),
    };
    match (said(before), said(after)) {
        (None, None) => String::new(),
        (before, after) => {
            let side = |v: Option<String>| v.unwrap_or_else(|| "(none)".to_owned());
            format!("{} → {}", side(before), side(after))
        }
    }
}

/// At most so many characters, with `…` for the rest.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut out: String = text.chars().take(most.saturating_sub(1)).collect();
    out.push('…');
    out
}

/// `1 reader`, `2 readers`.
pub(super) fn count(n: usize, singular: &str) -> String {
    if n == 1 { format!("1 {singular}") } else { format!("{n} {singular}s") }
}

/// `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`.
pub(super) fn list(items: &[String], most: usize) -> String {
    let (shown, rest) = items.split_at(items.len().min(most.max(1)));
    let more = (!rest.is_empty()).then(|| format!("{} more", rest.len()));
    let all: Vec<String> = shown.iter().cloned().chain(more).collect();
    match all.split_last() {
        None => String::new(),
        Some((only, [])) => only.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}

pub(super) fn kind(kind: ReaderKind) -> &'static str {
    match kind {
        ReaderKind::DbtModel => "dbt model",
        ReaderKind::DbtSnapshot => "dbt snapshot",
        ReaderKind::DbtTest => "dbt test",
        ReaderKind::Exposure => "exposure",
        ReaderKind::Registration => "registration",
        ReaderKind::View => "view",
        ReaderKind::Query => "query",
        ReaderKind::Agent => "agent",
    }
}

pub(super) fn team(reader: &Reader) -> String {
    reader.team.as_deref().map_or_else(|| "no team".to_owned(), clean_line)
}

pub(super) fn uses(reader: &Reader) -> String {
    reader.uses.iter().map(|u| u.name()).collect::<Vec<_>>().join(", ")
}

/// `query history, 14 times, last 2026-07-01`.
pub(super) fn evidence(reader: &Reader) -> String {
    let evidence = &reader.evidence;
    let source = match evidence.source {
        EvidenceSource::Dbt => "dbt",
        EvidenceSource::Exposure => "exposure",
        EvidenceSource::Registration => "registration",
        EvidenceSource::ViewDefinition => "view definition",
        EvidenceSource::QueryHistory => "query history",
        EvidenceSource::OpenLineage => "OpenLineage",
        EvidenceSource::Agent => "agent",
    };
    let mut text = source.to_owned();
    if evidence.count > 1 {
        text.push_str(&format!(", {} times", evidence.count));
    }
    if let Some(seen) = evidence.last_seen {
        text.push_str(&format!(", last {}", seen.strftime("%Y-%m-%d")));
    }
    text
}

pub(super) fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}
