//! Records, enums and what named types share: names and aliases.

use super::defaults;
use super::model::{Field, Kind, Node, Schema};
use super::resolve::{FieldIndex, filled, names as names_match};
use super::walk::{Place, Walk};
use crate::table::{Say, build};
use serde_json::{Value, json};
use std::collections::HashSet;
use tessera_model::change::{Change, ChangeKind, Judgment};

fn structural(rule: &str, step: &str, reads: Judgment, writes: Judgment) -> Change {
    build(rule, step, ChangeKind::Structural, reads, writes)
}

/// A reader that fills in its default copes, but the field's values are gone without a word.
fn gone(reader: Judgment) -> Judgment {
    reader.max(Judgment::Risky)
}

pub(super) fn names(walk: &mut Walk<'_>, old: &Node, new: &Node, place: Place) {
    let (Some(a), Some(b)) = (&old.name, &new.name) else { return };
    if a != b {
        let rule = if a.word == b.word { "namespace-changed" } else { "name-changed" };
        let said = format!("{} `{}` is now called `{}`", old.kind.word(), a.full(), b.full());
        let change = structural(rule, "/name", names_match(old, new), names_match(new, old));
        walk.push(place, change.values(json!(a.full()), json!(b.full())).says(said));
    }
    if old.aliases != new.aliases {
        let full = |n: &Node| json!(n.aliases.iter().map(super::model::Name::full).collect::<Vec<_>>());
        let said = format!("the aliases of `{}` changed", b.full());
        walk.note(place, "aliases-changed", "/aliases", full(old), full(new), said);
    }
}

pub(super) fn enums(walk: &mut Walk<'_>, old: &Node, new: &Node, place: Place) {
    let (Kind::Enum { symbols: before, default: was }, Kind::Enum { symbols: after, default: is }) =
        (&old.kind, &new.kind)
    else {
        return;
    };
    let had: HashSet<&str> = before.iter().map(String::as_str).collect();
    let has: HashSet<&str> = after.iter().map(String::as_str).collect();
    let unknown = |default: &Option<String>| if default.is_some() { Judgment::Risky } else { Judgment::Fails };
    let read_as = |default: &Option<String>| match default {
        Some(d) => format!("they are read as the default `{d}`"),
        None => "the enum has no default to read them as".to_owned(),
    };
    for symbol in after.iter().filter(|s| !had.contains(s.as_str())) {
        let said = format!("symbol `{symbol}` was added; for old readers, {}", read_as(was));
        let mut change = structural("symbol-added", "/symbols", unknown(was), Judgment::Ok);
        change.witness = was.is_none().then(|| json!(symbol));
        walk.push(place, change.values(Value::Null, json!(symbol)).says(said));
    }
    for symbol in before.iter().filter(|s| !has.contains(s.as_str())) {
        let said = format!("symbol `{symbol}` was removed; when old data has it, {}", read_as(is));
        let mut change = structural("symbol-removed", "/symbols", Judgment::Ok, unknown(is));
        change.witness = is.is_none().then(|| json!(symbol));
        walk.push(place, change.values(json!(symbol), Value::Null).says(said));
    }
    if had == has && before != after {
        let said = "the symbols stand in another order".to_owned();
        walk.note(place, "symbols-reordered", "/symbols", json!(before), json!(after), said);
    }
    if was != is {
        let said = "the symbol that unknown symbols are read as changed";
        let change = structural("enum-default-changed", "/default", Judgment::Ok, Judgment::Ok);
        walk.push(place, change.values(json!(was), json!(is)).says(said));
    }
}

