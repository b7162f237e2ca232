//! One finding on its way to a `Change`: our rule, the source's rules that see the same thing, and what is said.

use super::rules::RULES;
use crate::table::{Say, build};
use serde_json::{Value, json};
use tessera_model::change::{Change, ChangeKind, Judgment, SourceRule};

#[derive(Debug, Clone)]
pub(super) struct Found {
    rule: &'static str,
    pub(super) path: String,
    pub(super) sources: Vec<(&'static str, String)>,
    pub(super) before: Value,
    pub(super) after: Value,
    said: String,
    name: String,
    number: String,
    column: Option<String>,
    asked: Option<(Judgment, Judgment)>,
    witness: Option<Value>,
}

pub(super) fn found(rule: &'static str, path: impl Into<String>) -> Found {
    let path = path.into();
    let name = path.rsplit('.').next().unwrap_or_default().to_owned();
    Found {
        rule,
        path,
        sources: Vec::new(),
        before: Value::Null,
        after: Value::Null,
        said: String::new(),
        name,
        number: String::new(),
        column: None,
        asked: None,
        witness: None,
    }
}

impl Found {
    pub(super) fn seen_by(mut self, source: &'static str, file: &str) -> Self {
        self.sources.push((source, file.to_owned()));
        self
    }

    pub(super) fn seen_if(self, holds: bool, source: &'static str, file: &str) -> Self {
        if holds { self.seen_by(source, file) } else { self }
    }

    pub(super) fn values(mut self, before: impl Into<Value>, after: impl Into<Value>) -> Self {
        (self.before, self.after) = (before.into(), after.into());
        self
    }

    pub(super) fn says(mut self, said: impl Into<String>) -> Self {
        self.said = said.into();
        self
    }

    /// For rules whose judgment is `asked`.
    pub(super) fn judged(mut self, reads: Judgment, writes: Judgment) -> Self {
        self.asked = Some((reads, writes));
        self
    }

    pub(super) fn number(mut self, number: i64) -> Self {
        self.number = number.to_string();
        self
    }

    pub(super) fn column(mut self, name: &str) -> Self {
        self.column = Some(name.to_owned());
        self
    }

    pub(super) fn witness(mut self, witness: Option<Value>) -> Self {
        self.witness = witness;
        self
    }

    pub(super) fn change(self) -> Change {
        let rule = RULES.rules.get(self.rule);
        // A rule that the table does not have, or that nobody judged, is never ok.
        let kind = rule.map_or(ChangeKind::Structural, |r| r.kind);
        let doubt = Judgment::Undecided;
        let (asked_reads, asked_writes) = self.asked.unwrap_or((doubt, doubt));
        let reads = rule.and_then(|r| r.reads).unwrap_or(asked_reads);
        let writes = rule.and_then(|r| r.writes).unwrap_or(asked_writes);
        let mut change =
            build(self.rule, &self.path, kind, reads, writes).values(self.before, self.after).says(self.said);
        if reads != Judgment::Ok || writes != Judgment::Ok {
            change.suggestion = RULES.advice(self.rule, &self.name, &self.number);
        }
        change.column = self.column;
        change.witness = self.witness;
        change.source_rules = self.sources.into_iter().map(source).collect();
        change
    }
}

fn source((rule, file): (&'static str, String)) -> SourceRule {
    let levels = RULES.levels.get(rule).into_iter().flatten().map(|l| (*l).to_owned()).collect();
    SourceRule { rule: rule.to_owned(), levels, file }
}

/// `a`, `b` and `c`, for values shown as a list.
pub(super) fn list(names: &[String]) -> Value {
    json!(names)
}
