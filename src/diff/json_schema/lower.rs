//! A JSON Schema of any draft -> interned nodes. Annotations fall away here; keywords that assert something this crate
//! does not understand become opaque nodes; what is not a schema is an error with its place.

use super::dec::Dec;
use super::node::{Arena, EVERY, FALSE, Id, Kind, NUMBER, Node, TRUE, canonical};
use super::parts::Doc;
use super::refs::{Places, Target, address};
use crate::{DiffError, Side};
use serde_json::{Map, Value, json};
use std::collections::{BTreeSet, HashMap};

enum State {
    /// Being built; the slot if somebody refers to it meanwhile.
    Open(Option<usize>),
    Done(Id),
}

pub(crate) struct Lowering<'a, 'b> {
    arena: &'b mut Arena,
    side: Side,
    pub places: Places<'a>,
    memo: HashMap<usize, State>,
    /// References replace their siblings (draft-07 and before).
    lone_refs: bool,
    /// OpenAPI's `nullable` counts where no draft is declared.
    nullable: bool,
    path: Vec<String>,
    root: &'a Value,
}

type Lowered = Result<Id, DiffError>;

impl<'a, 'b> Lowering<'a, 'b> {
    pub(crate) fn new(arena: &'b mut Arena, root: &'a Value, side: Side) -> Self {
        let places = Places::of(root);
        let declared = root.get("$schema").and_then(Value::as_str);
        let lone_refs = match declared {
            Some(uri) => ["draft-03", "draft-04", "draft-06", "draft-07"].iter().any(|d| uri.contains(d)),
            None => !places.modern,
        };
        let nullable = declared.is_none();
        Lowering { arena, side, places, memo: HashMap::new(), lone_refs, nullable, path: Vec::new(), root }
    }

    pub(crate) fn root(&mut self) -> Lowered {
        let root = self.root;
        self.schema(root, root)
    }

