//! What happened to a proposal: the audit log's actions and the causes of notifications.

use crate::proposal::{Proposal, ProposalStatus, Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tessera_model::ids::{ContractId, TeamId};
use tessera_model::semver::Version;

/// A new state and what led to it. No events: nothing happened, the proposal is as it was (same revision) and there is
/// nothing to store. Otherwise the revision is one higher.
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    pub proposal: Proposal,
    pub events: Vec<Event>,
}

impl Transition {
    pub fn changed(&self) -> bool {
        !self.events.is_empty()
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    Opened {
        required: Vec<TeamId>,
    },
    /// There was nobody to ask, or nothing breaking.
    ApprovedWithoutReaders {
        note: String,
    },
    Acknowledged {
        team: TeamId,
        response: Response,
        migrating_until: Option<Timestamp>,
        notes: Option<String>,
    },
    /// Every required team has consented.
    Approved,
    Rejected {
        by: TeamId,
        reason: String,
    },
    Withdrawn {
        reason: String,
    },
    Forced {
        reason: String,
        /// Teams that had not answered.
        missing: Vec<TeamId>,
    },
    Published {
        contract: ContractId,
        version: Version,
    },
    Expired {
        missing: Vec<TeamId>,
    },
    DeadlineApproved {
        missing: Vec<TeamId>,
    },
    Stale,
    /// Compared again with a newer contract.
    Rebased {
        status: ProposalStatus,
        /// Teams whose earlier answer no longer covers what is proposed.
        asked_again: Vec<TeamId>,
    },
    Reminder {
        missing: Vec<TeamId>,
    },
}

impl Event {
    /// The dotted action of the audit log.
    pub fn action(&self) -> &'static str {
        match self {
            Event::Opened { .. } => "proposal.opened",
            Event::ApprovedWithoutReaders { .. } => "proposal.approved_without_readers",
            Event::Acknowledged { .. } => "proposal.acknowledged",
            Event::Approved => "proposal.approved",
            Event::Rejected { .. } => "proposal.rejected",
            Event::Withdrawn { .. } => "proposal.withdrawn",
            Event::Forced { .. } => "proposal.forced",
            Event::Published { .. } => "proposal.published",
            Event::Expired { .. } => "proposal.expired",
            Event::DeadlineApproved { .. } => "proposal.deadline_approved",
            Event::Stale => "proposal.stale",
            Event::Rebased { .. } => "proposal.rebased",
            Event::Reminder { .. } => "proposal.reminder",
        }
    }

    /// The status that a proposal has after this event; `None` where the event leaves it as it was.
    pub fn status(&self) -> Option<ProposalStatus> {
        match self {
            Event::Opened { .. } => Some(ProposalStatus::Pending),
            Event::ApprovedWithoutReaders { .. }
            | Event::Approved
            | Event::Forced { .. }
            | Event::DeadlineApproved { .. } => Some(ProposalStatus::Approved),
            Event::Rejected { .. } => Some(ProposalStatus::Rejected),
            Event::Withdrawn { .. } => Some(ProposalStatus::Withdrawn),
            Event::Published { .. } => Some(ProposalStatus::Published),
            Event::Expired { .. } => Some(ProposalStatus::Expired),
            Event::Rebased { status, .. } => Some(*status),
            Event::Acknowledged { .. } | Event::Stale | Event::Reminder { .. } => None,
        }
    }
}
