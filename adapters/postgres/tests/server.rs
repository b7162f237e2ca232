//! What is peculiar to PostgreSQL: sessions, scopes, damaged catalogs, other people's work at the same time, lost servers.

use super::conformance::PostgresLab;
use crate::register;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use tessera_model::Severity;
use tessera_ports::testkit::postgres::{PrivatePostgres, TestPostgres};
use tessera_ports::testkit::warehouse::{Lab, scan};
use tessera_ports::warehouse::{ObservedTable, ScanSink, ScanStatus, Warehouse, WarehouseError};

fn build(settings: &Value) -> Arc<dyn Warehouse> {
    (register().build)("w", settings).unwrap()
}

fn names(tables: &[ObservedTable]) -> Vec<String> {
    let mut names: Vec<String> =
        tables.iter().map(|t| format!("{}.{}", t.name.schema.as_deref().unwrap(), t.name.name)).collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_session_is_read_only_limited_and_named() {
    let Some(lab) = PostgresLab::fresh().await else { return };
    let settings = crate::settings::Settings::read(
        "w",
        &json!({ "url": lab.database().url(), "statement_timeout": "7s", "lock_timeout": "3s" }),
    )
    .unwrap();
    let session = crate::session::Session::open(&settings).await.unwrap();
    let show = async |name: &str| {
        let rows = session.rows("testing", &format!("show {name}")).await.unwrap();
        rows[0].get(0).unwrap().to_owned()
    };
    for (name, expected) in [
        ("transaction_read_only", "on"),
        ("transaction_isolation", "repeatable read"),
        ("statement_timeout", "7s"),
        ("lock_timeout", "3s"),
        ("idle_in_transaction_session_timeout", "1min"),
        ("application_name", "tessera"),
        ("jit", "off"),
    ] {
        assert_eq!(show(name).await, expected, "{name}");
    }
    let error = session.rows("testing", "create table t (id int)").await.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("read-only transaction"), "{error}");
}

#[tokio::test]
async fn schemas_are_chosen_by_pattern() {
    let Some(lab) = PostgresLab::fresh().await else { return };
    for schema in ["marts", "marts_eu", "staging", "cron", "\"Odd*One\""] {
        lab.run(&format!("create schema {schema}; create table {schema}.t (id int);")).await;
    }
    let cases = [
        (json!({}), vec!["Odd*One", "marts", "marts_eu", "public", "staging"]),
        (json!({ "schemas": ["marts*"] }), vec!["marts", "marts_eu"]),
        (json!({ "schemas": ["marts*"], "exclude_schemas": ["*_eu"] }), vec!["marts"]),
        (json!({ "schemas": ["cron", "stag?ng"] }), vec!["cron", "staging"]),
        (json!({ "exclude_schemas": ["m*", "public"] }), vec!["Odd*One", "staging"]),
    ];
    for (settings, expected) in cases {
        let (tables, report) = scan(lab.warehouse_with(&settings).as_ref(), None).await.unwrap();
        assert_eq!(report.scopes, expected, "{settings}");
        assert_eq!(tables.len(), expected.iter().filter(|s| **s != "public").count(), "{settings}");
    }
    let wrong = lab.warehouse_with(&json!({ "schemas": ["marts", "mrats"] }));
    let (_, report) = scan(wrong.as_ref(), None).await.unwrap();
    let finding = report.findings.iter().find(|f| f.code == "schema-pattern-unmatched").unwrap();
    assert!(finding.message.contains("`mrats`"), "{finding:?}");
    // Nothing in scope is never "all is well".
    let none = lab.warehouse_with(&json!({ "schemas": ["nowhere"] }));
    let (_, report) = scan(none.as_ref(), None).await.unwrap();
    assert_eq!(report.status, ScanStatus::Suspect);
    assert!(report.findings.iter().any(|f| f.severity == Severity::Error));
}

#[tokio::test]
async fn wrong_credentials_are_refused_with_a_remedy() {
    let Some(lab) = PostgresLab::fresh().await else { return };
    let mut url = url::Url::parse(&lab.database().url()).unwrap();
    url.set_path("no_such_database");
    let warehouse = build(&json!({ "url": url.as_str() }));
    let Err(WarehouseError::Refused(message)) = scan(warehouse.as_ref(), None).await.map(|_| ()) else { panic!() };
    assert!(message.contains("no_such_database") && message.contains("`database`"), "{message}");
    url.set_username("no_such_role").unwrap();
    let warehouse = build(&json!({ "url": url.as_str() }));
    let Err(WarehouseError::Refused(message)) = scan(warehouse.as_ref(), None).await.map(|_| ()) else { panic!() };
    assert!(message.contains("no_such_role") && message.contains("pg_hba.conf"), "{message}");
    let findings = warehouse.check().await;
    assert!(findings[0].remedy.as_deref().unwrap().starts_with("GRANT CONNECT ON DATABASE"), "{findings:?}");
    // A role that was locked out of the database.
    lab.restricted().await;
    lab.run(&format!("revoke connect on database {} from public", lab.database().name())).await;
    let warehouse = lab.restricted_again();
    let Err(WarehouseError::Refused(message)) = scan(warehouse.as_ref(), None).await.map(|_| ()) else { panic!() };
    assert!(message.contains("CONNECT") && message.contains("grants.sql"), "{message}");
}

