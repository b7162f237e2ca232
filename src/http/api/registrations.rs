//! Consumers' subscriptions.

use crate::app::App;
use crate::auth::Caller;
use crate::body::Body;
use crate::compat::Compat;
use crate::problem::{Answer, Problem};
use crate::query::{Listing, Params, cut, listing, map, page};
use crate::resolve::{self, Names, Ref, optional_asset, optional_team};
use crate::views::registration::RegistrationView;
use crate::views::words;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use jiff::Timestamp;
use serde::Deserialize;
use tessera_engine::requests::{NewRegistration, RegistrationPatch};
use tessera_model::contract::RegistrationStatus;
use tessera_model::ids::{ContractId, RegistrationId};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(list, create)).routes(routes!(get, update, delete))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RegistrationQuery {
    /// By id or name.
    #[serde(alias = "asset_id")]
    #[param(value_type = Option<String>)]
    asset: Option<Ref>,
    /// The asset of that contract.
    contract_id: Option<Uuid>,
    /// By id or name.
    #[serde(alias = "team_id", alias = "consumer_team_id")]
    #[param(value_type = Option<String>)]
    team: Option<Ref>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    offset: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct RegisterQuery {
    /// Instead of `asset` in the body: the asset of that contract.
    contract_id: Option<Uuid>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RegistrationCreate {
    /// What is read, by id or name.
    #[serde(alias = "asset_id")]
    #[schema(value_type = Option<String>)]
    asset: Option<Ref>,
    /// Instead of `asset`: the asset of that contract.
    contract_id: Option<Uuid>,
    /// Who reads, by id or name. Default: the key's team.
    #[serde(alias = "consumer_team_id", alias = "team_id", alias = "team")]
    #[schema(value_type = Option<String>)]
    consumer_team: Option<Ref>,
    /// Only these columns; empty means the whole asset.
    #[serde(default)]
    columns: Vec<String>,
    pinned_version: Option<String>,
    purpose: Option<String>,
    /// Agents must say until when.
    expires_at: Option<Timestamp>,
}

/// What is absent stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RegistrationUpdate {
    pinned_version: Option<String>,
    #[schema(value_type = Option<words::RegistrationStatus>)]
    status: Option<RegistrationStatus>,
    columns: Option<Vec<String>>,
}

/// Registrations of an asset, of a team, or all.
#[utoipa::path(get, path = "/api/v1/registrations", tag = "registrations", params(RegistrationQuery), responses((status = 200, body = Listing<RegistrationView>)))]
async fn list(State(app): State<App>, compat: Compat, Params(q): Params<RegistrationQuery>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let mut asset = optional_asset(&app, q.asset.as_ref()).await?;
    if let Some(contract) = q.contract_id {
        asset = Some(app.engine.contract(ContractId(contract)).await?.asset);
    }
    let team = optional_team(&app, q.team.as_ref()).await?;
    let all = app.engine.registrations(asset, team).await?;
    let names = Names::load(&app).await?;
    Ok(listing(compat, page, map(cut(all, page), |r| RegistrationView::new(r, &names))))
}

/// Subscribes a team to an asset, or to some of its columns: from now on it is asked before a change breaks it.
#[utoipa::path(post, path = "/api/v1/registrations", tag = "registrations", params(RegisterQuery), request_body = RegistrationCreate, responses((status = 201, body = RegistrationView)))]
async fn create(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Params(q): Params<RegisterQuery>,
    Body(b): Body<RegistrationCreate>,
) -> Answer {
    let asset = optional_asset(&app, b.asset.as_ref()).await?;
    let contract = q.contract_id.or(b.contract_id).map(ContractId);
    if asset.is_none() && contract.is_none() {
        return Err(Problem::invalid(&["body", "asset"], "name what is read: `asset`, or `contract_id`"));
    }
    let new = NewRegistration {
        asset,
        contract,
        team: optional_team(&app, b.consumer_team.as_ref()).await?,
        columns: b.columns,
        pinned_version: b.pinned_version,
        purpose: b.purpose,
        expires_at: b.expires_at,
    };
    let registration = app.engine.register(&caller.0, new).await?;
    let names = Names::load(&app).await?;
    Ok((StatusCode::CREATED, compat.json(RegistrationView::new(registration, &names))).into_response())
}

/// One registration.
#[utoipa::path(get, path = "/api/v1/registrations/{id}", tag = "registrations", params(("id" = Uuid, Path)), responses((status = 200, body = RegistrationView)))]
async fn get(State(app): State<App>, compat: Compat, Path(id): Path<String>) -> Answer {
    let registration = app.engine.registration(resolve::id::<RegistrationId>(&id, "id")?).await?;
    Ok(compat.json(RegistrationView::new(registration, &Names::load(&app).await?)))
}

/// Changes a registration.
#[utoipa::path(patch, path = "/api/v1/registrations/{id}", tag = "registrations", params(("id" = Uuid, Path)), request_body = RegistrationUpdate, responses((status = 200, body = RegistrationView)))]
async fn update(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Path(id): Path<String>,
    Body(b): Body<RegistrationUpdate>,
) -> Answer {
    let id = resolve::id::<RegistrationId>(&id, "id")?;
    let patch = RegistrationPatch { pinned_version: b.pinned_version, status: b.status, columns: b.columns };
    let registration = app.engine.update_registration(&caller.0, id, patch).await?;
    Ok(compat.json(RegistrationView::new(registration, &Names::load(&app).await?)))
}

/// Ends a registration.
#[utoipa::path(delete, path = "/api/v1/registrations/{id}", tag = "registrations", params(("id" = Uuid, Path)), responses((status = 204)))]
async fn delete(State(app): State<App>, caller: Caller, Path(id): Path<String>) -> Answer {
    app.engine.unregister(&caller.0, resolve::id::<RegistrationId>(&id, "id")?).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
