//! Raw files -> a compiled schema: names resolved, features settled, and what a compiler would refuse refused.

use super::features::Features;
use super::files::refused;
use super::model::{Cardinality, Enum, Field, File, Kind, Message, Method, Place, Schema, Service};
use super::names::{Names, What, camel, join};
use super::raw::{
    Body, Label, Options, RawEnum, RawField, RawFile, RawMessage, RawService, RawType, Syntax, Wrong, wrong,
};
use super::{absent, check};
use crate::{DiffError, Side};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Options of files that a judgment looks at, with what holds where they are not set.
pub(super) const OPTIONS: [(&str, &str); 17] = [
    ("cc_enable_arenas", "true"),
    ("cc_generic_services", "false"),
    ("csharp_namespace", ""),
    ("go_package", ""),
    ("java_generic_services", "false"),
    ("java_multiple_files", "false"),
    ("java_outer_classname", ""),
    ("java_package", ""),
    ("objc_class_prefix", ""),
    ("optimize_for", "SPEED"),
    ("php_class_prefix", ""),
    ("php_metadata_namespace", ""),
    ("php_namespace", ""),
    ("py_generic_services", "false"),
    ("ruby_package", ""),
    ("swift_prefix", ""),
    ("java_string_check_utf8", ""),
];

/// One file being linked.
pub(super) struct Linker<'a> {
    pub(super) names: &'a Names,
    pub(super) file: &'a RawFile,
    /// Files whose names it may use.
    seen: HashSet<usize>,
    schema: &'a mut Schema,
}

pub(super) fn link(files: &[RawFile], side: Side) -> Result<Schema, DiffError> {
    let of = |file: &RawFile, e: Wrong| refused(side, &file.path, e.line, &e.said);
    let mut names = Names::default();
    for (index, file) in files.iter().enumerate() {
        names.add(file, index).map_err(|e| of(file, e))?;
    }
    let index: HashMap<&str, usize> = files.iter().enumerate().map(|(i, f)| (f.path.as_str(), i)).collect();
    // What comes with importing each file: itself, and what it imports publicly. Imports come first in the order.
    let mut public: Vec<HashSet<usize>> = Vec::with_capacity(files.len());
    let mut schema = Schema::default();
    for (at, file) in files.iter().enumerate() {
        let (mut own, mut seen) = (HashSet::from([at]), HashSet::from([at]));
        for import in &file.imports {
            let Some(target) = index.get(import.path.as_str()).and_then(|i| public.get(*i)) else { continue };
            seen.extend(target);
            if import.public {
                own.extend(target);
            }
        }
        public.push(own);
        let mut linker = Linker { names: &names, file, seen, schema: &mut schema };
        linker.file(files).map_err(|e| of(file, e))?;
    }
    check::across(&schema).map_err(|(file, said)| refused(side, &file, 0, &said))?;
    Ok(schema)
}

