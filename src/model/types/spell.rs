//! `LogicalType` -> a dialect's spelling, for messages, suggestions and the types that lineage infers.

use super::{LogicalType, Zone};
use crate::dialect::Dialect;

impl LogicalType {
    /// The usual spelling in `dialect`. `Unknown` is `unknown`.
    pub fn spell(&self, dialect: Dialect) -> String {
        use Dialect as D;
        let big = dialect == D::BigQuery;
        match self {
            LogicalType::Bool => if big {
                "BOOL"
            } else if dialect == D::TSql {
                "BIT"
            } else {
                "BOOLEAN"
            }
            .to_owned(),
            LogicalType::Int { bits, signed } => int(dialect, *bits, *signed),
            LogicalType::Decimal { precision, scale } => {
                // BigQuery's NUMERIC has at most 29 digits before the point and 9 behind it.
                let wide =
                    big && precision.is_some_and(|p| i32::from(*scale) > 9 || i32::from(p) - i32::from(*scale) > 29);
                let word = match dialect {
                    D::Snowflake | D::Oracle => "NUMBER",
                    D::BigQuery if wide => "BIGNUMERIC",
                    D::Postgres | D::Redshift | D::BigQuery => "NUMERIC",
                    _ => "DECIMAL",
                };
                match precision {
                    Some(p) if !(big && matches!((*p, *scale), (38, 9) | (76, 38))) => format!("{word}({p},{scale})"),
                    _ => word.to_owned(),
                }
            }
            LogicalType::Float { bits } => match (dialect, bits) {
                (D::BigQuery, _) => "FLOAT64",
                (D::Snowflake, _) => "FLOAT",
                (D::Postgres | D::Redshift | D::Trino, 32) => "REAL",
                (D::Postgres | D::Redshift, _) => "DOUBLE PRECISION",
                (D::TSql, 32) => "REAL",
                (D::TSql, _) => "FLOAT",
                (D::Sqlite, _) => "REAL",
                (_, 32) => "FLOAT",
                _ => "DOUBLE",
            }
            .to_owned(),
            LogicalType::Text { max, fixed } => {
                let unbounded = match dialect {
                    D::Postgres | D::Sqlite => "TEXT",
                    D::BigQuery | D::Databricks | D::SparkSql | D::Hive | D::ClickHouse => "STRING",
                    _ => "VARCHAR",
                };
                match (max, fixed) {
                    (Some(n), true) => format!("CHAR({n})"),
                    (Some(n), false) if big => format!("STRING({n})"),
                    (Some(n), false) => format!("VARCHAR({n})"),
                    (None, true) => "BPCHAR".to_owned(),
                    (None, false) => unbounded.to_owned(),
                }
            }
            LogicalType::Bytes { max } => {
                let word = match dialect {
                    D::Postgres => "BYTEA",
                    D::BigQuery => "BYTES",
                    D::DuckDb | D::Sqlite => "BLOB",
                    D::Trino | D::Athena | D::Redshift => "VARBINARY",
                    _ => "BINARY",
                };
                max.map_or(word.to_owned(), |n| format!("{word}({n})"))
            }
            LogicalType::Date => "DATE".to_owned(),
            LogicalType::Time { precision, zone } => {
                let tail = if *zone == Zone::None { "" } else { " WITH TIME ZONE" };
                format!("TIME{}{tail}", digits(*precision))
            }
            LogicalType::Timestamp { precision, zone } => timestamp(dialect, *precision, *zone),
            LogicalType::Interval => "INTERVAL".to_owned(),
            LogicalType::Uuid => "UUID".to_owned(),
            LogicalType::Json => match dialect {
                D::Snowflake | D::Databricks => "VARIANT",
                D::Redshift => "SUPER",
                D::Postgres => "JSONB",
                _ => "JSON",
            }
            .to_owned(),
            LogicalType::Array(inner) => match dialect {
                D::Postgres | D::DuckDb | D::Generic => format!("{}[]", inner.spell(dialect)),
                D::BigQuery | D::Databricks | D::SparkSql | D::Hive => format!("ARRAY<{}>", inner.spell(dialect)),
                D::Snowflake if **inner == LogicalType::Json => "ARRAY".to_owned(),
                _ => format!("ARRAY({})", inner.spell(dialect)),
            },
            LogicalType::Map(k, v) => {
                let (open, close) = if angled(dialect) { ('<', '>') } else { ('(', ')') };
                format!("MAP{open}{}, {}{close}", k.spell(dialect), v.spell(dialect))
            }
            LogicalType::Struct(fields) => {
                let word = if matches!(dialect, D::Trino | D::Athena) { "ROW" } else { "STRUCT" };
                let colon = if matches!(dialect, D::Databricks | D::SparkSql | D::Hive) { ":" } else { " " };
                let (open, close) = if angled(dialect) { ('<', '>') } else { ('(', ')') };
                let inside: Vec<String> = fields
                    .iter()
                    .map(|f| {
                        if f.name.is_empty() {
                            f.data_type.spell(dialect)
                        } else {
                            format!("{}{colon}{}", f.name, f.data_type.spell(dialect))
                        }
                    })
                    .collect();
                format!("{word}{open}{}{close}", inside.join(", "))
            }
            LogicalType::Enum(values) => {
                let quoted: Vec<String> = values.iter().map(|v| format!("'{}'", v.replace('\'', "''"))).collect();
                format!("ENUM({})", quoted.join(", "))
            }
            LogicalType::Geo => "GEOGRAPHY".to_owned(),
            LogicalType::Other(text) => text.clone(),
            LogicalType::Unknown => "unknown".to_owned(),
        }
    }
}

