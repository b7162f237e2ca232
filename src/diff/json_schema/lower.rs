//! A JSON Schema of any draft -> interned nodes. Annotations fall away here; keywords that assert something this crate
//! does not understand become opaque nodes; what is not a schema is an error with its place.

use super::draft::Draft;
use super::node::{Arena, EVERY, FALSE, Id, Node, TRUE, canonical};
use super::parts::Doc;
use super::refs::{Home, Places, Target, address};
use crate::maps::HashMap;
use crate::maps::Look;
use crate::{DiffError, Side};
use serde_json::{Map, Value};

enum State {
    /// Being built, so many members or items down; the slot if somebody refers to it meanwhile.
    Open(Option<usize>, u32),
    Done(Id),
}

pub(crate) struct Lowering<'a, 'b> {
    pub arena: &'b mut Arena,
    side: Side,
    pub places: Places<'a>,
    /// By address and dynamic scope: the same schema may mean different things in different ones.
    memo: HashMap<(usize, usize), State>,
    /// Dynamic scopes: for each anchor in `places.dynamic` the outermost schema that has it, if any was passed.
    scopes: Vec<Vec<Option<Home<'a>>>>,
    scope: usize,
    /// How many members or items further down than the root.
    below: u32,
    /// Schemas that are being lowered within one another; a chain of references can be as long as the document.
    depth: u32,
    path: Vec<String>,
    root: &'a Value,
}

/// Bounds the stack.
const MOST_DEEP: u32 = 400;

pub(crate) type Lowered = Result<Id, DiffError>;

impl<'a, 'b> Lowering<'a, 'b> {
    pub(crate) fn new(arena: &'b mut Arena, root: &'a Value, side: Side) -> Self {
        let places = Places::of(root);
        let scopes = vec![vec![None; places.dynamic.len()]];
        Lowering {
            arena,
            side,
            places,
            memo: HashMap::default(),
            scopes,
            scope: 0,
            below: 0,
            depth: 0,
            path: Vec::new(),
            root,
        }
    }

    pub(crate) fn root(&mut self) -> Lowered {
        let root = self.root;
        self.schema(root, root)
    }

