//! The rules file, laws over generated tables, and what a change says; cases live in `fixtures/diff/table.jsonl`.

use super::hint::hinted;
use super::{diff_tables, renames, rules};
use crate::{Hint, Options, change_type, table_from_value};
use proptest::prelude::*;
use serde_json::json;
use tessera_model::change::{ChangeKind, Judgment};
use tessera_model::mode::JudgePolicy;
use tessera_model::semver::ChangeType;
use tessera_model::{Column, Compatibility, Dialect, LogicalType, Mode, TableSchema};

#[test]
fn every_line_of_the_rules_is_understood_and_names_its_source() {
    let all = rules::of_files::all().unwrap();
    assert_eq!(all.len(), rules::of_files::texts().len());
    for (name, text) in rules::of_files::texts() {
        assert!(text.starts_with("# "), "{name}.txt says at its top whose manual it follows");
        for (number, line) in text.lines().enumerate().skip(1) {
            let at = format!("{name}.txt:{}: {line}", number + 1);
            let (fact, source) = line.split_once('#').unwrap_or((line, ""));
            let free = ["", "like", "reads"].contains(&fact.split_whitespace().next().unwrap_or_default());
            // The default digits of `default.txt` stand for engines nobody knows.
            assert!(free || *name == "default" || source.trim().len() >= 5, "a fact without its source: {at}");
        }
    }
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("table/rules");
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        let known = rules::of_files::texts().iter().any(|(name, _)| file == format!("{name}.txt"));
        assert!(known || file == "README.md", "{file} is not read");
    }
    for dialect in Dialect::ALL.into_iter().filter(|d| *d != Dialect::Generic) {
        assert!(all.iter().any(|(name, _)| *name == dialect.name()), "{dialect} has no file");
    }
}

