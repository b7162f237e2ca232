//! The OpenAPI document: collected from the handlers, then completed with what is true of every operation: who may call it
//! (from the policy table) and how errors look.

use crate::policy::{self, Access, Known};
use crate::{api, envelope, ops, problem};
use axum::http::Method;
use tessera_model::actor::Scope;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{ContentBuilder, OpenApi as Document, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tessera",
        description = "Schema relationships as dependency relationships: contracts, readers down to the column, and changes that are acknowledged before they ship.\n\nErrors always look like `{\"error\": {code, message, request_id, details?}, \"detail\": \"…\"}`. Times are RFC 3339 in UTC. Assets and teams may be named by id or by name wherever a path or body names one.\n\nThe same operations stand under `/sdk` (or with the header `X-Tessera-Compat: sdk`) in the shapes that the public Python SDK reads: bare arrays for lists, and the statuses that it knows.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    components(schemas(envelope::ErrorEnvelope, envelope::ErrorBody, problem::Detail)),
    modifiers(&Schemes),
)]
struct Base;

struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("tsr_<id>_<secret>").build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let header = ApiKey::Header(ApiKeyValue::new("X-API-Key"));
        components.add_security_scheme("api_key", SecurityScheme::ApiKey(header));
    }
}

pub(crate) fn document() -> Document {
    let routes = api::router().merge(ops::router());
    let (_, mut document) = OpenApiRouter::with_openapi(Base::openapi()).merge(routes).split_for_parts();
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (Method::GET, &mut item.get),
            (Method::POST, &mut item.post),
            (Method::PUT, &mut item.put),
            (Method::PATCH, &mut item.patch),
            (Method::DELETE, &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                complete(operation, &method, path);
            }
        }
    }
    document
}

fn complete(operation: &mut Operation, method: &Method, path: &str) {
    let needs = match policy::access(method, path) {
        Known::Yes(Access::Needs(scope)) => scope,
        _ => return,
    };
    let none: [String; 0] = [];
    operation.security =
        Some(vec![SecurityRequirement::new("bearer", none.clone()), SecurityRequirement::new("api_key", none)]);
    let scope = match needs {
        Scope::Read => "read",
        Scope::Write => "write",
        Scope::Admin => "admin",
    };
    operation.extensions.get_or_insert_default().merge(Extensions::builder().add("x-tessera-scope", scope).build());
    operation.responses.responses.insert("default".into(), RefOr::T(error()));
}

fn error() -> Response {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorEnvelope"))).build();
    ResponseBuilder::new().description("What went wrong").content("application/json", content).build()
}

pub(crate) fn text() -> String {
    let mut text = document().to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
