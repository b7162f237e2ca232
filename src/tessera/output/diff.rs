//! What `tessera diff` says, in the formats of `check`: what was compared and by which rule, each change with its proof and the
//! way out, last what it comes to.

mod markdown;
mod sarif;
#[cfg(test)]
mod tests;
mod text;

use super::words::{self, clean_line, count};
use super::{OutputFormat, github, json};
use anyhow::{Result, bail};
use serde_json::{Value, json};
use tessera_diff::DbtVerdict;
use tessera_model::change::Change;
use tessera_model::{Compatibility, Judgment, Mode};

/// A comparison and its outcome.
#[derive(Debug, Clone)]
pub(crate) struct DiffReport {
    pub(crate) old: String,
    pub(crate) new: String,
    /// The new side's file, for annotations.
    pub(crate) file: Option<String>,
    /// As the command line takes it, and why it was taken.
    pub(crate) format: &'static str,
    pub(crate) because: String,
    /// Of tables: how types are read.
    pub(crate) dialect: Option<String>,
    pub(crate) compat: Compatibility,
    pub(crate) changes: Vec<Change>,
    pub(crate) undecided: bool,
    pub(crate) dbt: Option<DbtVerdict>,
    pub(crate) notes: Vec<String>,
}

/// How much a change weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Weight {
    Breaking,
    Undecided,
    Notice,
    Fine,
}

impl Weight {
    fn of(change: &Change) -> Weight {
        let is = |j: Judgment| change.reads == j || change.writes == j;
        match change.breaking {
            true if is(Judgment::Undecided) && !is(Judgment::Fails) => Weight::Undecided,
            true => Weight::Breaking,
            false if is(Judgment::Fails) || is(Judgment::Risky) || is(Judgment::Undecided) => Weight::Notice,
            false => Weight::Fine,
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Weight::Breaking => "✗",
            Weight::Undecided => "?",
            Weight::Notice => "!",
            Weight::Fine => "·",
        }
    }

    fn label(self) -> &'static str {
        match self {
            Weight::Breaking => "breaking",
            Weight::Undecided => "undecided",
            Weight::Notice => "notice",
            Weight::Fine => "compatible",
        }
    }
}

impl DiffReport {
    fn breaking(&self) -> usize {
        self.changes.iter().filter(|c| c.breaking).count()
    }

    pub(crate) fn exit(&self) -> u8 {
        match (self.breaking(), self.undecided) {
            (_, true) => 2,
            (0, _) => 0,
            _ => 1,
        }
    }

    /// Worst first, otherwise in the diff's own order.
    fn sorted(&self) -> Vec<&Change> {
        let mut all: Vec<&Change> = self.changes.iter().collect();
        all.sort_by_key(|c| Weight::of(c));
        all
    }

    /// The same for people: a property that is new and required is told once, as long as that says all there is to say.
    fn told(&self) -> Vec<&Change> {
        let all = self.sorted();
        let said = |c: &Change| {
            let covers = |r: &&Change| r.rule == "required-added" && r.path == c.path;
            c.rule == "property-added" && all.iter().any(|r| covers(r) && c.reads <= r.reads && c.writes <= r.writes)
        };
        all.iter().copied().filter(|c| !said(c)).collect()
    }

    fn headline(&self) -> String {
        format!("{} → {}", clean_line(&self.old), clean_line(&self.new))
    }

    fn compared(&self) -> String {
        let dialect = self.dialect.as_deref().map(|d| format!(", types of {d}")).unwrap_or_default();
        format!("format: {}{dialect} ({})", self.format, clean_line(&self.because))
    }

    fn verdict(&self) -> String {
        let told = self.told();
        let all = count(told.len(), "change");
        let breaking = told.iter().filter(|c| c.breaking).count();
        let said = match (told.len(), breaking, self.undecided) {
            (0, _, _) => "no change".to_owned(),
            (_, n, true) => format!(
                "undecided: {n} of {all} could not be shown to be compatible; what is not known is never called safe"
            ),
            (_, 0, _) if self.compat.mode == Mode::None => {
                format!("compatible: {all}; nothing is breaking under `none`")
            }
            (_, 0, _) => format!("compatible: {all}, and {}", self.promise()),
            (_, n, _) => format!("breaking: {n} of {all} {}", self.broken(n)),
        };
        format!("{said} (exit {})", self.exit())
    }

