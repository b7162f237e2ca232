//! Operators. Decimal rules: DuckDB `BindDecimalAddSubtract`/`BindDecimalMultiply`; Snowflake "Scale and precision in
//! arithmetic operations"; PostgreSQL's numeric carries no precision through arithmetic; BigQuery "Arithmetic operators".

use super::common::{as_decimal, boolean, digits, int_holds, max_precision, numeric};
use crate::bind::{Fit, Typed};
use tessera_model::types::Zone;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::BinOp;

/// `-x`: a literal stays one.
pub(crate) fn negated(dialect: Dialect, typed: Typed) -> Typed {
    let fit = typed.fit.integer().and_then(i64::checked_neg).map_or(Fit::None, Fit::Int);
    Typed { fit, ty: typed.ty.map(|ty| super::made(dialect, ty)), ..typed }
}

/// The type of `a op b`.
pub(crate) fn binary(dialect: Dialect, op: BinOp, a: &Typed, b: &Typed) -> Option<LogicalType> {
    operator(dialect, op, a, b).map(|ty| super::made(dialect, ty))
}

fn operator(dialect: Dialect, op: BinOp, a: &Typed, b: &Typed) -> Option<LogicalType> {
    match op {
        BinOp::Compare | BinOp::And | BinOp::Or => boolean(dialect),
        BinOp::JsonGet => Some(LogicalType::Json),
        BinOp::JsonText => Some(LogicalType::TEXT),
        BinOp::Concat => concat(dialect, a.ty.as_ref(), b.ty.as_ref()),
        BinOp::Bit => bits(dialect, a, b),
        BinOp::Other => None,
        BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::Div | BinOp::IntDiv | BinOp::Mod | BinOp::Pow => {
            let (x, y) = (a.ty.as_ref()?, b.ty.as_ref()?);
            // NULL takes the other side's type.
            if super::is_null(x) || super::is_null(y) {
                return None;
            }
            if x.is_numeric() && y.is_numeric() {
                let (x, y) = (fitted(dialect, a, x, b, y), fitted(dialect, b, y, a, x));
                return number(dialect, op, &x, &y);
            }
            time(dialect, op, x, y)
        }
    }
}

/// An integer literal fits itself to the other side where the engine does so.
fn fitted(dialect: Dialect, this: &Typed, ty: &LogicalType, other: &Typed, to: &LogicalType) -> LogicalType {
    match (this.fit, to) {
        (Fit::Int(value), LogicalType::Int { .. })
            if dialect == Dialect::DuckDb && other.fit == Fit::None && int_holds(to, value) =>
        {
            to.clone()
        }
        (Fit::Int(value), LogicalType::Decimal { .. })
            if matches!(dialect, Dialect::Databricks | Dialect::SparkSql | Dialect::Hive) =>
        {
            LogicalType::Decimal { precision: Some(digits(i128::from(value))), scale: 0 }
        }
        (Fit::Int(_) | Fit::Text | Fit::None, _) => ty.clone(),
    }
}

fn number(dialect: Dialect, op: BinOp, x: &LogicalType, y: &LogicalType) -> Option<LogicalType> {
    use Dialect as D;
    use LogicalType as T;
    let floating = matches!(x, T::Float { .. }) || matches!(y, T::Float { .. });
    let integers = matches!(x, T::Int { .. }) && matches!(y, T::Int { .. });
    match op {
        BinOp::Pow => {
            return match dialect {
                D::Postgres if !floating && !integers => Some(T::Decimal { precision: None, scale: 0 }),
                _ => Some(T::DOUBLE),
            };
        }
        BinOp::IntDiv => return if integers { numeric(dialect, x, y) } else { None },
        BinOp::Div => match dialect {
            D::DuckDb => return Some(T::DOUBLE),
            D::BigQuery | D::Databricks | D::SparkSql | D::Hive if integers => return Some(T::DOUBLE),
            D::ClickHouse => return Some(T::DOUBLE),
            D::MySql | D::Oracle | D::Generic | D::Teradata => {
                return floating.then_some(T::DOUBLE);
            }
            _ => {}
        },
        _ => {}
    }
    if dialect == D::DuckDb && integers {
        return duck_integers(x, y);
    }
    if floating {
        // float4 with float4 stays float4 in PostgreSQL; elsewhere too, but for Snowflake's only float.
        return numeric(dialect, x, y);
    }
    if integers {
        return match dialect {
            D::MySql | D::Teradata | D::ClickHouse | D::Generic if op == BinOp::Div => None,
            _ => numeric(dialect, x, y),
        };
    }
    decimal(dialect, op, x, y)
}

/// DuckDB's overloads: the wider of two alike; a signed type that is wider than the other; else BIGINT, which holds both
/// but for the widest.
fn duck_integers(x: &LogicalType, y: &LogicalType) -> Option<LogicalType> {
    use LogicalType as T;
    let (T::Int { bits: x, signed: s }, T::Int { bits: y, signed: t }) = (x, y) else { return None };
    if s == t {
        return Some(T::Int { bits: *x.max(y), signed: *s });
    }
    let (signed, unsigned) = if *s { (*x, *y) } else { (*y, *x) };
    let bits = match unsigned {
        _ if signed > unsigned => signed,
        64.. => 128,
        _ => 64,
    };
    (unsigned <= 64).then_some(T::Int { bits, signed: true })
}

