//! Wrong requests: each answered in the envelope, with what is wrong and where.

use super::support::{Reply, World};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

fn envelope(reply: &Reply) -> (u16, String, String) {
    let error = &reply.json["error"];
    let text = |key: &str| error[key].as_str().unwrap_or_else(|| panic!("no {key}: {}", reply.text)).to_owned();
    assert_eq!(reply.json["detail"], error["message"]);
    assert_eq!(reply.headers["x-request-id"], text("request_id").as_str());
    assert_eq!(reply.headers["content-type"], "application/json");
    (reply.status.as_u16(), text("code"), text("message"))
}

#[tokio::test]
async fn wrong_requests_are_told_what_and_where() {
    let world = World::open().await;
    let team = world.team("core").await;
    let missing = "0198c0de-0000-7000-8000-000000000000";
    // method, path, body, status, code, part of the message
    let cases: Vec<(&str, String, &str, u16, &str, &str)> = vec![
        ("POST", "/api/v1/teams".into(), "{", 422, "VALIDATION_ERROR", "body: EOF while parsing"),
        ("POST", "/api/v1/teams".into(), "", 422, "VALIDATION_ERROR", "a JSON body is required"),
        (
            "POST",
            "/api/v1/teams".into(),
            r#"{"name": 5}"#,
            422,
            "VALIDATION_ERROR",
            "body.name: invalid type: integer `5`",
        ),
        ("POST", "/api/v1/teams".into(), r#"{"name": "a"} x"#, 422, "VALIDATION_ERROR", "trailing characters"),
        ("POST", "/api/v1/teams".into(), r#"{"nmae": "a"}"#, 422, "VALIDATION_ERROR", "unknown field `nmae`"),
        ("POST", "/api/v1/teams".into(), r#"{}"#, 422, "VALIDATION_ERROR", "missing field `name`"),
        ("POST", "/api/v1/teams".into(), r#"{"name": "-"}"#, 400, "INVALID_INPUT", "no team name"),
        ("POST", "/api/v1/teams".into(), r#"{"name": "Core"}"#, 409, "DUPLICATE_TEAM", "exists"),
        ("POST", "/api/v1/teams".into(), "\u{0}", 422, "VALIDATION_ERROR", "body"),
        ("GET", "/api/v1/teams?limit=0".into(), "", 422, "VALIDATION_ERROR", "query.limit: 0 is not between 1 and 100"),
        ("GET", "/api/v1/teams?limit=101".into(), "", 422, "VALIDATION_ERROR", "query.limit"),
        ("GET", "/api/v1/teams?limit=x".into(), "", 422, "VALIDATION_ERROR", "query.limit: invalid digit"),
        ("GET", "/api/v1/teams?limit=-1".into(), "", 422, "VALIDATION_ERROR", "query.limit"),
        ("GET", "/api/v1/teams?page=2".into(), "", 422, "VALIDATION_ERROR", "unknown field `page`"),
        (
            "GET",
            "/api/v1/proposals?status=open".into(),
            "",
            422,
            "VALIDATION_ERROR",
            "query.status: unknown variant `open`",
        ),
        ("GET", "/api/v1/teams/nobody".into(), "", 404, "TEAM_NOT_FOUND", "nobody"),
        ("GET", format!("/api/v1/teams/{missing}"), "", 404, "TEAM_NOT_FOUND", missing),
        ("GET", "/api/v1/teams/%FF".into(), "", 400, "BAD_REQUEST", "UTF-8"),
        ("GET", format!("/api/v1/assets/{missing}"), "", 404, "ASSET_NOT_FOUND", missing),
        ("GET", "/api/v1/contracts/7".into(), "", 422, "VALIDATION_ERROR", "path.id: `7` is not a UUID"),
        ("GET", format!("/api/v1/proposals/{missing}"), "", 404, "PROPOSAL_NOT_FOUND", missing),
        ("POST", format!("/api/v1/proposals/{missing}/force"), "", 422, "VALIDATION_ERROR", "body.reason"),
        (
            "POST",
            "/api/v1/assets".into(),
            r#"{"fqn": "a.b", "compatibility_mode": "sideways"}"#,
            422,
            "VALIDATION_ERROR",
            "sideways",
        ),
        (
            "POST",
            "/api/v1/assets".into(),
            r#"{"fqn": "a.b", "metadata": []}"#,
            422,
            "VALIDATION_ERROR",
            "body.metadata",
        ),
        ("POST", "/api/v1/assets".into(), r#"{"fqn": "a"}"#, 400, "INVALID_INPUT", "two parts"),
        ("POST", "/api/v1/contracts/compare".into(), r#"{"old_schema": {}}"#, 422, "VALIDATION_ERROR", "new_schema"),
        (
            "POST",
            "/api/v1/registrations".into(),
            r#"{"consumer_team_id": "TEAM"}"#,
            422,
            "VALIDATION_ERROR",
            "body.asset",
        ),
        ("GET", "/api/v1/inbox".into(), "", 422, "VALIDATION_ERROR", "query.team"),
        ("POST", "/api/v1/dbt/upload".into(), "", 422, "VALIDATION_ERROR", "manifest.json"),
        ("GET", "/api/v2/teams".into(), "", 404, "NOT_FOUND", "/docs"),
        ("GET", "/nothing".into(), "", 404, "NOT_FOUND", "/nothing"),
        ("PUT", "/api/v1/teams".into(), "", 405, "METHOD_NOT_ALLOWED", "PUT"),
        ("DELETE", "/sdk/api/v1/teams".into(), "", 405, "METHOD_NOT_ALLOWED", "DELETE"),
    ];
    for (method, path, body, status, code, part) in cases {
        let body = body.replace("TEAM", &team);
        let request = Request::builder().method(method).uri(&path).body(Body::from(body.clone())).unwrap();
        let reply = world.send(request).await;
        let (got, got_code, message) = envelope(&reply);
        assert_eq!((got, got_code.as_str()), (status, code), "{method} {path} {body}: {message}");
        assert!(message.contains(part), "{method} {path} {body}: {message}");
    }
}

#[tokio::test]
async fn deep_and_large_bodies_are_refused() {
    let world = World::open().await;
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    let request = Request::builder().method("POST").uri("/api/v1/contracts/compare").body(Body::from(deep)).unwrap();
    let (status, code, message) = envelope(&world.send(request).await);
    assert_eq!((status, code.as_str()), (422, "VALIDATION_ERROR"), "{message}");
    let large = Body::from(vec![b' '; (1 << 20) + 1]);
    let request = Request::builder().method("POST").uri("/api/v1/teams").body(large).unwrap();
    let (status, code, message) = envelope(&world.send(request).await);
    assert_eq!((status, code.as_str()), (413, "BODY_TOO_LARGE"));
    assert!(message.contains("max_body"), "{message}");
}

#[tokio::test]
async fn the_places_are_machine_readable() {
    let world = World::open().await;
    let body = json!({ "asset": "a.b", "columns": ["x", 7] });
    let reply = world.call(Method::POST, "/api/v1/registrations", Some(body)).await;
    assert_eq!(reply.json["error"]["details"][0]["loc"], json!(["body", "columns", "1"]));
}

#[tokio::test]
async fn request_ids_are_echoed_when_harmless() {
    let world = World::open().await;
    for (given, kept) in [("abc-123", true), ("with space", false), (&"x".repeat(200), false)] {
        let request = Request::builder().uri("/health").header("X-Request-ID", given).body(Body::empty()).unwrap();
        let reply = world.send(request).await;
        assert_eq!(reply.headers["x-request-id"] == given, kept, "{given}");
        assert!(!reply.headers["x-request-id"].is_empty());
    }
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let world = World::open().await;
    for path in ["/", "/docs", "/health", "/metrics", "/api/v1/teams", "/api/v1/openapi.json", "/nothing", "/style.css"]
    {
        let reply = world.call(Method::GET, path, None).await;
        assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(reply.headers["x-frame-options"], "DENY", "{path}");
        assert!(reply.headers["content-security-policy"].to_str().unwrap().contains("default-src 'none'"), "{path}");
    }
}

#[tokio::test]
async fn a_panic_is_an_answer_too() {
    async fn broken() {
        panic!("a defect with a secret in its text")
    }
    let world = World::open().await;
    let options = crate::HttpOptions { auth: false, max_body: 100, version: "t" };
    let app = crate::app::App::new(world.engine.clone(), options);
    let router = crate::app::layered(axum::Router::new().route("/api/v1/teams", axum::routing::get(broken)), &app)
        .with_state(app);
    let broken = World { engine: world.engine.clone(), router };
    let reply = broken.call(Method::GET, "/api/v1/teams", None).await;
    let (status, code, message) = envelope(&reply);
    assert_eq!((status, code.as_str()), (500, "INTERNAL_ERROR"));
    assert!(!message.contains("secret"), "{message}");
}

#[tokio::test]
async fn routes_without_a_policy_are_closed() {
    let world = World::open().await;
    let options = crate::HttpOptions { auth: false, max_body: 100, version: "t" };
    let app = crate::app::App::new(world.engine.clone(), options);
    let forgotten = axum::Router::new().route("/api/v1/forgotten", axum::routing::get(|| async { "open" }));
    let router = crate::app::layered(forgotten, &app).with_state(app);
    let reply = World { engine: world.engine.clone(), router }.call(Method::GET, "/api/v1/forgotten", None).await;
    assert_eq!(envelope(&reply).1, "NO_POLICY");
}

#[tokio::test]
async fn errors_for_people_are_pages() {
    let world = World::open().await;
    let ask = |path: &str| Request::builder().uri(path).header("Accept", "text/html,*/*").body(Body::empty()).unwrap();
    let reply = world.send(ask("/proposals/7")).await;
    assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(reply.text.starts_with("<!DOCTYPE html>") && reply.text.contains("not a UUID"), "{}", reply.text);
    let api = world.send(ask("/api/v1/contracts/7")).await;
    assert!(matches!(api.json, Value::Object(_)), "{}", api.text);
}
