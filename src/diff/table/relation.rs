//! Relations between two canonical types: does every value of the first fit the second, and by which way? Each is a pure
//! predicate with a name; `rules/*.txt` says what a relation is worth in a warehouse.

use tessera_model::LogicalType as T;
use tessera_model::types::Zone;

/// A name for `rules/*.txt`, and when it holds between an old and a new type; the last argument is the warehouse's default
/// time precision.
type Relation = (&'static str, fn(&T, &T, u8) -> bool);

pub(crate) const RELATIONS: &[Relation] = &[
    ("int-to-wider-int", |a, b, _| int_to_wider_int(a, b)),
    ("int8-to-int16", |a, b, _| (bits(a), bits(b)) == (Some(8), Some(16))),
    ("int8-to-int32", |a, b, _| (bits(a), bits(b)) == (Some(8), Some(32))),
    ("int16-to-int32", |a, b, _| (bits(a), bits(b)) == (Some(16), Some(32))),
    ("int-to-decimal", |a, b, _| int_to_decimal(a, b, a.int_digits())),
    ("int-to-roomy-decimal", |a, b, _| {
        int_to_decimal(a, b, a.int_digits().map(|d| if d > 10 { d.max(20) } else { 10 }))
    }),
    ("int-to-exact-float", |a, b, _| int_to_exact_float(a, b)),
    ("decimal-to-wider-decimal", |a, b, _| decimal_wider(a, b)),
    ("decimal-to-longer-decimal", |a, b, _| scale(a) == scale(b) && decimal_wider(a, b)),
    ("decimal-to-int", |a, b, _| decimal_to_int(a, b)),
    ("decimal-to-exact-float", |a, b, _| decimal_to_exact_float(a, b)),
    ("float-to-wider-float", |a, b, _| matches!((a, b), (T::Float { bits: x }, T::Float { bits: y }) if x <= y)),
    ("text-to-longer-text", |a, b, _| text_longer(a, b)),
    ("bytes-to-longer-bytes", |a, b, _| matches!((a, b), (T::Bytes { max: x }, T::Bytes { max: y }) if fits(*x, *y))),
    ("time-to-finer-time", |a, b, d| time_finer(a, b, d)),
    ("timestamp-to-finer", |a, b, d| timestamp_finer(a, b, d).is_some_and(|(_, to)| to <= 6)),
    ("timestamp-to-nanos", |a, b, d| timestamp_finer(a, b, d).is_some_and(|(_, to)| to > 6)),
    ("date-to-timestamp", |a, b, d| *a == T::Date && stamp(b, d).is_some_and(|(p, z)| p <= 6 && z == Zone::None)),
    ("date-to-timestamp-nanos", |a, b, d| *a == T::Date && stamp(b, d).is_some_and(|(p, z)| p > 6 && z == Zone::None)),
    ("date-to-instant", |a, b, d| *a == T::Date && stamp(b, d).is_some_and(|(p, z)| p <= 6 && z != Zone::None)),
    ("timestamp-to-instant", |a, b, d| zoned(a, b, d, Zone::None, Zone::Instant)),
    ("instant-to-timestamp", |a, b, d| zoned(a, b, d, Zone::Instant, Zone::None)),
    ("time-to-zoned-time", |a, b, d| match (a, b) {
        (T::Time { precision: p, zone: Zone::None }, T::Time { precision: q, zone }) => {
            *zone != Zone::None && p.unwrap_or(d) <= q.unwrap_or(d)
        }
        _ => false,
    }),
    ("datetime-to-datetime2", |a, b, d| {
        called(a, "datetime") && stamp(b, d).is_some_and(|(p, z)| p >= 3 && z == Zone::None)
    }),
    ("enum-to-text", |a, b, _| matches!((a, b), (T::Enum(v), T::Text { max, fixed: false }) if longest(v, *max))),
    (
        "fixed-text-to-text",
        |a, b, _| matches!((a, b), (T::Text { max: x, fixed: true }, T::Text { max: y, .. }) if fits(*x, *y)),
    ),
    ("bool-to-number", |a, b, _| *a == T::Bool && b.is_numeric()),
    ("bool-to-text", |a, b, _| *a == T::Bool && prints_into(a, b)),
    ("number-to-text", |a, b, _| a.is_numeric() && prints_into(a, b)),
    ("uuid-to-text", |a, b, _| *a == T::Uuid && prints_into(a, b)),
    // How an instant prints is the session's zone.
    ("any-to-text", |a, b, _| {
        unbounded(b) && !matches!(a, T::Text { .. } | T::Unknown | T::Timestamp { zone: Zone::Instant, .. })
    }),
    ("instant-to-text", |a, b, _| instant(a) && unbounded(b)),
    ("any-to-json", |a, b, _| *b == T::Json && jsonable(a)),
    ("instant-to-json", |a, b, _| instant(a) && *b == T::Json),
    ("json-text-to-json", |a, b, _| called(a, "json") && *b == T::Json),
    ("json-to-json-text", |a, b, _| *a == T::Json && called(b, "json")),
    ("uuid-to-bytes", |a, b, _| *a == T::Uuid && matches!(b, T::Bytes { max } if max.is_none_or(|m| m >= 16))),
    ("null-to-any", |a, _, _| matches!(a, T::Other(name) if name.eq_ignore_ascii_case("void"))),
];

fn bits(t: &T) -> Option<u16> {
    match t {
        T::Int { bits, signed: true } => Some(*bits),
        _ => None,
    }
}

fn scale(t: &T) -> Option<i16> {
    match t {
        T::Decimal { scale, .. } => Some(*scale),
        _ => None,
    }
}

/// Does `a` (none: unbounded) fit into `b`?
fn fits(a: Option<u32>, b: Option<u32>) -> bool {
    match (a, b) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(a), Some(b)) => a <= b,
    }
}

