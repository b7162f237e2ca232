//! Two fields of one number, and two extensions of one number of one message: every way in which they may differ.

use super::compare::Walk;
use super::found::{Found, found};
use super::members::field_found;
use super::model::{Cardinality, Field, Kind};
use super::{types, witness};
use std::collections::BTreeMap;
use tessera_model::change::Judgment::{self, Fails, Ok, Risky};

pub(super) fn pair(walk: &mut Walk<'_>, message: &str, old: &Field, new: &Field) {
    Pair { message, old, new, file: &new.place.file }.compare(walk);
}

/// Extensions are the same when they extend the same message with the same number.
pub(super) fn extensions(walk: &mut Walk<'_>) {
    let key = |f: &Field| (f.extendee.clone().unwrap_or_default(), f.number);
    let has: BTreeMap<_, _> = walk.new.extensions.iter().map(|(name, f)| (key(f), (name, f))).collect();
    for (name, old) in &walk.old.extensions {
        let Some((other, new)) = has.get(&key(old)) else { continue };
        if !walk.visit() {
            return;
        }
        // Extensions are known by their full names.
        let scope = name.strip_suffix(&old.name).unwrap_or(name).trim_end_matches('.');
        let pair = Pair { message: scope, old, new, file: &new.place.file };
        if name != *other {
            let made = found("field-renamed", name.as_str()).seen_by("FIELD_SAME_NAME", pair.file);
            let said =
                format!("extension {} of `{}` changed its name from `{name}` to `{other}`", old.number, key(old).0);
            walk.push(made.values(name.as_str(), other.as_str()).says(said));
        }
        pair.compare(walk);
    }
}

struct Pair<'a> {
    message: &'a str,
    old: &'a Field,
    new: &'a Field,
    file: &'a str,
}

