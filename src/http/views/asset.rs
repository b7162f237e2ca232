//! Assets.

use crate::compat::SdkShape;
use crate::resolve::Names;
use crate::views::{object, or_nil, plain_mode};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tessera_model::asset::Asset;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Asset)]
pub(crate) struct AssetView {
    pub(crate) id: Uuid,
    #[schema(example = "shop.analytics.fct_orders")]
    pub(crate) fqn: String,
    pub(crate) environment: String,
    /// Absent when nobody owns it. (In SDK mode the nil UUID.)
    pub(crate) owner_team_id: Option<Uuid>,
    pub(crate) owner_team: Option<String>,
    /// Where the owner was found: `config`, `exposure`, `group`, `meta`, `codeowners`, `path`, `default`, `api`.
    pub(crate) owner_origin: Option<String>,
    pub(crate) description: Option<String>,
    #[schema(example = "model")]
    pub(crate) resource_type: String,
    pub(crate) dialect: String,
    #[schema(example = "backward")]
    pub(crate) compatibility_mode: String,
    /// What the mode means.
    pub(crate) compatibility_sentence: &'static str,
    /// The dbt project and node that build it.
    pub(crate) project: Option<String>,
    pub(crate) node: Option<String>,
    /// The configured warehouse that observes it.
    pub(crate) warehouse: Option<String>,
    #[schema(value_type = Object)]
    pub(crate) metadata: Value,
    pub(crate) tags: Vec<String>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl AssetView {
    pub(crate) fn new(asset: Asset, names: &Names) -> Self {
        let tags = asset.metadata.get("tags").and_then(Value::as_array);
        let tags = tags.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        AssetView {
            id: asset.id.0,
            environment: asset.environment,
            owner_team_id: asset.owner.map(|team| team.0),
            owner_team: names.of(asset.owner),
            owner_origin: asset.owner_origin,
            description: asset.description,
            resource_type: asset.resource_type,
            dialect: asset.dialect.name().to_owned(),
            compatibility_mode: asset.compatibility.to_string(),
            compatibility_sentence: asset.compatibility.mode.sentence(),
            project: asset.project,
            node: asset.node,
            warehouse: asset.warehouse,
            metadata: object(&asset.metadata),
            tags,
            created_at: asset.created_at,
            updated_at: asset.updated_at,
            fqn: asset.fqn,
        }
    }
}

impl SdkShape for AssetView {
    fn to_sdk(&mut self) {
        or_nil(&mut self.owner_team_id);
        plain_mode(&mut self.compatibility_mode);
    }
}
