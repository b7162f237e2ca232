//! There and back, and what clients of the API publish.

use super::{json_schema_of_table, table_of_json_schema};
use crate::table_from_value;
use serde_json::json;
use tessera_model::{Dialect, LogicalType};

#[test]
fn a_table_survives_the_way_through_json_schema() {
    let table = table_from_value(
        &json!({"columns": [
            {"name": "id", "type": "bigint", "nullable": false, "comment": "the key"},
            {"name": "amount", "type": "numeric(18,2)", "nullable": true},
            {"name": "at", "type": "timestamp", "nullable": true},
            {"name": "tags", "type": "text[]", "nullable": true},
        ], "primary_key": ["id"], "comment": "orders"}),
        Dialect::Postgres,
    )
    .unwrap();
    let schema = json_schema_of_table(&table);
    assert_eq!(schema["required"], json!(["id"]));
    assert_eq!(schema["properties"]["amount"]["type"], json!(["number", "null"]));
    assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&json!({"id": 1, "amount": null, "tags": ["a"]})));
    assert_eq!(table_of_json_schema(&schema, Dialect::Generic), Some(table));
}

#[test]
fn what_clients_publish_becomes_columns() {
    let schema = json!({"type": "object", "required": ["id", "note"], "$defs": {"day": {"type": "string", "format": "date"}},
    "properties": {
        "id": {"type": "integer"},
        "note": {"type": ["string", "null"], "maxLength": 40},
        "price": {"type": "number"},
        "flag": {"type": "boolean", "default": false},
        "on": {"$ref": "#/$defs/day"},
        "at": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
        "list": {"type": "array", "items": {"type": "integer"}},
        "blob": {"type": "object"},
        "what": {},
    }});
    let table = table_of_json_schema(&schema, Dialect::Postgres).unwrap();
    let column = |name: &str| table.column(name).unwrap();
    assert_eq!(column("id").nullable, Some(false));
    assert_eq!(column("note").nullable, Some(true));
    assert_eq!(column("note").logical(Dialect::Postgres), LogicalType::Text { max: Some(40), fixed: false });
    assert_eq!(column("price").logical(Dialect::Postgres), LogicalType::DOUBLE);
    assert_eq!(column("flag").default.as_deref(), Some("false"));
    assert_eq!(column("on").logical(Dialect::Postgres), LogicalType::Date);
    assert_eq!(column("at").logical(Dialect::Postgres), LogicalType::TIMESTAMPTZ);
    assert_eq!(column("list").logical(Dialect::Postgres), LogicalType::Array(Box::new(LogicalType::BIGINT)));
    assert_eq!(column("blob").logical(Dialect::Postgres), LogicalType::Json);
    assert_eq!((&column("what").data_type, column("what").nullable), (&None, None));
}

#[test]
fn what_columns_cannot_say_is_refused() {
    for schema in [
        json!(true),
        json!({"type": "array", "items": {}}),
        json!({"type": "object"}),
        json!({"properties": {"a": {}}, "oneOf": [{}]}),
        json!({"$ref": "#/$defs/x", "properties": {}}),
    ] {
        assert_eq!(table_of_json_schema(&schema, Dialect::Generic), None, "{schema}");
    }
}
