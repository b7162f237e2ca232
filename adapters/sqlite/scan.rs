//! Probe, scan and check over the files of one warehouse. A file that cannot be read costs its own schema; when none can
//! be read there is no scan.

use crate::file::File;
use crate::settings::Settings;
use crate::shape;
use std::path::Path;
use tessera_model::Finding;
use tessera_ports::warehouse::{Probe, ScanReport, ScanSink, ScanStatus, WarehouseError};

/// Files have no grants: what may be read is all there is.
const PRIVILEGES: &str = "file";

pub(crate) async fn probe(settings: &Settings) -> Result<Probe, WarehouseError> {
    let mut scopes = Vec::new();
    for (schema, path) in &settings.files {
        let mut file = File::open(settings, path).await?;
        let answer = file.probe(path).await;
        file.close().await;
        scopes.push((schema.clone(), answer?));
    }
    Ok(Probe { scopes, privileges: PRIVILEGES.to_owned() })
}

pub(crate) async fn scan(
    settings: &Settings,
    since: Option<&Probe>,
    sink: &mut dyn ScanSink,
) -> Result<ScanReport, WarehouseError> {
    let mut files = Vec::new();
    let mut probe = Probe { scopes: Vec::new(), privileges: PRIVILEGES.to_owned() };
    let mut findings = Vec::new();
    let mut first_failure = None;
    for (schema, path) in &settings.files {
        match opened(settings, path).await {
            Ok((file, answer)) => {
                probe.scopes.push((schema.clone(), answer));
                files.push((schema, path, file));
            }
            Err(e) => {
                findings.push(unreadable(schema, &e));
                first_failure.get_or_insert(e);
            }
        }
    }
    if let (true, Some(e)) = (files.is_empty(), first_failure) {
        return Err(e);
    }
    let mut report = ScanReport {
        status: if findings.is_empty() { ScanStatus::Complete } else { ScanStatus::Partial },
        scopes: files.iter().map(|(schema, ..)| (*schema).clone()).collect(),
        tables: 0,
        columns: 0,
        bytes: 0,
        probe,
        findings,
    };
    if report.status == ScanStatus::Complete && since == Some(&report.probe) {
        report.status = ScanStatus::Unchanged;
        for (_, _, file) in files {
            file.close().await;
        }
        return Ok(report);
    }
    for (schema, path, mut file) in files {
        let outcome = one(&mut file, settings, schema, path, sink, &mut report).await;
        file.close().await;
        outcome?;
    }
    Ok(report)
}

async fn opened(settings: &Settings, path: &Path) -> Result<(File, String), WarehouseError> {
    let mut file = File::open(settings, path).await?;
    match file.probe(path).await {
        Ok(answer) => Ok((file, answer)),
        Err(e) => {
            file.close().await;
            Err(e)
        }
    }
}

async fn one(
    file: &mut File,
    settings: &Settings,
    schema: &str,
    path: &Path,
    sink: &mut dyn ScanSink,
    report: &mut ScanReport,
) -> Result<(), WarehouseError> {
    if tokio::fs::metadata(path).await.is_ok_and(|m| m.len() == 0) {
        report.status = ScanStatus::Suspect;
        report.findings.push(
            Finding::warning(
                "empty-file",
                format!("{} is empty: a file that was just recreated looks like this", path.display()),
            )
            .about(schema)
            .remedy("build the warehouse again; no drops are reported until then"),
        );
    }
    let shapes = shape::read(file, path, &settings.database, schema).await?;
    report.findings.extend(shapes.findings);
    let total = report.tables + shapes.tables.len() as u64;
    for table in shapes.tables {
        report.tables += 1;
        report.columns += table.schema.columns.len() as u64;
        sink.table(table).await?;
        sink.progress(report.tables, Some(total));
    }
    Ok(())
}

fn unreadable(schema: &str, error: &WarehouseError) -> Finding {
    Finding::warning("schema-unreadable", format!("schema `{schema}` was not read: {error}"))
        .about(schema)
        .remedy("the other files were read; this schema keeps its last observation until it can be read again")
}

pub(crate) async fn check(name: &str, settings: &Settings) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (schema, path) in &settings.files {
        findings.push(match opened(settings, path).await {
            Ok((file, _)) => {
                file.close().await;
                Finding::info("warehouse-connected", format!("{} can be read as schema `{schema}`", path.display()))
                    .about(name)
            }
            Err(e @ WarehouseError::Refused(_)) => Finding::error("warehouse-refused", e.to_string())
                .about(name)
                .remedy(format!("chmod a+r {}", path.display())),
            Err(e) => Finding::error("warehouse-unavailable", e.to_string())
                .about(name)
                .remedy("set `path` to an existing SQLite database file"),
        });
    }
    findings
}
