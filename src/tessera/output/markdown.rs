//! A pull request comment. It carries a hidden marker so that a later run finds and replaces it, never exceeds what GitHub
//! accepts, and when it must leave something out it leaves out detail of the lesser changes: first readers, then sentences.
//! What is unknown, and how much was left out, always stays.

pub(super) mod escape;

use super::findings::{sorted, subject};
use super::view::{self, EFFECTS, Item, Level, View};
use super::words::{self, clean_line, count};
use escape::{cell, code, code_cell, prose};
use tessera_model::report::Verdict;

/// By which the comment is found again.
pub(crate) const MARKER: &str = "<!-- tessera-check -->";
/// GitHub's limit is 65,536 characters; counting bytes keeps to it under any reading of "character".
pub(super) const LIMIT: usize = 65_536;
/// Of that, what the names of unknown models may take; their number and causes are always there.
const UNKNOWN_NAMES: usize = 12_000;
/// Readers of one change, and when room is short.
const READERS: usize = 60;
const READERS_IN_SHORT: usize = 8;
/// And findings.
const FINDINGS: usize = 12_000;

pub(super) fn render(view: &View<'_>) -> String {
    let head = head(view);
    let tail = format!("{}{}{}", unknown(view), findings(view), foot(view));
    let room = LIMIT.saturating_sub(head.len() + tail.len());
    format!("{head}{}{tail}", changes(view, room))
}

fn head(view: &View<'_>) -> String {
    let icon = match (view.report.exit, view.report.verdict) {
        (0, Verdict::Safe) => "✅",
        (0, _) => "ℹ️",
        (1, _) => "❌",
        _ => "❔",
    };
    let mut out = format!("{MARKER}\n## {icon} tessera: {}\n\n", view.report.verdict.name());
    out.push_str(&format!("{}\n\n", prose(&words::cut(&view.verdict(), 2_000))));
    let levels =
        [Level::Blocking, Level::Undecided, Level::Unread, Level::Acknowledged, Level::Affecting, Level::Compatible];
    let counts: Vec<String> = levels
        .iter()
        .filter_map(|l| {
            let n = view.at(*l).len();
            (n > 0).then(|| format!("{n} {}", l.label()))
        })
        .collect();
    let counts = if counts.is_empty() { "no changes".to_owned() } else { counts.join(" · ") };
    out.push_str(&format!(
        "**Changes:** {counts}  \n**Coverage:** {}  \n",
        prose(&words::cut(&view.coverage(), 1_000))
    ));
    out.push_str(&format!("**Compared:** {}\n\n", prose(&words::cut(&view.headline(), 500))));
    out
}

/// Every change gets its line if all lines fit; what room is left goes to details, worst change first.
fn changes(view: &View<'_>, room: usize) -> String {
    if view.items.is_empty() {
        return String::new();
    }
    let table_head = "| | column | change | readers | teams | where |\n|---|---|---|---|---|---|\n";
    let cut = |left: usize| {
        format!(
            "\n**{left} further changes are not shown here for lack of room**; they are all in `--output text` and `--output json`.\n\n"
        )
    };
    let omitted = |n: usize| format!("_Details of {} are in `--output text`._\n\n", count(n, "further change"));
    let reserve = cut(view.items.len()).len() + omitted(view.items.len()).len() + 1;
    let mut out = table_head.to_owned();
    let mut shown = 0;
    for item in &view.items {
        let row = row(item);
        if out.len() + row.len() + reserve > room {
            break;
        }
        out.push_str(&row);
        shown += 1;
    }
    out.push('\n');
    if shown < view.items.len() {
        out.push_str(&cut(view.items.len() - shown));
    }
    let reserve = omitted(view.items.len()).len();
    let mut left = 0;
    for item in view.items.iter().take(shown) {
        let full = details(item, READERS);
        let block = if out.len() + full.len() + reserve <= room { full } else { details(item, READERS_IN_SHORT) };
        if left == 0 && out.len() + block.len() + reserve <= room {
            out.push_str(&block);
        } else {
            left += 1;
        }
    }
    if left > 0 {
        out.push_str(&omitted(left));
    }
    out
}

fn row(item: &Item<'_>) -> String {
    let c = item.change;
    let transition = words::transition(&c.change.rule, &c.change.before, &c.change.after);
    let transition =
        if transition.is_empty() { String::new() } else { format!(" {}", code_cell(&words::cut(&transition, 120))) };
    let mut teams: Vec<String> = view::others(c).map(words::team).collect();
    teams.sort();
    teams.dedup();
    let place = view::place(c).map(|p| code_cell(&words::cut(&p, 160))).unwrap_or_default();
    format!(
        "| {} | {} | {}{transition} <br> {} | {} | {} | {place} |\n",
        item.level.mark(),
        code_cell(&words::cut(&view::short(c), 120)),
        cell(&c.change.rule),
        item.level.label(),
        view::tally(c),
        cell(&words::cut(&words::list(&teams, 5), 200)),
    )
}

