//! Reads the texts of one language and fills them in. A file is made of heads and steps:
//!
//!   [RULE RULE …]        the rules that the steps are for; a `*` in a rule stands for any text, the most exact head counts
//!   expand: TEXT         a step; lines that follow with an indent belong to it
//!   # …                  a comment, outside of steps
//!
//! `{name}` is the last part of the path, `{path}` the whole, `{before}` and `{after}` the two values,
//! `{number}` a Protobuf field's where it is told.

use super::{Language, Phase, Step};
use serde_json::Value;
use std::sync::LazyLock;
use tessera_model::change::Change;

/// The steps of a head, as they stand in the file.
type Texts = Vec<(Phase, String)>;

pub(super) struct Book(Vec<(Vec<&'static str>, Texts)>);

static AVRO: LazyLock<Book> = LazyLock::new(|| read(include_str!("avro.txt")));
static PROTOBUF: LazyLock<Book> = LazyLock::new(|| read(include_str!("protobuf.txt")));
static GRAPHQL: LazyLock<Book> = LazyLock::new(|| read(include_str!("graphql.txt")));
static OPENAPI: LazyLock<Book> = LazyLock::new(|| read(include_str!("openapi.txt")));
static JSON_SCHEMA: LazyLock<Book> = LazyLock::new(|| read(include_str!("json_schema.txt")));
static DBT: LazyLock<Book> = LazyLock::new(|| read(include_str!("dbt.txt")));

pub(super) fn book(language: Language) -> Option<&'static Book> {
    Some(match language {
        Language::Avro => &AVRO,
        Language::Protobuf => &PROTOBUF,
        Language::GraphQl => &GRAPHQL,
        Language::OpenApi => &OPENAPI,
        Language::JsonSchema => &JSON_SCHEMA,
        Language::Dbt => &DBT,
        Language::Sql => return None,
    })
}

/// Never fails: what is no head and no step is left out, and a test reads every line.
fn read(text: &'static str) -> Book {
    let mut heads: Vec<(Vec<&'static str>, Texts)> = Vec::new();
    for line in text.lines() {
        if let Some(head) = line.strip_prefix('[').and_then(|l| l.strip_suffix(']')) {
            heads.push((head.split_whitespace().collect(), Vec::new()));
            continue;
        }
        let Some((_, texts)) = heads.last_mut() else { continue };
        match (phase(line), line.strip_prefix("  "), texts.last_mut()) {
            (Some((phase, text)), _, _) => texts.push((phase, text.trim().to_owned())),
            (None, Some(more), Some((_, text))) => {
                text.push('\n');
                text.push_str(more);
            }
            _ => {}
        }
    }
    for (_, texts) in &mut heads {
        for (_, text) in texts {
            *text = text.trim().to_owned();
        }
    }
    Book(heads)
}

fn phase(line: &str) -> Option<(Phase, &str)> {
    [("expand:", Phase::Expand), ("migrate:", Phase::Migrate), ("contract:", Phase::Contract)]
        .into_iter()
        .find_map(|(word, phase)| line.strip_prefix(word).map(|rest| (phase, rest)))
}

impl Book {
    pub(super) fn of(&self, rule: &str) -> Option<&Texts> {
        let mut best: Option<(usize, &Texts)> = None;
        for (patterns, texts) in &self.0 {
            for pattern in patterns {
                if !fits(pattern, rule) {
                    continue;
                }
                let worth = if pattern.contains('*') { pattern.len() } else { usize::MAX };
                if best.is_none_or(|(most, _)| worth > most) {
                    best = Some((worth, texts));
                }
            }
        }
        best.map(|(_, texts)| texts)
    }

    #[cfg(test)]
    pub(super) fn heads(&self) -> &[(Vec<&'static str>, Texts)] {
        &self.0
    }
}

/// Does the rule fit a pattern in which each `*` stands for any text?
fn fits(pattern: &str, rule: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == rule,
        Some((start, rest)) => {
            let Some(left) = rule.strip_prefix(start) else { return false };
            (0..=left.len()).any(|i| left.get(i..).is_some_and(|tail| fits(rest, tail)))
        }
    }
}

pub(super) fn steps(change: &Change, language: Language) -> Vec<Step> {
    let Some(texts) = book(language).and_then(|b| b.of(&change.rule)) else { return Vec::new() };
    let name = name(&change.path, language);
    let (before, after) = (shown(&change.before), shown(&change.after));
    let number = number(change);
    let words =
        [("path", change.path.as_str()), ("name", &name), ("before", &before), ("after", &after), ("number", &number)];
    texts.iter().map(|(phase, text)| Step { phase: *phase, language, text: fill(text, &words) }).collect()
}

/// The number of a Protobuf field that is told as it was declared (`string note = 3`); else a place to fill in.
fn number(change: &Change) -> String {
    [&change.before, &change.after]
        .into_iter()
        .filter_map(|value| value.as_str()?.rsplit_once(" = "))
        .map(|(_, number)| number)
        .find(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
        .unwrap_or("<number>")
        .to_owned()
}

/// Replaces `{word}`s; what is no known word stays as it is. One pass, so that a value is never read as a template.
pub(super) fn fill(text: &str, words: &[(&str, &str)]) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        out.push_str(&rest[..open]);
        let inside = &rest[open + 1..];
        let known = words.iter().find(|(word, _)| inside.strip_prefix(word).is_some_and(|r| r.starts_with('}')));
        match known {
            Some((word, value)) => {
                out.push_str(value);
                rest = &inside[word.len() + 1..];
            }
            None => {
                out.push('{');
                rest = inside;
            }
        }
    }
    out.push_str(rest);
    out
}

/// What a path is about, in any of the notations: the innermost field or property (`/fields/a/type` is about `a`), else the
/// last part (`Type.field`, `GET /pets query parameter n`).
fn name(path: &str, language: Language) -> String {
    let inner = match language {
        Language::Avro => "/fields/",
        Language::JsonSchema => "/properties/",
        _ => "",
    };
    let path = match path.rsplit_once(inner).filter(|_| !inner.is_empty()) {
        Some((_, from)) => from.split('/').next().unwrap_or(from),
        None => path,
    };
    let last = path.rsplit(['/', '.', ' ', ':']).find(|p| !p.is_empty()).unwrap_or(path);
    last.replace("~1", "/").replace("~0", "~")
}

/// A value inside a text: a text as it is, anything else as JSON on one line.
fn shown(value: &Value) -> String {
    match value {
        Value::Null => "…".to_owned(),
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
