//! Telling people. The engine writes neutral `Notice`s into the outbox; a notifier renders one for its channel and sends
//! it. At least once, with the same idempotency key each time: never "exactly once".

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use tessera_model::Reader;
use tessera_model::report::AssetChange;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    ProposalOpened,
    /// An answer came in, or the proposal was re-diffed.
    ProposalProgress,
    ProposalResolved,
    ProposalReminder,
    ProposalForced,
    ContractPublished,
    Drift,
    DriftResolved,
    /// Many changes at once, held for a person.
    MassChange,
    /// A scan or a project needs a person (suspect scan, conflict, unreadable manifest).
    Attention,
    Test,
}

impl NoticeKind {
    /// The event's name for subscribers: `proposal.opened`, `drift.resolved`, …
    pub fn event(self) -> &'static str {
        match self {
            NoticeKind::ProposalOpened => "proposal.opened",
            NoticeKind::ProposalProgress => "proposal.progress",
            NoticeKind::ProposalResolved => "proposal.resolved",
            NoticeKind::ProposalReminder => "proposal.reminder",
            NoticeKind::ProposalForced => "proposal.forced",
            NoticeKind::ContractPublished => "contract.published",
            NoticeKind::Drift => "drift.opened",
            NoticeKind::DriftResolved => "drift.resolved",
            NoticeKind::MassChange => "drift.mass_change",
            NoticeKind::Attention => "attention",
            NoticeKind::Test => "test",
        }
    }
}

/// One team's part of the message: *why you*.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NoticeTeam {
    pub name: String,
    /// `missing`, `approved`, `migrating`, `blocked`, or empty when nothing is asked of it.
    pub answer: String,
    #[serde(default)]
    pub note: Option<String>,
    pub because: Vec<Reader>,
}

/// A message before it is rendered. Everything in it may be shown; untrusted texts (names, comments, reasons) are
/// escaped by the renderer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    pub kind: NoticeKind,
    /// The thread this message belongs to (proposal id, drift id, scan id): later notices with the same subject update
    /// the first one where the channel can.
    pub subject: String,
    /// One line: `Breaking change needs 2 acknowledgements: orders.status dropped`.
    pub title: String,
    /// What happened and what to do, in a sentence or two.
    pub summary: String,
    #[serde(default)]
    pub asset: Option<String>,
    #[serde(default)]
    pub owner: Option<String>,
    #[serde(default)]
    pub opened_by: Option<String>,
    #[serde(default)]
    pub deadline: Option<Timestamp>,
    #[serde(default)]
    pub changes: Vec<AssetChange>,
    #[serde(default)]
    pub teams: Vec<NoticeTeam>,
    /// What the list of readers rests on, when it is not everything.
    #[serde(default)]
    pub coverage: Option<String>,
    /// Final state of a resolved subject: `approved`, `published`, `withdrawn`, …
    #[serde(default)]
    pub status: Option<String>,
    /// Where to read on and answer.
    #[serde(default)]
    pub url: Option<String>,
    /// Commands that do the same from a terminal.
    #[serde(default)]
    pub commands: Vec<String>,
    pub at: Timestamp,
}

/// One delivery to make.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery<'a> {
    /// The outbox row's id: the idempotency key, equal for every repeat.
    pub idempotency_key: String,
    /// Channel, URL name or address, as configured.
    pub target: &'a str,
    pub notice: &'a Notice,
    /// What an earlier delivery for the same (subject, target) returned.
    pub previous: Option<&'a str>,
    /// 1 for the first attempt. Above 1 the earlier outcome may be unknown.
    pub attempt: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// What identifies the message there (Slack: `channel:ts`), kept for updates.
    pub reference: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Try again; `after` when the other side said when.
    #[error("{message}")]
    Retry { message: String, after: Option<Duration> },
    /// Trying again cannot help (unknown channel, revoked token, refused address).
    #[error("{message}")]
    Permanent { message: String },
}

#[async_trait]
pub trait Notifier: Send + Sync + fmt::Debug {
    fn name(&self) -> &str;
    fn kind(&self) -> &'static str;
    /// True when each team has a target of its own (a Slack channel); false when everything goes to one place.
    fn per_team(&self) -> bool {
        false
    }
    async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Delivered, DeliveryError>;
    /// Can it deliver? Tokens, scopes, addresses; each finding with its remedy.
    async fn check(&self) -> Vec<tessera_model::Finding>;
}
