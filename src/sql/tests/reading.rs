//! What becomes of texts, statement by statement.

use crate::ir::StatementKind;
use crate::{Limits, Parsed, parse};
use tessera_model::Dialect;

/// `query`, `insert`, … or the tables of the last resort.
fn kinds(sql: &str, dialect: Dialect) -> Vec<String> {
    parse(sql, dialect, &Limits::default())
        .statements
        .iter()
        .map(|parsed| match parsed {
            Parsed::Statement(statement) => statement.kind.name().to_owned(),
            Parsed::Tables(scan) => {
                let names = |list: &[Vec<tessera_model::Ident>]| {
                    let dotted =
                        |n: &Vec<tessera_model::Ident>| n.iter().map(|i| i.text.as_str()).collect::<Vec<_>>().join(".");
                    list.iter().map(dotted).collect::<Vec<_>>().join(" ")
                };
                format!("? {} -> {}", names(&scan.reads), names(&scan.writes))
            }
        })
        .collect()
}

fn codes(sql: &str, dialect: Dialect, limits: &Limits) -> Vec<String> {
    parse(sql, dialect, limits).diagnostics.into_iter().map(|d| d.code).collect()
}

#[test]
fn statements_are_split_where_they_end() {
    use Dialect::{BigQuery, Generic, Postgres, TSql};
    let cases: &[(Dialect, &str, &[&str])] = &[
        (Postgres, "select 1; select 2", &["query", "query"]),
        (Postgres, ";; select ';' ;;", &["query"]),
        (Postgres, "-- only; a comment", &[]),
        (Postgres, "select $$a;b$$; insert into t values (1)", &["query", "insert"]),
        (Postgres, "select (1; select 2", &["?  -> ", "query"]),
        (TSql, "select 1\ngo\nselect 2", &["query", "query"]),
        (TSql, "select a from t select b from u", &["query", "query"]),
        (TSql, "select go from t", &["query"]),
        (BigQuery, "create procedure p() begin select 1; select 2; end; select 3", &["ddl", "query", "query", "query"]),
        (Generic, "create table a as select 1; drop table b; use c", &["ctas", "ddl", "use"]),
    ];
    for (dialect, sql, expected) in cases {
        assert_eq!(kinds(sql, *dialect), *expected, "{dialect}: {sql}");
    }
}

#[test]
fn statements_start_where_their_first_word_stands() {
    let starts =
        crate::starts("select 1;\n  -- x\n  if a then select 2; end if;", Dialect::BigQuery, &Limits::default());
    let places: Vec<(u32, u32)> = starts.iter().map(|p| (p.line, p.column)).collect();
    assert_eq!(places, [(1, 1), (3, 13)]);
}

#[test]
fn the_last_resort_finds_tables() {
    let cases = [
        ("selekt a from s.t, u as x join \"V\" on 1", "? s.t u V -> "),
        ("insert overwrite into a.b frobnicate from c", "? c -> a.b"),
        ("with x as (select 1 from t) selekt y from x join z", "? t z -> "),
        ("frob extract(year from d) from t", "? t -> "),
        ("frob a is distinct from b from t", "? t -> "),
        ("frob from unnest(x)", "?  -> "),
    ];
    for (sql, expected) in cases {
        assert_eq!(kinds(sql, Dialect::Generic), [expected], "{sql}");
    }
}

#[test]
fn every_refusal_has_a_reason_and_a_place() {
    let limits = Limits { nesting: 3, joins: 1, links: 50, text: 400, ..Limits::default() };
    assert_eq!(codes("select ((((1))))", Dialect::Generic, &limits), ["too-large"]);
    assert_eq!(codes("select 1 from a join b join c", Dialect::Generic, &limits), ["too-large"]);
    assert_eq!(codes(&format!("select 1{}", "+1".repeat(60)), Dialect::Generic, &limits), ["too-large"]);
    assert_eq!(codes(&" ".repeat(500), Dialect::Generic, &limits), ["too-large"]);
    assert_eq!(codes("select {{ x }}", Dialect::Generic, &limits), ["unrendered-template"]);
    assert_eq!(codes("select '{{ x }}'", Dialect::Generic, &limits), Vec::<String>::new());
    let script = parse("select 1;\nselect from", Dialect::Snowflake, &Limits::default());
    assert_eq!((script.diagnostics[0].code.as_str(), script.diagnostics[0].line), ("unparsed", 2));
    assert!(script.diagnostics[0].message.starts_with("Expected"));
}

#[test]
fn long_chains_are_one_node() {
    let sql = format!("select a{} from t", " + a".repeat(5_000));
    let script = parse(&sql, Dialect::Postgres, &Limits::default());
    let Parsed::Statement(statement) = &script.statements[0] else { panic!("{:?}", script.diagnostics) };
    assert_eq!(statement.kind, StatementKind::Query);
    assert_eq!(statement.arena.exprs.iter().filter(|e| matches!(e, crate::ir::Expr::Chain { .. })).count(), 1);
}

#[test]
fn mentions_name_each_table_once() {
    let script =
        parse("with a as (select * from s.t) select * from a join S.T join s.t", Dialect::Generic, &Limits::default());
    let names: Vec<(String, bool)> = script
        .mentions()
        .into_iter()
        .map(|m| (m.parts.iter().map(|p| p.text.clone()).collect::<Vec<_>>().join("."), m.maybe_cte))
        .collect();
    let expected = [("s.t", false), ("a", true), ("S.T", false)];
    assert_eq!(names, expected.map(|(n, c)| (n.to_owned(), c)));
}
