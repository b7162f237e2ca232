//! Does a field's default fit its type? A default that does not fit cannot be filled in by a reader.

use super::model::{Id, Kind, Primitive, Schema};
use serde_json::Value;
use std::cell::Cell;
use tessera_model::change::Judgment;

/// Ok when it fits; risky when it fits a union's later branch only, which older implementations refuse; fails
/// otherwise. Nesting deeper than 64 levels is undecided, and so is a default that takes more than `MOST_VISITS` to look
/// through: a record whose fields have themselves as defaults doubles at every level.
pub(super) fn fits(schema: &Schema, ty: Id, value: &Value) -> Judgment {
    level(schema, ty, value, 64, &Cell::new(MOST_VISITS))
}

const MOST_VISITS: usize = 100_000;

fn level(schema: &Schema, ty: Id, value: &Value, left: usize, visits: &Cell<usize>) -> Judgment {
    if left == 0 || visits.get() == 0 {
        return Judgment::Undecided;
    }
    visits.set(visits.get() - 1);
    let inner = |id: Id, v: &Value| level(schema, id, v, left - 1, visits);
    let whether = |yes: bool| if yes { Judgment::Ok } else { Judgment::Fails };
    match &schema.node(ty).kind {
        Kind::Primitive(primitive) => whether(match primitive {
            Primitive::Null => value.is_null(),
            Primitive::Boolean => value.is_boolean(),
            Primitive::Int => value.as_i64().is_some_and(|n| i32::try_from(n).is_ok()),
            Primitive::Long => value.as_i64().is_some(),
            // Not-a-number and the infinities are written as text.
            Primitive::Float | Primitive::Double => {
                value.is_number() || matches!(value.as_str(), Some("NaN" | "Infinity" | "-Infinity" | "INF" | "-INF"))
            }
            Primitive::Bytes => value.as_str().is_some_and(|s| s.chars().all(|c| u32::from(c) < 256)),
            Primitive::String => value.is_string(),
        }),
        Kind::Fixed(size) => whether(value.as_str().is_some_and(|s| s.chars().count() as u64 == *size)),
        Kind::Enum { symbols, .. } => whether(value.as_str().is_some_and(|s| symbols.iter().any(|x| x == s))),
        Kind::Array(items) => match value {
            Value::Array(all) => worst(all.iter().map(|v| inner(*items, v))),
            _ => Judgment::Fails,
        },
        Kind::Map(values) => match value {
            Value::Object(all) => worst(all.values().map(|v| inner(*values, v))),
            _ => Judgment::Fails,
        },
        Kind::Record(fields) => match value {
            Value::Object(all) => worst(fields.iter().map(|f| match all.get(&f.name).or(f.default.as_ref()) {
                Some(v) => inner(f.ty, v),
                None => Judgment::Fails,
            })),
            _ => Judgment::Fails,
        },
        Kind::Union(branches) => {
            let mut each = branches.iter().map(|b| inner(*b, value));
            match each.next() {
                Some(Judgment::Fails) => match each.min() {
                    Some(Judgment::Ok) => Judgment::Risky,
                    Some(other) => other,
                    None => Judgment::Fails,
                },
                Some(first) => first,
                None => Judgment::Fails,
            }
        }
    }
}

fn worst(all: impl Iterator<Item = Judgment>) -> Judgment {
    all.max().unwrap_or(Judgment::Ok)
}
