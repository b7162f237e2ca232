//! Reading back what was written gives the same table; what has no place is said.

use super::{OdcsHead, is_odcs, odcs_of_tables, tables_of_odcs};
use proptest::prelude::*;
use serde_json::json;
use std::sync::LazyLock;
use tessera_model::table::{ForeignKey, Guarantee};
use tessera_model::{Column, Dialect, TableSchema};

fn guarantees(columns: &[String]) -> BoxedStrategy<Vec<Guarantee>> {
    if columns.is_empty() {
        return Just(Vec::new()).boxed();
    }
    let column = prop::sample::select(columns.to_vec());
    let one = (0..5u8, column, "[a-z]{1,6}", prop::collection::vec("[a-z ]{0,5}", 0..3)).prop_map(
        |(kind, column, word, values)| match kind {
            0 => Guarantee::NotNull { column },
            1 => Guarantee::Unique { columns: vec![column] },
            2 => Guarantee::AcceptedValues { column, values },
            3 => {
                let field = if word.len() > 4 { "the id" } else { "id" };
                Guarantee::Relationship { column, to: format!("s.{word}"), field: field.into() }
            }
            _ => Guarantee::Custom { name: word, column: Some(column) },
        },
    );
    prop::collection::vec(one, 0..4).boxed()
}

fn table() -> impl Strategy<Value = TableSchema> {
    let spelling = prop::sample::select(vec![
        "bigint",
        "numeric(18,2)",
        "varchar(20)",
        "text",
        "timestamptz",
        "timestamp",
        "boolean",
        "uuid",
        "jsonb",
        "integer[]",
        "STRUCT(a INTEGER, b VARCHAR)",
        "s.domain",
        "date",
        "interval",
        "struct",
        "MAP(VARCHAR, INTEGER)",
        "STRUCT(a DECIMAL(5,2)[], b STRUCT(c DATE))",
        "ENUM('a', 'b')",
        "bytea",
        "time",
    ]);
    let column = (
        "[a-zA-Z_ ]{1,8}",
        prop::option::of(spelling),
        prop::option::of(any::<bool>()),
        prop::option::of("[a-z0-9']{1,6}"),
        prop::option::of("[a-z ]{1,9}"),
    );
    let columns = prop::collection::vec(column, 0..6).prop_map(|list| {
        let mut seen = std::collections::BTreeSet::new();
        list.into_iter()
            .filter(|(name, ..)| seen.insert(name.clone()))
            .map(|(name, data_type, nullable, default, comment)| Column {
                name,
                data_type: data_type.map(str::to_owned),
                nullable,
                default,
                comment,
                type_origin: None,
            })
            .collect::<Vec<_>>()
    });
    let dialect = prop::sample::select(vec![Dialect::Generic, Dialect::Postgres, Dialect::DuckDb, Dialect::Snowflake]);
    (columns, dialect, any::<[bool; 4]>(), prop::option::of("[a-z]{1,9}")).prop_flat_map(
        |(columns, dialect, [key, unique, foreign, open], comment)| {
            let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
            guarantees(&names).prop_map(move |mut guarantees| {
                let mut table = TableSchema {
                    columns: columns.clone(),
                    dialect,
                    open,
                    comment: comment.clone(),
                    ..TableSchema::default()
                };
                if key {
                    table.primary_key = names.iter().rev().take(2).cloned().collect();
                }
                if unique {
                    table.unique = names.iter().take(1).map(|n| vec![n.clone()]).collect();
                    table.unique.extend((names.len() > 2).then(|| names[..2].to_vec()));
                }
                if foreign {
                    table.foreign_keys = names
                        .iter()
                        .take(1)
                        .map(|n| ForeignKey {
                            columns: vec![n.clone()],
                            table: "s.o".into(),
                            references: vec!["id".into()],
                        })
                        .collect();
                }
                // Promises stand with their columns, relationships first: their order is no part of what they say.
                guarantees.sort();
                guarantees.dedup();
                table.guarantees = guarantees;
                table
            })
        },
    )
}

/// The standard's own schema, where `TESSERA_ODCS_SCHEMA` names it (`tests/run` takes it from the Python package
/// `open-data-contract-standard`); it is no part of the repository.
static STANDARD: LazyLock<Option<jsonschema::Validator>> = LazyLock::new(|| {
    let Some(path) = std::env::var_os("TESSERA_ODCS_SCHEMA").filter(|p| !p.is_empty()) else {
        eprintln!("skipped: exports are not held against the standard's schema (set TESSERA_ODCS_SCHEMA)");
        return None;
    };
    let schema: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    Some(jsonschema::validator_for(&schema).unwrap())
});

