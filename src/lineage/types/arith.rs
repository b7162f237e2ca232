//! Operators. Decimal rules: DuckDB `BindDecimalAddSubtract`/`BindDecimalMultiply`; Snowflake "Scale and precision in
//! arithmetic operations"; PostgreSQL's numeric carries no precision through arithmetic; BigQuery "Arithmetic operators".

use super::common::{as_decimal, digits, max_precision, numeric};
use tessera_model::types::Zone;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::BinOp;

/// An operand's type and, for an integer literal, its value.
pub(crate) type Operand = (crate::bind::Typed, Option<i128>);

/// The type of `a op b`.
pub(crate) fn binary(dialect: Dialect, op: BinOp, a: &Operand, b: &Operand) -> Option<LogicalType> {
    match op {
        BinOp::Compare | BinOp::And | BinOp::Or => Some(LogicalType::Bool),
        BinOp::JsonGet => Some(LogicalType::Json),
        BinOp::JsonText => Some(LogicalType::TEXT),
        BinOp::Concat => concat(dialect, a.0.ty.as_ref()?, b.0.ty.as_ref()?),
        BinOp::Bit => same_int(a.0.ty.as_ref()?, b.0.ty.as_ref()?),
        BinOp::Other => None,
        BinOp::Add | BinOp::Sub | BinOp::Mul | BinOp::Div | BinOp::IntDiv | BinOp::Mod | BinOp::Pow => {
            let (x, y) = (a.0.ty.as_ref()?, b.0.ty.as_ref()?);
            // NULL takes the other side's type.
            if super::is_null(x) || super::is_null(y) {
                return None;
            }
            if x.is_numeric() && y.is_numeric() {
                let (x, y) = fit(dialect, (x, a.1), (y, b.1));
                return number(dialect, op, &x, &y);
            }
            time(dialect, op, x, y)
        }
    }
}

/// Integer literals fit themselves to the other side where the engine does so.
fn fit(
    dialect: Dialect,
    a: (&LogicalType, Option<i128>),
    b: (&LogicalType, Option<i128>),
) -> (LogicalType, LogicalType) {
    let fitted =
        |this: (&LogicalType, Option<i128>), other: (&LogicalType, Option<i128>)| match (this.1, other.0, other.1) {
            (Some(value), LogicalType::Int { bits, signed: true }, None) if dialect == Dialect::DuckDb => {
                let room = *bits >= 127 || (value >= -(1i128 << (bits - 1)) && value < (1i128 << (bits - 1)));
                if room { other.0.clone() } else { this.0.clone() }
            }
            (Some(value), LogicalType::Decimal { .. }, _)
                if matches!(dialect, Dialect::DuckDb | Dialect::Databricks | Dialect::SparkSql) =>
            {
                LogicalType::Decimal { precision: Some(digits(value)), scale: 0 }
            }
            _ => this.0.clone(),
        };
    (fitted(a, b), fitted(b, a))
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
            D::BigQuery | D::Databricks | D::SparkSql if integers => return Some(T::DOUBLE),
            D::MySql | D::Hive | D::Oracle | D::Generic | D::ClickHouse | D::Teradata => {
                return floating.then_some(T::DOUBLE);
            }
            _ => {}
        },
        _ => {}
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
            let width = whole + scale + 1;
            (if width > 18 && p1.max(p2) <= 18 { 18 } else { width }, scale)
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
        (D::Databricks | D::SparkSql | D::Hive | D::Trino | D::Athena, BinOp::Add | BinOp::Sub) => {
            let (scale, whole) = (s1.max(s2), (p1 - s1).max(p2 - s2));
            let width = whole + scale + 1;
            // Spark moves digits from the scale when they do not fit; that is not modelled.
            if width > 38 && !matches!(dialect, D::Trino | D::Athena) {
                return None;
            }
            (width, scale)
        }
        (D::Trino | D::Athena, BinOp::Mul) => (p1 + p2, s1 + s2),
        (D::Databricks | D::SparkSql | D::Hive, BinOp::Mul) => {
            if p1 + p2 + 1 > 38 {
                return None;
            }
            (p1 + p2 + 1, s1 + s2)
        }
        _ => return None,
    };
    let precision = u16::try_from(precision.min(max)).ok()?;
    Some(LogicalType::Decimal { precision: Some(precision), scale: i16::try_from(scale).ok()? })
}

fn concat(dialect: Dialect, a: &LogicalType, b: &LogicalType) -> Option<LogicalType> {
    match (a, b) {
        (LogicalType::Array(_), LogicalType::Array(_)) => (a == b).then(|| a.clone()),
        (LogicalType::Json, LogicalType::Json) => Some(LogicalType::Json),
        (LogicalType::Bytes { .. }, _) | (_, LogicalType::Bytes { .. }) => None,
        (LogicalType::Text { .. }, _) | (_, LogicalType::Text { .. }) => match dialect {
            Dialect::Postgres
            | Dialect::DuckDb
            | Dialect::BigQuery
            | Dialect::Databricks
            | Dialect::SparkSql
            | Dialect::Sqlite
            | Dialect::Trino
            | Dialect::Athena => Some(LogicalType::TEXT),
            _ => None,
        },
        _ => None,
    }
}

fn same_int(a: &LogicalType, b: &LogicalType) -> Option<LogicalType> {
    match (a, b) {
        (LogicalType::Int { .. }, LogicalType::Int { .. }) if a == b => Some(a.clone()),
        _ => None,
    }
}

fn time(dialect: Dialect, op: BinOp, x: &LogicalType, y: &LogicalType) -> Option<LogicalType> {
    use LogicalType as T;
    let pg_like = matches!(dialect, Dialect::Postgres | Dialect::Redshift | Dialect::DuckDb);
    match (x, op, y) {
        (T::Timestamp { .. }, BinOp::Add | BinOp::Sub, T::Interval) => Some(x.clone()),
        (T::Interval, BinOp::Add, T::Timestamp { .. }) => Some(y.clone()),
        (T::Date, BinOp::Add | BinOp::Sub, T::Interval) | (T::Interval, BinOp::Add, T::Date) if pg_like => {
            Some(T::Timestamp { precision: None, zone: Zone::None })
        }
        (T::Date, BinOp::Add | BinOp::Sub, T::Interval)
            if matches!(dialect, Dialect::Trino | Dialect::Athena | Dialect::Snowflake) =>
        {
            // Trino keeps the date; Snowflake too for whole days, which the type does not say.
            (dialect != Dialect::Snowflake).then_some(T::Date)
        }
        (T::Date, BinOp::Add | BinOp::Sub, T::Int { .. }) if pg_like || dialect == Dialect::BigQuery => Some(T::Date),
        (T::Date, BinOp::Sub, T::Date) => match dialect {
            Dialect::Postgres | Dialect::Redshift => Some(T::INTEGER),
            Dialect::DuckDb => Some(T::BIGINT),
            _ => None,
        },
        (T::Timestamp { .. }, BinOp::Sub, T::Timestamp { .. }) if pg_like => Some(T::Interval),
        (T::Interval, BinOp::Add | BinOp::Sub, T::Interval) => Some(T::Interval),
        _ => None,
    }
}
