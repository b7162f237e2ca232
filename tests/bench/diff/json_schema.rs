//! Small JSON Schema pairs. Ours answers both directions with an explanation and a witness; jsoncompat both directions
//! with yes or no; json-schema-diff the list of changes, each with whether it breaks.

use crate::{Measured, cases};
use anyhow::{Result, bail};
use serde_json::Value;
use tessera_diff::json_schema::contained;
use tessera_diff::{Options, diff};
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Mode};

pub fn measure(name: &str) -> Result<Measured> {
    let pairs = cases::small()?;
    Ok(match name {
        "tessera" => {
            let options = Options::default();
            let compat = || Compatibility::new(Mode::Backward);
            Measured::over(|| {
                let (mut yes, mut no, mut open, mut errors) = (0, 0, 0, 0);
                for p in &pairs {
                    match diff(SchemaFormat::JsonSchema, &p.old, &p.new, compat(), &options).map(|d| d.compatible()) {
                        Ok(Some(true)) => yes += 1,
                        Ok(Some(false)) => no += 1,
                        Ok(None) => open += 1,
                        Err(_) => errors += 1,
                    }
                }
                let said = format!("{yes} compatible, {no} breaking, {open} undecided, {errors} refused");
                (pairs.len(), said)
            })
        }
        "tessera, containment alone" => Measured::over(|| {
            let answered = pairs.iter().filter(|p| contained(&p.new, &p.old, 200_000).is_ok()).count();
            (pairs.len(), format!("{answered} answered (one direction)"))
        }),
        "jsoncompat" => Measured::over(|| {
            let (mut yes, mut no, mut refused) = (0, 0, 0);
            for p in &pairs {
                let document = |v: &Value| jsoncompat::SchemaDocument::from_json(v);
                let answer = match (document(&p.old), document(&p.new)) {
                    (Ok(old), Ok(new)) => jsoncompat::check_compat(&old, &new, jsoncompat::Role::Both).ok(),
                    _ => None,
                };
                match answer {
                    Some(true) => yes += 1,
                    Some(false) => no += 1,
                    None => refused += 1,
                }
            }
            (pairs.len(), format!("{yes} compatible, {no} not proved, {refused} refused"))
        }),
        "json-schema-diff" => {
            // It overflows its stack on recursive references and has no draft 2020-12 tuples.
            let kept: Vec<_> = pairs.iter().filter(|p| !refers(&p.old) && !refers(&p.new)).collect();
            Measured::over(|| {
                let (mut changes, mut refused) = (0, 0);
                for p in &kept {
                    match json_schema_diff::diff(p.old.clone(), p.new.clone()) {
                        Ok(found) => changes += found.len(),
                        Err(_) => refused += 1,
                    }
                }
                let left = pairs.len() - kept.len();
                (kept.len(), format!("{changes} changes, {refused} refused, {left} with references left out"))
            })
        }
        other => bail!("no measurement `{other}`"),
    })
}

fn refers(value: &Value) -> bool {
    value.to_string().contains("\"$ref\"")
}
