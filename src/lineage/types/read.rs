//! Reads function files; `functions/README.md` explains their lines. A line that says nothing is skipped here and found by
//! the test that reads every file strictly.

use super::signature::{Gives, Kind, Nulls, Param, Signature, Size, Slot, has_variable};
use tessera_model::{Dialect, LogicalType};

/// The part of a file that a line stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Scalars,
    Aggregates,
    /// Functions that give as many rows as their argument has elements.
    RowMakers,
    /// Aggregates whose value is what WITHIN GROUP orders by.
    OrderedSets,
}

#[derive(Debug, PartialEq)]
pub(super) struct Line<'a> {
    pub(super) names: Vec<&'a str>,
    pub(super) section: Section,
    pub(super) signature: Signature,
}

/// The lines of a file, and those that could not be read.
pub(super) fn lines(dialect: Dialect, text: &str) -> (Vec<Line<'_>>, Vec<&str>) {
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    let mut section = Section::Scalars;
    for raw in text.lines() {
        let line = raw.split('#').next().unwrap_or_default().trim();
        match line {
            "" => {}
            "[scalars]" => section = Section::Scalars,
            "[aggregates]" => section = Section::Aggregates,
            "[row makers]" => section = Section::RowMakers,
            "[ordered sets]" => section = Section::OrderedSets,
            _ => match signature(dialect, line) {
                Some((names, signature)) => good.push(Line { names, section, signature }),
                None => bad.push(raw),
            },
        }
    }
    (good, bad)
}

fn signature(dialect: Dialect, line: &str) -> Option<(Vec<&str>, Signature)> {
    let (left, right) = line.split_once("->")?;
    let (names, slots) = left.trim().strip_suffix(')')?.split_once('(')?;
    let names: Vec<&str> = names.split(',').map(str::trim).collect();
    let plain = |n: &&str| !n.is_empty() && n.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !names.iter().all(plain) {
        return None;
    }
    let slots = pieces(slots).into_iter().map(|s| slot(dialect, s)).collect::<Option<Vec<_>>>()?;
    let right = right.trim();
    let (right, nulls) = [("not null", Nulls::Never), ("strict", Nulls::Strict), ("all", Nulls::All)]
        .into_iter()
        .find_map(|(word, nulls)| Some((right.strip_suffix(word)?.strip_suffix(' ')?.trim(), nulls)))
        .unwrap_or((right, Nulls::Unknown));
    Some((names, Signature { slots: slots.into(), gives: gives(dialect, right)?, nulls }))
}

/// Splits at commas outside of brackets.
fn pieces(text: &str) -> Vec<&str> {
    let (mut out, mut depth, mut start) = (Vec::new(), 0usize, 0);
    for (i, c) in text.char_indices() {
        match c {
            '(' | '<' => depth += 1,
            ')' | '>' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                out.push(text[start..i].trim());
                start = i + 1;
            }
            _ => {}
        }
    }
    let last = text[start..].trim();
    if !last.is_empty() {
        out.push(last);
    }
    out
}

fn slot(dialect: Dialect, text: &str) -> Option<Slot> {
    let mut slot = Slot { param: Param::Any, decides: false, sure: false, optional: false, repeats: false };
    if text == "..." {
        return Some(Slot { optional: true, repeats: true, ..slot });
    }
    let (text, repeats) = text.strip_suffix("...").map_or((text, false), |t| (t, true));
    let (text, optional) = text.strip_suffix('?').map_or((text, false), |t| (t, true));
    let (text, decides) = text.strip_prefix('~').map_or((text, false), |t| (t, true));
    let (text, sure) = text.strip_prefix('!').map_or((text, false), |t| (t, true));
    (slot.repeats, slot.optional, slot.decides, slot.sure) = (repeats, optional, decides, sure);
    slot.param = match text {
        "any" => Param::Any,
        "part" => Param::Part,
        "cases" => Param::Cases(LogicalType::Other("T".to_owned())),
        quoted if quoted.len() > 2 && quoted.starts_with('\'') => {
            Param::Word(quoted.trim_matches('\'').to_ascii_lowercase().into())
        }
        lower if lower.chars().all(|c| c.is_ascii_lowercase()) => Param::Kind(kind(lower)?),
        spelled => Param::Shape(written(dialect, spelled)?),
    };
    Some(slot)
}

fn kind(word: &str) -> Option<Kind> {
    Some(match word {
        "number" => Kind::Number,
        "integer" => Kind::Integer,
        "decimal" => Kind::Decimal,
        "float" => Kind::Float,
        "text" => Kind::Text,
        "bytes" => Kind::Bytes,
        "bool" => Kind::Bool,
        "date" => Kind::Date,
        "time" => Kind::Time,
        "timestamp" => Kind::Timestamp,
        "instant" => Kind::Instant,
        "interval" => Kind::Interval,
        "json" => Kind::Json,
        "uuid" => Kind::Uuid,
        "array" => Kind::Array,
        "map" => Kind::Map,
        "struct" => Kind::Struct,
        _ => return None,
    })
}

/// A type in the dialect's spelling; one that it does not know must be a variable.
fn written(dialect: Dialect, text: &str) -> Option<LogicalType> {
    let ty = LogicalType::parse(dialect, text);
    let known = |ty: &LogicalType| !matches!(ty, LogicalType::Other(_) | LogicalType::Unknown) || has_variable(ty);
    known(&ty).then_some(ty)
}

fn gives(dialect: Dialect, text: &str) -> Option<Gives> {
    if text == "?" {
        return Some(Gives::Unknown);
    }
    if let Some(sizes) = text.strip_prefix("decimal(").and_then(|t| t.strip_suffix(')')) {
        let [precision, scale] = pieces(sizes)[..] else { return None };
        return Some(Gives::Decimal(size(precision)?, size(scale)?));
    }
    let ty = written(dialect, text)?;
    Some(if has_variable(&ty) { Gives::Shape(ty) } else { Gives::Fixed(ty) })
}

/// `p`, `s + 4`, `max(p, 3) - s`: sums from left to right.
fn size(text: &str) -> Option<Size> {
    let mut depth = 0usize;
    for (i, c) in text.char_indices().rev() {
        match c {
            ')' => depth += 1,
            '(' => depth = depth.saturating_sub(1),
            '+' | '-' if depth == 0 => {
                let (left, right) = (Box::new(size(&text[..i])?), Box::new(size(&text[i + 1..])?));
                return Some(if c == '+' { Size::Add(left, right) } else { Size::Sub(left, right) });
            }
            _ => {}
        }
    }
    let text = text.trim();
    for (word, make) in [("max(", Size::Max as fn(_, _) -> _), ("min(", Size::Min)] {
        if let Some(inside) = text.strip_prefix(word).and_then(|t| t.strip_suffix(')')) {
            let [a, b] = pieces(inside)[..] else { return None };
            return Some(make(Box::new(size(a)?), Box::new(size(b)?)));
        }
    }
    Some(match text {
        "p" => Size::P,
        "s" => Size::S,
        "q" => Size::Q,
        "t" => Size::T,
        "n" => Size::N,
        number => Size::Is(number.parse().ok()?),
    })
}
