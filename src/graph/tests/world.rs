//! A world written in JSON, as `fixtures/graph/README.md` describes it.

use crate::*;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::sync::Arc;
use tessera_lineage::{NodeInput, World};
use tessera_model::table::Origin;
use tessera_model::{Change, ChangeKind, Column, Dialect, Judgment, Reader, ReaderKind, TableName, TableSchema};

pub(super) fn dialect(case: &Value) -> Dialect {
    case["dialect"].as_str().map_or(Dialect::Postgres, |d| Dialect::from_name(d).expect(d))
}

pub(super) fn table(name: &str) -> TableName {
    TableName::from_parts(name.split('.').map(str::to_owned).collect()).unwrap()
}

/// `{"column": "type"}`, `{"column": "type not null"}`; a key `...` makes it open.
pub(super) fn shape(columns: &Value, dialect: Dialect) -> TableSchema {
    let mut schema = TableSchema::new(dialect, Vec::new());
    for (name, kind) in columns.as_object().expect("columns") {
        if name == "..." {
            schema.open = true;
            continue;
        }
        let kind = kind.as_str().unwrap_or("");
        let (kind, nullable) = match kind.strip_suffix(" not null") {
            Some(kind) => (kind, Some(false)),
            None => (kind.strip_suffix(" null").unwrap_or(kind), kind.ends_with(" null").then_some(true)),
        };
        let mut column = Column::new(name.clone(), Some(kind).filter(|k| !k.is_empty()));
        column.nullable = nullable;
        schema.columns.push(column);
    }
    schema.origin = Some(Origin::Observed);
    schema
}

pub(super) fn input(case: &Value) -> GraphInput {
    build(case, case["nodes"].as_object().expect("nodes"))
}

/// The input with `head`'s nodes in place of those of the same id; `null` removes one.
pub(super) fn head_input(case: &Value) -> GraphInput {
    let mut nodes = case["nodes"].as_object().expect("nodes").clone();
    for (id, node) in case["head"].as_object().into_iter().flatten() {
        match node {
            Value::Null => drop(nodes.remove(id)),
            Value::Object(fields) => {
                let known = nodes.entry(id.clone()).or_insert_with(|| Value::Object(Map::new()));
                known.as_object_mut().unwrap().extend(fields.clone());
            }
            other => panic!("{id}: {other}"),
        }
    }
    build(case, &nodes)
}

fn build(case: &Value, nodes: &Map<String, Value>) -> GraphInput {
    let dialect = dialect(case);
    let text = |v: &Value| v.as_str().map(str::to_owned);
    let list = |v: &Value| -> Vec<String> { v.as_array().into_iter().flatten().filter_map(text).collect() };
    let mut meta = BTreeMap::new();
    let mut world = World::default();
    for (id, node) in nodes {
        let sql = node["sql"].as_str();
        let reads = |other: &Value| {
            let (Some(sql), Some(relation)) = (sql, other["relation"].as_str()) else { return false };
            let name = relation.rsplit('.').next().unwrap();
            sql.to_lowercase().split(|c: char| !c.is_alphanumeric() && c != '_').any(|w| w == name.to_lowercase())
        };
        let upstream = match node["upstream"].is_array() {
            true => list(&node["upstream"]),
            false => nodes.iter().filter(|(o, n)| *o != id && reads(n)).map(|(o, _)| o.clone()).collect(),
        };
        let kind = match id.split('.').next().unwrap() {
            "model" => Some(ReaderKind::DbtModel),
            "snapshot" => Some(ReaderKind::DbtSnapshot),
            "test" => Some(ReaderKind::DbtTest),
            "view" => Some(ReaderKind::View),
            _ => None,
        };
        meta.insert(
            id.clone(),
            NodeMeta {
                kind,
                team: text(&node["team"]),
                project: id.split('.').nth(1).map(str::to_owned),
                asset: text(&node["relation"]),
                covered: matches!(kind, Some(ReaderKind::DbtModel | ReaderKind::DbtSnapshot)),
                count: 1,
                attached_to: text(&node["attached_to"]),
                ..NodeMeta::default()
            },
        );
        world.nodes.push(NodeInput {
            id: id.clone(),
            dialect,
            relation: node["relation"].as_str().map(table),
            sql: sql.map(Arc::from),
            cause: text(&node["cause"]),
            known: node["columns"].is_object().then(|| shape(&node["columns"], dialect)),
            upstream,
            ..NodeInput::default()
        });
    }
    let exposures = case["exposures"].as_object().into_iter().flatten().map(|(id, e)| ExposureInput {
        id: id.clone(),
        name: id.clone(),
        team: text(&e["team"]),
        depends_on: list(&e["depends_on"]),
        columns: list(&e["columns"]),
        last_seen: None,
    });
    let registrations = case["registrations"].as_array().into_iter().flatten().map(|r| RegistrationInput {
        team: text(&r["team"]).expect("team"),
        table: table(r["table"].as_str().expect("table")),
        dialect,
        columns: list(&r["columns"]),
        agent: r["agent"].as_bool().unwrap_or(false),
        ..RegistrationInput::default()
    });
    GraphInput { world, meta, exposures: exposures.collect(), registrations: registrations.collect() }
}

/// `status removed`, `id type-changed bigint`, `x added`, `c nullable-added`, `table-removed`, `primary-key-changed a,b`.
pub(super) fn change(text: &str) -> Change {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (column, rule) = match words[..] {
        [rule] => (None, rule.to_owned()),
        ["primary-key-removed", _] => (None, words[0].to_owned()),
        [column, what, ..] => {
            (Some(column.to_owned()), if what.contains('-') { what.to_owned() } else { format!("column-{what}") })
        }
        [] => panic!("an empty change"),
    };
    let keys = words.get(1).filter(|_| column.is_none()).map(|k| k.split(',').collect::<Vec<_>>());
    Change {
        path: column.clone().unwrap_or_default(),
        column,
        kind: if rule.starts_with("comment") || rule.ends_with("reordered") {
            ChangeKind::Documentation
        } else {
            ChangeKind::Structural
        },
        rule,
        reads: Judgment::Fails,
        writes: Judgment::Ok,
        breaking: true,
        before: keys.map_or(Value::Null, |k| serde_json::json!(k)),
        after: Value::Null,
        message: text.to_owned(),
        witness: None,
        suggestion: None,
        steps: Vec::new(),
        source_rules: Vec::new(),
    }
}

/// `breaks model.a.x filter+project via model.a.y`.
pub(super) fn line(reader: &Reader) -> String {
    let effect = serde_json::to_value(reader.effect).unwrap();
    let mut out = format!("{} {}", effect.as_str().unwrap(), reader.name);
    if !reader.uses.is_empty() {
        let uses: Vec<&str> = reader.uses.iter().map(|u| u.name()).collect();
        out.push_str(&format!(" {}", uses.join("+")));
    }
    if !reader.via.is_empty() {
        out.push_str(&format!(" via {}", reader.via.join(" > ")));
    }
    out
}
