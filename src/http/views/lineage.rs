//! Lineage of an asset, and who uses a name.

use crate::compat::SdkShape;
use crate::views::reader::{CoverageView, ReaderView};
use crate::views::words;
use serde::Serialize;
use tessera_engine::requests::{LineageAnswer, LineageEdge, UseStatus, WhoUsesAnswer};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Lineage)]
pub(crate) struct LineageView {
    pub(crate) asset_id: Uuid,
    pub(crate) asset_fqn: String,
    /// Only edges of this column, when one was asked for.
    pub(crate) column: Option<String>,
    pub(crate) depth: usize,
    pub(crate) upstream: Vec<EdgeView>,
    pub(crate) downstream: Vec<EdgeView>,
    pub(crate) readers: Vec<ReaderView>,
    pub(crate) coverage: CoverageView,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LineageEdge)]
pub(crate) struct EdgeView {
    pub(crate) from: String,
    pub(crate) from_column: Option<String>,
    pub(crate) to: String,
    pub(crate) to_column: Option<String>,
    /// `identity`, `transformation`, `aggregation`, `join`, `filter`, `group_by`, `sort`, `window`, `conditional`, or
    /// `table` when only the tables are known.
    pub(crate) kind: String,
    pub(crate) from_asset_id: Option<Uuid>,
    pub(crate) to_asset_id: Option<Uuid>,
}

impl From<LineageEdge> for EdgeView {
    fn from(edge: LineageEdge) -> Self {
        EdgeView {
            from: edge.from,
            from_column: edge.from_column,
            to: edge.to,
            to_column: edge.to_column,
            kind: edge.kind,
            from_asset_id: edge.from_asset.map(|asset| asset.0),
            to_asset_id: edge.to_asset.map(|asset| asset.0),
        }
    }
}

impl LineageView {
    pub(crate) fn new(answer: LineageAnswer, column: Option<String>, depth: usize) -> Self {
        LineageView {
            asset_id: answer.asset.id.0,
            asset_fqn: answer.asset.fqn,
            column,
            depth,
            upstream: answer.upstream.into_iter().map(EdgeView::from).collect(),
            downstream: answer.downstream.into_iter().map(EdgeView::from).collect(),
            readers: answer.readers.iter().map(ReaderView::from).collect(),
            coverage: CoverageView::from(&answer.coverage),
        }
    }
}

impl SdkShape for LineageView {}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WhoUses)]
pub(crate) struct WhoUsesView {
    /// Kept apart on purpose: nothing by that name, nobody known to read it, or not covered by what was analysed.
    #[schema(value_type = words::UseStatus)]
    pub(crate) status: UseStatus,
    pub(crate) asset: Option<String>,
    pub(crate) column: Option<String>,
    /// Other assets that the name could mean.
    pub(crate) candidates: Vec<String>,
    pub(crate) readers: Vec<ReaderView>,
    pub(crate) coverage: CoverageView,
}

impl SdkShape for WhoUsesView {}

impl From<WhoUsesAnswer> for WhoUsesView {
    fn from(answer: WhoUsesAnswer) -> Self {
        WhoUsesView {
            status: answer.status,
            asset: answer.asset,
            column: answer.column,
            candidates: answer.candidates,
            readers: answer.readers.iter().map(ReaderView::from).collect(),
            coverage: CoverageView::from(&answer.coverage),
        }
    }
}
