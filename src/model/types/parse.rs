//! A dialect's spelling -> `LogicalType`. Aliases follow the engines' manuals: PostgreSQL "Data Types" (table 8.1),
//! Snowflake "Summary of data types", BigQuery "Data types", Databricks "Data types", DuckDB "Data Types", SQLite
//! "Determination Of Column Affinity", MySQL "Data Types", Trino "Data types", ClickHouse "Data types", T-SQL "Data types".

use super::own::{array_of, bits, mysql_size, own_name, strip_word};
use super::{LogicalType, StructField, Zone};
use crate::dialect::Dialect;

const MAX_DEPTH: usize = 32;

impl LogicalType {
    /// Reads a type's spelling. Never fails: an unknown spelling is `Other`, an empty one `Unknown`.
    pub fn parse(dialect: Dialect, text: &str) -> LogicalType {
        parse_at(dialect, text, 0)
    }
}

fn parse_at(dialect: Dialect, text: &str, depth: usize) -> LogicalType {
    let text = text.trim();
    if text.is_empty() || text.eq_ignore_ascii_case("unknown") {
        return LogicalType::Unknown;
    }
    if depth > MAX_DEPTH {
        return LogicalType::Other(text.to_owned());
    }
    // Postgres and DuckDB arrays: `integer[]`, `text[][]`, `varchar(3)[2]`.
    if let Some(open) = text.ends_with(']').then(|| text.rfind('[')).flatten() {
        return array_of(dialect, parse_at(dialect, &text[..open], depth + 1));
    }
    if dialect == Dialect::Postgres
        && let Some(inner) = strip_word(text, " array")
    {
        return array_of(dialect, parse_at(dialect, inner, depth + 1));
    }
    let (base, args, rest) = split(text);
    let word = normal(base, rest);
    // Oracle writes the unit beside it: `CHAR(9 BYTE)`.
    let one = || args.first().and_then(|a| a.split_whitespace().next()).and_then(|a| a.parse::<u32>().ok());
    let digits = || args.first().and_then(|a| a.trim().parse::<u8>().ok());
    let sub = |i: usize| Box::new(args.get(i).map_or(LogicalType::Unknown, |a| parse_at(dialect, a, depth + 1)));
    match word.as_str() {
        "nullable" | "lowcardinality" if dialect == Dialect::ClickHouse => return *sub(0),
        "array" | "list" => {
            return LogicalType::Array(if args.is_empty() { Box::new(LogicalType::Json) } else { sub(0) });
        }
        "map" => return if args.len() == 2 { LogicalType::Map(sub(0), sub(1)) } else { LogicalType::Json },
        "struct" | "row" | "record" | "tuple" | "object" if !args.is_empty() => {
            return LogicalType::Struct(args.iter().map(|a| field(dialect, a, depth)).collect());
        }
        "enum" | "enum8" | "enum16" | "set" if !args.is_empty() => {
            return LogicalType::Enum(args.iter().map(|a| unquote(a.split('=').next().unwrap_or(a))).collect());
        }
        "bool" | "boolean" if dialect == Dialect::MySql => return LogicalType::Int { bits: 8, signed: true },
        "bit" | "bool" | "boolean" if word != "bit" || dialect == Dialect::TSql => return LogicalType::Bool,
        "timestamp" | "rowversion" if dialect == Dialect::TSql => return LogicalType::Bytes { max: Some(8) },
        "struct" | "row" if dialect == Dialect::DuckDb => return LogicalType::Json,
        "varbit" | "bit varying" | "bit" if dialect == Dialect::Postgres => return bits(&word, one()),
        _ => {}
    }
    if let Some(t) = own_name(dialect, &word).or_else(|| integer(dialect, &word)) {
        return t;
    }
    match word.as_str() {
        "decimal" | "numeric" | "number" | "dec" | "fixed" | "bignumeric" | "bigdecimal" | "money" | "smallmoney" => {
            decimal(dialect, &word, &args)
        }
        "decimal32" | "decimal64" | "decimal128" | "decimal256" => LogicalType::Decimal {
            precision: Some(match word.as_str() {
                "decimal32" => 9,
                "decimal64" => 18,
                "decimal128" => 38,
                _ => 76,
            }),
            scale: one().map_or(0, |s| s as i16),
        },
        "float" | "float4" | "float8" | "float32" | "float64" | "real" | "double" | "double precision"
        | "binary_float" | "binary_double" => float(dialect, &word, one()),
        "varchar"
        | "nvarchar"
        | "varchar2"
        | "nvarchar2"
        | "character varying"
        | "char varying"
        | "text"
        | "string"
        | "nchar varying"
        | "national character varying"
        | "native character"
        | "tinytext"
        | "mediumtext"
        | "longtext"
        | "clob"
        | "nclob"
        | "ntext"
        | "citext"
        | "name" => text_type(dialect, &word, &args),
        // A length has no effect there.
        "char" | "character" | "nchar" | "bpchar"
            if matches!(dialect, Dialect::DuckDb | Dialect::Sqlite | Dialect::ClickHouse) =>
        {
            LogicalType::TEXT
        }
        "char" | "character" | "nchar" | "national character" | "bpchar" | "fixedstring" => {
            if dialect == Dialect::Snowflake {
                LogicalType::Text { max: Some(one().unwrap_or(1)), fixed: false }
            } else if word == "bpchar" && args.is_empty() {
                LogicalType::Text { max: (dialect == Dialect::Redshift).then_some(256), fixed: true }
            } else {
                LogicalType::Text { max: Some(one().unwrap_or(1)), fixed: true }
            }
        }
        "blob" if dialect == Dialect::ClickHouse => LogicalType::TEXT,
        "bytes" | "bytea" | "blob" | "binary" | "varbinary" | "binary varying" | "tinyblob" | "mediumblob"
        | "longblob" | "long varbinary" | "raw" | "image" | "varbyte" => LogicalType::Bytes {
            max: if dialect == Dialect::MySql { mysql_size(&word, one()) } else { one().filter(|_| word != "blob") },
        },
        "date" if dialect == Dialect::Oracle => LogicalType::Timestamp { precision: Some(0), zone: Zone::None },
        "date" | "date32" => LogicalType::Date,
        "time" | "time without time zone" => LogicalType::Time { precision: digits(), zone: Zone::None },
        "timetz" | "time with time zone" => LogicalType::Time { precision: digits(), zone: Zone::Offset },
        "timestamp" => LogicalType::Timestamp { precision: digits(), zone: bare_timestamp(dialect) },
        "datetime"
        | "datetime2"
        | "smalldatetime"
        | "timestamp_ntz"
        | "timestampntz"
        | "timestamp without time zone"
        | "datetime64"
        | "datetime32" => LogicalType::Timestamp { precision: digits(), zone: Zone::None },
        "timestamp_s" | "timestamp_ms" | "timestamp_us" | "timestamp_ns" => LogicalType::Timestamp {
            precision: Some(match word.as_str() {
                "timestamp_s" => 0,
                "timestamp_ms" => 3,
                "timestamp_us" => 6,
                _ => 9,
            }),
            zone: Zone::None,
        },
        "timestamptz" | "timestamp with time zone" if dialect == Dialect::Snowflake => {
            LogicalType::Timestamp { precision: digits(), zone: Zone::Offset }
        }
        "timestamptz"
        | "timestamp with time zone"
        | "timestamp_ltz"
        | "timestampltz"
        | "timestamp with local time zone" => LogicalType::Timestamp { precision: digits(), zone: Zone::Instant },
        "timestamp_tz" | "datetimeoffset" => LogicalType::Timestamp { precision: digits(), zone: Zone::Offset },
        w if w.starts_with("interval") => LogicalType::Interval,
        "uuid" | "uniqueidentifier" => LogicalType::Uuid,
        "json" | "jsonb" | "variant" | "super" | "object" | "struct" | "any" => LogicalType::Json,
        "geography" | "geometry" | "point" | "linestring" | "polygon" | "sdo_geometry" => LogicalType::Geo,
        _ => LogicalType::Other(text.to_owned()),
    }
}

