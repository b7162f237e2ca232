//! Is every value of one schema a value of the other? A proof, a counterexample, or neither.

use super::confirm::{Second, confirmed};
use super::lower::Lowering;
use super::node::Arena;
use super::shape;
use super::solve::{Lit, Res, Solver, Why};
use crate::{DiffError, Side};
use serde_json::Value;

/// The answer of a containment question.
#[derive(Debug, Clone, PartialEq)]
pub enum Containment {
    Proved,
    /// A value of the first schema that the second rejects.
    Refuted(Value),
    /// Neither, and why.
    Undecided(String),
}

/// Is every value that `sub` accepts also accepted by `sup`? (`sub` is the new side of an error, `sup` the old one.)
pub fn contained(sub: &Value, sup: &Value, budget: u64) -> Result<Containment, DiffError> {
    contained_within(sub, sup, &mut { budget })
}

/// The same, where several questions share one budget of visits.
pub(crate) fn contained_within(sub: &Value, sup: &Value, budget: &mut u64) -> Result<Containment, DiffError> {
    if shape::equal(sub, sup) {
        return Ok(Containment::Proved);
    }
    if shape::too_deep(sub) || shape::too_deep(sup) {
        return Ok(Containment::Undecided(format!("a schema is nested deeper than {} levels", shape::MAX_DEPTH)));
    }
    let mut arena = Arena::new();
    let mut one = Lowering::new(&mut arena, sub, Side::New);
    let a = one.root()?;
    let mut yes = Second::new(sub, one.places);
    let mut other = Lowering::new(&mut arena, sup, Side::Old);
    let b = other.root()?;
    let mut no = Second::new(sup, other.places);
    let mut solver = Solver::new(&mut arena, *budget);
    let res = solver.sat(vec![Lit::yes(a), Lit::no(b)]);
    *budget = solver.budget;
    Ok(match res {
        Res::Empty => Containment::Proved,
        Res::Sat(value) if confirmed(&value, &mut yes, &mut no) => Containment::Refuted(value),
        Res::Sat(_) => Containment::Undecided(Why::Unconfirmed.words().to_owned()),
        Res::Unknown(why) => Containment::Undecided(why.words().to_owned()),
    })
}
