//! Scanning a warehouse: ask it what it holds, decide how far the answer can be trusted, remember it, and hand the
//! differences to `drift`. One scan is one change-set and one transaction.

use crate::drift::DriftWork;
use crate::engine::{Engine, need, retry};
use crate::error::{EngineError, ErrorKind, Result};
use crate::requests::Progress;
use crate::snapshot::Snapshot;
use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tessera_model::actor::Scope;
use tessera_model::ids::ScanId;
use tessera_model::{Actor, Finding, Fingerprint, TableKey};
use tessera_ports::records::{Observation, Scan};
use tessera_ports::store::{Listed, Page};
use tessera_ports::warehouse::{ObservedTable, Probe};
use tessera_ports::{Batch, ScanReport, ScanSink, ScanStatus, StoreError, Warehouse, WarehouseError, Write};
use tokio_util::sync::CancellationToken;

/// Collects what a scan delivers, shows progress, and stops when told to.
struct Collector<'a> {
    engine: &'a Engine,
    what: String,
    started: Timestamp,
    stop: CancellationToken,
    tables: Vec<ObservedTable>,
}

#[async_trait]
impl ScanSink for Collector<'_> {
    async fn table(&mut self, table: ObservedTable) -> std::result::Result<(), WarehouseError> {
        if self.stop.is_cancelled() {
            return Err(WarehouseError::Stopped);
        }
        self.tables.push(table);
        if self.tables.len().is_multiple_of(256) {
            self.progress(self.tables.len() as u64, None);
        }
        Ok(())
    }

    fn progress(&mut self, done: u64, total: Option<u64>) {
        let progress = Progress { what: self.what.clone(), done, total, started_at: self.started };
        self.engine.set_progress(&self.what, Some(progress));
    }
}

/// What stands in the store about a warehouse's last scans.
struct History {
    /// Probe of the last scan that saw everything.
    probe: Option<Probe>,
    /// When everything was last really read.
    last_full: Option<Timestamp>,
    observations: HashMap<TableKey, Observation>,
}

/// Names of settings that a scan leaves behind.
fn suspect_setting(warehouse: &str) -> String {
    format!("scan.suspect.{warehouse}")
}
fn confirmed_setting(warehouse: &str) -> String {
    format!("scan.confirmed.{warehouse}")
}

impl Engine {
    pub async fn scans(&self, warehouse: Option<&str>, page: Page) -> Result<Listed<Scan>> {
        Ok(self.store().scans(warehouse, page).await?)
    }

    pub async fn scan(&self, id: ScanId) -> Result<Scan> {
        self.store().scan(id).await?.ok_or_else(|| EngineError::not_found("scan", id))
    }

    /// Starts a scan in the background; the answer is the running scan.
    pub async fn start_scan(self: &Arc<Self>, actor: &Actor, warehouse: &str, full: bool) -> Result<Scan> {
        need(actor, Scope::Write)?;
        let scan = self.begin_scan(actor, warehouse, None).await?;
        let (engine, running, actor) = (self.clone(), scan.clone(), actor.clone());
        tokio::spawn(async move {
            if let Err(e) = engine.carry_out(&actor, running, full).await {
                tracing::warn!(error = %e, "a scan asked for by hand failed");
            }
        });
        Ok(scan)
    }

    /// Scans now and waits: cron slots, tests, the command line.
    pub async fn scan_now(
        self: &Arc<Self>,
        actor: &Actor,
        warehouse: &str,
        slot: Option<Timestamp>,
        full: bool,
    ) -> Result<Scan> {
        let scan = self.begin_scan(actor, warehouse, slot).await?;
        self.carry_out(actor, scan, full).await
    }

    /// "The drops of this suspect scan are real": the next scan believes exactly those.
    pub async fn confirm_scan(self: &Arc<Self>, actor: &Actor, id: ScanId) -> Result<Scan> {
        need(actor, Scope::Admin)?;
        let scan = self.scan(id).await?;
        if scan.status != ScanStatus::Suspect {
            return Err(EngineError::invalid("INVALID_INPUT", "only a suspect scan can be confirmed"));
        }
        let lost = self.store().setting(&suspect_setting(&scan.warehouse)).await?;
        let batch = Batch {
            writes: vec![Write::PutSetting { name: confirmed_setting(&scan.warehouse), value: lost }],
            audit: vec![self.audit_event(actor, "scan", id, "scan.confirmed", json!({"warehouse": scan.warehouse}))],
            ..Batch::default()
        };
        self.commit(batch).await?;
        self.start_scan(actor, &scan.warehouse, true).await
    }

