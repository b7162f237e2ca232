//! What a line of data cannot say: laws over generated schemas, witnesses checked by an independent validator, hostile
//! shapes, and the published cases where they are at hand.

use super::{Containment, contained};
use crate::{Options, diff};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use tessera_model::change::{ChangeKind, Judgment};
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Mode};

fn changes(old: &Value, new: &Value, mode: Mode) -> crate::Diff {
    diff(SchemaFormat::JsonSchema, old, new, Compatibility::new(mode), &Options::default()).unwrap()
}

/// Valid under `yes` and not under `no`, by the `jsonschema` crate; `None` when it refuses a schema.
fn proves(yes: &Value, no: &Value, witness: &Value) -> Option<bool> {
    let validator = |schema: &Value| {
        let draft = crate::json_schema::refs::Places::of(schema).draft.of_validator();
        let options = jsonschema::options();
        let declared = schema.get("$schema").is_some();
        let options = if declared { options } else { options.with_draft(draft) };
        options.should_validate_formats(false).build(schema).ok()
    };
    Some(validator(yes)?.is_valid(witness) && !validator(no)?.is_valid(witness))
}

/// A small schema, with the keywords that interact.
fn schema() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(json!("a")),
        Just(json!("bb")),
        Just(json!(1)),
        Just(json!(2.5)),
        Just(json!(null)),
        Just(json!(true))
    ];
    let leaf = prop_oneof![
        Just(json!(true)),
        Just(json!({})),
        Just(json!({"type": "string"})),
        Just(json!({"type": ["string", "null"]})),
        Just(json!({"type": "boolean"})),
        (0..4i64, 2..6i64).prop_map(|(a, b)| json!({"type": "integer", "minimum": a, "maximum": b})),
        (0..4i64).prop_map(|a| json!({"type": "number", "exclusiveMinimum": a})),
        (1..4u64).prop_map(|a| json!({"type": "integer", "multipleOf": a})),
        (0..3u64, 2..5u64).prop_map(|(a, b)| json!({"type": "string", "minLength": a, "maxLength": b})),
        prop_oneof![Just("^a"), Just("^[ab]+$"), Just("b$"), Just("^.{2}$")]
            .prop_map(|p| json!({"type": "string", "pattern": p})),
        prop::collection::vec(scalar, 1..4).prop_map(|v| json!({"enum": v})),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        let name = prop_oneof![Just("a"), Just("b"), Just("c")];
        let properties = prop::collection::btree_map(name.clone(), inner.clone(), 0..3);
        prop_oneof![
            (properties, prop::collection::btree_set(name, 0..2), prop::option::of(inner.clone())).prop_map(
                |(p, r, rest)| {
                    let mut schema = json!({"type": "object", "properties": p, "required": r});
                    if let Some(rest) = rest {
                        schema["additionalProperties"] = rest;
                    }
                    schema
                }
            ),
            inner
                .clone()
                .prop_map(|s| json!({"type": "object", "additionalProperties": false, "patternProperties": {"^a": s}})),
            (inner.clone(), 0..3u64, 0..4u64).prop_map(|(s, a, b)| {
                json!({"type": "object", "propertyNames": {"maxLength": a + 1}, "minProperties": a, "maxProperties": b, "additionalProperties": s})
            }),
            (inner.clone(), inner.clone()).prop_map(|(s, t)| {
                json!({"type": "object", "patternProperties": {"^[ab]": s, "b$": t}, "propertyNames": {"pattern": "^[a-c]"}})
            }),
            inner.clone().prop_map(|s| json!({"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": s}})),
            (inner.clone(), any::<bool>(), 0..3u64).prop_map(|(s, u, n)| {
                json!({"type": "array", "items": s, "uniqueItems": u, "minItems": n})
            }),
            (inner.clone(), 0..2u64, 0..3u64).prop_map(|(s, a, b)| {
                json!({"type": "array", "contains": s, "minContains": a, "maxContains": a + b})
            }),
            inner.clone().prop_map(|s| json!({"type": "object", "properties": {"a": s, "b": {"$ref": "#"}}})),
            (inner.clone(), 0..3u64).prop_map(|(s, n)| json!({"type": "array", "items": s, "maxItems": n})),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| json!({"type": "array", "prefixItems": [a], "items": b})),
            inner.clone().prop_map(|s| json!({"type": "array", "contains": s})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|v| json!({"anyOf": v})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|v| json!({"allOf": v})),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|v| json!({"oneOf": v})),
            inner.clone().prop_map(|s| json!({"not": s})),
            (inner.clone(), inner.clone(), inner).prop_map(|(a, b, c)| json!({"if": a, "then": b, "else": c})),
        ]
    })
}

