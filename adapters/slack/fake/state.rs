//! What the fake remembers.

use super::fault::Fault;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// A message as it stands now.
#[derive(Debug, Clone, Serialize)]
pub struct Message {
    pub channel: String,
    pub channel_id: String,
    pub ts: String,
    pub text: String,
    pub blocks: Vec<Value>,
    pub metadata: Option<Value>,
    /// Earlier versions of `(text, blocks)`, oldest first.
    pub history: Vec<(String, Vec<Value>)>,
    /// The replies in its thread, oldest first.
    pub replies: Vec<Message>,
}

#[derive(Debug, Clone)]
pub struct Request {
    /// `chat.postMessage`, …, or `webhook`.
    pub method: String,
    pub body: Value,
    pub at: Instant,
    /// The status it was answered with; 0 for a reset.
    pub status: u16,
}

#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
    pub(super) changed: tokio::sync::Notify,
}

impl Shared {
    pub(super) fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[derive(Debug)]
pub(super) struct State {
    pub messages: Vec<Message>,
    pub requests: Vec<Request>,
    pub violations: Vec<String>,
    pub faults: VecDeque<(Option<String>, Fault)>,
    pub refused: BTreeMap<String, String>,
    pub scopes: BTreeSet<String>,
    /// Channel names by ID.
    names: BTreeMap<String, String>,
    clock: u64,
}

impl Default for State {
    fn default() -> Self {
        let scopes = ["chat:write", "chat:write.public", "channels:history"].map(str::to_owned);
        State {
            messages: Vec::new(),
            requests: Vec::new(),
            violations: Vec::new(),
            faults: VecDeque::new(),
            refused: BTreeMap::new(),
            scopes: scopes.into_iter().collect(),
            names: BTreeMap::new(),
            clock: 0,
        }
    }
}

impl State {
    /// The ID of a channel given by name or ID; a new name gets a new ID.
    pub(super) fn channel_id(&mut self, channel: &str) -> String {
        let name = channel.trim_start_matches('#');
        if self.names.contains_key(name) {
            return name.to_owned();
        }
        if let Some((id, _)) = self.names.iter().find(|(_, known)| *known == name) {
            return id.clone();
        }
        let looks_like_id =
            name.len() > 8 && name.starts_with(['C', 'D', 'G', 'U']) && !name.contains(char::is_lowercase);
        let id = if looks_like_id { name.to_owned() } else { format!("C0FAKE{:05}", self.names.len() + 1) };
        self.names.insert(id.clone(), name.to_owned());
        id
    }

    pub(super) fn is_id(&self, channel: &str) -> bool {
        self.names.contains_key(channel)
    }

    pub(super) fn name_of(&self, id: &str) -> String {
        self.names.get(id).map_or_else(|| id.to_owned(), |name| format!("#{name}"))
    }

    /// `(id, name)` of every channel ever used.
    pub(super) fn channels(&self) -> impl Iterator<Item = (&String, &String)> {
        self.names.iter()
    }

    /// Times that only grow: seconds of the real clock, then a counter, as Slack's are.
    pub(super) fn next_ts(&mut self) -> String {
        self.clock += 1;
        format!("{}.{:06}", jiff::Timestamp::now().as_second(), self.clock)
    }

    pub(super) fn fault_for(&mut self, method: &str) -> Option<Fault> {
        let at = self.faults.iter().position(|(only, _)| only.as_deref().is_none_or(|m| m == method))?;
        self.faults.remove(at).map(|(_, fault)| fault)
    }
}
