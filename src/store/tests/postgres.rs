//! The conformance kit on PostgreSQL; a server that goes away and comes back, sessions that are cut, limits that hold.

use crate::db::{Access, Db, args};
use crate::store::SqlStore;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tessera_ports::testkit::postgres::{PrivatePostgres, TestDatabase, TestPostgres};
use tessera_ports::{Batch, Store, StoreError, Write};

async fn fresh() -> Option<(Arc<dyn Store>, TestDatabase)> {
    let database = TestPostgres::or_skip()?.database().unwrap();
    let store = crate::open(&database.url()).await.unwrap();
    Some((store, database))
}

mod on_a_server {
    tessera_ports::store_conformance!(crate::tests::postgres::fresh);
}

fn setting(value: &str) -> Batch {
    let put = Write::PutSetting { name: "x".into(), value: Some(value.into()) };
    Batch { writes: vec![put], ..Batch::default() }
}

#[tokio::test]
async fn survives_a_server_that_goes_away() {
    if TestPostgres::or_skip().is_none() || std::env::var("TESSERA_TEST_POSTGRES").is_ok() {
        return;
    }
    let server = PrivatePostgres::start().unwrap();
    let store = crate::open(&server.server().unwrap().url("postgres")).await.unwrap();
    store.commit(setting("before")).await.unwrap();
    server.stop().unwrap();
    let begun = Instant::now();
    let result = store.commit(setting("lost")).await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    let result = store.setting("x").await;
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    assert!(store.ping().await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(30), "it gives up: {:?}", begun.elapsed());
    server.restart().unwrap();
    let begun = Instant::now();
    while store.ping().await.is_err() {
        assert!(begun.elapsed() < Duration::from_secs(5), "it recovers by itself");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(store.setting("x").await, Ok(Some("before".into())));
    store.commit(setting("after")).await.unwrap();
    assert_eq!(store.setting("x").await, Ok(Some("after".into())));
}

/// All connections are cut while nothing runs: the next use must not notice.
#[tokio::test]
async fn cut_connections_are_replaced() {
    let Some((store, database)) = fresh().await else { return };
    for round in 0..3 {
        store.commit(setting(&round.to_string())).await.unwrap();
        let cut =
            format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{}'", database.name());
        database.server().sql("postgres", &cut).unwrap();
        assert_eq!(store.setting("x").await, Ok(Some(round.to_string())));
    }
}

/// Connections are cut at random while many commit: each commit is there if it was answered with success, and wholly.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cut_in_the_middle_is_all_or_nothing() {
    let Some((store, database)) = fresh().await else { return };
    let pair = |n: usize| Batch {
        writes: ["a", "b"]
            .map(|side| Write::PutSetting { name: format!("{side}{n}"), value: Some("x".into()) })
            .to_vec(),
        ..Batch::default()
    };
    let commits: Vec<_> = (0..200)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(pair(n)).await })
        })
        .collect();
    let name = database.name().to_owned();
    let server = database.server().clone();
    let cutter = tokio::task::spawn_blocking(move || {
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND state LIKE '%transaction%'
             OR datname = '{name}' AND random() < 0.5"
        );
        for _ in 0..5 {
            server.sql("postgres", &cut).unwrap();
        }
    });
    let mut results = Vec::new();
    for commit in commits {
        results.push(commit.await.unwrap());
    }
    cutter.await.unwrap();
    // Nothing is cut any more; a server process that lost its client may still be finishing.
    let read = async |name: String| loop {
        match store.setting(&name).await {
            Ok(value) => break value.is_some(),
            Err(StoreError::Unavailable(_)) => tokio::time::sleep(Duration::from_millis(20)).await,
            Err(other) => panic!("{other:?}"),
        }
    };
    let mut failed = 0;
    for (n, result) in results.iter().enumerate() {
        assert!(matches!(result, Ok(()) | Err(StoreError::Unavailable(_))), "{result:?}");
        let mut sides = (read(format!("a{n}")).await, read(format!("b{n}")).await);
        for _ in 0..100 {
            if sides.0 == sides.1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
            sides = (read(format!("a{n}")).await, read(format!("b{n}")).await);
        }
        assert_eq!(sides.0, sides.1, "batch {n} is there in part");
        assert!(result.is_err() || sides.0, "batch {n} was answered and is lost");
        failed += usize::from(result.is_err());
    }
    assert!(failed < 200);
}

