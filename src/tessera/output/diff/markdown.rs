//! A comment on a pull request: every change in a table, the way out of the breaking ones below, never more than GitHub takes.

use super::super::markdown::LIMIT;
use super::super::markdown::escape::{cell, code, code_cell, prose};
use super::super::words::{self, clean, count};
use super::{DiffReport, Weight, judgments, place, proof};
use tessera_model::change::Change;

/// By which the comment is found again.
const MARKER: &str = "<!-- tessera-diff -->";

pub(super) fn render(report: &DiffReport) -> String {
    let icon = match report.exit() {
        0 => "✅",
        1 => "❌",
        _ => "❔",
    };
    let mut out = format!("{MARKER}\n## {icon} {}\n\n", prose(&report.verdict()));
    out.push_str(&format!(
        "{} → {}  \n{}  \n",
        code(&words::cut(&report.old, 300)),
        code(&words::cut(&report.new, 300)),
        prose(&report.compared())
    ));
    out.push_str(&format!("{}\n\n", prose(report.compat.mode.sentence())));
    for note in report.notes.iter().take(50) {
        out.push_str(&format!("> {}\n>\n", prose(&words::cut(note, 500))));
    }
    if !report.notes.is_empty() {
        out.push('\n');
    }
    if let Some(dbt) = &report.dbt {
        let word = if dbt.breaking { "breaking" } else { "no breaking change" };
        out.push_str(&format!("dbt itself (`state:modified.contract`) says: **{word}**\n\n"));
        for reason in dbt.reasons.iter().take(20) {
            out.push_str(&format!("- {}\n", prose(&words::cut(reason, 300))));
        }
        if !dbt.reasons.is_empty() {
            out.push('\n');
        }
    }
    if report.changes.is_empty() {
        return out;
    }
    let left = |n: usize| {
        format!("\n**{} not shown for lack of room**; `--output json` has all.\n", count(n, "further change"))
    };
    let room = LIMIT - left(report.changes.len()).len();
    let all = report.told();
    out.push_str("| | where | change | old readers · writers |\n|---|---|---|---|\n");
    let mut shown = 0;
    for change in &all {
        let line = row(change);
        if out.len() + line.len() > room {
            break;
        }
        out.push_str(&line);
        shown += 1;
    }
    out.push('\n');
    for change in all.iter().take(shown).filter(|c| Weight::of(c) <= Weight::Undecided) {
        let block = details(change);
        if out.len() + block.len() > room {
            break;
        }
        out.push_str(&block);
    }
    if shown < all.len() {
        out.push_str(&left(all.len() - shown));
    }
    out
}

fn row(c: &Change) -> String {
    let transition = words::transition(&c.rule, &c.before, &c.after);
    let transition =
        if transition.is_empty() { String::new() } else { format!(" {}", code_cell(&words::cut(&transition, 160))) };
    let weight = Weight::of(c);
    format!(
        "| {} | {} | {}{transition} <br> {} | {} |\n",
        weight.mark(),
        code_cell(&words::cut(&place(c), 160)),
        cell(&c.rule),
        weight.label(),
        judgments(c).replace("old readers: ", "").replace("old writers: ", ""),
    )
}

fn details(c: &Change) -> String {
    let mut out = format!(
        "<details><summary>{}: {}</summary>\n\n",
        super::super::markdown::escape::html(&c.rule),
        super::super::markdown::escape::html(&place(c))
    );
    out.push_str(&format!("{}\n\n", prose(&c.message)));
    if let Some(proof) = proof(c) {
        out.push_str(&format!("Proof: {}\n\n", code(&proof)));
    }
    if let Some(suggestion) = &c.suggestion {
        out.push_str(&format!("→ {}\n\n", prose(suggestion)));
    }
    // Steps of one phase and language are one block to copy.
    for of_one in c.steps.chunk_by(|a, b| (a.phase, a.language) == (b.phase, b.language)) {
        let step = &of_one[0];
        let text = of_one.iter().map(|s| clean(&s.text)).collect::<Vec<_>>().join("\n");
        let longest = text.split(|ch| ch != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        let phase = format!("{:?}", step.phase).to_lowercase();
        let mark = match step.language.name() {
            "sql" => "sql",
            "dbt" | "openapi" => "yaml",
            "avro" | "json-schema" => "jsonc",
            other => other,
        };
        out.push_str(&format!("**{phase}** ({})\n\n{fence}{mark}\n{text}\n{fence}\n\n", step.language.name()));
    }
    out.push_str("</details>\n\n");
    out
}