fn integer(dialect: Dialect, word: &str) -> Option<LogicalType> {
    let (word, signed) = match word.strip_suffix(" unsigned") {
        Some(w) => (w, false),
        None => (word, true),
    };
    // Snowflake and Oracle have no machine integers: INT is NUMBER(38,0).
    let plain = matches!(word, "int" | "integer" | "bigint" | "smallint" | "tinyint" | "byteint");
    if plain && matches!(dialect, Dialect::Snowflake | Dialect::Oracle) {
        return Some(LogicalType::Decimal { precision: Some(38), scale: 0 });
    }
    // BigQuery: INT, SMALLINT … are aliases of INT64; SQLite: any INT affinity holds 64 bits.
    if (plain || word == "int64") && matches!(dialect, Dialect::BigQuery | Dialect::Sqlite) {
        return Some(LogicalType::BIGINT);
    }
    let (bits, signed) = match word {
        "tinyint" | "byteint" | "byte" => (8, signed && dialect != Dialect::TSql),
        "int1" => (8, signed),
        "smallint" | "int2" | "short" | "smallserial" | "serial2" => (16, signed),
        "mediumint" | "middleint" | "int3" | "int" | "integer" | "int4" | "serial" | "serial4" => (32, signed),
        "int16" => (16, true),
        "int32" => (32, true),
        "bigint" | "int64" | "long" | "bigserial" | "serial8" => (64, signed),
        // `int8` counts bits in ClickHouse and bytes everywhere else.
        "int8" => (if dialect == Dialect::ClickHouse { 8 } else { 64 }, signed),
        "hugeint" | "int128" => (128, true),
        "uhugeint" | "uint128" => (128, false),
        "int256" => (256, true),
        "uint256" => (256, false),
        "utinyint" | "uint8" => (8, false),
        "usmallint" | "uint16" => (16, false),
        "uinteger" | "uint32" => (32, false),
        "ubigint" | "uint64" => (64, false),
        _ => return None,
    };
    Some(LogicalType::Int { bits, signed })
}

