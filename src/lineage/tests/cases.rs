//! Runs every case of `fixtures/lineage/*.sql`. A case is a block of SQL between comment lines:
//!
//! ```text
//! -- case: what it shows
//! -- dialect: duckdb, postgres          (the others must agree with the first but for types and the case of names)
//! -- table orders: id INTEGER, note TEXT (the catalog; none: nothing is known)
//! SELECT id FROM orders WHERE note = 'x'
//! -- out: id | INTEGER | orders.id identity |
//! -- indirect: orders.note filter
//! ```
//!
//! `-- view: batch` asks for the batch form's words (the section "Conventions" of the folder's README) instead; there
//! `-- builds: NAME` says which relation the text is the text of, for texts that read what it was before.
//! Further expectations: `not null:` (the output columns that can hold no NULL), `reads:`, `writes:`, `unused:`,
//! `resolution:`, `codes:` (of diagnostics). What is not said is not checked, but `out:` lines are the whole list of columns. `UPDATE_EXPECT=1` writes what the engine answers for the
//! first dialect into the file; read the difference before you believe it.

use crate::{Catalog, Defaults, analyze};
use std::fmt::Write as _;
use tessera_model::lineage::{DirectKind, IndirectKind, QueryLineage};
use tessera_model::{Column, Dialect, TableName, TableSchema};

#[derive(Default)]
struct Case {
    name: String,
    dialects: Vec<Dialect>,
    tables: Vec<String>,
    sql: String,
    expected: Vec<(String, String)>,
    head: Vec<String>,
    batch: bool,
    builds: Option<String>,
}

fn parse(text: &str) -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in text.lines() {
        let Some(rest) = line.strip_prefix("-- ") else {
            if let Some(case) = cases.last_mut() {
                case.sql.push_str(line);
                case.sql.push('\n');
            }
            continue;
        };
        let (key, value) = rest.split_once(':').map_or((rest, ""), |(k, v)| (k.trim(), v.trim()));
        if key == "case" {
            cases.push(Case { name: value.to_owned(), ..Case::default() });
        }
        let Some(case) = cases.last_mut() else { continue };
        match key {
            "case" => case.head.push(line.to_owned()),
            "dialect" => {
                case.head.push(line.to_owned());
                case.dialects = value.split(',').map(|d| Dialect::from_name(d).expect(d)).collect();
            }
            "view" => {
                case.head.push(line.to_owned());
                assert_eq!(value, "batch", "{}: no such view", case.name);
                case.batch = true;
            }
            "builds" => {
                case.head.push(line.to_owned());
                case.builds = Some(value.to_owned());
            }
            _ if key.starts_with("table ") || key.starts_with("default") => {
                case.head.push(line.to_owned());
                case.tables.push(rest.to_owned());
            }
            "out" | "not null" | "indirect" | "reads" | "writes" | "unused" | "resolution" | "codes" => {
                case.expected.push((key.to_owned(), value.to_owned()));
            }
            _ => panic!("{}: \"{line}\" is neither SQL nor an expectation", case.name),
        }
    }
    for case in &mut cases {
        assert!(!case.dialects.is_empty(), "{}: no dialect", case.name);
        case.sql = case.sql.trim().to_owned();
    }
    cases
}

fn catalog(case: &Case, dialect: Dialect) -> Catalog {
    let mut catalog = Catalog::new(dialect);
    for table in case.tables.iter().filter_map(|t| t.strip_prefix("table ")) {
        let (name, columns) = table.split_once(':').expect("table name: columns");
        let mut depth = 0;
        let split = columns.split(|c| {
            depth += i32::from(matches!(c, '(' | '<')) - i32::from(matches!(c, ')' | '>'));
            c == ',' && depth == 0
        });
        let columns = split
            .map(|c| {
                let c = c.trim();
                let (name, ty) = c.split_once(' ').unwrap_or((c, ""));
                let not_null = ty.ends_with(" NOT NULL");
                let ty = ty.trim_end_matches(" NOT NULL");
                let quoted = name.starts_with('"');
                let stored = dialect.column_folding().store(name.trim_matches('"'), quoted);
                let mut column = Column::new(stored, Some(ty).filter(|t| !t.is_empty()));
                column.nullable = not_null.then_some(false);
                column
            })
            .collect();
        let name = TableName::parse(dialect, name.trim()).expect(name);
        catalog.insert(name, TableSchema::new(dialect, columns));
    }
    catalog
}

