//! The orchard project in its states: the readers that projection-only tools miss, and what a change does to them.

use crate::{Cache, Defaults, NodeInput, World, WorldLineage, analyze_world};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use tessera_model::lineage::{IndirectKind, Resolution};
use tessera_model::table::Origin;
use tessera_model::{Column, Dialect, TableName, TableSchema};

pub(super) fn read_json(path: &Path) -> serde_json::Value {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_some_and(|e| e == "gz") {
        let mut text = Vec::new();
        flate2::read::GzDecoder::new(bytes.as_slice()).read_to_end(&mut text).unwrap();
        return serde_json::from_slice(&text).unwrap();
    }
    serde_json::from_slice(&bytes).unwrap()
}

/// A manifest as a world, read as plainly as a test may.
pub(super) fn world(manifest: &serde_json::Value, catalog: Option<&serde_json::Value>) -> World {
    let adapter = manifest["metadata"]["adapter_type"].as_str().unwrap();
    let dialect = Dialect::from_name(adapter).unwrap();
    let strings = |v: &serde_json::Value| -> Vec<String> {
        v.as_array().into_iter().flatten().filter_map(|s| s.as_str().map(str::to_owned)).collect()
    };
    let mut nodes = Vec::new();
    for group in ["nodes", "sources"] {
        for (id, node) in manifest[group].as_object().unwrap() {
            let declared: Vec<Column> =
                node["columns"].as_object().into_iter().flatten().map(|(name, _)| Column::new(name, None)).collect();
            let mut known = (!declared.is_empty()).then(|| {
                let mut schema = TableSchema::new(dialect, declared);
                schema.origin = Some(Origin::Declared);
                schema.open = true;
                schema
            });
            let seen = catalog.and_then(|c| c["nodes"].get(id).or_else(|| c["sources"].get(id)));
            if let Some(seen) = seen {
                let mut columns: Vec<(u64, Column)> = seen["columns"]
                    .as_object()
                    .unwrap()
                    .values()
                    .map(|c| {
                        (c["index"].as_u64().unwrap(), Column::new(c["name"].as_str().unwrap(), c["type"].as_str()))
                    })
                    .collect();
                columns.sort_by_key(|(i, _)| *i);
                let mut schema = TableSchema::new(dialect, columns.into_iter().map(|(_, c)| c).collect());
                schema.origin = Some(Origin::Catalog);
                // Only leaves: the models' shapes are what the SQL must give.
                if group == "sources" || id.starts_with("seed.") {
                    known = Some(schema);
                }
            }
            let sql = node["compiled_code"].as_str().map(Arc::from);
            let runs = matches!(node["resource_type"].as_str(), Some("model" | "snapshot" | "test" | "analysis"));
            nodes.push(NodeInput {
                id: id.clone(),
                dialect,
                relation: node["relation_name"].as_str().and_then(|r| TableName::parse(dialect, r)),
                cause: (runs && sql.is_none()).then(|| "uncompiled".to_owned()),
                sql,
                known,
                upstream: strings(&node["depends_on"]["nodes"]),
                defaults: Defaults::default(),
                aliases: Vec::new(),
            });
        }
    }
    World { nodes }
}

fn orchard(state: &str, engine: &str) -> World {
    let folder = super::root().join("fixtures/dbt/orchard").join(state).join(engine);
    let manifest = ["manifest.json.gz", "manifest.json"].iter().map(|f| folder.join(f)).find(|p| p.exists()).unwrap();
    let catalog = folder.join("catalog.json");
    let catalog = catalog.exists().then(|| read_json(&catalog));
    world(&read_json(&manifest), catalog.as_ref())
}

fn direct(world: &WorldLineage, node: &str, column: &str) -> Vec<String> {
    let node = &world.nodes[node];
    let column = node.lineage.columns.iter().find(|c| &*c.name == column).unwrap();
    column.direct.iter().map(|d| format!("{}.{}", d.table.name, d.column)).collect()
}

#[test]
fn every_state_on_both_engines_is_understood() {
    for state in ["v1", "v2", "v5", "v6"] {
        for engine in ["duck", "pg"] {
            let got = analyze_world(&orchard(state, engine), &mut Cache::default());
            for node in got.nodes.values().filter(|n| n.cause.is_none()) {
                assert!(
                    matches!(node.lineage.resolution, Resolution::Resolved),
                    "{state} {engine} {}: {:?} {:?}",
                    node.id,
                    node.lineage.resolution,
                    node.lineage.diagnostics
                );
                assert!(node.errors.is_empty(), "{state} {engine} {}: {:?}", node.id, node.errors);
            }
        }
    }
}

