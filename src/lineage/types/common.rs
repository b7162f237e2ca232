//! Types of literals, and the one type of two branches.

use super::modifiers::made;
use crate::bind::{Fit, Typed};
use tessera_model::types::{StructField, Zone};
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::{IdentId, Literal};

/// What NULL is until something else says what it should be.
const NULL: &str = "null";

pub(crate) fn is_null(ty: &LogicalType) -> bool {
    matches!(ty, LogicalType::Other(name) if name == NULL)
}

/// What a column of the relation that a text builds is before anything else says so: it is of the type that the text
/// gives it, as in a recursion.
const ITSELF: &str = "itself";

pub(crate) fn itself() -> LogicalType {
    LogicalType::Other(ITSELF.to_owned())
}

fn is_itself(ty: &LogicalType) -> bool {
    matches!(ty, LogicalType::Other(name) if name == ITSELF)
}

/// The type that an argument surely has.
pub(super) fn settled(ty: Option<&LogicalType>) -> Option<&LogicalType> {
    ty.filter(|t| !is_itself(t))
}

/// Is it, or any part of it, no more than a placeholder?
pub(crate) fn is_open(ty: &LogicalType) -> bool {
    match ty {
        LogicalType::Array(inner) => is_open(inner),
        LogicalType::Map(k, v) => is_open(k) || is_open(v),
        LogicalType::Struct(fields) => fields.iter().any(|f| is_itself(&f.data_type)),
        other => is_null(other) || is_itself(other) || other.is_unknown(),
    }
}

fn decimal(precision: u16, scale: u16) -> Option<LogicalType> {
    Some(LogicalType::Decimal { precision: Some(precision), scale: i16::try_from(scale).ok()? })
}

/// The type of a literal.
pub(crate) fn literal<'a>(dialect: Dialect, literal: &Literal, text: impl Fn(IdentId) -> &'a str) -> Typed {
    use Dialect as D;
    let (ty, fit) = match literal {
        Literal::Int(value) => (Some(integer(dialect, *value)), i64::try_from(*value).map_or(Fit::None, Fit::Int)),
        Literal::Decimal { precision, scale } => {
            let ty = match dialect {
                D::Postgres | D::Redshift => Some(LogicalType::Decimal { precision: None, scale: 0 }),
                D::BigQuery | D::Sqlite | D::ClickHouse => Some(LogicalType::DOUBLE),
                // DuckDB counts the zero of 0.5.
                D::DuckDb if precision == scale => decimal(precision + 1, *scale),
                _ => decimal(*precision, *scale),
            };
            (ty, Fit::None)
        }
        Literal::Float => {
            let ty = match dialect {
                D::Postgres | D::Redshift => LogicalType::Decimal { precision: None, scale: 0 },
                _ => LogicalType::DOUBLE,
            };
            (Some(ty), Fit::None)
        }
        Literal::Text(id) => {
            let ty = match dialect {
                // The length of a literal is part of its type.
                D::Snowflake | D::Redshift | D::MySql | D::TSql | D::Trino | D::Athena => {
                    let max = u32::try_from(text(*id).chars().count()).ok().filter(|n| *n > 0);
                    max.map(|max| LogicalType::Text { max: Some(max), fixed: false })
                }
                D::Oracle | D::Teradata => None,
                _ => Some(LogicalType::TEXT),
            };
            (ty, Fit::Text)
        }
        Literal::Bool(_) => (boolean(dialect), Fit::None),
        Literal::Null => (Some(LogicalType::Other(NULL.to_owned())), Fit::None),
        Literal::Bytes => {
            let known = matches!(dialect, D::DuckDb | D::BigQuery | D::Sqlite | D::Databricks | D::SparkSql);
            (known.then_some(LogicalType::Bytes { max: None }), Fit::None)
        }
        Literal::Param => (None, Fit::None),
    };
    let nullable = match literal {
        Literal::Null => Some(true),
        Literal::Param => None,
        Literal::Int(_)
        | Literal::Decimal { .. }
        | Literal::Float
        | Literal::Text(_)
        | Literal::Bytes
        | Literal::Bool(_) => Some(false),
    };
    Typed { ty, nullable, fit }
}

