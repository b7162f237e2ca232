//! The head of every artifact: which kind it is, who wrote it, in which run. `peek` reads only that, so that a watcher can
//! tell a new run from the one it knows without parsing megabytes.

use crate::bytes;
use crate::error::ArtifactError;
use crate::lenient::{self, Key};
use crate::limits::Limits;
use crate::project::Engine;
use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// Which artifact a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ArtifactKind {
    Manifest,
    Catalog,
    RunResults,
    /// Source freshness.
    Sources,
    SemanticManifest,
    Unknown,
}

/// What the head of an artifact says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peek {
    pub kind: ArtifactKind,
    /// `v12`; empty when absent.
    pub schema_version: String,
    pub dbt_version: String,
    pub invocation_id: Option<String>,
    pub generated_at: Option<Timestamp>,
    pub project_name: Option<String>,
    pub adapter_type: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Metadata {
    #[serde(deserialize_with = "lenient::scalar")]
    pub(crate) dbt_schema_version: Option<String>,
    #[serde(deserialize_with = "lenient::scalar")]
    pub(crate) dbt_version: Option<String>,
    #[serde(deserialize_with = "lenient::scalar")]
    pub(crate) generated_at: Option<String>,
    #[serde(deserialize_with = "lenient::scalar")]
    pub(crate) invocation_id: Option<String>,
    #[serde(deserialize_with = "lenient::scalar")]
    pub(crate) project_name: Option<String>,
    #[serde(deserialize_with = "lenient::scalar")]
    pub(crate) adapter_type: Option<String>,
    #[serde(deserialize_with = "lenient::or_default")]
    pub(crate) quoting: Quoting,
}

/// Whether dbt quotes the parts of relation names.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
pub(crate) struct Quoting {
    pub(crate) database: Option<bool>,
    pub(crate) schema: Option<bool>,
    pub(crate) identifier: Option<bool>,
}

impl Metadata {
    pub(crate) fn kind(&self) -> ArtifactKind {
        let url = self.dbt_schema_version.as_deref().unwrap_or_default();
        match url.rsplit('/').nth(1) {
            Some("manifest") => ArtifactKind::Manifest,
            Some("catalog") => ArtifactKind::Catalog,
            Some("run-results") => ArtifactKind::RunResults,
            Some("sources") => ArtifactKind::Sources,
            Some("semantic-manifest") => ArtifactKind::SemanticManifest,
            _ => ArtifactKind::Unknown,
        }
    }

    /// `v12` of `https://schemas.getdbt.com/dbt/manifest/v12.json`.
    pub(crate) fn version(&self) -> String {
        let url = self.dbt_schema_version.as_deref().unwrap_or_default();
        url.rsplit('/').next().unwrap_or_default().trim_end_matches(".json").to_owned()
    }

    pub(crate) fn generated_at(&self) -> Option<Timestamp> {
        self.generated_at.as_deref().and_then(timestamp)
    }

    pub(crate) fn engine(&self) -> Engine {
        let major = self.dbt_version.as_deref().and_then(|v| v.split('.').next()?.parse::<u32>().ok());
        if major.is_some_and(|m| m >= 2) || self.version() == "v20" { Engine::Fusion } else { Engine::Core }
    }

    fn into_peek(self) -> Peek {
        Peek {
            kind: self.kind(),
            schema_version: self.version(),
            generated_at: self.generated_at(),
            dbt_version: self.dbt_version.unwrap_or_default(),
            invocation_id: self.invocation_id.filter(|i| !i.is_empty()),
            project_name: self.project_name.filter(|p| !p.is_empty()),
            adapter_type: self.adapter_type.filter(|a| !a.is_empty()),
        }
    }
}

/// dbt writes RFC 3339 in UTC; old versions left the zone away.
pub(crate) fn timestamp(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| format!("{text}Z").parse().ok())
}

/// Metadata that begins later than this is not looked for.
const FARTHEST: usize = 64 << 20;

