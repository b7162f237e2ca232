//! `tessera check`: the gate after `dbt compile`.

use crate::cli::{CheckArgs, OnNoReaderArg, ServerArgs};
use crate::client::Client;
use crate::output::{self, ReportContext};
use crate::{CommandResult, artifacts, config};
use anyhow::{Context, Result, anyhow};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tessera_engine::check::{CheckOptions, check};
use tessera_engine::settings::OnNoReader;
use tessera_model::report::{CheckReport, Verdict};

pub(crate) async fn run(args: CheckArgs, config_path: Option<&Path>) -> CommandResult {
    let sinks = output::parse_outputs(&args.output)?;
    let mut settings = config::load(config_path)?.settings;
    match args.on_no_reader {
        Some(OnNoReaderArg::Block) => settings.check.on_no_reader = OnNoReader::Block,
        Some(OnNoReaderArg::Notify) => settings.check.on_no_reader = OnNoReader::Notify,
        None => {}
    }
    settings.check.allow_uncompiled |= args.allow_uncompiled;
    let head = artifacts::read(&args.artifacts.location(), args.artifacts.catalog.as_deref())?;
    let state = head.state()?;
    let mut context = ReportContext {
        project: state.project.name.clone(),
        dialect: state.project.dialect.to_string(),
        mode_sentence: settings.check.compatibility.mode.sentence(),
        compared_with: String::new(),
    };
    let (state_dir, server) = compared_with(&args);
    let report = match (&state_dir, &server) {
        (Some(base), _) => {
            let base = artifacts::read(base, None).context("--state")?;
            context.compared_with = base.from.clone();
            let base = base.state().context("--state")?;
            let options = CheckOptions {
                settings: &settings,
                codeowners: None,
                select: args.select.as_deref(),
                exclude: args.exclude.as_deref(),
                today: jiff::Timestamp::now(),
            };
            check(&base, &state, &options).map_err(|e| anyhow!("{e}"))?
        }
        (None, Some(url)) => {
            context.compared_with = format!("what {url} has accepted");
            ask_server(&args, url, &head, config_path).await?
        }
        (None, None) => {
            return Err(anyhow!(
                "nothing to compare with: say --state MANIFEST|DIR (production's artifacts) or --server URL (a running daemon)"
            ));
        }
    };
    output::write_report(&report, &context, &sinks)?;
    Ok(report.exit)
}

/// What is said on the command line counts before what stands in the environment: a CI that has both variables set may
/// still choose.
fn compared_with(args: &CheckArgs) -> (Option<PathBuf>, Option<String>) {
    let set = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    match (&args.state, &args.server) {
        (None, None) => match set("DBT_STATE") {
            Some(state) => (Some(state.into()), None),
            None => (None, set("TESSERA_URL")),
        },
        (state, server) => (state.clone(), server.clone()),
    }
}

async fn ask_server(
    args: &CheckArgs,
    url: &str,
    head: &artifacts::Artifacts,
    config_path: Option<&Path>,
) -> Result<CheckReport> {
    let server = ServerArgs { server: Some(url.to_owned()), key: std::env::var("TESSERA_API_KEY").ok() };
    let client = Client::new(&server, config_path)?;
    let json_of = |bytes: &[u8]| -> Result<serde_json::Value> {
        serde_json::from_slice(&plain(bytes)?).context("the artifact is no JSON")
    };
    let body =
        json!({"manifest": json_of(&head.manifest)?, "catalog": head.catalog.as_deref().map(json_of).transpose()?});
    let patience = args.wait.as_deref().map(duration).transpose()?.unwrap_or_default();
    let begun = Instant::now();
    loop {
        let query: Vec<(&str, &str)> = args.select.as_deref().map(|s| ("select", s)).into_iter().collect();
        let answer = client.post("/dbt/check", &query, &body).await?;
        let report: CheckReport =
            serde_json::from_value(answer).context("the daemon's answer is not understood (another version?)")?;
        if report.verdict != Verdict::Acknowledge || begun.elapsed() >= patience {
            return Ok(report);
        }
        tokio::time::sleep(Duration::from_secs(5).min(patience.saturating_sub(begun.elapsed()))).await;
    }
}

/// Artifacts may be gzipped; the API takes JSON.
pub(crate) fn plain(bytes: &[u8]) -> Result<Vec<u8>> {
    use std::io::Read;
    if !bytes.starts_with(&[0x1f, 0x8b]) {
        return Ok(bytes.to_vec());
    }
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).take(1 << 30).read_to_end(&mut out).context("damaged gzip data")?;
    Ok(out)
}

/// `90s`, `15m`, `2h`.
fn duration(text: &str) -> Result<Duration> {
    let bad = || anyhow!("`{text}` is no duration: write 90s, 15m or 2h");
    let (number, unit) = text.split_at(text.len().saturating_sub(1));
    let number: u64 = number.parse().map_err(|_| bad())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        _ => return Err(bad()),
    };
    Ok(Duration::from_secs(number * seconds))
}
