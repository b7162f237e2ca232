//! After the day: what the store, the audit log and the receiver of webhooks say about it.

use crate::day::{Expected, Lived};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tessera_tests::TestDaemon;
use tessera_tests::webhook_sink::WebhookSink;

/// Fails on anything lost or doubled; else the numbers in one line.
pub(crate) async fn check(daemon: &TestDaemon, lived: &Lived, sink: &WebhookSink) -> String {
    // What a killed daemon was delivering is leased for half a minute.
    let waiting = |v: &Value| (v["total"] == 0).then_some(());
    daemon.until("an empty outbox", "/outbox?state=waiting&limit=1", Duration::from_secs(120), waiting).await;
    let proposals = daemon.all("/proposals").await;
    let audit = daemon.all("/audit").await;
    let outbox = daemon.all("/outbox").await;

    nothing_lost_nothing_doubled(lived, &proposals);
    opened_once(&proposals, &audit);
    answers_are_on_record(lived, &proposals, &audit);
    let repeats = delivered_at_least_once(&outbox, sink);
    let contracts = daemon.all("/contracts?status=active").await;
    let assets: BTreeSet<&str> = contracts.iter().map(|c| c["asset_id"].as_str().unwrap()).collect();
    assert_eq!(assets.len(), contracts.len(), "an asset has two active contracts");
    assert_eq!(daemon.get("/drift?status=open").await["total"], 0, "drift that ended is still open");
    let verified = daemon.tessera(&["store", "verify"]).exits(0).out;
    format!(
        "{} changes → {} proposals, 0 lost, 0 doubled; {} answers kept; {} messages delivered, {repeats} repeats with the same id; {}",
        lived.expected.len(),
        proposals.len(),
        lived.answers.len(),
        outbox.len(),
        verified.trim()
    )
}

/// As many proposals for each change as there were such changes, each ended as it had to.
fn nothing_lost_nothing_doubled(lived: &Lived, proposals: &[Value]) {
    let mut wanted: BTreeMap<Expected, i64> = BTreeMap::new();
    for expected in &lived.expected {
        *wanted.entry(expected.clone()).or_default() += 1;
    }
    for proposal in proposals {
        *wanted.entry(seen(proposal)).or_default() -= 1;
    }
    let lost: Vec<_> = wanted.iter().filter(|(_, n)| **n > 0).collect();
    let doubled: Vec<_> = wanted.iter().filter(|(_, n)| **n < 0).collect();
    assert!(lost.is_empty() && doubled.is_empty(), "lost: {lost:#?}\ndoubled: {doubled:#?}");
}

fn seen(proposal: &Value) -> Expected {
    let changes = proposal["breaking_changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "one change at a time: {proposal:#}");
    let change = &changes[0];
    let column = change["column"].as_str().unwrap();
    let change = match change["rule"].as_str().unwrap() {
        "column-removed" => format!("{column} gone"),
        "type-changed" => {
            let to_double = change["new_value"].as_str().unwrap().to_lowercase().starts_with("double");
            format!("{column} {}", if to_double { "numeric → double" } else { "double → numeric" })
        }
        other => format!("{column} {other}"),
    };
    let end = match proposal["status"].as_str().unwrap() {
        "published" => "published",
        "withdrawn" => "withdrawn",
        _ => "open",
    };
    Expected { asset: proposal["asset_fqn"].as_str().unwrap().to_owned(), change, end }
}

/// The audit log has one opening and one end for each proposal, and none for another.
fn opened_once(proposals: &[Value], audit: &[Value]) {
    let of = |action: &str| -> Vec<&str> {
        audit.iter().filter(|e| e["action"] == action).map(|e| e["entity_id"].as_str().unwrap()).collect()
    };
    let known: BTreeSet<&str> = proposals.iter().map(|p| p["id"].as_str().unwrap()).collect();
    let opened = of("proposal.opened");
    assert_eq!(opened.len(), known.len(), "openings and proposals");
    assert_eq!(opened.into_iter().collect::<BTreeSet<_>>(), known);
    let ended = [of("proposal.published"), of("proposal.withdrawn")].concat();
    assert_eq!(ended.len(), known.len(), "each proposal ends once");
    assert_eq!(ended.into_iter().collect::<BTreeSet<_>>(), known);
    let seqs: Vec<u64> = audit.iter().map(|e| e["seq"].as_u64().unwrap()).collect();
    assert!(seqs.iter().zip(1..).all(|(a, b)| *a == b), "the log has no gaps");
}

fn answers_are_on_record(lived: &Lived, proposals: &[Value], audit: &[Value]) {
    let by_id: BTreeMap<&str, &Value> = proposals.iter().map(|p| (p["id"].as_str().unwrap(), p)).collect();
    for answer in &lived.answers {
        let proposal =
            by_id.get(answer.proposal.as_str()).unwrap_or_else(|| panic!("{answer:?}: its proposal is lost"));
        let kept = proposal["acknowledgments"].as_array().unwrap();
        let count = kept.iter().filter(|a| a["consumer_team"] == answer.team.as_str()).count();
        assert_eq!(count, 1, "{answer:?} was confirmed: {proposal:#}");
    }
    let events = audit.iter().filter(|e| e["action"] == "proposal.acknowledged").count();
    assert_eq!(events, lived.answers.len(), "an answer that is repeated is not a second answer");
}

/// Every message reached the receiver under its own id; how many came more than once.
fn delivered_at_least_once(outbox: &[Value], sink: &WebhookSink) -> usize {
    let mut first: BTreeMap<String, Value> = BTreeMap::new();
    let mut repeats = 0;
    let mut taken = BTreeSet::new();
    for delivery in sink.received() {
        if delivery.answered < 300 {
            taken.insert(delivery.id.clone());
        }
        match first.get(&delivery.id) {
            Some(body) => {
                assert_eq!(*body, delivery.body, "a repeat says the same");
                repeats += 1;
            }
            None => drop(first.insert(delivery.id, delivery.body)),
        }
    }
    let rows: BTreeSet<String> = outbox.iter().map(|m| m["id"].as_str().unwrap().to_owned()).collect();
    let dead: Vec<&Value> = outbox.iter().filter(|m| m["state"] != "done").collect();
    assert!(dead.is_empty(), "not delivered: {dead:#?}");
    let lost: Vec<&String> = rows.difference(&taken).collect();
    assert!(lost.is_empty(), "never taken by the receiver: {lost:#?}");
    let unknown: Vec<&String> = taken.difference(&rows).collect();
    assert!(unknown.is_empty(), "sent, and in no outbox: {unknown:#?}");
    // Two ids for the same news would be a doubled message.
    let mut news: BTreeMap<String, &str> = BTreeMap::new();
    for (id, body) in &first {
        let mut said = body["data"].clone();
        said["at"] = Value::Null;
        let text = format!("{} {said}", body["type"]);
        if let Some(other) = news.insert(text, id) {
            panic!("{other} and {id} say the same: {body:#}");
        }
    }
    repeats
}
