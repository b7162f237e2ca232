//! The audit log's shape as seen through the port; that tampering shows is for each store's own tests, which can tamper.

use super::given::{self, conflict};
use super::make;
use crate::records::StoredAuditEvent;
use crate::store::{AuditFilter, Batch, Page, Store, Write};
use std::collections::BTreeSet;

async fn log(store: &dyn Store) -> Vec<StoredAuditEvent> {
    store.audit(&AuditFilter::default(), Page::default()).await.expect("reads").items
}

fn events(actions: &[&str]) -> Batch {
    Batch { audit: actions.iter().map(|a| make::event("1", a)).collect(), ..Batch::default() }
}

pub(super) async fn numbered_without_gaps(store: &dyn Store) {
    for batch in [&["a", "b"][..], &[], &["c"], &["d", "e", "f"]] {
        store.commit(events(batch)).await.expect("commits");
    }
    let log = log(store).await;
    let shape: Vec<(u64, &str)> = log.iter().map(|e| (e.seq, e.event.action.as_str())).collect();
    assert_eq!(shape, [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e"), (6, "f")]);
    let hashes: BTreeSet<&str> = log.iter().map(|e| e.hash.as_str()).collect();
    assert_eq!(hashes.len(), 6, "each has its own hash");
    assert!(hashes.iter().all(|h| h.len() == 64 && h.bytes().all(|b| b.is_ascii_hexdigit())));
}

pub(super) async fn failed_batches_leave_no_gap(store: &dyn Store) {
    given::team(store, "taken").await;
    store.commit(events(&["a"])).await.expect("commits");
    let failing = Batch { writes: vec![Write::PutTeam(make::team("taken"))], ..events(&["lost"]) };
    assert_eq!(store.commit(failing).await, Err(conflict("team name")));
    store.commit(events(&["b"])).await.expect("commits");
    let actions: Vec<(u64, String)> = log(store).await.into_iter().map(|e| (e.seq, e.event.action)).collect();
    assert_eq!(actions, [(1, "a".into()), (2, "b".into())]);
}
