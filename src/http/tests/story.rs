//! The way of a change through the API: publish, register, impact, propose, acknowledge, publish, and everything around it.

use super::support::{World, by_name, table};
use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

struct Shop {
    world: World,
    producer: String,
    finance: String,
    growth: String,
    orders: String,
}

/// `shop.core.orders` with three columns; finance reads one of them, growth another.
async fn shop() -> Shop {
    let world = World::open().await;
    let (producer, finance, growth) =
        (world.team("core").await, world.team("finance").await, world.team("growth").await);
    let orders =
        world.asset("shop.core.orders", &producer, table(&["id bigint", "status text", "amount integer"])).await;
    for (team, column) in [(&finance, "amount"), (&growth, "status")] {
        let body = json!({ "asset": "orders", "consumer_team_id": team, "columns": [column], "purpose": "reports" });
        let made = world.post("/api/v1/registrations", body).await;
        assert_eq!(made["asset_id"], orders.as_str());
    }
    Shop { world, producer, finance, growth, orders }
}

async fn open_proposal(shop: &Shop) -> String {
    let schema = table(&["id bigint", "amount integer"]);
    let body = json!({ "schema": schema, "version": "2.0.0" });
    let reply = shop.world.call(Method::POST, &format!("/api/v1/assets/{}/publish", shop.orders), Some(body)).await;
    assert_eq!(reply.status, StatusCode::CREATED, "{}", reply.text);
    assert_eq!(reply.json["action"], "proposal.created", "{}", reply.text);
    assert_eq!(reply.json["contract"], Value::Null);
    reply.json["proposal"]["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn impact_names_who_reads_the_changed_column_and_nobody_else() {
    let shop = shop().await;
    let path = format!("/api/v1/assets/{}/impact", shop.orders);
    let bare = shop.world.post(&path, table(&["id bigint", "amount integer"])).await;
    assert_eq!(bare["safe_to_publish"], false);
    assert_eq!(bare["teams"], json!(["growth"]));
    assert_eq!(bare["breaking_changes"][0]["rule"], "column-removed");
    assert_eq!(bare["breaking_changes"][0]["type"], "column_removed");
    assert_eq!(bare["breaking_changes"][0]["column"], "status");
    assert_eq!(bare["impacted_consumers"][0]["team_id"], shop.growth.as_str());
    assert_eq!(bare["requires_acknowledgment"], true);
    let wrapped = shop.world.post(&path, json!({ "proposed_schema": table(&["id bigint", "amount integer"]) })).await;
    assert_eq!(wrapped, bare);
    let same = shop.world.post(&path, table(&["id bigint", "status text", "amount integer"])).await;
    assert_eq!((&same["safe_to_publish"], &same["changes"]), (&json!(true), &json!([])));
}

#[tokio::test]
async fn a_breaking_change_waits_for_those_who_read_it() {
    let shop = shop().await;
    let world = &shop.world;
    let id = open_proposal(&shop).await;
    let path = format!("/api/v1/proposals/{id}");

    let proposal = world.get(&path).await;
    assert_eq!(proposal["status"], "pending");
    assert_eq!(proposal["proposed_by"], shop.producer.as_str());
    assert_eq!(proposal["affected_teams"][0]["team_name"], "growth");
    assert_eq!(proposal["affected_teams"].as_array().unwrap().len(), 1);
    assert_eq!((&proposal["missing_teams"], &proposal["objections"]), (&json!(["growth"]), &json!([])));

    let inbox = world.get("/api/v1/inbox?team=growth").await;
    assert_eq!(inbox["to_acknowledge"][0]["id"], id.as_str());
    let inbox = world.get(&format!("/api/v1/inbox?team={}", shop.finance)).await;
    assert_eq!(inbox["to_acknowledge"], json!([]));
    let inbox = world.get("/api/v1/inbox?team=core").await;
    assert_eq!(inbox["waiting_for_others"][0]["id"], id.as_str());
    for (filter, n) in [
        ("pending_ack_for=growth", 1),
        ("pending_ack_for=finance", 0),
        ("status=pending", 1),
        ("status=approved", 0),
        ("team=growth", 1),
        ("proposed_by=core", 1),
        ("asset=orders", 1),
    ] {
        assert_eq!(world.get(&format!("/api/v1/proposals?{filter}")).await["total"], n, "{filter}");
    }

    let early = world.call(Method::POST, &format!("{path}/publish"), None).await;
    assert_eq!(early.status, StatusCode::BAD_REQUEST, "{}", early.text);
    let stranger = json!({ "consumer_team_id": shop.finance, "response": "approved" });
    let reply = world.call(Method::POST, &format!("{path}/acknowledge"), Some(stranger)).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.text);
    let undated = json!({ "team": "growth", "response": "migrating" });
    let reply = world.call(Method::POST, &format!("{path}/acknowledge"), Some(undated)).await;
    assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{}", reply.text);

    let until = "2099-01-31T00:00:00Z";
    let answer =
        json!({ "team": "growth", "response": "migrating", "migration_deadline": until, "notes": "two sprints" });
    let answer = world.post(&format!("{path}/acknowledge"), answer).await;
    assert_eq!(answer["proposal_status"], "approved");
    assert_eq!(answer["migration_deadline"], until);
    assert_eq!(answer["waiting_for"], json!([]));
    assert_eq!(answer["acknowledged_at"], answer["responded_at"]);

    let state = world.get(&format!("{path}/status")).await;
    assert_eq!((&state["required_acknowledgments"], &state["received_acknowledgments"]), (&json!(1), &json!(1)));
    assert_eq!(state["can_publish"], true);
    assert_eq!(world.get("/api/v1/inbox?team=core").await["to_publish"][0]["id"], id.as_str());

    let published = world.post(&format!("{path}/publish"), Value::Null).await;
    assert_eq!((&published["version"], &published["status"]), (&json!("2.0.0"), &json!("active")));
    assert_eq!(published["contract"]["id"], published["id"]);
    assert_eq!(published["proposal"]["status"], "published");

    let history = world.get("/api/v1/assets/orders/contracts/history").await;
    assert_eq!(history["contracts"][0]["breaking_changes"], 1);
    assert_eq!(history["contracts"][1]["change_type"], Value::Null);
    let diff = world.get("/api/v1/assets/orders/contracts/diff?from_version=1.0.0&to_version=2.0.0").await;
    assert_eq!((&diff["change_type"], &diff["is_compatible"]), (&json!("major"), &json!(false)));
    // The consumer is still a consumer of the new version: the defect that the original is known for.
    let registrations =
        world.get(&format!("/api/v1/contracts/{}/registrations", published["id"].as_str().unwrap())).await;
    assert_eq!(registrations["total"], 2);

    let audit = world.get(&format!("/api/v1/audit?entity=proposal&entity_id={id}")).await;
    let actions: Vec<&str> =
        audit["results"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap()).collect();
    assert!(actions.first().is_some_and(|a| a.starts_with("proposal.")) && actions.len() >= 3, "{actions:?}");
    let next = audit["results"][0]["seq"].as_u64().unwrap();
    let rest = world.get(&format!("/api/v1/audit?entity=proposal&entity_id={id}&after={next}")).await;
    assert_eq!(rest["total"].as_u64().unwrap() + 1, audit["total"].as_u64().unwrap());
}

