//! The daemon's loops around the use cases: lead, watch, schedule, deliver, remind. Started together, stopped together;
//! watching and scheduling start anew when the configuration is reloaded.

use crate::engine::{Adapters, Engine};
use crate::settings::Settings;
use crate::{deliver, schedule, watch};
use std::sync::Arc;
use std::time::Duration;
use tessera_ports::store::Fence;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

const LEASE: &str = "scheduler";
const LEASE_SECONDS: u32 = 15;
const RENEW: Duration = Duration::from_secs(4);
/// A graceful stop waits so long for work under way.
const DRAIN: Duration = Duration::from_secs(10);

/// A validated configuration that replaces the running one.
#[derive(Debug)]
pub struct Reload {
    pub settings: Settings,
    pub adapters: Adapters,
}

/// Runs everything until `stop`; returns when all loops have ended or the drain time is over.
pub async fn run(
    engine: Arc<Engine>,
    replica: Option<String>,
    mut reloads: mpsc::Receiver<Reload>,
    stop: CancellationToken,
) {
    // One SQLite file has one daemon, so that one may take its own lease back at once after a crash.
    let holder = replica.unwrap_or_else(|| match engine.store().backend() {
        "sqlite" => "this daemon".to_owned(),
        _ => engine.ids().next().to_string(),
    });
    let tasks = TaskTracker::new();
    tasks.spawn(lead(engine.clone(), holder.clone(), stop.clone()));
    tasks.spawn(deliver::run(engine.clone(), holder.clone(), stop.clone()));
    tasks.spawn(remind(engine.clone(), stop.clone()));
    let mut changing = spawn_changing(&engine, &tasks, &stop);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            Some(reload) = reloads.recv() => {
                changing.cancel();
                engine.reconfigure(reload.settings, reload.adapters);
                tracing::info!("configuration reloaded");
                changing = spawn_changing(&engine, &tasks, &stop);
            }
        }
    }
    engine.stop_scans();
    tasks.close();
    if tokio::time::timeout(DRAIN, tasks.wait()).await.is_err() {
        tracing::warn!("some work did not end in time; it is taken up again at the next start");
    }
    if engine.fence().is_some() {
        engine.set_fence(None);
        let _ = engine.store().release_lease(LEASE, &holder).await;
    }
}

fn spawn_changing(engine: &Arc<Engine>, tasks: &TaskTracker, stop: &CancellationToken) -> CancellationToken {
    let token = stop.child_token();
    let settings = engine.settings();
    for project in &settings.dbt {
        tasks.spawn(watch::run(engine.clone(), project.clone(), token.clone()));
    }
    for warehouse in &settings.warehouse {
        tasks.spawn(schedule::run(engine.clone(), warehouse.clone(), token.clone()));
    }
    token
}

/// Takes and keeps the lease; while it is held, scheduled writes carry its epoch.
async fn lead(engine: Arc<Engine>, holder: String, stop: CancellationToken) {
    loop {
        match engine.store().acquire_lease(LEASE, &holder, LEASE_SECONDS).await {
            Ok(Some(lease)) => {
                if engine.fence().is_none() {
                    tracing::info!(epoch = lease.epoch, "leading: this daemon schedules scans and reminders");
                }
                engine.set_fence(Some(Fence { lease: LEASE.into(), holder: holder.clone(), epoch: lease.epoch }));
                engine.metrics().leading(true);
            }
            Ok(None) => {
                if engine.fence().is_some() {
                    tracing::warn!("another daemon leads now");
                }
                engine.set_fence(None);
                engine.metrics().leading(false);
            }
            // Not reachable: what was promised by the lease may be over by the time it is.
            Err(e) => tracing::warn!(error = %e, "the lease could not be renewed"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(RENEW) => {}
        }
    }
}

/// Deadlines and reminders, by the leader.
async fn remind(engine: Arc<Engine>, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(Duration::from_secs(20)) => {}
        }
        if engine.fence().is_some()
            && let Err(e) = engine.tick_proposals().await
        {
            tracing::warn!(error = %e, "deadlines could not be looked at");
        }
    }
}
