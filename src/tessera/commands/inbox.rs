//! `tessera inbox`: what waits for an answer.

use crate::CommandResult;
use crate::cli::{Format, InboxArgs};
use crate::client::Client;
use crate::commands::print;
use crate::commands::who_uses::plural;
use serde_json::Value;
use std::fmt::Write;
use std::path::Path;

pub(crate) async fn run(args: InboxArgs, config_path: Option<&Path>) -> CommandResult {
    let client = Client::new(&args.server, config_path)?;
    let value = match (&args.team, args.held) {
        (_, true) => client.get("/drift", &[("status", "held"), ("limit", "100")]).await?,
        (Some(team), _) => client.get("/inbox", &[("team", team)]).await?,
        (None, _) => client.get("/proposals", &[("status", "pending"), ("limit", "100")]).await?,
    };
    if args.output == Format::Json {
        return print(&serde_json::to_string_pretty(&value)?);
    }
    let list = |key: &str| value.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let mut out = String::new();
    if args.held {
        let held = list("results");
        writeln!(out, "{} held for a person", plural(held.len(), "drift"))?;
        for d in &held {
            writeln!(out, "  {}  {}", text(d, "id"), text(d, "asset_fqn"))?;
        }
        return print(&out);
    }
    if args.team.is_some() {
        for (title, key) in [
            ("to acknowledge", "to_acknowledge"),
            ("waiting for others", "waiting_for_others"),
            ("approved, to publish", "to_publish"),
            ("open drift of your assets", "open_drift"),
        ] {
            let items = list(key);
            if !items.is_empty() {
                writeln!(out, "{title}:")?;
                items.iter().try_for_each(|p| line(&mut out, p))?;
            }
        }
        if out.is_empty() {
            out.push_str("nothing waits\n");
        }
    } else {
        let pending = list("results");
        writeln!(
            out,
            "{}",
            if pending.is_empty() {
                "nothing waits for anybody".to_owned()
            } else {
                format!("{} pending:", plural(pending.len(), "proposal"))
            }
        )?;
        pending.iter().try_for_each(|p| line(&mut out, p))?;
    }
    print(&out)
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or("?")
}

fn line(out: &mut String, p: &Value) -> std::fmt::Result {
    writeln!(out, "  {}  {}", text(p, "id"), text(p, "asset_fqn"))?;
    for change in
        p.get("breaking_changes").or_else(|| p.get("changes")).and_then(Value::as_array).into_iter().flatten().take(5)
    {
        writeln!(out, "      {}", text(change, "message"))?;
    }
    let teams: Vec<&str> = p
        .get("missing_teams")
        .or_else(|| p.get("affected_teams"))
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|t| t.as_str().or_else(|| t.get("name").or_else(|| t.get("team_name"))?.as_str()))
        .collect();
    if !teams.is_empty() {
        writeln!(out, "      asks {}", teams.join(", "))?;
    }
    Ok(())
}
