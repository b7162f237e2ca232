//! Migrations: numbered SQL files, one folder per engine with equal numbers, applied in order in one transaction under a
//! lock row, so that two daemons that start together do not collide. A database from a newer version is refused.

use crate::db::{Access, Db, Session, args};
use crate::error::Failure;
use std::time::Duration;
use tessera_ports::StoreError;

pub(crate) struct Migration {
    pub(crate) number: i64,
    pub(crate) name: &'static str,
    pub(crate) sqlite: &'static str,
    pub(crate) postgres: &'static str,
}

macro_rules! migrations {
    ($($number:literal $name:literal;)*) => {
        &[$(Migration {
            number: $number,
            name: $name,
            sqlite: include_str!(concat!("sql/sqlite/", $name, ".sql")),
            postgres: include_str!(concat!("sql/postgres/", $name, ".sql")),
        }),*]
    };
}

/// Append only: an applied file never changes (its checksum is compared).
pub(crate) const MIGRATIONS: &[Migration] = migrations! {
    1 "0001_first";
};

impl Migration {
    fn sql(&self, db: &Db) -> &'static str {
        if db.is_postgres() { self.postgres } else { self.sqlite }
    }
    fn checksum(&self, db: &Db) -> String {
        blake3::hash(self.sql(db).as_bytes()).to_hex().to_string()
    }
}

/// The table of what was applied; number 0 is the row that migrating daemons lock.
const SQLITE_TABLE: &str = "CREATE TABLE IF NOT EXISTS schema_migration (
    number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at INTEGER NOT NULL) STRICT";
const POSTGRES_TABLE: &str =
    "CREATE SCHEMA IF NOT EXISTS tessera; CREATE TABLE IF NOT EXISTS tessera.schema_migration (
    number BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)";

/// Brings the schema to this version. Without `access` to migrate (a tool beside a running daemon) the schema must be
/// this version's already.
pub(crate) async fn run(db: &Db, access: Access) -> Result<(), StoreError> {
    run_list(db, access, MIGRATIONS).await
}

pub(crate) async fn run_list(db: &Db, access: Access, list: &[Migration]) -> Result<(), StoreError> {
    let beside = access == Access::Shared && matches!(db, Db::Sqlite { lock: None, .. });
    let mut attempt = 0;
    loop {
        let result = if beside { check_only(db, list).await } else { apply(db, list).await };
        match result {
            Ok(()) => return Ok(()),
            // Two daemons that create the same table at once: one of them is told so by a catalog's unique index.
            Err(Failure::Again(_) | Failure::Store(StoreError::Conflict { .. })) if attempt < 10 => {
                attempt += 1;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Err(failure) => return Err(failure.into_store()),
        }
    }
}

async fn apply(db: &Db, list: &[Migration]) -> Result<(), Failure> {
    let mut first = db.write().await?;
    first.script(if db.is_postgres() { POSTGRES_TABLE } else { SQLITE_TABLE }).await?;
    let sql = "INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES (0, 'lock', '', 0)
               ON CONFLICT (number) DO NOTHING";
    first.run(sql, args![]).await?;
    first.commit().await?;

    let mut session = db.write().await?;
    if db.is_postgres() {
        session.script("SET LOCAL statement_timeout = '30min'; SET LOCAL lock_timeout = '30min'").await?;
        session.run("SELECT number FROM schema_migration WHERE number = 0 FOR UPDATE", args![]).await?;
    }
    let applied = check(&mut session, db, list).await?;
    for migration in list.iter().filter(|m| m.number > applied) {
        tracing::info!(number = migration.number, name = migration.name, "migrating the store");
        session.script(migration.sql(db)).await?;
        let now = session.now().await?;
        let sql = "INSERT INTO schema_migration (number, name, checksum, applied_at) VALUES ($1, $2, $3, $4)";
        session.run(sql, args![migration.number, migration.name, migration.checksum(db), now]).await?;
    }
    session.commit().await
}

async fn check_only(db: &Db, list: &[Migration]) -> Result<(), Failure> {
    let mut session = db.read().await?;
    let known = list.last().map_or(0, |m| m.number);
    let applied = check(&mut session, db, list).await?;
    if applied < known {
        return Err(Failure::corrupt(format!(
            "its schema is {applied}, this version's is {known}, and a daemon of an older version has it open: restart \
             that daemon with this version"
        )));
    }
    Ok(())
}

/// The highest number applied, after comparing what was applied with what we know.
async fn check(session: &mut Session, db: &Db, list: &[Migration]) -> Result<i64, Failure> {
    let sql = "SELECT number, name, checksum FROM schema_migration WHERE number > 0 ORDER BY number";
    let mut highest = 0;
    for row in session.rows(sql, args![]).await? {
        let (number, name, checksum) = (row.int(0)?, row.text(1)?, row.text(2)?);
        let Some(known) = list.iter().find(|m| m.number == number) else {
            return Err(Failure::corrupt(format!(
                "it was written by a newer version of tessera (schema {number} `{name}`; this version knows up to {}): \
                 upgrade tessera, or restore a backup from before the upgrade",
                list.last().map_or(0, |m| m.number)
            )));
        };
        if known.checksum(db) != checksum {
            return Err(Failure::corrupt(format!(
                "its schema {number} `{name}` is not the one of this version ({}): it was written by a development \
                 build; start with a new store, or use that build",
                known.name
            )));
        }
        highest = number;
    }
    Ok(highest)
}
