//! Everything that can go wrong on the way to Slack, and what the outbox is told: retry (and when) or give up (and why).

use super::{fake_and_bot, fresh, notifier, send};
use crate::fake::Fault;
use serde_json::json;
use std::time::{Duration, Instant};
use tessera_ports::notifier::DeliveryError;

enum Wanted {
    Retry,
    RetryAfter(u64),
    Permanent(&'static str),
}

#[tokio::test]
async fn the_fault_table() {
    use Wanted::{Permanent, Retry, RetryAfter};
    let says = |code: &str| Fault::Says(code.to_owned());
    let table = [
        (Fault::Limited(0), RetryAfter(0)),
        (Fault::Limited(7), RetryAfter(7)),
        (Fault::Limited(86_400), RetryAfter(3_600)),
        (Fault::Status(500), Retry),
        (Fault::Status(502), Retry),
        (Fault::Status(503), Retry),
        (Fault::Status(302), Retry),
        (Fault::Status(404), Retry),
        (Fault::Reset, Retry),
        (Fault::ResetAfter, Retry),
        (Fault::Slow(Duration::from_secs(5)), Retry),
        (Fault::WebPage, Retry),
        (Fault::Garbage, Retry),
        (says("ratelimited"), RetryAfter(30)),
        (says("internal_error"), Retry),
        (says("fatal_error"), Retry),
        (says("service_unavailable"), Retry),
        (says("a_code_of_tomorrow"), Retry),
        (says("channel_not_found"), Permanent("/invite")),
        (says("not_in_channel"), Permanent("/invite")),
        (says("is_archived"), Permanent("archived")),
        (says("invalid_auth"), Permanent("token")),
        (says("token_revoked"), Permanent("reinstall")),
        (says("token_expired"), Permanent("fresh token")),
        (says("account_inactive"), Permanent("install it again")),
        (says("missing_scope"), Permanent("scope")),
        (says("restricted_action"), Permanent("administrator")),
        (says("invalid_blocks"), Permanent("layout")),
    ];
    for (fault, wanted) in table {
        let (fake, _) = fake_and_bot().await;
        let mut settings = fake.bot_settings("#data");
        settings["timeout_seconds"] = json!(0.5);
        let bot = notifier(&settings);
        fake.fail_next(fault.clone());
        let error = send(&bot, &fresh("proposal-opened"), "k", None, 1).await.expect_err("the fault shows");
        match (&error, wanted) {
            (DeliveryError::Retry { after: None, .. }, Retry) => {}
            (DeliveryError::Retry { after: Some(after), .. }, RetryAfter(seconds)) if after.as_secs() == seconds => {}
            (DeliveryError::Permanent { message }, Permanent(remedy)) if message.contains(remedy) => {
                assert!(message.contains("channel `#data`"), "{message}");
            }
            _ => panic!("{fault:?}: {error:?}"),
        }
        assert!(!format!("{error} {error:?}").contains(crate::fake::TOKEN), "{error:?}");
    }
}

/// The same faults, in the update and in the reply of a message that lives.
#[tokio::test]
async fn faults_in_updates_and_replies() {
    for method in ["chat.update", "chat.postMessage"] {
        for fault in [Fault::Status(500), Fault::Reset, Fault::ResetAfter, Fault::Garbage] {
            let (fake, bot) = fake_and_bot().await;
            let root = send(&bot, &fresh("proposal-opened"), "k1", None, 1).await.unwrap().reference.unwrap();
            fake.fail_next_call(method, fault.clone());
            let notice = fresh("proposal-progress");
            let error = send(&bot, &notice, "k2", Some(&root), 1).await.unwrap_err();
            assert!(matches!(error, DeliveryError::Retry { .. }), "{method} {fault:?}: {error:?}");
            send(&bot, &notice, "k2", Some(&root), 2).await.unwrap();
            let messages = fake.messages("#data");
            assert_eq!((messages.len(), messages[0].replies.len()), (1, 1), "{method} {fault:?}");
        }
    }
}

#[tokio::test]
async fn nothing_is_sent_before_retry_after() {
    let (fake, bot) = fake_and_bot().await;
    fake.fail_next(Fault::Limited(1));
    assert!(send(&bot, &fresh("drift"), "k1", None, 1).await.is_err());
    let start = Instant::now();
    send(&bot, &fresh("drift"), "k1", None, 2).await.unwrap();
    assert!(start.elapsed() >= Duration::from_millis(900), "{:?}", start.elapsed());
    fake.fail_next(Fault::Limited(600));
    assert!(send(&bot, &fresh("drift"), "k2", None, 1).await.is_err());
    let before = fake.requests().len();
    let start = Instant::now();
    let error = send(&bot, &fresh("drift"), "k3", None, 1).await.unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(1), "a long wait goes back to the outbox");
    assert!(matches!(error, DeliveryError::Retry { after: Some(after), .. } if after > Duration::from_secs(590)));
    assert_eq!(fake.requests().len(), before, "not even tried");
    let other = tessera_ports::notifier::Delivery {
        idempotency_key: "k4".into(),
        target: "#other",
        notice: &fresh("drift"),
        previous: None,
        attempt: 1,
    };
    bot.deliver(&other).await.expect("another channel is not delayed");
}

#[tokio::test]
async fn a_refused_channel_names_it() {
    let (fake, bot) = fake_and_bot().await;
    fake.refuse_channel("#data", "not_in_channel");
    let error = send(&bot, &fresh("drift"), "k1", None, 1).await.unwrap_err();
    assert!(matches!(&error, DeliveryError::Permanent { message } if message.contains("`#data`")), "{error:?}");
}
