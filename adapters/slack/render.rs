//! A neutral notice becomes a Slack message. One room per part of the message; this one puts the parts in order, by kind
//! of notice. Pure: the same notice gives the same message.

mod changes;
mod facts;
mod progress;
mod short;
mod why;

use crate::blocks::{Blocks, Lines};
use crate::text;
use serde_json::Value;
use tessera_ports::notifier::{Notice, NoticeKind};

pub(crate) use short::{follow_up, reply};

/// What is sent: the fallback text (notifications, screen readers) and the blocks.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Message {
    pub text: String,
    pub blocks: Vec<Value>,
}

/// Slack truncates texts above 40,000 characters; nobody reads a tenth of that.
const MAX_FALLBACK: usize = 3_000;
/// Slack refuses blocks that are together too long (`msg_blocks_too_long`), far below the sum of its per-block limits.
/// The number is not documented; refusals from about 11,300 characters of text on have been reported (bolt-js#2509, #2867).
const MAX_TOGETHER: usize = 10_500;

/// How much of the parts that can grow is shown.
#[derive(Clone, Copy)]
struct Size {
    /// Characters of one section.
    room: usize,
    /// Sections for the teams.
    sections: usize,
}
const SIZES: [Size; 3] =
    [Size { room: 2_900, sections: 2 }, Size { room: 1_800, sections: 1 }, Size { room: 1_000, sections: 1 }];

/// The whole message. `repeat` marks one that may already have been sent.
pub(crate) fn full(notice: &Notice, repeat: bool) -> Message {
    let mut blocks = Vec::new();
    for size in SIZES {
        blocks = build(notice, repeat, size);
        if blocks.iter().map(|b| text::len(&b.to_string())).sum::<usize>() <= MAX_TOGETHER {
            break;
        }
    }
    Message { text: fallback(notice, repeat), blocks }
}

fn build(notice: &Notice, repeat: bool, size: Size) -> Vec<Value> {
    let mut blocks = Blocks::default();
    blocks.header(&title(notice, repeat));
    blocks.context(facts::line(notice));
    if let Some(status) = facts::status(notice) {
        blocks.section(Lines::from(status.as_str()));
    }
    blocks.section(Lines::from(text::escape(&notice.summary, size.room / 2).as_str()));
    if matches!(notice.kind, NoticeKind::Drift | NoticeKind::DriftResolved | NoticeKind::MassChange) {
        blocks.section(Lines::from(changes::counts(&notice.changes).as_str()));
    }
    blocks.section(changes::section(notice, size));
    blocks.context([changes::suggestions(&notice.changes, size)]);
    for section in why::sections(&notice.teams, size) {
        blocks.section(section);
    }
    blocks.section(Lines::from(progress::line(&notice.teams, size.room / 2).as_str()));
    facts::ways_to_act(notice, &mut blocks, size.room / 2);
    blocks.context(facts::coverage(notice));
    blocks.into_values()
}

/// One text for where blocks are not shown.
fn fallback(notice: &Notice, repeat: bool) -> String {
    let mut text = text::escape(&title(notice, repeat), 300);
    let summary = text::escape(&notice.summary, 1_000);
    if !summary.is_empty() {
        text = format!("{text}\n{summary}");
    }
    let progress = progress::line(&notice.teams, 1_000);
    for part in [progress, notice.url.as_deref().and_then(text::web_url).unwrap_or_default().replace('&', "&amp;")] {
        if !part.is_empty() && text::len(&text) + text::len(&part) < MAX_FALLBACK {
            text.push('\n');
            text.push_str(&part);
        }
    }
    text
}

fn title(notice: &Notice, repeat: bool) -> String {
    let title = text::clean(&notice.title);
    let title = if title.is_empty() { notice.kind.event().to_owned() } else { title };
    let room = crate::blocks::MAX_HEADER - " (repeat)".len();
    if repeat { format!("{} (repeat)", text::plain(&title, room)) } else { title }
}

/// Nothing is asked any more.
fn is_over(notice: &Notice) -> bool {
    matches!(
        notice.kind,
        NoticeKind::ProposalResolved
            | NoticeKind::ProposalForced
            | NoticeKind::ContractPublished
            | NoticeKind::DriftResolved
    )
}
