//! A file as it is written or as a descriptor says it, before names are resolved: what texts and descriptor sets have
//! in common. Only options that some judgment looks at are kept.

use std::collections::HashMap;

/// What is wrong, and the line it stands in (0: not known).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wrong {
    pub(super) line: u32,
    pub(super) said: String,
}

pub(super) fn wrong<T>(line: u32, said: impl Into<String>) -> Result<T, Wrong> {
    Err(Wrong { line, said: said.into() })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Default)]
pub(super) enum Syntax {
    #[default]
    Proto2,
    Proto3,
    /// A year: 2023, 2024.
    Edition(u32),
}

#[derive(Debug, Default)]
pub(super) struct RawFile {
    pub(super) path: String,
    pub(super) package: String,
    pub(super) syntax: Syntax,
    pub(super) imports: Vec<Import>,
    pub(super) options: Options,
    pub(super) body: Body,
    /// Came with the compiler, not with the schema.
    pub(super) known: bool,
}

#[derive(Debug)]
pub(super) struct Import {
    pub(super) path: String,
    pub(super) public: bool,
    /// Needed for options only (edition 2024): may be absent.
    pub(super) option: bool,
    pub(super) line: u32,
}

/// What a file and a message may both hold.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) messages: Vec<RawMessage>,
    pub(super) enums: Vec<RawEnum>,
    pub(super) services: Vec<RawService>,
    pub(super) extensions: Vec<RawField>,
}

#[derive(Debug, Default)]
pub(super) struct RawMessage {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) fields: Vec<RawField>,
    pub(super) oneofs: Vec<RawOneof>,
    pub(super) body: Body,
    pub(super) extension_ranges: Vec<Range>,
    pub(super) reserved_ranges: Vec<Range>,
    pub(super) reserved_names: Vec<String>,
    pub(super) options: Options,
    pub(super) map_entry: bool,
}

#[derive(Debug, Default)]
pub(super) struct RawOneof {
    pub(super) name: String,
    pub(super) options: Options,
    pub(super) line: u32,
}

/// Both ends included.
pub(super) type Range = (i64, i64);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Optional,
    Required,
    Repeated,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum RawType {
    Scalar(super::model::Kind),
    Named(String),
    /// A group: encoded between two tags; the name of its message.
    Group(String),
}

#[derive(Debug)]
pub(super) struct RawField {
    pub(super) name: String,
    pub(super) number: i64,
    pub(super) label: Option<Label>,
    pub(super) kind: RawType,
    pub(super) options: Options,
    pub(super) default: Option<Constant>,
    pub(super) json_name: Option<String>,
    pub(super) extendee: Option<String>,
    /// Index into the message's oneofs.
    pub(super) oneof: Option<usize>,
    /// `optional` of proto3.
    pub(super) explicit: bool,
    pub(super) line: u32,
}

#[derive(Debug, Default)]
pub(super) struct RawEnum {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) values: Vec<RawValue>,
    pub(super) reserved_ranges: Vec<Range>,
    pub(super) reserved_names: Vec<String>,
    pub(super) options: Options,
}

#[derive(Debug)]
pub(super) struct RawValue {
    pub(super) name: String,
    pub(super) number: i64,
    pub(super) line: u32,
}

#[derive(Debug, Default)]
pub(super) struct RawService {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) methods: Vec<RawMethod>,
}

#[derive(Debug, Default)]
pub(super) struct RawMethod {
    pub(super) name: String,
    pub(super) line: u32,
    pub(super) input: String,
    pub(super) output: String,
    pub(super) client_streaming: bool,
    pub(super) server_streaming: bool,
    pub(super) options: Options,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Constant {
    Word(String),
    Int(i128),
    Float(f64),
    Text(Vec<u8>),
}

impl Constant {
    /// How it is shown, and how an option's value is compared.
    pub(super) fn shown(&self) -> String {
        match self {
            Constant::Word(word) => word.clone(),
            Constant::Int(n) => n.to_string(),
            Constant::Float(n) => n.to_string(),
            Constant::Text(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        }
    }
}

/// Options by their full name: `java_package`, `features.field_presence`, `features.(pb.cpp).string_type`.
#[derive(Debug, Default, Clone)]
pub(super) struct Options(HashMap<String, Constant>);

/// Options that a judgment or a rule of validity looks at, besides `features.…`.
const KEPT: &str = " allow_alias cc_enable_arenas cc_generic_services csharp_namespace ctype go_package \
idempotency_level java_generic_services java_multiple_files java_outer_classname java_package java_string_check_utf8 \
jstype map_entry message_set_wire_format no_standard_descriptor_accessor objc_class_prefix optimize_for \
php_class_prefix php_metadata_namespace php_namespace py_generic_services ruby_package swift_prefix ";

impl Options {
    pub(super) fn set(&mut self, name: String, value: Constant) {
        if name.starts_with("features.") || KEPT.contains(&format!(" {name} ")) {
            self.0.insert(name, value);
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&Constant> {
        self.0.get(name)
    }

    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get(name).map(Constant::shown)
    }

    pub(super) fn features(&self) -> Options {
        let features = self.0.iter().filter(|(name, _)| name.starts_with("features."));
        Options(features.map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    pub(super) fn is(&self, name: &str) -> bool {
        matches!(self.get(name), Some(Constant::Word(word)) if word == "true")
    }
}