fn decimal(dialect: Dialect, word: &str, args: &[&str]) -> LogicalType {
    let arg = |i: usize| args.get(i).and_then(|a| a.trim().parse::<i16>().ok());
    if let Some(p) = arg(0) {
        return LogicalType::Decimal { precision: Some(p.unsigned_abs()), scale: arg(1).unwrap_or(0) };
    }
    let (precision, scale) = match (dialect, word) {
        (_, "money") => (Some(19), if dialect == Dialect::Postgres { 2 } else { 4 }),
        (_, "smallmoney") => (Some(10), 4),
        (_, "bignumeric" | "bigdecimal") => (Some(76), 38),
        (Dialect::BigQuery, _) => (Some(38), 9),
        (Dialect::Snowflake, _) | (Dialect::Trino | Dialect::Athena, _) => (Some(38), 0),
        (Dialect::DuckDb, _) => (Some(18), 3),
        (Dialect::Redshift, _) | (Dialect::TSql, _) => (Some(18), 0),
        (Dialect::MySql | Dialect::Databricks | Dialect::SparkSql | Dialect::Hive | Dialect::ClickHouse, _) => {
            (Some(10), 0)
        }
        (Dialect::Teradata, _) => (Some(5), 0),
        _ => (None, 0),
    };
    LogicalType::Decimal { precision, scale }
}

fn float(dialect: Dialect, word: &str, bits: Option<u32>) -> LogicalType {
    let bits = match word {
        "float4" | "float32" | "binary_float" => 32,
        "float8" | "float64" | "double" | "double precision" | "binary_double" => 64,
        // REAL is 32 bits in the others.
        "real" => match dialect {
            Dialect::Sqlite | Dialect::Snowflake | Dialect::BigQuery | Dialect::MySql | Dialect::Teradata => 64,
            _ => 32,
        },
        // FLOAT(n): up to 24 binary digits is single precision (SQL standard; PostgreSQL, T-SQL).
        _ => match (bits, dialect) {
            (Some(n), Dialect::Postgres | Dialect::Redshift | Dialect::TSql) if n <= 24 => 32,
            (Some(_), Dialect::Postgres | Dialect::Redshift | Dialect::TSql) => 64,
            (Some(n), Dialect::MySql) if n > 24 => 64,
            (
                _,
                Dialect::DuckDb
                | Dialect::Databricks
                | Dialect::SparkSql
                | Dialect::Hive
                | Dialect::MySql
                | Dialect::ClickHouse
                | Dialect::Athena,
            ) => 32,
            _ => 64,
        },
    };
    LogicalType::Float { bits }
}

