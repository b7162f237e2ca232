//! GitHub's REST description (13 MB of JSON) against edited copies, parsing of both texts included; with the most memory
//! that the process had. `GITHUB_OPENAPI` names the file.

use crate::Measured;
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value, json};
use tessera_diff::{Options, diff};
use tessera_model::change::Judgment;
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Mode};

fn edited(name: &str, old: &str) -> Result<String> {
    let mut document: Value = serde_json::from_str(old)?;
    let schemas: &mut Map<String, Value> =
        document["components"]["schemas"].as_object_mut().context("no components.schemas")?;
    match name {
        // One property that many answers have.
        "tessera, one edit" => schemas["simple-user"]["properties"]["login"] = json!({"type": ["string", "null"]}),
        "tessera, every schema" => {
            for schema in schemas.values_mut() {
                if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
                    properties.insert("addedField".to_owned(), json!({"type": "string"}));
                    let first = properties.keys().next().cloned();
                    first.and_then(|k| properties.shift_remove(&k));
                }
            }
        }
        other => bail!("no measurement `{other}`"),
    }
    Ok(document.to_string())
}

/// In MB, where the system says so.
fn most_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let kb: u64 = text.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kb / 1024)
}

pub fn measure(name: &str) -> Result<Measured> {
    let file = std::env::var("GITHUB_OPENAPI").context("set GITHUB_OPENAPI to a description of @octokit/openapi")?;
    let old = std::fs::read_to_string(&file).with_context(|| file.clone())?;
    let new = edited(name, &old)?;
    let (old, new) = (Value::from(old), Value::from(new));
    Ok(Measured::over(|| {
        let answer = diff(SchemaFormat::OpenApi, &old, &new, Compatibility::new(Mode::Backward), &Options::default());
        let mut said = match answer {
            Ok(d) => {
                let fails = d.changes.iter().filter(|c| c.reads == Judgment::Fails).count();
                format!("{} changes, {fails} break", d.changes.len())
            }
            Err(e) => e.to_string(),
        };
        if let Some(mb) = most_memory() {
            said.push_str(&format!(", {mb} MB at most"));
        }
        (1, said)
    }))
}
