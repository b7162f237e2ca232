//! The oracle: what is proved has no counterexample among many documents, and every witness refutes, by the word of the
//! `jsonschema` crate on the schemas as they are written. `ORACLE_PAIRS`, `ORACLE_DOCUMENTS` (for each pair) and
//! `ORACLE_SEED` set the size; contradictions are printed as lines for `fixtures/diff/json_schema.jsonl`.

use super::documents::{Documents, pool};
use super::edits::edit;
use super::random::Random;
use super::schemas::{DRAFTS, Maker};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tessera_diff::json_schema::{Containment, contained};
use tessera_diff::{Options, diff};
use tessera_model::change::Judgment;
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Mode};

const BUDGET: u64 = 50_000;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(otherwise)
}

pub(crate) fn validator(schema: &Value) -> Option<jsonschema::Validator> {
    jsonschema::options()
        .offline()
        .should_validate_formats(false)
        .without_content_encoding_support("base64")
        .build(schema)
        .ok()
}

/// A pair: a schema and what edits make of it, or two strangers.
pub(crate) fn pair(random: &mut Random) -> (Value, Value) {
    let draft = *random.pick(&DRAFTS);
    let other = if random.one_in(12) { *random.pick(&DRAFTS) } else { draft };
    let mut maker = Maker { random, draft, definitions: 0 };
    let old = maker.document();
    let strangers = other != draft || maker.random.one_in(8);
    if strangers {
        let new = Maker { random, draft: other, definitions: 0 }.document();
        return (old, new);
    }
    let mut new = old.clone();
    let edits = 1 + maker.random.below(3);
    for _ in 0..12 {
        new = edit(&new, &mut maker);
        if new != old && maker.random.one_in(edits) {
            break;
        }
    }
    (old, new)
}

#[derive(Default)]
struct Count {
    pairs: u64,
    refused: u64,
    documents: u64,
    valid: u64,
    /// Refuted directions that the documents alone would have found.
    found: u64,
    proved: u64,
    refuted: u64,
    undecided: BTreeMap<String, u64>,
    verdicts: u64,
    undecided_verdicts: u64,
    contradictions: Vec<String>,
}

impl Count {
    fn contradiction(&mut self, what: &str, old: &Value, new: &Value, document: &Value) {
        let line = json!({"title": format!("oracle: {what}"), "format": "jsonschema", "old": old, "new": new});
        self.contradictions.push(format!("{what}: {document}\n{line}"));
    }

    fn one(&mut self, random: &mut Random, documents: u64) {
        let (old, new) = pair(random);
        let (Some(is_old), Some(is_new)) = (validator(&old), validator(&new)) else {
            self.refused += 1;
            return;
        };
        self.pairs += 1;
        let (Ok(reads), Ok(writes)) = (contained(&new, &old, BUDGET), contained(&old, &new, BUDGET)) else {
            return self.contradiction("a valid schema is refused", &old, &new, &Value::Null);
        };
        for (answer, yes, no, what) in
            [(&reads, &is_new, &is_old, "witness of reads"), (&writes, &is_old, &is_new, "witness of writes")]
        {
            match answer {
                Containment::Proved => self.proved += 1,
                Containment::Refuted(w) => {
                    self.refuted += 1;
                    if !yes.is_valid(w) || no.is_valid(w) {
                        self.contradiction(what, &old, &new, w);
                    }
                }
                Containment::Undecided(why) => *self.undecided.entry(why.clone()).or_default() += 1,
            }
        }
        let judged = self.changes(&old, &new, (&reads, &writes), (&is_old, &is_new));
        let (reads_hold, writes_hold) =
            (reads == Containment::Proved || judged.0, writes == Containment::Proved || judged.1);
        let pool = pool([&old, &new]);
        let makers = [Documents { root: &old, pool: pool.clone() }, Documents { root: &new, pool }];
        let mut seen = (false, false);
        for i in 0..documents {
            let document = makers[(i % 2) as usize].next(random);
            let (a, b) = (is_old.is_valid(&document), is_new.is_valid(&document));
            self.documents += 1;
            self.valid += u64::from(a || b);
            seen.0 |= b && !a;
            seen.1 |= a && !b;
            if b && !a && reads_hold {
                return self.contradiction("reads is proved", &old, &new, &document);
            }
            if a && !b && writes_hold {
                return self.contradiction("writes is proved", &old, &new, &document);
            }
        }
        self.found += u64::from(seen.0) + u64::from(seen.1);
    }