fn text_type(dialect: Dialect, word: &str, args: &[&str]) -> LogicalType {
    let n = args.first().and_then(|a| a.split_whitespace().next()).and_then(|a| a.parse::<u32>().ok());
    let max = match (dialect, word, n) {
        // Snowflake: STRING = TEXT = VARCHAR = VARCHAR(16777216), the largest there is.
        (Dialect::Snowflake, _, None | Some(16_777_216 | 134_217_728)) => None,
        (Dialect::Redshift, _, None) if args.first().is_some_and(|a| a.trim().eq_ignore_ascii_case("max")) => {
            Some(65_535)
        }
        (Dialect::Redshift, _, None) => Some(256),
        (Dialect::MySql, word, n) => mysql_size(word, n),
        // Lengths are accepted and ignored.
        (Dialect::DuckDb | Dialect::Sqlite | Dialect::ClickHouse, _, _) => None,
        (Dialect::TSql, "varchar" | "nvarchar", None) if args.is_empty() => Some(1),
        (_, _, n) => n,
    };
    LogicalType::Text { max, fixed: false }
}

fn bare_timestamp(dialect: Dialect) -> Zone {
    match dialect {
        Dialect::BigQuery | Dialect::Databricks | Dialect::SparkSql | Dialect::MySql => Zone::Instant,
        _ => Zone::None,
    }
}

/// `name type`, `name: type` or a bare type inside STRUCT<…> / ROW(…).
fn field(dialect: Dialect, text: &str, depth: usize) -> StructField {
    let text = text.trim();
    let (name, rest) = if let Some(stripped) = text.strip_prefix(['"', '`']) {
        let close = text.chars().next().unwrap_or('"');
        stripped.split_once(close).unwrap_or((stripped, ""))
    } else {
        let end = text.find(|c: char| c == ':' || c.is_whitespace());
        match end {
            Some(i) => (&text[..i], &text[i..]),
            None => ("", text),
        }
    };
    let rest = rest.trim_start_matches(|c: char| c == ':' || c.is_whitespace());
    let rest = strip_tail(rest);
    StructField { name: name.to_owned(), data_type: parse_at(dialect, rest, depth + 1) }
}

/// Cuts `NOT NULL`, `COMMENT '…'` and `OPTIONS(…)` behind a struct member.
fn strip_tail(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let mut end = text.len();
    for mark in [" not null", " comment ", " options("] {
        if let Some(i) = lower.find(mark) {
            end = end.min(i);
        }
    }
    text[..end].trim()
}

fn unquote(text: &str) -> String {
    let t = text.trim();
    t.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')).unwrap_or(t).replace("''", "'")
}

/// Splits `decimal(18,2) unsigned` into base, arguments and what follows the bracket; `<…>` and `(…)` alike.
fn split(text: &str) -> (&str, Vec<&str>, &str) {
    let Some(open) = text.find(['(', '<']) else {
        return (text, Vec::new(), "");
    };
    let (mut depth, mut start, mut quote) = (0usize, open + 1, None);
    let mut args = Vec::new();
    for (i, c) in text.char_indices().skip_while(|(i, _)| *i < open) {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"' | '`') => quote = Some(c),
            (None, '(' | '<') => depth += 1,
            (None, ')' | '>') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    if !text[start..i].trim().is_empty() {
                        args.push(&text[start..i]);
                    }
                    return (&text[..open], args, &text[i + 1..]);
                }
            }
            (None, ',') if depth == 1 => {
                args.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    (text, Vec::new(), "")
}

/// Lower case, single spaces, the part behind the bracket joined: `timestamp(3) without time zone` -> `timestamp without time zone`.
fn normal(base: &str, rest: &str) -> String {
    let mut words: Vec<String> =
        base.split_whitespace().chain(rest.split_whitespace()).map(str::to_ascii_lowercase).collect();
    // MySQL's attributes; the first word is the type itself (`binary varying`).
    let mut first = true;
    words.retain(|w| {
        let attribute = matches!(w.as_str(), "signed" | "zerofill" | "binary");
        std::mem::take(&mut first) || !attribute
    });
    // Column attributes are not part of the type.
    if let Some(i) = words
        .iter()
        .position(|w| matches!(w.as_str(), "collate" | "not" | "null" | "default" | "primary" | "comment" | "encode"))
    {
        words.truncate(i.max(1));
    }
    words.join(" ")
}
