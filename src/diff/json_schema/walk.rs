//! What differs at each place that both documents have: keyword by keyword, on the effective values (`parts`). Each
//! difference becomes a `Found` with the assertion of either side, so that the probe can judge it on its own.

use super::explain::{Explainer, Found, shown};
use super::lower::escape;
use super::node::{EVERY, Id, Kind, NUMBER, Node};
use super::parts::Parts;
use super::probe::Step;
use super::refs::address;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tessera_model::change::{ChangeKind, Judgment};

/// Where the walk is.
#[derive(Default, Clone)]
pub(crate) struct Place {
    pub path: String,
    pub steps: Vec<Step>,
    /// Pairs of places that are being compared further up.
    pub open: Vec<(Vec<usize>, Vec<usize>)>,
}

impl Place {
    pub(crate) fn key(&self, more: &[&str]) -> String {
        more.iter().fold(self.path.clone(), |path, step| format!("{path}/{}", escape(step)))
    }

    /// Runs `f` one place further down.
    pub(crate) fn at<T>(&mut self, keys: &[&str], step: Step, f: impl FnOnce(&mut Place) -> T) -> T {
        let before = self.path.clone();
        self.path = self.key(keys);
        self.steps.push(step);
        let out = f(self);
        self.steps.pop();
        self.path = before;
        out
    }
}

pub(crate) fn addresses(values: &[&Value]) -> Vec<usize> {
    values.iter().map(|v| address(v)).collect()
}

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

/// Keywords that are compared as a whole: the id of each side's schema says what is demanded.
const WHOLE: &[(&str, &str)] = &[
    ("not", "exclusion-changed"),
    ("if", "condition-changed"),
    ("then", "condition-changed"),
    ("else", "condition-changed"),
    ("contains", "contains-changed"),
    ("minContains", "contains-changed"),
    ("maxContains", "contains-changed"),
    ("propertyNames", "property-names-changed"),
    ("dependencies", "dependency-changed"),
    ("dependentRequired", "dependency-changed"),
    ("dependentSchemas", "dependency-changed"),
    ("unevaluatedProperties", "additional-properties-changed"),
    ("unevaluatedItems", "items-changed"),
    ("anyOf", "alternatives-changed"),
    ("oneOf", "alternatives-changed"),
];

