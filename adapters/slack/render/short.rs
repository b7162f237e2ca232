//! Short messages: a reply in the thread of the message that was updated, and, where a channel cannot update (incoming
//! webhooks), a follow-up that says by itself what it is about.

use super::{Message, facts, fallback, progress, title};
use crate::blocks::{Blocks, Lines};
use crate::text::{bold, date, escape, inline_url, link};
use tessera_ports::notifier::{Notice, NoticeKind};

/// One thread reply: who has answered, or how it ended. A reminder names the missing teams and nobody else.
pub(crate) fn reply(notice: &Notice, repeat: bool) -> String {
    let mut text = match notice.kind {
        NoticeKind::ProposalReminder => reminder(notice),
        NoticeKind::ProposalProgress => answers(notice),
        _ => String::new(),
    };
    if text.is_empty() {
        let mut lines = Lines::new(1_500);
        lines.push(&bold(&title(notice, false), 300));
        lines.push(&escape(&notice.summary, 1_000));
        text = lines.into_text();
    }
    if repeat {
        text.push_str(" (repeat)");
    }
    text
}

/// The line of progress, and what the teams said. Empty when nobody is asked.
fn answers(notice: &Notice) -> String {
    let mut lines = Lines::new(2_500);
    lines.push(&progress::line(&notice.teams, 1_000));
    if lines.is_empty() {
        return String::new();
    }
    for team in notice.teams.iter().filter(|t| !t.answer.is_empty() && !progress::is_missing(t)) {
        if let Some(note) = team.note.as_deref().map(|n| escape(n, 300)).filter(|n| !n.is_empty()) {
            lines.push(&format!("> {}: {note}", bold(&team.name, 80)));
        }
    }
    lines.into_text()
}

fn reminder(notice: &Notice) -> String {
    let missing: Vec<String> =
        notice.teams.iter().filter(|t| progress::is_missing(t)).take(20).map(|t| bold(&t.name, 80)).collect();
    let mut text = if missing.is_empty() {
        format!("⏳ {}", escape(&notice.title, 300))
    } else {
        format!("⏳ Waiting for {}", missing.join(", "))
    };
    if let Some(deadline) = notice.deadline {
        text.push_str(&format!(", answer by {}", date(deadline)));
    }
    if let Some(url) = notice.url.as_deref().and_then(inline_url) {
        text.push_str(&format!(": {}", link(&url, "acknowledge or object")));
    } else if let Some(command) = notice.commands.first() {
        text.push_str(&format!(": {}", crate::text::code(command, 300)));
    }
    text
}

/// For channels without updates.
pub(crate) fn follow_up(notice: &Notice, repeat: bool) -> Message {
    let mut lines = Lines::new(2_900);
    lines.push(&bold(&title(notice, repeat), 300));
    if let Some(status) = facts::status(notice) {
        lines.push(&status);
    }
    if notice.kind == NoticeKind::ProposalReminder {
        lines.push(&reminder(notice));
    } else {
        lines.push(&escape(&notice.summary, 1_000));
        lines.push(&progress::line(&notice.teams, 1_000));
    }
    let mut blocks = Blocks::default();
    blocks.section(lines);
    if notice.kind == NoticeKind::ProposalReminder {
        return Message { text: fallback(notice, repeat), blocks: blocks.into_values() };
    }
    if let Some(url) = notice.url.as_deref().and_then(inline_url) {
        blocks.context([Lines::from(link(&url, "Open in Tessera").as_str())]);
    } else {
        blocks.section(facts::commands(notice, 1_450));
    }
    Message { text: fallback(notice, repeat), blocks: blocks.into_values() }
}
