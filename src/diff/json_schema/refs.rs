//! References inside one document: JSON pointers, anchors and ids. Nothing is ever fetched; a reference that leads out of
//! the document stays opaque.

use super::draft::Draft;
use super::uri::resolve;
use crate::maps::HashMap;
use crate::maps::Look;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Where a reference leads.
pub(crate) enum Target<'a> {
    /// A schema in the document, and the resource (`$id`) it stands in.
    Here(&'a Value, &'a Value),
    /// In the document, but there is nothing.
    Nowhere,
    /// Out of the document.
    Outside,
}

/// A schema and the resource it stands in.
pub(crate) type Home<'a> = (&'a Value, &'a Value);

/// The named places of a document.
#[derive(Clone)]
pub(crate) struct Places<'a> {
    root: &'a Value,
    pub draft: Draft,
    pub declared: bool,
    /// May be written in a draft before those we know.
    pub older: bool,
    /// By absolute URI, without an empty fragment.
    ids: HashMap<String, &'a Value>,
    /// The resource of each schema that is not in that of the root.
    homes: HashMap<usize, &'a Value>,
    /// The URI of each resource.
    bases: HashMap<usize, String>,
    /// (address of the resource, anchor) -> schema.
    anchors: HashMap<(usize, String), Home<'a>>,
    /// Dynamic anchors that several resources have, so that it matters on which way a reference to them was reached.
    /// `$recursiveAnchor` is the one without a name.
    pub dynamic: BTreeMap<String, Vec<Home<'a>>>,
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

/// Keywords that hold values, not schemas.
const DATA: &[&str] = &["enum", "const", "default", "examples", "example", "required", "dependentRequired"];
/// Keywords whose keys are names, not keywords.
const NAMED: &[&str] = &["properties", "patternProperties", "dependentSchemas", "dependencies", "$defs", "definitions"];

/// Calls `f` on every object that may be a schema, with the value it stands in. No recursion.
fn every_schema<'a>(root: &'a Value, mut f: impl FnMut(&'a Value, &'a Map<String, Value>, &'a Value) -> &'a Value) {
    let mut todo: Vec<(&'a Value, &'a Value)> = vec![(root, root)];
    while let Some((value, mut resource)) = todo.pop() {
        match value {
            Value::Object(fields) => {
                resource = f(value, fields, resource);
                for (key, inner) in fields.iter().filter(|(k, _)| !DATA.contains(&k.as_str())) {
                    match inner {
                        Value::Object(map) if NAMED.contains(&key.as_str()) => {
                            todo.extend(map.values().map(|v| (v, resource)));
                        }
                        Value::Object(_) | Value::Array(_) => todo.push((inner, resource)),
                        _ => {}
                    }
                }
            }
            Value::Array(items) => todo.extend(items.iter().map(|v| (v, resource))),
            _ => {}
        }
    }
}

fn guess(root: &Value) -> Draft {
    let (mut modern, mut recursive, mut latest) = (false, false, false);
    every_schema(root, |_, fields, resource| {
        modern |= MODERN.iter().any(|k| fields.has(k));
        recursive |= fields.has("$recursiveRef");
        latest |= fields.has("$dynamicRef") || fields.has("prefixItems");
        resource
    });
    match (modern, recursive && !latest) {
        (false, _) => Draft::Seven,
        (true, true) => Draft::Nineteen,
        (true, false) => Draft::Twenty,
    }
}

