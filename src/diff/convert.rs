//! Tables <-> JSON Schema, where it is lossless enough: clients of the API publish JSON Schema for a table asset.

use serde_json::{Map, Value, json};
use tessera_model::types::Zone;
use tessera_model::{Column, Dialect, LogicalType, TableSchema};

/// A table as a JSON Schema of its rows: every column a property, NOT NULL columns without null. The original spelling
/// of a type is kept under `x-type`, so that reading it back loses nothing.
pub fn json_schema_of_table(table: &TableSchema) -> Value {
    let mut properties = Map::new();
    for column in &table.columns {
        let mut schema = of_type(&column.logical(table.dialect), 0);
        if column.nullable != Some(false) {
            allow_null(&mut schema);
        }
        if let Some(spelling) = &column.data_type {
            schema.insert("x-type".to_owned(), json!(spelling));
        }
        if let Some(comment) = &column.comment {
            schema.insert("description".to_owned(), json!(comment));
        }
        properties.insert(column.name.clone(), Value::Object(schema));
    }
    let required: Vec<&str> =
        table.columns.iter().filter(|c| c.nullable == Some(false)).map(|c| c.name.as_str()).collect();
    let mut out = Map::new();
    out.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
    out.insert("type".to_owned(), json!("object"));
    if let Some(comment) = &table.comment {
        out.insert("description".to_owned(), json!(comment));
    }
    out.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        out.insert("required".to_owned(), json!(required));
    }
    if table.dialect != Dialect::Generic {
        out.insert("x-dialect".to_owned(), json!(table.dialect.name()));
    }
    if !table.primary_key.is_empty() {
        out.insert("x-primary-key".to_owned(), json!(table.primary_key));
    }
    Value::Object(out)
}

fn allow_null(schema: &mut Map<String, Value>) {
    if let Some(Value::String(one)) = schema.get("type") {
        let both = json!([one, "null"]);
        schema.insert("type".to_owned(), both);
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.push(Value::Null);
    }
}

fn of_type(t: &LogicalType, depth: usize) -> Map<String, Value> {
    let object = |value: Value| match value {
        Value::Object(map) => map,
        _ => Map::new(),
    };
    if depth > 32 {
        return Map::new();
    }
    object(match t {
        LogicalType::Bool => json!({"type": "boolean"}),
        LogicalType::Int { bits, signed } if *bits <= 32 => {
            let (low, high) = match (signed, bits) {
                (true, b) => (-(1i64 << (b - 1)), (1i64 << (b - 1)) - 1),
                (false, b) => (0, (1i64 << b) - 1),
            };
            json!({"type": "integer", "minimum": low, "maximum": high})
        }
        LogicalType::Int { signed: false, .. } => json!({"type": "integer", "minimum": 0}),
        LogicalType::Int { .. } => json!({"type": "integer"}),
        LogicalType::Decimal { scale: 0, .. } => json!({"type": "integer"}),
        LogicalType::Decimal { .. } | LogicalType::Float { .. } => json!({"type": "number"}),
        LogicalType::Text { max: Some(n), .. } => json!({"type": "string", "maxLength": n}),
        LogicalType::Text { max: None, .. } => json!({"type": "string"}),
        LogicalType::Bytes { .. } => json!({"type": "string", "contentEncoding": "base64"}),
        LogicalType::Date => json!({"type": "string", "format": "date"}),
        LogicalType::Time { .. } => json!({"type": "string", "format": "time"}),
        // RFC 3339 demands an offset, a wall clock has none.
        LogicalType::Timestamp { zone: Zone::None, .. } => json!({"type": "string", "format": "local-date-time"}),
        LogicalType::Timestamp { .. } => json!({"type": "string", "format": "date-time"}),
        LogicalType::Interval => json!({"type": "string", "format": "duration"}),
        LogicalType::Uuid => json!({"type": "string", "format": "uuid"}),
        LogicalType::Enum(values) => json!({"type": "string", "enum": values}),
        LogicalType::Array(inner) => json!({"type": "array", "items": of_type(inner, depth + 1)}),
        LogicalType::Map(_, value) => json!({"type": "object", "additionalProperties": of_type(value, depth + 1)}),
        LogicalType::Struct(fields) => {
            let members: Map<String, Value> = fields
                .iter()
                .map(|f| {
                    let mut inner = of_type(&f.data_type, depth + 1);
                    allow_null(&mut inner);
                    (f.name.clone(), Value::Object(inner))
                })
                .collect();
            json!({"type": "object", "properties": members})
        }
        LogicalType::Json | LogicalType::Geo | LogicalType::Other(_) | LogicalType::Unknown => json!({}),
    })
}

