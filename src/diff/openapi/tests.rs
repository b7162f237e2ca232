//! Laws over the corpus, hostile documents, and bad ones.

use crate::{Diff, DiffError, Options, diff};
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};
use tessera_model::Compatibility;
use tessera_model::contract::SchemaFormat;
use tessera_model::mode::Mode;

fn compare_with(old: &Value, new: &Value, options: &Options) -> Result<Diff, DiffError> {
    diff(SchemaFormat::OpenApi, old, new, Compatibility::new(Mode::Backward), options)
}

fn compare(old: &Value, new: &Value) -> Result<Diff, DiffError> {
    compare_with(old, new, &Options::default())
}

fn rules(outcome: &Diff) -> Vec<&str> {
    outcome.changes.iter().map(|c| c.rule.as_str()).collect()
}

fn api(paths: Value, schemas: Value) -> Value {
    json!({"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": paths, "components": {"schemas": schemas}})
}

fn receives(schema: Value) -> Value {
    json!({"/a": {"post": {"requestBody": {"content": {"application/json": {"schema": schema}}}, "responses": {}}}})
}

fn answers(schema: Value) -> Value {
    json!({"/a": {"get": {"responses": {"200": {"description": "", "content": {"application/json": {"schema": schema}}}}}}})
}

fn corpus() -> Option<PathBuf> {
    let root = std::env::var_os("TESSERA_CORPORA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora"), PathBuf::from);
    let folder = root.join("diff");
    folder.is_dir().then_some(folder)
}

/// Pairs of the published suites.
fn pairs() -> Vec<(String, Value, Value)> {
    let Some(folder) = corpus() else {
        eprintln!("no corpora: set TESSERA_CORPORA to look at the laws over them");
        return Vec::new();
    };
    let mut out = Vec::new();
    for file in ["openapi.oasdiff_half.jsonl", "openapi.jsoncompat.jsonl"] {
        for line in std::fs::read_to_string(folder.join(file)).unwrap().lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            out.push((case["id"].as_str().unwrap().to_owned(), case["old"].clone(), case["new"].clone()));
        }
    }
    assert_eq!(out.len(), 178);
    out
}

#[test]
fn a_document_does_not_differ_from_itself() {
    for (id, old, new) in pairs() {
        for side in [&old, &new] {
            let outcome = compare(side, side).unwrap_or_else(|e| panic!("{id}: {e}"));
            assert!(outcome.changes.is_empty(), "{id}");
            // The same document with another key order is the same too.
            let value: Value = super::read::parsed(side, crate::Side::Given).unwrap().into_owned();
            let outcome = compare(&value, &turned(&value)).unwrap();
            assert!(outcome.changes.is_empty(), "{id}: {:?}", rules(&outcome));
        }
    }
}

fn turned(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().rev().map(|(k, v)| (k.clone(), turned(v))).collect::<Map<String, Value>>())
        }
        Value::Array(items) => items.iter().map(turned).collect(),
        other => other.clone(),
    }
}

#[test]
fn words_for_people_change_nothing() {
    fn described(value: &Value) -> Value {
        match value {
            Value::Object(fields) => {
                let mut out: Map<String, Value> = fields.iter().map(|(k, v)| (k.clone(), described(v))).collect();
                if out.get("type").is_some_and(Value::is_string) && out.get("in").is_none() {
                    out.insert("description".to_owned(), json!("said in other words"));
                    out.insert("x-note".to_owned(), json!(1));
                }
                Value::Object(out)
            }
            Value::Array(items) => items.iter().map(described).collect(),
            other => other.clone(),
        }
    }
    for (id, old, _) in pairs() {
        let value: Value = super::read::parsed(&old, crate::Side::Given).unwrap().into_owned();
        let outcome = compare(&value, &described(&value)).unwrap();
        let heard: Vec<_> = outcome.changes.iter().filter(|c| c.breaking).collect();
        assert!(heard.is_empty(), "{id}: {heard:?}");
    }
}