impl<'a> Places<'a> {
    /// Walks the whole document, without recursion.
    pub(crate) fn of(root: &'a Value) -> Places<'a> {
        let declared = Draft::declared(root);
        let draft = declared.unwrap_or_else(|| guess(root));
        let mut places = Places {
            root,
            draft,
            declared: declared.is_some(),
            older: match root.look("$schema").and_then(Value::as_str) {
                Some(uri) => uri.contains("draft-03"),
                None => draft == Draft::Seven,
            },
            homes: HashMap::default(),
            ids: HashMap::default(),
            bases: HashMap::default(),
            anchors: HashMap::default(),
            dynamic: BTreeMap::new(),
        };
        every_schema(root, |value, fields, resource| places.name(value, fields, resource));
        places.dynamic.retain(|_, homes| homes.len() > 1);
        places
    }

    /// Notes what a schema is called; gives the resource that what is inside stands in.
    fn name(&mut self, value: &'a Value, fields: &'a Map<String, Value>, outer: &'a Value) -> &'a Value {
        let mut resource = outer;
        let id = fields.look(self.draft.id()).and_then(Value::as_str);
        if let Some(id) = id.filter(|_| !(self.draft.lone_refs() && fields.has("$ref"))) {
            let (uri, fragment) = id.split_once('#').unwrap_or((id, ""));
            if !uri.is_empty() {
                let uri = resolve(self.base(outer), uri);
                self.bases.insert(address(value), uri.clone());
                self.ids.entry(uri).or_insert(value);
                resource = value;
            }
            if !fragment.is_empty() && self.draft.lone_refs() {
                self.anchors.insert((address(resource), fragment.to_owned()), (value, resource));
            }
        }
        for key in ["$anchor", "$dynamicAnchor"] {
            let anchor = fields.look(key).filter(|_| self.draft.knows(key)).and_then(Value::as_str);
            if let Some(anchor) = anchor {
                self.anchors.insert((address(resource), anchor.to_owned()), (value, resource));
                if key == "$dynamicAnchor" {
                    self.dynamic.entry(anchor.to_owned()).or_default().push((value, resource));
                }
            }
        }
        if self.draft == Draft::Nineteen && fields.look("$recursiveAnchor") == Some(&Value::Bool(true)) {
            self.dynamic.entry(String::new()).or_default().push((value, resource));
        }
        if !std::ptr::eq(resource, self.root) {
            self.homes.insert(address(value), resource);
        }
        resource
    }

    /// The resource that a schema stands in.
    pub(crate) fn home(&self, value: &Value) -> &'a Value {
        self.homes.get(&address(value)).unwrap_or(&self.root)
    }

    fn base(&self, resource: &Value) -> &str {
        self.bases.get(&address(resource)).map_or("", String::as_str)
    }

    /// Does a schema begin a resource of its own?
    pub(crate) fn is_resource(&self, value: &Value) -> bool {
        self.bases.contains_key(&address(value))
    }

    pub(crate) fn find(&self, reference: &str, resource: &'a Value) -> Target<'a> {
        let (uri, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let start = if uri.is_empty() {
            resource
        } else if let Some(found) = self.ids.get(&resolve(self.base(resource), uri)) {
            found
        } else if let Some(found) = self.by_last_segment(uri) {
            found
        } else {
            return Target::Outside;
        };
        let fragment = decode(fragment);
        // A pointer into the root resource of an embedded one is common, if wrong: try both.
        for from in [start, self.root] {
            if fragment.is_empty() {
                return Target::Here(from, from);
            }
            if fragment.starts_with('/') {
                if let Some((found, home)) = self.follow(&fragment, from) {
                    return Target::Here(found, home);
                }
            } else if let Some((found, home)) = self.anchors.get(&(address(from), fragment.clone())) {
                return Target::Here(found, home);
            }
        }
        Target::Nowhere
    }

    /// Follows a JSON pointer, minding the resources on its way.
    fn follow(&self, pointer: &str, from: &'a Value) -> Option<Home<'a>> {
        let (mut at, mut resource) = (from, from);
        for step in pointer.split('/').skip(1) {
            at = match at {
                Value::Object(fields) if step.contains('~') => {
                    fields.look(&step.replace("~1", "/").replace("~0", "~"))?
                }
                Value::Object(fields) => fields.look(step)?,
                Value::Array(items) => items.get(step.parse::<usize>().ok()?)?,
                _ => return None,
            };
            if self.is_resource(at) {
                resource = at;
            }
        }
        Some((at, resource))
    }

    /// `item.json` for an `$id` of `https://example.org/schemas/item.json`, when only one ends so and the document has
    /// no address of its own.
    fn by_last_segment(&self, uri: &str) -> Option<&'a Value> {
        if uri.contains(':') || self.is_resource(self.root) {
            return None;
        }
        let last = |s: &str| s.rsplit('/').next().unwrap_or("").to_owned();
        let mut hits = self.ids.iter().filter(|(id, _)| last(id) == last(uri));
        let first = hits.next()?;
        hits.next().is_none().then_some(*first.1)
    }
}

/// Percent-decodes a fragment; one that is not UTF-8 then leads nowhere as it is.
fn decode(fragment: &str) -> String {
    if !fragment.contains('%') {
        return fragment.to_owned();
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
    String::from_utf8(out).unwrap_or_else(|_| fragment.to_owned())
}
