//! `tessera propose`: ask the affected teams before it is built.

use crate::cli::ProposeArgs;
use crate::client::Client;
use crate::commands::check::plain;
use crate::commands::print;
use crate::{CommandResult, artifacts};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;

pub(crate) async fn run(args: ProposeArgs, config_path: Option<&Path>) -> CommandResult {
    let client = Client::new(&args.server, config_path)?;
    if let (Some(asset), Some(file)) = (&args.asset, &args.schema) {
        let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let schema: Value = serde_json::from_str(&text).with_context(|| file.display().to_string())?;
        let answer = client.post(&format!("/assets/{asset}/publish"), &[], &json!({"schema": schema})).await?;
        let message = answer.get("message").and_then(Value::as_str).unwrap_or("done").to_owned();
        let waits = answer.get("action").and_then(Value::as_str) == Some("proposal.created");
        let id = answer
            .pointer("/proposal/id")
            .and_then(Value::as_str)
            .map(|id| format!("\nproposal {id}"))
            .unwrap_or_default();
        print(&format!("{message}{id}"))?;
        return Ok(u8::from(waits));
    }
    let found = artifacts::read(&args.artifacts.location(), args.artifacts.catalog.as_deref())?;
    let json_of =
        |bytes: &[u8]| -> Result<Value> { serde_json::from_slice(&plain(bytes)?).context("the artifact is no JSON") };
    let body =
        json!({"manifest": json_of(&found.manifest)?, "catalog": found.catalog.as_deref().map(json_of).transpose()?});
    let answer = client.post("/dbt/propose", &[], &body).await?;
    let proposals = answer.get("proposals").and_then(Value::as_array).cloned().unwrap_or_default();
    let mut out = String::new();
    if proposals.is_empty() {
        writeln!(out, "nothing in it needs anybody's answer")?;
    }
    for p in &proposals {
        let text = |key: &str| p.get(key).and_then(Value::as_str).unwrap_or("?");
        writeln!(out, "{}  {}  {}", text("id"), text("status"), text("asset"))?;
    }
    print(&out)?;
    Ok(u8::from(!proposals.is_empty()))
}