fn decimal(dialect: Dialect, op: BinOp, x: &LogicalType, y: &LogicalType) -> Option<LogicalType> {
    use Dialect as D;
    let free = LogicalType::Decimal { precision: None, scale: 0 };
    if dialect == D::Postgres {
        return Some(free);
    }
    let ((Some(p1), s1), (Some(p2), s2)) = (as_decimal(x)?, as_decimal(y)?) else { return Some(free) };
    let (p1, s1, p2, s2) = (i32::from(p1), i32::from(s1), i32::from(p2), i32::from(s2));
    let max = max_precision(dialect);
    let (precision, scale) = match (dialect, op) {
        (D::BigQuery, _) => return numeric(dialect, x, y),
        (D::DuckDb, BinOp::Add | BinOp::Sub) => {
            let (scale, whole) = (s1.max(s2), (p1 - s1).max(p2 - s2));
            (whole + scale + 1, scale)
        }
        (D::DuckDb, BinOp::Mul) => {
            let (width, scale) = (p1 + p2, s1 + s2);
            (if width > 18 && p1.max(p2) <= 18 && scale < 18 { 18 } else { width }, scale)
        }
        (D::DuckDb, BinOp::Mod) => return numeric(dialect, x, y),
        (D::Snowflake, BinOp::Add | BinOp::Sub) => {
            let (scale, whole) = (s1.max(s2), (p1 - s1).max(p2 - s2));
            (whole + scale + 1, scale)
        }
        (D::Snowflake, BinOp::Mul) => {
            let scale = (s1 + s2).min(s1.max(s2).max(12));
            ((p1 - s1) + (p2 - s2) + scale, scale)
        }
        (D::Snowflake, BinOp::Div) => {
            let scale = s1.max((s1 + 6).min(12));
            ((p1 - s1) + s2 + scale, scale)
        }
        (D::Trino | D::Athena, BinOp::Add | BinOp::Sub) => {
            let (scale, whole) = (s1.max(s2), (p1 - s1).max(p2 - s2));
            (whole + scale + 1, scale)
        }
        (D::Trino | D::Athena, BinOp::Mul) => (p1 + p2, s1 + s2),
        (D::Trino | D::Athena, BinOp::Div) => (p1 + s2 + (s2 - s1).max(0), s1.max(s2)),
        (D::Databricks | D::SparkSql | D::Hive, _) => spark(op, (p1, s1), (p2, s2))?,
        (D::Redshift, BinOp::Add | BinOp::Sub) | (D::TSql, BinOp::Add | BinOp::Sub) => {
            let (scale, whole) = (s1.max(s2), (p1 - s1).max(p2 - s2));
            fits_in(38, whole + scale + 1, scale)?
        }
        (D::Redshift, BinOp::Mul) | (D::TSql, BinOp::Mul) => fits_in(38, p1 + p2 + 1, s1 + s2)?,
        (D::Redshift, BinOp::Div) => {
            let scale = 4.max(s1 + p2 - s2 + 1);
            fits_in(38, p1 - s1 + s2 + scale, scale)?
        }
        (D::TSql, BinOp::Div) => {
            let scale = 6.max(s1 + p2 + 1);
            fits_in(38, p1 - s1 + s2 + scale, scale)?
        }
        _ => return None,
    };
    let precision = u16::try_from(precision.min(max)).ok()?;
    Some(LogicalType::Decimal { precision: Some(precision), scale: i16::try_from(scale).ok()? })
}

/// What engines do when the digits do not fit differs and is not modelled.
fn fits_in(max: i32, precision: i32, scale: i32) -> Option<(i32, i32)> {
    (precision <= max).then_some((precision, scale))
}

/// Spark's `DecimalPrecision`: where 38 digits do not do, the scale gives way, but not below 6.
fn spark(op: BinOp, (p1, s1): (i32, i32), (p2, s2): (i32, i32)) -> Option<(i32, i32)> {
    let (precision, scale) = match op {
        BinOp::Add | BinOp::Sub => ((p1 - s1).max(p2 - s2) + s1.max(s2) + 1, s1.max(s2)),
        BinOp::Mul => (p1 + p2 + 1, s1 + s2),
        BinOp::Div => {
            let scale = 6.max(s1 + p2 + 1);
            (p1 - s1 + s2 + scale, scale)
        }
        BinOp::Mod => ((p1 - s1).min(p2 - s2) + s1.max(s2), s1.max(s2)),
        _ => return None,
    };
    if precision <= 38 {
        return Some((precision, scale));
    }
    Some((38, (38 - (precision - scale)).max(scale.min(6))))
}

