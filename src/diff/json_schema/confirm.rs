//! The second opinion: no witness is shown that another validator (the `jsonschema` crate, which shares nothing with this
//! search) does not confirm. It is given a copy of the schema without annotations and unreachable definitions, with the
//! liberties that `lower` takes (`nullable`, older spellings) written out.

use super::draft::Draft;
use super::refs::{Places, Target};
use crate::maps::Look;
use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Steps back that a pattern may take, and bytes it may compile to.
const BACKTRACKS: usize = 20_000;
const PATTERN_BYTES: usize = 1 << 20;
/// Schemas applied to one value, and levels of them.
const STEPS: u32 = 50_000;
const LEVELS: u32 = 200;

/// One side's schema as the other validator sees it, built when it is first asked.
pub(crate) struct Second<'a> {
    root: &'a Value,
    places: Places<'a>,
    built: Option<Option<Validator>>,
    /// A value was too dear to be looked at: others are not tried.
    dear: bool,
}

impl<'a> Second<'a> {
    pub(crate) fn new(root: &'a Value, places: Places<'a>) -> Second<'a> {
        Second { root, places, built: None, dear: false }
    }

    /// `None` when the schema is not one that it accepts, or when looking at the value would take too long.
    pub(crate) fn accepts(&mut self, value: &Value) -> Option<bool> {
        let mut steps = STEPS;
        self.dear = self.dear || !self.affordable(self.root, value, 0, &mut steps);
        if self.dear {
            return None;
        }
        if self.built.is_none() {
            self.built = Some(self.build());
        }
        self.built.as_ref()?.as_ref().map(|v| v.is_valid(value))
    }

    fn build(&self) -> Option<Validator> {
        let copy = Copy::of(self.root, &self.places);
        jsonschema::options()
            .with_draft(self.places.draft.of_validator())
            .offline()
            .should_validate_formats(false)
            .without_content_media_type_support("application/json")
            .without_content_encoding_support("base64")
            .with_pattern_options(
                PatternOptions::fancy_regex()
                    .backtrack_limit(BACKTRACKS)
                    .size_limit(PATTERN_BYTES)
                    .dfa_size_limit(PATTERN_BYTES),
            )
            .build(&copy)
            .ok()
    }
}

impl Second<'_> {
    /// Would a validator that looks at everything be done within so many steps and levels? References that never descend
    /// into the value, and definitions that use each other twice, are what it is not asked about.
    fn affordable(&self, schema: &Value, value: &Value, level: u32, steps: &mut u32) -> bool {
        let Value::Object(fields) = schema else { return true };
        if level > LEVELS || *steps == 0 {
            return false;
        }
        *steps -= 1;
        let deeper = level + 1;
        let each = |mut list: &mut dyn Iterator<Item = (&Value, &Value)>, steps: &mut u32| {
            (&mut list).all(|(schema, value)| self.affordable(schema, value, deeper, steps))
        };
        fields.iter().all(|(key, inner)| match (key.as_str(), inner, value) {
            ("$ref" | "$dynamicRef" | "$recursiveRef", Value::String(to), _) => {
                match self.places.find(to, self.places.home(schema)) {
                    Target::Here(target, _) => self.affordable(target, value, deeper, steps),
                    _ => true,
                }
            }
            ("allOf" | "anyOf" | "oneOf", Value::Array(list), _) => each(&mut list.iter().map(|s| (s, value)), steps),
            ("not" | "if" | "then" | "else", _, _) => self.affordable(inner, value, deeper, steps),
            ("dependentSchemas" | "dependencies", Value::Object(map), Value::Object(_)) => {
                each(&mut map.values().map(|s| (s, value)), steps)
            }
            ("properties", Value::Object(map), Value::Object(members)) => {
                each(&mut members.iter().filter_map(|(k, v)| Some((map.get(k)?, v))), steps)
            }
            ("patternProperties", Value::Object(map), Value::Object(members)) => {
                each(&mut map.values().flat_map(|s| members.values().map(move |v| (s, v))), steps)
            }
            ("additionalProperties" | "unevaluatedProperties", _, Value::Object(members)) => {
                each(&mut members.values().map(|v| (inner, v)), steps)
            }
            ("propertyNames", _, Value::Object(members)) => {
                each(&mut members.values().map(|_| (inner, &Value::Null)), steps)
            }
            ("prefixItems" | "items", Value::Array(list), Value::Array(items)) => {
                each(&mut list.iter().zip(items), steps)
            }
            ("items" | "additionalItems" | "contains" | "unevaluatedItems", _, Value::Array(items)) => {
                each(&mut items.iter().map(|v| (inner, v)), steps)
            }
            _ => true,
        })
    }
}

