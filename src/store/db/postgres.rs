//! PostgreSQL: a small pool, our own schema `tessera` (so that a shared database stays tidy, and a scan of it can leave us
//! out), and timeouts on everything that can hang.

use super::Db;
use crate::error::Failure;
use crate::url::scrub;
use sqlx::Executor;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use std::str::FromStr;
use std::time::Duration;
use tessera_ports::StoreError;

const CONNECTIONS: u32 = 8;

/// For each new connection. `synchronous_commit` may be off by default on a server that is tuned for something else:
/// what we answered must be there after a crash.
const SESSION: &str = "
    SET search_path = tessera;
    SET application_name = 'tessera';
    SET synchronous_commit = on;
    SET statement_timeout = '30s';
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '60s'";

pub(super) async fn connect(url: &str) -> Result<Db, StoreError> {
    let explain = |error: sqlx::Error| {
        let what = crate::url::redact(url);
        match Failure::from(error).into_store() {
            StoreError::Unavailable(m) => StoreError::Unavailable(format!("{what}: {}", scrub(&m, url))),
            StoreError::Corrupt(m) => StoreError::Corrupt(format!("{what}: {}", scrub(&m, url))),
            other => other,
        }
    };
    let options = PgConnectOptions::from_str(url).map_err(explain)?;
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .acquire_timeout(Duration::from_secs(4))
        .idle_timeout(Duration::from_secs(300))
        .after_connect(|connection, _| {
            Box::pin(async move { connection.execute(sqlx::raw_sql(SESSION)).await.map(drop) })
        })
        .connect_with(options)
        .await
        .map_err(explain)?;
    Ok(Db::Postgres(pool))
}