#[tokio::test]
async fn check_names_everything_with_its_grant() {
    let Some(lab) = PostgresLab::fresh().await else { return };
    lab.run("create table t (id int); create schema \"Odd One\"; create table \"Odd One\".u (id int);").await;
    let warehouse = lab.restricted().await;
    let findings = warehouse.check().await;
    let remedy = |code: &str| -> Vec<&str> {
        findings.iter().filter(|f| f.code == code).map(|f| f.remedy.as_deref().unwrap()).collect()
    };
    assert!(findings[0].message.contains("PostgreSQL") && findings[0].message.contains("read-only"), "{findings:?}");
    let usage = remedy("usage-not-granted");
    assert_eq!(usage.len(), 2, "{findings:?}");
    assert!(usage[0].starts_with("GRANT USAGE ON SCHEMA \"Odd One\" TO \"tessera_role_"), "{usage:?}");
    let select = remedy("select-not-granted");
    assert!(select[1].starts_with("GRANT SELECT ON ALL TABLES IN SCHEMA \"public\" TO"), "{select:?}");
    // The remedies are statements that work, and after them nothing is left to grant.
    for statement in usage.iter().chain(&select) {
        lab.run(statement).await;
    }
    let left: Vec<String> = warehouse.check().await.into_iter().filter_map(|f| f.remedy).collect();
    assert_eq!(left, Vec::<String>::new());
    assert!(lab.warehouse().check().await.iter().any(|f| f.code == "superuser"));
}

#[tokio::test]
async fn other_peoples_temporary_tables_move_nothing() {
    let Some(lab) = PostgresLab::fresh().await else { return };
    lab.run("create table t (id int primary key, a text default 'x');").await;
    let warehouse = lab.warehouse();
    let before = warehouse.probe().await.unwrap();
    let (client, connection) = tokio_postgres::connect(&lab.database().url(), tokio_postgres::NoTls).await.unwrap();
    let driver = tokio::spawn(connection);
    client
        .batch_execute(
            "create temporary table scratch (id int generated always as identity primary key, t text default 'x');
             comment on column scratch.t is 'mine'; create temporary view v as select id from scratch;
             create type pg_temp.mood as enum ('a'); create index on scratch (t); insert into scratch (t) values ('y');",
        )
        .await
        .unwrap();
    assert_eq!(warehouse.probe().await.unwrap(), before);
    let (tables, _) = scan(warehouse.as_ref(), None).await.unwrap();
    assert_eq!(names(&tables), ["public.t"]);
    drop(client);
    let _ = driver.await;
}

/// A schema whose catalog cannot be formatted costs itself only.
#[tokio::test]
async fn a_damaged_schema_makes_the_scan_partial() {
    let Some(lab) = PostgresLab::fresh().await else { return };
    lab.run("create schema broken; create table fine (id int); create table broken.t (id int default 1); create schema other; create table other.x (id int);")
        .await;
    let warehouse = lab.warehouse();
    let (_, before) = scan(warehouse.as_ref(), None).await.unwrap();
    assert_eq!(before.status, ScanStatus::Complete);
    // An expression tree that is none: formatting the default fails on the server.
    lab.run(
        "update pg_attrdef d set adbin = r.ev_action from (select ev_action from pg_rewrite limit 1) r
         where d.adrelid = 'broken.t'::regclass;",
    )
    .await;
    for since in [None, Some(&before.probe)] {
        let (tables, report) = scan(warehouse.as_ref(), since).await.unwrap();
        assert_eq!(report.status, ScanStatus::Partial, "{report:#?}");
        assert_eq!(names(&tables), ["other.x", "public.fine"]);
        assert_eq!(report.scopes, ["other", "public"]);
        let finding = report.findings.iter().find(|f| f.code == "schema-unreadable").unwrap();
        assert_eq!(finding.subject.as_deref(), Some("broken"));
        // The next scan must look again.
        let (_, again) = scan(warehouse.as_ref(), Some(&report.probe)).await.unwrap();
        assert_eq!(again.status, ScanStatus::Partial);
    }
    // Nothing but the damaged schema: no scan at all.
    let alone = lab.warehouse_with(&json!({ "schemas": ["broken"] }));
    assert!(scan(alone.as_ref(), None).await.is_err());
}