#[test]
fn what_is_found_both_ways_is_found_in_the_same_number_of_places() {
    // A change that fails for old clients one way fails for new clients the other way.
    let (mut seen, mut broken) = (0, Vec::new());
    for (id, old, new) in pairs() {
        let (there, back) = (compare(&old, &new).unwrap(), compare(&new, &old).unwrap());
        let fails = |d: &Diff, reads: bool| {
            d.changes.iter().any(|c| {
                let judgment = if reads { c.reads } else { c.writes };
                judgment == tessera_model::change::Judgment::Fails
            })
        };
        seen += 1;
        let schemas_only = there
            .changes
            .iter()
            .chain(&back.changes)
            .all(|c| c.rule.contains("-property-") || c.rule.contains("-body-"));
        if schemas_only && fails(&there, true) != fails(&back, false) {
            broken.push((id, rules(&there).join(" "), rules(&back).join(" ")));
        }
    }
    assert!(broken.is_empty(), "{} of {seen}: {broken:#?}", broken.len());
}

#[test]
fn what_is_no_openapi_document_is_said_to_be_none() {
    let good = api(json!({}), json!({}));
    for (bad, wanted) in [
        (json!(3), "is an object"),
        (json!([]), "is an object"),
        (json!({}), "no OpenAPI document"),
        (json!({"type": "object"}), "no OpenAPI document"),
        (json!({"openapi": "4.0.0"}), "OpenAPI 4.0.0 is not read"),
        (json!({"swagger": "1.2"}), "Swagger 1.2 is not read"),
        (json!({"openapi": "3.0.0", "paths": []}), "must be an object"),
        (json!("{"), "not JSON"),
        (json!("a: [b"), "not YAML"),
        (json!("just words"), "is an object"),
    ] {
        let said = compare(&good, &bad).unwrap_err().to_string();
        assert!(said.contains(wanted) && said.starts_with("new schema"), "{bad} -> {said}");
        assert!(compare(&bad, &good).unwrap_err().to_string().starts_with("old schema"), "{bad}");
    }
}

#[test]
fn a_reference_that_leads_nowhere_is_never_compatible() {
    for to in ["#/components/schemas/Gone", "other.yaml#/A", "#/components/schemas/%zz"] {
        let (old, new) = (answers(json!({"type": "string"})), answers(json!({"$ref": to})));
        for (a, b) in [(&old, &new), (&new, &old), (&new, &new)] {
            let (a, mut b) = (api(a.clone(), json!({})), api(b.clone(), json!({})));
            b["info"]["version"] = json!("2");
            let outcome = compare(&a, &b).unwrap();
            assert_ne!(outcome.compatible(), Some(true), "{to}: {:?}", rules(&outcome));
        }
    }
}

#[test]
fn cycles_of_references_are_answered() {
    let node = |kind: &str| json!({"Node": {"type": "object", "properties": {"value": {"type": kind}, "next": {"$ref": "#/components/schemas/Node"}}}});
    let paths = answers(json!({"$ref": "#/components/schemas/Node"}));
    let outcome = compare(&api(paths.clone(), node("string")), &api(paths.clone(), node("integer"))).unwrap();
    assert_eq!(outcome.compatible(), Some(false));
    // A reference to itself says nothing at all.
    let own = json!({"Node": {"$ref": "#/components/schemas/Node"}});
    let outcome = compare(&api(paths.clone(), node("string")), &api(paths, own)).unwrap();
    assert_eq!(outcome.compatible(), None, "{:?}", rules(&outcome));
}

#[test]
fn a_bomb_of_references_is_answered_within_the_budget() {
    // Each level has its successor twice: 2^60 places, 60 schemas.
    let bomb = |kind: &str| {
        let mut schemas = Map::new();
        for i in 0..60 {
            let next = json!({"$ref": format!("#/components/schemas/L{}", i + 1)});
            schemas.insert(format!("L{i}"), json!({"type": "object", "properties": {"a": next.clone(), "b": next}}));
        }
        schemas.insert("L60".to_owned(), json!({"type": kind}));
        Value::Object(schemas)
    };
    let paths = answers(json!({"$ref": "#/components/schemas/L0"}));
    let outcome = compare(&api(paths.clone(), bomb("string")), &api(paths, bomb("integer"))).unwrap();
    assert_ne!(outcome.compatible(), Some(true));
    assert!(outcome.changes.len() < 1000, "{}", outcome.changes.len());
}

