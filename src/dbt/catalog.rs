//! `catalog.json`: the columns that really stood in the warehouse when `dbt docs generate` ran. It may be partial
//! (`--select`) and it may belong to another run than the manifest; see `shape` for when it counts.

use crate::bytes;
use crate::error::ArtifactError;
use crate::lenient::{self, entries, object, or_default, read, scalar, scalar_text};
use crate::limits::Limits;
use crate::metadata::{ArtifactKind, Metadata, looks_like, timestamp};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use tessera_model::{Dialect, Finding, TableName};

#[derive(Debug, Clone, PartialEq)]
pub struct CatalogArtifact {
    /// `v1`; `v0` has no name in the file.
    pub schema_version: String,
    pub dbt_version: String,
    pub invocation_id: Option<String>,
    pub generated_at: Option<Timestamp>,
    /// Models, seeds and snapshots by unique id.
    pub nodes: BTreeMap<String, CatalogTable>,
    pub sources: BTreeMap<String, CatalogTable>,
    /// What dbt could not read.
    pub errors: Vec<String>,
    pub findings: Vec<Finding>,
}

impl CatalogArtifact {
    pub fn table(&self, unique_id: &str) -> Option<&CatalogTable> {
        self.nodes.get(unique_id).or_else(|| self.sources.get(unique_id))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct CatalogTable {
    pub unique_id: String,
    /// `BASE TABLE`, `VIEW`, … as the warehouse says it.
    pub kind: String,
    /// As the warehouse stores them; empty parts are `None`.
    pub database: Option<String>,
    pub schema: Option<String>,
    pub name: String,
    pub owner: Option<String>,
    pub comment: Option<String>,
    /// In the table's order.
    pub columns: Vec<CatalogColumn>,
    pub row_count: Option<u64>,
}

impl CatalogTable {
    /// Names in a catalog are already stored names.
    pub fn relation(&self) -> TableName {
        TableName::new(self.database.as_deref(), self.schema.as_deref(), &self.name)
    }

    /// The column of that stored name.
    pub fn column(&self, dialect: Dialect, name: &str) -> Option<&CatalogColumn> {
        let key = dialect.column_folding().key(name);
        self.columns.iter().find(|c| dialect.column_folding().key(&c.name) == key)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogColumn {
    /// Stored name.
    pub name: String,
    pub data_type: Option<String>,
    pub index: Option<u32>,
    pub comment: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawCatalog<'a> {
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    /// v0 stands without metadata.
    #[serde(deserialize_with = "scalar")]
    generated_at: Option<String>,
    #[serde(borrow)]
    nodes: Option<&'a RawValue>,
    #[serde(borrow)]
    sources: Option<&'a RawValue>,
    #[serde(deserialize_with = "or_default")]
    errors: Vec<Value>,
    #[serde(borrow)]
    macros: Option<&'a RawValue>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawTable {
    #[serde(deserialize_with = "or_default")]
    metadata: RawTableMetadata,
    #[serde(deserialize_with = "object")]
    columns: Map<String, Value>,
    #[serde(deserialize_with = "object")]
    stats: Map<String, Value>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RawTableMetadata {
    #[serde(rename = "type", deserialize_with = "scalar")]
    kind: Option<String>,
    #[serde(deserialize_with = "scalar")]
    database: Option<String>,
    #[serde(deserialize_with = "scalar")]
    schema: Option<String>,
    #[serde(deserialize_with = "scalar")]
    name: Option<String>,
    #[serde(deserialize_with = "scalar")]
    owner: Option<String>,
    #[serde(deserialize_with = "scalar")]
    comment: Option<String>,
}

/// Reads a catalog, plain or gzipped.
pub fn parse_catalog(bytes: &[u8], limits: &Limits) -> Result<CatalogArtifact, ArtifactError> {
    let text = bytes::text(bytes, limits)?;
    let not_a = || ArtifactError::NotA { expected: "dbt catalog".into(), looks_like: looks_like(&text) };
    let raw: RawCatalog<'_> =
        serde_json::from_str(&text).map_err(|e| if e.is_data() { not_a() } else { lenient::json_error(&text, &e) })?;
    let metadata = match raw.metadata {
        None => Metadata::default(),
        Some(m) => read::<Metadata>(m, limits).map(|r| r.value).unwrap_or_default(),
    };
    match metadata.kind() {
        ArtifactKind::Catalog => {}
        ArtifactKind::Unknown if raw.nodes.is_some() && raw.macros.is_none() => {}
        _ => return Err(not_a()),
    }
    let mut findings = Vec::new();
    if !matches!(metadata.version().as_str(), "" | "v0" | "v1") {
        let message = format!("catalog version `{}` is not known; it is read with v1's rules", metadata.version());
        findings
            .push(Finding::warning("unknown-schema-version", message).remedy("look for a newer release of Tessera"));
    }
    let errors: Vec<String> = raw.errors.iter().filter_map(scalar_text).collect();
    for error in errors.iter().map(|e| e.lines().next().unwrap_or_default().trim()) {
        findings.push(
            Finding::warning("catalog-error", format!("dbt could not read a part of the catalog: {error}"))
                .remedy("run `dbt docs generate` with a role that may read every schema"),
        );
    }
    let nodes = tables("nodes", raw.nodes, limits, &mut findings);
    let sources = tables("sources", raw.sources, limits, &mut findings);
    Ok(CatalogArtifact {
        schema_version: if metadata.version().is_empty() { "v0".into() } else { metadata.version() },
        generated_at: metadata.generated_at().or(raw.generated_at.as_deref().and_then(timestamp)),
        dbt_version: metadata.dbt_version.unwrap_or_default(),
        invocation_id: metadata.invocation_id.filter(|i| !i.is_empty()),
        nodes,
        sources,
        errors,
        findings,
    })
}

fn tables(
    what: &str,
    raw: Option<&RawValue>,
    limits: &Limits,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, CatalogTable> {
    let mut out = BTreeMap::new();
    for (id, raw) in raw.map(entries).unwrap_or_default() {
        match read::<RawTable>(raw, limits) {
            Ok(read) => {
                out.insert(id.to_string(), table(id.into_owned(), read.value));
            }
            Err(why) => findings.push(
                Finding::error(
                    "malformed-node",
                    format!("an entry of the catalog's `{what}` cannot be read and is left out: {why}"),
                )
                .about(id.into_owned())
                .remedy("run `dbt docs generate` again"),
            ),
        }
    }
    out
}

fn table(unique_id: String, raw: RawTable) -> CatalogTable {
    let text = |v: &Value, key: &str| v.get(key).and_then(scalar_text).filter(|s| !s.is_empty());
    let mut columns: Vec<CatalogColumn> = raw
        .columns
        .iter()
        .map(|(key, c)| CatalogColumn {
            name: text(c, "name").unwrap_or_else(|| key.clone()),
            data_type: text(c, "type"),
            index: text(c, "index").and_then(|i| i.parse::<f64>().ok()).map(|i| i as u32),
            comment: text(c, "comment"),
        })
        .collect();
    columns.sort_by_key(|c| c.index.unwrap_or(u32::MAX));
    let m = raw.metadata;
    let filled = |s: Option<String>| s.filter(|s| !s.is_empty());
    CatalogTable {
        name: filled(m.name).unwrap_or_else(|| unique_id.rsplit('.').next().unwrap_or_default().to_owned()),
        kind: m.kind.unwrap_or_default(),
        database: filled(m.database),
        schema: filled(m.schema),
        owner: filled(m.owner),
        comment: filled(m.comment),
        columns,
        row_count: ["row_count", "num_rows"]
            .iter()
            .find_map(|k| raw.stats.get(*k)?.get("value")?.as_f64())
            .filter(|n| *n >= 0.0)
            .map(|n| n as u64),
        unique_id,
    }
}
