//! `tessera doctor`: is everything there that the daemon needs? Each finding says how to mend it. Exit 0 when nothing is an
//! error, 2 otherwise.

use crate::cli::{DoctorArgs, Format};
use crate::commands::{admin, print};
use crate::{CommandResult, artifacts, config, output, wiring};
use std::path::Path;
use std::time::Duration;
use tessera_engine::Settings;
use tessera_engine::settings::DbtSettings;
use tessera_model::{Finding, Severity};
use tessera_ports::{NotifierSpec, WarehouseSpec};

/// A foreign system gets so long to answer.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn run(
    args: DoctorArgs,
    config_path: Option<&Path>,
    warehouses: &[WarehouseSpec],
    notifiers: &[NotifierSpec],
) -> CommandResult {
    let mut findings = Vec::new();
    match config::load(config_path) {
        Err(e) => findings.push(
            Finding::error("configuration", format!("{e:#}"))
                .about("tessera.toml")
                .remedy("mend the place named above; config.example.toml shows every key"),
        ),
        Ok(loaded) => {
            let from = loaded.path.as_ref().map_or_else(|| "built-in defaults".to_owned(), |p| p.display().to_string());
            findings.push(Finding::info("configuration", "the configuration is right").about(from));
            for project in &loaded.settings.dbt {
                findings.extend(dbt(project));
            }
            nothing_configured(&loaded.settings, warehouses, notifiers, &mut findings);
            adapters(&loaded.settings, &mut findings).await;
            store(&loaded.settings, &mut findings).await;
            port(&loaded.settings.server.listen, &mut findings).await;
        }
    }
    let bad = findings.iter().any(|f| f.severity == Severity::Error);
    match args.output {
        Format::Json => {
            let report = serde_json::json!({"schema_version": 1, "ok": !bad, "findings": findings});
            print(&serde_json::to_string_pretty(&report)?)?;
        }
        Format::Text => {
            let mut text = Vec::new();
            output::finding_lines(&findings, &mut text, false)?;
            print(&String::from_utf8_lossy(&text))?;
            print(if bad { "\nsomething is wrong (exit 2)" } else { "\nnothing is wrong" })?;
        }
    }
    Ok(if bad { 2 } else { 0 })
}

fn nothing_configured(
    settings: &Settings,
    warehouses: &[WarehouseSpec],
    notifiers: &[NotifierSpec],
    findings: &mut Vec<Finding>,
) {
    let kinds = |all: Vec<&str>| all.join(", ");
    if settings.dbt.is_empty() {
        findings.push(
            Finding::warning(
                "no-dbt",
                "no dbt project is watched: readers are known from registrations and views only",
            )
            .remedy("add [[dbt]] with name and path, or run `tessera init --dbt-dir DIR`"),
        );
    }
    if settings.warehouse.is_empty() {
        let known = kinds(warehouses.iter().map(|s| s.kind).collect());
        findings.push(
            Finding::warning("no-warehouse", "no warehouse is scanned: drift past dbt is not seen")
                .remedy(format!("add [[warehouse]] with name and kind ({known})")),
        );
    }
    if settings.notify.is_empty() {
        let known = kinds(notifiers.iter().map(|s| s.kind).collect());
        findings.push(
            Finding::warning("no-notifier", "nobody is told: proposals wait in the inbox only")
                .remedy(format!("add [[notify]] with name and kind ({known})")),
        );
    }
}

/// Manifest, its age against the models, how much is compiled, whether the catalog is of the same run.
fn dbt(project: &DbtSettings) -> Vec<Finding> {
    let about = |f: Finding| f.about(format!("dbt project {}", project.name));
    let path = Path::new(&project.path);
    let read = artifacts::manifest_file(path).and_then(|file| Ok((artifacts::read(&file, None)?, file)));
    let (found, file) = match read {
        Ok(found) => found,
        Err(e) => {
            let finding = Finding::error("manifest", format!("{e:#}"));
            return vec![about(finding.remedy("run `dbt compile`, or correct `path` under [[dbt]]"))];
        }
    };
    let state = match found.state() {
        Ok(state) => state,
        Err(e) => {
            let finding = Finding::error("manifest", format!("{e:#}"));
            return vec![about(finding.remedy("run `dbt compile` again"))];
        }
    };
    let mut out: Vec<Finding> = state.project.findings.iter().cloned().map(about).collect();
    let coverage = tessera_dbt::coverage(&state.project);
    let line = format!(
        "manifest {} of dbt {}: {} of {} models compiled",
        state.project.schema_version, state.project.dbt_version, coverage.compiled, coverage.models
    );
    out.push(about(if coverage.models > 0 && coverage.compiled == 0 {
        Finding::error("compiled", line).remedy("run `dbt compile`: `dbt parse` writes no SQL")
    } else if coverage.compiled < coverage.models {
        Finding::warning("compiled", line).remedy("compile everything once: `dbt compile --select fqn:*`")
    } else {
        Finding::info("compiled", line)
    }));
    out.push(about(match &state.catalog {
        None => Finding::info("catalog", "no catalog.json beside the manifest: types come from SQL and contracts"),
        Some(c) if tessera_dbt::catalog_freshness(&state.project, c).is_fresh() => {
            Finding::info("catalog", "catalog.json is of the same run")
        }
        Some(_) => Finding::warning("catalog", "catalog.json is older than the manifest: only its sources are used")
            .remedy("run `dbt docs generate`"),
    }));
    if let Some(newer) = newer_model(&file) {
        let finding = Finding::warning("stale-manifest", format!("{newer} is newer than the manifest"));
        out.push(about(finding.remedy("run `dbt compile`")));
    }
    out
}

