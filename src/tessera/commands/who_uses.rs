//! `tessera who-uses`: readers of a table or column, from a manifest or from a daemon.

use crate::cli::{Format, ServerArgs, WhoUsesArgs};
use crate::client::Client;
use crate::commands::print;
use crate::{CommandResult, artifacts, config};
use anyhow::Result;
use std::fmt::Write;
use std::path::Path;
use tessera_engine::queries::who_uses;
use tessera_engine::{UseStatus, WhoUsesAnswer};
use tessera_lineage::Cache;

pub(crate) async fn run(args: WhoUsesArgs, config_path: Option<&Path>) -> CommandResult {
    let answer: WhoUsesAnswer = match (&args.artifacts.manifest, &args.server) {
        (None, Some(url)) => {
            let server = ServerArgs { server: Some(url.clone()), key: std::env::var("TESSERA_API_KEY").ok() };
            let value = Client::new(&server, config_path)?.get("/who-uses", &[("name", &args.name)]).await?;
            serde_json::from_value(value)?
        }
        _ => {
            let settings = config::load(config_path)?.settings;
            let state = artifacts::read(&args.artifacts.location(), args.artifacts.catalog.as_deref())?.state()?;
            let (graph, _) = tessera_engine::check::project_graph(&state, &settings, &mut Cache::default());
            who_uses(&graph, &args.name)
        }
    };
    match args.output {
        Format::Json => print(&serde_json::to_string_pretty(&answer)?)?,
        Format::Text => print(&text(&args.name, &answer)?)?,
    };
    // Unknown is never green: a name that does not exist is an error of the question.
    Ok(match answer.status {
        UseStatus::Found | UseStatus::NoReadersKnown => 0,
        UseStatus::NotFound | UseStatus::Ambiguous | UseStatus::NotCovered => 2,
    })
}

fn text(name: &str, answer: &WhoUsesAnswer) -> Result<String> {
    let mut out = String::new();
    let what = match (&answer.asset, &answer.column) {
        (Some(asset), Some(column)) => format!("{asset}.{column}"),
        (Some(asset), None) => asset.clone(),
        _ => name.to_owned(),
    };
    match answer.status {
        UseStatus::Found => {
            writeln!(out, "{what} is read by {}:", plural(answer.readers.len(), "reader"))?;
            let rows: Vec<Vec<String>> = answer
                .readers
                .iter()
                .map(|r| {
                    let uses: Vec<&str> = r.uses.iter().map(|u| u.name()).collect();
                    let how = if uses.is_empty() {
                        r.reason.clone().unwrap_or_else(|| "may read".into())
                    } else {
                        uses.join(", ")
                    };
                    let via = if r.via.is_empty() { String::new() } else { format!("via {}", r.via.join(" → ")) };
                    vec![
                        r.name.clone(),
                        r.team.clone().unwrap_or_else(|| "(no team)".into()),
                        how,
                        r.columns.join(", "),
                        via,
                    ]
                })
                .collect();
            out.push_str(&crate::output::table(&rows, &["reader", "team", "use", "columns", ""]));
        }
        UseStatus::NotFound => writeln!(out, "there is no table or column `{name}` in what was analysed")?,
        UseStatus::Ambiguous => {
            writeln!(out, "`{name}` could be any of these; give more of the name:")?;
            for candidate in answer.candidates.iter().take(20) {
                writeln!(out, "  {candidate}")?;
            }
        }
        UseStatus::NoReadersKnown => writeln!(out, "nobody is known to read {what}")?,
        UseStatus::NotCovered => {
            writeln!(out, "nobody is known to read {what}, but not everything that could was understood")?;
        }
    }
    let c = &answer.coverage;
    writeln!(out, "\nThis rests on {} ({} compiled, {} resolved).", plural(c.models, "model"), c.compiled, c.resolved)?;
    for unknown in c.unknown.iter().take(10) {
        writeln!(out, "  unknown: {} ({})", unknown.model, unknown.cause)?;
    }
    if c.unknown.len() > 10 {
        writeln!(out, "  and {} more", c.unknown.len() - 10)?;
    }
    Ok(out)
}

pub(crate) fn plural(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{n} {one}s") }
}
