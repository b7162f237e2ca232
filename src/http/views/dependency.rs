//! Declared dependencies between assets, under both pairs of names that clients use.

use crate::compat::SdkShape;
use crate::views::object;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tessera_model::asset::Dependency;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Dependency)]
pub(crate) struct DependencyView {
    pub(crate) id: Uuid,
    /// The asset that depends…
    pub(crate) dependent_asset_id: Uuid,
    /// …on this one.
    pub(crate) dependency_asset_id: Uuid,
    /// = `dependent_asset_id`.
    pub(crate) source_asset_id: Uuid,
    /// = `dependency_asset_id`.
    pub(crate) target_asset_id: Uuid,
    /// `consumes`, `references` or `transforms`.
    pub(crate) dependency_type: String,
    #[schema(value_type = Object)]
    pub(crate) metadata: Value,
    pub(crate) created_at: Timestamp,
}

impl SdkShape for DependencyView {}

impl From<Dependency> for DependencyView {
    fn from(dependency: Dependency) -> Self {
        DependencyView {
            id: dependency.id.0,
            dependent_asset_id: dependency.dependent.0,
            dependency_asset_id: dependency.dependency.0,
            source_asset_id: dependency.dependent.0,
            target_asset_id: dependency.dependency.0,
            dependency_type: dependency.kind,
            metadata: object(&dependency.metadata),
            created_at: dependency.created_at,
        }
    }
}
