//! What every format needs to know about a report before it renders it: which change is worse, who is asked, what is
//! unknown, and the one sentence that says what to do next. Formats differ in markup only, never in judgment.

use super::ReportContext;
use super::words::{self, clean_line, count, list};
use std::collections::{BTreeMap, BTreeSet};
use tessera_model::Judgment;
use tessera_model::finding::Severity;
use tessera_model::reader::{Effect, Reader};
use tessera_model::report::{AssetChange, CheckReport, Verdict};

/// How bad a change is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Breaking, and somebody else reads it.
    Blocking,
    /// Could not be told, so it counts as breaking.
    Undecided,
    /// Breaking, and nobody else is known to read it.
    Unread,
    /// Breaking and agreed on.
    Acknowledged,
    /// Compatible, but readers change with it.
    Affecting,
    Compatible,
}

impl Level {
    pub(super) fn mark(self) -> &'static str {
        match self {
            Level::Blocking => "✗",
            Level::Undecided => "?",
            Level::Unread => "!",
            Level::Acknowledged => "✓",
            Level::Affecting => "~",
            Level::Compatible => "·",
        }
    }

    pub(super) fn label(self) -> &'static str {
        match self {
            Level::Blocking => "breaking",
            Level::Undecided => "undecided, counts as breaking",
            Level::Unread => "breaking, nobody else is known to read it",
            Level::Acknowledged => "breaking, acknowledged",
            Level::Affecting => "compatible, readers change with it",
            Level::Compatible => "compatible",
        }
    }
}

/// A change with its level.
#[derive(Debug, Clone, Copy)]
pub(super) struct Item<'a> {
    pub(super) change: &'a AssetChange,
    pub(super) level: Level,
}

#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) report: &'a CheckReport,
    pub(super) context: &'a ReportContext,
    /// Worst first, then by name.
    pub(super) items: Vec<Item<'a>>,
}

pub(super) const EFFECTS: [Effect; 4] = [Effect::Breaks, Effect::Changes, Effect::Reads, Effect::MayRead];

pub(super) fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Breaks => "breaks",
        Effect::Changes => "changes",
        Effect::Reads => "reads",
        Effect::MayRead => "may read",
        Effect::Unaffected => "unaffected",
    }
}

impl<'a> View<'a> {
    pub(super) fn new(report: &'a CheckReport, context: &'a ReportContext) -> Self {
        let mut items: Vec<Item<'a>> =
            report.changes.iter().map(|change| Item { change, level: level(change) }).collect();
        items.sort_by(|a, b| {
            let key = |i: &Item<'a>| (i.level, &i.change.asset, &i.change.column, &i.change.change.rule);
            key(a).cmp(&key(b))
        });
        View { report, context, items }
    }

