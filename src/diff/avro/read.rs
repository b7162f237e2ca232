//! JSON -> arena. The types are taken from a list of work in the order of the text, as the specification resolves names,
//! so depth costs memory and never stack. What is not Avro is an error with its place.

use super::model::{Field, Id, Kind, Logical, Name, Node, Primitive, Schema};
use crate::{DiffError, Side};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

struct Job<'a> {
    slot: Id,
    value: &'a Value,
    space: String,
    in_union: bool,
}

struct Reader<'a> {
    side: Side,
    slots: Vec<Option<Node>>,
    /// Where a slot stands: its parent's slot and the step from there.
    places: Vec<(Id, String)>,
    /// A slot that only refers to a named type, and that type's slot.
    refers: HashMap<Id, Id>,
    named: HashMap<Name, Id>,
    stack: Vec<Job<'a>>,
}

pub(super) fn read(value: &Value, side: Side) -> Result<Schema, DiffError> {
    // A schema may come as the text of its file.
    let parsed;
    let value = match value {
        Value::String(text) if text.trim_start().starts_with(['{', '[', '"']) => {
            parsed = serde_json::from_str(text).map_err(|e| DiffError::NotASchema {
                side,
                message: format!("this is not JSON: {e}"),
                path: String::new(),
            })?;
            &parsed
        }
        other => other,
    };
    let mut reader = Reader {
        side,
        slots: vec![None],
        places: vec![(0, String::new())],
        refers: HashMap::new(),
        named: HashMap::new(),
        stack: vec![Job { slot: 0, value, space: String::new(), in_union: false }],
    };
    while let Some(job) = reader.stack.pop() {
        reader.take(job)?;
    }
    reader.finish()
}

impl<'a> Reader<'a> {
    fn wrong<T>(&self, slot: Id, message: impl Into<String>) -> Result<T, DiffError> {
        let mut steps = Vec::new();
        let mut at = slot;
        while at != 0 && steps.len() < 1000 {
            steps.push(self.places[at].1.as_str());
            at = self.places[at].0;
        }
        steps.reverse();
        let path = steps.concat();
        Err(DiffError::NotASchema { side: self.side, message: message.into(), path })
    }

    fn child(&mut self, parent: Id, step: String) -> Id {
        self.slots.push(None);
        self.places.push((parent, step));
        self.slots.len() - 1
    }

    fn take(&mut self, job: Job<'a>) -> Result<(), DiffError> {
        match job.value {
            Value::String(word) => self.word(&job, word, &Map::new()),
            Value::Array(branches) => {
                if job.in_union {
                    return self.wrong(job.slot, "a union may not directly contain another union");
                }
                let ids: Vec<Id> = (0..branches.len()).map(|i| self.child(job.slot, format!("/{i}"))).collect();
                for (id, branch) in ids.iter().zip(branches).rev() {
                    self.stack.push(Job { slot: *id, value: branch, space: job.space.clone(), in_union: true });
                }
                self.slots[job.slot] = Some(plain(Kind::Union(ids)));
                Ok(())
            }
            Value::Object(object) => self.object(job, object),
            other => self.wrong(job.slot, format!("a schema is a type name, a list or an object, not `{other}`")),
        }
    }

    /// A type given by name, with the attributes that stood beside it.
    fn word(&mut self, job: &Job<'a>, word: &str, beside: &Map<String, Value>) -> Result<(), DiffError> {
        if let Some(primitive) = Primitive::from_name(word) {
            let kind = Kind::Primitive(primitive);
            let logical = logical(beside, &kind);
            let extra = extra(beside, &["type", "logicalType", "precision", "scale"]);
            self.slots[job.slot] = Some(Node { logical, extra, ..plain(kind) });
            return Ok(());
        }
        let name = Name::within(word, &job.space);
        let bare = Name::within(word, "");
        match self.named.get(&name).or_else(|| self.named.get(&bare)) {
            Some(target) => {
                self.refers.insert(job.slot, *target);
                Ok(())
            }
            None => self.wrong(job.slot, format!("`{word}` is neither a primitive type nor a type defined before")),
        }
    }

