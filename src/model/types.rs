//! Logical column types: one vocabulary for what every warehouse spells differently. `parse` reads a dialect's spelling,
//! `spell` writes it. A spelling nobody knows becomes `Other` with its text kept, never a guess.

mod own;
mod parse;
mod spell;

use serde::{Deserialize, Serialize};
use std::fmt;

/// What a timestamp knows of its zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Zone {
    /// Wall clock without a zone.
    None,
    /// An instant (stored in UTC, shown in the session's zone).
    Instant,
    /// An instant with its original offset kept.
    Offset,
}

/// A canonical type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogicalType {
    Bool,
    /// `bits` is 8, 16, 32, 64, 128 or 256.
    Int {
        bits: u16,
        signed: bool,
    },
    /// Precision and scale; precision `None` is the engine's unconstrained decimal.
    Decimal {
        precision: Option<u16>,
        scale: i16,
    },
    /// `bits` is 32 or 64.
    Float {
        bits: u16,
    },
    /// `max` in characters, `None` for unbounded; `fixed` for blank-padded CHAR.
    Text {
        max: Option<u32>,
        fixed: bool,
    },
    Bytes {
        max: Option<u32>,
    },
    Date,
    /// `precision` in fractional digits, `None` for the engine's default.
    Time {
        precision: Option<u8>,
        zone: Zone,
    },
    Timestamp {
        precision: Option<u8>,
        zone: Zone,
    },
    Interval,
    Uuid,
    /// JSON, JSONB, VARIANT, SUPER, OBJECT: anything inside.
    Json,
    Array(Box<LogicalType>),
    Map(Box<LogicalType>, Box<LogicalType>),
    Struct(Vec<StructField>),
    Enum(Vec<String>),
    Geo,
    /// A type known by name only (domains, extension types).
    Other(String),
    /// Nothing is known.
    Unknown,
}

/// A member of a struct type.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct StructField {
    pub name: String,
    pub data_type: LogicalType,
}

impl LogicalType {
    pub const BIGINT: LogicalType = LogicalType::Int { bits: 64, signed: true };
    pub const INTEGER: LogicalType = LogicalType::Int { bits: 32, signed: true };
    pub const DOUBLE: LogicalType = LogicalType::Float { bits: 64 };
    pub const TEXT: LogicalType = LogicalType::Text { max: None, fixed: false };
    pub const TIMESTAMP: LogicalType = LogicalType::Timestamp { precision: None, zone: Zone::None };
    pub const TIMESTAMPTZ: LogicalType = LogicalType::Timestamp { precision: None, zone: Zone::Instant };

    pub fn is_unknown(&self) -> bool {
        matches!(self, LogicalType::Unknown)
    }

    /// Integers, decimals and floats.
    pub fn is_numeric(&self) -> bool {
        matches!(self, LogicalType::Int { .. } | LogicalType::Decimal { .. } | LogicalType::Float { .. })
    }

    /// Decimal digits that an integer of this width needs; `None` for anything else.
    pub fn int_digits(&self) -> Option<u16> {
        match self {
            LogicalType::Int { bits: 8, .. } => Some(3),
            LogicalType::Int { bits: 16, .. } => Some(5),
            LogicalType::Int { bits: 32, .. } => Some(10),
            LogicalType::Int { bits: 64, signed: true } => Some(19),
            LogicalType::Int { bits: 64, signed: false } => Some(20),
            LogicalType::Int { bits: 128, .. } => Some(39),
            LogicalType::Int { .. } => Some(78),
            _ => None,
        }
    }
}

impl fmt::Display for LogicalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spell(crate::Dialect::Generic))
    }
}

#[cfg(test)]
mod tests;
