//! The binary: command line, configuration, wiring. Nothing is decided here; every command calls a use case and prints what
//! it says. Exit codes: 0 safe, 1 an unacknowledged breaking change, 2 could not decide or wrong input, 130 interrupted.

mod artifacts;
mod cli;
mod client;
mod commands;
mod config;
mod output;
mod schemas;
mod wiring;

use clap::Parser;
use std::process::ExitCode;

/// A third of lineage's time is small allocations, which this one serves fastest (docs/measurements.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// A message for people and the exit code that goes with it.
pub(crate) type CommandResult = anyhow::Result<u8>;

fn main() -> ExitCode {
    // One TLS provider for everything in the process, chosen explicitly.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(e) => {
            output::error(&anyhow::anyhow!("no threads to run on: {e}"));
            return ExitCode::from(2);
        }
    };
    let code = runtime.block_on(async {
        // In a task of its own: a command that computes, or waits for standard input, must not keep Ctrl-C waiting.
        let command = tokio::spawn(commands::run(cli));
        tokio::select! {
            result = command => result.unwrap_or_else(|e| Err(anyhow::anyhow!("the command failed: {e}"))),
            code = interrupted() => Ok(code),
        }
    });
    runtime.shutdown_timeout(std::time::Duration::from_millis(200));
    match code {
        Ok(code) => ExitCode::from(code),
        Err(e) => {
            output::error(&e);
            ExitCode::from(2)
        }
    }
}

/// Ctrl-C ends one-shot commands at once; the daemon has its own, graceful way.
async fn interrupted() -> u8 {
    let _ = tokio::signal::ctrl_c().await;
    if commands::serve::GRACEFUL.load(std::sync::atomic::Ordering::SeqCst) {
        std::future::pending::<()>().await;
    }
    130
}