/// A schema and the same with one of its parts put in another's place, or two strangers.
fn pair() -> impl Strategy<Value = (Value, Value)> {
    (schema(), schema(), any::<prop::sample::Index>(), 0..5u8).prop_map(|(a, b, at, how)| {
        if how == 0 {
            return (a, b);
        }
        let mut places = Vec::new();
        let mut todo = vec![String::new()];
        while let Some(path) = todo.pop() {
            match a.pointer(&path) {
                Some(Value::Object(fields)) => {
                    todo.extend(fields.keys().map(|k| format!("{path}/{}", super::lower::escape(k))));
                }
                Some(Value::Array(items)) => todo.extend((0..items.len()).map(|i| format!("{path}/{i}"))),
                _ => {}
            }
            // Keywords hold schemas, names and numbers; only a schema may stand where one stood.
            let last = path.rsplit('/').next().unwrap_or_default();
            let before = path.rsplit('/').nth(1).unwrap_or_default();
            let schemas = ["items", "additionalProperties", "contains", "not", "if", "then", "else"];
            let lists =
                ["anyOf", "allOf", "oneOf", "prefixItems", "properties", "patternProperties", "dependentSchemas"];
            if path.is_empty() || schemas.contains(&last) || lists.contains(&before) {
                places.push(path);
            }
        }
        let path = &places[at.index(places.len())];
        let mut edited = a.clone();
        if let Some(part) = edited.pointer_mut(path) {
            let other = match how {
                1 => b,
                2 => json!({"anyOf": [part.clone(), b]}),
                3 => json!({"allOf": [part.clone(), b]}),
                _ => json!({"not": {"not": part.clone()}}),
            };
            *part = other;
        }
        (a, edited)
    })
}

/// The same schema with notes on it and its keys turned round.
fn annotated(schema: &Value) -> Value {
    match schema {
        Value::Object(fields) => {
            let mut out = serde_json::Map::new();
            for (k, v) in fields.iter().rev() {
                let inner = match k.as_str() {
                    "properties" | "patternProperties" | "dependentSchemas" => Value::Object(
                        v.as_object().unwrap().iter().rev().map(|(n, s)| (n.clone(), annotated(s))).collect(),
                    ),
                    "enum" | "const" | "required" | "type" | "dependentRequired" => v.clone(),
                    _ => annotated(v),
                };
                out.insert(k.clone(), inner);
            }
            out.insert("description".to_owned(), json!("a note"));
            Value::Object(out)
        }
        Value::Array(items) => items.iter().map(annotated).collect(),
        other => other.clone(),
    }
}