    async fn begin_scan(&self, actor: &Actor, warehouse: &str, slot: Option<Timestamp>) -> Result<Scan> {
        if !self.adapters().warehouses.contains_key(warehouse) {
            return Err(EngineError::not_found("warehouse", warehouse));
        }
        {
            let mut running = Self::lock(&self.scanning);
            if running.contains_key(warehouse) {
                return Err(EngineError::new(
                    ErrorKind::Conflict,
                    "SCAN_RUNNING",
                    format!("a scan of `{warehouse}` is running: scans of one warehouse never overlap"),
                ));
            }
            running.insert(warehouse.to_owned(), CancellationToken::new());
        }
        let scan = Scan {
            id: ScanId(self.ids().next()),
            warehouse: warehouse.to_owned(),
            slot,
            status: ScanStatus::Running,
            started_at: self.now(),
            finished_at: None,
            tables: 0,
            columns: 0,
            added: 0,
            altered: 0,
            dropped: 0,
            drifts_opened: 0,
            drifts_resolved: 0,
            probe: Probe::default(),
            findings: Vec::new(),
            error: None,
        };
        let batch = Batch {
            writes: vec![Write::PutScan(scan.clone())],
            audit: vec![self.audit_event(
                actor,
                "scan",
                scan.id,
                "scan.started",
                json!({"warehouse": warehouse, "slot": slot}),
            )],
            fence: slot.and(self.fence()),
            ..Batch::default()
        };
        if let Err(e) = self.commit(batch).await {
            Self::lock(&self.scanning).remove(warehouse);
            return Err(e.into());
        }
        Ok(scan)
    }

    async fn carry_out(&self, actor: &Actor, scan: Scan, full: bool) -> Result<Scan> {
        let name = scan.warehouse.clone();
        let started = std::time::Instant::now();
        let result = self.scan_body(actor, scan.clone(), full).await;
        Self::lock(&self.scanning).remove(&name);
        self.set_progress(&format!("scan {name}"), None);
        let done = match result {
            Ok(done) => done,
            Err(e) => {
                let mut failed = scan;
                failed.status = ScanStatus::Failed;
                failed.finished_at = Some(self.now());
                failed.error = Some(e.message.clone());
                let audit = self.audit_event(
                    actor,
                    "scan",
                    failed.id,
                    "scan.failed",
                    json!({"warehouse": name, "error": e.message}),
                );
                self.commit(Batch {
                    writes: vec![Write::PutScan(failed.clone())],
                    audit: vec![audit],
                    ..Batch::default()
                })
                .await?;
                failed
            }
        };
        let status =
            serde_json::to_value(done.status).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        self.metrics().scan(&name, &status, started.elapsed());
        tracing::info!(warehouse = %name, status, tables = done.tables, added = done.added, altered = done.altered, dropped = done.dropped, drifts = done.drifts_opened, "scan");
        Ok(done)
    }

    async fn scan_body(&self, actor: &Actor, scan: Scan, full: bool) -> Result<Scan> {
        let name = scan.warehouse.clone();
        let adapter =
            self.adapters().warehouses.get(&name).cloned().ok_or_else(|| EngineError::not_found("warehouse", &name))?;
        let stop = Self::lock(&self.scanning).get(&name).cloned().unwrap_or_default();
        let history = self.history(&name).await?;
        let settings = self.settings();
        let configured = settings.warehouse.iter().find(|w| w.name == name);
        let hours = configured.map_or(24, |w| w.full_scan_hours);
        let due = history.last_full.is_none_or(|t| self.now().duration_since(t).as_secs() >= i64::from(hours) * 3600);
        // A confirmed loss must be read again, whatever the probe says.
        let confirmed = self.store().setting(&confirmed_setting(&name)).await?;
        let since = if full || due || confirmed.is_some() { None } else { history.probe.as_ref() };
        let mut sink = Collector {
            engine: self,
            what: format!("scan {name}"),
            started: scan.started_at,
            stop,
            tables: Vec::new(),
        };
        sink.progress(0, None);
        let report = adapter.scan(since, &mut sink).await.map_err(|e| EngineError::unavailable(e.to_string()))?;
        let seen = sink.tables;
        retry!(self.conclude(actor, &scan, &*adapter, &report, &seen).await)
    }

    async fn history(&self, warehouse: &str) -> Result<History> {
        let scans = self.store().scans(Some(warehouse), Page { limit: 200, offset: 0 }).await?.items;
        let trusted = |s: &&Scan| matches!(s.status, ScanStatus::Complete | ScanStatus::Unchanged);
        let probe = scans.iter().find(trusted).map(|s| s.probe.clone());
        let last_full = scans.iter().find(|s| s.status == ScanStatus::Complete).map(|s| s.started_at);
        let observations = self.store().observations(warehouse).await?;
        Ok(History { probe, last_full, observations: observations.into_iter().map(|o| (o.key.clone(), o)).collect() })
    }

