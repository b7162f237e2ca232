//! A name that changes its address between check and connect gains nothing: what was checked is what is dialled.

use super::{Receiver, SECRET, notice, provider, send};
use crate::Webhook;
use crate::resolve::Dns;
use async_trait::async_trait;
use serde_json::json;
use std::collections::VecDeque;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use tessera_ports::notifier::{Delivery, DeliveryError, NoticeKind, Notifier};

/// Answers each lookup with the next entry, the last one for ever; an empty entry is a failure.
#[derive(Debug)]
struct FakeDns {
    answers: Mutex<VecDeque<Vec<IpAddr>>>,
    asked: Mutex<Vec<String>>,
}

impl FakeDns {
    fn new(answers: &[&[&str]]) -> Arc<FakeDns> {
        let answers = answers.iter().map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        Arc::new(FakeDns { answers: Mutex::new(answers), asked: Mutex::default() })
    }
    fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

#[async_trait]
impl Dns for FakeDns {
    async fn lookup(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        self.asked.lock().unwrap().push(host.to_owned());
        let mut answers = self.answers.lock().unwrap();
        let now = if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() };
        if now.is_empty() { Err(io::Error::other("no such host")) } else { Ok(now) }
    }
}

fn hook(receiver: &Receiver, allow: &serde_json::Value, dns: &Arc<FakeDns>) -> Webhook {
    provider();
    let url = format!("http://hooks.example.test:{}/x", receiver.address.port());
    let settings =
        json!({"url": url, "secret": SECRET, "insecure": true, "allow_private": allow, "timeout_seconds": 1});
    Webhook::new("hook", &settings, dns.clone()).unwrap()
}

#[tokio::test]
async fn the_address_checked_is_the_address_dialled() {
    let receiver = Receiver::start().await;
    let dns = FakeDns::new(&[&["127.0.0.1"], &["10.99.99.99"]]);
    let hook = hook(&receiver, &json!(["127.0.0.1/32"]), &dns);
    send(&hook, NoticeKind::Test).await.unwrap();
    let seen = receiver.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(dns.asked(), 1, "looked up once: no second answer can differ");
    let host = seen[0].0.get("host").unwrap().to_str().unwrap();
    assert_eq!(host, format!("hooks.example.test:{}", receiver.address.port()));
}

#[tokio::test]
async fn a_rebound_name_is_refused_and_not_connected_to() {
    let receiver = Receiver::start().await;
    // Good while it is checked, this machine when it is dialled.
    let dns = FakeDns::new(&[&["93.184.215.14"], &["127.0.0.1"]]);
    let hook = hook(&receiver, &json!(false), &dns);
    assert!(hook.check().await.iter().all(|f| f.code != "webhook-address-refused"));
    let error = send(&hook, NoticeKind::Test).await.unwrap_err();
    assert!(matches!(&error, DeliveryError::Permanent { message } if message.contains("127.0.0.1")), "{error:?}");
    assert!(error.to_string().contains("allow_private = [\"127.0.0.1/32\"]"), "{error}");
    assert!(receiver.seen().is_empty());
    assert!(hook.check().await.iter().any(|f| f.code == "webhook-address-refused" && f.remedy.is_some()));
}

#[tokio::test]
async fn one_bad_address_among_good_ones_refuses_the_name() {
    let receiver = Receiver::start().await;
    for bad in ["127.0.0.1", "::1", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "0.0.0.0"] {
        let dns = FakeDns::new(&[&["93.184.215.14", bad]]);
        let error = send(&hook(&receiver, &json!(false), &dns), NoticeKind::Test).await.unwrap_err();
        assert!(matches!(error, DeliveryError::Permanent { .. }), "{bad}: {error:?}");
    }
    assert!(receiver.seen().is_empty());
}

#[tokio::test]
async fn a_lookup_that_fails_is_tried_again() {
    let receiver = Receiver::start().await;
    let dns = FakeDns::new(&[&[], &["127.0.0.1"]]);
    let hook = hook(&receiver, &json!(true), &dns);
    let error = send(&hook, NoticeKind::Test).await.unwrap_err();
    assert!(
        matches!(&error, DeliveryError::Retry { message, .. } if message.contains("hooks.example.test")),
        "{error:?}"
    );
    send(&hook, NoticeKind::Test).await.unwrap();
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let receiver = Receiver::start().await;
    let inner = Receiver::start().await;
    for status in [301, 302, 303, 307, 308] {
        let location = ("location", format!("http://{}/admin", inner.address));
        receiver.answers(super::Answer::Status(status, vec![location], String::new()));
        let notice = notice(NoticeKind::Drift);
        let delivery =
            Delivery { idempotency_key: "k".into(), target: "", notice: &notice, previous: None, attempt: 1 };
        let error = super::notifier(&receiver.settings()).deliver(&delivery).await.unwrap_err();
        assert!(matches!(&error, DeliveryError::Permanent { message } if message.contains("redirect")), "{error:?}");
    }
    assert!(inner.seen().is_empty());
}
