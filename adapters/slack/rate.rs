//! One bucket per channel: Slack takes about one message a second and channel, and says how long to wait when that was
//! too fast. Callers wait a little; a longer wait goes back to the outbox, so that no other target stands behind it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The longest wait inside a delivery.
const PATIENCE: Duration = Duration::from_secs(5);
const REMEMBERED: usize = 10_000;

#[derive(Debug)]
pub(crate) struct Buckets {
    interval: Duration,
    free_at: Mutex<HashMap<String, Instant>>,
}

impl Buckets {
    pub(crate) fn new(interval: Duration) -> Self {
        Buckets { interval, free_at: Mutex::default() }
    }

    /// Waits for this key's turn, or says after how long to come back.
    pub(crate) async fn take(&self, key: &str) -> Result<(), Duration> {
        let now = Instant::now();
        let turn = {
            let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
            if free_at.len() >= REMEMBERED {
                free_at.retain(|_, at| *at > now);
            }
            let turn = free_at.get(key).copied().unwrap_or(now).max(now);
            if turn - now > PATIENCE {
                return Err(turn - now);
            }
            free_at.insert(key.to_owned(), turn + self.interval);
            turn
        };
        tokio::time::sleep_until(turn).await;
        Ok(())
    }

    /// Nothing to this key before `after` has passed.
    pub(crate) fn hold(&self, key: &str, after: Duration) {
        let until = Instant::now() + after;
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let at = free_at.entry(key.to_owned()).or_insert(until);
        *at = (*at).max(until);
    }
}
