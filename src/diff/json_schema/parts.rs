//! One place in a document, as the list of schema objects that all apply there: the object itself, what its `$ref` and
//! `allOf` lead to. Differences are read off the effective keywords of such a list, so that moving a keyword into an
//! `allOf` or a definition is no difference.

use super::dec::Dec;
use super::node::{EVERY, Kind, canonical};
use super::refs::{Places, Target, address};
use crate::maps::Look;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

pub(crate) type Object = Map<String, Value>;

/// One side's document.
pub(crate) struct Doc<'a> {
    pub places: Places<'a>,
}

/// What applies at one place. `never`: a `false` is among it.
#[derive(Clone, Default)]
pub(crate) struct Parts<'a> {
    pub all: Vec<&'a Object>,
    pub never: bool,
    /// Some reference led out of the document.
    pub blind: bool,
    /// Objects whose `anyOf` or `oneOf` only says "or null": what the other branch says is among `all`.
    optional: Vec<usize>,
    /// Objects whose `anyOf` or `oneOf` has one branch, which is among `all`.
    lone: Vec<(usize, &'static str)>,
}

/// Annotations (and `$comment`), as far as they matter beside `"type": "null"`.
const NOTES: &[&str] = &["title", "description", "$comment", "examples", "example", "default", "deprecated"];

