//! Parameters of an operation: its own and those of its path. In the address and the headers everything is text, so an
//! integer that may be any text now is still accepted.

use super::operations::Operation;
use super::read::{Doc, Version, flag, items};
use super::schema::{Finding, Place};
use super::sunset::End;
use super::{Flow, GONE, HARMLESS, NEW, RISKY, Walk};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tessera_model::change::Judgment;

/// Where it stands and its name; headers' names in lower case.
type Key = (String, String);

#[derive(Clone, Copy)]
struct Parameter<'a> {
    value: &'a Value,
    /// Given by the path, not by the operation.
    common: bool,
}

fn listed<'a>(
    doc: Doc<'a>,
    item: &'a Value,
    op: &'a Value,
    renamed: &BTreeMap<String, String>,
) -> BTreeMap<Key, Parameter<'a>> {
    let mut out = BTreeMap::new();
    for (list, common) in [(item.get("parameters"), true), (op.get("parameters"), false)] {
        for value in items(list).iter().filter_map(|p| doc.resolve(p)) {
            let word = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (place, mut name) = (word("in"), word("name"));
            // 2.0 keeps the body among the parameters; the fields of a form are parameters to us as well.
            if doc.version == Version::Two && place == "body" {
                continue;
            }
            if place == "header" {
                name = name.to_lowercase();
            } else if place == "path"
                && let Some(new) = renamed.get(&name)
            {
                name = new.clone();
            }
            out.insert((place, name), Parameter { value, common });
        }
    }
    out
}

impl<'a> Walk<'a> {
    pub(crate) fn parameters(&mut self, op: &Operation<'a>) {
        let old = listed(self.old, op.old_item, op.old, &op.renamed);
        let new = listed(self.new, op.new_item, op.new, &BTreeMap::new());
        let keys: BTreeSet<&Key> = old.keys().chain(new.keys()).collect();
        for key in keys {
            let path = format!("{} {} parameter {}", op.path, key.0, key.1);
            match (old.get(key), new.get(key)) {
                (Some(a), Some(b)) => self.parameter(op, key, &path, a.value, b.value),
                (Some(a), None) => self.parameter_lost(key, &path, a.value),
                (None, Some(b)) => self.parameter_new(key, &path, *b),
                (None, None) => {}
            }
        }
    }

    fn parameter_lost(&mut self, key: &Key, path: &str, old: &'a Value) {
        let name = &key.1;
        let (rule, reads, said) = match End::of(old) {
            End::On(date) => {
                let (judgment, word) = self.by_now(&date);
                let rule = if judgment == Judgment::Risky { "removed" } else { "removed-before-sunset" };
                (rule, judgment, format!("`{name}` is gone; its end was announced for {date}{word}"))
            }
            End::Unreadable(text) => (
                "sunset-parse",
                Judgment::Fails,
                format!("`{name}` is gone, and its announced end `{text}` is no date"),
            ),
            End::Open | End::Announced => (
                "removed",
                Judgment::Risky,
                format!("`{name}` is gone: what old clients send there is ignored, or refused"),
            ),
        };
        let writes = if flag(old, "required") { Judgment::Fails } else { Judgment::Ok };
        self.structural(&format!("request-parameter-{rule}"), path, (reads, writes), (json!(name), Value::Null), said);
    }

    fn parameter_new(&mut self, key: &Key, path: &str, new: Parameter<'a>) {
        let needed = flag(new.value, "required") || key.0 == "path";
        let word = if needed { "required" } else { "optional" };
        let rule = match (new.common, key.0.as_str()) {
            (true, _) => format!("new-{word}-request-default-parameter-to-existing-path"),
            (false, "path") => "new-request-path-parameter".to_owned(),
            (false, _) => format!("new-{word}-request-parameter"),
        };
        let reads = if needed { Judgment::Fails } else { Judgment::Ok };
        let said = format!("`{}` is new and {word}", key.1);
        self.structural(&rule, path, (reads, Judgment::Risky), (Value::Null, json!(key.1)), said);
    }

