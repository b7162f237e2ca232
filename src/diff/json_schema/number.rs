//! Numbers: an interval, a lattice of multiples, and points or lattices to stay off.

use super::dec::Dec;
use super::node::{Kind, Node};
use super::solve::{Lit, Res, Solver, Why};
use serde_json::Value;
use std::cmp::Ordering;

/// Lattice points tried from each end before giving up.
const TRIES: i128 = 200;

/// A bound and whether it is excluded.
type Bound = Option<(Dec, bool)>;

#[derive(Default)]
struct Range {
    low: Bound,
    high: Bound,
}

impl Range {
    fn raise(&mut self, bound: Dec, exclusive: bool) {
        let tighter = |(b, e): &(Dec, bool)| match bound.compare(*b) {
            Ordering::Greater => true,
            Ordering::Equal => exclusive && !e,
            Ordering::Less => false,
        };
        if self.low.as_ref().is_none_or(tighter) {
            self.low = Some((bound, exclusive));
        }
    }

    fn lower(&mut self, bound: Dec, exclusive: bool) {
        let tighter = |(b, e): &(Dec, bool)| match bound.compare(*b) {
            Ordering::Less => true,
            Ordering::Equal => exclusive && !e,
            Ordering::Greater => false,
        };
        if self.high.as_ref().is_none_or(tighter) {
            self.high = Some((bound, exclusive));
        }
    }

    fn is_empty(&self) -> bool {
        match (self.low, self.high) {
            (Some((l, x)), Some((h, y))) => match l.compare(h) {
                Ordering::Greater => true,
                Ordering::Equal => x || y,
                Ordering::Less => false,
            },
            _ => false,
        }
    }
}

