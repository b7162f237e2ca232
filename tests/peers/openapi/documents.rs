//! Random OpenAPI documents and edits of them. Schemas are kept in one neutral form (`nullable`, bounds with a flag,
//! references by name) and written out in the words of each version; for the validator they are written apart, once more.

use serde_json::{Map, Value, json};
use tessera_peers::Rng;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Version {
    Two,
    Three,
    ThreeOne,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Flow {
    ToServer,
    FromServer,
}

#[derive(Clone)]
pub(super) struct Api {
    pub(super) version: Version,
    pub(super) components: Map<String, Value>,
    /// Request and response of each operation.
    operations: Vec<(Value, Value)>,
}

impl Api {
    /// Where a body is sent: the beginning of a change's path, its direction and its schema.
    pub(super) fn places(&self) -> Vec<(String, Flow, &Value)> {
        let mut out = Vec::new();
        for (i, (request, response)) in self.operations.iter().enumerate() {
            out.push((format!("POST /p{i} request"), Flow::ToServer, request));
            out.push((format!("POST /p{i} response 200"), Flow::FromServer, response));
        }
        out
    }

    /// The document as its version writes it.
    pub(super) fn written(&self) -> Value {
        let two = self.version == Version::Two;
        let schema = |s: &Value| self.spelled(s);
        let mut paths = Map::new();
        for (i, (request, response)) in self.operations.iter().enumerate() {
            let operation = if two {
                json!({"parameters": [{"in": "body", "name": "body", "required": true, "schema": schema(request)}],
                       "responses": {"200": {"description": "", "schema": schema(response)}}})
            } else {
                let content = |s: &Value| json!({"application/json": {"schema": schema(s)}});
                json!({"requestBody": {"required": true, "content": content(request)},
                       "responses": {"200": {"description": "", "content": content(response)}}})
            };
            paths.insert(format!("/p{i}"), json!({"post": operation}));
        }
        let schemas: Map<String, Value> = self.components.iter().map(|(k, v)| (k.clone(), schema(v))).collect();
        let info = json!({"title": "t", "version": "1"});
        match self.version {
            Version::Two => json!({"swagger": "2.0", "info": info, "paths": paths, "definitions": schemas}),
            Version::Three => {
                json!({"openapi": "3.0.3", "info": info, "paths": paths, "components": {"schemas": schemas}})
            }
            Version::ThreeOne => {
                json!({"openapi": "3.1.0", "info": info, "paths": paths, "components": {"schemas": schemas}})
            }
        }
    }

    fn spelled(&self, schema: &Value) -> Value {
        let Some(fields) = schema.as_object() else { return schema.clone() };
        if let Some(name) = fields.get("$ref").and_then(Value::as_str) {
            let folder = if self.version == Version::Two { "definitions" } else { "components/schemas" };
            return json!({"$ref": format!("#/{folder}/{name}")});
        }
        let mut out = within(fields, &mut |s| self.spelled(s));
        let null = out.shift_remove("nullable").is_some();
        match self.version {
            Version::ThreeOne => modern(&mut out, null),
            Version::Three if null => drop(out.insert("nullable".to_owned(), json!(true))),
            Version::Two if null => drop(out.insert("x-nullable".to_owned(), json!(true))),
            _ => {}
        }
        Value::Object(out)
    }

    /// A schema of this document as a JSON Schema (2020-12) of its own, as one direction sees it.
    pub(super) fn lone(&self, schema: &Value, flow: Flow) -> Value {
        let mut out = plain(schema, flow, self);
        let all: Map<String, Value> = self.components.iter().map(|(k, v)| (k.clone(), plain(v, flow, self))).collect();
        if let Some(fields) = out.as_object_mut() {
            fields.insert("$defs".to_owned(), Value::Object(all));
        }
        out
    }

    /// Is a property left out in a direction?
    pub(super) fn hidden(&self, schema: &Value, flow: Flow) -> bool {
        let target = match schema.get("$ref").and_then(Value::as_str) {
            Some(name) => self.components.get(name).unwrap_or(schema),
            None => schema,
        };
        let key = if flow == Flow::ToServer { "readOnly" } else { "writeOnly" };
        target.get(key) == Some(&json!(true))
    }
}

fn plain(schema: &Value, flow: Flow, api: &Api) -> Value {
    let Some(fields) = schema.as_object() else { return schema.clone() };
    if let Some(name) = fields.get("$ref").and_then(Value::as_str) {
        return json!({"$ref": format!("#/$defs/{name}")});
    }
    let mut fields = fields.clone();
    let mut gone = Vec::new();
    if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) {
        properties.retain(|name, s| {
            let keep = !api.hidden(s, flow);
            if !keep {
                gone.push(json!(name));
            }
            keep
        });
    }
    if let Some(required) = fields.get_mut("required").and_then(Value::as_array_mut) {
        required.retain(|name| !gone.contains(name));
    }
    let mut out = within(&fields, &mut |s| plain(s, flow, api));
    let null = out.shift_remove("nullable").is_some();
    modern(&mut out, null);
    Value::Object(out)
}

