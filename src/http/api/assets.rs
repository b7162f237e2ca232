//! Assets.

use crate::app::App;
use crate::auth::Caller;
use crate::body::Body;
use crate::compat::Compat;
use crate::problem::{Answer, Problem};
use crate::query::{Listing, Params, listing, map, page};
use crate::resolve::{self, Names, Ref, optional_team};
use crate::views::asset::AssetView;
use crate::views::object;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};
use tessera_engine::requests::{AssetPatch, NewAsset};
use tessera_model::Compatibility;
use tessera_ports::store::AssetFilter;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(search)).routes(routes!(get, update, delete))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct AssetQuery {
    /// Owner, by id or name.
    #[serde(alias = "owner_team_id")]
    #[param(value_type = Option<String>)]
    owner: Option<Ref>,
    /// dbt project.
    project: Option<String>,
    /// Configured warehouse.
    warehouse: Option<String>,
    environment: Option<String>,
    /// Part of the name.
    #[serde(alias = "fqn")]
    search: Option<String>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    offset: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct SearchQuery {
    /// Part of the name.
    q: String,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    offset: Option<u32>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AssetCreate {
    #[schema(example = "shop.analytics.fct_orders")]
    fqn: String,
    /// Owner, by id or name.
    #[serde(alias = "owner_team_id", alias = "owner_team")]
    #[schema(value_type = Option<String>)]
    owner: Option<Ref>,
    environment: Option<String>,
    description: Option<String>,
    resource_type: Option<String>,
    /// `backward` (default), `forward`, `full`, `none`, also `…_transitive`, `readers`, `writers`, `confluent:BACKWARD`.
    compatibility_mode: Option<String>,
    /// How names and types are spelt: `postgres`, `snowflake`, …
    dialect: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Value,
    tags: Option<Vec<String>>,
}

/// What is absent stays. Changing the compatibility mode is its own audited act.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AssetUpdate {
    fqn: Option<String>,
    #[serde(alias = "owner_team_id", alias = "owner_team")]
    #[schema(value_type = Option<String>)]
    owner: Option<Ref>,
    environment: Option<String>,
    description: Option<String>,
    compatibility_mode: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Value>,
    tags: Option<Vec<String>>,
}

pub(crate) fn mode(given: Option<&str>) -> Answer<Option<Compatibility>> {
    let parsed = given.map(Compatibility::parse).transpose();
    parsed.map_err(|msg| Problem::invalid(&["body", "compatibility_mode"], msg))
}

/// Tags live in the metadata.
fn tagged(metadata: &Value, tags: Option<Vec<String>>) -> Answer<Value> {
    if !metadata.is_object() && !metadata.is_null() {
        return Err(Problem::invalid(&["body", "metadata"], "metadata is an object"));
    }
    let mut metadata = object(metadata);
    if let Some(tags) = tags {
        metadata["tags"] = json!(tags);
    }
    Ok(metadata)
}

/// Assets, by name.
#[utoipa::path(get, path = "/api/v1/assets", tag = "assets", params(AssetQuery), responses((status = 200, body = Listing<AssetView>)))]
async fn list(State(app): State<App>, compat: Compat, Params(q): Params<AssetQuery>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let filter = AssetFilter {
        owner: optional_team(&app, q.owner.as_ref()).await?,
        project: q.project,
        warehouse: q.warehouse,
        environment: q.environment,
        search: q.search,
    };
    let assets = app.engine.assets(filter, page).await?;
    let names = Names::load(&app).await?;
    Ok(listing(compat, page, map(assets, |asset| AssetView::new(asset, &names))))
}

/// Assets whose name contains a text.
#[utoipa::path(get, path = "/api/v1/assets/search", tag = "assets", params(SearchQuery), responses((status = 200, body = Listing<AssetView>)))]
async fn search(State(app): State<App>, compat: Compat, Params(q): Params<SearchQuery>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let filter = AssetFilter { search: Some(q.q), ..AssetFilter::default() };
    let assets = app.engine.assets(filter, page).await?;
    let names = Names::load(&app).await?;
    Ok(listing(compat, page, map(assets, |asset| AssetView::new(asset, &names))))
}

/// Makes an asset by hand. (dbt and scans make their own.)
#[utoipa::path(post, path = "/api/v1/assets", tag = "assets", request_body = AssetCreate, responses((status = 201, body = AssetView)))]
async fn create(State(app): State<App>, caller: Caller, compat: Compat, Body(b): Body<AssetCreate>) -> Answer {
    let new = NewAsset {
        fqn: b.fqn,
        owner: optional_team(&app, b.owner.as_ref()).await?,
        environment: b.environment,
        description: b.description,
        resource_type: b.resource_type,
        compatibility: mode(b.compatibility_mode.as_deref())?,
        dialect: b.dialect,
        metadata: tagged(&b.metadata, b.tags)?,
    };
    let asset = app.engine.create_asset(&caller.0, new).await?;
    let names = Names::load(&app).await?;
    Ok((StatusCode::CREATED, compat.json(AssetView::new(asset, &names))).into_response())
}

/// One asset, by id, full name, or the end of its name where that is unique.
#[utoipa::path(get, path = "/api/v1/assets/{asset}", tag = "assets", params(("asset" = String, Path, description = "Id or name")), responses((status = 200, body = AssetView)))]
async fn get(State(app): State<App>, compat: Compat, Path(asset): Path<String>) -> Answer {
    let asset = resolve::asset(&app, &asset).await?;
    Ok(compat.json(AssetView::new(asset, &Names::load(&app).await?)))
}

/// Changes an asset.
#[utoipa::path(patch, path = "/api/v1/assets/{asset}", tag = "assets", params(("asset" = String, Path, description = "Id or name")), request_body = AssetUpdate, responses((status = 200, body = AssetView)))]
async fn update(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Path(asset): Path<String>,
    Body(b): Body<AssetUpdate>,
) -> Answer {
    let asset = resolve::asset(&app, &asset).await?;
    let metadata = match (b.metadata, b.tags) {
        (None, None) => None,
        (metadata, tags) => Some(tagged(metadata.as_ref().unwrap_or(&asset.metadata), tags)?),
    };
    let patch = AssetPatch {
        fqn: b.fqn,
        owner: optional_team(&app, b.owner.as_ref()).await?,
        environment: b.environment,
        description: b.description,
        compatibility: mode(b.compatibility_mode.as_deref())?,
        metadata,
    };
    let asset = app.engine.update_asset(&caller.0, asset.id, patch).await?;
    Ok(compat.json(AssetView::new(asset, &Names::load(&app).await?)))
}

/// Removes an asset.
#[utoipa::path(delete, path = "/api/v1/assets/{asset}", tag = "assets", params(("asset" = String, Path, description = "Id or name")), responses((status = 204)))]
async fn delete(State(app): State<App>, caller: Caller, Path(asset): Path<String>) -> Answer {
    let id = resolve::asset(&app, &asset).await?.id;
    app.engine.delete_asset(&caller.0, id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
