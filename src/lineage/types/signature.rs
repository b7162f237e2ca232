//! One line of a function file: what a call's arguments must be and what it then gives. `read` makes these from text.

use super::common::{as_decimal, is_null, max_precision, settled, unify};
use super::part::is_date_part;
use crate::bind::Typed;
use tessera_model::types::{StructField, Zone};
use tessera_model::{Dialect, LogicalType};

/// An argument of a call.
#[derive(Debug, Default)]
pub(crate) struct Arg<'a> {
    pub(crate) typed: Typed,
    /// The text of a literal or of a bare word such as MONTH.
    pub(crate) word: Option<&'a str>,
}

/// What an argument may be.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Param {
    Any,
    Kind(Kind),
    /// A type that may hold variables: `T`, `T[]`, `MAP(K, V)`, `BIGINT`.
    Shape(LogicalType),
    /// A word such as MONTH.
    Part,
    /// This very word, in lower case.
    Word(Box<str>),
    /// Conditions and results in turn, then perhaps a default: the tail of DECODE.
    Cases(LogicalType),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Integer,
    Decimal,
    Float,
    Text,
    Bytes,
    Bool,
    Date,
    Time,
    Timestamp,
    /// A timestamp that knows its zone.
    Instant,
    Interval,
    Json,
    Uuid,
    Array,
    Map,
    Struct,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slot {
    pub(super) param: Param,
    /// Chooses between other arguments and is no part of the value.
    pub(super) decides: bool,
    /// An argument of unknown type is not taken to be of this kind.
    pub(super) sure: bool,
    pub(super) optional: bool,
    pub(super) repeats: bool,
}

