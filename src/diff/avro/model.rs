//! An Avro schema as an arena: every type is a node, a named type is one node however often it is used.

use serde_json::{Map, Value};

pub(super) type Id = usize;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) space: String,
    pub(super) word: String,
}

impl Name {
    /// A name as written, inside `space`.
    pub(super) fn within(written: &str, space: &str) -> Name {
        match written.rsplit_once('.') {
            Some((space, word)) => Name { space: space.to_owned(), word: word.to_owned() },
            None => Name { space: space.to_owned(), word: written.to_owned() },
        }
    }

    pub(super) fn full(&self) -> String {
        if self.space.is_empty() { self.word.clone() } else { format!("{}.{}", self.space, self.word) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Primitive {
    Null,
    Boolean,
    Int,
    Long,
    Float,
    Double,
    Bytes,
    String,
}

impl Primitive {
    pub(super) fn from_name(name: &str) -> Option<Primitive> {
        Some(match name {
            "null" => Primitive::Null,
            "boolean" => Primitive::Boolean,
            "int" => Primitive::Int,
            "long" => Primitive::Long,
            "float" => Primitive::Float,
            "double" => Primitive::Double,
            "bytes" => Primitive::Bytes,
            "string" => Primitive::String,
            _ => return None,
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Primitive::Null => "null",
            Primitive::Boolean => "boolean",
            Primitive::Int => "int",
            Primitive::Long => "long",
            Primitive::Float => "float",
            Primitive::Double => "double",
            Primitive::Bytes => "bytes",
            Primitive::String => "string",
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Primitive(Primitive),
    Array(Id),
    Map(Id),
    Union(Vec<Id>),
    Record(Vec<Field>),
    Enum { symbols: Vec<String>, default: Option<String> },
    Fixed(u64),
}

impl Kind {
    pub(super) fn word(&self) -> &'static str {
        match self {
            Kind::Primitive(p) => p.name(),
            Kind::Array(_) => "array",
            Kind::Map(_) => "map",
            Kind::Union(_) => "union",
            Kind::Record(_) => "record",
            Kind::Enum { .. } => "enum",
            Kind::Fixed(_) => "fixed",
        }
    }
}

/// What the values mean; only kept where it stands on a type that can carry it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Logical {
    Decimal {
        precision: u64,
        scale: u64,
    },
    Known(String),
    /// Not in the specification: readers that do not know it see the plain type.
    Custom(String),
}

impl Logical {
    pub(super) fn shown(&self) -> String {
        match self {
            Logical::Decimal { precision, scale } => format!("decimal({precision},{scale})"),
            Logical::Known(name) | Logical::Custom(name) => name.clone(),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) name: Option<Name>,
    pub(super) aliases: Vec<Name>,
    pub(super) doc: Option<String>,
    pub(super) logical: Option<Logical>,
    /// Attributes the specification does not name.
    pub(super) extra: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) aliases: Vec<String>,
    pub(super) ty: Id,
    pub(super) default: Option<Value>,
    pub(super) doc: Option<String>,
    pub(super) order: Option<String>,
    pub(super) extra: Map<String, Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Schema {
    pub(super) nodes: Vec<Node>,
    pub(super) root: Id,
}

impl Schema {
    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id]
    }

    /// What a branch or type is called: its unqualified name, or its kind.
    pub(super) fn label(&self, id: Id) -> &str {
        let node = self.node(id);
        node.name.as_ref().map_or(node.kind.word(), |n| n.word.as_str())
    }

    /// A type in one short phrase, for messages and before/after.
    pub(super) fn shown(&self, id: Id) -> String {
        let mut out = String::new();
        self.show_into(id, 4, &mut out);
        out
    }

    fn show_into(&self, id: Id, depth: usize, out: &mut String) {
        let node = self.node(id);
        if depth == 0 {
            out.push('…');
            return;
        }
        match &node.kind {
            Kind::Array(items) | Kind::Map(items) => {
                out.push_str(node.kind.word());
                out.push('<');
                self.show_into(*items, depth - 1, out);
                out.push('>');
            }
            Kind::Union(branches) => {
                out.push('[');
                for (i, branch) in branches.iter().take(8).enumerate() {
                    if i > 0 {
                        out.push_str(", ");
                    }
                    self.show_into(*branch, depth - 1, out);
                }
                if branches.len() > 8 {
                    out.push_str(", …");
                }
                out.push(']');
            }
            kind => {
                out.push_str(kind.word());
                if let Some(name) = &node.name {
                    out.push(' ');
                    out.push_str(&name.full());
                }
                if let Kind::Fixed(size) = kind {
                    out.push_str(&format!("({size})"));
                }
            }
        }
        if let Some(logical) = &node.logical {
            out.push_str(&format!(" as {}", logical.shown()));
        }
    }
}
