//! Arguments and columns, whichever the database: text, integers (also times, in microseconds), uuids, bytes.

use crate::error::Failure;
use jiff::Timestamp;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Postgres, Row as _, SqlSafeStr, Sqlite};
use uuid::Uuid;

/// One bound argument; null carries its type, which PostgreSQL wants to know.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Arg {
    Text(Option<String>),
    Int(Option<i64>),
    Uuid(Option<Uuid>),
    Bytes(Vec<u8>),
}

/// `args![id, name, time]`: anything that is `Into<Arg>`.
macro_rules! args {
    ($($value:expr),* $(,)?) => { vec![$($crate::db::Arg::from($value)),*] };
}
pub(crate) use args;

/// PostgreSQL text cannot hold NUL. Documents never do (JSON escapes it); elsewhere it becomes its visible symbol.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{2400}") } else { text }
}

impl From<String> for Arg {
    fn from(value: String) -> Self {
        Arg::Text(Some(storable(value)))
    }
}
impl From<&str> for Arg {
    fn from(value: &str) -> Self {
        Arg::from(value.to_owned())
    }
}
impl From<Option<String>> for Arg {
    fn from(value: Option<String>) -> Self {
        Arg::Text(value.map(storable))
    }
}
impl From<i64> for Arg {
    fn from(value: i64) -> Self {
        Arg::Int(Some(value))
    }
}
impl From<u32> for Arg {
    fn from(value: u32) -> Self {
        Arg::Int(Some(i64::from(value)))
    }
}
impl From<Timestamp> for Arg {
    fn from(value: Timestamp) -> Self {
        Arg::Int(Some(value.as_microsecond()))
    }
}
impl From<Option<Timestamp>> for Arg {
    fn from(value: Option<Timestamp>) -> Self {
        Arg::Int(value.map(Timestamp::as_microsecond))
    }
}
impl From<Uuid> for Arg {
    fn from(value: Uuid) -> Self {
        Arg::Uuid(Some(value))
    }
}
impl From<Option<Uuid>> for Arg {
    fn from(value: Option<Uuid>) -> Self {
        Arg::Uuid(value)
    }
}
impl From<Vec<u8>> for Arg {
    fn from(value: Vec<u8>) -> Self {
        Arg::Bytes(value)
    }
}

pub(super) fn sqlite<'q>(sql: impl SqlSafeStr, args: Vec<Arg>) -> Query<'q, Sqlite, SqliteArguments> {
    args.into_iter().fold(sqlx::query(sql), |query, arg| match arg {
        Arg::Text(v) => query.bind(v),
        Arg::Int(v) => query.bind(v),
        Arg::Uuid(v) => query.bind(v.map(|id| id.hyphenated().to_string())),
        Arg::Bytes(v) => query.bind(v),
    })
}

pub(super) fn postgres<'q>(sql: impl SqlSafeStr, args: Vec<Arg>) -> Query<'q, Postgres, PgArguments> {
    args.into_iter().fold(sqlx::query(sql), |query, arg| match arg {
        Arg::Text(v) => query.bind(v),
        Arg::Int(v) => query.bind(v),
        Arg::Uuid(v) => query.bind(v),
        Arg::Bytes(v) => query.bind(v),
    })
}

/// One row of an answer; columns by position.
pub(crate) enum Row {
    Sqlite(SqliteRow),
    Postgres(PgRow),
}

macro_rules! get {
    ($row:expr, $column:expr) => {
        match $row {
            Row::Sqlite(r) => r.try_get($column)?,
            Row::Postgres(r) => r.try_get($column)?,
        }
    };
}

impl Row {
    pub(crate) fn text(&self, column: usize) -> Result<String, Failure> {
        Ok(get!(self, column))
    }
    pub(crate) fn text_opt(&self, column: usize) -> Result<Option<String>, Failure> {
        Ok(get!(self, column))
    }
    pub(crate) fn int(&self, column: usize) -> Result<i64, Failure> {
        Ok(get!(self, column))
    }
    pub(crate) fn int_opt(&self, column: usize) -> Result<Option<i64>, Failure> {
        Ok(get!(self, column))
    }
    pub(crate) fn bytes(&self, column: usize) -> Result<Vec<u8>, Failure> {
        Ok(get!(self, column))
    }
    pub(crate) fn uuid(&self, column: usize) -> Result<Uuid, Failure> {
        self.uuid_opt(column)?.ok_or_else(|| Failure::corrupt("a row has no id"))
    }
    pub(crate) fn uuid_opt(&self, column: usize) -> Result<Option<Uuid>, Failure> {
        match self {
            Row::Sqlite(r) => match r.try_get::<Option<String>, _>(column)? {
                Some(text) => {
                    Uuid::parse_str(&text).map(Some).map_err(|e| Failure::corrupt(format!("`{text}` is no id: {e}")))
                }
                None => Ok(None),
            },
            Row::Postgres(r) => Ok(r.try_get(column)?),
        }
    }
    pub(crate) fn time(&self, column: usize) -> Result<Timestamp, Failure> {
        let micros = self.int(column)?;
        Timestamp::from_microsecond(micros).map_err(|e| Failure::corrupt(format!("{micros} is no time: {e}")))
    }
    pub(crate) fn time_opt(&self, column: usize) -> Result<Option<Timestamp>, Failure> {
        self.int_opt(column)?.map(|_| self.time(column)).transpose()
    }
    /// A count or sequence number.
    pub(crate) fn count(&self, column: usize) -> Result<u64, Failure> {
        let value = self.int(column)?;
        u64::try_from(value).map_err(|_| Failure::corrupt(format!("{value} is no count")))
    }
}
