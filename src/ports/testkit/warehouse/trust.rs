//! What a scan may claim when somebody takes something away from it: grants, schemas, the connection, the time. The rule
//! in all of these: whatever is missing is never passed off as dropped.

use super::{Lab, differ, lacks, scan};
use crate::warehouse::{ObservedTable, Probe, ScanReport, ScanSink, ScanStatus, Warehouse, WarehouseError};
use async_trait::async_trait;
use tessera_model::Severity;

/// Three tables in the home schema.
const TABLES: &str = "
    create table orders (id integer primary key, status text);
    create table customers (id integer primary key, name text);
    create view open_orders as select id from orders;
";

/// A role that may only connect either sees everything, or says that it does not.
pub async fn no_grants<L: Lab>() {
    if lacks::<L>("no-grants") {
        return;
    }
    let Some(lab) = L::fresh().await else { return };
    lab.run(TABLES).await;
    let (all, _) = scan(lab.warehouse().as_ref(), None).await.expect("the owner's scan");
    let restricted = lab.restricted().await;
    match scan(restricted.as_ref(), None).await {
        Ok((seen, report)) if report.status == ScanStatus::Complete => {
            assert_eq!(differ::drift(&all, &seen), Vec::<String>::new(), "complete, yet not everything was seen");
        }
        Ok((_, report)) => assert!(!report.findings.is_empty(), "{:?} without a finding", report.status),
        Err(e) => assert!(matches!(e, WarehouseError::Refused(_)), "{e:?}"),
    }
    let findings = restricted.check().await;
    let grant = findings.iter().filter_map(|f| f.remedy.as_deref()).find(|r| r.contains("GRANT"));
    assert!(grant.is_some(), "check() names no GRANT: {findings:#?}");
}

pub async fn revoked_usage<L: Lab>() {
    if lacks::<L>("revoked-usage") {
        return;
    }
    let Some(lab) = L::fresh().await else { return };
    let (warehouse, granted) = granted(&lab).await;
    lab.revoke_usage().await;
    suspect(&lab, warehouse.as_ref(), &granted).await;
    // Given back, all is well again.
    lab.grant().await;
    let (_, report) = scan(warehouse.as_ref(), Some(&granted)).await.expect("a scan with the grant back");
    assert!(matches!(report.status, ScanStatus::Complete | ScanStatus::Unchanged), "{report:#?}");
}

pub async fn revoked_select<L: Lab>() {
    if lacks::<L>("revoked-select") {
        return;
    }
    let Some(lab) = L::fresh().await else { return };
    let (warehouse, granted) = granted(&lab).await;
    lab.revoke_select("orders").await;
    suspect(&lab, warehouse.as_ref(), &granted).await;
    lab.grant().await;
    let (_, report) = scan(warehouse.as_ref(), Some(&granted)).await.expect("a scan with the grant back");
    assert!(matches!(report.status, ScanStatus::Complete | ScanStatus::Unchanged), "{report:#?}");
    // A table rebuilt without grants is not a revoked grant: dbt does that every night.
    lab.run("drop view open_orders; drop table orders; create table orders (id integer primary key, status text);")
        .await;
    let (_, report) = scan(warehouse.as_ref(), Some(&report.probe)).await.expect("a scan after a rebuild");
    assert_eq!(report.status, ScanStatus::Complete, "{report:#?}");
}

async fn granted<L: Lab>(lab: &L) -> (std::sync::Arc<dyn Warehouse>, Probe) {
    lab.run(TABLES).await;
    let warehouse = lab.restricted().await;
    lab.grant().await;
    let (tables, report) = scan(warehouse.as_ref(), None).await.expect("a scan with grants");
    assert_eq!((report.status, tables.len()), (ScanStatus::Complete, 3), "{report:#?}");
    (warehouse, report.probe)
}

/// The scan notices the lost grant, names schema and GRANT, and whatever it delivers it does not call complete.
async fn suspect<L: Lab>(lab: &L, warehouse: &dyn Warehouse, granted: &Probe) {
    assert_ne!(warehouse.probe().await.expect("a probe"), *granted, "the probe did not notice");
    let (_, report) = scan(warehouse, Some(granted)).await.expect("a scan with a revoked grant");
    assert_eq!(report.status, ScanStatus::Suspect, "{report:#?}");
    let named = report.findings.iter().any(|f| {
        f.message.contains(lab.home())
            && f.remedy.as_ref().is_some_and(|r| r.contains("GRANT") && r.contains(lab.home()))
    });
    assert!(named, "no finding names `{}` and the GRANT: {:#?}", lab.home(), report.findings);
}

