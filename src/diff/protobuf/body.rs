//! What stands in braces: messages with their fields, oneofs, ranges and groups, enums, extensions.

use super::lex::Token;
use super::model::Kind;
use super::names::camel;
use super::parse::Parser;
use super::raw::{
    Body, Label, Options, Range, RawEnum, RawField, RawMessage, RawOneof, RawType, RawValue, Syntax, Wrong, wrong,
};

/// The largest field number.
pub(super) const MAX_FIELD: i64 = 536_870_911;
/// Extensions of a message set may go further.
pub(super) const MAX_SET: i64 = 2_147_483_646;

impl Parser<'_> {
    pub(super) fn message(&mut self, name: String, line: u32) -> Result<RawMessage, Wrong> {
        let mut message = RawMessage { name, line, ..RawMessage::default() };
        self.need(b'{')?;
        while !self.take(b'}')? {
            self.member(&mut message)?;
        }
        if message.options.is("message_set_wire_format") {
            for range in message.extension_ranges.iter_mut().filter(|r| r.1 == MAX_FIELD) {
                range.1 = MAX_SET;
            }
        }
        Ok(message)
    }

    fn member(&mut self, message: &mut RawMessage) -> Result<(), Wrong> {
        let line = self.line;
        let Token::Name(first) = self.next else {
            if self.take(b';')? {
                return Ok(());
            }
            if self.next == Token::Punct(b'.') {
                return self.field(message, None, None, line);
            }
            return self.expected("a field, a definition or `}`");
        };
        // A word of the language is a type's name as well, where a field's name follows it.
        match first {
            "message" | "enum" | "extend" | "export" | "local" => {
                if !self.definition(&mut message.body)? {
                    return self.expected("`message` or `enum`");
                }
                Ok(())
            }
            "option" => self.option_line(&mut message.options),
            "oneof" => self.oneof(message),
            "extensions" => {
                self.step()?;
                message.extension_ranges.append(&mut self.ranges(MAX_FIELD)?);
                if self.next == Token::Punct(b'[') {
                    self.options(&mut Options::default())?;
                }
                self.need(b';')
            }
            "reserved" => {
                self.step()?;
                self.reserved(&mut message.reserved_ranges, &mut message.reserved_names, MAX_FIELD)
            }
            _ => self.field(message, None, None, line),
        }
    }

    fn oneof(&mut self, message: &mut RawMessage) -> Result<(), Wrong> {
        let line = self.line;
        self.step()?;
        let name = self.name("the oneof's name")?;
        self.need(b'{')?;
        let index = message.oneofs.len();
        message.oneofs.push(RawOneof { name, options: Options::default(), line });
        let before = message.fields.len();
        while !self.take(b'}')? {
            match self.next {
                Token::Punct(b';') => {
                    self.step()?;
                }
                Token::Name("option") => {
                    let mut options = std::mem::take(&mut message.oneofs[index].options);
                    self.option_line(&mut options)?;
                    message.oneofs[index].options = options;
                }
                _ => {
                    let line = self.line;
                    self.field(message, Some(index), None, line)?;
                }
            }
        }
        if message.fields.len() == before {
            return wrong(line, format!("oneof `{}` has no fields", message.oneofs[index].name));
        }
        Ok(())
    }

    pub(super) fn extend(&mut self, body: &mut Body) -> Result<(), Wrong> {
        let line = self.line;
        self.step()?;
        let extendee = self.path("the extended message's name")?;
        self.need(b'{')?;
        // Fields and the messages of groups are gathered as if in a message.
        let mut holder = RawMessage::default();
        while !self.take(b'}')? {
            if !self.take(b';')? {
                let line = self.line;
                self.field(&mut holder, None, Some(&extendee), line)?;
            }
        }
        if holder.fields.is_empty() {
            return wrong(line, format!("`extend {extendee}` has no fields"));
        }
        body.extensions.append(&mut holder.fields);
        body.messages.append(&mut holder.body.messages);
        Ok(())
    }

    fn field(
        &mut self,
        message: &mut RawMessage,
        oneof: Option<usize>,
        extendee: Option<&str>,
        line: u32,
    ) -> Result<(), Wrong> {
        let label = self.label(oneof.is_some())?;
        if label.is_none() && self.next == Token::Name("map") {
            self.step()?;
            if self.take(b'<')? {
                if oneof.is_some() || extendee.is_some() {
                    return wrong(line, "a map cannot stand in a oneof or an `extend`: wrap it in a message");
                }
                return self.map(message, line);
            }
            let mut path = "map".to_owned();
            while self.take(b'.')? {
                path = format!("{path}.{}", self.name("a name after the dot")?);
            }
            return self.rest(message, RawType::Named(path), label, oneof, extendee, line);
        }
        if self.next == Token::Name("group") && self.syntax == Syntax::Proto2 {
            self.step()?;
            return self.group(message, label, oneof, extendee, line);
        }
        let path = self.path("a type")?;
        let kind = Kind::scalar(&path).map_or(RawType::Named(path), RawType::Scalar);
        self.rest(message, kind, label, oneof, extendee, line)
    }

    fn label(&mut self, in_oneof: bool) -> Result<Option<Label>, Wrong> {
        let line = self.line;
        let label = match self.next {
            Token::Name("optional") => Label::Optional,
            Token::Name("required") => Label::Required,
            Token::Name("repeated") => Label::Repeated,
            _ => return Ok(None),
        };
        self.step()?;
        let said = match (self.syntax, label) {
            _ if in_oneof => "fields of a oneof have no label",
            (Syntax::Proto3, Label::Required) => "proto3 has no `required`",
            (Syntax::Edition(_), Label::Required) => {
                "editions have no `required`: use `[features.field_presence = LEGACY_REQUIRED]`"
            }
            (Syntax::Edition(_), Label::Optional) => "editions have no `optional`: leave it out",
            _ => return Ok(Some(label)),
        };
        wrong(line, said)
    }

    fn rest(
        &mut self,
        message: &mut RawMessage,
        kind: RawType,
        label: Option<Label>,
        oneof: Option<usize>,
        extendee: Option<&str>,
        line: u32,
    ) -> Result<(), Wrong> {
        let name = self.name("the field's name")?;
        if label.is_none() && oneof.is_none() && self.syntax == Syntax::Proto2 {
            return wrong(line, format!("`{name}` has no label: proto2 wants `optional`, `required` or `repeated`"));
        }
        let mut field = self.numbered(name, kind, label, line)?;
        field.oneof = oneof;
        field.extendee = extendee.map(str::to_owned);
        if self.next == Token::Punct(b'[') {
            self.field_options(&mut field)?;
        }
        self.need(b';')?;
        if field.explicit && extendee.is_none() {
            field.oneof = Some(message.oneofs.len());
            message.oneofs.push(RawOneof { name: String::new(), options: Options::default(), line });
        }
        message.fields.push(field);
        Ok(())
    }

    fn numbered(&mut self, name: String, kind: RawType, label: Option<Label>, line: u32) -> Result<RawField, Wrong> {
        self.need(b'=')?;
        let number = self.integer()?;
        let explicit = self.syntax == Syntax::Proto3 && label == Some(Label::Optional);
        Ok(RawField {
            name,
            number,
            label,
            kind,
            options: Options::default(),
            default: None,
            json_name: None,
            extendee: None,
            oneof: None,
            explicit,
            line,
        })
    }

    fn group(
        &mut self,
        message: &mut RawMessage,
        label: Option<Label>,
        oneof: Option<usize>,
        extendee: Option<&str>,
        line: u32,
    ) -> Result<(), Wrong> {
        let name = self.name("the group's name")?;
        if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return wrong(line, format!("group `{name}` must begin with a capital letter"));
        }
        let mut field = self.numbered(name.to_ascii_lowercase(), RawType::Group(name.clone()), label, line)?;
        field.oneof = oneof;
        field.extendee = extendee.map(str::to_owned);
        if self.next == Token::Punct(b'[') {
            self.field_options(&mut field)?;
        }
        let inner = self.nested(|p| p.message(name, line))?;
        message.fields.push(field);
        message.body.messages.push(inner);
        Ok(())
    }

    /// After `map<`: the field and the message of its entries.
    fn map(&mut self, message: &mut RawMessage, line: u32) -> Result<(), Wrong> {
        let key = self.path("the map's key type")?;
        let key = match Kind::scalar(&key) {
            Some(Kind::Double | Kind::Float | Kind::Bytes) | None => {
                return wrong(line, format!("`{key}` is no key of a map: use an integer, bool or string"));
            }
            Some(kind) => RawType::Scalar(kind),
        };
        self.need(b',')?;
        let value = self.path("the map's value type")?;
        let value = Kind::scalar(&value).map_or(RawType::Named(value), RawType::Scalar);
        self.need(b'>')?;
        let name = self.name("the field's name")?;
        let entry = entry_name(&name);
        let mut field = self.numbered(name, RawType::Named(entry.clone()), Some(Label::Repeated), line)?;
        if self.next == Token::Punct(b'[') {
            self.field_options(&mut field)?;
        }
        self.need(b';')?;
        let part = |name: &str, number, kind| RawField {
            name: name.to_owned(),
            number,
            label: Some(Label::Optional),
            kind,
            options: field.options.features(),
            default: None,
            json_name: None,
            extendee: None,
            oneof: None,
            explicit: false,
            line,
        };
        let fields = vec![part("key", 1, key), part("value", 2, value)];
        message.body.messages.push(RawMessage { name: entry, line, fields, map_entry: true, ..RawMessage::default() });
        message.fields.push(field);
        Ok(())
    }

    fn integer(&mut self) -> Result<i64, Wrong> {
        let minus = self.take(b'-')?;
        let Token::Number(word) = self.next else { return self.expected("a number") };
        let value = match super::lex::number(word) {
            Some(super::raw::Constant::Int(n)) => i64::try_from(if minus { -n } else { n }).ok(),
            _ => None,
        };
        let Some(value) = value else { return self.expected("a whole number") };
        self.step()?;
        Ok(value)
    }

    fn ranges(&mut self, max: i64) -> Result<Vec<Range>, Wrong> {
        let mut out = Vec::new();
        loop {
            let (line, start) = (self.line, self.integer()?);
            let mut end = start;
            if self.word("to")? {
                end = if self.word("max")? { max } else { self.integer()? };
            }
            if end < start {
                return wrong(line, format!("range {start} to {end} ends before it begins"));
            }
            out.push((start, end));
            if !self.take(b',')? {
                return Ok(out);
            }
        }
    }

    /// After `reserved`: numbers, or names (quoted, in editions bare).
    fn reserved(&mut self, ranges: &mut Vec<Range>, names: &mut Vec<String>, max: i64) -> Result<(), Wrong> {
        match self.next {
            Token::Text(_) | Token::Name(_) => loop {
                names.push(match self.next {
                    Token::Text(_) => self.string()?,
                    _ => self.name("a reserved name")?,
                });
                if !self.take(b',')? {
                    break;
                }
            },
            _ => ranges.append(&mut self.ranges(max)?),
        }
        self.need(b';')
    }

    pub(super) fn enumeration(&mut self) -> Result<RawEnum, Wrong> {
        let line = self.line;
        self.step()?;
        let mut out = RawEnum { name: self.name("the enum's name")?, line, ..RawEnum::default() };
        self.need(b'{')?;
        while !self.take(b'}')? {
            let line = self.line;
            match self.next {
                Token::Punct(b';') => {
                    self.step()?;
                }
                Token::Name("option") => self.option_line(&mut out.options)?,
                Token::Name("reserved") => {
                    self.step()?;
                    self.reserved(&mut out.reserved_ranges, &mut out.reserved_names, i64::from(i32::MAX))?;
                }
                _ => {
                    let name = self.name("an enum value or `}`")?;
                    self.need(b'=')?;
                    let number = self.integer()?;
                    if self.next == Token::Punct(b'[') {
                        self.options(&mut Options::default())?;
                    }
                    self.need(b';')?;
                    out.values.push(RawValue { name, number, line });
                }
            }
        }
        Ok(out)
    }
}

/// `user_names` -> `UserNamesEntry`: the message of a map's entries.
pub(super) fn entry_name(field: &str) -> String {
    format!("{}Entry", camel(field, true))
}