    fn promise(&self) -> &'static str {
        match self.compat.mode {
            Mode::Backward => "old readers can read new data",
            Mode::Forward => "old producers' data fits the new schema",
            Mode::Full | Mode::None => "none of them structural",
        }
    }

    fn broken(&self, n: usize) -> &'static str {
        match (self.compat.mode, n) {
            (Mode::Backward, 1) => "keeps old readers from reading new data",
            (Mode::Backward, _) => "keep old readers from reading new data",
            (Mode::Forward, 1) => "keeps old producers' data from fitting the new schema",
            (Mode::Forward, _) => "keep old producers' data from fitting the new schema",
            (_, 1) => "is structural",
            (_, _) => "are structural",
        }
    }
}

/// What a change says in one line about both judgments.
fn judgments(change: &Change) -> String {
    let word = |j: Judgment| match j {
        Judgment::Ok => "ok",
        Judgment::Risky => "risky",
        Judgment::Undecided => "undecided",
        Judgment::Fails => "fails",
    };
    format!("old readers: {} · old writers: {}", word(change.reads), word(change.writes))
}

fn place(change: &Change) -> String {
    if change.path.is_empty() { "(the whole)".to_owned() } else { clean_line(&change.path) }
}

/// A value that proves the judgment, on one line.
fn proof(change: &Change) -> Option<String> {
    change.witness.as_ref().map(|w| words::cut(&clean_line(&w.to_string()), 400))
}

/// The report in one format.
pub(crate) fn render(report: &DiffReport, format: OutputFormat, color: bool) -> Result<String> {
    Ok(match format {
        OutputFormat::Text => text::render(report, color),
        OutputFormat::Json => json::pretty(&value(report))?,
        OutputFormat::Markdown => markdown::render(report),
        OutputFormat::Sarif => json::pretty(&sarif::render(report))?,
        OutputFormat::Github => annotations(report),
        OutputFormat::Junit => {
            bail!("a diff has no test cases for junit: say text, json, markdown, github or sarif")
        }
    })
}

fn value(report: &DiffReport) -> Value {
    let compatible = if report.undecided { Value::Null } else { json!(report.breaking() == 0) };
    let mut out = json!({
        "schema_version": 1,
        "old": report.old,
        "new": report.new,
        "format": report.format,
        "format_because": report.because,
        "dialect": report.dialect,
        "mode": report.compat.to_string(),
        "meaning": report.compat.mode.sentence(),
        "compatible": compatible,
        "undecided": report.undecided,
        "exit": report.exit(),
        "changes": report.changes,
        "notes": report.notes,
    });
    if let Some(dbt) = &report.dbt {
        out["dbt_contract"] = json!(dbt);
    }
    out
}

fn annotations(report: &DiffReport) -> String {
    let file = report.file.as_deref();
    let mut out = String::new();
    for c in report.told() {
        let weight = Weight::of(c);
        let kind = match weight {
            Weight::Breaking | Weight::Undecided => "error",
            Weight::Notice => "warning",
            Weight::Fine => "notice",
        };
        let mut body = format!("{}\n{}", c.message, judgments(c));
        if let Some(proof) = proof(c) {
            body.push_str(&format!("\nproof: {proof}"));
        }
        if let Some(suggestion) = &c.suggestion {
            body.push_str(&format!("\n→ {suggestion}"));
        }
        let title = format!("{}: {}", clean_line(&c.rule), place(c));
        out.push_str(&github::command(kind, file, None, &title, &body));
    }
    let kind = if report.exit() == 0 { "notice" } else { "error" };
    out.push_str(&github::command(kind, None, None, "tessera diff", &report.verdict()));
    out
}
