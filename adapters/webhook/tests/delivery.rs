//! Answers and faults: what the outbox is told.

use super::{Answer, Receiver, notice, notifier, send};
use crate::answer::{excerpt, retry_after};
use serde_json::json;
use std::time::Duration;
use tessera_ports::notifier::{Delivery, DeliveryError, NoticeKind};

#[tokio::test]
async fn the_table_of_answers() {
    let receiver = Receiver::start().await;
    let hook = notifier(&receiver.settings());
    for status in [200, 201, 202, 204] {
        receiver.answers(Answer::Status(status, Vec::new(), "thanks".into()));
        let delivered = send(&*hook, NoticeKind::Drift).await.unwrap();
        assert_eq!(delivered.reference, None);
    }
    for status in [400, 401, 403, 404, 405, 410, 413, 422, 451] {
        receiver.answers(Answer::Status(status, Vec::new(), "no".into()));
        let error = send(&*hook, NoticeKind::Drift).await.unwrap_err();
        assert!(
            matches!(&error, DeliveryError::Permanent { message } if message.contains(&status.to_string())),
            "{error:?}"
        );
    }
    for status in [408, 409, 425, 429, 500, 502, 503, 504] {
        receiver.answers(Answer::Status(status, Vec::new(), String::new()));
        let error = send(&*hook, NoticeKind::Drift).await.unwrap_err();
        assert!(matches!(error, DeliveryError::Retry { after: None, .. }), "{status}: {error:?}");
        receiver.answers(Answer::Status(status, vec![("retry-after", "17".into())], String::new()));
        let error = send(&*hook, NoticeKind::Drift).await.unwrap_err();
        assert!(
            matches!(error, DeliveryError::Retry { after: Some(a), .. } if a.as_secs() == 17),
            "{status}: {error:?}"
        );
    }
}

#[tokio::test]
async fn faults_of_the_network_are_tried_again() {
    let receiver = Receiver::start().await;
    let mut settings = receiver.settings();
    settings["timeout_seconds"] = json!(0.3);
    let hook = notifier(&settings);
    for answer in [Answer::Reset, Answer::Slow(Duration::from_secs(3))] {
        receiver.answers(answer);
        let error = send(&*hook, NoticeKind::Drift).await.unwrap_err();
        assert!(matches!(error, DeliveryError::Retry { .. }), "{error:?}");
        assert!(!error.to_string().contains("/hook"), "the path may be a secret: {error}");
    }
    let nobody = json!({"url": "http://127.0.0.1:1/hook", "secret": super::SECRET, "allow_private": true});
    assert!(matches!(send(&*notifier(&nobody), NoticeKind::Drift).await, Err(DeliveryError::Retry { .. })));
}

#[tokio::test]
async fn only_the_beginning_of_an_answer_is_told() {
    let receiver = Receiver::start().await;
    let hook = notifier(&receiver.settings());
    receiver.answers(Answer::Status(500, Vec::new(), format!("\u{1b}[31m{}", "x".repeat(100_000))));
    let error = send(&*hook, NoticeKind::Drift).await.unwrap_err().to_string();
    assert!(error.len() < 300 && !error.contains('\u{1b}'), "{error}");
    assert_eq!(excerpt("ü".repeat(300).as_bytes()).chars().count(), 200);
    assert_eq!(excerpt(b"\xff\n ok "), "\u{fffd}  ok");
}

#[tokio::test]
async fn events_are_filtered() {
    let receiver = Receiver::start().await;
    let mut settings = receiver.settings();
    settings["events"] = json!(["drift.*", "proposal.resolved"]);
    let hook = notifier(&settings);
    for kind in crate::events::KINDS {
        send(&*hook, kind).await.unwrap();
    }
    let types: Vec<String> = receiver
        .seen()
        .iter()
        .map(|(_, body)| {
            serde_json::from_slice::<serde_json::Value>(body).unwrap()["type"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(types, ["proposal.resolved", "drift.opened", "drift.resolved", "drift.mass_change", "test"]);
}

#[tokio::test]
async fn another_address_as_target_is_not_ignored() {
    let receiver = Receiver::start().await;
    let hook = notifier(&receiver.settings());
    let notice = notice(NoticeKind::Drift);
    let target = "https://elsewhere.example.com/";
    let delivery = Delivery { idempotency_key: "k".into(), target, notice: &notice, previous: None, attempt: 1 };
    let error = hook.deliver(&delivery).await.unwrap_err();
    assert!(
        matches!(&error, DeliveryError::Permanent { message } if message.contains("another notifier")),
        "{error:?}"
    );
    assert!(receiver.seen().is_empty());
}

#[test]
fn retry_after_as_seconds_or_date() {
    let now = "2015-10-21T07:27:00Z".parse().unwrap();
    let cases = [
        ("120", Some(120)),
        (" 0 ", Some(0)),
        ("Wed, 21 Oct 2015 07:28:00 GMT", Some(60)),
        ("Wed, 21 Oct 2015 07:00:00 GMT", Some(0)),
        ("999999999", Some(86_400)),
        ("Wed, 21 Oct 2099 07:28:00 GMT", Some(86_400)),
        ("-5", None),
        ("soon", None),
        ("", None),
    ];
    for (value, wanted) in cases {
        assert_eq!(retry_after(value, now), wanted.map(Duration::from_secs), "{value}");
    }
}

#[test]
fn a_giant_notice_is_cut_and_says_so() {
    let team = |i: usize| {
        json!({"name": format!("team {i}"), "answer": "missing", "because": vec![json!({
            "name": format!("model.shop.m{i}"), "kind": "dbt_model", "team": null, "effect": "breaks", "columns": ["a"],
            "use": ["filter"], "evidence": {"source": "dbt", "last_seen": null, "count": 1},
        }); 50]})
    };
    let mut giant = notice(NoticeKind::MassChange);
    assert!(!crate::body::of(&giant).contains("truncated"));
    giant.teams = (0..500).map(|i| serde_json::from_value(team(i)).unwrap()).collect();
    let body = crate::body::of(&giant);
    assert!(body.len() <= 256 * 1024, "{}", body.len());
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["data"]["truncated"]["teams"], 500);
    assert_eq!(body["data"]["teams"][0]["name"], "team 0");
    let back: tessera_ports::Notice = serde_json::from_value(body["data"].clone()).unwrap();
    assert!(!back.teams.is_empty());
    // One field alone that is too long is sent as it is: the receiver decides.
    giant.teams.clear();
    giant.summary = "x".repeat(300 * 1024);
    assert!(crate::body::of(&giant).len() > 300 * 1024);
}
