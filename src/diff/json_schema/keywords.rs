//! What differs in the keywords without schemas inside: types, listed values, bounds, patterns, required names and notes.

use super::dec::Dec;
use super::explain::{Explainer, Found};
use super::node::{EVERY, Id, Kind, NUMBER, Node, TRUE};
use super::parts::Parts;
use super::walk::{Place, title};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tessera_model::change::{ChangeKind, Judgment};

/// Name, node, and whether more is stricter.
type Count = (&'static str, fn(u64) -> Node, bool);

const COUNTS: &[Count] = &[
    ("minLength", Node::MinLength, true),
    ("maxLength", Node::MaxLength, false),
    ("minItems", Node::MinItems, true),
    ("maxItems", Node::MaxItems, false),
    ("minProperties", Node::MinProperties, true),
    ("maxProperties", Node::MaxProperties, false),
];

impl<'a> Explainer<'a, '_> {
    pub(crate) fn kinds(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
        let (was, is) = (self.old.kinds(a), self.new.kinds(b));
        if was == is {
            return;
        }
        let null = Kind::Null.bit();
        let (rule, said) = match (was ^ is, is & null != 0) {
            (bits, true) if bits == null => ("nullable-added", "null is allowed now".to_owned()),
            (bits, false) if bits == null => ("nullable-removed", "null is not allowed any more".to_owned()),
            _ => ("type-changed", format!("the type changes from {} to {}", names_of(was), names_of(is))),
        };
        let shown = |bits: u8| match words(bits).as_slice() {
            [] => Value::Null,
            [one] => json!(one),
            _ if bits == EVERY => Value::Null,
            many => json!(many),
        };
        let (p, q) = (self.solver.kinds(was), self.solver.kinds(is));
        let (before, after) = (shown(was), shown(is));
        self.report(rule, place, place.path.clone(), p, q, before, after, &format!("{}: {said}", title(place)));
    }

    pub(crate) fn values(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
        let (was, is) = (a.values(), b.values());
        let node = |e: &mut Self, set: &Option<BTreeMap<String, &'a Value>>| match set {
            None => TRUE,
            Some(set) => {
                let ids = set.values().map(|v| e.solver.arena.value(v)).collect();
                e.solver.arena.make(Node::Enum(ids))
            }
        };
        let list = |set: &Option<BTreeMap<String, &'a Value>>| match set {
            None => Value::Null,
            Some(set) => Value::Array(set.values().map(|v| (*v).clone()).collect()),
        };
        let (p, q) = (node(self, &was), node(self, &is));
        let (before, after) = (list(&was), list(&is));
        match (&was, &is) {
            (None, None) => {}
            (None, Some(_)) => {
                let said = format!("{} is limited to listed values now", title(place));
                self.report("enum-added", place, place.path.clone(), p, q, before, after, &said);
            }
            (Some(_), None) => {
                let said = format!("{} is not limited to listed values any more", title(place));
                self.report("enum-removed", place, place.path.clone(), p, q, before, after, &said);
            }
            (Some(x), Some(y)) => {
                let names = |v: Vec<String>| v.join(", ");
                let more: Vec<String> =
                    y.iter().filter(|(k, _)| !x.contains_key(*k)).map(|(_, v)| v.to_string()).collect();
                let less: Vec<String> =
                    x.iter().filter(|(k, _)| !y.contains_key(*k)).map(|(_, v)| v.to_string()).collect();
                if !more.is_empty() {
                    let said = format!("{} may be {} now", title(place), names(more));
                    let (before, after) = (before.clone(), after.clone());
                    self.report("enum-value-added", place, place.path.clone(), p, TRUE, before, after, &said);
                }
                if !less.is_empty() {
                    let said = format!("{} may not be {} any more", title(place), names(less));
                    self.report("enum-value-removed", place, place.path.clone(), TRUE, q, before, after, &said);
                }
            }
        }
    }

    pub(crate) fn bounds(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
        for low in [true, false] {
            let (was, is) = (a.bound(low), b.bound(low));
            let (x, y) = (was.map(|w| (w.0, w.1)), is.map(|i| (i.0, i.1)));
            if x == y {
                continue;
            }
            let stricter = match (x, y) {
                (None, _) => true,
                (_, None) => false,
                (Some((p, e)), Some((q, f))) => {
                    let order = if low { q.compare(p) } else { p.compare(q) };
                    order.is_gt() || order.is_eq() && f && !e
                }
            };
            let node = |e: &mut Self, bound: Option<(Dec, bool)>| match bound {
                None => TRUE,
                Some((bound, exclusive)) => {
                    let node = if low { Node::Min { bound, exclusive } } else { Node::Max { bound, exclusive } };
                    e.solver.arena.make(node)
                }
            };
            let (p, q) = (node(self, x), node(self, y));
            let keyword = is.or(was).map_or("minimum", |b| b.2);
            let value = |b: Option<(Dec, bool, &'static str, &'a Value)>| b.map_or(Value::Null, |b| b.3.clone());
            self.bound(place, keyword, stricter, p, q, value(was), value(is));
        }
        for (key, node, more_is_stricter) in COUNTS {
            let (was, is) = (a.count(key), b.count(key));
            let neutral = |n: Option<u64>| n.filter(|n| !(*more_is_stricter && *n == 0));
            if neutral(was) == neutral(is) {
                continue;
            }
            let stricter = match (was, is) {
                (None, _) => true,
                (_, None) => false,
                (Some(x), Some(y)) => (y > x) == *more_is_stricter,
            };
            let mut id = |n: Option<u64>| n.map_or(TRUE, |n| self.solver.arena.make(node(n)));
            let (p, q) = (id(was), id(is));
            self.bound(place, key, stricter, p, q, json!(was), json!(is));
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn bound(&mut self, place: &Place, keyword: &str, stricter: bool, p: Id, q: Id, before: Value, after: Value) {
        let rule = if stricter { "bound-tightened" } else { "bound-loosened" };
        let word = |v: &Value| if v.is_null() { "none".to_owned() } else { v.to_string() };
        let said = format!("{}: `{keyword}` goes from {} to {}", title(place), word(&before), word(&after));
        self.report(rule, place, place.key(&[keyword]), p, q, before, after, &said);
    }

    pub(crate) fn texts(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
        let rules = [
            ("pattern-added", "pattern-removed", "pattern-changed"),
            ("multiple-added", "multiple-removed", "multiple-changed"),
        ];
        for (key, (added, removed, changed)) in ["pattern", "multipleOf"].iter().zip(rules) {
            let (was, is) = (a.texts(key), b.texts(key));
            if was == is {
                continue;
            }
            let node = |e: &mut Self, parts: &Parts<'a>| {
                let ids: Vec<Id> = parts
                    .get(key)
                    .filter_map(|v| match v {
                        Value::String(p) => Some(Node::Pattern(p.clone())),
                        Value::Number(n) => Dec::of(n).map(Node::Multiple),
                        _ => None,
                    })
                    .collect::<Vec<_>>()
                    .into_iter()
                    .map(|n| e.solver.arena.make(n))
                    .collect();
                e.solver.arena.make(Node::All(ids))
            };
            let (p, q) = (node(self, a), node(self, b));
            let rule = if was.is_empty() {
                added
            } else if is.is_empty() {
                removed
            } else {
                changed
            };
            let value = |set: &BTreeSet<String>| set.iter().next().map_or(Value::Null, |s| json!(s));
            let said = format!("{}: `{key}` changed", title(place));
            self.report(rule, place, place.key(&[key]), p, q, value(&was), value(&is), &said);
        }
        if a.flag("uniqueItems") != b.flag("uniqueItems") {
            let unique = self.solver.arena.make(Node::Unique);
            let (rule, p, q) =
                if b.flag("uniqueItems") { ("unique-added", TRUE, unique) } else { ("unique-removed", unique, TRUE) };
            let said = format!("{}: whether items must differ changed", title(place));
            let (before, after) = (json!(a.flag("uniqueItems")), json!(b.flag("uniqueItems")));
            self.report(rule, place, place.key(&["uniqueItems"]), p, q, before, after, &said);
        }
    }

    pub(crate) fn names(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
        let (was, is) = (a.required(), b.required());
        let gone = b.members("properties");
        let had = a.members("properties");
        for name in is.difference(&was) {
            let q = self.solver.arena.make(Node::Required((*name).to_owned()));
            let fresh = gone.contains_key(name) && !had.contains_key(name);
            let said = format!("`{name}` is {}", if fresh { "new and required" } else { "required now" });
            let mut at = place.clone();
            at.path = place.key(&["properties", name]);
            self.report("required-added", place, at.path, TRUE, q, json!(false), json!(true), &said);
            self.name_column(name);
        }
        for name in was.difference(&is) {
            // A property that is gone altogether is told once.
            if had.contains_key(name) && !gone.contains_key(name) {
                continue;
            }
            let p = self.solver.arena.make(Node::Required((*name).to_owned()));
            let said = format!("`{name}` is not required any more: readers may not find it");
            let path = place.key(&["properties", name]);
            self.report("required-removed", place, path, p, TRUE, json!(true), json!(false), &said);
            self.name_column(name);
        }
    }

    pub(crate) fn annotations(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
        let mut push = |rule: &'static str, key: &str, kind, before: Value, after: Value, said: String, writes| {
            self.found.push(Found {
                rule,
                path: place.key(&[key]),
                steps: place.steps.clone(),
                column: None,
                was: None,
                is: None,
                before,
                after,
                message: said,
                kind,
                reads: Some(Judgment::Risky),
                writes: Some(writes),
                always: true,
            });
        };
        for key in ["format", "contentEncoding", "contentMediaType"] {
            let (was, is) = (a.texts(key), b.texts(key));
            if was == is {
                continue;
            }
            let rule = if was.is_empty() {
                "format-added"
            } else if is.is_empty() {
                "format-removed"
            } else {
                "format-changed"
            };
            let value = |set: &BTreeSet<String>| set.iter().next().map_or(Value::Null, |s| json!(s));
            let said = format!("{}: `{key}` changed; validators treat it as a hint, programs may not", title(place));
            push(rule, key, ChangeKind::Structural, value(&was), value(&is), said, Judgment::Risky);
        }
        let (was, is) = (a.get("default").next(), b.get("default").next());
        if let Some(before) = was
            && is.is_none_or(|after| !super::eval::same(before, after))
        {
            let rule = if is.is_some() { "default-changed" } else { "default-removed" };
            let said = format!("{}: readers that fill in the default get another value", title(place));
            push(
                rule,
                "default",
                ChangeKind::Documentation,
                before.clone(),
                is.cloned().unwrap_or_default(),
                said,
                Judgment::Ok,
            );
        }
    }
}

fn words(bits: u8) -> Vec<&'static str> {
    let mut out = Vec::new();
    for (bit, word) in [
        (Kind::Null.bit(), "null"),
        (Kind::Bool.bit(), "boolean"),
        (Kind::Int.bit(), "integer"),
        (Kind::Frac.bit(), "number"),
        (Kind::Str.bit(), "string"),
        (Kind::Arr.bit(), "array"),
        (Kind::Obj.bit(), "object"),
    ] {
        if bits & bit != 0 {
            out.push(word);
        }
    }
    if bits & NUMBER == NUMBER {
        out.retain(|w| *w != "integer");
    }
    out
}

fn names_of(bits: u8) -> String {
    match bits {
        EVERY => "anything".to_owned(),
        0 => "nothing".to_owned(),
        bits => words(bits).join(" or "),
    }
}
