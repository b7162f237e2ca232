//! A compiled schema: every definition by its full name, types resolved, features and options settled. Flat: messages
//! refer to each other by name, so that recursive types need no care.

use super::raw::{Range, Syntax};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Schema {
    /// By path; those that came with the compiler included, where a file imports them.
    pub(super) files: BTreeMap<String, File>,
    pub(super) messages: BTreeMap<String, Message>,
    pub(super) enums: BTreeMap<String, Enum>,
    pub(super) services: BTreeMap<String, Service>,
    /// By their own full name.
    pub(super) extensions: BTreeMap<String, Field>,
}

#[derive(Debug, Default)]
pub(super) struct File {
    pub(super) package: String,
    pub(super) syntax: Syntax,
    /// The options of `OPTIONS`, with their defaults filled in.
    pub(super) options: BTreeMap<&'static str, String>,
    pub(super) known: bool,
}

/// Where something is defined.
#[derive(Debug, Default, Clone)]
pub(super) struct Place {
    pub(super) file: String,
    /// The name within the file: without its package.
    pub(super) nested: String,
}

#[derive(Debug, Default)]
pub(super) struct Message {
    pub(super) place: Place,
    pub(super) fields: BTreeMap<i64, Field>,
    /// Name, and whether it only stands for `optional` of proto3.
    pub(super) oneofs: BTreeMap<String, bool>,
    pub(super) extension_ranges: Vec<Range>,
    pub(super) reserved_ranges: Vec<Range>,
    pub(super) reserved_names: Vec<String>,
    pub(super) map_entry: bool,
    pub(super) no_accessor: bool,
    /// Whether the JSON mapping is promised (`json_format`).
    pub(super) json: bool,
}

/// How a value is written. `Group` is a message between two tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Double,
    Float,
    Int64,
    Uint64,
    Int32,
    Fixed64,
    Fixed32,
    Bool,
    String,
    Group,
    Message,
    Bytes,
    Uint32,
    Enum,
    Sfixed32,
    Sfixed64,
    Sint32,
    Sint64,
}

/// Names of kinds, in the order of their numbers in a descriptor (from 1).
pub(super) const KINDS: [(&str, Kind); 18] = [
    ("double", Kind::Double),
    ("float", Kind::Float),
    ("int64", Kind::Int64),
    ("uint64", Kind::Uint64),
    ("int32", Kind::Int32),
    ("fixed64", Kind::Fixed64),
    ("fixed32", Kind::Fixed32),
    ("bool", Kind::Bool),
    ("string", Kind::String),
    ("group", Kind::Group),
    ("message", Kind::Message),
    ("bytes", Kind::Bytes),
    ("uint32", Kind::Uint32),
    ("enum", Kind::Enum),
    ("sfixed32", Kind::Sfixed32),
    ("sfixed64", Kind::Sfixed64),
    ("sint32", Kind::Sint32),
    ("sint64", Kind::Sint64),
];

impl Kind {
    pub(super) fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// The kind of a type name that the language itself has.
    pub(super) fn scalar(name: &str) -> Option<Kind> {
        KINDS.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind).filter(|kind| !kind.is_named())
    }

    /// Is its type named by the schema?
    pub(super) fn is_named(self) -> bool {
        matches!(self, Kind::Group | Kind::Message | Kind::Enum)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cardinality {
    /// Tells unset from the default.
    Explicit,
    Implicit,
    Required,
    Repeated,
    Map,
}

/// What an absent field reads as; numbers as they compare across types.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Absent {
    Bytes(Vec<u8>),
    Int(i128),
    Float(f64),
}

#[derive(Debug, Clone)]
pub(super) struct Field {
    pub(super) name: String,
    pub(super) number: i64,
    pub(super) kind: Kind,
    /// The full name of a message or an enum.
    pub(super) type_name: String,
    pub(super) cardinality: Cardinality,
    /// Says `required` in so many words (not by a feature).
    pub(super) required: bool,
    pub(super) json_name: String,
    /// None where there cannot be one: lists, maps, messages.
    pub(super) default: Option<Absent>,
    /// A oneof of its own, not one that stands for `optional`.
    pub(super) oneof: Option<String>,
    pub(super) js_type: String,
    pub(super) cpp_string: String,
    pub(super) java_utf8: String,
    pub(super) utf8: String,
    /// For extensions: the message it extends.
    pub(super) extendee: Option<String>,
    pub(super) in_map_entry: bool,
    pub(super) place: Place,
}

impl Field {
    /// The type as it is written.
    pub(super) fn type_shown(&self) -> &str {
        if self.kind.is_named() { &self.type_name } else { self.kind.name() }
    }
}

#[derive(Debug, Default)]
pub(super) struct Enum {
    pub(super) place: Place,
    /// Names by number, in the order of the text.
    pub(super) values: BTreeMap<i64, Vec<String>>,
    /// The number of the first value: what an absent field reads as.
    pub(super) first: i64,
    pub(super) closed: bool,
    pub(super) json: bool,
    pub(super) reserved_ranges: Vec<Range>,
    pub(super) reserved_names: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct Service {
    pub(super) place: Place,
    pub(super) methods: BTreeMap<String, Method>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Method {
    pub(super) input: String,
    pub(super) output: String,
    pub(super) client_streaming: bool,
    pub(super) server_streaming: bool,
    pub(super) idempotency: String,
}
