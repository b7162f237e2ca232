//! Types of literals, and the one type of two branches.

use tessera_model::types::Zone;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::Literal;

/// What NULL is until something else says what it should be.
const NULL: &str = "null";

pub(crate) fn is_null(ty: &LogicalType) -> bool {
    matches!(ty, LogicalType::Other(name) if name == NULL)
}

/// The type of a literal.
pub(crate) fn literal(dialect: Dialect, literal: &Literal) -> Option<LogicalType> {
    Some(match literal {
        Literal::Int(value) => integer(dialect, *value),
        Literal::Decimal { precision, scale } => match dialect {
            Dialect::Postgres | Dialect::Redshift => LogicalType::Decimal { precision: None, scale: 0 },
            Dialect::BigQuery | Dialect::Sqlite => LogicalType::DOUBLE,
            _ => LogicalType::Decimal { precision: Some(*precision), scale: i16::try_from(*scale).ok()? },
        },
        Literal::Float => match dialect {
            Dialect::Postgres | Dialect::Redshift => LogicalType::Decimal { precision: None, scale: 0 },
            _ => LogicalType::DOUBLE,
        },
        Literal::Text(_) => match dialect {
            // These keep the length of a literal in its type.
            Dialect::Snowflake | Dialect::Redshift | Dialect::MySql | Dialect::TSql | Dialect::Oracle => return None,
            _ => LogicalType::TEXT,
        },
        Literal::Bool => match dialect {
            Dialect::Sqlite | Dialect::MySql => return None,
            _ => LogicalType::Bool,
        },
        Literal::Null => LogicalType::Other(NULL.to_owned()),
        Literal::Bytes | Literal::Param => return None,
    })
}

fn integer(dialect: Dialect, value: i128) -> LogicalType {
    let fits = |bits: u32| value >= -(1i128 << (bits - 1)) && value < (1i128 << (bits - 1));
    match dialect {
        Dialect::Snowflake => LogicalType::Decimal { precision: Some(digits(value)), scale: 0 },
        Dialect::Oracle => LogicalType::Decimal { precision: None, scale: 0 },
        Dialect::BigQuery | Dialect::Sqlite | Dialect::MySql => LogicalType::BIGINT,
        _ if fits(32) => LogicalType::INTEGER,
        _ if fits(64) => LogicalType::BIGINT,
        Dialect::DuckDb => LogicalType::Int { bits: 128, signed: true },
        _ => LogicalType::Decimal { precision: None, scale: 0 },
    }
}

/// A literal keeps its type as an argument: only operators fit it to the other side.
pub(crate) fn literal_as_argument(_dialect: Dialect, ty: &LogicalType, _value: i128) -> LogicalType {
    ty.clone()
}

pub(super) fn digits(value: i128) -> u16 {
    value.unsigned_abs().checked_ilog10().map_or(1, |n| u16::try_from(n + 1).unwrap_or(39))
}

/// NULL if any operand is.
pub(crate) fn strict_nullable(operands: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(false);
    for operand in operands {
        match operand {
            Some(true) => return Some(true),
            Some(false) => {}
            None => all = None,
        }
    }
    all
}

/// The type of a value that is the one or the other: CASE, COALESCE, UNION.
pub(crate) fn common(dialect: Dialect, a: Option<LogicalType>, b: Option<LogicalType>) -> Option<LogicalType> {
    let (a, b) = (a?, b?);
    if a == b || is_null(&b) {
        return Some(a);
    }
    if is_null(&a) {
        return Some(b);
    }
    numeric(dialect, &a, &b).or_else(|| other(dialect, &a, &b))
}

