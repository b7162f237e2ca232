//! The report as data: exactly `CheckReport`'s JSON, described by docs/schema/check.json. Nothing is cut or cleaned here.

use anyhow::{Context, Result};
use serde::Serialize;
use tessera_model::report::CheckReport;

pub(super) fn render(report: &CheckReport) -> Result<String> {
    pretty(report)
}

/// Indented, with an end of line.
pub(super) fn pretty(value: &impl Serialize) -> Result<String> {
    let mut text = serde_json::to_string_pretty(value).context("the report cannot be written as JSON")?;
    text.push('\n');
    Ok(text)
}