    /// Decides over what was seen and writes everything in one transaction.
    async fn conclude(
        &self,
        actor: &Actor,
        scan: &Scan,
        adapter: &dyn Warehouse,
        report: &ScanReport,
        seen: &[ObservedTable],
    ) -> Result<Scan> {
        let name = scan.warehouse.as_str();
        let dialect = adapter.dialect();
        let snapshot = self.fresh().await?;
        let history = self.history(name).await?;
        let now = self.now();
        let mut done = Scan {
            finished_at: Some(now),
            probe: report.probe.clone(),
            tables: report.tables,
            columns: report.columns,
            findings: report.findings.clone(),
            status: report.status,
            ..scan.clone()
        };
        let mut batch = Batch { fence: scan.slot.and(self.fence()), ..Batch::default() };

        if report.status == ScanStatus::Unchanged {
            done.tables = history.observations.len() as u64;
            self.still_open(name, scan, &mut batch).await?;
            return self.finish(actor, done, batch).await;
        }

        let current: BTreeMap<TableKey, &ObservedTable> = seen.iter().map(|t| (t.name.key(dialect), t)).collect();
        let lost: Vec<&Observation> = history.observations.values().filter(|o| !current.contains_key(&o.key)).collect();
        let trust = self.judge_trust(name, report, &history, &lost).await?;
        done.status = trust.status;
        done.findings.extend(trust.findings);

        let mut changed = Vec::new();
        for (key, table) in &current {
            let fingerprint = table.fingerprint();
            let old = history.observations.get(key);
            if old.is_some_and(|o| o.fingerprint == fingerprint) {
                continue;
            }
            match old {
                Some(_) => done.altered += 1,
                None => done.added += 1,
            }
            changed.push(Observation {
                warehouse: name.to_owned(),
                key: key.clone(),
                fingerprint,
                table: (*table).clone(),
                first_seen: old.map_or(now, |o| o.first_seen),
                last_changed: now,
                scan: scan.id,
            });
        }
        if changed.iter().any(|o| o.table.definition.is_some()) {
            batch.writes.push(self.touch());
        }
        batch.writes.push(Write::PutObservations(changed));
        let dropped: Vec<&Observation> = if trust.drops { lost } else { Vec::new() };
        done.dropped = dropped.len() as u64;
        if !dropped.is_empty() {
            batch.writes.push(Write::DeleteObservations {
                warehouse: name.to_owned(),
                keys: dropped.iter().map(|o| o.key.clone()).collect(),
            });
        }
        batch.writes.extend(trust.settings);

        let mut drift = DriftWork::new(self, actor, &snapshot, scan, adapter, now);
        drift.observe(&current, &dropped).await?;
        let outcome = drift.finish(&mut batch).await?;
        done.drifts_opened = outcome.opened;
        done.drifts_resolved = outcome.resolved;
        done.findings.extend(outcome.findings);
        if let Some(key) = trust.tell {
            self.tell_suspect(&snapshot, &done, &key, &mut batch);
        }
        self.finish(actor, done, batch).await
    }

    async fn finish(&self, actor: &Actor, done: Scan, mut batch: Batch) -> Result<Scan> {
        batch.writes.push(Write::PutScan(done.clone()));
        if done.status != ScanStatus::Unchanged {
            let payload = json!({"warehouse": done.warehouse, "status": done.status, "added": done.added, "altered": done.altered, "dropped": done.dropped, "drifts": done.drifts_opened});
            batch.audit.push(self.audit_event(actor, "scan", done.id, "scan.finished", payload));
        }
        match self.commit(batch).await {
            Ok(()) => Ok(done),
            Err(StoreError::Fenced) => Err(EngineError::unavailable("another daemon leads now; its scan counts")),
            Err(e) => Err(EngineError {
                code: if matches!(e, StoreError::Conflict { .. }) {
                    "CONFLICT".into()
                } else {
                    "STORE_UNAVAILABLE".into()
                },
                ..e.into()
            }),
        }
    }

    /// Open drift is seen again even when nothing moved.
    async fn still_open(&self, warehouse: &str, scan: &Scan, batch: &mut Batch) -> Result<()> {
        use tessera_ports::records::DriftStatus;
        use tessera_ports::store::DriftFilter;
        for status in [DriftStatus::Open, DriftStatus::Held] {
            let filter =
                DriftFilter { status: Some(status), warehouse: Some(warehouse.to_owned()), ..DriftFilter::default() };
            for mut drift in self.store().drifts(&filter, Page::default()).await?.items {
                drift.last_seen = self.now();
                drift.count += 1;
                drift.scan = scan.id;
                batch.writes.push(Write::PutDrift(Box::new(drift)));
            }
        }
        Ok(())
    }

