//! Text that kills parsers (`research/reliability` measured which): every shape, in every dialect, on the small stack that
//! a worker thread has. A stack overflow would abort the whole test run, so getting to the end is the proof.

use crate::{Catalog, Defaults, analyze};
use tessera_model::Dialect;
use tessera_model::lineage::Resolution;

fn bombs(scale: usize) -> Vec<(&'static str, String)> {
    let n = scale;
    let wrap = |open: &str, core: &str, close: &str, n: usize| format!("{}{core}{}", open.repeat(n), close.repeat(n));
    vec![
        ("parens in FROM", format!("SELECT * FROM {}", wrap("(", "t", ")", n))),
        ("parens in an expression", format!("SELECT {} FROM t", wrap("(", "a", ")", n))),
        ("joins without ON", format!("SELECT * FROM t {}", "JOIN t ".repeat(n))),
        ("joins with ON at the end", format!("SELECT * FROM t {} {}", "JOIN t ".repeat(n), "ON 1 = 1 ".repeat(n))),
        ("comma joins", format!("SELECT * FROM t{}", ", t".repeat(n))),
        (
            "match_recognize",
            format!("SELECT * FROM t MATCH_RECOGNIZE (PATTERN ({}) DEFINE A AS x > 1)", wrap("(", "A", ")", n)),
        ),
        ("derived tables", wrap("SELECT * FROM (", "SELECT 1 AS a", ") AS q", n)),
        ("scalar subqueries", wrap("SELECT (", "SELECT 1", ")", n)),
        ("AND", format!("SELECT 1 FROM t WHERE a = 1{}", " AND a = 1".repeat(n))),
        ("plus", format!("SELECT a{} FROM t", "+1".repeat(n))),
        ("mixed operators", format!("SELECT a{} FROM t", " + b * c - d".repeat(n))),
        ("unions", format!("SELECT a FROM t{}", " UNION ALL SELECT a FROM t".repeat(n))),
        ("in list", format!("SELECT a FROM t WHERE a IN (0{})", ",1".repeat(n))),
        ("casts", format!("SELECT a{} FROM t", "::int".repeat(n))),
        ("not", format!("SELECT {} a FROM t", "NOT ".repeat(n))),
        ("minus", format!("SELECT {}a FROM t", "- ".repeat(n))),
        ("is null", format!("SELECT a{} FROM t", " IS NULL".repeat(n))),
        ("case", format!("SELECT {} 1 {} FROM t", "CASE WHEN a THEN ".repeat(n), "END ".repeat(n))),
        ("brackets", format!("SELECT {} FROM t", wrap("[", "1", "]", n))),
        ("braces", format!("SELECT {} FROM t", wrap("{'a': ", "1", "}", n))),
        ("array types", format!("SELECT CAST(a AS {}) FROM t", wrap("ARRAY<", "INT", ">", n))),
        ("nullable types", format!("SELECT CAST(a AS {}) FROM t", wrap("Nullable(", "Int8", ")", n))),
        ("struct types", format!("CREATE TABLE t (a {})", wrap("STRUCT<a ", "INT", ">", n))),
        ("calls", format!("SELECT {} FROM t", wrap("f(", "a", ")", n))),
        ("subscripts", format!("SELECT a{} FROM t", "[1]".repeat(n))),
        ("path", format!("SELECT a{} FROM t", ".b".repeat(n))),
        (
            "ctes",
            format!("WITH c0 AS (SELECT 1 AS x){} SELECT * FROM c0", {
                (1..n.min(2000)).map(|i| format!(", c{i} AS (SELECT * FROM c{})", i - 1)).collect::<String>()
            }),
        ),
        ("nested ctes", wrap("WITH c AS (", "SELECT 1 AS x", ") SELECT * FROM c", n)),
        ("columns", format!("SELECT a{} FROM t", ", a".repeat(n))),
        ("statements", "SELECT 1;".repeat(n)),
        ("semicolons", ";".repeat(n)),
        ("open parens", "(".repeat(n)),
        ("close parens", ")".repeat(n)),
        ("open string", format!("SELECT '{}", "x".repeat(n))),
        ("open comment", format!("SELECT 1 /* {}", "/* ".repeat(n))),
        ("open quote", format!("SELECT \"{}", "\"\"".repeat(n))),
        ("explain", format!("{} SELECT 1", "EXPLAIN ".repeat(n))),
        ("begin", format!("{} SELECT 1; {}", "BEGIN ".repeat(n), "END; ".repeat(n))),
        ("interval", format!("SELECT {} '1' DAY", "INTERVAL ".repeat(n))),
        ("lambda", format!("SELECT f({} 1) FROM t", "x -> ".repeat(n))),
        ("exists", wrap("SELECT 1 WHERE EXISTS (", "SELECT 1", ")", n)),
        (
            "lateral aliases",
            format!("SELECT a AS c0{} FROM t", {
                (1..n.min(2000)).map(|i| format!(", c{p} + c{p} AS c{i}", p = i - 1)).collect::<String>()
            }),
        ),
        ("pivots", format!("SELECT * FROM t {}", "PIVOT (sum(a) FOR b IN (1)) ".repeat(n))),
        (
            "windows",
            format!("SELECT sum(a) OVER w0 FROM t WINDOW w0 AS (w0){}", {
                (1..n.min(2000)).map(|i| format!(", w{i} AS (w{})", i - 1)).collect::<String>()
            }),
        ),
        ("dollar quotes", format!("SELECT {}", "$a$".repeat(n))),
        ("unicode", format!("SELECT '{}' FROM t", "é\u{202e}\u{0}".repeat(n))),
        ("jinja", format!("SELECT {} FROM t", "{{ x }}, ".repeat(n))),
    ]
}

fn run(scale: usize, dialects: &[Dialect]) {
    let dialects = dialects.to_vec();
    let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(move || {
        for (name, sql) in bombs(scale) {
            for dialect in &dialects {
                let got = analyze(&sql, *dialect, &Catalog::new(*dialect), &Defaults::default());
                // Whatever could not be read is said.
                if matches!(got.resolution, Resolution::Unparsed | Resolution::TableOnly) {
                    assert!(!got.diagnostics.is_empty(), "{name} in {dialect} at {scale}");
                }
            }
        }
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn small_bombs_in_every_dialect() {
    run(60, &Dialect::ALL);
    run(300, &Dialect::ALL);
}

#[test]
fn middling_bombs() {
    run(3_000, &[Dialect::Postgres, Dialect::Snowflake, Dialect::BigQuery, Dialect::DuckDb, Dialect::ClickHouse]);
}

#[test]
fn large_bombs() {
    run(20_000, &[Dialect::Snowflake]);
}

#[test]
fn a_text_beyond_the_limit_is_refused_with_a_reason() {
    let sql = format!("SELECT '{}'", "x".repeat(6_000_000));
    let got = analyze(&sql, Dialect::DuckDb, &Catalog::new(Dialect::DuckDb), &Defaults::default());
    assert_eq!(got.resolution, Resolution::Unparsed);
    assert_eq!(got.diagnostics[0].code, "too-large");
}
