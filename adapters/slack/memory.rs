//! What this process remembers between deliveries, all of it only to do better than the worst case: which attempts
//! certainly did not arrive (so a repeat needs no apology), and the IDs behind channel names.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

const REMEMBERED: usize = 4_096;

#[derive(Debug, Default)]
pub(crate) struct Memory {
    undelivered: Mutex<HashMap<String, u32>>,
    channels: Mutex<HashMap<String, String>>,
}

impl Memory {
    /// Attempt `attempt` was certainly not carried out.
    pub(crate) fn not_sent(&self, key: &str, attempt: u32) {
        let mut map = self.undelivered.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() >= REMEMBERED {
            map.clear();
        }
        map.insert(key.to_owned(), attempt);
    }

    /// May an earlier attempt have arrived? Certain only if the attempt just before was made here and refused, and the
    /// same held for the ones before it.
    pub(crate) fn unsure(&self, key: &str, attempt: u32) -> bool {
        let map = self.undelivered.lock().unwrap_or_else(PoisonError::into_inner);
        attempt > 1 && map.get(key) != Some(&(attempt - 1))
    }

    pub(crate) fn learn_channel(&self, name: &str, id: &str) {
        let mut map = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        if map.len() < REMEMBERED {
            map.insert(name.to_owned(), id.to_owned());
        }
    }

    pub(crate) fn channel_id(&self, name: &str) -> String {
        let map = self.channels.lock().unwrap_or_else(PoisonError::into_inner);
        map.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }
}
