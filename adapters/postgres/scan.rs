//! One scan: probe, and unless nothing changed, the whole catalog of the scope in one snapshot. What cannot be read costs
//! its own schema only, and makes the scan partial: it never passes for a schema without tables.

use crate::assemble::{Assembly, Names};
use crate::copy::{CopyFailure, Garbled};
use crate::error;
use crate::privileges;
use crate::scope::Scope;
use crate::session::Session;
use crate::settings::Settings;
use std::collections::{BTreeMap, BTreeSet};
use tessera_model::Finding;
use tessera_ports::warehouse::{Probe, ScanReport, ScanSink, ScanStatus, WarehouseError};

const RELATIONS: &str = include_str!("sql/relations.sql");
const COLUMNS: &str = include_str!("sql/columns.sql");
const KEYS: &str = include_str!("sql/keys.sql");
const REFERENCES: &str = include_str!("sql/references.sql");

/// After so many schemas that fail one after the other the rest is not asked: each may cost a statement timeout.
const PATIENCE: u32 = 3;

pub(crate) async fn scan(
    settings: &Settings,
    since: Option<&Probe>,
    sink: &mut dyn ScanSink,
) -> Result<ScanReport, WarehouseError> {
    let session = Session::open(settings).await?;
    let scope = session.enter_scope(settings).await?;
    let probed = session.probe(&scope).await?;
    if since == Some(&probed.probe) {
        session.close().await;
        return Ok(ScanReport {
            status: ScanStatus::Unchanged,
            scopes: scope.names(),
            tables: 0,
            columns: 0,
            bytes: 0,
            probe: probed.probe,
            findings: scope.findings,
        });
    }
    let lost = match since {
        Some(since) => privileges::lost(&session, &scope, since, &probed).await?,
        None => Vec::new(),
    };
    let names = Names {
        database: &session.server.database,
        schemas: scope.schemas.iter().map(|(oid, s)| (*oid, s.name.as_str())).collect(),
    };
    let mut reading = Reading {
        session: &session,
        scope: &scope,
        names,
        sink,
        last: None,
        tables: 0,
        columns: 0,
        bytes: 0,
        failed: BTreeMap::new(),
        findings: scope.findings.clone(),
    };
    reading.read_everything().await?;
    let Reading { tables, columns, bytes, failed, mut findings, .. } = reading;

    let mut probe = probed.probe;
    // A schema that was not read must not look unchanged to the next scan.
    probe.scopes.retain(|(name, _)| !failed.contains_key(name));
    let mut scopes = scope.names();
    scopes.retain(|name| !failed.contains_key(name));
    let mut status = if failed.is_empty() { ScanStatus::Complete } else { ScanStatus::Partial };
    if !lost.is_empty() {
        status = ScanStatus::Suspect;
    }
    if scope.schemas.is_empty() {
        status = ScanStatus::Suspect;
        findings.push(
            Finding::error("empty-scope", format!("no schema of database `{}` is in scope", session.server.database))
                .remedy("correct `schemas` and `exclude_schemas` of this warehouse"),
        );
    }
    findings.extend(failed.into_values());
    findings.extend(lost);
    session.close().await;
    Ok(ScanReport { status, scopes, tables, columns, bytes, probe, findings })
}

/// Why a pass over some schemas ended early.
enum Failure {
    /// The server refused a statement; the transaction can go on.
    Statement(WarehouseError),
    Fatal(WarehouseError),
}

struct Reading<'a> {
    session: &'a Session,
    scope: &'a Scope,
    names: Names<'a>,
    sink: &'a mut dyn ScanSink,
    /// The last relation that the sink has: relations come in the order of their oids within one pass.
    last: Option<u32>,
    tables: u64,
    columns: u64,
    bytes: u64,
    /// By schema name: why it is not complete.
    failed: BTreeMap<String, Finding>,
    findings: Vec<Finding>,
}

