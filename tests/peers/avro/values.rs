//! Random values of a schema as the peer holds them, and whether what was read is what was written.

use apache_avro::schema::{InnerDecimalSchema, Name, UuidSchema};
use apache_avro::types::Value;
use apache_avro::{Decimal, Schema, Uuid};
use std::collections::HashMap;
use tessera_peers::Rng;

/// `None` where there is no finite value.
pub(super) fn of(schema: &Schema, rng: &mut Rng) -> Option<Value> {
    let mut named = HashMap::new();
    names(schema, &mut named);
    value(schema, &named, rng, 8)
}

fn names<'a>(schema: &'a Schema, out: &mut HashMap<Name, &'a Schema>) {
    if !matches!(schema, Schema::Ref { .. })
        && let Some(name) = schema.name()
    {
        out.insert(name.clone(), schema);
    }
    match schema {
        Schema::Record(record) => record.fields.iter().for_each(|f| names(&f.schema, out)),
        Schema::Array(array) => names(&array.items, out),
        Schema::Map(map) => names(&map.types, out),
        Schema::Union(union) => union.variants().iter().for_each(|s| names(s, out)),
        _ => {}
    }
}

fn value(schema: &Schema, named: &HashMap<Name, &Schema>, rng: &mut Rng, depth: usize) -> Option<Value> {
    let whole = [0, 1, -1, 7, i64::from(i32::MAX), i64::from(i32::MIN)];
    let int = whole[rng.below(whole.len())];
    let long = if rng.chance(30) { i64::MAX - rng.below(9) as i64 } else { int };
    let small = i32::try_from(int).unwrap_or_default();
    let texts = ["", "a", "S0", "é", "00000000-0000-0000-0000-000000000001"];
    let many = if depth == 0 { 0 } else { rng.below(3) };
    Some(match schema {
        Schema::Null => Value::Null,
        Schema::Boolean => Value::Boolean(rng.chance(50)),
        Schema::Int => Value::Int(small),
        Schema::Long => Value::Long(long),
        Schema::Float => Value::Float([0.0, 0.1, -2.5, 3e30][rng.below(4)]),
        Schema::Double => Value::Double([0.0, 0.1, -2.5, 3e300][rng.below(4)]),
        Schema::Bytes => Value::Bytes([&b""[..], b"a", b"\xff\x00", b"abc"][rng.below(4)].to_vec()),
        Schema::String => Value::String(texts[rng.below(texts.len())].to_owned()),
        Schema::Date => Value::Date(small),
        Schema::TimeMillis => Value::TimeMillis(small),
        Schema::TimeMicros => Value::TimeMicros(long),
        Schema::TimestampMillis => Value::TimestampMillis(long),
        Schema::TimestampMicros => Value::TimestampMicros(long),
        Schema::Uuid(UuidSchema::String) => Value::Uuid(Uuid::from_u128(rng.next().into())),
        // As many bytes as the precision needs: the peer refuses shorter ones.
        Schema::Decimal(d) if matches!(d.inner, InnerDecimalSchema::Bytes) => {
            Value::Decimal(Decimal::from([0, 0, 0, rng.below(100) as u8]))
        }
        Schema::Enum(e) => {
            let at = rng.below(e.symbols.len());
            Value::Enum(u32::try_from(at).ok()?, e.symbols[at].clone())
        }
        Schema::Fixed(f) => Value::Fixed(f.size, vec![b'a'; f.size]),
        Schema::Array(a) => {
            Value::Array((0..many).map(|_| value(&a.items, named, rng, depth - 1)).collect::<Option<_>>()?)
        }
        Schema::Map(m) => Value::Map(
            (0..many)
                .map(|i| Some((format!("k{i}"), value(&m.types, named, rng, depth - 1)?)))
                .collect::<Option<_>>()?,
        ),
        Schema::Union(u) => {
            let at = rng.below(u.variants().len());
            let inner = value(&u.variants()[at], named, rng, depth.saturating_sub(1))?;
            Value::Union(u32::try_from(at).ok()?, Box::new(inner))
        }
        Schema::Record(r) => Value::Record(
            r.fields
                .iter()
                .map(|f| Some((f.name.clone(), value(&f.schema, named, rng, depth.saturating_sub(1))?)))
                .collect::<Option<_>>()?,
        ),
        Schema::Ref { name } => value(named.get(name)?, named, rng, depth.checked_sub(1)?)?,
        _ => return None,
    })
}

/// Is a value the same after it was read? Fields that only one side has are left out of account.
pub(super) fn agree(sent: &Value, read: &Value) -> bool {
    let number = |v: &Value| match v {
        Value::Int(n) | Value::Date(n) | Value::TimeMillis(n) => Some(f64::from(*n)),
        Value::Long(n) | Value::TimeMicros(n) | Value::TimestampMillis(n) | Value::TimestampMicros(n) => {
            Some(*n as f64)
        }
        Value::Float(x) => Some(f64::from(*x)),
        Value::Double(x) => Some(*x),
        _ => None,
    };
    match (sent, read) {
        (Value::Union(_, a), b) => agree(a, b),
        (a, Value::Union(_, b)) => agree(a, b),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| agree(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(k, a)| b.get(k).is_some_and(|b| agree(a, b)))
        }
        (Value::Record(a), Value::Record(b)) => {
            a.iter().all(|(name, a)| b.iter().find(|(other, _)| other == name).is_none_or(|(_, b)| agree(a, b)))
        }
        (Value::Enum(_, a), Value::Enum(_, b)) => a == b,
        (Value::String(a), Value::Bytes(b)) | (Value::Bytes(b), Value::String(a)) => a.as_bytes() == b,
        (a, b) => match (number(a), number(b)) {
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        },
    }
}
