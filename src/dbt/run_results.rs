//! `run_results.json`: what the last command did with each node. Used to say *why* a node has no compiled SQL (failed,
//! skipped, never selected), and to notice a manifest that was written in spite of errors.

use crate::bytes;
use crate::error::ArtifactError;
use crate::lenient::{self, or_default, read, scalar};
use crate::limits::Limits;
use crate::metadata::{ArtifactKind, Metadata, looks_like};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use tessera_model::Finding;

#[derive(Debug, Clone, PartialEq)]
pub struct RunResults {
    /// `v6`.
    pub schema_version: String,
    pub dbt_version: String,
    pub invocation_id: Option<String>,
    pub generated_at: Option<Timestamp>,
    /// `compile`, `build`, …, if the artifact says.
    pub command: Option<String>,
    pub elapsed_seconds: Option<f64>,
    pub results: Vec<RunResult>,
    pub findings: Vec<Finding>,
}

impl RunResults {
    pub fn result(&self, unique_id: &str) -> Option<&RunResult> {
        self.results.iter().find(|r| r.unique_id == unique_id)
    }

    /// Nodes that failed or were left out because something they read failed.
    pub fn troubled(&self) -> impl Iterator<Item = &RunResult> {
        self.results.iter().filter(|r| matches!(r.status, RunStatus::Error | RunStatus::Skipped))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RunStatus {
    Success,
    Error,
    Skipped,
    /// A test that found failures.
    Fail,
    Warn,
    Pass,
    Other,
}

#[derive(Debug, Clone, PartialEq)]
pub struct RunResult {
    pub unique_id: String,
    pub status: RunStatus,
    pub message: Option<String>,
    pub failures: Option<u64>,
    pub seconds: Option<f64>,
    /// Absent before v5 and in Fusion.
    pub compiled: Option<bool>,
    pub relation_name: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawRunResults<'a> {
    #[serde(borrow)]
    metadata: Option<&'a RawValue>,
    #[serde(borrow)]
    results: Option<Vec<&'a RawValue>>,
    elapsed_time: Option<f64>,
    #[serde(deserialize_with = "or_default")]
    args: Args,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Args {
    #[serde(deserialize_with = "scalar")]
    which: Option<String>,
    #[serde(deserialize_with = "scalar")]
    rpc_method: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawResult {
    #[serde(deserialize_with = "or_default")]
    unique_id: String,
    #[serde(deserialize_with = "scalar")]
    status: Option<String>,
    #[serde(deserialize_with = "scalar")]
    message: Option<String>,
    failures: Value,
    execution_time: Value,
    #[serde(deserialize_with = "lenient::flag")]
    compiled: Option<bool>,
    #[serde(deserialize_with = "scalar")]
    relation_name: Option<String>,
}

/// Reads run results of any version, plain or gzipped.
pub fn parse_run_results(bytes: &[u8], limits: &Limits) -> Result<RunResults, ArtifactError> {
    let text = bytes::text(bytes, limits)?;
    let not_a = || ArtifactError::NotA { expected: "dbt run_results".into(), looks_like: looks_like(&text) };
    let raw: RawRunResults<'_> =
        serde_json::from_str(&text).map_err(|e| if e.is_data() { not_a() } else { lenient::json_error(&text, &e) })?;
    let metadata = match raw.metadata {
        None => Metadata::default(),
        Some(m) => read::<Metadata>(m, limits).map(|r| r.value).unwrap_or_default(),
    };
    match metadata.kind() {
        ArtifactKind::RunResults => {}
        ArtifactKind::Unknown if raw.results.is_some() => {}
        _ => return Err(not_a()),
    }
    let mut findings = Vec::new();
    let version = metadata.version();
    if !matches!(version.as_str(), "v1" | "v2" | "v3" | "v4" | "v5" | "v6") {
        let message = format!("run_results version `{version}` is not known; it is read with v6's rules");
        findings
            .push(Finding::warning("unknown-schema-version", message).remedy("look for a newer release of Tessera"));
    }
    let mut results = Vec::new();
    for (i, raw) in raw.results.unwrap_or_default().into_iter().enumerate() {
        match read::<RawResult>(raw, limits) {
            Ok(read) if !read.value.unique_id.is_empty() => results.push(result(read.value)),
            Ok(_) => {
                findings.push(Finding::warning("malformed-node", format!("result {i} names no node and is left out")));
            }
            Err(why) => findings
                .push(Finding::warning("malformed-node", format!("result {i} cannot be read and is left out: {why}"))),
        }
    }
    Ok(RunResults {
        schema_version: version,
        generated_at: metadata.generated_at(),
        dbt_version: metadata.dbt_version.unwrap_or_default(),
        invocation_id: metadata.invocation_id.filter(|i| !i.is_empty()),
        command: raw.args.which.or(raw.args.rpc_method),
        elapsed_seconds: raw.elapsed_time,
        results,
        findings,
    })
}

fn result(raw: RawResult) -> RunResult {
    let status = match raw.status.as_deref().unwrap_or_default() {
        "success" => RunStatus::Success,
        "error" | "runtime error" => RunStatus::Error,
        "skipped" | "partial success" => RunStatus::Skipped,
        "fail" => RunStatus::Fail,
        "warn" => RunStatus::Warn,
        "pass" => RunStatus::Pass,
        _ => RunStatus::Other,
    };
    RunResult {
        unique_id: raw.unique_id,
        status,
        message: raw.message,
        failures: raw.failures.as_u64(),
        seconds: raw.execution_time.as_f64(),
        compiled: raw.compiled,
        relation_name: raw.relation_name,
    }
}
