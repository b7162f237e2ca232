//! Who did it: every decision is an audit event with an actor.

use crate::ids::TeamId;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    Human,
    /// An AI agent: never forces, never acknowledges its own proposal.
    Agent,
    Ci,
    Daemon,
}

/// What a caller may do; each includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Read,
    Write,
    Admin,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    pub kind: ActorKind,
    /// A person's or key's name, for the audit log and messages.
    pub name: String,
    pub scope: Scope,
    /// The team the caller acts for; `None` for administrators without a team and for the daemon.
    pub team: Option<TeamId>,
    /// Public id of the API key used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_behalf_of: Option<String>,
}

impl Actor {
    /// The daemon itself: scans, watches, deadlines.
    pub fn daemon() -> Self {
        Actor {
            kind: ActorKind::Daemon,
            name: "tessera".into(),
            scope: Scope::Admin,
            team: None,
            key: None,
            on_behalf_of: None,
        }
    }
}
