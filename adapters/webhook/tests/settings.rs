//! Settings: each mistake is named, and neither URL nor secret is shown.

use super::{SECRET, notifier, provider};
use crate::events::KINDS;
use serde_json::{Value, json};
use tessera_ports::notifier::NoticeKind;

fn refusal(settings: &Value) -> String {
    provider();
    (crate::register().build)("hook", settings).expect_err("refused").message
}

#[test]
fn mistakes_are_named() {
    let good = json!({"url": "https://hooks.example.com/s3cret", "secret": "whsec_czNjcmV0LXMzY3JldC1zM2NyZXQ="});
    let with = |key: &str, value: Value| {
        let mut settings = good.clone();
        settings[key] = value;
        settings
    };
    let cases = [
        (json!({}), "`url` is missing"),
        (json!({"url": "https://hooks.example.com/s3cret"}), "neither `secret` nor `secrets`"),
        (with("secert", json!("s3cret")), "did you mean `secret`?"),
        (with("url", json!("http://hooks.example.com/s3cret")), "`insecure = true`"),
        (with("url", json!("https://a:s3cret@hooks.example.com/")), "user name or password"),
        (with("url", json!("https://10.0.0.7/s3cret")), "allow_private = [\"10.0.0.7/32\"]"),
        (with("url", json!("https://169.254.169.254/s3cret")), "link-local"),
        (with("secret", json!("")), "a secret is empty"),
        (with("secret", json!("whsec_")), "a secret is empty"),
        (with("secret", json!("whsec_s3cret!")), "not base64"),
        (with("events", json!([])), "`events` is empty"),
        (with("events", json!(["proposal.open"])), "`proposal.open`, which does not exist"),
        (with("events", json!([5])), "not a text"),
        (with("events", json!(5)), "`events` is 5"),
        (with("allow_private", json!("10.0.0.0/8")), "true, false or a list"),
        (with("allow_private", json!(["10.0.0.0/99"])), "which is no network"),
        (with("timeout_seconds", json!(0)), "`timeout_seconds` is 0"),
    ];
    for (settings, wanted) in cases {
        let message = refusal(&settings);
        assert!(message.contains(wanted), "{settings}: {message}");
        assert!(message.contains("webhook notifier `hook`") && !message.contains("s3cret"), "{message}");
    }
}

#[test]
fn good_settings() {
    for settings in [
        json!({"url": "https://hooks.example.com/", "secret": SECRET}),
        json!({"url": "https://hooks.example.com/", "secrets": [SECRET, "raw"], "events": "all"}),
        json!({"url": "http://10.0.0.7/", "secret": SECRET, "allow_private": ["10.0.0.7"]}),
        json!({"url": "http://hooks.example.com/", "secret": SECRET, "insecure": true}),
        json!({"url": "http://localhost:9/", "secret": SECRET, "allow_private": true, "events": ["attention"]}),
    ] {
        notifier(&settings);
    }
}

#[test]
fn nothing_secret_is_printed() {
    let hook = notifier(&json!({"url": "https://hooks.example.com/s3cret", "secret": "s3cret-s3cret-s3cret-s3cret"}));
    let shown = format!("{hook:?} {hook:#?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    // Neither as the key's bytes.
    assert!(!shown.contains("115, 51, 99"), "{shown}");
    assert_eq!((hook.name(), hook.kind()), ("hook", "webhook"));
}

#[tokio::test]
async fn checking() {
    let codes = |settings: Value| async move {
        notifier(&settings).check().await.into_iter().map(|f| (f.code, f.remedy.is_some())).collect::<Vec<_>>()
    };
    let good = json!({"url": "https://93.184.215.14/", "secret": SECRET});
    assert_eq!(codes(good).await, []);
    let weak = json!({"url": "http://127.0.0.1:9/", "secret": "short", "allow_private": true});
    assert_eq!(codes(weak).await, [("webhook-secret-short".into(), true), ("webhook-plain-http".into(), true)]);
    let nowhere = json!({"url": "https://does-not-exist.invalid/", "secret": SECRET});
    assert_eq!(codes(nowhere).await, [("webhook-name-unresolved".into(), true)]);
}

/// A new kind of notice must be added to `KINDS`: this match fails to compile without it.
#[test]
fn every_kind_can_be_subscribed_to() {
    for kind in KINDS {
        match kind {
            NoticeKind::ProposalOpened
            | NoticeKind::ProposalProgress
            | NoticeKind::ProposalResolved
            | NoticeKind::ProposalReminder
            | NoticeKind::ProposalForced
            | NoticeKind::ContractPublished
            | NoticeKind::Drift
            | NoticeKind::DriftResolved
            | NoticeKind::MassChange
            | NoticeKind::Attention
            | NoticeKind::Test => {}
        }
    }
    let names: std::collections::BTreeSet<&str> = KINDS.iter().map(|k| k.event()).collect();
    assert_eq!(names.len(), 11);
}
