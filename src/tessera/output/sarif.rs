//! SARIF 2.1.0, for code scanning: results on the model's line, a rule with help for each kind of change, and what could
//! not be read as notifications of the run (and as one result per cause, because most viewers show results only).

use super::findings::{sorted, subject};
use super::rules::explain;
use super::view::{self, EFFECTS, Item, Level, View};
use super::words::{self, clean, clean_line, count};
use anyhow::Result;
use serde_json::{Value, json};
use tessera_model::Fingerprint;
use tessera_model::finding::Severity;

/// Where a result without a file is shown: code scanning refuses results without a place.
const NOWHERE: &str = "dbt_project.yml";

pub(super) fn render(view: &View<'_>) -> Result<String> {
    let mut rules = Rules::default();
    let mut results: Vec<Value> = view.items.iter().map(|item| result(view, item, &mut rules)).collect();
    for (cause, models) in view.causes() {
        let index = rules.index("unknown-models");
        let text = format!(
            "{} could not be read column by column ({cause}): {}",
            count(models.len(), "model"),
            words::list(&models, 50)
        );
        results.push(json!({
            "ruleId": "unknown-models",
            "ruleIndex": index,
            "level": "warning",
            "message": {"text": plain(&text)},
            "locations": [location(None, None, None)],
            "partialFingerprints": {"tessera/v1": Fingerprint::of_json(&json!(["unknown-models", cause])).0},
            "properties": {"cause": cause, "models": models},
        }));
    }
    let notifications: Vec<Value> = sorted(&view.report.findings)
        .into_iter()
        .map(|f| {
            let mut text = subject(f).map(|s| format!("{s}: ")).unwrap_or_default();
            text.push_str(&clean(&f.message));
            if let Some(remedy) = &f.remedy {
                text.push_str(&format!("\n{}", clean(remedy)));
            }
            let level = match f.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "note",
            };
            json!({"level": level, "message": {"text": plain(&text)}, "descriptor": {"id": clean_line(&f.code)}})
        })
        .collect();
    let log = log(Log {
        command: "tessera check",
        id: format!("tessera/{}/", clean_line(&view.context.project)),
        rules,
        results,
        notifications,
        exit: view.report.exit,
        verdict: view.verdict(),
        properties: json!({
            "verdict": view.report.verdict.name(),
            "coverage": view.report.coverage,
            "mode": view.context.mode_sentence,
            "comparedWith": clean_line(&view.context.compared_with),
        }),
    });
    super::json::pretty(&log)
}

/// One run of a command.
pub(super) struct Log {
    pub(super) command: &'static str,
    /// By which code scanning knows runs of one kind.
    pub(super) id: String,
    pub(super) rules: Rules,
    pub(super) results: Vec<Value>,
    pub(super) notifications: Vec<Value>,
    pub(super) exit: u8,
    pub(super) verdict: String,
    pub(super) properties: Value,
}

pub(super) fn log(run: Log) -> Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "tessera",
                "fullName": run.command,
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": run.rules.0.iter().map(|id| rule(id)).collect::<Vec<_>>(),
            }},
            "automationDetails": {"id": run.id},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": run.exit < 2,
                "exitCode": run.exit,
                "exitCodeDescription": run.verdict,
                "toolExecutionNotifications": run.notifications,
            }],
            "results": run.results,
            "properties": run.properties,
        }],
    })
}

/// Rule ids in the order of their first result.
#[derive(Default)]
pub(super) struct Rules(Vec<String>);

impl Rules {
    pub(super) fn index(&mut self, id: &str) -> usize {
        match self.0.iter().position(|r| r == id) {
            Some(at) => at,
            None => {
                self.0.push(id.to_owned());
                self.0.len() - 1
            }
        }
    }
}

