//! The published suite, laws over generated schemas, and hostile input; single cases live in
//! `fixtures/diff/graphql.jsonl`.

use super::diff;
use crate::{Diff, Options, tests::corpus};
use proptest::prelude::*;
use serde_json::{Value, json};
use tessera_model::change::{ChangeKind, Judgment};
use tessera_model::{Compatibility, Mode};

fn run(old: &str, new: &str, mode: Mode) -> Diff {
    diff(&json!(old), &json!(new), Compatibility::new(mode), &Options::default()).unwrap()
}

#[test]
fn the_published_suite() {
    let Some(cases) = corpus("graphql.graphql_js.jsonl") else { return };
    assert_eq!(cases.len(), 35);
    let rules = [
        ("TYPE_REMOVED", "type-removed"),
        ("TYPE_CHANGED_KIND", "type-kind-changed"),
        ("TYPE_REMOVED_FROM_UNION", "union-member-removed"),
        ("VALUE_REMOVED_FROM_ENUM", "enum-value-removed"),
        ("REQUIRED_INPUT_FIELD_ADDED", "required-input-field-added"),
        ("IMPLEMENTED_INTERFACE_REMOVED", "interface-removed"),
        ("REQUIRED_ARG_ADDED", "required-argument-added"),
        ("ARG_REMOVED", "argument-removed"),
        ("ARG_CHANGED_KIND", "argument-type-changed"),
        ("DIRECTIVE_REMOVED", "directive-removed"),
        ("DIRECTIVE_ARG_REMOVED", "directive-argument-removed"),
        ("REQUIRED_DIRECTIVE_ARG_ADDED", "required-directive-argument-added"),
        ("DIRECTIVE_REPEATABLE_REMOVED", "directive-repeatable-removed"),
        ("DIRECTIVE_LOCATION_REMOVED", "directive-location-removed"),
        ("VALUE_ADDED_TO_ENUM", "enum-value-added"),
        ("TYPE_ADDED_TO_UNION", "union-member-added"),
        ("OPTIONAL_INPUT_FIELD_ADDED", "optional-input-field-added"),
        ("OPTIONAL_ARG_ADDED", "optional-argument-added"),
        ("IMPLEMENTED_INTERFACE_ADDED", "interface-added"),
        ("ARG_DEFAULT_VALUE_CHANGE", "argument-default-changed"),
    ];
    for case in cases {
        let got = run(case["old"].as_str().unwrap(), case["new"].as_str().unwrap(), Mode::Backward);
        let worst = got.changes.iter().map(|c| c.reads).max().unwrap_or(Judgment::Ok);
        let expected = match case["expected"].as_str().unwrap() {
            "breaking" => Judgment::Fails,
            "dangerous" => Judgment::Risky,
            _ => Judgment::Ok,
        };
        assert_eq!(worst, expected, "{} {:?}", case["id"], got.changes);
        for (theirs, ours) in rules {
            let named = case["expected_changes"].as_array().unwrap().iter().filter(|c| c["type"] == theirs).count();
            let told = got.changes.iter().filter(|c| c.rule == ours && c.reads != Judgment::Ok).count();
            assert!(named == 0 || named == told, "{} {theirs}: {:?}", case["id"], got.changes);
        }
    }
}

