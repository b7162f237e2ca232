//! The search for a value: given assertions that must hold and assertions that must not, find a JSON value, prove that
//! there is none, or give up. Containment of A in B is the proof that nothing satisfies A and not B, so a refuted
//! containment comes with its witness.
//!
//! A goal is a set of literals. It is tried kind by kind; within one kind the logic is unfolded (`branch`) until only
//! assertions about that kind are left, and those are solved by `number`, `text`, `array` and `object`. A goal that
//! contains one that is being solved further up has no smallest solution through itself, so it counts as empty there
//! (this is what makes recursive schemas end); such results are not remembered.

use super::branch::Branch;
use super::eval::{Eval, every};
use super::node::{Arena, FALSE, Id, Kind, TRUE};
use super::patterns::Patterns;
use crate::maps::HashMap;
use serde_json::Value;

/// An assertion or its negation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Lit(u32);

impl Lit {
    pub(crate) fn yes(id: Id) -> Lit {
        Lit(id << 1)
    }
    pub(crate) fn no(id: Id) -> Lit {
        Lit(id << 1 | 1)
    }
    pub(crate) fn id(self) -> Id {
        self.0 >> 1
    }
    pub(crate) fn negated(self) -> bool {
        self.0 & 1 == 1
    }
    pub(crate) fn flip(self) -> Lit {
        Lit(self.0 ^ 1)
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Res {
    Sat(Value),
    Empty,
    Unknown(Why),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    Budget,
    /// An assertion that is not understood, or a pattern that cannot be compiled.
    Opaque,
    /// A case that the solvers do not decide (sizes beyond their limits, rare combinations).
    Hard,
    /// A counterexample was found, but the other validator does not confirm it.
    Unconfirmed,
}

impl Why {
    pub(crate) fn words(self) -> &'static str {
        match self {
            Why::Budget => "the budget of visits ran out",
            Why::Opaque => "it rests on a keyword, pattern or reference that cannot be compared",
            Why::Hard => "the combination of keywords is not decided",
            Why::Unconfirmed => "a counterexample was found that a second validator does not confirm",
        }
    }
}

/// Nesting of goals and branches, both bounded so that the stack is.
const MAX_GOALS: usize = 100;
pub(crate) const MAX_FRAMES: u32 = 400;

pub(crate) struct Solver<'a> {
    pub arena: &'a mut Arena,
    pub patterns: Patterns,
    pub budget: u64,
    memo: HashMap<Vec<Lit>, Res>,
    stack: Vec<Vec<Lit>>,
    /// The lowest goal on the stack that the running computation leaned on.
    leaned: usize,
    pub frames: u32,
    /// A value that satisfies all but an opaque assertion, for the goal to check as a whole.
    pub maybe: Option<Value>,
}

/// Collects the answers of alternatives: one solution decides, one open alternative keeps the whole open.
pub(crate) struct Tally(Option<Why>);

impl Tally {
    pub(crate) fn new() -> Tally {
        Tally(None)
    }
    /// `Some` when the answer is known.
    pub(crate) fn add(&mut self, res: Res) -> Option<Res> {
        match res {
            Res::Sat(_) => return Some(res),
            Res::Unknown(why) => self.0 = self.0.or(Some(why)),
            Res::Empty => {}
        }
        None
    }
    pub(crate) fn end(self) -> Res {
        self.0.map_or(Res::Empty, Res::Unknown)
    }
}

impl<'a> Solver<'a> {
    pub(crate) fn new(arena: &'a mut Arena, budget: u64) -> Self {
        Solver {
            arena,
            patterns: Patterns::default(),
            budget,
            memo: HashMap::default(),
            stack: Vec::new(),
            leaned: usize::MAX,
            frames: 0,
            maybe: None,
        }
    }

    pub(crate) fn spend(&mut self, n: u64) -> bool {
        self.budget = self.budget.saturating_sub(n);
        self.budget > 0
    }

    pub(crate) fn holds(&mut self, lit: Lit, value: &Value) -> Option<bool> {
        let arena: &Arena = self.arena;
        let mut eval = Eval { arena, patterns: &mut self.patterns, steps: 0 };
        let holds = eval.holds(lit.id(), value).map(|b| b != lit.negated());
        let steps = eval.steps;
        self.budget = self.budget.saturating_sub(u64::from(steps) / 32);
        holds
    }

    /// All literals at once.
    pub(crate) fn all_hold(&mut self, lits: &[Lit], value: &Value) -> Option<bool> {
        every(lits.iter().map(|lit| self.holds(*lit, value)))
    }

    /// Does a value satisfy all literals?
    pub(crate) fn sat(&mut self, mut goal: Vec<Lit>) -> Res {
        goal.sort_unstable();
        goal.dedup();
        goal.retain(|l| *l != Lit::yes(TRUE) && *l != Lit::no(FALSE));
        if goal.contains(&Lit::yes(FALSE))
            || goal.contains(&Lit::no(TRUE))
            || goal.windows(2).any(|w| w[0].flip() == w[1])
        {
            return Res::Empty;
        }
        if let Some(known) = self.memo.get(&goal) {
            return known.clone();
        }
        if !self.spend(1) {
            return Res::Unknown(Why::Budget);
        }
        if let Some(at) = self.stack.iter().position(|g| g.iter().all(|l| goal.binary_search(l).is_ok())) {
            self.leaned = self.leaned.min(at);
            return Res::Empty;
        }
        if self.stack.len() >= MAX_GOALS || self.frames >= MAX_FRAMES {
            return Res::Unknown(Why::Budget);
        }
        let level = self.stack.len();
        let outer = std::mem::replace(&mut self.leaned, usize::MAX);
        self.stack.push(goal.clone());
        let mut tally = Tally::new();
        let mut found = None;
        for kind in Kind::ALL {
            // Most kinds are ruled out by `type` alone.
            if goal.iter().any(|l| self.truth(*l, kind) == Some(false)) {
                continue;
            }
            let branch =
                Branch { seen: Vec::new(), todo: goal.clone(), atoms: Vec::new(), choices: Vec::new(), tested: false };
            self.maybe = None;
            let mut res = self.branch(branch, kind);
            // "Exactly one" of very many branches is left open by the search, but not by a look at the value.
            if let (Res::Unknown(Why::Opaque), Some(value)) = (&res, self.maybe.take())
                && self.all_hold(&goal, &value) == Some(true)
            {
                res = Res::Sat(value);
            }
            found = tally.add(res);
            if found.is_some() {
                break;
            }
        }
        self.stack.pop();
        let res = found.unwrap_or_else(|| tally.end());
        // A result that leans on a goal further up holds only while that one is being solved; a solution always holds.
        let free = self.leaned >= level;
        if matches!(res, Res::Sat(_))
            || (free && res == Res::Empty)
            || (free && matches!(res, Res::Unknown(w) if w != Why::Budget))
        {
            self.memo.insert(goal, res.clone());
        }
        self.leaned = if free { outer } else { outer.min(self.leaned) };
        res
    }

    /// Counts the frames of the solvers that recurse on their own.
    pub(crate) fn deeper<T>(&mut self, f: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.frames >= MAX_FRAMES {
            return None;
        }
        self.frames += 1;
        let out = f(self);
        self.frames -= 1;
        Some(out)
    }
}