fn concat(dialect: Dialect, a: Option<&LogicalType>, b: Option<&LogicalType>) -> Option<LogicalType> {
    use LogicalType as T;
    // Next to a text everything becomes one; where texts have lengths the result's is left open.
    let free = matches!(
        dialect,
        Dialect::Postgres
            | Dialect::DuckDb
            | Dialect::BigQuery
            | Dialect::Databricks
            | Dialect::SparkSql
            | Dialect::Hive
            | Dialect::Sqlite
            | Dialect::ClickHouse
            | Dialect::Trino
            | Dialect::Athena
    );
    match (a, b) {
        (Some(T::Array(_)), Some(T::Array(_))) => super::common(dialect, a.cloned(), b.cloned()),
        (Some(T::Array(list)), Some(one)) | (Some(one), Some(T::Array(list))) if dialect == Dialect::Postgres => {
            let element = super::common(dialect, Some((**list).clone()), Some(one.clone()))?;
            Some(T::Array(Box::new(element)))
        }
        (Some(T::Json), Some(T::Json)) => Some(T::Json),
        (Some(T::Bytes { .. }), Some(T::Bytes { .. })) if dialect == Dialect::Postgres => a.cloned(),
        (Some(T::Bytes { .. }), _) | (_, Some(T::Bytes { .. })) => None,
        (Some(T::Text { .. }), _) | (_, Some(T::Text { .. })) => free.then_some(T::TEXT),
        _ => None,
    }
}

fn bits(dialect: Dialect, a: &Typed, b: &Typed) -> Option<LogicalType> {
    let (x, y) = (a.ty.as_ref()?, b.ty.as_ref()?);
    let (x, y) = (fitted(dialect, a, x, b, y), fitted(dialect, b, y, a, x));
    match (&x, &y) {
        (LogicalType::Int { .. }, LogicalType::Int { .. }) if x == y => Some(x),
        (LogicalType::Int { .. }, LogicalType::Int { .. }) if dialect == Dialect::DuckDb => duck_integers(&x, &y),
        (LogicalType::Int { .. }, LogicalType::Int { .. }) if dialect == Dialect::Postgres => numeric(dialect, &x, &y),
        _ => None,
    }
}

fn time(dialect: Dialect, op: BinOp, x: &LogicalType, y: &LogicalType) -> Option<LogicalType> {
    use LogicalType as T;
    let pg_like = matches!(dialect, Dialect::Postgres | Dialect::Redshift | Dialect::DuckDb);
    let sum = matches!(op, BinOp::Add | BinOp::Sub);
    match (x, op, y) {
        (T::Timestamp { .. }, _, T::Interval) if sum => Some(x.clone()),
        (T::Interval, BinOp::Add, T::Timestamp { .. }) => Some(y.clone()),
        (T::Time { .. }, _, T::Interval) if sum && pg_like => Some(x.clone()),
        (T::Date, _, T::Interval) | (T::Interval, _, T::Date) if sum && (pg_like || dialect == Dialect::BigQuery) => {
            Some(T::Timestamp { precision: None, zone: Zone::None })
        }
        // Snowflake keeps the date for whole days, which the type does not say.
        (T::Date, _, T::Interval) if sum && matches!(dialect, Dialect::Trino | Dialect::Athena) => Some(T::Date),
        (T::Date, _, T::Int { .. })
            if sum && (pg_like || matches!(dialect, Dialect::BigQuery | Dialect::Databricks | Dialect::SparkSql)) =>
        {
            Some(T::Date)
        }
        (T::Date, _, T::Int { .. } | T::Decimal { scale: 0, .. }) if sum && dialect == Dialect::Snowflake => {
            Some(T::Date)
        }
        (T::Int { .. }, BinOp::Add, T::Date) if pg_like => Some(T::Date),
        (T::Date, BinOp::Add, T::Time { zone, .. }) | (T::Time { zone, .. }, BinOp::Add, T::Date) if pg_like => {
            let zone = if *zone == Zone::None { Zone::None } else { Zone::Instant };
            Some(T::Timestamp { precision: None, zone })
        }
        (T::Date, BinOp::Sub, T::Date) => match dialect {
            Dialect::Postgres | Dialect::Redshift => Some(T::INTEGER),
            Dialect::DuckDb => Some(T::BIGINT),
            Dialect::BigQuery => Some(T::Interval),
            _ => None,
        },
        (T::Timestamp { .. } | T::Date, BinOp::Sub, T::Timestamp { .. } | T::Date)
            if pg_like || dialect == Dialect::BigQuery =>
        {
            Some(T::Interval)
        }
        (T::Interval, BinOp::Add | BinOp::Sub, T::Interval) => Some(T::Interval),
        // A key or an element less.
        (T::Json, BinOp::Sub, T::Text { .. } | T::Int { .. } | T::Array(_)) if dialect == Dialect::Postgres => {
            Some(T::Json)
        }
        (T::Interval, BinOp::Mul | BinOp::Div, n) | (n, BinOp::Mul, T::Interval) if pg_like && n.is_numeric() => {
            Some(T::Interval)
        }
        _ => None,
    }
}
