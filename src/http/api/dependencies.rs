//! Declared dependencies between assets. (dbt's own are in the lineage.)

use crate::app::App;
use crate::auth::Caller;
use crate::body::Body;
use crate::compat::Compat;
use crate::problem::Answer;
use crate::query::{Listing, Paging, Params, cut, listing, map, page};
use crate::resolve::{self, Ref};
use crate::views::dependency::DependencyView;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::Value;
use tessera_engine::EngineError;
use tessera_model::ids::DependencyId;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(delete))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct DependencyCreate {
    /// What the asset depends on, by id or name.
    #[serde(alias = "target_asset_id", alias = "depends_on_asset_id", alias = "dependency_asset_id")]
    #[schema(value_type = String)]
    depends_on: Ref,
    /// `consumes`, `references` or `transforms`.
    #[serde(default = "consumes")]
    dependency_type: String,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Value,
}

fn consumes() -> String {
    "consumes".into()
}

/// Declared dependencies of an asset, in both directions.
#[utoipa::path(get, path = "/api/v1/assets/{asset}/dependencies", tag = "lineage", params(("asset" = String, Path, description = "Id or name"), Paging), responses((status = 200, body = Listing<DependencyView>)))]
async fn list(State(app): State<App>, compat: Compat, Path(asset): Path<String>, Params(q): Params<Paging>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let asset = resolve::asset(&app, &asset).await?;
    let all = app.engine.dependencies(Some(asset.id)).await?;
    Ok(listing(compat, page, map(cut(all, page), DependencyView::from)))
}

/// Declares that the asset depends on another.
#[utoipa::path(post, path = "/api/v1/assets/{asset}/dependencies", tag = "lineage", params(("asset" = String, Path, description = "Id or name")), request_body = DependencyCreate, responses((status = 201, body = DependencyView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Path(asset): Path<String>,
    Body(b): Body<DependencyCreate>,
) -> Answer {
    let dependent = resolve::asset(&app, &asset).await?.id;
    let dependency = resolve::asset(&app, &b.depends_on.0).await?.id;
    let made = app.engine.add_dependency(&caller.0, dependent, dependency, &b.dependency_type, b.metadata).await?;
    Ok((StatusCode::CREATED, compat.json(DependencyView::from(made))).into_response())
}

/// Removes a declared dependency of that asset.
#[utoipa::path(delete, path = "/api/v1/assets/{asset}/dependencies/{dependency}", tag = "lineage", params(("asset" = String, Path, description = "Id or name"), ("dependency" = Uuid, Path)), responses((status = 204)))]
async fn delete(State(app): State<App>, caller: Caller, Path((asset, dependency)): Path<(String, String)>) -> Answer {
    let asset = resolve::asset(&app, &asset).await?;
    let id = resolve::id::<DependencyId>(&dependency, "dependency")?;
    if !app.engine.dependencies(Some(asset.id)).await?.iter().any(|known| known.id == id) {
        return Err(EngineError::not_found("dependency", id).into());
    }
    app.engine.remove_dependency(&caller.0, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
