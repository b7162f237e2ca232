//! First types: what literals, operators, casts and functions give, per dialect. Where an engine's rule is not known for
//! sure the answer is `None`: a wrong type makes a false alarm, a missing one only a silent reader.

mod arith;
mod common;
mod function;

pub(crate) use arith::{Operand, binary};
pub(crate) use common::{common, is_null, literal, literal_as_argument, strict_nullable};
pub(crate) use function::{call, is_aggregate, is_date_part, is_ordered_set, takes_date_part};

#[cfg(test)]
mod tests;
