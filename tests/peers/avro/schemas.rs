//! Random Avro schemas, and edits of them: a pair is a schema and an edited copy, seldom two schemas without relation.

use serde_json::{Map, Value, json};
use tessera_peers::Rng;

/// What may occur.
#[derive(Clone, Copy)]
pub(super) struct Taste {
    pub(super) logical: bool,
    pub(super) aliases: bool,
    pub(super) namespaces: bool,
}

impl Taste {
    pub(super) const PLAIN: Taste = Taste { logical: false, aliases: false, namespaces: false };
}

pub(super) fn pair(rng: &mut Rng, taste: Taste) -> (Value, Value) {
    let mut make = Make { rng, taste, named: 0, open: Vec::new() };
    let old = make.record(3);
    if make.rng.chance(4) {
        let mut other = Make { rng: make.rng, taste, named: 0, open: Vec::new() };
        let new = other.record(3);
        return (old, new);
    }
    let mut new = old.clone();
    for _ in 0..1 + rng.below(3) {
        edit(&mut new, rng, taste);
    }
    if rng.chance(50) { (old, new) } else { (new, old) }
}

struct Make<'r> {
    rng: &'r mut Rng,
    taste: Taste,
    named: usize,
    /// Records around, which may be referred to.
    open: Vec<String>,
}

const PRIMITIVES: [&str; 8] = ["null", "boolean", "int", "long", "float", "double", "bytes", "string"];
const LOGICAL: [(&str, &str); 6] = [
    ("int", "date"),
    ("int", "time-millis"),
    ("long", "time-micros"),
    ("long", "timestamp-millis"),
    ("long", "timestamp-micros"),
    ("string", "uuid"),
];

impl Make<'_> {
    fn name(&mut self, letter: &str) -> String {
        self.named += 1;
        format!("{letter}{}", self.named)
    }

    fn record(&mut self, depth: usize) -> Value {
        let name = self.name("R");
        self.open.push(name.clone());
        let mut fields = Vec::new();
        for i in 0..self.rng.below(5) {
            let ty = self.any(depth);
            let mut field = json!({"name": format!("f{i}"), "type": ty});
            if self.rng.chance(40) {
                with_default(&mut field, self.rng);
            }
            fields.push(field);
        }
        self.open.pop();
        let mut out = json!({"type": "record", "name": name, "fields": fields});
        if self.rng.chance(20) {
            out["namespace"] = json!(format!("n{}", self.rng.below(2)));
        }
        out
    }

    fn any(&mut self, depth: usize) -> Value {
        match self.rng.below(if depth == 0 { 5 } else { 10 }) {
            0..=2 => json!(self.rng.pick(&PRIMITIVES)),
            3 if self.taste.logical => logical(self.rng),
            3 => {
                let count = 1 + self.rng.below(4);
                let name = self.name("E");
                let symbols: Vec<String> = (0..count).map(|i| format!("S{i}")).collect();
                let mut out = json!({"type": "enum", "name": name, "symbols": symbols});
                if self.rng.chance(30) {
                    out["default"] = json!("S0");
                }
                out
            }
            4 => json!({"type": "fixed", "name": self.name("X"), "size": 1 + self.rng.below(3)}),
            5 => json!({"type": "array", "items": self.any(depth - 1)}),
            6 => json!({"type": "map", "values": self.any(depth - 1)}),
            7 => self.record(depth - 1),
            8 if !self.open.is_empty() => {
                // Referred to by its name, with or without the value it may lack.
                let name = self.open[self.rng.below(self.open.len())].clone();
                json!(["null", {"type": "array", "items": name}])
            }
            _ => self.union(depth - 1),
        }
    }

    fn union(&mut self, depth: usize) -> Value {
        let mut out: Vec<Value> = Vec::new();
        let mut seen = Vec::new();
        for _ in 0..1 + self.rng.below(4) {
            let branch = if self.rng.chance(30) { json!("null") } else { self.any(depth) };
            let kind = kind(&branch);
            if !branch.is_array() && (matches!(kind.as_str(), "record" | "enum" | "fixed") || !seen.contains(&kind)) {
                seen.push(kind);
                out.push(branch);
            }
        }
        if out.is_empty() { json!(["null"]) } else { Value::Array(out) }
    }
}

fn logical(rng: &mut Rng) -> Value {
    if rng.chance(30) {
        return json!({"type": "bytes", "logicalType": "decimal", "precision": 4 + rng.below(2), "scale": rng.below(3)});
    }
    let (ty, logical) = LOGICAL[rng.below(LOGICAL.len())];
    json!({"type": ty, "logicalType": logical})
}

