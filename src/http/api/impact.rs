//! What a schema would break.

use crate::api::publish::format;
use crate::app::App;
use crate::body::Body;
use crate::compat::Compat;
use crate::problem::Answer;
use crate::query::Params;
use crate::resolve::{self, Names};
use crate::views::impact::ImpactView;
use axum::extract::{Path, State};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(impact))
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ImpactQuery {
    /// Of the schema in the body; guessed when absent.
    #[serde(alias = "schema_format")]
    format: Option<String>,
    /// Taken for clients of the original; readers are followed as far as the graph goes.
    #[expect(dead_code, reason = "accepted, and without an effect on the answer")]
    depth: Option<u32>,
}

/// A schema comes bare, or alone under `proposed_schema` as the SDK sends it.
fn unwrap(body: Value) -> Value {
    match body {
        Value::Object(mut map)
            if map.len() == 1 && map.get("proposed_schema").is_some_and(|s| s.is_object() || s.is_string()) =>
        {
            map.remove("proposed_schema").unwrap_or_default()
        }
        schema => schema,
    }
}

/// What publishing this schema would break, for whom, and on what evidence. Stores nothing. The body is the schema itself,
/// or `{"proposed_schema": …}`.
#[utoipa::path(post, path = "/api/v1/assets/{asset}/impact", tag = "impact", params(("asset" = String, Path, description = "Id or name"), ImpactQuery), request_body(content = Object, description = "The schema, bare or under `proposed_schema`"), responses((status = 200, body = ImpactView)))]
async fn impact(
    State(app): State<App>,
    compat: Compat,
    Path(asset): Path<String>,
    Params(q): Params<ImpactQuery>,
    Body(body): Body<Value>,
) -> Answer {
    let format = format(q.format.as_deref(), &["query", "format"])?;
    let asset = resolve::asset(&app, &asset).await?;
    let report = app.engine.impact(asset.id, &unwrap(body), format).await?;
    let names = Names::load(&app).await?;
    Ok(compat.json(ImpactView::new(report, &asset.fqn, &names)))
}
