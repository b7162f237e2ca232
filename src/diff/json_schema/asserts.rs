//! The keywords of a schema -> assertions, each kind of value by itself: types and listed values, numbers, texts, arrays,
//! objects, and the words that join schemas.

use super::dec::Dec;
use super::lower::{Lowering, short};
use super::node::{EVERY, Id, Kind, Node, TRUE};
use super::unevaluated::Subject;
use crate::DiffError;
use crate::maps::Look;
use serde_json::{Map, Value};

impl<'a> Lowering<'a, '_> {
    pub(crate) fn kinds(&mut self, fields: &'a Map<String, Value>, parts: &mut Vec<Id>) -> Result<(), DiffError> {
        let word = |l: &Self, name: &Value| -> Result<u8, DiffError> {
            match name.as_str().and_then(Kind::named) {
                Some(bits) => Ok(bits),
                None => l.bad(
                    "type",
                    format!("unknown type {name}: use null, boolean, integer, number, string, array or object"),
                ),
            }
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

    pub(crate) fn numbers(&mut self, fields: &Map<String, Value>, parts: &mut Vec<Id>) -> Result<(), DiffError> {
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

    pub(crate) fn count(&self, fields: &Map<String, Value>, key: &str) -> Result<Option<u64>, DiffError> {
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

    pub(crate) fn strings(&mut self, fields: &Map<String, Value>, parts: &mut Vec<Id>) -> Result<(), DiffError> {
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

    pub(crate) fn arrays(
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

    pub(crate) fn objects(
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

    pub(crate) fn logic(
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
