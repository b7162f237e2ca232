//! Block Kit, as little as we use, built so that Slack's documented limits hold by construction: a text that would not fit
//! is refused by `Lines` (the caller says "+N more"), a list of blocks stops at fifty.
//! Limits: <https://docs.slack.dev/reference/block-kit/blocks> and `…/composition-objects`.

use crate::text;
use serde_json::{Value, json};

pub(crate) const MAX_BLOCKS: usize = 50;
pub(crate) const MAX_HEADER: usize = 150;
pub(crate) const MAX_SECTION: usize = 3_000;
pub(crate) const MAX_CONTEXT_ELEMENTS: usize = 10;
pub(crate) const MAX_BUTTONS: usize = 25;
pub(crate) const MAX_BUTTON_TEXT: usize = 75;
pub(crate) const MAX_BUTTON_URL: usize = 3_000;

/// Lines of mrkdwn within a budget.
#[derive(Debug)]
pub(crate) struct Lines {
    text: String,
    left: usize,
}

impl Lines {
    /// `budget` is at most one section's text.
    pub(crate) fn new(budget: usize) -> Self {
        Lines { text: String::new(), left: budget.min(MAX_SECTION) }
    }
    /// Adds a line, or leaves the text as it is and says `false` when it does not fit.
    pub(crate) fn push(&mut self, line: &str) -> bool {
        let separator = usize::from(!self.text.is_empty());
        let need = text::len(line) + separator;
        if line.is_empty() || need > self.left {
            return false;
        }
        if separator == 1 {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.left -= need;
        true
    }
    /// What still fits, with the line end that another line needs.
    pub(crate) fn room(&self) -> usize {
        self.left.saturating_sub(1)
    }
    pub(crate) fn into_text(self) -> String {
        self.text
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }
}

impl From<&str> for Lines {
    fn from(line: &str) -> Self {
        let mut lines = Lines::new(MAX_SECTION);
        lines.push(line);
        lines
    }
}

/// A link button.
#[derive(Debug)]
pub(crate) struct Button {
    pub id: &'static str,
    pub label: &'static str,
    /// From `text::web_url`.
    pub url: String,
    pub primary: bool,
}

/// The blocks of one message. Empty texts are left out; what exceeds fifty blocks is dropped (our layouts stay below).
#[derive(Debug, Default)]
pub(crate) struct Blocks(Vec<Value>);

impl Blocks {
    pub(crate) fn header(&mut self, title: &str) {
        let title = text::plain(title, MAX_HEADER);
        if !title.is_empty() {
            self.add(json!({"type": "header", "text": {"type": "plain_text", "text": title, "emoji": false}}));
        }
    }

    pub(crate) fn section(&mut self, lines: Lines) {
        if !lines.is_empty() {
            self.add(json!({"type": "section", "text": mrkdwn(lines)}));
        }
    }

    pub(crate) fn context(&mut self, elements: impl IntoIterator<Item = Lines>) {
        let elements: Vec<Value> =
            elements.into_iter().filter(|e| !e.is_empty()).take(MAX_CONTEXT_ELEMENTS).map(mrkdwn).collect();
        if !elements.is_empty() {
            self.add(json!({"type": "context", "elements": elements}));
        }
    }

    pub(crate) fn buttons(&mut self, buttons: Vec<Button>) {
        let elements: Vec<Value> = buttons
            .into_iter()
            .filter(|b| text::len(&b.url) <= MAX_BUTTON_URL)
            .take(MAX_BUTTONS)
            .map(|b| {
                let mut button = json!({
                    "type": "button",
                    "action_id": b.id,
                    "text": {"type": "plain_text", "text": text::plain(b.label, MAX_BUTTON_TEXT), "emoji": false},
                    "url": b.url,
                });
                if b.primary {
                    button["style"] = json!("primary");
                }
                button
            })
            .collect();
        if !elements.is_empty() {
            self.add(json!({"type": "actions", "elements": elements}));
        }
    }

    pub(crate) fn into_values(self) -> Vec<Value> {
        self.0
    }

    fn add(&mut self, block: Value) {
        if self.0.len() < MAX_BLOCKS {
            self.0.push(block);
        }
    }
}

/// `verbatim`: Slack must not make links or mentions of words by itself.
fn mrkdwn(lines: Lines) -> Value {
    json!({"type": "mrkdwn", "text": Value::String(lines.text), "verbatim": true})
}