fn defaults(case: &Case) -> Defaults {
    let given = |what: &str| {
        case.tables.iter().find_map(|t| t.strip_prefix(what)).map(|v| v.trim_start_matches(':').trim().to_owned())
    };
    Defaults { database: given("default database"), schema: given("default schema") }
}

fn direct_kind(kind: DirectKind) -> &'static str {
    match kind {
        DirectKind::Identity => "identity",
        DirectKind::Transformation => "transformation",
        DirectKind::Aggregation => "aggregation",
    }
}

fn indirect_kind(kind: IndirectKind) -> &'static str {
    match kind {
        IndirectKind::Join => "join",
        IndirectKind::Filter => "filter",
        IndirectKind::GroupBy => "group_by",
        IndirectKind::Sort => "sort",
        IndirectKind::Window => "window",
        IndirectKind::Conditional => "conditional",
    }
}

fn sorted(mut list: Vec<String>) -> String {
    list.sort();
    list.dedup();
    list.join(", ")
}

/// What the engine says, in the words of the case files.
fn answer(lineage: &QueryLineage) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for column in &lineage.columns {
        let direct = column.direct.iter().map(|d| format!("{}.{} {}", d.table, d.column, direct_kind(d.kind)));
        let indirect = column.indirect.iter().map(|d| format!("{}.{} {}", d.table, d.column, indirect_kind(d.kind)));
        let maybe = column.candidates.iter().map(|d| format!("{}.{} candidate", d.table, d.column));
        let mut line = String::new();
        if let Some(target) = &column.target {
            write!(line, "{target}.").unwrap();
        }
        write!(
            line,
            "{} | {} | {} | {}",
            column.name,
            column.data_type.as_deref().unwrap_or("-"),
            sorted(direct.chain(maybe).collect()),
            sorted(indirect.collect())
        )
        .unwrap();
        out.push(("out".to_owned(), line.trim_end().to_owned()));
    }
    let mut rest =
        |key: &str, value: String| out.push((key.to_owned(), if value.is_empty() { "none".into() } else { value }));
    let indirect = lineage.indirect.iter().map(|d| format!("{}.{} {}", d.table, d.column, indirect_kind(d.kind)));
    rest("indirect", sorted(indirect.collect()));
    let full = lineage.columns.iter().filter(|c| c.nullable == Some(false)).map(|c| c.name.to_string());
    rest("not null", sorted(full.collect()));
    rest("unused", sorted(lineage.unused.iter().map(|d| format!("{}.{}", d.table, d.column)).collect()));
    rest("reads", sorted(lineage.reads.iter().map(ToString::to_string).collect()));
    rest("writes", sorted(lineage.writes.iter().map(ToString::to_string).collect()));
    rest("resolution", format!("{:?}", lineage.resolution).to_lowercase());
    rest("codes", sorted(lineage.diagnostics.iter().map(|d| d.code.clone()).collect()));
    out
}

fn normal(key: &str, value: &str) -> String {
    match key {
        "out" => value.split('|').map(|p| sorted_list(p.trim())).collect::<Vec<_>>().join(" | ").trim_end().to_owned(),
        "indirect" | "not null" | "reads" | "writes" | "unused" | "codes" => sorted_list(value),
        _ => value.to_owned(),
    }
}

fn sorted_list(text: &str) -> String {
    // Types and names hold commas too: only lists of reads are sorted.
    if !text.contains(", ") || text.contains('(') {
        return text.to_owned();
    }
    sorted(text.split(", ").map(str::to_owned).collect())
}

