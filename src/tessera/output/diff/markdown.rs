//! A comment on a pull request: every change in a table, the way out of the breaking ones below, never more than GitHub takes.

use super::super::markdown::LIMIT;
use super::super::markdown::escape::{cell, code, code_cell, prose};
use super::super::words::{self, clean, count};
use super::{Advised, DiffReport, Weight, judgments, place, proof};

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
        out.push_str(&format!("> {}\n", prose(&words::cut(note, 500))));
    }
    if let Some(dbt) = &report.dbt {
        let word = if dbt.breaking { "breaking" } else { "no breaking change" };
        out.push_str(&format!("dbt itself (`state:modified.contract`) says: **{word}**\n\n"));
    }
    if report.changes.is_empty() {
        return out;
    }
    let left = |n: usize| {
        format!("\n**{} not shown for lack of room**; `--output json` has all.\n", count(n, "further change"))
    };
    let room = LIMIT - left(report.changes.len()).len();
    let all = report.sorted();
    out.push_str("\n| | where | change | old readers · writers |\n|---|---|---|---|\n");
    let mut shown = 0;
    for advised in &all {
        let line = row(advised);
        if out.len() + line.len() > room {
            break;
        }
        out.push_str(&line);
        shown += 1;
    }
    out.push('\n');
    for advised in all.iter().take(shown).filter(|a| Weight::of(&a.change) <= Weight::Undecided) {
        let block = details(advised);
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

fn row(advised: &Advised) -> String {
    let c = &advised.change;
    let transition = words::transition(&c.before, &c.after);
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

fn details(advised: &Advised) -> String {
    let c = &advised.change;
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
    for step in &advised.steps {
        let text = clean(&step.text);
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
