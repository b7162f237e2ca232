//! Contracts and registrations: what a producer promises, and who has said that they rely on it.

use crate::Fingerprint;
use crate::ids::{AssetId, ContractId, ProposalId, RegistrationId, TeamId, WaiverId};
use crate::mode::Compatibility;
use crate::semver::Version;
use crate::table::TableSchema;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SchemaFormat {
    #[serde(alias = "jsonschema", alias = "json-schema")]
    JsonSchema,
    Avro,
    Protobuf,
    #[serde(alias = "openapi")]
    OpenApi,
    #[serde(alias = "graphql")]
    GraphQl,
    /// [`TableSchema`] as JSON.
    Table,
}

impl SchemaFormat {
    pub fn name(self) -> &'static str {
        match self {
            SchemaFormat::JsonSchema => "json_schema",
            SchemaFormat::Avro => "avro",
            SchemaFormat::Protobuf => "protobuf",
            SchemaFormat::OpenApi => "open_api",
            SchemaFormat::GraphQl => "graph_ql",
            SchemaFormat::Table => "table",
        }
    }

    /// Reads the names used on the command line, in batches and in the API.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().replace(['-', '_'], "").as_str() {
            "jsonschema" | "json" => SchemaFormat::JsonSchema,
            "avro" => SchemaFormat::Avro,
            "protobuf" | "proto" => SchemaFormat::Protobuf,
            "openapi" => SchemaFormat::OpenApi,
            "graphql" => SchemaFormat::GraphQl,
            "table" | "warehouse" => SchemaFormat::Table,
            _ => return None,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContractStatus {
    Active,
    Deprecated,
    Retired,
}

/// One published version. At most one is active per asset, by a database constraint.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contract {
    pub id: ContractId,
    pub asset: AssetId,
    pub version: Version,
    pub format: SchemaFormat,
    pub schema: Value,
    /// Of `schema`.
    pub fingerprint: Fingerprint,
    /// As it was when published; the asset's is what counts.
    pub compatibility: Compatibility,
    #[serde(default)]
    pub guarantees: Value,
    pub status: ContractStatus,
    /// `dbt`, `scan`, `api`, `proposal`.
    pub origin: String,
    pub published_by: Option<TeamId>,
    pub published_at: Timestamp,
    #[serde(default)]
    pub proposal: Option<ProposalId>,
}

impl Contract {
    /// The schema as a table's shape; `None` for other formats.
    pub fn table(&self) -> Option<TableSchema> {
        match self.format {
            SchemaFormat::Table => serde_json::from_value(self.schema.clone()).ok(),
            _ => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RegistrationStatus {
    Active,
    Migrating,
    Inactive,
}

/// A team's subscription to an *asset* (never to one contract version), optionally to named columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Registration {
    pub id: RegistrationId,
    pub asset: AssetId,
    pub team: TeamId,
    /// Empty: the whole asset.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The contract that was active when the consumer registered: a view for clients, not a binding.
    #[serde(default)]
    pub contract: Option<ContractId>,
    #[serde(default)]
    pub pinned_version: Option<String>,
    pub status: RegistrationStatus,
    #[serde(default)]
    pub purpose: Option<String>,
    pub created_at: Timestamp,
    #[serde(default)]
    pub expires_at: Option<Timestamp>,
}

/// An acknowledged exception, bound to asset, column and change; one that matches nothing warns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Waiver {
    pub id: WaiverId,
    pub asset: AssetId,
    #[serde(default)]
    pub column: Option<String>,
    /// Fingerprint of the one change it covers.
    pub change: Fingerprint,
    pub reason: String,
    pub team: Option<TeamId>,
    pub created_by: String,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
}
