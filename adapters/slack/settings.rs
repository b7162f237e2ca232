//! The notifier's settings, as they stand in the configuration. Exactly one of `webhook_url` and `bot_token`; a wrong key
//! or value is an error that names the key. No error and no `Debug` shows a secret.

use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use tessera_ports::Secret;
use tessera_ports::adapter::{SettingsError, read_settings};
use url::{Host, Url};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    webhook_url: Option<Secret>,
    bot_token: Option<Secret>,
    default_channel: Option<String>,
    api_url: Option<String>,
    message_rate_per_second: Option<f64>,
    timeout_seconds: Option<f64>,
}

/// How this notifier reaches Slack.
#[derive(Debug)]
pub(crate) enum Way {
    /// Posts only, to the channel that the webhook was made for.
    Incoming(Secret),
    /// Posts to any channel it is a member of, and updates what it posted.
    Bot { token: Secret, api: Url },
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub way: Way,
    pub default_channel: Option<String>,
    /// Between two messages to one channel.
    pub interval: Duration,
    pub timeout: Duration,
    /// The other side is on this machine (tests, demo): no proxy, no certificates.
    pub loopback: bool,
}

impl Settings {
    pub(crate) fn parse(name: &str, value: &Value) -> Result<Settings, SettingsError> {
        let wrong = |message: String| SettingsError::new(format!("slack notifier `{name}`: {message}"));
        let written: Written = read_settings(&format!("slack notifier `{name}`"), value)?;
        let rate = written.message_rate_per_second.unwrap_or(1.0);
        if !(rate.is_finite() && (0.001..=10_000.0).contains(&rate)) {
            return Err(wrong(format!(
                "`message_rate_per_second` is {rate}: write a number from 0.001 to 10000 (Slack allows about 1)"
            )));
        }
        let timeout = written.timeout_seconds.unwrap_or(15.0);
        if !(timeout.is_finite() && (0.01..=300.0).contains(&timeout)) {
            return Err(wrong(format!("`timeout_seconds` is {timeout}: write a number from 0.01 to 300")));
        }
        let default_channel = written.default_channel.map(|c| c.trim().to_owned());
        if default_channel.as_deref() == Some("") {
            return Err(wrong("`default_channel` is empty: write a channel's name or ID, or leave the key out".into()));
        }
        let (way, loopback) = match (written.webhook_url, written.bot_token) {
            (Some(_), Some(_)) => {
                return Err(wrong("both `webhook_url` and `bot_token` are set: keep one (the bot can update)".into()));
            }
            (None, None) => {
                return Err(wrong(
                    "neither `webhook_url` nor `bot_token` is set: write one, for example bot_token = { env = \
                     \"SLACK_BOT_TOKEN\" }"
                        .into(),
                ));
            }
            (Some(secret), None) => {
                if written.api_url.is_some() {
                    return Err(wrong("`api_url` belongs to `bot_token`; a webhook's address is complete".into()));
                }
                let url = address("webhook_url", secret.expose()).map_err(wrong)?;
                let loopback = is_loopback(&url);
                (Way::Incoming(secret), loopback)
            }
            (None, Some(token)) => {
                check_token(token.expose()).map_err(wrong)?;
                let api = address("api_url", written.api_url.as_deref().unwrap_or("https://slack.com/api"));
                let api = api.map_err(wrong)?;
                let loopback = is_loopback(&api);
                (Way::Bot { token, api }, loopback)
            }
        };
        Ok(Settings {
            way,
            default_channel,
            interval: Duration::from_secs_f64(1.0 / rate),
            timeout: Duration::from_secs_f64(timeout),
            loopback,
        })
    }
}

/// The token travels with each request, so plain http is accepted on this machine only. Never shows the address.
fn address(key: &str, text: &str) -> Result<Url, String> {
    let url = Url::parse(text.trim()).map_err(|e| format!("`{key}` is not an address: {e}"))?;
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(format!("`{key}` must be https: the secret in it would travel in the clear")),
        _ => Err(format!("`{key}` must begin with https://")),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn check_token(token: &str) -> Result<(), String> {
    if token.is_empty() || !token.chars().all(|c| c.is_ascii_graphic()) {
        return Err("`bot_token` is empty or holds spaces or control characters: paste the token that starts with \
                    `xoxb-`"
            .to_owned());
    }
    if token.starts_with("xapp-") {
        return Err("`bot_token` is an app-level token: use the Bot User OAuth Token, which starts with `xoxb-`".into());
    }
    Ok(())
}
