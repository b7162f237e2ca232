//! Random actors give random commands. Whatever they do: nothing breaking is published without every answer or an
//! audited override; ends are final; revisions grow; a team answers once; the events tell the state.

use super::support::*;
use crate::*;
use proptest::prelude::*;
use tessera_model::Actor;
use tessera_model::actor::ActorKind;
use tessera_model::report::AssetChange;

fn any_actor() -> impl Strategy<Value = Actor> {
    (
        prop::sample::select(vec!["human", "agent", "ci", "daemon"]),
        prop::sample::select(vec!["", "producers", "finance", "growth", "ml"]),
        prop::sample::select(vec!["read", "write", "write", "admin"]),
    )
        .prop_map(|(kind, team, scope)| actor(&format!("{kind}:{team}:{scope}")))
}

fn any_changes() -> impl Strategy<Value = Vec<AssetChange>> {
    let reader = (
        prop::sample::select(vec!["m1", "m2", "m3"]),
        prop::sample::select(vec!["", "@producers", "@finance", "@finance", "@growth", "@ml", "@stranger"]),
        prop::sample::select(vec!["breaks", "changes", "reads", "may_read", "unaffected"]),
    );
    let one = (
        prop::sample::select(vec!["a", "b"]),
        prop::sample::select(vec!["null", "text"]),
        prop::sample::select(vec!["breaking", "breaking", "breaking", "notify", "waived"]),
        prop::collection::vec(reader, 0..4),
    );
    prop::collection::vec(
        one.prop_map(|(column, after, weight, readers)| {
            let readers: Vec<String> = readers.into_iter().map(|(n, t, e)| format!("{n}{t}={e}")).collect();
            change(&format!("{column} column-removed {after} {weight}: {}", readers.join(", ")))
        }),
        0..4,
    )
}

fn any_command() -> impl Strategy<Value = Command> {
    let team = prop::sample::select(TEAMS.to_vec()).prop_map(|t| team_id(t).unwrap());
    let response = prop::sample::select(vec![
        Response::Approved,
        Response::Approved,
        Response::Approved,
        Response::Migrating,
        Response::Blocked,
    ]);
    let notes = prop::option::of(prop::sample::select(vec!["", "it hurts"]).prop_map(str::to_owned));
    prop_oneof![
        12 => (team, response, notes, prop::option::of(0i64..400)).prop_map(|(team, response, notes, until)| {
            Command::Acknowledge { team, response, notes, migrating_until: until.map(at) }
        }),
        1 => Just(Command::Withdraw { reason: None }),
        1 => prop::sample::select(vec!["short", "quite long enough"]).prop_map(|r| Command::Force { reason: r.into() }),
        6 => (1u8..4).prop_map(|n| Command::Publish {
            base_now: Some(base(n)),
            base_fingerprint_now: Some(print(n)),
            contract: base(9),
            version: "2.0.0".parse().unwrap(),
        }),
        4 => (1u8..4, any_changes()).prop_map(|(n, changes)| Command::Rebase {
            base: Some(base(n)),
            base_fingerprint: Some(print(n)),
            required: requirements(&changes, Some("producers"), &team_id),
            changes,
        }),
        2 => Just(Command::MarkStale),
        4 => Just(Command::Tick),
        1 => Just(Command::DriftGone),
    ]
}

fn any_policy() -> impl Strategy<Value = Policy> {
    (
        prop::sample::select(vec![OnDeadline::Hold, OnDeadline::Approve, OnDeadline::Expire]),
        prop::option::of(1u32..200),
        any::<bool>(),
        prop::sample::select(vec![UnownedReaders::Hold, UnownedReaders::Approve]),
    )
        .prop_map(|(on_deadline, deadline_hours, agents_may_acknowledge, unowned_readers)| Policy {
            on_deadline,
            deadline_hours,
            agents_may_acknowledge,
            unowned_readers,
        })
}

fn check(before: Option<&Proposal>, t: &Transition, actor: &Actor, policy: &Policy) -> Result<(), TestCaseError> {
    let p = &t.proposal;
    let told = t.events.iter().filter_map(Event::status).next_back();
    match before {
        None => prop_assert_eq!(p.revision, 1),
        Some(before) => {
            prop_assert_eq!(p.revision, before.revision + u64::from(t.changed()));
            prop_assert_eq!(told.unwrap_or(before.status), p.status, "{:?}", t.events);
            if !t.changed() {
                prop_assert_eq!(p, before);
            }
            prop_assert!(!before.status.is_final() || !t.changed(), "an end is not final: {:?}", t.events);
        }
    }
    let mut teams: Vec<_> = p.acknowledgements.iter().map(|a| a.team).collect();
    teams.sort();
    teams.dedup();
    prop_assert_eq!(teams.len(), p.acknowledgements.len(), "a team has answered twice");

    let settled = matches!(p.status, ProposalStatus::Approved | ProposalStatus::Published);
    let breaking = p.changes.iter().any(|c| c.change.breaking && !c.acknowledged);
    if settled && breaking && p.overridden.is_none() {
        for r in &p.required {
            let consent = p.answer_of(r.team).is_some_and(|a| a.response != Response::Blocked);
            prop_assert!(consent, "{} without consent of {}: {p:#?}", p.status.name(), r.team_name);
        }
        prop_assert!(policy.unowned_readers == UnownedReaders::Approve || unasked_readers(p).is_empty());
    }
    for event in &t.events {
        match event {
            Event::Forced { .. } => {
                prop_assert!(p.overridden.is_some());
                prop_assert!(actor.kind != ActorKind::Agent && actor.scope == tessera_model::actor::Scope::Admin);
            }
            Event::DeadlineApproved { .. } => {
                prop_assert!(p.overridden.is_some() && policy.on_deadline == OnDeadline::Approve);
            }
            Event::Acknowledged { .. } if actor.kind == ActorKind::Agent => {
                prop_assert!(policy.agents_may_acknowledge && actor.team != p.proposed_by);
                prop_assert!(p.opened_by.kind != ActorKind::Agent || p.opened_by.team != actor.team);
            }
            Event::Published { .. } => {
                let was = before.unwrap();
                prop_assert!(was.status == ProposalStatus::Approved && !was.stale);
            }
            _ => {}
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_path_publishes_what_was_not_answered(
        first in any_changes(),
        opened_by in any_actor(),
        drift in any::<bool>(),
        policy in any_policy(),
        steps in prop::collection::vec((any_actor(), any_command(), 0i64..40), 1..25),
    ) {
        let mut state = open(opening(first, opened_by.clone(), drift), &policy);
        check(None, &state, &opened_by, &policy)?;
        let mut log = state.events.clone();
        let mut hour = 0;
        for (actor, command, later) in steps {
            hour += later;
            let cx = Context { now: at(hour), actor: &actor, policy: &policy };
            if let Ok(next) = apply(&state.proposal, command, &cx) {
                check(Some(&state.proposal), &next, &actor, &policy)?;
                log.extend(next.events.iter().cloned());
                state = next;
            }
        }
        // The log alone tells how it stands, also after it has been stored and read.
        let stored: Vec<Event> = serde_json::from_value(serde_json::to_value(&log).unwrap()).unwrap();
        let told = stored.iter().filter_map(Event::status).next_back();
        prop_assert_eq!(told, Some(state.proposal.status));
        let again: Proposal = serde_json::from_value(serde_json::to_value(&state.proposal).unwrap()).unwrap();
        prop_assert_eq!(again, state.proposal);
    }
}
