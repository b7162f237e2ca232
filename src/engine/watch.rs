//! Watching one dbt project's artifacts. dbt writes manifest.json non-atomically and twice per command, so a file counts
//! only when its size and time have stood still and its JSON is whole; until then the last good one stays. Events are hints,
//! polling is the truth (network file systems have no events), and a `target/` that is deleted and made again is found again.

use crate::engine::Engine;
use crate::ingest::Ingest;
use crate::settings::DbtSettings;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tessera_model::{Actor, Fingerprint};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A file must not have changed for so long.
const STILL: Duration = Duration::from_millis(500);
/// A file that is being written is waited for so long before it is reported.
const PATIENCE: Duration = Duration::from_secs(60);

/// Size and time of a file: equal twice means that nobody writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    size: u64,
    modified: Option<SystemTime>,
}

async fn stamp(path: &Path) -> Option<Stamp> {
    let meta = tokio::fs::metadata(path).await.ok()?;
    meta.is_file().then(|| Stamp { size: meta.len(), modified: meta.modified().ok() })
}

/// Where a project's artifacts are: `path` is the `target/` directory or a manifest file.
fn manifest_path(path: &Path) -> PathBuf {
    let name = path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
    if name.ends_with(".json") || name.ends_with(".gz") {
        return path.to_owned();
    }
    let zipped = path.join("manifest.json.gz");
    if !path.join("manifest.json").exists() && zipped.exists() { zipped } else { path.join("manifest.json") }
}

fn catalog_path(manifest: &Path) -> PathBuf {
    let plain = manifest.with_file_name("catalog.json");
    let zipped = manifest.with_file_name("catalog.json.gz");
    if !plain.exists() && zipped.exists() { zipped } else { plain }
}

/// Watches until stopped.
pub async fn run(engine: Arc<Engine>, project: DbtSettings, stop: CancellationToken) {
    let (tx, mut rx) = mpsc::unbounded_channel::<()>();
    let root = PathBuf::from(&project.path);
    let mut events = Events::new(tx);
    let mut watch = Watch { engine, project, last: None, refused: None };
    loop {
        events.attach(&root);
        watch.look(&stop).await;
        let poll = Duration::from_secs(u64::from(watch.project.poll_seconds.max(1)));
        tokio::select! {
            () = stop.cancelled() => return,
            _ = rx.recv() => while rx.try_recv().is_ok() {},
            () = tokio::time::sleep(poll) => {}
        }
    }
}

struct Watch {
    engine: Arc<Engine>,
    project: DbtSettings,
    /// What was taken in last: manifest and catalog.
    last: Option<(Stamp, Option<Stamp>)>,
    /// Content that was refused, so that the same bytes are complained about once.
    refused: Option<Fingerprint>,
}

impl Watch {
    async fn look(&mut self, stop: &CancellationToken) {
        let begun = Instant::now();
        loop {
            let manifest = manifest_path(Path::new(&self.project.path));
            let catalog = catalog_path(&manifest);
            let Some(before) = stamp(&manifest).await else { return };
            let catalog_before = stamp(&catalog).await;
            if self.last == Some((before, catalog_before)) {
                return;
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(STILL) => {}
            }
            if stamp(&manifest).await != Some(before) || stamp(&catalog).await != catalog_before {
                continue;
            }
            match self.take(&manifest, &catalog, begun).await {
                Taken::Done => {
                    self.last = Some((before, catalog_before));
                    return;
                }
                Taken::Later => {
                    tokio::select! {
                        () = stop.cancelled() => return,
                        () = tokio::time::sleep(Duration::from_secs(1)) => {}
                    }
                    if begun.elapsed() > PATIENCE {
                        return;
                    }
                }
            }
        }
    }

