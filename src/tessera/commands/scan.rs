//! `tessera scan`: now, not at the next slot. With --dry-run the warehouse is read here and nothing is written; otherwise the
//! daemon does it.

use crate::cli::ScanArgs;
use crate::client::Client;
use crate::commands::{print, say};
use crate::{CommandResult, config, wiring};
use anyhow::{Result, anyhow};
use async_trait::async_trait;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;
use tessera_ports::warehouse::ObservedTable;
use tessera_ports::{ScanSink, WarehouseError};

/// Counts, and shows a bar on a terminal.
struct Counter {
    bar: ProgressBar,
    tables: Vec<ObservedTable>,
}

#[async_trait]
impl ScanSink for Counter {
    async fn table(&mut self, table: ObservedTable) -> Result<(), WarehouseError> {
        self.bar.inc(1);
        self.tables.push(table);
        Ok(())
    }
    fn progress(&mut self, _done: u64, total: Option<u64>) {
        if let Some(total) = total {
            self.bar.set_length(total);
        }
    }
}

pub(crate) async fn run(args: ScanArgs, config_path: Option<&Path>) -> CommandResult {
    let loaded = config::load(config_path)?;
    let names: Vec<String> = loaded
        .settings
        .warehouse
        .iter()
        .map(|w| w.name.clone())
        .filter(|n| args.warehouse.as_ref().is_none_or(|w| w == n))
        .collect();
    if names.is_empty() {
        return Err(match &args.warehouse {
            Some(name) => anyhow!("no [[warehouse]] `{name}` is configured"),
            None => anyhow!("no [[warehouse]] is configured"),
        });
    }
    let mut worst = 0;
    for name in names {
        let code = if args.dry_run {
            dry_run(&loaded.settings, &name).await?
        } else {
            through_daemon(&args, &name, config_path).await?
        };
        worst = worst.max(code);
    }
    Ok(worst)
}

async fn dry_run(settings: &tessera_engine::Settings, name: &str) -> CommandResult {
    let Some(configured) = settings.warehouse.iter().find(|w| w.name == name) else { return Ok(2) };
    let warehouse = wiring::build_warehouse(configured)?;
    // indicatif draws on a terminal only.
    let bar = ProgressBar::new_spinner().with_style(
        ProgressStyle::with_template("{spinner} {msg} {pos}/{len} tables {elapsed}")
            .unwrap_or_else(|_| ProgressStyle::default_spinner()),
    );
    bar.set_message(name.to_owned());
    let mut sink = Counter { bar, tables: Vec::new() };
    let report = warehouse.scan(None, &mut sink).await.map_err(|e| anyhow!("{name}: {e}"))?;
    sink.bar.finish_and_clear();
    let mut out = String::new();
    writeln!(
        out,
        "{name}: {}, {} tables and views, {} columns in {}",
        status(&json!(report.status)),
        report.tables,
        report.columns,
        report.scopes.join(", ")
    )?;
    for table in &sink.tables {
        writeln!(out, "  {} ({} columns)", table.name, table.schema.columns.len())?;
    }
    crate::output::finding_lines(&report.findings, &mut std::io::stderr(), false)?;
    print(&out)
}

async fn through_daemon(args: &ScanArgs, name: &str, config_path: Option<&Path>) -> CommandResult {
    let client = Client::new(&args.server, config_path)?;
    let full = if args.full { "true" } else { "false" };
    let started = client.post(&format!("/warehouses/{name}/scan"), &[("full", full)], &json!({})).await?;
    let id = started
        .get("id")
        .and_then(Value::as_str)
        .ok_or_else(|| anyhow!("the daemon's answer names no scan"))?
        .to_owned();
    let bar = ProgressBar::new_spinner();
    let done = loop {
        let scan = client.get(&format!("/scans/{id}"), &[]).await?;
        if scan.get("status").and_then(Value::as_str) != Some("running") {
            break scan;
        }
        let seen = scan.pointer("/progress/done").and_then(Value::as_u64).unwrap_or_default();
        bar.set_message(format!("{name}: {seen} tables"));
        bar.tick();
        tokio::time::sleep(Duration::from_millis(200)).await;
    };
    bar.finish_and_clear();
    let number = |key: &str| done.get(key).and_then(Value::as_u64).unwrap_or_default();
    print(&format!(
        "{name}: {}; {} tables, {} added, {} altered, {} dropped; drift: {} opened, {} resolved",
        status(&done["status"]),
        number("tables"),
        number("added"),
        number("altered"),
        number("dropped"),
        number("drifts_opened"),
        number("drifts_resolved")
    ))?;
    if let Some(error) = done.get("error").and_then(Value::as_str) {
        say(&format!("  {error}"));
    }
    for finding in done.get("findings").and_then(Value::as_array).into_iter().flatten() {
        say(&format!("  {}", finding.get("message").and_then(Value::as_str).unwrap_or_default()));
    }
    Ok(match done.get("status").and_then(Value::as_str) {
        Some("complete" | "unchanged") => 0,
        _ => 2,
    })
}

fn status(value: &Value) -> String {
    value.as_str().unwrap_or("?").to_owned()
}