/// A number in a decimal's result, made from the arguments' precisions and scales.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Size {
    Is(i32),
    /// Precision and scale of the first decimal argument, then of the second.
    P,
    S,
    Q,
    T,
    /// The value of the integer literal among the arguments.
    N,
    Add(Box<Size>, Box<Size>),
    Sub(Box<Size>, Box<Size>),
    Max(Box<Size>, Box<Size>),
    Min(Box<Size>, Box<Size>),
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Gives {
    Unknown,
    Fixed(LogicalType),
    /// With variables.
    Shape(LogicalType),
    Decimal(Size, Size),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nulls {
    Unknown,
    Never,
    /// NULL when an argument is.
    Strict,
    /// NULL when every argument is.
    All,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Signature {
    pub(super) slots: Box<[Slot]>,
    pub(super) gives: Gives,
    pub(super) nulls: Nulls,
}

#[derive(Debug, PartialEq)]
pub(super) enum Fits {
    No,
    /// An argument of unknown type may or may not fit.
    Perhaps,
    Yes,
}

type Bound = Vec<(Box<str>, Typed)>;

impl Signature {
    /// The slot of an argument; the last one may repeat.
    pub(super) fn slot(&self, index: usize) -> Option<&Slot> {
        self.slots.get(index).or_else(|| self.slots.last().filter(|s| s.repeats || matches!(s.param, Param::Cases(_))))
    }

    pub(super) fn takes(&self, count: usize) -> bool {
        let needed = self.slots.iter().filter(|s| !s.optional).count();
        let open = self.slots.last().is_some_and(|s| s.repeats || matches!(s.param, Param::Cases(_)));
        count >= needed && (open || count <= self.slots.len())
    }

    pub(super) fn decides(&self, index: usize, count: usize) -> bool {
        let Some(slot) = self.slot(index) else { return false };
        match slot.param {
            Param::Cases(_) => is_condition(index - (self.slots.len() - 1), count - (self.slots.len() - 1)),
            _ => slot.decides,
        }
    }

    pub(super) fn apply(&self, dialect: Dialect, args: &[Arg<'_>]) -> (Fits, Option<LogicalType>) {
        if !self.takes(args.len()) {
            return (Fits::No, None);
        }
        let mut bound = Bound::new();
        let mut fits = Fits::Yes;
        for (i, arg) in args.iter().enumerate() {
            let Some(slot) = self.slot(i) else { return (Fits::No, None) };
            if matches!(slot.param, Param::Cases(_)) && self.decides(i, args.len()) {
                continue;
            }
            match slot.fits(dialect, arg, &mut bound) {
                Fits::No => return (Fits::No, None),
                Fits::Perhaps => fits = Fits::Perhaps,
                Fits::Yes => {}
            }
        }
        (fits, self.gives.with(dialect, args, &bound))
    }
}

/// Place `at` among `count` alternating conditions and results.
fn is_condition(at: usize, count: usize) -> bool {
    at.is_multiple_of(2) && at + 1 < count
}

impl Slot {
    fn fits(&self, dialect: Dialect, arg: &Arg<'_>, bound: &mut Bound) -> Fits {
        match &self.param {
            Param::Any => Fits::Yes,
            Param::Part => match arg.word {
                Some(word) if !is_date_part(word) => Fits::No,
                // WEEK(MONDAY), or a value that is not known.
                None if arg.typed.ty.is_some() => Fits::No,
                Some(_) | None => Fits::Yes,
            },
            Param::Word(word) => match arg.word {
                Some(text) if text.eq_ignore_ascii_case(word) => Fits::Yes,
                Some(_) => Fits::No,
                None if self.sure => Fits::No,
                None => Fits::Perhaps,
            },
            Param::Kind(kind) => match settled(arg.typed.ty.as_ref()) {
                Some(ty) if is_null(ty) || kind.holds(ty) => Fits::Yes,
                Some(_) => Fits::No,
                None if self.sure => Fits::No,
                None => Fits::Perhaps,
            },
            Param::Shape(shape) | Param::Cases(shape) => bind(dialect, shape, &arg.typed, self.sure, bound),
        }
    }
}

impl Kind {
    fn holds(self, ty: &LogicalType) -> bool {
        use LogicalType as T;
        match self {
            Kind::Number => ty.is_numeric(),
            Kind::Integer => matches!(ty, T::Int { .. }),
            Kind::Decimal => matches!(ty, T::Decimal { .. }),
            Kind::Float => matches!(ty, T::Float { .. }),
            Kind::Text => matches!(ty, T::Text { .. } | T::Enum(_)),
            Kind::Bytes => matches!(ty, T::Bytes { .. }),
            Kind::Bool => *ty == T::Bool,
            Kind::Date => *ty == T::Date,
            Kind::Time => matches!(ty, T::Time { .. }),
            Kind::Timestamp => matches!(ty, T::Timestamp { .. }),
            Kind::Instant => matches!(ty, T::Timestamp { zone: Zone::Instant | Zone::Offset, .. }),
            Kind::Interval => *ty == T::Interval,
            Kind::Json => *ty == T::Json,
            Kind::Uuid => *ty == T::Uuid,
            Kind::Array => matches!(ty, T::Array(_)),
            Kind::Map => matches!(ty, T::Map(..)),
            Kind::Struct => matches!(ty, T::Struct(_)),
        }
    }
}

/// Is the type's name a variable: a single capital letter?
pub(super) fn variable(ty: &LogicalType) -> Option<&str> {
    match ty {
        LogicalType::Other(name) if name.len() == 1 && name.as_bytes()[0].is_ascii_uppercase() => Some(name),
        _ => None,
    }
}

pub(super) fn has_variable(ty: &LogicalType) -> bool {
    match ty {
        LogicalType::Array(inner) => has_variable(inner),
        LogicalType::Map(k, v) => has_variable(k) || has_variable(v),
        LogicalType::Struct(fields) => fields.iter().any(|f| has_variable(&f.data_type)),
        other => variable(other).is_some(),
    }
}

fn bind(dialect: Dialect, shape: &LogicalType, typed: &Typed, sure: bool, bound: &mut Bound) -> Fits {
    if let Some(name) = variable(shape) {
        match bound.iter_mut().find(|(n, _)| **n == *name) {
            Some((_, before)) => *before = unify(dialect, std::mem::take(before), typed.clone()),
            None => bound.push((name.into(), typed.clone())),
        }
        return Fits::Yes;
    }
    let Some(ty) = settled(typed.ty.as_ref()) else {
        return if sure { Fits::No } else { Fits::Perhaps };
    };
    if is_null(ty) {
        return Fits::Yes;
    }
    match (shape, ty) {
        (LogicalType::Array(shape), LogicalType::Array(inner)) => {
            bind(dialect, shape, &Typed::of((**inner).clone()), sure, bound)
        }
        (LogicalType::Map(k, v), LogicalType::Map(x, y)) => {
            let first = bind(dialect, k, &Typed::of((**x).clone()), sure, bound);
            let second = bind(dialect, v, &Typed::of((**y).clone()), sure, bound);
            match (first, second) {
                (Fits::No, _) | (_, Fits::No) => Fits::No,
                (Fits::Yes, Fits::Yes) => Fits::Yes,
                _ => Fits::Perhaps,
            }
        }
        (shape, ty) if shape == ty => Fits::Yes,
        _ => Fits::No,
    }
}

fn filled(shape: &LogicalType, bound: &Bound) -> Option<LogicalType> {
    if let Some(name) = variable(shape) {
        let typed = bound.iter().find(|(n, _)| **n == *name).map(|(_, t)| t)?;
        return typed.ty.clone().filter(|t| !is_null(t) && !t.is_unknown());
    }
    Some(match shape {
        LogicalType::Array(inner) => LogicalType::Array(Box::new(filled(inner, bound)?)),
        LogicalType::Map(k, v) => LogicalType::Map(Box::new(filled(k, bound)?), Box::new(filled(v, bound)?)),
        LogicalType::Struct(fields) => LogicalType::Struct(
            fields
                .iter()
                .map(|f| Some(StructField { name: f.name.clone(), data_type: filled(&f.data_type, bound)? }))
                .collect::<Option<_>>()?,
        ),
        other => other.clone(),
    })
}

impl Gives {
    fn with(&self, dialect: Dialect, args: &[Arg<'_>], bound: &Bound) -> Option<LogicalType> {
        match self {
            Gives::Unknown => None,
            Gives::Fixed(ty) => Some(ty.clone()),
            Gives::Shape(shape) => filled(shape, bound),
            Gives::Decimal(precision, scale) => {
                let decimals: Vec<_> = args.iter().filter_map(|a| as_decimal(a.typed.ty.as_ref()?)).collect();
                if decimals.iter().any(|d| d.0.is_none()) {
                    return Some(LogicalType::Decimal { precision: None, scale: 0 });
                }
                let number = args.iter().skip(1).find_map(|a| a.typed.fit.integer());
                let precision = precision.of(&decimals, number)?.min(max_precision(dialect));
                let scale = scale.of(&decimals, number)?.min(precision);
                let precision = u16::try_from(precision).ok()?;
                Some(LogicalType::Decimal { precision: Some(precision), scale: i16::try_from(scale).ok()? })
            }
        }
    }
}

impl Size {
    fn of(&self, decimals: &[(Option<u16>, i16)], number: Option<i64>) -> Option<i32> {
        let both = |a: &Size, b: &Size| Some((a.of(decimals, number)?, b.of(decimals, number)?));
        Some(match self {
            Size::Is(n) => *n,
            Size::P => i32::from(decimals.first()?.0?),
            Size::S => i32::from(decimals.first()?.1),
            Size::Q => i32::from(decimals.get(1)?.0?),
            Size::T => i32::from(decimals.get(1)?.1),
            Size::N => i32::try_from(number?).ok()?,
            Size::Add(a, b) => both(a, b).map(|(a, b)| a.saturating_add(b))?,
            Size::Sub(a, b) => both(a, b).map(|(a, b)| a.saturating_sub(b))?,
            Size::Max(a, b) => both(a, b).map(|(a, b)| a.max(b))?,
            Size::Min(a, b) => both(a, b).map(|(a, b)| a.min(b))?,
        })
    }
}
