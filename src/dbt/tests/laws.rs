//! Whatever the bytes are, reading them ends: with a project, or with an error that says why.

use super::support::{bytes, project};
use crate::{ArtifactError, CodeOwners, Limits, Selector, parse_catalog, parse_manifest, parse_run_results, peek};
use proptest::prelude::*;
use serde_json::Value;
use std::io::Read as _;
use std::sync::LazyLock;

fn quiet(cases: u32) -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(cases) }
}

static PACKED: LazyLock<Vec<u8>> = LazyLock::new(|| bytes("dbt/growth/duck/manifest.json.gz"));
static PLAIN: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut plain = Vec::new();
    flate2::read::GzDecoder::new(PACKED.as_slice()).read_to_end(&mut plain).unwrap();
    plain
});
static TREE: LazyLock<Value> = LazyLock::new(|| serde_json::from_slice(&PLAIN).unwrap());
static PROJECT: LazyLock<crate::Project> = LazyLock::new(|| project("growth/duck"));

#[test]
fn a_manifest_cut_anywhere_is_incomplete() {
    let whole = bytes("broken/good.json");
    let end = whole.trim_ascii_end().len();
    for at in 0..end {
        let error = parse_manifest(&whole[..at], &Limits::default()).unwrap_err();
        assert!(error.is_transient(), "cut at {at}: {error}");
        assert_eq!(error == ArtifactError::Empty, at == 0, "cut at {at}: {error}");
        if let Err(e) = peek(&whole[..at]) {
            assert!(e.is_transient(), "peek cut at {at}: {e}");
        }
    }
    assert!(parse_manifest(&whole[..end], &Limits::default()).is_ok());
}

#[test]
fn a_gzipped_manifest_cut_anywhere_is_incomplete_or_damaged() {
    let whole = PACKED.as_slice();
    // The first two bytes are gzip's magic; with fewer it is not gzip.
    for at in 2..whole.len() {
        let error = parse_manifest(&whole[..at], &Limits::default()).unwrap_err();
        assert!(error.is_transient(), "cut at {at}: {error}");
    }
}

/// Any JSON up to some size.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z_.\"'{}]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z_]{1,8}", inner), 0..4).prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

/// Puts a value somewhere into a tree.
fn replace(tree: &mut Value, path: &[usize], value: Value) {
    let Some((first, rest)) = path.split_first() else {
        *tree = value;
        return;
    };
    match tree {
        Value::Object(map) if !map.is_empty() => {
            let i = first % map.len();
            let child = map.iter_mut().nth(i).unwrap().1;
            replace(child, rest, value);
        }
        Value::Array(items) if !items.is_empty() => {
            let i = first % items.len();
            replace(&mut items[i], rest, value);
        }
        _ => *tree = value,
    }
}

proptest! {
    #![proptest_config(quiet(300))]

    #[test]
    fn flipped_bytes_never_panic(at in any::<prop::sample::Index>(), with in any::<u8>(), packed in any::<bool>()) {
        let mut input = if packed { PACKED.clone() } else { PLAIN.clone() };
        let i = at.index(input.len());
        input[i] ^= with;
        let _ = parse_manifest(&input, &Limits::default());
        let _ = peek(&input);
    }

    #[test]
    fn any_value_anywhere_costs_at_most_its_entry(path in prop::collection::vec(any::<usize>(), 2..7), value in json()) {
        let mut tree = TREE.clone();
        replace(&mut tree, &path, value);
        let in_metadata = path[0] % tree.as_object().unwrap().len() == 0;
        let in_nodes = tree["nodes"].as_object().map_or(0, |n| n.len());
        match parse_manifest(tree.to_string().as_bytes(), &Limits::default()) {
            Ok(p) => prop_assert!(p.nodes.len() + 1 >= in_nodes, "{} of {in_nodes} nodes", p.nodes.len()),
            // Only the metadata can make it no manifest at all.
            Err(e) => prop_assert!(in_metadata && e.code() == "wrong-artifact", "{e}"),
        }
    }

    #[test]
    fn any_bytes_never_panic(input in prop::collection::vec(any::<u8>(), 0..200)) {
        for limits in [Limits::default(), Limits { max_bytes: 50, max_depth: 2 }] {
            let _ = parse_manifest(&input, &limits);
            let _ = parse_catalog(&input, &limits);
            let _ = parse_run_results(&input, &limits);
        }
        let _ = peek(&input);
    }

    #[test]
    fn any_expression_never_panics(text in "[a-z0-9+@,.:*/ é]{0,24}") {
        if let Ok(selector) = Selector::parse(&text) {
            let _ = selector.select(&PROJECT, Some(&PROJECT));
        }
    }

    #[test]
    fn any_codeowners_never_panics(text in "[a-z*?/# \\[\\]\\\\@\n!^é]{0,60}", path in "[a-z/.é]{0,20}") {
        let _ = CodeOwners::parse(&text).owners(&path);
    }
}
