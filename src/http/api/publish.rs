//! Publishing a contract.

use crate::api::assets::mode;
use crate::app::App;
use crate::auth::Caller;
use crate::body::Body;
use crate::compat::Compat;
use crate::problem::{Answer, Problem};
use crate::query::Params;
use crate::resolve::{self, Names, Ref, optional_team};
use crate::views::change;
use crate::views::contract::{ContractView, Published};
use crate::views::proposal::ProposalView;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;
use tessera_engine::requests::{PublishAction, PublishRequest};
use tessera_model::contract::SchemaFormat;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(publish)).routes(routes!(publish_alias))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct PublishQuery {
    /// Publish over missing answers. Administrators only.
    #[serde(default)]
    force: bool,
    /// At least 10 characters; goes into the audit log and the message to the teams.
    force_reason: Option<String>,
    /// Say what would happen and store nothing.
    #[serde(default)]
    dry_run: bool,
    /// The publishing team, by id or name. Default: the key's team, else the asset's owner.
    #[param(value_type = Option<String>)]
    published_by: Option<Ref>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct ContractCreate {
    /// JSON Schema, Avro, a table (`{"columns": […]}`), or the text of a protobuf or GraphQL schema.
    #[serde(alias = "schema_def")]
    schema: Value,
    /// `json_schema`, `avro`, `protobuf`, `openapi`, `graphql`, `table`. Guessed when absent.
    #[serde(alias = "format")]
    schema_format: Option<String>,
    /// The next version by the size of the change when absent.
    #[schema(example = "1.2.0")]
    version: Option<String>,
    /// Decides the mode of a first contract. Later the asset's own mode counts, and another one here is ignored with a
    /// warning.
    compatibility_mode: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    guarantees: Value,
}

pub(crate) fn format(given: Option<&str>, place: &[&str]) -> Answer<Option<SchemaFormat>> {
    let Some(name) = given else { return Ok(None) };
    SchemaFormat::from_name(name).map(Some).ok_or_else(|| {
        Problem::invalid(
            place,
            format!("`{name}` is no schema format: json_schema, avro, protobuf, openapi, graphql or table"),
        )
    })
}

/// Publishes a contract, or opens a proposal when the change breaks somebody.
#[utoipa::path(post, path = "/api/v1/assets/{asset}/publish", tag = "contracts", params(("asset" = String, Path, description = "Id or name"), PublishQuery), request_body = ContractCreate, responses((status = 201, description = "A contract was published or a proposal opened", body = Published), (status = 200, description = "Nothing to do, or a dry run", body = Published)))]
async fn publish(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Path(asset): Path<String>,
    Params(q): Params<PublishQuery>,
    Body(body): Body<ContractCreate>,
) -> Answer {
    if q.force && q.force_reason.as_deref().unwrap_or_default().trim().is_empty() {
        return Err(Problem::invalid(&["query", "force_reason"], "forcing needs a reason of at least 10 characters"));
    }
    run(&app, &caller, compat, &asset, q, body).await
}

/// The same under the path that the SDK uses; forcing without a reason records that none was given.
#[utoipa::path(post, path = "/api/v1/assets/{asset}/contracts", tag = "contracts", params(("asset" = String, Path, description = "Id or name"), PublishQuery), request_body = ContractCreate, responses((status = 201, description = "A contract was published or a proposal opened", body = Published), (status = 200, description = "Nothing to do, or a dry run", body = Published)))]
async fn publish_alias(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Path(asset): Path<String>,
    Params(q): Params<PublishQuery>,
    Body(body): Body<ContractCreate>,
) -> Answer {
    run(&app, &caller, compat, &asset, q, body).await
}

/// The words that clients of the original know.
fn action(action: PublishAction) -> &'static str {
    match action {
        PublishAction::Published => "published",
        PublishAction::ProposalCreated => "proposal.created",
        PublishAction::ForcePublished => "force.published",
        PublishAction::Unchanged => "unchanged",
    }
}

async fn run(app: &App, caller: &Caller, compat: Compat, asset: &str, q: PublishQuery, b: ContractCreate) -> Answer {
    let asset = resolve::asset(app, asset).await?;
    let request = PublishRequest {
        schema: b.schema,
        format: format(b.schema_format.as_deref(), &["body", "schema_format"])?,
        version: b.version,
        guarantees: b.guarantees,
        compatibility: mode(b.compatibility_mode.as_deref())?,
        published_by: optional_team(app, q.published_by.as_ref()).await?,
        force: q.force,
        force_reason: q.force_reason,
        dry_run: q.dry_run,
    };
    let outcome = app.engine.publish(&caller.0, asset.id, request).await?;
    let stored = !outcome.dry_run && outcome.action != PublishAction::Unchanged;
    let names = Names::load(app).await?;
    let changes = change::views(&outcome.changes);
    let view = Published {
        action: action(outcome.action),
        contract: outcome.contract.map(ContractView::from),
        proposal: outcome.proposal.map(|proposal| ProposalView::new(proposal, &names)),
        change_type: outcome.change_type,
        breaking_changes: change::breaking(&changes),
        changes,
        message: outcome.message,
        warnings: outcome.warnings,
        dry_run: outcome.dry_run,
    };
    let status = if stored { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, compat.json(view)).into_response())
}
