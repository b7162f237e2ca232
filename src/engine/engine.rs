//! The engine itself: what every use case holds, and the one way it commits.

use crate::error::{EngineError, Result};
use crate::metrics::Metrics;
use crate::requests::Progress;
use crate::settings::Settings;
use crate::snapshot::Snapshot;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use tessera_lineage::Cache;
use tessera_model::actor::Scope;
use tessera_model::ids::AuditId;
use tessera_model::{Actor, ActorKind};
use tessera_ports::records::AuditEvent;
use tessera_ports::store::Fence;
use tessera_ports::{Batch, Clock, Ids, Notifier, Store, StoreError, Warehouse, Write};
use tokio::sync::Notify;

/// Name of the setting that changes with everything the graph is built from.
pub(crate) const GENERATION: &str = "generation";

/// Optimistic use cases give up after so many lost races.
pub(crate) const ATTEMPTS: usize = 12;

/// Adapters, by configured name.
#[derive(Debug, Default, Clone)]
pub struct Adapters {
    pub warehouses: BTreeMap<String, Arc<dyn Warehouse>>,
    pub notifiers: BTreeMap<String, Arc<dyn Notifier>>,
}

#[derive(Debug)]
pub struct Engine {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    settings: ArcSwap<Settings>,
    adapters: ArcSwap<Adapters>,
    snapshot: ArcSwap<Snapshot>,
    metrics: Metrics,
    pub(crate) cache: Mutex<Cache>,
    pub(crate) parsed: Mutex<crate::snapshot::ParsedArtifacts>,
    pub(crate) quarantine: tokio::sync::Mutex<crate::quarantine::Quarantine>,
    /// One rebuild of the snapshot at a time.
    pub(crate) rebuild: tokio::sync::Mutex<()>,
    /// One ingest at a time: two manifests of one project must not race each other.
    pub(crate) ingesting: tokio::sync::Mutex<()>,
    /// Warehouses being scanned now: scans of one warehouse never overlap.
    pub(crate) scanning: Mutex<BTreeMap<String, tokio_util::sync::CancellationToken>>,
    progress: Mutex<BTreeMap<String, Progress>>,
    /// Wakes the deliverer after each commit with messages.
    pub(crate) outbox_wake: Notify,
    /// Set while this daemon leads: scheduled writes carry it.
    fence: Mutex<Option<Fence>>,
}

impl Engine {
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        settings: Settings,
        adapters: Adapters,
    ) -> Arc<Self> {
        Arc::new(Engine {
            store,
            clock,
            ids,
            settings: ArcSwap::from_pointee(settings),
            adapters: ArcSwap::from_pointee(adapters),
            snapshot: ArcSwap::from_pointee(Snapshot::default()),
            metrics: Metrics::default(),
            cache: Mutex::default(),
            parsed: Mutex::default(),
            quarantine: tokio::sync::Mutex::default(),
            rebuild: tokio::sync::Mutex::default(),
            ingesting: tokio::sync::Mutex::default(),
            scanning: Mutex::default(),
            progress: Mutex::default(),
            outbox_wake: Notify::new(),
            fence: Mutex::default(),
        })
    }

    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }
    pub fn clock(&self) -> &dyn Clock {
        &*self.clock
    }
    pub fn ids(&self) -> &dyn Ids {
        &*self.ids
    }
    pub fn settings(&self) -> Arc<Settings> {
        self.settings.load_full()
    }
    pub fn adapters(&self) -> Arc<Adapters> {
        self.adapters.load_full()
    }
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Swaps configuration and adapters after both were validated as a whole.
    pub fn reconfigure(&self, settings: Settings, adapters: Adapters) {
        self.adapters.store(Arc::new(adapters));
        self.settings.store(Arc::new(settings));
    }

    /// The graph as last built. May lag behind the store by a moment; use cases that decide use `fresh`.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    pub(crate) fn swap_snapshot(&self, snapshot: Arc<Snapshot>) {
        self.snapshot.store(snapshot);
    }

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub async fn ready(&self) -> Result<()> {
        Ok(self.store.ping().await?)
    }

    // A poisoned lock only means that another thread panicked; the maps stay usable.
    pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
        mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub fn set_fence(&self, fence: Option<Fence>) {
        *Self::lock(&self.fence) = fence;
    }
    pub(crate) fn fence(&self) -> Option<Fence> {
        Self::lock(&self.fence).clone()
    }

    pub fn progress(&self) -> Vec<Progress> {
        Self::lock(&self.progress).values().cloned().collect()
    }
    pub(crate) fn set_progress(&self, what: &str, progress: Option<Progress>) {
        let mut all = Self::lock(&self.progress);
        match progress {
            Some(p) => drop(all.insert(what.to_owned(), p)),
            None => drop(all.remove(what)),
        }
    }

    pub(crate) fn audit_event(
        &self,
        actor: &Actor,
        entity: &str,
        id: impl ToString,
        action: &str,
        payload: Value,
    ) -> AuditEvent {
        AuditEvent {
            id: AuditId(self.ids.next()),
            at: self.now(),
            entity: entity.to_owned(),
            entity_id: id.to_string(),
            action: action.to_owned(),
            actor: actor.clone(),
            payload,
        }
    }

    /// The write that tells every replica to rebuild its graph.
    pub(crate) fn touch(&self) -> Write {
        Write::PutSetting { name: GENERATION.into(), value: Some(self.ids.next().to_string()) }
    }

    /// Commits, wakes the deliverer when messages were written, and counts.
    pub(crate) async fn commit(&self, batch: Batch) -> std::result::Result<(), StoreError> {
        let messages = batch.outbox.len();
        let result = self.store.commit(batch).await;
        self.metrics.commit(result.is_ok());
        if result.is_ok() && messages > 0 {
            self.outbox_wake.notify_one();
        }
        result
    }
}

/// Refuses callers below the needed scope.
pub(crate) fn need(actor: &Actor, scope: Scope) -> Result<()> {
    if actor.scope >= scope {
        return Ok(());
    }
    let name = match scope {
        Scope::Read => "read",
        Scope::Write => "write",
        Scope::Admin => "admin",
    };
    Err(EngineError::forbidden("INSUFFICIENT_SCOPE", format!("this needs a key with scope `{name}`")))
}

/// Admins act for every team, others for their own.
pub(crate) fn need_team(actor: &Actor, team: Option<tessera_model::ids::TeamId>, what: &str) -> Result<()> {
    need(actor, Scope::Write)?;
    if actor.scope == Scope::Admin && actor.kind != ActorKind::Agent {
        return Ok(());
    }
    if team.is_some() && actor.team == team {
        return Ok(());
    }
    Err(EngineError::forbidden(
        "UNAUTHORIZED_TEAM",
        format!("only the team that owns it (or an administrator) may {what}"),
    ))
}

/// Runs an optimistic use case again when somebody else was faster.
macro_rules! retry {
    ($body:expr) => {{
        let mut attempt = 0;
        loop {
            attempt += 1;
            match $body {
                Err(e)
                    if attempt < $crate::engine::ATTEMPTS
                        && e.kind == $crate::error::ErrorKind::Conflict
                        && e.code == "CONFLICT" =>
                {
                    tokio::time::sleep(std::time::Duration::from_millis(2 * attempt as u64)).await;
                }
                other => break other,
            }
        }
    }};
}
pub(crate) use retry;
