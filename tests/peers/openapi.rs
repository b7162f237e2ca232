//! OpenAPI against the `jsonschema` crate, place by place: bodies made under the sender's schema are validated under the
//! receiver's. Where we say that the one copes with the other, nothing may be refused. Documents come as 2.0, 3.0 and
//! 3.1, also one against the other.

mod bodies;
mod documents;

use documents::{Api, Flow};
use jsonschema::Validator;
use serde_json::Value;
use std::collections::BTreeMap;
use tessera_model::change::{Change, Judgment};
use tessera_model::contract::SchemaFormat;
use tessera_peers::{Rng, compare, seed, wanted, worst};

#[derive(Default, Debug)]
struct Tally {
    pairs: usize,
    places: usize,
    bodies: usize,
    ok: usize,
    risky: usize,
    fails: usize,
    undecided: usize,
    /// Places that we say fail, where some body was refused.
    refuted: usize,
    witnesses: usize,
}

fn validator(api: &Api, schema: &Value, flow: Flow) -> Validator {
    let options = jsonschema::options().with_draft(jsonschema::Draft::Draft202012);
    options.build(&api.lone(schema, flow)).unwrap()
}

#[test]
fn bodies_stay_valid_where_we_say_so() {
    let mut rng = Rng::new(seed());
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    let mut by_version: BTreeMap<String, usize> = BTreeMap::new();
    while tally.bodies < wanted(4_000) {
        let (old, new) = documents::pair(&mut rng);
        let (before, after) = (old.written(), new.written());
        let told = compare(SchemaFormat::OpenApi, &before, &after).unwrap_or_else(|e| panic!("{e}: {before} {after}"));
        tally.pairs += 1;
        *by_version.entry(format!("{:?} to {:?}", old.version, new.version)).or_default() += 1;
        for (place, flow, a) in old.places() {
            let Some((_, _, b)) = new.places().into_iter().find(|(other, ..)| *other == place) else { continue };
            let here: Vec<Change> = told.changes.iter().filter(|c| c.path.starts_with(&place)).cloned().collect();
            let (reads, writes) = worst(&here);
            let (left, right) = (validator(&old, a, flow), validator(&new, b, flow));
            tally.places += 1;
            let old_sends = flow == Flow::ToServer;
            for (judgment, from_old) in [(reads, old_sends), (writes, !old_sends)] {
                let (api, schema, own, other) =
                    if from_old { (&old, a, &left, &right) } else { (&new, b, &right, &left) };
                let mut refused = None;
                for _ in 0..8 {
                    let Some(body) = bodies::of(api, schema, flow, &mut rng).filter(|v| own.is_valid(v)) else {
                        continue;
                    };
                    tally.bodies += 1;
                    if refused.is_none() && !other.is_valid(&body) {
                        refused = Some(body);
                    }
                }
                match judgment {
                    Judgment::Ok => tally.ok += 1,
                    Judgment::Risky => tally.risky += 1,
                    Judgment::Undecided => tally.undecided += 1,
                    Judgment::Fails => {
                        tally.fails += 1;
                        tally.refuted += usize::from(refused.is_some());
                    }
                }
                if let Some(body) = refused.filter(|_| judgment == Judgment::Ok) {
                    let all: Vec<_> = here.iter().map(|c| format!("{} {}", c.rule, c.path)).collect();
                    let side = if from_old { "old" } else { "new" };
                    wrong.push(format!(
                        "{place}: {body} of {side} is refused\n  {a}\n  {b}\n  {before}\n  {after}\n  {all:?}"
                    ));
                }
            }
            // What is shown as a proof is one.
            for change in &here {
                let Some(witness) = change.witness.as_ref().filter(|w| !w.is_null()) else { continue };
                if change.path.contains(" /") || change.reads != Judgment::Fails {
                    continue;
                }
                tally.witnesses += 1;
                let (sender, receiver) = if old_sends { (&left, &right) } else { (&right, &left) };
                if !sender.is_valid(witness) || receiver.is_valid(witness) {
                    wrong.push(format!("{} {}: {witness} proves nothing\n  {a}\n  {b}", change.rule, change.path));
                }
            }
        }
    }
    eprintln!("{tally:?} {by_version:?}");
    assert!(wrong.is_empty(), "{} contradictions:\n{}", wrong.len(), wrong[..wrong.len().min(8)].join("\n"));
}

#[test]
fn another_name_for_a_component_changes_nothing() {
    let mut rng = Rng::new(seed());
    for _ in 0..wanted(3_000) / 30 {
        let (old, _) = documents::pair(&mut rng);
        let before = old.written();
        let same = compare(SchemaFormat::OpenApi, &before, &before).unwrap();
        assert!(same.changes.is_empty(), "{before}: {:?}", same.changes);
        let after: Value =
            serde_json::from_str(&before.to_string().replace("Owner", "Keeper").replace("Pet", "Animal")).unwrap();
        let told = compare(SchemaFormat::OpenApi, &before, &after).unwrap();
        let heard: Vec<_> = told.changes.iter().filter(|c| c.breaking).map(|c| (&c.rule, &c.path)).collect();
        assert!(heard.is_empty(), "{before}: {heard:?}");
    }
}