impl Pair<'_> {
    fn found(&self, rule: &'static str) -> Found {
        let made = field_found(rule, self.message, self.old);
        // The fields of a map's entries are told on their own path, not as columns.
        if self.old.in_map_entry { made.column("") } else { made }
    }

    fn label(&self) -> String {
        format!("field {} `{}` of `{}`", self.old.number, self.old.name, self.message)
    }

    fn compare(&self, walk: &mut Walk<'_>) {
        let (old, new) = (self.old, self.new);
        let renamed = self.names(walk);
        self.kinds(walk, renamed);
        self.cardinality(walk);
        if let (Some(was), Some(is)) = (&old.default, &new.default) {
            let two_sizes = old.kind != new.kind;
            if !was.same(is, two_sizes) {
                let said =
                    format!("{} reads as {} when it is absent, no longer as {}", self.label(), is.shown(), was.shown());
                let made = self.found("field-default-changed").seen_by("FIELD_SAME_DEFAULT", self.file);
                walk.push(made.values(was.shown(), is.shown()).says(said));
            }
        }
        self.oneof(walk);
        let text = |f: &Field| matches!(f.kind, Kind::String | Kind::Bytes);
        let strings = old.kind == Kind::String && new.kind == Kind::String;
        let entries = old.in_map_entry && new.in_map_entry;
        let relaxed = old.cpp_string == "STRING_PIECE" && new.cpp_string == "STRING";
        if text(old) && text(new) && !entries && !relaxed {
            self.option(
                walk,
                ("field-cpp-string-type-changed", "FIELD_SAME_CPP_STRING_TYPE", "C++ string type"),
                &old.cpp_string,
                &new.cpp_string,
            );
        }
        if strings {
            self.option(
                walk,
                ("field-java-utf8-validation-changed", "FIELD_SAME_JAVA_UTF8_VALIDATION", "Java UTF-8 validation"),
                &old.java_utf8,
                &new.java_utf8,
            );
            self.option(
                walk,
                ("field-utf8-validation-changed", "FIELD_SAME_UTF8_VALIDATION", "UTF-8 validation"),
                &old.utf8,
                &new.utf8,
            );
        }
        if types::is_64_bits(old.kind) && types::is_64_bits(new.kind) {
            self.option(walk, ("field-js-type-changed", "FIELD_SAME_JSTYPE", "`jstype`"), &old.js_type, &new.js_type);
        }
    }

    fn option(
        &self,
        walk: &mut Walk<'_>,
        (rule, source, what): (&'static str, &'static str, &str),
        was: &str,
        is: &str,
    ) {
        if was != is {
            let said = format!("{what} of {} changed from {was} to {is}", self.label());
            walk.push(self.found(rule).seen_by(source, self.file).values(was, is).says(said));
        }
    }

    /// Says whether a change of the name was found.
    fn names(&self, walk: &mut Walk<'_>) -> bool {
        let (old, new) = (self.old, self.new);
        if old.extendee.is_some() {
            return false;
        }
        let json = old.json_name != new.json_name;
        let renamed = old.name != new.name;
        if renamed {
            let mut made = self.found("field-renamed").seen_by("FIELD_SAME_NAME", self.file);
            made = made.seen_if(json, "FIELD_SAME_JSON_NAME", self.file).values(old.name.as_str(), new.name.as_str());
            let said = format!("{} is called `{}` now", self.label(), new.name);
            walk.push(made.says(said).witness(witness::renamed(walk.new, self.message, old, new)));
        } else if json {
            let said =
                format!("{} is called `{}` in JSON now, no longer `{}`", self.label(), new.json_name, old.json_name);
            let made = self.found("json-name-changed").seen_by("FIELD_SAME_JSON_NAME", self.file);
            let witness = witness::renamed(walk.new, self.message, old, new);
            walk.push(made.values(old.json_name.as_str(), new.json_name.as_str()).says(said).witness(witness));
        }
        renamed
    }

    fn kinds(&self, walk: &mut Walk<'_>, renamed: bool) {
        let (old, new) = (self.old, self.new);
        let Some(change) = types::compare(old, new, walk.old, walk.new) else { return };
        let (was, is) = (old.type_shown(), new.type_shown());
        let says = format!("the type of {} changed from {was} to {is}", self.label());
        let maps = (Cardinality::Map, Cardinality::Map) == (old.cardinality, new.cardinality);
        let mut made = self.found("field-type-changed");
        let mut witness = None;
        let (mut reads, mut writes) = (change.reads, change.writes);
        if maps && renamed {
            // The name of the entries follows the field's: what they hold is compared here.
            (reads, writes) = self.entries(walk);
        } else {
            witness = witness::retyped(walk, self.message, old, new, reads);
        }
        made = made
            .seen_if(change.same, "FIELD_SAME_TYPE", self.file)
            .seen_if(change.wire, "FIELD_WIRE_COMPATIBLE_TYPE", self.file)
            .seen_if(change.json, "FIELD_WIRE_JSON_COMPATIBLE_TYPE", self.file);
        walk.push(made.values(was, is).judged(reads, writes).says(says).witness(witness));
    }

    /// The worst that happens to keys and values of two maps whose entries have different names.
    fn entries(&self, walk: &Walk<'_>) -> (Judgment, Judgment) {
        let (Some(was), Some(is)) =
            (walk.old.messages.get(&self.old.type_name), walk.new.messages.get(&self.new.type_name))
        else {
            return (Fails, Fails);
        };
        let mut worst = (Ok, Ok);
        for (number, old) in &was.fields {
            let change = is.fields.get(number).and_then(|new| types::compare(old, new, walk.old, walk.new));
            if let Some(change) = change {
                worst = (worst.0.max(change.reads), worst.1.max(change.writes));
            }
        }
        worst
    }

    fn cardinality(&self, walk: &mut Walk<'_>) {
        let (old, new) = (self.old, self.new);
        let (was, is) = (old.cardinality, new.cardinality);
        let entries = old.in_map_entry && new.in_map_entry;
        let needed = old.required != new.required;
        if entries || was == is && !needed {
            return;
        }
        let wire = |c| match c {
            Cardinality::Explicit | Cardinality::Implicit => 1,
            Cardinality::Required => 2,
            Cardinality::Repeated | Cardinality::Map => 3,
        };
        let json = |c| if c == Cardinality::Map { 4 } else { wire(c) };
        let (reads, writes) = match (was, is) {
            // Whether a field was set can be told on one side only; its value is the same.
            _ if json(was) == json(is) => (Risky, Risky),
            (Cardinality::Explicit | Cardinality::Implicit, Cardinality::Required) => (Ok, Fails),
            (Cardinality::Required, Cardinality::Explicit | Cardinality::Implicit) => (Fails, Ok),
            _ => (Fails, Fails),
        };
        let made = self
            .found("field-cardinality-changed")
            .seen_if(was != is, "FIELD_SAME_CARDINALITY", self.file)
            .seen_if(wire(was) != wire(is), "FIELD_WIRE_COMPATIBLE_CARDINALITY", self.file)
            .seen_if(json(was) != json(is), "FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY", self.file)
            .seen_if(needed && old.extendee.is_none(), "MESSAGE_SAME_REQUIRED_FIELDS", self.file);
        let said = format!("{} was {}, and is {} now", self.label(), shown(was), shown(is));
        let witness = witness::count(walk, self.message, old, new, reads);
        walk.push(made.values(shown(was), shown(is)).judged(reads, writes).says(said).witness(witness));
    }

    fn oneof(&self, walk: &mut Walk<'_>) {
        let (was, is) = (&self.old.oneof, &self.new.oneof);
        if was == is || self.old.extendee.is_some() {
            return;
        }
        let (reads, writes, moved) = match (was, is) {
            (Some(a), Some(b)) => (Fails, Fails, format!("moved from oneof `{a}` to oneof `{b}`")),
            // Messages that set it beside another member of the oneof lose one of both.
            (None, Some(b)) => (Risky, Fails, format!("moved into oneof `{b}`")),
            _ => (Fails, Risky, format!("left oneof `{}`", was.as_deref().unwrap_or_default())),
        };
        let made = self.found("field-oneof-changed").seen_by("FIELD_SAME_ONEOF", self.file);
        let made = made.values(was.as_deref(), is.as_deref()).judged(reads, writes);
        walk.push(made.says(format!("{} {moved}", self.label())));
    }
}

fn shown(cardinality: Cardinality) -> &'static str {
    match cardinality {
        Cardinality::Explicit => "optional with explicit presence",
        Cardinality::Implicit => "optional with implicit presence",
        Cardinality::Required => "required",
        Cardinality::Repeated => "repeated",
        Cardinality::Map => "a map",
    }
}
