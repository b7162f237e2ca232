//! The one table that says what each route needs. A route without an entry is closed (and a test finds it). The engine
//! checks again what only it can know: whose team, whose asset, which kind of actor.

use axum::http::Method;
use tessera_model::actor::Scope;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Nobody is asked for a key.
    Public,
    /// A page that tells strangers little and key holders more.
    PublicPage,
    /// A page for key holders, who may sign in with their browser.
    Page,
    /// A key of at least this scope.
    Needs(Scope),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Known {
    Yes(Access),
    OtherMethod,
    No,
}

const READ: Access = Access::Needs(Scope::Read);
const WRITE: Access = Access::Needs(Scope::Write);
const ADMIN: Access = Access::Needs(Scope::Admin);

/// Method, route, access. `POST` operations that change nothing (impact, compare, check) need only `read`.
pub(crate) const TABLE: &[(&str, &str, Access)] = &[
    ("GET", "/health", Access::Public),
    ("GET", "/health/ready", Access::Public),
    ("GET", "/metrics", Access::Public),
    ("GET", "/api/v1/openapi.json", Access::Public),
    ("GET", "/docs", Access::Public),
    ("GET", "/style.css", Access::Public),
    ("GET", "/", Access::PublicPage),
    ("GET", "/signin", Access::Page),
    ("GET", "/proposals/{id}", Access::Page),
    ("GET", "/api/v1/teams", READ),
    ("POST", "/api/v1/teams", WRITE),
    ("GET", "/api/v1/teams/{team}", READ),
    ("PATCH", "/api/v1/teams/{team}", WRITE),
    ("DELETE", "/api/v1/teams/{team}", ADMIN),
    ("GET", "/api/v1/assets", READ),
    ("POST", "/api/v1/assets", WRITE),
    ("GET", "/api/v1/assets/search", READ),
    ("GET", "/api/v1/assets/{asset}", READ),
    ("PATCH", "/api/v1/assets/{asset}", WRITE),
    ("DELETE", "/api/v1/assets/{asset}", WRITE),
    ("GET", "/api/v1/assets/{asset}/contracts", READ),
    ("POST", "/api/v1/assets/{asset}/contracts", WRITE),
    ("POST", "/api/v1/assets/{asset}/publish", WRITE),
    ("GET", "/api/v1/assets/{asset}/contracts/history", READ),
    ("GET", "/api/v1/assets/{asset}/contracts/diff", READ),
    ("POST", "/api/v1/assets/{asset}/impact", READ),
    ("GET", "/api/v1/assets/{asset}/lineage", READ),
    ("GET", "/api/v1/assets/{asset}/dependencies", READ),
    ("POST", "/api/v1/assets/{asset}/dependencies", WRITE),
    ("DELETE", "/api/v1/assets/{asset}/dependencies/{dependency}", WRITE),
    ("GET", "/api/v1/who-uses", READ),
    ("GET", "/api/v1/contracts", READ),
    ("POST", "/api/v1/contracts/compare", READ),
    ("GET", "/api/v1/contracts/{id}", READ),
    ("GET", "/api/v1/contracts/{id}/registrations", READ),
    ("GET", "/api/v1/registrations", READ),
    ("POST", "/api/v1/registrations", WRITE),
    ("GET", "/api/v1/registrations/{id}", READ),
    ("PATCH", "/api/v1/registrations/{id}", WRITE),
    ("DELETE", "/api/v1/registrations/{id}", WRITE),
    ("GET", "/api/v1/proposals", READ),
    ("GET", "/api/v1/proposals/{id}", READ),
    ("GET", "/api/v1/proposals/{id}/status", READ),
    ("POST", "/api/v1/proposals/{id}/acknowledge", WRITE),
    ("POST", "/api/v1/proposals/{id}/object", WRITE),
    ("POST", "/api/v1/proposals/{id}/withdraw", WRITE),
    ("POST", "/api/v1/proposals/{id}/force", ADMIN),
    ("POST", "/api/v1/proposals/{id}/publish", WRITE),
    ("GET", "/api/v1/inbox", READ),
    ("GET", "/api/v1/drift", READ),
    ("GET", "/api/v1/drift/{id}", READ),
    ("POST", "/api/v1/drift/{id}/release", WRITE),
    ("GET", "/api/v1/scans", READ),
    ("GET", "/api/v1/scans/{id}", READ),
    ("POST", "/api/v1/scans/{id}/confirm", ADMIN),
    ("GET", "/api/v1/warehouses", READ),
    ("POST", "/api/v1/warehouses/{name}/scan", WRITE),
    ("POST", "/api/v1/dbt/upload", WRITE),
    ("POST", "/api/v1/dbt/check", READ),
    ("POST", "/api/v1/dbt/propose", WRITE),
    ("GET", "/api/v1/keys", ADMIN),
    ("POST", "/api/v1/keys", ADMIN),
    ("DELETE", "/api/v1/keys/{id}", ADMIN),
    ("GET", "/api/v1/waivers", READ),
    ("POST", "/api/v1/waivers", WRITE),
    ("DELETE", "/api/v1/waivers/{id}", WRITE),
    ("GET", "/api/v1/audit", READ),
    ("GET", "/api/v1/outbox", ADMIN),
];

/// What a route template needs. `/sdk` is the same API; `HEAD` is `GET` without its body.
pub(crate) fn access(method: &Method, route: &str) -> Known {
    let route = route.strip_prefix("/sdk").unwrap_or(route);
    let method = if *method == Method::HEAD { "GET" } else { method.as_str() };
    let mut known = Known::No;
    for (m, path, access) in TABLE.iter().copied() {
        if path == route {
            if m == method {
                return Known::Yes(access);
            }
            known = Known::OtherMethod;
        }
    }
    known
}