/// SDL made of a few types that always exist, so that every reference is defined.
fn schema() -> impl Strategy<Value = String> {
    let ty = prop::sample::select(vec![
        "Int", "Int!", "String", "[Int]", "[Int!]!", "[[A!]]", "A", "A!", "U", "E", "E!", "I",
    ]);
    let input = prop::sample::select(vec![
        "Int",
        "Int!",
        "Int = 1",
        "Int! = 2",
        "[Int!]",
        "[Int!]!",
        "E",
        "N",
        "N!",
        "String = \"x\"",
    ]);
    let named = |what: &'static str, of: BoxedStrategy<&'static str>| {
        prop::collection::btree_map(0..4u8, of, 1..4).prop_map(move |all| {
            all.into_iter().map(|(n, ty)| format!("{what}{n}: {ty}")).collect::<Vec<_>>().join(" ")
        })
    };
    let args = named("a", input.clone().boxed());
    let field = (0..4u8, prop::option::of(args), ty, any::<bool>());
    let fields = prop::collection::vec(field, 1..4).prop_map(|all| {
        let mut seen = std::collections::BTreeSet::new();
        let one = |(n, args, ty, old): (u8, Option<String>, &str, bool)| {
            let args = args.map(|a| format!("({a})")).unwrap_or_default();
            format!("f{n}{args}: {ty}{}", if old { " @deprecated" } else { "" })
        };
        all.into_iter().filter(|f| seen.insert(f.0)).map(one).collect::<Vec<_>>().join("\n")
    });
    let values = prop::collection::btree_set(prop::sample::select(vec!["X", "Y", "Z"]), 1..4);
    let members = prop::sample::select(vec!["A", "B", "A | B"]);
    let directive = prop::sample::select(vec![
        "",
        "directive @d on FIELD",
        "directive @d(x: Int!) repeatable on FIELD | QUERY",
        "directive @d(x: Int = 1) on QUERY",
    ]);
    (fields.clone(), fields, named("n", input.boxed()), values, members, directive, any::<bool>(), any::<bool>())
        .prop_map(|(a, b, n, values, members, directive, implements, one_of)| {
            let values = values.into_iter().collect::<Vec<_>>().join(" ");
            let implements = if implements { "implements I" } else { "" };
            let one_of = if one_of { "@oneOf" } else { "" };
            format!(
                "{directive}\ninterface I {{ id: ID }}\ntype A {implements} {{ {a} }}\ntype B {{ {b} }}\n\
                 union U = {members}\nenum E {{ {values} }}\ninput N {one_of} {{ {n} }}"
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn laws(a in schema(), b in schema()) {
        prop_assert!(run(&a, &a, Mode::Full).changes.is_empty());
        let (there, back) = (run(&a, &b, Mode::Full), run(&b, &a, Mode::Full));
        let judged = |d: &Diff, turned: bool| {
            let mut all: Vec<(String, Judgment, Judgment)> = d.changes.iter().filter(|c| c.kind != ChangeKind::Documentation)
                .map(|c| if turned { (c.path.clone(), c.writes, c.reads) } else { (c.path.clone(), c.reads, c.writes) })
                .collect();
            all.sort();
            all
        };
        // Change by change: what an old client meets is what a new client met before.
        prop_assert_eq!(judged(&there, false), judged(&back, true));
    }

    #[test]
    fn documentation_is_never_structural(a in schema()) {
        let noted = a.replace("type A", "\"\"\"\n  A note\n\"\"\"\ntype A # more\n").replace("enum E", "\"of it\" enum E");
        let told = run(&a, &noted, Mode::Full);
        prop_assert_eq!(told.changes.len(), 2);
        prop_assert!(told.changes.iter().all(|c| c.kind == ChangeKind::Documentation && !c.breaking));
    }

    #[test]
    fn no_text_is_too_strange(text in "[ -~\n\"é]{0,80}") {
        let options = Options::default();
        let told = diff(&json!(text), &json!(text), Compatibility::new(Mode::Full), &options);
        prop_assert!(told.is_err() || told.unwrap().changes.is_empty());
    }
}

#[test]
fn lists_ten_thousand_deep_are_compared() {
    let of = |mark: &str| format!("type T {{ f: {}Int{mark}{} }}", "[".repeat(10_000), "]".repeat(10_000));
    let told = run(&of("!"), &of(""), Mode::Backward);
    assert_eq!((told.compatible(), told.changes.len()), (Some(false), 1));
    assert_eq!(run(&of(""), &of("!"), Mode::Backward).compatible(), Some(true));
}

#[test]
fn values_nested_too_deep_are_refused() {
    let text = format!("type T {{ f(a: Int = {}1{}): Int }}", "[".repeat(10_000), "]".repeat(10_000));
    let told = diff(&json!(text), &json!(text), Compatibility::default(), &Options::default());
    assert!(told.unwrap_err().to_string().contains("deeper"));
}

#[test]
fn huge_unions_and_enums_are_compared_and_a_small_budget_is_undecided() {
    let of = |from: usize, to: usize| {
        let types: String = (0..10_001).map(|i| format!("type T{i} {{ f: Int }} ")).collect();
        let members: Vec<String> = (from..to).map(|i| format!("T{i}")).collect();
        let values: Vec<String> = (from..to).rev().map(|i| format!("V{i}")).collect();
        format!("{types} union U = {} enum E {{ {} }}", members.join(" | "), values.join(" "))
    };
    let (old, new) = (of(0, 10_000), of(1, 10_001));
    let told = run(&old, &new, Mode::Backward);
    let rules: Vec<&str> = told.changes.iter().map(|c| c.rule.as_str()).collect();
    assert_eq!(rules, ["enum-value-removed", "enum-value-added", "union-member-removed", "union-member-added"]);
    let tight = Options { budget: 100, ..Options::default() };
    let cut = diff(&json!(new), &json!(new), Compatibility::default(), &tight).unwrap();
    assert_eq!(cut.compatible(), None);
}

#[test]
fn an_introspection_result_says_the_same_as_sdl() {
    let named = |kind: &str, name: &str| json!({"kind": kind, "name": name, "ofType": null});
    let id = json!({"kind": "NON_NULL", "name": null, "ofType": named("SCALAR", "ID")});
    let list = json!({"kind": "LIST", "ofType": {"kind": "NON_NULL", "ofType": named("SCALAR", "String")}});
    let answer = json!({"data": {"__schema": {
        "queryType": {"name": "Query"}, "mutationType": null, "subscriptionType": null,
        "types": [
            {"kind": "OBJECT", "name": "Query", "interfaces": [], "fields": [
                {"name": "tags", "description": "All tags.", "isDeprecated": true, "deprecationReason": "slow",
                 "args": [{"name": "id", "type": id, "defaultValue": null},
                          {"name": "in", "type": named("INPUT_OBJECT", "In"), "defaultValue": "{b: [1,2], a: X}"}],
                 "type": list}]},
            {"kind": "INPUT_OBJECT", "name": "In", "inputFields": [
                {"name": "a", "type": named("ENUM", "E")}, {"name": "b", "type": {"kind": "LIST", "ofType": named("SCALAR", "Int")}}]},
            {"kind": "ENUM", "name": "E", "enumValues": [{"name": "X", "isDeprecated": false}]},
            {"kind": "SCALAR", "name": "Float"}, {"kind": "OBJECT", "name": "__Type", "fields": []}],
        "directives": [{"name": "skip", "locations": ["FIELD"], "args": []}]}}});
    let sdl = "schema { query: Query }
        type Query { \"All tags.\" tags(id: ID!, in: In = {a: X, b: [1, 2]}): [String!] @deprecated(reason: \"slow\") }
        input In { a: E b: [Int] } enum E { X }";
    let told = diff(&answer, &json!(sdl), Compatibility::new(Mode::Full), &Options::default()).unwrap();
    assert!(told.changes.is_empty(), "{:?}", told.changes);
    let text = Value::String(answer.to_string());
    assert!(diff(&text, &answer, Compatibility::default(), &Options::default()).unwrap().changes.is_empty());
}
