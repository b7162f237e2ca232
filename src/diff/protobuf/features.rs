//! Features of editions: what a syntax or an edition starts with, and how what is set passes on from a file to its
//! messages, fields and enums. proto2 and proto3 are editions whose features cannot be set.

use super::raw::{Options, Syntax};

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Features {
    pub(super) presence: String,
    pub(super) enum_type: String,
    pub(super) utf8: String,
    pub(super) encoding: String,
    pub(super) json: String,
    pub(super) cpp_string: String,
    pub(super) java_utf8: String,
}

impl Features {
    pub(super) fn of(syntax: Syntax) -> Features {
        let (presence, enum_type, utf8, json) = match syntax {
            Syntax::Proto2 => ("EXPLICIT", "CLOSED", "NONE", "LEGACY_BEST_EFFORT"),
            Syntax::Proto3 => ("IMPLICIT", "OPEN", "VERIFY", "ALLOW"),
            Syntax::Edition(_) => ("EXPLICIT", "OPEN", "VERIFY", "ALLOW"),
        };
        let view = matches!(syntax, Syntax::Edition(year) if year >= 2024);
        Features {
            presence: presence.to_owned(),
            enum_type: enum_type.to_owned(),
            utf8: utf8.to_owned(),
            encoding: "LENGTH_PREFIXED".to_owned(),
            json: json.to_owned(),
            cpp_string: if view { "VIEW" } else { "STRING" }.to_owned(),
            java_utf8: "DEFAULT".to_owned(),
        }
    }

    /// These features with what `options` sets.
    pub(super) fn with(&self, options: &Options) -> Features {
        let mut out = self.clone();
        let parts = [
            ("field_presence", &mut out.presence),
            ("enum_type", &mut out.enum_type),
            ("utf8_validation", &mut out.utf8),
            ("message_encoding", &mut out.encoding),
            ("json_format", &mut out.json),
            ("(pb.cpp).string_type", &mut out.cpp_string),
            ("(pb.java).utf8_validation", &mut out.java_utf8),
        ];
        for (name, slot) in parts {
            if let Some(value) = options.text(&format!("features.{name}")) {
                *slot = value;
            }
        }
        out
    }
}
