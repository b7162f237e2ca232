//! Slack: a bot token (one message per subject that stays up to date, replies in its thread) or an incoming webhook
//! (posts only). `render` makes Block Kit messages of neutral notices, `bot` and `incoming` deliver them, `fake` (feature
//! `fake`) is a Slack on this machine for tests and the demo.

mod api;
mod blocks;
mod bot;
mod check;
#[cfg(any(test, feature = "fake"))]
pub mod fake;
mod http;
mod incoming;
mod memory;
mod rate;
mod reference;
mod render;
mod said;
mod search;
mod settings;
mod text;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use serde_json::Value;
use settings::{Settings, Way};
use std::sync::Arc;
use tessera_model::Finding;
use tessera_ports::adapter::{NotifierSpec, SettingsError};
use tessera_ports::notifier::{Delivered, Delivery, DeliveryError, Notifier};

pub const KIND: &str = "slack";

/// How the binary learns of this notifier.
pub fn register() -> NotifierSpec {
    NotifierSpec { kind: KIND, build }
}

fn build(name: &str, settings: &Value) -> Result<Arc<dyn Notifier>, SettingsError> {
    let settings = Settings::parse(name, settings)?;
    let client = http::client(&settings).map_err(|e| SettingsError::new(format!("slack notifier `{name}`: {e}")))?;
    let buckets = rate::Buckets::new(settings.interval);
    let memory = memory::Memory::default();
    let route = match settings.way {
        Way::Incoming(url) => Route::Incoming(incoming::Incoming { client, url, buckets, memory }),
        Way::Bot { token, api } => Route::Bot(bot::Bot {
            api: api::Api::new(client, api, token),
            buckets,
            memory,
            default_channel: settings.default_channel,
        }),
    };
    Ok(Arc::new(Slack { name: name.to_owned(), route }))
}

#[derive(Debug)]
struct Slack {
    name: String,
    route: Route,
}

#[derive(Debug)]
enum Route {
    Incoming(incoming::Incoming),
    Bot(bot::Bot),
}

#[async_trait]
impl Notifier for Slack {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        KIND
    }

    /// A webhook posts to the one channel it was made for.
    fn per_team(&self) -> bool {
        matches!(self.route, Route::Bot(_))
    }

    async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Delivered, DeliveryError> {
        match &self.route {
            Route::Incoming(hook) => hook.deliver(delivery).await,
            Route::Bot(bot) => bot.deliver(delivery).await,
        }
    }

    async fn check(&self) -> Vec<Finding> {
        let findings = match &self.route {
            Route::Incoming(hook) => check::incoming(hook).await,
            Route::Bot(bot) => check::bot(bot).await,
        };
        findings.into_iter().map(|f| f.about(format!("notifier `{}`", self.name))).collect()
    }
}
