//! The published suites, laws over generated schemas, and hostile input; single cases live in
//! `fixtures/diff/avro.jsonl`.

use super::{diff, read, resolve::Resolver};
use crate::{Diff, Options, Side, tests::corpus};
use proptest::prelude::*;
use serde_json::{Value, json};
use tessera_model::change::{ChangeKind, Judgment};
use tessera_model::{Compatibility, Mode};

fn run(old: &Value, new: &Value, mode: Mode) -> Diff {
    diff(old, new, Compatibility::new(mode), &Options::default()).unwrap()
}

#[test]
fn the_published_suites() {
    for (file, count) in [("avro.apache_avro_py.jsonl", 131), ("avro.apicurio.jsonl", 8)] {
        let Some(cases) = corpus(file) else { return };
        assert_eq!(cases.len(), count);
        for case in cases {
            let mode = if case["relation"] == "old_accepts_new" { Mode::Backward } else { Mode::Forward };
            let got = run(&case["old"], &case["new"], mode);
            assert_eq!(got.compatible(), Some(case["expected"] == "compatible"), "{} {:?}", case["id"], got.changes);
            // Each kind of incompatibility that the suite names is explained, as often as it names it.
            for (theirs, ours) in [
                ("reader_field_missing_default_value", &["field-added"][..]),
                ("missing_union_branch", &["branch-removed", "nullable-removed"]),
                ("missing_enum_symbols", &["symbol-removed"]),
                ("fixed_size_mismatch", &["size-changed"]),
                ("name_mismatch", &["name-changed"]),
            ] {
                let named = case["expected_changes"].as_array().into_iter().flatten().filter(|c| *c == theirs).count();
                let told = got.changes.iter().filter(|c| c.breaking && ours.contains(&c.rule.as_str())).count();
                assert!(named == 0 || named == told, "{} {theirs}: {:?}", case["id"], got.changes);
            }
        }
    }
}

/// Types with names that do not clash; `n` numbers what is named.
fn schema() -> impl Strategy<Value = Value> {
    let primitive = prop::sample::select(vec![
        json!("null"),
        json!("boolean"),
        json!("int"),
        json!("long"),
        json!("float"),
        json!("double"),
        json!("bytes"),
        json!("string"),
        json!({"type": "int", "logicalType": "date"}),
        json!({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}),
        json!({"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 3}),
    ]);
    let word = prop::sample::select(vec!["E", "F"]);
    let symbols = prop::collection::btree_set(prop::sample::select(vec!["A", "B", "C"]), 1..4);
    let of_enum = (word.clone(), symbols, any::<bool>()).prop_map(|(name, symbols, with)| {
        let first = symbols.iter().next().cloned();
        let mut out = json!({"type": "enum", "name": name, "symbols": symbols});
        if with {
            out["default"] = json!(first);
        }
        out
    });
    let fixed = (word, 1..3u8).prop_map(|(name, size)| json!({"type": "fixed", "name": name, "size": size}));
    let leaf = prop_oneof![4 => primitive, 1 => of_enum, 1 => fixed];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            inner.clone().prop_map(|t| json!({"type": "array", "items": t})),
            inner.clone().prop_map(|t| json!({"type": "map", "values": t})),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            (prop::collection::vec((0..4u8, inner, any::<bool>(), any::<bool>()), 0..4), 0..2u8).prop_map(
                |(fields, name)| {
                    let mut seen = std::collections::BTreeSet::new();
                    let fields: Vec<Value> = fields
                        .into_iter()
                        .filter(|(n, ..)| seen.insert(*n))
                        .map(|(n, ty, null, alias)| {
                            let mut field = json!({"name": format!("f{n}"), "type": ty});
                            if null {
                                field["type"] = json!(["null", {"type": "array", "items": field["type"]}]);
                                field["default"] = Value::Null;
                            }
                            if alias {
                                field["aliases"] = json!([format!("f{}", (n + 1) % 4)]);
                            }
                            field
                        })
                        .collect();
                    json!({"type": "record", "name": format!("R{name}"), "fields": fields})
                }
            ),
        ]
    })
    .prop_filter("a name twice, a union in a union", |s| read::read(s, Side::Given).is_ok())
}

