//! Can it deliver? The bot asks who it is and what it may do; a webhook is asked with an empty message, which Slack refuses
//! without posting anything. Each finding says how to mend it.

use crate::api::ApiError;
use crate::bot::Bot;
use crate::http::Broken;
use crate::incoming::Incoming;
use crate::said;
use tessera_model::Finding;

pub(crate) async fn bot(bot: &Bot) -> Vec<Finding> {
    let said = match bot.api.get("auth.test", &[]).await {
        Ok(said) => said,
        Err(error) => return vec![failed(error)],
    };
    let mut findings = Vec::new();
    match said.scopes {
        None => findings.push(
            Finding::info("slack-scopes-unknown", "Slack did not say which scopes the token has")
                .remedy("make sure that `chat:write` is granted under OAuth & Permissions"),
        ),
        Some(scopes) => findings.extend(missing_scopes(&scopes)),
    }
    if bot.default_channel.is_none() {
        findings.push(
            Finding::info("slack-no-default-channel", "no `default_channel`: only notices routed to a channel arrive")
                .remedy("set `default_channel` to a channel's name or ID"),
        );
    }
    findings
}

fn missing_scopes(scopes: &[String]) -> Vec<Finding> {
    let has = |scope: &str| scopes.iter().any(|s| s == scope);
    let mut findings = Vec::new();
    if !has("chat:write") {
        findings.push(
            Finding::error("slack-scope-missing", "the token lacks the scope `chat:write`: nothing can be posted")
                .remedy("add `chat:write` under OAuth & Permissions › Bot Token Scopes, then reinstall the app"),
        );
    }
    if !has("channels:history") {
        findings.push(
            Finding::info(
                "slack-scope-optional",
                "the token lacks `channels:history`: after a crash a message may be posted twice, marked \"(repeat)\"",
            )
            .remedy("add `channels:history` and `channels:read` (and `groups:history` for private channels), then reinstall the app"),
        );
    }
    if !has("chat:write.public") {
        findings.push(
            Finding::info(
                "slack-scope-optional",
                "without `chat:write.public` the bot posts only where it is a member",
            )
            .remedy("invite it with `/invite @tessera` in each channel, or add `chat:write.public`"),
        );
    }
    findings
}

pub(crate) async fn incoming(hook: &Incoming) -> Vec<Finding> {
    match hook.call(r#"{"text":""}"#).await {
        // The refusal of an empty message is the proof that the address is good.
        Err(ApiError::Said { code, .. }) if matches!(code.as_str(), "no_text" | "invalid_payload") => Vec::new(),
        Ok(()) => Vec::new(),
        Err(error) => vec![failed(error)],
    }
}

fn failed(error: ApiError) -> Finding {
    match error {
        ApiError::Said { code, .. } => {
            let finding = Finding::error("slack-refused", format!("Slack says `{}`", crate::text::plain(&code, 80)));
            finding.remedy(said::remedy(&code).unwrap_or("see docs.slack.dev for this code"))
        }
        ApiError::Broken(Broken::Limited(after)) => Finding::warning(
            "slack-rate-limited",
            format!("Slack asks to wait {} s before the next call", after.as_secs_f64().ceil()),
        )
        .remedy("try again later"),
        ApiError::Broken(Broken::Unreached(message) | Broken::Unknown { message, .. }) => {
            Finding::error("slack-unreachable", message)
                .remedy("check the address, the network and the proxy (HTTPS_PROXY) of this machine")
        }
    }
}