/// Two transactions that lock each other out: the database ends one, and it runs again by itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deadlocks_are_run_again() {
    let Some((store, database)) = fresh().await else { return };
    let put = |name: &str| Write::PutSetting { name: name.into(), value: Some("x".into()) };
    let order = |names: [&str; 2]| Batch { writes: names.map(put).to_vec(), ..Batch::default() };
    store.commit(order(["a", "b"])).await.unwrap();
    // Makes the window between the two writes wide.
    database
        .sql(
            "CREATE FUNCTION tessera.slow() RETURNS trigger LANGUAGE plpgsql AS
                 'BEGIN PERFORM pg_sleep(0.05); RETURN NEW; END';
             CREATE TRIGGER slow AFTER UPDATE ON tessera.setting FOR EACH ROW EXECUTE FUNCTION tessera.slow();",
        )
        .unwrap();
    let both: Vec<_> = (0..8)
        .map(|n| {
            let store = store.clone();
            let batch = order(if n % 2 == 0 { ["a", "b"] } else { ["b", "a"] });
            tokio::spawn(async move { store.commit(batch).await })
        })
        .collect();
    for one in both {
        assert_eq!(one.await.unwrap(), Ok(()));
    }
    let deadlocks = "SELECT deadlocks > 0 FROM pg_stat_database WHERE datname = current_database()";
    let begun = Instant::now();
    while database.sql(deadlocks).unwrap() != "t" {
        // Statistics arrive late.
        assert!(begun.elapsed() < Duration::from_secs(10), "the test made no deadlock");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test]
async fn sessions_are_limited() {
    let Some(server) = TestPostgres::or_skip() else { return };
    let database = server.database().unwrap();
    let store = SqlStore::open(&database.url(), Access::Exclusive).await.unwrap();
    let mut session = store.db.read().await.unwrap();
    for (name, expected) in [
        ("search_path", "tessera"),
        ("statement_timeout", "30s"),
        ("lock_timeout", "10s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("synchronous_commit", "on"),
    ] {
        let row = session.row("SELECT current_setting($1)", args![name]).await.unwrap().unwrap();
        assert_eq!(row.text(0).unwrap(), expected, "{name}");
    }
    let Db::Postgres(pool) = &store.db else { unreachable!() };
    assert!(pool.options().get_max_connections() <= 10);
}

/// A replica, or a server that was switched to read-only.
#[tokio::test]
async fn a_read_only_server_is_not_ready() {
    let Some((store, database)) = fresh().await else { return };
    store.commit(setting("before")).await.unwrap();
    let name = database.name();
    database.sql(&format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = on")).unwrap();
    let again = crate::open(&database.url()).await;
    assert!(matches!(again, Err(StoreError::Unavailable(_))), "{again:?}");
    let cut = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    database.server().sql("postgres", &cut).unwrap();
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))));
    assert!(matches!(store.commit(setting("x")).await, Err(StoreError::Unavailable(_))));
    assert_eq!(store.setting("x").await, Ok(Some("before".into())), "reads go on");
}

#[tokio::test]
async fn a_wrong_password_is_unavailable_and_not_shown() {
    let Some(server) = TestPostgres::or_skip() else { return };
    let database = server.database().unwrap();
    let url = database.url().replace("postgres://postgres@", "postgres://nobody_here:hunter2@");
    if url == database.url() {
        return;
    }
    let result = crate::open(&url).await;
    let Err(StoreError::Unavailable(message)) = result else { panic!("{result:?}") };
    assert!(message.contains("nobody_here") && !message.contains("hunter2"), "{message}");
}