fn rule(id: &str) -> Value {
    let rule = explain(id);
    json!({
        "id": id,
        "name": id.split('-').map(capital).collect::<String>(),
        "shortDescription": {"text": rule.short},
        "fullDescription": {"text": format!("{} {}", rule.short, rule.help)},
        "help": {"text": rule.help, "markdown": rule.help},
        "defaultConfiguration": {"level": "warning"},
        "properties": {"tags": ["schema", "data-contract"]},
    })
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn result(view: &View<'_>, item: &Item<'_>, rules: &mut Rules) -> Value {
    let c = item.change;
    let level = match item.level {
        _ if view.stops(item) => "error",
        Level::Blocking | Level::Undecided | Level::Unread => "warning",
        Level::Acknowledged | Level::Affecting | Level::Compatible => "note",
    };
    let id = clean_line(&c.change.rule);
    let name = view::full(c);
    let mut result = json!({
        "ruleId": id,
        "ruleIndex": rules.index(&id),
        "level": level,
        "message": {"text": plain(&message(item))},
        "locations": [location(c.file.as_deref(), c.line, Some((&name, c.column.is_some())))],
        "partialFingerprints": {"tessera/v1": Fingerprint::of_json(&json!([c.asset, c.column, c.change.rule, c.change.before, c.change.after])).0},
        "properties": {
            "asset": c.asset, "node": c.node, "column": c.column, "owner": c.team,
            "breaking": c.change.breaking, "before": c.change.before, "after": c.change.after,
            "readers": c.readers, "proposal": c.proposal,
        },
    });
    if c.acknowledged {
        let why = match &c.proposal {
            Some(id) => format!("acknowledged by its readers in proposal {}", clean_line(id)),
            None => "acknowledged by a waiver".to_owned(),
        };
        result["suppressions"] = json!([{"kind": "external", "status": "accepted", "justification": why}]);
    }
    result
}

fn message(item: &Item<'_>) -> String {
    let c = item.change;
    let mut text = format!("{}: {}", view::short(c), clean(&c.change.message));
    let transition = words::transition(&c.change.rule, &c.change.before, &c.change.after);
    if !transition.is_empty() {
        text.push_str(&format!(" ({transition})"));
    }
    text.push_str(&format!(" — {}.", item.level.label()));
    for effect in EFFECTS {
        let readers = view::readers(c, effect);
        if !readers.is_empty() {
            let names: Vec<String> =
                readers.iter().map(|r| format!("{} ({})", clean_line(&r.name), words::team(r))).collect();
            text.push_str(&format!("\n{}: {}", view::effect(effect), words::list(&names, 20)));
        }
    }
    if c.readers.is_empty() {
        text.push_str("\nno known reader");
    }
    if let Some(suggestion) = c.change.suggestion.as_deref().filter(|_| !c.acknowledged) {
        text.push_str(&format!("\n→ {}", clean(suggestion)));
    }
    text
}

/// In SARIF's plain texts `[a](1)` is a link and `{0}` a placeholder.
pub(super) fn plain(text: &str) -> String {
    text.replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]").replace('{', "{{").replace('}', "}}")
}

pub(super) fn location(file: Option<&str>, line: Option<u32>, name: Option<(&str, bool)>) -> Value {
    let uri = file.filter(|f| !f.trim().is_empty()).map_or_else(|| NOWHERE.to_owned(), uri);
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": line.unwrap_or(1).max(1)},
        },
    });
    if let Some((name, is_column)) = name {
        let kind = if is_column { "member" } else { "type" };
        location["logicalLocations"] = json!([{"fullyQualifiedName": name, "kind": kind}]);
    }
    location
}

/// A relative path as a URI reference: forward slashes, everything else percent-encoded as RFC 3986 has it.
fn uri(path: &str) -> String {
    let path = clean_line(path).replace('\\', "/");
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => out.push(char::from(byte)),
            other => out.push_str(&format!("%{other:02X}")),
        }
    }
    // `//x` would be another host.
    out.trim_start_matches('/').to_owned()
}
