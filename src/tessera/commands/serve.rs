//! `tessera serve`: the daemon. Starts whatever is down around it, reloads its configuration on SIGHUP and when the file
//! changes, stops gracefully.

use crate::cli::ServeArgs;
use crate::commands::{logs, say};
use crate::config::{self, Loaded};
use crate::{CommandResult, wiring};
use anyhow::{Context, Result, anyhow, bail};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tessera_engine::Engine;
use tessera_engine::daemon::{self, Reload};
use tessera_http::HttpOptions;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Set while a daemon runs: Ctrl-C then stops it gracefully.
pub(crate) static GRACEFUL: AtomicBool = AtomicBool::new(false);

/// How often the configuration file is looked at.
const CONFIG_POLL: Duration = Duration::from_secs(2);

fn load(args: &ServeArgs, config_path: Option<&Path>) -> Result<Loaded> {
    let mut loaded = config::load(config_path)?;
    let settings = &mut loaded.settings;
    if let Some(store) = &args.store {
        settings.store.url.clone_from(store);
    }
    if let Some(listen) = &args.listen {
        settings.server.listen.clone_from(listen);
    }
    if args.no_auth {
        settings.server.auth = false;
    }
    config::validate(settings)?;
    let address: SocketAddr =
        settings.server.listen.parse().map_err(|_| anyhow!("`{}` is no address:port", settings.server.listen))?;
    if !settings.server.auth && !address.ip().is_loopback() {
        bail!(
            "without authentication the daemon listens on loopback addresses only (127.0.0.1), not on {address}: leave --no-auth out, or change --listen"
        );
    }
    Ok(loaded)
}

pub(crate) async fn run(args: ServeArgs, config_path: Option<&Path>) -> CommandResult {
    let loaded = load(&args, config_path)?;
    logs(&loaded.settings.log);
    let engine = wiring::engine(&loaded).await?;
    let listener = TcpListener::bind(&loaded.settings.server.listen)
        .await
        .with_context(|| format!("cannot listen on {}", loaded.settings.server.listen))?;
    GRACEFUL.store(true, Ordering::SeqCst);
    let stop = CancellationToken::new();
    tokio::spawn(stop_on_signal(stop.clone()));
    let (tx, rx) = mpsc::channel(1);
    tokio::spawn(reload_on_change(args, loaded.path.clone(), config_path.map(Path::to_owned), tx, stop.clone()));
    if !loaded.settings.server.auth {
        say("WARNING: authentication is OFF: everybody who reaches this address is an administrator");
    }
    run_daemon(engine, listener, rx, stop).await?;
    Ok(0)
}

/// The daemon on a listener of its own: what `serve` and `demo` share.
pub(crate) async fn run_daemon(
    engine: Arc<Engine>,
    listener: TcpListener,
    reloads: mpsc::Receiver<Reload>,
    stop: CancellationToken,
) -> Result<()> {
    let settings = engine.settings();
    let address = listener.local_addr().context("the listener has no address")?;
    let options = HttpOptions {
        auth: settings.server.auth,
        max_body: settings.server.max_body,
        version: env!("CARGO_PKG_VERSION"),
    };
    let router = tessera_http::router(engine.clone(), options);
    tracing::info!(%address, store = engine.store().backend(), dbt = settings.dbt.len(), warehouses = settings.warehouse.len(), notifiers = settings.notify.len(), "tessera is up");
    // The graph is built before the first question.
    if let Err(e) = engine.fresh().await {
        tracing::warn!(error = %e, "the graph could not be built yet");
    }
    let loops = tokio::spawn(daemon::run(engine.clone(), settings.server.replica.clone(), reloads, stop.clone()));
    let stopping = stop.clone();
    let served = axum::serve(listener, router).with_graceful_shutdown(async move { stopping.cancelled().await });
    let graceful = stop.clone();
    tokio::select! {
        result = served => result.context("the HTTP server stopped")?,
        // Connections that are kept open do not keep the daemon up.
        () = async { graceful.cancelled().await; tokio::time::sleep(Duration::from_secs(5)).await } => {}
    }
    stop.cancel();
    let _ = loops.await;
    tracing::info!("tessera has stopped");
    Ok(())
}

/// The first SIGTERM or Ctrl-C stops gracefully, the second at once.
async fn stop_on_signal(stop: CancellationToken) {
    signal().await;
    tracing::info!("stopping: finishing what is under way (once more to stop at once)");
    stop.cancel();
    signal().await;
    std::process::exit(130);
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut term) => tokio::select! {
            _ = term.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        },
        Err(_) => drop(tokio::signal::ctrl_c().await),
    }
}

#[cfg(not(unix))]
async fn signal() {
    drop(tokio::signal::ctrl_c().await);
}

#[cfg(unix)]
async fn hangup() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::hangup()) {
        Ok(mut hup) => drop(hup.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(not(unix))]
async fn hangup() {
    std::future::pending().await
}

/// Reads the configuration again on SIGHUP and when the file changes. A bad one is refused and the old one keeps running.
async fn reload_on_change(
    args: ServeArgs,
    file: Option<PathBuf>,
    explicit: Option<PathBuf>,
    tx: mpsc::Sender<Reload>,
    stop: CancellationToken,
) {
    let stamp = |file: &Option<PathBuf>| {
        file.as_ref().and_then(|f| std::fs::metadata(f).ok()).and_then(|m| Some((m.len(), m.modified().ok()?)))
    };
    let mut last = stamp(&file);
    loop {
        let asked = tokio::select! {
            () = stop.cancelled() => return,
            () = hangup() => true,
            () = tokio::time::sleep(CONFIG_POLL) => false,
        };
        let now = stamp(&file);
        if !asked && (now == last || now.is_none()) {
            continue;
        }
        last = now;
        let fresh = load(&args, explicit.as_deref().or(file.as_deref())).and_then(|loaded| {
            let adapters = wiring::adapters(&loaded.settings)?;
            Ok(Reload { settings: loaded.settings, adapters })
        });
        match fresh {
            Ok(reload) => {
                if tx.send(reload).await.is_err() {
                    return;
                }
            }
            Err(e) => {
                tracing::error!(
                    error = format!("{e:#}"),
                    "the new configuration is refused; the old one keeps running"
                );
            }
        }
    }
}
