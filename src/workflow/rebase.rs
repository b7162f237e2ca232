//! A proposal is compared again because the contract under it has moved, or because readers have changed. Answers stay
//! as long as what their team agreed to has not grown; an override stays as long as nothing has.

use crate::event::Event;
use crate::machine::Context;
use crate::opening::{has_breaking, may_pass, nobody_to_ask, waiting_for_unowned};
use crate::proposal::{Proposal, ProposalStatus, Requirement};
use crate::requirements::{same_name, unasked_readers};
use crate::silence::deadline_after;
use std::collections::BTreeSet;
use tessera_model::Reader;
use tessera_model::ids::TeamId;
use tessera_model::report::AssetChange;

/// `proposal` has the new base, changes and requirements; `before` is the state before them.
pub(crate) fn rebase(before: &Proposal, proposal: &mut Proposal, cx: &Context<'_>) -> Vec<Event> {
    proposal.stale = false;

    if proposal.changes.is_empty() {
        let reason = "the contract has come to what was proposed: nothing is left to change".to_owned();
        end(proposal, ProposalStatus::Withdrawn, cx, Some(&reason));
        return vec![Event::Rebased { status: before.status, asked_again: Vec::new() }, Event::Withdrawn { reason }];
    }

    let grown: BTreeSet<TeamId> = proposal
        .required
        .iter()
        .filter(|now| {
            let was = before.required.iter().find(|was| was.team == now.team);
            was.is_none_or(|was| grew(was, &before.changes, now, &proposal.changes))
        })
        .map(|r| r.team)
        .collect();
    let asked_again: Vec<TeamId> =
        before.acknowledgements.iter().map(|a| a.team).filter(|t| grown.contains(t)).collect();
    proposal.acknowledgements.retain(|a| !grown.contains(&a.team));
    let everything_grew = !grown.is_empty()
        || !breaking(&proposal.changes, None).is_subset(&breaking(&before.changes, None))
        || !names(&unasked_readers(proposal)).is_subset(&names(&unasked_readers(before)));
    if everything_grew {
        proposal.overridden = None;
    }

    let passes = proposal.overridden.is_some() || may_pass(proposal, cx.policy);
    let status = if passes { ProposalStatus::Approved } else { ProposalStatus::Pending };
    if !passes {
        proposal.status = ProposalStatus::Pending;
        proposal.resolved_at = None;
        proposal.note = waiting_for_unowned(proposal, cx.policy);
        if !grown.is_empty() || before.status == ProposalStatus::Approved || proposal.deadline.is_none() {
            proposal.deadline = deadline_after(cx.now, cx.policy);
            proposal.reminders = 0;
        }
        return vec![Event::Rebased { status, asked_again }];
    }
    if before.status == ProposalStatus::Approved {
        return vec![Event::Rebased { status, asked_again }];
    }
    let note = match (has_breaking(proposal), proposal.required.is_empty()) {
        (false, _) => Some("against the newer contract nothing in it is breaking any more".to_owned()),
        (true, true) => Some(nobody_to_ask(proposal)),
        (true, false) => None,
    };
    end(proposal, ProposalStatus::Approved, cx, note.as_deref());
    let approved = note.map_or(Event::Approved, |note| Event::ApprovedWithoutReaders { note });
    vec![Event::Rebased { status, asked_again }, approved]
}

fn end(proposal: &mut Proposal, status: ProposalStatus, cx: &Context<'_>, note: Option<&str>) {
    proposal.status = status;
    proposal.resolved_at = Some(cx.now);
    proposal.note = note.map(str::to_owned);
}

/// Does the team now have a reason to answer that it had not when it did?
fn grew(was: &Requirement, changes_then: &[AssetChange], now: &Requirement, changes_now: &[AssetChange]) -> bool {
    let known = |reader: &Reader| {
        was.because.iter().any(|r| {
            r.name == reader.name
                && r.kind == reader.kind
                && r.effect <= reader.effect
                && reader.columns.iter().all(|c| r.columns.contains(c))
        })
    };
    !now.because.iter().all(known)
        || !breaking(changes_now, Some(&now.team_name)).is_subset(&breaking(changes_then, Some(&was.team_name)))
}

/// What breaks (for one team, or at all), by what it comes to: a team that agreed to a column becoming text has agreed,
/// whatever the column was.
fn breaking(changes: &[AssetChange], team: Option<&str>) -> BTreeSet<String> {
    let reaches = |c: &AssetChange| {
        team.is_none_or(|t| c.readers.iter().any(|r| r.team.as_deref().is_some_and(|rt| same_name(rt, t))))
    };
    changes
        .iter()
        .filter(|c| c.change.breaking && !c.acknowledged && reaches(c))
        .map(|c| serde_json::json!([c.asset, c.column, c.change.rule, c.change.after]).to_string())
        .collect()
}

fn names(readers: &[&Reader]) -> BTreeSet<String> {
    readers.iter().map(|r| r.name.clone()).collect()
}