/// A model file that was changed after the manifest was written.
fn newer_model(manifest: &Path) -> Option<String> {
    let written = std::fs::metadata(manifest).ok()?.modified().ok()?;
    let mut todo = vec![manifest.parent()?.parent()?.join("models")];
    while let Some(dir) = todo.pop() {
        for entry in std::fs::read_dir(dir).ok().into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                todo.push(path);
            } else if entry.metadata().ok().and_then(|m| m.modified().ok()).is_some_and(|t| t > written) {
                return Some(path.display().to_string());
            }
        }
    }
    None
}

async fn adapters(settings: &Settings, findings: &mut Vec<Finding>) {
    let built = match wiring::adapters(settings) {
        Ok(built) => built,
        Err(e) => {
            return findings.push(Finding::error("adapters", format!("{e:#}")).remedy("mend the settings named above"));
        }
    };
    let late =
        |name: &str| Finding::error("no-answer", format!("no answer within {} s", PATIENCE.as_secs())).about(name);
    for (name, warehouse) in &built.warehouses {
        let answer = tokio::time::timeout(PATIENCE, warehouse.check()).await.unwrap_or_else(|_| vec![late(name)]);
        findings.extend(under(&format!("warehouse {name}"), answer));
    }
    for (name, notifier) in &built.notifiers {
        let answer = tokio::time::timeout(PATIENCE, notifier.check()).await.unwrap_or_else(|_| vec![late(name)]);
        findings.extend(under(&format!("notifier {name}"), answer));
    }
}

/// An adapter that finds nothing to complain about is said to be fine.
fn under(name: &str, mut answer: Vec<Finding>) -> Vec<Finding> {
    if answer.is_empty() {
        answer.push(Finding::info("reachable", "answers, with everything it needs"));
    }
    for finding in &mut answer {
        finding.subject = Some(match &finding.subject {
            Some(what) if what != name => format!("{name}: {what}"),
            _ => name.to_owned(),
        });
    }
    answer
}

async fn store(settings: &Settings, findings: &mut Vec<Finding>) {
    let url = &settings.store.url;
    let shown = tessera_store::redact(url);
    let opened = match tessera_store::open_shared(url).await {
        Ok(store) => store,
        Err(e) => {
            let finding = Finding::error("store", e.to_string()).about(shown);
            return findings.push(finding.remedy("correct [store] url, or start the database"));
        }
    };
    match opened.ping().await {
        Ok(()) => findings.push(Finding::info("store", format!("{} answers", opened.backend())).about(shown.clone())),
        Err(e) => findings.push(Finding::error("store", e.to_string()).about(shown.clone())),
    }
    let engine = admin::engine_on(opened.clone(), settings.clone());
    if let Ok(texts @ 1..) = engine.texts_set_aside().await {
        let message =
            format!("{texts} SQL texts are set aside: their analysis ended the daemon; what they read is unknown");
        findings.push(
            Finding::warning("quarantined", message)
                .about(shown.clone())
                .remedy("change the models (coverage names them), or after an update: `tessera store release`"),
        );
    }
    match tessera_store::verify_audit(&*opened).await {
        Ok(n) => findings.push(Finding::info("audit", format!("{n} audit events, the chain is whole")).about(shown)),
        Err(fault) => findings.push(
            Finding::error("audit", fault.to_string())
                .about(shown)
                .remedy("somebody changed the audit log past Tessera: restore the store from a backup"),
        ),
    }
}

/// The port is free, or a Tessera answers there.
async fn port(listen: &str, findings: &mut Vec<Finding>) {
    let free = match tokio::net::TcpListener::bind(listen).await {
        Ok(_) => return findings.push(Finding::info("listen", "the address is free").about(listen)),
        Err(e) => e,
    };
    let client = reqwest::Client::builder().timeout(Duration::from_secs(3)).build();
    let alive = match client {
        Ok(c) => c.get(format!("http://{listen}/health")).send().await.is_ok_and(|r| r.status().is_success()),
        Err(_) => false,
    };
    findings.push(if alive {
        Finding::info("listen", "a daemon answers there").about(listen)
    } else {
        Finding::error("listen", format!("the address cannot be used: {free}"))
            .about(listen)
            .remedy("change [server] listen, or stop what holds it")
    });
}
