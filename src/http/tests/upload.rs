//! dbt artifacts over HTTP: plain, gzipped, or both in one body; the check answers as the command line does.

use super::support::World;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write as _;
use tessera_model::Fingerprint;
use tessera_ports::{Batch, Write};

/// Two models; `rpt` reads `status` of `stg` in a filter.
fn manifest(invocation: &str, stg_sql: &str) -> Value {
    let node = |name: &str, sql: &str, on: &[&str]| {
        json!({
            "unique_id": format!("model.shop.{name}"), "resource_type": "model", "name": name, "package_name": "shop",
            "path": format!("{name}.sql"), "original_file_path": format!("models/{name}.sql"), "database": "db",
            "schema": "analytics", "alias": name, "relation_name": format!("\"db\".\"analytics\".\"{name}\""),
            "checksum": { "name": "sha256", "checksum": format!("{invocation}-{name}") }, "fqn": ["shop", name], "language": "sql",
            "raw_code": sql, "compiled_code": sql, "compiled": true, "columns": {}, "config": { "materialized": "table" }, "meta": {}, "tags": [],
            "depends_on": { "macros": [], "nodes": on }, "refs": [], "sources": [],
        })
    };
    let rpt = "select id from \"db\".\"analytics\".\"stg\" where status = 'paid'";
    json!({
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json", "dbt_version": "1.10.0",
            "generated_at": "2026-01-01T00:00:00Z", "invocation_id": invocation, "project_name": "shop", "adapter_type": "postgres",
        },
        "nodes": { "model.shop.stg": node("stg", stg_sql, &[]), "model.shop.rpt": node("rpt", rpt, &["model.shop.stg"]) },
        "sources": {}, "macros": {}, "exposures": {}, "groups": {}, "metrics": {}, "disabled": {}, "docs": {},
        "parent_map": { "model.shop.stg": [], "model.shop.rpt": ["model.shop.stg"] },
        "child_map": { "model.shop.stg": ["model.shop.rpt"], "model.shop.rpt": [] },
    })
}

const BEFORE: &str = "select 1 as id, 'x' as status";
const AFTER: &str = "select 1 as id, 'x' as order_state";

async fn send(world: &World, path: &str, body: Vec<u8>) -> super::support::Reply {
    world.send(Request::builder().method("POST").uri(path).body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn manifests_come_plain_gzipped_or_together() {
    let world = World::open().await;
    let first = manifest("0198c0de-0000-7000-8000-000000000001", BEFORE).to_string().into_bytes();
    let reply = send(&world, "/api/v1/dbt/upload", first.clone()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert_eq!(
        (&reply.json["project"], &reply.json["models"], &reply.json["outcome"]),
        (&json!("shop"), &json!(2), &json!("accepted"))
    );

    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&first).unwrap();
    let again = send(&world, "/api/v1/dbt/upload", gzip.finish().unwrap()).await;
    assert_eq!((again.status, &again.json["outcome"]), (StatusCode::OK, &json!("unchanged")), "{}", again.text);

    let both = json!({ "manifest": manifest("0198c0de-0000-7000-8000-000000000001", BEFORE), "catalog": null });
    let reply =
        send(&world, "/api/v1/dbt/upload?project=shop&environment=production", both.to_string().into_bytes()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    assert_eq!(world.get("/api/v1/assets?project=shop").await["total"], 2);

    for bad in [b"{\"nodes\": 1".to_vec(), b"<html>".to_vec(), vec![0x1f, 0x8b, 0, 0], b"[]".to_vec()] {
        let reply = send(&world, "/api/v1/dbt/upload", bad.clone()).await;
        assert!(reply.status.is_client_error(), "{:?}: {} {}", bad, reply.status, reply.text);
        assert!(reply.json["error"]["code"].is_string(), "{}", reply.text);
    }
}

#[tokio::test]
async fn a_check_names_the_reader_in_the_filter_and_stores_nothing() {
    let world = World::open().await;
    let first = manifest("0198c0de-0000-7000-8000-000000000001", BEFORE).to_string().into_bytes();
    assert_eq!(send(&world, "/api/v1/dbt/upload", first).await.status, StatusCode::OK);
    let second = manifest("0198c0de-0000-7000-8000-000000000002", AFTER).to_string().into_bytes();
    let reply = send(&world, "/api/v1/dbt/check", second.clone()).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let report = &reply.json;
    assert_eq!(report["schema_version"], 1, "{report}");
    let removed = report["changes"].as_array().unwrap().iter().find(|c| c["column"] == "status");
    let removed = removed.unwrap_or_else(|| panic!("no change of `status`: {report}"));
    assert_eq!(removed["breaking"], true);
    let reader = &removed["readers"][0];
    assert_eq!((&reader["name"], &reader["effect"]), (&json!("model.shop.rpt"), &json!("breaks")), "{report}");
    assert!(reader["use"].as_array().unwrap().contains(&json!("filter")), "{report}");
    assert_eq!(world.get("/api/v1/proposals").await["total"], 0);

    let proposed = send(&world, "/api/v1/dbt/propose", second).await;
    assert_eq!(proposed.status, StatusCode::OK, "{}", proposed.text);
    assert_eq!(proposed.json["report"]["verdict"], report["verdict"]);

    let lineage = world.get("/api/v1/assets/db.analytics.stg/lineage").await;
    assert!(
        lineage["downstream"].as_array().unwrap().iter().any(|e| e["from_column"] == "status" && e["kind"] == "filter"),
        "{lineage}"
    );
    let uses = world.get("/api/v1/who-uses?name=stg.status").await;
    assert_eq!(uses["readers"][0]["name"], "model.shop.rpt", "{uses}");
    let unknown = world.call(Method::POST, "/api/v1/dbt/check", Some(json!({ "manifest": 1 }))).await;
    assert!(unknown.status.is_client_error(), "{}", unknown.text);
}

/// An earlier process died twice over this very text: the daemon stands, and says what it does not know.
#[tokio::test]
async fn a_text_that_ended_the_process_is_set_aside_until_it_changes() {
    let world = World::open().await;
    let version = env!("CARGO_PKG_VERSION");
    let print = Fingerprint::of_bytes(format!("{version}\npostgres\n{BEFORE}").as_bytes()).0;
    let book = json!({"running": [print], "strikes": {print.clone(): 1}}).to_string();
    let put = |name: &str, value: String| Write::PutSetting { name: name.into(), value: Some(value) };
    let writes = vec![put("analysis.book", book), put("analysis.now", json!([print]).to_string())];
    world.engine.store().commit(Batch { writes, ..Batch::default() }).await.unwrap();

    let first = manifest("0198c0de-0000-7000-8000-000000000001", BEFORE).to_string().into_bytes();
    let reply = send(&world, "/api/v1/dbt/upload", first).await;
    assert_eq!(reply.status, StatusCode::OK, "{}", reply.text);
    let unknown = &reply.json["coverage"]["unknown"];
    assert_eq!(unknown, &json!([{"model": "model.shop.stg", "cause": "quarantined"}]), "{}", reply.text);
    assert_eq!(world.engine.texts_set_aside().await, Ok(1));

    let second = manifest("0198c0de-0000-7000-8000-000000000002", "select 2 as id, 'x' as status");
    let reply = send(&world, "/api/v1/dbt/upload", second.to_string().into_bytes()).await;
    assert_eq!(reply.json["coverage"]["unknown"], json!([]), "{}", reply.text);
    assert_eq!(world.engine.release_texts().await, Ok(1));
}
