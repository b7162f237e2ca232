//! What differs at each place that both documents have: keyword by keyword, on the effective values (`parts`). Each
//! difference becomes a `Found` with the assertion of either side, so that the probe can judge it on its own.

use super::explain::{Explainer, Found, shown};
use super::lower::escape;
use super::node::{FALSE, Id, Node, TRUE};
use super::parts::Parts;
use super::probe::Step;
use super::refs::address;
use serde_json::Value;
use std::collections::BTreeSet;
use tessera_model::change::ChangeKind;

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
        if place.open.contains(&pair) || self.clean.contains(&pair) || !self.again(&pair) || !self.enter(place) {
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
                        p = TRUE;
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
        let (rule, said) = if q == FALSE {
            ("additional-properties-closed", "properties that are not listed are forbidden now")
        } else if p == FALSE {
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
