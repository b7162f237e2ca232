//! What engines refuse because of types: the lines of `refused.txt`, and the questions about them. Only what is certain
//! stands there; everything else, and every other dialect, binds.

use super::common::settled;
use crate::bind::{Fit, Typed};
use std::sync::LazyLock;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::hash::FastMap;
use tessera_sql::ir::BinOp;

/// The classes of `refused.txt`, in the order of their bits.
const CLASSES: &str = "ndftbasjuy";

/// Two values that must go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meeting {
    Op(BinOp),
    Branches,
    SetSides,
    /// The target's column and what is written into it.
    Insert,
}

/// What one dialect refuses: sets of classes by place, and for pairs by the left side's class.
#[derive(Debug, Default)]
struct Rules {
    pairs: FastMap<&'static str, [u16; 10]>,
    condition: u16,
    /// By function: which argument, and what it may not be.
    functions: FastMap<&'static str, (usize, u16)>,
}

static RULES: LazyLock<FastMap<&'static str, Rules>> = LazyLock::new(|| read(include_str!("refused.txt")));

fn read(text: &'static str) -> FastMap<&'static str, Rules> {
    let mut all: FastMap<&'static str, Rules> = FastMap::default();
    for line in text.lines().filter(|l| !l.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (Some(dialect), Some(place)) = (words.next(), words.next()) else { continue };
        let rules = all.entry(dialect).or_default();
        for word in words {
            match word.split_once(':') {
                Some((left, right)) => {
                    let row = left.chars().next().and_then(|c| CLASSES.find(c));
                    if let Some(row) = row {
                        rules.pairs.entry(place).or_default()[row] = set(right);
                    }
                }
                None if place == "condition" => rules.condition = set(word),
                None => {
                    for name in place.split(',') {
                        let (name, at) = name.strip_suffix(".2").map_or((name, 0), |name| (name, 1));
                        rules.functions.insert(name, (at, set(word)));
                    }
                }
            }
        }
    }
    all
}

fn set(classes: &str) -> u16 {
    classes.chars().filter_map(|c| CLASSES.find(c)).fold(0, |set, bit| set | 1 << bit)
}

fn rules(dialect: Dialect) -> Option<&'static Rules> {
    let name = match dialect {
        Dialect::Postgres => "postgres",
        Dialect::DuckDb => "duckdb",
        Dialect::BigQuery => "bigquery",
        Dialect::Trino | Dialect::Athena => "trino",
        _ => return None,
    };
    RULES.get(name)
}

/// The bit of a value whose type is certain.
fn class(typed: &Typed) -> Option<(usize, &LogicalType)> {
    if typed.fit == Fit::Text {
        return None;
    }
    let ty = settled(typed.ty.as_ref())?;
    let letter = match ty {
        LogicalType::Int { .. } => 'n',
        LogicalType::Decimal { .. } => 'd',
        LogicalType::Float { .. } => 'f',
        LogicalType::Text { .. } => 't',
        LogicalType::Bool => 'b',
        LogicalType::Date => 'a',
        LogicalType::Timestamp { .. } => 's',
        LogicalType::Json => 'j',
        LogicalType::Uuid => 'u',
        LogicalType::Bytes { .. } => 'y',
        _ => return None,
    };
    CLASSES.find(letter).map(|bit| (bit, ty))
}

/// Why the two cannot meet there.
pub(crate) fn pair(dialect: Dialect, meeting: Meeting, a: &Typed, b: &Typed) -> Option<String> {
    let rules = rules(dialect)?;
    let place = match meeting {
        Meeting::Op(BinOp::Add) => "+",
        Meeting::Op(BinOp::Sub) => "-",
        Meeting::Op(BinOp::Mul) => "*",
        Meeting::Op(BinOp::Div) => "/",
        Meeting::Op(BinOp::Mod) => "%",
        Meeting::Op(BinOp::Concat) => "||",
        Meeting::Op(BinOp::Compare) => "=",
        Meeting::Op(_) => return None,
        Meeting::Branches => "branch",
        Meeting::SetSides => "union",
        Meeting::Insert => "insert",
    };
    let ((x, left), (y, right)) = (class(a)?, class(b)?);
    if rules.pairs.get(place)?[x] & 1 << y == 0 {
        return None;
    }
    let (left, right) = (left.spell(dialect), right.spell(dialect));
    Some(match meeting {
        Meeting::Op(BinOp::Compare) => format!("{left} and {right} cannot be compared without a cast."),
        Meeting::Op(_) => format!("There is no operator {left} {place} {right}."),
        Meeting::Branches => format!("One value is {left} or {right}, which have no type in common."),
        Meeting::SetSides => format!("A set operation has {left} on one side and {right} on the other."),
        Meeting::Insert => format!("{right} is written into a column of type {left}."),
    })
}

/// Why this is no truth value.
pub(crate) fn condition(dialect: Dialect, typed: &Typed) -> Option<String> {
    let (bit, ty) = class(typed)?;
    let refused = rules(dialect)?.condition & 1 << bit != 0;
    refused.then(|| format!("A condition is of type {}.", ty.spell(dialect)))
}

/// Why a function does not take its arguments.
pub(crate) fn argument<'t>(dialect: Dialect, name: &str, at: impl Fn(usize) -> Option<&'t Typed>) -> Option<String> {
    let rules = rules(dialect)?;
    let mut lower = [0u8; 24];
    let lower = lower.get_mut(..name.len())?;
    lower.copy_from_slice(name.as_bytes());
    lower.make_ascii_lowercase();
    let name = std::str::from_utf8(lower).ok()?;
    let (place, refused) = rules.functions.get(name)?;
    let (bit, ty) = class(at(*place)?)?;
    (refused & 1 << bit != 0).then(|| format!("{name} does not take a value of type {}.", ty.spell(dialect)))
}

/// Whether the function's value is one of its arguments, which must have a type in common.
pub(crate) fn picks_one(name: &str) -> bool {
    name.eq_ignore_ascii_case("coalesce")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood() {
        let text = include_str!("refused.txt");
        for line in text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert!(words.len() > 2, "{line}");
            for word in &words[2..] {
                let classes = word.split_once(':').map_or(*word, |(left, right)| {
                    assert!(left.len() == 1 && CLASSES.contains(left), "{line}");
                    right
                });
                assert!(!classes.is_empty() && classes.chars().all(|c| CLASSES.contains(c)), "{line}");
            }
            assert!(words[1].split(',').all(|name| name.len() <= 24), "{line}");
        }
        // Nothing that goes together with its like is refused.
        for rules in RULES.values() {
            for place in ["=", "branch", "union", "insert"] {
                let rows = rules.pairs.get(place).copied().unwrap_or_default();
                assert!((0..CLASSES.len()).all(|i| rows[i] & 1 << i == 0), "{place}");
            }
        }
    }

    #[test]
    fn a_literal_string_is_what_it_meets() {
        let text = Typed { fit: Fit::Text, ..Typed::of(LogicalType::TEXT) };
        let (number, column) = (Typed::of(LogicalType::INTEGER), Typed::of(LogicalType::TEXT));
        let compare = Meeting::Op(BinOp::Compare);
        assert_eq!(pair(Dialect::Postgres, compare, &number, &text), None);
        assert!(pair(Dialect::Postgres, compare, &number, &column).is_some());
        assert_eq!(pair(Dialect::Snowflake, compare, &number, &column), None);
        assert_eq!(pair(Dialect::DuckDb, compare, &number, &column), None);
        assert!(argument(Dialect::BigQuery, "SUM", |_| Some(&column)).is_some());
        assert!(condition(Dialect::Trino, &number).is_some());
    }
}