impl Linker<'_> {
    fn file(&mut self, files: &[RawFile]) -> Result<(), Wrong> {
        let file = self.file;
        let options = OPTIONS
            .iter()
            .map(|(name, absent)| (*name, file.options.text(name).unwrap_or_else(|| (*absent).to_owned())));
        let entry =
            File { package: file.package.clone(), syntax: file.syntax, options: options.collect(), known: file.known };
        self.schema.files.insert(file.path.clone(), entry);
        let features = Features::of(file.syntax).with(&file.options);
        // Enums first: defaults of fields are read with them.
        self.enums(&file.package, "", &file.body, &features)?;
        self.body(&file.package, "", &file.body, &features, files)
    }

    fn enums(&mut self, scope: &str, nested: &str, body: &Body, features: &Features) -> Result<(), Wrong> {
        for one in &body.enums {
            self.enumeration(scope, nested, one, features)?;
        }
        for message in &body.messages {
            let features = features.with(&message.options);
            self.enums(&join(scope, &message.name), &join(nested, &message.name), &message.body, &features)?;
        }
        Ok(())
    }

    fn place(&self, nested: &str) -> Place {
        Place { file: self.file.path.clone(), nested: nested.to_owned() }
    }

    fn body(
        &mut self,
        scope: &str,
        nested: &str,
        body: &Body,
        features: &Features,
        files: &[RawFile],
    ) -> Result<(), Wrong> {
        for message in &body.messages {
            self.message(scope, nested, message, features, files)?;
        }
        for field in &body.extensions {
            let name = join(scope, &field.name);
            let mut made = self.field(scope, &join(nested, &field.name), field, features, None, files)?;
            let extendee = field.extendee.as_deref().unwrap_or_default();
            match self.names.find(extendee, scope, &self.seen) {
                Some((full, What::Message)) => made.extendee = Some(full),
                _ => return self.unknown(extendee, field.line, files, "a message to extend"),
            }
            self.schema.extensions.insert(name, made);
        }
        for service in &body.services {
            self.service(scope, nested, service, files)?;
        }
        Ok(())
    }

    fn message(
        &mut self,
        scope: &str,
        nested: &str,
        raw: &RawMessage,
        features: &Features,
        files: &[RawFile],
    ) -> Result<(), Wrong> {
        let (name, nested) = (join(scope, &raw.name), join(nested, &raw.name));
        let features = features.with(&raw.options);
        let oneofs: Vec<Features> = raw.oneofs.iter().map(|o| features.with(&o.options)).collect();
        let mut fields = BTreeMap::new();
        for field in &raw.fields {
            let own = field.oneof.and_then(|i| oneofs.get(i)).unwrap_or(&features);
            let made = self.field(&name, &join(&nested, &field.name), field, own, Some(raw), files)?;
            if let Some(before) = fields.insert(field.number, made) {
                let said = format!(
                    "fields `{}` and `{}` of `{name}` have the same number {}",
                    before.name, field.name, field.number
                );
                return wrong(field.line, said);
            }
        }
        check::message(raw, &name, &fields, &features)?;
        let mut named = BTreeMap::new();
        for (index, oneof) in raw.oneofs.iter().enumerate() {
            let mut members = raw.fields.iter().filter(|f| f.oneof == Some(index));
            let synthetic = members.next().is_some_and(|f| f.explicit);
            if oneof.name.is_empty() {
                let of = raw.fields.iter().find(|f| f.oneof == Some(index)).map_or("", |f| f.name.as_str());
                named.insert(format!("_{of}"), true);
            } else {
                named.insert(oneof.name.clone(), synthetic);
            }
        }
        let made = Message {
            place: self.place(&nested),
            fields,
            oneofs: named,
            extension_ranges: raw.extension_ranges.clone(),
            reserved_ranges: raw.reserved_ranges.clone(),
            reserved_names: raw.reserved_names.clone(),
            map_entry: raw.map_entry,
            no_accessor: raw.options.is("no_standard_descriptor_accessor"),
            json: features.json == "ALLOW",
        };
        self.schema.messages.insert(name.clone(), made);
        self.body(&name, &nested, &raw.body, &features, files)
    }

    fn field(
        &self,
        scope: &str,
        nested: &str,
        raw: &RawField,
        features: &Features,
        parent: Option<&RawMessage>,
        files: &[RawFile],
    ) -> Result<Field, Wrong> {
        let features = features.with(&raw.options);
        let (mut kind, type_name) = self.kind(scope, raw, files)?;
        let entry = |name: &str| {
            parent.is_some_and(|p| {
                let last = name.rsplit('.').next().unwrap_or(name);
                name == join(scope, last) && p.body.messages.iter().any(|m| m.map_entry && m.name == last)
            })
        };
        let in_map_entry = parent.is_some_and(|p| p.map_entry);
        let map = kind == Kind::Message && raw.label == Some(Label::Repeated) && entry(&type_name);
        if kind == Kind::Message && features.encoding == "DELIMITED" && !map && !in_map_entry {
            kind = Kind::Group;
        }
        let in_oneof = raw.oneof.is_some();
        let message = matches!(kind, Kind::Message | Kind::Group);
        let cardinality = match raw.label {
            Some(Label::Repeated) if map => Cardinality::Map,
            Some(Label::Repeated) => Cardinality::Repeated,
            Some(Label::Required) => Cardinality::Required,
            _ if features.presence == "LEGACY_REQUIRED" && !in_oneof => Cardinality::Required,
            _ if message || in_oneof || raw.extendee.is_some() || features.presence == "EXPLICIT" => {
                Cardinality::Explicit
            }
            _ => Cardinality::Implicit,
        };
        let default = absent::of(raw, kind, &type_name, cardinality, self.schema)?;
        let oneof = match (raw.oneof, parent) {
            (Some(index), Some(parent)) if !raw.explicit => parent.oneofs.get(index).map(|o| o.name.clone()),
            _ => None,
        };
        Ok(Field {
            name: raw.name.clone(),
            number: raw.number,
            kind,
            type_name,
            cardinality,
            required: raw.label == Some(Label::Required),
            json_name: raw.json_name.clone().unwrap_or_else(|| camel(&raw.name, false)),
            default,
            oneof,
            js_type: raw.options.text("jstype").unwrap_or_else(|| "JS_NORMAL".to_owned()),
            cpp_string: self.cpp_string(&raw.options, &features),
            java_utf8: self.java_utf8(&features),
            utf8: features.utf8,
            extendee: None,
            in_map_entry,
            place: self.place(nested),
        })
    }

    fn kind(&self, scope: &str, raw: &RawField, files: &[RawFile]) -> Result<(Kind, String), Wrong> {
        match &raw.kind {
            RawType::Scalar(kind) => Ok((*kind, String::new())),
            RawType::Named(used) => match self.names.find(used, scope, &self.seen) {
                Some((full, What::Message)) => Ok((Kind::Message, full)),
                Some((full, _)) => Ok((Kind::Enum, full)),
                None => self.unknown(used, raw.line, files, "a message or an enum"),
            },
            RawType::Group(used) => match self.names.find(used, scope, &self.seen) {
                Some((full, What::Message)) => Ok((Kind::Group, full)),
                _ => self.unknown(used, raw.line, files, "a group"),
            },
        }
    }

    /// A name that finds nothing: says which file to import, or which to give.
    fn unknown<T>(&self, used: &str, line: u32, files: &[RawFile], what: &str) -> Result<T, Wrong> {
        let of = self.file.package.as_str();
        let home = self.names.home(used).or_else(|| self.names.home(&join(of, used)));
        let mend = match home.and_then(|index| files.get(index)) {
            Some(file) if file.path != self.file.path => format!("import `{}`", file.path),
            _ => "define it, or give and import the file that does".to_owned(),
        };
        wrong(line, format!("`{used}` is not known as {what} here: {mend}"))
    }

    /// `ctype` goes before the feature, up to edition 2023.
    fn cpp_string(&self, options: &Options, features: &Features) -> String {
        let late = matches!(self.file.syntax, Syntax::Edition(year) if year >= 2024);
        match options.text("ctype") {
            Some(ctype) if !late => ctype,
            _ => features.cpp_string.clone(),
        }
    }

    /// What Java does with text that is not UTF-8.
    fn java_utf8(&self, features: &Features) -> String {
        let option = self.file.options.get("java_string_check_utf8").is_some();
        let editions = matches!(self.file.syntax, Syntax::Edition(_));
        let verify = if option || !editions {
            self.file.options.is("java_string_check_utf8")
        } else {
            features.java_utf8 == "VERIFY"
        };
        if verify { "VERIFY".to_owned() } else { features.utf8.clone() }
    }

    fn enumeration(&mut self, scope: &str, nested: &str, raw: &RawEnum, features: &Features) -> Result<(), Wrong> {
        let features = features.with(&raw.options);
        let name = join(scope, &raw.name);
        let closed = features.enum_type == "CLOSED";
        check::enumeration(raw, &name, closed)?;
        let mut values: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for value in &raw.values {
            values.entry(value.number).or_default().push(value.name.clone());
        }
        let made = Enum {
            place: self.place(&join(nested, &raw.name)),
            values,
            first: raw.values.first().map_or(0, |v| v.number),
            closed,
            json: features.json == "ALLOW",
            reserved_ranges: raw.reserved_ranges.clone(),
            reserved_names: raw.reserved_names.clone(),
        };
        self.schema.enums.insert(name, made);
        Ok(())
    }

    fn service(&mut self, scope: &str, nested: &str, raw: &RawService, files: &[RawFile]) -> Result<(), Wrong> {
        let name = join(scope, &raw.name);
        let mut methods = BTreeMap::new();
        for method in &raw.methods {
            let message = |used: &str| match self.names.find(used, &name, &self.seen) {
                Some((full, What::Message)) => Ok(full),
                _ => self.unknown(used, method.line, files, "a message"),
            };
            let made = Method {
                input: message(&method.input)?,
                output: message(&method.output)?,
                client_streaming: method.client_streaming,
                server_streaming: method.server_streaming,
                idempotency: method
                    .options
                    .text("idempotency_level")
                    .unwrap_or_else(|| "IDEMPOTENCY_UNKNOWN".to_owned()),
            };
            methods.insert(method.name.clone(), made);
        }
        let made = Service { place: self.place(&join(nested, &raw.name)), methods };
        self.schema.services.insert(name, made);
        Ok(())
    }
}