#[tokio::test]
async fn a_type_that_vanished_leaves_its_table_out() {
    let Some(lab) = PostgresLab::fresh().await else { return };
    lab.run("create type mood as enum ('a'); create table t (id int, m mood); create table u (id int); create schema s; create table s.v (id int);")
        .await;
    // As seen by a scan during which somebody drops the type and its column.
    lab.run("update pg_attribute set atttypid = 999999999 where attrelid = 't'::regclass and attname = 'm';").await;
    let (tables, report) = scan(lab.warehouse().as_ref(), None).await.unwrap();
    assert_eq!((report.status, names(&tables)), (ScanStatus::Partial, vec!["public.u".to_owned(), "s.v".to_owned()]));
    assert_eq!(report.scopes, ["s"]);
    assert!(report.findings.iter().any(|f| f.code == "relation-unreadable" && f.message.contains("public.t")));
}

/// Runs DDL when the first table comes.
struct Meddling<'a> {
    lab: &'a PostgresLab,
    script: &'static str,
    tables: Vec<ObservedTable>,
}

#[async_trait]
impl ScanSink for Meddling<'_> {
    async fn table(&mut self, table: ObservedTable) -> Result<(), WarehouseError> {
        if self.tables.is_empty() {
            self.lab.run(self.script).await;
        }
        self.tables.push(table);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_scan_is_one_picture_whatever_happens_meanwhile() {
    let Some(lab) = PostgresLab::fresh().await else { return };
    lab.bulky().await;
    let (before, _) = scan(lab.warehouse().as_ref(), None).await.unwrap();
    let script = "drop table bulk_60; alter table bulk_59 drop column c1; create table late (id int);";
    let mut sink = Meddling { lab: &lab, script, tables: Vec::new() };
    let report = lab.warehouse().scan(None, &mut sink).await.unwrap();
    assert_eq!(report.status, ScanStatus::Complete);
    assert_eq!(sink.tables, before);
    // And the next one knows.
    let (after, next) = scan(lab.warehouse().as_ref(), Some(&report.probe)).await.unwrap();
    assert_eq!(next.status, ScanStatus::Complete);
    assert!(names(&after).contains(&"public.late".to_owned()) && !names(&after).contains(&"public.bulk_60".to_owned()));
}

/// A scan that is dropped leaves no session behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancelled_scan_hangs_up() {
    let Some(lab) = PostgresLab::fresh().await else { return };
    lab.bulky().await;
    struct Stuck;
    #[async_trait]
    impl ScanSink for Stuck {
        async fn table(&mut self, _table: ObservedTable) -> Result<(), WarehouseError> {
            std::future::pending().await
        }
    }
    let warehouse = lab.warehouse();
    let cancelled =
        tokio::time::timeout(Duration::from_secs(5), async { warehouse.scan(None, &mut Stuck).await }).await;
    assert!(cancelled.is_err());
    let sessions = || {
        lab.database()
            .sql("select count(*) from pg_stat_activity where datname = current_database() and application_name = 'tessera'")
            .unwrap()
    };
    for _ in 0..100 {
        if sessions() == "0" {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{} sessions are left", sessions());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_dies_and_comes_back() {
    if TestPostgres::or_skip().is_none() {
        return;
    }
    let Ok(own) = PrivatePostgres::start() else {
        eprintln!("SKIPPED: no PostgreSQL programs for a server of our own");
        return;
    };
    let server = own.server().unwrap();
    // The test server commits lazily; what it loses in the crash would be drift indeed.
    server.sql("postgres", "set synchronous_commit = on; create table t (id int)").unwrap();
    let warehouse = build(&json!({ "url": server.url("postgres"), "connect_timeout": "3s" }));
    let (_, before) = scan(warehouse.as_ref(), None).await.unwrap();
    own.stop().unwrap();
    assert!(matches!(scan(warehouse.as_ref(), None).await, Err(WarehouseError::Unavailable(_))));
    own.restart().unwrap();
    let (_, after) = scan(warehouse.as_ref(), Some(&before.probe)).await.unwrap();
    assert_eq!(after.status, ScanStatus::Unchanged, "{:?}\n{:?}", before.probe, after.probe);
}

#[tokio::test]
async fn a_listener_that_says_nothing_is_given_up() {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let warehouse =
        build(&json!({ "host": "127.0.0.1", "port": port, "user": "u", "database": "d", "connect_timeout": "500ms" }));
    let Err(WarehouseError::Unavailable(message)) = scan(warehouse.as_ref(), None).await.map(|_| ()) else { panic!() };
    assert!(message.contains("fell silent"), "{message}");
}

#[tokio::test]
async fn a_role_is_taken_on_after_the_login() {
    let Some(lab) = PostgresLab::fresh().await else { return };
    lab.restricted().await;
    let warehouse = lab.warehouse_with(&json!({ "role": lab.role() }));
    let findings = warehouse.check().await;
    assert!(findings[0].message.contains(&format!("as `{}`", lab.role())), "{findings:?}");
    let wrong = lab.warehouse_with(&json!({ "role": "x\"; drop table t; --" }));
    let error = scan(wrong.as_ref(), None).await.map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("role \"x\"; drop table t; --\" does not exist"), "{error}");
}