/// Is `value` one that `yes` accepts and `no` rejects? A validator that cannot be built confirms nothing.
pub(crate) fn confirmed(value: &Value, yes: &mut Second<'_>, no: &mut Second<'_>) -> bool {
    yes.accepts(value) == Some(true) && no.accepts(value) == Some(false)
}

struct Copy<'p, 'a> {
    places: &'p Places<'a>,
    draft: Draft,
    nullable: bool,
    /// Definitions are only copied when they are referred to.
    prune: bool,
    /// Keywords of no draft through which a reference leads.
    passed: BTreeSet<String>,
}

const DEFINITIONS: [&str; 2] = ["definitions", "$defs"];

impl<'p, 'a> Copy<'p, 'a> {
    fn of(root: &Value, places: &'p Places<'a>) -> Value {
        let mut copy =
            Copy { places, draft: places.draft, nullable: !places.declared, prune: true, passed: BTreeSet::new() };
        copy.survey(root);
        let mut out = copy.schema(root);
        if !copy.prune {
            return out;
        }
        let mut done: BTreeSet<(usize, String)> = BTreeSet::new();
        let mut todo = Vec::new();
        references(&out, &mut todo);
        while let Some(reference) = todo.pop() {
            let Some((at, name)) = definition(&reference) else { continue };
            if !done.insert((at, name.clone())) {
                continue;
            }
            let Some(body) = root.look(DEFINITIONS[at]).and_then(|d| d.get(&name)) else { continue };
            let body = copy.schema(body);
            references(&body, &mut todo);
            if let Some(fields) = out.as_object_mut() {
                let slot = fields.entry(DEFINITIONS[at]).or_insert_with(|| json!({}));
                if let Some(map) = slot.as_object_mut() {
                    map.insert(name, body);
                }
            }
        }
        out
    }

    /// Whether definitions can be left out, and what references pass through.
    fn survey(&mut self, root: &Value) {
        let mut todo = vec![root];
        while let Some(value) = todo.pop() {
            match value {
                Value::Object(fields) => {
                    for (key, inner) in fields {
                        match (key.as_str(), inner) {
                            ("$ref", Value::String(to)) => {
                                if to != "#" && definition(to).is_none() {
                                    self.prune = false;
                                    self.passed.extend(to.split('/').skip(1).map(str::to_owned));
                                }
                            }
                            ("$id" | "id" | "$anchor" | "$dynamicRef" | "$recursiveRef", Value::String(_)) => {
                                self.prune = false;
                            }
                            _ => todo.push(inner),
                        }
                    }
                }
                Value::Array(items) => todo.extend(items),
                _ => {}
            }
        }
    }

    fn schema(&self, value: &Value) -> Value {
        let fields = match value {
            Value::Object(fields) => fields,
            Value::Bool(b) if self.draft == Draft::Four => return if *b { json!({}) } else { json!({"not": {}}) },
            other => return other.clone(),
        };
        let mut out = Map::new();
        for (key, inner) in fields.iter().filter(|(k, v)| k.as_str() != "$ref" || !self.leads_out(value, v)) {
            if let Some((key, inner)) = self.keyword(fields, key, inner) {
                out.insert(key.to_owned(), inner);
            }
        }
        Value::Object(out)
    }

    /// A reference out of the document says nothing here: a witness holds whatever stands there (`eval`).
    fn leads_out(&self, schema: &Value, to: &Value) -> bool {
        let find = |to: &str| self.places.find(to, self.places.home(schema));
        to.as_str().is_some_and(|to| matches!(find(to), Target::Outside))
    }

    fn list(&self, value: &Value) -> Value {
        match value {
            Value::Array(items) => items.iter().map(|v| self.schema(v)).collect(),
            other => self.schema(other),
        }
    }