    /// Gives the document back with the ids of all its schemas by address.
    pub(crate) fn finish(self, ids: &mut HashMap<usize, Id>) -> Doc<'a> {
        ids.extend(self.memo.iter().filter_map(|(at, state)| match state {
            State::Done(id) => Some((*at, *id)),
            State::Open(_) => None,
        }));
        Doc { root: self.root, places: self.places, lone_refs: self.lone_refs, nullable: self.nullable }
    }

    fn bad<T>(&self, key: &str, message: impl Into<String>) -> Result<T, DiffError> {
        let mut path: String = self.path.iter().map(|s| format!("/{}", escape(s))).collect();
        if !key.is_empty() {
            path.push_str(&format!("/{}", escape(key)));
        }
        Err(DiffError::NotASchema { side: self.side, message: message.into(), path })
    }

    fn within<T>(&mut self, steps: &[&str], f: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.path.len();
        self.path.extend(steps.iter().map(|s| (*s).to_owned()));
        let out = f(self);
        self.path.truncate(before);
        out
    }

    fn schema(&mut self, value: &'a Value, resource: &'a Value) -> Lowered {
        let fields = match value {
            Value::Bool(true) => return Ok(TRUE),
            Value::Bool(false) => return Ok(FALSE),
            Value::Object(fields) => fields,
            other => return self.bad("", format!("a schema is an object or a boolean, not {}", short(other))),
        };
        let at = address(value);
        match self.memo.get_mut(&at) {
            Some(State::Done(id)) => return Ok(*id),
            Some(State::Open(slot)) => {
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
        self.memo.insert(at, State::Open(None));
        let own = fields.get("$id").and_then(Value::as_str).is_some_and(|id| !id.starts_with('#'));
        let resource = if own { value } else { resource };
        let id = self.object(value, fields, resource)?;
        if let Some(State::Open(Some(slot))) = self.memo.insert(at, State::Done(id)) {
            self.arena.targets[slot] = id;
        }
        Ok(id)
    }

    fn object(&mut self, value: &'a Value, fields: &'a Map<String, Value>, resource: &'a Value) -> Lowered {
        let mut parts = Vec::new();
        if let Some(reference) = fields.get("$ref") {
            let Value::String(reference) = reference else {
                return self.bad("$ref", format!("a reference is text, not {}", short(reference)));
            };
            let id = self.reference("$ref", reference, resource)?;
            if self.lone_refs {
                return Ok(id);
            }
            parts.push(id);
        }
        for key in ["$dynamicRef", "$recursiveRef"] {
            if let Some(Value::String(reference)) = fields.get(key) {
                // Without a dynamic anchor elsewhere these are plain references; with one they stay opaque.
                let dynamic = canonical(self.root).contains("\"$recursiveAnchor\":true");
                let id =
                    if dynamic { self.opaque(value, key, EVERY) } else { self.reference(key, reference, resource)? };
                parts.push(id);
            }
        }
        self.kinds(fields, &mut parts)?;
        self.numbers(fields, &mut parts)?;
        self.strings(fields, &mut parts)?;
        self.arrays(value, fields, resource, &mut parts)?;
        self.objects(value, fields, resource, &mut parts)?;
        self.logic(fields, resource, &mut parts)?;
        for key in ["extends", "disallow", "divisibleBy"] {
            if fields.contains_key(key) && !self.places.modern {
                parts.push(self.opaque(value, key, EVERY));
            }
        }
        Ok(self.arena.make(Node::All(parts)))
    }

    fn reference(&mut self, key: &str, reference: &str, resource: &'a Value) -> Lowered {
        match self.places.find(reference, resource) {
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
    fn opaque(&mut self, schema: &Value, keyword: &str, kinds: u8) -> Id {
        let mut text = format!("{keyword} in {}", canonical(&assertions(schema)));
        if ["\"$ref\"", "\"$dynamicRef\"", "\"$recursiveRef\""].iter().any(|k| text.contains(k)) {
            text.push_str(&format!(" ({})", self.side));
        }
        self.arena.make(Node::Opaque { text, kinds })
    }

    fn kinds(&mut self, fields: &Map<String, Value>, parts: &mut Vec<Id>) -> Result<(), DiffError> {
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
        let mut bits = match fields.get("type") {
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
        if self.nullable && bits != EVERY && fields.get("nullable") == Some(&Value::Bool(true)) {
            bits |= Kind::Null.bit();
        }
        parts.push(self.arena.types(bits));
        if let Some(values) = fields.get("enum") {
            let Value::Array(values) = values else {
                return self.bad("enum", format!("`enum` is a list, not {}", short(values)));
            };
            let values = values.iter().map(|v| self.arena.value(v)).collect();
            parts.push(self.arena.make(Node::Enum(values)));
        }
        if let Some(value) = fields.get("const") {
            let value = self.arena.value(value);
            parts.push(self.arena.make(Node::Enum(vec![value])));
        }
        Ok(())
    }

    fn number(&self, fields: &Map<String, Value>, key: &str) -> Result<Option<Dec>, DiffError> {
        match fields.get(key) {
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
            let flag = match fields.get(strict) {
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
        match fields.get(key) {
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
        match fields.get("pattern") {
            None => {}
            Some(Value::String(pattern)) => parts.push(self.arena.make(Node::Pattern(pattern.clone()))),
            Some(other) => return self.bad("pattern", format!("`pattern` is text, not {}", short(other))),
        }
        Ok(())
    }

    fn list(&mut self, key: &str, items: &'a [Value], resource: &'a Value) -> Result<Vec<Id>, DiffError> {
        items.iter().enumerate().map(|(i, s)| self.within(&[key, &i.to_string()], |l| l.schema(s, resource))).collect()
    }

    fn child(
        &mut self,
        fields: &'a Map<String, Value>,
        key: &str,
        resource: &'a Value,
    ) -> Result<Option<Id>, DiffError> {
        match fields.get(key) {
            None => Ok(None),
            Some(schema) => self.within(&[key], |l| l.schema(schema, resource)).map(Some),
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
        match fields.get("uniqueItems") {
            None | Some(Value::Bool(false)) => {}
            Some(Value::Bool(true)) => parts.push(self.arena.make(Node::Unique)),
            Some(other) => {
                return self.bad("uniqueItems", format!("`uniqueItems` is true or false, not {}", short(other)));
            }
        }
        let (mut prefix, mut rest) = (Vec::new(), None);
        match (fields.get("prefixItems"), fields.get("items")) {
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
        let open_end = rest.is_none();
        parts.push(self.arena.make(Node::Items { prefix: prefix.clone(), rest: rest.unwrap_or(TRUE) }));
        let contains = self.child(fields, "contains", resource)?;
        if let Some(item) = contains {
            let min = self.count(fields, "minContains")?.unwrap_or(1);
            let max = self.count(fields, "maxContains")?;
            parts.push(self.arena.make(Node::Contains { item, min, max }));
        }
        if let Some(schema) = fields.get("unevaluatedItems")
            && schema != &json!(true)
            && open_end
        {
            let id = if applies_in_place(fields) || contains.is_some() {
                self.opaque(value, "unevaluatedItems", Kind::Arr.bit())
            } else {
                let rest = self.within(&["unevaluatedItems"], |l| l.schema(schema, resource))?;
                self.arena.make(Node::Items { prefix: vec![TRUE; prefix.len()], rest })
            };
            parts.push(id);
        }
        Ok(())
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
        match fields.get(key) {
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
        if let Some(required) = fields.get("required") {
            for name in self.names(required, "required")? {
                parts.push(self.arena.make(Node::Required(name)));
            }
        }
        let (mut names, mut patterns) = (Vec::new(), Vec::new());
        for (name, schema) in self.map(fields, "properties")?.into_iter().flatten() {
            let id = self.within(&["properties", name], |l| l.schema(schema, resource))?;
            parts.push(self.arena.make(Node::Property(name.clone(), id)));
            names.push(name.clone());
        }
        for (pattern, schema) in self.map(fields, "patternProperties")?.into_iter().flatten() {
            let id = self.within(&["patternProperties", pattern], |l| l.schema(schema, resource))?;
            parts.push(self.arena.make(Node::Matching(pattern.clone(), id)));
            patterns.push(pattern.clone());
        }
        if let Some(schema) = self.child(fields, "additionalProperties", resource)? {
            parts.push(self.arena.make(Node::Rest { names, patterns, schema }));
        } else if let Some(schema) = fields.get("unevaluatedProperties")
            && schema != &json!(true)
        {
            let mut known = (BTreeSet::from_iter(names), BTreeSet::from_iter(patterns));
            let id = if self.evaluated(fields, resource, &mut known, 0) {
                let schema = self.within(&["unevaluatedProperties"], |l| l.schema(schema, resource))?;
                let (names, patterns) = (known.0.into_iter().collect(), known.1.into_iter().collect());
                self.arena.make(Node::Rest { names, patterns, schema })
            } else {
                self.opaque(value, "unevaluatedProperties", Kind::Obj.bit())
            };
            parts.push(id);
        }
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

    /// Adds the names and patterns that schemas beside this one always evaluate; false where that depends on the value.
    fn evaluated(
        &self,
        fields: &'a Map<String, Value>,
        resource: &'a Value,
        known: &mut (BTreeSet<String>, BTreeSet<String>),
        depth: usize,
    ) -> bool {
        let depends = ["anyOf", "oneOf", "if", "dependentSchemas", "dependencies", "$dynamicRef", "$recursiveRef"];
        if depth > 20 || depends.iter().any(|k| fields.contains_key(*k)) {
            return false;
        }
        let mut beside: Vec<&'a Value> = fields.get("allOf").and_then(Value::as_array).into_iter().flatten().collect();
        if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
            match self.places.find(reference, resource) {
                Target::Here(found, _) => beside.push(found),
                _ => return false,
            }
        }
        beside.into_iter().filter_map(Value::as_object).all(|other| {
            // A schema that evaluates all the rest would have to be looked at with its own siblings.
            if other.contains_key("additionalProperties") || other.contains_key("unevaluatedProperties") {
                return false;
            }
            let keys = |k: &str| other.get(k).and_then(Value::as_object).into_iter().flat_map(|m| m.keys().cloned());
            known.0.extend(keys("properties"));
            known.1.extend(keys("patternProperties"));
            self.evaluated(other, resource, known, depth + 1)
        })
    }

    fn logic(
        &mut self,
        fields: &'a Map<String, Value>,
        resource: &'a Value,
        parts: &mut Vec<Id>,
    ) -> Result<(), DiffError> {
        for (key, node) in [("allOf", Node::All as fn(Vec<Id>) -> Node), ("anyOf", Node::Any), ("oneOf", Node::One)] {
            match fields.get(key) {
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

/// Do other schemas speak about the same value, so that what is "evaluated" depends on them?
fn applies_in_place(fields: &Map<String, Value>) -> bool {
    let keys = [
        "$ref",
        "$dynamicRef",
        "$recursiveRef",
        "allOf",
        "anyOf",
        "oneOf",
        "not",
        "if",
        "dependentSchemas",
        "dependencies",
    ];
    keys.iter().any(|k| fields.contains_key(*k))
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