fn angled(dialect: Dialect) -> bool {
    matches!(dialect, Dialect::BigQuery | Dialect::Databricks | Dialect::SparkSql | Dialect::Hive)
}

fn digits(precision: Option<u8>) -> String {
    precision.map_or(String::new(), |p| format!("({p})"))
}

fn int(dialect: Dialect, bits: u16, signed: bool) -> String {
    match dialect {
        Dialect::BigQuery => return "INT64".to_owned(),
        Dialect::Snowflake => return if bits == 64 { "BIGINT" } else { "INTEGER" }.to_owned(),
        Dialect::ClickHouse => return format!("{}Int{bits}", if signed { "" } else { "U" }),
        _ => {}
    }
    let word = match bits {
        8 => "TINYINT",
        16 => "SMALLINT",
        32 => "INTEGER",
        64 => "BIGINT",
        128 => "HUGEINT",
        _ => "INT256",
    };
    match (signed, dialect) {
        (true, _) => word.to_owned(),
        (false, Dialect::MySql) => format!("{word} UNSIGNED"),
        (false, _) => format!("U{word}"),
    }
}

fn timestamp(dialect: Dialect, precision: Option<u8>, zone: Zone) -> String {
    let p = digits(precision);
    match (dialect, zone) {
        (Dialect::BigQuery, Zone::None) => "DATETIME".to_owned(),
        (Dialect::BigQuery, _) => "TIMESTAMP".to_owned(),
        (Dialect::Snowflake, Zone::None) => format!("TIMESTAMP_NTZ{p}"),
        (Dialect::Snowflake, Zone::Instant) => format!("TIMESTAMP_LTZ{p}"),
        (Dialect::Snowflake, Zone::Offset) => format!("TIMESTAMP_TZ{p}"),
        (Dialect::Databricks | Dialect::SparkSql, Zone::None) => "TIMESTAMP_NTZ".to_owned(),
        (Dialect::Databricks | Dialect::SparkSql, _) => "TIMESTAMP".to_owned(),
        (Dialect::TSql, Zone::None) => format!("DATETIME2{p}"),
        (Dialect::TSql, _) => format!("DATETIMEOFFSET{p}"),
        (Dialect::DuckDb, Zone::None) => match precision {
            Some(0) => "TIMESTAMP_S".to_owned(),
            Some(3) => "TIMESTAMP_MS".to_owned(),
            Some(9) => "TIMESTAMP_NS".to_owned(),
            _ => "TIMESTAMP".to_owned(),
        },
        (_, Zone::None) => format!("TIMESTAMP{p}"),
        _ => format!("TIMESTAMP{p} WITH TIME ZONE"),
    }
}