impl<'a> Doc<'a> {
    /// The conjunction at some values that all apply.
    pub(crate) fn parts(&self, values: &[&'a Value]) -> Parts<'a> {
        let mut out = Parts::default();
        let mut todo: Vec<&'a Value> = values.to_vec();
        let mut seen: BTreeSet<usize> = BTreeSet::new();
        todo.reverse();
        while let Some(value) = todo.pop() {
            let fields = match value {
                Value::Object(fields) => fields,
                Value::Bool(false) => {
                    out.never = true;
                    continue;
                }
                _ => continue,
            };
            if !seen.insert(address(value)) {
                continue;
            }
            if let Some(target) = fields.look("$ref").and_then(Value::as_str) {
                match self.places.find(target, self.places.home(value)) {
                    Target::Here(found, _) => todo.push(found),
                    _ => out.blind = true,
                }
                if self.places.draft.lone_refs() {
                    continue;
                }
            }
            if let Some(Value::Array(list)) = fields.look("allOf") {
                todo.extend(list.iter().rev());
            }
            for key in ["anyOf", "oneOf"] {
                if let Some(Value::Array(list)) = fields.look(key)
                    && let [only] = list.as_slice()
                {
                    out.lone.push((std::ptr::from_ref(fields) as usize, key));
                    todo.push(only);
                }
            }
            if let (1, Some(branch)) = (values.len(), or_null(fields)) {
                out.optional.push(std::ptr::from_ref(fields) as usize);
                todo.push(branch);
            }
            out.all.push(fields);
        }
        out
    }

    /// The conjunction and every alternative below it: all that may speak about the value.
    pub(crate) fn reach(&self, values: &[&'a Value]) -> Parts<'a> {
        let mut out = self.parts(values);
        let mut at = 0;
        let mut seen: BTreeSet<usize> = out.all.iter().map(|o| std::ptr::from_ref(*o) as usize).collect();
        while at < out.all.len() && out.all.len() < 5000 {
            let fields = out.all[at];
            at += 1;
            let mut next: Vec<&'a Value> = Vec::new();
            for key in ["anyOf", "oneOf"] {
                next.extend(fields.look(key).and_then(Value::as_array).into_iter().flatten());
            }
            next.extend(["if", "then", "else"].iter().filter_map(|k| fields.look(k)));
            for key in ["dependentSchemas", "dependencies"] {
                next.extend(fields.look(key).and_then(Value::as_object).into_iter().flat_map(|m| m.values()));
            }
            for value in next {
                let more = self.parts(&[value]);
                out.all.extend(more.all.into_iter().filter(|o| seen.insert(std::ptr::from_ref(*o) as usize)));
            }
        }
        out
    }

    pub(crate) fn kinds(&self, parts: &Parts<'a>) -> u8 {
        let null = if parts.optional.is_empty() { 0 } else { Kind::Null.bit() };
        parts.all.iter().fold(if parts.never { 0 } else { EVERY }, |bits, fields| bits & self.kinds_of(fields)) | null
    }

    fn kinds_of(&self, fields: &Object) -> u8 {
        let word = |v: &Value| v.as_str().and_then(Kind::named).unwrap_or(EVERY);
        let bits = match fields.look("type") {
            None => EVERY,
            Some(Value::Array(list)) => list.iter().map(word).fold(0, |a, b| a | b),
            Some(one) => word(one),
        };
        let null = !self.places.declared && fields.look("nullable") == Some(&Value::Bool(true));
        if null && bits != EVERY { bits | Kind::Null.bit() } else { bits }
    }
}

impl<'a> Parts<'a> {
    pub(crate) fn get(&self, key: &str) -> impl Iterator<Item = &'a Value> {
        let skip = |fields: &&&'a Object| {
            let at = std::ptr::from_ref(**fields) as usize;
            matches!(key, "anyOf" | "oneOf") && (self.optional.contains(&at) || self.lone.contains(&(at, key)))
        };
        self.all.iter().filter(|f| !skip(f)).filter_map(|fields| fields.look(key)).collect::<Vec<_>>().into_iter()
    }

    /// The values that `enum` and `const` leave; `None` when there is neither.
    pub(crate) fn values(&self) -> Option<BTreeMap<String, &'a Value>> {
        let mut left: Option<BTreeMap<String, &'a Value>> = None;
        let lists = self.get("enum").filter_map(Value::as_array).map(|l| l.iter().collect::<Vec<_>>());
        for list in lists.chain(self.get("const").map(|v| vec![v])) {
            let set: BTreeMap<String, &'a Value> = list.into_iter().map(|v| (canonical(v), v)).collect();
            left = Some(match left {
                None => set,
                Some(before) => before.into_iter().filter(|(k, _)| set.contains_key(k)).collect(),
            });
        }
        if let (Some(left), false) = (&mut left, self.optional.is_empty()) {
            left.insert("null".to_owned(), &Value::Null);
        }
        left
    }

    /// The effective bound (number, excluded) of one side, and the keyword it comes from.
    pub(crate) fn bound(&self, low: bool) -> Option<(Dec, bool, &'static str, &'a Value)> {
        let (plain, strict) = if low { ("minimum", "exclusiveMinimum") } else { ("maximum", "exclusiveMaximum") };
        let mut best: Option<(Dec, bool, &'static str, &'a Value)> = None;
        for fields in &self.all {
            let flag = fields.look(strict) == Some(&Value::Bool(true));
            for (key, excluded) in [(plain, flag), (strict, true)] {
                let Some(value @ Value::Number(n)) = fields.look(key) else { continue };
                let Some(dec) = Dec::of(n) else { continue };
                let tighter = best.as_ref().is_none_or(|(b, e, ..)| {
                    let order = if low { dec.compare(*b) } else { b.compare(dec) };
                    order.is_gt() || order.is_eq() && excluded && !e
                });
                if tighter {
                    best = Some((dec, excluded, key, value));
                }
            }
        }
        best
    }

    /// The effective `minLength`, `maxItems`, …
    pub(crate) fn count(&self, key: &str) -> Option<u64> {
        let all = self.get(key).filter_map(|v| v.as_u64().or_else(|| v.as_f64().map(|f| f as u64)));
        if key.starts_with("min") { all.max() } else { all.min() }
    }

    pub(crate) fn texts(&self, key: &str) -> BTreeSet<String> {
        self.get(key).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned)).collect()
    }

    pub(crate) fn flag(&self, key: &str) -> bool {
        self.get(key).any(|v| v == &Value::Bool(true))
    }

    pub(crate) fn required(&self) -> BTreeSet<&'a str> {
        self.get("required").filter_map(Value::as_array).flatten().filter_map(Value::as_str).collect()
    }

    /// Named members of a keyword that is a map of schemas.
    pub(crate) fn members(&self, key: &str) -> BTreeMap<&'a str, Vec<&'a Value>> {
        let mut out: BTreeMap<&'a str, Vec<&'a Value>> = BTreeMap::new();
        for (name, schema) in self.get(key).filter_map(Value::as_object).flatten() {
            out.entry(name.as_str()).or_default().push(schema);
        }
        out
    }

    /// Positional item schemas, and those of the rest with the position they start at.
    pub(crate) fn items(&self) -> (Vec<Vec<&'a Value>>, Vec<(usize, &'a Value)>) {
        let (mut prefix, mut rest): (Vec<Vec<&'a Value>>, Vec<(usize, &'a Value)>) = (Vec::new(), Vec::new());
        for fields in &self.all {
            let (list, tail) = match (fields.look("prefixItems"), fields.look("items")) {
                (Some(Value::Array(list)), tail) => (list.as_slice(), tail),
                (_, Some(Value::Array(list))) => (list.as_slice(), fields.look("additionalItems")),
                (_, tail) => (&[][..], tail),
            };
            for (i, schema) in list.iter().enumerate() {
                if prefix.len() <= i {
                    prefix.push(Vec::new());
                }
                prefix[i].push(schema);
            }
            rest.extend(tail.map(|t| (list.len(), t)));
        }
        (prefix, rest)
    }
}

/// The other branch of an `anyOf` or `oneOf` that only adds null, where nothing beside it speaks about null.
fn or_null(fields: &Object) -> Option<&Value> {
    if ["type", "enum", "const", "allOf", "not", "if", "$ref"].iter().any(|k| fields.has(k)) {
        return None;
    }
    let list = match (fields.look("anyOf"), fields.look("oneOf")) {
        (Some(Value::Array(list)), None) | (None, Some(Value::Array(list))) => list,
        _ => return None,
    };
    let null = |v: &Value| {
        let plain = |o: &Object| o.keys().all(|k| k == "type" || NOTES.contains(&k.as_str()) || k.starts_with("x-"));
        v.as_object().is_some_and(|o| plain(o) && o.look("type").and_then(Value::as_str) == Some("null"))
    };
    match list.as_slice() {
        [a, b] if null(b) && !null(a) => Some(a),
        [a, b] if null(a) && !null(b) => Some(b),
        _ => None,
    }
}
