//! A diff as people read it.

use super::{DiffReport, OutputFormat, render};
use serde_json::json;
use tessera_diff::{Options, diff};
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Mode};

#[test]
fn a_property_that_is_new_and_required_is_told_once() {
    let old = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let new =
        json!({"type": "object", "required": ["b"], "properties": {"a": {"type": "string"}, "b": {"type": "string"}}});
    let compat = Compatibility::new(Mode::Forward);
    let found = diff(SchemaFormat::JsonSchema, &old, &new, compat, &Options::default()).unwrap();
    let report = DiffReport {
        old: "old.json".to_owned(),
        new: "new.json".to_owned(),
        file: None,
        format: "json-schema",
        because: "named so".to_owned(),
        dialect: None,
        compat,
        changes: found.changes,
        undecided: found.undecided,
        dbt: None,
        notes: Vec::new(),
    };
    let text = render(&report, OutputFormat::Text, false).unwrap();
    assert!(text.contains("`b` is new and required"), "{text}");
    assert!(!text.contains("property-added"), "{text}");
    assert!(text.contains("breaking: 1 of 1 change "), "{text}");
    let json = render(&report, OutputFormat::Json, false).unwrap();
    assert!(json.contains("property-added") && json.contains("required-added"), "{json}");
}
