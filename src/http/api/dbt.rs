//! dbt artifacts: handing them in, and checking a change before it is deployed.

use crate::app::App;
use crate::auth::Caller;
use crate::body::Raw;
use crate::compat::Compat;
use crate::problem::{Answer, Problem};
use crate::query::Params;
use crate::views::check::{CheckDoc, ProposedView};
use crate::views::impact::{ProposalRefView, UploadView};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::value::RawValue;
use tessera_engine::ingest::Ingest;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(upload)).routes(routes!(check)).routes(routes!(propose))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct UploadQuery {
    /// Default: the project named in the manifest.
    project: Option<String>,
    /// Default: `production`.
    environment: Option<String>,
    /// "The removal of many models at once is meant": accepts a manifest that was held for it.
    #[serde(default)]
    confirm: bool,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct CheckQuery {
    /// Only these nodes, in dbt's selection language.
    #[param(example = "fct_orders+")]
    select: Option<String>,
}

/// Both artifacts in one JSON body. Kept as text: a manifest has tens of megabytes and is parsed once, by the engine.
#[derive(Debug, Deserialize)]
struct Artifacts<'a> {
    #[serde(borrow)]
    manifest: Option<&'a RawValue>,
    #[serde(borrow)]
    catalog: Option<&'a RawValue>,
}

/// Is the first key one of a manifest's own? Then a body of tens of megabytes need not be looked through here.
fn is_bare_manifest(bytes: &[u8]) -> bool {
    let rest = bytes.trim_ascii_start().strip_prefix(b"{").unwrap_or_default().trim_ascii_start();
    rest.starts_with(b"\"metadata\"") || rest.starts_with(b"\"nodes\"")
}

/// The manifest and, if given, the catalog. A manifest of dbt's has no top-level key `manifest`.
fn artifacts(bytes: &[u8]) -> Answer<(&[u8], Option<&[u8]>)> {
    if bytes.trim_ascii().is_empty() {
        return Err(Problem::invalid(
            &["body"],
            "send the manifest.json (plain or gzipped), or {\"manifest\": …, \"catalog\": …}",
        ));
    }
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return Ok((bytes, None));
    }
    if is_bare_manifest(bytes) {
        return Ok((bytes, None));
    }
    // What is no whole JSON goes on as it is: the reader of manifests says best what is wrong with it.
    let Ok(both) = serde_json::from_slice::<Artifacts<'_>>(bytes) else { return Ok((bytes, None)) };
    let catalog = both.catalog.map(|raw| raw.get().as_bytes()).filter(|raw| *raw != b"null");
    match both.manifest {
        Some(manifest) => Ok((manifest.get().as_bytes(), catalog)),
        None => Ok((bytes, None)),
    }
}

/// Hands in a manifest: assets, contracts, readers and owners follow it; breaking changes become proposals. The body is
/// `manifest.json`, plain or gzipped, or `{"manifest": …, "catalog": …}`.
#[utoipa::path(post, path = "/api/v1/dbt/upload", tag = "dbt", params(UploadQuery), request_body(content = Object, description = "manifest.json (plain or gzipped), or both artifacts by name"), responses((status = 200, body = UploadView)))]
async fn upload(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Params(q): Params<UploadQuery>,
    Raw(bytes): Raw,
) -> Answer {
    let (manifest, catalog) = artifacts(&bytes)?;
    let (project, environment) = (q.project.as_deref(), q.environment.as_deref());
    let request = Ingest { project, environment, manifest, catalog, confirmed: q.confirm, ..Ingest::default() };
    let report = app.engine.ingest(&caller.0, request).await?;
    Ok(compat.json(UploadView::from(report)))
}

/// What the change in this manifest would break, against the accepted state and every known reader. Stores nothing. The
/// answer is that of `tessera check --output json`.
#[utoipa::path(post, path = "/api/v1/dbt/check", tag = "dbt", params(CheckQuery), request_body(content = Object, description = "manifest.json (plain or gzipped), or both artifacts by name"), responses((status = 200, body = CheckDoc)))]
async fn check(State(app): State<App>, Params(q): Params<CheckQuery>, Raw(bytes): Raw) -> Answer {
    let (manifest, catalog) = artifacts(&bytes)?;
    let report = app.engine.check(manifest, catalog, q.select.as_deref()).await?;
    Ok(Json(report).into_response())
}

/// Asks before it is built: a proposal for each asset whose change in this manifest needs somebody's answer. Contracts stay as
/// they are; when the change arrives built and was agreed on, it is published from its proposal.
#[utoipa::path(post, path = "/api/v1/dbt/propose", tag = "dbt", params(CheckQuery), request_body(content = Object, description = "manifest.json (plain or gzipped), or both artifacts by name"), responses((status = 200, body = ProposedView)))]
async fn propose(
    State(app): State<App>,
    caller: Caller,
    compat: Compat,
    Params(q): Params<CheckQuery>,
    Raw(bytes): Raw,
) -> Answer {
    let (manifest, catalog) = artifacts(&bytes)?;
    let (report, proposals) = app.engine.propose(&caller.0, manifest, catalog, q.select.as_deref()).await?;
    let proposals = proposals.into_iter().map(ProposalRefView::from).collect();
    Ok(compat.json(ProposedView { report, proposals }))
}
