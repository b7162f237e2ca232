//! SDK mode: the shapes that differ. (The whole SDK walks over a real server in tests/sdk.)

use super::support::{World, table};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

#[tokio::test]
async fn lists_are_bare_arrays_by_prefix_or_header() {
    let world = World::open().await;
    let team = world.team("core").await;
    world.asset("shop.core.orders", &team, table(&["id bigint"])).await;
    for path in [
        "teams",
        "assets",
        "assets/search?q=orders",
        "contracts",
        "proposals",
        "assets/orders/contracts",
        "assets/orders/dependencies",
        "registrations",
    ] {
        let by_prefix = world.get(&format!("/sdk/api/v1/{path}")).await;
        assert!(by_prefix.is_array(), "{path}: {by_prefix}");
        assert!(world.get(&format!("/api/v1/{path}")).await["results"].is_array(), "{path}");
    }
    let request =
        Request::builder().uri("/sdk/api/v1/teams").header("X-Tessera-Compat", "sdk").body(Body::empty()).unwrap();
    assert!(world.send(request).await.json.is_array());
    assert_eq!(world.get("/sdk/health").await["status"], "healthy");
    assert_eq!(world.get("/sdk/health/ready").await["status"], "ready");
}

#[tokio::test]
async fn what_we_do_not_know_is_the_nil_uuid() {
    let world = World::open().await;
    world.post("/api/v1/assets", json!({ "fqn": "shop.core.orphan" })).await;
    assert_eq!(world.get("/api/v1/assets/orphan").await["owner_team_id"], Value::Null);
    assert_eq!(world.get("/sdk/api/v1/assets/orphan").await["owner_team_id"], Uuid::nil().to_string());
}

#[tokio::test]
async fn modes_schemas_and_guarantees_fit_the_sdks_models() {
    let world = World::open().await;
    world.post("/api/v1/assets", json!({ "fqn": "a.b", "compatibility_mode": "full_transitive" })).await;
    let guarantees = json!({
        "accepted_values": { "state": [1, true, "x"], "one": 2 },
        "nullability": { "id": "never", "n": 0 },
        "freshness": "daily",
        "custom": [{ "type": "unique" }],
    });
    let schema = json!({ "type": "object", "properties": { "state": {} } });
    let body = json!({ "schema": schema, "guarantees": guarantees, "compatibility_mode": "full_transitive" });
    world.post("/api/v1/assets/a.b/publish", body).await;
    let native = world.get("/api/v1/assets/a.b/contracts").await["results"][0].clone();
    assert_eq!((&native["compatibility_mode"], &native["guarantees"]), (&json!("full_transitive"), &guarantees));
    let sdk = world.get("/sdk/api/v1/assets/a.b/contracts").await[0].clone();
    assert_eq!(sdk["compatibility_mode"], "full");
    assert_eq!(sdk["guarantees"]["accepted_values"], json!({ "state": ["1", "true", "x"], "one": ["2"] }));
    assert_eq!(sdk["guarantees"]["nullability"], json!({ "id": "never", "n": "0" }));
    assert_eq!(
        (&sdk["guarantees"]["freshness"], &sdk["guarantees"]["other"]["freshness"]),
        (&Value::Null, &json!("daily"))
    );
    assert_eq!(sdk["published_by"], Uuid::nil().to_string());
}

#[tokio::test]
async fn statuses_are_words_that_the_sdk_knows() {
    let world = World::open().await;
    let (core, growth) = (world.team("core").await, world.team("growth").await);
    world.asset("shop.core.orders", &core, table(&["id bigint", "status text"])).await;
    world.post("/api/v1/registrations", json!({ "asset": "orders", "team": growth })).await;
    let opened = world.post("/sdk/api/v1/assets/orders/contracts", json!({ "schema": table(&["id bigint"]), "version": "2.0.0", "compatibility_mode": "backward", "guarantees": null })).await;
    let id = opened["proposal"]["id"].as_str().unwrap().to_owned();
    let answer = json!({ "consumer_team_id": growth, "response": "migrating", "notes": null });
    let answer = world.post(&format!("/sdk/api/v1/proposals/{id}/acknowledge"), answer).await;
    assert!(answer["migration_deadline"].is_string(), "the SDK cannot send a date: thirty days are meant");
    let listed = |status: &'static str| {
        let world = &world;
        async move { world.get(&format!("/sdk/api/v1/proposals?status={status}")).await.as_array().unwrap().len() }
    };
    assert_eq!((listed("approved").await, listed("pending").await), (1, 0));
    let published = world.post(&format!("/sdk/api/v1/proposals/{id}/publish"), Value::Null).await;
    assert_eq!(published["version"], "2.0.0");
    let proposal = world.get(&format!("/sdk/api/v1/proposals/{id}")).await;
    assert_eq!((&proposal["status"], &proposal["status_detail"]), (&json!("approved"), &json!("published")));
    assert_eq!(listed("approved").await, 1, "published counts as approved");
    assert_eq!(world.get(&format!("/api/v1/proposals/{id}")).await["status"], "published");
}

#[tokio::test]
async fn forcing_without_a_reason_is_the_sdks_alone() {
    let world = World::open().await;
    let (core, growth) = (world.team("core").await, world.team("growth").await);
    world.asset("shop.core.orders", &core, table(&["id bigint", "status text"])).await;
    world.post("/api/v1/registrations", json!({ "asset": "orders", "team": growth })).await;
    let opened = world.post("/api/v1/assets/orders/publish", json!({ "schema": table(&["id bigint"]) })).await;
    let id = opened["proposal"]["id"].as_str().unwrap().to_owned();
    let native = world.call(Method::POST, &format!("/api/v1/proposals/{id}/force"), None).await;
    assert_eq!(native.status, StatusCode::UNPROCESSABLE_ENTITY);
    let forced = world.post(&format!("/sdk/api/v1/proposals/{id}/force"), Value::Null).await;
    assert!(forced["override"]["reason"].as_str().unwrap().contains("without a stated reason"));
}
