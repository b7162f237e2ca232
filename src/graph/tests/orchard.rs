//! The orchard project (fixtures/dbt/orchard), as dbt has really compiled it on PostgreSQL and DuckDB: what its versions
//! do to its readers.

use super::world::{change, line};
use crate::*;
use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tessera_lineage::{Cache, Defaults, NodeInput, World};
use tessera_model::table::Origin;
use tessera_model::{Column, Dialect, ReaderKind, TableName, TableSchema};

const ENGINES: [(&str, Dialect); 2] = [("pg", Dialect::Postgres), ("duck", Dialect::DuckDb)];

fn artifact(version: &str, engine: &str, name: &str) -> Value {
    let path: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/dbt/orchard").join(version).join(engine).join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut text = String::new();
    match name.ends_with(".gz") {
        true => flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).map(drop).unwrap(),
        false => text = String::from_utf8(bytes).unwrap(),
    }
    serde_json::from_str(&text).unwrap()
}

fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}

/// Sources as the catalog of v1 shows them; everything else by its SQL.
fn input(version: &str, engine: &str, dialect: Dialect) -> GraphInput {
    let manifest = artifact(version, engine, "manifest.json.gz");
    let catalog = artifact("v1", engine, "catalog.json");
    let mut input = GraphInput { world: World::default(), ..GraphInput::default() };
    let nodes = manifest["nodes"].as_object().unwrap().iter().chain(manifest["sources"].as_object().unwrap());
    for (id, node) in nodes {
        let kind = match node["resource_type"].as_str().unwrap() {
            "model" => Some(ReaderKind::DbtModel),
            "snapshot" => Some(ReaderKind::DbtSnapshot),
            "test" => Some(ReaderKind::DbtTest),
            "source" => None,
            _ => continue,
        };
        let relation = node["relation_name"].as_str().and_then(|r| TableName::parse(dialect, r));
        let known = kind.is_none().then(|| {
            let columns = catalog["sources"][id]["columns"].as_object().expect("a source in the catalog");
            let mut columns: Vec<&Value> = columns.values().collect();
            columns.sort_by_key(|c| c["index"].as_u64());
            let column = |c: &&Value| Column::new(c["name"].as_str().unwrap(), c["type"].as_str());
            let mut schema = TableSchema::new(dialect, columns.iter().map(column).collect());
            schema.origin = Some(Origin::Catalog);
            schema
        });
        input.meta.insert(
            id.clone(),
            NodeMeta {
                kind,
                team: node["group"].as_str().map(str::to_owned),
                covered: matches!(kind, Some(ReaderKind::DbtModel | ReaderKind::DbtSnapshot)),
                attached_to: node["attached_node"].as_str().map(str::to_owned),
                count: 1,
                ..NodeMeta::default()
            },
        );
        input.world.nodes.push(NodeInput {
            id: id.clone(),
            dialect,
            relation,
            sql: node["compiled_code"].as_str().map(Arc::from),
            known,
            upstream: strings(&node["depends_on"]["nodes"]),
            defaults: Defaults::default(),
            ..NodeInput::default()
        });
    }
    for (id, exposure) in manifest["exposures"].as_object().unwrap() {
        input.exposures.push(ExposureInput {
            id: id.clone(),
            name: exposure["name"].as_str().unwrap().to_owned(),
            team: exposure["owner"]["name"].as_str().map(str::to_owned),
            depends_on: strings(&exposure["depends_on"]["nodes"]),
            columns: strings(&exposure["meta"]["columns"]),
            last_seen: None,
        });
    }
    input
}

fn relation(graph: &Graph, name: &str) -> TableName {
    graph.find_tables(name).into_iter().next().unwrap_or_else(|| panic!("no table {name}"))
}

fn hit(base: &Graph, head: &Graph, dialect: Dialect, asset: &str, what: &str) -> Vec<String> {
    let table = relation(base, asset);
    impact(base, head, &table, dialect, &[change(what)]).remove(0).1.iter().map(line).collect()
}

#[test]
fn everything_is_understood() {
    for (engine, dialect) in ENGINES {
        let graph = Graph::build(input("v1", engine, dialect), &mut Cache::default());
        let coverage = graph.coverage(None);
        assert_eq!((coverage.models, coverage.resolved), (9, 9), "{engine}: {:?}", coverage.unknown);
    }
}

