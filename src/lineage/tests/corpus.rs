//! The shared corpora, where they are: scores are printed, not judged, but for what must never fail.

use super::orchard::{read_json, world};
use crate::{Cache, analyze_world, batch_line, on_wide_stack};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Instant;

fn name(text: &str) -> String {
    text.to_lowercase().replace(['`', '"', '[', ']', '\''], "").replace("<default>.", "")
}

fn suffix(a: &str, b: &str) -> bool {
    a == b || a.ends_with(&format!(".{b}")) || b.ends_with(&format!(".{a}"))
}

fn names(list: &Value) -> BTreeSet<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(name).collect()
}

fn same(a: &Value, b: &Value) -> bool {
    let (a, b) = (names(a), names(b));
    a.iter().all(|x| b.iter().any(|y| suffix(x, y))) && b.iter().all(|y| a.iter().any(|x| suffix(x, y)))
}

fn last(text: &str) -> String {
    name(text).rsplit('.').next().unwrap_or_default().to_owned()
}

#[test]
fn lineage_suites_print_their_scores() {
    on_wide_stack(|| {
        for suite in ["openlineage", "sqllineage", "datahub_half"] {
            let Some(path) = super::corpora(&format!("lineage/{suite}.jsonl")) else { return };
            let (mut tables, mut tables_ok, mut columns, mut columns_ok) = (0, 0, 0, 0);
            for line in std::fs::read_to_string(path).unwrap().lines() {
                let case: Value = serde_json::from_str(line).unwrap();
                let input = json!({"id": case["id"], "dialect": case["dialect"], "sql": case["sql"],
                    "schemas": case["schemas"], "defaults": case["defaults"]});
                let got: Value = serde_json::from_str(&batch_line(&input.to_string())).unwrap();
                assert!(got.get("error").is_none(), "{got}");
                if !case["exp_in"].is_null() {
                    tables += 1;
                    tables_ok += usize::from(same(&case["exp_in"], &got["reads"]));
                }
                if let Some(edges) = case["edges"].as_array() {
                    columns += 1;
                    let wanted: BTreeSet<_> = edges
                        .iter()
                        .filter(|e| !e[1].is_null() && !e[3].is_null())
                        .map(|e| {
                            (
                                last(e[0].as_str().unwrap_or_default()),
                                name(e[1].as_str().unwrap()),
                                name(e[3].as_str().unwrap()),
                            )
                        })
                        .collect();
                    let found: BTreeSet<_> = got["columns"]
                        .as_array()
                        .unwrap()
                        .iter()
                        .flat_map(|c| c["direct"].as_array().unwrap().iter().map(move |d| (c, d)))
                        .map(|(c, d)| {
                            (
                                last(d["table"].as_str().unwrap()),
                                name(d["column"].as_str().unwrap()),
                                name(c["name"].as_str().unwrap()),
                            )
                        })
                        .collect();
                    columns_ok += usize::from(wanted == found);
                }
            }
            println!("{suite}: input tables exact {tables_ok}/{tables}, columns exact {columns_ok}/{columns}");
        }
    });
}

#[test]
fn ol_data_platform_is_understood_without_a_catalog() {
    let Some(path) = super::corpora("dbt/ol-data-platform/manifest.json.gz") else { return };
    let manifest = read_json(&path);
    let mut models = world(&manifest, None);
    // What YAML declares is what is measured against; it must not help.
    for node in &mut models.nodes {
        node.known = None;
    }
    let mut cache = Cache::default();
    let start = Instant::now();
    let got = analyze_world(&models, &mut cache);
    let cold = start.elapsed();
    let start = Instant::now();
    analyze_world(&models, &mut cache);
    let warm = start.elapsed();
    let busiest = models.nodes.iter().filter_map(|n| n.sql.as_ref().map(|s| s.len())).max().unwrap();
    let node = models.nodes.iter_mut().find(|n| n.sql.as_ref().is_some_and(|s| s.len() == busiest)).unwrap();
    node.sql = Some(format!("{}\n-- changed", node.sql.as_ref().unwrap()).into());
    let start = Instant::now();
    analyze_world(&models, &mut cache);
    let changed = start.elapsed();
    let (mut documented, mut sourced, mut unread) = (0, 0, 0);
    for (id, node) in manifest["nodes"].as_object().unwrap() {
        if node["resource_type"] != "model" {
            continue;
        }
        let lineage = &got.nodes[id];
        unread += usize::from(lineage.cause.is_some());
        for (column, _) in node["columns"].as_object().unwrap() {
            documented += 1;
            let found = lineage.lineage.columns.iter().find(|c| c.name.eq_ignore_ascii_case(column));
            sourced += usize::from(found.is_some_and(|c| !c.direct.is_empty()));
        }
    }
    println!(
        "ol-data-platform: {sourced} of {documented} documented columns have a source, {unread} models not understood; cold {cold:?}, unchanged {warm:?}, one changed {changed:?}"
    );
    assert!(sourced * 100 >= documented * 95);
}
