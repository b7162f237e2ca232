//! Types: what literals, operators, casts and functions give, per dialect. Where an engine's rule is not known for sure the
//! answer is unknown: a wrong type makes a false alarm, a missing one only a silent reader. Reading order: `common`
//! (literals, and the one type of two branches), `arith` (operators), `function` (look-up and calls), `modifiers` (what PostgreSQL keeps of lengths), `signature` and
//! `read` (the lines of the function files), `part` (words such as MONTH), `refused` (what engines
//! do not take).

mod arith;
mod common;
mod function;
mod modifiers;
mod part;
mod read;
mod refused;
mod signature;

pub(crate) use arith::{binary, negated};
pub(crate) use common::{boolean, common, is_null, is_open, itself, literal, strict_nullable, unify, unify_columns};
pub(crate) use function::{Function, function};
pub(crate) use modifiers::made;
pub(crate) use part::{is_date_part, takes_date_part};
pub(crate) use refused::{Meeting, argument, condition, pair, picks_one};
pub(crate) use signature::Arg;

#[cfg(test)]
mod tests;