impl Reading<'_> {
    /// All schemas at once; if the server refuses that, one by one.
    async fn read_everything(&mut self) -> Result<(), WarehouseError> {
        let mut schemas: Vec<u32> = self.scope.schemas.keys().copied().collect();
        schemas.sort_unstable();
        self.session.rows("setting a savepoint", "savepoint tessera").await?;
        let first = match self.pass(None).await {
            Ok(()) => return Ok(()),
            Err(Failure::Fatal(e)) => return Err(e),
            Err(Failure::Statement(e)) => e,
        };
        tracing::warn!(error = %first, "the catalog cannot be read at once: reading schema by schema");
        let done = self.last;
        let mut in_a_row = 0;
        for oid in &schemas {
            let name = self.scope.schemas[oid].name.clone();
            if in_a_row >= PATIENCE {
                self.failed.insert(name.clone(), not_read(&name, "the schemas before it failed too", &first));
                continue;
            }
            self.session.step_back(*oid).await.map_err(|e| error::after(&first, e))?;
            match self.pass(done).await {
                Ok(()) => in_a_row = 0,
                Err(Failure::Fatal(e)) => return Err(error::after(&first, e)),
                Err(Failure::Statement(e)) => {
                    in_a_row += 1;
                    self.failed.insert(name.clone(), not_read(&name, "the server refused", &e));
                }
            }
        }
        if self.failed.len() == schemas.len() && self.tables == 0 { Err(first) } else { Ok(()) }
    }

    /// Reads the schemas now set as scope. Relations up to `done` have been delivered by an earlier pass.
    async fn pass(&mut self, done: Option<u32>) -> Result<(), Failure> {
        let mut assembly = Assembly::default();
        let database = self.names.database;
        self.collect("reading relations", RELATIONS, |row| assembly.relation(row)).await?;
        self.collect("reading keys", KEYS, |row| assembly.key(row)).await?;
        self.collect("reading references", REFERENCES, |row| assembly.reference(database, row)).await?;
        let total = assembly.len() as u64;
        let doing = "reading columns";
        let mut rows = self.session.copy(COLUMNS).await.map_err(|e| failure(doing, &e))?;
        while let Some(chunk) = rows.next().await.map_err(|e| failure(doing, &e))? {
            for row in chunk {
                self.bytes += row.len() as u64;
                assembly.column(&self.names, &row).map_err(|e| garbled(doing, e))?;
            }
            self.deliver(&mut assembly, done, total).await?;
        }
        assembly.end(&self.names);
        self.deliver(&mut assembly, done, total).await?;
        let mut seen = BTreeSet::new();
        for torn in assembly.torn {
            let name = self.names.schemas.get(&torn.schema).copied().unwrap_or_default().to_owned();
            if seen.insert((name.clone(), torn.relation.clone())) {
                let finding = Finding::warning(
                    "relation-unreadable",
                    format!("`{name}.{}` was left out: {}", torn.relation, torn.why),
                )
                .about(name.clone())
                .remedy("scan again; if it stays, look at the relation on the server");
                // One finding stands for the schema; further ones beside it.
                if let Some(earlier) = self.failed.insert(name, finding) {
                    self.findings.push(earlier);
                }
            }
        }
        Ok(())
    }

    async fn collect(
        &mut self,
        doing: &str,
        sql: &'static str,
        mut take: impl FnMut(&[u8]) -> Result<(), Garbled>,
    ) -> Result<(), Failure> {
        let mut rows = self.session.copy(sql).await.map_err(|e| failure(doing, &e))?;
        while let Some(chunk) = rows.next().await.map_err(|e| failure(doing, &e))? {
            for row in chunk {
                self.bytes += row.len() as u64;
                take(&row).map_err(|e| garbled(doing, e))?;
            }
        }
        Ok(())
    }

    async fn deliver(&mut self, assembly: &mut Assembly, done: Option<u32>, total: u64) -> Result<(), Failure> {
        for (oid, table) in assembly.ready.drain(..) {
            if done.is_some_and(|done| oid <= done) {
                continue;
            }
            self.tables += 1;
            self.columns += table.schema.columns.len() as u64;
            self.sink.table(table).await.map_err(Failure::Fatal)?;
            self.last = self.last.max(Some(oid));
        }
        self.sink.progress(self.tables, done.is_none().then_some(total));
        Ok(())
    }
}

fn failure(doing: &str, e: &CopyFailure) -> Failure {
    if e.is_statement_failure() { Failure::Statement(e.explain(doing)) } else { Failure::Fatal(e.explain(doing)) }
}

fn garbled(doing: &str, e: Garbled) -> Failure {
    Failure::Fatal(WarehouseError::Protocol(format!("PostgreSQL answered with {e} while {doing}")))
}

fn not_read(schema: &str, how: &str, why: &WarehouseError) -> Finding {
    Finding::warning("schema-unreadable", format!("schema `{schema}` was not read completely, {how}: {why}"))
        .about(schema)
        .remedy("the other schemas were read; this one keeps its last observation until it can be read again")
}
