//! What two messages of the same full name have: fields by number, oneofs by name, ranges, and options.

use super::check::within;
use super::compare::Walk;
use super::found::{Found, found};
use super::model::{Field, Message};
use super::raw::Range;
use super::{check, fields, witness};
use tessera_model::change::Judgment;

pub(super) fn message(walk: &mut Walk<'_>, name: &str, old: &Message, new: &Message) {
    let file = new.place.file.as_str();
    for (number, before) in &old.fields {
        if !walk.visit() {
            return;
        }
        match new.fields.get(number) {
            Some(after) => fields::pair(walk, name, before, after),
            None => removed(walk, name, before, new),
        }
    }
    for (number, after) in new.fields.iter().filter(|(number, _)| !old.fields.contains_key(number)) {
        if !walk.visit() {
            return;
        }
        added(walk, name, *number, after);
    }
    for (oneof, _) in old.oneofs.iter().filter(|(oneof, synthetic)| !**synthetic && !new.oneofs.contains_key(*oneof)) {
        let said = format!("oneof `{oneof}` of `{name}` was removed");
        walk.push(found("oneof-removed", format!("{name}.{oneof}")).seen_by("ONEOF_NO_DELETE", file).says(said));
    }
    for (oneof, _) in new.oneofs.iter().filter(|(oneof, synthetic)| !**synthetic && !old.oneofs.contains_key(*oneof)) {
        walk.push(
            found("oneof-added", format!("{name}.{oneof}")).says(format!("oneof `{oneof}` of `{name}` was added")),
        );
    }
    let ranges = Ranges {
        name,
        file,
        rule: "extension-range-removed",
        source: "EXTENSION_MESSAGE_NO_DELETE",
        what: "extension",
    };
    ranges.compare(walk, &old.extension_ranges, &new.extension_ranges);
    if check::collapsed(&old.extension_ranges) != check::collapsed(&new.extension_ranges)
        && !lost(&new.extension_ranges, &check::collapsed(&old.extension_ranges)).is_empty()
    {
        walk.push(found("extension-range-added", name).says(format!("`{name}` keeps more numbers for extensions")));
    }
    reserved(walk, name, file, "RESERVED_MESSAGE_NO_DELETE", Kept::of_message(old), Kept::of_message(new));
    if old.json && !new.json {
        let said = format!("`{name}` is no longer sure to have a JSON form (json_format)");
        walk.push(
            found("json-format-changed", name)
                .seen_by("MESSAGE_SAME_JSON_FORMAT", file)
                .values("ALLOW", "LEGACY_BEST_EFFORT")
                .says(said),
        );
    }
    if !old.no_accessor && new.no_accessor {
        let said = format!("generated code of `{name}` loses its descriptor accessor");
        let source = "MESSAGE_NO_REMOVE_STANDARD_DESCRIPTOR_ACCESSOR";
        walk.push(found("descriptor-accessor-removed", name).seen_by(source, file).values(false, true).says(said));
    }
}

fn removed(walk: &mut Walk<'_>, name: &str, before: &Field, new: &Message) {
    let file = new.place.file.as_str();
    let number = within(before.number, &new.reserved_ranges);
    let word = new.reserved_names.contains(&before.name);
    // What both are reserved for cannot be taken for something else; the data itself is lost to new readers.
    let writes = if number && word { Judgment::Risky } else { Judgment::Fails };
    let rest = match (number, word) {
        (true, true) => "; its number and name are reserved",
        (true, false) => "; its name is not reserved",
        (false, true) => "; its number is not reserved",
        (false, false) => ", and neither its number nor its name is reserved",
    };
    let made = field_found("field-removed", name, before)
        .seen_by("FIELD_NO_DELETE", file)
        .seen_if(!number, "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED", file)
        .seen_if(!word, "FIELD_NO_DELETE_UNLESS_NAME_RESERVED", file)
        .seen_if(before.required, "MESSAGE_SAME_REQUIRED_FIELDS", file)
        .values(written(before), ())
        .judged(Judgment::Fails, writes)
        .witness(witness::gone(walk.old, name, before))
        .says(format!("field {} `{}` of `{name}` was removed{rest}", before.number, before.name));
    walk.push(made);
}

