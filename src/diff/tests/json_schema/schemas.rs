//! Random schemas of every draft, over all keywords. Small names, numbers and patterns, so that two schemas meet.

use super::random::Random;
use serde_json::{Map, Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Draft {
    Four,
    Six,
    Seven,
    Nineteen,
    Twenty,
}

pub(crate) const DRAFTS: [Draft; 5] = [Draft::Four, Draft::Six, Draft::Seven, Draft::Nineteen, Draft::Twenty];

impl Draft {
    pub(crate) fn uri(self) -> &'static str {
        match self {
            Draft::Four => "http://json-schema.org/draft-04/schema#",
            Draft::Six => "http://json-schema.org/draft-06/schema#",
            Draft::Seven => "http://json-schema.org/draft-07/schema#",
            Draft::Nineteen => "https://json-schema.org/draft/2019-09/schema",
            Draft::Twenty => "https://json-schema.org/draft/2020-12/schema",
        }
    }

    pub(crate) fn definitions(self) -> &'static str {
        if self >= Draft::Nineteen { "$defs" } else { "definitions" }
    }
}

pub(crate) const NAMES: [&str; 4] = ["a", "b", "c", "aa"];
pub(crate) const PATTERNS: [&str; 12] =
    ["^a", "b$", "^[ab]+$", "^.{2}$", "a|c", "^\\d+$", "^\\w*$", "^(ab|c)*$", "[^a]", "^a?b?c?$", "^(?!a)", "\\bb"];
const STEPS: [f64; 6] = [1.0, 2.0, 3.0, 0.5, 0.1, 2.5];
const TYPES: [&str; 7] = ["null", "boolean", "integer", "number", "string", "array", "object"];

pub(crate) struct Maker<'a> {
    pub(crate) random: &'a mut Random,
    pub(crate) draft: Draft,
    /// Definitions that references may lead to.
    pub(crate) definitions: usize,
}

fn number(n: f64) -> Value {
    if n.fract() == 0.0 { json!(n as i64) } else { json!(n) }
}

