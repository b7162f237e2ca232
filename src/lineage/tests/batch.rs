//! The line form of INTERFACES: good lines, bad lines, aliases of dialects.

use crate::batch_line;
use serde_json::{Value, json};

fn answer(line: &Value) -> Value {
    serde_json::from_str(&batch_line(&line.to_string())).unwrap()
}

#[test]
fn a_line_gives_the_answer_of_the_interfaces() {
    let got = answer(&json!({
        "id": "x/1", "dialect": "postgresql",
        "sql": "insert into s.t (b) select sum(a) from s.u where c > 1",
        "schemas": {"s.u": {"a": "bigint", "c": "int"}}, "defaults": {}
    }));
    assert_eq!(
        got,
        json!({
            "id": "x/1", "resolution": "resolved", "reads": ["s.u"], "writes": ["s.t"],
            "columns": [{"name": "b", "target": "s.t", "type": "NUMERIC",
                "direct": [{"table": "s.u", "column": "a", "kind": "aggregation"}], "indirect": []}],
            "indirect": [{"table": "s.u", "column": "c", "kind": "filter"}],
            "statements": [{"kind": "insert", "resolution": "resolved"}], "diagnostics": []
        })
    );
}

#[test]
fn names_keep_the_case_of_their_first_mention() {
    let got = answer(
        &json!({"id": 1, "dialect": "snowflake", "sql": "SELECT Id AS Key FROM Db.Orders WHERE db.orders.ID > 0"}),
    );
    assert_eq!(got["reads"], json!(["Db.Orders"]));
    assert_eq!(got["columns"][0]["name"], "Key");
    assert_eq!(got["columns"][0]["direct"][0], json!({"table": "Db.Orders", "column": "Id", "kind": "identity"}));
    assert_eq!(got["indirect"][0], json!({"table": "Db.Orders", "column": "Id", "kind": "filter"}));
}

#[test]
fn a_bad_line_says_what_is_wrong_and_keeps_its_id() {
    for (line, what) in [
        ("not json", "not a case"),
        (r#"{"id": 7}"#, "no \"sql\""),
        (r#"{"id": 7, "sql": "select 1", "dialect": "klingon"}"#, "klingon"),
        (r#"{"id": 7, "sql": "select 1", "dialect": 3}"#, "not a case"),
        (r#"{"id": 7, "sql": "select 1", "dialect": "duckdb", "schemas": {"t": 3}}"#, "columns of \"t\""),
    ] {
        let got: Value = serde_json::from_str(&batch_line(line)).unwrap();
        assert!(got["error"].as_str().unwrap().contains(what), "{line}: {got}");
        assert_eq!(got["id"], if line.starts_with('{') { json!(7) } else { Value::Null });
    }
}

#[test]
fn other_tools_dialect_names_are_understood() {
    for dialect in ["ansi", "spark", "mssql", "sparksql", "athena", "presto", "mariadb", "non-validating", "bq"] {
        let got = answer(&json!({"id": dialect, "dialect": dialect, "sql": "select a from t"}));
        assert_eq!(got["columns"][0]["direct"][0]["column"], "a", "{dialect}: {got}");
    }
}

#[test]
fn one_bad_statement_does_not_lose_the_others() {
    let got = answer(&json!({
        "id": 1, "dialect": "postgres",
        "sql": "create table a as select x from b; select from where from c join d; select y from e"
    }));
    assert_eq!(got["statements"].as_array().unwrap().len(), 3);
    assert_eq!(got["statements"][0]["kind"], "ctas");
    assert_eq!(got["statements"][1]["resolution"], "table_only");
    assert_eq!(got["statements"][2]["resolution"], "inferred");
    assert_eq!(got["resolution"], "table_only");
    let diagnostic = &got["diagnostics"][0];
    assert_eq!((&diagnostic["code"], &diagnostic["line"]), (&json!("unparsed"), &json!(1)));
    assert!(got["reads"].as_array().unwrap().contains(&json!("c")));
}

#[test]
fn defaults_fold_as_names_do() {
    let got = answer(&json!({
        "id": 1, "dialect": "snowflake", "sql": "select * from t",
        "schemas": {"db.s.t": {"id": "INTEGER"}}, "defaults": {"database": "db", "schema": "s"}
    }));
    assert_eq!(got["columns"][0]["direct"][0]["column"], "ID", "{got}");
    assert_eq!(got["resolution"], "resolved");
}
