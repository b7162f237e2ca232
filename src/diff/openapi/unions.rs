//! `allOf`, `anyOf` and `oneOf`: members are matched by what they are, then by their name, then by their order; and the
//! other places where schemas stand within a schema.

use super::lift::annotation;
use super::read::{items, reference};
use super::schema::{Finding, Here, step};
use super::{Flow, Walk};
use crate::maps::RandomState;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::hash::BuildHasher;
use tessera_model::change::{ChangeKind, Judgment};

/// Keyword, its finding, and whether values of the schema shrink when the inner schema does.
const SINGLE: [(&str, &str, bool); 11] = [
    ("items", "items", true),
    ("additionalProperties", "additional-properties", true),
    ("unevaluatedItems", "unevaluated-items", true),
    ("unevaluatedProperties", "unevaluated-properties", true),
    ("contains", "contains", false),
    ("propertyNames", "property-names", true),
    ("not", "not", false),
    ("if", "if", false),
    ("then", "then", true),
    ("else", "else", true),
    ("contentSchema", "content-schema", true),
];

/// Pairs of alternatives that are looked at for being the same under another name.
const MOST_NAMES: usize = 100;

/// Definitions live under other keys in 2.0, so only the last step of a reference counts.
fn name(schema: &Value) -> Option<&str> {
    let last = |r: &'_ str| r.rfind('/').map_or(0, |at| at + 1);
    let title = || schema.get("title").and_then(Value::as_str);
    reference(schema).map(|r| &r[last(r)..]).or_else(title)
}

impl<'a> Walk<'a> {
    pub(crate) fn unions(
        &mut self,
        x: &'a Map<String, Value>,
        y: &'a Map<String, Value>,
        flow: Flow,
        level: usize,
        found: &mut Vec<Finding>,
        here: &mut Here,
    ) {
        for (key, what) in [("allOf", "all-of"), ("anyOf", "any-of"), ("oneOf", "one-of")] {
            let (old, new) = (items(x.get(key)), items(y.get(key)));
            let mut left: Vec<&'a Value> = old.iter().collect();
            let mut right: Vec<(usize, &'a Value)> = new.iter().enumerate().collect();
            // Among thousands of alternatives only those of one hash are compared.
            let hasher = RandomState::default();
            let hashes: Vec<u64> = new.iter().map(|b| hasher.hash_one(b)).collect();
            left.retain(|a| {
                let hash = hasher.hash_one(a);
                match right.iter().position(|(n, b)| hashes[*n] == hash && self.same.same(a, b)) {
                    Some(at) => {
                        right.remove(at);
                        false
                    }
                    None => true,
                }
            });
            let mut pairs: Vec<(&'a Value, (usize, &'a Value))> = Vec::new();
            for by_name in [true, false] {
                left.retain(|a| {
                    let fits = |b: &Value| {
                        if by_name {
                            name(a).is_some() && name(a) == name(b)
                        } else {
                            name(a).is_none() && name(b).is_none()
                        }
                    };
                    match right.iter().position(|(_, b)| fits(b)) {
                        Some(at) => {
                            pairs.push((a, right.remove(at)));
                            false
                        }
                        None => true,
                    }
                });
            }
            // Another name for the same.
            if left.len() * right.len() <= MOST_NAMES {
                left.retain(|a| {
                    let alike = |f: &Finding| f.kind == ChangeKind::Documentation;
                    match right.iter().position(|(_, b)| self.schema(a, b, flow, level + 1).iter().all(alike)) {
                        Some(at) => {
                            pairs.push((a, right.remove(at)));
                            false
                        }
                        None => true,
                    }
                });
            }
            for (a, (at, b)) in pairs {
                let inner = self.schema(a, b, flow, level + 1);
                // Another alternative may take in what this one lost; of a `oneOf` it may be one too many.
                here.told |= key == "anyOf" && !inner.is_empty();
                here.unsure |= key == "oneOf" && !inner.is_empty();
                found.extend(inner.iter().map(|f| f.under(&format!("/{key}/{at}"), None)));
            }
            here.told |= !left.is_empty() || !right.is_empty();
            // A choice that comes or goes as a whole says nothing about which values there are more of.
            let whole = key != "allOf" && (old.is_empty() || new.is_empty());
            // A part that says nothing of the values.
            let words = |s: &Value| key == "allOf" && s.as_object().is_some_and(|f| f.keys().all(|k| describes(k)));
            let said = |what: String| {
                let harmless = (Judgment::Ok, Judgment::Ok);
                let mut f = Finding::new(&what, harmless, None, None, "a part of `allOf` that only describes");
                f.kind = ChangeKind::Documentation;
                f
            };
            found.extend(left.iter().filter(|a| words(a)).map(|_| said(format!("{what}-removed-annotation-only"))));
            found.extend(right.iter().filter(|b| words(b.1)).map(|_| said(format!("{what}-added-annotation-only"))));
            left.retain(|a| !words(a));
            right.retain(|(_, b)| !words(b));
            for a in left {
                let (narrows, widens) = if key == "allOf" { (false, true) } else { (true, false) };
                let mut f = Finding::new(
                    &format!("{what}-removed"),
                    flow.judge(narrows, widens),
                    Some(a),
                    None,
                    format!("{} is no part of `{key}` any more", title(a)),
                );
                // An alternative that goes away under its name is gone, whatever the others accept.
                f.firm = key != "allOf" && flow == Flow::ToServer && name(a).is_some() && !whole;
                found.push(f);
            }
            for (_, b) in right {
                let (narrows, widens) = if key == "allOf" { (true, false) } else { (false, true) };
                let mut f = Finding::new(
                    &format!("{what}-added"),
                    flow.judge(narrows, widens),
                    None,
                    Some(b),
                    format!("{} is new in `{key}`", title(b)),
                );
                f.firm = key != "allOf" && flow == Flow::ToServer && name(b).is_some() && !whole;
                found.push(f);
            }
            if old.is_empty()
                && key != "allOf"
                && !new.is_empty()
                && ["type", "properties"].iter().any(|k| x.contains_key(*k) && !y.contains_key(*k))
            {
                let said = format!("the schema is a choice (`{key}`) now");
                found.push(Finding::new(&format!("wrapped-in-{what}"), flow.judge(false, true), None, None, said));
            }
        }
    }

