//! The store: `ports::Store` on SQLite (one file, the default) and on PostgreSQL (several daemons). Both run the same
//! statements through the small layer in `db`, so there is one implementation and two engines, and one conformance kit
//! (`ports::testkit::store`) that both pass. What differs stands in `db/sqlite.rs`, `db/postgres.rs` and `sql/`.
//!
//! Reading order: `url`, `db`, `migrate`, then `store` (reads), `write` (the one way to change anything), `audit`,
//! `outbox`, `lease`, `copy`.

mod audit;
mod copy;
mod db;
mod error;
mod lease;
mod migrate;
mod outbox;
mod query;
mod rows;
mod store;
mod url;
mod write;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use tessera_ports::{Store, StoreError};

pub use audit::{AuditFault, verify_audit};
pub use copy::{Copied, copy};
pub use url::redact;

/// Opens the store at `sqlite:PATH`, `sqlite::memory:` or `postgres://…`, creates or migrates its schema, and for a
/// SQLite file keeps everybody else's daemon out of it while it is open.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(store::SqlStore::open(url, db::Access::Exclusive).await?))
}

/// Opens a store that a running daemon may have open too: for command line tools. A SQLite file is migrated only when no
/// daemon holds it; under one, it must have exactly this version's schema.
pub async fn open_shared(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    Ok(Arc::new(store::SqlStore::open(url, db::Access::Shared).await?))
}
