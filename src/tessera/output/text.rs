//! For people at a terminal: what it rests on, each change with its readers, what is unknown, and last (where the eye is)
//! what it comes to.

use super::findings::findings_text;
use super::style::Paint;
use super::view::{self, EFFECTS, Item, Level, View};
use super::words::{self, clean, clean_line};
use tessera_model::report::Verdict;

/// So many unknown models are named per cause.
const NAMED: usize = 12;

pub(super) fn render(view: &View<'_>, color: bool) -> String {
    let paint = Paint(color);
    let mut out = format!("{}\n", paint.bold(&view.headline()));
    out.push_str(&format!("  {}\n", paint.dim(view.context.mode_sentence)));
    let coverage = format!("coverage: {}", view.coverage());
    let complete = view.report.coverage.unknown.is_empty() && view.report.coverage.models > 0;
    out.push_str(&format!("  {}\n", if complete { coverage } else { paint.yellow(&coverage) }));
    for item in &view.items {
        out.push('\n');
        change(&mut out, item, paint);
    }
    unknown(&mut out, view, paint);
    if !view.report.findings.is_empty() {
        out.push('\n');
        out.push_str(&findings_text(&view.report.findings, paint, ""));
    }
    let verdict = view.verdict();
    let verdict = match view.report.verdict {
        _ if view.report.exit != 0 => paint.red(&verdict),
        Verdict::Safe => paint.green(&verdict),
        _ => paint.yellow(&verdict),
    };
    out.push_str(&format!("\n{verdict}\n"));
    out
}

fn change(out: &mut String, item: &Item<'_>, paint: Paint) {
    let c = item.change;
    let tone = |text: &str| match item.level {
        Level::Blocking | Level::Undecided => paint.red(text),
        Level::Unread => paint.yellow(text),
        Level::Acknowledged => paint.green(text),
        Level::Affecting => paint.cyan(text),
        Level::Compatible => paint.dim(text),
    };
    let parts = [
        paint.bold(&view::short(c)),
        words::transition(&c.change.rule, &c.change.before, &c.change.after),
        format!("{} {}", clean_line(&c.change.rule), tone(&format!("[{}]", item.level.label()))),
    ];
    let shown: Vec<&str> = parts.iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
    out.push_str(&format!("{} {}\n", tone(item.level.mark()), shown.join("  ")));

    let owner = c.team.as_deref().map_or_else(|| "no owner".to_owned(), |t| format!("owner {}", clean_line(t)));
    let place = [Some(clean_line(&c.asset)), view::place(c), Some(owner)];
    out.push_str(&format!("    {}\n", paint.dim(&place.into_iter().flatten().collect::<Vec<_>>().join(" · "))));
    lines(out, "    ", "    ", &c.change.message);
    for effect in EFFECTS {
        let readers = view::readers(c, effect);
        if readers.is_empty() {
            continue;
        }
        out.push_str(&format!("    {} {}\n", paint.bold(view::effect(effect)), paint.dim(&readers.len().to_string())));
        for reader in readers {
            let about = view::about(c, reader);
            out.push_str(&format!("      {}  {about}\n", paint.bold(&clean_line(&reader.name))));
            let reason = reader.reason.as_deref().map(clean_line).filter(|r| !r.is_empty());
            let why = [reason, Some(format!("evidence: {}", words::evidence(reader)))];
            out.push_str(&format!(
                "        {}\n",
                paint.dim(&why.into_iter().flatten().collect::<Vec<_>>().join(" — "))
            ));
        }
    }
    if c.change.breaking && c.readers.is_empty() {
        out.push_str(&format!("    {}\n", paint.dim("no reader is known, as far as the coverage above goes")));
    }
    if !c.caused_by.is_empty() {
        let causes: Vec<String> = c.caused_by.iter().map(|c| clean_line(c)).collect();
        out.push_str(&format!("    caused by {}\n", causes.join(", ")));
    }
    if let Some(proposal) = &c.proposal {
        let state = if c.acknowledged { "acknowledged" } else { "waiting for answers" };
        out.push_str(&format!("    proposal {} ({state})\n", clean_line(proposal)));
    }
    if let Some(suggestion) = c.change.suggestion.as_deref().filter(|_| !c.acknowledged) {
        lines(out, "    → ", "      ", suggestion);
    }
}

fn lines(out: &mut String, first: &str, rest: &str, text: &str) {
    for (i, line) in clean(text).lines().filter(|l| !l.trim().is_empty()).enumerate() {
        out.push_str(&format!("{}{}\n", if i == 0 { first } else { rest }, line.trim_end()));
    }
}

fn unknown(out: &mut String, view: &View<'_>, paint: Paint) {
    let coverage = &view.report.coverage;
    if coverage.unknown.is_empty() {
        return;
    }
    let title = format!(
        "? {} could not be read column by column; what they use may be more than is shown",
        words::count(coverage.unknown.len(), "model")
    );
    out.push_str(&format!("\n{}\n", paint.yellow(&title)));
    for (cause, models) in view.causes() {
        let more = models.len().saturating_sub(NAMED);
        let mut names = models[..models.len() - more].join(", ");
        if more > 0 {
            names.push_str(&format!(", and {more} more (all of them: --output json)"));
        }
        out.push_str(&format!("    {cause} {}  {names}\n", paint.dim(&models.len().to_string())));
    }
}
