//! Which types may stand for which: by buf's groups of what the wire and JSON take for each other, and by what survives.

use super::model::{Enum, Field, Kind, Schema};
use tessera_model::change::Judgment;

/// Kinds of one group are read for each other on the wire.
fn wire(kind: Kind) -> u8 {
    match kind {
        Kind::Int32 | Kind::Int64 | Kind::Uint32 | Kind::Uint64 | Kind::Bool => 1,
        Kind::Sint32 | Kind::Sint64 => 2,
        Kind::String => 3,
        Kind::Bytes => 4,
        Kind::Fixed32 | Kind::Sfixed32 => 5,
        Kind::Fixed64 | Kind::Sfixed64 => 6,
        Kind::Double => 7,
        Kind::Float => 8,
        Kind::Group => 9,
        Kind::Message => 10,
        Kind::Enum => 11,
    }
}

/// Kinds of one group are read for each other on the wire and in JSON.
fn wire_json(kind: Kind) -> u8 {
    match kind {
        Kind::Int32 | Kind::Uint32 => 1,
        Kind::Int64 | Kind::Uint64 => 2,
        Kind::Fixed32 | Kind::Sfixed32 => 3,
        Kind::Fixed64 | Kind::Sfixed64 => 4,
        Kind::Bool => 5,
        Kind::Sint32 => 6,
        Kind::Sint64 => 7,
        Kind::String => 8,
        Kind::Bytes => 9,
        Kind::Double => 10,
        Kind::Float => 11,
        Kind::Group => 12,
        Kind::Message => 13,
        Kind::Enum => 14,
    }
}

/// Is every value of `from` the same value when it is read as `to`, on the wire and in JSON?
fn lossless(from: Kind, to: Kind) -> bool {
    matches!(
        (from, to),
        (Kind::Int32, Kind::Int64) | (Kind::Sint32, Kind::Sint64) | (Kind::Uint32, Kind::Uint64 | Kind::Int64)
    )
}

/// What a change of type does. Each of the three is whether the source's rule sees it.
pub(super) struct TypeChange {
    pub(super) same: bool,
    pub(super) wire: bool,
    pub(super) json: bool,
    pub(super) reads: Judgment,
    pub(super) writes: Judgment,
}

pub(super) fn compare(old: &Field, new: &Field, before: &Schema, after: &Schema) -> Option<TypeChange> {
    let named = new.kind.is_named() && old.type_name != new.type_name;
    if old.kind == new.kind && !named {
        return None;
    }
    let enums = || {
        let (was, is) = (before.enums.get(&old.type_name), after.enums.get(&new.type_name));
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        match (was, is) {
            (Some(was), Some(is)) if last(&old.type_name) == last(&new.type_name) => subset(was, is),
            _ => false,
        }
    };
    let by = |group: fn(Kind) -> u8| match new.kind {
        _ if group(old.kind) != group(new.kind) => true,
        Kind::Enum => named && !enums(),
        _ => named,
    };
    // Text may become bytes on the wire, not the other way round.
    let to_bytes = old.kind == Kind::String && new.kind == Kind::Bytes;
    let (wire, json) = (by(wire) && !to_bytes, by(wire_json));
    let judge = |from: Kind, to: Kind, all: bool| match (wire || json, lossless(from, to) || all) {
        (_, true) => Judgment::Ok,
        (true, false) => Judgment::Fails,
        (false, false) => Judgment::Risky,
    };
    // An enum that holds all values of the other: its own may be more.
    let grown = !wire && !json && new.kind == Kind::Enum;
    Some(TypeChange {
        same: true,
        wire,
        json,
        reads: judge(new.kind, old.kind, false),
        writes: judge(old.kind, new.kind, grown),
    })
}

/// Has `larger` every name of `smaller`, with the same number?
fn subset(smaller: &Enum, larger: &Enum) -> bool {
    smaller
        .values
        .iter()
        .all(|(number, names)| larger.values.get(number).is_some_and(|has| names.iter().all(|name| has.contains(name))))
}

pub(super) fn is_64_bits(kind: Kind) -> bool {
    matches!(kind, Kind::Int64 | Kind::Uint64 | Kind::Sint64 | Kind::Fixed64 | Kind::Sfixed64)
}