fn added(walk: &mut Walk<'_>, name: &str, number: i64, after: &Field) {
    let needed = after.cardinality == super::model::Cardinality::Required;
    let rule = if needed { "required-field-added" } else { "field-added" };
    let what = if needed { "required field" } else { "field" };
    let made = field_found(rule, name, after)
        .seen_if(after.required, "MESSAGE_SAME_REQUIRED_FIELDS", &after.place.file)
        .values((), written(after))
        .says(format!("{what} {number} `{}` of `{name}` was added", after.name));
    walk.push(made);
}

/// Starts a finding on a field.
pub(super) fn field_found(rule: &'static str, message: &str, field: &Field) -> Found {
    found(rule, format!("{message}.{}", field.name)).column(&field.name).number(field.number)
}

/// A field as one would write it.
pub(super) fn written(field: &Field) -> String {
    use super::model::Cardinality;
    let label = match field.cardinality {
        Cardinality::Required => "required ",
        Cardinality::Repeated => "repeated ",
        _ => "",
    };
    format!("{label}{} {} = {}", field.type_shown(), field.name, field.number)
}

struct Ranges<'a> {
    name: &'a str,
    file: &'a str,
    rule: &'static str,
    source: &'static str,
    what: &'static str,
}

impl Ranges<'_> {
    /// One finding for each old range of which something is gone.
    fn compare(&self, walk: &mut Walk<'_>, old: &[Range], new: &[Range]) {
        let new = check::collapsed(new);
        for (start, end) in old {
            let gone = lost(&[(*start, *end)], &new);
            if !walk.visit() || gone.is_empty() {
                continue;
            }
            let shown: Vec<String> = gone.iter().take(8).map(range_shown).collect();
            let said = format!("`{}` no longer keeps its {} numbers {}", self.name, self.what, shown.join(", "));
            let made = found(self.rule, self.name).seen_by(self.source, self.file);
            walk.push(made.values(range_shown(&(*start, *end)), ()).says(said));
        }
    }
}

fn range_shown((start, end): &Range) -> String {
    if start == end { start.to_string() } else { format!("{start} to {end}") }
}

/// The parts of `old` that are in none of `new`, which is sorted and apart.
fn lost(old: &[Range], new: &[Range]) -> Vec<Range> {
    let mut out = Vec::new();
    for (start, end) in old {
        let mut from = *start;
        let first = new.partition_point(|(_, last)| last < start);
        for (a, b) in &new[first..] {
            if a > end {
                break;
            }
            if from < *a {
                out.push((from, a - 1));
            }
            from = from.max(b + 1);
        }
        if from <= *end {
            out.push((from, *end));
        }
    }
    out
}

/// What a message or an enum keeps from being used.
pub(super) struct Kept<'a> {
    pub(super) ranges: &'a [Range],
    pub(super) names: &'a [String],
}

impl<'a> Kept<'a> {
    fn of_message(message: &'a Message) -> Self {
        Kept { ranges: &message.reserved_ranges, names: &message.reserved_names }
    }
}

pub(super) fn reserved(
    walk: &mut Walk<'_>,
    name: &str,
    file: &str,
    source: &'static str,
    old: Kept<'_>,
    new: Kept<'_>,
) {
    let ranges = Ranges { name, file, rule: "reserved-range-removed", source, what: "reserved" };
    ranges.compare(walk, old.ranges, new.ranges);
    let has: std::collections::BTreeSet<&String> = new.names.iter().collect();
    let had: std::collections::BTreeSet<&String> = old.names.iter().collect();
    for word in had.difference(&has) {
        let said = format!("`{name}` no longer keeps the name `{word}` reserved");
        walk.push(
            found("reserved-name-removed", format!("{name}.{word}"))
                .seen_by(source, file)
                .values(word.as_str(), ())
                .says(said),
        );
    }
    let more = !lost(new.ranges, &check::collapsed(old.ranges)).is_empty() || has.difference(&had).next().is_some();
    if more {
        walk.push(found("reserved-added", name).says(format!("`{name}` reserves more numbers or names")));
    }
}
