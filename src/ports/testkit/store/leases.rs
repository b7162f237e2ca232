//! Leases and fences. Time is the database's here, so a short wait is real.

use super::{given, make};
use crate::store::{AuditFilter, Batch, Fence, Page, Store, StoreError, Write};
use std::time::{Duration, Instant};

fn fenced(epoch: u64, holder: &str) -> Batch {
    Batch {
        writes: vec![Write::PutSetting { name: "by".into(), value: Some(format!("{holder}{epoch}")) }],
        audit: vec![make::event("1", "x")],
        fence: Some(Fence { lease: "leader".into(), holder: holder.into(), epoch }),
        ..Batch::default()
    }
}

/// Asks until the lease is given: its holder's time must run out by itself.
async fn wait_for(store: &dyn Store, holder: &str, seconds: u32) -> u64 {
    let begun = Instant::now();
    loop {
        if let Some(lease) = store.acquire_lease("leader", holder, seconds).await.expect("asks") {
            return lease.epoch;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "a lease of a second does not expire");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub(super) async fn taken_renewed_released(store: &dyn Store) {
    let acquire = async |holder| store.acquire_lease("leader", holder, 60).await.expect("asks");
    let first = acquire("a").await.expect("it is free");
    assert_eq!(first.epoch, 1);
    assert_eq!(acquire("b").await, None, "it is taken");
    let renewed = acquire("a").await.expect("it is a's");
    assert_eq!(renewed.epoch, 1, "renewing keeps the epoch");
    assert!(renewed.until >= first.until);
    store.release_lease("leader", "b").await.expect("ignored");
    assert_eq!(acquire("b").await, None, "only the holder releases");
    store.release_lease("leader", "a").await.expect("releases");
    assert_eq!(acquire("b").await.map(|l| l.epoch), Some(2), "another holder, another epoch");
    store.release_lease("unknown", "a").await.expect("ignored");
}

pub(super) async fn expiry(store: &dyn Store) {
    let lease = store.acquire_lease("leader", "a", 1).await.expect("asks").expect("it is free");
    assert_eq!(wait_for(store, "b", 60).await, lease.epoch + 1);
    assert_eq!(store.acquire_lease("leader", "a", 60).await, Ok(None));
}

pub(super) async fn names_are_independent(store: &dyn Store) {
    assert!(store.acquire_lease("one", "a", 60).await.expect("asks").is_some());
    assert!(store.acquire_lease("two", "b", 60).await.expect("asks").is_some());
}

pub(super) async fn fence(store: &dyn Store) {
    assert_eq!(store.commit(fenced(1, "a")).await, Err(StoreError::Fenced), "nobody holds it");
    let lease = store.acquire_lease("leader", "a", 60).await.expect("asks").expect("it is free");
    assert_eq!(store.commit(fenced(lease.epoch, "a")).await, Ok(()));
    assert_eq!(store.commit(fenced(lease.epoch, "b")).await, Err(StoreError::Fenced), "another holder");
    assert_eq!(store.commit(fenced(lease.epoch + 1, "a")).await, Err(StoreError::Fenced), "another epoch");
    store.release_lease("leader", "a").await.expect("releases");
    assert_eq!(store.commit(fenced(lease.epoch, "a")).await, Err(StoreError::Fenced), "given back");
    assert_eq!(store.setting("by").await, Ok(Some("a1".into())));
    let events = store.audit(&AuditFilter::default(), Page::default()).await.expect("reads");
    assert_eq!(events.total, 1, "what was fenced left nothing");
}

/// A leader that was paused comes back after another took over.
pub(super) async fn zombies_are_fenced(store: &dyn Store) {
    let zombie = store.acquire_lease("leader", "a", 1).await.expect("asks").expect("it is free");
    assert_eq!(store.commit(fenced(zombie.epoch, "a")).await, Ok(()));
    let successor = wait_for(store, "b", 1).await;
    assert_eq!(store.commit(fenced(zombie.epoch, "a")).await, Err(StoreError::Fenced));
    assert_eq!(store.commit(fenced(successor, "b")).await, Ok(()));
    // Back in office, its old proof is still worth nothing.
    let third = wait_for(store, "a", 60).await;
    assert_eq!(store.commit(fenced(zombie.epoch, "a")).await, Err(StoreError::Fenced));
    assert_eq!(store.commit(fenced(third, "a")).await, Ok(()));
    given::write(store, vec![Write::PutSetting { name: "unfenced".into(), value: Some("1".into()) }]).await;
}