/// The readers and the advice of one change, at most so many readers.
fn details(item: &Item<'_>, most: usize) -> String {
    let c = item.change;
    if c.readers.is_empty() && item.level > Level::Unread {
        return String::new();
    }
    let open = if matches!(item.level, Level::Blocking | Level::Undecided) { " open" } else { "" };
    let mut out = format!(
        "<details{open}><summary>{} <b>{}</b> {}: {}</summary>\n\n",
        item.level.mark(),
        escape::html(&view::short(c)),
        escape::html(&c.change.rule),
        view::tally(c)
    );
    let owner = c.team.as_deref().map_or_else(|| "no owner".to_owned(), |t| format!("owner {}", code(t)));
    out.push_str(&format!("{} · {owner}\n\n{}\n\n", code(&view::full(c)), prose(&c.change.message)));
    if !c.readers.is_empty() {
        out.push_str("| effect | reader | kind | team | use | why | evidence |\n|---|---|---|---|---|---|---|\n");
        let readers: Vec<_> =
            EFFECTS.iter().flat_map(|e| view::readers(c, *e).into_iter().map(move |r| (*e, r))).collect();
        for (effect, reader) in readers.iter().take(most) {
            let mut why = reader.reason.as_deref().map(cell).unwrap_or_default();
            if !reader.via.is_empty() {
                let via: Vec<String> = reader.via.iter().map(|v| code_cell(v)).collect();
                why.push_str(&format!("{}via {}", if why.is_empty() { "" } else { " <br> " }, via.join(" → ")));
            }
            let mut uses = words::uses(reader);
            if let Some(columns) = view::other_columns(c, reader) {
                uses.push_str(&format!(" of {}", code_cell(&words::cut(&columns, 200))));
            }
            out.push_str(&format!(
                "| {} | {} | {} | {} | {uses} | {why} | {} |\n",
                view::effect(*effect),
                code_cell(&reader.name),
                words::kind(reader.kind),
                cell(&words::team(reader)),
                words::evidence(reader),
            ));
        }
        if readers.len() > most {
            out.push_str(&format!("\n…and **{} more readers** (`--output text` shows all).\n", readers.len() - most));
        }
        out.push('\n');
    }
    if !c.caused_by.is_empty() {
        let causes: Vec<String> = c.caused_by.iter().map(|c| code(c)).collect();
        out.push_str(&format!("Caused by {}\n\n", causes.join(", ")));
    }
    if let Some(proposal) = &c.proposal {
        let state = if c.acknowledged { "acknowledged" } else { "waiting for answers" };
        out.push_str(&format!("Proposal {}: {state}\n\n", code(proposal)));
    }
    if let Some(suggestion) = c.change.suggestion.as_deref().filter(|_| !c.acknowledged) {
        out.push_str(&format!("→ {}\n\n", prose(suggestion)));
    }
    out.push_str("</details>\n\n");
    out
}

fn unknown(view: &View<'_>) -> String {
    let n = view.report.coverage.unknown.len();
    if n == 0 {
        return String::new();
    }
    let mut out =
        format!("### ❔ {} could not be read column by column\n\nThey may use what changed.\n\n", count(n, "model"));
    let causes = view.causes();
    let each = UNKNOWN_NAMES / causes.len().max(1);
    for (cause, models) in &causes {
        let mut names = String::new();
        let mut named = 0;
        for model in models {
            let name = code(model);
            if names.len() + name.len() + 2 > each {
                break;
            }
            names.push_str(if named == 0 { "" } else { ", " });
            names.push_str(&name);
            named += 1;
        }
        if named < models.len() {
            names.push_str(&format!(" and {} more (`--output json` names all)", models.len() - named));
        }
        out.push_str(&format!("- **{}** ({}): {names}\n", prose(&words::cut(cause, 80)), models.len()));
    }
    out.push('\n');
    out
}

fn findings(view: &View<'_>) -> String {
    let findings = sorted(&view.report.findings);
    if findings.is_empty() {
        return String::new();
    }
    let mut out = format!("<details><summary>{}</summary>\n\n", count(findings.len(), "finding"));
    for (i, finding) in findings.iter().enumerate() {
        let about = subject(finding).map(|s| format!("{}: ", code(&s))).unwrap_or_default();
        let remedy = finding.remedy.as_deref().map(|r| format!(" → {}", prose(r))).unwrap_or_default();
        let line = format!(
            "- **{}** {about}{}{remedy} ({})\n",
            words::severity(finding.severity),
            prose(&finding.message),
            code(&clean_line(&finding.code))
        );
        if out.len() + line.len() > FINDINGS {
            out.push_str(&format!("- …and {} more (`--output text` shows all)\n", findings.len() - i));
            break;
        }
        out.push_str(&line);
    }
    out.push_str("\n</details>\n\n");
    out
}

fn foot(view: &View<'_>) -> String {
    format!("<sub>{} · exit {}</sub>\n", prose(view.context.mode_sentence), view.report.exit)
}
