//! `manifest.json` -> [`Project`]. The envelope is read key by key: known maps are kept unparsed and read entry by entry,
//! so that one bad entry costs that entry; macros, docs, the child map and disabled bodies are passed over unread.

use crate::bytes;
use crate::convert::Converter;
use crate::error::ArtifactError;
use crate::lenient::{self, Key, Keys, entries, read};
use crate::limits::Limits;
use crate::metadata::{ArtifactKind, Metadata, looks_like};
use crate::project::Project;
use crate::raw::{RawExposure, RawGroup, RawNode, RawUnitTest};
use md5::{Digest, Md5};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use tessera_model::{Dialect, Finding};

/// Reads a manifest of any version, plain or gzipped. Fails only when the text as a whole is no manifest; whatever else
/// is wrong is in [`Project::findings`].
pub fn parse_manifest(bytes: &[u8], limits: &Limits) -> Result<Project, ArtifactError> {
    let text = bytes::text(bytes, limits)?;
    let error = match serde_json::from_str::<Envelope<'_>>(&text) {
        Ok(envelope) => return build(&text, &envelope, limits, Vec::new()),
        Err(error) => error,
    };
    if error.is_syntax()
        && let Some((mended, count)) = lenient::without_python_constants(&text)
        && let Ok(envelope) = serde_json::from_str::<Envelope<'_>>(&mended)
    {
        let finding = Finding::warning(
            "not-a-number",
            format!("{count} values are NaN or Infinity, which JSON does not have; they are read as null"),
        )
        .remedy("look for `.nan` or `.inf` in the project's YAML (mostly under `meta`) and remove it");
        return build(&mended, &envelope, limits, vec![finding]);
    }
    if error.is_data() && !text.trim_ascii_start().starts_with('{') {
        return Err(not_a_manifest(&text));
    }
    Err(lenient::json_error(&text, &error))
}

fn not_a_manifest(text: &str) -> ArtifactError {
    ArtifactError::NotA { expected: "dbt manifest".into(), looks_like: looks_like(text) }
}

/// The manifest's top level.
#[derive(Default)]
struct Envelope<'a> {
    metadata: Option<&'a RawValue>,
    nodes: Option<&'a RawValue>,
    sources: Option<&'a RawValue>,
    exposures: Option<&'a RawValue>,
    groups: Option<&'a RawValue>,
    unit_tests: Option<&'a RawValue>,
    disabled: Option<&'a RawValue>,
    /// (map's name, entries)
    semantic: Vec<(&'static str, &'a RawValue)>,
    macros: bool,
    doubled: Vec<String>,
}

impl<'de: 'a, 'a> Deserialize<'de> for Envelope<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Envelope<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a manifest object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<'de>, A::Error> {
                let mut e = Envelope::default();
                let mut seen = BTreeSet::new();
                while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
                    if seen.len() < 64 && !seen.insert(key.clone().into_owned()) {
                        e.doubled.push(key.clone().into_owned());
                    }
                    let slot = match key.as_ref() {
                        "metadata" => &mut e.metadata,
                        "nodes" => &mut e.nodes,
                        "sources" => &mut e.sources,
                        "exposures" => &mut e.exposures,
                        "groups" => &mut e.groups,
                        "unit_tests" => &mut e.unit_tests,
                        "disabled" => &mut e.disabled,
                        "metrics" => {
                            e.semantic.push(("metrics", map.next_value()?));
                            continue;
                        }
                        "semantic_models" => {
                            e.semantic.push(("semantic_models", map.next_value()?));
                            continue;
                        }
                        "saved_queries" => {
                            e.semantic.push(("saved_queries", map.next_value()?));
                            continue;
                        }
                        "functions" => {
                            e.semantic.push(("functions", map.next_value()?));
                            continue;
                        }
                        other => {
                            e.macros |= other == "macros";
                            map.next_value::<IgnoredAny>()?;
                            continue;
                        }
                    };
                    *slot = Some(map.next_value()?);
                }
                Ok(e)
            }
        }
        d.deserialize_map(V)
    }
}

