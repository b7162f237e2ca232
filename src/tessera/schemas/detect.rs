//! What format a schema has: by its file's ending, else by what stands in it. The reason is always said, so that a wrong
//! guess is seen and can be overridden.

use super::Source;
use anyhow::{Result, bail};
use serde_json::Value;
use tessera_model::contract::SchemaFormat;

/// The format's name as the command line takes it.
pub(crate) fn name(format: SchemaFormat) -> &'static str {
    match format {
        SchemaFormat::JsonSchema => "json-schema",
        SchemaFormat::OpenApi => "openapi",
        SchemaFormat::GraphQl => "graphql",
        other => other.name(),
    }
}

pub(super) fn by_ending(ending: &str) -> Option<(SchemaFormat, String)> {
    let format = match ending {
        "avsc" => SchemaFormat::Avro,
        "proto" | "pb" | "binpb" | "protoset" | "desc" | "fds" => SchemaFormat::Protobuf,
        "graphql" | "graphqls" | "gql" => SchemaFormat::GraphQl,
        _ => return None,
    };
    Some((format, format!("the file ends in .{ending}")))
}

pub(super) fn by_content(value: &Value) -> Option<(SchemaFormat, String)> {
    let has = |key: &str| value.get(key).is_some();
    let format = tessera_engine::impact::guess_format(value);
    let why = match format {
        SchemaFormat::Table => "it has `columns`",
        SchemaFormat::OpenApi if has("swagger") => "it says `swagger`",
        SchemaFormat::OpenApi => "it says `openapi`",
        SchemaFormat::GraphQl if value.is_string() => "it defines GraphQL types",
        SchemaFormat::GraphQl => "it is a GraphQL introspection",
        SchemaFormat::Avro => "its `type` is an Avro one",
        SchemaFormat::Protobuf => "it says `syntax` or `edition`",
        SchemaFormat::JsonSchema => {
            let known =
                ["$schema", "$ref", "$defs", "definitions", "type", "properties", "anyOf", "oneOf", "allOf", "enum"];
            match value {
                Value::Object(map) if map.is_empty() || known.iter().any(|k| map.contains_key(*k)) => {}
                Value::Bool(_) => {}
                _ => return None,
            }
            if has("$schema") { "it says `$schema`" } else { "it looks like a JSON Schema" }
        }
    };
    Some((format, why.to_owned()))
}

pub(super) fn is_manifest(value: &Value) -> bool {
    value.pointer("/metadata/dbt_schema_version").and_then(Value::as_str).is_some_and(|v| v.contains("/manifest/"))
        || value.get("nodes").is_some_and(Value::is_object) && value.get("parent_map").is_some()
}

/// The one format of both sides, with the reason.
pub(crate) fn agree(asked: Option<SchemaFormat>, old: &Source, new: &Source) -> Result<(SchemaFormat, String)> {
    if let Some(format) = asked {
        return Ok((format, "--format says so".to_owned()));
    }
    let how = "say --format json-schema, avro, protobuf, openapi, graphql or table";
    match (&old.format, &new.format) {
        (Some((a, why)), Some((b, _))) if a == b => Ok((*a, why.clone())),
        (Some((a, why)), None) | (None, Some((a, why))) => Ok((*a, why.clone())),
        (Some((a, x)), Some((b, y))) => bail!(
            "the two sides are of different formats: {} is {} ({x}), {} is {} ({y}); compare like with like, or {how}",
            old.label,
            name(*a),
            new.label,
            name(*b),
        ),
        (None, None) => bail!("nothing in {} or {} says what format they have; {how}", old.label, new.label),
    }
}
