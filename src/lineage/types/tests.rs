//! Results of operators and functions that the engines' manuals state.

use super::{Arg, binary, function};
use crate::bind::Typed;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::BinOp;

fn ty(dialect: Dialect, text: &str) -> Typed {
    Typed::of(LogicalType::parse(dialect, text))
}

#[test]
fn operators() {
    use BinOp::{Add, Concat, Div, Mul, Sub};
    use Dialect::{BigQuery, DuckDb, Postgres, Snowflake, Trino};
    let cases = [
        (DuckDb, "INTEGER", Add, "BIGINT", Some("BIGINT")),
        (DuckDb, "INTEGER", Div, "INTEGER", Some("DOUBLE")),
        (DuckDb, "DECIMAL(15,2)", Mul, "DECIMAL(15,2)", Some("DECIMAL(18,4)")),
        (DuckDb, "DECIMAL(10,2)", Add, "DECIMAL(10,2)", Some("DECIMAL(11,2)")),
        (DuckDb, "DATE", Sub, "DATE", Some("BIGINT")),
        (DuckDb, "DATE", Add, "INTERVAL", Some("TIMESTAMP")),
        (Postgres, "integer", Div, "integer", Some("INTEGER")),
        (Postgres, "numeric(10,2)", Mul, "integer", Some("NUMERIC")),
        (Postgres, "double precision", Mul, "numeric", Some("DOUBLE PRECISION")),
        (Postgres, "text", Concat, "integer", Some("TEXT")),
        (BigQuery, "INT64", Div, "INT64", Some("FLOAT64")),
        (BigQuery, "INT64", Mul, "FLOAT64", Some("FLOAT64")),
        (Snowflake, "NUMBER(10,2)", Mul, "NUMBER(10,2)", Some("NUMBER(20,4)")),
        (Trino, "integer", Add, "bigint", Some("BIGINT")),
        (Trino, "date", Sub, "date", None),
        (Postgres, "uuid", Add, "integer", None),
    ];
    for (dialect, a, op, b, expected) in cases {
        let got = binary(dialect, op, &ty(dialect, a), &ty(dialect, b));
        let expected = expected.map(|t| LogicalType::parse(dialect, t));
        assert_eq!(got, expected, "{dialect}: {a} {op:?} {b}");
    }
}

#[test]
fn aggregates() {
    use Dialect::{BigQuery, Databricks, DuckDb, Postgres, Redshift, Snowflake, Trino};
    let cases = [
        (DuckDb, "sum", "INTEGER", Some("HUGEINT")),
        (DuckDb, "sum", "DECIMAL(18,2)", Some("DECIMAL(38,2)")),
        (DuckDb, "sum", "DOUBLE", Some("DOUBLE")),
        (DuckDb, "avg", "INTEGER", Some("DOUBLE")),
        (Postgres, "sum", "integer", Some("bigint")),
        (Postgres, "sum", "bigint", Some("numeric")),
        (Postgres, "sum", "numeric(10,2)", Some("numeric")),
        (Postgres, "sum", "double precision", Some("double precision")),
        (Postgres, "sum", "real", Some("real")),
        (Postgres, "avg", "integer", Some("numeric")),
        (Snowflake, "sum", "NUMBER(10,2)", Some("NUMBER(38,2)")),
        (BigQuery, "sum", "INT64", Some("INT64")),
        (BigQuery, "avg", "INT64", Some("FLOAT64")),
        (Redshift, "sum", "integer", Some("bigint")),
        (Databricks, "sum", "decimal(10,2)", Some("decimal(20,2)")),
        (Trino, "sum", "integer", Some("bigint")),
        (Trino, "count", "integer", Some("bigint")),
        (DuckDb, "max", "DATE", Some("DATE")),
        (DuckDb, "sum", "VARCHAR", None),
        (DuckDb, "no_such_function", "INTEGER", None),
    ];
    for (dialect, name, arg, expected) in cases {
        let arg_types = [Arg { typed: ty(dialect, arg), word: None }];
        let got = function(dialect, name).and_then(|f| f.call(dialect, &arg_types).ty);
        assert_eq!(got, expected.map(|t| LogicalType::parse(dialect, t)), "{dialect}: {name}({arg})");
    }
}
