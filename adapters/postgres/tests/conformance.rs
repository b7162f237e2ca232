//! The conformance kit on a real PostgreSQL.

use crate::register;
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::Arc;
use tessera_ports::testkit::postgres::{TestDatabase, TestPostgres};
use tessera_ports::testkit::warehouse::Lab;
use tessera_ports::warehouse::Warehouse;

tessera_ports::warehouse_conformance!(PostgresLab);

pub(super) struct PostgresLab {
    /// `None` only while it is being dropped.
    database: Option<TestDatabase>,
    role: String,
}

impl PostgresLab {
    pub(super) fn database(&self) -> &TestDatabase {
        self.database.as_ref().unwrap()
    }

    pub(super) fn warehouse_with(&self, settings: &Value) -> Arc<dyn Warehouse> {
        let mut all = json!({ "url": self.database().url() });
        all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        (register().build)("lab", &all).unwrap()
    }

    pub(super) fn role(&self) -> &str {
        &self.role
    }

    /// The role that `restricted` has made.
    pub(super) fn restricted_again(&self) -> Arc<dyn Warehouse> {
        (register().build)("lab", &json!({ "url": self.role_url() })).unwrap()
    }

    fn role_url(&self) -> String {
        let mut url = url::Url::parse(&self.database().url()).unwrap();
        url.set_username(&self.role).unwrap();
        url.set_password(Some("secret")).unwrap();
        url.into()
    }
}

impl Drop for PostgresLab {
    fn drop(&mut self) {
        if let Some(database) = self.database.take() {
            let server = database.server().clone();
            drop(database);
            let _ = server.sql("postgres", &format!("drop role if exists {}", self.role));
        }
    }
}

#[async_trait]
impl Lab for PostgresLab {
    const ENGINE: &'static str = "postgres";
    const LACKS: &'static [(&'static str, &'static str)] = &[];

    async fn fresh() -> Option<Self> {
        let server = TestPostgres::or_skip()?;
        let database = server.database().unwrap();
        let role = database.name().replace("tessera_test", "tessera_role");
        Some(PostgresLab { database: Some(database), role })
    }

    fn warehouse(&self) -> Arc<dyn Warehouse> {
        self.warehouse_with(&json!({}))
    }

    async fn run(&self, script: &str) {
        self.database().sql(script).unwrap();
    }

    fn home(&self) -> &'static str {
        "public"
    }

    async fn restricted(&self) -> Arc<dyn Warehouse> {
        let role = &self.role;
        self.run(&format!("create role {role} login password 'secret'; revoke all on schema public from public;"))
            .await;
        self.restricted_again()
    }

    async fn grant(&self) {
        let role = &self.role;
        self.run(&format!(
            "grant usage on schema public to {role}; grant select on all tables in schema public to {role};"
        ))
        .await;
    }

    async fn revoke_usage(&self) {
        self.run(&format!("revoke usage on schema public from {};", self.role)).await;
    }

    async fn revoke_select(&self, table: &str) {
        self.run(&format!("revoke select on {table} from {};", self.role)).await;
    }

    async fn drop_schema(&self, schema: &str) {
        self.run(&format!("drop schema {schema} cascade;")).await;
    }

    async fn bulky(&self) {
        // 48 MB of comments: more than two sockets hold.
        self.run(
            "do $$ begin for t in 1..60 loop
                execute format('create table bulk_%s (%s)', t,
                    (select string_agg(format('c%s int', c), ', ') from generate_series(1, 40) c));
                for c in 1..40 loop
                    execute format('comment on column bulk_%s.c%s is %L', t, c, repeat('tessera and more ', 1200));
                end loop;
            end loop; end $$;",
        )
        .await;
    }

    async fn kill(&self) {
        self.run(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and application_name = 'tessera';",
        )
        .await;
    }

    fn impatient(&self) -> Arc<dyn Warehouse> {
        self.warehouse_with(&json!({ "statement_timeout": "20ms" }))
    }

    fn unreachable(&self) -> Arc<dyn Warehouse> {
        // Bound and released: nobody listens there.
        let port = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
        let settings = json!({ "host": "127.0.0.1", "port": port, "user": "u", "database": "d", "connect_timeout": 2 });
        (register().build)("lab", &settings).unwrap()
    }
}
