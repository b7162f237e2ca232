//! What every warehouse adapter must pass against its real engine. Two halves: cases as data (the SQL files under
//! `fixtures/warehouse/<engine>`: SQL, then the drift it must cause, line by line) and behaviour that no script can state
//! (grants, vanished schemas, scans killed in the middle). An adapter's test module implements [`Lab`] and calls
//! [`warehouse_conformance!`](crate::warehouse_conformance); what its engine cannot do it declares with a reason.

pub mod case;
pub mod changes;
pub mod differ;
pub mod size;
pub mod trust;

use crate::warehouse::{ObservedTable, ScanReport, Warehouse, WarehouseError};
use async_trait::async_trait;
use std::sync::Arc;

/// Everything an engine is asked about. Each name is either a case file or a behaviour of the kit; none may be missing
/// without being declared.
pub const CHANGES: [&str; 25] = [
    "arrays",
    "column-added",
    "column-comment",
    "column-default",
    "column-dropped",
    "column-not-null",
    "column-nullable",
    "column-renamed",
    "column-retyped",
    "domains",
    "enums",
    "foreign-key",
    "materialized-view",
    "partitions",
    "primary-key",
    "quoted-names",
    "rows-only",
    "schema-vanished",
    "table-comment",
    "table-created",
    "table-dropped",
    "table-renamed",
    "unique-key",
    "view-dropped",
    "view-redefined",
];

/// Behaviours: the functions of [`trust`] and [`size`] by name.
pub const BEHAVIOURS: [&str; 10] = [
    "hostile-names",
    "killed-by-the-server",
    "many-tables",
    "no-grants",
    "revoked-select",
    "revoked-usage",
    "scope-vanished",
    "statement-timeout",
    "stopped-by-the-sink",
    "unreachable",
];

/// A fresh, empty database of one engine, and what a test may do to it.
#[async_trait]
pub trait Lab: Sized + Send + Sync {
    /// The folder under `fixtures/warehouse`.
    const ENGINE: &'static str;
    /// Names of [`CHANGES`] and [`BEHAVIOURS`] that the engine cannot have, each with the reason.
    const LACKS: &'static [(&'static str, &'static str)];

    /// `None` when the engine is not installed; the lab has said so.
    async fn fresh() -> Option<Self>;

    /// The adapter under test, with the rights of the owner.
    fn warehouse(&self) -> Arc<dyn Warehouse>;

    /// Runs a script as the owner. Panics when the engine refuses: then the case is wrong.
    async fn run(&self, script: &str);

    /// The schema where unqualified names go.
    fn home(&self) -> &'static str;

    /// An identifier as this engine quotes it.
    fn quote(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    /// The adapter for a role that may connect and nothing else.
    async fn restricted(&self) -> Arc<dyn Warehouse> {
        missing("restricted")
    }
    /// Gives that role USAGE on the home schema and SELECT on all that is in it.
    async fn grant(&self) {
        missing("grant")
    }
    async fn revoke_usage(&self) {
        missing("revoke_usage")
    }
    /// On one table of the home schema.
    async fn revoke_select(&self, _table: &str) {
        missing("revoke_select")
    }
    /// Drops a schema with all that is in it.
    async fn drop_schema(&self, _schema: &str) {
        missing("drop_schema")
    }
    /// A catalog far larger than what network buffers hold.
    async fn bulky(&self) {
        missing("bulky")
    }
    /// Ends the adapter's session from the server's side.
    async fn kill(&self) {
        missing("kill")
    }
    /// The adapter with a statement timeout that no scan of `bulky` can keep.
    fn impatient(&self) -> Arc<dyn Warehouse> {
        missing("impatient")
    }
    /// The adapter, pointed at something that does not answer.
    fn unreachable(&self) -> Arc<dyn Warehouse> {
        missing("unreachable")
    }
}

fn missing(what: &str) -> ! {
    panic!("the lab has no `{what}`: implement it, or declare the behaviour in LACKS with the reason")
}

/// True when the engine cannot have it; says so.
pub(crate) fn lacks<L: Lab>(name: &str) -> bool {
    let Some((_, why)) = L::LACKS.iter().find(|(n, _)| *n == name) else { return false };
    #[expect(clippy::print_stderr, reason = "a declared gap must be seen")]
    {
        eprintln!("{}: no {name}: {why}", L::ENGINE);
    }
    true
}

/// Scans into memory.
pub async fn scan(
    warehouse: &dyn Warehouse,
    since: Option<&crate::warehouse::Probe>,
) -> Result<(Vec<ObservedTable>, ScanReport), WarehouseError> {
    let mut tables = Vec::new();
    let report = warehouse.scan(since, &mut tables).await?;
    Ok((tables, report))
}

/// One test per case group, against `$lab`. The calling crate needs `tokio` with macros and a multi-threaded runtime.
#[macro_export]
macro_rules! warehouse_conformance {
    ($lab:ty) => {
        $crate::warehouse_conformance!(@each $lab,
            changes::every_name_is_covered changes::every_case_causes_exactly_its_drift
            size::hostile_names size::many_tables
            trust::no_grants trust::revoked_usage trust::revoked_select trust::scope_vanished
            trust::killed_by_the_server trust::stopped_by_the_sink trust::statement_timeout trust::unreachable);
    };
    (@each $lab:ty, $($group:ident::$case:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                $crate::testkit::warehouse::$group::$case::<$lab>().await;
            }
        )*
    };
}