/// Types with null in the list, exclusive bounds as numbers.
fn modern(out: &mut Map<String, Value>, null: bool) {
    if null && let Some(ty) = out.get("type").cloned() {
        out.insert("type".to_owned(), json!([ty, "null"]));
    }
    for (flag, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        if out.shift_remove(flag).is_some()
            && let Some(value) = out.shift_remove(bound)
        {
            out.insert(flag.to_owned(), value);
        }
    }
}

/// The same keywords with other inner schemas.
fn within(fields: &Map<String, Value>, inner: &mut dyn FnMut(&Value) -> Value) -> Map<String, Value> {
    let mut out = Map::new();
    for (key, value) in fields {
        let value = match (key.as_str(), value) {
            ("properties", Value::Object(map)) => map.iter().map(|(k, v)| (k.clone(), inner(v))).collect(),
            ("allOf" | "anyOf" | "oneOf", Value::Array(list)) => list.iter().map(&mut *inner).collect(),
            ("items" | "additionalProperties" | "not", v) => inner(v),
            (_, v) => v.clone(),
        };
        out.insert(key.clone(), value);
    }
    out
}

const COMPONENTS: [&str; 3] = ["Pet", "Owner", "Node"];

fn schema(rng: &mut Rng, depth: usize) -> Value {
    let mut out = match rng.below(if depth == 0 { 5 } else { 10 }) {
        0 => {
            let mut out = json!({"type": if rng.chance(50) { "integer" } else { "number" }});
            bound(&mut out, rng, ["minimum", "maximum"]);
            out
        }
        1 => {
            let mut out = json!({"type": "string"});
            bound(&mut out, rng, ["minLength", "maxLength"]);
            out
        }
        2 => return json!({"enum": values(rng)}),
        3 => json!({"type": "boolean"}),
        4 => return json!({"$ref": rng.pick(&COMPONENTS)}),
        5 => {
            let mut out = json!({"type": "array", "items": schema(rng, depth - 1)});
            bound(&mut out, rng, ["minItems", "maxItems"]);
            out
        }
        6 => {
            let key = *rng.pick(&["allOf", "anyOf", "oneOf"].each_ref());
            let list: Vec<Value> = (0..1 + rng.below(2)).map(|_| schema(rng, depth - 1)).collect();
            return json!({key: list});
        }
        _ => object(rng, depth - 1),
    };
    if rng.chance(15) {
        out["nullable"] = json!(true);
    }
    out
}

fn values(rng: &mut Rng) -> Value {
    let all = ["a", "b", "c", "d"];
    let from = rng.below(3);
    json!(all[from..from + 1 + rng.below(4 - from)])
}

fn bound(schema: &mut Value, rng: &mut Rng, keys: [&str; 2]) {
    if rng.chance(40) {
        schema[keys[0]] = json!(rng.below(3));
        if keys[0] == "minimum" && rng.chance(30) {
            schema["exclusiveMinimum"] = json!(true);
        }
    }
    if rng.chance(40) {
        schema[keys[1]] = json!(3 + rng.below(3));
        if keys[1] == "maximum" && rng.chance(30) {
            schema["exclusiveMaximum"] = json!(true);
        }
    }
}

