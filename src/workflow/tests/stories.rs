//! Runs `fixtures/workflow/*.json`. A file is a list of stories; a story opens a proposal and gives it commands. Each
//! step says what must come of it: a refusal's code, or the new status, events, missing teams, note.

use super::support::*;
use crate::*;
use serde_json::{Value, json};
use std::path::Path;

#[test]
fn stories_end_as_written() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/workflow");
    let mut told = 0;
    let mut refusals = std::collections::BTreeSet::new();
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        let stories: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        for story in &stories {
            let name = format!("{}: {}", path.file_name().unwrap().display(), story["story"].as_str().unwrap());
            tell(&name, story, &mut refusals);
            told += 1;
        }
    }
    assert!(told >= 25, "only {told} stories");
    let all = [
        "proposal_not_pending",
        "proposal_not_approved",
        "team_not_affected",
        "already_acknowledged",
        "wrong_team",
        "needs_write_scope",
        "needs_admin_scope",
        "needs_reason",
        "needs_migration_date",
        "agent_may_not",
        "stale_base",
        "not_a_drift_proposal",
    ];
    for code in all {
        assert!(refusals.contains(code), "no story is refused with `{code}`");
    }
}

fn tell(name: &str, story: &Value, refusals: &mut std::collections::BTreeSet<String>) {
    let policy: Policy = serde_json::from_value(story.get("policy").cloned().unwrap_or(json!({}))).expect(name);
    let by = actor(story["by"].as_str().unwrap_or("human:producers:write"));
    let drift = story["drift"].as_bool().unwrap_or(false);
    let mut state = open(opening(changes(&story["changes"]), by, drift), &policy);
    expect(&format!("{name}: opening"), &state, &story["opens"]);
    for (n, step) in story["steps"].as_array().into_iter().flatten().enumerate() {
        let name = format!("{name}: step {} {step}", n + 1);
        let who = actor(step["by"].as_str().unwrap_or("daemon"));
        let cx = Context { now: at(step["hour"].as_i64().unwrap_or(1)), actor: &who, policy: &policy };
        match (apply(&state.proposal, command(step, &name), &cx), step["refused"].as_str()) {
            (Err(refusal), Some(code)) => {
                assert_eq!(refusal.code(), code, "{name}: {refusal}");
                assert!(refusal.to_string().len() > 20, "{name}: a refusal says what and how to go on");
                refusals.insert(code.to_owned());
            }
            (Ok(next), None) => {
                let grown = u64::from(next.changed());
                assert_eq!(next.proposal.revision, state.proposal.revision + grown, "{name}: revision");
                expect(&name, &next, step);
                state = next;
            }
            (Ok(next), Some(code)) => panic!("{name}: should be refused with {code}, yet {:?}", next.events),
            (Err(refusal), None) => panic!("{name}: refused: {refusal}"),
        }
    }
}

fn command(step: &Value, name: &str) -> Command {
    let text = |key: &str| step[key].as_str().map(str::to_owned);
    let number = |key: &str, default: u8| step[key].as_u64().map_or(default, |n| u8::try_from(n).unwrap());
    match step["do"].as_str().unwrap() {
        "ack" => Command::Acknowledge {
            team: team_id(step["team"].as_str().unwrap()).expect(name),
            response: serde_json::from_value(step["response"].clone()).unwrap_or(Response::Approved),
            notes: text("notes"),
            migrating_until: step["until_hour"].as_i64().map(at),
        },
        "withdraw" => Command::Withdraw { reason: text("reason") },
        "force" => Command::Force { reason: text("reason").unwrap_or_default() },
        "publish" => Command::Publish {
            base_now: Some(base(number("base", 1))),
            base_fingerprint_now: Some(print(number("base", 1))),
            contract: base(9),
            version: "2.0.0".parse().unwrap(),
        },
        "rebase" => {
            let changes = changes(&step["changes"]);
            Command::Rebase {
                base: Some(base(number("base", 2))),
                base_fingerprint: Some(print(number("base", 2))),
                required: requirements(&changes, Some("producers"), &team_id),
                changes,
            }
        }
        "stale" => Command::MarkStale,
        "tick" => Command::Tick,
        "drift_gone" => Command::DriftGone,
        other => panic!("{name}: no command `{other}`"),
    }
}

fn expect(name: &str, got: &Transition, want: &Value) {
    let p = &got.proposal;
    if let Some(status) = want["status"].as_str() {
        assert_eq!(p.status.name(), status, "{name}: {:?}", p.note);
    }
    if let Some(events) = want["events"].as_array() {
        let actions: Vec<&str> = got.events.iter().map(|e| e.action().strip_prefix("proposal.").unwrap()).collect();
        assert_eq!(json!(actions), json!(events), "{name}");
    }
    if !want["missing"].is_null() {
        let missing: Vec<&str> = p.missing().map(|r| team_name(r.team)).collect();
        assert_eq!(json!(missing), want["missing"], "{name}: missing");
    }
    if !want["because"].is_null() {
        let because: serde_json::Map<String, Value> = p
            .required
            .iter()
            .map(|r| {
                let readers: Vec<String> =
                    r.because.iter().map(|b| format!("{} {}", b.name, b.columns.join("+"))).collect();
                (r.team_name.clone(), json!(readers))
            })
            .collect();
        assert_eq!(Value::Object(because), want["because"], "{name}: because");
    }
    if let Some(part) = want["note"].as_str() {
        assert!(p.note.as_deref().unwrap_or("").contains(part), "{name}: note {:?} lacks {part:?}", p.note);
    }
    if let Some(overridden) = want["overridden"].as_bool() {
        assert_eq!(p.overridden.is_some(), overridden, "{name}: overridden");
    }
    if let Some(hour) = want["deadline_hour"].as_i64() {
        assert_eq!(p.deadline, Some(at(hour)), "{name}: deadline");
    }
    assert_eq!(p.status.is_final() || p.status == ProposalStatus::Approved, p.resolved_at.is_some(), "{name}");
}