    fn parameter(&mut self, op: &Operation<'a>, key: &Key, path: &str, old: &'a Value, new: &'a Value) {
        if self.same.same(old, new) {
            return;
        }
        let (was, is) = (flag(old, "required"), flag(new, "required"));
        if was != is && key.0 != "path" {
            let rule = if is { "request-parameter-became-required" } else { "request-parameter-became-optional" };
            let judged = op.flow.judge(is, was);
            self.structural(rule, path, judged, (json!(was), json!(is)), format!("required: {was} before, {is} now"));
        }
        self.ends("request-parameter", "request-parameter", path, old, new);
        self.written_as(path, &key.0, old, new);
        let place = Place { stem: "request-parameter", inner: "request-parameter-property", path };
        let (a, b) = (schema_of(self.old, old), schema_of(self.new, new));
        match (a, b) {
            (Some(a), Some(b)) => match self.as_text(key, new, a, b) {
                Some(found) => self.report(&place, &[found]),
                None => {
                    let found = self.schema(a, b, op.flow, 0);
                    let found: Vec<Finding> = found.iter().map(textual).map(|f| of_header(key, f)).collect();
                    self.report(&place, &found);
                }
            },
            (None, Some(_)) => self.structural(
                "request-parameter-schema-added",
                path,
                GONE,
                (Value::Null, Value::Null),
                "values are restricted now",
            ),
            (Some(_), None) => self.structural(
                "request-parameter-schema-removed",
                path,
                NEW,
                (Value::Null, Value::Null),
                "any value is allowed now",
            ),
            (None, None) => {}
        }
        self.contents(op, path, old, new);
    }

    /// A parameter with a media type.
    fn contents(&mut self, op: &Operation<'a>, path: &str, old: &'a Value, new: &'a Value) {
        let (Some(a), Some(b)) = (old.get("content"), new.get("content")) else {
            return;
        };
        for (media, before) in super::read::members(Some(a)) {
            let Some(after) = b.get(media) else {
                self.structural(
                    "request-parameter-media-type-removed",
                    path,
                    GONE,
                    (json!(media), Value::Null),
                    format!("`{media}` is gone"),
                );
                continue;
            };
            if let (Some(x), Some(y)) = (before.get("schema"), after.get("schema")) {
                let place = Place { stem: "request-parameter", inner: "request-parameter-property", path };
                let found = self.schema(x, y, op.flow, 0);
                self.report(&place, &found);
            }
        }
    }

    /// How lists and objects are written into the address.
    fn written_as(&mut self, path: &str, place: &str, old: &'a Value, new: &'a Value) {
        let standard = if matches!(place, "query" | "cookie") { "form" } else { "simple" };
        let style = |v: &Value| v.get("style").and_then(Value::as_str).unwrap_or(standard).to_owned();
        let exploded = |v: &Value| v.get("explode").and_then(Value::as_bool).unwrap_or(style(v) == "form");
        let collected = |v: &Value| v.get("collectionFormat").and_then(Value::as_str).unwrap_or("csv").to_owned();
        let compound = |v: Option<&Value>| {
            v.is_none_or(|v| {
                !matches!(v.get("type").and_then(Value::as_str), Some("string" | "integer" | "number" | "boolean"))
            })
        };
        let both = (Judgment::Fails, Judgment::Fails);
        let plain = !compound(schema_of(self.old, old)) && !compound(schema_of(self.new, new));
        let harm = if plain && !matches!(style(new).as_str(), "label" | "matrix") { HARMLESS } else { both };
        if style(old) != style(new) {
            let said = "it is written in another style";
            self.structural(
                "request-parameter-style-changed",
                path,
                harm,
                (json!(style(old)), json!(style(new))),
                said,
            );
        } else if exploded(old) != exploded(new) && !plain {
            let said = "lists are written in another way";
            self.structural(
                "request-parameter-explode-changed",
                path,
                both,
                (json!(exploded(old)), json!(exploded(new))),
                said,
            );
        }
        if collected(old) != collected(new) && !plain {
            let said = "lists are separated in another way";
            let values = (json!(collected(old)), json!(collected(new)));
            self.structural("request-parameter-collection-format-changed", path, both, values, said);
        }
        let reserved = |v: &Value| flag(v, "allowReserved");
        if reserved(old) != reserved(new) {
            let judged = Flow::ToServer.judge(reserved(old), reserved(new));
            self.structural(
                "request-parameter-allow-reserved-changed",
                path,
                judged,
                (json!(reserved(old)), json!(reserved(new))),
                "reserved characters",
            );
        }
        if flag(old, "allowEmptyValue") && !flag(new, "allowEmptyValue") {
            self.structural(
                "request-parameter-empty-value-refused",
                path,
                RISKY,
                (json!(true), json!(false)),
                "an empty value is refused now",
            );
        }
    }

