//! Contracts: lists, history, and differences between versions or schemas.

use crate::api::assets::mode;
use crate::api::publish::format;
use crate::app::App;
use crate::body::Body;
use crate::compat::Compat;
use crate::problem::{Answer, Problem};
use crate::query::{ALL, Listing, Paging, Params, cut, listing, map, page};
use crate::resolve::{self, Names, Ref, optional_asset};
use crate::views::change::{breaking, change_type, views};
use crate::views::contract::{Comparison, ContractView, History, HistoryEntry, VersionDiff};
use crate::views::registration::RegistrationView;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::Value;
use tessera_model::Compatibility;
use tessera_model::contract::{Contract, ContractStatus};
use tessera_model::ids::{AssetId, ContractId};
use tessera_ports::store::{Listed, Page};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(compare))
        .routes(routes!(get))
        .routes(routes!(registrations))
        .routes(routes!(of_asset))
        .routes(routes!(history))
        .routes(routes!(diff))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ContractQuery {
    /// By id or name.
    #[serde(alias = "asset_id")]
    #[param(value_type = Option<String>)]
    asset: Option<Ref>,
    /// `active`, `deprecated` or `retired`.
    #[param(value_type = Option<crate::views::words::ContractStatus>)]
    status: Option<ContractStatus>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    offset: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct VersionsQuery {
    /// `active`, `deprecated` or `retired`.
    #[param(value_type = Option<crate::views::words::ContractStatus>)]
    status: Option<ContractStatus>,
    #[param(minimum = 1, maximum = 100, default = 50)]
    limit: Option<u32>,
    offset: Option<u32>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct DiffQuery {
    #[param(example = "1.0.0")]
    from_version: String,
    #[param(example = "1.1.0")]
    to_version: String,
}

/// Two schemas, or two contracts.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CompareRequest {
    old_schema: Option<Value>,
    new_schema: Option<Value>,
    contract_id_1: Option<Uuid>,
    contract_id_2: Option<Uuid>,
    /// Default `backward` for schemas, the older contract's own for contracts.
    compatibility_mode: Option<String>,
    #[serde(alias = "format")]
    schema_format: Option<String>,
}

async fn select(
    app: &App,
    asset: Option<AssetId>,
    status: Option<ContractStatus>,
    page: Page,
) -> Answer<Listed<Contract>> {
    Ok(match status {
        None => app.engine.contracts(asset, page).await?,
        Some(status) => {
            let all = app.engine.contracts(asset, ALL).await?.items;
            cut(all.into_iter().filter(|contract| contract.status == status).collect(), page)
        }
    })
}

/// Contracts, newest first.
#[utoipa::path(get, path = "/api/v1/contracts", tag = "contracts", params(ContractQuery), responses((status = 200, body = Listing<ContractView>)))]
async fn list(State(app): State<App>, compat: Compat, Params(q): Params<ContractQuery>) -> Answer {
    let page = page(q.limit, q.offset)?;
    let asset = optional_asset(&app, q.asset.as_ref()).await?;
    let contracts = select(&app, asset, q.status, page).await?;
    Ok(listing(compat, page, map(contracts, ContractView::from)))
}

/// One asset's contracts, newest first.
#[utoipa::path(get, path = "/api/v1/assets/{asset}/contracts", tag = "contracts", params(("asset" = String, Path, description = "Id or name"), VersionsQuery), responses((status = 200, body = Listing<ContractView>)))]
async fn of_asset(
    State(app): State<App>,
    compat: Compat,
    Path(asset): Path<String>,
    Params(q): Params<VersionsQuery>,
) -> Answer {
    let page = page(q.limit, q.offset)?;
    let asset = resolve::asset(&app, &asset).await?;
    let contracts = select(&app, Some(asset.id), q.status, page).await?;
    Ok(listing(compat, page, map(contracts, ContractView::from)))
}

/// One contract.
#[utoipa::path(get, path = "/api/v1/contracts/{id}", tag = "contracts", params(("id" = Uuid, Path)), responses((status = 200, body = ContractView)))]
async fn get(State(app): State<App>, compat: Compat, Path(id): Path<String>) -> Answer {
    let contract = app.engine.contract(resolve::id::<ContractId>(&id, "id")?).await?;
    Ok(compat.json(ContractView::from(contract)))
}

/// Who subscribes to the contract's asset, whatever the version they registered at.
#[utoipa::path(get, path = "/api/v1/contracts/{id}/registrations", tag = "contracts", params(("id" = Uuid, Path), Paging), responses((status = 200, body = Listing<RegistrationView>)))]
async fn registrations(
    State(app): State<App>,
    compat: Compat,
    Path(id): Path<String>,
    Params(q): Params<Paging>,
) -> Answer {
    let page = page(q.limit, q.offset)?;
    let contract = app.engine.contract(resolve::id::<ContractId>(&id, "id")?).await?;
    let all = app.engine.registrations(Some(contract.asset), None).await?;
    let names = Names::load(&app).await?;
    Ok(listing(compat, page, map(cut(all, page), |r| RegistrationView::new(r, &names))))
}

/// An asset's versions with the size of each change, newest first.
#[utoipa::path(get, path = "/api/v1/assets/{asset}/contracts/history", tag = "contracts", params(("asset" = String, Path, description = "Id or name"), Paging), responses((status = 200, body = History)))]
async fn history(
    State(app): State<App>,
    compat: Compat,
    Path(asset): Path<String>,
    Params(q): Params<Paging>,
) -> Answer {
    let page = page(q.limit, q.offset)?;
    let asset = resolve::asset(&app, &asset).await?;
    // One more than shown: the oldest shown is compared with the one before it.
    let wider = Page { limit: page.limit + 1, offset: page.offset };
    let contracts = app.engine.contracts(Some(asset.id), wider).await?.items;
    let mut entries = Vec::new();
    for (at, contract) in contracts.iter().take(page.limit as usize).enumerate() {
        let before = contracts.get(at + 1).filter(|before| before.format == contract.format);
        let changes = match before {
            Some(before) => {
                let (from, to) = (before.version.to_string(), contract.version.to_string());
                Some(app.engine.diff_versions(asset.id, &from, &to).await?)
            }
            None => None,
        };
        let changes = changes.as_deref();
        entries.push(HistoryEntry {
            contract: ContractView::from(contract.clone()),
            change_type: changes.map(change_type),
            changes: changes.map_or(0, <[_]>::len),
            breaking_changes: changes.map_or(0, |changes| changes.iter().filter(|change| change.breaking).count()),
        });
    }
    Ok(compat.json(History { asset_id: asset.id.0, asset_fqn: asset.fqn, contracts: entries }))
}

/// What changed between two versions, judged under the asset's mode.
#[utoipa::path(get, path = "/api/v1/assets/{asset}/contracts/diff", tag = "contracts", params(("asset" = String, Path, description = "Id or name"), DiffQuery), responses((status = 200, body = VersionDiff)))]
async fn diff(
    State(app): State<App>,
    compat: Compat,
    Path(asset): Path<String>,
    Params(q): Params<DiffQuery>,
) -> Answer {
    let asset = resolve::asset(&app, &asset).await?;
    let changes = app.engine.diff_versions(asset.id, &q.from_version, &q.to_version).await?;
    let all_changes = views(&changes);
    let breaking_changes = breaking(&all_changes);
    Ok(compat.json(VersionDiff {
        asset_id: asset.id.0,
        from_version: q.from_version,
        to_version: q.to_version,
        change_type: change_type(&changes),
        compatibility_mode: asset.compatibility.to_string(),
        compatibility_sentence: asset.compatibility.mode.sentence(),
        is_compatible: breaking_changes.is_empty(),
        breaking_changes,
        all_changes,
    }))
}

/// Compares two schemas, or two contracts, and stores nothing.
#[utoipa::path(post, path = "/api/v1/contracts/compare", tag = "contracts", request_body = CompareRequest, responses((status = 200, body = Comparison)))]
async fn compare(State(app): State<App>, compat: Compat, Body(b): Body<CompareRequest>) -> Answer {
    let asked = mode(b.compatibility_mode.as_deref())?;
    let asked_format = format(b.schema_format.as_deref(), &["body", "schema_format"])?;
    let (format, old, new, own) = match (b.old_schema, b.new_schema, b.contract_id_1, b.contract_id_2) {
        (Some(old), Some(new), None, None) => (asked_format, old, new, Compatibility::default()),
        (None, None, Some(first), Some(second)) => {
            let old = app.engine.contract(ContractId(first)).await?;
            let new = app.engine.contract(ContractId(second)).await?;
            if old.format != new.format {
                let (a, b) = (old.format.name(), new.format.name());
                return Err(Problem::invalid(&["body"], format!("the contracts are of two formats, {a} and {b}")));
            }
            (Some(old.format), old.schema, new.schema, old.compatibility)
        }
        _ => {
            let wanted = "give `old_schema` and `new_schema`, or `contract_id_1` and `contract_id_2`";
            return Err(Problem::invalid(&["body"], wanted));
        }
    };
    let compatibility = asked.unwrap_or(own);
    let changes = app.engine.compare(format, &old, &new, compatibility)?;
    let undecided = changes.iter().any(tessera_model::Change::is_undecided);
    let proven = changes.iter().any(|change| change.breaking && !change.is_undecided());
    let all_changes = views(&changes);
    let breaking_changes = breaking(&all_changes);
    Ok(compat.json(Comparison {
        compatible: if proven { Some(false) } else { (!undecided).then_some(breaking_changes.is_empty()) },
        is_compatible: breaking_changes.is_empty(),
        change_type: change_type(&changes),
        compatibility_mode: compatibility.to_string(),
        compatibility_sentence: compatibility.mode.sentence(),
        breaking_changes,
        all_changes,
    }))
}