fn int_to_wider_int(a: &T, b: &T) -> bool {
    match (a, b) {
        (T::Int { bits: x, signed: s }, T::Int { bits: y, signed: t }) => match (s, t) {
            (true, true) | (false, false) => x <= y,
            (false, true) => x < y,
            (true, false) => false,
        },
        _ => false,
    }
}

fn int_to_decimal(a: &T, b: &T, digits: Option<u16>) -> bool {
    match (a, b, digits) {
        (T::Int { .. }, T::Decimal { precision: None, .. }, _) => true,
        // A negative scale keeps hundreds and the like only.
        (T::Int { .. }, T::Decimal { precision: Some(p), scale }, Some(need)) => {
            *scale >= 0 && i32::from(*p) - i32::from(*scale) >= i32::from(need)
        }
        _ => false,
    }
}

fn int_to_exact_float(a: &T, b: &T) -> bool {
    match (a, b) {
        (T::Int { bits: x, .. }, T::Float { bits: 32 }) => *x <= 16,
        (T::Int { bits: x, .. }, T::Float { .. }) => *x <= 32,
        _ => false,
    }
}

fn decimal_wider(a: &T, b: &T) -> bool {
    match (a, b) {
        (T::Decimal { .. }, T::Decimal { precision: None, .. }) => true,
        (T::Decimal { precision: Some(p), scale: s }, T::Decimal { precision: Some(q), scale: t }) => {
            t >= s && i32::from(*q) - i32::from(*t) >= i32::from(*p) - i32::from(*s)
        }
        _ => false,
    }
}

fn decimal_to_int(a: &T, b: &T) -> bool {
    match (a, b) {
        // The largest whole power of ten that each width holds.
        (T::Decimal { precision: Some(p), scale: s @ ..=0 }, T::Int { bits, signed: true }) => {
            i32::from(*p) - i32::from(*s)
                <= match bits {
                    8 => 2,
                    16 => 4,
                    32 => 9,
                    64 => 18,
                    128 => 38,
                    _ => 76,
                }
        }
        _ => false,
    }
}

