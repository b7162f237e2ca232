//! The outbox: who is handed what, in which order, and how an attempt ends.

use super::make::{self, at};
use crate::records::{OutboxMessage, OutboxState};
use crate::store::{Batch, Page, Settled, Store};
use tessera_model::ids::OutboxId;

async fn post(store: &dyn Store, messages: &[OutboxMessage]) {
    store.commit(Batch { outbox: messages.to_vec(), ..Batch::default() }).await.expect("commits");
}

/// Claims at `now` for a minute.
async fn claim(store: &dyn Store, holder: &str, now: i64) -> Vec<OutboxId> {
    let claimed = store.claim_outbox(holder, at(now), at(now + 60), 100).await.expect("claims");
    claimed.iter().map(|m| m.id).collect()
}

async fn settle(store: &dyn Store, message: &OutboxMessage, holder: &str, settled: Settled) {
    store.settle_outbox(message.id, holder, settled).await.expect("settles");
}

fn done(reference: Option<&str>, now: i64) -> Settled {
    Settled::Done { reference: reference.map(str::to_owned), at: at(now) }
}

async fn read(store: &dyn Store, id: OutboxId) -> OutboxMessage {
    let all = store.outbox(None, Page::default()).await.expect("reads");
    all.items.into_iter().find(|m| m.id == id).expect("the message")
}

/// `message` is due at 100.
pub(super) async fn due_in_order(store: &dyn Store) {
    let mut messages = ["1", "2", "3", "4"].map(|n| make::message(n, "t", n));
    messages[0].next_attempt = at(200);
    messages[1].next_attempt = at(105);
    messages[3].state = OutboxState::Dead;
    post(store, &messages).await;
    let [first, second, third, _] = messages.each_ref().map(|m| m.id);
    assert_eq!(claim(store, "a", 99).await, [], "nothing is due");
    assert_eq!(store.claim_outbox("a", at(150), at(160), 0).await, Ok(vec![]), "none wanted");
    let one = store.claim_outbox("a", at(150), at(210), 1).await.expect("claims");
    assert_eq!(one, [OutboxMessage { attempts: 1, ..messages[2].clone() }], "the one that is due longest, counted");
    assert_eq!(claim(store, "a", 150).await, [second]);
    assert_eq!(claim(store, "a", 200).await, [first]);
    assert_eq!(claim(store, "b", 200).await, [], "all are leased");
    assert_eq!(read(store, third).await.state, OutboxState::Waiting, "leased is still waiting");
}

pub(super) async fn order_within_a_thread(store: &dyn Store) {
    let messages = ["1", "2", "3"].map(|n| make::message("s", "t", n));
    post(store, &messages).await;
    let [first, second, third] = messages.each_ref().map(|m| m.id);
    assert_eq!(claim(store, "a", 100).await, [first]);
    assert_eq!(claim(store, "b", 100).await, [], "the first is on its way");
    let again = Settled::Retry { error: "429".into(), next_attempt: at(150) };
    settle(store, &messages[0], "a", again).await;
    assert_eq!(claim(store, "a", 149).await, [], "the first waits, so do the others");
    assert_eq!(claim(store, "a", 150).await, [first]);
    settle(store, &messages[0], "a", done(None, 151)).await;
    assert_eq!(claim(store, "a", 151).await, [second]);
    settle(store, &messages[1], "a", Settled::Dead { error: "gone".into(), at: at(152) }).await;
    assert_eq!(claim(store, "a", 152).await, [third], "a dead one holds nobody up");
}

pub(super) async fn threads_are_independent(store: &dyn Store) {
    let mut messages = [("s", "t"), ("s", "u"), ("z", "t"), ("s", "t")].map(|(s, t)| make::message(s, t, ""));
    for (n, message) in messages.iter_mut().enumerate() {
        message.dedupe_key = tessera_model::Fingerprint::of_bytes(&[n as u8]);
    }
    messages[3].notifier = "webhook".into();
    post(store, &messages).await;
    assert_eq!(claim(store, "a", 100).await, messages.each_ref().map(|m| m.id));
}