fn config() -> ProptestConfig {
    // `PROPTEST_CASES` asks for more.
    ProptestConfig { failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_schema_does_not_differ_from_itself_nor_from_itself_with_notes(a in schema()) {
        prop_assert_eq!(changes(&a, &a, Mode::Full).changes, vec![]);
        let b = annotated(&a);
        let found = changes(&a, &b, Mode::Full).changes;
        prop_assert!(found.is_empty(), "{} {:?}", b, found);
    }

    #[test]
    fn containment_is_proved_or_refuted_by_a_document_that_another_validator_confirms((a, b) in pair(), c in schema()) {
        match contained(&a, &b, 50_000).unwrap() {
            Containment::Refuted(w) => prop_assert_eq!(proves(&a, &b, &w), Some(true), "{} / {}: {}", a, b, w),
            Containment::Proved => {
                // Documents on the boundaries, and one that the search itself makes up for a third schema.
                let made = [contained(&a, &c, 50_000).unwrap(), contained(&a, &json!(false), 50_000).unwrap()];
                let made = made.into_iter().filter_map(|m| match m {
                    Containment::Refuted(w) => Some(w),
                    _ => None,
                });
                for doc in documents().into_iter().chain(made) {
                    prop_assert_ne!(proves(&a, &b, &doc), Some(true), "{} / {}: {}", a, b, doc);
                }
            }
            Containment::Undecided(_) => {}
        }
    }

    #[test]
    fn reads_one_way_are_writes_the_other((a, b) in pair()) {
        let (there, back) = (changes(&a, &b, Mode::Backward).changes, changes(&b, &a, Mode::Backward).changes);
        let worst = |c: &[tessera_model::Change], reads: bool| c.iter()
            .filter(|c| c.kind != ChangeKind::Documentation && c.rule != "property-removed" && c.rule != "property-added")
            .map(|c| if reads { c.reads } else { c.writes }).max().unwrap_or(Judgment::Ok);
        let lost = |c: &[tessera_model::Change]| c.iter().any(|c| c.rule.starts_with("property-"));
        if !lost(&there) && !lost(&back) {
            prop_assert_eq!(worst(&there, true), worst(&back, false), "{} / {}", a, b);
            prop_assert_eq!(worst(&there, false), worst(&back, true), "{} / {}", a, b);
        }
    }

    #[test]
    fn the_verdict_is_that_of_containment_and_full_is_the_strictest((a, b) in pair()) {
        let found = changes(&a, &b, Mode::Backward).changes;
        let fails = |reads: bool| found.iter().any(|c| (if reads { c.reads } else { c.writes }) == Judgment::Fails && c.rule != "property-removed");
        for (sub, sup, reads) in [(&b, &a, true), (&a, &b, false)] {
            match contained(sub, sup, 200_000).unwrap() {
                Containment::Proved => prop_assert!(!fails(reads), "{} / {} {:?}", a, b, found),
                Containment::Refuted(w) => {
                    let any = found.iter().any(|c| (if reads { c.reads } else { c.writes }) == Judgment::Fails);
                    prop_assert!(any, "{} / {} {} {:?}", a, b, w, found);
                }
                Containment::Undecided(_) => {}
            }
        }
        for (mode, yes, no) in [(Mode::Backward, &b, &a), (Mode::Forward, &a, &b)] {
            let judged = changes(&a, &b, mode);
            for change in &judged.changes {
                let failed = if mode == Mode::Backward { change.reads } else { change.writes } == Judgment::Fails;
                if let (true, Some(w)) = (failed, &change.witness) {
                    prop_assert_eq!(proves(yes, no, w), Some(true), "{} / {}: {:?}", a, b, change);
                }
            }
            if judged.changes.iter().any(|c| c.breaking) {
                prop_assert!(changes(&a, &b, Mode::Full).changes.iter().any(|c| c.breaking));
            }
        }
    }
}

/// Documents on the boundaries of what `schema` generates.
fn documents() -> Vec<Value> {
    let scalars = [
        json!(null),
        json!(true),
        json!(0),
        json!(1),
        json!(2),
        json!(3),
        json!(6),
        json!(2.5),
        json!(-1),
        json!(""),
        json!("a"),
        json!("b"),
        json!("ab"),
        json!("bb"),
        json!("abc"),
        json!("xxxxxx"),
    ];
    let mut all: Vec<Value> = scalars.to_vec();
    all.extend([json!([]), json!({})]);
    for s in &scalars {
        all.extend([
            json!([s]),
            json!([1, s]),
            json!({"a": s}),
            json!({"b": s}),
            json!({"c": s, "a": 1}),
            json!({"zz": s}),
            json!([[s]]),
        ]);
    }
    all
}

#[test]
fn hostile_shapes_end_within_their_budget() {
    // A small budget: what is tested is that the search ends, not that it succeeds.
    let changes = |old: &Value, new: &Value, mode: Mode| {
        let options = Options { budget: 10_000, ..Options::default() };
        diff(SchemaFormat::JsonSchema, old, new, Compatibility::new(mode), &options).unwrap()
    };
    // `json!` would copy what is put into it, level by level.
    fn nested(depth: usize, key: &str) -> Value {
        let object =
            |fields: Vec<(&str, Value)>| Value::Object(fields.into_iter().map(|(k, v)| (k.to_owned(), v)).collect());
        (0..depth).fold(json!({"type": "string"}), |s, _| {
            object(vec![("properties", object(vec![(key, s)])), ("required", json!([key]))])
        })
    }
    // Deep ones are built where there is room, and never dropped: only the diff itself has to cope.
    let deep = |key: &'static str| -> &'static Value {
        let build = move || -> &'static Value { Box::leak(Box::new(nested(10_000, key))) };
        std::thread::Builder::new().stack_size(512 << 20).spawn(build).unwrap().join().unwrap()
    };
    let (a, b, c) = (deep("a"), deep("b"), deep("a"));
    let told = changes(a, b, Mode::Backward);
    assert!(told.undecided && told.changes.len() == 1, "{told:?}");
    assert!(changes(a, c, Mode::Full).changes.is_empty());
    let deep = changes(&nested(120, "a"), &nested(120, "b"), Mode::Backward);
    assert!(deep.changes.iter().any(|c| c.rule == "property-removed"));
    // Circles.
    for (x, y) in [
        (json!({"$ref": "#"}), json!({"$ref": "#", "definitions": {}})),
        (json!({"allOf": [{"$ref": "#"}]}), json!({"anyOf": [{"$ref": "#"}, {"type": "string"}]})),
        (json!({"not": {"$ref": "#"}}), json!({"type": "object"})),
        (
            json!({"$ref": "#/definitions/a", "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}}}),
            json!({"type": "string"}),
        ),
    ] {
        changes(&x, &y, Mode::Full);
        changes(&y, &x, Mode::Full);
    }
    // A bomb of definitions, each twice the one before.
    let bomb = |leaf: &str| {
        let mut defs = serde_json::Map::new();
        defs.insert("d0".to_owned(), json!({"type": leaf}));
        for i in 1..30 {
            let r = json!({"$ref": format!("#/definitions/d{}", i - 1)});
            defs.insert(
                format!("d{i}"),
                json!({"type": "object", "required": ["l", "r"], "properties": {"l": r, "r": r}}),
            );
        }
        json!({"$ref": "#/definitions/d29", "definitions": defs})
    };
    let told = changes(&bomb("string"), &bomb("integer"), Mode::Backward);
    assert!(told.changes.iter().any(|c| c.breaking));
    // Many branches that overlap.
    let branches = |n: usize, word: &str| {
        let all: Vec<Value> = (0..n)
            .map(|i| json!({"type": "object", "properties": {"k": {"const": format!("{word}{i}")}}, "required": ["k"]}))
            .collect();
        all
    };
    for key in ["anyOf", "oneOf", "allOf"] {
        changes(&json!({key: branches(300, "x")}), &json!({key: branches(301, "y")}), Mode::Backward);
    }
    // Patterns that explode, and huge numbers.
    changes(&json!({"pattern": "^(a|a?)+$"}), &json!({"pattern": "(x+x+)+y", "minLength": 5000}), Mode::Full);
    changes(&json!({"pattern": "[ab]*a[ab]{40}"}), &json!({"pattern": "[ab]*b[ab]{40}"}), Mode::Full);
    changes(
        &json!({"minItems": 1_000_000_000u64, "items": {"minLength": 99_999_999u64}}),
        &json!({"maxProperties": 3}),
        Mode::Full,
    );
    changes(&json!({"multipleOf": 1e-300}), &json!({"multipleOf": 1e300, "minimum": -1e308}), Mode::Full);
}

fn corpora() -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let place = std::env::var_os("TESSERA_CORPORA").map_or_else(|| root.join("../shared/corpora"), PathBuf::from);
    Some(place.join("diff")).filter(|p| p.is_dir())
}

/// Published cases: no confirmed break is missed, and every witness convinces another validator.
#[test]
fn published_cases_hold() {
    let Some(folder) = corpora() else {
        println!("SKIPPED: no corpora (set TESSERA_CORPORA)");
        return;
    };
    let lines = |name: &str| -> Vec<Value> {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
    };
    let status: std::collections::HashMap<String, String> = lines("adjudication.jsonl")
        .into_iter()
        .map(|v| (v["id"].as_str().unwrap().to_owned(), v["status"].as_str().unwrap().to_owned()))
        .collect();
    let (mut right, mut all, mut proved, mut bare) = (0, 0, 0, Vec::new());
    for name in ["karapace", "apicurio", "jsoncompat", "getsentry"] {
        for case in lines(&format!("jsonschema.{name}.jsonl")) {
            let id = case["id"].as_str().unwrap();
            let (old, new) = (&case["old"], &case["new"]);
            let backward = case["relation"] == "old_accepts_new";
            let mode = if backward { Mode::Backward } else { Mode::Forward };
            let judged = changes(old, new, mode);
            let (yes, no) = if backward { (new, old) } else { (old, new) };
            let mut shown = false;
            for change in &judged.changes {
                let failed = if backward { change.reads } else { change.writes } == Judgment::Fails;
                if let (true, Some(w)) = (failed, &change.witness) {
                    shown |= proves(yes, no, w).unwrap_or(true);
                    assert_ne!(proves(yes, no, w), Some(false), "{id}: {change:?}");
                }
            }
            let verdict = judged.compatible();
            if verdict == Some(false) {
                proved += usize::from(shown);
                if !shown {
                    bare.push(id.to_owned());
                }
            }
            match status[id].as_str() {
                "confirmed_breaking" => {
                    all += 1;
                    right += usize::from(verdict == Some(false));
                    assert_ne!(verdict, Some(true), "missed break: {id}");
                }
                "no_counterexample_found" => {
                    all += 1;
                    right += usize::from(verdict == Some(true));
                }
                _ => {}
            }
        }
    }
    println!("{right} of {all} right; {proved} breaking verdicts with a valid witness, without one: {bare:?}");
    assert!(right * 1000 >= all * 990, "{right} of {all}");
}
