//! Silence: reminders before the deadline to the teams that have not answered, then what the policy says.

use crate::event::Event;
use crate::policy::{OnDeadline, Policy};
use crate::proposal::{Override, OverrideKind, Proposal, ProposalStatus};
use jiff::{SignedDuration, Timestamp};
use tessera_model::Actor;
use tessera_model::ids::TeamId;

const DAY: i64 = 24 * 3600;
const HOUR: i64 = 3600;

pub(crate) fn deadline_after(now: Timestamp, policy: &Policy) -> Option<Timestamp> {
    let hours = i64::from(policy.deadline_hours?);
    Some(now.checked_add(SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX))
}

/// Moments at which reminders are due, in order: at half the time, a day and an hour before the deadline; when the
/// policy is to hold, once more at the deadline itself, because nothing else would be heard of it.
pub(crate) fn reminder_times(proposal: &Proposal, policy: &Policy) -> Vec<i64> {
    let Some(deadline) = proposal.deadline.map(Timestamp::as_second) else { return Vec::new() };
    let asked = policy.deadline_hours.map_or(i64::MIN, |h| deadline.saturating_sub(i64::from(h) * HOUR));
    let start = proposal.opened_at.as_second().max(asked);
    let half = start.saturating_add(deadline.saturating_sub(start) / 2);
    let mut times = vec![half, deadline.saturating_sub(DAY), deadline.saturating_sub(HOUR)];
    if policy.on_deadline == OnDeadline::Hold {
        times.push(deadline);
    }
    times.retain(|t| *t > start);
    times.sort_unstable();
    times.dedup();
    times
}

/// What the passing of time does to a pending proposal. Several reminders that have become due at once are one.
pub(crate) fn tick(proposal: &mut Proposal, now: Timestamp, actor: &Actor, policy: &Policy) -> Vec<Event> {
    let Some(deadline) = proposal.deadline.filter(|_| proposal.status == ProposalStatus::Pending) else {
        return Vec::new();
    };
    let missing: Vec<TeamId> = proposal.missing().map(|r| r.team).collect();
    let names: Vec<&str> = proposal.missing().map(|r| &*r.team_name).collect();
    let silent = if names.is_empty() { "nobody who could answer".to_owned() } else { names.join(", ") };
    if now >= deadline {
        match policy.on_deadline {
            OnDeadline::Hold => {}
            OnDeadline::Approve => {
                let reason = format!("no answer by {deadline} from {silent}; the policy takes silence for consent");
                proposal.status = ProposalStatus::Approved;
                proposal.resolved_at = Some(now);
                proposal.overridden =
                    Some(Override { kind: OverrideKind::Deadline, by: actor.clone(), at: now, reason: reason.clone() });
                proposal.note = Some(reason);
                return vec![Event::DeadlineApproved { missing }];
            }
            OnDeadline::Expire => {
                proposal.status = ProposalStatus::Expired;
                proposal.resolved_at = Some(now);
                proposal.note = Some(format!("expired at {deadline} without an answer from {silent}"));
                return vec![Event::Expired { missing }];
            }
        }
    }
    let due = reminder_times(proposal, policy).iter().filter(|t| **t <= now.as_second()).count();
    let due = u8::try_from(due).unwrap_or(u8::MAX);
    if missing.is_empty() || due <= proposal.reminders {
        return Vec::new();
    }
    proposal.reminders = due;
    vec![Event::Reminder { missing }]
}