/// Reads a JSON Schema of rows as a table: properties become columns, `required` without null becomes NOT NULL. `None`
/// when the schema is not that of an object with properties, or when parts of it cannot be said in columns.
pub fn table_of_json_schema(schema: &Value, dialect: Dialect) -> Option<TableSchema> {
    let root = schema.as_object()?;
    if root.get("type").is_some_and(|t| t != "object" && t != &json!(["object"])) {
        return None;
    }
    // These say more about rows than columns can.
    let beyond =
        ["allOf", "anyOf", "oneOf", "not", "if", "$ref", "patternProperties", "dependentSchemas", "dependencies"];
    if beyond.iter().any(|k| root.contains_key(*k)) {
        return None;
    }
    let own = root.get("x-dialect").and_then(Value::as_str).and_then(Dialect::from_name);
    let dialect = own.unwrap_or(dialect);
    let required: Vec<&str> =
        root.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let mut table = TableSchema::new(dialect, Vec::new());
    for (name, property) in root.get("properties")?.as_object()? {
        let (data_type, null) = type_of(property, root, dialect, 0);
        let needed = required.contains(&name.as_str());
        table.columns.push(Column {
            name: name.clone(),
            data_type,
            nullable: null.map(|null| null || !needed),
            default: property.get("default").filter(|d| !d.is_null()).map(|d| match d {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }),
            comment: property.get("description").and_then(Value::as_str).map(str::to_owned),
            type_origin: None,
        });
    }
    table.comment = root.get("description").and_then(Value::as_str).map(str::to_owned);
    if let Some(Value::Array(key)) = root.get("x-primary-key") {
        table.primary_key = key.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    }
    Some(table)
}

/// The spelling of a property's type, and whether it may be null (`None`: cannot be told).
fn type_of(
    schema: &Value,
    root: &Map<String, Value>,
    dialect: Dialect,
    depth: usize,
) -> (Option<String>, Option<bool>) {
    let Some(fields) = schema.as_object() else {
        return (None, None);
    };
    if depth > 16 {
        return (None, None);
    }
    if let Some(target) = fields.get("$ref").and_then(Value::as_str) {
        let found = target.strip_prefix('#').and_then(|p| Value::Object(root.clone()).pointer(p).cloned());
        return found.map_or((None, None), |s| type_of(&s, root, dialect, depth + 1));
    }
    // anyOf [X, null] is how many generators say "optional".
    if let Some(Value::Array(branches)) = fields.get("anyOf").or_else(|| fields.get("oneOf")) {
        let (nulls, others): (Vec<&Value>, Vec<&Value>) =
            branches.iter().partition(|b| b.get("type") == Some(&json!("null")));
        return match others.as_slice() {
            [one] => {
                let (t, null) = type_of(one, root, dialect, depth + 1);
                (t, null.map(|n| n || !nulls.is_empty()))
            }
            _ => (None, None),
        };
    }
    let names: Vec<&str> = match fields.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let null = names.contains(&"null") || fields.get("nullable") == Some(&Value::Bool(true));
    let plain: Vec<&str> = names.into_iter().filter(|n| *n != "null").collect();
    if let Some(spelling) = fields.get("x-type").and_then(Value::as_str) {
        return (Some(spelling.to_owned()), Some(null));
    }
    let logical = logical_of(&plain, fields, root, dialect, depth);
    match logical {
        Some(t) => (Some(t.spell(dialect)), Some(null)),
        None => (None, if plain.is_empty() { None } else { Some(null) }),
    }
}

fn logical_of(
    names: &[&str],
    fields: &Map<String, Value>,
    root: &Map<String, Value>,
    dialect: Dialect,
    depth: usize,
) -> Option<LogicalType> {
    let format = fields.get("format").and_then(Value::as_str).unwrap_or("");
    Some(match names {
        ["boolean"] => LogicalType::Bool,
        ["integer"] => integer(fields, format),
        ["number"] | ["integer", "number"] | ["number", "integer"] => match format {
            "float" => LogicalType::Float { bits: 32 },
            "decimal" => LogicalType::Decimal { precision: None, scale: 0 },
            _ => LogicalType::DOUBLE,
        },
        ["string"] => match format {
            "date" => LogicalType::Date,
            "time" => LogicalType::Time { precision: None, zone: Zone::None },
            "date-time" => LogicalType::TIMESTAMPTZ,
            "local-date-time" => LogicalType::TIMESTAMP,
            "duration" => LogicalType::Interval,
            "uuid" => LogicalType::Uuid,
            "decimal" => LogicalType::Decimal { precision: None, scale: 0 },
            "binary" | "byte" => LogicalType::Bytes { max: None },
            _ if fields.contains_key("contentEncoding") => LogicalType::Bytes { max: None },
            _ => LogicalType::Text {
                max: fields.get("maxLength").and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()),
                fixed: false,
            },
        },
        ["array"] => {
            let (inner, _) = type_of(fields.get("items")?, root, dialect, depth + 1);
            LogicalType::Array(Box::new(inner.map_or(LogicalType::Json, |t| LogicalType::parse(dialect, &t))))
        }
        ["object"] => LogicalType::Json,
        _ => return None,
    })
}

/// Without bounds an integer is 64 bits wide; declared bounds choose the smallest width that holds them.
fn integer(fields: &Map<String, Value>, format: &str) -> LogicalType {
    match format {
        "int32" => return LogicalType::INTEGER,
        "int64" => return LogicalType::BIGINT,
        _ => {}
    }
    let bound = |key: &str| fields.get(key).and_then(Value::as_i64);
    match (bound("minimum"), bound("maximum")) {
        (Some(low), Some(high)) => {
            let bits = [16u16, 32].into_iter().find(|b| low >= -(1i64 << (b - 1)) && high < (1i64 << (b - 1)));
            LogicalType::Int { bits: bits.unwrap_or(64), signed: true }
        }
        _ => LogicalType::BIGINT,
    }
}

#[cfg(test)]
mod tests;
