//! PostgreSQL's type modifiers (lengths, precisions): its functions and operators know types without them, some constructs
//! that are written like functions keep them. Facts: `exprTypmod` (nodeFuncs.c), asked of a server by `tests/oracle`.

use super::signature::Arg;
use crate::bind::{Fit, Typed};
use tessera_model::{Dialect, LogicalType};

/// What a function or an operator gives, or a choice with NULL among it. PostgreSQL's know types, not their modifiers: the
/// MAX of VARCHAR(20) values has no length.
pub(crate) fn made(dialect: Dialect, ty: LogicalType) -> LogicalType {
    use LogicalType as T;
    if dialect != Dialect::Postgres {
        return ty;
    }
    match ty {
        T::Decimal { .. } => T::Decimal { precision: None, scale: 0 },
        T::Text { max: Some(_), fixed } => T::Text { max: None, fixed },
        T::Time { zone, .. } => T::Time { precision: None, zone },
        T::Timestamp { zone, .. } => T::Timestamp { precision: None, zone },
        T::Array(inner) => T::Array(Box::new(made(dialect, *inner))),
        other => other,
    }
}

/// What PostgreSQL's functions keep of that which [`made`] takes from a type.
#[derive(Debug, PartialEq)]
pub(super) enum Keeps {
    Nothing,
    All,
    /// Texts are compared as TEXT, and the side that was made one is the value.
    AllButTexts,
}

impl Keeps {
    /// Some constructs of the language are written like functions.
    pub(super) fn by_name(name: &str) -> Keeps {
        match name {
            "array" | "coalesce" | "greatest" | "least" => Keeps::All,
            "nullif" => Keeps::AllButTexts,
            _ => Keeps::Nothing,
        }
    }

    /// What is left of the type that a call gives.
    pub(super) fn of_call(&self, args: &[Arg<'_>], mut typed: Typed) -> Typed {
        let keeps = match self {
            Keeps::All => true,
            // Of a blank-padded text and a TEXT the latter is compared, of it and a VARCHAR the former.
            Keeps::AllButTexts => {
                let padded = |arg: Option<&Arg<'_>>| match arg?.typed.ty {
                    Some(LogicalType::Text { fixed, .. }) => Some(fixed),
                    _ => None,
                };
                let other = args.get(1).filter(|arg| arg.typed.fit == Fit::None);
                if let (Some(value), Some(other)) = (args.first(), other)
                    && value.typed.fit == Fit::Text
                {
                    // A literal becomes what it is compared with.
                    let ty = other.typed.ty.clone().map(|ty| made(Dialect::Postgres, ty));
                    return Typed { ty, ..typed };
                }
                match (padded(args.first()), padded(other)) {
                    // It may be either.
                    (Some(true), None) if other.is_some_and(|arg| arg.typed.ty.is_none()) => {
                        return Typed { ty: None, ..typed };
                    }
                    (Some(value), Some(other)) if value != other => return Typed { ty: None, ..typed },
                    (value, _) => value != Some(false),
                }
            }
            Keeps::Nothing => false,
        };
        if !keeps {
            typed.ty = typed.ty.map(|ty| made(Dialect::Postgres, ty));
        }
        typed
    }
}
