//! Names that come and go. A property that the old document names and the new one does not is lost to its readers,
//! whatever containment says: so names are collected from everything that may speak about a value, alternatives and
//! conditions included, and a name counts as gone only when none of that names it any more.

use super::explain::{Explainer, Found, shown};
use super::node::{EVERY, Id, Kind, Node};
use super::parts::{Doc, Parts};
use super::probe::Step;
use super::walk::{Place, addresses, title};
use crate::maps::Look;
use serde_json::Value;
use tessera_model::change::{ChangeKind, Judgment};

impl<'a> Explainer<'a, '_> {
    /// `plain`: the place is part of the conjunction all the way down, so that a probe can reach it.
    pub(crate) fn vanished(&mut self, old: &[&'a Value], new: &[&'a Value], place: &mut Place, plain: bool) {
        let pair = (addresses(old), addresses(new));
        if place.open.contains(&pair) || self.intact.contains(&pair) || !self.again(&pair) || !self.enter(place) {
            return;
        }
        let before = self.found.len();
        place.open.push(pair.clone());
        let (was, is) = (self.old.reach(old), self.new.reach(new));
        let (a, b) = (self.old.parts(old), self.new.parts(new));
        if a.blind || b.blind {
            // What a foreign document names is not known; `walk` has told that the reference changed.
        } else {
            if both_may(&self.old, &self.new, &a, &b, Kind::Obj) {
                self.lost_names(&was, &is, (&a, &b), place, plain);
            }
            if both_may(&self.old, &self.new, &a, &b, Kind::Arr) {
                self.lost_in_items(&was, &is, place, plain);
            }
        }
        place.open.pop();
        if self.found.len() == before {
            self.intact.insert(pair);
        }
    }

    fn lost_names(
        &mut self,
        was: &Parts<'a>,
        is: &Parts<'a>,
        own: (&Parts<'a>, &Parts<'a>),
        place: &mut Place,
        plain: bool,
    ) {
        let (old, new) = (was.members("properties"), is.members("properties"));
        let (mine, theirs) = (own.0.members("properties"), own.1.members("properties"));
        for (name, schemas) in &old {
            // Forbidden is not named.
            if schemas.iter().all(|s| **s == Value::Bool(false)) {
                continue;
            }
            match new.get(name).filter(|n| !n.iter().all(|s| **s == Value::Bool(false))) {
                Some(others) => {
                    let deeper = plain && mine.contains_key(name) && theirs.contains_key(name);
                    let step = Step::Property((*name).to_owned());
                    place.at(&["properties", name], step, |p| self.vanished(schemas, others, p, deeper));
                }
                None => {
                    let reach = plain && mine.contains_key(name);
                    self.lost(name, schemas, own, place, reach);
                }
            }
        }
        let rest = |parts: &Parts<'a>| -> Vec<&'a Value> {
            parts.get("additionalProperties").filter(|v| v.is_object()).collect()
        };
        let (x, y) = (rest(was), rest(is));
        if !x.is_empty() && !y.is_empty() {
            let step = Step::Rest { names: Vec::new(), patterns: Vec::new() };
            place.at(&["additionalProperties"], step, |p| self.vanished(&x, &y, p, false));
        }
        let (x, y) = (was.members("patternProperties"), is.members("patternProperties"));
        for (pattern, schemas) in &x {
            if let Some(others) = y.get(pattern) {
                let step = Step::Matching((*pattern).to_owned());
                place.at(&["patternProperties", pattern], step, |p| self.vanished(schemas, others, p, plain));
            }
        }
    }

    fn lost(&mut self, name: &str, schemas: &[&'a Value], own: (&Parts<'a>, &Parts<'a>), place: &Place, reach: bool) {
        let (mut p, mut q) = (None, None);
        if reach {
            let schema = self.conjunction(schemas);
            let mut kept = vec![self.solver.arena.make(Node::Property(name.to_owned(), schema))];
            if own.0.required().contains(name) {
                kept.push(self.solver.arena.make(Node::Required(name.to_owned())));
            }
            p = Some(self.solver.arena.make(Node::All(kept)));
            let key = self.on_key(own.1, name, Which::New);
            q = key.map(|id| self.solver.arena.make(Node::Property(name.to_owned(), id)));
        }
        let whole = if place.steps.is_empty() { String::new() } else { format!(" of {}", title(place)) };
        self.found.push(Found {
            rule: "property-removed",
            path: place.key(&["properties", name]),
            steps: place.steps.clone(),
            column: Some(name.to_owned()),
            was: p,
            is: q,
            before: shown(schemas),
            after: Value::Null,
            message: format!("property `{name}`{whole} is gone: whoever reads it by name has lost it"),
            kind: ChangeKind::Structural,
            reads: Some(Judgment::Fails),
            writes: None,
            always: true,
        });
    }

    /// A property that only the new side names in its conjunction.
    pub(crate) fn appeared(&mut self, name: &str, old: &Parts<'a>, schemas: &[&'a Value], place: &Place) {
        let was = self.on_key(old, name, Which::Old);
        let is = self.conjunction(schemas);
        let forbidden = schemas.contains(&&Value::Bool(false));
        let whole = if place.steps.is_empty() { String::new() } else { format!(" of {}", title(place)) };
        let node = |e: &mut Self, id: Id| e.solver.arena.make(Node::Property(name.to_owned(), id));
        let p = was.map(|id| node(self, id));
        let q = Some(node(self, is));
        self.found.push(Found {
            rule: if forbidden { "property-forbidden" } else { "property-added" },
            path: place.key(&["properties", name]),
            steps: place.steps.clone(),
            column: Some(name.to_owned()),
            was: p,
            is: q,
            before: Value::Null,
            after: shown(schemas),
            message: if forbidden {
                format!("property `{name}`{whole} is forbidden now")
            } else {
                format!("property `{name}`{whole} is new")
            },
            kind: ChangeKind::Structural,
            reads: None,
            writes: None,
            always: !forbidden,
        });
    }

    /// What one side demands of the value under a key; `None` where a pattern cannot be told.
    fn on_key(&mut self, parts: &Parts<'a>, name: &str, which: Which) -> Option<Id> {
        let mut ids: Vec<Id> = Vec::new();
        let kinds = match which {
            Which::Old => self.old.kinds(parts),
            Which::New => self.new.kinds(parts),
        };
        if kinds & Kind::Obj.bit() == 0 || parts.never {
            return Some(self.solver.kinds(EVERY));
        }
        for fields in &parts.all {
            let mut listed = false;
            if let Some(schema) = fields.look("properties").and_then(|p| p.get(name)) {
                ids.push(self.id(schema)?);
                listed = true;
            }
            for (pattern, schema) in fields.look("patternProperties").and_then(Value::as_object).into_iter().flatten() {
                if self.solver.patterns.matches(pattern, name)? {
                    ids.push(self.id(schema)?);
                    listed = true;
                }
            }
            if let (false, Some(schema)) = (listed, fields.look("additionalProperties")) {
                ids.push(self.id(schema)?);
            }
        }
        Some(self.solver.arena.make(Node::All(ids)))
    }

    fn lost_in_items(&mut self, was: &Parts<'a>, is: &Parts<'a>, place: &mut Place, plain: bool) {
        let ((p, r), (q, s)) = (was.items(), is.items());
        for (i, (x, y)) in p.iter().zip(&q).enumerate() {
            place.at(&["prefixItems", &i.to_string()], Step::Item(i), |at| self.vanished(x, y, at, plain));
        }
        let tail = |rest: &[(usize, &'a Value)]| -> Vec<&'a Value> { rest.iter().map(|(_, v)| *v).collect() };
        let (x, y) = (tail(&r), tail(&s));
        if !x.is_empty() && !y.is_empty() {
            let from = p.len().max(q.len());
            place.at(&["items"], Step::ItemsFrom(from), |at| self.vanished(&x, &y, at, plain));
        }
    }
}

#[derive(Clone, Copy)]
enum Which {
    Old,
    New,
}

fn both_may(old: &Doc<'_>, new: &Doc<'_>, a: &Parts<'_>, b: &Parts<'_>, kind: Kind) -> bool {
    old.kinds(a) & new.kinds(b) & kind.bit() != 0
}
