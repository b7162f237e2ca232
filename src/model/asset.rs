//! Assets: the things that have contracts. Mostly tables; an API or an event stream is one too.

use crate::dialect::Dialect;
use crate::ids::{AssetId, TeamId};
use crate::mode::Compatibility;
use crate::name::{TableKey, TableName};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Asset {
    pub id: AssetId,
    /// Fully qualified name in stored case: `db.schema.table`.
    pub fqn: String,
    /// Comparable form of `fqn`; unique with `environment` among living assets.
    pub key: TableKey,
    pub environment: String,
    #[serde(default)]
    pub description: Option<String>,
    pub owner: Option<TeamId>,
    /// Where the owner was found: `config`, `exposure`, `group`, `meta`, `codeowners`, `path`, `default`, `api`.
    #[serde(default)]
    pub owner_origin: Option<String>,
    pub dialect: Dialect,
    /// `model`, `source`, `seed`, `snapshot`, `table`, `view`, `materialized_view`, `api_endpoint`, `other`, …
    pub resource_type: String,
    /// Belongs to the asset: a publisher cannot weaken it in the request that breaks it.
    pub compatibility: Compatibility,
    /// dbt project and unique id, if a dbt node builds it.
    #[serde(default)]
    pub project: Option<String>,
    #[serde(default)]
    pub node: Option<String>,
    /// Name of the configured warehouse that observes it.
    #[serde(default)]
    pub warehouse: Option<String>,
    #[serde(default)]
    pub metadata: serde_json::Value,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    #[serde(default)]
    pub deleted_at: Option<Timestamp>,
}

impl Asset {
    pub fn table_name(&self) -> TableName {
        TableName::from_parts(self.fqn.split('.').map(str::to_owned).collect()).unwrap_or_default()
    }
}

/// A declared dependency between two assets (API, OpenLineage); dbt's own are in the graph.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dependency {
    pub id: crate::ids::DependencyId,
    pub dependent: AssetId,
    pub dependency: AssetId,
    /// `consumes`, `references` or `transforms`.
    pub kind: String,
    #[serde(default)]
    pub metadata: serde_json::Value,
    pub created_at: Timestamp,
}
