//! GraphQL: definitions as SDL or as an introspection result, compared by the change types of graphql-js. `reads` is
//! what a client of the old schema meets on the new server, `writes` the same the other way round, so every rule is
//! written once, for a client, and asked in both directions. What may surprise a client, but answers it, is risky.

mod advice;
mod compare;
mod directives;
mod fields;
mod introspection;
mod lex;
mod model;
mod reach;
mod sdl;
mod values;
mod witness;

#[cfg(test)]
mod tests;

use crate::{Diff, DiffError, Options, Side};
use model::Schema;
use serde_json::Value;
use tessera_model::Compatibility;

pub(crate) fn diff(old: &Value, new: &Value, compat: Compatibility, options: &Options) -> Result<Diff, DiffError> {
    let (before, after) = (read(old, Side::Old)?, read(new, Side::New)?);
    let mut changes = compare::explain(&before, &after, options.budget);
    witness::show(&mut changes, &before, &after);
    Ok(Diff::judged(changes, compat, &options.policy))
}

/// SDL text, the text or value of an introspection result, or several SDL files by name.
fn read(value: &Value, side: Side) -> Result<Schema, DiffError> {
    let wrong = |path: &str, message: String| DiffError::NotASchema { side, message, path: path.to_owned() };
    let mut schema = Schema::default();
    match value {
        Value::String(text) if text.trim_start().starts_with('{') => {
            let parsed: Value =
                serde_json::from_str(text).map_err(|e| wrong("", format!("this is neither SDL nor JSON: {e}")))?;
            introspection::read(&parsed, &mut schema).map_err(|e| wrong("", e))?;
        }
        Value::String(text) => sdl::read(text, &mut schema).map_err(|e| wrong("", e))?,
        Value::Object(object) if introspection::is(object) => {
            introspection::read(value, &mut schema).map_err(|e| wrong("", e))?;
        }
        Value::Object(files) => {
            for (name, text) in files {
                let Some(text) = text.as_str() else {
                    return Err(wrong(
                        name,
                        "expected a file's SDL text, or `__schema` of an introspection".to_owned(),
                    ));
                };
                sdl::read(text, &mut schema).map_err(|e| wrong(name, e))?;
            }
        }
        _ => return Err(wrong("", "a GraphQL schema is SDL text or an introspection result".to_owned())),
    }
    schema.finish().map_err(|e| wrong("", e))?;
    Ok(schema)
}