pub(super) async fn leases_expire(store: &dyn Store) {
    let message = make::message("s", "t", "1");
    post(store, std::slice::from_ref(&message)).await;
    assert_eq!(claim(store, "a", 100).await, [message.id]);
    assert_eq!(claim(store, "b", 159).await, [], "a minute is not over");
    let again = store.claim_outbox("b", at(160), at(220), 10).await.expect("claims");
    assert_eq!(again.len(), 1);
    assert_eq!(again[0].attempts, 2, "an attempt whose outcome nobody knows counts");
}

pub(super) async fn only_the_holder_settles(store: &dyn Store) {
    let message = make::message("s", "t", "1");
    post(store, std::slice::from_ref(&message)).await;
    settle(store, &message, "a", done(None, 100)).await;
    assert_eq!(read(store, message.id).await, message, "nobody holds it");
    claim(store, "a", 100).await;
    settle(store, &message, "b", done(Some("b"), 101)).await;
    assert_eq!(read(store, message.id).await.state, OutboxState::Waiting);
    claim(store, "b", 200).await;
    settle(store, &message, "a", Settled::Dead { error: "late".into(), at: at(201) }).await;
    assert_eq!(read(store, message.id).await.state, OutboxState::Waiting, "it is b's now");
    settle(store, &message, "b", done(Some("ref"), 202)).await;
    settle(store, &message, "b", Settled::Dead { error: "again".into(), at: at(203) }).await;
    let settled = read(store, message.id).await;
    let expected =
        OutboxMessage { state: OutboxState::Done, attempts: 2, delivered_at: Some(at(202)), ..message.clone() };
    assert_eq!(settled, expected);
    let unknown = make::message("x", "y", "z");
    settle(store, &unknown, "b", done(None, 204)).await;
}

pub(super) async fn retries_and_death(store: &dyn Store) {
    let message = make::message("s", "t", "1");
    post(store, std::slice::from_ref(&message)).await;
    claim(store, "a", 100).await;
    settle(store, &message, "a", Settled::Retry { error: make::TEXT.into(), next_attempt: at(130) }).await;
    let waiting = read(store, message.id).await;
    let expected =
        OutboxMessage { attempts: 1, next_attempt: at(130), last_error: Some(make::TEXT.into()), ..message.clone() };
    assert_eq!(waiting, expected);
    assert_eq!(claim(store, "b", 130).await, [message.id], "the lease ended with the attempt");
    settle(store, &message, "b", Settled::Dead { error: "gone".into(), at: at(131) }).await;
    let dead = read(store, message.id).await;
    assert_eq!((dead.state, dead.last_error.as_deref()), (OutboxState::Dead, Some("gone")));
    assert_eq!(claim(store, "b", 1_000).await, []);
}

pub(super) async fn references(store: &dyn Store) {
    let messages = ["1", "2", "3", "4"].map(|n| make::message("s", "t", n));
    let reference = async |target| store.outbox_reference("s", "slack", target).await.expect("reads");
    post(store, &messages).await;
    assert_eq!(reference("t").await, None);
    let answers = [Some("C1:1"), None, Some("C1:2")];
    let expected = [Some("C1:1"), Some("C1:1"), Some("C1:2")];
    for (n, (answer, expected)) in answers.into_iter().zip(expected).enumerate() {
        let now = 100 + n as i64;
        claim(store, "a", now).await;
        settle(store, &messages[n], "a", done(answer, now)).await;
        assert_eq!(reference("t").await.as_deref(), expected);
    }
    claim(store, "a", 110).await;
    settle(store, &messages[3], "a", Settled::Dead { error: "no".into(), at: at(110) }).await;
    assert_eq!(reference("t").await.as_deref(), Some("C1:2"));
    assert_eq!(reference("u").await, None);
    assert_eq!(store.outbox_reference("s", "other", "t").await, Ok(None));
    assert_eq!(store.outbox_reference("z", "slack", "t").await, Ok(None));
}
