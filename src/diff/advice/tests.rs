//! The data files line by line, the facts about engines, and that every change that somebody must follow has steps.

use super::{Language, Phase, Subject, advise, alters, template};
use crate::tests::corpus;
use crate::{Options, diff, diff_tables, table_from_value};
use serde_json::{Value, json};
use std::path::Path;
use tessera_model::change::{ChangeKind, Judgment};
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Dialect, Mode};

#[test]
fn every_line_of_the_data_files_is_understood() {
    let all = alters::all().unwrap();
    for dialect in Dialect::ALL.iter().filter(|d| **d != Dialect::Generic) {
        assert!(all.iter().any(|(name, _)| *name == dialect.name()), "no section for {dialect}");
    }
    let languages =
        [Language::Avro, Language::Protobuf, Language::GraphQl, Language::OpenApi, Language::JsonSchema, Language::Dbt];
    for language in languages {
        let book = template::book(language).unwrap();
        assert!(book.heads().len() >= 5, "{language:?}");
        for (rules, texts) in book.heads() {
            assert!(!rules.is_empty() && !texts.is_empty(), "{language:?} {rules:?}");
            assert!(texts.iter().all(|(_, t)| !t.is_empty()), "{language:?} {rules:?}");
            assert!(texts.is_sorted_by_key(|(phase, _)| *phase), "{language:?} {rules:?}");
        }
    }
}

#[test]
fn every_change_of_the_fixtures_that_breaks_somebody_has_steps() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/diff");
    let mut seen = 0;
    for file in ["table", "json_schema", "avro", "graphql", "openapi", "protobuf"] {
        let text = std::fs::read_to_string(folder.join(format!("{file}.jsonl"))).unwrap();
        for line in text.lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let format = SchemaFormat::from_name(case["format"].as_str().unwrap()).unwrap();
            let mut options = Options::default();
            if let Some(name) = case["dialect"].as_str() {
                options.type_rules = crate::TypeRules::named(name).map(|_| name.to_owned());
                options.dialect = crate::TypeRules::named(name)
                    .map_or_else(|| Dialect::from_name(name).unwrap_or_default(), |r| r.dialect);
            }
            let Ok(mut judged) = diff(format, &case["old"], &case["new"], Compatibility::new(Mode::Backward), &options)
            else {
                continue;
            };
            let read = |side: &str| table_from_value(&case[side], options.dialect).ok();
            let tables = read("old").zip(read("new")).filter(|_| format == SchemaFormat::Table);
            let subject = match &tables {
                Some((old, new)) => Subject::tables(old, new, Some("marts.fct")),
                None => Subject::schema(format),
            };
            advise(&mut judged.changes, &subject, &options);
            for change in &judged.changes {
                let steps = &change.steps;
                let fails = change.reads == Judgment::Fails || change.writes == Judgment::Fails;
                if fails && change.kind != ChangeKind::Documentation {
                    assert!(!steps.is_empty(), "{} {}: {change:?}", case["title"], change.rule);
                }
                assert!(steps.is_sorted_by_key(|s| s.phase), "{steps:?}");
                for step in steps {
                    if step.language == Language::Dbt {
                        let yaml = serde_norway::from_str::<Value>(&step.text);
                        assert!(yaml.is_ok(), "{}: {yaml:?}\n{}", change.rule, step.text);
                    }
                    let unfilled = ["{table}", "{column}", "{name}", "{path}", "{new}", "{type}", "{model}"];
                    assert!(!unfilled.iter().any(|w| step.text.contains(w)), "{step:?}");
                }
                seen += usize::from(!steps.is_empty());
            }
        }
    }
    assert!(seen > 150, "{seen}");
}

fn told(dialect: Dialect, old: &Value, new: &Value) -> Vec<(String, Vec<super::Step>)> {
    let read = |v: &Value| table_from_value(&json!({"columns": v}), dialect).unwrap();
    let (old, new) = (read(old), read(new));
    let options = Options { dialect, ..Options::default() };
    let mut judged = diff_tables(&old, &new, Compatibility::new(Mode::Backward), &options);
    let subject = Subject::tables(&old, &new, Some("marts.fct_orders"));
    advise(&mut judged.changes, &subject, &options);
    judged.changes.into_iter().map(|c| (c.rule, c.steps)).collect()
}

