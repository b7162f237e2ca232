//! Contracts, and what came of publishing one.

use crate::compat::SdkShape;
use crate::views::change::ChangeView;
use crate::views::proposal::ProposalView;
use crate::views::{object, or_nil, plain_mode, schema_object, words};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use tessera_model::contract::{Contract, ContractStatus, SchemaFormat};
use tessera_model::semver::ChangeType;
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Contract)]
pub(crate) struct ContractView {
    pub(crate) id: Uuid,
    pub(crate) asset_id: Uuid,
    #[schema(example = "1.2.0")]
    pub(crate) version: String,
    /// The schema as published.
    pub(crate) schema_def: Value,
    /// The same once more, under the other name that clients know.
    pub(crate) schema: Value,
    #[schema(value_type = words::SchemaFormat)]
    pub(crate) schema_format: SchemaFormat,
    pub(crate) fingerprint: String,
    /// As it was when published; the asset's own is what counts.
    pub(crate) compatibility_mode: String,
    pub(crate) compatibility_sentence: &'static str,
    #[schema(value_type = Object)]
    pub(crate) guarantees: Value,
    #[schema(value_type = words::ContractStatus)]
    pub(crate) status: ContractStatus,
    /// `dbt`, `scan`, `api` or `proposal`.
    pub(crate) origin: String,
    pub(crate) published_at: Timestamp,
    /// The publishing team. (In SDK mode the nil UUID when there is none.)
    pub(crate) published_by: Option<Uuid>,
    pub(crate) proposal_id: Option<Uuid>,
}

impl From<Contract> for ContractView {
    fn from(contract: Contract) -> Self {
        ContractView {
            id: contract.id.0,
            asset_id: contract.asset.0,
            version: contract.version.to_string(),
            schema_def: contract.schema.clone(),
            schema: contract.schema,
            schema_format: contract.format,
            fingerprint: contract.fingerprint.0,
            compatibility_mode: contract.compatibility.to_string(),
            compatibility_sentence: contract.compatibility.mode.sentence(),
            guarantees: object(&contract.guarantees),
            status: contract.status,
            origin: contract.origin,
            published_at: contract.published_at,
            published_by: contract.published_by.map(|team| team.0),
            proposal_id: contract.proposal.map(|proposal| proposal.0),
        }
    }
}

impl SdkShape for ContractView {
    fn to_sdk(&mut self) {
        or_nil(&mut self.published_by);
        plain_mode(&mut self.compatibility_mode);
        schema_object(&mut self.schema_def);
        schema_object(&mut self.schema);
        sdk_guarantees(&mut self.guarantees);
    }
}

/// The SDK knows four groups of guarantees with fixed types: `freshness` and `volume` objects, `nullability` of strings,
/// `accepted_values` of string lists. What does not fit is kept under `other`, which its models ignore.
pub(crate) fn sdk_guarantees(guarantees: &mut Value) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let Value::Object(all) = guarantees else { return };
    let mut other = Map::new();
    for (group, value) in all.iter_mut() {
        let fits = match (group.as_str(), &mut *value) {
            ("freshness" | "volume" | "nullability" | "accepted_values", Value::Null) => true,
            ("freshness" | "volume", Value::Object(_)) => true,
            ("nullability", Value::Object(columns)) => {
                columns.values_mut().for_each(|v| *v = Value::String(text(v)));
                true
            }
            ("accepted_values", Value::Object(columns)) => {
                for values in columns.values_mut() {
                    let list = match values.take() {
                        Value::Array(list) => list,
                        single => vec![single],
                    };
                    *values = list.iter().map(|v| Value::String(text(v))).collect();
                }
                true
            }
            ("freshness" | "volume" | "nullability" | "accepted_values", _) => false,
            _ => true,
        };
        if !fits {
            other.insert(group.clone(), value.take());
        }
    }
    if !other.is_empty() {
        all.insert("other".into(), Value::Object(other));
    }
}

/// What came of a publish request.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Published {
    /// `published`, `proposal.created`, `force.published` or `unchanged`.
    #[schema(example = "published")]
    pub(crate) action: &'static str,
    pub(crate) contract: Option<ContractView>,
    /// Opened because the change breaks somebody.
    pub(crate) proposal: Option<ProposalView>,
    #[schema(value_type = words::ChangeType)]
    pub(crate) change_type: ChangeType,
    pub(crate) breaking_changes: Vec<ChangeView>,
    pub(crate) changes: Vec<ChangeView>,
    /// What happened, in a sentence.
    pub(crate) message: String,
    pub(crate) warnings: Vec<String>,
    /// True: nothing was stored.
    pub(crate) dry_run: bool,
}

impl SdkShape for Published {
    fn to_sdk(&mut self) {
        self.contract.iter_mut().for_each(SdkShape::to_sdk);
        self.proposal.iter_mut().for_each(SdkShape::to_sdk);
        self.breaking_changes.iter_mut().for_each(SdkShape::to_sdk);
    }
}

/// All versions of an asset's contract, newest first.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct History {
    pub(crate) asset_id: Uuid,
    pub(crate) asset_fqn: String,
    pub(crate) contracts: Vec<HistoryEntry>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HistoryEntry {
    #[serde(flatten)]
    pub(crate) contract: ContractView,
    /// Against the version before it; absent for the first.
    #[schema(value_type = Option<words::ChangeType>)]
    pub(crate) change_type: Option<ChangeType>,
    pub(crate) changes: usize,
    pub(crate) breaking_changes: usize,
}

impl SdkShape for History {
    fn to_sdk(&mut self) {
        self.contracts.iter_mut().for_each(|entry| entry.contract.to_sdk());
    }
}

/// The difference of two versions, judged under the asset's mode.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct VersionDiff {
    pub(crate) asset_id: Uuid,
    pub(crate) from_version: String,
    pub(crate) to_version: String,
    #[schema(value_type = words::ChangeType)]
    pub(crate) change_type: ChangeType,
    pub(crate) compatibility_mode: String,
    pub(crate) compatibility_sentence: &'static str,
    pub(crate) is_compatible: bool,
    pub(crate) breaking_changes: Vec<ChangeView>,
    pub(crate) all_changes: Vec<ChangeView>,
}

impl SdkShape for VersionDiff {
    fn to_sdk(&mut self) {
        plain_mode(&mut self.compatibility_mode);
        self.breaking_changes.iter_mut().for_each(SdkShape::to_sdk);
    }
}

/// The difference of two schemas.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Comparison {
    /// `null` when it could not be decided.
    pub(crate) compatible: Option<bool>,
    pub(crate) is_compatible: bool,
    #[schema(value_type = words::ChangeType)]
    pub(crate) change_type: ChangeType,
    pub(crate) compatibility_mode: String,
    pub(crate) compatibility_sentence: &'static str,
    pub(crate) breaking_changes: Vec<ChangeView>,
    pub(crate) all_changes: Vec<ChangeView>,
}

impl SdkShape for Comparison {
    fn to_sdk(&mut self) {
        plain_mode(&mut self.compatibility_mode);
    }
}
