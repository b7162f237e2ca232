//! The chain of hashes: whatever is changed in the audit log shows.

use crate::audit::{AuditFault, verify_audit};
use crate::db::{Access, args};
use crate::store::SqlStore;
use tessera_ports::Store;
use tessera_ports::testkit::store::{fill, fill_audit};

async fn filled(url: &str, events: usize) -> SqlStore {
    let store = SqlStore::open(url, Access::Exclusive).await.unwrap();
    fill(&store, events).await;
    store
}

async fn run(store: &SqlStore, sql: &'static str) {
    let mut session = store.db.write().await.unwrap();
    assert!(session.run(sql, args![]).await.unwrap() > 0, "{sql}");
    session.commit().await.unwrap();
}

#[tokio::test]
async fn an_untouched_log_verifies() {
    let store = filled("sqlite::memory:", 1_003).await;
    assert_eq!(verify_audit(&store).await, Ok(1_003));
    let empty = SqlStore::open("sqlite::memory:", Access::Exclusive).await.unwrap();
    assert_eq!(verify_audit(&empty).await, Ok(0));
}

#[tokio::test]
async fn every_change_shows() {
    let changed = |seq| Err(AuditFault::Changed { seq });
    let cases = [
        ("UPDATE audit SET action = 'proposal.forced' WHERE seq = 10", changed(10)),
        ("UPDATE audit SET entity_id = 'p2' WHERE seq = 1", changed(1)),
        ("UPDATE audit SET entity = 'asset' WHERE seq = 2", changed(2)),
        ("UPDATE audit SET at = at + 1 WHERE seq = 3", changed(3)),
        ("UPDATE audit SET id = '00000000-0000-7000-8000-000000000000' WHERE seq = 4", changed(4)),
        ("UPDATE audit SET actor = replace(actor, 'agent', 'ci') WHERE seq = 5", changed(5)),
        ("UPDATE audit SET payload = replace(payload, '0.30000000000000004', '0.3') WHERE seq = 6", changed(6)),
        ("UPDATE audit SET hash = (SELECT hash FROM audit WHERE seq = 8) WHERE seq = 7", changed(7)),
        ("DELETE FROM audit WHERE seq = 11", Err(AuditFault::Gap { expected: 11, found: 12 })),
        ("DELETE FROM audit WHERE seq = 1", Err(AuditFault::Gap { expected: 1, found: 2 })),
    ];
    for (sql, expected) in cases {
        let store = filled("sqlite::memory:", 12).await;
        run(&store, sql).await;
        assert_eq!(verify_audit(&store).await, expected, "{sql}");
    }
}

/// Whoever cuts off the end is found out by the next event.
#[tokio::test]
async fn a_cut_end_shows_with_the_next_event() {
    let store = filled("sqlite::memory:", 12).await;
    run(&store, "DELETE FROM audit WHERE seq > 10").await;
    fill_audit(&store, 1).await;
    assert_eq!(verify_audit(&store).await, Err(AuditFault::Gap { expected: 11, found: 13 }));
}

/// Order matters, not only content.
#[tokio::test]
async fn swapped_events_show() {
    let store = filled("sqlite::memory:", 12).await;
    for sql in [
        "UPDATE audit SET seq = 100 WHERE seq = 4",
        "UPDATE audit SET seq = 4 WHERE seq = 5",
        "UPDATE audit SET seq = 5 WHERE seq = 100",
    ] {
        run(&store, sql).await;
    }
    assert_eq!(verify_audit(&store).await, Err(AuditFault::Changed { seq: 4 }));
}

#[tokio::test]
async fn postgres_chains_the_same() {
    let Some(server) = tessera_ports::testkit::postgres::TestPostgres::or_skip() else { return };
    let database = server.database().unwrap();
    let store = filled(&database.url(), 100).await;
    assert_eq!(verify_audit(&store).await, Ok(100));
    run(&store, "UPDATE audit SET payload = '{}' WHERE seq = 77").await;
    assert_eq!(verify_audit(&store).await, Err(AuditFault::Changed { seq: 77 }));
    assert_eq!(store.backend(), "postgres");
}
