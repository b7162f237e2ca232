//! Schemas from the file system and from standard input: JSON, YAML, or the text itself; several `.proto` files as one
//! value; a compiled descriptor set as base64.

use super::{Wanted, detect};
use anyhow::{Context, Result, anyhow, bail};
use base64::Engine as _;
use serde_json::{Map, Value};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use tessera_model::contract::SchemaFormat;

/// Larger inputs are a mistake: the largest published API description is a tenth of it.
const LIMIT: u64 = 256 << 20;
/// Files of one folder, and how deep it is searched.
const FILES: usize = 10_000;
const DEPTH: usize = 32;

pub(super) struct Read {
    pub(super) value: Value,
    pub(super) format: Option<(SchemaFormat, String)>,
    /// As they came, where the value may be a dbt artifact.
    pub(super) bytes: Option<Vec<u8>>,
}

pub(super) fn read(path: &str, wanted: Wanted<'_>) -> Result<Read> {
    if path == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().take(LIMIT).read_to_end(&mut bytes).context("cannot read standard input")?;
        return parse(bytes, "", wanted.format).context("standard input");
    }
    let at = Path::new(path);
    if at.is_dir() {
        return folder(at, wanted);
    }
    if !at.exists() && path.contains(',') {
        let files: Vec<PathBuf> = path.split(',').map(|p| PathBuf::from(p.trim())).collect();
        return several(&files, None);
    }
    let ending = at.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
    parse(bytes_of(at)?, &ending, wanted.format).with_context(|| path.to_owned())
}

/// `orders.json` without folder and ending.
pub(super) fn stem(path: &str) -> Option<String> {
    let name = Path::new(path).file_name()?.to_str()?;
    let stem = name.split('.').next()?;
    (!stem.is_empty() && path != "-").then(|| stem.to_owned())
}

fn bytes_of(path: &Path) -> Result<Vec<u8>> {
    let file = std::fs::File::open(path).map_err(|e| {
        anyhow!("cannot read {}: {e}; name a file, a folder of .proto files, `-`, or registry:URL", path.display())
    })?;
    let mut bytes = Vec::new();
    file.take(LIMIT).read_to_end(&mut bytes).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(bytes)
}

fn parse(bytes: Vec<u8>, ending: &str, asked: Option<SchemaFormat>) -> Result<Read> {
    let format = asked.map(|f| (f, "--format says so".to_owned())).or_else(|| detect::by_ending(ending));
    let plain = crate::commands::plain(&bytes)?;
    if matches!(ending, "pb" | "binpb" | "protoset" | "desc" | "fds") {
        let value = Value::String(base64::engine::general_purpose::STANDARD.encode(&plain));
        return Ok(Read { value, format, bytes: None });
    }
    let text = String::from_utf8(plain).map_err(|e| {
        anyhow!(
            "no UTF-8 text (byte {}); a compiled descriptor set must end in .pb, .binpb, .desc or .protoset",
            e.utf8_error().valid_up_to()
        )
    })?;
    if text.trim().is_empty() {
        bail!("the file is empty");
    }
    let kept = |value: Value| Read { value, format: format.clone(), bytes: Some(bytes) };
    if matches!(ending, "proto" | "graphql" | "graphqls" | "gql") {
        return Ok(kept(Value::String(text)));
    }
    match serde_json::from_str(&text) {
        Ok(value) => Ok(kept(value)),
        Err(e) if matches!(ending, "json" | "avsc" | "schema" | "gz") => {
            Err(anyhow!("line {}, column {}: no JSON: {e}", e.line(), e.column()))
        }
        Err(_) if matches!(ending, "yaml" | "yml") => Ok(kept(yaml(&text)?)),
        // Standard input and unknown endings: YAML when it makes an object, else the text.
        Err(_) => Ok(match yaml(&text) {
            Ok(value @ Value::Object(_)) => kept(value),
            _ => kept(Value::String(text)),
        }),
    }
}

fn yaml(text: &str) -> Result<Value> {
    serde_norway::from_str(text).map_err(|e| anyhow!("no YAML: {e}"))
}

fn folder(path: &Path, wanted: Wanted<'_>) -> Result<Read> {
    if wanted.model.is_some()
        && let Ok(manifest) = crate::artifacts::manifest_file(path)
    {
        return parse(bytes_of(&manifest)?, "json", None).with_context(|| manifest.display().to_string());
    }
    let mut files = Vec::new();
    collect(path, 0, &mut files)?;
    if files.is_empty() {
        bail!(
            "there is no .proto file in {}: name a schema file, or say --model NAME if it is dbt's target folder",
            path.display()
        );
    }
    files.sort();
    several(&files, Some(path))
}

fn collect(path: &Path, depth: usize, out: &mut Vec<PathBuf>) -> Result<()> {
    for entry in std::fs::read_dir(path).with_context(|| format!("cannot read {}", path.display()))? {
        let entry = entry.with_context(|| format!("cannot read {}", path.display()))?;
        let at = entry.path();
        // A link may lead in circles.
        let kind = entry.file_type().with_context(|| format!("cannot read {}", at.display()))?;
        if kind.is_dir() && depth < DEPTH {
            collect(&at, depth + 1, out)?;
        } else if kind.is_file() && at.extension().is_some_and(|e| e == "proto") {
            out.push(at);
        }
        if out.len() > FILES {
            bail!("more than {FILES} .proto files in {}", path.display());
        }
    }
    Ok(())
}

/// `{name: text}`, the names relative to the folder, as imports have them.
fn several(files: &[PathBuf], base: Option<&Path>) -> Result<Read> {
    let mut map = Map::new();
    for file in files {
        let text = String::from_utf8(bytes_of(file)?).map_err(|_| anyhow!("{}: no UTF-8 text", file.display()))?;
        let name = match base.and_then(|b| file.strip_prefix(b).ok()) {
            Some(inside) => inside.to_string_lossy().replace('\\', "/"),
            None => file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default(),
        };
        if map.insert(name.clone(), Value::String(text)).is_some() {
            bail!("two files are called {name}: name their folder instead");
        }
    }
    let why = format!("it is {}", crate::commands::plural(files.len(), ".proto file"));
    let all_proto = files.iter().all(|f| f.extension().is_some_and(|e| e == "proto"));
    let format = all_proto.then_some((SchemaFormat::Protobuf, why));
    Ok(Read { value: Value::Object(map), format, bytes: None })
}
