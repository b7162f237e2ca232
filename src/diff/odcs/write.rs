//! Tables -> a contract of ODCS v3.1.

use super::{OWN, types};
use serde_json::{Map, Value, json};
use tessera_model::table::{ForeignKey, Guarantee};
use tessera_model::{Column, Dialect, LogicalType, TableSchema};

/// What a contract says about itself.
#[derive(Debug, Clone, Default)]
pub struct OdcsHead {
    /// Unique; for example the asset's dotted name.
    pub id: String,
    pub name: String,
    pub version: String,
    /// `active`, `draft`, …
    pub status: String,
}

/// The contract, and notes on what it cannot hold.
pub fn odcs_of_tables(head: &OdcsHead, tables: &[(String, TableSchema)]) -> (Value, Vec<String>) {
    let mut notes = Vec::new();
    let schema: Vec<Value> = tables.iter().map(|(name, table)| object(name, table, &mut notes)).collect();
    let contract = json!({
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": head.id,
        "name": head.name,
        "version": head.version,
        "status": head.status,
        "schema": schema,
    });
    (contract, notes)
}

fn put(map: &mut Map<String, Value>, key: &str, value: Value) {
    map.insert(key.to_owned(), value);
}

fn custom(map: &mut Map<String, Value>, own: Vec<(&str, Value)>) {
    if !own.is_empty() {
        let list: Vec<Value> =
            own.into_iter().map(|(name, value)| json!({"property": format!("{OWN}{name}"), "value": value})).collect();
        put(map, "customProperties", Value::Array(list));
    }
}

fn object(name: &str, table: &TableSchema, notes: &mut Vec<String>) -> Value {
    let mut out = Map::new();
    // The standard wants a plain name; the dotted one is where it stands.
    put(&mut out, "name", json!(name.rsplit('.').find(|p| !p.is_empty()).unwrap_or(name)));
    put(&mut out, "physicalName", json!(name));
    put(&mut out, "logicalType", json!("object"));
    if let Some(comment) = &table.comment {
        put(&mut out, "description", json!(comment));
    }
    let properties = table.columns.iter().map(|c| property(c, table, name, notes)).collect();
    put(&mut out, "properties", Value::Array(properties));
    let plain = out["name"].as_str().unwrap_or_default().to_owned();
    let relationships: Option<Vec<Value>> = table.foreign_keys.iter().map(|f| relationship(&plain, f)).collect();
    match &relationships {
        Some(list) if !list.is_empty() => put(&mut out, "relationships", json!(list)),
        _ => {}
    }
    let quality: Vec<Value> = table.guarantees.iter().filter_map(table_quality).collect();
    if !quality.is_empty() {
        put(&mut out, "quality", Value::Array(quality));
    }
    let mut own: Vec<(&str, Value)> = Vec::new();
    if table.dialect != Dialect::Generic {
        own.push(("dialect", json!(table.dialect.name())));
    }
    if table.open {
        own.push(("open", json!(true)));
    }
    let several: Vec<&Vec<String>> = table.unique.iter().filter(|u| u.len() != 1).collect();
    if !several.is_empty() {
        own.push(("unique", json!(several)));
    }
    if relationships.is_none() {
        own.push(("foreign_keys", json!(table.foreign_keys)));
    }
    // The order among promises is kept, since several kinds stand in several places.
    custom(&mut out, own);
    if table.origin.is_some() || table.columns.iter().any(|c| c.type_origin.is_some()) {
        notes.push(format!("{name}: where the facts come from (origin) is not part of a contract and is left out"));
    }
    Value::Object(out)
}

/// A foreign key in the standard's words: `table.column` on both sides. `None` where its references cannot hold the names, or
/// where the other side's columns are not named.
fn relationship(table: &str, key: &ForeignKey) -> Option<Value> {
    let refer = |table: &str, columns: &[String]| -> Option<Vec<String>> {
        columns.iter().map(|c| Some(format!("{table}.{c}")).filter(|r| is_reference(r))).collect()
    };
    if key.columns.is_empty() || key.columns.len() != key.references.len() {
        return None;
    }
    let (from, to) = (refer(table, &key.columns)?, refer(&key.table, &key.references)?);
    Some(json!({"type": "foreignKey", "from": from, "to": to}))
}

