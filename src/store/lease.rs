//! Leases: who leads, by the database's time. The epoch grows with every change of holder and every batch written under
//! the lease is checked against it, so a leader that was paused and lost the lease cannot write any more.

use crate::db::{Db, Session, args};
use crate::error::Failure;
use crate::rows::{indexed, int};
use crate::write::retried;
use tessera_ports::StoreError;
use tessera_ports::records::Lease;
use tessera_ports::store::Fence;

pub(crate) async fn acquire(db: &Db, name: &str, holder: &str, seconds: u32) -> Result<Option<Lease>, StoreError> {
    retried(|| acquire_once(db, name, holder, seconds)).await
}

async fn acquire_once(db: &Db, name: &str, holder: &str, seconds: u32) -> Result<Option<Lease>, Failure> {
    let mut session = db.write().await?;
    let now = session.now().await?;
    let until = now.saturating_add(i64::from(seconds) * 1_000_000);
    let sql = "INSERT INTO lease (name, holder, epoch, until) VALUES ($1, $2, 1, $3)
               ON CONFLICT (name) DO UPDATE SET
                   epoch = CASE WHEN lease.holder = excluded.holder THEN lease.epoch ELSE lease.epoch + 1 END,
                   holder = excluded.holder, until = excluded.until
               WHERE lease.holder = excluded.holder OR lease.until <= $4
               RETURNING epoch, until";
    let row = session.row(sql, args![indexed(name), holder, until, now]).await?;
    let lease = row.map(|row| Ok::<_, Failure>(Lease { epoch: row.count(0)?, until: row.time(1)? })).transpose()?;
    session.commit().await?;
    Ok(lease)
}

pub(crate) async fn release(db: &Db, name: &str, holder: &str) -> Result<(), StoreError> {
    retried(|| release_once(db, name, holder)).await
}

async fn release_once(db: &Db, name: &str, holder: &str) -> Result<(), Failure> {
    let mut session = db.write().await?;
    // The row stays, for its epoch.
    let sql = "UPDATE lease SET holder = '', until = 0 WHERE name = $1 AND holder = $2";
    session.run(sql, args![indexed(name), holder]).await?;
    session.commit().await
}

/// Fails with `Fenced` unless the lease is still the fence's; holds it still until the transaction ends.
pub(crate) async fn check(db: &Db, session: &mut Session, fence: &Fence) -> Result<(), Failure> {
    let sql = db.for_update(
        "SELECT until FROM lease WHERE name = $1 AND holder = $2 AND epoch = $3 FOR SHARE",
        "SELECT until FROM lease WHERE name = $1 AND holder = $2 AND epoch = $3",
    );
    let row = session.row(sql, args![indexed(&fence.lease), fence.holder.as_str(), int(fence.epoch)?]).await?;
    let now = session.now().await?;
    match row {
        Some(row) if row.int(0)? > now => Ok(()),
        _ => Err(StoreError::Fenced.into()),
    }
}
