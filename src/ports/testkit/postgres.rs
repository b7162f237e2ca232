//! A real PostgreSQL for tests. `TESSERA_TEST_POSTGRES=postgres://…` names a running server; otherwise one is started from
//! the installed binaries. That one is shared by all test processes of this user (a test runner starts one process per
//! test, and `initdb` costs seconds): each process registers, a watchdog stops the server and removes its folder a few
//! seconds after the last one has ended, however it ended. Each test takes a fresh database.

mod cluster;
mod install;

use cluster::Cluster;
use install::Install;
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Names the server to use instead of starting one.
pub const URL_VARIABLE: &str = "TESSERA_TEST_POSTGRES";
/// Set to 1, having no server is a failure instead of a skipped test.
pub const REQUIRE_VARIABLE: &str = "TESSERA_REQUIRE_POSTGRES";

/// A server with rights to create databases and roles.
#[derive(Debug, Clone)]
pub struct TestPostgres {
    /// Up to and without the database's name; parameters behind it.
    base: String,
    parameters: String,
}

impl TestPostgres {
    /// The server of this run: started, or found, once per process.
    pub fn start() -> Result<Self, String> {
        static SERVER: OnceLock<Result<TestPostgres, String>> = OnceLock::new();
        SERVER
            .get_or_init(|| match std::env::var(URL_VARIABLE) {
                Ok(url) if !url.is_empty() => TestPostgres::at(&url),
                _ => TestPostgres::at(&Cluster::shared(&Install::find()?)?.url()),
            })
            .clone()
    }

    /// As [`start`](Self::start); without a server it prints why the test is skipped, or fails when one is required.
    pub fn or_skip() -> Option<Self> {
        match Self::start() {
            Ok(server) => Some(server),
            Err(why) if std::env::var(REQUIRE_VARIABLE).is_ok_and(|v| v == "1") => {
                panic!("no PostgreSQL, and {REQUIRE_VARIABLE}=1: {why}")
            }
            Err(why) => {
                #[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
                {
                    eprintln!("SKIPPED: no PostgreSQL: {why}");
                }
                None
            }
        }
    }

    fn at(url: &str) -> Result<Self, String> {
        let (rest, parameters) = url.split_once('?').map_or((url, String::new()), |(u, p)| (u, format!("?{p}")));
        let host = rest.strip_prefix("postgres://").or_else(|| rest.strip_prefix("postgresql://"));
        let host = host.ok_or_else(|| format!("{URL_VARIABLE} does not begin with postgres://"))?;
        let authority = host.split_once('/').map_or(host, |(authority, _)| authority);
        Ok(TestPostgres { base: format!("postgres://{authority}"), parameters })
    }

    /// The address of one of the server's databases.
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}{}", self.base, self.parameters)
    }

    /// A new, empty database of a name that nobody else has.
    pub fn database(&self) -> Result<TestDatabase, String> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let unique = uuid::Uuid::now_v7().simple();
        let name = format!("tessera_test_{}_{number}_{unique}", std::process::id());
        self.sql("postgres", &format!("CREATE DATABASE \"{name}\""))?;
        Ok(TestDatabase { server: self.clone(), name })
    }

    /// Runs SQL as an administrator; what `psql` prints, unaligned and without headers.
    pub fn sql(&self, database: &str, sql: &str) -> Result<String, String> {
        let psql = Install::find().map_or_else(|_| "psql".into(), |i| i.program("psql"));
        let output = Command::new(&psql)
            .args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &self.url(database), "-c", sql])
            .output()
            .map_err(|e| format!("cannot run {}: {e}", psql.display()))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
        } else {
            Err(format!("`{sql}`: {}", String::from_utf8_lossy(&output.stderr).trim()))
        }
    }
}

/// A database that is dropped when the test ends.
#[derive(Debug)]
pub struct TestDatabase {
    server: TestPostgres,
    name: String,
}

impl TestDatabase {
    pub fn url(&self) -> String {
        self.server.url(&self.name)
    }
    pub fn name(&self) -> &str {
        &self.name
    }
    pub fn server(&self) -> &TestPostgres {
        &self.server
    }
    /// Runs SQL in it; what `psql` prints.
    pub fn sql(&self, sql: &str) -> Result<String, String> {
        self.server.sql(&self.name, sql)
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        // A test that failed may have left connections; a server that is gone has dropped it already.
        let _ = self.server.sql("postgres", &format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name));
    }
}

/// A server of the test's own, to stop and start at will. Gone with the value, or with the process.
#[derive(Debug)]
pub struct PrivatePostgres {
    cluster: Cluster,
}

impl PrivatePostgres {
    pub fn start() -> Result<Self, String> {
        Ok(PrivatePostgres { cluster: Cluster::private(&Install::find()?)? })
    }
    pub fn server(&self) -> Result<TestPostgres, String> {
        TestPostgres::at(&self.cluster.url())
    }
    /// Ends it at once, as a crash would: no goodbye to its clients.
    pub fn stop(&self) -> Result<(), String> {
        self.cluster.stop()
    }
    /// Starts it again, at the same address.
    pub fn restart(&self) -> Result<(), String> {
        self.cluster.start()
    }
}
