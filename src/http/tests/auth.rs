//! Who may call what: every operation of the document × no key, read, write, admin; bad, revoked and foreign keys.

use super::support::{World, operations};
use crate::policy::TABLE;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tessera_engine::requests::NewTeam;
use tessera_model::actor::{Actor, Scope};
use tessera_model::ids::TeamId;

const NOBODY: &str = "0198c0de-0000-7000-8000-000000000000";

fn request(method: &Method, path: &str, key: Option<&str>) -> Request<Body> {
    let mut builder = Request::builder().method(method.clone()).uri(path);
    if let Some(key) = key {
        builder = builder.header(header::AUTHORIZATION, format!("Bearer {key}"));
    }
    builder.body(Body::empty()).unwrap()
}

/// A path that exists as a route, with ids of nothing.
fn filled(template: &str) -> String {
    let parts = template.split('/').map(|part| if part.starts_with('{') { NOBODY } else { part });
    parts.collect::<Vec<_>>().join("/")
}

async fn team(world: &World, name: &str) -> TeamId {
    let new = NewTeam { name: name.into(), ..NewTeam::default() };
    world.engine.create_team(&Actor::daemon(), new).await.unwrap().id
}

fn rank(scope: &str) -> usize {
    ["read", "write", "admin"].iter().position(|s| *s == scope).unwrap()
}

#[tokio::test]
async fn every_operation_asks_for_its_scope() {
    let world = World::guarded().await;
    let team = team(&world, "finance").await;
    let keys = [
        world.key("r", Scope::Read, None).await,
        world.key("w", Scope::Write, Some(team)).await,
        world.key("a", Scope::Admin, None).await,
    ];
    let mut asked = 0;
    for prefix in ["", "/sdk"] {
        for (method, template, scope) in operations() {
            let path = format!("{prefix}{}", filled(&template));
            let without = world.send(request(&method, &path, None)).await;
            let Some(scope) = scope else {
                assert!(without.status.is_success(), "{method} {path} is public: {}", without.text);
                continue;
            };
            assert_eq!(without.status, StatusCode::UNAUTHORIZED, "{method} {path} without a key");
            assert_eq!(without.json["error"]["code"], "MISSING_API_KEY");
            assert_eq!(without.headers[header::WWW_AUTHENTICATE], "Bearer");
            for (held, key) in keys.iter().enumerate() {
                let reply = world.send(request(&method, &path, Some(key))).await;
                asked += 1;
                if held < rank(&scope) {
                    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{method} {path} with rank {held}");
                    assert_eq!(reply.json["error"]["code"], "INSUFFICIENT_SCOPE", "{method} {path}");
                } else {
                    let refused = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&reply.status);
                    assert!(!refused, "{method} {path} with rank {held}: {} {}", reply.status, reply.text);
                }
            }
        }
    }
    assert!(asked > 300, "the matrix is {asked} calls");
}

#[tokio::test]
async fn pages_ask_a_browser_for_the_key() {
    let world = World::guarded().await;
    let key = world.key("reader", Scope::Read, None).await;
    for (_, path, access) in TABLE.iter().filter(|(_, _, access)| *access == crate::policy::Access::Page) {
        let path = filled(path);
        let reply = world.send(request(&Method::GET, &path, None)).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{path} {access:?}");
        let challenge = reply.headers[header::WWW_AUTHENTICATE].to_str().unwrap();
        assert!(challenge.starts_with("Basic "), "{challenge}");
        let basic = format!("Basic {}", STANDARD.encode(format!("me:{key}")));
        let mut signed = request(&Method::GET, &path, None);
        signed.headers_mut().insert(header::AUTHORIZATION, basic.parse().unwrap());
        let reply = world.send(signed).await;
        assert!([StatusCode::NOT_FOUND, StatusCode::SEE_OTHER].contains(&reply.status), "{path}: {}", reply.status);
    }
    // Never for the API: a browser would repeat it for other sites' forms.
    let mut basic = request(&Method::GET, "/api/v1/teams", None);
    let value = format!("Basic {}", STANDARD.encode(format!("me:{key}")));
    basic.headers_mut().insert(header::AUTHORIZATION, value.parse().unwrap());
    let reply = world.send(basic).await;
    assert_eq!((reply.status, &reply.json["error"]["code"]), (StatusCode::UNAUTHORIZED, &"INVALID_AUTH_HEADER".into()));
}