    /// A change of type that nobody sees in the address: any text may stand where a number stood, and a list that is
    /// written as repeated parameters accepts a single value.
    fn as_text(&mut self, key: &Key, new: &'a Value, a: &'a Value, b: &'a Value) -> Option<Finding> {
        let (x, y) = (self.old.resolve(a)?, self.new.resolve(b)?);
        let kinds = |v: &Value| -> Vec<String> {
            match v.get("type") {
                Some(Value::String(s)) => vec![s.clone()],
                Some(Value::Array(list)) => list.iter().filter_map(|t| t.as_str().map(str::to_owned)).collect(),
                _ => Vec::new(),
            }
        };
        let scalar = |k: &str| matches!(k, "string" | "integer" | "number" | "boolean" | "null");
        let (p, mut q) = (kinds(x), kinds(y));
        if p.is_empty() || p == q || !p.iter().all(|k| scalar(k)) {
            return None;
        }
        let mut inner = y;
        let style = new.get("style").and_then(Value::as_str).unwrap_or("form");
        let repeated = style == "form" && new.get("explode").and_then(Value::as_bool).unwrap_or(true);
        if q == ["array"] && key.0 == "query" && repeated && y.get("minItems").and_then(Value::as_u64).unwrap_or(0) <= 1
        {
            inner = self.new.get(y, "items")?;
            q = kinds(inner);
        }
        let free = !["enum", "const", "pattern", "maxLength", "minLength", "allOf", "anyOf", "oneOf", "not"]
            .iter()
            .any(|k| inner.get(*k).is_some());
        if free && q.iter().any(|k| k == "string") {
            let what = if q.len() > 1 { "list-of-types-widened" } else { "type-generalized" };
            let said = "in the address everything is text: what was sent is still accepted";
            let judged = (Judgment::Ok, Judgment::Fails);
            return Some(Finding::new(what, judged, x.get("type"), y.get("type"), said));
        }
        None
    }
}

/// Properties of a header's object have names of their own for what a client must mind.
fn of_header(key: &Key, mut found: Finding) -> Finding {
    let what = match found.what.as_str() {
        "became-required" if found.deep => "request-header-property-became-required",
        "became-enum" if found.deep => "request-header-property-became-enum",
        "new-required-@-property" => "new-required-request-header-property",
        _ => return found,
    };
    if key.0 == "header" {
        (found.what, found.exact) = (what.to_owned(), true);
    }
    found
}

/// Within a parameter's object a number that may be any text now is written the same.
fn textual(found: &Finding) -> Finding {
    let mut out = found.clone();
    let text = |v: &Value| matches!(v.as_str(), Some("string"));
    let number = |v: &Value| matches!(v.as_str(), Some("number" | "integer" | "boolean"));
    if found.deep && found.what.starts_with("type-") {
        if number(&found.before) && text(&found.after) {
            (out.reads, out.witness) = (Judgment::Risky, None);
        } else if text(&found.before) && number(&found.after) && out.writes == Judgment::Fails {
            out.writes = Judgment::Risky;
        }
    }
    out
}

fn schema_of<'a>(doc: Doc<'a>, parameter: &'a Value) -> Option<&'a Value> {
    match parameter.get("schema") {
        Some(schema) => Some(schema),
        // In 2.0 the parameter is the schema.
        None if doc.version == Version::Two => Some(parameter),
        None => None,
    }
}
