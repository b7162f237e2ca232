//! What an absent field reads as: its default, else the zero of its type. Numbers of all types compare with each other.

use super::model::{Absent, Cardinality, Kind, Schema};
use super::raw::{Constant, RawField, Wrong, wrong};

/// `None` where a field cannot have a default.
pub(super) fn of(
    raw: &RawField,
    kind: Kind,
    type_name: &str,
    cardinality: Cardinality,
    schema: &Schema,
) -> Result<Option<Absent>, Wrong> {
    if matches!(cardinality, Cardinality::Repeated | Cardinality::Map) || matches!(kind, Kind::Message | Kind::Group) {
        return match &raw.default {
            Some(_) => {
                wrong(raw.line, format!("`{}` cannot have a default: it is a list, a map or a message", raw.name))
            }
            None => Ok(None),
        };
    }
    let Some(given) = &raw.default else {
        let first = schema.enums.get(type_name).map_or(0, |e| e.first);
        return Ok(Some(if kind == Kind::Enum { Absent::Int(i128::from(first)) } else { zero(kind) }));
    };
    let refused = || {
        let said = format!("the default `{}` of `{}` is no value of type {}", given.shown(), raw.name, kind.name());
        wrong(raw.line, said)
    };
    Ok(Some(match (kind, given) {
        (Kind::String | Kind::Bytes, Constant::Text(bytes)) => Absent::Bytes(bytes.clone()),
        (Kind::Bool, Constant::Word(word)) if word == "true" || word == "false" => {
            Absent::Int(i128::from(word == "true"))
        }
        (Kind::Double, Constant::Int(n)) => Absent::Float(*n as f64),
        (Kind::Double, Constant::Float(n)) => Absent::Float(*n),
        (Kind::Float, Constant::Int(n)) => Absent::Float(f64::from(*n as f32)),
        (Kind::Float, Constant::Float(n)) => Absent::Float(f64::from(*n as f32)),
        (Kind::Enum, Constant::Word(word)) => {
            let number = schema
                .enums
                .get(type_name)
                .map(|e| e.values.iter().find(|(_, names)| names.iter().any(|n| n == word)).map(|(number, _)| *number));
            match number {
                Some(Some(number)) => Absent::Int(i128::from(number)),
                _ => return refused(),
            }
        }
        (_, Constant::Int(n)) if bounds(kind).is_some_and(|(low, high)| (low..=high).contains(n)) => Absent::Int(*n),
        _ => return refused(),
    }))
}

fn zero(kind: Kind) -> Absent {
    match kind {
        Kind::String | Kind::Bytes => Absent::Bytes(Vec::new()),
        Kind::Double | Kind::Float => Absent::Float(0.0),
        _ => Absent::Int(0),
    }
}

fn bounds(kind: Kind) -> Option<(i128, i128)> {
    Some(match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => (i128::from(i32::MIN), i128::from(i32::MAX)),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => (i128::from(i64::MIN), i128::from(i64::MAX)),
        Kind::Uint32 | Kind::Fixed32 => (0, i128::from(u32::MAX)),
        Kind::Uint64 | Kind::Fixed64 => (0, i128::from(u64::MAX)),
        _ => return None,
    })
}

impl Absent {
    fn is_zero(&self) -> bool {
        match self {
            Absent::Bytes(bytes) => bytes.is_empty(),
            Absent::Int(n) => *n == 0,
            Absent::Float(n) => *n == 0.0 && n.is_sign_positive(),
        }
    }

    /// Do both read the same? Zeros of different types do.
    pub(super) fn same(&self, other: &Absent, floats_of_two_sizes: bool) -> bool {
        match (self, other) {
            _ if self.is_zero() && other.is_zero() => true,
            (Absent::Bytes(a), Absent::Bytes(b)) => a == b,
            (Absent::Int(a), Absent::Int(b)) => a == b,
            (Absent::Float(a), Absent::Float(b)) if floats_of_two_sizes => {
                a.is_nan() && b.is_nan() || *a as f32 == *b as f32
            }
            (Absent::Float(a), Absent::Float(b)) => a == b || a.is_nan() && b.is_nan(),
            // An integral float within reach of an i128 converts exactly.
            (Absent::Int(a), Absent::Float(b)) | (Absent::Float(b), Absent::Int(a)) => {
                b.fract() == 0.0 && b.abs() < 1e30 && *b as i128 == *a
            }
            _ => false,
        }
    }

    pub(super) fn shown(&self) -> String {
        match self {
            Absent::Bytes(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Absent::Int(n) => n.to_string(),
            Absent::Float(n) => n.to_string(),
        }
    }
}
