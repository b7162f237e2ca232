//! `store copy`: everything arrives, byte for byte, or nothing does.

use super::sqlite::url;
use crate::audit::verify_audit;
use crate::copy::{TABLES, copy};
use tessera_ports::records::OutboxState;
use tessera_ports::store::{AssetFilter, AuditFilter, DriftFilter, Page, ProposalFilter};
use tessera_ports::testkit::postgres::TestPostgres;
use tessera_ports::testkit::store::{fill, fill_audit};
use tessera_ports::{Store, StoreError};

/// All that can be read from a store, as text.
async fn everything(store: &dyn Store) -> String {
    let all = Page::default();
    let assets = store.assets(&AssetFilter::default(), all).await.unwrap();
    let mut told = format!(
        "{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}{:?}",
        store.teams().await.unwrap(),
        assets,
        store.contracts(None, all).await.unwrap(),
        store.active_contracts().await.unwrap(),
        store.registrations(None, None).await.unwrap(),
        store.dependencies(None).await.unwrap(),
        store.proposals(&ProposalFilter::default(), all).await.unwrap(),
        store.drifts(&DriftFilter::default(), all).await.unwrap(),
        store.scans(None, all).await.unwrap(),
        store.observations("main").await.unwrap(),
        store.artifacts("manifest").await.unwrap(),
        store.artifacts("catalog").await.unwrap(),
        store.keys().await.unwrap(),
        store.waivers(None).await.unwrap(),
        store.audit(&AuditFilter::default(), all).await.unwrap(),
        store.outbox(None, all).await.unwrap(),
    );
    for asset in assets.items {
        told += &format!("{:?}", store.contracts(Some(asset.id), all).await.unwrap());
        told += &format!("{:?}", store.pending_proposal(asset.id).await.unwrap());
    }
    told += &format!("{:?}", store.setting("slot:main").await.unwrap());
    told + &format!("{:?}", store.outbox_reference("1", "slack", "#data").await.unwrap())
}

#[tokio::test]
async fn everything_arrives() {
    let Some(server) = TestPostgres::or_skip() else { return };
    let (dir, database) = (tempfile::tempdir().unwrap(), server.database().unwrap());
    let (from, to) = (url(&dir.path().join("store.db")), database.url());
    let source = crate::open(&from).await.unwrap();
    fill(&*source, 123).await;
    let before = everything(&*source).await;

    let busy = copy(&from, &to).await;
    assert!(matches!(&busy, Err(StoreError::Unavailable(m)) if m.contains("another tessera daemon")), "{busy:?}");
    drop(source);
    let copied = copy(&from, &to).await.unwrap();
    let empty: Vec<_> = copied.tables.iter().filter(|(_, rows)| *rows == 0).collect();
    assert_eq!(empty, Vec::<&(&str, u64)>::new(), "the test has something in every table");
    assert_eq!(copied.tables.len(), TABLES.len());
    assert!(copied.rows() > 500);

    let target = crate::open(&to).await.unwrap();
    assert!(everything(&*target).await == before, "the same answers from the copy");
    assert_eq!(verify_audit(&*target).await, Ok(123));
    fill_audit(&*target, 2).await;
    assert_eq!(verify_audit(&*target).await, Ok(125), "the chain goes on");
    let lease = target.acquire_lease("leader", "other", 60).await.unwrap();
    assert_eq!(lease, None, "a lease that runs is respected");
    let waiting = target.outbox(Some(OutboxState::Waiting), Page::default()).await.unwrap();
    assert_eq!(waiting.total, 2);

    let again = copy(&from, &to).await;
    let Err(StoreError::Unavailable(message)) = again else { panic!("{again:?}") };
    assert!(message.contains("is not empty"), "{message}");
}

/// One row on the other side is enough to refuse, and nothing is touched.
#[tokio::test]
async fn a_store_in_use_is_no_target() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (url(&dir.path().join("a.db")), url(&dir.path().join("b.db")));
    fill(&*crate::open(&from).await.unwrap(), 3).await;
    fill_audit(&*crate::open(&to).await.unwrap(), 1).await;
    let result = copy(&from, &to).await;
    let Err(StoreError::Unavailable(message)) = result else { panic!("{result:?}") };
    assert!(message.contains("`audit`") && message.contains("nothing was copied"), "{message}");
    let target = crate::open(&to).await.unwrap();
    assert_eq!(target.teams().await, Ok(vec![]));
    assert_eq!(verify_audit(&*target).await, Ok(1));
}

#[tokio::test]
async fn a_store_is_not_copied_onto_itself() {
    let dir = tempfile::tempdir().unwrap();
    let at = url(&dir.path().join("a.db"));
    assert!(copy(&at, &at).await.is_err());
}

#[tokio::test]
async fn files_are_copied_too() {
    let dir = tempfile::tempdir().unwrap();
    let (from, to) = (url(&dir.path().join("a.db")), url(&dir.path().join("b.db")));
    let source = crate::open(&from).await.unwrap();
    fill(&*source, 10).await;
    let before = everything(&*source).await;
    drop(source);
    copy(&from, &to).await.unwrap();
    assert!(everything(&*crate::open(&to).await.unwrap()).await == before);
}
