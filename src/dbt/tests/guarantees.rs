//! Tests become promises about the node they are attached to, and only when they promise something of every row.

use super::support::manifest;
use serde_json::{Value, json};
use tessera_model::table::Guarantee;

/// The guarantees of `model.shop.a` under one test.
fn promised(adapter: &str, test: &Value, config: &Value) -> Vec<Guarantee> {
    let p = manifest(
        adapter,
        &json!({"nodes": {
            "model.shop.a": {"resource_type": "model", "name": "a"},
            "model.shop.b": {"resource_type": "model", "name": "b"},
            "test.shop.t": {"resource_type": "test", "name": "t", "test_metadata": test, "config": config,
                "attached_node": "model.shop.a", "depends_on": {"nodes": ["model.shop.b", "model.shop.a"]}},
        }}),
    );
    assert_eq!(p.nodes["model.shop.a"].tests.len(), 1);
    p.nodes["model.shop.a"].guarantees.clone()
}

fn one(test: &Value) -> String {
    let all = promised("postgres", test, &json!({}));
    assert_eq!(all.len(), 1);
    serde_json::to_string(&all[0]).unwrap()
}

#[test]
fn known_tests_are_understood() {
    let cases = [
        (json!({"name": "not_null", "kwargs": {"column_name": "Id"}}), r#"{"kind":"not_null","column":"id"}"#),
        (json!({"name": "unique", "kwargs": {"column_name": "\"Id\""}}), r#"{"kind":"unique","columns":["Id"]}"#),
        (
            json!({"name": "accepted_values", "kwargs": {"column_name": "s", "values": ["b", 1, "a", "b"]}}),
            r#"{"kind":"accepted_values","column":"s","values":["1","a","b"]}"#,
        ),
        (
            json!({"name": "accepted_values", "kwargs": {"column_name": "s", "arguments": {"values": ["a"]}}}),
            r#"{"kind":"accepted_values","column":"s","values":["a"]}"#,
        ),
        (
            json!({"name": "relationships", "kwargs": {"column_name": "b_id", "to": "ref('b')", "field": "id"}}),
            r#"{"kind":"relationship","column":"b_id","to":"b","field":"id"}"#,
        ),
        (
            json!({"name": "unique_combination_of_columns", "namespace": "dbt_utils", "kwargs": {"combination_of_columns": ["x", "y"]}}),
            r#"{"kind":"unique","columns":["x","y"]}"#,
        ),
        (
            json!({"name": "recency", "namespace": "dbt_utils", "kwargs": {"field": "at"}}),
            r#"{"kind":"custom","name":"dbt_utils.recency","column":null}"#,
        ),
        (
            json!({"name": "accepted_values", "kwargs": {"column_name": "s"}}),
            r#"{"kind":"custom","name":"accepted_values","column":"s"}"#,
        ),
    ];
    for (test, expected) in cases {
        assert_eq!(one(&test), expected);
    }
}

#[test]
fn conditions_and_tolerance_promise_less_and_warnings_nothing() {
    let test = || json!({"name": "not_null", "kwargs": {"column_name": "id"}});
    let custom = [Guarantee::Custom { name: "not_null".into(), column: Some("id".into()) }];
    assert_eq!(promised("postgres", &test(), &json!({"where": "id > 10"})), custom);
    assert_eq!(promised("postgres", &test(), &json!({"error_if": "> 100"})), custom);
    assert_eq!(promised("postgres", &test(), &json!({"severity": "warn"})), []);
    assert_eq!(promised("postgres", &test(), &json!({"enabled": false})), []);
    let snowflake = promised("snowflake", &test(), &json!({"severity": "ERROR", "error_if": "!= 0"}));
    assert_eq!(snowflake, [Guarantee::NotNull { column: "ID".into() }]);
}

#[test]
fn old_tests_find_their_model_by_its_name() {
    let p = manifest(
        "bigquery",
        &json!({"nodes": {
            "model.shop.a.v1": {"resource_type": "model", "name": "a", "version": 1, "latest_version": 2},
            "model.shop.a.v2": {"resource_type": "model", "name": "a", "version": 2, "latest_version": 2},
            "model.shop.b": {"resource_type": "model", "name": "b"},
            "test.shop.t": {"resource_type": "test", "name": "t", "column_name": "b_id",
                "test_metadata": {"name": "relationships", "kwargs": {"column_name": "b_id", "to": "ref('b')", "field": "id", "model": "{{ get_where_subquery(ref('a', v=1)) }}"}},
                "depends_on": {"nodes": ["model.shop.b", "model.shop.a.v1", "model.shop.a.v2"]}},
        }}),
    );
    assert_eq!(p.nodes["model.shop.a.v1"].guarantees.len(), 1);
    assert_eq!(p.nodes["model.shop.a.v2"].guarantees, []);
    assert_eq!(p.nodes["test.shop.t"].attached_node.as_deref(), Some("model.shop.a.v1"));
}
