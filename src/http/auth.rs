//! Who calls, and may they: keys from headers, the policy table, and the actor that handlers hand to the engine. Default
//! deny: a route that the table does not name is closed to everybody.

use crate::app::App;
use crate::policy::{self, Access};
use crate::problem::Problem;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::header::{self, HeaderMap};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tessera_model::actor::Scope;
use tessera_model::{Actor, ActorKind};

/// The authenticated caller, for handlers. Absent only where the policy says public.
#[derive(Debug, Clone)]
pub(crate) struct Caller(pub(crate) Actor);

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Caller>().cloned().ok_or_else(missing_key)
    }
}

/// Whoever calls a public page: known only if they showed a key.
#[derive(Debug, Clone)]
pub(crate) struct Visitor(pub(crate) Option<Actor>);

impl<S: Send + Sync> FromRequestParts<S> for Visitor {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Visitor(parts.extensions.get::<Caller>().map(|caller| caller.0.clone())))
    }
}

pub(crate) async fn authenticate(State(app): State<App>, mut request: Request, next: Next) -> Response {
    // No route: the fallback answers 404 and needs no key.
    let Some(route) = request.extensions().get::<MatchedPath>().map(|matched| matched.as_str().to_owned()) else {
        return next.run(request).await;
    };
    match admit(&app, request.method(), &route, request.headers()).await {
        Ok(actor) => {
            if let Some(actor) = actor {
                request.extensions_mut().insert(Caller(actor));
            }
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    }
}

async fn admit(app: &App, method: &Method, route: &str, headers: &HeaderMap) -> Result<Option<Actor>, Problem> {
    let access = match policy::access(method, route) {
        policy::Known::Yes(access) => access,
        // The path exists, the method does not: the router answers 405 to those who may read.
        policy::Known::OtherMethod => Access::Needs(Scope::Read),
        policy::Known::No => {
            return Err(Problem::forbidden("NO_POLICY", format!("`{route}` has no entry in the access policy")));
        }
    };
    if !app.options.auth {
        return Ok(Some(anonymous()));
    }
    let page = access == Access::Page || access == Access::PublicPage;
    let token = token(headers, page)?;
    let actor = match (&token, access) {
        // A wrong key on a public route is not worth a refusal (health checks with stale keys).
        (Some(token), Access::Public | Access::PublicPage) => app.engine.authenticate(token).await.ok(),
        (Some(token), _) => Some(app.engine.authenticate(token).await.map_err(|error| challenge(error.into(), page))?),
        (None, Access::Public | Access::PublicPage) => None,
        (None, _) => return Err(challenge(missing_key(), page)),
    };
    match (access, &actor) {
        (Access::Needs(scope), Some(actor)) if actor.scope < scope => Err(Problem::forbidden(
            "INSUFFICIENT_SCOPE",
            format!("this needs the scope `{}`; key `{}` has `{}`", name(scope), actor.name, name(actor.scope)),
        )),
        _ => Ok(actor),
    }
}

/// `Authorization: Bearer`, `X-API-Key`, and for pages also `Authorization: Basic` with the key as password, because that is
/// what a browser can ask a person for. Never Basic for the API: browsers repeat it unasked, also for other sites' forms.
fn token(headers: &HeaderMap, page: bool) -> Result<Option<String>, Problem> {
    let bad = || {
        let wanted = "expected `Authorization: Bearer tsr_…` or `X-API-Key: tsr_…`";
        let mut problem = Problem::new(StatusCode::UNAUTHORIZED, "INVALID_AUTH_HEADER", wanted);
        problem.challenge = Some(if page { BASIC } else { "Bearer" });
        problem
    };
    if let Some(value) = headers.get("x-api-key") {
        return value.to_str().map(|key| Some(key.trim().to_owned())).map_err(|_| bad());
    }
    let Some(value) = headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let (scheme, rest) = value.to_str().ok().and_then(|text| text.trim().split_once(' ')).ok_or_else(bad)?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("bearer") && !rest.is_empty() {
        return Ok(Some(rest.to_owned()));
    }
    if page && scheme.eq_ignore_ascii_case("basic") {
        let pair = STANDARD.decode(rest).ok().and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(bad)?;
        let (_, password) = pair.split_once(':').ok_or_else(bad)?;
        return Ok(Some(password.trim().to_owned()));
    }
    Err(bad())
}

pub(crate) const BASIC: &str = "Basic realm=\"Tessera: any user name, an API key as password\", charset=\"UTF-8\"";

fn challenge(mut problem: Problem, page: bool) -> Problem {
    if problem.status == StatusCode::UNAUTHORIZED {
        problem.challenge = Some(if page { BASIC } else { "Bearer" });
    }
    problem
}

pub(crate) fn missing_key() -> Problem {
    let text = "this needs an API key: send `Authorization: Bearer tsr_…`; an administrator makes keys with `tessera keys create`";
    let mut problem = Problem::new(StatusCode::UNAUTHORIZED, "MISSING_API_KEY", text);
    problem.challenge = Some("Bearer");
    problem
}

fn anonymous() -> Actor {
    Actor {
        kind: ActorKind::Human,
        name: "anonymous".into(),
        scope: Scope::Admin,
        team: None,
        key: None,
        on_behalf_of: None,
    }
}

fn name(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "read",
        Scope::Write => "write",
        Scope::Admin => "admin",
    }
}