/// A schema that is gone is no longer among the scopes: drops are believed inside scopes only.
pub async fn scope_vanished<L: Lab>() {
    if lacks::<L>("scope-vanished") {
        return;
    }
    let Some(lab) = L::fresh().await else { return };
    lab.run(TABLES).await;
    lab.run("create schema doomed; create table doomed.t (id integer);").await;
    let warehouse = lab.warehouse();
    let (_, before) = scan(warehouse.as_ref(), None).await.expect("a scan");
    assert!(before.scopes.iter().any(|s| s == "doomed"));
    lab.drop_schema("doomed").await;
    let (seen, after) = scan(warehouse.as_ref(), Some(&before.probe)).await.expect("a scan after the drop");
    assert!(!after.scopes.iter().any(|s| s == "doomed"), "{after:#?}");
    assert!(after.scopes.iter().any(|s| s == lab.home()), "{after:#?}");
    assert_ne!(after.status, ScanStatus::Unchanged);
    assert_eq!(seen.len(), 3);
}

/// Does something as the first table comes.
struct Interrupted<'a, L> {
    lab: &'a L,
    tables: u64,
    kill: bool,
}

#[async_trait]
impl<L: Lab> ScanSink for Interrupted<'_, L> {
    async fn table(&mut self, _table: ObservedTable) -> Result<(), WarehouseError> {
        self.tables += 1;
        match (self.tables, self.kill) {
            (1, true) => self.lab.kill().await,
            (3, false) => return Err(WarehouseError::Stopped),
            _ => {}
        }
        Ok(())
    }
}

pub async fn killed_by_the_server<L: Lab>() {
    if lacks::<L>("killed-by-the-server") {
        return;
    }
    let Some(lab) = L::fresh().await else { return };
    lab.bulky().await;
    let warehouse = lab.warehouse();
    let mut sink = Interrupted { lab: &lab, tables: 0, kill: true };
    match warehouse.scan(None, &mut sink).await {
        Err(WarehouseError::Unavailable(message)) => assert!(message.len() > 10, "{message}"),
        Ok(ScanReport { status: ScanStatus::Partial, findings, .. }) => assert!(!findings.is_empty()),
        other => panic!("killed after {} tables, and the scan says {other:#?}", sink.tables),
    }
    assert!(sink.tables > 0, "the scan ended before it was killed");
    // The next one is whole again.
    let (_, report) = scan(warehouse.as_ref(), None).await.expect("a scan after the kill");
    assert_eq!(report.status, ScanStatus::Complete);
    assert!(report.tables > sink.tables, "the kill came after everything had been sent: `bulky` is too small");
}

pub async fn stopped_by_the_sink<L: Lab>() {
    let Some(lab) = L::fresh().await else { return };
    lab.run(TABLES).await;
    lab.run("create table one_more (id integer);").await;
    let warehouse = lab.warehouse();
    let mut sink = Interrupted { lab: &lab, tables: 0, kill: false };
    assert_eq!(warehouse.scan(None, &mut sink).await, Err(WarehouseError::Stopped));
    assert_eq!(sink.tables, 3, "tables came after the sink had refused");
    let (_, report) = scan(warehouse.as_ref(), None).await.expect("a scan after the stop");
    assert_eq!((report.status, report.tables), (ScanStatus::Complete, 4));
}

pub async fn statement_timeout<L: Lab>() {
    if lacks::<L>("statement-timeout") {
        return;
    }
    let Some(lab) = L::fresh().await else { return };
    lab.bulky().await;
    match scan(lab.impatient().as_ref(), None).await {
        Err(WarehouseError::Unavailable(message)) => {
            assert!(message.contains("statement_timeout"), "the message names no remedy: {message}");
        }
        Ok((_, report)) if report.status == ScanStatus::Partial => {
            assert!(report.findings.iter().any(|f| f.message.contains("statement_timeout")), "{:#?}", report.findings);
        }
        other => panic!("a scan that cannot be done in time says {:#?}", other.map(|(t, r)| (t.len(), r))),
    }
}

pub async fn unreachable<L: Lab>() {
    let Some(lab) = L::fresh().await else { return };
    let warehouse = lab.unreachable();
    let error = scan(warehouse.as_ref(), None).await.map(|(_, report)| report).expect_err("nothing is there");
    assert!(matches!(error, WarehouseError::Unavailable(_)), "{error:?}");
    assert!(matches!(warehouse.probe().await, Err(WarehouseError::Unavailable(_))));
    let findings = warehouse.check().await;
    assert!(findings.iter().any(|f| f.severity == Severity::Error && f.remedy.is_some()), "{findings:#?}");
}
