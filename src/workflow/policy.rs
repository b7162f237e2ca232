//! What an installation (or an asset) decides about proposals: the rules of the machine that are a matter of taste.
//! The law of the crate is not among them.

use serde::{Deserialize, Serialize};

/// What silence means when the deadline has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnDeadline {
    /// The proposal waits on, and says so once.
    #[default]
    Hold,
    /// Silence is consent: approved with an audited override.
    Approve,
    /// The proposal ends as expired.
    Expire,
}

/// What happens when an affected reader belongs to no known team, so that nobody can answer for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnownedReaders {
    /// The proposal waits until the reader gets a team (re-diff), or an administrator forces it with a reason.
    #[default]
    Hold,
    /// They count as nobody to ask; the note names them.
    Approve,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    pub on_deadline: OnDeadline,
    /// Hours that teams have to answer; `None`: no deadline.
    pub deadline_hours: Option<u32>,
    /// False: an agent may answer only for a team none of whose readers is affected. Never for a proposal which it or
    /// its team opened, whatever stands here.
    pub agents_may_acknowledge: bool,
    pub unowned_readers: UnownedReaders,
}
