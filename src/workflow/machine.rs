//! Every step of a proposal after its opening: one function from a state and a command to a new state, or a refusal.

use crate::event::{Event, Transition};
use crate::opening::may_pass;
use crate::policy::Policy;
use crate::proposal::{Acknowledgement, Override, OverrideKind, Proposal, ProposalStatus, Requirement, Response};
use crate::rebase::rebase;
use crate::refusal::Refusal;
use crate::silence::tick;
use jiff::Timestamp;
use tessera_model::actor::{ActorKind, Scope};
use tessera_model::ids::{ContractId, TeamId};
use tessera_model::report::AssetChange;
use tessera_model::semver::Version;
use tessera_model::{Actor, Effect, Fingerprint};

/// Characters that the reason of a force must have.
const FORCE_REASON: usize = 10;

#[derive(Debug, Clone)]
pub enum Command {
    Acknowledge {
        team: TeamId,
        response: Response,
        /// The reason, where the response is a veto.
        notes: Option<String>,
        migrating_until: Option<Timestamp>,
    },
    Withdraw {
        reason: Option<String>,
    },
    Force {
        reason: String,
    },
    Publish {
        /// The active contract now; it must still be the one that was diffed against.
        base_now: Option<ContractId>,
        base_fingerprint_now: Option<Fingerprint>,
        contract: ContractId,
        version: Version,
    },
    /// The engine's own: the proposal compared again with the contract that is active now.
    Rebase {
        base: Option<ContractId>,
        base_fingerprint: Option<Fingerprint>,
        changes: Vec<AssetChange>,
        required: Vec<Requirement>,
    },
    /// The engine's own: somebody published another contract meanwhile.
    MarkStale,
    /// The engine's own: time has passed.
    Tick,
    /// The engine's own: the warehouse has returned to the contract.
    DriftGone,
}

#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    pub now: Timestamp,
    pub actor: &'a Actor,
    pub policy: &'a Policy,
}

pub fn apply(proposal: &Proposal, command: Command, cx: &Context<'_>) -> Result<Transition, Refusal> {
    let mut next = proposal.clone();
    let events = match command {
        Command::Acknowledge { team, response, notes, migrating_until } => {
            let notes = notes.filter(|n| !n.trim().is_empty());
            acknowledge(&mut next, team, response, notes, migrating_until, cx)?
        }
        Command::Withdraw { reason } => {
            open_or_refuse(proposal)?;
            producer_or_refuse(proposal, cx.actor)?;
            withdraw(&mut next, reason.filter(|r| !r.trim().is_empty()).unwrap_or("withdrawn".into()), cx)
        }
        Command::Force { reason } => force(&mut next, reason, cx)?,
        Command::Publish { base_now, base_fingerprint_now, contract, version } => {
            if proposal.status != ProposalStatus::Approved {
                return Err(Refusal::NotApproved { status: proposal.status });
            }
            producer_or_refuse(proposal, cx.actor)?;
            if proposal.stale || base_now != proposal.base || base_fingerprint_now != proposal.base_fingerprint {
                return Err(Refusal::StaleBase);
            }
            next.status = ProposalStatus::Published;
            next.resolved_at = Some(cx.now);
            next.contract = Some(contract);
            next.version = Some(version.clone());
            vec![Event::Published { contract, version }]
        }
        Command::Rebase { base, base_fingerprint, changes, required } => {
            open_or_refuse(proposal)?;
            next.base = base;
            next.base_fingerprint = base_fingerprint;
            next.changes = changes;
            next.required = required;
            rebase(proposal, &mut next, cx)
        }
        Command::MarkStale => {
            open_or_refuse(proposal)?;
            let news = !next.stale;
            next.stale = true;
            if news { vec![Event::Stale] } else { Vec::new() }
        }
        Command::Tick => tick(&mut next, cx.now, cx.actor, cx.policy),
        Command::DriftGone => {
            open_or_refuse(proposal)?;
            if proposal.drift.is_none() {
                return Err(Refusal::NotDrift);
            }
            withdraw(&mut next, "the warehouse has returned to the contract".into(), cx)
        }
    };
    if !events.is_empty() {
        next.revision += 1;
    }
    Ok(Transition { proposal: next, events })
}

fn open_or_refuse(proposal: &Proposal) -> Result<(), Refusal> {
    if proposal.status.is_final() { Err(Refusal::NotPending { status: proposal.status }) } else { Ok(()) }
}

fn pending_or_refuse(proposal: &Proposal) -> Result<(), Refusal> {
    if proposal.status == ProposalStatus::Pending {
        Ok(())
    } else {
        Err(Refusal::NotPending { status: proposal.status })
    }
}