    fn map(&self, value: &Value) -> Value {
        match value {
            Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), self.list(v))).collect(),
            other => other.clone(),
        }
    }

    /// A keyword as it is copied; `None` for what asserts nothing.
    fn keyword<'k>(&self, fields: &Map<String, Value>, key: &'k str, value: &Value) -> Option<(&'k str, Value)> {
        let flag = |bound: &str| {
            let strict = if bound == "minimum" { "exclusiveMinimum" } else { "exclusiveMaximum" };
            fields.look(strict) == Some(&Value::Bool(true)) && self.draft > Draft::Four
        };
        let tuple = self.draft == Draft::Twenty && fields.look("items").is_some_and(Value::is_array);
        Some(match key {
            "definitions" | "$defs" if self.prune => return None,
            "properties" | "patternProperties" | "dependentSchemas" | "definitions" | "$defs" => (key, self.map(value)),
            "dependencies" => {
                let needs = |v: &Value| match v {
                    Value::Array(names) if names.is_empty() && self.draft == Draft::Four => json!({}),
                    Value::Array(_) => v.clone(),
                    Value::String(_) => json!([v]),
                    other => self.schema(other),
                };
                (key, value.as_object()?.iter().map(|(k, v)| (k.clone(), needs(v))).collect())
            }
            "items" if tuple => ("prefixItems", self.list(value)),
            "additionalItems" if tuple => ("items", self.schema(value)),
            "items" | "prefixItems" | "allOf" | "anyOf" | "oneOf" => (key, self.list(value)),
            "additionalItems"
            | "additionalProperties"
            | "not"
            | "if"
            | "then"
            | "else"
            | "contains"
            | "propertyNames"
            | "unevaluatedItems"
            | "unevaluatedProperties" => (key, self.schema(value)),
            "exclusiveMinimum" | "exclusiveMaximum" if value.is_boolean() && self.draft > Draft::Four => {
                let bound = if key == "exclusiveMinimum" { "minimum" } else { "maximum" };
                (key, fields.look(bound).filter(|_| flag(bound))?.clone())
            }
            "minimum" | "maximum" if flag(key) => return None,
            "required" if value.as_array().is_some_and(Vec::is_empty) => return None,
            "type" => (key, self.types(fields, value)?),
            "enum" if value.as_array().is_some_and(Vec::is_empty) => ("not", json!({})),
            "enum" | "const" | "required" | "dependentRequired" | "multipleOf" | "minimum" | "maximum"
            | "exclusiveMinimum" | "exclusiveMaximum" | "minLength" | "maxLength" | "pattern" | "minItems"
            | "maxItems" | "uniqueItems" | "minContains" | "maxContains" | "minProperties" | "maxProperties"
            | "$ref" | "$id" | "id" | "$anchor" | "$dynamicRef" | "$dynamicAnchor" | "$recursiveRef"
            | "$recursiveAnchor" => (key, value.clone()),
            other if self.passed.contains(other) => (key, self.map(value)),
            _ => return None,
        })
    }

    fn types(&self, fields: &Map<String, Value>, value: &Value) -> Option<Value> {
        let mut names: Vec<Value> = match value {
            Value::Array(names) => names.clone(),
            one => vec![one.clone()],
        };
        if names.iter().any(|n| n == "any") {
            return None;
        }
        if self.nullable && fields.look("nullable") == Some(&Value::Bool(true)) {
            names.push(json!("null"));
        }
        let mut kept: Vec<Value> = Vec::new();
        names.into_iter().for_each(|n| {
            if !kept.contains(&n) {
                kept.push(n);
            }
        });
        Some(if kept.len() == 1 { kept.remove(0) } else { Value::Array(kept) })
    }
}

/// `#/definitions/NAME` or `#/$defs/NAME`: which of the two, and the name.
fn definition(reference: &str) -> Option<(usize, String)> {
    let pointer = reference.strip_prefix("#/")?;
    let (key, name) = pointer.split_once('/')?;
    let at = DEFINITIONS.iter().position(|k| *k == key)?;
    (!name.contains(['/', '~', '%'])).then(|| (at, name.to_owned()))
}

fn references(value: &Value, out: &mut Vec<String>) {
    let mut todo = vec![value];
    while let Some(value) = todo.pop() {
        match value {
            Value::Object(fields) => {
                if let Some(Value::String(to)) = fields.look("$ref") {
                    out.push(to.clone());
                }
                todo.extend(fields.values());
            }
            Value::Array(items) => todo.extend(items),
            _ => {}
        }
    }
}
