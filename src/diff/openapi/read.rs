//! An OpenAPI document as it comes: a value or text (JSON or YAML), version 2.0, 3.0 or 3.1. Nothing is copied or
//! turned into types: the rooms look at the values and follow references when they meet them.

use crate::json_schema::shape;
use crate::{DiffError, Side};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// References to references that are followed.
const MOST_HOPS: usize = 64;
/// Schemas that one is composed of which are looked through for names.
const MOST_COMPOSED: usize = 500;
/// Brackets and list items that may be open in text.
const MOST_OPEN: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Two,
    Three,
    /// 3.1 and later: schemas are JSON Schema 2020-12, and what stands beside a `$ref` counts.
    ThreeOne,
}

#[derive(Clone, Copy)]
pub(crate) struct Doc<'a> {
    pub root: &'a Value,
    pub version: Version,
    pub side: Side,
}

/// The document's value; text is parsed.
pub(crate) fn parsed(given: &Value, side: Side) -> Result<Cow<'_, Value>, DiffError> {
    let Value::String(text) = given else {
        return Ok(Cow::Borrowed(given));
    };
    if nests(text) {
        return Err(bad(side, "", "this text is nested too deeply to be read"));
    }
    let value: Value = if text.trim_start().starts_with('{') {
        serde_json::from_str(text).map_err(|e| bad(side, "", format!("this text is not JSON: {e}")))?
    } else {
        serde_norway::from_str(text).map_err(|e| bad(side, "", format!("this text is not YAML: {e}")))?
    };
    Ok(Cow::Owned(value))
}

/// More levels than any document has, seen without parsing: a YAML parser takes long to find out.
fn nests(text: &str) -> bool {
    let (mut open, mut dashes) = (0usize, 0usize);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            b'-' | b'?' => dashes += 1,
            b' ' => {}
            _ => dashes = 0,
        }
        if open > MOST_OPEN || dashes > MOST_OPEN {
            return true;
        }
    }
    false
}

pub(crate) fn bad(side: Side, path: &str, message: impl Into<String>) -> DiffError {
    DiffError::NotASchema { side, message: message.into(), path: path.to_owned() }
}

impl<'a> Doc<'a> {
    pub(crate) fn of(root: &'a Value, side: Side) -> Result<Doc<'a>, DiffError> {
        let Some(fields) = root.as_object() else {
            return Err(bad(side, "", "an OpenAPI document is an object with `openapi` or `swagger`"));
        };
        let word = |key: &str| fields.get(key).map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
        let version = match (word("openapi"), word("swagger")) {
            (Some(v), _) if v == "3.0" || v.starts_with("3.0.") => Version::Three,
            (Some(v), _) if v == "3" || v.starts_with("3.") => Version::ThreeOne,
            (Some(v), _) => return Err(bad(side, "/openapi", format!("OpenAPI {v} is not read: use 2.0, 3.0 or 3.1"))),
            (None, Some(v)) if v == "2" || v.starts_with("2.") => Version::Two,
            (None, Some(v)) => return Err(bad(side, "/swagger", format!("Swagger {v} is not read: only 2.0 is"))),
            (None, None) => {
                return Err(bad(
                    side,
                    "",
                    "this is no OpenAPI document: neither `openapi` nor `swagger` says its version",
                ));
            }
        };
        for key in ["paths", "webhooks", "components", "definitions"] {
            if fields.get(key).is_some_and(|v| !v.is_object() && !v.is_null()) {
                return Err(bad(side, &format!("/{key}"), format!("`{key}` must be an object")));
            }
        }
        Ok(Doc { root, version, side })
    }

    pub(crate) fn too_deep(&self) -> bool {
        shape::too_deep(self.root)
    }

    /// Where a reference within this document leads.
    pub(crate) fn target(&self, reference: &str) -> Option<&'a Value> {
        let pointer = reference.strip_prefix('#')?;
        if pointer.contains('%') { self.root.pointer(&decoded(pointer)) } else { self.root.pointer(pointer) }
    }

    /// Follows references until something else stands there; `None` where one leads nowhere or in a circle.
    pub(crate) fn resolve(&self, value: &'a Value) -> Option<&'a Value> {
        let mut at = value;
        for _ in 0..MOST_HOPS {
            match reference(at) {
                Some(to) => at = self.target(to)?,
                None => return Some(at),
            }
        }
        None
    }

    /// The properties that are named by the schemas which a schema is composed of.
    pub(crate) fn composed(&self, schema: &'a Value) -> BTreeSet<&'a str> {
        let mut out = BTreeSet::new();
        let mut seen = BTreeSet::from([std::ptr::from_ref(schema) as usize]);
        let mut todo = vec![schema];
        while let Some(at) = todo.pop() {
            let own = reference(at).and_then(|to| self.target(to));
            let parts = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|k| items(at.get(k)));
            for part in parts.chain(own) {
                if seen.len() < MOST_COMPOSED && seen.insert(std::ptr::from_ref(part) as usize) {
                    out.extend(named(part.get("properties")).map(|(name, _)| name.as_str()));
                    todo.push(part);
                }
            }
        }
        out
    }

    /// The member of an object, resolved.
    pub(crate) fn get(&self, value: &'a Value, key: &str) -> Option<&'a Value> {
        self.resolve(value.get(key)?)
    }
}

pub(crate) fn reference(value: &Value) -> Option<&str> {
    value.get("$ref").and_then(Value::as_str)
}

/// The members of an object, none where there is no object; extensions are left out.
pub(crate) fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    named(value).filter(|(k, _)| !k.starts_with("x-"))
}

/// The same where the keys are names that people chose (`X-Rate-Limit`).
pub(crate) fn named(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

pub(crate) fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

pub(crate) fn flag(value: &Value, key: &str) -> bool {
    value.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = text.get(i + 1..i + 3).and_then(|h| u8::from_str_radix(h, 16).ok());
        match (bytes[i], hex) {
            (b'%', Some(byte)) => {
                out.push(byte);
                i += 3;
            }
            (byte, _) => {
                out.push(byte);
                i += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