#[tokio::test]
async fn strangers_see_only_that_it_runs() {
    let world = World::guarded().await;
    team(&world, "secret-team").await;
    let stranger = world.send(request(&Method::GET, "/", None)).await;
    assert_eq!(stranger.status, StatusCode::OK);
    assert!(stranger.text.contains("Sign in") && !stranger.text.contains("1 teams"), "{}", stranger.text);
    let key = world.key("reader", Scope::Read, None).await;
    let reader = world.send(request(&Method::GET, "/", Some(&key))).await;
    assert!(reader.text.contains("1 teams"), "{}", reader.text);
}

#[tokio::test]
async fn wrong_keys_are_refused_alike() {
    let world = World::guarded().await;
    let good = world.key("good", Scope::Read, None).await;
    let revoked = world.key("revoked", Scope::Admin, None).await;
    let id = revoked.split('_').nth(1).unwrap().to_owned();
    world.engine.revoke_key(&Actor::daemon(), &id).await.unwrap();
    let other_secret = format!("{}{}", &good[..good.len() - 4], "0000");
    let unknown = format!("tsr_{}_{}", "0".repeat(16), "0".repeat(64));
    for bad in [revoked.as_str(), &other_secret, &unknown, "tsr_", "nonsense", "tsr_a_b_c"] {
        let reply = world.send(request(&Method::GET, "/api/v1/teams", Some(bad))).await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED, "{bad}");
        assert_eq!(reply.json["error"]["code"], "INVALID_API_KEY", "{bad}");
        assert!(!reply.text.contains(bad) || bad == "tsr_", "the key came back: {}", reply.text);
    }
    for header in ["Bearer", "Bearer ", "Token x", "\u{1f511}"] {
        let mut odd = request(&Method::GET, "/api/v1/teams", None);
        let value = axum::http::HeaderValue::from_bytes(header.as_bytes()).unwrap();
        odd.headers_mut().insert(header::AUTHORIZATION, value);
        let reply = world.send(odd).await;
        assert_eq!(
            (reply.status, &reply.json["error"]["code"]),
            (StatusCode::UNAUTHORIZED, &"INVALID_AUTH_HEADER".into()),
            "{header}"
        );
    }
    let mut by_header = request(&Method::GET, "/api/v1/teams", None);
    by_header.headers_mut().insert("x-api-key", good.parse().unwrap());
    assert_eq!(world.send(by_header).await.status, StatusCode::OK);
}

#[tokio::test]
async fn other_teams_keys_do_not_act_for_this_one() {
    let world = World::guarded().await;
    let (finance, growth) = (team(&world, "finance").await, team(&world, "growth").await);
    let key = world.key("growth", Scope::Write, Some(growth)).await;
    let path = format!("/api/v1/teams/{finance}");
    let mut patch = request(&Method::PATCH, &path, Some(&key));
    *patch.body_mut() = Body::from(r#"{"email":"x@example.org"}"#);
    let reply = world.send(patch).await;
    assert_eq!((reply.status, &reply.json["error"]["code"]), (StatusCode::FORBIDDEN, &"UNAUTHORIZED_TEAM".into()));
}

#[tokio::test]
async fn other_web_sites_cannot_use_an_open_daemon() {
    let world = World::open().await;
    let post = |headers: &[(&str, &str)]| {
        let mut builder = Request::builder().method("POST").uri("/api/v1/teams");
        for (name, value) in headers {
            builder = builder.header(*name, *value);
        }
        builder.body(Body::from(r#"{"name":"x"}"#)).unwrap()
    };
    type Headers = [(&'static str, &'static str)];
    let cases: [(&Headers, u16, &str); 6] = [
        (&[("host", "127.0.0.1:8010"), ("origin", "https://evil.example")], 403, "CROSS_ORIGIN"),
        (&[("host", "127.0.0.1:8010"), ("origin", "null")], 403, "CROSS_ORIGIN"),
        (&[("host", "127.0.0.1:8010"), ("sec-fetch-site", "cross-site")], 403, "CROSS_ORIGIN"),
        (&[("host", "rebound.example")], 403, "FOREIGN_HOST"),
        (&[("host", "localhost:8010"), ("origin", "http://localhost:8010")], 201, ""),
        (&[("host", "[::1]:8010")], 409, "DUPLICATE_TEAM"),
    ];
    for (headers, status, code) in cases {
        let reply = world.send(post(headers)).await;
        assert_eq!(reply.status.as_u16(), status, "{headers:?}: {}", reply.text);
        if !code.is_empty() {
            assert_eq!(reply.json["error"]["code"], code, "{headers:?}");
        }
    }
}
