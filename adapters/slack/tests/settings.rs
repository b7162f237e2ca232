//! Settings: each mistake is named, and no secret is ever shown.

use super::provider;
use serde_json::{Value, json};

fn refusal(settings: &Value) -> String {
    provider();
    (crate::register().build)("chat", settings).expect_err("refused").message
}

#[test]
fn mistakes_are_named() {
    let cases = [
        (json!({}), "neither `webhook_url` nor `bot_token`"),
        (
            json!({"bot_token": "xoxb-s3cret", "webhook_url": "https://hooks.slack.com/s3cret"}),
            "both `webhook_url` and `bot_token`",
        ),
        (json!({"bot_tokn": "xoxb-s3cret"}), "did you mean `bot_token`?"),
        (json!({"bot_token": 5}), "bot_token"),
        (json!({"bot_token": ""}), "`bot_token` is empty"),
        (json!({"bot_token": "xoxb-s3cret\n"}), "control characters"),
        (json!({"bot_token": "xapp-s3cret"}), "app-level token"),
        (json!({"bot_token": "xoxb-s3cret", "api_url": "http://slack.example.com/api"}), "must be https"),
        (json!({"bot_token": "xoxb-s3cret", "api_url": "slack"}), "`api_url` is not an address"),
        (json!({"bot_token": "xoxb-s3cret", "default_channel": " "}), "`default_channel` is empty"),
        (json!({"bot_token": "xoxb-s3cret", "message_rate_per_second": 0}), "`message_rate_per_second` is 0"),
        (json!({"bot_token": "xoxb-s3cret", "timeout_seconds": -1}), "`timeout_seconds` is -1"),
        (json!({"webhook_url": "http://hooks.slack.com/services/s3cret"}), "must be https"),
        (json!({"webhook_url": "file:///etc/s3cret"}), "must begin with https"),
        (
            json!({"webhook_url": "https://hooks.slack.com/s3cret", "api_url": "https://slack.com/api"}),
            "`api_url` belongs to",
        ),
    ];
    for (settings, wanted) in cases {
        let message = refusal(&settings);
        assert!(message.contains(wanted), "{settings}: {message}");
        assert!(message.contains("slack notifier `chat`"), "{message}");
        assert!(!message.contains("s3cret"), "{message}");
    }
}

#[test]
fn nothing_secret_is_printed() {
    provider();
    for settings in [
        json!({"bot_token": "xoxb-s3cret", "default_channel": "#data"}),
        json!({"webhook_url": "https://hooks.slack.com/services/T/B/s3cret"}),
    ] {
        let notifier = (crate::register().build)("chat", &settings).unwrap();
        let shown = format!("{notifier:?} {notifier:#?}");
        assert!(!shown.contains("s3cret"), "{shown}");
        assert_eq!((notifier.name(), notifier.kind()), ("chat", "slack"));
    }
}