fn worst(diff: &Diff, reads: bool) -> Judgment {
    diff.changes.iter().map(|c| if reads { c.reads } else { c.writes }).max().unwrap_or(Judgment::Ok)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn laws(a in schema(), b in schema()) {
        prop_assert!(run(&a, &a, Mode::Full).changes.is_empty());
        let (there, back) = (run(&a, &b, Mode::Full), run(&b, &a, Mode::Full));
        // A field that goes away is risky for its readers even where a default serves them: so `fails`, not the degree.
        let fails = |d: &Diff, reads| worst(d, reads) == Judgment::Fails;
        prop_assert_eq!(fails(&there, true), fails(&back, false), "{:?} {:?}", there.changes, back.changes);
        prop_assert_eq!(fails(&there, false), fails(&back, true));
        // The whole-schema answer never fails without an explained change, and a change is never milder than it.
        let (old, new) = (read::read(&a, Side::Old).unwrap(), read::read(&b, Side::New).unwrap());
        let whole = Resolver::new(&old, &new, 100_000).verdict(old.root, new.root);
        prop_assert!(whole != Judgment::Fails || fails(&there, true));
        prop_assert!(there.changes.iter().all(|c| c.rule != "schema-changed"), "unexplained: {:?}", there.changes);
    }

    #[test]
    fn documentation_is_never_structural(a in schema()) {
        let noted = match &a {
            Value::Object(o) => {
                let mut o = o.clone();
                o.insert("doc".to_owned(), json!("a note"));
                o.insert("owner".to_owned(), json!("a team"));
                Value::Object(o)
            }
            other => other.clone(),
        };
        let told = run(&a, &noted, Mode::Full);
        prop_assert!(told.changes.iter().all(|c| c.kind == ChangeKind::Documentation && !c.breaking), "{:?}", told.changes);
    }
}

/// A list of lists …, `depth` deep, around a type.
fn nested(depth: usize, inner: &str) -> Value {
    // Moved, not copied: `json!` would copy what it is given at every level.
    (0..depth).fold(json!(inner), |ty, _| {
        let mut list = serde_json::Map::new();
        list.insert("type".to_owned(), json!("array"));
        list.insert("items".to_owned(), ty);
        Value::Object(list)
    })
}

/// Dropping a deep JSON value needs stack of its own: that is not what is measured here.
fn with_stack(body: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(256 << 20).spawn(body).unwrap().join().unwrap();
}

#[test]
fn lists_ten_thousand_deep_are_compared() {
    with_stack(|| {
        let (a, b) = (nested(10_000, "int"), nested(10_000, "long"));
        let told = run(&a, &b, Mode::Backward);
        assert_eq!(told.compatible(), Some(false));
        assert_eq!(told.changes.len(), 1);
        assert_eq!(run(&a, &b, Mode::Forward).compatible(), Some(true));
    });
}

#[test]
fn unions_of_ten_thousand_branches_are_compared() {
    let branch = |i: usize| json!({"type": "fixed", "name": format!("F{i}"), "size": 1});
    let old: Value = (0..10_000).map(branch).collect();
    let new: Value = (1..10_001).rev().map(branch).collect();
    let told = run(&old, &new, Mode::Full);
    let rules: Vec<&str> =
        told.changes.iter().filter(|c| c.kind == ChangeKind::Structural).map(|c| c.rule.as_str()).collect();
    assert_eq!(rules, ["branch-removed", "branch-added"]);
}

#[test]
fn huge_enums_are_compared() {
    let of = |count: usize| {
        let symbols: Vec<String> = (0..count).map(|i| format!("S{i}")).collect();
        json!({"type": "enum", "name": "E", "symbols": symbols})
    };
    assert_eq!(run(&of(50_000), &of(50_001), Mode::Backward).changes.len(), 1);
}

#[test]
fn recursion_ends_and_a_small_budget_is_undecided() {
    let tree = |value: &str| {
        json!({"type": "record", "name": "Tree", "fields": [
            {"name": "value", "type": value}, {"name": "left", "type": ["null", "Tree"], "default": null},
            {"name": "rest", "type": {"type": "array", "items": "Tree"}}]})
    };
    let (a, b) = (tree("int"), tree("long"));
    assert_eq!(run(&a, &b, Mode::Forward).compatible(), Some(true));
    assert_eq!(run(&a, &b, Mode::Backward).compatible(), Some(false));
    let tight = Options { budget: 3, ..Options::default() };
    let cut = diff(&a, &a, Compatibility::new(Mode::Backward), &tight).unwrap();
    assert_eq!(cut.compatible(), None);
}

#[test]
fn every_failing_change_has_advice() {
    let old = json!({"type": "record", "name": "R", "fields": [
        {"name": "a", "type": "int"}, {"name": "b", "type": {"type": "enum", "name": "E", "symbols": ["X"]}},
        {"name": "c", "type": "string"}, {"name": "d", "type": {"type": "fixed", "name": "F", "size": 2}}]});
    let new = json!({"type": "record", "name": "R", "fields": [
        {"name": "a", "type": ["null", "int"]}, {"name": "b", "type": {"type": "enum", "name": "E", "symbols": ["Y"]}},
        {"name": "d", "type": {"type": "fixed", "name": "F", "size": 3}}, {"name": "e", "type": "long"}]});
    let told = run(&old, &new, Mode::Full);
    let failing = told.changes.iter().filter(|c| c.reads == Judgment::Fails || c.writes == Judgment::Fails);
    assert!(failing.clone().count() >= 6);
    for change in failing {
        assert!(change.suggestion.is_some() && change.column.is_some(), "{change:?}");
    }
}