fn object(rng: &mut Rng, depth: usize) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for i in 0..rng.below(4) {
        let mut property = schema(rng, depth);
        if rng.chance(8) && property.get("$ref").is_none() {
            property[*rng.pick(&["readOnly", "writeOnly"].each_ref())] = json!(true);
        }
        properties.insert(format!("p{i}"), property);
        if rng.chance(40) {
            required.push(format!("p{i}"));
        }
    }
    let mut out = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        out["required"] = json!(required);
    }
    match rng.below(8) {
        0 => out["additionalProperties"] = json!(false),
        1 => out["additionalProperties"] = json!({"type": "string"}),
        _ => {}
    }
    out
}

fn make(rng: &mut Rng) -> Api {
    let version = [Version::Two, Version::Three, Version::ThreeOne][rng.below(3)];
    let mut components: Map<String, Value> =
        COMPONENTS.iter().take(2).map(|name| ((*name).to_owned(), object(rng, 1))).collect();
    // Components refer to those after them, but for one that refers to itself.
    for (name, schema) in components.iter_mut() {
        let text = schema.to_string().replace("\"Pet\"", if name == "Pet" { "\"Owner\"" } else { "\"Node\"" });
        let text = if name == "Owner" { text.replace("\"Owner\"", "\"Node\"") } else { text };
        *schema = serde_json::from_str(&text).unwrap_or_default();
    }
    let node = json!({"type": "object", "properties": {"value": {"type": "integer"}, "next": {"$ref": "Node"}}});
    components.insert("Node".to_owned(), node);
    let operations = (0..1 + rng.below(2)).map(|_| (schema(rng, 3), schema(rng, 3))).collect();
    Api { version, components, operations }
}

/// A document and an edited copy, in either order; sometimes in the words of another version.
pub(super) fn pair(rng: &mut Rng) -> (Api, Api) {
    let old = make(rng);
    let mut new = old.clone();
    for _ in 0..rng.below(4) {
        let count = new.operations.len();
        let target = match rng.below(5) {
            0 => COMPONENTS.get(rng.below(3)).and_then(|name| new.components.get_mut(*name)),
            1 | 2 => Some(&mut new.operations[rng.below(count)].0),
            _ => Some(&mut new.operations[rng.below(count)].1),
        };
        if let Some(target) = target {
            edit(target, rng, 4);
        }
    }
    break_circles(&mut new.components);
    if rng.chance(30) {
        new.version = [Version::Two, Version::Three, Version::ThreeOne][rng.below(3)];
    }
    if rng.chance(50) { (old, new) } else { (new, old) }
}

/// An edit may make a component that is only itself, which means nothing and is answered with doubt: it becomes an object.
fn break_circles(components: &mut Map<String, Value>) {
    for name in COMPONENTS {
        let mut met = vec![name];
        let mut at = 0;
        while at < met.len() {
            let next: Vec<&str> = components.get(met[at]).map(said_at_once).unwrap_or_default();
            let next: Vec<&'static str> = COMPONENTS.into_iter().filter(|c| next.contains(c)).collect();
            if next.contains(&name) {
                components.insert(name.to_owned(), json!({"type": "object"}));
                break;
            }
            met.extend(next.into_iter().filter(|c| !met.contains(c)).collect::<Vec<_>>());
            at += 1;
        }
    }
}

/// The components that a schema says of the same value.
fn said_at_once(schema: &Value) -> Vec<&str> {
    let mut out: Vec<&str> = schema.get("$ref").and_then(Value::as_str).into_iter().collect();
    for key in ["allOf", "anyOf", "oneOf"] {
        out.extend(schema.get(key).and_then(Value::as_array).into_iter().flatten().flat_map(said_at_once));
    }
    out
}

