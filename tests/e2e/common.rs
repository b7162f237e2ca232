//! What several modules need: a Slack to configure, and short words for the API's answers.

use serde_json::Value;
use std::time::Duration;
use tessera_tests::TestDaemon;
use tessera_tests::fake_slack::{FakeSlack, TOKEN};

/// Long enough for a debug build on a busy machine; a test that works never waits so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);
/// Where messages go that no team's channel receives.
pub(crate) const CHANNEL: &str = "#data-changes";

/// A `[[notify]]` block with a bot token: posts to any channel, updates its messages.
pub(crate) fn slack_bot(slack: &FakeSlack) -> String {
    format!(
        "[[notify]]\nname = \"slack\"\nkind = \"slack\"\ndefault_target = \"{CHANNEL}\"\nbot_token = \"{TOKEN}\"\napi_url = \"{}\"\ndefault_channel = \"{CHANNEL}\"\nmessage_rate_per_second = 1000.0\n",
        slack.api_url()
    )
}

/// A `[[notify]]` block with an incoming webhook: posts only, to one channel.
pub(crate) fn slack_webhook(slack: &FakeSlack) -> String {
    format!(
        "[[notify]]\nname = \"slack\"\nkind = \"slack\"\ndefault_target = \"{CHANNEL}\"\nwebhook_url = \"{}\"\nmessage_rate_per_second = 1000.0\n",
        slack.webhook_url()
    )
}

/// The teams that a proposal asks, sorted.
pub(crate) fn asked(proposal: &Value) -> Vec<String> {
    let mut teams: Vec<String> = proposal["affected_teams"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| t["team_name"].as_str().unwrap().to_owned())
        .collect();
    teams.sort();
    teams
}

/// `table.column rule` of a proposal's or drift's own breaking changes.
pub(crate) fn broken(of: &Value) -> Vec<String> {
    let fqn = of["asset_fqn"].as_str().unwrap();
    let table = fqn.rsplit('.').next().unwrap();
    let changes = of.get("breaking_changes").or_else(|| of.get("changes")).and_then(Value::as_array).unwrap();
    let own = changes.iter().filter(|c| c["breaking"] == true && c["asset"].as_str().is_none_or(|a| a == fqn));
    own.map(|c| format!("{table}.{} {}", c["column"].as_str().unwrap_or("*"), c["rule"].as_str().unwrap())).collect()
}

/// Waits until as many contracts are active.
pub(crate) async fn contracts(daemon: &TestDaemon, at_least: u64) {
    daemon
        .until("contracts", "/contracts?status=active", PATIENCE, |v| v["total"].as_u64().filter(|n| *n >= at_least))
        .await;
}

/// The pending proposals, once there are so many.
pub(crate) async fn pending(daemon: &TestDaemon, count: usize) -> Vec<Value> {
    daemon
        .until("pending proposals", "/proposals?status=pending", PATIENCE, |v| {
            let all = v["results"].as_array()?;
            (all.len() == count).then(|| all.clone())
        })
        .await
}