pub(super) fn records(walk: &mut Walk<'_>, old: &[Field], new: &[Field], place: Place) {
    let (before, after) = (FieldIndex::new(old), FieldIndex::new(new));
    let mut paired: Vec<(&Field, &Field)> = Vec::new();
    let mut added: Vec<&Field> = Vec::new();
    let mut renamed: HashSet<&str> = HashSet::new();
    for field in new {
        match before.named(&field.name) {
            Some(was) => paired.push((was, field)),
            None => added.push(field),
        }
    }
    let mut removed: Vec<&Field> = old.iter().filter(|f| after.named(&f.name).is_none()).collect();
    // A rename is told where an alias of either side says so.
    for field in &added {
        let found = removed
            .iter()
            .position(|was| field.aliases.contains(&was.name))
            .or_else(|| removed.iter().position(|was| was.aliases.contains(&field.name)));
        if let Some(at) = found {
            let was = removed.remove(at);
            renamed.insert(field.name.as_str());
            let reads = if after.source(was).is_some() { Judgment::Ok } else { gone(filled(walk.old, was)) };
            let writes = if before.source(field).is_some() { Judgment::Ok } else { filled(walk.new, field) };
            let said = format!("field `{}` is now called `{}`", was.name, field.name);
            let change = structural("field-renamed", &format!("/fields/{}", was.name), reads, writes);
            walk.push(place, change.values(json!(was.name), json!(field.name)).says(said));
            paired.push((was, field));
        }
    }
    for field in added.into_iter().filter(|f| !renamed.contains(f.name.as_str())) {
        let writes = if before.source(field).is_some() { Judgment::Ok } else { filled(walk.new, field) };
        let said = format!("field `{}` was added{}", field.name, lacking(walk.new, field, "old data"));
        let change = structural("field-added", &format!("/fields/{}", field.name), Judgment::Ok, writes);
        walk.push(place, change.values(Value::Null, json!(walk.new.shown(field.ty))).says(said));
    }
    for field in removed {
        let reads = if after.source(field).is_some() { Judgment::Ok } else { filled(walk.old, field) };
        let said = format!("field `{}` was removed{}", field.name, lacking(walk.old, field, "an old reader"));
        let change = structural("field-removed", &format!("/fields/{}", field.name), gone(reads), Judgment::Ok);
        walk.push(place, change.values(json!(walk.old.shown(field.ty)), Value::Null).says(said));
    }
    let order = |fields: &[Field], other: &FieldIndex<'_>| -> Vec<String> {
        fields.iter().filter(|f| other.named(&f.name).is_some()).map(|f| f.name.clone()).collect()
    };
    let (was, is) = (order(old, &after), order(new, &before));
    if was != is {
        let said = "the fields stand in another order".to_owned();
        walk.note(place, "fields-reordered", "/fields", json!(was), json!(is), said);
    }
    for (was, is) in paired {
        pair(walk, was, is, place);
    }
}

fn lacking(schema: &Schema, field: &Field, who: &str) -> String {
    match (&field.default, filled(schema, field)) {
        (None, _) => format!(", and it has no default for {who}"),
        (Some(_), Judgment::Fails) => ", and its default does not fit its type".to_owned(),
        (Some(value), _) => format!("; {who} gets its default {value}"),
    }
}

/// A field that both sides have.
fn pair(walk: &mut Walk<'_>, was: &Field, is: &Field, place: Place) {
    let at = walk.step(place, format!("/fields/{}", is.name));
    if was.default != is.default {
        let rule = match (&was.default, &is.default) {
            (None, Some(_)) => "default-added",
            (Some(_), None) => "default-removed",
            _ => "default-changed",
        };
        let usable = is.default.as_ref().is_none_or(|v| defaults::fits(walk.new, is.ty, v) != Judgment::Fails);
        let said = format!(
            "the default of `{}` changed; it is only used where data lacks the field{}",
            is.name,
            if usable { "" } else { ", and it does not fit the field's type" }
        );
        let change = structural(rule, "/default", Judgment::Ok, Judgment::Ok);
        walk.push(at, change.values(json!(was.default), json!(is.default)).says(said));
    }
    if was.doc != is.doc {
        walk.note(
            at,
            "doc-changed",
            "/doc",
            json!(was.doc),
            json!(is.doc),
            format!("the doc of `{}` changed", is.name),
        );
    }
    if was.aliases != is.aliases {
        let said = format!("the aliases of `{}` changed", is.name);
        walk.note(at, "aliases-changed", "/aliases", json!(was.aliases), json!(is.aliases), said);
    }
    if was.order != is.order {
        let said = format!("the sort order of `{}` changed", is.name);
        walk.note(at, "order-changed", "/order", json!(was.order), json!(is.order), said);
    }
    if was.extra != is.extra {
        let said = format!("attributes of `{}` that Avro does not name changed", is.name);
        walk.note(at, "attributes-changed", "", json!(was.extra), json!(is.extra), said);
    }
    let ty = walk.step(at, "/type".to_owned());
    walk.visit(was.ty, is.ty, ty);
}
