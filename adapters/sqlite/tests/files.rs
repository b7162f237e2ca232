//! What is peculiar to files: missing, empty, garbage, locked, in WAL mode, several of them; and never written.

use super::conformance::run;
use crate::register;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use tessera_ports::testkit::warehouse::scan;
use tessera_ports::warehouse::{ScanStatus, Warehouse, WarehouseError};

fn open(settings: &Value) -> Arc<dyn Warehouse> {
    (register().build)("w", settings).unwrap()
}

#[tokio::test]
async fn a_missing_file_is_named_and_never_created() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.db");
    let warehouse = open(&json!({ "path": path }));
    let Err(WarehouseError::Unavailable(message)) = scan(warehouse.as_ref(), None).await else { panic!() };
    assert!(message.contains("none.db") && message.contains("`path`"), "{message}");
    warehouse.check().await;
    assert!(warehouse.probe().await.is_err());
    assert!(!path.exists());
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn wrong_files_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let garbage = folder.path().join("garbage.db");
    std::fs::write(&garbage, "this is not a database, and long enough to be read as a header of one".repeat(20))
        .unwrap();
    let Err(WarehouseError::Protocol(message)) = scan(open(&json!({ "path": garbage })).as_ref(), None).await else {
        panic!()
    };
    assert!(message.contains("not a usable SQLite database"), "{message}");
    let Err(WarehouseError::Refused(message)) = scan(open(&json!({ "path": folder.path() })).as_ref(), None).await
    else {
        panic!()
    };
    assert!(message.contains("is a directory"), "{message}");
}

#[tokio::test]
async fn an_empty_file_is_suspect() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.db");
    run(&path, "create table t (id integer);").await;
    let warehouse = open(&json!({ "path": path }));
    let (_, before) = scan(warehouse.as_ref(), None).await.unwrap();
    std::fs::write(&path, "").unwrap();
    let (tables, after) = scan(warehouse.as_ref(), Some(&before.probe)).await.unwrap();
    assert_eq!((after.status, tables.len()), (ScanStatus::Suspect, 0));
    assert!(after.findings.iter().any(|f| f.code == "empty-file"));
}

#[tokio::test]
async fn a_lock_is_waited_for_and_then_named() {
    use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.db");
    run(&path, "create table t (id integer);").await;
    let mut writer = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::query("begin exclusive").execute(&mut writer).await.unwrap();
    let warehouse = open(&json!({ "path": path, "busy_timeout": "50ms" }));
    let Err(WarehouseError::Unavailable(message)) = scan(warehouse.as_ref(), None).await else { panic!() };
    assert!(message.contains("locked"), "{message}");
    sqlx::query("rollback").execute(&mut writer).await.unwrap();
    assert_eq!(scan(warehouse.as_ref(), None).await.unwrap().1.status, ScanStatus::Complete);
}

#[tokio::test]
async fn wal_mode_with_a_writer_is_read_consistently_and_not_written() {
    use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.db");
    run(&path, "pragma journal_mode = wal; create table t (id integer);").await;
    let mut writer = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::query("begin immediate").execute(&mut writer).await.unwrap();
    sqlx::query("create table uncommitted (id integer)").execute(&mut writer).await.unwrap();
    let warehouse = open(&json!({ "path": path }));
    assert_eq!(names(&warehouse).await, ["w.main.t"]);
    sqlx::query("commit").execute(&mut writer).await.unwrap();
    assert_eq!(names(&warehouse).await, ["w.main.t", "w.main.uncommitted"]);
    let before = std::fs::read(&path).unwrap();
    scan(warehouse.as_ref(), None).await.unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

async fn names(warehouse: &Arc<dyn Warehouse>) -> Vec<String> {
    scan(warehouse.as_ref(), None).await.unwrap().0.iter().map(|t| t.name.to_string()).collect()
}

#[tokio::test]
async fn several_files_are_schemas_and_a_missing_one_makes_the_scan_partial() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    run(&at("shop.db"), "create table orders (id integer);").await;
    run(&at("etl.db"), "create table loads (id integer);").await;
    let settings = json!({ "path": at("shop.db"), "database": "wh", "attach": { "etl": at("etl.db") } });
    let warehouse = open(&settings);
    assert_eq!(names(&warehouse).await, ["wh.main.orders", "wh.etl.loads"]);
    let (_, before) = scan(warehouse.as_ref(), None).await.unwrap();
    assert_eq!(before.scopes, ["main", "etl"]);
    std::fs::remove_file(at("etl.db")).unwrap();
    for since in [None, Some(&before.probe)] {
        let (tables, after) = scan(warehouse.as_ref(), since).await.unwrap();
        assert_eq!((after.status, tables.len()), (ScanStatus::Partial, 1));
        assert_eq!(after.scopes, ["main"]);
        assert!(after.findings.iter().any(|f| f.subject.as_deref() == Some("etl")), "{:?}", after.findings);
        assert_ne!(after.probe, before.probe);
    }
    std::fs::remove_file(at("shop.db")).unwrap();
    assert!(matches!(scan(warehouse.as_ref(), None).await, Err(WarehouseError::Unavailable(_))));
}

#[tokio::test]
async fn a_replaced_file_with_the_same_schema_is_unchanged_and_another_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("w.db");
    let rebuild = |script: &'static str, path: &Path| {
        let path = path.to_owned();
        async move {
            let _ = std::fs::remove_file(&path);
            run(&path, script).await;
        }
    };
    rebuild("create table t (id integer);", &path).await;
    let warehouse = open(&json!({ "path": path }));
    let (_, before) = scan(warehouse.as_ref(), None).await.unwrap();
    rebuild("create table t (id integer); insert into t values (1);", &path).await;
    assert_eq!(scan(warehouse.as_ref(), Some(&before.probe)).await.unwrap().1.status, ScanStatus::Unchanged);
    rebuild("create table t (id integer, x text);", &path).await;
    assert_eq!(scan(warehouse.as_ref(), Some(&before.probe)).await.unwrap().1.status, ScanStatus::Complete);
}
