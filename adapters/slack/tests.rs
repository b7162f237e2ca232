//! Tests of the Slack adapter. Layouts are data: each file in `fixtures/slack` is a notice.

mod delivery;
mod faults;
mod incoming;
mod layouts;
mod limits;
mod rate;
mod settings;
mod text;

use crate::fake::FakeSlack;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tessera_ports::notifier::{Delivered, Delivery, DeliveryError, Notice, Notifier};

fn provider() {
    // A second installation is refused, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn notifier(settings: &Value) -> Arc<dyn Notifier> {
    provider();
    (crate::register().build)("team-chat", settings).expect("settings are good")
}

async fn fake_and_bot() -> (FakeSlack, Arc<dyn Notifier>) {
    let fake = FakeSlack::start().await.unwrap();
    let bot = notifier(&fake.bot_settings("#data"));
    (fake, bot)
}

/// Every notice of `fixtures/slack`, by file name.
fn notices() -> BTreeMap<String, Notice> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/slack");
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let notice = serde_json::from_slice(&std::fs::read(&path).unwrap())
            .unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        all.insert(path.file_stem().unwrap().to_string_lossy().into_owned(), notice);
    }
    assert!(all.len() >= 12, "the fixtures are there");
    all
}

fn notice(name: &str) -> Notice {
    notices().remove(name).unwrap_or_else(|| panic!("fixtures/slack/{name}.json"))
}

/// Now, so that it is younger than what the search looks back to.
fn fresh(name: &str) -> Notice {
    Notice { at: jiff::Timestamp::now(), ..notice(name) }
}

async fn send(
    to: &Arc<dyn Notifier>,
    notice: &Notice,
    key: &str,
    previous: Option<&str>,
    attempt: u32,
) -> Result<Delivered, DeliveryError> {
    to.deliver(&Delivery { idempotency_key: key.to_owned(), target: "", notice, previous, attempt }).await
}
