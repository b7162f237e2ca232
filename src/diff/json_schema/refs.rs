//! References inside one document: JSON pointers, anchors and ids. Nothing is ever fetched; a reference that leads out of
//! the document stays opaque.

use serde_json::Value;
use std::collections::HashMap;

/// Where a reference leads.
pub(crate) enum Target<'a> {
    /// A schema in the document, and the resource (`$id`) it stands in.
    Here(&'a Value, &'a Value),
    /// In the document, but there is nothing.
    Nowhere,
    /// Out of the document.
    Outside,
}

/// The named places of a document.
pub(crate) struct Places<'a> {
    root: &'a Value,
    ids: HashMap<String, &'a Value>,
    /// (address of the resource, anchor) -> schema.
    anchors: HashMap<(usize, String), (&'a Value, &'a Value)>,
    /// A keyword of 2019-09 or later occurs.
    pub modern: bool,
}

pub(crate) fn address(value: &Value) -> usize {
    std::ptr::from_ref(value) as usize
}

const MODERN: &[&str] = &[
    "$defs",
    "prefixItems",
    "unevaluatedProperties",
    "unevaluatedItems",
    "dependentRequired",
    "dependentSchemas",
    "minContains",
    "maxContains",
    "$anchor",
    "$recursiveRef",
    "$dynamicRef",
];

impl<'a> Places<'a> {
    /// Walks the whole document once, without recursion.
    pub(crate) fn of(root: &'a Value) -> Places<'a> {
        let mut places = Places { root, ids: HashMap::new(), anchors: HashMap::new(), modern: false };
        let mut todo: Vec<(&'a Value, &'a Value)> = vec![(root, root)];
        while let Some((value, mut resource)) = todo.pop() {
            match value {
                Value::Object(fields) => {
                    let id = fields.get("$id").or_else(|| fields.get("id")).and_then(Value::as_str);
                    if let Some(id) = id {
                        if let Some(anchor) = id.strip_prefix('#') {
                            places.anchors.insert((address(resource), anchor.to_owned()), (value, resource));
                        } else if !std::ptr::eq(value, root) {
                            resource = value;
                        }
                        places.ids.entry(id.trim_end_matches('#').to_owned()).or_insert(value);
                    }
                    for key in ["$anchor", "$dynamicAnchor"] {
                        if let Some(anchor) = fields.get(key).and_then(Value::as_str) {
                            places.anchors.insert((address(resource), anchor.to_owned()), (value, resource));
                        }
                    }
                    places.modern |= MODERN.iter().any(|k| fields.contains_key(*k));
                    todo.extend(fields.values().map(|v| (v, resource)));
                }
                Value::Array(items) => todo.extend(items.iter().map(|v| (v, resource))),
                _ => {}
            }
        }
        places
    }

    pub(crate) fn find(&self, reference: &str, resource: &'a Value) -> Target<'a> {
        let (base, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let start = if base.is_empty() {
            resource
        } else if let Some(found) = self.ids.get(base) {
            found
        } else if let Some(found) = self.by_last_segment(base) {
            found
        } else {
            return Target::Outside;
        };
        // A pointer into the root resource of an embedded one is common, if wrong: try both.
        for from in [start, self.root] {
            if fragment.is_empty() {
                return Target::Here(from, from);
            }
            if fragment.starts_with('/') {
                if let Some(found) = decode(fragment).and_then(|p| from.pointer(&p)) {
                    return Target::Here(found, self.resource_of(found, from));
                }
            } else if let Some((found, resource)) = self.anchors.get(&(address(from), fragment.to_owned())) {
                return Target::Here(found, resource);
            }
        }
        Target::Nowhere
    }

    fn resource_of(&self, found: &'a Value, from: &'a Value) -> &'a Value {
        let own = found.get("$id").or_else(|| found.get("id")).and_then(Value::as_str);
        if own.is_some_and(|id| !id.starts_with('#')) { found } else { from }
    }

    /// `item.json` for an `$id` of `https://example.org/schemas/item.json`, when only one ends so.
    fn by_last_segment(&self, base: &str) -> Option<&'a Value> {
        let last = |s: &str| s.rsplit('/').next().unwrap_or("").to_owned();
        let mut hits =
            self.ids.iter().filter(|(id, _)| last(id) == last(base) && (id.ends_with(base) || !base.contains(':')));
        let first = hits.next()?;
        hits.next().is_none().then_some(*first.1)
    }
}

/// Percent-decodes a pointer; `None` when it is not UTF-8 then.
fn decode(fragment: &str) -> Option<String> {
    if !fragment.contains('%') {
        return Some(fragment.to_owned());
    }
    let bytes = fragment.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = (bytes[i] == b'%').then(|| bytes.get(i + 1..i + 3)).flatten();
        match hex.and_then(|h| std::str::from_utf8(h).ok()).and_then(|h| u8::from_str_radix(h, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                i += 3;
            }
            None => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8(out).ok()
}
