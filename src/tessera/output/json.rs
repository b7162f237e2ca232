//! The report as data: exactly `CheckReport`'s JSON, described by docs/schema/check.json. Nothing is cut or cleaned here.

use anyhow::{Context, Result};
use tessera_model::report::CheckReport;

pub(super) fn render(report: &CheckReport) -> Result<String> {
    let mut text = serde_json::to_string_pretty(report).context("the report cannot be written as JSON")?;
    text.push('\n');
    Ok(text)
}