#[tokio::test]
async fn one_veto_rejects_and_force_needs_a_reason() {
    let shop = shop().await;
    let world = &shop.world;
    let id = open_proposal(&shop).await;
    let blocked = json!({ "consumer_team_id": shop.growth, "response": "blocked", "notes": "the campaign needs it" });
    let answer = world.post(&format!("/api/v1/proposals/{id}/acknowledge"), blocked).await;
    assert_eq!(answer["proposal_status"], "rejected");
    let again = world.call(Method::POST, &format!("/api/v1/proposals/{id}/withdraw"), None).await;
    assert_eq!((again.status, &again.json["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("PROPOSAL_NOT_PENDING")));

    let id = open_proposal(&shop).await;
    let bare = world.call(Method::POST, &format!("/api/v1/proposals/{id}/force"), None).await;
    assert_eq!(bare.status, StatusCode::UNPROCESSABLE_ENTITY);
    let forced = world
        .post(&format!("/api/v1/proposals/{id}/force"), json!({ "reason": "the column leaks personal data" }))
        .await;
    assert_eq!((&forced["status"], &forced["override"]["kind"]), (&json!("approved"), &json!("force")));
}

#[tokio::test]
async fn objections_are_on_record_and_block_nothing() {
    let shop = shop().await;
    let world = &shop.world;
    let id = open_proposal(&shop).await;
    let path = |team: &str| format!("/api/v1/proposals/{id}/object?objector_team_id={team}");
    let object = json!({ "reason": "we just built on it" });
    let reply = world.call(Method::POST, &path(&shop.finance), Some(object.clone())).await;
    assert_eq!((reply.status, &reply.json["error"]["code"]), (StatusCode::FORBIDDEN, &json!("NOT_AFFECTED_TEAM")));
    let made = world.post(&path(&shop.growth), object.clone()).await;
    assert_eq!((&made["total_objections"], &made["objection"]["team_name"]), (&json!(1), &json!("growth")));
    let again = world.call(Method::POST, &path(&shop.growth), Some(object)).await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let empty = world.call(Method::POST, &path(&shop.growth), Some(json!({ "reason": " " }))).await;
    assert_eq!(empty.status, StatusCode::UNPROCESSABLE_ENTITY);
    let proposal = world.get(&format!("/api/v1/proposals/{id}")).await;
    assert_eq!((&proposal["status"], &proposal["has_objections"]), (&json!("pending"), &json!(true)));
    assert_eq!(proposal["objections"][0]["reason"], "we just built on it");
    let withdrawn = world.post(&format!("/api/v1/proposals/{id}/withdraw"), json!({ "reason": "agreed" })).await;
    assert_eq!(withdrawn["status"], "withdrawn");
}

#[tokio::test]
async fn publishing_says_what_it_did() {
    let shop = shop().await;
    let world = &shop.world;
    let publish = format!("/api/v1/assets/{}/publish", shop.orders);
    let same = table(&["id bigint", "status text", "amount integer"]);
    let more = table(&["id bigint", "status text", "amount integer", "note text"]);
    let fewer = table(&["id bigint"]);
    let cases = [
        ("", json!({ "schema": same }), 200, "unchanged"),
        ("?dry_run=true", json!({ "schema": fewer }), 200, "proposal.created"),
        ("?dry_run=true", json!({ "schema": more }), 200, "published"),
        ("", json!({ "schema": more, "compatibility_mode": "none" }), 201, "published"),
        ("", json!({ "schema": fewer, "compatibility_mode": "none" }), 201, "proposal.created"),
    ];
    for (query, body, status, action) in cases {
        let reply = world.call(Method::POST, &format!("{publish}{query}"), Some(body.clone())).await;
        assert_eq!(
            (reply.status.as_u16(), &reply.json["action"]),
            (status, &json!(action)),
            "{query} {body}: {}",
            reply.text
        );
        assert!(!reply.json["message"].as_str().unwrap().is_empty());
        if body.get("compatibility_mode").is_some() {
            assert!(reply.json["warnings"][0].as_str().unwrap().contains("backward"), "{}", reply.text);
        }
    }
    let contracts = world.get("/api/v1/assets/orders/contracts").await;
    assert_eq!(contracts["total"], 2);
    assert_eq!(world.get("/api/v1/contracts?status=deprecated").await["total"], 1);
    let active = world.get("/api/v1/contracts?asset=orders&status=active").await;
    assert_eq!(active["results"][0]["version"], "1.1.0");
    assert_eq!(active["results"][0]["schema"], active["results"][0]["schema_def"]);
    let bad = world.call(Method::POST, &publish, Some(json!({ "schema": { "type": "nonsense" } }))).await;
    assert_eq!(
        (bad.status, &bad.json["error"]["code"]),
        (StatusCode::BAD_REQUEST, &json!("INVALID_SCHEMA")),
        "{}",
        bad.text
    );
    let unreasoned = world.call(Method::POST, &format!("{publish}?force=true"), Some(json!({ "schema": fewer }))).await;
    assert_eq!(unreasoned.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_transitive_mode_looks_at_every_version_since_the_last_break() {
    let shop = shop().await;
    let world = &shop.world;
    let record = |fields: Value| json!({ "type": "record", "name": "R", "fields": fields });
    let a = json!({ "name": "a", "type": "int" });
    let versions = [
        record(json!([a])),
        record(json!([a, { "name": "b", "type": "int", "default": 0 }])),
        record(json!([a, { "name": "b", "type": "int" }])),
    ];
    for (name, mode, last) in [
        ("kafka.forward", "confluent:BACKWARD", "1.2.0"),
        ("kafka.transitive", "confluent:BACKWARD_TRANSITIVE", "2.0.0"),
    ] {
        world.post("/api/v1/assets", json!({ "fqn": name, "owner": "growth", "compatibility_mode": mode })).await;
        let mut said = Value::Null;
        for schema in &versions {
            let body = json!({ "schema": schema, "schema_format": "avro" });
            said = world.post(&format!("/api/v1/assets/{name}/publish"), body).await;
        }
        assert_eq!(said["contract"]["version"], last, "{name}: {said}");
        let told = said.to_string().contains("against version 1.0.0, which is retained");
        assert_eq!(told, last == "2.0.0", "{said}");
    }
}

#[tokio::test]
async fn compare_takes_schemas_or_contracts() {
    let shop = shop().await;
    let world = &shop.world;
    let old = json!({ "type": "object", "properties": { "a": { "type": "integer" } } });
    let new = json!({ "type": "object", "properties": {} });
    let body = json!({ "old_schema": old, "new_schema": new, "compatibility_mode": "backward" });
    let compared = world.post("/api/v1/contracts/compare", body).await;
    assert_eq!((&compared["compatible"], &compared["change_type"]), (&json!(false), &json!("major")));
    let body = json!({ "old_schema": old, "new_schema": new, "compatibility_mode": "none" });
    assert_eq!(world.post("/api/v1/contracts/compare", body).await["compatible"], true);
    let more = table(&["id bigint", "status text", "amount integer", "note text"]);
    world.post("/api/v1/assets/orders/publish", json!({ "schema": more })).await;
    let contracts = world.get("/api/v1/assets/orders/contracts").await;
    let id = |at: usize| contracts["results"][at]["id"].clone();
    let body = json!({ "contract_id_1": id(1), "contract_id_2": id(0) });
    let compared = world.post("/api/v1/contracts/compare", body).await;
    assert_eq!((&compared["compatible"], compared["all_changes"].as_array().unwrap().len()), (&json!(true), 1));
}

#[tokio::test]
async fn teams_assets_and_registrations_are_kept() {
    let shop = shop().await;
    let world = &shop.world;
    let body = json!({ "slack_channel": "#growth", "metadata": { "cost_center": 7 } });
    let team = world.call(Method::PATCH, "/api/v1/teams/growth", Some(body)).await.json;
    assert_eq!((&team["slack_channel"], &team["metadata"]["cost_center"]), (&json!("#growth"), &json!(7)));
    assert_eq!(by_name(&world.get("/api/v1/teams?limit=2").await).keys().collect::<Vec<_>>(), ["core", "finance"]);
    assert_eq!(by_name(&world.get("/api/v1/teams?limit=2&offset=2").await).keys().collect::<Vec<_>>(), ["growth"]);

    let body = json!({ "fqn": "shop.core.refunds", "owner": "core", "tags": ["pii"], "description": "money back", "compatibility_mode": "full" });
    let asset = world.post("/api/v1/assets", body).await;
    assert_eq!((&asset["owner_team"], &asset["tags"]), (&json!("core"), &json!(["pii"])));
    assert!(asset["compatibility_sentence"].as_str().unwrap().starts_with("full:"));
    let patched = world.call(Method::PATCH, "/api/v1/assets/shop.core.refunds", Some(json!({ "tags": [] }))).await.json;
    assert_eq!((&patched["tags"], &patched["description"]), (&json!([]), &json!("money back")));
    for (query, n) in [
        ("owner_team_id=OWNER", 2),
        ("owner=growth", 0),
        ("search=REFU", 1),
        ("environment=production", 2),
        ("environment=staging", 0),
    ] {
        let query = query.replace("OWNER", &shop.producer);
        assert_eq!(world.get(&format!("/api/v1/assets?{query}")).await["total"], n, "{query}");
    }
    assert_eq!(world.get("/api/v1/assets/search?q=orders").await["results"][0]["fqn"], "shop.core.orders");
    let refused = world.call(Method::DELETE, "/api/v1/teams/core", None).await;
    assert_eq!((refused.status, &refused.json["error"]["code"]), (StatusCode::CONFLICT, &json!("TEAM_HAS_ASSETS")));
    assert_eq!(world.call(Method::DELETE, "/api/v1/assets/refunds", None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.call(Method::GET, "/api/v1/assets/refunds", None).await.status, StatusCode::NOT_FOUND);

    let all = world.get("/api/v1/registrations?asset=orders").await;
    assert_eq!(all["total"], 2);
    let id = world.get("/api/v1/registrations?team=growth").await["results"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/registrations/{id}");
    let patched = world.call(Method::PATCH, &path, Some(json!({ "status": "migrating" }))).await.json;
    assert_eq!((&patched["status"], &patched["columns"]), (&json!("migrating"), &json!(["status"])));
    assert_eq!(world.call(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.call(Method::GET, &path, None).await.json["error"]["code"], "REGISTRATION_NOT_FOUND");
    let unknown = json!({ "asset": "orders", "team": "growth", "columns": ["colour"] });
    let reply = world.call(Method::POST, "/api/v1/registrations", Some(unknown)).await;
    assert!(reply.status == StatusCode::BAD_REQUEST && reply.text.contains("colour"), "{}", reply.text);
}

#[tokio::test]
async fn dependencies_waivers_keys_and_the_rest() {
    let shop = shop().await;
    let world = &shop.world;
    let report = world.asset("shop.core.report", &shop.finance, table(&["total integer"])).await;
    let made = world
        .post(
            &format!("/api/v1/assets/{report}/dependencies"),
            json!({ "depends_on": "orders", "dependency_type": "transforms" }),
        )
        .await;
    assert_eq!((&made["source_asset_id"], &made["dependency_asset_id"]), (&json!(report), &json!(shop.orders)));
    let alias = json!({ "depends_on_asset_id": report });
    let looped = world.call(Method::POST, &format!("/api/v1/assets/{report}/dependencies"), Some(alias)).await;
    assert_eq!(looped.json["error"]["code"], "SELF_DEPENDENCY");
    let path = format!("/api/v1/assets/{report}/dependencies");
    assert_eq!(world.get(&path).await["total"], 1);
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    let elsewhere = one.replace(&path, &format!("/api/v1/assets/{}/dependencies", "shop.core.nothing"));
    assert_eq!(world.call(Method::DELETE, &elsewhere, None).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.call(Method::DELETE, &one, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.call(Method::DELETE, &one, None).await.json["error"]["code"], "DEPENDENCY_NOT_FOUND");

    let impact = world.post("/api/v1/assets/orders/impact", table(&["id bigint", "amount integer"])).await;
    let waiver = json!({ "asset": "orders", "column": "status", "change": impact["changes"][0]["fingerprint"], "reason": "nobody needs it any more", "expires_at": "2099-01-01T00:00:00Z" });
    let waiver = world.post("/api/v1/waivers", waiver).await;
    assert_eq!(world.get("/api/v1/waivers?asset=orders").await["total"], 1);
    let waived = world.post("/api/v1/assets/orders/impact", table(&["id bigint", "amount integer"])).await;
    assert_eq!(
        (&waived["changes"][0]["rule"], &waived["teams"]),
        (&json!("column-removed"), &json!([])),
        "the waiver covers it"
    );
    let path = format!("/api/v1/waivers/{}", waiver["id"].as_str().unwrap());
    assert_eq!(world.call(Method::DELETE, &path, None).await.status, StatusCode::NO_CONTENT);
    assert_eq!(world.call(Method::DELETE, &path, None).await.status, StatusCode::NOT_FOUND);

    let key =
        world.post("/api/v1/keys", json!({ "name": "ci", "scope": "write", "actor_kind": "ci", "team": "core" })).await;
    assert!(key["token"].as_str().unwrap().starts_with("tsr_"));
    let listed = world.get("/api/v1/keys").await;
    assert_eq!((&listed["results"][0]["team"], &listed["total"]), (&json!("core"), &json!(1)));
    assert!(!listed.to_string().contains(key["token"].as_str().unwrap()), "a list never shows a secret");
    assert!(!listed.to_string().contains("hash"));
    let revoked =
        world.call(Method::DELETE, &format!("/api/v1/keys/{}", key["key"]["id"].as_str().unwrap()), None).await;
    assert!(revoked.json["revoked_at"].is_string(), "{}", revoked.text);

    let uses = world.get("/api/v1/who-uses?name=orders.status").await;
    assert_eq!((&uses["status"], &uses["readers"][0]["team"]), (&json!("found"), &json!("growth")), "{uses}");
    // No SQL was analysed that could read it: that nobody does is not known.
    assert_eq!(world.get("/api/v1/who-uses?name=orders.id").await["status"], "not_covered");
    assert_eq!(world.get("/api/v1/who-uses?name=nothing.at_all").await["status"], "not_found");
    let lineage = world.get("/api/v1/assets/orders/lineage?depth=2&column=status").await;
    assert_eq!((&lineage["asset_id"], &lineage["depth"]), (&json!(shop.orders), &json!(2)));
    assert_eq!(world.call(Method::GET, "/api/v1/assets/orders/lineage?depth=0", None).await.status.as_u16(), 422);
    for path in ["/api/v1/drift", "/api/v1/scans", "/api/v1/warehouses", "/api/v1/outbox", "/api/v1/outbox?state=dead"]
    {
        assert!(world.get(path).await["results"].is_array(), "{path}");
    }
    let unknown = world.call(Method::POST, "/api/v1/warehouses/nothing/scan?full=true", None).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{}", unknown.text);
    assert_eq!(world.get("/health/ready").await["store"], "sqlite");
    let metrics = world.call(Method::GET, "/metrics", None).await;
    assert!(
        metrics.text.contains("/api/v1/assets/{asset}/impact") && metrics.text.trim_end().ends_with("# EOF"),
        "{}",
        metrics.text
    );
}