    fn object(&mut self, job: Job<'a>, object: &'a Map<String, Value>) -> Result<(), DiffError> {
        let kind = match object.get("type") {
            None => return self.wrong(job.slot, "`type` is missing"),
            Some(Value::String(kind)) => kind.as_str(),
            // `{"type": {…}}` says no more than what stands inside.
            Some(inner) => {
                self.stack.push(Job { value: inner, ..job });
                return Ok(());
            }
        };
        let slot = job.slot;
        let (name, space) = match kind {
            "record" | "error" | "enum" | "fixed" => {
                let name = self.define(&job, object)?;
                let space = name.space.clone();
                (Some(name), space)
            }
            _ => (None, job.space.clone()),
        };
        let built = match kind {
            "record" | "error" => self.record(slot, object, &space)?,
            "enum" => self.symbols(slot, object)?,
            "fixed" => match object.get("size").and_then(Value::as_u64) {
                Some(size) => Kind::Fixed(size),
                None => return self.wrong(slot, "`size` of a fixed must be a number of bytes"),
            },
            "array" | "map" => {
                let key = if kind == "array" { "items" } else { "values" };
                let Some(value) = object.get(key) else {
                    return self.wrong(slot, format!("`{key}` is missing"));
                };
                let id = self.child(slot, format!("/{key}"));
                self.stack.push(Job { slot: id, value, space, in_union: false });
                if kind == "array" { Kind::Array(id) } else { Kind::Map(id) }
            }
            word => return self.word(&job, word, object),
        };
        let known = [
            "type",
            "name",
            "namespace",
            "aliases",
            "doc",
            "fields",
            "symbols",
            "default",
            "size",
            "items",
            "values",
            "logicalType",
            "precision",
            "scale",
        ];
        self.slots[slot] = Some(Node {
            aliases: self.aliases(slot, object)?.iter().map(|a| Name::within(a, name_space(&name))).collect(),
            doc: text(object, "doc"),
            logical: logical(object, &built),
            extra: extra(object, &known),
            kind: built,
            name,
        });
        Ok(())
    }

    fn define(&mut self, job: &Job<'a>, object: &Map<String, Value>) -> Result<Name, DiffError> {
        let written = match object.get("name") {
            Some(Value::String(name)) if !name.is_empty() && !name.ends_with('.') => name,
            _ => return self.wrong(job.slot, "a record, enum or fixed needs a `name`"),
        };
        let space = object.get("namespace").and_then(Value::as_str).unwrap_or(&job.space);
        let name = Name::within(written, space);
        if Primitive::from_name(&name.word).is_some() && name.space.is_empty() {
            return self.wrong(job.slot, format!("`{written}` is the name of a primitive type"));
        }
        if self.named.insert(name.clone(), job.slot).is_some() {
            return self.wrong(job.slot, format!("`{}` is defined twice", name.full()));
        }
        Ok(name)
    }

