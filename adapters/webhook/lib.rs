//! Outgoing webhooks: Standard Webhooks signatures behind an SSRF guard. Reading order: `settings`, `address` and `guard`
//! (where a webhook may go), `resolve` (what is checked is what is dialled), `sign`, `answer`.

mod address;
mod answer;
mod body;
mod events;
mod guard;
mod resolve;
mod settings;
mod sign;

#[cfg(test)]
mod tests;

use async_trait::async_trait;
use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, Response};
use resolve::{Dns, GuardedDns, SystemDns, Unresolved};
use serde_json::Value;
use settings::Settings;
use std::sync::Arc;
use std::time::Duration;
use tessera_model::Finding;
use tessera_ports::adapter::{NotifierSpec, SettingsError};
use tessera_ports::notifier::{Delivered, Delivery, DeliveryError, Notifier};

pub const KIND: &str = "webhook";

/// How the binary learns of this notifier.
pub fn register() -> NotifierSpec {
    NotifierSpec {
        kind: KIND,
        build: |name, settings| Ok(Arc::new(Webhook::new(name, settings, Arc::new(SystemDns))?)),
    }
}

#[derive(Debug)]
struct Webhook {
    name: String,
    settings: Settings,
    dns: GuardedDns,
    client: Client,
}

impl Webhook {
    fn new(name: &str, settings: &Value, dns: Arc<dyn Dns>) -> Result<Webhook, SettingsError> {
        let settings = Settings::parse(name, settings)?;
        // reqwest panics without a provider; the binary installs one at start.
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(SettingsError::new(
                "no TLS provider is installed in this process: call rustls::crypto::ring::default_provider().install_default() at start",
            ));
        }
        let dns = GuardedDns { dns, allow: settings.allow.clone() };
        let mut builder = Client::builder()
            .user_agent(concat!("tessera/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            // A proxy would do the dialling, and the guard would guard nothing.
            .no_proxy()
            .dns_resolver(dns.clone())
            .https_only(!settings.address.is_plain())
            .connect_timeout(settings.timeout.min(Duration::from_secs(5)))
            .timeout(settings.timeout);
        if settings.address.is_plain() {
            builder = builder.tls_certs_only([]);
        }
        let client = builder.build().map_err(|e| {
            SettingsError::new(format!(
                "webhook notifier `{name}`: cannot prepare HTTPS: {} (are CA certificates installed?)",
                chain(&e)
            ))
        })?;
        Ok(Webhook { name: name.to_owned(), settings, dns, client })
    }

    async fn post(&self, id: &str, body: Vec<u8>) -> Result<Response, DeliveryError> {
        let timestamp = Timestamp::now().as_second();
        let signature = self.settings.keys.sign(id, timestamp, &body);
        let id = HeaderValue::from_str(id).map_err(|_| DeliveryError::Permanent {
            message: "the delivery's id cannot stand in a header".to_owned(),
        })?;
        self.client
            .post(self.settings.address.url().clone())
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp)
            .header("webhook-signature", signature)
            .body(body)
            .send()
            .await
            .map_err(|e| self.not_reached(&e.without_url()))
    }

    fn not_reached(&self, error: &reqwest::Error) -> DeliveryError {
        match resolve::unresolved(error) {
            Some(Unresolved::Refused(refused)) => self.refused(refused),
            Some(other) => DeliveryError::Retry { message: other.to_string(), after: None },
            None if error.is_timeout() => DeliveryError::Retry {
                message: format!("{} did not answer in time", self.settings.address.shown()),
                after: None,
            },
            None => DeliveryError::Retry {
                message: format!("{} was not reached: {}", self.settings.address.shown(), chain(error)),
                after: None,
            },
        }
    }

    fn refused(&self, refused: &guard::Refused) -> DeliveryError {
        DeliveryError::Permanent { message: format!("the address is refused: {refused}; {}", remedy(refused)) }
    }
}

fn remedy(refused: &guard::Refused) -> String {
    format!("if it is meant, open its network with `allow_private = [\"{}\"]`", settings::net(refused.ip))
}

#[async_trait]
impl Notifier for Webhook {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> &'static str {
        KIND
    }

    async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Delivered, DeliveryError> {
        let notice = delivery.notice;
        if !self.settings.events.wants(notice.kind) {
            tracing::debug!(notifier = %self.name, event = notice.kind.event(), "not subscribed");
            return Ok(Delivered { reference: None });
        }
        let target = delivery.target.trim();
        if target.contains("://") && target != self.settings.address.url().as_str() {
            return Err(DeliveryError::Permanent {
                message: format!(
                    "notifier `{}` sends to its own `url` only: configure another notifier for that address",
                    self.name
                ),
            });
        }
        self.settings.address.check_literal(&self.settings.allow).map_err(|r| self.refused(&r))?;
        let mut response = self.post(&delivery.idempotency_key, body::of(notice).into_bytes()).await?;
        let status = response.status().as_u16();
        let excerpt = if response.status().is_success() { String::new() } else { beginning(&mut response).await };
        answer::judge(status, response.headers(), &excerpt, Timestamp::now())?;
        Ok(Delivered { reference: None })
    }

    async fn check(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let address = &self.settings.address;
        if !address.is_literal() {
            match self.dns.resolve_checked(address.host()).await {
                Ok(_) => {}
                Err(Unresolved::Refused(refused)) => findings.push(
                    Finding::error("webhook-address-refused", format!("the address is refused: {refused}"))
                        .remedy(remedy(&refused)),
                ),
                Err(other) => findings.push(
                    Finding::warning("webhook-name-unresolved", other.to_string())
                        .remedy("check the host in `url` and this machine's DNS"),
                ),
            }
        }
        if self.settings.keys.shortest() < 24 {
            findings.push(
                Finding::warning(
                    "webhook-secret-short",
                    "a secret is shorter than the 24 bytes Standard Webhooks asks for",
                )
                .remedy(
                    "make one with `echo whsec_$(openssl rand -base64 32)`, keep both in `secrets` while you change it",
                ),
            );
        }
        if address.is_plain() {
            findings.push(
                Finding::warning(
                    "webhook-plain-http",
                    format!("{} is plain http: contents can be read on the way", address.shown()),
                )
                .remedy("use an https address"),
            );
        }
        findings.into_iter().map(|f| f.about(format!("notifier `{}`", self.name))).collect()
    }
}

/// Enough of an error's body to say what it was.
async fn beginning(response: &mut Response) -> String {
    let mut body = Vec::new();
    while body.len() < 1_000 {
        match response.chunk().await {
            Ok(Some(chunk)) => body.extend_from_slice(&chunk[..chunk.len().min(1_000)]),
            Ok(None) | Err(_) => break,
        }
    }
    answer::excerpt(&body)
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        next = cause.source();
    }
    text
}
