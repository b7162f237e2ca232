//! The walk over two compiled schemas: files, definitions that went or came, then what both have, by full name.

use super::found::{Found, found};
use super::model::Schema;
use super::{defined, enums, fields, files_compared, members, services};
use tessera_model::change::Change;

pub(super) struct Walk<'a> {
    pub(super) old: &'a Schema,
    pub(super) new: &'a Schema,
    found: Vec<Found>,
    left: u64,
}

/// The walk is linear: it may visit more than a search that doubles.
const VISITS: u64 = 20;

pub(super) fn explain(old: &Schema, new: &Schema, budget: u64) -> Vec<Change> {
    let mut walk = Walk { old, new, found: Vec::new(), left: budget.saturating_mul(VISITS) };
    files_compared::compare(&mut walk);
    let entries = defined::compare(&mut walk);
    for (name, before) in &old.messages {
        if let (Some(after), true) = (new.messages.get(name), walk.visit()) {
            members::message(&mut walk, name, before, after);
        }
    }
    fields::extensions(&mut walk);
    for (name, before) in &old.enums {
        if let (Some(after), true) = (new.enums.get(name), walk.visit()) {
            enums::compare(&mut walk, name, before, after);
        }
    }
    for (name, before) in &old.services {
        if let (Some(after), true) = (new.services.get(name), walk.visit()) {
            services::compare(&mut walk, name, before, after);
        }
    }
    defined::attach(&mut walk.found, old, entries);
    if walk.left == 0 {
        walk.push(
            found("budget-exhausted", "").says("the schemas are larger than the budget: not everything was compared"),
        );
    }
    walk.found.into_iter().map(Found::change).collect()
}

impl Walk<'_> {
    /// Takes one visit; false when there are none left.
    pub(super) fn visit(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.left > 0
    }

    pub(super) fn push(&mut self, found: Found) {
        self.found.push(found);
    }
}