fn integer(dialect: Dialect, value: i128) -> LogicalType {
    let fits = |bits: u32| value >= -(1i128 << (bits - 1)) && value < (1i128 << (bits - 1));
    match dialect {
        Dialect::Snowflake => LogicalType::Decimal { precision: Some(digits(value)), scale: 0 },
        Dialect::Oracle => LogicalType::Decimal { precision: None, scale: 0 },
        Dialect::BigQuery | Dialect::Sqlite | Dialect::MySql => LogicalType::BIGINT,
        // The narrowest that holds it.
        Dialect::ClickHouse if (0..1i128 << 64).contains(&value) => {
            let bits = [8, 16, 32, 64].into_iter().find(|b| value < 1i128 << b).unwrap_or(64);
            LogicalType::Int { bits, signed: false }
        }
        _ if fits(32) => LogicalType::INTEGER,
        _ if fits(64) => LogicalType::BIGINT,
        Dialect::DuckDb => LogicalType::Int { bits: 128, signed: true },
        _ => LogicalType::Decimal { precision: None, scale: 0 },
    }
}

/// What a comparison gives; nothing where it is no value.
pub(crate) fn boolean(dialect: Dialect) -> Option<LogicalType> {
    match dialect {
        Dialect::MySql => Some(LogicalType::INTEGER),
        Dialect::Sqlite => Some(LogicalType::BIGINT),
        Dialect::ClickHouse => Some(LogicalType::Int { bits: 8, signed: false }),
        Dialect::TSql | Dialect::Oracle | Dialect::Teradata => None,
        Dialect::Postgres
        | Dialect::Redshift
        | Dialect::DuckDb
        | Dialect::Snowflake
        | Dialect::BigQuery
        | Dialect::Databricks
        | Dialect::SparkSql
        | Dialect::Hive
        | Dialect::Trino
        | Dialect::Athena
        | Dialect::Generic => Some(LogicalType::Bool),
    }
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

/// The value that is the one or the other: CASE, COALESCE, lists. Literals take the other side's type where they can, and a
/// side of unknown type has the other's where only that one goes with it.
pub(crate) fn unify(dialect: Dialect, a: Typed, b: Typed) -> Typed {
    let sure = dialect == Dialect::BigQuery && a.fit == Fit::None && b.fit == Fit::None;
    if !sure || !(may_settle(&a) || may_settle(&b)) {
        return unify_columns(dialect, a, b);
    }
    let sides = (a.ty.clone(), b.ty.clone());
    let mut typed = unify_columns(dialect, a, b);
    typed.ty = settle(typed.ty, sides.0.as_ref(), sides.1.as_ref());
    typed
}

/// Is something of it unknown that the other side may know?
fn may_settle(side: &Typed) -> bool {
    side.ty.as_ref().is_none_or(|ty| ty.is_unknown() || matches!(ty, LogicalType::Struct(_)))
}

/// BigQuery's manual ("Conversion rules", "Supertypes"): these are in no other type's company. A date is not among them, for
/// it is coerced to a DATETIME, nor a FLOAT64, whose literals become NUMERIC.
fn alone(ty: &LogicalType) -> bool {
    use LogicalType as T;
    matches!(ty, T::Bool | T::Text { .. } | T::Bytes { .. } | T::Time { .. } | T::Timestamp { .. } | T::Geo)
}

/// What is unknown of a type that both sides have, from the side that knows.
fn settle(both: Option<LogicalType>, a: Option<&LogicalType>, b: Option<&LogicalType>) -> Option<LogicalType> {
    let known = |ty: Option<&LogicalType>| ty.is_some_and(|t| !t.is_unknown());
    match (both, a, b) {
        (Some(LogicalType::Struct(fields)), Some(LogicalType::Struct(x)), Some(LogicalType::Struct(y)))
            if fields.len() == x.len() && x.len() == y.len() =>
        {
            let field = |(field, (x, y)): (StructField, (&StructField, &StructField))| {
                let data_type = settle(Some(field.data_type), Some(&x.data_type), Some(&y.data_type));
                StructField { name: field.name, data_type: data_type.unwrap_or(LogicalType::Unknown) }
            };
            Some(LogicalType::Struct(fields.into_iter().zip(x.iter().zip(y)).map(field).collect()))
        }
        (Some(ty), ..) if !ty.is_unknown() => Some(ty),
        (_, Some(ty), other) | (_, other, Some(ty)) if alone(ty) && !known(other) => Some(ty.clone()),
        (both, ..) => both,
    }
}

/// The same of two columns, of which nobody knows whether a literal is behind them.
pub(crate) fn unify_columns(dialect: Dialect, a: Typed, b: Typed) -> Typed {
    let nullable = match (a.nullable, b.nullable) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (Some(false), Some(false)) => Some(false),
        _ => None,
    };
    let ty = match (&a, &b) {
        (Typed { fit: Fit::None, .. }, Typed { fit: Fit::None, .. }) => common(dialect, a.ty, b.ty),
        (literal, fixed @ Typed { fit: Fit::None, .. }) => fitted(dialect, literal, fixed),
        (fixed @ Typed { fit: Fit::None, .. }, literal) => fitted(dialect, literal, fixed),
        _ => common(dialect, a.ty, b.ty),
    };
    Typed::made(ty, nullable)
}