#[test]
fn a_column_used_only_in_a_filter_names_its_reader_and_everything_below() {
    for (engine, dialect) in ENGINES {
        let mut cache = Cache::default();
        let base = Graph::build(input("v1", engine, dialect), &mut cache);
        let customers = relation(&base, "stg_customers");
        let mut shape = TableSchema::clone(&base.table(&customers).unwrap().schema);
        shape.columns.retain(|c| c.name != "status");
        let head = base.with_overrides(&[(customers, dialect, Some(shape))], &mut cache);
        let lines = hit(&base, &head, dialect, "stg_customers", "status removed");
        assert_eq!(
            lines,
            [
                "breaks exposure.orchard.revenue_dashboard via model.orchard.dim_customers.v2 > model.orchard.rpt_revenue_by_country",
                "breaks model.orchard.dim_customers.v2 filter",
                "breaks model.orchard.rpt_revenue_by_country via model.orchard.dim_customers.v2",
            ],
            "{engine}"
        );
    }
}

const V3: [&str; 11] = [
    "breaks exposure.orchard.churn_model via model.orchard.fct_orders",
    "breaks exposure.orchard.revenue_dashboard via model.orchard.fct_orders > model.orchard.rpt_revenue_by_country",
    "breaks model.orchard.dim_customers.v2 via model.orchard.fct_orders",
    "breaks model.orchard.fct_orders project+group",
    "breaks model.orchard.int_order_payments project+group",
    "breaks model.orchard.rpt_revenue_by_country via model.orchard.fct_orders",
    "breaks test.orchard.accepted_values_stg_orders_order_state__paid__refunded__cancelled.bb1bf95b3e project+filter+group",
    "breaks test.orchard.no_negative_amount via model.orchard.fct_orders",
    "breaks test.orchard.relationships_fct_orders_customer_id__customer_id__ref_stg_customers_.aaa6d401fd via model.orchard.fct_orders",
    "breaks test.orchard.unique_fct_orders_order_id.523ddb6ce5 via model.orchard.fct_orders",
    "changes snapshot.orchard.orders_snapshot project",
];

const V5: [&str; 4] = [
    "changes model.orchard.rpt_revenue_by_country project",
    "reads exposure.orchard.churn_model project",
    "reads test.orchard.no_negative_amount filter",
    "may_read exposure.orchard.revenue_dashboard via model.orchard.rpt_revenue_by_country",
];

#[test]
fn a_source_column_that_only_staging_names_breaks_all_that_stands_on_staging() {
    for (engine, dialect) in ENGINES {
        let mut cache = Cache::default();
        let base = Graph::build(input("v1", engine, dialect), &mut cache);
        let orders = relation(&base, "source.orchard.shop.orders");
        let mut shape = TableSchema::clone(&base.table(&orders).unwrap().schema);
        shape.columns.retain(|c| c.name != "currency");
        let head = base.with_overrides(&[(orders, dialect, Some(shape))], &mut cache);
        let lines = hit(&base, &head, dialect, "source.orchard.shop.orders", "currency removed");
        assert_eq!(lines.iter().filter(|l| l.starts_with("breaks") && !l.contains(" via ")).count(), 1, "{lines:#?}");
        assert!(lines.contains(&"breaks model.orchard.stg_orders project".into()), "{engine}: {lines:#?}");
        let far = "breaks exposure.orchard.revenue_dashboard via model.orchard.stg_orders > ";
        assert!(lines.iter().any(|l| l.starts_with(far)), "{engine}: {lines:#?}");
        assert!(!lines.iter().any(|l| l.contains("customers.v1 ")), "{engine}: {lines:#?}");
    }
}

#[test]
fn versions_three_five_and_six() {
    for (engine, dialect) in ENGINES {
        let mut cache = Cache::default();
        let base = Graph::build(input("v1", engine, dialect), &mut cache);
        let v3 = Graph::build(input("v3", engine, dialect), &mut cache);
        let lines = hit(&base, &v3, dialect, "stg_orders", "order_state removed");
        assert_eq!(lines, V3, "{engine}");

        let v5 = Graph::build(input("v5", engine, dialect), &mut cache);
        let lines = hit(&base, &v5, dialect, "fct_orders", "amount type-changed");
        assert_eq!(lines, V5, "{engine}");
        let changed = [(relation(&base, "fct_orders").key(dialect), "amount".to_owned())].into();
        let caused = causes(&base, &v5, "model.orchard.rpt_revenue_by_country", "revenue", &changed);
        assert_eq!(caused, [format!("{}.amount", relation(&base, "fct_orders"))], "{engine}");

        let v6 = Graph::build(input("v6", engine, dialect), &mut cache);
        let lines = hit(&base, &v6, dialect, "fct_orders", "paid_cents removed");
        assert!(lines.is_empty(), "{engine}: {lines:#?}");
        let nobody = base.who_uses(&relation(&base, "fct_orders"), Some("paid_cents"), true);
        assert_eq!(nobody.status, WhoStatus::NoReadersKnown, "{engine}: {:?}", nobody.readers);
    }
}
