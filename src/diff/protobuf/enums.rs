//! Two enums of the same full name: values by number, their names, and whether unknown numbers are kept.

use super::check::within;
use super::compare::Walk;
use super::found::{found, list};
use super::members::{Kept, reserved};
use super::model::Enum;
use std::collections::HashSet;
use tessera_model::change::Judgment::{Fails, Ok, Risky};

pub(super) fn compare(walk: &mut Walk<'_>, name: &str, old: &Enum, new: &Enum) {
    let file = new.place.file.as_str();
    if old.closed != new.closed {
        let (rule, was, is) =
            if new.closed { ("enum-closed", "open", "closed") } else { ("enum-opened", "closed", "open") };
        let said = format!(
            "`{name}` was {was} and is {is} now: numbers it does not name are {}",
            if new.closed { "set aside" } else { "kept" }
        );
        walk.push(found(rule, name).seen_by("ENUM_SAME_TYPE", file).values(was, is).says(said));
    }
    if old.json && !new.json {
        let said = format!("`{name}` is no longer sure to have a JSON form (json_format)");
        let made = found("json-format-changed", name).seen_by("ENUM_SAME_JSON_FORMAT", file);
        walk.push(made.values("ALLOW", "LEGACY_BEST_EFFORT").says(said));
    }
    let words = new.reserved_names.iter().collect();
    for (number, names) in &old.values {
        if !walk.visit() {
            return;
        }
        match new.values.get(number) {
            Some(has) => same(walk, name, file, *number, names, has),
            None => removed(walk, name, *number, names, new, &words),
        }
    }
    for (number, names) in new.values.iter().filter(|(number, _)| !old.values.contains_key(number)) {
        if !walk.visit() {
            return;
        }
        let first = names.first().map_or("", String::as_str);
        let said = format!("value {number} `{first}` of `{name}` was added");
        walk.push(found("enum-value-added", format!("{name}.{first}")).number(*number).values((), first).says(said));
    }
    let kept = |e| Kept::of_enum(e);
    reserved(walk, name, file, "RESERVED_ENUM_NO_DELETE", kept(old), kept(new));
}

impl<'a> Kept<'a> {
    fn of_enum(one: &'a Enum) -> Self {
        Kept { ranges: &one.reserved_ranges, names: &one.reserved_names }
    }
}

fn removed(walk: &mut Walk<'_>, name: &str, number: i64, names: &[String], new: &Enum, reserved: &HashSet<&String>) {
    let file = new.place.file.as_str();
    let first = names.first().map_or("", String::as_str);
    let kept = within(number, &new.reserved_ranges);
    let words = names.iter().all(|name| reserved.contains(name));
    // Nobody sends it any more; unless it is reserved, its number or name may come to mean something else.
    let (reads, writes) = if kept && words { (Ok, Risky) } else { (Fails, Fails) };
    let rest = if kept && words { "; it is reserved" } else { ", and is not fully reserved" };
    let made = found("enum-value-removed", format!("{name}.{first}"))
        .seen_by("ENUM_VALUE_NO_DELETE", file)
        .seen_if(!kept, "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED", file)
        .seen_if(!words, "ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", file)
        .number(number)
        .values(first, ())
        .judged(reads, writes)
        .says(format!("value {number} `{first}` of `{name}` was removed{rest}"));
    walk.push(made);
}

/// The names of one number. The source names every name that the number has now.
fn same(walk: &mut Walk<'_>, name: &str, file: &str, number: i64, was: &[String], is: &[String]) {
    let first = was.first().map_or("", String::as_str);
    let path = format!("{name}.{first}");
    let now: HashSet<&String> = is.iter().collect();
    if was.iter().any(|word| !now.contains(word)) {
        let said = format!("value {number} of `{name}` is called {} now, no longer {}", is.join(", "), was.join(", "));
        let mut made = found("enum-value-renamed", path).number(number).values(list(was), list(is)).says(said);
        for _ in is {
            made = made.seen_by("ENUM_VALUE_SAME_NAME", file);
        }
        walk.push(made);
    } else if is.len() > was.len() {
        let said = format!("value {number} of `{name}` has more names: {}", is.join(", "));
        // JSON carries the first name of a number.
        let reads = if was.first() == is.first() { Ok } else { Risky };
        let made = found("enum-alias-added", path).number(number).values(list(was), list(is));
        walk.push(made.judged(reads, Ok).says(said));
    }
}
