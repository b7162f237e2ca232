//! Many tables, and names that were chosen to break something.

use super::{Lab, differ, lacks, scan};
use crate::warehouse::ScanStatus;
use std::fmt::Write as _;

/// Each is a table's name and, in a table of its own, a column's name.
const HOSTILE: [&str; 14] = [
    "MixedCase",
    "with blank",
    "dotted.name",
    "select",
    "\"; drop table x; --",
    "'; drop table x; --",
    "back\\slash",
    "back\\\\N",
    "\\N",
    "tab\there",
    "line\nbreak",
    "größe_测试_🦀",
    "a\"b\"\"c",
    "$$;select 1;$$",
];

pub async fn hostile_names<L: Lab>() {
    if lacks::<L>("hostile-names") {
        return;
    }
    let Some(lab) = L::fresh().await else { return };
    lab.run("create table x (id integer);").await;
    for name in HOSTILE {
        let quoted = lab.quote(name);
        lab.run(&format!("create table {quoted} ({quoted} integer primary key, {} text);", lab.quote("plain"))).await;
    }
    let warehouse = lab.warehouse();
    let (tables, report) = scan(warehouse.as_ref(), None).await.expect("a scan");
    assert_eq!(report.status, ScanStatus::Complete, "{:#?}", report.findings);
    let mut seen: Vec<&str> = tables.iter().map(|t| t.name.name.as_str()).collect();
    let mut expected: Vec<&str> = HOSTILE.into_iter().chain(["x"]).collect();
    seen.sort_unstable();
    expected.sort_unstable();
    assert_eq!(seen, expected);
    for table in tables.iter().filter(|t| t.name.name != "x") {
        let name = &table.name.name;
        let columns: Vec<&str> = table.schema.columns.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(columns, [name.as_str(), "plain"], "{name:?}");
        assert_eq!(table.schema.primary_key, std::slice::from_ref(name), "{name:?}");
    }
    // And they can be dropped and missed like any other.
    lab.run(&format!("drop table {};", lab.quote(HOSTILE[4]))).await;
    let (after, _) = scan(warehouse.as_ref(), Some(&report.probe)).await.expect("a scan after the drop");
    assert_eq!(differ::drift(&tables, &after).len(), 1);
}

pub async fn many_tables<L: Lab>() {
    const TABLES: u64 = 2_000;
    let Some(lab) = L::fresh().await else { return };
    // In pieces: an engine may hold a lock for each table of a transaction.
    for piece in 0..TABLES / 250 {
        let mut script = String::from("begin;\n");
        for table in piece * 250..(piece + 1) * 250 {
            let _ =
                writeln!(script, "create table t{table} (id integer primary key, a text not null, b integer, c text);");
        }
        script.push_str("commit;\n");
        lab.run(&script).await;
    }
    let warehouse = lab.warehouse();
    let (tables, report) = scan(warehouse.as_ref(), None).await.expect("a scan");
    assert_eq!((report.status, report.tables, report.columns), (ScanStatus::Complete, TABLES, TABLES * 4));
    assert_eq!(tables.len() as u64, TABLES);
    assert!(tables.iter().all(|t| t.schema.columns.len() == 4 && t.schema.primary_key == ["id"]));
    lab.run("alter table t1234 add column d text; drop table t999;").await;
    let (after, _) = scan(warehouse.as_ref(), Some(&report.probe)).await.expect("a scan after two changes");
    let home = lab.home();
    let expected = [format!("+ {home}.t1234.d text null"), format!("- table {home}.t999")];
    // Some engines spell types in capitals.
    let drift: Vec<String> = differ::drift(&tables, &after).iter().map(|l| l.to_lowercase()).collect();
    assert_eq!(drift, expected);
}
