//! One database or the other behind one small face: sessions that run a statement with arguments and give rows. Both
//! engines understand `$1`, `ON CONFLICT … DO UPDATE` and `RETURNING`, so statements are shared texts; only what follows
//! from locking, time and types is chosen by [`Db`] itself.

pub(crate) mod postgres;
pub(crate) mod sqlite;
mod value;

pub(crate) use value::{Arg, Row, args};

use crate::error::Failure;
use crate::url::StoreUrl;
use sqlx::pool::PoolConnection;
use sqlx::{PgPool, Postgres, SqlSafeStr, Sqlite, SqlitePool, Transaction};
use tessera_ports::StoreError;

/// Who else may have the store open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// A daemon: on a SQLite file the only one.
    Exclusive,
    /// A tool beside it.
    Shared,
}

#[derive(Debug)]
pub(crate) enum Db {
    Sqlite { writer: SqlitePool, readers: SqlitePool, lock: Option<sqlite::FileLock> },
    Postgres(PgPool),
}

/// A connection, or a transaction on one.
pub(crate) enum Session {
    Sqlite(PoolConnection<Sqlite>),
    SqliteTx(Transaction<'static, Sqlite>),
    Postgres(PoolConnection<Postgres>),
    PostgresTx(Transaction<'static, Postgres>),
}

impl Db {
    pub(crate) async fn open(url: &StoreUrl, access: Access) -> Result<Self, StoreError> {
        match url {
            StoreUrl::Memory => sqlite::memory().await,
            StoreUrl::File(path) => sqlite::file(path, access).await,
            StoreUrl::Postgres(url) => postgres::connect(url).await,
        }
    }

    pub(crate) fn is_postgres(&self) -> bool {
        matches!(self, Db::Postgres(_))
    }

    /// A session for one or two plain reads.
    pub(crate) async fn read(&self) -> Result<Session, Failure> {
        Ok(match self {
            Db::Sqlite { readers, .. } => Session::Sqlite(readers.acquire().await?),
            Db::Postgres(pool) => Session::Postgres(pool.acquire().await?),
        })
    }

    /// Reads that must see one moment.
    pub(crate) async fn snapshot(&self) -> Result<Session, Failure> {
        Ok(match self {
            Db::Sqlite { readers, .. } => Session::SqliteTx(readers.begin().await?),
            Db::Postgres(pool) => {
                let begin = "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY";
                Session::PostgresTx(pool.begin_with(begin).await?)
            }
        })
    }

    /// A writing transaction. SQLite takes its write lock at once: a deferred transaction that begins with a read is
    /// refused when it wants to write later, whatever the busy timeout.
    pub(crate) async fn write(&self) -> Result<Session, Failure> {
        Ok(match self {
            Db::Sqlite { writer, .. } => Session::SqliteTx(sqlite::begin(writer).await?),
            Db::Postgres(pool) => Session::PostgresTx(pool.begin().await?),
        })
    }

    /// Appended to a SELECT inside a writing transaction whose rows must not move until it ends.
    pub(crate) fn for_update(&self, postgres: &'static str, sqlite: &'static str) -> &'static str {
        if self.is_postgres() { postgres } else { sqlite }
    }
}

/// One statement on whichever connection the session is.
macro_rules! on {
    ($session:expr, $connection:ident => $sqlite:expr, $postgres:expr) => {
        match $session {
            Session::Sqlite(c) => {
                let $connection = &mut **c;
                $sqlite
            }
            Session::SqliteTx(c) => {
                let $connection = &mut **c;
                $sqlite
            }
            Session::Postgres(c) => {
                let $connection = &mut **c;
                $postgres
            }
            Session::PostgresTx(c) => {
                let $connection = &mut **c;
                $postgres
            }
        }
    };
}

impl Session {
    /// Runs a statement; how many rows it changed.
    pub(crate) async fn run(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<u64, Failure> {
        Ok(on!(self, c => value::sqlite(sql, args).execute(c).await?.rows_affected(),
                          value::postgres(sql, args).execute(c).await?.rows_affected()))
    }

    pub(crate) async fn rows(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Vec<Row>, Failure> {
        Ok(on!(self, c => value::sqlite(sql, args).fetch_all(c).await?.into_iter().map(Row::Sqlite).collect(),
                          value::postgres(sql, args).fetch_all(c).await?.into_iter().map(Row::Postgres).collect()))
    }

    pub(crate) async fn row(&mut self, sql: impl SqlSafeStr, args: Vec<Arg>) -> Result<Option<Row>, Failure> {
        Ok(on!(self, c => value::sqlite(sql, args).fetch_optional(c).await?.map(Row::Sqlite),
                          value::postgres(sql, args).fetch_optional(c).await?.map(Row::Postgres)))
    }

    /// Runs a script of several statements without arguments.
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<(), Failure> {
        use sqlx::Executor;
        on!(self, c => c.execute(sqlx::raw_sql(sql)).await.map(drop)?, c.execute(sqlx::raw_sql(sql)).await.map(drop)?);
        Ok(())
    }

    /// The database's own time, microseconds since 1970: what leases go by, so that daemons' clocks do not matter.
    pub(crate) async fn now(&mut self) -> Result<i64, Failure> {
        let sql = match self {
            Session::Sqlite(_) | Session::SqliteTx(_) => "SELECT CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
            _ => "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)",
        };
        self.row(sql, args![]).await?.ok_or_else(|| Failure::corrupt("the database has no time"))?.int(0)
    }

    pub(crate) async fn commit(self) -> Result<(), Failure> {
        match self {
            Session::SqliteTx(tx) => tx.commit().await?,
            Session::PostgresTx(tx) => tx.commit().await?,
            Session::Sqlite(_) | Session::Postgres(_) => {}
        }
        Ok(())
    }

    pub(crate) async fn rollback(self) -> Result<(), Failure> {
        match self {
            Session::SqliteTx(tx) => tx.rollback().await?,
            Session::PostgresTx(tx) => tx.rollback().await?,
            Session::Sqlite(_) | Session::Postgres(_) => {}
        }
        Ok(())
    }
}
