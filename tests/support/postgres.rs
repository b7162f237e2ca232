//! A real PostgreSQL for tests over the whole: the server and its databases come from the conformance kit of `ports`.

use crate::say;
pub use tessera_ports::testkit::postgres::{TestDatabase, TestPostgres};

/// A fresh database; `None` (said aloud, or a failure where one is required) when there is no server.
pub fn database(test: &str) -> Option<TestDatabase> {
    match TestPostgres::start().and_then(|server| server.database()) {
        Ok(database) => Some(database),
        Err(why) => {
            say::skipped(test, &format!("no PostgreSQL: {why}"));
            None
        }
    }
}