    pub(super) fn at(&self, level: Level) -> Vec<Item<'a>> {
        self.items.iter().copied().filter(|i| i.level == level).collect()
    }

    /// Whether this change is a reason for the exit code not to be 0.
    pub(super) fn stops(&self, item: &Item<'_>) -> bool {
        match item.level {
            Level::Blocking | Level::Undecided => self.report.exit != 0,
            // `on_no_reader = "block"` is the only way to exit 1 without anybody to ask.
            Level::Unread => self.report.exit == 1 && self.report.verdict == Verdict::Notify,
            _ => false,
        }
    }

    /// `check of shop (postgres) against prod/manifest.json`.
    pub(super) fn headline(&self) -> String {
        let c = self.context;
        let dialect = if c.dialect.is_empty() { String::new() } else { format!(" ({})", clean_line(&c.dialect)) };
        let against = if c.compared_with.is_empty() {
            String::new()
        } else {
            format!(" against {}", clean_line(&c.compared_with))
        };
        format!("{}{dialect}{against}", clean_line(&c.project))
    }

    /// `9 of 10 models compiled, 8 resolved, 2 unknown (1 python, 1 uncompiled)`.
    pub(super) fn coverage(&self) -> String {
        let c = &self.report.coverage;
        if c.models == 0 && c.unknown.is_empty() {
            return "no models: nothing was analysed".to_owned();
        }
        let mut text = format!("{} of {} compiled, {} resolved", c.compiled, count(c.models, "model"), c.resolved);
        if c.unknown.is_empty() {
            text.push_str(", none unknown");
        } else {
            let causes: Vec<String> =
                self.causes().iter().map(|(cause, models)| format!("{} {cause}", models.len())).collect();
            text.push_str(&format!(", {} unknown ({})", c.unknown.len(), causes.join(", ")));
        }
        text
    }

    /// Unknown models by cause, the most frequent cause first.
    pub(super) fn causes(&self) -> Vec<(String, Vec<String>)> {
        let mut by_cause: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for unknown in &self.report.coverage.unknown {
            by_cause.entry(clean_line(&unknown.cause)).or_default().push(clean_line(&unknown.model));
        }
        let mut causes: Vec<_> = by_cause.into_iter().collect();
        causes.sort_by_key(|(_, models)| std::cmp::Reverse(models.len()));
        causes
    }

    /// Teams that must agree, and whether some reader has no team.
    pub(super) fn asked(&self) -> (Vec<String>, usize) {
        let mut teams = BTreeSet::new();
        let mut nobody = 0;
        for item in self.at(Level::Blocking) {
            for reader in others(item.change) {
                match &reader.team {
                    Some(team) => drop(teams.insert(clean_line(team))),
                    None => nobody += 1,
                }
            }
        }
        (teams.into_iter().collect(), nobody)
    }

    /// What it comes to and what to do next, with the exit code.
    pub(super) fn verdict(&self) -> String {
        format!("{}: {} (exit {})", self.report.verdict.name(), self.sentence(), self.report.exit)
    }

    fn sentence(&self) -> String {
        let blocking = self.at(Level::Blocking);
        match self.report.verdict {
            Verdict::Safe if self.report.changes.is_empty() => format!("no column changed{}", self.reservation()),
            Verdict::Safe => {
                let agreed = self.at(Level::Acknowledged).len();
                let which = if agreed > 0 { "nothing breaks that is not agreed on" } else { "nothing breaks" };
                format!("{} and {which}{}", count(self.report.changes.len(), "change"), self.reservation())
            }
            Verdict::Acknowledge => self.ask(&blocking),
            Verdict::Notify => {
                let unread = self.at(Level::Unread).len();
                let agreed = self.at(Level::Acknowledged).len();
                let what = match (unread, agreed) {
                    (0, 0) => "readers change with this, none breaks: tell them, then ship".to_owned(),
                    (0, n) => format!("{} agreed on: ship", are(n, "breaking change is", "breaking changes are")),
                    (n, _) if self.report.exit != 0 => format!(
                        "{}, and `[check] on_no_reader = \"block\"` stops that: keep what is read, or say --on-no-reader notify",
                        are(
                            n,
                            "breaking change is read by nobody else that is known",
                            "breaking changes are read by nobody else that is known"
                        ),
                    ),
                    (n, _) => format!(
                        "{}: ship if that is the whole truth",
                        are(
                            n,
                            "breaking change is read by nobody else that is known",
                            "breaking changes are read by nobody else that is known"
                        ),
                    ),
                };
                format!("{what}{}", self.reservation())
            }
            Verdict::Unknown => {
                let finding = self.report.findings.iter().find(|f| f.severity == Severity::Error);
                let undecided = self.at(Level::Undecided);
                let why = match (finding, undecided.first()) {
                    (Some(f), _) => clean_line(&f.message),
                    (None, Some(first)) => clean_line(&first.change.change.message),
                    (None, None) => "the check could not decide".to_owned(),
                };
                let remedy = finding
                    .and_then(|f| f.remedy.as_deref())
                    .or_else(|| undecided.first().and_then(|i| i.change.change.suggestion.as_deref()));
                match remedy {
                    Some(remedy) => format!("{why}; {}", clean_line(remedy)),
                    None => why,
                }
            }
        }
    }

    fn ask(&self, blocking: &[Item<'_>]) -> String {
        let (teams, nobody) = self.asked();
        let what = are(blocking.len(), "breaking change is", "breaking changes are");
        let mut who = list(&teams, 5);
        if nobody > 0 {
            let ownerless = format!("{} without a team", count(nobody, "reader"));
            who = if who.is_empty() { ownerless } else { format!("{who}, and by {ownerless}") };
        }
        let open: BTreeSet<&str> = blocking.iter().filter_map(|i| i.change.proposal.as_deref()).collect();
        let next = match open.first() {
            Some(id) if open.len() == 1 => {
                format!("wait for the answers to proposal {}, or undo the change", clean_line(id))
            }
            Some(_) => format!("wait for the answers to {} open proposals, or undo the changes", open.len()),
            None => "run `tessera propose` so that they can answer, or undo it".to_owned(),
        };
        format!("{what} read by {who}, not acknowledged: {next}")
    }

    /// What a good verdict leaves open.
    fn reservation(&self) -> String {
        match self.report.coverage.unknown.len() {
            0 => String::new(),
            n => format!("; {} could not be read and may use what changed", count(n, "model")),
        }
    }
}

