//! Which source of truth a shape comes from, and what it then says.

use super::support::{catalog, manifest, project};
use crate::{Freshness, Limits, catalog_freshness, parse_catalog, shape};
use serde_json::json;
use tessera_model::table::Origin;

fn columns(s: &tessera_model::TableSchema) -> Vec<(&str, Option<&str>)> {
    s.columns.iter().map(|c| (c.name.as_str(), c.data_type.as_deref())).collect()
}

#[test]
fn a_catalog_of_the_same_run_speaks_first() {
    for (name, amount) in
        [("orchard/v1/duck", "DECIMAL(18,2)"), ("orchard/v1/pg", "numeric(18,2)"), ("orchard/v5/duck", "DOUBLE")]
    {
        let (p, c) = (project(name), catalog(name));
        assert_eq!(catalog_freshness(&p, &c), Freshness::SameRun, "{name}");
        let s = shape(p.node("model.orchard.fct_orders").unwrap(), Some(&c), true).unwrap();
        assert_eq!(s.origin, Some(Origin::Catalog));
        assert!(!s.open);
        assert_eq!(s.column("amount").unwrap().data_type.as_deref(), Some(amount), "{name}");
        assert_eq!(s.primary_key, ["order_id"]);
        assert_eq!(s.column("order_id").unwrap().nullable, Some(false));
        assert_eq!(s.column("paid_cents").unwrap().nullable, None, "nobody said");
        assert_eq!(s.guarantees.len(), 2);
        assert_eq!(s.comment.as_deref(), Some("One row per order"));
    }
}

#[test]
fn without_a_catalog_a_contract_is_closed_and_yaml_is_open() {
    let p = project("orchard/v1/pg");
    let contract = shape(p.node("model.orchard.fct_orders").unwrap(), None, false).unwrap();
    assert_eq!((contract.origin, contract.open), (Some(Origin::Contract), false));
    assert_eq!(contract.column("amount").unwrap().data_type.as_deref(), Some("numeric(18,2)"));
    let declared = shape(p.node("model.orchard.stg_customers").unwrap(), None, false).unwrap();
    assert_eq!((declared.origin, declared.open), (Some(Origin::Declared), true));
    assert_eq!(columns(&declared), [("customer_id", None), ("email", None)]);
    assert_eq!(shape(p.node("model.orchard.rpt_revenue_by_country").unwrap(), None, false), None);
}

#[test]
fn a_stale_catalog_speaks_for_sources_only() {
    let (old, new) = (catalog("orchard/v1/duck"), project("orchard/v5/duck"));
    let freshness = catalog_freshness(&new, &old);
    assert!(matches!(freshness, Freshness::Stale { .. }) && !freshness.is_fresh(), "{freshness:?}");
    assert_eq!(catalog_freshness(&project("orchard/v1/duck"), &catalog("orchard/v5/duck")), Freshness::Newer);
    let orders = shape(new.node("model.orchard.fct_orders").unwrap(), Some(&old), freshness.is_fresh()).unwrap();
    assert_eq!(orders.origin, Some(Origin::Contract));
    let raw = shape(new.node("source.orchard.shop.orders").unwrap(), Some(&old), freshness.is_fresh()).unwrap();
    assert_eq!((raw.origin, raw.columns.len()), (Some(Origin::Catalog), 6));
}

#[test]
fn a_partial_catalog_lets_the_others_fall_through() {
    let (p, mut c) = (project("orchard/v1/duck"), catalog("orchard/v1/duck"));
    c.nodes.remove("model.orchard.fct_orders");
    let s = shape(p.node("model.orchard.fct_orders").unwrap(), Some(&c), true).unwrap();
    assert_eq!(s.origin, Some(Origin::Contract));
    // The Rust engine wrote a catalog of its own for v1 that lacks what it could not build.
    let (p, c) = (project("orchard/v1/fusion-duck"), catalog("orchard/v1/fusion-duck"));
    let shapes = p.models().filter_map(|n| shape(n, Some(&c), catalog_freshness(&p, &c).is_fresh())).count();
    assert!(shapes >= 5, "{shapes}");
}