fn build(text: &str, e: &Envelope<'_>, limits: &Limits, findings: Vec<Finding>) -> Result<Project, ArtifactError> {
    let metadata = match e.metadata {
        None => Metadata::default(),
        Some(raw) => read::<Metadata>(raw, limits).map(|r| r.value).unwrap_or_default(),
    };
    let has_nodes = e.nodes.is_some_and(|n| n.get().starts_with('{'));
    match metadata.kind() {
        ArtifactKind::Manifest => {}
        // Hand-made or very old manifests do not name their schema; a catalog has nodes too, but never macros or exposures.
        ArtifactKind::Unknown if has_nodes && (e.macros || e.exposures.is_some()) => {}
        _ => return Err(not_a_manifest(text)),
    }
    let mut reader = EntryReader { limits, findings };
    for key in &e.doubled {
        reader.findings.push(
            Finding::warning(
                "duplicate-key",
                format!("the key `{key}` stands twice at the manifest's top level; the last one is used"),
            )
            .remedy("write the manifest with dbt, or do not merge manifests as text"),
        );
    }
    if !has_nodes {
        reader.findings.push(
            Finding::error("no-nodes", "the manifest has no `nodes`, so nothing can be said about its models")
                .remedy("run `dbt compile` again"),
        );
    }
    let nodes = reader.map::<RawNode>("nodes", e.nodes);
    let sources = reader.map::<RawNode>("sources", e.sources);
    let exposures = reader.map::<RawExposure>("exposures", e.exposures);
    let groups = reader.map::<RawGroup>("groups", e.groups);
    let unit_tests = reader.map::<RawUnitTest>("unit_tests", e.unit_tests);
    let mut semantic = Vec::new();
    for (name, raw) in &e.semantic {
        semantic.extend(reader.map::<RawNode>(name, Some(raw)));
    }
    let disabled = e.disabled.map(disabled_ids).unwrap_or_default();

    let name = project_name(e.metadata, &metadata, &nodes);
    let dialect = dialect(&metadata, &mut reader.findings);
    version_findings(&metadata, &mut reader.findings);
    let project = Project {
        name,
        adapter_type: metadata.adapter_type.clone().unwrap_or_default(),
        dialect,
        schema_version: metadata.version(),
        dbt_version: metadata.dbt_version.clone().unwrap_or_default(),
        engine: metadata.engine(),
        invocation_id: metadata.invocation_id.clone().filter(|i| !i.is_empty()),
        generated_at: metadata.generated_at(),
        nodes: BTreeMap::new(),
        sources: BTreeMap::new(),
        exposures: BTreeMap::new(),
        semantic: BTreeMap::new(),
        groups: BTreeMap::new(),
        disabled,
        unit_tests: unit_tests.len(),
        findings: reader.findings,
    };
    Ok(Converter::new(project, metadata.quoting).run(nodes, sources, exposures, groups, semantic, &unit_tests))
}

/// Entries by unique id; bad and doubled ones become findings.
struct EntryReader<'l> {
    limits: &'l Limits,
    findings: Vec<Finding>,
}

/// Entries that carry their own unique id.
pub(crate) trait HasId {
    fn id(&self) -> &str;
}

macro_rules! has_id {
    ($($t:ty),*) => {$(impl HasId for $t {
        fn id(&self) -> &str {
            &self.unique_id
        }
    })*};
}
has_id!(RawNode, RawExposure, RawGroup, RawUnitTest);

impl EntryReader<'_> {
    fn map<T: DeserializeOwned + HasId>(&mut self, what: &str, raw: Option<&RawValue>) -> BTreeMap<String, T> {
        let mut out = BTreeMap::new();
        for (key, raw) in raw.map(entries).unwrap_or_default() {
            let read = match read::<T>(raw, self.limits) {
                Ok(read) => read,
                Err(why) => {
                    self.findings.push(
                        Finding::error(
                            "malformed-node",
                            format!("an entry of `{what}` cannot be read and is left out: {why}"),
                        )
                        .about(key.into_owned())
                        .remedy("run `dbt compile` again; if it stays, the artifact was changed by another program"),
                    );
                    continue;
                }
            };
            let id = if key.is_empty() { read.value.id().to_owned() } else { key.into_owned() };
            if id.is_empty() {
                self.findings.push(Finding::error(
                    "malformed-node",
                    format!("an entry of `{what}` has no unique id and is left out"),
                ));
                continue;
            }
            if read.doubled {
                self.duplicate(format!("a key stands twice inside an entry of `{what}`; the last one is used"), &id);
            }
            if out.insert(id.clone(), read.value).is_some() {
                self.duplicate(format!("`{what}` has two entries of this id; the last one is used"), &id);
            }
        }
        out
    }

    fn duplicate(&mut self, message: String, id: &str) {
        self.findings.push(
            Finding::warning("duplicate-key", message)
                .about(id)
                .remedy("run `dbt compile` again; do not merge manifests as text"),
        );
    }
}

