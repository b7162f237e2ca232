//! Schemas as interned nodes: every schema of both sides lives in one arena, annotations gone, small equivalences
//! applied, so that equal schemas have equal ids and `A ∧ ¬A` is seen at once, whatever keywords stand inside.

use super::dec::Dec;
use crate::maps::HashMap;
use serde_json::Value;
use std::fmt::Write;

pub(crate) type Id = u32;

/// The seven kinds of JSON values; numbers are split into integers and the rest, so that `integer` is a kind too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Null,
    Bool,
    Int,
    Frac,
    Str,
    Arr,
    Obj,
}

impl Kind {
    pub(crate) const ALL: [Kind; 7] = [Kind::Null, Kind::Bool, Kind::Int, Kind::Frac, Kind::Str, Kind::Arr, Kind::Obj];

    pub(crate) const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// The kinds that a word of `type` stands for, as bits.
    pub(crate) fn named(word: &str) -> Option<u8> {
        Some(match word {
            "null" => Kind::Null.bit(),
            "boolean" => Kind::Bool.bit(),
            "integer" => Kind::Int.bit(),
            "number" => NUMBER,
            "string" => Kind::Str.bit(),
            "array" => Kind::Arr.bit(),
            "object" => Kind::Obj.bit(),
            "any" => EVERY,
            _ => return None,
        })
    }

    pub(crate) fn of(value: &Value) -> Kind {
        match value {
            Value::Null => Kind::Null,
            Value::Bool(_) => Kind::Bool,
            Value::Number(n) => match Dec::of(n) {
                Some(d) if d.is_integer() => Kind::Int,
                Some(_) => Kind::Frac,
                None if n.as_f64().is_some_and(|f| f.fract() == 0.0) => Kind::Int,
                None => Kind::Frac,
            },
            Value::String(_) => Kind::Str,
            Value::Array(_) => Kind::Arr,
            Value::Object(_) => Kind::Obj,
        }
    }
}

pub(crate) const NUMBER: u8 = Kind::Int.bit() | Kind::Frac.bit();
pub(crate) const EVERY: u8 = 0b111_1111;

/// An assertion. Those about one kind of values hold for every other kind, as in JSON Schema.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Node {
    All(Vec<Id>),
    Any(Vec<Id>),
    One(Vec<Id>),
    Not(Id),
    /// A recursive reference, by its slot in [`Arena::targets`].
    Ref(usize),
    /// A set of kinds, by their bits.
    Types(u8),
    /// Indices into [`Arena::values`].
    Enum(Vec<u32>),
    Min {
        bound: Dec,
        exclusive: bool,
    },
    Max {
        bound: Dec,
        exclusive: bool,
    },
    Multiple(Dec),
    MinLength(u64),
    MaxLength(u64),
    Pattern(String),
    MinItems(u64),
    MaxItems(u64),
    Unique,
    Items {
        prefix: Vec<Id>,
        rest: Id,
    },
    Contains {
        item: Id,
        min: u64,
        max: Option<u64>,
    },
    MinProperties(u64),
    MaxProperties(u64),
    Required(String),
    Property(String, Id),
    Matching(String, Id),
    /// Properties that are neither named nor matched.
    Rest {
        names: Vec<String>,
        patterns: Vec<String>,
        schema: Id,
    },
    Names(Id),
    /// An assertion that is not understood: equal to itself and otherwise undecided. `kinds`: those it speaks about.
    Opaque {
        text: String,
        kinds: u8,
    },
}

pub(crate) const TRUE: Id = 0;
pub(crate) const FALSE: Id = 1;

pub(crate) struct Arena {
    nodes: Vec<Node>,
    ids: HashMap<Node, Id>,
    pub targets: Vec<Id>,
    pub values: Vec<Value>,
    value_ids: HashMap<String, u32>,
}

impl Arena {
    pub(crate) fn new() -> Arena {
        let mut arena = Arena {
            nodes: Vec::new(),
            ids: HashMap::default(),
            targets: Vec::new(),
            values: Vec::new(),
            value_ids: HashMap::default(),
        };
        arena.intern(Node::Types(EVERY));
        arena.intern(Node::Types(0));
        arena
    }