fn kind(schema: &Value) -> String {
    schema.get("type").unwrap_or(schema).as_str().unwrap_or_default().to_owned()
}

/// Gives a field a default that fits its type (the first branch of a union), where there is a simple one.
fn with_default(field: &mut Value, rng: &mut Rng) {
    if let Some(value) = simple(&field["type"], rng) {
        field["default"] = value;
    }
}

fn simple(ty: &Value, rng: &mut Rng) -> Option<Value> {
    if let Some(branches) = ty.as_array() {
        return simple(branches.first()?, rng);
    }
    Some(match kind(ty).as_str() {
        "null" => Value::Null,
        "boolean" => json!(rng.chance(50)),
        "int" | "long" => json!(rng.below(100)),
        "float" | "double" => json!(rng.below(100) as f64 / 4.0),
        "string" if ty.get("logicalType").is_none() => json!("d"),
        "bytes" if ty.get("logicalType").is_none() => json!("b"),
        "array" => json!([]),
        "map" => json!({}),
        "enum" => ty["symbols"][0].clone(),
        _ => return None,
    })
}

/// The places of types, as pointers; the root is not among them.
fn places(schema: &Value, at: &str, out: &mut Vec<String>) {
    let mut inner = |value: &Value, step: &str| {
        let place = format!("{at}{step}");
        out.push(place.clone());
        places(value, &place, out);
    };
    match schema {
        Value::Array(branches) => {
            branches.iter().enumerate().for_each(|(i, branch)| inner(branch, &format!("/{i}")));
        }
        Value::Object(object) => {
            for (i, field) in object.get("fields").and_then(Value::as_array).into_iter().flatten().enumerate() {
                inner(&field["type"], &format!("/fields/{i}/type"));
            }
            for key in ["items", "values"] {
                if let Some(value) = object.get(key) {
                    inner(value, &format!("/{key}"));
                }
            }
        }
        _ => {}
    }
}

/// The peer picks a union's branch by what a value looks like, not by its name: it takes a map for a record, one enum for
/// another, a text for a fixed. Does every union keep these apart?
pub(super) fn told_apart(schema: &Value) -> bool {
    match schema {
        Value::Array(all) => {
            let count = |kinds: &[&str]| all.iter().filter(|b| kinds.contains(&kind(b).as_str())).count();
            // A name alone refers to a record.
            let other = all.iter().filter(|b| b.as_str().is_some_and(|s| !PRIMITIVES.contains(&s))).count();
            let kept = count(&["record", "map"]) + other <= 1
                && count(&["enum"]) <= 1
                && (count(&["fixed"]) == 0 || count(&["fixed", "string", "bytes"]) == 1);
            kept && all.iter().all(told_apart)
        }
        Value::Object(fields) => fields.values().all(|v| !v.is_object() && !v.is_array() || inner(fields, v)),
        _ => true,
    }
}

/// The peer cannot take the default of a decimal, which is a text as that of bytes: "b" is refused under any precision.
pub(super) fn decimal_with_default(schema: &Value) -> bool {
    let decimal = |ty: &Value| ty.get(0).unwrap_or(ty).get("logicalType") == Some(&json!("decimal"));
    match schema {
        Value::Array(all) => all.iter().any(decimal_with_default),
        Value::Object(fields) => {
            let here = fields.contains_key("default") && fields.get("type").is_some_and(decimal);
            here || fields.values().any(decimal_with_default)
        }
        _ => false,
    }
}

/// The same schema without two things that the peer (apache-avro 0.22) gets wrong. A reference to a record further up is
/// compared by its full name, where the specification compares unqualified names: a schema with one loses its namespaces.
/// And `[]` counts as a default of bytes, where it is none: such a default is left out.
pub(super) fn without_gaps(schema: &Value) -> Value {
    let mut out = schema.clone();
    without(&mut out, refers_back(schema));
    out
}

fn without(schema: &mut Value, namespaces: bool) {
    match schema {
        Value::Array(all) => all.iter_mut().for_each(|s| without(s, namespaces)),
        Value::Object(fields) => {
            if namespaces {
                fields.shift_remove("namespace");
            }
            let first = fields.get("type").map(|ty| ty.get(0).unwrap_or(ty));
            let bytes = first.is_some_and(|ty| kind(ty) == "bytes");
            if bytes && fields.get("default") == Some(&json!([])) {
                fields.shift_remove("default");
            }
            fields.values_mut().for_each(|s| without(s, namespaces));
        }
        _ => {}
    }
}