    /// Schemas within the schema, but for properties and unions.
    pub(crate) fn children(
        &mut self,
        x: &'a Map<String, Value>,
        y: &'a Map<String, Value>,
        flow: Flow,
        level: usize,
        found: &mut Vec<Finding>,
        here: &mut Here,
    ) {
        for (key, what, grows) in SINGLE {
            // Containment does not look into text.
            let unseen = key == "contentSchema";
            match (x.get(key), y.get(key)) {
                (Some(a), Some(b)) if a.is_object() && b.is_object() => {
                    let inner = self.schema(a, b, flow, level + 1);
                    here.told |= !grows && !inner.is_empty();
                    found.extend(inner.iter().map(|f| {
                        let mut f = f.under(&format!("/{key}"), None);
                        f.firm |= unseen;
                        if !grows {
                            let either = f.reads.max(f.writes);
                            (f.reads, f.writes, f.firm) = (either, either, false);
                            f.witness = None;
                        }
                        f
                    }));
                }
                (Some(a), Some(b)) if self.same.same(a, b) => {}
                (None, None) => {}
                (a, b) => {
                    let word = match (a, b) {
                        (None, _) => "added",
                        (_, None) => "removed",
                        _ => "changed",
                    };
                    // Without the keyword anything goes; `true` says the same.
                    let rank = |v: Option<&Value>| match v {
                        None | Some(Value::Bool(true)) => 2,
                        Some(Value::Bool(false)) => 0,
                        Some(_) => 1,
                    };
                    let conditional = matches!(key, "if" | "not");
                    let (narrows, widens) = if key == "contains" || conditional {
                        (a.is_none() || b.is_some(), b.is_none() || a.is_some())
                    } else {
                        (rank(b) < rank(a), rank(b) > rank(a))
                    };
                    let what = if key == "additionalProperties" && rank(b) == 0 {
                        "additional-properties-closed".to_owned()
                    } else {
                        format!("{what}-{word}")
                    };
                    let mut f = Finding::new(&what, flow.judge(narrows, widens), a, b, format!("`{key}` {word}"));
                    f.firm = unseen;
                    here.told = true;
                    found.push(f);
                }
            }
        }
        for (key, what) in [("patternProperties", "pattern-property"), ("dependentSchemas", "dependent-schema")] {
            let (p, q) = (x.get(key).and_then(Value::as_object), y.get(key).and_then(Value::as_object));
            let names: BTreeSet<&String> = p.into_iter().chain(q).flat_map(Map::keys).collect();
            for name in names {
                let steps = format!("/{key}{}", step(name));
                match (p.and_then(|p| p.get(name)), q.and_then(|q| q.get(name))) {
                    (Some(a), Some(b)) => {
                        let inner = self.schema(a, b, flow, level + 1);
                        found.extend(inner.iter().map(|f| f.under(&steps, None)));
                    }
                    (a, b) => {
                        here.told = true;
                        let word = if a.is_none() { "added" } else { "removed" };
                        let judged = flow.judge(b.is_some(), a.is_some());
                        found.push(Finding::new(
                            &format!("{what}-{word}"),
                            judged,
                            None,
                            Some(&json!(name)),
                            format!("`{key}` for `{name}` {word}"),
                        ));
                    }
                }
            }
        }
        let (p, q) = (items(x.get("prefixItems")), items(y.get("prefixItems")));
        for (i, (a, b)) in p.iter().zip(q).enumerate() {
            let inner = self.schema(a, b, flow, level + 1);
            found.extend(inner.iter().map(|f| f.under(&format!("/prefixItems/{i}"), None)));
        }
        if p.len() != q.len() {
            here.told = true;
            let word = if q.len() > p.len() { "added" } else { "removed" };
            let judged = flow.judge(q.len() > p.len(), q.len() < p.len());
            let said = format!("{} leading items have a schema of their own, {} before", q.len(), p.len());
            found.push(Finding::new(
                &format!("prefix-items-{word}"),
                judged,
                Some(&json!(p.len())),
                Some(&json!(q.len())),
                said,
            ));
        }
    }
}

/// Says nothing of the values, nor of who sees them.
fn describes(key: &str) -> bool {
    annotation(key) && !matches!(key, "default" | "format" | "readOnly" | "writeOnly" | "discriminator")
}

fn title(schema: &Value) -> String {
    name(schema).map_or_else(|| "an alternative".to_owned(), |n| format!("`{n}`"))
}