    fn aliases(&self, slot: Id, object: &Map<String, Value>) -> Result<Vec<String>, DiffError> {
        match object.get("aliases") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(all)) if all.iter().all(Value::is_string) => {
                Ok(all.iter().filter_map(Value::as_str).map(str::to_owned).collect())
            }
            Some(_) => self.wrong(slot, "`aliases` must be a list of names"),
        }
    }

    fn record(&mut self, slot: Id, object: &'a Map<String, Value>, space: &str) -> Result<Kind, DiffError> {
        let Some(Value::Array(all)) = object.get("fields") else {
            return self.wrong(slot, "`fields` of a record must be a list");
        };
        let mut fields = Vec::with_capacity(all.len());
        let mut jobs = Vec::with_capacity(all.len());
        let mut seen = HashSet::new();
        for (i, field) in all.iter().enumerate() {
            let Some(name) = field.get("name").and_then(Value::as_str).filter(|n| !n.is_empty()) else {
                return self.wrong(slot, format!("field {i} has no `name`"));
            };
            if !seen.insert(name) {
                return self.wrong(slot, format!("field `{name}` is there twice"));
            }
            let (Some(value), Some(keys)) = (field.get("type"), field.as_object()) else {
                return self.wrong(slot, format!("field `{name}` has no `type`"));
            };
            let ty = self.child(slot, format!("/fields/{i}/type"));
            jobs.push(Job { slot: ty, value, space: space.to_owned(), in_union: false });
            fields.push(Field {
                name: name.to_owned(),
                aliases: self.aliases(ty, keys)?,
                ty,
                default: keys.get("default").cloned(),
                doc: text(keys, "doc"),
                order: text(keys, "order").filter(|o| o != "ascending"),
                extra: extra(keys, &["name", "aliases", "type", "default", "doc", "order"]),
            });
        }
        self.stack.extend(jobs.into_iter().rev());
        Ok(Kind::Record(fields))
    }

    fn symbols(&self, slot: Id, object: &Map<String, Value>) -> Result<Kind, DiffError> {
        let Some(Value::Array(all)) = object.get("symbols") else {
            return self.wrong(slot, "`symbols` of an enum must be a list");
        };
        let mut seen = HashSet::new();
        for symbol in all {
            match symbol.as_str() {
                Some(word) if seen.insert(word) => {}
                Some(word) => return self.wrong(slot, format!("symbol `{word}` is there twice")),
                None => return self.wrong(slot, format!("a symbol must be text, not `{symbol}`")),
            }
        }
        let default = match object.get("default") {
            None | Some(Value::Null) => None,
            Some(Value::String(word)) if seen.contains(word.as_str()) => Some(word.clone()),
            Some(other) => return self.wrong(slot, format!("the default {other} is not among the symbols")),
        };
        let symbols = all.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        Ok(Kind::Enum { symbols, default })
    }

    /// Puts every reference in the place of its target and checks what could not be told before all was read.
    fn finish(self) -> Result<Schema, DiffError> {
        let real = |id: Id| self.refers.get(&id).copied().unwrap_or(id);
        let mut nodes = Vec::with_capacity(self.slots.len());
        for slot in &self.slots {
            let mut node = slot.clone().unwrap_or_else(|| plain(Kind::Union(Vec::new())));
            match &mut node.kind {
                Kind::Array(id) | Kind::Map(id) => *id = real(*id),
                Kind::Union(ids) => ids.iter_mut().for_each(|id| *id = real(*id)),
                Kind::Record(fields) => fields.iter_mut().for_each(|f| f.ty = real(f.ty)),
                Kind::Primitive(_) | Kind::Enum { .. } | Kind::Fixed(_) => {}
            }
            nodes.push(node);
        }
        let schema = Schema { nodes, root: 0 };
        for (slot, node) in schema.nodes.iter().enumerate() {
            let Kind::Union(branches) = &node.kind else { continue };
            let mut seen = HashSet::new();
            for branch in branches {
                let of = schema.node(*branch);
                if matches!(of.kind, Kind::Union(_)) {
                    return self.wrong(slot, "a union may not directly contain another union");
                }
                if !seen.insert((if of.name.is_some() { "" } else { of.kind.word() }, &of.name)) {
                    return self.wrong(slot, format!("the union has `{}` twice", schema.label(*branch)));
                }
            }
        }
        Ok(schema)
    }
}

fn name_space(name: &Option<Name>) -> &str {
    name.as_ref().map_or("", |n| n.space.as_str())
}

fn plain(kind: Kind) -> Node {
    Node { kind, name: None, aliases: Vec::new(), doc: None, logical: None, extra: Map::new() }
}

fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    object.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn extra(object: &Map<String, Value>, known: &[&str]) -> Map<String, Value> {
    object.iter().filter(|(k, _)| !known.contains(&k.as_str())).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// A logical type counts only on a type that can carry it, and a decimal only with a precision that makes sense.
fn logical(object: &Map<String, Value>, kind: &Kind) -> Option<Logical> {
    use Primitive::{Bytes, Int, Long, String as Text};
    let name = object.get("logicalType").and_then(Value::as_str)?;
    let on = |p: Primitive| *kind == Kind::Primitive(p);
    let known = match name {
        "decimal" => {
            let precision = object.get("precision").and_then(Value::as_u64).filter(|p| *p > 0)?;
            let scale = object.get("scale").map_or(Some(0), Value::as_u64).filter(|s| *s <= precision)?;
            let carried = on(Bytes) || matches!(kind, Kind::Fixed(_));
            return carried.then_some(Logical::Decimal { precision, scale });
        }
        "date" | "time-millis" => on(Int),
        "time-micros" => on(Long),
        "uuid" => on(Text) || *kind == Kind::Fixed(16),
        "duration" => *kind == Kind::Fixed(12),
        "big-decimal" => on(Bytes),
        word if word.starts_with("timestamp-") || word.starts_with("local-timestamp-") => on(Long),
        _ => return Some(Logical::Custom(name.to_owned())),
    };
    known.then(|| Logical::Known(name.to_owned()))
}