/// The proposing team, whoever opened it, an administrator, or the daemon.
fn producer_or_refuse(proposal: &Proposal, actor: &Actor) -> Result<(), Refusal> {
    if actor.scope < Scope::Write {
        return Err(Refusal::NeedsWrite);
    }
    let own = actor.team.is_some() && actor.team == proposal.proposed_by;
    let administers = actor.scope == Scope::Admin && actor.kind != ActorKind::Agent;
    if own || administers || same_principal(actor, &proposal.opened_by) { Ok(()) } else { Err(Refusal::WrongTeam) }
}

/// The same key; without keys, the same name and kind.
fn same_principal(a: &Actor, b: &Actor) -> bool {
    a.kind == b.kind && a.key == b.key && (a.key.is_some() || a.name == b.name)
}

fn acknowledge(
    next: &mut Proposal,
    team: TeamId,
    response: Response,
    notes: Option<String>,
    migrating_until: Option<Timestamp>,
    cx: &Context<'_>,
) -> Result<Vec<Event>, Refusal> {
    let actor = cx.actor;
    pending_or_refuse(next)?;
    if actor.scope < Scope::Write {
        return Err(Refusal::NeedsWrite);
    }
    let for_all = actor.scope == Scope::Admin && matches!(actor.kind, ActorKind::Human | ActorKind::Ci);
    if actor.kind == ActorKind::Daemon || (actor.team != Some(team) && !for_all) {
        return Err(Refusal::WrongTeam);
    }
    let Some(requirement) = next.required.iter().find(|r| r.team == team) else {
        return Err(Refusal::NotAffected { team });
    };
    if actor.kind == ActorKind::Agent {
        let same_team = |t: Option<TeamId>| t.is_some() && t == actor.team;
        if same_principal(actor, &next.opened_by) || same_team(next.opened_by.team) || same_team(next.proposed_by) {
            return Err(Refusal::AgentMayNot { why: "it or its team opened the proposal" });
        }
        // A requirement without readers says nothing of them: unknown is not unaffected.
        let untouched =
            !requirement.because.is_empty() && requirement.because.iter().all(|r| r.effect == Effect::Unaffected);
        if !cx.policy.agents_may_acknowledge && !untouched {
            return Err(Refusal::AgentMayNot {
                why: "its team's readers are affected, and `agents_may_acknowledge` is off",
            });
        }
    }
    if next.answer_of(team).is_some() {
        return Err(Refusal::AlreadyAnswered { team });
    }
    let veto = match (response, &notes) {
        (Response::Blocked, Some(reason)) => Some(reason.clone()),
        (Response::Blocked, None) => {
            return Err(Refusal::NeedsReason { what: "a veto must say what stands in the way" });
        }
        (Response::Approved | Response::Migrating, _) => None,
    };
    if response == Response::Migrating && migrating_until.is_none_or(|until| until <= cx.now) {
        return Err(Refusal::NeedsDeadline);
    }
    let migrating_until = migrating_until.filter(|_| response == Response::Migrating);
    next.acknowledgements.push(Acknowledgement {
        team,
        response,
        by: actor.clone(),
        at: cx.now,
        migrating_until,
        notes: notes.clone(),
    });
    let mut events = vec![Event::Acknowledged { team, response, migrating_until, notes }];
    if let Some(reason) = veto {
        next.status = ProposalStatus::Rejected;
        next.resolved_at = Some(cx.now);
        next.note = Some(reason.clone());
        events.push(Event::Rejected { by: team, reason });
    } else if !next.stale && may_pass(next, cx.policy) {
        // A stale proposal keeps the answer; whether it covers what is proposed is decided when it is compared again.
        next.status = ProposalStatus::Approved;
        next.resolved_at = Some(cx.now);
        next.note = None;
        events.push(Event::Approved);
    }
    Ok(events)
}

fn withdraw(next: &mut Proposal, reason: String, cx: &Context<'_>) -> Vec<Event> {
    next.status = ProposalStatus::Withdrawn;
    next.resolved_at = Some(cx.now);
    next.note = Some(reason.clone());
    vec![Event::Withdrawn { reason }]
}

fn force(next: &mut Proposal, reason: String, cx: &Context<'_>) -> Result<Vec<Event>, Refusal> {
    match (cx.actor.kind, cx.actor.scope) {
        (ActorKind::Agent, _) => return Err(Refusal::AgentMayNot { why: "agents never force" }),
        (ActorKind::Human | ActorKind::Ci, Scope::Admin) => {}
        _ => return Err(Refusal::NeedsAdmin),
    }
    pending_or_refuse(next)?;
    if reason.trim().chars().count() < FORCE_REASON {
        return Err(Refusal::NeedsReason { what: "a force is announced and audited; at least 10 characters" });
    }
    next.status = ProposalStatus::Approved;
    next.resolved_at = Some(cx.now);
    next.overridden =
        Some(Override { kind: OverrideKind::Force, by: cx.actor.clone(), at: cx.now, reason: reason.clone() });
    next.note = Some(reason.clone());
    let missing = next.missing().map(|r| r.team).collect();
    Ok(vec![Event::Forced { reason, missing }])
}
