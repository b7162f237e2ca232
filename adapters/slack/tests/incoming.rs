//! The incoming webhook: posts only; what a bot would update is a follow-up that says what it is about.

use super::{fresh, notices, notifier, send};
use crate::fake::{FakeSlack, Fault, WEBHOOK_CHANNEL, render_text};
use serde_json::json;
use tessera_ports::notifier::DeliveryError;

#[tokio::test]
async fn follow_ups_stand_alone() {
    let fake = FakeSlack::start().await.unwrap();
    let hook = notifier(&fake.webhook_settings());
    assert!(!hook.per_team(), "it posts to one channel");
    assert!(notifier(&fake.bot_settings("#data")).per_team());
    let opened = send(&hook, &fresh("proposal-opened"), "k1", None, 1).await.unwrap();
    assert_eq!(opened.reference, None, "a webhook cannot update");
    send(&hook, &fresh("proposal-progress"), "k2", None, 1).await.unwrap();
    let messages = fake.messages(WEBHOOK_CHANNEL);
    assert_eq!(messages.len(), 2);
    let follow_up = render_text(&messages[1]);
    assert!(follow_up.contains("stg_orders.order_state") && follow_up.contains("1 of 2 acknowledged"), "{follow_up}");
    assert!(follow_up.lines().count() < render_text(&messages[0]).lines().count() / 2, "short:\n{follow_up}");
}

#[tokio::test]
async fn every_notice_is_accepted() {
    let fake = FakeSlack::start().await.unwrap();
    let hook = notifier(&fake.webhook_settings());
    let all = notices();
    for notice in all.values() {
        send(&hook, notice, "k", None, 1).await.unwrap();
    }
    assert_eq!((fake.messages(WEBHOOK_CHANNEL).len(), fake.violations()), (all.len(), Vec::new()));
}

#[tokio::test]
async fn a_repeat_after_an_unknown_outcome_says_so() {
    let fake = FakeSlack::start().await.unwrap();
    let hook = notifier(&fake.webhook_settings());
    fake.fail_next(Fault::ResetAfter);
    assert!(send(&hook, &fresh("drift"), "k", None, 1).await.is_err());
    send(&hook, &fresh("drift"), "k", None, 2).await.unwrap();
    let messages = fake.messages(WEBHOOK_CHANNEL);
    assert!(!messages[0].text.contains("(repeat)") && messages[1].text.contains("(repeat)"));
}

#[tokio::test]
async fn faults() {
    let fake = FakeSlack::start().await.unwrap();
    let hook = notifier(&fake.webhook_settings());
    for (fault, permanent) in [
        (Fault::Says("no_service".into()), true),
        (Fault::Says("action_prohibited".into()), true),
        (Fault::Says("channel_is_archived".into()), true),
        (Fault::Says("rollup_error".into()), false),
        (Fault::Status(500), false),
        (Fault::WebPage, false),
        (Fault::Reset, false),
    ] {
        fake.fail_next(fault.clone());
        let error = send(&hook, &fresh("test"), "k", None, 1).await.unwrap_err();
        assert_eq!(matches!(error, DeliveryError::Permanent { .. }), permanent, "{fault:?}: {error:?}");
        assert!(!error.to_string().contains("fake-secret"), "{error}");
    }
}

#[tokio::test]
async fn checking_posts_nothing() {
    let fake = FakeSlack::start().await.unwrap();
    assert_eq!(notifier(&fake.webhook_settings()).check().await, Vec::new());
    assert!(fake.all_messages().is_empty());
    let elsewhere = json!({"webhook_url": fake.webhook_url().replace("fake-secret", "other")});
    let findings = notifier(&elsewhere).check().await;
    assert!(findings[0].message.contains("no_service") && findings[0].remedy.is_some(), "{findings:?}");
}