/// Goes down to some schema and changes it there.
fn edit(at: &mut Value, rng: &mut Rng, depth: usize) {
    if depth > 0 && rng.chance(60) {
        let Some(fields) = at.as_object_mut() else { return };
        let keys: Vec<String> = fields
            .keys()
            .filter(|k| matches!(k.as_str(), "properties" | "items" | "allOf" | "anyOf" | "oneOf"))
            .cloned()
            .collect();
        if !keys.is_empty() {
            let inner = &mut fields[&keys[rng.below(keys.len())]];
            let count = inner.as_object().map_or_else(
                || inner.as_array().map_or(1, Vec::len),
                |m| {
                    if m.contains_key("type") || m.contains_key("$ref") { 1 } else { m.len() }
                },
            );
            if count > 0 {
                let which = rng.below(count);
                let next = match inner {
                    Value::Array(list) => list.get_mut(which),
                    Value::Object(map) if keys.contains(&"properties".to_owned()) && !map.contains_key("type") => {
                        map.values_mut().nth(which)
                    }
                    other => Some(other),
                };
                if let Some(next) = next {
                    return edit(next, rng, depth - 1);
                }
            }
        }
    }
    change(at, rng);
}

fn change(at: &mut Value, rng: &mut Rng) {
    match rng.below(12) {
        0 => *at = schema(rng, 1),
        1 => *at = json!({*rng.pick(&["anyOf", "oneOf", "allOf"].each_ref()): [at.take()]}),
        2 => *at = json!({*rng.pick(&["anyOf", "oneOf"].each_ref()): [at.take(), schema(rng, 1)]}),
        3 if at.get("type").is_some() => at["nullable"] = json!(true),
        4 => at["description"] = json!("other words"),
        _ => keywords(at, rng),
    }
}

fn keywords(at: &mut Value, rng: &mut Rng) {
    if at.get("enum").is_some() {
        at["enum"] = values(rng);
        return;
    }
    let kind = at.get("type").and_then(Value::as_str).unwrap_or_default().to_owned();
    match kind.as_str() {
        "object" => members(at, rng),
        "integer" if rng.chance(40) => at["type"] = json!("number"),
        "number" if rng.chance(40) => at["type"] = json!("integer"),
        "integer" | "number" => bound(at, rng, ["minimum", "maximum"]),
        "string" => bound(at, rng, ["minLength", "maxLength"]),
        "array" => bound(at, rng, ["minItems", "maxItems"]),
        _ => {
            if let Some(list) = ["allOf", "anyOf", "oneOf"].iter().find(|k| at.get(**k).is_some()) {
                let Some(list) = at[*list].as_array_mut() else { return };
                match rng.below(3) {
                    0 if list.len() > 1 => drop(list.pop()),
                    1 => list.reverse(),
                    _ => list.push(schema(rng, 1)),
                }
            }
        }
    }
}

fn members(at: &mut Value, rng: &mut Rng) {
    let names: Vec<String> = at["properties"].as_object().into_iter().flat_map(Map::keys).cloned().collect();
    let some = names.get(rng.below(names.len().max(1))).cloned();
    match (rng.below(6), some) {
        (0, Some(name)) => {
            if let Some(p) = at["properties"].as_object_mut() {
                p.shift_remove(&name);
            }
            if let Some(r) = at.get_mut("required").and_then(Value::as_array_mut) {
                r.retain(|n| *n != json!(name));
            }
        }
        (1, Some(name)) => {
            let mut list = at.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
            match list.iter().position(|n| *n == json!(name)) {
                Some(found) => drop(list.remove(found)),
                None => list.push(json!(name)),
            }
            at["required"] = json!(list);
        }
        (2, Some(name)) if at["properties"][&name].get("$ref").is_none() => {
            at["properties"][&name][*rng.pick(&["readOnly", "writeOnly"].each_ref())] = json!(true);
        }
        (3, _) => {
            at["additionalProperties"] = [json!(false), json!(true), json!({"type": "integer"})][rng.below(3)].clone();
        }
        _ => at["properties"][format!("q{}", rng.below(3))] = schema(rng, 1),
    }
}