    pub(crate) fn node(&self, id: Id) -> &Node {
        &self.nodes[id as usize]
    }

    fn intern(&mut self, node: Node) -> Id {
        if let Some(id) = self.ids.get(&node) {
            return *id;
        }
        let id = Id::try_from(self.nodes.len()).unwrap_or(Id::MAX);
        self.nodes.push(node.clone());
        self.ids.insert(node, id);
        id
    }

    pub(crate) fn value(&mut self, value: &Value) -> u32 {
        let key = canonical(value);
        if let Some(id) = self.value_ids.get(&key) {
            return *id;
        }
        let id = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(value.clone());
        self.value_ids.insert(key, id);
        id
    }

    /// The id of a value that occurs.
    pub(crate) fn known(&self, value: &Value) -> Option<u32> {
        self.value_ids.get(&canonical(value)).copied()
    }

    /// A slot for a recursive reference whose target is not built yet.
    pub(crate) fn slot(&mut self) -> usize {
        self.targets.push(TRUE);
        self.targets.len() - 1
    }

    /// Interns a node after small equivalences.
    pub(crate) fn make(&mut self, node: Node) -> Id {
        match node {
            Node::All(parts) => self.all(parts),
            Node::Any(parts) => self.any(parts),
            Node::One(mut parts) => match parts.as_slice() {
                [one] => *one,
                _ => {
                    parts.retain(|p| *p != FALSE);
                    parts.sort_unstable();
                    if parts.len() == 1 { parts[0] } else { self.intern(Node::One(parts)) }
                }
            },
            Node::Not(inner) => self.not(inner),
            Node::Enum(mut values) => {
                values.sort_unstable();
                values.dedup();
                if values.is_empty() { FALSE } else { self.intern(Node::Enum(values)) }
            }
            Node::MinLength(0) | Node::MinItems(0) | Node::MinProperties(0) => TRUE,
            Node::Property(_, TRUE) | Node::Matching(_, TRUE) | Node::Names(TRUE) => TRUE,
            Node::Rest { schema: TRUE, .. } => TRUE,
            Node::Rest { mut names, mut patterns, schema } => {
                names.sort_unstable();
                names.dedup();
                patterns.sort_unstable();
                patterns.dedup();
                self.intern(Node::Rest { names, patterns, schema })
            }
            Node::Items { mut prefix, rest } => {
                while prefix.last() == Some(&rest) {
                    prefix.pop();
                }
                if prefix.is_empty() && rest == TRUE { TRUE } else { self.intern(Node::Items { prefix, rest }) }
            }
            Node::Contains { min: 0, max: None, .. } => TRUE,
            other => self.intern(other),
        }
    }

    pub(crate) fn types(&mut self, bits: u8) -> Id {
        self.intern(Node::Types(bits))
    }

    pub(crate) fn not(&mut self, id: Id) -> Id {
        match self.node(id) {
            Node::Not(inner) => *inner,
            Node::Types(bits) => {
                let bits = EVERY & !bits;
                self.types(bits)
            }
            _ => self.intern(Node::Not(id)),
        }
    }

    fn all(&mut self, parts: Vec<Id>) -> Id {
        let mut flat: Vec<Id> = Vec::new();
        let mut kinds = EVERY;
        for part in parts {
            match self.node(part) {
                Node::All(inner) => flat.extend(inner.iter().copied()),
                _ => flat.push(part),
            }
        }
        flat.retain(|id| match self.nodes[*id as usize] {
            Node::Types(bits) => {
                kinds &= bits;
                false
            }
            _ => true,
        });
        flat.sort_unstable();
        flat.dedup();
        if kinds == 0 || flat.iter().any(|id| self.refutes(&flat, *id)) {
            return FALSE;
        }
        // `type` beside `enum` only filters the values.
        if kinds != EVERY
            && let Some(at) = flat.iter().position(|id| matches!(self.node(*id), Node::Enum(_)))
            && let Node::Enum(values) = self.node(flat[at]).clone()
        {
            let kept = values.into_iter().filter(|v| Kind::of(&self.values[*v as usize]).bit() & kinds != 0).collect();
            flat.remove(at);
            let filtered = self.make(Node::Enum(kept));
            flat.push(filtered);
            return self.all(flat);
        }
        if kinds != EVERY {
            let types = self.types(kinds);
            flat.push(types);
            flat.sort_unstable();
        }
        match flat.as_slice() {
            [] => TRUE,
            [one] => *one,
            _ => self.intern(Node::All(flat)),
        }
    }

