//! The signature against the standard's own library and a known vector.

use super::{Receiver, SECRET, notifier, send};
use crate::sign::Keys;
use serde_json::{Value, json};
use standardwebhooks::Webhook;
use tessera_ports::notifier::NoticeKind;

/// The example of the Standard Webhooks specification's reference libraries.
#[test]
fn a_known_vector() {
    let keys = Keys::parse([SECRET]).unwrap();
    let signature = keys.sign("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#);
    assert_eq!(signature, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

#[tokio::test]
async fn the_reference_library_accepts_what_we_send() {
    let receiver = Receiver::start().await;
    let hook = notifier(&receiver.settings());
    for _ in 0..2 {
        send(&*hook, NoticeKind::ProposalOpened).await.unwrap();
    }
    let seen = receiver.seen();
    for (headers, body) in &seen {
        Webhook::new(SECRET).unwrap().verify(body, headers).expect("verifies");
        let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        assert!(Webhook::new(other).unwrap().verify(body, headers).is_err(), "another secret does not");
        let mut forged = body.to_vec();
        forged[0] ^= 1;
        assert!(Webhook::new(SECRET).unwrap().verify(&forged, headers).is_err(), "another body does not");
        let body: Value = serde_json::from_slice(body).unwrap();
        assert_eq!(body["type"], "proposal.opened");
        assert_eq!(body["timestamp"], "2026-08-04T10:00:00Z");
        assert_eq!(body["data"]["title"], "orders.status dropped");
        assert_eq!(headers["content-type"], "application/json");
    }
    assert_eq!(seen[0].0["webhook-id"], seen[1].0["webhook-id"], "equal on repeats");
    assert_eq!(seen[0].0["webhook-id"], "0198c000-0001");
    assert_eq!(seen[0].1, seen[1].1, "the body too");
}

#[tokio::test]
async fn several_secrets_while_one_is_changed() {
    let receiver = Receiver::start().await;
    let new = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
    let mut settings = receiver.settings();
    settings["secrets"] = json!([new]);
    send(&*notifier(&settings), NoticeKind::Drift).await.unwrap();
    let (headers, body) = &receiver.seen()[0];
    for secret in [SECRET, new] {
        Webhook::new(secret).unwrap().verify(body, headers).expect("each secret verifies");
    }
}

#[tokio::test]
async fn a_raw_secret_is_taken_as_it_stands() {
    let receiver = Receiver::start().await;
    let mut settings = receiver.settings();
    settings["secret"] = json!("a raw secret, long enough to be good");
    send(&*notifier(&settings), NoticeKind::Drift).await.unwrap();
    let (headers, body) = &receiver.seen()[0];
    let raw = Webhook::from_bytes(b"a raw secret, long enough to be good".to_vec()).unwrap();
    raw.verify(body, headers).expect("verifies");
}
