//! Runs `fixtures/graph/*.json`: a world, a change, and everyone it hits.

use super::world::*;
use crate::*;
use serde_json::{Value, json};
use std::path::Path;
use tessera_lineage::Cache;
use tessera_model::{Dialect, TableName, TableSchema};

fn cases() -> Vec<(String, Value)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/graph");
    let mut files: Vec<_> = std::fs::read_dir(&dir).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "json"));
    files.sort();
    let mut out = Vec::new();
    for path in files {
        let list: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        out.extend(list.into_iter().map(|c| (format!("{file}: {}", c["case"].as_str().expect("case")), c)));
    }
    out
}

#[test]
fn every_case_hits_whom_it_should() {
    let (mut asked, mut wrong) = (0, Vec::new());
    for (name, case) in cases() {
        let mut cache = Cache::default();
        let base = Graph::build(input(&case), &mut cache);
        let head = match case["override"].as_object() {
            Some(tables) => {
                let overrides: Vec<(TableName, Dialect, Option<TableSchema>)> = tables
                    .iter()
                    .map(|(t, s)| (table(t), dialect(&case), s.is_object().then(|| shape(s, dialect(&case)))))
                    .collect();
                base.with_overrides(&overrides, &mut cache)
            }
            None => Graph::build(head_input(&case), &mut cache),
        };
        let on = case["table"].as_str().map(table).unwrap_or_default();
        for (text, want) in case["impact"].as_object().into_iter().flatten() {
            let got = impact(&base, &head, &on, dialect(&case), &[change(text)]);
            let lines: Vec<String> = got[0].1.iter().map(line).collect();
            asked += 1;
            if json!(lines) != *want {
                let why: Vec<_> = got[0].1.iter().map(|r| (&r.name, &r.reason)).collect();
                wrong.push(format!("{name}\n  {text}\n   want {want:#}\n   got  {:#}\n   {why:?}", json!(lines)));
            }
            for (reader, part) in case["reasons"].as_object().into_iter().flatten() {
                let part = part.as_str().unwrap();
                for r in got[0].1.iter().filter(|r| r.name == *reader) {
                    if !r.reason.as_deref().unwrap_or("").contains(part) {
                        wrong.push(format!("{name}: reason of {reader} is {:?}, lacks {part:?}", r.reason));
                    }
                }
            }
        }
        for (question, want) in case["who"].as_object().into_iter().flatten() {
            let mut words = question.split_whitespace();
            let (asset, column) = (words.next().unwrap(), words.next());
            let (column, transitive) = match (column, words.next()) {
                (Some("*"), t) => (None, t.is_some()),
                (Some(c), t) => (Some(c), t.is_some()),
                (None, _) => (None, false),
            };
            let answer = base.who_uses(&table(asset), column, transitive);
            let mut got = vec![serde_json::to_value(answer.status).unwrap().as_str().unwrap().to_owned()];
            got.extend(answer.readers.iter().map(line));
            asked += 1;
            if json!(got) != *want {
                wrong.push(format!("{name}\n  who {question}\n   want {want:#}\n   got  {:#}", json!(got)));
            }
        }
        if let Some(want) = case["effects"].as_object() {
            let effects = Graph::effects(&base, &head);
            let got: serde_json::Map<String, Value> =
                effects.nodes.iter().map(|(id, n)| (id.clone(), json!(n.effect))).collect();
            asked += 1;
            if Value::Object(got.clone()) != Value::Object(want.clone()) {
                wrong.push(format!("{name}\n  effects\n   want {want:?}\n   got  {got:?}"));
            }
        }
        for (output, want) in case["causes"].as_object().into_iter().flatten() {
            let (node, column) = output.rsplit_once(' ').expect("node column");
            let changed = case["changed"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|c| {
                    let (t, c) = c.as_str().unwrap().rsplit_once('.').unwrap();
                    (table(t).key(dialect(&case)), c.to_owned())
                })
                .collect();
            let got = causes(&base, &head, node, column, &changed);
            asked += 1;
            if json!(got) != *want {
                wrong.push(format!("{name}\n  causes {output}\n   want {want}\n   got  {got:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {asked} answers are wrong:\n\n{}", wrong.len(), wrong.join("\n\n"));
    assert!(asked >= 40, "only {asked} questions asked");
}

#[test]
fn who_uses_finds_tables_by_suffix_whatever_the_case() {
    let case = cases().into_iter().find(|(_, c)| c["case"] == "direct uses").expect("the first case").1;
    let graph = Graph::build(input(&case), &mut Cache::default());
    assert_eq!(graph.find_tables("ORDERS"), vec![table("db.raw.orders")]);
    assert_eq!(graph.find_tables("raw.orders"), vec![table("db.raw.orders")]);
    assert_eq!(graph.find_tables("source.a.orders"), vec![table("db.raw.orders")]);
    assert_eq!(graph.find_tables("rders"), Vec::<TableName>::new());
    assert_eq!(graph.table(&table("raw.orders")).map(|n| n.id.as_str()), Some("source.a.orders"));
}

#[test]
fn readers_say_whose_they_are_and_what_is_known_of_them_rests_on() {
    let seen: jiff::Timestamp = "2026-03-02T09:00:00Z".parse().unwrap();
    let case = json!({
        "nodes": {
            "source.a.t": {"relation": "db.raw.t", "columns": {"id": "bigint", "c": "text"}},
            "model.a.m": {"relation": "db.a.m", "sql": "select c from db.raw.t", "team": "alpha"},
            "test.a.m": {"sql": "select c from db.raw.t where c is null", "attached_to": "model.a.m"},
            "view.v": {"relation": "db.a.v", "sql": "select c from db.raw.t"}},
        "exposures": {"exposure.a.e": {"team": "exec", "depends_on": ["source.a.t"], "columns": ["c"]}},
        "registrations": [{"team": "ml", "table": "db.raw.t", "columns": ["c"], "agent": true}]});
    let mut input = input(&case);
    input.exposures[0].last_seen = Some(seen);
    input.registrations[0].first_seen = Some(seen);
    let meta = input.meta.get_mut("model.a.m").unwrap();
    (meta.count, meta.last_seen) = (7, Some(seen));
    let graph = Graph::build(input, &mut Cache::default());
    let removed = impact(&graph, &graph, &table("db.raw.t"), Dialect::Postgres, &[change("c removed")]).remove(0).1;
    let told: Vec<Value> = removed
        .iter()
        .map(|r| {
            let e = &r.evidence;
            json!([r.name, r.kind, r.team, r.columns, e.source, e.first_seen.is_some(), e.last_seen.is_some(), e.count])
        })
        .collect();
    let want = json!([
        ["exposure.a.e", "exposure", "exec", ["c"], "exposure", false, true, 1],
        ["ml", "agent", "ml", ["c"], "agent", true, false, 1],
        ["model.a.m", "dbt_model", "alpha", ["c"], "dbt", false, true, 7],
        ["test.a.m", "dbt_test", "alpha", ["c"], "dbt", false, false, 1],
        ["view.v", "view", null, ["c"], "view_definition", false, false, 1],
    ]);
    assert_eq!(json!(told), want);
    assert!(removed.iter().all(|r| r.reason.is_some()), "each says why: {removed:#?}");
    let coverage = graph.coverage(Some("a"));
    assert_eq!((coverage.models, coverage.compiled, coverage.resolved), (1, 1, 1));
    assert_eq!(graph.coverage(Some("b")).models, 0);
}
