//! `tessera diff`: two schemas of any supported format.

use crate::cli::{DiffArgs, Format};
use crate::commands::{batch, print};
use crate::{CommandResult, config};
use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};
use std::fmt::Write;
use std::path::Path;
use tessera_diff::Options;
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Dialect};
use tessera_ports::{Clock, SystemClock};

pub(crate) fn run(args: DiffArgs, config_path: Option<&Path>) -> CommandResult {
    if let Some(path) = &args.batch {
        return batch(path, tessera_diff::batch_line);
    }
    let (Some(old_path), Some(new_path)) = (&args.old, &args.new) else {
        return Err(anyhow!("give two files, or --batch FILE"));
    };
    let settings = config::load(config_path)?.settings;
    let compat = Compatibility::parse(&args.mode).map_err(|e| anyhow!("--mode: {e}"))?;
    let dialect = match args.dialect.as_deref() {
        None => Dialect::Generic,
        Some(name) => {
            Dialect::from_name(name).ok_or_else(|| anyhow!("--dialect: Tessera knows no SQL dialect `{name}`"))?
        }
    };
    let (old, new) = (read(old_path)?, read(new_path)?);
    let format = match args.format.as_deref() {
        Some(name) => SchemaFormat::from_name(name).ok_or_else(|| {
            anyhow!("--format: `{name}` is none of json-schema, avro, protobuf, openapi, graphql, table")
        })?,
        None => tessera_engine::impact::guess_format(&new),
    };
    let today = Some(tessera_engine::impact::day(SystemClock.now()));
    let options = Options { policy: settings.diff.judge_policy(), dialect, today, ..Options::default() };
    let diff = tessera_diff::diff(format, &old, &new, compat, &options).map_err(|e| anyhow!("{e}"))?;
    let breaking = diff.changes.iter().any(|c| c.breaking);
    match args.output {
        Format::Json => {
            let compatible = if diff.undecided && !breaking { Value::Null } else { json!(!breaking) };
            let report = json!({"schema_version": 1, "format": format.name(), "mode": compat.to_string(), "meaning": compat.mode.sentence(), "compatible": compatible, "undecided": diff.undecided, "changes": diff.changes});
            print(&serde_json::to_string_pretty(&report)?)?;
        }
        Format::Text => {
            let mut out = String::new();
            writeln!(out, "{} → {} as {}", old_path.display(), new_path.display(), format.name())?;
            writeln!(out, "{}\n", compat.mode.sentence())?;
            for change in &diff.changes {
                let mark = if change.breaking { "✗" } else { "·" };
                writeln!(out, "{mark} {:<28} {}", change.rule, change.message)?;
                writeln!(
                    out,
                    "    {}  reads: {}  writes: {}",
                    if change.path.is_empty() { "(whole)" } else { &change.path },
                    word(change.reads),
                    word(change.writes)
                )?;
                if let Some(witness) = &change.witness {
                    writeln!(out, "    proof: {witness}")?;
                }
                if let Some(suggestion) = change.suggestion.as_ref().filter(|_| change.breaking) {
                    writeln!(out, "    instead: {suggestion}")?;
                }
            }
            let verdict = match (diff.changes.is_empty(), breaking, diff.undecided) {
                (true, _, _) => "no change",
                (_, true, _) => "breaking",
                (_, _, true) => "undecided: not shown to be compatible",
                _ => "compatible",
            };
            writeln!(out, "{}{verdict}", if diff.changes.is_empty() { "" } else { "\n" })?;
            print(&out)?;
        }
    }
    Ok(match (breaking, diff.undecided) {
        (true, _) => 1,
        (false, true) => 2,
        _ => 0,
    })
}

fn word(judgment: tessera_model::Judgment) -> String {
    serde_json::to_value(judgment).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// JSON where it is JSON, else the text itself (protobuf, GraphQL).
fn read(path: &Path) -> Result<Value> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let json_like = path.extension().is_some_and(|e| matches!(e.to_str(), Some("json" | "avsc" | "schema")));
    match serde_json::from_str(&text) {
        Ok(value) => Ok(value),
        Err(e) if json_like => Err(anyhow!("{}:{}:{}: no JSON: {e}", path.display(), e.line(), e.column())),
        Err(_) if path.extension().is_some_and(|e| matches!(e.to_str(), Some("yaml" | "yml"))) => {
            serde_norway::from_str(&text).with_context(|| path.display().to_string())
        }
        Err(_) => Ok(Value::String(text)),
    }
}