/// Reads an artifact's head: schema version, run, project. Cheap: it stops after the metadata, which dbt writes first;
/// it therefore does not notice a file that is cut off later.
pub fn peek(bytes: &[u8]) -> Result<Peek, ArtifactError> {
    let mut size = 64 * 1024;
    loop {
        let text = bytes::head(bytes, size)?;
        if text.trim_ascii().is_empty() {
            return Err(ArtifactError::Empty);
        }
        let mut head = Head::default();
        let mut reader = serde_json::Deserializer::from_str(&text);
        let error = HeadSeed(&mut head).deserialize(&mut reader).err();
        if let Some(metadata) = head.metadata {
            return Ok(metadata.into_peek());
        }
        match error {
            Some(e) if e.is_eof() && text.len() + 8 >= size => {
                if size >= FARTHEST {
                    return Err(not_an_artifact(&text));
                }
                size *= 8;
            }
            Some(e) if e.is_data() => return Err(not_an_artifact(&text)),
            Some(e) => return Err(lenient::json_error(&text, &e)),
            None => return Err(not_an_artifact(&text)),
        }
    }
}

/// As [`peek`], and makes sure that the text is whole: what a watcher wants to know before it takes a file in. Reads
/// everything once, building nothing.
pub fn peek_whole(bytes: &[u8], limits: &Limits) -> Result<Peek, ArtifactError> {
    let text = bytes::text(bytes, limits)?;
    match serde_json::from_str::<IgnoredAny>(&text) {
        Ok(_) => {}
        Err(e) if e.is_eof() => return Err(lenient::json_error(&text, &e)),
        // NaN may be mended, anything else is for the parser to explain.
        Err(e) if lenient::without_python_constants(&text).is_none() => return Err(lenient::json_error(&text, &e)),
        Err(_) => {}
    }
    peek(bytes)
}

fn not_an_artifact(text: &str) -> ArtifactError {
    ArtifactError::NotA { expected: "dbt artifact".into(), looks_like: looks_like(text) }
}

/// What a JSON text that is not the wanted artifact seems to be.
pub(crate) fn looks_like(text: &str) -> String {
    match text.trim_ascii_start().as_bytes().first() {
        Some(b'[') => return "a JSON list".into(),
        Some(b'"') => return "a JSON string".into(),
        Some(b'{') => {}
        _ => return "a bare JSON value".into(),
    }
    let mut head = Head::default();
    let mut reader = serde_json::Deserializer::from_str(text);
    // Its error is the early stop, or the text's end: the keys seen so far are what counts.
    let _ = HeadSeed(&mut head).deserialize(&mut reader);
    if let Some(metadata) = &head.metadata {
        let version = metadata.version();
        match metadata.kind() {
            ArtifactKind::Manifest => return format!("dbt's manifest.json ({version})"),
            ArtifactKind::Catalog => return format!("dbt's catalog.json ({version})"),
            ArtifactKind::RunResults => return format!("dbt's run_results.json ({version})"),
            ArtifactKind::Sources => return format!("dbt's sources.json ({version})"),
            ArtifactKind::SemanticManifest => return format!("dbt's semantic_manifest.json ({version})"),
            ArtifactKind::Unknown => {}
        }
    }
    describe_keys(&head.keys)
}

fn describe_keys(keys: &[String]) -> String {
    let has = |k: &str| keys.iter().any(|x| x == k);
    if has("start_url") || has("short_name") || has("icons") && has("name") {
        "a web app's manifest.json".into()
    } else if has("manifest_version") {
        "a browser extension's manifest.json".into()
    } else if has("schemaVersion") && (has("layers") || has("manifests")) {
        "a container image's manifest".into()
    } else if has("semantic_models") && has("project_configuration") {
        "dbt's semantic_manifest.json".into()
    } else if has("dependencies") || has("devDependencies") {
        "a package.json".into()
    } else if keys.is_empty() {
        "an empty JSON object".into()
    } else {
        let shown: Vec<String> =
            keys.iter().take(5).map(|k| format!("`{}`", k.chars().take(40).collect::<String>())).collect();
        format!("JSON with the keys {}", shown.join(", "))
    }
}

#[derive(Default)]
struct Head {
    metadata: Option<Metadata>,
    keys: Vec<String>,
}

struct HeadSeed<'h>(&'h mut Head);

impl<'de> DeserializeSeed<'de> for HeadSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for HeadSeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            if self.0.keys.len() < 32 {
                self.0.keys.push(key.clone().into_owned());
            }
            if key == "metadata" {
                let raw = map.next_value::<&'de RawValue>()?;
                self.0.metadata = serde_json::from_str(raw.get()).ok();
                return Err(A::Error::custom("enough"));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(())
    }
}
