//! Judging one change: is there a document of one side that has, at that place, what the other side forbids there? The
//! answer is a document (the judgment fails, with its witness), a proof that there is none, or neither.

use super::confirm::{Second, confirmed};
use super::node::{EVERY, Id, Node, TRUE};
use super::solve::{Lit, Res, Solver, Why};
use serde_json::Value;
use tessera_model::change::Judgment;

/// A step down into a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Property(String),
    Matching(String),
    /// Any property but these.
    Rest {
        names: Vec<String>,
        patterns: Vec<String>,
    },
    Item(usize),
    /// Any item from here on.
    ItemsFrom(usize),
}

/// A judgment with its evidence.
#[derive(Debug, Clone)]
pub(crate) struct Judged {
    pub judgment: Judgment,
    pub witness: Option<Value>,
    pub why: Option<Why>,
}

impl Judged {
    pub(crate) fn plain(judgment: Judgment) -> Judged {
        Judged { judgment, witness: None, why: None }
    }

    pub(crate) fn of(res: Res) -> Judged {
        match res {
            Res::Sat(value) => Judged { judgment: Judgment::Fails, witness: Some(value), why: None },
            Res::Empty => Judged::plain(Judgment::Ok),
            Res::Unknown(why) => Judged { judgment: Judgment::Undecided, witness: None, why: Some(why) },
        }
    }

    /// The same, or a judgment that holds whatever the search says.
    pub(crate) fn at_least(mut self, judgment: Option<Judgment>) -> Judged {
        if let Some(judgment) = judgment {
            self.judgment = self.judgment.max(judgment);
            if judgment == Judgment::Fails {
                self.why = None;
            }
        }
        self
    }

    /// The same, if another validator confirms the witness.
    pub(crate) fn checked(self, yes: &mut Second<'_>, no: &mut Second<'_>) -> Judged {
        match &self.witness {
            Some(value) if !confirmed(value, yes, no) => Judged::of(Res::Unknown(Why::Unconfirmed)),
            _ => self,
        }
    }
}

impl Solver<'_> {
    /// The assertion that a value has, down these steps, something that satisfies `leaf`.
    pub(crate) fn down(&mut self, steps: &[Step], leaf: Id) -> Id {
        steps.iter().rev().fold(leaf, |inner, step| {
            let avoid = self.arena.not(inner);
            let everywhere = match step {
                Step::Property(name) => Node::Property(name.clone(), avoid),
                Step::Matching(pattern) => Node::Matching(pattern.clone(), avoid),
                Step::Rest { names, patterns } => {
                    Node::Rest { names: names.clone(), patterns: patterns.clone(), schema: avoid }
                }
                Step::Item(i) => {
                    let mut prefix = vec![TRUE; *i];
                    prefix.push(avoid);
                    Node::Items { prefix, rest: TRUE }
                }
                Step::ItemsFrom(i) => Node::Items { prefix: vec![TRUE; *i], rest: avoid },
            };
            let id = self.arena.make(everywhere);
            self.arena.not(id)
        })
    }

    /// Is there a value of `from` that `other` rejects, and that down there is not `demand`?
    pub(crate) fn breach(&mut self, from: Id, other: Id, steps: &[Step], demand: Id, budget: u64) -> Judged {
        if demand == TRUE {
            return Judged::plain(Judgment::Ok);
        }
        self.budget = budget;
        let lacking = self.arena.not(demand);
        let path = self.down(steps, lacking);
        let mut goal = vec![Lit::yes(from), Lit::yes(path)];
        let first = self.sat(goal.clone());
        let res = match &first {
            Res::Sat(value) if self.holds(Lit::no(other), value) != Some(true) => {
                goal.push(Lit::no(other));
                self.sat(goal)
            }
            _ => first,
        };
        Judged::of(res)
    }

    pub(crate) fn kinds(&mut self, bits: u8) -> Id {
        self.arena.types(bits & EVERY)
    }
}
