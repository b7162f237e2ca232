//! Documents for a schema: built along its keywords, then moved to its boundaries with values that either side mentions.

use super::random::Random;
use super::schemas::NAMES;
use serde_json::{Map, Value, json};

pub(crate) struct Documents<'a> {
    pub(crate) root: &'a Value,
    /// Values that the schemas mention, and their neighbours.
    pub(crate) pool: Vec<Value>,
}

const TEXTS: [&str; 14] = ["", "a", "b", "ab", "aa", "ba", "bb", "abc", "c", "cc", "1", "12", "aab", "é"];

/// What two schemas mention.
pub(crate) fn pool(schemas: [&Value; 2]) -> Vec<Value> {
    let mut out: Vec<Value> = vec![json!(null), json!(true), json!(false), json!([]), json!({})];
    out.extend(TEXTS.iter().map(|t| json!(t)));
    let mut todo: Vec<&Value> = schemas.to_vec();
    while let Some(value) = todo.pop() {
        match value {
            Value::Number(n) => {
                let n = n.as_f64().unwrap_or(0.0);
                for m in [n, n - 1.0, n + 1.0, n + 0.5, n * 2.0, n * 3.0] {
                    let m = (m * 1000.0).round() / 1000.0;
                    out.push(if m.fract() == 0.0 { json!(m as i64) } else { json!(m) });
                }
                if (0.0..6.0).contains(&n) {
                    for k in [n as usize, n as usize + 1] {
                        out.push(json!("a".repeat(k)));
                        out.push(Value::Array((0..k).map(|i| json!(i)).collect()));
                    }
                }
            }
            Value::Array(items) => {
                out.push(value.clone());
                out.extend(items.iter().cloned());
                todo.extend(items);
            }
            Value::Object(fields) => {
                for (key, inner) in fields {
                    if key == "const" {
                        out.push(inner.clone());
                    }
                    todo.push(inner);
                }
            }
            _ => {}
        }
    }
    out.retain(|v| v.to_string().len() < 60);
    out
}

