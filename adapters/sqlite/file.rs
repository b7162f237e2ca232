//! One database file, open for one question: read-only, inside one read transaction.

use crate::settings::Settings;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteRow};
use sqlx::{ConnectOptions, Connection, Row};
use std::fmt::Write as _;
use std::path::Path;
use tessera_model::Fingerprint;
use tessera_ports::warehouse::WarehouseError;

const OBJECTS: &str = include_str!("sql/objects.sql");

/// Part of the probe: another version of this adapter reports other things, so it must not find "unchanged".
const FORMAT: &str = "1";

pub(crate) struct File {
    pub(crate) connection: SqliteConnection,
}

impl File {
    pub(crate) async fn open(settings: &Settings, path: &Path) -> Result<Self, WarehouseError> {
        // Said by us, before SQLite's "unable to open database file", which names neither file nor reason.
        match tokio::fs::metadata(path).await {
            Ok(meta) if meta.is_dir() => {
                return Err(WarehouseError::Refused(format!(
                    "{} is a directory: set `path` to the database file in it",
                    path.display()
                )));
            }
            Ok(_) => {}
            Err(e) if e.kind() == std::io::ErrorKind::PermissionDenied => {
                return Err(WarehouseError::Refused(format!("{}: {e}; grant read permission on it", path.display())));
            }
            Err(e) => {
                return Err(WarehouseError::Unavailable(format!(
                    "the database file {} cannot be opened: {e}; create it (for example by `dbt build`) or correct `path`",
                    path.display()
                )));
            }
        }
        let connection = SqliteConnectOptions::new()
            .filename(path)
            .read_only(true)
            .create_if_missing(false)
            .busy_timeout(settings.busy_timeout)
            .disable_statement_logging()
            .connect()
            .await
            .map_err(|e| explain(path, &e))?;
        let mut file = File { connection };
        // The transaction's first read fixes what every later one sees.
        sqlx::query("begin").execute(&mut file.connection).await.map_err(|e| explain(path, &e))?;
        Ok(file)
    }

    pub(crate) async fn close(self) {
        if let Err(e) = self.connection.close().await {
            tracing::debug!(error = %e, "a SQLite connection did not close cleanly");
        }
    }

    /// The hash of every object's own text. Column lists, keys and views derive from nothing else, so equal means
    /// unchanged, also when the file was replaced by another one; and no writing of rows disturbs it.
    pub(crate) async fn probe(&mut self, path: &Path) -> Result<String, WarehouseError> {
        let rows = self.rows(path, OBJECTS).await?;
        let mut text = String::new();
        for row in &rows {
            for column in ["type", "name", "tbl_name", "sql"] {
                let field: &str = row.try_get(column).map_err(|e| explain(path, &e))?;
                // With its length, so that no two lists run together.
                let _ = writeln!(text, "{}:{field}", field.len());
            }
        }
        Ok(format!("{FORMAT}:{}:{}", rows.len(), Fingerprint::of_bytes(text.as_bytes())))
    }

    pub(crate) async fn rows(&mut self, path: &Path, sql: &'static str) -> Result<Vec<SqliteRow>, WarehouseError> {
        sqlx::query(sql).fetch_all(&mut self.connection).await.map_err(|e| explain(path, &e))
    }
}

/// What SQLite said, by what a caller can do about it.
pub(crate) fn explain(path: &Path, error: &sqlx::Error) -> WarehouseError {
    let path = path.display();
    let sqlx::Error::Database(database) = error else {
        return WarehouseError::Unavailable(format!("{path}: {error}"));
    };
    let (message, code) = (database.message(), database.code().unwrap_or_default().parse::<u32>().unwrap_or(0));
    // The low byte is the primary result code.
    match code & 0xff {
        5 | 6 => {
            WarehouseError::Unavailable(format!("{path} is locked by a writer ({message}); the next slot tries again"))
        }
        14 | 10 => WarehouseError::Unavailable(format!(
            "{path} cannot be opened or read: {message}; check the file and its folder"
        )),
        3 | 8 | 23 => {
            WarehouseError::Refused(format!("{path}: {message}; grant read permission on the file and its -wal"))
        }
        11 | 26 => WarehouseError::Protocol(format!("{path} is not a usable SQLite database: {message}")),
        _ => WarehouseError::Protocol(format!("{path}: {message} ({code})")),
    }
}
