//! What changed: at most five lines in a code block, breaking ones first, then "+N more".

use super::Size;
use crate::blocks::Lines;
use crate::text::{code_line, count, escape, inline_url, link};
use serde_json::Value;
use std::collections::BTreeSet;
use tessera_model::report::AssetChange;
use tessera_ports::notifier::Notice;

const SHOWN: usize = 5;

pub(super) fn section(notice: &Notice, size: Size) -> Lines {
    let mut lines = Lines::new(2_900);
    if notice.changes.is_empty() {
        return lines;
    }
    let mut sorted: Vec<&AssetChange> = notice.changes.iter().collect();
    sorted.sort_by_key(|c| !c.change.breaking);
    let shown: Vec<String> = sorted.iter().take(SHOWN).map(|c| code_line(&one(c, notice), size.room / 8)).collect();
    lines.push(&format!("```\n{}\n```", shown.join("\n")));
    if sorted.len() > SHOWN {
        let more = format!("+{} more", sorted.len() - SHOWN);
        lines.push(&match notice.url.as_deref().and_then(inline_url) {
            Some(url) => link(&url, &more),
            None => more,
        });
    }
    lines
}

/// `✗ status: VARCHAR → removed (column-removed)`; the asset's name is said where the message does not say it.
fn one(change: &AssetChange, notice: &Notice) -> String {
    let fields = &change.change;
    let mark = if fields.breaking { '✗' } else { '•' };
    let column = change.column.as_deref().unwrap_or("");
    let subject = match (notice.asset.as_deref() == Some(change.asset.as_str()), column) {
        (true, "") => change.asset.clone(),
        (true, column) => column.to_owned(),
        (false, "") => change.asset.clone(),
        (false, column) => format!("{}.{column}", change.asset),
    };
    let what = match (shown(&fields.before), shown(&fields.after)) {
        (Some(before), Some(after)) => format!("{before} → {after}"),
        (Some(before), None) if fields.after.is_null() => format!("{before} → removed"),
        (None, Some(after)) if fields.before.is_null() => format!("added as {after}"),
        _ if fields.message.is_empty() => "changed".to_owned(),
        _ => fields.message.clone(),
    };
    format!("{mark} {subject}: {what} ({})", fields.rule)
}

/// A type or another short text. Other values (booleans, objects) say little without the change's own sentence.
fn shown(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        _ => None,
    }
}

/// `3 breaking and 2 other changes in 2 tables`.
pub(super) fn counts(changes: &[AssetChange]) -> String {
    if changes.is_empty() {
        return String::new();
    }
    let breaking = changes.iter().filter(|c| c.change.breaking).count();
    let other = changes.len() - breaking;
    let what = match (breaking, other) {
        (0, n) => count(n, "compatible change"),
        (n, 0) => count(n, "breaking change"),
        (b, o) => format!("{b} breaking and {}", count(o, "other change")),
    };
    let assets: BTreeSet<&str> = changes.iter().map(|c| c.asset.as_str()).collect();
    format!("*{what}* in {}", count(assets.len(), "table"))
}

/// The first two things to do instead.
pub(super) fn suggestions(changes: &[AssetChange], size: Size) -> Lines {
    let mut seen = BTreeSet::new();
    let mut lines = Lines::new(1_000);
    for suggestion in changes.iter().filter_map(|c| c.change.suggestion.as_deref()) {
        if seen.len() < 2 && seen.insert(suggestion) {
            lines.push(&format!("Instead: {}", escape(suggestion, size.room / 8)));
        }
    }
    lines
}