fn fitted(dialect: Dialect, literal: &Typed, other: &Typed) -> Option<LogicalType> {
    let ty = other.ty.as_ref()?;
    // The literal has no length to share.
    if dialect == Dialect::Postgres && literal.fit == Fit::Text && matches!(ty, LogicalType::Text { .. }) {
        return Some(made(dialect, ty.clone()));
    }
    let adapts = match literal.fit {
        Fit::Int(value) => dialect == Dialect::DuckDb && int_holds(ty, value),
        Fit::Text => match dialect {
            Dialect::DuckDb | Dialect::Postgres | Dialect::Redshift => {
                !matches!(ty, LogicalType::Text { .. }) && !is_null(ty)
            }
            Dialect::BigQuery => {
                matches!(ty, LogicalType::Date | LogicalType::Time { .. } | LogicalType::Timestamp { .. })
            }
            _ => false,
        },
        Fit::None => false,
    };
    if adapts { Some(ty.clone()) } else { common(dialect, literal.ty.clone(), Some(ty.clone())) }
}

/// Is it an integer type that holds the value?
pub(super) fn int_holds(ty: &LogicalType, value: i64) -> bool {
    match ty {
        LogicalType::Int { bits, signed: true } => {
            *bits >= 64 || (value >= -(1i64 << (bits - 1)) && value < 1i64 << (bits - 1))
        }
        LogicalType::Int { bits, signed: false } => value >= 0 && (*bits >= 63 || value < 1i64 << bits),
        _ => false,
    }
}

/// The type of a value that is the one or the other.
pub(crate) fn common(dialect: Dialect, a: Option<LogicalType>, b: Option<LogicalType>) -> Option<LogicalType> {
    let (a, b) = (a?, b?);
    if a == b {
        return Some(a);
    }
    if is_null(&b) {
        return Some(made(dialect, a));
    }
    if is_null(&a) {
        return Some(made(dialect, b));
    }
    if is_itself(&a) {
        return Some(b);
    }
    if is_itself(&b) {
        return Some(a);
    }
    // PostgreSQL's branches meet at the narrower float, its operators at the wider one.
    if dialect == Dialect::Postgres {
        match (&a, &b) {
            (LogicalType::Float { bits: 32 }, LogicalType::Int { .. } | LogicalType::Decimal { .. }) => return Some(a),
            (LogicalType::Int { .. } | LogicalType::Decimal { .. }, LogicalType::Float { bits: 32 }) => return Some(b),
            _ => {}
        }
    }
    numeric(dialect, &a, &b).or_else(|| other(dialect, &a, &b))
}

