//! Spellings, one a line. Add a line for every spelling that was once misread.

use super::{LogicalType, Zone};
use crate::Dialect;

#[test]
fn spellings_of_the_same_type_are_equal() {
    let same = [
        (Dialect::Postgres, "int4", Dialect::Postgres, "INTEGER"),
        (Dialect::Postgres, "timestamp without time zone", Dialect::DuckDb, "TIMESTAMP"),
        (Dialect::Postgres, "timestamptz", Dialect::Postgres, "timestamp with time zone"),
        (Dialect::Postgres, "character varying(10)", Dialect::Postgres, "varchar(10)"),
        (Dialect::Postgres, "timestamp(3) without time zone", Dialect::Postgres, "timestamp(3)"),
        (Dialect::Postgres, "numeric(18, 2)", Dialect::DuckDb, "DECIMAL(18,2)"),
        (Dialect::Postgres, "double precision", Dialect::DuckDb, "DOUBLE"),
        (Dialect::Postgres, "text", Dialect::DuckDb, "VARCHAR"),
        (Dialect::Snowflake, "INT", Dialect::Snowflake, "NUMBER(38,0)"),
        (Dialect::Snowflake, "STRING", Dialect::Snowflake, "VARCHAR(16777216)"),
        (Dialect::Snowflake, "DATETIME", Dialect::Snowflake, "TIMESTAMP_NTZ"),
        (Dialect::BigQuery, "INTEGER", Dialect::BigQuery, "INT64"),
        (
            Dialect::BigQuery,
            "STRUCT<a INT64, b ARRAY<STRING>>",
            Dialect::BigQuery,
            "STRUCT<a INTEGER, b ARRAY<STRING>>",
        ),
        (Dialect::Databricks, "struct<a:int,b:string>", Dialect::SparkSql, "STRUCT<a: INT, b: STRING COMMENT 'x, y'>"),
        (Dialect::DuckDb, "STRUCT(a INTEGER, b VARCHAR)", Dialect::DuckDb, "struct(a int, b text)"),
        (Dialect::ClickHouse, "Nullable(Int32)", Dialect::DuckDb, "INTEGER"),
        (Dialect::MySql, "int(11) unsigned", Dialect::DuckDb, "UINTEGER"),
        (Dialect::Sqlite, "varchar(20)", Dialect::Sqlite, "TEXT"),
    ];
    for (d1, t1, d2, t2) in same {
        assert_eq!(LogicalType::parse(d1, t1), LogicalType::parse(d2, t2), "{d1} {t1} / {d2} {t2}");
    }
}

#[test]
fn different_types_stay_different() {
    let different = [
        (Dialect::Postgres, "timestamp", "timestamptz"),
        (Dialect::Postgres, "numeric(18,2)", "double precision"),
        (Dialect::Postgres, "varchar(10)", "varchar(20)"),
        (Dialect::Postgres, "integer", "integer[]"),
        (Dialect::Postgres, "s00.money2", "numeric"),
        (Dialect::Snowflake, "TIMESTAMP_LTZ", "TIMESTAMP_TZ"),
        (Dialect::BigQuery, "TIMESTAMP", "DATETIME"),
    ];
    for (d, a, b) in different {
        assert_ne!(LogicalType::parse(d, a), LogicalType::parse(d, b), "{d} {a} / {b}");
    }
}

#[test]
fn what_is_spelled_reads_back_as_itself() {
    let types = [
        LogicalType::Bool,
        LogicalType::DOUBLE,
        LogicalType::Decimal { precision: Some(18), scale: 2 },
        LogicalType::TEXT,
        LogicalType::Date,
        LogicalType::TIMESTAMP,
        LogicalType::TIMESTAMPTZ,
        LogicalType::Array(Box::new(LogicalType::DOUBLE)),
    ];
    for d in
        [Dialect::Postgres, Dialect::DuckDb, Dialect::BigQuery, Dialect::Databricks, Dialect::Snowflake, Dialect::Trino]
    {
        for t in &types {
            if d == Dialect::BigQuery && matches!(t, LogicalType::Decimal { .. }) {
                continue;
            }
            assert_eq!(&LogicalType::parse(d, &t.spell(d)), t, "{d} {}", t.spell(d));
        }
    }
}

#[test]
fn odd_input_is_kept_as_text_and_never_panics() {
    assert_eq!(LogicalType::parse(Dialect::Postgres, "s00.money2"), LogicalType::Other("s00.money2".into()));
    assert_eq!(LogicalType::parse(Dialect::Postgres, "  "), LogicalType::Unknown);
    for odd in
        ["(", ")", "<", "ARRAY<", "STRUCT<>", "STRUCT<a", "[]", "]", "decimal(", "decimal(,)", "é(é)", "map<a>", "\"x"]
    {
        let _ = LogicalType::parse(Dialect::BigQuery, odd);
    }
    let _ = LogicalType::parse(Dialect::BigQuery, &"ARRAY<".repeat(10_000));
    let _ = LogicalType::parse(Dialect::BigQuery, &format!("{}INT64{}", "ARRAY<".repeat(5_000), ">".repeat(5_000)));
    assert_eq!(
        LogicalType::parse(Dialect::Trino, "timestamp(6) with time zone"),
        LogicalType::Timestamp { precision: Some(6), zone: Zone::Instant }
    );
}

#[test]
fn decimals_of_bigquery_are_called_by_what_holds_them() {
    for (written, spelled) in [
        ("NUMERIC", "NUMERIC"),
        ("NUMERIC(38, 9)", "NUMERIC"),
        ("NUMERIC(31, 2)", "NUMERIC(31,2)"),
        ("BIGNUMERIC", "BIGNUMERIC"),
        ("BIGDECIMAL(50, 20)", "BIGNUMERIC(50,20)"),
        ("BIGNUMERIC(38, 0)", "BIGNUMERIC(38,0)"),
    ] {
        let t = LogicalType::parse(Dialect::BigQuery, written);
        assert_eq!(t.spell(Dialect::BigQuery), spelled, "{written}");
        assert_eq!(LogicalType::parse(Dialect::BigQuery, spelled), t, "{written}");
    }
}
