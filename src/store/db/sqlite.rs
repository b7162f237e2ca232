//! SQLite: one writing connection, a few reading ones, WAL with full synchronisation, and a lock file that keeps a second
//! daemon out.

use super::{Access, Db};
use crate::error::Failure;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, Sqlite, Transaction};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tessera_ports::StoreError;

/// How long a statement waits for another process's write transaction.
const BUSY: Duration = Duration::from_secs(10);
const READERS: u32 = 4;
/// A daemon that is just ending, or a tool that is just migrating, may have the lock for a moment.
const LOCK_TRIES: u32 = 10;

/// Held while a daemon has the file open; the system lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct FileLock {
    _file: File,
}

/// An empty database in memory, for tests and dry runs: one connection, since each would be its own database.
pub(super) async fn memory() -> Result<Db, StoreError> {
    let options = SqliteConnectOptions::new().in_memory(true).foreign_keys(true);
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options)
        .await
        .map_err(|e| Failure::from(e).into_store())?;
    Ok(Db::Sqlite { writer: pool.clone(), readers: pool, lock: None })
}

pub(super) async fn file(path: &Path, access: Access) -> Result<Db, StoreError> {
    let path = prepare(path).map_err(|e| StoreError::Unavailable(format!("sqlite:{}: {e}", path.display())))?;
    let mut found = lock(&path)?;
    for _ in 0..LOCK_TRIES {
        if found.is_ok() || access == Access::Shared {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        found = lock(&path)?;
    }
    let lock = match (found, access) {
        (Ok(lock), _) => Some(lock),
        (Err(_), Access::Shared) => None,
        (Err(holder), Access::Exclusive) => {
            return Err(StoreError::Unavailable(format!(
                "another tessera daemon{holder} has sqlite:{} open: stop it, or use a PostgreSQL store, which several \
                 daemons can share",
                path.display()
            )));
        }
    };
    let options = SqliteConnectOptions::new()
        .filename(&path)
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY);
    let pool = |options, size| pool(options, size, &path);
    let writer = pool(options.clone(), 1).await?;
    let readers = pool(options.pragma("query_only", "on"), READERS).await?;
    Ok(Db::Sqlite { writer, readers, lock })
}

async fn pool(options: SqliteConnectOptions, size: u32, path: &Path) -> Result<SqlitePool, StoreError> {
    SqlitePoolOptions::new()
        .max_connections(size)
        .acquire_timeout(Duration::from_secs(30))
        .connect_with(options)
        .await
        .map_err(|e| match Failure::from(e).into_store() {
            StoreError::Unavailable(m) => StoreError::Unavailable(format!("sqlite:{}: {m}", path.display())),
            StoreError::Corrupt(m) => StoreError::Corrupt(format!("sqlite:{}: {m}", path.display())),
            other => other,
        })
}

/// Begins a writing transaction. On some errors (disk full, I/O) SQLite rolls back by itself; sqlx's own ROLLBACK then
/// fails, and it would believe for ever that the connection is in a transaction. Such a connection is replaced.
pub(super) async fn begin(writer: &SqlitePool) -> Result<Transaction<'static, Sqlite>, sqlx::Error> {
    const IMMEDIATE: &str = "BEGIN IMMEDIATE";
    match writer.begin_with(IMMEDIATE).await {
        Err(sqlx::Error::InvalidSavePointStatement) => {}
        answer => return answer,
    }
    let connection = writer.acquire().await?;
    if connection.is_in_transaction() {
        connection.close().await?;
    }
    writer.begin_with(IMMEDIATE).await
}

/// Makes the folder and an empty file that only its owner may read, and finds the file's one true path: two spellings
/// must meet in the same lock.
fn prepare(path: &Path) -> std::io::Result<PathBuf> {
    if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
        std::fs::create_dir_all(parent)?;
    }
    let mut options = OpenOptions::new();
    options.read(true).append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)?;
    path.canonicalize()
}

/// The lock, or who has it (for the message).
fn lock(path: &Path) -> Result<Result<FileLock, String>, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let failed = |e: std::io::Error| {
        StoreError::Unavailable(format!("cannot lock sqlite:{}: {}: {e}", path.display(), Path::new(&name).display()))
    };
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&name).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            // Only for the message of whoever comes second.
            let noted = file.set_len(0).and_then(|()| file.rewind());
            noted.and_then(|()| write!(file, "{}", std::process::id())).map_err(failed)?;
            Ok(Ok(FileLock { _file: file }))
        }
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            let known = file.read_to_string(&mut pid).is_ok() && !pid.trim().is_empty();
            Ok(Err(if known { format!(" (process {})", pid.trim()) } else { String::new() }))
        }
        Err(TryLockError::Error(e)) => Err(failed(e)),
    }
}
