//! The whole way with a bot token, against the fake Slack: one message that lives, replies in its thread.

use super::{fake_and_bot, fresh, notifier, send};
use crate::fake::{FakeSlack, Fault, render_text};
use serde_json::json;
use tessera_model::Severity;
use tessera_ports::notifier::{Delivery, DeliveryError};

#[tokio::test]
async fn a_proposal_is_one_message_that_lives() {
    let (fake, bot) = fake_and_bot().await;
    let opened = send(&bot, &fresh("proposal-opened"), "k1", None, 1).await.unwrap().reference.unwrap();
    let progress = send(&bot, &fresh("proposal-progress"), "k2", Some(&opened), 1).await.unwrap();
    assert_eq!(progress.reference.as_deref(), Some(opened.as_str()));
    send(&bot, &fresh("proposal-reminder"), "k3", Some(&opened), 1).await.unwrap();
    send(&bot, &fresh("proposal-resolved"), "k4", Some(&opened), 1).await.unwrap();
    send(&bot, &fresh("contract-published"), "k5", Some(&opened), 1).await.unwrap();

    assert_eq!(fake.violations(), Vec::<String>::new());
    let messages = fake.messages("#data");
    assert_eq!(messages.len(), 1, "one root message");
    let root = &messages[0];
    assert_eq!(opened, format!("{}:{}", root.channel_id, root.ts));
    assert_eq!(root.history.len(), 2, "updated by the answer and by the resolution, not by the reminder");
    let replies: Vec<&str> = root.replies.iter().map(|r| r.text.as_str()).collect();
    assert_eq!(replies.len(), 4);
    assert!(
        replies[0].contains("1 of 2 acknowledged") && replies[0].contains("> *finance*: we read status_v2"),
        "{replies:?}"
    );
    assert!(replies[1].contains("*growth*") && !replies[1].contains("*finance*"), "only the missing team: {replies:?}");
    let text = render_text(root);
    for wanted in [
        "✓ approved",
        "2 of 2 acknowledged: ✓ finance (migrating) · ✓ growth",
        "↳ 1 of 2 acknowledged: ✓ finance (migrating) · ⏳ growth",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    assert!(!text.contains("[Acknowledge]") && text.contains("[View]"), "nothing is asked any more:\n{text}");
}

#[tokio::test]
async fn drift_seen_again_updates_without_a_word() {
    let (fake, bot) = fake_and_bot().await;
    let first = send(&bot, &fresh("drift"), "k1", None, 1).await.unwrap().reference.unwrap();
    send(&bot, &fresh("drift"), "k2", Some(&first), 1).await.unwrap();
    send(&bot, &fresh("drift-resolved"), "k3", Some(&first), 1).await.unwrap();
    let messages = fake.messages("#data");
    assert_eq!((messages.len(), messages[0].history.len(), messages[0].replies.len()), (1, 2, 1));
}

#[tokio::test]
async fn targets_choose_the_channel() {
    let (fake, bot) = fake_and_bot().await;
    let notice = fresh("attention");
    for target in ["#finance", "C0123456789", " "] {
        bot.deliver(&Delivery { idempotency_key: "k".into(), target, notice: &notice, previous: None, attempt: 1 })
            .await
            .unwrap();
    }
    let channels: Vec<String> = fake.all_messages().into_iter().map(|m| m.channel).collect();
    assert_eq!(channels, ["#finance", "#C0123456789", "#data"]);
    let homeless = notifier(&json!({"bot_token": crate::fake::TOKEN, "api_url": fake.api_url()}));
    let error = send(&homeless, &notice, "k", None, 1).await.unwrap_err();
    assert!(matches!(&error, DeliveryError::Permanent { message } if message.contains("default_channel")), "{error:?}");
}

#[tokio::test]
async fn an_unknown_outcome_finds_the_earlier_message() {
    let (fake, bot) = fake_and_bot().await;
    // The channel's ID is learnt from an earlier message.
    send(&bot, &fresh("test"), "k0", None, 1).await.unwrap();
    fake.fail_next(Fault::ResetAfter);
    let notice = fresh("proposal-opened");
    assert!(matches!(send(&bot, &notice, "k1", None, 1).await, Err(DeliveryError::Retry { .. })));
    let reference = send(&bot, &notice, "k1", None, 2).await.unwrap().reference.unwrap();
    let messages = fake.messages("#data");
    assert_eq!(messages.len(), 2, "not posted twice");
    assert_eq!(reference, format!("{}:{}", messages[1].channel_id, messages[1].ts));

    fake.fail_next_call("chat.postMessage", Fault::ResetAfter);
    let progress = fresh("proposal-progress");
    assert!(send(&bot, &progress, "k2", Some(&reference), 1).await.is_err());
    send(&bot, &progress, "k2", Some(&reference), 2).await.unwrap();
    assert_eq!(fake.messages("#data")[1].replies.len(), 1, "the reply is not repeated either");
}

#[tokio::test]
async fn a_repeat_that_cannot_be_ruled_out_says_so() {
    let (fake, _) = fake_and_bot().await;
    // A new process, which does not know the channel's ID; and a token that may not read history.
    let notice = fresh("proposal-opened");
    let by_name = notifier(&fake.bot_settings("#elsewhere"));
    send(&by_name, &notice, "k1", None, 2).await.unwrap();
    assert!(fake.messages("#elsewhere")[0].text.contains("(repeat)"));
    fake.set_scopes(&["chat:write"]);
    let no_history = notifier(&fake.bot_settings("#elsewhere"));
    send(&no_history, &notice, "k2", None, 3).await.unwrap();
    assert!(fake.messages("#elsewhere")[1].text.contains("(repeat)"));
    // A name can be looked up with one more scope.
    fake.set_scopes(&["chat:write", "channels:history", "channels:read"]);
    let may_list = notifier(&fake.bot_settings("#elsewhere"));
    send(&may_list, &notice, "k1", None, 2).await.unwrap();
    assert_eq!(fake.messages("#elsewhere").len(), 2, "k1 was found");
    // With history and an ID it is certain that nothing arrived: no apology.
    fake.set_scopes(&["chat:write", "channels:history"]);
    let by_id = notifier(&fake.bot_settings(&fake.messages("#elsewhere")[0].channel_id));
    send(&by_id, &notice, "k3", None, 2).await.unwrap();
    assert!(!fake.messages("#elsewhere")[2].text.contains("(repeat)"));
}

#[tokio::test]
async fn a_refused_attempt_needs_no_apology() {
    let (fake, bot) = fake_and_bot().await;
    let notice = fresh("proposal-opened");
    fake.fail_next(Fault::Limited(0));
    assert!(send(&bot, &notice, "k1", None, 1).await.is_err());
    send(&bot, &notice, "k1", None, 2).await.unwrap();
    assert!(!fake.messages("#data")[0].text.contains("(repeat)"));
    let methods: Vec<String> = fake.requests().into_iter().map(|r| r.method).collect();
    assert_eq!(methods, ["chat.postMessage", "chat.postMessage"], "nothing to look for");

    // Unknown, then refused: still unknown.
    fake.fail_next(Fault::Status(502));
    assert!(send(&bot, &notice, "k2", None, 1).await.is_err());
    fake.fail_next_call("chat.postMessage", Fault::Says("ratelimited".into()));
    fake.set_scopes(&["chat:write"]);
    assert!(send(&bot, &notice, "k2", None, 2).await.is_err());
    // The channel is held after "ratelimited": another notifier stands for the time after.
    let later = notifier(&fake.bot_settings("#data"));
    send(&later, &notice, "k2", None, 3).await.unwrap();
    assert!(fake.messages("#data")[1].text.contains("(repeat)"));
}

#[tokio::test]
async fn a_deleted_message_is_posted_anew() {
    let (fake, bot) = fake_and_bot().await;
    let first = send(&bot, &fresh("proposal-opened"), "k1", None, 1).await.unwrap().reference.unwrap();
    let (channel, ts) = first.split_once(':').unwrap();
    fake.delete(channel, ts);
    let second = send(&bot, &fresh("proposal-progress"), "k2", Some(&first), 1).await.unwrap().reference.unwrap();
    assert_ne!(first, second);
    assert_eq!(fake.messages("#data").len(), 1);
    // A reference that nobody can read is no reason to fail either.
    send(&bot, &fresh("proposal-progress"), "k3", Some("garbage"), 1).await.unwrap();
    assert_eq!(fake.messages("#data").len(), 2);
}

#[tokio::test]
async fn a_message_that_may_not_be_edited_still_gets_replies() {
    let (fake, bot) = fake_and_bot().await;
    let first = send(&bot, &fresh("proposal-opened"), "k1", None, 1).await.unwrap().reference.unwrap();
    fake.fail_next_call("chat.update", Fault::Says("edit_window_closed".into()));
    send(&bot, &fresh("proposal-progress"), "k2", Some(&first), 1).await.unwrap();
    assert_eq!(fake.messages("#data")[0].replies.len(), 1);
}

#[tokio::test]
async fn checking() {
    let (fake, bot) = fake_and_bot().await;
    assert_eq!(bot.check().await, Vec::new());
    assert!(fake.all_messages().is_empty(), "a check posts nothing");
    fake.set_scopes(&["channels:history"]);
    let findings = bot.check().await;
    assert!(findings.iter().any(|f| f.severity == Severity::Error && f.message.contains("chat:write")), "{findings:?}");
    assert!(findings.iter().all(|f| f.remedy.is_some() && f.subject.as_deref() == Some("notifier `team-chat`")));
    let wrong = notifier(&json!({"bot_token": "xoxb-wrong", "api_url": fake.api_url()}));
    let findings = wrong.check().await;
    assert_eq!(findings.len(), 1);
    assert!(findings[0].message.contains("invalid_auth"), "{findings:?}");
    let gone = {
        let dead = FakeSlack::start().await.unwrap();
        dead.bot_settings("#x")
    };
    let findings = notifier(&gone).check().await;
    assert_eq!(findings[0].code, "slack-unreachable");
}
