//! The conformance kit on a SQLite file and on one in memory; locks, durability settings and faults of SQLite.

use crate::db::{Access, args};
use crate::store::SqlStore;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tessera_ports::{Batch, Store, StoreError, Write};

pub(super) fn url(path: &Path) -> String {
    format!("sqlite:{}", path.display())
}

async fn file() -> Option<(Arc<dyn Store>, TempDir)> {
    let dir = tempfile::tempdir().unwrap();
    let store = crate::open(&url(&dir.path().join("store.db"))).await.unwrap();
    Some((store, dir))
}

async fn memory() -> Option<(Arc<dyn Store>, ())> {
    Some((crate::open("sqlite::memory:").await.unwrap(), ()))
}

mod on_a_file {
    tessera_ports::store_conformance!(crate::tests::sqlite::file);
}

mod in_memory {
    tessera_ports::store_conformance!(crate::tests::sqlite::memory);
}

fn setting(value: &str) -> Batch {
    let put = Write::PutSetting { name: "x".into(), value: Some(value.into()) };
    Batch { writes: vec![put], ..Batch::default() }
}

#[tokio::test]
async fn a_second_daemon_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store.db");
    let first = crate::open(&url(&path)).await.unwrap();
    first.commit(setting("1")).await.unwrap();
    let roundabout = dir.path().join("..").join(dir.path().file_name().unwrap()).join("store.db");
    for address in [url(&path), url(&roundabout)] {
        let result = crate::open(&address).await;
        let Err(StoreError::Unavailable(message)) = result else { panic!("{result:?}") };
        assert!(message.contains("another tessera daemon") && message.contains("store.db"), "{message}");
        assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
    }
    drop(first);
    let second = crate::open(&url(&path)).await.unwrap();
    assert_eq!(second.setting("x").await, Ok(Some("1".into())), "after the first has gone");
}

#[tokio::test]
async fn tools_work_beside_a_daemon() {
    let dir = tempfile::tempdir().unwrap();
    let address = url(&dir.path().join("store.db"));
    let daemon = crate::open(&address).await.unwrap();
    let tool = crate::open_shared(&address).await.unwrap();
    daemon.commit(setting("daemon")).await.unwrap();
    assert_eq!(tool.setting("x").await, Ok(Some("daemon".into())));
    tool.commit(setting("tool")).await.unwrap();
    assert_eq!(daemon.setting("x").await, Ok(Some("tool".into())));
    let both: Vec<_> = (0..40)
        .map(|n| {
            let store = if n % 2 == 0 { daemon.clone() } else { tool.clone() };
            tokio::spawn(async move { store.commit(setting(&n.to_string())).await })
        })
        .collect();
    for one in both {
        assert_eq!(one.await.unwrap(), Ok(()), "they wait for each other");
    }
    drop(daemon);
    // A tool alone makes the file, and leaves it free for a daemon that comes later.
    drop(tool);
    let alone = url(&dir.path().join("other.db"));
    let tool = crate::open_shared(&alone).await.unwrap();
    tool.commit(setting("1")).await.unwrap();
    crate::open(&alone).await.expect("a tool does not keep a daemon out");
}

#[tokio::test]
async fn the_file_is_set_up_to_last() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("made/on/the/way/store.db");
    let store = SqlStore::open(&url(&path), Access::Exclusive).await.unwrap();
    let mut session = store.db.write().await.unwrap();
    let pragma = session.row("SELECT journal_mode FROM pragma_journal_mode", args![]).await.unwrap().unwrap();
    assert_eq!(pragma.text(0).unwrap(), "wal");
    for (sql, expected) in [
        ("SELECT synchronous FROM pragma_synchronous", 2),
        ("SELECT foreign_keys FROM pragma_foreign_keys", 1),
        ("SELECT timeout FROM pragma_busy_timeout", 10_000),
    ] {
        assert_eq!(session.row(sql, args![]).await.unwrap().unwrap().int(0).unwrap(), expected, "{sql}");
    }
    session.rollback().await.unwrap();
    let mut reader = store.db.read().await.unwrap();
    reader.run("DELETE FROM setting", args![]).await.expect_err("readers only read");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600, "only its owner reads it");
    }
}

#[tokio::test]
async fn what_was_committed_is_there_after_reopening() {
    let dir = tempfile::tempdir().unwrap();
    let address = url(&dir.path().join("store.db"));
    for round in 0..3 {
        let store = crate::open(&address).await.unwrap();
        if round > 0 {
            assert_eq!(store.setting("x").await, Ok(Some((round - 1).to_string())));
        }
        store.commit(setting(&round.to_string())).await.unwrap();
    }
}

/// The disk is full: writes are refused, reads go on, and writing works again by itself.
#[tokio::test]
async fn a_full_disk_is_survived() {
    let dir = tempfile::tempdir().unwrap();
    let store = SqlStore::open(&url(&dir.path().join("store.db")), Access::Exclusive).await.unwrap();
    store.commit(setting("before")).await.unwrap();
    let limit = async |sql: &'static str| {
        let crate::db::Db::Sqlite { writer, .. } = &store.db else { unreachable!() };
        sqlx::query(sql).execute(writer).await.unwrap();
    };
    limit("PRAGMA max_page_count = 1").await;
    let result = store.commit(setting(&"x".repeat(10_000_000))).await;
    assert!(matches!(&result, Err(StoreError::Unavailable(m)) if m.contains("full")), "{result:?}");
    assert_eq!(store.setting("x").await, Ok(Some("before".into())));
    limit("PRAGMA max_page_count = 1000000").await;
    store.commit(setting("after")).await.unwrap();
    assert_eq!(store.setting("x").await, Ok(Some("after".into())));
}

/// A write that is given up half way (its caller went away) changes nothing and blocks nobody.
#[tokio::test]
async fn an_abandoned_commit_is_rolled_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = crate::open(&url(&dir.path().join("store.db"))).await.unwrap();
    let mut finished = 0;
    for micros in (0..3000).step_by(100) {
        let mut writes = setting("half").writes;
        writes.extend((0..20).map(|n| Write::PutSetting { name: format!("n{n}"), value: Some(micros.to_string()) }));
        let commit = store.commit(Batch { writes, ..Batch::default() });
        finished += usize::from(tokio::time::timeout(Duration::from_micros(micros), commit).await.is_ok());
        // A commit that was abandoned after its last word still ends: behind it in the queue.
        store.ping().await.unwrap();
        let seen = store.setting("n0").await.unwrap();
        assert_eq!(store.setting("n19").await.unwrap(), seen, "all of it or nothing");
    }
    store.commit(setting("whole")).await.unwrap();
    assert_eq!(store.setting("x").await, Ok(Some("whole".into())));
    assert!(finished < 30, "at least the first was abandoned");
}

#[tokio::test]
async fn a_path_that_cannot_be_is_unavailable() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("file"), "").unwrap();
    let result = crate::open(&url(&dir.path().join("file/store.db"))).await;
    let Err(StoreError::Unavailable(message)) = result else { panic!("{result:?}") };
    assert!(message.contains("file/store.db"), "{message}");
}