    async fn take(&mut self, manifest: &Path, catalog: &Path, begun: Instant) -> Taken {
        let name = self.project.name.clone();
        let Ok(bytes) = tokio::fs::read(manifest).await else { return Taken::Later };
        match tessera_dbt::peek_whole(&bytes, &tessera_dbt::Limits::default()) {
            Ok(_) => {}
            Err(e) if e.is_transient() => {
                if begun.elapsed() > PATIENCE {
                    tracing::warn!(project = %name, "manifest.json has been incomplete for a minute; the last good one stays");
                } else {
                    tracing::debug!(project = %name, "waiting for dbt to finish");
                }
                return Taken::Later;
            }
            Err(e) => {
                self.complain(&name, &bytes, &e.to_string());
                return Taken::Done;
            }
        }
        let catalog_bytes = tokio::fs::read(catalog).await.ok();
        let catalog_bytes =
            catalog_bytes.filter(|b| match tessera_dbt::peek_whole(b, &tessera_dbt::Limits::default()) {
                Ok(_) => true,
                Err(e) => {
                    tracing::debug!(project = %name, error = %e, "catalog.json is not used");
                    false
                }
            });
        let codeowners = match &self.project.codeowners {
            None => None,
            Some(path) => match tokio::fs::read_to_string(path).await {
                Ok(text) => Some(text),
                Err(e) => {
                    tracing::warn!(project = %name, path, error = %e, "CODEOWNERS cannot be read");
                    None
                }
            },
        };
        let request = Ingest {
            project: Some(&name),
            environment: Some(&self.project.environment),
            manifest: &bytes,
            catalog: catalog_bytes.as_deref(),
            codeowners: codeowners.as_deref(),
            confirmed: false,
        };
        match self.engine.ingest(&Actor::daemon(), request).await {
            Ok(report) => {
                self.refused = None;
                let proposals: BTreeSet<_> =
                    report.proposals.iter().filter(|p| p.status == "pending").map(|p| p.asset.as_str()).collect();
                tracing::info!(project = %name, outcome = %report.outcome, models = report.models, compiled = report.coverage.compiled, contracts = report.contracts_published, pending = ?proposals, "manifest");
                Taken::Done
            }
            Err(e) if e.kind == crate::ErrorKind::Unavailable => {
                tracing::warn!(project = %name, error = %e, "the manifest waits for the store");
                Taken::Later
            }
            Err(e) if e.code == "INVALID_ARTIFACT" && e.message.contains("incomplete") => Taken::Later,
            Err(e) => {
                self.complain(&name, &bytes, &e.message);
                Taken::Done
            }
        }
    }

    fn complain(&mut self, name: &str, bytes: &[u8], why: &str) {
        let print = Fingerprint::of_bytes(bytes);
        if self.refused.as_ref() != Some(&print) {
            tracing::warn!(project = %name, error = %why, "manifest refused; the last good one stays");
            self.refused = Some(print);
        }
    }
}

enum Taken {
    Done,
    Later,
}

/// File events, re-attached as folders come and go.
struct Events {
    watcher: Option<RecommendedWatcher>,
    attached: BTreeSet<PathBuf>,
}

impl Events {
    fn new(tx: mpsc::UnboundedSender<()>) -> Self {
        let handler = move |event: notify::Result<notify::Event>| {
            let wanted = event.map_or(true, |e| !matches!(e.kind, notify::EventKind::Access(_)));
            if wanted {
                let _ = tx.send(());
            }
        };
        let watcher = notify::recommended_watcher(handler)
            .inspect_err(|e| tracing::warn!(error = %e, "no file events: polling only"))
            .ok();
        Events { watcher, attached: BTreeSet::new() }
    }

    /// Watches the folder of the manifest and the one above it, as far as they exist now.
    fn attach(&mut self, path: &Path) {
        let Some(watcher) = &mut self.watcher else { return };
        let folder = manifest_path(path).parent().map(Path::to_owned).unwrap_or_default();
        let above = folder.parent().map(Path::to_owned).unwrap_or_default();
        for dir in [folder, above] {
            let dir = if dir.as_os_str().is_empty() { PathBuf::from(".") } else { dir };
            if !dir.is_dir() {
                // Gone: a new folder of that name is another inode and needs a new watch.
                if self.attached.remove(&dir) {
                    let _ = watcher.unwatch(&dir);
                }
            } else if !self.attached.contains(&dir) && watcher.watch(&dir, RecursiveMode::NonRecursive).is_ok() {
                self.attached.insert(dir);
            }
        }
    }
}
