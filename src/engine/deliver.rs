//! The outbox empties itself: claim, send, settle. At least once, with the same idempotency key each time; one slow or dead
//! target delays no other; what cannot be delivered stays visible.

use crate::engine::Engine;
use std::sync::Arc;
use std::time::Duration;
use tessera_ports::notifier::Delivery;
use tessera_ports::records::OutboxMessage;
use tessera_ports::store::Settled;
use tessera_ports::{DeliveryError, StoreError};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// A claimed message that nobody settled may be claimed again after so long.
const LEASE: i64 = 30;
const BATCH: u32 = 20;
/// No single attempt takes longer.
const ATTEMPT: Duration = Duration::from_secs(25);

/// Delivers until stopped; then finishes what is under way.
pub async fn run(engine: Arc<Engine>, holder: String, stop: CancellationToken) {
    let mut running: JoinSet<()> = JoinSet::new();
    loop {
        let claimed = if stop.is_cancelled() { 0 } else { claim(&engine, &holder, &mut running).await };
        if stop.is_cancelled() {
            while running.join_next().await.is_some() {}
            return;
        }
        if claimed == BATCH as usize {
            continue;
        }
        let poll = Duration::from_secs(u64::from(engine.settings().delivery.poll_seconds.max(1)));
        tokio::select! {
            () = stop.cancelled() => {}
            () = engine.outbox_wake.notified() => {}
            Some(_) = running.join_next(), if !running.is_empty() => {}
            () = tokio::time::sleep(poll) => {}
        }
    }
}

/// Claims and sends everything that is due now and waits for the outcome: tests and one-shot commands.
pub async fn drain(engine: &Arc<Engine>, holder: &str) {
    let mut running = JoinSet::new();
    while claim(engine, holder, &mut running).await > 0 {
        while running.join_next().await.is_some() {}
    }
}

async fn claim(engine: &Arc<Engine>, holder: &str, running: &mut JoinSet<()>) -> usize {
    let now = engine.now();
    let until = now.checked_add(jiff::SignedDuration::from_secs(LEASE)).unwrap_or(now);
    match engine.store().claim_outbox(holder, now, until, BATCH).await {
        Ok(messages) => {
            let n = messages.len();
            for message in messages {
                let (engine, holder) = (engine.clone(), holder.to_owned());
                running.spawn(async move { attempt(&engine, &holder, message).await });
            }
            n
        }
        Err(e) => {
            tracing::warn!(error = %e, "the outbox cannot be read");
            0
        }
    }
}

async fn attempt(engine: &Engine, holder: &str, message: OutboxMessage) {
    let outcome = send(engine, &message).await;
    let label = match &outcome {
        Settled::Done { .. } => "delivered",
        Settled::Retry { .. } => "retry",
        Settled::Dead { .. } => "dead",
    };
    engine.metrics().delivery(&message.notifier, label);
    match &outcome {
        Settled::Done { .. } => {
            tracing::info!(notifier = %message.notifier, target = %message.target, event = message.notice.kind.event(), "delivered");
        }
        Settled::Retry { error, next_attempt } => {
            tracing::warn!(notifier = %message.notifier, target = %message.target, error, %next_attempt, "not delivered yet");
        }
        Settled::Dead { error, .. } => {
            tracing::error!(notifier = %message.notifier, target = %message.target, error, "given up: see `GET /api/v1/outbox?state=dead`");
        }
    }
    // A settle that is lost means one repeat with the same key, never a loss.
    for pause in [0, 100, 1000] {
        tokio::time::sleep(Duration::from_millis(pause)).await;
        match engine.store().settle_outbox(message.id, holder, outcome.clone()).await {
            Ok(()) => break,
            Err(StoreError::Unavailable(e)) => {
                tracing::warn!(error = %e, "the outcome of a delivery could not be written");
            }
            Err(e) => {
                tracing::warn!(error = %e, "the outcome of a delivery could not be written");
                break;
            }
        }
    }
    // The next message of this thread may go now.
    engine.outbox_wake.notify_one();
}

async fn send(engine: &Engine, message: &OutboxMessage) -> Settled {
    let now = engine.now();
    let Some(notifier) = engine.adapters().notifiers.get(&message.notifier).cloned() else {
        return Settled::Dead { error: format!("no notifier `{}` is configured any more", message.notifier), at: now };
    };
    let previous = match engine.store().outbox_reference(&message.subject, &message.notifier, &message.target).await {
        Ok(reference) => reference,
        Err(e) => return retry(engine, message, e.to_string(), None),
    };
    let delivery = Delivery {
        idempotency_key: message.id.to_string(),
        target: &message.target,
        notice: &message.notice,
        previous: previous.as_deref(),
        attempt: message.attempts.max(1),
    };
    match tokio::time::timeout(ATTEMPT, notifier.deliver(&delivery)).await {
        Ok(Ok(delivered)) => Settled::Done { reference: delivered.reference, at: engine.now() },
        Ok(Err(DeliveryError::Retry { message: error, after })) => retry(engine, message, error, after),
        Ok(Err(DeliveryError::Permanent { message: error })) => Settled::Dead { error, at: engine.now() },
        Err(_) => retry(engine, message, format!("no answer within {} s", ATTEMPT.as_secs()), None),
    }
}

fn retry(engine: &Engine, message: &OutboxMessage, error: String, after: Option<Duration>) -> Settled {
    let settings = engine.settings();
    let now = engine.now();
    let age = now.duration_since(message.created_at).as_secs();
    if age > i64::from(settings.delivery.give_up_hours) * 3600 {
        return Settled::Dead {
            error: format!("given up after {} hours: {error}", settings.delivery.give_up_hours),
            at: now,
        };
    }
    // Full jitter, so that many messages do not come back together.
    let ceiling =
        (1u64 << message.attempts.min(20)).min(u64::from(settings.delivery.max_backoff_seconds.max(1))) * 1000;
    let random = (engine.ids().next().as_u128() as u64) % ceiling.max(1);
    let pause = after.map_or(random.max(250), |a| u64::try_from(a.as_millis()).unwrap_or(u64::MAX).min(3_600_000));
    let next = now.checked_add(jiff::SignedDuration::from_millis(i64::try_from(pause).unwrap_or(1_000))).unwrap_or(now);
    Settled::Retry { error, next_attempt: next }
}
