//! Short messages: a reply in the thread of the message that was updated, and, where a channel cannot update (incoming
//! webhooks), a follow-up that says by itself what it is about.

use super::{Message, facts, fallback, progress, title};
use crate::blocks::{Blocks, Lines};
use crate::text::{bold, date, escape, inline_url, link};
use tessera_ports::notifier::{Notice, NoticeKind};

/// One thread reply. A reminder names the missing teams and nobody else.
pub(crate) fn reply(notice: &Notice, repeat: bool) -> String {
    let mut text = if notice.kind == NoticeKind::ProposalReminder {
        reminder(notice)
    } else {
        let said = if notice.summary.trim().is_empty() { &notice.title } else { &notice.summary };
        escape(said, 1_000)
    };
    if text.is_empty() {
        notice.kind.event().clone_into(&mut text);
    }
    if repeat {
        text.push_str(" (repeat)");
    }
    text
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
