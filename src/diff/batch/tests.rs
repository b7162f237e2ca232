//! Bad lines are answered, never dropped; the shape of a line is what INTERFACES says.

use super::batch_line;
use serde_json::{Value, json};

fn answer(line: &str) -> Value {
    serde_json::from_str(&batch_line(line)).unwrap()
}

#[test]
fn a_bad_line_is_answered_with_its_error() {
    let cases = [
        ("", "not JSON"),
        ("{\"id\": 1", "not JSON"),
        ("[]", "must be an object"),
        (r#"{"id": "a"}"#, "`format` is missing"),
        (r#"{"id": "a", "format": "xsd", "old": 1, "new": 2}"#, "unknown format `xsd`"),
        (r#"{"id": "a", "format": "table", "mode": "sideways", "old": 1, "new": 2}"#, "unknown compatibility mode"),
        (r#"{"id": "a", "format": "table", "old": "int"}"#, "`new` is missing"),
        (r#"{"id": "a", "format": "protobuf", "old": {}, "new": {}}"#, "old schema: no .proto file among the files"),
        (r#"{"id": "a", "format": "table", "dialect": "nosql", "old": "int", "new": "int"}"#, "unknown dialect"),
        (r#"{"id": "a", "format": "table", "mode": 3, "old": "int", "new": "int"}"#, "`mode` must be text"),
        (r#"{"id": "a", "format": "jsonschema", "old": {"type": "text"}, "new": {}}"#, "old schema at `/type`"),
    ];
    for (line, wanted) in cases {
        let out = answer(line);
        assert!(out["error"].as_str().unwrap().contains(wanted), "{line} -> {out}");
        assert_eq!((&out["compatible"], &out["changes"], &out["undecided"]), (&Value::Null, &json!([]), &json!(false)));
        if line.contains("\"id\": \"a\"") {
            assert_eq!(out["id"], "a");
        }
    }
}

#[test]
fn an_answer_has_the_fields_that_scripts_hold_on_to() {
    let out = answer(
        r#"{"id": 7, "format": "jsonschema", "old": {"properties": {"a": {"enum": [1]}}}, "new": {"properties": {"a": {"enum": [1, 2]}}}}"#,
    );
    insta::assert_json_snapshot!(out, @r#"
    {
      "id": 7,
      "compatible": false,
      "undecided": false,
      "changes": [
        {
          "rule": "enum-value-added",
          "path": "/properties/a",
          "column": "a",
          "kind": "structural",
          "reads": "fails",
          "writes": "ok",
          "breaking": true,
          "before": [
            1
          ],
          "after": [
            1,
            2
          ],
          "message": "`a` may be 2 now",
          "witness": {
            "a": 2
          },
          "suggestion": "announce the new values, and send them only when the readers are ready",
          "steps": [
            {
              "phase": "expand",
              "language": "json-schema",
              "text": "// readers first: let them accept what is wider"
            },
            {
              "phase": "migrate",
              "language": "json-schema",
              "text": "// move the readers"
            },
            {
              "phase": "contract",
              "language": "json-schema",
              "text": "// send the wider values"
            }
          ]
        }
      ],
      "error": null
    }
    "#);
}

#[test]
fn undecided_is_neither_compatible_nor_breaking() {
    let out = answer(
        r#"{"id": "u", "format": "jsonschema", "old": {"type": "string", "pattern": "^(?!a)"}, "new": {"type": "string", "pattern": "^(?!b)"}}"#,
    );
    assert_eq!((&out["compatible"], &out["undecided"]), (&Value::Null, &json!(true)));
    assert!(out["changes"][0]["message"].as_str().unwrap().contains("cannot be compared"));
    // A proved break beside it decides.
    let out = answer(
        r#"{"id": "u", "format": "jsonschema", "old": {"properties": {"a": {"pattern": "^(?!a)"}, "b": {"type": "integer"}}}, "new": {"properties": {"a": {"pattern": "^(?!b)"}, "b": {"type": "string"}}}}"#,
    );
    assert_eq!((&out["compatible"], &out["undecided"]), (&json!(false), &json!(false)));
}