#[test]
fn names_are_stored_as_the_engine_stores_them() {
    let node = json!({"nodes": {"model.shop.a": {
        "resource_type": "model", "name": "a", "alias": "A", "database": "db", "schema": "Main",
        "config": {"materialized": "table"}, "contract": {"enforced": true},
        "columns": {"Id": {"name": "Id", "data_type": "int", "constraints": [{"type": "primary_key"}, {"type": "foreign_key", "expression": "references other.b (id, x)"}]},
                    "Mixed": {"name": "Mixed", "quote": true}},
        "constraints": [{"type": "unique", "columns": ["id", "mixed"]}, {"type": "foreign_key", "columns": ["id"], "to": "\"db\".\"main\".\"c\"", "to_columns": ["id"]}],
    }}});
    for (adapter, relation, id, mixed) in [
        ("postgres", "db.Main.A", "id", "Mixed"),
        ("snowflake", "DB.MAIN.A", "ID", "Mixed"),
        ("duckdb", "db.Main.A", "Id", "Mixed"),
        ("bigquery", "db.Main.A", "Id", "Mixed"),
    ] {
        let p = manifest(adapter, &node);
        let n = &p.nodes["model.shop.a"];
        assert_eq!(n.relation.as_ref().unwrap().to_string(), relation, "{adapter}");
        let s = shape(n, None, false).unwrap();
        assert_eq!(columns(&s), [(id, Some("int")), (mixed, None)], "{adapter}");
        assert_eq!(s.primary_key, [id], "{adapter}");
        assert_eq!(s.columns[0].nullable, Some(false), "{adapter}");
        assert_eq!(s.unique.len(), 1);
        assert_eq!(s.foreign_keys.iter().map(|f| f.table.as_str()).collect::<Vec<_>>(), ["db.main.c", "other.b"]);
    }
}

#[test]
fn relations_come_from_dbt_or_from_their_parts() {
    let cases = [
        ("postgres", json!({"relation_name": "\"d\".\"s\".\"T\""}), Some("d.s.T")),
        ("bigquery", json!({"relation_name": "`p-1`.`d`.`t`"}), Some("p-1.d.t")),
        ("snowflake", json!({"relation_name": "d.s.t"}), Some("D.S.T")),
        ("spark", json!({"relation_name": "s.t"}), Some("s.t")),
        (
            "duckdb",
            json!({"relation_name": "read_parquet('x/*.parquet')", "schema": "main", "name": "t"}),
            Some("main.t"),
        ),
        ("postgres", json!({"database": "d", "schema": "s", "name": "t", "identifier": "T2"}), Some("d.s.T2")),
        ("postgres", json!({"relation_name": "\"d\".\"s\".\"t\"", "config": {"materialized": "ephemeral"}}), None),
    ];
    for (adapter, mut node, expected) in cases {
        node["resource_type"] = "model".into();
        let p = manifest(adapter, &json!({"nodes": {"model.shop.t": node}}));
        assert_eq!(
            p.nodes["model.shop.t"].relation.as_ref().map(ToString::to_string).as_deref(),
            expected,
            "{adapter}"
        );
    }
}

#[test]
fn catalogs_without_metadata_are_version_0() {
    let text = r#"{"generated_at": "2019-05-01T10:00:00", "nodes": {"model.a.b": {"metadata": {"name": "B", "schema": "S", "type": "BASE TABLE"},
        "columns": {"Y": {"type": "TEXT", "index": 2, "name": "Y"}, "X": {"type": "NUMBER", "index": 1, "name": "X"}},
        "stats": {"row_count": {"value": 12.0}}}}}"#;
    let c = parse_catalog(text.as_bytes(), &Limits::default()).unwrap();
    let t = &c.nodes["model.a.b"];
    assert_eq!((c.schema_version.as_str(), t.relation().to_string().as_str(), t.row_count), ("v0", "S.B", Some(12)));
    assert_eq!(t.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>(), ["X", "Y"]);
    assert_eq!(c.generated_at.unwrap().to_string(), "2019-05-01T10:00:00Z");
}
