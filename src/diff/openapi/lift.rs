//! A schema of either document as a JSON Schema of its own (2020-12), for the containment engine: `nullable` becomes a
//! type, properties of the other direction fall away (`readOnly` in requests, `writeOnly` in responses), references
//! become definitions. The side that *sends* may be closed: whoever sends names its properties, so a free-form rest
//! that nobody mentions is not held against the receiver.

use super::Flow;
use super::read::{Doc, Version, flag, reference};
use serde_json::{Map, Value, json};
use std::collections::HashMap;

/// Definitions and levels beyond which a schema is not taken apart.
const MOST_DEFINITIONS: usize = 150;
const MOST_LEVELS: usize = 200;

pub(crate) struct Lift<'a> {
    doc: Doc<'a>,
    flow: Flow,
    names: HashMap<(&'a str, bool), usize>,
    /// Reference, closed, level.
    todo: Vec<(&'a str, bool, usize)>,
    too_much: bool,
}

/// `None` where the schema is too large or refers to nothing. Properties in `cut` are left open.
pub(crate) fn lifted<'a>(doc: Doc<'a>, schema: &'a Value, flow: Flow, sends: bool, cut: &[&str]) -> Option<Value> {
    let mut lift = Lift { doc, flow, names: HashMap::new(), todo: Vec::new(), too_much: false };
    let mut root = lift.schema(schema, sends, 0);
    for name in cut {
        if let Some(slot) = root.get_mut("properties").and_then(|p| p.get_mut(*name)) {
            *slot = Value::Bool(true);
        }
    }
    let mut definitions = Map::new();
    let mut at = 0;
    while at < lift.todo.len() {
        let (to, sends, level) = lift.todo[at];
        let body = lift.schema(doc.target(to)?, sends, level);
        definitions.insert(format!("d{at}"), body);
        at += 1;
        if lift.too_much || at > MOST_DEFINITIONS {
            return None;
        }
    }
    if lift.too_much {
        return None;
    }
    match root {
        Value::Object(mut fields) => {
            fields.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
            fields.insert("$defs".to_owned(), Value::Object(definitions));
            Some(Value::Object(fields))
        }
        other => Some(other),
    }
}

/// Under these more may be valid when less is inside.
const TURNING: [&str; 6] = ["not", "if", "oneOf", "contains", "unevaluatedItems", "unevaluatedProperties"];

/// What a client minds of an answer: it does not test texts against a pattern, which is a promise as `format` is. Where
/// taking patterns away could make the schema stricter, they stay.
pub(crate) fn without_patterns(lifted: &mut Value) {
    let mut patterns = false;
    let mut todo = vec![&*lifted];
    while let Some(value) = todo.pop() {
        match value {
            Value::Object(fields) => {
                if TURNING.iter().any(|k| fields.contains_key(*k)) {
                    return;
                }
                patterns |= fields.get("pattern").is_some_and(Value::is_string);
                todo.extend(fields.values());
            }
            Value::Array(items) => todo.extend(items),
            _ => {}
        }
    }
    if !patterns {
        return;
    }
    let mut todo = vec![lifted];
    while let Some(value) = todo.pop() {
        match value {
            Value::Object(fields) => {
                fields.retain(|k, v| k != "pattern" || !v.is_string());
                todo.extend(fields.iter_mut().filter(|(k, _)| !matches!(k.as_str(), "enum" | "const")).map(|(_, v)| v));
            }
            Value::Array(items) => todo.extend(items),
            _ => {}
        }
    }
}

const LISTS: [&str; 4] = ["allOf", "anyOf", "oneOf", "prefixItems"];
const MAPS: [&str; 3] = ["properties", "patternProperties", "dependentSchemas"];
const SINGLE: [&str; 10] = [
    "items",
    "additionalProperties",
    "not",
    "if",
    "then",
    "else",
    "contains",
    "propertyNames",
    "unevaluatedItems",
    "unevaluatedProperties",
];
/// Assertions that are carried over as they are.
const PLAIN: [&str; 20] = [
    "const",
    "multipleOf",
    "maximum",
    "exclusiveMaximum",
    "minimum",
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxContains",
    "minContains",
    "maxProperties",
    "minProperties",
    "dependentRequired",
    "contentEncoding",
    "contentMediaType",
    "$dynamicRef",
];

impl<'a> Lift<'a> {
    fn named(&mut self, to: &'a str, sends: bool, level: usize) -> Value {
        let next = self.todo.len();
        let at = *self.names.entry((to, sends)).or_insert(next);
        if at == next {
            self.todo.push((to, sends, level + 1));
        }
        json!({ "$ref": format!("#/$defs/d{at}") })
    }