/// A map by id since v4 (bodies unread), a list of nodes before.
fn disabled_ids(raw: &RawValue) -> Vec<String> {
    #[derive(Deserialize)]
    struct OnlyId {
        unique_id: Option<String>,
    }
    let mut ids = match serde_json::from_str::<Keys>(raw.get()) {
        Ok(keys) => keys.0,
        Err(_) => serde_json::from_str::<Vec<OnlyId>>(raw.get())
            .map(|v| v.into_iter().filter_map(|n| n.unique_id).collect())
            .unwrap_or_default(),
    };
    ids.sort();
    ids.dedup();
    ids
}

/// Manifests before 1.6 do not name the project, but `project_id` is the MD5 of its name; failing that, the package with
/// most models is taken.
fn project_name(raw: Option<&RawValue>, metadata: &Metadata, nodes: &BTreeMap<String, RawNode>) -> String {
    #[derive(Deserialize)]
    struct Id {
        project_id: Option<String>,
    }
    if let Some(name) = metadata.project_name.as_ref().filter(|n| !n.is_empty()) {
        return name.clone();
    }
    let mut packages: BTreeMap<&str, usize> = BTreeMap::new();
    for node in nodes.values() {
        *packages.entry(&node.package_name).or_default() += usize::from(node.resource_type == "model");
    }
    let id = raw.and_then(|r| serde_json::from_str::<Id>(r.get()).ok()).and_then(|i| i.project_id).unwrap_or_default();
    let by_id = packages
        .keys()
        .find(|p| Md5::digest(p.as_bytes()).iter().map(|b| format!("{b:02x}")).collect::<String>() == id);
    let most = || packages.iter().max_by_key(|(_, n)| **n).map(|(p, _)| p);
    by_id.or_else(most).map(|p| (*p).to_owned()).unwrap_or_default()
}

fn dialect(metadata: &Metadata, findings: &mut Vec<Finding>) -> Dialect {
    let adapter = metadata.adapter_type.as_deref().unwrap_or_default();
    if adapter.is_empty() {
        findings.push(
            Finding::warning("no-adapter", "the manifest does not name its adapter; SQL is read with generic rules")
                .remedy("write the manifest with dbt 0.19 or later"),
        );
    }
    Dialect::from_name(adapter).unwrap_or_else(|| {
        findings.push(
            Finding::warning(
                "unknown-adapter",
                format!("the adapter `{adapter}` is not known; SQL is read with generic rules"),
            )
            .remedy("set the project's dialect in tessera.toml"),
        );
        Dialect::Generic
    })
}

fn version_findings(metadata: &Metadata, findings: &mut Vec<Finding>) {
    let version = metadata.version();
    match version.strip_prefix('v').and_then(|v| v.parse::<u32>().ok()) {
        Some(1..=12) => {}
        Some(20) => findings.push(Finding::info(
            "fusion-preview-version",
            "manifest v20 is the label of older Fusion previews; it is read with v12's rules",
        )),
        Some(0) => findings.push(
            Finding::warning("old-schema-version", "manifest v0 is read as well as possible")
                .remedy("use dbt 0.20 or later"),
        ),
        _ if version.is_empty() => findings.push(Finding::warning(
            "unknown-schema-version",
            "the manifest does not name its schema version; it is read with v12's rules",
        )),
        _ => findings.push(
            Finding::warning(
                "unknown-schema-version",
                format!("manifest version `{version}` is not known; it is read with v12's rules"),
            )
            .remedy("look for a newer release of Tessera"),
        ),
    }
}
