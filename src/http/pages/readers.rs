//! Changes and their readers, as tables.

use crate::pages::layout::badge;
use maud::{Markup, html};
use serde_json::Value;
use tessera_model::report::AssetChange;
use tessera_model::{Effect, Reader};

/// A value as a person would write it.
fn value(value: &Value) -> String {
    match value {
        Value::Null => "—".into(),
        Value::String(text) => text.clone(),
        other => {
            let text = other.to_string();
            let short: String = text.chars().take(120).collect();
            if short.len() < text.len() { format!("{short}…") } else { short }
        }
    }
}

fn effect(effect: Effect) -> Markup {
    match effect {
        Effect::Breaks => badge("bad", "breaks"),
        Effect::Changes => badge("wait", "changes"),
        Effect::Reads => badge("wait", "reads"),
        Effect::MayRead => badge("wait", "may read"),
        Effect::Unaffected => badge("dim", "unaffected"),
    }
}

pub(crate) fn changes(changes: &[&AssetChange]) -> Markup {
    html! {
        @for change in changes {
            article.change {
                h3 {
                    code { (change.asset) @if let Some(column) = &change.column { "." (column) } }
                    " " @if change.change.breaking { (badge("bad", "breaking")) }
                }
                p { (change.change.message) }
                dl {
                    dt { "Rule" } dd { code { (change.change.rule) } }
                    dt { "Before" } dd { code { (value(&change.change.before)) } }
                    dt { "After" } dd { code { (value(&change.change.after)) } }
                    @if let Some(file) = &change.file {
                        dt { "Where" } dd { code { (file) @if let Some(line) = change.line { ":" (line) } } }
                    }
                    @if !change.caused_by.is_empty() { dt { "Caused by" } dd { code { (change.caused_by.join(", ")) } } }
                    @if let Some(suggestion) = &change.change.suggestion { dt { "Instead" } dd { (suggestion) } }
                }
                @if change.readers.is_empty() { p.dim { "Nobody is known to read this." } }
                @else { (readers(&change.readers)) }
            }
        }
    }
}

pub(crate) fn readers(readers: &[Reader]) -> Markup {
    html! {
        div.scroll {
            table {
                caption { "Readers" }
                thead { tr { th scope="col" { "Who" } th scope="col" { "Team" } th scope="col" { "Effect" } th scope="col" { "Columns" } th scope="col" { "Use" } th scope="col" { "Why" } } }
                tbody {
                    @for reader in readers {
                        tr {
                            td { code { (reader.name) } @if !reader.via.is_empty() { br; span.dim { "through " (reader.via.join(" → ")) } } }
                            td { (reader.team.as_deref().unwrap_or("nobody")) }
                            td { (effect(reader.effect)) }
                            td { (reader.columns.join(", ")) }
                            td { (reader.uses.iter().map(|u| u.name()).collect::<Vec<_>>().join(", ")) }
                            td { (reader.reason.as_deref().unwrap_or("")) }
                        }
                    }
                }
            }
        }
    }
}
