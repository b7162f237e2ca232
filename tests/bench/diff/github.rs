//! One big case: the component schemas of GitHub's REST description as definitions, the root is `pull-request`; every 23rd
//! definition is changed, and two that the root reaches. `GITHUB_OPENAPI` names the file.

use crate::Measured;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use tessera_diff::{Options, diff};
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Mode};

/// The schema before and after.
pub fn pair() -> Result<(Value, Value, usize)> {
    let file = std::env::var("GITHUB_OPENAPI").context("set GITHUB_OPENAPI to a description of @octokit/openapi")?;
    let text = std::fs::read_to_string(&file)
        .with_context(|| file.clone())?
        .replace("#/components/schemas/", "#/definitions/");
    let mut document: Value = serde_json::from_str(&text)?;
    let definitions = document["components"]["schemas"].take();
    let count = definitions.as_object().context("no components.schemas")?.len();
    let old = json!({"$ref": "#/definitions/pull-request", "definitions": definitions});
    let mut new = old.clone();
    let all = new["definitions"].as_object_mut().context("definitions")?;
    for (i, schema) in all.values_mut().enumerate().filter(|(i, _)| i % 23 == 0) {
        if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            let key = properties.keys().nth(i % properties.len().max(1)).cloned();
            key.and_then(|k| properties.shift_remove(&k));
        }
    }
    // Within reach of the root: a label's colour becomes a number, a user's login may be null.
    all["pull-request"]["properties"]["labels"]["items"]["properties"]["color"] = json!({"type": "integer"});
    all["simple-user"]["properties"]["login"] = json!({"type": ["string", "null"]});
    Ok((old, new, count))
}

pub fn measure(name: &str) -> Result<Measured> {
    let (old, new, count) = pair()?;
    Ok(match name {
        "tessera" => Measured::over(|| {
            let answer =
                diff(SchemaFormat::JsonSchema, &old, &new, Compatibility::new(Mode::Backward), &Options::default());
            let said = match answer {
                Ok(d) => {
                    let proved = d.changes.iter().filter(|c| c.witness.is_some()).count();
                    let open = d.changes.iter().filter(|c| c.is_undecided()).count();
                    format!(
                        "{count} definitions: {} changes, {proved} with a witness, {open} undecided, compatible: {:?}",
                        d.changes.len(),
                        d.compatible()
                    )
                }
                Err(e) => e.to_string(),
            };
            (1, said)
        }),
        "json-schema-diff" => Measured::over(|| {
            let said = json_schema_diff::diff(old.clone(), new.clone())
                .map_or_else(|e| e.to_string(), |found| format!("{} changes", found.len()));
            (1, said)
        }),
        other => bail!("no measurement `{other}`"),
    })
}