/// The files' aliases hold wherever types are read, not only here.
#[test]
fn aliases_are_what_the_parser_of_types_says() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (name, rules) in rules::of_files::all().unwrap() {
        let Some(dialect) = Dialect::from_name(name) else { continue };
        for (from, to) in rules::of_files::aliases(&rules) {
            seen += 1;
            let (a, b) =
                (rules.canonical(LogicalType::parse(dialect, from)), rules.canonical(LogicalType::parse(dialect, to)));
            if a != b || matches!(&a, LogicalType::Other(text) if !text.starts_with("bit") && text != "bignum") {
                wrong.push(format!("{name}: {from} = {to}: {a:?} / {b:?}"));
            }
            if rules.parse(dialect, from) != rules.parse(dialect, to) {
                wrong.push(format!("{name}: {from} = {to}, by the file's own rules"));
            }
        }
    }
    assert!(seen > 200, "{seen}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn table(dialect: Dialect) -> impl Strategy<Value = TableSchema> {
    let spelling = prop::sample::select(vec![
        "smallint",
        "integer",
        "bigint",
        "numeric(10,2)",
        "numeric(12,2)",
        "double precision",
        "varchar(10)",
        "varchar(20)",
        "text",
        "date",
        "timestamp",
        "timestamptz",
        "boolean",
        "jsonb",
        "uuid",
        "integer[]",
        "s.domain",
    ]);
    let column = (0..8u8, prop::option::of(spelling), prop::option::of(any::<bool>())).prop_map(|(n, t, nullable)| {
        Column { name: format!("c{n}"), data_type: t.map(str::to_owned), nullable, ..Column::default() }
    });
    (prop::collection::vec(column, 0..6), any::<bool>()).prop_map(move |(mut columns, key)| {
        let mut seen = std::collections::BTreeSet::new();
        columns.retain(|c| seen.insert(c.name.clone()));
        let primary_key = columns.iter().take(usize::from(key)).map(|c| c.name.clone()).collect();
        TableSchema { primary_key, ..TableSchema::new(dialect, columns) }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn laws(a in table(Dialect::Postgres), b in table(Dialect::Postgres)) {
        let run = |x: &TableSchema, y: &TableSchema, mode| diff_tables(x, y, Compatibility::new(mode), &Options::default());
        prop_assert!(run(&a, &a.clone(), Mode::Full).changes.is_empty());
        let mut noted = a.clone();
        noted.comment = Some("a note".into());
        prop_assert!(run(&a, &noted, Mode::Full).changes.iter().all(|c| c.kind == ChangeKind::Documentation && !c.breaking));
        let there = run(&a, &b, Mode::Full);
        // A change of what both sides have is seen from both sides, with the judgments changed over.
        let back = run(&b, &a, Mode::Full);
        for change in there.changes.iter().filter(|c| matches!(c.rule.as_str(), "nullable-added" | "nullable-removed" | "type-narrowed")) {
            let other = back.changes.iter().find(|c| c.path == change.path && c.before == change.after && c.after == change.before);
            prop_assert!(other.is_some(), "{:?}", change);
            if change.rule != "type-narrowed" {
                prop_assert_eq!(change.reads, other.unwrap().writes);
            }
        }
        for mode in [Mode::Backward, Mode::Forward] {
            let judged = run(&a, &b, mode);
            prop_assert!(!judged.changes.iter().any(|c| c.breaking) || there.changes.iter().any(|c| c.breaking));
            prop_assert_eq!(judged.changes.len(), there.changes.len());
        }
        for column in a.columns.iter().filter(|c| b.column(&c.name).is_none()) {
            let removed = there.changes.iter().find(|c| c.rule == "column-removed" && c.path == column.name);
            prop_assert_eq!(removed.map(|c| c.reads), Some(Judgment::Fails));
        }
    }
}

fn read(columns: &serde_json::Value) -> TableSchema {
    table_from_value(&json!({"columns": columns}), Dialect::Postgres).unwrap()
}

#[test]
fn a_rename_is_suggested_on_the_removal_and_never_hides_it() {
    let old = read(&json!([{"name": "id", "type": "bigint"}, {"name": "cust_no", "type": "text"}]));
    let new = read(
        &json!([{"name": "id", "type": "bigint"}, {"name": "x", "type": "int"}, {"name": "buyer", "type": "text"}]),
    );
    let compat = Compatibility::new(Mode::Backward);
    assert!(renames(&old, &new, &Options::default()).is_empty());
    let hinted = Options { hints: vec![Hint::of_lineage("cust_no", "buyer")], ..Options::default() };
    assert_eq!(renames(&old, &new, &hinted)[0].new, "buyer");
    let told = diff_tables(&old, &new, compat, &hinted);
    let removed = told.changes.iter().find(|c| c.rule == "column-removed").unwrap();
    assert!(removed.breaking && removed.message.contains("`buyer`"), "{removed:?}");
    assert!(removed.suggestion.as_deref().unwrap().contains("buyer AS cust_no"));
}

#[test]
fn spellings_that_nest_without_end_are_answered() {
    let deep = [("[]", 100_000), ("[3]", 100_000), (" array", 10_000)];
    for dialect in [Dialect::DuckDb, Dialect::Postgres] {
        for (suffix, times) in deep {
            let spelling = format!("interval{}", suffix.repeat(times));
            let table = |t: &str| TableSchema::new(dialect, vec![Column::new("a", Some(t))]);
            let found = diff_tables(
                &table(&spelling),
                &table("integer"),
                Compatibility::new(Mode::Backward),
                &Options::default(),
            );
            assert!(found.changes.iter().any(|c| c.breaking), "{dialect} {suffix}");
        }
    }
}

#[test]
fn a_widening_breaks_when_the_policy_says_so() {
    let (old, new) = (read(&json!([{"name": "a", "type": "int"}])), read(&json!([{"name": "a", "type": "bigint"}])));
    let compat = Compatibility::new(Mode::Backward);
    let strict =
        Options { policy: JudgePolicy { widening_breaks: true, ..JudgePolicy::default() }, ..Options::default() };
    assert_eq!(diff_tables(&old, &new, compat, &Options::default()).compatible(), Some(true));
    assert_eq!(diff_tables(&old, &new, compat, &strict).compatible(), Some(false));
}

#[test]
fn the_size_of_a_version_step() {
    let base = read(&json!([{"name": "a", "type": "int", "nullable": true}]));
    let step = |new: &serde_json::Value| {
        change_type(&diff_tables(&base, &read(new), Compatibility::new(Mode::Backward), &Options::default()).changes)
    };
    assert_eq!(step(&json!([])), ChangeType::Major);
    assert_eq!(
        step(&json!([{"name": "a", "type": "int", "nullable": true}, {"name": "b", "type": "int", "nullable": true}])),
        ChangeType::Minor
    );
    assert_eq!(step(&json!([{"name": "a", "type": "int", "nullable": true, "comment": "c"}])), ChangeType::Patch);
}

/// `id bigint, name text! #3 (was)` as columns.
fn columns(text: &str) -> serde_json::Value {
    let column = |one: &str| {
        let (one, alias) = one.split_once(" (").map_or((one, None), |(a, b)| (a, b.strip_suffix(')')));
        let (one, id) = one.split_once(" #").map_or((one, None), |(a, b)| (a, b.parse::<i64>().ok()));
        let (name, kind) = one.trim().split_once(' ').unwrap();
        let (kind, nullable) = kind.strip_suffix('!').map_or((kind, None), |k| (k, Some(false)));
        json!({"name": name, "type": kind, "nullable": nullable, "field_id": id, "aliases": alias.map(|a| [a])})
    };
    // A comma inside of brackets is the type's.
    let marked = text.replace(", ", "\n").trim().to_owned();
    json!({"columns": marked.lines().map(column).collect::<Vec<_>>()})
}

#[test]
fn renames_are_suggested_as_the_cases_say_and_never_taken() {
    let mut seen = 0;
    for line in
        include_str!("../../../fixtures/diff/renames.txt").lines().filter(|l| !l.is_empty() && !l.starts_with('#'))
    {
        let [old, new, wanted, why] = line.split('|').collect::<Vec<_>>()[..] else { panic!("four parts: {line}") };
        let (old, new) = (columns(old), columns(new));
        let options = hinted(&Options::default(), &old, &new);
        let read = |v| table_from_value(v, Dialect::Postgres).unwrap();
        let (a, b) = (read(&old), read(&new));
        let found: Vec<String> = renames(&a, &b, &options).iter().map(|r| format!("{}>{}", r.old, r.new)).collect();
        assert_eq!(found.join(", "), wanted.trim(), "{}", why.trim());
        let told = diff_tables(&a, &b, Compatibility::new(Mode::Backward), &options);
        for gone in a.columns.iter().filter(|c| b.column(&c.name).is_none()) {
            let change = told.changes.iter().find(|c| c.rule == "column-removed" && c.path == gone.name);
            assert!(change.is_some_and(|c| c.breaking && c.reads == Judgment::Fails), "{line}");
        }
        for came in b.columns.iter().filter(|c| a.column(&c.name).is_none()) {
            assert!(told.changes.iter().any(|c| c.rule == "column-added" && c.path == came.name), "{line}");
        }
        seen += 1;
    }
    assert!(seen >= 15, "{seen}");
}