fn decimal_to_exact_float(a: &T, b: &T) -> bool {
    match (a, b) {
        (T::Decimal { precision: Some(p), .. }, T::Float { bits: 64 }) => *p <= 15,
        (T::Decimal { precision: Some(p), .. }, T::Float { .. }) => *p <= 6,
        _ => false,
    }
}

/// A blank-padded text is another type: its values compare differently.
fn text_longer(a: &T, b: &T) -> bool {
    matches!((a, b), (T::Text { max: x, fixed: false }, T::Text { max: y, fixed: false }) if fits(*x, *y))
}

fn time_finer(a: &T, b: &T, digits: u8) -> bool {
    match (a, b) {
        (T::Time { precision: p, zone: y }, T::Time { precision: q, zone: z }) => {
            y == z && p.unwrap_or(digits) <= q.unwrap_or(digits)
        }
        _ => false,
    }
}

fn stamp(t: &T, digits: u8) -> Option<(u8, Zone)> {
    match t {
        T::Timestamp { precision, zone } => Some((precision.unwrap_or(digits), *zone)),
        _ => None,
    }
}

fn timestamp_finer(a: &T, b: &T, digits: u8) -> Option<(u8, u8)> {
    let ((p, y), (q, z)) = (stamp(a, digits)?, stamp(b, digits)?);
    (y == z && p <= q).then_some((p, q))
}

fn zoned(a: &T, b: &T, digits: u8, from: Zone, to: Zone) -> bool {
    match (stamp(a, digits), stamp(b, digits)) {
        (Some((p, y)), Some((q, z))) => y == from && z == to && p <= q,
        _ => false,
    }
}

fn unbounded(t: &T) -> bool {
    matches!(t, T::Text { max: None, fixed: false })
}

fn instant(t: &T) -> bool {
    matches!(t, T::Timestamp { zone: Zone::Instant, .. })
}

/// A type known by its name only.
fn called(t: &T, name: &str) -> bool {
    matches!(t, T::Other(known) if known == name)
}

/// Is the text long enough for whatever `a` prints as?
fn prints_into(a: &T, b: &T) -> bool {
    match b {
        T::Text { max: None, fixed: false } => true,
        T::Text { max: Some(m), fixed: false } => printed(a).is_some_and(|longest| longest <= *m),
        _ => false,
    }
}

/// The longest that a value prints as: digits, a sign, a point and what stands before it.
fn printed(t: &T) -> Option<u32> {
    match t {
        T::Bool => Some(5),
        T::Uuid => Some(36),
        T::Int { .. } => t.int_digits().map(|d| u32::from(d) + 1),
        T::Decimal { precision: Some(p), scale } => {
            let (digits, places) = (u32::from(*p), u32::from(scale.unsigned_abs()));
            Some(match *scale {
                ..=0 => digits + places + 1,
                _ if digits > places => digits + 2,
                _ => places + 3,
            })
        }
        // `-1.1754944e-38`, `-2.2250738585072014e-308`
        T::Float { bits: 32 } => Some(15),
        T::Float { .. } => Some(24),
        _ => None,
    }
}

/// Has JSON a form that reads back as the same value? Text is none: it would have to be JSON itself.
fn jsonable(t: &T) -> bool {
    match t {
        T::Bool | T::Int { .. } | T::Float { .. } | T::Uuid | T::Enum(_) => true,
        T::Decimal { precision, scale } => precision.is_none_or(|p| i32::from(*scale) < i32::from(p)),
        T::Date | T::Time { .. } | T::Interval => true,
        T::Timestamp { zone, .. } => *zone != Zone::Instant,
        T::Text { .. } => false,
        T::Array(inner) => inside(inner),
        T::Map(key, value) => inside(key) && inside(value),
        T::Struct(fields) => fields.iter().all(|f| inside(&f.data_type)),
        _ => false,
    }
}

fn inside(t: &T) -> bool {
    matches!(t, T::Text { .. }) || jsonable(t)
}

fn longest(values: &[String], max: Option<u32>) -> bool {
    max.is_none_or(|m| values.iter().all(|v| v.chars().count() <= m as usize))
}
