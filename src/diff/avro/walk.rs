//! The explanation: both schemas are walked pair by pair, each pair once, and every difference becomes a change with
//! its own two judgments. What the whole-schema answer of `resolve` knows and no change says is added at the end.

use super::model::{Id, Kind, Node, Schema};
use super::resolve::{Resolver, meaning, promotes};
use super::{advice, named, unions};
use crate::table::{Say, build};
use serde_json::{Value, json};
use std::collections::{HashSet, VecDeque};
use tessera_model::change::{Change, ChangeKind, Judgment};

/// Where a pair stands: an index into the crumbs.
pub(super) type Place = usize;

pub(super) struct Walk<'a> {
    pub(super) old: &'a Schema,
    pub(super) new: &'a Schema,
    /// Old reader, new data.
    pub(super) reads: Resolver<'a>,
    /// New reader, old data.
    pub(super) writes: Resolver<'a>,
    queue: VecDeque<(Id, Id, Place)>,
    seen: HashSet<(Id, Id)>,
    crumbs: Vec<(Place, String)>,
    pub(super) changes: Vec<Change>,
}

pub(super) fn explain(old: &Schema, new: &Schema, budget: u64) -> Vec<Change> {
    let mut walk = Walk {
        old,
        new,
        reads: Resolver::new(old, new, budget),
        writes: Resolver::new(new, old, budget),
        queue: VecDeque::from([(old.root, new.root, 0)]),
        seen: HashSet::from([(old.root, new.root)]),
        crumbs: vec![(0, String::new())],
        changes: Vec::new(),
    };
    let mut left = budget;
    while let Some((o, n, place)) = walk.queue.pop_front() {
        if left == 0 {
            let said = "the schemas are larger than the budget: the rest was not compared";
            let doubt = Judgment::Undecided;
            walk.changes.push(build("budget-exhausted", "", ChangeKind::Structural, doubt, doubt).says(said));
            return walk.changes;
        }
        left -= 1;
        walk.pair(o, n, place);
    }
    let whole = (walk.reads.verdict(old.root, new.root), walk.writes.verdict(new.root, old.root));
    walk.reconcile(whole);
    walk.changes
}

impl<'a> Walk<'a> {
    pub(super) fn visit(&mut self, old: Id, new: Id, place: Place) {
        if self.seen.insert((old, new)) {
            self.queue.push_back((old, new, place));
        }
    }

    pub(super) fn step(&mut self, place: Place, step: String) -> Place {
        self.crumbs.push((place, step));
        self.crumbs.len() - 1
    }

    /// The path of a place; a very deep one is cut at its start.
    pub(super) fn path(&self, mut place: Place) -> String {
        let mut steps = Vec::new();
        while place != 0 {
            if steps.len() == 500 {
                steps.push("…");
                break;
            }
            steps.push(self.crumbs[place].1.as_str());
            place = self.crumbs[place].0;
        }
        steps.reverse();
        steps.concat()
    }

    /// Adds a change with its place, the top-level field it is about and the advice for it.
    pub(super) fn push(&mut self, place: Place, mut change: Change) {
        change.path = self.path(place) + &change.path;
        let mut steps = change.path.split('/').skip(1);
        change.column = match (steps.next(), steps.next()) {
            (Some("fields"), Some(field)) => Some(field.to_owned()),
            _ => None,
        };
        change.suggestion = advice::of(&change);
        self.changes.push(change);
    }

    /// A difference that says nothing about values.
    pub(super) fn note(&mut self, place: Place, rule: &str, step: &str, before: Value, after: Value, said: String) {
        let change = build(rule, step, ChangeKind::Documentation, Judgment::Ok, Judgment::Ok);
        self.push(place, change.values(before, after).says(said));
    }

