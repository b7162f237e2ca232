//! The conformance kit on real files.

use crate::register;
use async_trait::async_trait;
use serde_json::json;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tessera_ports::testkit::warehouse::Lab;
use tessera_ports::warehouse::Warehouse;

tessera_ports::warehouse_conformance!(SqliteLab);

struct SqliteLab {
    folder: tempfile::TempDir,
}

pub(super) async fn run(path: &Path, script: &str) {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    let mut connection = options.connect().await.unwrap();
    sqlx::raw_sql(AssertSqlSafe(script.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap_or_else(|e| panic!("{script}: {e}"));
    connection.close().await.unwrap();
}

impl SqliteLab {
    fn path(&self) -> PathBuf {
        self.folder.path().join("lab.db")
    }
}

#[async_trait]
impl Lab for SqliteLab {
    const ENGINE: &'static str = "sqlite";
    const LACKS: &'static [(&'static str, &'static str)] = &[
        ("arrays", "SQLite has no array types"),
        ("column-comment", "SQLite keeps no comments"),
        ("domains", "SQLite has no user-defined types"),
        ("enums", "SQLite has no user-defined types"),
        ("materialized-view", "SQLite has no materialized views"),
        ("partitions", "SQLite has no partitions"),
        ("schema-vanished", "a SQLite file is one schema; a missing file is tested with the files"),
        ("table-comment", "SQLite keeps no comments"),
        ("no-grants", "SQLite has no roles and grants"),
        ("revoked-usage", "SQLite has no roles and grants"),
        ("revoked-select", "SQLite has no roles and grants"),
        ("scope-vanished", "a SQLite file is one schema; a missing file is tested with the files"),
        ("killed-by-the-server", "SQLite has no server"),
        ("statement-timeout", "SQLite has no statement timeout; waiting for a lock is tested with the files"),
    ];

    async fn fresh() -> Option<Self> {
        let lab = SqliteLab { folder: tempfile::tempdir().unwrap() };
        run(&lab.path(), "create table t (id integer); drop table t;").await;
        Some(lab)
    }

    fn warehouse(&self) -> Arc<dyn Warehouse> {
        (register().build)("lab", &json!({ "path": self.path() })).unwrap()
    }

    async fn run(&self, script: &str) {
        run(&self.path(), script).await;
    }

    fn home(&self) -> &'static str {
        "main"
    }

    fn unreachable(&self) -> Arc<dyn Warehouse> {
        (register().build)("lab", &json!({ "path": self.folder.path().join("missing.db") })).unwrap()
    }
}
