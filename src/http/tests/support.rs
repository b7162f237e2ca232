//! A world of its own for each test: engine, store in memory, router, and a client that checks every answer against the
//! OpenAPI document.

use crate::{HttpOptions, openapi, router};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};
use tessera_engine::Engine;
use tessera_engine::engine::Adapters;
use tessera_engine::requests::NewKey;
use tessera_engine::settings::Settings;
use tessera_model::actor::{Actor, ActorKind, Scope};
use tessera_model::ids::TeamId;
use tessera_ports::{SystemClock, UuidIds};
use tower::ServiceExt;

pub(crate) struct World {
    pub(crate) engine: Arc<Engine>,
    pub(crate) router: Router,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) json: Value,
}

impl World {
    pub(crate) async fn open() -> Self {
        Self::new(false).await
    }

    pub(crate) async fn guarded() -> Self {
        Self::new(true).await
    }

    async fn new(auth: bool) -> Self {
        let store = tessera_store::open("sqlite::memory:").await.unwrap();
        let clock = Arc::new(SystemClock);
        let engine = Engine::new(store, clock, Arc::new(UuidIds), Settings::default(), Adapters::default());
        let options = HttpOptions { auth, max_body: 1 << 20, version: "0.0.0-test" };
        World { router: router(engine.clone(), options), engine }
    }

    pub(crate) async fn key(&self, name: &str, scope: Scope, team: Option<TeamId>) -> String {
        let new = NewKey {
            name: name.into(),
            scope,
            actor_kind: ActorKind::Human,
            team,
            on_behalf_of: None,
            expires_at: None,
        };
        self.engine.create_key(&Actor::daemon(), new).await.unwrap().1
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(to_bytes(body, usize::MAX).await.unwrap().to_vec()).unwrap();
        let json = serde_json::from_str(&text).unwrap_or(Value::Null);
        let reply = Reply { status: parts.status, headers: parts.headers, text, json };
        check_shape(&method, &path, &reply);
        reply
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(Request::builder().method(method).uri(path).body(body).unwrap()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let reply = self.call(Method::GET, path, None).await;
        assert_eq!(reply.status, StatusCode::OK, "GET {path}: {}", reply.text);
        reply.json
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Value {
        let reply = self.call(Method::POST, path, Some(body)).await;
        assert!(reply.status.is_success(), "POST {path}: {} {}", reply.status, reply.text);
        reply.json
    }

    pub(crate) async fn team(&self, name: &str) -> String {
        self.post("/api/v1/teams", json!({ "name": name })).await["id"].as_str().unwrap().to_owned()
    }

    /// An asset with a first contract.
    pub(crate) async fn asset(&self, fqn: &str, owner: &str, schema: Value) -> String {
        let body = json!({ "fqn": fqn, "owner_team_id": owner });
        let id = self.post("/api/v1/assets", body).await["id"].as_str().unwrap().to_owned();
        let published = self.post(&format!("/api/v1/assets/{id}/publish"), json!({ "schema": schema })).await;
        assert_eq!(published["action"], "published", "{published}");
        id
    }
}

/// A table of columns: `id integer`, `status varchar`, …
pub(crate) fn table(columns: &[&str]) -> Value {
    let columns: Vec<Value> = columns
        .iter()
        .map(|column| {
            let (name, kind) = column.split_once(' ').unwrap();
            json!({ "name": name, "type": kind })
        })
        .collect();
    json!({ "columns": columns })
}

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(openapi::document()).unwrap());

/// The operation of a concrete path: literal segments win over parameters.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let segments: Vec<&str> = path.split('/').collect();
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let fits = |template: &str| -> Option<usize> {
        let parts: Vec<&str> = template.split('/').collect();
        let same = parts.len() == segments.len()
            && parts.iter().zip(&segments).all(|(part, segment)| part.starts_with('{') || part == segment);
        same.then(|| parts.iter().filter(|part| !part.starts_with('{')).count())
    };
    let best = paths.iter().filter_map(|(template, item)| fits(template).map(|n| (n, item))).max_by_key(|(n, _)| *n);
    best.and_then(|(_, item)| item.get(method.as_str().to_lowercase()))
}

/// Holds a native answer against the document. (SDK answers differ on purpose; the SDK's own models check those.)
fn check_shape(method: &Method, path: &str, reply: &Reply) {
    let Some(operation) = operation(method, path) else { return };
    let status = reply.status.as_u16().to_string();
    let described = operation["responses"].get(&status).or_else(|| operation["responses"].get("default"));
    let described =
        described.unwrap_or_else(|| panic!("{method} {path}: {status} is not in the document: {}", reply.text));
    let Some(schema) = described.pointer("/content/application~1json/schema") else { return };
    let schema = json!({ "allOf": [schema], "components": DOCUMENT["components"] });
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(&reply.json).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{method} {path} {status} differs from the document: {errors:#?}\n{}", reply.text);
}

/// Every operation of the document: method, path template, needed scope.
pub(crate) fn operations() -> Vec<(Method, String, Option<String>)> {
    let mut all = Vec::new();
    for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let scope = operation.get("x-tessera-scope").and_then(Value::as_str).map(str::to_owned);
            all.push((method, path.clone(), scope));
        }
    }
    all
}

pub(crate) fn by_name(list: &Value) -> BTreeMap<String, Value> {
    let items = list["results"].as_array().unwrap().iter();
    items.map(|item| (item["name"].as_str().unwrap_or_default().to_owned(), item.clone())).collect()
}