#[test]
fn inferred_types_are_the_warehouse_s() {
    for (state, engine) in [("v1", "duck"), ("v1", "pg"), ("v5", "duck"), ("v5", "pg")] {
        let folder = super::root().join("fixtures/dbt/orchard").join(state).join(engine);
        let catalog = read_json(&folder.join("catalog.json"));
        let got = analyze_world(&orchard(state, engine), &mut Cache::default());
        let mut compared = 0;
        for (id, seen) in catalog["nodes"].as_object().unwrap() {
            if !id.starts_with("model.") {
                continue;
            }
            let node = &got.nodes[id];
            let mut columns: Vec<_> = seen["columns"].as_object().unwrap().values().collect();
            columns.sort_by_key(|c| c["index"].as_u64());
            let names: Vec<&str> = columns.iter().map(|c| c["name"].as_str().unwrap()).collect();
            let inferred: Vec<&str> = node.inferred.columns.iter().map(|c| c.name.as_str()).collect();
            assert_eq!(inferred, names, "{state} {engine} {id}");
            for (column, seen) in node.inferred.columns.iter().zip(columns) {
                let seen = tessera_model::LogicalType::parse(node.dialect, seen["type"].as_str().unwrap());
                let ours = column.logical(node.dialect);
                if ours.is_unknown() {
                    continue;
                }
                // dbt's Postgres catalog leaves precision and length out.
                let same =
                    ours == seen || format!("{ours:?}").split(' ').next() == format!("{seen:?}").split(' ').next();
                assert!(same, "{state} {engine} {id}.{}: {ours:?}, really {seen:?}", column.name);
                compared += 1;
            }
        }
        assert!(compared >= 20, "{state} {engine}: only {compared} types were inferred");
    }
}

#[test]
fn a_column_that_only_filters_is_read() {
    let got = analyze_world(&orchard("v1", "duck"), &mut Cache::default());
    let node = &got.nodes["model.orchard.dim_customers.v2"];
    assert!(
        node.lineage
            .indirect
            .iter()
            .any(|r| r.table.name == "stg_customers" && &*r.column == "status" && r.kind == IndirectKind::Filter)
    );
    assert!(node.lineage.columns.iter().all(|c| c.direct.iter().all(|d| &*d.column != "status")));
}

#[test]
fn ephemeral_models_are_looked_through() {
    let got = analyze_world(&orchard("v1", "duck"), &mut Cache::default());
    assert_eq!(direct(&got, "model.orchard.fct_orders", "paid_cents"), ["stg_payments.amount_cents"]);
    // An incremental model's reads of itself are none.
    let node = &got.nodes["model.orchard.fct_orders"];
    assert!(node.lineage.reads.iter().all(|t| t.name != "fct_orders"));
    assert!(node.lineage.indirect.iter().all(|r| r.table.name != "fct_orders"));
    assert!(!node.inferred.open);
}

#[test]
fn a_renamed_column_breaks_its_readers_by_name() {
    let got = analyze_world(&orchard("v3", "duck"), &mut Cache::default());
    let broken: Vec<(&str, &str)> = got
        .nodes
        .values()
        .flat_map(|n| n.errors.iter().map(|e| (n.id.as_str(), e)))
        .filter(|(_, e)| e.code == "unknown-column" && e.column.as_deref() == Some("order_state"))
        .map(|(id, e)| (id, e.table.as_ref().unwrap().name.as_str()))
        .collect();
    assert!(broken.contains(&("model.orchard.int_order_payments", "stg_orders")), "{broken:?}");
}

#[test]
fn a_retyped_column_retypes_what_is_made_of_it() {
    let before = analyze_world(&orchard("v1", "duck"), &mut Cache::default());
    let after = analyze_world(&orchard("v5", "duck"), &mut Cache::default());
    let ty = |world: &WorldLineage, node: &str, column: &str| {
        world.nodes[node].schema.columns.iter().find(|c| c.name == column).unwrap().data_type.clone().unwrap()
    };
    assert_eq!(ty(&before, "model.orchard.fct_orders", "amount"), "DECIMAL(18,2)");
    assert_eq!(ty(&after, "model.orchard.fct_orders", "amount"), "DOUBLE");
    assert_eq!(ty(&before, "model.orchard.rpt_revenue_by_country", "revenue"), "DECIMAL(38,2)");
    assert_eq!(ty(&after, "model.orchard.rpt_revenue_by_country", "revenue"), "DOUBLE");
}

#[test]
fn what_if_an_observed_column_is_gone() {
    let mut world = orchard("v1", "duck");
    let mut cache = Cache::default();
    analyze_world(&world, &mut cache);
    for node in world.nodes.iter_mut().filter(|n| n.relation.as_ref().is_some_and(|r| r.name == "orders")) {
        let known = node.known.get_or_insert_with(TableSchema::default);
        known.columns.retain(|c| c.name != "currency");
        known.origin = Some(Origin::Observed);
        known.open = false;
    }
    let got = analyze_world(&world, &mut cache);
    let error = &got.nodes["model.orchard.stg_orders"].errors[0];
    assert_eq!((error.code.as_str(), error.column.as_deref()), ("unknown-column", Some("currency")));
    assert_eq!(error.table.as_ref().unwrap().to_string(), "orchard.main_raw.orders");
    assert!(error.line > 0);
}
