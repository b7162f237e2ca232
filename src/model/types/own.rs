//! What only one engine has: its own names of types, and how its lengths and arrays are meant. Each follows the engine's manual,
//! as `parse` says.

use super::{LogicalType, Zone};
use crate::dialect::Dialect;

/// What MySQL's texts and blobs hold, in bytes; `None` for the 4 GiB of the longest.
pub(super) fn mysql_size(word: &str, given: Option<u32>) -> Option<u32> {
    match word {
        "tinytext" | "tinyblob" => Some(255),
        "text" | "blob" if given.is_none() => Some(65_535),
        "mediumtext" | "mediumblob" | "long varbinary" => Some(16_777_215),
        _ => given,
    }
}

/// PostgreSQL does not hold an array to its dimensions ("Arrays", 8.15.1).
pub(super) fn array_of(dialect: Dialect, inner: LogicalType) -> LogicalType {
    match inner {
        LogicalType::Array(_) if dialect == Dialect::Postgres => inner,
        _ => LogicalType::Array(Box::new(inner)),
    }
}

pub(super) fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let start = text.len().checked_sub(word.len()).filter(|i| text.is_char_boundary(*i))?;
    text[start..].eq_ignore_ascii_case(word).then_some(&text[..start])
}

/// Bit strings are known by name.
pub(super) fn bits(word: &str, length: Option<u32>) -> LogicalType {
    let varying = word != "bit";
    LogicalType::Other(match (varying, length) {
        (true, None) => "bit varying".to_owned(),
        (true, Some(n)) => format!("bit varying({n})"),
        (false, n) => format!("bit({})", n.unwrap_or(1)),
    })
}

/// Names that only one engine has.
pub(super) fn own_name(dialect: Dialect, word: &str) -> Option<LogicalType> {
    let stamp = |precision, zone| Some(LogicalType::Timestamp { precision: Some(precision), zone });
    match (dialect, word) {
        (Dialect::DuckDb, "integral" | "signed") => Some(LogicalType::INTEGER),
        (Dialect::DuckDb, "oid") => Some(LogicalType::BIGINT),
        (Dialect::DuckDb, "logical") => Some(LogicalType::Bool),
        (Dialect::DuckDb, "guid") => Some(LogicalType::Uuid),
        (Dialect::DuckDb, "time_ns") => Some(LogicalType::Time { precision: Some(9), zone: Zone::None }),
        (Dialect::DuckDb, "timestamptz_ns") => stamp(9, Zone::Instant),
        (Dialect::DuckDb, "bit" | "bitstring") => Some(LogicalType::Other("bit".to_owned())),
        (Dialect::DuckDb, "bignum" | "varint") => Some(LogicalType::Other("bignum".to_owned())),
        (Dialect::Sqlite, "mediumint" | "int2" | "int8" | "unsigned big int") => Some(LogicalType::BIGINT),
        (Dialect::MySql, "long" | "long varchar") => Some(LogicalType::Text { max: Some(16_777_215), fixed: false }),
        (Dialect::Oracle, "long") => Some(LogicalType::TEXT),
        (Dialect::Snowflake, "float4") => Some(LogicalType::DOUBLE),
        (Dialect::MySql, "serial") => Some(LogicalType::Int { bits: 64, signed: false }),
        _ => None,
    }
}
