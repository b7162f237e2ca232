//! `tessera waive`: one exact change of one asset, acknowledged in advance.

use crate::CommandResult;
use crate::cli::WaiveArgs;
use crate::client::Client;
use crate::commands::ack::end_of_day;
use crate::commands::print;
use serde_json::{Value, json};
use std::path::Path;

pub(crate) async fn run(args: WaiveArgs, config_path: Option<&Path>) -> CommandResult {
    let client = Client::new(&args.server, config_path)?;
    let body = json!({"asset": args.asset, "column": args.column, "change": args.change, "reason": args.reason, "expires_at": end_of_day(&args.until)?});
    let made = client.post("/waivers", &[], &body).await?;
    print(&format!("waiver {} holds until {}", made.get("id").and_then(Value::as_str).unwrap_or("?"), args.until))
}
