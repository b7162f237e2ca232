//! A message that proves a failed judgment, where one is made cheaply: a single field set, as JSON and as bytes (hex).

use super::compare::Walk;
use super::model::{Cardinality, Field, Kind, Message, Schema};
use serde_json::{Map, Value, json};
use tessera_model::change::Judgment;

/// A message of the old schema whose field new readers lose.
pub(super) fn gone(old: &Schema, message: &str, field: &Field) -> Option<Value> {
    made(old, message, field)
}

/// A message of the new schema, whose JSON old readers do not understand.
pub(super) fn renamed(new: &Schema, message: &str, old: &Field, field: &Field) -> Option<Value> {
    // JSON readers take the name of the field as well as its JSON name.
    let known = field.json_name == old.name || field.json_name == old.json_name;
    if known { None } else { made(new, message, field) }
}

/// A message of the new schema that reads differently under the old type.
pub(super) fn retyped(walk: &Walk<'_>, message: &str, old: &Field, new: &Field, reads: Judgment) -> Option<Value> {
    let both = |kind| old.kind == kind && new.kind == kind;
    if reads == Judgment::Ok || both(Kind::Message) || both(Kind::Group) {
        return None;
    }
    if both(Kind::Enum) {
        let (was, is) = (walk.old.enums.get(&old.type_name)?, walk.new.enums.get(&new.type_name)?);
        let known = |name: &String| was.values.values().flatten().any(|other| other == name);
        let (number, name) =
            is.values.iter().find_map(|(n, names)| names.iter().find(|w| !known(w)).map(|w| (*n, w)))?;
        return one(walk.new, message, new, json!(name), varint(number));
    }
    made(walk.new, message, new)
}

/// A message of the new schema with as many values as the old one does not take.
pub(super) fn count(walk: &Walk<'_>, message: &str, old: &Field, new: &Field, reads: Judgment) -> Option<Value> {
    if reads != Judgment::Fails || new.cardinality == Cardinality::Map || new.kind != old.kind {
        return None;
    }
    if old.cardinality == Cardinality::Required && new.cardinality != Cardinality::Repeated {
        let alone = walk.new.messages.get(message)?.fields.values().all(|f| f.cardinality != Cardinality::Required);
        return alone.then(|| json!({"message": message, "json": {}, "bytes": ""}));
    }
    made(walk.new, message, new)
}

fn made(schema: &Schema, message: &str, field: &Field) -> Option<Value> {
    let (json, bytes) = sample(schema, field)?;
    one(schema, message, field, json, bytes)
}

/// `None` where other fields are required: one field does not make a message.
fn one(schema: &Schema, message: &str, field: &Field, value: Value, bytes: Vec<u8>) -> Option<Value> {
    let holder: &Message = schema.messages.get(message)?;
    let alone = holder.fields.values().all(|f| f.cardinality != Cardinality::Required || f.number == field.number);
    if !alone || holder.map_entry || field.extendee.is_some() || field.cardinality == Cardinality::Map {
        return None;
    }
    let mut wire = varint((field.number << 3) | wire_type(field.kind));
    wire.extend(bytes);
    let value = if field.cardinality == Cardinality::Repeated { json!([value]) } else { value };
    let mut body = Map::new();
    body.insert(field.json_name.clone(), value);
    let hex: String = wire.iter().map(|byte| format!("{byte:02x}")).collect();
    Some(json!({"message": message, "json": body, "bytes": hex}))
}

fn wire_type(kind: Kind) -> i64 {
    match kind {
        Kind::Double | Kind::Fixed64 | Kind::Sfixed64 => 1,
        Kind::String | Kind::Bytes | Kind::Message => 2,
        Kind::Group => 3,
        Kind::Float | Kind::Fixed32 | Kind::Sfixed32 => 5,
        _ => 0,
    }
}

/// Negative numbers take ten bytes, as on the wire.
fn varint(number: i64) -> Vec<u8> {
    let mut rest = number as u64;
    let mut out = Vec::new();
    loop {
        let low = (rest & 0x7f) as u8;
        rest >>= 7;
        if rest == 0 {
            out.push(low);
            return out;
        }
        out.push(low | 0x80);
    }
}

/// A value of the field that few other types hold.
fn sample(schema: &Schema, field: &Field) -> Option<(Value, Vec<u8>)> {
    const WIDE: i64 = -4_294_967_297;
    Some(match field.kind {
        Kind::Int32 => (json!(-1), varint(-1)),
        Kind::Int64 => (json!(WIDE.to_string()), varint(WIDE)),
        Kind::Sint32 => (json!(-1), varint(1)),
        Kind::Sint64 => (json!(WIDE.to_string()), varint(-WIDE * 2 - 1)),
        Kind::Uint32 => (json!(u32::MAX), varint(i64::from(u32::MAX))),
        Kind::Uint64 => (json!(u64::MAX.to_string()), varint(-1)),
        Kind::Fixed32 => (json!(u32::MAX), u32::MAX.to_le_bytes().to_vec()),
        Kind::Sfixed32 => (json!(-1), (-1i32).to_le_bytes().to_vec()),
        Kind::Fixed64 => (json!(u64::MAX.to_string()), u64::MAX.to_le_bytes().to_vec()),
        Kind::Sfixed64 => (json!("-1"), (-1i64).to_le_bytes().to_vec()),
        Kind::Double => (json!(1.5), 1.5f64.to_le_bytes().to_vec()),
        Kind::Float => (json!(1.5), 1.5f32.to_le_bytes().to_vec()),
        Kind::Bool => (json!(true), vec![1]),
        Kind::String => (json!("text"), b"\x04text".to_vec()),
        Kind::Bytes => (json!("/w=="), vec![1, 0xff]),
        Kind::Enum => {
            let (number, names) = schema.enums.get(&field.type_name)?.values.iter().next_back()?;
            (json!(names.first()?), varint(*number))
        }
        Kind::Message | Kind::Group => {
            let inner = schema.messages.get(&field.type_name)?;
            if inner.fields.values().any(|f| f.cardinality == Cardinality::Required) {
                return None;
            }
            let end = if field.kind == Kind::Group { varint((field.number << 3) | 4) } else { vec![0] };
            (json!({}), end)
        }
    })
}
