//! Migrations: equal numbers on both sides, nothing forgotten, newer and foreign databases refused.

use super::sqlite::url;
use crate::copy::{Kind, TABLES};
use crate::db::{Access, Db, args};
use crate::migrate::{MIGRATIONS, Migration, run_list};
use crate::store::SqlStore;
use crate::url::StoreUrl;
use std::collections::BTreeSet;
use std::path::Path;
use tessera_ports::StoreError;
use tessera_ports::testkit::postgres::TestPostgres;

#[test]
fn every_file_is_known_on_both_sides() {
    let listed: BTreeSet<String> = MIGRATIONS.iter().map(|m| format!("{}.sql", m.name)).collect();
    for folder in ["sql/sqlite", "sql/postgres"] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let files: BTreeSet<String> =
            std::fs::read_dir(path).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(files, listed, "{folder} and the list in migrate.rs");
    }
    for (position, migration) in MIGRATIONS.iter().enumerate() {
        assert_eq!(migration.number, position as i64 + 1);
        assert!(migration.name.starts_with(&format!("{:04}_", migration.number)), "{}", migration.name);
    }
}

/// Columns of every table, as the database tells them, against the list that `copy` goes by.
async fn compare(db: &Db, sql: &'static str) {
    let rows = db.read().await.unwrap().rows(sql, args![]).await.unwrap();
    let found: BTreeSet<_> =
        rows.iter().map(|r| (r.text(0).unwrap(), r.text(1).unwrap(), r.text(2).unwrap().to_lowercase())).collect();
    let kind = |kind| match (kind, db.is_postgres()) {
        (Kind::Id, true) => "uuid",
        (Kind::Id | Kind::Text, _) => "text",
        (Kind::Int, true) => "bigint",
        (Kind::Int, false) => "integer",
        (Kind::Bytes, true) => "bytea",
        (Kind::Bytes, false) => "blob",
    };
    let listed: BTreeSet<_> = TABLES
        .iter()
        .flat_map(|t| t.columns.iter().map(|c| (t.name.to_owned(), c.0.to_owned(), kind(c.1).to_owned())))
        .collect();
    assert_eq!(found, listed);
}

#[tokio::test]
async fn copy_knows_every_column_of_sqlite() {
    let store = SqlStore::open("sqlite::memory:", Access::Exclusive).await.unwrap();
    let sql = "SELECT t.name, c.name, c.type FROM sqlite_schema t, pragma_table_info(t.name) c
               WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' AND t.name <> 'schema_migration'";
    compare(&store.db, sql).await;
}

#[tokio::test]
async fn copy_knows_every_column_of_postgres() {
    let Some(server) = TestPostgres::or_skip() else { return };
    let database = server.database().unwrap();
    let store = SqlStore::open(&database.url(), Access::Exclusive).await.unwrap();
    let sql = "SELECT table_name::text, column_name::text, data_type::text FROM information_schema.columns
               WHERE table_schema = 'tessera' AND table_name <> 'schema_migration'";
    compare(&store.db, sql).await;
    assert_eq!(database.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").unwrap(), "0");
}

/// What a store of the next version would have applied.
const NEXT: Migration = Migration {
    number: MIGRATIONS.len() as i64 + 1,
    name: "9999_next",
    sqlite: "CREATE TABLE next (id INTEGER) STRICT",
    postgres: "CREATE TABLE next (id BIGINT)",
};

fn later() -> Vec<Migration> {
    let known = MIGRATIONS.iter().map(|m| Migration { ..*m });
    known.chain([NEXT]).collect()
}

async fn refuses_newer(address: &str) {
    drop(crate::open(address).await.unwrap());
    let db = Db::open(&StoreUrl::parse(address).unwrap(), Access::Exclusive).await.unwrap();
    run_list(&db, Access::Exclusive, &later()).await.unwrap();
    run_list(&db, Access::Exclusive, &later()).await.unwrap();
    let rows = db.read().await.unwrap().rows("SELECT id FROM next", args![]).await.unwrap();
    assert!(rows.is_empty(), "the step was taken, once");
    close(db).await;
    let result = crate::open(address).await;
    let Err(StoreError::Corrupt(message)) = result else { panic!("{result:?}") };
    assert!(message.contains("newer version of tessera") && message.contains("9999_next"), "{message}");
}

async fn close(db: Db) {
    match &db {
        Db::Sqlite { writer, readers, .. } => {
            readers.close().await;
            writer.close().await;
        }
        Db::Postgres(pool) => pool.close().await,
    }
}

#[tokio::test]
async fn a_newer_sqlite_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    refuses_newer(&url(&dir.path().join("store.db"))).await;
}