fn asked(case: &Case, dialect: Dialect) -> QueryLineage {
    let (catalog, defaults) = (catalog(case, dialect), defaults(case));
    match case.batch {
        true => {
            let own = case.builds.as_ref().and_then(|name| TableName::parse(dialect, name));
            crate::batch::answer(&case.sql, dialect, &catalog, &defaults, own.as_ref())
        }
        false => analyze(&case.sql, dialect, &catalog, &defaults),
    }
}

fn check(case: &Case, dialect: Dialect) -> Result<(), String> {
    let got = answer(&asked(case, dialect));
    let mut problems = String::new();
    let outs = |list: &[(String, String)]| -> Vec<String> {
        list.iter()
            .filter(|(k, _)| k == "out")
            .map(|(k, v)| normal(k, v).trim_end_matches(" |").trim().to_owned())
            .collect()
    };
    let first = dialect == case.dialects[0];
    let view = |text: String| if first { text } else { text.to_lowercase() };
    let column = |text: String| {
        let parts: Vec<&str> = text.split(" | ").collect();
        let untyped =
            parts.iter().enumerate().filter(|(i, _)| *i != 1).map(|(_, p)| *p).collect::<Vec<_>>().join(" | ");
        if first { text } else { sorted_list(&untyped.to_lowercase()) }
    };
    let expected: Vec<String> = outs(&case.expected).into_iter().map(column).collect();
    let found: Vec<String> = outs(&got).into_iter().map(column).collect();
    if !expected.is_empty() && expected != found {
        write!(problems, "\n  expected columns {expected:#?}\n  got {found:#?}").unwrap();
    }
    for (key, value) in case.expected.iter().filter(|(k, _)| k != "out") {
        let actual = got.iter().find(|(k, _)| k == key).map(|(k, v)| normal(k, v)).unwrap_or_default();
        let (value, actual) = (view(value.clone()), view(actual));
        if normal(key, &value) != normal(key, &actual) {
            write!(problems, "\n  expected {key}: {value}\n  got      {key}: {actual}").unwrap();
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(format!("{} ({dialect}):{problems}\n", case.name)) }
}

fn bless(path: &std::path::Path, cases: &[Case], intro: &str) {
    let mut text = intro.to_owned();
    for case in cases {
        let dialect = case.dialects[0];
        let got = answer(&asked(case, dialect));
        for line in &case.head {
            writeln!(text, "{line}").unwrap();
        }
        writeln!(text, "{}", case.sql).unwrap();
        for (key, value) in got {
            // What says nothing is left out.
            let dull = match key.as_str() {
                "unused" | "writes" | "codes" => value == "none",
                "not null" => !case.expected.iter().any(|(said, _)| *said == key),
                "resolution" => value == "resolved",
                _ => false,
            };
            if !dull {
                writeln!(text, "-- {key}: {value}").unwrap();
            }
        }
        text.push('\n');
    }
    std::fs::write(path, format!("{}\n", text.trim_end())).unwrap();
}

#[test]
fn every_case_of_the_fixtures_holds() {
    let folder = super::root().join("fixtures/lineage");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "sql"));
    files.sort();
    let update = std::env::var_os("UPDATE_EXPECT").is_some();
    let (mut failures, mut count) = (Vec::new(), 0);
    for path in files {
        let text = std::fs::read_to_string(&path).unwrap();
        let cases = parse(&text);
        let intro: String = text.lines().take_while(|l| !l.starts_with("-- case:")).flat_map(|l| [l, "\n"]).collect();
        if update {
            bless(&path, &cases, &intro);
            continue;
        }
        for case in &cases {
            for dialect in &case.dialects {
                count += 1;
                failures.extend(check(case, *dialect).err());
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} cases fail:\n{}", failures.len(), failures.join("\n"));
    assert!(update || count >= 150, "only {count} cases were found");
}
