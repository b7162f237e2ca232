//! For people at a terminal.

use super::super::style::Paint;
use super::super::words::{self, clean, clean_line};
use super::{DiffReport, Weight, judgments, place, proof};
use tessera_model::change::{Change, Phase};

pub(super) fn render(report: &DiffReport, color: bool) -> String {
    let paint = Paint(color);
    let mut out = format!("{}\n", paint.bold(&report.headline()));
    out.push_str(&format!("  {}\n  {}\n", report.compared(), report.compat.mode.sentence()));
    for note in &report.notes {
        out.push_str(&format!("  {} {}\n", paint.yellow("note:"), clean_line(note)));
    }
    for one in report.told() {
        out.push('\n');
        change(&mut out, one, paint);
    }
    if let Some(dbt) = &report.dbt {
        let word = if dbt.breaking { "breaking" } else { "no breaking change" };
        out.push_str(&format!("\ndbt itself (state:modified.contract) says: {word}\n"));
        for reason in &dbt.reasons {
            out.push_str(&format!("    {}\n", clean_line(reason)));
        }
    }
    let verdict = report.verdict();
    let verdict = match report.exit() {
        0 => paint.green(&verdict),
        1 => paint.red(&verdict),
        _ => paint.yellow(&verdict),
    };
    out.push_str(&format!("\n{verdict}\n"));
    out
}

fn change(out: &mut String, c: &Change, paint: Paint) {
    let weight = Weight::of(c);
    let tone = |text: &str| match weight {
        Weight::Breaking => paint.red(text),
        Weight::Undecided | Weight::Notice => paint.yellow(text),
        Weight::Fine => paint.dim(text),
    };
    let transition = words::transition(&c.rule, &c.before, &c.after);
    let head = [
        paint.bold(&place(c)),
        transition,
        format!("{} {}", clean_line(&c.rule), tone(&format!("[{}]", weight.label()))),
    ];
    let head: Vec<&str> = head.iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
    out.push_str(&format!("{} {}\n", tone(weight.mark()), head.join("  ")));
    out.push_str(&format!("    {}\n", clean_line(&c.message)));
    out.push_str(&format!("    {}\n", paint.dim(&judgments(c))));
    if let Some(proof) = proof(c) {
        out.push_str(&format!("    proof: {}\n", paint.cyan(&proof)));
    }
    if weight == Weight::Fine {
        return;
    }
    if let Some(suggestion) = &c.suggestion {
        out.push_str(&format!("    → {}\n", clean_line(suggestion)));
    }
    if weight == Weight::Notice {
        return;
    }
    let mut last: Option<(Phase, &str)> = None;
    for step in &c.steps {
        let phase = match step.phase {
            Phase::Expand => "expand",
            Phase::Migrate => "migrate",
            Phase::Contract => "contract",
        };
        let (p, l) = (last.map(|(p, _)| p), last.map(|(_, l)| l));
        let shown = if p == Some(step.phase) { "" } else { phase };
        let language = if p == Some(step.phase) && l == Some(step.language.name()) { "" } else { step.language.name() };
        for (i, line) in clean(&step.text).lines().enumerate() {
            let (phase, language) = if i == 0 { (shown, language) } else { ("", "") };
            let label = paint.dim(&format!("{phase:<9}{language:<12}"));
            out.push_str(&format!("      {label}{}\n", line.trim_end()));
        }
        last = Some((step.phase, step.language.name()));
    }
}