impl Documents<'_> {
    pub(crate) fn next(&self, random: &mut Random) -> Value {
        let mut out = self.build(self.root, random, 6);
        for _ in 0..random.below(3) {
            self.nudge(&mut out, random, 4);
        }
        out
    }

    fn any(&self, random: &mut Random) -> Value {
        random.pick(&self.pool).clone()
    }

    /// Replaces something somewhere.
    fn nudge(&self, value: &mut Value, random: &mut Random, depth: usize) {
        match value {
            Value::Object(fields) if depth > 0 && !random.one_in(4) => match random.below(4) {
                0 => drop(fields.insert((*random.pick(&NAMES)).to_owned(), self.any(random))),
                1 => {
                    let key = fields.keys().nth(random.below(fields.len())).cloned();
                    key.and_then(|k| fields.shift_remove(&k));
                }
                2 => drop(fields.insert(["d", "ab", "bb", "1", "zz"][random.below(5)].to_owned(), self.any(random))),
                _ => {
                    let at = random.below(fields.len());
                    if let Some(inner) = fields.values_mut().nth(at) {
                        self.nudge(inner, random, depth - 1);
                    }
                }
            },
            Value::Array(items) if depth > 0 && !random.one_in(4) => match random.below(4) {
                0 => items.push(self.any(random)),
                1 => drop(items.pop()),
                2 if !items.is_empty() => {
                    let twin = items[random.below(items.len())].clone();
                    items.push(twin);
                }
                _ => {
                    let at = random.below(items.len());
                    if let Some(inner) = items.get_mut(at) {
                        self.nudge(inner, random, depth - 1);
                    }
                }
            },
            other => *other = self.any(random),
        }
    }

    fn target(&self, reference: &str) -> Option<&Value> {
        match reference {
            "#" | "#node" => Some(self.root),
            "list" => self.root.pointer("/$defs/list"),
            other => self.root.pointer(other.trim_start_matches('#')),
        }
    }

    fn build(&self, schema: &Value, random: &mut Random, depth: usize) -> Value {
        let Value::Object(fields) = schema else { return self.any(random) };
        if depth == 0 {
            return self.any(random);
        }
        let mut out: Option<Value> = None;
        for key in ["$ref", "$dynamicRef", "$recursiveRef"] {
            if let Some(target) = fields.get(key).and_then(Value::as_str).and_then(|r| self.target(r)) {
                out = Some(merged(out, self.build(target, random, depth - 1)));
            }
        }
        if let Some(value) = fields.get("const") {
            return value.clone();
        }
        if let Some(values) = fields.get("enum").and_then(Value::as_array) {
            return random.pick(values).clone();
        }
        for branch in fields.get("allOf").and_then(Value::as_array).into_iter().flatten() {
            out = Some(merged(out, self.build(branch, random, depth - 1)));
        }
        for key in ["anyOf", "oneOf"] {
            if let Some(list) = fields.get(key).and_then(Value::as_array) {
                out = Some(merged(out, self.build(random.pick(list), random, depth - 1)));
            }
        }
        for key in ["if", "then", "else"] {
            if let (Some(branch), true) = (fields.get(key), random.one_in(2)) {
                out = Some(merged(out, self.build(branch, random, depth - 1)));
            }
        }
        let own = self.own(fields, random, depth);
        match own {
            Some(own) => merged(out, own),
            None => out.unwrap_or_else(|| self.any(random)),
        }
    }

    /// A value by the keywords of the schema itself.
    fn own(&self, fields: &Map<String, Value>, random: &mut Random, depth: usize) -> Option<Value> {
        let has = |keys: &[&str]| keys.iter().any(|k| fields.contains_key(*k));
        let kind = match fields.get("type") {
            Some(Value::String(one)) => one.clone(),
            Some(Value::Array(list)) => random.pick(list).as_str().unwrap_or_default().to_owned(),
            _ if has(&["properties", "required", "patternProperties", "minProperties", "unevaluatedProperties"]) => {
                "object".to_owned()
            }
            _ if has(&["additionalProperties", "propertyNames", "dependencies", "dependentSchemas"]) => {
                "object".to_owned()
            }
            _ if has(&["dependentRequired", "maxProperties"]) => "object".to_owned(),
            _ if has(&["items", "prefixItems", "contains", "minItems", "maxItems", "unevaluatedItems"]) => {
                "array".to_owned()
            }
            _ if has(&["pattern", "minLength", "maxLength"]) => "string".to_owned(),
            _ if has(&["minimum", "maximum", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"]) => {
                "number".to_owned()
            }
            _ => return None,
        };
        Some(match kind.as_str() {
            "object" => self.object(fields, random, depth),
            "array" => self.array(fields, random, depth),
            "string" => json!(*random.pick(&TEXTS)),
            "integer" => self.some(random, |v| v.is_i64()),
            "number" => self.some(random, Value::is_number),
            "boolean" => json!(random.one_in(2)),
            "null" => Value::Null,
            _ => self.any(random),
        })
    }

    fn some(&self, random: &mut Random, wanted: impl Fn(&Value) -> bool) -> Value {
        let start = random.below(self.pool.len());
        self.pool.iter().cycle().skip(start).take(self.pool.len()).find(|v| wanted(v)).cloned().unwrap_or(json!(1))
    }

    fn object(&self, fields: &Map<String, Value>, random: &mut Random, depth: usize) -> Value {
        let mut out = Map::new();
        let known = fields.get("properties").and_then(Value::as_object);
        let required = fields.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        for name in required {
            let schema = known.and_then(|k| k.get(name)).unwrap_or(&Value::Bool(true));
            out.insert(name.to_owned(), self.build(schema, random, depth - 1));
        }
        for (name, schema) in known.into_iter().flatten() {
            if !out.contains_key(name) && !random.one_in(3) {
                out.insert(name.clone(), self.build(schema, random, depth - 1));
            }
        }
        let rest = fields.get("additionalProperties").unwrap_or(&Value::Bool(true));
        let least = fields.get("minProperties").and_then(Value::as_u64).unwrap_or(0) as usize;
        while out.len() < least || rest != &Value::Bool(false) && random.one_in(4) {
            let name = *random.pick(&["a", "b", "c", "aa", "d", "ab", "bb", "1"]);
            if out.len() >= 8 {
                break;
            }
            let value = self.build(rest, random, depth - 1);
            out.entry(name).or_insert(value);
        }
        Value::Object(out)
    }

    fn array(&self, fields: &Map<String, Value>, random: &mut Random, depth: usize) -> Value {
        let tuple = fields.get("prefixItems").or_else(|| fields.get("items").filter(|i| i.is_array()));
        let tuple = tuple.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let rest = match fields.get("items") {
            Some(Value::Array(_)) => fields.get("additionalItems"),
            other => other,
        };
        let least = fields.get("minItems").and_then(Value::as_u64).unwrap_or(0) as usize;
        let length = (least + random.below(3)).max(if random.one_in(2) { tuple.len() } else { 0 }).min(6);
        let mut out: Vec<Value> = (0..length)
            .map(|i| match tuple.get(i).or(rest) {
                Some(schema) => self.build(schema, random, depth - 1),
                None => self.any(random),
            })
            .collect();
        if let (Some(item), true) = (fields.get("contains"), random.one_in(2)) {
            let value = self.build(item, random, depth - 1);
            match out.len() {
                0 => out.push(value),
                n => out[random.below(n)] = value,
            }
        }
        Value::Array(out)
    }
}

/// Two values that should both apply: objects are put together, else the later one counts.
fn merged(before: Option<Value>, value: Value) -> Value {
    match (before, value) {
        (Some(Value::Object(mut a)), Value::Object(b)) => {
            a.extend(b);
            Value::Object(a)
        }
        (_, value) => value,
    }
}
