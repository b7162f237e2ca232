//! `tessera diff --batch` (INTERFACES): one JSON line in, one out, same order. A bad line becomes an error line.

use crate::advice::advised;
use crate::{DiffError, Options};
use serde_json::{Map, Value, json};
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Dialect};

/// Answers one line. Never fails: what is wrong stands in `error`, with `compatible: null`.
pub fn batch_line(line: &str) -> String {
    let request: Value = match serde_json::from_str(line) {
        Ok(value) => value,
        Err(e) => return failed(&Value::Null, &format!("this line is not JSON: {e}")),
    };
    let id = request.get("id").cloned().unwrap_or(Value::Null);
    match answer(&request) {
        Ok(mut body) => {
            let mut out = Map::new();
            out.insert("id".to_owned(), id);
            out.append(&mut body);
            Value::Object(out).to_string()
        }
        Err(message) => failed(&id, &message),
    }
}

fn failed(id: &Value, message: &str) -> String {
    json!({"id": id, "compatible": null, "undecided": false, "changes": [], "error": message}).to_string()
}

fn answer(request: &Value) -> Result<Map<String, Value>, String> {
    let Some(fields) = request.as_object() else {
        return Err("a line must be an object with `format`, `mode`, `old` and `new`".to_owned());
    };
    let word = |key: &str| match fields.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(s)) => Ok(Some(s.as_str())),
        Some(other) => Err(format!("`{key}` must be text, not {other}")),
    };
    let side = |key: &str| fields.get(key).ok_or_else(|| format!("`{key}` is missing"));
    let format = word("format")?.ok_or("`format` is missing: jsonschema, avro, protobuf, openapi, graphql or table")?;
    let format = SchemaFormat::from_name(format).ok_or_else(|| {
        format!("unknown format `{format}`: use jsonschema, avro, protobuf, openapi, graphql or table")
    })?;
    let compat = Compatibility::parse(word("mode")?.unwrap_or("backward"))?;
    let mut options = Options::default();
    if let Some(name) = word("dialect")? {
        let rules = crate::table::TypeRules::named(name);
        options.dialect = match &rules {
            Some(rules) => rules.dialect,
            None => Dialect::from_name(name).ok_or_else(|| format!("unknown dialect `{name}`"))?,
        };
        options.type_rules = rules.map(|_| name.to_owned());
    }
    let (old, new) = (side("old")?, side("new")?);
    let name = if format == SchemaFormat::Table { word("table")? } else { None };
    let outcome = advised(format, old, new, compat, &options, name).map_err(|e: DiffError| e.to_string())?;
    let compatible = outcome.compatible();
    let mut out = Map::new();
    out.insert("compatible".to_owned(), json!(compatible));
    out.insert("undecided".to_owned(), json!(outcome.undecided));
    out.insert("changes".to_owned(), json!(outcome.changes));
    out.insert("error".to_owned(), Value::Null);
    Ok(out)
}

#[cfg(test)]
mod tests;