    fn pair(&mut self, o: Id, n: Id, place: Place) {
        let (old, new) = (self.old.node(o), self.new.node(n));
        if matches!(old.kind, Kind::Union(_)) || matches!(new.kind, Kind::Union(_)) {
            return unions::compare(self, o, n, place);
        }
        match (&old.kind, &new.kind) {
            (Kind::Primitive(a), Kind::Primitive(b)) if a == b => {}
            (Kind::Primitive(a), Kind::Primitive(b)) => {
                return self.retyped(o, n, place, promotes(*b, *a), promotes(*a, *b));
            }
            (Kind::Array(a), Kind::Array(b)) => {
                let inner = self.step(place, "/items".to_owned());
                self.visit(*a, *b, inner);
            }
            (Kind::Map(a), Kind::Map(b)) => {
                let inner = self.step(place, "/values".to_owned());
                self.visit(*a, *b, inner);
            }
            (Kind::Record(a), Kind::Record(b)) => named::records(self, a, b, place),
            (Kind::Enum { .. }, Kind::Enum { .. }) => named::enums(self, old, new, place),
            (Kind::Fixed(a), Kind::Fixed(b)) => {
                if a != b {
                    let change =
                        build("size-changed", "/size", ChangeKind::Structural, Judgment::Fails, Judgment::Fails);
                    let said = format!("the fixed's size changed from {a} to {b} bytes");
                    self.push(place, change.values(json!(a), json!(b)).says(said));
                }
            }
            _ => return self.retyped(o, n, place, Judgment::Fails, Judgment::Fails),
        }
        named::names(self, old, new, place);
        self.logical(old, new, place);
        self.annotations(old, new, place);
    }

    fn retyped(&mut self, o: Id, n: Id, place: Place, reads: Judgment, writes: Judgment) {
        let (old, new) = (self.old.node(o), self.new.node(n));
        let meant = (meaning(&old.logical, &new.logical), meaning(&new.logical, &old.logical));
        let (before, after) = (self.old.shown(o), self.new.shown(n));
        let said = format!("the type changed from {before} to {after}");
        let change = build("type-changed", "", ChangeKind::Structural, reads.max(meant.0), writes.max(meant.1));
        self.push(place, change.values(json!(before), json!(after)).says(said));
        self.annotations(old, new, place);
    }

    fn logical(&mut self, old: &Node, new: &Node, place: Place) {
        if old.logical == new.logical {
            return;
        }
        let shown = |l: &Node| l.logical.as_ref().map(|l| l.shown());
        let (before, after) = (shown(old), shown(new));
        let said = match (&before, &after) {
            (Some(a), Some(b)) => format!("the values' meaning changed from {a} to {b}"),
            (Some(a), None) => format!("the values are no longer marked as {a}"),
            (None, Some(b)) => format!("the values are now marked as {b}"),
            (None, None) => return,
        };
        let reads = meaning(&old.logical, &new.logical);
        let writes = meaning(&new.logical, &old.logical);
        let change = build("logical-type-changed", "/logicalType", ChangeKind::Structural, reads, writes);
        self.push(place, change.values(json!(before), json!(after)).says(said));
    }

    fn annotations(&mut self, old: &Node, new: &Node, place: Place) {
        if old.doc != new.doc {
            let said = "the type's doc changed".to_owned();
            self.note(place, "doc-changed", "/doc", json!(old.doc), json!(new.doc), said);
        }
        if old.extra != new.extra {
            let said = "attributes that Avro does not name changed".to_owned();
            self.note(place, "attributes-changed", "", json!(old.extra), json!(new.extra), said);
        }
    }

    /// A verdict about the whole that no change carries is told at the root: what is not explained still counts.
    fn reconcile(&mut self, (reads, writes): (Judgment, Judgment)) {
        let bad = |j: Judgment| matches!(j, Judgment::Fails | Judgment::Undecided);
        let told = |get: fn(&Change) -> Judgment| self.changes.iter().any(|c| bad(get(c)));
        let reads = if bad(reads) && !told(|c| c.reads) { reads } else { Judgment::Ok };
        let writes = if bad(writes) && !told(|c| c.writes) { writes } else { Judgment::Ok };
        if reads != Judgment::Ok || writes != Judgment::Ok {
            let (rule, said) = if reads.max(writes) == Judgment::Undecided {
                ("budget-exhausted", "the schemas are larger than the budget: not all of their pairs were resolved")
            } else {
                ("schema-changed", "the schemas do not resolve as a whole")
            };
            self.push(0, build(rule, "", ChangeKind::Structural, reads, writes).says(said));
        }
    }
}
