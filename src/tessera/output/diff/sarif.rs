//! SARIF 2.1.0 of a diff: a result for each change, on the new schema's file.

use super::super::sarif::{Log, Rules, location, log, plain};
use super::super::words::{self, clean, clean_line};
use super::{DiffReport, Weight, judgments, place, proof};
use serde_json::{Value, json};

pub(super) fn render(report: &DiffReport) -> Value {
    let mut rules = Rules::default();
    let results = report
        .sorted()
        .into_iter()
        .map(|c| {
            let level = match Weight::of(c) {
                Weight::Breaking | Weight::Undecided => "error",
                Weight::Notice => "warning",
                Weight::Fine => "note",
            };
            let mut text = format!("{}: {}", place(c), clean(&c.message));
            let transition = words::transition(&c.rule, &c.before, &c.after);
            if !transition.is_empty() {
                text.push_str(&format!(" ({transition})"));
            }
            text.push_str(&format!("\n{}", judgments(c)));
            if let Some(proof) = proof(c) {
                text.push_str(&format!("\nproof: {proof}"));
            }
            if let Some(suggestion) = &c.suggestion {
                text.push_str(&format!("\n→ {}", clean(suggestion)));
            }
            let id = clean_line(&c.rule);
            let name = place(c);
            json!({
                "ruleId": id,
                "ruleIndex": rules.index(&id),
                "level": level,
                "message": {"text": plain(&text)},
                "locations": [location(report.file.as_deref().or(Some(&report.new)), None, Some((&name, true)))],
                "partialFingerprints": {"tessera/v1": c.fingerprint().0},
                "properties": {
                    "breaking": c.breaking, "reads": c.reads, "writes": c.writes, "before": c.before, "after": c.after,
                    "witness": c.witness, "steps": c.steps,
                },
            })
        })
        .collect();
    log(Log {
        command: "tessera diff",
        id: format!("tessera-diff/{}/", report.format),
        rules,
        results,
        notifications: report
            .notes
            .iter()
            .map(|n| json!({"level": "note", "message": {"text": plain(&clean(n))}, "descriptor": {"id": "note"}}))
            .collect(),
        exit: report.exit(),
        verdict: report.verdict(),
        properties: json!({
            "format": report.format, "mode": report.compat.mode.sentence(), "old": clean_line(&report.old),
            "new": clean_line(&report.new),
        }),
    })
}
