//! `tessera ack`: a team's answer to a proposal.

use crate::CommandResult;
use crate::cli::AckArgs;
use crate::client::Client;
use crate::commands::print;
use anyhow::{Result, anyhow};
use serde_json::{Value, json};
use std::path::Path;

pub(crate) async fn run(args: AckArgs, config_path: Option<&Path>) -> CommandResult {
    let client = Client::new(&args.server, config_path)?;
    let response = if args.approve {
        "approved"
    } else if args.block {
        "blocked"
    } else {
        "migrating"
    };
    let mut body = json!({"response": response, "notes": args.reason});
    if let Some(team) = &args.team {
        body["consumer_team"] = json!(team);
    }
    if let Some(date) = &args.migrating {
        body["migration_deadline"] = json!(end_of_day(date)?);
    }
    client.post(&format!("/proposals/{}/acknowledge", args.proposal), &[], &body).await?;
    let proposal = client.get(&format!("/proposals/{}", args.proposal), &[("include_status", "false")]).await?;
    let text = |key: &str| proposal.get(key).and_then(Value::as_str).unwrap_or("?").to_owned();
    print(&format!("{}: answered `{response}`; the proposal is {}", text("asset_fqn"), text("status")))
}

/// A date means its end, in UTC.
pub(crate) fn end_of_day(date: &str) -> Result<String> {
    let day: jiff::civil::Date = date.parse().map_err(|_| anyhow!("`{date}` is no date: write YYYY-MM-DD"))?;
    Ok(format!("{day}T23:59:59Z"))
}