/// The wider of two numbers.
pub(super) fn numeric(dialect: Dialect, a: &LogicalType, b: &LogicalType) -> Option<LogicalType> {
    use LogicalType as T;
    match (a, b) {
        (T::Int { bits: x, signed: s }, T::Int { bits: y, signed: t }) => {
            if s == t {
                return Some(T::Int { bits: *x.max(y), signed: *s });
            }
            // A signed type that holds both.
            let unsigned = if *s { *y } else { *x };
            let signed = if *s { *x } else { *y };
            let bits = if signed > unsigned { signed } else { unsigned * 2 };
            (bits <= 128).then_some(T::Int { bits, signed: true })
        }
        (T::Float { bits: x }, T::Float { bits: y }) => Some(T::Float { bits: *x.max(y) }),
        (T::Float { .. }, other) | (other, T::Float { .. }) if other.is_numeric() => Some(T::DOUBLE),
        (T::Decimal { .. }, T::Decimal { .. })
        | (T::Int { .. }, T::Decimal { .. })
        | (T::Decimal { .. }, T::Int { .. }) => {
            let (p, s) = as_decimal(a)?;
            let (q, t) = as_decimal(b)?;
            let (Some(p), Some(q)) = (p, q) else {
                return Some(T::Decimal { precision: None, scale: 0 });
            };
            if dialect == Dialect::Postgres {
                return Some(T::Decimal { precision: None, scale: 0 });
            }
            let scale = s.max(t);
            let whole = (i32::from(p) - i32::from(s)).max(i32::from(q) - i32::from(t));
            let precision = u16::try_from((whole + i32::from(scale)).min(max_precision(dialect))).ok()?;
            Some(T::Decimal { precision: Some(precision), scale })
        }
        _ => None,
    }
}

pub(super) fn max_precision(dialect: Dialect) -> i32 {
    match dialect {
        Dialect::MySql => 65,
        Dialect::Postgres => 1000,
        Dialect::BigQuery | Dialect::ClickHouse => 76,
        _ => 38,
    }
}

/// Precision and scale; an integer counts as a decimal that holds it.
pub(super) fn as_decimal(ty: &LogicalType) -> Option<(Option<u16>, i16)> {
    match ty {
        LogicalType::Decimal { precision, scale } => Some((*precision, *scale)),
        LogicalType::Int { .. } => ty.int_digits().map(|d| (Some(d), 0)),
        _ => None,
    }
}

fn other(dialect: Dialect, a: &LogicalType, b: &LogicalType) -> Option<LogicalType> {
    use LogicalType as T;
    match (a, b) {
        (T::Text { max: x, .. }, T::Text { max: y, .. }) => match dialect {
            // The longer of two lengths; unbounded wins.
            Dialect::Snowflake | Dialect::Redshift | Dialect::Trino | Dialect::Athena => {
                let max = match (x, y) {
                    (Some(x), Some(y)) => Some(*x.max(y)),
                    _ => None,
                };
                Some(T::Text { max, fixed: false })
            }
            Dialect::Postgres if x != y => Some(match (a, b) {
                (T::Text { max: None, .. }, _) | (_, T::Text { max: None, .. }) => T::TEXT,
                _ => return None,
            }),
            _ if x == y => Some(T::Text { max: *x, fixed: false }),
            Dialect::DuckDb | Dialect::BigQuery | Dialect::Databricks | Dialect::SparkSql | Dialect::Sqlite => {
                Some(T::TEXT)
            }
            _ => None,
        },
        (T::Date, T::Timestamp { .. }) => Some(b.clone()),
        (T::Timestamp { .. }, T::Date) => Some(a.clone()),
        (T::Timestamp { precision: p, zone: z }, T::Timestamp { precision: q, zone: w }) => {
            let zone = match (z, w) {
                (Zone::None, Zone::None) => Zone::None,
                (Zone::Offset, _) | (_, Zone::Offset) => Zone::Offset,
                _ => Zone::Instant,
            };
            let precision = if p == q { *p } else { return None };
            Some(T::Timestamp { precision, zone })
        }
        (T::Array(x), T::Array(y)) => {
            common(dialect, Some((**x).clone()), Some((**y).clone())).map(|t| T::Array(Box::new(t)))
        }
        _ => None,
    }
}