    /// Gives the document back with the ids of all its schemas by address.
    pub(crate) fn finish(self, ids: &mut HashMap<usize, Id>) -> Doc<'a> {
        for ((at, _), state) in &self.memo {
            if let State::Done(id) = state {
                ids.entry(*at).or_insert(*id);
            }
        }
        Doc { places: self.places }
    }

    pub(crate) fn bad<T>(&self, key: &str, message: impl Into<String>) -> Result<T, DiffError> {
        let mut path: String = self.path.iter().map(|s| format!("/{}", escape(s))).collect();
        if !key.is_empty() {
            path.push_str(&format!("/{}", escape(key)));
        }
        Err(DiffError::NotASchema { side: self.side, message: message.into(), path })
    }

    pub(crate) fn within<T>(&mut self, steps: &[&str], f: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        self.path.extend(steps.iter().map(|s| (*s).to_owned()));
        let out = f(self);
        self.path.truncate(before);
        out
    }

    pub(crate) fn schema(&mut self, value: &'a Value, resource: &'a Value) -> Lowered {
        let fields = match value {
            Value::Bool(true) => return Ok(TRUE),
            Value::Bool(false) => return Ok(FALSE),
            Value::Object(fields) => fields,
            other => return self.bad("", format!("a schema is an object or a boolean, not {}", short(other))),
        };
        let resource = if self.places.is_resource(value) { value } else { resource };
        if self.depth >= MOST_DEEP {
            // Equal to nothing on the other side.
            let text = format!("a schema too far from the root of the {} side", self.side);
            return Ok(self.arena.make(Node::Opaque { text, kinds: EVERY }));
        }
        self.depth += 1;
        let outer = self.enter(resource);
        let id = self.known(value, fields, resource);
        self.leave(outer);
        self.depth -= 1;
        id
    }

    /// A schema about a member, an item or a name.
    pub(crate) fn inner(&mut self, value: &'a Value, resource: &'a Value) -> Lowered {
        self.below += 1;
        let id = self.schema(value, resource);
        self.below -= 1;
        id
    }

    pub(crate) fn leave(&mut self, outer: usize) {
        self.scope = outer;
    }

    /// Entering a resource binds its dynamic anchors that nobody further out has bound. Gives the scope to come back to.
    pub(crate) fn enter(&mut self, resource: &'a Value) -> usize {
        let outer = self.scope;
        if self.places.dynamic.is_empty() {
            return outer;
        }
        let mut bound = self.scopes[self.scope].clone();
        for (slot, homes) in bound.iter_mut().zip(self.places.dynamic.values()) {
            if slot.is_none() {
                *slot = homes.iter().find(|(_, home)| std::ptr::eq(*home, resource)).copied();
            }
        }
        let key = |s: &[Option<Home<'a>>]| s.iter().map(|h| h.map(|(v, _)| address(v))).collect::<Vec<_>>();
        let wanted = key(&bound);
        self.scope = self.scopes.iter().position(|s| key(s) == wanted).unwrap_or(self.scopes.len());
        if self.scope == self.scopes.len() {
            self.scopes.push(bound);
        }
        outer
    }

    fn known(&mut self, value: &'a Value, fields: &'a Map<String, Value>, resource: &'a Value) -> Lowered {
        let at = (address(value), self.scope);
        match self.memo.get_mut(&at) {
            Some(State::Done(id)) => return Ok(*id),
            // A schema that says it of the same value that it is itself: there is no telling what that means.
            Some(State::Open(_, below)) if *below == self.below => {
                return Ok(self.opaque(value, "a circle of references", EVERY));
            }
            Some(State::Open(slot, _)) => {
                let slot = match slot {
                    Some(slot) => *slot,
                    None => {
                        let fresh = self.arena.slot();
                        *slot = Some(fresh);
                        fresh
                    }
                };
                return Ok(self.arena.make(Node::Ref(slot)));
            }
            None => {}
        }
        self.memo.insert(at, State::Open(None, self.below));
        let id = self.object(value, fields, resource)?;
        if let Some(State::Open(Some(slot), _)) = self.memo.insert(at, State::Done(id)) {
            self.arena.targets[slot] = id;
        }
        Ok(id)
    }

    /// A keyword's value, if the draft knows the keyword.
    pub(crate) fn get(&self, fields: &'a Map<String, Value>, key: &str) -> Option<&'a Value> {
        fields.look(key).filter(|_| self.places.draft.knows(key))
    }

    fn object(&mut self, value: &'a Value, fields: &'a Map<String, Value>, resource: &'a Value) -> Lowered {
        if !std::ptr::eq(value, self.root) && Draft::declared(value).is_some_and(|d| d != self.places.draft) {
            return Ok(self.opaque(value, "another $schema", EVERY));
        }
        let mut parts = Vec::new();
        if let Some(reference) = fields.look("$ref") {
            let Value::String(reference) = reference else {
                return self.bad("$ref", format!("a reference is text, not {}", short(reference)));
            };
            let id = self.reference("$ref", reference, resource)?;
            if self.places.draft.lone_refs() {
                return Ok(id);
            }
            parts.push(id);
        }
        for key in ["$dynamicRef", "$recursiveRef"] {
            if let Some(Value::String(reference)) = self.get(fields, key) {
                parts.push(self.reference(key, reference, resource)?);
            }
        }
        self.kinds(fields, &mut parts)?;
        self.numbers(fields, &mut parts)?;
        self.strings(fields, &mut parts)?;
        self.arrays(value, fields, resource, &mut parts)?;
        self.objects(value, fields, resource, &mut parts)?;
        self.logic(fields, resource, &mut parts)?;
        for key in ["extends", "disallow", "divisibleBy"] {
            if fields.has(key) && self.places.older {
                parts.push(self.opaque(value, key, EVERY));
            }
        }
        Ok(self.arena.make(Node::All(parts)))
    }

    /// Where a reference leads, by way of the dynamic scope where the keyword asks for that.
    pub(crate) fn target(&self, key: &str, reference: &str, resource: &'a Value) -> Target<'a> {
        let found = self.places.find(reference, resource);
        let (Target::Here(target, _), true) = (&found, key != "$ref") else {
            return found;
        };
        let name = match key {
            "$recursiveRef" => Some("").filter(|_| target.look("$recursiveAnchor") == Some(&Value::Bool(true))),
            _ => {
                let fragment = reference.split_once('#').map_or("", |(_, f)| f);
                target.look("$dynamicAnchor").and_then(Value::as_str).filter(|a| *a == fragment)
            }
        };
        let place = name.and_then(|n| self.places.dynamic.keys().position(|k| k == n));
        match place.and_then(|i| self.scopes[self.scope][i]) {
            Some((bound, home)) => Target::Here(bound, home),
            None => found,
        }
    }

    fn reference(&mut self, key: &str, reference: &str, resource: &'a Value) -> Lowered {
        match self.target(key, reference, resource) {
            Target::Here(target, resource) => self.within(&[key], |l| match target {
                // A target that is still open further up is a recursion.
                Value::Bool(_) | Value::Object(_) => l.schema(target, resource),
                other => l.bad("", format!("`{reference}` leads to {}, which is no schema", short(other))),
            }),
            Target::Nowhere => self.bad(key, format!("`{reference}` leads nowhere in this document")),
            Target::Outside => Ok(self.arena.make(Node::Opaque { text: format!("$ref {reference}"), kinds: EVERY })),
        }
    }

    /// An assertion that is not understood. Its text is the whole schema it stands in, because its meaning may depend on
    /// its siblings, and its side when it refers to definitions that may differ.
    pub(crate) fn opaque(&mut self, schema: &Value, keyword: &str, kinds: u8) -> Id {
        let mut text = format!("{keyword} in {}", canonical(&assertions(schema)));
        if ["\"$ref\"", "\"$dynamicRef\"", "\"$recursiveRef\""].iter().any(|k| text.contains(k)) {
            text.push_str(&format!(" ({})", self.side));
        }
        self.arena.make(Node::Opaque { text, kinds })
    }
}

/// A schema without its annotations, as far as they can be told from property names: one keyword deep at a time.
fn assertions(schema: &Value) -> Value {
    const NOTES: &[&str] =
        &["title", "description", "$comment", "examples", "example", "default", "deprecated", "readOnly", "writeOnly"];
    match schema {
        Value::Object(fields) => fields
            .iter()
            .filter(|(k, _)| !NOTES.contains(&k.as_str()) && !k.starts_with("x-"))
            .map(|(k, v)| {
                let named = matches!(
                    k.as_str(),
                    "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" | "dependencies"
                );
                let inner = match v {
                    Value::Object(map) if named => {
                        Value::Object(map.iter().map(|(n, s)| (n.clone(), assertions(s))).collect())
                    }
                    _ if matches!(k.as_str(), "enum" | "const") => v.clone(),
                    other => assertions(other),
                };
                (k.clone(), inner)
            })
            .collect(),
        Value::Array(items) => items.iter().map(assertions).collect(),
        other => other.clone(),
    }
}

pub(crate) fn short(value: &Value) -> String {
    match value {
        Value::Object(_) => "an object".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        scalar => {
            let text = scalar.to_string();
            if text.chars().count() > 40 { "a long text".to_owned() } else { text }
        }
    }
}

pub(crate) fn escape(step: &str) -> String {
    step.replace('~', "~0").replace('/', "~1")
}