#[test]
fn a_long_chain_of_schemas_needs_no_deep_stack() {
    let chain = |kind: &str| {
        let mut schemas = Map::new();
        for i in 0..5000 {
            let next = json!({"$ref": format!("#/components/schemas/L{}", i + 1)});
            schemas.insert(format!("L{i}"), json!({"type": "array", "items": next}));
        }
        schemas.insert("L5000".to_owned(), json!({"type": kind}));
        Value::Object(schemas)
    };
    let paths = answers(json!({"$ref": "#/components/schemas/L0"}));
    let outcome = compare(&api(paths.clone(), chain("string")), &api(paths, chain("integer"))).unwrap();
    assert_ne!(outcome.compatible(), Some(true));
}

#[test]
fn deep_nesting_is_undecided() {
    let mut schema = json!({"type": "string"});
    for _ in 0..300 {
        schema = json!({"type": "array", "items": schema});
    }
    let (old, new) = (api(answers(schema), json!({})), api(answers(json!({"type": "string"})), json!({})));
    assert!(compare(&old, &new).unwrap().undecided);
}

#[test]
fn text_that_nests_deeply_is_an_error() {
    let old = api(json!({}), json!({}));
    for (open, close) in [("[", "]"), ("{\"a\":", "}"), ("a: [", "]"), ("- ", "")] {
        let text = json!(format!("{}1{}", open.repeat(50_000), close.repeat(50_000)));
        assert!(compare(&text, &old).is_err(), "{open}");
    }
}

#[test]
fn ten_thousand_paths_are_matched() {
    let paths = |gone: usize| -> Value {
        (0..10_000)
            .filter(|i| *i != gone)
            .map(|i| (format!("/r{i}/{{id}}"), json!({"get": {"responses": {"200": {"description": ""}}}})))
            .collect::<Map<String, Value>>()
            .into()
    };
    let outcome = compare(&api(paths(20_000), json!({})), &api(paths(77), json!({}))).unwrap();
    assert_eq!(rules(&outcome), ["api-path-removed-without-deprecation"]);
    assert_eq!(outcome.changes[0].path, "GET /r77/{id}");
    let none = compare(&api(paths(20_000), json!({})), &api(json!({}), json!({}))).unwrap();
    assert!(none.changes.len() <= 3001 && none.compatible() == Some(false));
    assert!(rules(&none).contains(&"more-changes"));
}

#[test]
fn without_a_budget_nothing_is_called_compatible() {
    let options = Options { budget: 0, ..Options::default() };
    let (old, new) = (json!({"type": "integer"}), json!({"type": "number", "multipleOf": 1}));
    let outcome = compare_with(&api(receives(old), json!({})), &api(receives(new), json!({})), &options).unwrap();
    assert!(outcome.undecided, "{:?}", outcome.changes);
}

#[test]
fn renaming_a_definition_changes_nothing() {
    let dog = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    let union =
        |name: &str| answers(json!({"oneOf": [{"$ref": format!("#/components/schemas/{name}")}, {"type": "integer"}]}));
    let asked = |name: &str| {
        receives(json!({"anyOf": [{"$ref": format!("#/components/schemas/{name}")}, {"type": "integer"}]}))
    };
    let (old, new) = (json!({"Dog": dog}), json!({"Hound": dog}));
    for (before, after) in [(union("Dog"), union("Hound")), (asked("Dog"), asked("Hound"))] {
        let outcome = compare(&api(before, old.clone()), &api(after, new.clone())).unwrap();
        assert!(!outcome.changes.iter().any(|c| c.breaking), "{:?}", outcome.changes);
    }
}

#[test]
fn an_announced_end_is_judged_by_the_day_it_is() {
    let with = |op: Value| api(json!({"/a": {"get": op, "post": {"responses": {}}}}), json!({}));
    let old = with(json!({"deprecated": true, "x-sunset": "2026-06-01", "responses": {}}));
    let new = api(json!({"/a": {"post": {"responses": {}}}}), json!({}));
    for (today, expected) in [(None, None), (Some("2026-05-31"), Some(false)), (Some("2026-06-01"), Some(true))] {
        let options = Options { today: today.map(str::to_owned), ..Options::default() };
        assert_eq!(compare_with(&old, &new, &options).unwrap().compatible(), expected, "{today:?}");
    }
}