impl Maker<'_> {
    /// A whole document.
    pub(crate) fn document(&mut self) -> Value {
        if self.draft >= Draft::Nineteen && self.random.one_in(25) {
            return self.dynamic();
        }
        self.definitions = self.random.below(3);
        let mut root = match self.schema(3, Some(0)) {
            Value::Object(fields) => fields,
            other => return other,
        };
        if self.definitions > 0 {
            let all: Map<String, Value> =
                (1..=self.definitions).map(|i| (format!("d{i}"), self.schema(2, Some(i)))).collect();
            root.insert(self.draft.definitions().to_owned(), Value::Object(all));
        }
        root.insert("$schema".to_owned(), json!(self.draft.uri()));
        Value::Object(root)
    }

    /// A list of something that whoever refers to it may say more about.
    fn dynamic(&mut self) -> Value {
        let (anchor, reference, to) = if self.draft == Draft::Twenty {
            (("$dynamicAnchor", json!("node")), "$dynamicRef", "#node")
        } else {
            (("$recursiveAnchor", json!(true)), "$recursiveRef", "#")
        };
        self.definitions = 0;
        let (leaf, more) = (self.schema(1, None), self.schema(1, None));
        let mut inner = json!({
            "$id": "list",
            "type": *self.random.pick(&["object", "array"]),
            "properties": {"a": leaf, "b": {reference: to}},
            "items": {reference: to},
        });
        let mut root = json!({
            "$schema": self.draft.uri(), "$id": "http://x.test/root", "$ref": "list",
            "$defs": {"list": Value::Null}, "properties": {"c": more}, "required": [*self.random.pick(&NAMES)],
        });
        for (schema, sometimes) in [(&mut inner, 6), (&mut root, 3)] {
            if !self.random.one_in(sometimes) {
                schema[anchor.0] = anchor.1.clone();
            }
        }
        // A reference with a plain name must lead somewhere.
        if self.draft == Draft::Twenty && inner.get("$dynamicAnchor").is_none() {
            inner["$anchor"] = json!("node");
        }
        root["$defs"]["list"] = inner;
        root
    }

    fn boolean(&mut self) -> Value {
        let yes = !self.random.one_in(3);
        match self.draft {
            Draft::Four => {
                if yes {
                    json!({})
                } else {
                    json!({"not": {}})
                }
            }
            _ => json!(yes),
        }
    }

    pub(crate) fn scalar(&mut self) -> Value {
        match self.random.below(12) {
            0 => Value::Null,
            1 => json!(self.random.one_in(2)),
            2..=4 => json!(self.random.below(8) as i64 - 2),
            5 => json!([0.5, 2.5, 0.1, -1.5][self.random.below(4)]),
            _ => json!(["", "a", "b", "ab", "aa", "bb", "abc", "c", "1", "é"][self.random.below(10)]),
        }
    }

    fn value(&mut self) -> Value {
        match self.random.below(10) {
            0 => json!([self.scalar()]),
            1 => json!({*self.random.pick(&NAMES): self.scalar()}),
            2 => json!([]),
            3 => json!({}),
            _ => self.scalar(),
        }
    }

    /// `place`: the definition this schema applies in, where a reference would say it of the same value; only later
    /// definitions may be referred to from there. `None` below a member or an item.
    pub(crate) fn schema(&mut self, depth: usize, place: Option<usize>) -> Value {
        if self.random.one_in(14) {
            return self.boolean();
        }
        let reachable = place.map_or(1, |p| p + 1);
        if reachable <= self.definitions && self.random.one_in(6) {
            let to = reachable + self.random.below(self.definitions + 1 - reachable);
            let mut out = json!({"$ref": format!("#/{}/d{to}", self.draft.definitions())});
            if self.draft >= Draft::Nineteen && self.random.one_in(2) {
                self.keywords(out.as_object_mut().unwrap(), depth.saturating_sub(1), place);
            }
            return out;
        }
        if place.is_none() && self.random.one_in(25) {
            return json!({"$ref": "#"});
        }
        let mut out = Map::new();
        self.keywords(&mut out, depth, place);
        Value::Object(out)
    }

    fn keywords(&mut self, out: &mut Map<String, Value>, depth: usize, place: Option<usize>) {
        for _ in 0..=self.random.below(3) {
            match self.random.below(if depth == 0 { 6 } else { 12 }) {
                0 | 1 => self.kinds(out),
                2 => self.numbers(out),
                3 => self.strings(out),
                4 => {
                    let n = 1 + self.random.below(3);
                    let values: Vec<Value> = (0..n).map(|_| self.value()).collect();
                    let mut kept: Vec<Value> = Vec::new();
                    values.into_iter().for_each(|v| {
                        if !kept.contains(&v) {
                            kept.push(v);
                        }
                    });
                    out.insert("enum".to_owned(), Value::Array(kept));
                }
                5 if self.draft >= Draft::Six => drop(out.insert("const".to_owned(), self.value())),
                5..=7 => self.objects(out, depth.max(1), place),
                8 => self.arrays(out, depth.max(1), place),
                9 => self.unevaluated(out, depth),
                _ => self.logic(out, depth.max(1), place),
            }
        }
    }

    fn kinds(&mut self, out: &mut Map<String, Value>) {
        let one = *self.random.pick(&TYPES);
        let other = *self.random.pick(&TYPES);
        let types = if self.random.one_in(3) && one != other { json!([one, other]) } else { json!(one) };
        out.insert("type".to_owned(), types);
        match self.random.below(10) {
            0 => drop(out.insert("format".to_owned(), json!("date"))),
            1 if self.draft >= Draft::Seven => drop(out.insert("contentEncoding".to_owned(), json!("base64"))),
            2 => drop(out.insert("description".to_owned(), json!("d"))),
            _ => {}
        }
    }

    fn numbers(&mut self, out: &mut Map<String, Value>) {
        let bound = |r: &mut Random| [-1.0, 0.0, 1.0, 2.0, 3.0, 5.0, 0.5, 2.5][r.below(8)];
        for (plain, strict) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
            if self.random.one_in(2) {
                continue;
            }
            let n = number(bound(self.random));
            match (self.random.one_in(3), self.draft) {
                (true, Draft::Four) => {
                    out.insert(plain.to_owned(), n);
                    out.insert(strict.to_owned(), json!(true));
                }
                (true, _) => drop(out.insert(strict.to_owned(), n)),
                (false, _) => drop(out.insert(plain.to_owned(), n)),
            }
        }
        if self.random.one_in(3) {
            let step = *self.random.pick(&STEPS);
            out.insert("multipleOf".to_owned(), number(step));
        }
    }

    fn strings(&mut self, out: &mut Map<String, Value>) {
        if self.random.one_in(2) {
            out.insert("pattern".to_owned(), json!(*self.random.pick(&PATTERNS)));
        }
        self.counts(out, "minLength", "maxLength");
    }

    fn counts(&mut self, out: &mut Map<String, Value>, least: &str, most: &str) {
        let low = self.random.below(3);
        if self.random.one_in(2) {
            out.insert(least.to_owned(), json!(low));
        }
        if self.random.one_in(2) {
            out.insert(most.to_owned(), json!(low + self.random.below(3)));
        }
    }

    fn names(&mut self) -> Vec<String> {
        let mut all: Vec<String> = NAMES.iter().filter(|_| self.random.one_in(2)).map(|n| (*n).to_owned()).collect();
        if all.is_empty() {
            all.push("a".to_owned());
        }
        all
    }

    fn named(&mut self, depth: usize, place: Option<usize>) -> Value {
        let names = self.names();
        Value::Object(names.into_iter().map(|n| (n, self.schema(depth - 1, place))).collect())
    }

    fn objects(&mut self, out: &mut Map<String, Value>, depth: usize, place: Option<usize>) {
        for _ in 0..=self.random.below(3) {
            match self.random.below(9) {
                0..=2 => drop(out.insert("properties".to_owned(), self.named(depth, None))),
                3 => drop(out.insert("required".to_owned(), json!(self.names()))),
                4 => {
                    let pattern = *self.random.pick(&PATTERNS);
                    let schema = self.schema(depth - 1, None);
                    out.insert("patternProperties".to_owned(), json!({pattern: schema}));
                }
                5 => {
                    let schema = if self.random.one_in(2) { json!(false) } else { self.schema(depth - 1, None) };
                    out.insert("additionalProperties".to_owned(), schema);
                }
                6 => self.counts(out, "minProperties", "maxProperties"),
                7 if self.draft >= Draft::Six => {
                    let mut names = Map::new();
                    self.strings(&mut names);
                    out.insert("propertyNames".to_owned(), Value::Object(names));
                }
                _ => self.dependencies(out, depth, place),
            }
        }
    }

    fn dependencies(&mut self, out: &mut Map<String, Value>, depth: usize, place: Option<usize>) {
        let name = *self.random.pick(&NAMES);
        let list = self.random.one_in(2);
        let (key, needs) = match (self.draft >= Draft::Nineteen, list) {
            (true, true) => ("dependentRequired", json!(self.names())),
            (true, false) => ("dependentSchemas", self.schema(depth - 1, place)),
            (false, true) => ("dependencies", json!(self.names())),
            (false, false) => ("dependencies", self.schema(depth - 1, place)),
        };
        out.insert(key.to_owned(), json!({name: needs}));
    }

    fn arrays(&mut self, out: &mut Map<String, Value>, depth: usize, place: Option<usize>) {
        let _ = place;
        for _ in 0..=self.random.below(3) {
            match self.random.below(6) {
                0 => drop(out.insert("items".to_owned(), self.schema(depth - 1, None))),
                1 => {
                    let tuple: Vec<Value> =
                        (0..1 + self.random.below(2)).map(|_| self.schema(depth - 1, None)).collect();
                    let (list, rest) = if self.draft == Draft::Twenty {
                        ("prefixItems", "items")
                    } else {
                        ("items", "additionalItems")
                    };
                    out.insert(list.to_owned(), Value::Array(tuple));
                    if self.random.one_in(2) {
                        out.insert(rest.to_owned(), self.schema(depth - 1, None));
                    }
                }
                2 => self.counts(out, "minItems", "maxItems"),
                3 => drop(out.insert("uniqueItems".to_owned(), json!(true))),
                _ if self.draft >= Draft::Six => {
                    out.insert("contains".to_owned(), self.schema(depth - 1, None));
                    if self.draft >= Draft::Nineteen && self.random.one_in(2) {
                        self.counts(out, "minContains", "maxContains");
                    }
                }
                _ => {}
            }
        }
    }

    fn unevaluated(&mut self, out: &mut Map<String, Value>, depth: usize) {
        if self.draft < Draft::Nineteen {
            return;
        }
        let key = *self.random.pick(&["unevaluatedProperties", "unevaluatedProperties", "unevaluatedItems"]);
        let schema = if self.random.one_in(3) { self.schema(depth.saturating_sub(1), None) } else { json!(false) };
        out.insert(key.to_owned(), schema);
    }

    fn logic(&mut self, out: &mut Map<String, Value>, depth: usize, place: Option<usize>) {
        match self.random.below(7) {
            0 => drop(out.insert("not".to_owned(), self.schema(depth - 1, place))),
            1 if self.draft >= Draft::Seven => {
                for key in ["if", "then", "else"] {
                    if key == "if" || !self.random.one_in(4) {
                        out.insert(key.to_owned(), self.schema(depth - 1, place));
                    }
                }
            }
            n => {
                let key = ["allOf", "anyOf", "oneOf"][n % 3];
                let n = 1 + self.random.below(3);
                let list: Vec<Value> = (0..n).map(|_| self.schema(depth - 1, place)).collect();
                out.insert(key.to_owned(), Value::Array(list));
            }
        }
    }
}