/// The generator refers to records by name in lists only.
fn refers_back(schema: &Value) -> bool {
    match schema {
        Value::Array(all) => all.iter().any(refers_back),
        Value::Object(fields) => {
            let by_name = |v: &Value| v.as_str().is_some_and(|s| !PRIMITIVES.contains(&s));
            fields.get("items").is_some_and(by_name) || fields.values().any(refers_back)
        }
        _ => false,
    }
}

/// Lists of names and symbols are no unions.
fn inner(fields: &Map<String, Value>, value: &Value) -> bool {
    let is = |key: &str| fields.get(key).is_some_and(|v| std::ptr::eq(v, value));
    if is("fields") {
        return value.as_array().into_iter().flatten().all(|f| told_apart(&f["type"]));
    }
    !(is("type") || is("items") || is("values")) || told_apart(value)
}

fn edit(schema: &mut Value, rng: &mut Rng, taste: Taste) {
    let mut all = vec![String::new()];
    places(schema, "", &mut all);
    let place = all[rng.below(all.len())].clone();
    let fresh = format!("N{}", rng.below(1000));
    let Some(ty) = schema.pointer_mut(&place) else { return };
    if let Value::Array(branches) = ty {
        match rng.below(4) {
            0 if branches.len() > 1 => {
                branches.remove(rng.below(branches.len()));
            }
            1 => branches.reverse(),
            2 => branches.push(json!({"type": "fixed", "name": fresh, "size": 2})),
            _ => branches.push(json!(rng.pick(&PRIMITIVES))),
        }
        return;
    }
    match (kind(ty).as_str(), rng.below(10)) {
        ("record", 0..=7) => record(ty, rng, taste, &fresh),
        ("enum", 0..=4) => symbols(ty, rng, &fresh),
        ("fixed", 0..=4) => ty["size"] = json!(1 + rng.below(4)),
        ("record" | "enum" | "fixed", 8) => renamed(ty, rng, taste, &fresh),
        ("record", _) if place.is_empty() => {}
        (_, 0..=3) => *ty = json!(rng.pick(&PRIMITIVES)),
        (_, 4) if taste.logical => *ty = logical(rng),
        (_, 5..=7) => *ty = json!(["null", ty.take()]),
        _ => *ty = json!([ty.take()]),
    }
}

fn symbols(ty: &mut Value, rng: &mut Rng, fresh: &str) {
    let Some(all) = ty["symbols"].as_array_mut() else { return };
    match rng.below(4) {
        0 if all.len() > 1 => {
            all.pop();
        }
        1 => all.insert(0, json!(fresh)),
        2 => all.push(json!(fresh)),
        _ => {
            let first = all[0].clone();
            ty["default"] = first;
        }
    }
}

fn renamed(ty: &mut Value, rng: &mut Rng, taste: Taste, fresh: &str) {
    if taste.namespaces && rng.chance(50) {
        ty["namespace"] = json!("elsewhere");
        return;
    }
    let old = std::mem::replace(&mut ty["name"], json!(fresh));
    if taste.aliases && rng.chance(60) {
        ty["aliases"] = json!([old]);
    }
}

fn record(ty: &mut Value, rng: &mut Rng, taste: Taste, fresh: &str) {
    let Some(fields) = ty["fields"].as_array_mut() else { return };
    let count = fields.len();
    let new = |rng: &mut Rng| {
        let mut field = json!({"name": fresh, "type": rng.pick(&PRIMITIVES)});
        if rng.chance(60) {
            with_default(&mut field, rng);
        }
        field
    };
    match rng.below(7) {
        0 if count > 0 => {
            fields.remove(rng.below(count));
        }
        1 if count > 0 => {
            let field = &mut fields[rng.below(count)];
            let old = std::mem::replace(&mut field["name"], json!(fresh));
            if taste.aliases && rng.chance(70) {
                field["aliases"] = json!([old]);
            }
        }
        2 => fields.reverse(),
        3 if count > 0 => with_default(&mut fields[rng.below(count)], rng),
        4 if count > 0 => {
            let at = rng.below(count);
            let field: &mut Map<String, Value> = fields[at].as_object_mut().expect("a field is an object");
            field.shift_remove("default");
        }
        _ => {
            let field = new(rng);
            fields.insert(rng.below(count + 1), field);
        }
    }
}