fn are(n: usize, one: &str, many: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {many}") }
}

fn level(change: &AssetChange) -> Level {
    let fields = &change.change;
    let hit = |worst: Effect| change.readers.iter().any(|r| r.effect <= worst);
    if !fields.breaking {
        return if hit(Effect::Changes) { Level::Affecting } else { Level::Compatible };
    }
    let fails = |j: Judgment| j == Judgment::Fails;
    let undecided = |j: Judgment| j == Judgment::Undecided;
    if change.acknowledged {
        Level::Acknowledged
    } else if (undecided(fields.reads) || undecided(fields.writes)) && !fails(fields.reads) && !fails(fields.writes) {
        Level::Undecided
    } else if others(change).next().is_some() {
        Level::Blocking
    } else {
        Level::Unread
    }
}

/// Affected readers that the asset's owner does not answer for.
pub(super) fn others(change: &AssetChange) -> impl Iterator<Item = &Reader> {
    let own = |r: &Reader| match (&change.team, &r.team) {
        (Some(owner), Some(team)) => owner.eq_ignore_ascii_case(team),
        _ => false,
    };
    change.readers.iter().filter(move |r| r.effect != Effect::Unaffected && !own(r))
}

/// Readers of one effect, in the order of the report.
pub(super) fn readers(change: &AssetChange, effect: Effect) -> Vec<&Reader> {
    change.readers.iter().filter(|r| r.effect == effect).collect()
}

/// `fct_orders.amount`: the last part of the asset's name, and the column.
pub(super) fn short(change: &AssetChange) -> String {
    let asset = change.asset.rsplit('.').find(|p| !p.is_empty()).unwrap_or(&change.asset);
    with_column(asset, change)
}

/// `shop.marts.fct_orders.amount`.
pub(super) fn full(change: &AssetChange) -> String {
    with_column(&change.asset, change)
}

fn with_column(asset: &str, change: &AssetChange) -> String {
    match change.column.as_deref().filter(|c| !c.is_empty()) {
        Some(column) => format!("{}.{}", clean_line(asset), clean_line(column)),
        None => clean_line(asset),
    }
}

/// `models/fct_orders.sql:12`.
pub(super) fn place(change: &AssetChange) -> Option<String> {
    let file = clean_line(change.file.as_deref()?);
    Some(match change.line {
        Some(line) => format!("{file}:{line}"),
        None => file,
    })
}

/// Columns that a reader uses, when they say more than the change itself.
pub(super) fn other_columns(change: &AssetChange, reader: &Reader) -> Option<String> {
    let told = reader.columns.len() == 1 && reader.columns.first() == change.column.as_ref();
    (!reader.columns.is_empty() && !told)
        .then(|| reader.columns.iter().map(|c| clean_line(c)).collect::<Vec<_>>().join(", "))
}

/// `12 breaks, 3 read`: how many readers there are of each effect, for one line.
pub(super) fn tally(change: &AssetChange) -> String {
    let mut parts: Vec<String> = EFFECTS
        .iter()
        .filter_map(|e| {
            let n = readers(change, *e).len();
            let word = match e {
                Effect::Breaks => {
                    if n == 1 {
                        "breaks"
                    } else {
                        "break"
                    }
                }
                Effect::Changes => {
                    if n == 1 {
                        "changes"
                    } else {
                        "change"
                    }
                }
                Effect::Reads => {
                    if n == 1 {
                        "reads"
                    } else {
                        "read"
                    }
                }
                _ => "may read",
            };
            (n > 0).then(|| format!("{n} {word}"))
        })
        .collect();
    if parts.is_empty() {
        parts.push("no known reader".to_owned());
    }
    parts.join(", ")
}

/// What a reader does, for one line: `dbt model · finance · project, filter`.
pub(super) fn about(change: &AssetChange, reader: &Reader) -> String {
    let mut parts = vec![words::kind(reader.kind).to_owned(), words::team(reader)];
    let uses = words::uses(reader);
    if !uses.is_empty() {
        parts.push(uses);
    }
    parts.extend(other_columns(change, reader).map(|c| format!("columns {c}")));
    if !reader.via.is_empty() {
        parts.push(format!("via {}", reader.via.iter().map(|v| clean_line(v)).collect::<Vec<_>>().join(" → ")));
    }
    parts.join(" · ")
}