#[tokio::test]
async fn a_newer_postgres_store_is_refused() {
    let Some(server) = TestPostgres::or_skip() else { return };
    refuses_newer(&server.database().unwrap().url()).await;
}

#[tokio::test]
async fn a_failing_step_leaves_nothing() {
    let broken = [
        Migration { ..MIGRATIONS[0] },
        Migration { sqlite: "CREATE TABLE next (id INTEGER) STRICT; CREATE TABLE team (id INTEGER) STRICT", ..NEXT },
    ];
    let dir = tempfile::tempdir().unwrap();
    let address = url(&dir.path().join("store.db"));
    let db = Db::open(&StoreUrl::parse(&address).unwrap(), Access::Exclusive).await.unwrap();
    run_list(&db, Access::Exclusive, &broken).await.unwrap_err();
    let tables = "SELECT name FROM sqlite_schema WHERE name IN ('team', 'next')";
    assert_eq!(db.read().await.unwrap().rows(tables, args![]).await.unwrap().len(), 0, "all steps or none");
    close(db).await;
    crate::open(&address).await.unwrap().ping().await.unwrap();
}

#[tokio::test]
async fn a_changed_step_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let address = url(&dir.path().join("store.db"));
    let store = SqlStore::open(&address, Access::Exclusive).await.unwrap();
    let mut session = store.db.write().await.unwrap();
    session.run("UPDATE schema_migration SET checksum = 'x' WHERE number = 1", args![]).await.unwrap();
    session.commit().await.unwrap();
    close(store.db).await;
    let result = crate::open(&address).await;
    let Err(StoreError::Corrupt(message)) = result else { panic!("{result:?}") };
    assert!(message.contains("0001_first") && message.contains("store.db"), "{message}");
}

/// A foreign file, and a database whose tables somebody removed.
#[tokio::test]
async fn what_is_no_store_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("text.db");
    std::fs::write(&path, "this is no database, whatever its name may say: ".repeat(100)).unwrap();
    let result = crate::open(&url(&path)).await;
    let Err(StoreError::Corrupt(message)) = result else { panic!("{result:?}") };
    assert!(message.contains("not a database") && message.contains("text.db"), "{message}");

    let address = url(&dir.path().join("store.db"));
    let store = SqlStore::open(&address, Access::Exclusive).await.unwrap();
    let mut session = store.db.write().await.unwrap();
    session.run("DROP TABLE setting", args![]).await.unwrap();
    session.commit().await.unwrap();
    let result = tessera_ports::Store::setting(&store, "x").await;
    assert!(matches!(result, Err(StoreError::Corrupt(_))), "{result:?}");
}

/// Two daemons that start at the same moment on an empty database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn daemons_may_migrate_at_once() {
    let Some(server) = TestPostgres::or_skip() else { return };
    for _ in 0..5 {
        let database = server.database().unwrap();
        let starts: Vec<_> = (0..4)
            .map(|_| {
                let url = database.url();
                tokio::spawn(async move { crate::open(&url).await.map(drop) })
            })
            .collect();
        for start in starts {
            assert_eq!(start.await.unwrap(), Ok(()));
        }
        let applied = database.sql("SELECT count(*) FROM tessera.schema_migration WHERE number > 0").unwrap();
        assert_eq!(applied, MIGRATIONS.len().to_string());
        assert_eq!(database.sql("SELECT count(*) FROM tessera.audit_head").unwrap(), "1");
    }
}
