//! Lineage of an asset, and who uses a name.

use crate::app::App;
use crate::compat::Compat;
use crate::problem::{Answer, Problem};
use crate::query::Params;
use crate::resolve;
use crate::views::lineage::{LineageView, WhoUsesView};
use axum::extract::{Path, State};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(lineage)).routes(routes!(who_uses))
}

const DEFAULT_DEPTH: usize = 3;
const MAX_DEPTH: usize = 50;

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct LineageQuery {
    /// How many steps away, 1 to 50.
    #[param(minimum = 1, maximum = 50, default = 3)]
    depth: Option<usize>,
    /// Only what this column comes from and goes into.
    column: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct WhoUsesQuery {
    /// `ASSET` or `ASSET.COLUMN`, the asset by full name or by the end of it.
    #[param(example = "fct_orders.amount")]
    name: String,
}

/// What the asset is made from and what is made from it, column by column.
#[utoipa::path(get, path = "/api/v1/assets/{asset}/lineage", tag = "lineage", params(("asset" = String, Path, description = "Id or name"), LineageQuery), responses((status = 200, body = LineageView)))]
async fn lineage(
    State(app): State<App>,
    compat: Compat,
    Path(asset): Path<String>,
    Params(q): Params<LineageQuery>,
) -> Answer {
    let depth = q.depth.unwrap_or(DEFAULT_DEPTH);
    if !(1..=MAX_DEPTH).contains(&depth) {
        return Err(Problem::invalid(&["query", "depth"], format!("{depth} is not between 1 and {MAX_DEPTH}")));
    }
    let asset = resolve::asset(&app, &asset).await?;
    let answer = app.engine.lineage(asset.id, q.column.as_deref(), depth).await?;
    Ok(compat.json(LineageView::new(answer, q.column, depth)))
}

/// Who reads an asset or a column, how, and on what evidence.
#[utoipa::path(get, path = "/api/v1/who-uses", tag = "lineage", params(WhoUsesQuery), responses((status = 200, body = WhoUsesView)))]
async fn who_uses(State(app): State<App>, compat: Compat, Params(q): Params<WhoUsesQuery>) -> Answer {
    let answer = app.engine.who_uses(&q.name).await?;
    Ok(compat.json(WhoUsesView::from(answer)))
}