/// The standard's shorthand: plain words with points between.
fn is_reference(text: &str) -> bool {
    let word = |w: &str| {
        w.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && w.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
    };
    text.contains('.') && text.split('.').all(word)
}

fn property(column: &Column, table: &TableSchema, name: &str, notes: &mut Vec<String>) -> Value {
    let mut out = Map::new();
    put(&mut out, "name", json!(column.name));
    if let Some(spelled) = &column.data_type {
        let logical = column.logical(table.dialect);
        let words = types::describe(&logical, table.dialect, 0);
        if matches!(logical, LogicalType::Geo | LogicalType::Other(_) | LogicalType::Unknown) {
            notes.push(format!(
                "{name}.{}: the standard has no logicalType for {spelled}; it says string, and physicalType has it",
                column.name
            ));
        }
        out.extend(words);
        put(&mut out, "physicalType", json!(spelled));
    }
    if let Some(comment) = &column.comment {
        put(&mut out, "description", json!(comment));
    }
    if let Some(nullable) = column.nullable {
        put(&mut out, "required", json!(!nullable));
    }
    if table.unique.iter().any(|u| u.len() == 1 && u[0] == column.name) {
        put(&mut out, "unique", json!(true));
    }
    if let Some(position) = table.primary_key.iter().position(|k| *k == column.name) {
        put(&mut out, "primaryKey", json!(true));
        put(&mut out, "primaryKeyPosition", json!(position + 1));
    }
    let relations = table.guarantees.iter().filter_map(|g| match g {
        Guarantee::Relationship { column: c, to, field } if *c == column.name => Some(format!("{to}.{field}")),
        _ => None,
    });
    let (related, odd): (Vec<String>, Vec<String>) = relations.partition(|r| is_reference(r));
    let related: Vec<Value> = related.iter().map(|to| json!({"type": "foreignKey", "to": to})).collect();
    if !related.is_empty() {
        put(&mut out, "relationships", Value::Array(related));
    }
    let quality: Vec<Value> = table.guarantees.iter().filter_map(|g| column_quality(g, &column.name)).collect();
    if !quality.is_empty() {
        put(&mut out, "quality", Value::Array(quality));
    }
    if column.data_type.is_none() {
        put(&mut out, "logicalType", json!("string"));
    }
    let mut own: Vec<(&str, Value)> = column.default.iter().map(|d| ("default", json!(d))).collect();
    if column.data_type.is_none() {
        own.push(("type", json!("unknown")));
    }
    if !odd.is_empty() {
        own.push(("relationships", json!(odd)));
    }
    custom(&mut out, own);
    Value::Object(out)
}

fn column_quality(promise: &Guarantee, column: &str) -> Option<Value> {
    match promise {
        Guarantee::NotNull { column: c } if c == column => {
            Some(json!({"type": "library", "metric": "nullValues", "mustBe": 0}))
        }
        Guarantee::Unique { columns } if columns.len() == 1 && columns[0] == column => {
            Some(json!({"type": "library", "metric": "duplicateValues", "mustBe": 0}))
        }
        Guarantee::AcceptedValues { column: c, values } if c == column => Some(json!({
            "type": "library", "metric": "invalidValues", "arguments": {"validValues": values}, "mustBe": 0
        })),
        Guarantee::Custom { name, column: Some(c) } if c == column => {
            Some(json!({"type": "custom", "engine": "dbt", "implementation": name}))
        }
        _ => None,
    }
}

fn table_quality(promise: &Guarantee) -> Option<Value> {
    match promise {
        Guarantee::Unique { columns } if columns.len() != 1 => Some(json!({
            "type": "library", "metric": "duplicateValues", "arguments": {"properties": columns}, "mustBe": 0
        })),
        Guarantee::Custom { name, column: None } => {
            Some(json!({"type": "custom", "engine": "dbt", "implementation": name}))
        }
        _ => None,
    }
}