/// What the standard says against a document.
fn against(document: &serde_json::Value) -> Vec<String> {
    let Some(standard) = &*STANDARD else { return Vec::new() };
    standard.iter_errors(document).map(|e| format!("{}: {e}", e.instance_path())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_reads_back(table in table()) {
        let head = OdcsHead { id: "x".into(), name: "x".into(), version: "1.0.0".into(), status: "active".into() };
        let (document, _) = odcs_of_tables(&head, &[("db.s.fct".to_owned(), table.clone())]);
        prop_assert!(is_odcs(&document));
        prop_assert_eq!(against(&document), Vec::<String>::new());
        let text = serde_norway::to_string(&document).unwrap();
        let again: serde_json::Value = serde_norway::from_str(&text).unwrap();
        let mut read = tables_of_odcs(&again, Dialect::Generic).unwrap();
        prop_assert_eq!(&read.notes, &Vec::<String>::new());
        let (name, mut back) = read.tables.remove(0);
        prop_assert_eq!(name, "db.s.fct");
        back.guarantees.sort();
        prop_assert_eq!(back, table);
    }
}

#[test]
fn a_contract_of_others_is_read_and_what_has_no_place_is_said() {
    let contract = json!({
        "apiVersion": "v3.0.2", "kind": "DataContract", "id": "o", "version": "1", "status": "active",
        "servers": [{"server": "p", "type": "snowflake"}], "team": [], "slaProperties": [],
        "schema": [{"name": "orders", "physicalName": "ORDERS", "tags": ["x"], "properties": [
            {"name": "id", "logicalType": "integer", "required": true, "primaryKey": true, "classification": "pii"},
            {"name": "at", "logicalType": "timestamp", "logicalTypeOptions": {"timezone": true, "minimum": "2020"}},
            {"name": "address", "logicalType": "object", "physicalType": "object", "properties": [
                {"name": "zip", "logicalType": "string", "logicalTypeOptions": {"maxLength": 9}, "required": true},
                {"name": "lines", "logicalType": "array", "items": {"logicalType": "string"}}]},
            {"name": "state", "physicalType": "TEXT", "quality": [
                {"type": "library", "metric": "invalidValues", "arguments": {"validValues": ["a", "b"]}, "mustBe": 0},
                {"type": "sql", "query": "select 1", "mustBe": 1}]}]}],
    });
    let read = tables_of_odcs(&contract, Dialect::Generic).unwrap();
    let (name, table) = &read.tables[0];
    assert_eq!((name.as_str(), table.dialect), ("ORDERS", Dialect::Snowflake));
    let spelled: Vec<&str> = table.columns.iter().map(|c| c.data_type.as_deref().unwrap()).collect();
    assert_eq!(spelled, ["BIGINT", "TIMESTAMP_LTZ", "STRUCT(zip VARCHAR(9), lines ARRAY(VARCHAR))", "TEXT"]);
    assert_eq!(table.primary_key, ["id"]);
    assert_eq!(table.guarantees.len(), 1);
    let notes = read.notes.join("\n");
    for word in
        ["servers", "team", "slaProperties", "tags", "classification", "minimum", "required and unique", "select 1"]
    {
        assert!(notes.contains(word), "{word} is not in:\n{notes}");
    }
}

#[test]
fn what_is_wrong_says_where() {
    let says = |v: serde_json::Value| tables_of_odcs(&v, Dialect::Generic).unwrap_err().to_string();
    let base = |schema: serde_json::Value| json!({"apiVersion": "v3.1.0", "kind": "DataContract", "schema": schema});
    assert!(says(json!({})).contains("no data contract"));
    assert!(says(json!({"apiVersion": "v2.2.2", "kind": "DataContract"})).contains("v2.2.2"));
    assert!(says(base(json!([]))).contains("`schema`"));
    assert!(says(base(json!([{"name": "a"}]))).contains("/schema/0/properties"));
    let twice = says(base(json!([{"name": "a", "properties": [{"name": "x"}, {"name": "x"}]}])));
    assert!(twice.contains("/schema/0/properties/1") && twice.contains("twice"), "{twice}");
    let flag = says(base(json!([{"name": "a", "properties": [{"name": "x", "required": "yes"}]}])));
    assert!(flag.contains("true or false"), "{flag}");
}