/// The wider of two numbers.
pub(super) fn numeric(dialect: Dialect, a: &LogicalType, b: &LogicalType) -> Option<LogicalType> {
    use Dialect as D;
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
        (T::Float { bits }, other) | (other, T::Float { bits }) if other.is_numeric() => {
            let keeps = match dialect {
                D::DuckDb | D::Trino | D::Athena => true,
                D::Databricks | D::SparkSql | D::Hive => matches!(other, T::Int { .. }),
                _ => false,
            };
            Some(T::Float { bits: if keeps { *bits } else { 64 } })
        }
        (T::Decimal { .. }, T::Decimal { .. })
        | (T::Int { .. }, T::Decimal { .. })
        | (T::Decimal { .. }, T::Int { .. }) => {
            let (p, s) = as_decimal(a)?;
            let (q, t) = as_decimal(b)?;
            let (Some(p), Some(q)) = (p, q) else {
                return Some(T::Decimal { precision: None, scale: 0 });
            };
            if dialect == D::Postgres {
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
    use Dialect as D;
    use LogicalType as T;
    match (a, b) {
        (T::Text { .. }, T::Text { .. }) => texts(dialect, a, b),
        (T::Enum(_), T::Text { .. } | T::Enum(_)) | (T::Text { .. }, T::Enum(_)) => {
            (dialect == D::DuckDb).then_some(T::TEXT)
        }
        (T::Bool, number) | (number, T::Bool) if dialect == D::DuckDb && number.is_numeric() => Some(number.clone()),
        (T::Json, T::Text { .. }) | (T::Text { .. }, T::Json) if dialect == D::DuckDb => Some(T::Json),
        (T::Date, T::Timestamp { .. }) => Some(b.clone()),
        (T::Timestamp { .. }, T::Date) => Some(a.clone()),
        (T::Timestamp { precision: p, zone: z }, T::Timestamp { precision: q, zone: w }) => {
            let zone = match (z, w) {
                (Zone::None, Zone::None) => Zone::None,
                (Zone::Offset, _) | (_, Zone::Offset) => Zone::Offset,
                _ => Zone::Instant,
            };
            let fine = |p: &Option<u8>| p.unwrap_or(6);
            let precision = match dialect {
                _ if p == q => *p,
                // TIMESTAMP is TIMESTAMP_US.
                D::DuckDb if zone == Zone::None => *if fine(p) > fine(q) { p } else { q },
                D::Trino | D::Athena => Some(p.unwrap_or(3).max(q.unwrap_or(3))),
                D::Postgres => None,
                _ => return None,
            };
            Some(T::Timestamp { precision, zone })
        }
        (T::Array(x), T::Array(y)) => {
            common(dialect, Some((**x).clone()), Some((**y).clone())).map(|t| T::Array(Box::new(t)))
        }
        (T::Map(k, v), T::Map(x, y)) => {
            let key = common(dialect, Some((**k).clone()), Some((**x).clone()))?;
            let value = common(dialect, Some((**v).clone()), Some((**y).clone()))?;
            Some(T::Map(Box::new(key), Box::new(value)))
        }
        (T::Struct(x), T::Struct(y)) if x.len() == y.len() => {
            let fields = x.iter().zip(y).map(|(a, b)| {
                let same = a.name.eq_ignore_ascii_case(&b.name) || a.name.is_empty() || b.name.is_empty();
                let name = if a.name.is_empty() { &b.name } else { &a.name };
                let data_type = common(dialect, Some(a.data_type.clone()), Some(b.data_type.clone()));
                let data_type = data_type.unwrap_or(T::Unknown);
                same.then(|| StructField { name: name.clone(), data_type })
            });
            fields.collect::<Option<Vec<_>>>().map(T::Struct)
        }
        _ => None,
    }
}

fn texts(dialect: Dialect, a: &LogicalType, b: &LogicalType) -> Option<LogicalType> {
    use Dialect as D;
    let (LogicalType::Text { max: x, .. }, LogicalType::Text { max: y, .. }) = (a, b) else { return None };
    match dialect {
        // The longer of two lengths; unbounded wins.
        D::Snowflake | D::Redshift | D::Trino | D::Athena | D::MySql | D::TSql => {
            let max = x.zip(*y).map(|(x, y)| x.max(y));
            Some(LogicalType::Text { max, fixed: false })
        }
        D::Postgres => match (a, b) {
            // Of a blank-padded type and another one PostgreSQL takes the first unless the other is TEXT, which VARCHAR is
            // to us as well.
            (LogicalType::Text { fixed: f, .. }, LogicalType::Text { fixed: g, .. }) if f != g => None,
            (LogicalType::Text { fixed, .. }, _) => {
                Some(LogicalType::Text { max: x.filter(|_| x == y), fixed: *fixed })
            }
            _ => None,
        },
        _ if x == y => Some(LogicalType::Text { max: *x, fixed: false }),
        D::DuckDb | D::BigQuery | D::Databricks | D::SparkSql | D::Sqlite | D::ClickHouse => Some(LogicalType::TEXT),
        D::Hive | D::Oracle | D::Teradata | D::Generic => None,
    }
}
