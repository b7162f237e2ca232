//! `logicalType` <-> types. The physical type, where there is one, is the type; the logical one says the same in general words.

use serde_json::{Map, Value, json};
use tessera_model::types::{StructField, Zone};
use tessera_model::{Dialect, LogicalType};

const MAX_DEPTH: usize = 32;

/// The words for a type: `logicalType`, its options, and nested `properties` or `items`.
pub(super) fn describe(t: &LogicalType, dialect: Dialect, depth: usize) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| drop(out.insert(key.to_owned(), value));
    let word = match t {
        LogicalType::Bool => "boolean",
        LogicalType::Int { .. } | LogicalType::Decimal { scale: 0, precision: Some(_) } => "integer",
        LogicalType::Decimal { .. } | LogicalType::Float { .. } => "number",
        LogicalType::Date => "date",
        LogicalType::Time { .. } => "time",
        LogicalType::Timestamp { .. } => "timestamp",
        LogicalType::Array(_) => "array",
        LogicalType::Struct(_) | LogicalType::Map(..) | LogicalType::Json => "object",
        LogicalType::Text { .. }
        | LogicalType::Uuid
        | LogicalType::Enum(_)
        | LogicalType::Bytes { .. }
        | LogicalType::Interval => "string",
        // Without any the standard's schema (3.2) asks for a map's parts; the physical type says what it is.
        LogicalType::Geo | LogicalType::Other(_) | LogicalType::Unknown => "string",
    };
    put("logicalType", json!(word));
    match t {
        LogicalType::Text { max: Some(n), .. } => put("logicalTypeOptions", json!({"maxLength": n})),
        LogicalType::Uuid => put("logicalTypeOptions", json!({"format": "uuid"})),
        LogicalType::Timestamp { zone, .. } => put("logicalTypeOptions", json!({"timezone": *zone != Zone::None})),
        LogicalType::Array(inner) if depth < MAX_DEPTH => {
            let mut items = describe(inner, dialect, depth + 1);
            items.insert("physicalType".to_owned(), json!(inner.spell(dialect)));
            put("items", Value::Object(items));
        }
        LogicalType::Struct(fields) if depth < MAX_DEPTH && fields.iter().all(|f| !f.name.is_empty()) => {
            let fields = fields.iter().map(|f| {
                let mut field = Map::new();
                field.insert("name".to_owned(), json!(f.name));
                field.extend(describe(&f.data_type, dialect, depth + 1));
                field.insert("physicalType".to_owned(), json!(f.data_type.spell(dialect)));
                Value::Object(field)
            });
            put("properties", Value::Array(fields.collect()));
        }
        _ => {}
    }
    out
}

/// The type's spelling of a property; `None` when it names none.
pub(super) fn spelling(property: &Value, dialect: Dialect) -> Option<String> {
    let physical = property["physicalType"].as_str().map(str::trim).filter(|t| !t.is_empty());
    let nested = property["properties"].as_array().is_some() || property["items"].is_object();
    // A bare `struct` or `array` says less than the nested properties.
    let bare = |t: &str| {
        matches!(t.to_ascii_lowercase().as_str(), "struct" | "record" | "row" | "object" | "array" | "list" | "tuple")
    };
    match physical {
        Some(t) if !(nested && bare(t)) => Some(t.to_owned()),
        _ => logical(property, dialect, 0).map(|t| t.spell(dialect)),
    }
}

fn logical(property: &Value, dialect: Dialect, depth: usize) -> Option<LogicalType> {
    if depth > MAX_DEPTH {
        return None;
    }
    let options = &property["logicalTypeOptions"];
    let inner = |p: &Value| match p["physicalType"].as_str() {
        Some(t) if !p["properties"].is_array() && !p["items"].is_object() => LogicalType::parse(dialect, t),
        _ => logical(p, dialect, depth + 1).unwrap_or(LogicalType::Unknown),
    };
    Some(match property["logicalType"].as_str()? {
        "boolean" => LogicalType::Bool,
        "integer" => match options["format"].as_str() {
            Some("i8") => LogicalType::Int { bits: 8, signed: true },
            Some("i16") => LogicalType::Int { bits: 16, signed: true },
            Some("i32") => LogicalType::INTEGER,
            _ => LogicalType::BIGINT,
        },
        "number" => match options["format"].as_str() {
            Some("f32") => LogicalType::Float { bits: 32 },
            Some("f64") => LogicalType::DOUBLE,
            _ => LogicalType::Decimal { precision: None, scale: 0 },
        },
        "date" => LogicalType::Date,
        "time" => LogicalType::Time { precision: None, zone: Zone::None },
        "timestamp" if options["timezone"].as_bool() == Some(true) => LogicalType::TIMESTAMPTZ,
        "timestamp" => LogicalType::TIMESTAMP,
        "string" if options["format"].as_str() == Some("uuid") => LogicalType::Uuid,
        "string" => {
            LogicalType::Text { max: options["maxLength"].as_u64().and_then(|n| u32::try_from(n).ok()), fixed: false }
        }
        "array" if property["items"].is_object() => LogicalType::Array(Box::new(inner(&property["items"]))),
        "array" => LogicalType::Array(Box::new(LogicalType::Json)),
        "object" => match property["properties"].as_array() {
            Some(fields) if !fields.is_empty() => LogicalType::Struct(
                fields
                    .iter()
                    .map(|f| StructField {
                        name: f["name"].as_str().unwrap_or_default().to_owned(),
                        data_type: inner(f),
                    })
                    .collect(),
            ),
            _ => LogicalType::Json,
        },
        "map" => LogicalType::Json,
        _ => return None,
    })
}