impl<'a> Explainer<'a, '_> {
    pub(crate) fn walk(&mut self, old: &[&'a Value], new: &[&'a Value], place: &mut Place) {
        let pair = (addresses(old), addresses(new));
        if place.open.contains(&pair) || self.clean.contains(&pair) || !self.again(&pair) || !self.enter() {
            return;
        }
        let before = self.found.len();
        place.open.push(pair.clone());
        let (a, b) = (self.old.parts(old), self.new.parts(new));
        if a.never || b.never || a.blind || b.blind {
            if a.never != b.never || ((a.blind || b.blind) && shown(old) != shown(new)) {
                let (was, is) = (self.conjunction(old), self.conjunction(new));
                self.report(
                    "schema-changed",
                    place,
                    place.path.clone(),
                    was,
                    is,
                    shown(old),
                    shown(new),
                    "the schema here changed",
                );
            }
        } else {
            self.kinds(&a, &b, place);
            self.values(&a, &b, place);
            self.bounds(&a, &b, place);
            self.texts(&a, &b, place);
            self.names(&a, &b, place);
            self.members(&a, &b, place);
            self.positions(&a, &b, place);
            self.wholes(old, new, &a, &b, place);
            self.annotations(&a, &b, place);
        }
        place.open.pop();
        if self.found.len() == before {
            self.clean.insert(pair);
        }
    }

    /// The id of several schemas that all apply.
    pub(crate) fn conjunction(&mut self, values: &[&'a Value]) -> Id {
        let ids: Vec<Id> = values.iter().filter_map(|v| self.id(v)).collect();
        self.solver.arena.make(Node::All(ids))
    }

    #[allow(clippy::too_many_arguments)]
    pub(crate) fn report(
        &mut self,
        rule: &'static str,
        place: &Place,
        path: String,
        was: Id,
        is: Id,
        before: Value,
        after: Value,
        message: &str,
    ) {
        self.found.push(Found {
            rule,
            path,
            steps: place.steps.clone(),
            column: None,
            was: Some(was),
            is: Some(is),
            before,
            after,
            message: message.to_owned(),
            kind: ChangeKind::Structural,
            reads: None,
            writes: None,
            always: false,
        });
    }

    fn kinds(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
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

    fn values(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
        let (was, is) = (a.values(), b.values());
        let node = |e: &mut Self, set: &Option<std::collections::BTreeMap<String, &'a Value>>| match set {
            None => super::node::TRUE,
            Some(set) => {
                let ids = set.values().map(|v| e.solver.arena.value(v)).collect();
                e.solver.arena.make(Node::Enum(ids))
            }
        };
        let list = |set: &Option<std::collections::BTreeMap<String, &'a Value>>| match set {
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
                    self.report(
                        "enum-value-added",
                        place,
                        place.path.clone(),
                        p,
                        super::node::TRUE,
                        before,
                        after,
                        &said,
                    );
                }
                if !less.is_empty() {
                    let said = format!("{} may not be {} any more", title(place), names(less));
                    self.report(
                        "enum-value-removed",
                        place,
                        place.path.clone(),
                        super::node::TRUE,
                        q,
                        before,
                        after,
                        &said,
                    );
                }
            }
        }
    }

    fn bounds(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
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
            let node = |e: &mut Self, bound: Option<(super::dec::Dec, bool)>| match bound {
                None => super::node::TRUE,
                Some((bound, exclusive)) => {
                    let node = if low { Node::Min { bound, exclusive } } else { Node::Max { bound, exclusive } };
                    e.solver.arena.make(node)
                }
            };
            let (p, q) = (node(self, x), node(self, y));
            let keyword = is.or(was).map_or("minimum", |b| b.2);
            let value =
                |b: Option<(super::dec::Dec, bool, &'static str, &'a Value)>| b.map_or(Value::Null, |b| b.3.clone());
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
            let mut id = |n: Option<u64>| n.map_or(super::node::TRUE, |n| self.solver.arena.make(node(n)));
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

    fn texts(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
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
                        Value::Number(n) => super::dec::Dec::of(n).map(Node::Multiple),
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
            let (rule, p, q) = if b.flag("uniqueItems") {
                ("unique-added", super::node::TRUE, unique)
            } else {
                ("unique-removed", unique, super::node::TRUE)
            };
            let said = format!("{}: whether items must differ changed", title(place));
            let (before, after) = (json!(a.flag("uniqueItems")), json!(b.flag("uniqueItems")));
            self.report(rule, place, place.key(&["uniqueItems"]), p, q, before, after, &said);
        }
    }

    fn names(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
        let (was, is) = (a.required(), b.required());
        let gone = b.members("properties");
        let had = a.members("properties");
        for name in is.difference(&was) {
            let q = self.solver.arena.make(Node::Required((*name).to_owned()));
            let said = format!("`{name}` is required now");
            let mut at = place.clone();
            at.path = place.key(&["properties", name]);
            self.report("required-added", place, at.path, super::node::TRUE, q, json!(false), json!(true), &said);
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
            self.report("required-removed", place, path, p, super::node::TRUE, json!(true), json!(false), &said);
            self.name_column(name);
        }
    }

    /// The last found change is about a property of the place: a top-level one is its column.
    pub(crate) fn name_column(&mut self, name: &str) {
        if let Some(found) = self.found.last_mut()
            && found.steps.is_empty()
        {
            found.column = Some(name.to_owned());
        }
    }

    fn members(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &mut Place) {
        let (was, is) = (a.members("properties"), b.members("properties"));
        for (name, new) in &is {
            match was.get(name) {
                Some(old) => {
                    let step = Step::Property((*name).to_owned());
                    place.at(&["properties", name], step, |p| self.walk(old, new, p));
                }
                None => self.appeared(name, a, new, place),
            }
        }
        let (was, is) = (a.members("patternProperties"), b.members("patternProperties"));
        for (pattern, new) in &is {
            let step = Step::Matching((*pattern).to_owned());
            match was.get(pattern) {
                Some(old) => place.at(&["patternProperties", pattern], step, |p| self.walk(old, new, p)),
                None => {
                    let q = self.conjunction(new);
                    let path = place.key(&["patternProperties", pattern]);
                    let mut p = self.before_pattern(a, pattern);
                    if p == q {
                        p = super::node::TRUE;
                    }
                    let mut at = place.clone();
                    at.steps.push(step);
                    let said = format!("names that match `{pattern}` have a schema of their own now");
                    self.report("pattern-property-added", &at, path, p, q, Value::Null, shown(new), &said);
                }
            }
        }
        for (pattern, old) in was.iter().filter(|(p, _)| !is.contains_key(*p)) {
            let p = self.conjunction(old);
            let q = self.before_pattern(b, pattern);
            let mut at = place.clone();
            at.steps.push(Step::Matching((*pattern).to_owned()));
            let path = place.key(&["patternProperties", pattern]);
            let said = format!("names that match `{pattern}` have no schema of their own any more");
            self.report("pattern-property-removed", &at, path, p, q, shown(old), Value::Null, &said);
        }
        self.rest(a, b, place);
    }

    /// What applies to names of a pattern that the side does not list: at least its additional properties, roughly.
    fn before_pattern(&mut self, parts: &Parts<'a>, _pattern: &str) -> Id {
        let rest: Vec<&'a Value> = parts.get("additionalProperties").collect();
        self.conjunction(&rest)
    }

    fn rest(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &mut Place) {
        let (was, is): (Vec<&Value>, Vec<&Value>) =
            (a.get("additionalProperties").collect(), b.get("additionalProperties").collect());
        if was.is_empty() && is.is_empty() {
            return;
        }
        let all = |key: &str| -> Vec<String> {
            let names: BTreeSet<&str> = a.members(key).into_keys().chain(b.members(key).into_keys()).collect();
            names.into_iter().map(str::to_owned).collect()
        };
        let step = Step::Rest { names: all("properties"), patterns: all("patternProperties") };
        let object = |v: &[&Value]| !v.is_empty() && v.iter().all(|v| v.is_object());
        if object(&was) && object(&is) {
            place.at(&["additionalProperties"], step, |p| self.walk(&was, &is, p));
            return;
        }
        let (p, q) = (self.conjunction(&was), self.conjunction(&is));
        if p == q {
            return;
        }
        let (rule, said) = if q == super::node::FALSE {
            ("additional-properties-closed", "properties that are not listed are forbidden now")
        } else if p == super::node::FALSE {
            ("additional-properties-opened", "properties that are not listed are allowed now")
        } else {
            ("additional-properties-changed", "what properties may be that are not listed changed")
        };
        let mut at = place.clone();
        at.steps.push(step);
        let path = place.key(&["additionalProperties"]);
        self.report(rule, &at, path, p, q, shown(&was), shown(&is), said);
    }

    fn positions(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &mut Place) {
        let ((old_prefix, old_rest), (new_prefix, new_rest)) = (a.items(), b.items());
        let at = |prefix: &[Vec<&'a Value>], rest: &[(usize, &'a Value)], i: usize| -> Vec<&'a Value> {
            let mut all: Vec<&'a Value> = prefix.get(i).cloned().unwrap_or_default();
            all.extend(rest.iter().filter(|(from, _)| i >= *from).map(|(_, s)| *s));
            all
        };
        let most = old_prefix.len().max(new_prefix.len());
        for i in 0..most {
            let (x, y) = (at(&old_prefix, &old_rest, i), at(&new_prefix, &new_rest, i));
            self.slot(&x, &y, place, &["prefixItems", &i.to_string()], Step::Item(i));
        }
        let (x, y) = (at(&old_prefix, &old_rest, most), at(&new_prefix, &new_rest, most));
        self.slot(&x, &y, place, &["items"], Step::ItemsFrom(most));
    }

    fn slot(&mut self, old: &[&'a Value], new: &[&'a Value], place: &mut Place, keys: &[&str], step: Step) {
        let plain = |v: &[&Value]| !v.is_empty() && v.iter().all(|v| v.is_object());
        if plain(old) && plain(new) {
            place.at(keys, step, |p| self.walk(old, new, p));
            return;
        }
        let (p, q) = (self.conjunction(old), self.conjunction(new));
        if p != q {
            let mut at = place.clone();
            at.steps.push(step);
            let path = place.key(keys);
            self.report("items-changed", &at, path, p, q, shown(old), shown(new), "what items may be changed");
        }
    }

    /// Keywords with schemas inside that are told as a whole.
    fn wholes(&mut self, old: &[&'a Value], new: &[&'a Value], a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
        let mut told: BTreeSet<&str> = BTreeSet::new();
        for (key, rule) in WHOLE {
            let (was, is): (Vec<&Value>, Vec<&Value>) = (a.get(key).collect(), b.get(key).collect());
            let same = was.len() == is.len() && was.iter().zip(&is).all(|(x, y)| self.alike(x, y));
            if same || !told.insert(rule) {
                continue;
            }
            let (p, q, rule) = match (self.branches(&was, key), self.branches(&is, key)) {
                (Some(x), Some(y)) if x == y => continue,
                (Some(x), Some(y)) => {
                    let (more, less) = (y.iter().any(|i| !x.contains(i)), x.iter().any(|i| !y.contains(i)));
                    let rule = match (more, less) {
                        (true, false) => "alternative-added",
                        (false, true) => "alternative-removed",
                        _ => rule,
                    };
                    let node = |ids: Vec<Id>| if *key == "oneOf" { Node::One(ids) } else { Node::Any(ids) };
                    (self.solver.arena.make(node(x)), self.solver.arena.make(node(y)), rule)
                }
                // What the keyword demands is not told apart from its siblings: the whole place is.
                _ => (self.conjunction(old), self.conjunction(new), *rule),
            };
            let said = format!("{}: `{key}` changed", title(place));
            self.report(rule, place, place.key(&[key]), p, q, shown(&was), shown(&is), &said);
        }
    }

    /// The ids of one side's alternatives, where the keyword stands once.
    fn branches(&self, lists: &[&'a Value], key: &str) -> Option<Vec<Id>> {
        if !matches!(key, "anyOf" | "oneOf") {
            return None;
        }
        match lists {
            [Value::Array(list)] => list.iter().map(|v| self.id(v)).collect(),
            _ => None,
        }
    }

    /// Equal as schemas, whatever their annotations; raw equality where a keyword is no schema.
    fn alike(&self, x: &'a Value, y: &'a Value) -> bool {
        match (self.id(x), self.id(y)) {
            (Some(p), Some(q)) => p == q,
            _ => x == y && !x.to_string().contains("\"$ref\""),
        }
    }

    fn annotations(&mut self, a: &Parts<'a>, b: &Parts<'a>, place: &Place) {
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

/// The place in words.
pub(crate) fn title(place: &Place) -> String {
    let mut out = String::new();
    for step in &place.steps {
        match step {
            Step::Property(name) if out.is_empty() => out.push_str(name),
            Step::Property(name) => out.push_str(&format!(".{name}")),
            Step::Matching(pattern) => out.push_str(&format!("[/{pattern}/]")),
            Step::Rest { .. } => out.push_str("[*]"),
            Step::Item(i) => out.push_str(&format!("[{i}]")),
            Step::ItemsFrom(_) => out.push_str("[]"),
        }
    }
    if out.is_empty() { "the value".to_owned() } else { format!("`{out}`") }
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