    fn refutes(&self, flat: &[Id], id: Id) -> bool {
        matches!(self.node(id), Node::Not(inner) if flat.binary_search(inner).is_ok())
    }

    fn any(&mut self, parts: Vec<Id>) -> Id {
        let mut flat: Vec<Id> = Vec::new();
        let mut kinds = 0;
        for part in parts {
            match self.node(part) {
                Node::Any(inner) => flat.extend(inner.iter().copied()),
                _ => flat.push(part),
            }
        }
        flat.retain(|id| match self.nodes[*id as usize] {
            Node::Types(bits) => {
                kinds |= bits;
                false
            }
            _ => true,
        });
        flat.sort_unstable();
        flat.dedup();
        if kinds == EVERY || flat.iter().any(|id| self.refutes(&flat, *id)) {
            return TRUE;
        }
        if kinds != 0 {
            let types = self.types(kinds);
            flat.push(types);
            flat.sort_unstable();
        }
        match flat.as_slice() {
            [] => FALSE,
            [one] => *one,
            _ => self.intern(Node::Any(flat)),
        }
    }

    /// A composite constant as the schema that only it satisfies; scalars stay an enumeration.
    pub(crate) fn constant(&mut self, value: &Value) -> Id {
        match value {
            Value::Array(items) => {
                let prefix: Vec<Id> = items.iter().map(|v| self.constant(v)).collect();
                let min = self.make(Node::MinItems(items.len() as u64));
                let max = self.make(Node::MaxItems(items.len() as u64));
                let items = self.make(Node::Items { prefix, rest: TRUE });
                let kind = self.types(Kind::Arr.bit());
                self.all(vec![kind, min, max, items])
            }
            Value::Object(fields) => {
                let mut parts = vec![self.types(Kind::Obj.bit())];
                for (name, v) in fields {
                    let schema = self.constant(v);
                    parts.push(self.make(Node::Required(name.clone())));
                    parts.push(self.make(Node::Property(name.clone(), schema)));
                }
                let names = fields.keys().cloned().collect();
                parts.push(self.make(Node::Rest { names, patterns: Vec::new(), schema: FALSE }));
                self.all(parts)
            }
            scalar => {
                let id = self.value(scalar);
                self.make(Node::Enum(vec![id]))
            }
        }
    }
}

/// One text for equal JSON values: sorted keys, numbers by value.
pub(crate) fn canonical(value: &Value) -> String {
    let mut out = String::new();
    text(value, &mut out);
    out
}

fn text(value: &Value, out: &mut String) {
    match value {
        Value::Number(n) => match Dec::of(n) {
            Some(d) => drop(write!(out, "{d}")),
            None => drop(write!(out, "{n}")),
        },
        Value::Array(items) => {
            out.push('[');
            for item in items {
                text(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_unstable_by_key(|(k, _)| k.as_str());
            out.push('{');
            for (k, v) in sorted {
                let _ = write!(out, "{k:?}:");
                text(v, out);
                out.push(',');
            }
            out.push('}');
        }
        // As JSON writes it, but quicker; control characters may stay as they are.
        Value::String(plain) if !plain.contains(['"', '\\']) => {
            out.push('"');
            out.push_str(plain);
            out.push('"');
        }
        scalar => drop(write!(out, "{scalar}")),
    }
}
