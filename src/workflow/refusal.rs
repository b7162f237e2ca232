//! Why a command is refused: a stable code for programs, a sentence with the remedy for people.

use crate::proposal::ProposalStatus;
use tessera_model::ids::TeamId;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the proposal is {}: only a pending one can be answered or ended", .status.name())]
    NotPending { status: ProposalStatus },
    #[error("the proposal is {}: only an approved one can be published; {}", .status.name(), not_approved(*.status))]
    NotApproved { status: ProposalStatus },
    #[error("team {team} is not asked: none of its readers is affected by the breaking changes; see `required`")]
    NotAffected { team: TeamId },
    #[error("team {team} has answered already; withdraw the proposal and open another to ask anew")]
    AlreadyAnswered { team: TeamId },
    #[error("only a member of the team itself may do this, or an administrator (a person or CI) acting for it")]
    WrongTeam,
    #[error("this needs a key with write scope")]
    NeedsWrite,
    #[error("this needs admin scope and a person or CI behind it")]
    NeedsAdmin,
    #[error("a reason is needed: {what}")]
    NeedsReason { what: &'static str },
    #[error("`migrating` needs the date until which the team will have moved, and it must lie in the future")]
    NeedsDeadline,
    #[error("an agent may not do this: {why}; ask a person of the team")]
    AgentMayNot { why: &'static str },
    #[error(
        "the contract has moved since this was diffed: compare again with the active contract (rebase), then go on"
    )]
    StaleBase,
    #[error("the proposal was not opened by drift, so a scan cannot end it: withdraw it instead")]
    NotDrift,
}

fn not_approved(status: ProposalStatus) -> &'static str {
    match status {
        ProposalStatus::Pending => "the teams in `missing` must answer first, or an administrator forces it",
        ProposalStatus::Published => "its contract stands already",
        _ => "open a new one",
    }
}

impl Refusal {
    /// Stable, for programs: the `code` of an API error.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::NotPending { .. } => "proposal_not_pending",
            Refusal::NotApproved { .. } => "proposal_not_approved",
            Refusal::NotAffected { .. } => "team_not_affected",
            Refusal::AlreadyAnswered { .. } => "already_acknowledged",
            Refusal::WrongTeam => "wrong_team",
            Refusal::NeedsWrite => "needs_write_scope",
            Refusal::NeedsAdmin => "needs_admin_scope",
            Refusal::NeedsReason { .. } => "needs_reason",
            Refusal::NeedsDeadline => "needs_migration_date",
            Refusal::AgentMayNot { .. } => "agent_may_not",
            Refusal::StaleBase => "stale_base",
            Refusal::NotDrift => "not_a_drift_proposal",
        }
    }
}
