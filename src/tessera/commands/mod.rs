//! One file per command. Each returns the exit code.

mod ack;
mod admin;
mod check;
mod demo;
mod diff;
mod doctor;
mod exchange;
mod inbox;
mod init;
mod lineage;
mod propose;
mod scan;
pub(crate) mod serve;
mod waive;
mod who_uses;

pub(crate) use check::plain;
pub(crate) use who_uses::plural;

use crate::cli::{Cli, Command};
use crate::{CommandResult, wiring};
use std::io::Write;
use tessera_engine::settings::{LogFormat, LogSettings};
use tracing_subscriber::EnvFilter;

pub(crate) async fn run(cli: Cli) -> CommandResult {
    let config = cli.config.as_deref();
    if !matches!(cli.command, Command::Serve(_) | Command::Demo(_)) {
        let level = ["warn", "info", "debug"][usize::from(cli.verbose.min(2))];
        logs(&LogSettings { format: LogFormat::Text, level: level.into() });
    }
    match cli.command {
        Command::Demo(args) => demo::run(args, cli.verbose).await,
        Command::Init(args) => init::run(args),
        Command::Serve(args) => serve::run(args, config).await,
        Command::Check(args) => check::run(args, config).await,
        Command::Lineage(args) => lineage::run(args, config),
        Command::WhoUses(args) => who_uses::run(args, config).await,
        Command::Diff(args) => diff::run(args, config).await,
        Command::Import(args) => exchange::import(args),
        Command::Export(args) => exchange::export(args),
        Command::Scan(args) => scan::run(args, config).await,
        Command::Propose(args) => propose::run(args, config).await,
        Command::Inbox(args) => inbox::run(args, config).await,
        Command::Ack(args) => ack::run(args, config).await,
        Command::Waive(args) => waive::run(args, config).await,
        Command::Doctor(args) => doctor::run(args, config, &wiring::warehouse_specs(), &wiring::notifier_specs()).await,
        Command::Keys(args) => admin::keys(args, config).await,
        Command::Store(args) => admin::store(args, config).await,
        Command::Config(args) => admin::config(args, config),
        Command::Openapi => print(&tessera_http::openapi_json()),
        Command::Completions { shell } => completions(shell),
    }
}

/// Standard output carries data only.
pub(crate) fn print(text: &str) -> CommandResult {
    let mut out = std::io::stdout().lock();
    match out
        .write_all(text.as_bytes())
        .and_then(|()| if text.ends_with('\n') { Ok(()) } else { out.write_all(b"\n") })
        .and_then(|()| out.flush())
    {
        // A reader that has seen enough (`| head`) is no error.
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Ok(0),
        other => other.map(|()| 0).map_err(Into::into),
    }
}

/// Standard error carries what is about the data.
pub(crate) fn say(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

fn completions(shell: clap_complete::Shell) -> CommandResult {
    let mut command = <Cli as clap::CommandFactory>::command();
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut command, "tessera", &mut text);
    print(&String::from_utf8_lossy(&text))
}

/// Logs go to standard error, as text or JSON.
pub(crate) fn logs(settings: &LogSettings) {
    let filter = EnvFilter::try_from_env("TESSERA_LOG")
        .or_else(|_| EnvFilter::try_new(&settings.level))
        .unwrap_or_else(|_| EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let result = match settings.format {
        LogFormat::Json => builder.json().try_init(),
        LogFormat::Text => {
            use std::io::IsTerminal;
            let ansi = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            builder.with_target(false).with_ansi(ansi).try_init()
        }
    };
    // A second initialisation (tests) is no problem.
    drop(result);
}

/// Lines of a file or of standard input, handed on one by one, the answers printed in the same order.
pub(crate) fn batch(path: &std::path::Path, answer: impl Fn(&str) -> String + Sync) -> CommandResult {
    use anyhow::Context;
    use rayon::prelude::*;
    use std::io::{BufRead, BufReader};
    const CHUNK: usize = 512;
    let input: Box<dyn BufRead> = if path == std::path::Path::new("-") {
        Box::new(BufReader::new(std::io::stdin()))
    } else {
        Box::new(BufReader::new(std::fs::File::open(path).with_context(|| format!("cannot read {}", path.display()))?))
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut lines = input.split(b'\n');
    loop {
        let mut chunk = Vec::new();
        for line in lines.by_ref().take(CHUNK) {
            let line = line.context("standard input broke off")?;
            let line = String::from_utf8_lossy(&line).trim().to_owned();
            if !line.is_empty() {
                chunk.push(line);
            }
        }
        if chunk.is_empty() {
            break;
        }
        let answers: Vec<String> = chunk.par_iter().map(|line| answer(line)).collect();
        for answer in answers {
            match writeln!(out, "{answer}") {
                Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => return Ok(0),
                other => other?,
            }
        }
    }
    out.flush()?;
    Ok(0)
}