impl Solver<'_> {
    pub(crate) fn number(&mut self, atoms: &[Lit], kind: Kind) -> Res {
        let mut range = Range::default();
        let mut step: Option<Dec> = (kind == Kind::Int).then_some(Dec::ONE);
        let mut off: Vec<Dec> = Vec::new();
        for lit in atoms {
            match (self.arena.node(lit.id()), lit.negated()) {
                (Node::Min { bound, exclusive }, false) => range.raise(*bound, *exclusive),
                (Node::Min { bound, exclusive }, true) => range.lower(*bound, !exclusive),
                (Node::Max { bound, exclusive }, false) => range.lower(*bound, *exclusive),
                (Node::Max { bound, exclusive }, true) => range.raise(*bound, !exclusive),
                (Node::Multiple(s), false) => match step.map_or(Some(*s), |t| t.lcm(*s)) {
                    Some(both) => step = Some(both),
                    None => return Res::Unknown(Why::Hard),
                },
                (Node::Multiple(s), true) => off.push(*s),
                _ => {}
            }
        }
        if range.is_empty() {
            return Res::Empty;
        }
        if kind == Kind::Frac {
            off.push(Dec::ONE);
        }
        // A lattice inside one that is forbidden.
        if let Some(step) = step
            && off.iter().any(|o| step.is_multiple_of(*o) == Some(true))
        {
            return Res::Empty;
        }
        match step {
            Some(step) => self.lattice(atoms, kind, &range, step),
            None => self.dense(atoms, &range),
        }
    }

    fn check(&mut self, atoms: &[Lit], kind: Kind, number: Dec) -> Option<Res> {
        let value = number.value()?;
        self.budget = self.budget.saturating_sub(1);
        (Kind::of(&value) == kind && self.all_hold(atoms, &value) == Some(true)).then_some(Res::Sat(value))
    }

    fn lattice(&mut self, atoms: &[Lit], kind: Kind, range: &Range, step: Dec) -> Res {
        let first = match range.low {
            None => None,
            Some((low, strict)) => match low.steps_up(step) {
                Some((k, exact)) => Some(if exact && strict { k + 1 } else { k }),
                None => return Res::Unknown(Why::Hard),
            },
        };
        // The largest k with k·step <= high is minus the smallest with k·step >= -high.
        let last = match range.high {
            None => None,
            Some((high, strict)) => match high.minus().steps_up(step) {
                Some((k, exact)) => Some(if exact && strict { -k - 1 } else { -k }),
                None => return Res::Unknown(Why::Hard),
            },
        };
        let (tries, whole): (Vec<i128>, bool) = match (first, last) {
            (Some(a), Some(z)) if a > z => return Res::Empty,
            (Some(a), Some(z)) if z - a <= 2 * TRIES => ((a..=z).collect(), true),
            (Some(a), Some(z)) => ((a..a + TRIES).chain(z - TRIES..=z).collect(), false),
            (Some(a), None) => ((a.max(0)..a.max(0) + TRIES).chain(a..a + TRIES).collect(), false),
            (None, Some(z)) => ((z.min(0) - TRIES..=z.min(0)).rev().chain(z - TRIES..=z).collect(), false),
            (None, None) => ((0..TRIES).chain((1..TRIES).map(|k| -k)).collect(), false),
        };
        let mut inexact = false;
        for k in tries {
            match step.times(k) {
                Some(number) => {
                    if let Some(found) = self.check(atoms, kind, number) {
                        return found;
                    }
                    inexact |= number.value().is_none();
                }
                None => inexact = true,
            }
        }
        if whole && !inexact { Res::Empty } else { Res::Unknown(Why::Hard) }
    }

    /// No lattice: any interval with room inside holds a number that avoids finitely many lattices and points.
    fn dense(&mut self, atoms: &[Lit], range: &Range) -> Res {
        let mut tries: Vec<Option<Dec>> = Vec::new();
        let offsets = [(5, -1), (25, -2), (1, -1), (1, -3), (37, -2), (713, -3), (12_347, -5), (1, -9)];
        let off = |base: Dec, sign: i128| {
            offsets.iter().map(move |(m, e)| base.add(Dec::new(sign * m, *e))).collect::<Vec<_>>()
        };
        match (range.low, range.high) {
            (Some((low, _)), Some((high, _))) => {
                tries.push(Some(low));
                tries.push(Some(high));
                // Halve towards each end.
                let (mut near_low, mut near_high) = (high, low);
                for _ in 0..12 {
                    for (end, near) in [(low, &mut near_low), (high, &mut near_high)] {
                        match end.add(*near).and_then(Dec::half) {
                            Some(mid) => {
                                *near = mid;
                                tries.push(Some(mid));
                            }
                            None => break,
                        }
                    }
                }
                tries.extend(off(low, 1));
                tries.extend(off(high, -1));
                if low.compare(high) == Ordering::Equal {
                    return match self.check(atoms, Kind::Frac, low) {
                        Some(found) => found,
                        None if low.value().is_some() => Res::Empty,
                        None => Res::Unknown(Why::Hard),
                    };
                }
            }
            (Some((low, _)), None) => {
                tries.extend(off(Dec::ZERO, 1));
                tries.push(Some(low));
                tries.extend(off(low, 1));
            }
            (None, Some((high, _))) => {
                tries.extend(off(Dec::ZERO, 1));
                tries.push(Some(high));
                tries.extend(off(high, -1));
                tries.extend(off(Dec::ZERO, -1));
            }
            (None, None) => tries.extend(off(Dec::ZERO, 1)),
        }
        for number in tries.into_iter().flatten() {
            if let Some(found) = self.check(atoms, Kind::Frac, number) {
                return found;
            }
        }
        Res::Unknown(Why::Hard)
    }
}

/// The heaviest value that is built.
const HEAVIEST: u64 = 1500;

impl Solver<'_> {
    /// A value that was put together, if it is not too heavy: witnesses stay readable and memory bounded.
    pub(crate) fn built(&mut self, value: Value) -> Res {
        let mut todo = vec![&value];
        let mut count = 0;
        while let Some(v) = todo.pop() {
            count += 1;
            match v {
                _ if count > HEAVIEST => break,
                Value::Array(items) => todo.extend(items),
                Value::Object(fields) => todo.extend(fields.values()),
                _ => {}
            }
        }
        self.budget = self.budget.saturating_sub(count / 2);
        if count > HEAVIEST { Res::Unknown(Why::Hard) } else { Res::Sat(value) }
    }
}
