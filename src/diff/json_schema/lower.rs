//! A JSON Schema of any draft -> interned nodes. Annotations fall away here; keywords that assert something this crate
//! does not understand become opaque nodes; what is not a schema is an error with its place.

use super::dec::Dec;
use super::draft::Draft;
use super::maps::HashMap;
use super::maps::Look;
use super::node::{Arena, EVERY, FALSE, Id, Kind, NUMBER, Node, TRUE, canonical};
use super::parts::Doc;
use super::refs::{Home, Places, Target, address};
use super::unevaluated::Subject;
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

    fn kinds(&mut self, fields: &'a Map<String, Value>, parts: &mut Vec<Id>) -> Result<(), DiffError> {
        let word = |l: &Self, name: &Value| -> Result<u8, DiffError> {
            Ok(match name.as_str() {
                Some("null") => Kind::Null.bit(),
                Some("boolean") => Kind::Bool.bit(),
                Some("integer") => Kind::Int.bit(),
                Some("number") => NUMBER,
                Some("string") => Kind::Str.bit(),
                Some("array") => Kind::Arr.bit(),
                Some("object") => Kind::Obj.bit(),
                Some("any") => EVERY,
                _ => {
                    return l.bad(
                        "type",
                        format!("unknown type {name}: use null, boolean, integer, number, string, array or object"),
                    );
                }
            })
        };
        let mut bits = match fields.look("type") {
            None => EVERY,
            Some(Value::Array(names)) if names.is_empty() => return self.bad("type", "the list of types is empty"),
            Some(Value::Array(names)) => {
                let mut bits = 0;
                for name in names {
                    bits |= word(self, name)?;
                }
                bits
            }
            Some(name) => word(self, name)?,
        };
        if !self.places.declared && bits != EVERY && fields.look("nullable") == Some(&Value::Bool(true)) {
            bits |= Kind::Null.bit();
        }
        parts.push(self.arena.types(bits));
        if let Some(values) = fields.look("enum") {
            let Value::Array(values) = values else {
                return self.bad("enum", format!("`enum` is a list, not {}", short(values)));
            };
            let values = values.iter().map(|v| self.arena.value(v)).collect();
            parts.push(self.arena.make(Node::Enum(values)));
        }
        if let Some(value) = self.get(fields, "const") {
            let value = self.arena.value(value);
            parts.push(self.arena.make(Node::Enum(vec![value])));
        }
        Ok(())
    }

    fn number(&self, fields: &Map<String, Value>, key: &str) -> Result<Option<Dec>, DiffError> {
        match fields.look(key) {
            None => Ok(None),
            Some(Value::Number(n)) => match Dec::of(n) {
                Some(d) => Ok(Some(d)),
                None => self.bad(key, format!("{n} is too large a number to compare exactly")),
            },
            Some(other) => self.bad(key, format!("`{key}` is a number, not {}", short(other))),
        }
    }

    fn numbers(&mut self, fields: &Map<String, Value>, parts: &mut Vec<Id>) -> Result<(), DiffError> {
        for (key, strict, low) in [("minimum", "exclusiveMinimum", true), ("maximum", "exclusiveMaximum", false)] {
            let bound = |bound, exclusive| {
                if low { Node::Min { bound, exclusive } } else { Node::Max { bound, exclusive } }
            };
            let flag = match fields.look(strict) {
                // draft-04
                Some(Value::Bool(b)) => *b,
                _ => {
                    if let Some(d) = self.number(fields, strict)? {
                        parts.push(self.arena.make(bound(d, true)));
                    }
                    false
                }
            };
            if let Some(d) = self.number(fields, key)? {
                parts.push(self.arena.make(bound(d, flag)));
            }
        }
        if let Some(step) = self.number(fields, "multipleOf")? {
            if step.compare(Dec::ZERO) != std::cmp::Ordering::Greater {
                return self.bad("multipleOf", "`multipleOf` must be greater than 0");
            }
            parts.push(self.arena.make(Node::Multiple(step)));
        }
        Ok(())
    }

    fn count(&self, fields: &Map<String, Value>, key: &str) -> Result<Option<u64>, DiffError> {
        match fields.look(key) {
            None => Ok(None),
            Some(v) => {
                let whole =
                    v.as_u64().or_else(|| v.as_f64().filter(|f| f.fract() == 0.0 && *f >= 0.0).map(|f| f as u64));
                match whole {
                    Some(n) => Ok(Some(n)),
                    None => self.bad(key, format!("`{key}` is a whole number of at least 0, not {}", short(v))),
                }
            }
        }
    }

    fn counted(
        &mut self,
        fields: &Map<String, Value>,
        key: &str,
        node: fn(u64) -> Node,
        parts: &mut Vec<Id>,
    ) -> Result<(), DiffError> {
        if let Some(n) = self.count(fields, key)? {
            parts.push(self.arena.make(node(n)));
        }
        Ok(())
    }

    fn strings(&mut self, fields: &Map<String, Value>, parts: &mut Vec<Id>) -> Result<(), DiffError> {
        self.counted(fields, "minLength", Node::MinLength, parts)?;
        self.counted(fields, "maxLength", Node::MaxLength, parts)?;
        match fields.look("pattern") {
            None => {}
            Some(Value::String(pattern)) => parts.push(self.arena.make(Node::Pattern(pattern.clone()))),
            Some(other) => return self.bad("pattern", format!("`pattern` is text, not {}", short(other))),
        }
        Ok(())
    }

    fn list(&mut self, key: &str, items: &'a [Value], resource: &'a Value) -> Result<Vec<Id>, DiffError> {
        let inside = matches!(key, "items" | "prefixItems");
        let one = |l: &mut Self, s| if inside { l.inner(s, resource) } else { l.schema(s, resource) };
        items.iter().enumerate().map(|(i, s)| self.within(&[key, &i.to_string()], |l| one(l, s))).collect()
    }

    fn child(
        &mut self,
        fields: &'a Map<String, Value>,
        key: &str,
        resource: &'a Value,
    ) -> Result<Option<Id>, DiffError> {
        match self.get(fields, key) {
            None => Ok(None),
            Some(schema) if matches!(key, "not" | "if" | "then" | "else") => {
                self.within(&[key], |l| l.schema(schema, resource)).map(Some)
            }
            Some(schema) => self.within(&[key], |l| l.inner(schema, resource)).map(Some),
        }
    }

    fn arrays(
        &mut self,
        value: &'a Value,
        fields: &'a Map<String, Value>,
        resource: &'a Value,
        parts: &mut Vec<Id>,
    ) -> Result<(), DiffError> {
        self.counted(fields, "minItems", Node::MinItems, parts)?;
        self.counted(fields, "maxItems", Node::MaxItems, parts)?;
        match fields.look("uniqueItems") {
            None | Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => parts.push(self.arena.make(Node::Unique)),
            Some(other) => {
                return self.bad("uniqueItems", format!("`uniqueItems` is true or false, not {}", short(other)));
            }
        }
        let (mut prefix, mut rest) = (Vec::new(), None);
        match (self.get(fields, "prefixItems"), fields.look("items")) {
            (Some(Value::Array(list)), _) => {
                prefix = self.list("prefixItems", list, resource)?;
                rest = self.child(fields, "items", resource)?;
            }
            (Some(other), _) => {
                return self.bad("prefixItems", format!("`prefixItems` is a list, not {}", short(other)));
            }
            (None, Some(Value::Array(list))) => {
                prefix = self.list("items", list, resource)?;
                rest = self.child(fields, "additionalItems", resource)?;
            }
            (None, Some(_)) => rest = self.child(fields, "items", resource)?,
            (None, None) => {}
        }
        parts.push(self.arena.make(Node::Items { prefix, rest: rest.unwrap_or(TRUE) }));
        let contains = self.child(fields, "contains", resource)?;
        if let Some(item) = contains {
            let counted = self.places.draft.knows("minContains");
            let min = self.count(fields, "minContains")?.filter(|_| counted).unwrap_or(1);
            let max = self.count(fields, "maxContains")?.filter(|_| counted);
            parts.push(self.arena.make(Node::Contains { item, min, max }));
        }
        self.unevaluated(value, fields, resource, Subject::Items, parts)
    }

    fn names(&self, value: &Value, key: &str) -> Result<Vec<String>, DiffError> {
        let names = value
            .as_array()
            .and_then(|list| list.iter().map(|n| n.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>());
        match names {
            Some(names) => Ok(names),
            None => self.bad(key, format!("a list of property names is expected, not {}", short(value))),
        }
    }

    fn map(&self, fields: &'a Map<String, Value>, key: &str) -> Result<Option<&'a Map<String, Value>>, DiffError> {
        match self.get(fields, key) {
            None => Ok(None),
            Some(Value::Object(map)) => Ok(Some(map)),
            Some(other) => self.bad(key, format!("`{key}` is an object, not {}", short(other))),
        }
    }

    fn objects(
        &mut self,
        value: &'a Value,
        fields: &'a Map<String, Value>,
        resource: &'a Value,
        parts: &mut Vec<Id>,
    ) -> Result<(), DiffError> {
        self.counted(fields, "minProperties", Node::MinProperties, parts)?;
        self.counted(fields, "maxProperties", Node::MaxProperties, parts)?;
        if let Some(required) = fields.look("required") {
            for name in self.names(required, "required")? {
                parts.push(self.arena.make(Node::Required(name)));
            }
        }
        let (mut names, mut patterns) = (Vec::new(), Vec::new());
        for (name, schema) in self.map(fields, "properties")?.into_iter().flatten() {
            let id = self.within(&["properties", name], |l| l.inner(schema, resource))?;
            parts.push(self.arena.make(Node::Property(name.clone(), id)));
            names.push(name.clone());
        }
        for (pattern, schema) in self.map(fields, "patternProperties")?.into_iter().flatten() {
            let id = self.within(&["patternProperties", pattern], |l| l.inner(schema, resource))?;
            parts.push(self.arena.make(Node::Matching(pattern.clone(), id)));
            patterns.push(pattern.clone());
        }
        if let Some(schema) = self.child(fields, "additionalProperties", resource)? {
            parts.push(self.arena.make(Node::Rest { names, patterns, schema }));
        }
        self.unevaluated(value, fields, resource, Subject::Properties, parts)?;
        if let Some(id) = self.child(fields, "propertyNames", resource)? {
            parts.push(self.arena.make(Node::Names(id)));
        }
        for key in ["dependencies", "dependentRequired", "dependentSchemas"] {
            for (name, needs) in self.map(fields, key)?.into_iter().flatten() {
                let then = match needs {
                    Value::Array(_) if key != "dependentSchemas" => {
                        let wanted = self.within(&[key], |l| l.names(needs, name))?;
                        let all = wanted.into_iter().map(|n| self.arena.make(Node::Required(n))).collect();
                        self.arena.make(Node::All(all))
                    }
                    Value::String(one) if key == "dependencies" => self.arena.make(Node::Required(one.clone())),
                    schema if key != "dependentRequired" => {
                        self.within(&[key, name], |l| l.schema(schema, resource))?
                    }
                    other => return self.bad(key, format!("`{name}` needs a list of names, not {}", short(other))),
                };
                // An object without the name, or anything else than an object.
                let has = self.arena.make(Node::Required(name.clone()));
                let lacks = self.arena.not(has);
                let other = self.arena.types(EVERY & !Kind::Obj.bit());
                parts.push(self.arena.make(Node::Any(vec![other, lacks, then])));
            }
        }
        Ok(())
    }

    fn logic(
        &mut self,
        fields: &'a Map<String, Value>,
        resource: &'a Value,
        parts: &mut Vec<Id>,
    ) -> Result<(), DiffError> {
        for (key, node) in [("allOf", Node::All as fn(Vec<Id>) -> Node), ("anyOf", Node::Any), ("oneOf", Node::One)] {
            match fields.look(key) {
                None => {}
                Some(Value::Array(list)) if !list.is_empty() => {
                    let ids = self.list(key, list, resource)?;
                    // `oneOf` counts branches: two equal ones can never be satisfied alone.
                    parts.push(self.arena.make(node(ids)));
                }
                Some(Value::Array(_)) => return self.bad(key, format!("`{key}` needs at least one schema")),
                Some(other) => return self.bad(key, format!("`{key}` is a list of schemas, not {}", short(other))),
            }
        }
        if let Some(id) = self.child(fields, "not", resource)? {
            let not = self.arena.not(id);
            parts.push(not);
        }
        if let Some(when) = self.child(fields, "if", resource)? {
            let then = self.child(fields, "then", resource)?.unwrap_or(TRUE);
            let otherwise = self.child(fields, "else", resource)?.unwrap_or(TRUE);
            let unless = self.arena.not(when);
            parts.push(self.arena.make(Node::Any(vec![unless, then])));
            parts.push(self.arena.make(Node::Any(vec![when, otherwise])));
        }
        Ok(())
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

fn short(value: &Value) -> String {
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
