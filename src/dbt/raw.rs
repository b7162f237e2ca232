//! The manifest's entries as they stand in the file, of all versions at once: every field may be absent or null, fields
//! that were renamed stand under both names, and fields whose type varies are read as plain values.

use crate::lenient::{flag, object, or_default, scalar, strings};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A model, seed, snapshot, test, analysis, operation, source, metric, semantic model or function.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawNode {
    #[serde(deserialize_with = "or_default")]
    pub(crate) unique_id: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) resource_type: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) package_name: String,
    #[serde(deserialize_with = "strings")]
    pub(crate) fqn: Vec<String>,
    pub(crate) relation_name: Option<String>,
    pub(crate) database: Option<String>,
    pub(crate) schema: Option<String>,
    pub(crate) alias: Option<String>,
    pub(crate) identifier: Option<String>,
    pub(crate) source_name: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) raw_code: Option<String>,
    /// Up to v6.
    pub(crate) raw_sql: Option<String>,
    pub(crate) compiled_code: Option<String>,
    /// Up to v6.
    pub(crate) compiled_sql: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) columns: Columns,
    #[serde(deserialize_with = "or_default")]
    pub(crate) contract: RawContract,
    #[serde(deserialize_with = "or_default")]
    pub(crate) constraints: Vec<RawConstraint>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) depends_on: DependsOn,
    #[serde(deserialize_with = "or_default")]
    pub(crate) extra_ctes: Vec<RawCte>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) group: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) access: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) version: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) latest_version: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) deprecation_date: Option<String>,
    #[serde(deserialize_with = "object")]
    pub(crate) meta: Map<String, Value>,
    #[serde(deserialize_with = "object")]
    pub(crate) source_meta: Map<String, Value>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) description: Option<String>,
    pub(crate) original_file_path: Option<String>,
    pub(crate) patch_path: Option<String>,
    pub(crate) compiled_path: Option<String>,
    #[serde(deserialize_with = "strings")]
    pub(crate) tags: Vec<String>,
    pub(crate) checksum: Value,
    #[serde(deserialize_with = "or_default")]
    pub(crate) config: RawConfig,
    pub(crate) test_metadata: Option<RawTest>,
    pub(crate) column_name: Option<String>,
    pub(crate) attached_node: Option<String>,
    #[serde(deserialize_with = "strings")]
    pub(crate) primary_key: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawConfig {
    #[serde(deserialize_with = "flag")]
    pub(crate) enabled: Option<bool>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) materialized: Option<String>,
    #[serde(deserialize_with = "object")]
    pub(crate) meta: Map<String, Value>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) group: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) access: Option<String>,
    #[serde(deserialize_with = "strings")]
    pub(crate) tags: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) contract: RawContract,
    #[serde(deserialize_with = "strings")]
    pub(crate) unique_key: Vec<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) severity: Option<String>,
    #[serde(rename = "where", deserialize_with = "scalar")]
    pub(crate) condition: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) error_if: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawContract {
    #[serde(deserialize_with = "flag")]
    pub(crate) enforced: Option<bool>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) checksum: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawConstraint {
    #[serde(rename = "type", deserialize_with = "scalar")]
    pub(crate) kind: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "strings")]
    pub(crate) columns: Vec<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) expression: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) to: Option<String>,
    #[serde(deserialize_with = "strings")]
    pub(crate) to_columns: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawCte {
    #[serde(deserialize_with = "or_default")]
    pub(crate) id: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) sql: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DependsOn {
    #[serde(deserialize_with = "strings")]
    pub(crate) nodes: Vec<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawTest {
    #[serde(deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(deserialize_with = "scalar")]
    pub(crate) namespace: Option<String>,
    #[serde(deserialize_with = "object")]
    pub(crate) kwargs: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawColumn {
    #[serde(deserialize_with = "scalar")]
    pub(crate) name: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) data_type: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) description: Option<String>,
    #[serde(deserialize_with = "object")]
    pub(crate) meta: Map<String, Value>,
    #[serde(deserialize_with = "flag")]
    pub(crate) quote: Option<bool>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) constraints: Vec<RawConstraint>,
    #[serde(deserialize_with = "strings")]
    pub(crate) tags: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) config: RawColumnConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawColumnConfig {
    #[serde(deserialize_with = "object")]
    pub(crate) meta: Map<String, Value>,
    #[serde(deserialize_with = "strings")]
    pub(crate) tags: Vec<String>,
}

/// Columns by name, in order; a list of columns reads too.
#[derive(Debug, Default)]
pub(crate) struct Columns(pub(crate) Vec<(String, RawColumn)>);

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> serde::de::Visitor<'de> for V {
            type Value = Columns;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("columns by name")
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Columns, A::Error> {
                let mut out: Vec<(String, RawColumn)> = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    out.push((key, map.next_value::<Option<RawColumn>>()?.unwrap_or_default()));
                }
                Ok(Columns(out))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Columns, A::Error> {
                let mut out = Vec::new();
                while let Some(column) = seq.next_element::<RawColumn>()? {
                    out.push((column.name.clone().unwrap_or_default(), column));
                }
                Ok(Columns(out))
            }
        }
        d.deserialize_any(V)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawGroup {
    #[serde(deserialize_with = "or_default")]
    pub(crate) unique_id: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) package_name: String,
    pub(crate) owner: Value,
    #[serde(deserialize_with = "scalar")]
    pub(crate) description: Option<String>,
    pub(crate) original_file_path: Option<String>,
    #[serde(deserialize_with = "object")]
    pub(crate) meta: Map<String, Value>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) config: RawConfig,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawExposure {
    #[serde(deserialize_with = "or_default")]
    pub(crate) unique_id: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) name: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) package_name: String,
    #[serde(deserialize_with = "strings")]
    pub(crate) fqn: Vec<String>,
    #[serde(rename = "type", deserialize_with = "scalar")]
    pub(crate) kind: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) label: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) url: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) maturity: Option<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) description: Option<String>,
    pub(crate) owner: Value,
    #[serde(deserialize_with = "or_default")]
    pub(crate) depends_on: DependsOn,
    #[serde(deserialize_with = "object")]
    pub(crate) meta: Map<String, Value>,
    #[serde(deserialize_with = "strings")]
    pub(crate) tags: Vec<String>,
    #[serde(deserialize_with = "scalar")]
    pub(crate) group: Option<String>,
    pub(crate) original_file_path: Option<String>,
    #[serde(deserialize_with = "or_default")]
    pub(crate) config: RawConfig,
}

/// A unit test: only what it is about.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct RawUnitTest {
    #[serde(deserialize_with = "or_default")]
    pub(crate) unique_id: String,
    #[serde(deserialize_with = "or_default")]
    pub(crate) depends_on: DependsOn,
    pub(crate) tested_node_unique_id: Option<String>,
}
