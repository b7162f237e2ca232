//! The small print around a message: whose asset it is, until when to answer, its final state, where and how to act, and
//! what the list of readers rests on.

use super::{is_over, progress};
use crate::blocks::{Blocks, Button, Lines};
use crate::text::{bold, code, code_line, date, escape, web_url};
use tessera_ports::notifier::{Notice, NoticeKind};

/// Asset · owner · opened by · deadline.
pub(super) fn line(notice: &Notice) -> Option<Lines> {
    let mut facts = Vec::new();
    if let Some(asset) = &notice.asset {
        facts.push(code(asset, 250));
    }
    if let Some(owner) = &notice.owner {
        facts.push(format!("owner {}", bold(owner, 120)));
    }
    if let Some(by) = &notice.opened_by {
        facts.push(format!("opened by {}", escape(by, 120)));
    }
    if let (Some(deadline), false) = (notice.deadline, is_over(notice)) {
        facts.push(format!("answer by {}", date(deadline)));
    }
    (!facts.is_empty()).then(|| Lines::from(facts.join(" · ").as_str()))
}

/// The final state, where there is one: that something waits is said by the line of progress.
pub(super) fn status(notice: &Notice) -> Option<String> {
    let status = notice.status.as_deref().filter(|s| !matches!(s.trim(), "" | "pending" | "open"))?;
    let mark = match status {
        "approved" | "published" | "resolved" => "✓",
        "rejected" | "blocked" => "✗",
        _ => "●",
    };
    Some(format!("{mark} {} · {}", bold(status, 80), date(notice.at)))
}

/// Link buttons where there is an address; the commands where there is none.
pub(super) fn ways_to_act(notice: &Notice, blocks: &mut Blocks, room: usize) {
    if let Some(url) = notice.url.as_deref().and_then(web_url) {
        let mut buttons = Vec::new();
        if !is_over(notice) && progress::anyone_missing(&notice.teams) {
            let answer = if url.contains('#') { url.clone() } else { format!("{url}#acknowledge") };
            buttons.push(Button { id: "tessera_acknowledge", label: "Acknowledge", url: answer, primary: true });
        }
        let label = if notice.kind == NoticeKind::MassChange { "Review and release" } else { "View" };
        buttons.push(Button { id: "tessera_view", label, url, primary: false });
        blocks.buttons(buttons);
        return;
    }
    blocks.section(commands(notice, room));
}

/// The commands as one code block.
pub(super) fn commands(notice: &Notice, room: usize) -> Lines {
    let commands: Vec<String> =
        notice.commands.iter().map(|c| code_line(c, room / 5)).filter(|c| !c.is_empty()).take(5).collect();
    let mut lines = Lines::new(2_900);
    if !commands.is_empty() {
        lines.push(&format!("From a terminal:\n```\n{}\n```", commands.join("\n")));
    }
    lines
}

pub(super) fn coverage(notice: &Notice) -> Option<Lines> {
    let coverage = escape(notice.coverage.as_deref()?, 500);
    (!coverage.is_empty()).then(|| Lines::from(format!("What this rests on: {coverage}").as_str()))
}