    fn schema(&mut self, value: &'a Value, sends: bool, level: usize) -> Value {
        if level > MOST_LEVELS {
            self.too_much = true;
            return Value::Bool(true);
        }
        let Some(fields) = value.as_object() else {
            return value.clone();
        };
        let to = reference(value);
        if let Some(to) = to
            && (self.doc.version != Version::ThreeOne || fields.keys().all(|k| k == "$ref" || annotation(k)))
        {
            return self.named(to, sends, level);
        }
        let composed = to.is_some() || ["allOf", "if", "dependentSchemas"].iter().any(|k| fields.contains_key(*k));
        let own = fields.contains_key("properties");
        // A choice without properties of its own is closed branch by branch.
        let inward = sends && !composed && !own;
        let mut out = Map::new();
        let hidden = self.hidden(fields);
        for (key, v) in fields {
            match (key.as_str(), v) {
                (k, Value::Array(list)) if LISTS.contains(&k) => {
                    let closed = if matches!(k, "anyOf" | "oneOf") { inward } else { sends && k == "prefixItems" };
                    let list = list.iter().map(|s| self.schema(s, closed, level + 1)).collect();
                    out.insert(key.clone(), Value::Array(list));
                }
                (k, Value::Object(map)) if MAPS.contains(&k) => {
                    let closed = sends && k != "dependentSchemas";
                    let map = map
                        .iter()
                        .filter(|(name, _)| k != "properties" || !hidden.contains(&name.as_str()))
                        .map(|(name, s)| (name.clone(), self.schema(s, closed, level + 1)))
                        .collect();
                    out.insert(key.clone(), Value::Object(map));
                }
                (k, v) if SINGLE.contains(&k) => {
                    let closed = sends && matches!(k, "items" | "additionalProperties");
                    let v = self.schema(v, closed, level + 1);
                    out.insert(key.clone(), v);
                }
                ("required", Value::Array(names)) => {
                    let names = names.iter().filter(|n| n.as_str().is_none_or(|n| !hidden.contains(&n))).cloned();
                    out.insert(key.clone(), names.collect());
                }
                ("type", Value::String(file)) if file == "file" => {}
                ("pattern", Value::String(text)) if text.is_empty() => {}
                ("type" | "enum", v) => {
                    out.insert(key.clone(), v.clone());
                }
                (k, v) if PLAIN.contains(&k) => {
                    out.insert(key.clone(), v.clone());
                }
                _ => {}
            }
        }
        if let Some(to) = to {
            let target = self.named(to, false, level);
            out.insert("$ref".to_owned(), target["$ref"].clone());
        }
        if self.doc.version != Version::ThreeOne && nullable(value) {
            if let Some(Value::String(kind)) = out.get("type") {
                let kind = kind.clone();
                out.insert("type".to_owned(), json!([kind, "null"]));
            }
            if let Some(Value::Array(values)) = out.get_mut("enum") {
                values.push(Value::Null);
            }
        }
        let free = ["additionalProperties", "unevaluatedProperties", "patternProperties"];
        if sends
            && !free.iter().any(|k| fields.contains_key(*k))
            && !inward
            && (own || !self.doc.composed(value).is_empty())
        {
            let key = if composed || out.contains_key("anyOf") || out.contains_key("oneOf") {
                "unevaluatedProperties"
            } else {
                "additionalProperties"
            };
            out.insert(key.to_owned(), Value::Bool(false));
        }
        Value::Object(out)
    }

    /// Properties of the other direction.
    fn hidden(&self, fields: &'a Map<String, Value>) -> Vec<&'a str> {
        let properties = fields.get("properties").and_then(Value::as_object);
        properties
            .into_iter()
            .flatten()
            .filter(|(_, s)| self.doc.resolve(s).is_some_and(|s| flag(s, self.flow.hides())))
            .map(|(name, _)| name.as_str())
            .collect()
    }
}

pub(crate) fn nullable(schema: &Value) -> bool {
    flag(schema, "nullable") || flag(schema, "x-nullable")
}

/// Says nothing about which values are valid.
pub(crate) fn annotation(key: &str) -> bool {
    key.starts_with("x-")
        || matches!(
            key,
            "title"
                | "description"
                | "summary"
                | "default"
                | "deprecated"
                | "readOnly"
                | "writeOnly"
                | "example"
                | "examples"
                | "externalDocs"
                | "xml"
                | "discriminator"
                | "$comment"
                | "format"
        )
}