    /// The changes of a diff: their witnesses refute, and they say what containment says. Gives what they prove.
    fn changes(
        &mut self,
        old: &Value,
        new: &Value,
        whole: (&Containment, &Containment),
        valid: (&jsonschema::Validator, &jsonschema::Validator),
    ) -> (bool, bool) {
        let mut holds = (true, true);
        for mode in [Mode::Backward, Mode::Forward] {
            let options = Options { budget: BUDGET, ..Options::default() };
            let Ok(judged) = diff(SchemaFormat::JsonSchema, old, new, Compatibility::new(mode), &options) else {
                self.contradiction("a diff is refused", old, new, &Value::Null);
                return (false, false);
            };
            self.verdicts += 1;
            self.undecided_verdicts += u64::from(judged.undecided);
            let backward = mode == Mode::Backward;
            let (yes, no) = if backward { (valid.1, valid.0) } else { (valid.0, valid.1) };
            let mut fails = false;
            for change in &judged.changes {
                let judgment = if backward { change.reads } else { change.writes };
                let lost = change.rule == "property-removed" && backward;
                match (&change.witness, judgment) {
                    (Some(w), Judgment::Fails) if !yes.is_valid(w) || no.is_valid(w) => {
                        self.contradiction("witness of a change", old, new, w);
                    }
                    (None, Judgment::Fails) if !lost => {
                        self.contradiction(&format!("no witness for {}", change.rule), old, new, &Value::Null);
                    }
                    _ => {}
                }
                fails |= judgment == Judgment::Fails && change.witness.is_some();
                if matches!(judgment, Judgment::Fails | Judgment::Undecided) && !(lost && change.witness.is_none()) {
                    *(if backward { &mut holds.0 } else { &mut holds.1 }) = false;
                }
            }
            let answer = if backward { whole.0 } else { whole.1 };
            if fails && *answer == Containment::Proved {
                self.contradiction("a change fails, the whole is proved", old, new, &Value::Null);
            }
            if !fails && matches!(answer, Containment::Refuted(_)) && *(if backward { &holds.0 } else { &holds.1 }) {
                self.contradiction("no change fails, the whole is refuted", old, new, &Value::Null);
            }
        }
        holds
    }
}

#[test]
fn what_is_proved_has_no_counterexample_and_every_witness_refutes() {
    let (pairs, documents, seed) =
        (number("ORACLE_PAIRS", 80), number("ORACLE_DOCUMENTS", 60), number("ORACLE_SEED", 1));
    let mut count = Count::default();
    for i in 0..pairs {
        count.one(&mut Random::new(seed.wrapping_mul(1_000_003).wrapping_add(i)), documents);
    }
    let open: u64 = count.undecided.values().sum();
    println!(
        "{} pairs ({} more are no valid schemas), {} documents ({} valid on a side): {} proved, {} refuted (the documents alone: {}), {open} undecided ({:.2} %) {:?}; \
         {} of {} verdicts undecided; {} contradictions",
        count.pairs,
        count.refused,
        count.documents,
        count.valid,
        count.proved,
        count.refuted,
        count.found,
        100.0 * open as f64 / (count.proved + count.refuted + open).max(1) as f64,
        count.undecided,
        count.undecided_verdicts,
        count.verdicts,
        count.contradictions.len(),
    );
    let shown: Vec<&String> = count.contradictions.iter().take(12).collect();
    assert!(
        shown.is_empty(),
        "{} contradictions:\n{}",
        count.contradictions.len(),
        shown.iter().map(|s| s.as_str()).collect::<Vec<_>>().join("\n")
    );
}
