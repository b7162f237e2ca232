//! What a compiler refuses beyond grammar and names, as far as a judgment rests on it: numbers, reserved ones, enums.

use super::body::{MAX_FIELD, MAX_SET};
use super::features::Features;
use super::model::{Cardinality, Field, Schema};
use super::raw::{Range, RawEnum, RawMessage, Wrong, wrong};
use std::collections::{BTreeMap, HashMap, HashSet};

pub(super) fn within(number: i64, ranges: &[Range]) -> bool {
    ranges.iter().any(|(start, end)| (*start..=*end).contains(&number))
}

/// Ranges in order, touching ones as one, so that many numbers can be looked up quickly.
pub(super) fn collapsed(ranges: &[Range]) -> Vec<Range> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut out: Vec<Range> = Vec::with_capacity(sorted.len());
    for (start, end) in sorted {
        match out.last_mut() {
            Some(last) if start <= last.1.saturating_add(1) => last.1 = last.1.max(end),
            _ => out.push((start, end)),
        }
    }
    out
}

/// Is it in one of the ranges, which are sorted and apart?
fn among(number: i64, ranges: &[Range]) -> bool {
    let next = ranges.partition_point(|(start, _)| *start <= number);
    next > 0 && number <= ranges[next - 1].1
}

pub(super) fn message(
    raw: &RawMessage,
    name: &str,
    fields: &BTreeMap<i64, Field>,
    features: &Features,
) -> Result<(), Wrong> {
    let reserved = collapsed(&raw.reserved_ranges);
    let extensions = collapsed(&raw.extension_ranges);
    let names: HashSet<&str> = raw.reserved_names.iter().map(String::as_str).collect();
    for field in &raw.fields {
        let number = field.number;
        let said = if !(1..=MAX_FIELD).contains(&number) {
            format!("field number {number} of `{name}.{}` is not between 1 and {MAX_FIELD}", field.name)
        } else if (19_000..20_000).contains(&number) {
            format!(
                "field number {number} of `{name}.{}` is one of those (19000 to 19999) that Protobuf keeps",
                field.name
            )
        } else if among(number, &reserved) {
            format!("`{name}.{}` uses number {number}, which is reserved", field.name)
        } else if among(number, &extensions) {
            format!("`{name}.{}` uses number {number}, which is kept for extensions", field.name)
        } else if names.contains(field.name.as_str()) {
            format!("`{name}.{}` uses a name that is reserved", field.name)
        } else {
            continue;
        };
        return wrong(field.line, said);
    }
    for (start, end) in raw.extension_ranges.iter().chain(&raw.reserved_ranges) {
        if *start < 1 || *end > MAX_SET {
            return wrong(raw.line, format!("range {start} to {end} of `{name}` goes beyond the field numbers"));
        }
    }
    if features.json == "ALLOW" {
        let mut seen: HashMap<&str, &str> = HashMap::new();
        for field in fields.values() {
            if let Some(other) = seen.insert(&field.json_name, &field.name) {
                let said = format!(
                    "fields `{other}` and `{}` of `{name}` have the same JSON name `{}`: set another `json_name`",
                    field.name, field.json_name
                );
                return wrong(raw.line, said);
            }
        }
    }
    Ok(())
}

pub(super) fn enumeration(raw: &RawEnum, name: &str, closed: bool) -> Result<(), Wrong> {
    let Some(first) = raw.values.first() else {
        return wrong(raw.line, format!("enum `{name}` has no values"));
    };
    if !closed && first.number != 0 {
        return wrong(
            first.line,
            format!("the first value of `{name}` must be 0: it is what an absent field reads as"),
        );
    }
    let reserved = collapsed(&raw.reserved_ranges);
    let names: HashSet<&str> = raw.reserved_names.iter().map(String::as_str).collect();
    let mut seen: HashMap<i64, &str> = HashMap::new();
    let alias = raw.options.is("allow_alias");
    for value in &raw.values {
        let said = if i32::try_from(value.number).is_err() {
            format!("`{name}.{}` is {}, which does not fit 32 bits", value.name, value.number)
        } else if let (Some(other), false) = (seen.insert(value.number, &value.name), alias) {
            format!(
                "`{other}` and `{}` of `{name}` have the same number {}: set `option allow_alias = true;` if they should",
                value.name, value.number
            )
        } else if among(value.number, &reserved) {
            format!("`{name}.{}` uses number {}, which is reserved", value.name, value.number)
        } else if names.contains(value.name.as_str()) {
            format!("`{name}.{}` uses a name that is reserved", value.name)
        } else {
            continue;
        };
        return wrong(value.line, said);
    }
    Ok(())
}

/// What needs all files: extensions against the ranges of what they extend. Names the file.
pub(super) fn across(schema: &Schema) -> Result<(), (String, String)> {
    let mut seen: HashMap<(&str, i64), &str> = HashMap::new();
    for (name, field) in &schema.extensions {
        let Some(extendee) = &field.extendee else { continue };
        let refused = |said: String| Err((field.place.file.clone(), said));
        if let Some(message) = schema.messages.get(extendee)
            && !within(field.number, &message.extension_ranges)
        {
            return refused(format!(
                "extension `{name}` has number {}, which `{extendee}` keeps for no extension",
                field.number
            ));
        }
        if field.cardinality == Cardinality::Required {
            return refused(format!("extension `{name}` cannot be required"));
        }
        if let Some(other) = seen.insert((extendee, field.number), name) {
            return refused(format!(
                "extensions `{other}` and `{name}` of `{extendee}` have the same number {}",
                field.number
            ));
        }
    }
    Ok(())
}