#[test]
fn a_widening_is_altered_in_place_where_the_engine_can() {
    let (old, new) = (json!([{"name": "a", "type": "int"}]), json!([{"name": "a", "type": "bigint"}]));
    let sql = |dialect| -> String {
        let (_, steps) = told(dialect, &old, &new).remove(0);
        steps.iter().filter(|s| s.language == Language::Sql).map(|s| format!("{}\n", s.text)).collect()
    };
    let postgres = sql(Dialect::Postgres);
    assert!(postgres.contains("ALTER COLUMN a TYPE bigint") && postgres.contains("while a view uses"), "{postgres}");
    assert!(sql(Dialect::Databricks).contains("enableTypeWidening"));
    let redshift = sql(Dialect::Redshift);
    assert!(redshift.contains("ADD COLUMN a_v2 bigint") && redshift.contains("CAST(a AS bigint)"), "{redshift}");
    assert!(sql(Dialect::MySql).contains("MODIFY COLUMN a bigint"));
}

#[test]
fn a_rename_publishes_both_names() {
    let old = json!([{"name": "id", "type": "bigint"}, {"name": "Cust No", "type": "text"}]);
    let new = json!([{"name": "id", "type": "bigint"}, {"name": "cust_number", "type": "text"}]);
    let all = told(Dialect::Postgres, &old, &new);
    let (_, steps) = all.iter().find(|(rule, _)| rule == "column-removed").unwrap();
    assert_eq!(steps[0].text, "ALTER TABLE marts.fct_orders ADD COLUMN cust_number text;");
    assert!(
        steps.iter().any(|s| s.text.contains("SELECT *, cust_number AS \"Cust No\" FROM marts.fct_orders")),
        "{steps:?}"
    );
    assert!(steps.iter().any(|s| s.text.contains("SET cust_number = \"Cust No\"")), "{steps:?}");
    assert!(steps.iter().any(|s| s.language == Language::Dbt && s.text.contains("deprecation_date")), "{steps:?}");
    assert_eq!(steps.last().unwrap().phase, Phase::Contract);
}

#[test]
fn steps_name_the_field_and_not_what_is_inside_of_it() {
    let record = |t: &str| json!({"type": "record", "name": "O", "fields": [{"name": "id", "type": t}]});
    let said = |format, old: &Value, new: &Value| {
        let mut judged = diff(format, old, new, Compatibility::new(Mode::Backward), &Options::default()).unwrap();
        advise(&mut judged.changes, &Subject::schema(format), &Options::default());
        judged.changes.into_iter().flat_map(|c| c.steps).map(|s| s.text).collect::<Vec<_>>().join("\n")
    };
    let avro = said(SchemaFormat::Avro, &record("int"), &record("long"));
    assert!(avro.contains("\"id_v2\"") && !avro.contains("type_v2"), "{avro}");
    let array = |t: &str| json!({"properties": {"a": {"type": "array", "items": {"type": t}}}});
    let json = said(SchemaFormat::JsonSchema, &array("integer"), &array("string"));
    assert!(json.contains("\"a_v2\""), "{json}");
}

#[test]
fn a_protobuf_field_is_reserved_by_its_number() {
    let schema = |fields: &str| json!(format!("syntax = \"proto3\"; message M {{ int32 a = 1; {fields} }}"));
    let (old, new) = (schema("repeated string tags = 21;"), schema(""));
    let mut judged =
        diff(SchemaFormat::Protobuf, &old, &new, Compatibility::new(Mode::Backward), &Options::default()).unwrap();
    let subject = Subject::schema(SchemaFormat::Protobuf);
    advise(&mut judged.changes, &subject, &Options::default());
    let all: Vec<_> = judged.changes.into_iter().flat_map(|c| c.steps).collect();
    assert_eq!(all[0].text, "// mark it first\nrepeated string tags = 21 [deprecated = true];");
    assert_eq!(all.last().unwrap().text, "reserved 21;\nreserved \"tags\";");
}

#[test]
fn documented_alters_come_out_as_documented() {
    let Some(cases) = corpus("warehouse.documented_alters.jsonl") else { return };
    let mut wrong = Vec::new();
    for case in &cases {
        let text = |key: &str| case[key].as_str().unwrap();
        let can = super::alters_in_place(text("dialect"), text("old"), text("new"));
        if can != Some(text("expected") == "compatible") {
            wrong.push(format!("{} {} -> {}: {can:?}", text("dialect"), text("old"), text("new")));
        }
    }
    assert!(cases.len() >= 47 && wrong.is_empty(), "{} cases, wrong: {wrong:#?}", cases.len());
}