    /// DESIGN §3.4: only a complete scan with the same privileges and without a suspicious loss may drop.
    async fn judge_trust(
        &self,
        name: &str,
        report: &ScanReport,
        history: &History,
        lost: &[&Observation],
    ) -> Result<Trust> {
        let settings = self.settings();
        let store = self.store();
        let mut trust =
            Trust { status: report.status, drops: false, findings: Vec::new(), settings: Vec::new(), tell: None };
        let keys: BTreeSet<&str> = lost.iter().map(|o| o.key.0.as_str()).collect();
        let lost_print = Fingerprint::of_json(&json!([keys, report.probe.privileges]));
        let confirmed = store.setting(&confirmed_setting(name)).await?.is_some_and(|f| f == lost_print.0);
        let earlier = store.setting(&suspect_setting(name)).await?;
        let privileges_changed = history.probe.as_ref().is_some_and(|p| p.privileges != report.probe.privileges);

        let mut why = Vec::new();
        if report.status == ScanStatus::Suspect {
            why.push("the role may see less than before".to_owned());
        }
        if !lost.is_empty() {
            let total = history.observations.len().max(1);
            if privileges_changed {
                why.push(format!(
                    "{} vanished while the role's privileges changed",
                    crate::notices::count(lost.len(), "relation")
                ));
            }
            let percent = 100.0 * lost.len() as f64 / total as f64;
            if lost.len() as u64 >= settings.drift.vanish_objects && percent > settings.drift.vanish_percent {
                why.push(format!("{} of {total} relations vanished at once", lost.len()));
            }
            let schema = |o: &&Observation| o.table.name.schema.clone();
            let before: BTreeSet<_> = history.observations.values().map(|o| o.table.name.schema.clone()).collect();
            for gone in &before {
                let all = history.observations.values().filter(|o| o.table.name.schema == *gone).count();
                let lost_here = lost.iter().filter(|o| schema(o) == *gone).count();
                if all == lost_here {
                    why.push(format!("schema {} is gone as a whole", gone.as_deref().unwrap_or("(default)")));
                }
            }
        }
        let may_drop = matches!(report.status, ScanStatus::Complete | ScanStatus::Suspect);
        if why.is_empty() || (confirmed && may_drop) {
            trust.drops = may_drop && (report.status == ScanStatus::Complete || confirmed);
            if confirmed {
                trust.status = ScanStatus::Complete;
            }
            for setting in [suspect_setting(name), confirmed_setting(name)] {
                trust.settings.push(Write::PutSetting { name: setting, value: None });
            }
            return Ok(trust);
        }
        // The same loss twice in a row, with privileges as they were, is a fact.
        let again =
            earlier.as_deref() == Some(&lost_print.0) && !privileges_changed && report.status == ScanStatus::Complete;
        if again {
            trust.drops = true;
            trust.settings.push(Write::PutSetting { name: suspect_setting(name), value: None });
            trust.findings.push(
                Finding::info("loss-confirmed", format!("two scans in a row agree: {}", why.join("; "))).about(name),
            );
            return Ok(trust);
        }
        trust.status = ScanStatus::Suspect;
        let remedy = if privileges_changed || report.status == ScanStatus::Suspect {
            "restore the grants (`tessera doctor` prints them), or confirm the scan if the loss is meant"
        } else {
            "nothing is reported as dropped; if the next scan agrees it is believed, or confirm the scan now"
        };
        trust.findings.push(
            Finding::warning("suspect-scan", format!("not believed: {}", why.join("; "))).about(name).remedy(remedy),
        );
        if earlier.as_deref() != Some(&lost_print.0) {
            trust.tell = Some(lost_print.0.clone());
        }
        trust.settings.push(Write::PutSetting { name: suspect_setting(name), value: Some(lost_print.0) });
        Ok(trust)
    }

    fn tell_suspect(&self, snapshot: &Snapshot, scan: &Scan, key: &str, batch: &mut Batch) {
        let Some(finding) = scan.findings.iter().find(|f| f.code == "suspect-scan") else { return };
        let notice = self.drift_notice(
            tessera_ports::notifier::NoticeKind::Attention,
            &format!("scan:{}", scan.warehouse),
            format!("Scan of {} is suspect", scan.warehouse),
            format!("{}. {}", finding.message, finding.remedy.clone().unwrap_or_default()),
            &[],
        );
        batch.outbox.extend(self.messages(&notice, &[None], snapshot, key));
    }

    /// Stops running scans: shutdown.
    pub fn stop_scans(&self) {
        for token in Self::lock(&self.scanning).values() {
            token.cancel();
        }
    }
}

/// How far a scan is believed.
struct Trust {
    status: ScanStatus,
    drops: bool,
    findings: Vec<Finding>,
    settings: Vec<Write>,
    /// Tell people, once per distinct loss.
    tell: Option<String>,
}
