//! Is a concrete value valid under a node? Three-valued: opaque assertions and patterns that cannot be compiled answer
//! `None`. Every witness passes through here before it is shown.

use super::dec::Dec;
use super::node::{Arena, EVERY, Id, Kind, Node};
use super::patterns::Patterns;
use crate::maps::Look;
use serde_json::Value;
use std::cmp::Ordering;

const MAX_DEPTH: u32 = 300;
/// Assertions looked at for one value; definitions that use each other twice would take for ever.
const MAX_STEPS: u32 = 30_000;

pub(crate) struct Eval<'a> {
    pub arena: &'a Arena,
    pub patterns: &'a mut Patterns,
    pub steps: u32,
}

type Tri = Option<bool>;

/// Kleene's "and": one `false` decides.
pub(super) fn every(parts: impl Iterator<Item = Tri>) -> Tri {
    let mut all = Some(true);
    for part in parts {
        match part {
            Some(false) => return Some(false),
            None => all = None,
            Some(true) => {}
        }
    }
    all
}

impl Eval<'_> {
    pub(crate) fn holds(&mut self, id: Id, value: &Value) -> Tri {
        self.at(id, value, 0)
    }

    fn at(&mut self, id: Id, value: &Value, depth: u32) -> Tri {
        self.steps += 1;
        if depth > MAX_DEPTH || self.steps > MAX_STEPS {
            return None;
        }
        let arena = self.arena;
        let deeper = depth + 1;
        match arena.node(id) {
            Node::All(parts) => every(parts.iter().map(|p| self.at(*p, value, deeper))),
            Node::Any(parts) => every(parts.iter().map(|p| self.at(*p, value, deeper).map(|b| !b))).map(|b| !b),
            Node::One(parts) => {
                let (mut yes, mut open) = (0, false);
                for part in parts {
                    match self.at(*part, value, deeper) {
                        Some(true) => yes += 1,
                        None => open = true,
                        Some(false) => {}
                    }
                }
                if yes > 1 {
                    Some(false)
                } else if open {
                    None
                } else {
                    Some(yes == 1)
                }
            }
            Node::Not(inner) => self.at(*inner, value, deeper).map(|b| !b),
            Node::Ref(slot) => self.at(arena.targets[*slot], value, deeper),
            Node::Types(bits) => Some(bits & Kind::of(value).bit() != 0),
            // Sorted, and equal values have one id.
            Node::Enum(values) if values.len() > 16 => {
                Some(arena.known(value).is_some_and(|id| values.binary_search(&id).is_ok()))
            }
            Node::Enum(values) => Some(values.iter().any(|v| same(&arena.values[*v as usize], value))),
            Node::Opaque { kinds, .. } => {
                if kinds & Kind::of(value).bit() == 0 && *kinds != EVERY {
                    Some(true)
                } else {
                    None
                }
            }
            node => match value {
                Value::Number(n) => self.number(node, n),
                Value::String(text) => self.string(node, text),
                Value::Array(items) => self.array(node, items, deeper),
                Value::Object(fields) => self.object(node, fields, deeper),
                _ => Some(true),
            },
        }
    }

    fn number(&self, node: &Node, n: &serde_json::Number) -> Tri {
        match node {
            Node::Min { bound, exclusive } => {
                let order = Dec::of(n)?.compare(*bound);
                Some(order == Ordering::Greater || order == Ordering::Equal && !exclusive)
            }
            Node::Max { bound, exclusive } => {
                let order = Dec::of(n)?.compare(*bound);
                Some(order == Ordering::Less || order == Ordering::Equal && !exclusive)
            }
            Node::Multiple(step) => Dec::of(n)?.is_multiple_of(*step),
            _ => Some(true),
        }
    }

    fn string(&mut self, node: &Node, text: &str) -> Tri {
        match node {
            Node::MinLength(n) => Some(text.chars().count() as u64 >= *n),
            Node::MaxLength(n) => Some(text.chars().count() as u64 <= *n),
            Node::Pattern(pattern) => self.patterns.matches(pattern, text),
            _ => Some(true),
        }
    }

    fn array(&mut self, node: &Node, items: &[Value], depth: u32) -> Tri {
        let len = items.len() as u64;
        match node {
            Node::MinItems(n) => Some(len >= *n),
            Node::MaxItems(n) => Some(len <= *n),
            Node::Unique => Some(items.iter().enumerate().all(|(i, a)| items[i + 1..].iter().all(|b| !same(a, b)))),
            Node::Items { prefix, rest } => {
                every(items.iter().enumerate().map(|(i, v)| self.at(*prefix.get(i).unwrap_or(rest), v, depth)))
            }
            Node::Contains { item, min, max } => {
                let (mut yes, mut open) = (0u64, 0u64);
                for v in items {
                    match self.at(*item, v, depth) {
                        Some(true) => yes += 1,
                        None => open += 1,
                        Some(false) => {}
                    }
                }
                let (enough, few) = (yes >= *min, max.is_none_or(|m| yes + open <= m));
                if enough && few {
                    Some(true)
                } else if yes + open < *min || max.is_some_and(|m| yes > m) {
                    Some(false)
                } else {
                    None
                }
            }
            _ => Some(true),
        }
    }

    fn object(&mut self, node: &Node, fields: &serde_json::Map<String, Value>, depth: u32) -> Tri {
        match node {
            Node::MinProperties(n) => Some(fields.len() as u64 >= *n),
            Node::MaxProperties(n) => Some(fields.len() as u64 <= *n),
            Node::Required(name) => Some(fields.has(name)),
            Node::Property(name, schema) => match fields.look(name) {
                Some(v) => self.at(*schema, v, depth),
                None => Some(true),
            },
            Node::Matching(pattern, schema) => {
                every(fields.iter().map(|(k, v)| match self.patterns.matches(pattern, k) {
                    Some(false) => Some(true),
                    Some(true) => self.at(*schema, v, depth),
                    None => self.at(*schema, v, depth).filter(|b| *b),
                }))
            }
            Node::Rest { names, patterns, schema } => every(fields.iter().map(|(k, v)| {
                if names.contains(k) {
                    return Some(true);
                }
                match every(patterns.iter().map(|p| self.patterns.matches(p, k).map(|b| !b))) {
                    Some(false) => Some(true),
                    Some(true) => self.at(*schema, v, depth),
                    None => self.at(*schema, v, depth).filter(|b| *b),
                }
            })),
            Node::Names(schema) => every(fields.keys().map(|k| self.at(*schema, &Value::String(k.clone()), depth))),
            _ => Some(true),
        }
    }
}

/// JSON equality: numbers by value, objects without order.
pub(crate) fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => match (Dec::of(x), Dec::of(y)) {
            (Some(x), Some(y)) => x == y,
            _ => x == y,
        },
        (Value::Array(x), Value::Array(y)) => x.len() == y.len() && x.iter().zip(y).all(|(a, b)| same(a, b)),
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len() && x.iter().all(|(k, a)| y.get(k).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}
