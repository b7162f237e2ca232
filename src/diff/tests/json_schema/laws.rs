//! Laws of a diff over the schemas of the oracle.

use super::edits::{edit, places};
use super::oracle::{pair, validator};
use super::random::Random;
use super::schemas::{DRAFTS, Maker};
use serde_json::{Value, json};
use tessera_diff::json_schema::{Containment, contained};
use tessera_diff::{Diff, Options, diff};
use tessera_model::change::Judgment;
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Mode};

/// `LAWS` asks for more.
fn times() -> u64 {
    std::env::var("LAWS").ok().and_then(|n| n.parse().ok()).unwrap_or(60)
}

fn told(old: &Value, new: &Value, mode: Mode) -> Diff {
    let options = Options { budget: 50_000, ..Options::default() };
    diff(SchemaFormat::JsonSchema, old, new, Compatibility::new(mode), &options).unwrap()
}

/// Random valid schemas, numbered.
fn schemas(salt: u64) -> impl Iterator<Item = (Value, Random)> {
    (0..times()).filter_map(move |i| {
        let mut random = Random::new(salt.wrapping_mul(7_919).wrapping_add(i));
        let draft = *random.pick(&DRAFTS);
        let schema = Maker { random: &mut random, draft, definitions: 0 }.document();
        validator(&schema).map(|_| (schema, random))
    })
}

/// No change but such as could not be told either way. `moved`: a hint like `format` may stand elsewhere.
fn no_change(old: &Value, new: &Value, moved: bool) {
    let found = told(old, new, Mode::Full).changes;
    let hint = |rule: &str| rule.starts_with("format-") && moved;
    let real =
        found.iter().any(|c| !hint(&c.rule) && c.reads != Judgment::Undecided && c.writes != Judgment::Undecided);
    assert!(!real, "{old}\n{new}\n{found:?}");
}

#[test]
fn a_schema_does_not_differ_from_itself() {
    for (schema, _) in schemas(1) {
        // Not the same value twice: through text, with its keys turned round.
        let turned = turned(&schema);
        assert!(told(&schema, &schema, Mode::Full).changes.is_empty(), "{schema}");
        assert!(told(&schema, &turned, Mode::Full).changes.is_empty(), "{schema}");
    }
}

fn turned(value: &Value) -> Value {
    match value {
        Value::Object(fields) => Value::Object(fields.iter().rev().map(|(k, v)| (k.clone(), turned(v))).collect()),
        Value::Array(items) => items.iter().map(turned).collect(),
        other => other.clone(),
    }
}

#[test]
fn notes_change_nothing() {
    for (schema, mut random) in schemas(2) {
        let mut noted = schema.clone();
        for path in places(&schema) {
            if let Some(Value::Object(fields)) = noted.pointer_mut(&path) {
                let (key, note) = match random.below(4) {
                    0 => ("title", json!("a title")),
                    1 => ("description", json!("a note")),
                    2 => ("x-owner", json!({"type": "string"})),
                    _ => ("examples", json!([1])),
                };
                fields.insert(key.to_owned(), note);
            }
        }
        no_change(&schema, &noted, false);
        no_change(&noted, &schema, false);
    }
}

#[test]
fn definitions_may_be_renamed() {
    for (schema, _) in schemas(3) {
        let renamed: Value = serde_json::from_str(
            &schema
                .to_string()
                .replace("/d1\"", "/first\"")
                .replace("/d2\"", "/second\"")
                .replace("\"d1\":", "\"first\":")
                .replace("\"d2\":", "\"second\":"),
        )
        .unwrap();
        no_change(&schema, &renamed, false);
    }
}

#[test]
fn other_words_for_the_same_change_nothing() {
    for (schema, mut random) in schemas(4) {
        let text = schema.to_string();
        let annotated = text.contains("unevaluated");
        let mut rewritten = schema.clone();
        let all = places(&schema);
        let path = random.pick(&all).clone();
        let root = path.is_empty();
        let Some(part) = rewritten.pointer_mut(&path) else { continue };
        let before = part.clone();
        // A reference to the whole of a part that is moved would lead elsewhere.
        if root || before.get("$id").is_some() || before.get("$anchor").is_some() {
            continue;
        }
        *part = match random.below(6) {
            0 => json!({"allOf": [before]}),
            1 => json!({"anyOf": [before]}),
            2 => json!({"oneOf": [before]}),
            // What is said twice negated is no name that a reader could rely on.
            3 if !annotated && !before.to_string().contains("properties") && before.get("$ref").is_none() => {
                json!({"not": {"not": before}})
            }
            4 => json!({"anyOf": [before, {"not": {}}]}),
            5 => json!({"allOf": [{}, before]}),
            _ => continue,
        };
        no_change(&schema, &rewritten, true);
    }
}

#[test]
fn reads_one_way_are_writes_the_other() {
    for i in 0..times() {
        let (old, new) = pair(&mut Random::new(5_000_000 + i));
        if validator(&old).is_none() || validator(&new).is_none() {
            continue;
        }
        let worst = |d: &Diff, reads: bool| {
            let each = d.changes.iter().filter(|c| !c.rule.starts_with("property-"));
            each.map(|c| if reads { c.reads } else { c.writes }).max().unwrap_or(Judgment::Ok)
        };
        let (there, back) = (told(&old, &new, Mode::Backward), told(&new, &old, Mode::Backward));
        if there.changes.iter().chain(&back.changes).any(|c| c.rule.starts_with("property-") || c.is_undecided()) {
            continue;
        }
        assert_eq!(worst(&there, true), worst(&back, false), "{old}\n{new}");
        assert_eq!(worst(&there, false), worst(&back, true), "{old}\n{new}");
    }
}

#[test]
fn safe_is_transitive() {
    for (a, mut random) in schemas(6) {
        let draft = DRAFTS.iter().copied().find(|d| a["$schema"] == d.uri()).unwrap_or(DRAFTS[4]);
        let mut maker = Maker { random: &mut random, draft, definitions: 0 };
        let b = edit(&a, &mut maker);
        let c = edit(&b, &mut maker);
        let within = |x: &Value, y: &Value| contained(x, y, 50_000);
        for (x, y, z) in [(&a, &b, &c), (&c, &b, &a), (&b, &a, &c)] {
            if let (Ok(Containment::Proved), Ok(Containment::Proved), Ok(Containment::Refuted(w))) =
                (within(x, y), within(y, z), within(x, z))
            {
                panic!("{x}\n{y}\n{z}\n{w}");
            }
        }
    }
}
