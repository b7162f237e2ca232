//! The notifier's settings as they stand in the configuration. A wrong key or value is an error that names it; the URL and
//! the secrets are never shown.

use crate::address::Address;
use crate::events::Events;
use crate::guard::Allow;
use crate::sign::Keys;
use ipnet::IpNet;
use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use tessera_ports::Secret;
use tessera_ports::adapter::{SettingsError, read_settings};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    url: Option<Secret>,
    secret: Option<Secret>,
    #[serde(default)]
    secrets: Vec<Secret>,
    events: Option<Value>,
    allow_private: Option<Value>,
    #[serde(default)]
    insecure: bool,
    timeout_seconds: Option<f64>,
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub address: Address,
    pub keys: Keys,
    pub events: Events,
    pub allow: Allow,
    pub timeout: Duration,
}

impl Settings {
    pub(crate) fn parse(name: &str, value: &Value) -> Result<Settings, SettingsError> {
        let what = format!("webhook notifier `{name}`");
        let written: Written = read_settings(&what, value)?;
        interpret(&written).map_err(|message| SettingsError::new(format!("{what}: {message}")))
    }
}

fn interpret(written: &Written) -> Result<Settings, String> {
    let allow = allow(written.allow_private.as_ref())?;
    let url = written.url.as_ref().ok_or("`url` is missing: write the address that takes the webhooks")?;
    let address = Address::parse(url.expose(), written.insecure || allow.is_open())?;
    address.check_literal(&allow).map_err(|refused| {
        format!(
            "`url` is refused: {refused}; if it is meant, open its network with `allow_private = [\"{}\"]`",
            net(refused.ip)
        )
    })?;
    if written.secret.is_none() && written.secrets.is_empty() {
        return Err(
            "neither `secret` nor `secrets` is set: make one with `echo whsec_$(openssl rand -base64 32)` and \
                    give it to the receiver"
                .to_owned(),
        );
    }
    let keys = Keys::parse(written.secret.iter().chain(&written.secrets).map(Secret::expose))?;
    let timeout = written.timeout_seconds.unwrap_or(15.0);
    if !(timeout.is_finite() && (0.01..=300.0).contains(&timeout)) {
        return Err(format!("`timeout_seconds` is {timeout}: write a number from 0.01 to 300"));
    }
    let events = Events::parse(written.events.as_ref())?;
    Ok(Settings { address, keys, events, allow, timeout: Duration::from_secs_f64(timeout) })
}

/// `false`, `true`, or a list of networks.
fn allow(value: Option<&Value>) -> Result<Allow, String> {
    match value {
        None | Some(Value::Bool(false)) => Ok(Allow::Nothing),
        Some(Value::Bool(true)) => Ok(Allow::Private),
        Some(Value::Array(list)) => {
            let mut nets = Vec::new();
            for entry in list {
                let text = entry.as_str().unwrap_or_default();
                let net = text.parse::<IpNet>().or_else(|_| text.parse::<std::net::IpAddr>().map(IpNet::from));
                nets.push(net.map_err(|_| {
                    format!("`allow_private` holds {entry}, which is no network: write for example \"10.1.0.0/16\"")
                })?);
            }
            Ok(if nets.is_empty() { Allow::Nothing } else { Allow::Nets(nets) })
        }
        Some(other) => Err(format!("`allow_private` is {other}: write true, false or a list of networks")),
    }
}

pub(crate) fn net(ip: std::net::IpAddr) -> String {
    IpNet::from(ip).to_string()
}
