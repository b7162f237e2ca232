//! The search for a value: given assertions that must hold and assertions that must not, find a JSON value, prove that
//! there is none, or give up. Containment of A in B is the proof that nothing satisfies A and not B, so a refuted
//! containment comes with its witness.
//!
//! A goal is a set of literals. It is tried kind by kind; within one kind the logic is unfolded (`branch`) until only
//! assertions about that kind are left, and those are solved by `number`, `text`, `array` and `object`. A goal that
//! contains one that is being solved further up has no smallest solution through itself, so it counts as empty there
//! (this is what makes recursive schemas end); such results are not remembered.

use super::eval::Eval;
use super::maps::HashMap;
use super::node::{Arena, EVERY, FALSE, Id, Kind, Node, TRUE};
use super::patterns::Patterns;
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
const MAX_FRAMES: u32 = 400;

pub(crate) struct Solver<'a> {
    pub arena: &'a mut Arena,
    pub patterns: Patterns,
    pub budget: u64,
    memo: HashMap<Vec<Lit>, Res>,
    stack: Vec<Vec<Lit>>,
    /// The lowest goal on the stack that the running computation leaned on.
    leaned: usize,
    frames: u32,
    /// A value that satisfies all but an opaque assertion, for the goal to check as a whole.
    maybe: Option<Value>,
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

#[derive(Clone)]
struct Choice {
    ways: Vec<Vec<Lit>>,
    eager: bool,
}

/// One branch of the unfolding.
#[derive(Clone)]
struct Branch {
    /// Sorted.
    seen: Vec<Lit>,
    todo: Vec<Lit>,
    atoms: Vec<Lit>,
    /// Ways of which one must be taken; `eager` ones split by what must hold rather than by what must not.
    choices: Vec<Choice>,
    /// The assertions without the choices are known not to be empty.
    tested: bool,
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
        let mut all = Some(true);
        for lit in lits {
            match self.holds(*lit, value) {
                Some(false) => return Some(false),
                None => all = None,
                Some(true) => {}
            }
        }
        all
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

    /// What a node is for every value of a kind, where that is plain.
    fn plain(&self, id: Id, kind: Kind) -> Option<bool> {
        let about = |k: Kind| if k == kind { None } else { Some(true) };
        match self.arena.node(id) {
            Node::Types(bits) => Some(bits & kind.bit() != 0),
            Node::Enum(values) => {
                let any = values.iter().any(|v| Kind::of(&self.arena.values[*v as usize]) == kind);
                if any { None } else { Some(false) }
            }
            Node::All(parts) => {
                let mut all = Some(true);
                for part in parts {
                    match self.shallow(*part, kind) {
                        Some(false) => return Some(false),
                        None => all = None,
                        Some(true) => {}
                    }
                }
                all
            }
            Node::Any(parts) => {
                let mut none = Some(false);
                for part in parts {
                    match self.shallow(*part, kind) {
                        Some(true) => return Some(true),
                        None => none = None,
                        Some(false) => {}
                    }
                }
                none
            }
            Node::Not(inner) => self.shallow(*inner, kind).map(|b| !b),
            Node::One(_) | Node::Ref(_) => None,
            Node::Opaque { kinds, .. } => {
                if kinds & kind.bit() == 0 && *kinds != EVERY {
                    Some(true)
                } else {
                    None
                }
            }
            Node::Min { .. } | Node::Max { .. } => {
                if matches!(kind, Kind::Int | Kind::Frac) {
                    None
                } else {
                    Some(true)
                }
            }
            Node::Multiple(step) => match kind {
                Kind::Int if *step == super::dec::Dec::ONE => Some(true),
                Kind::Frac if step.is_integer() => Some(false),
                Kind::Int | Kind::Frac => None,
                _ => Some(true),
            },
            Node::MinLength(_) | Node::MaxLength(_) | Node::Pattern(_) => about(Kind::Str),
            Node::MinItems(_) | Node::MaxItems(_) | Node::Unique | Node::Items { .. } | Node::Contains { .. } => {
                about(Kind::Arr)
            }
            Node::MinProperties(_)
            | Node::MaxProperties(_)
            | Node::Required(_)
            | Node::Property(..)
            | Node::Matching(..)
            | Node::Rest { .. }
            | Node::Names(_) => about(Kind::Obj),
        }
    }

    /// As `plain`, without looking into connectives: keeps the cost of a look linear.
    fn shallow(&self, id: Id, kind: Kind) -> Option<bool> {
        match self.arena.node(id) {
            Node::All(_) | Node::Any(_) | Node::Not(_) => match self.arena.node(id) {
                Node::All(parts) => {
                    let dead =
                        parts.iter().any(|p| matches!(self.arena.node(*p), Node::Types(b) if b & kind.bit() == 0));
                    if dead { Some(false) } else { None }
                }
                _ => None,
            },
            _ => self.plain(id, kind),
        }
    }

    fn truth(&self, lit: Lit, kind: Kind) -> Option<bool> {
        self.plain(lit.id(), kind).map(|b| b != lit.negated())
    }

    fn branch(&mut self, mut b: Branch, kind: Kind) -> Res {
        if !self.spend(1) || self.frames >= MAX_FRAMES {
            return Res::Unknown(Why::Budget);
        }
        loop {
            while let Some(lit) = b.todo.pop() {
                match self.truth(lit, kind) {
                    Some(true) => continue,
                    Some(false) => return Res::Empty,
                    None => {}
                }
                let Err(place) = b.seen.binary_search(&lit) else {
                    continue;
                };
                if b.seen.binary_search(&lit.flip()).is_ok() {
                    return Res::Empty;
                }
                b.seen.insert(place, lit);
                if !self.spend(1) {
                    return Res::Unknown(Why::Budget);
                }
                self.unfold(lit, kind, &mut b);
            }
            // Where the values are listed, looking at each answers everything else at once.
            if let Some(values) = self.listed(&b.atoms, kind) {
                return self.first_of(values.into_iter(), &b.seen);
            }
            // Drop satisfied choices and dead alternatives; a choice with one way left is no choice.
            let mut chosen: Option<usize> = None;
            let mut i = 0;
            while i < b.choices.len() {
                let mut ways = std::mem::take(&mut b.choices[i].ways);
                let mut satisfied = false;
                ways.retain_mut(|way| {
                    way.retain(|l| b.seen.binary_search(l).is_err() && self.truth(*l, kind) != Some(true));
                    satisfied |= way.is_empty();
                    !way.iter().any(|l| b.seen.binary_search(&l.flip()).is_ok() || self.truth(*l, kind) == Some(false))
                });
                self.budget = self.budget.saturating_sub(1 + ways.len() as u64 / 8);
                if satisfied {
                    b.choices.swap_remove(i);
                    continue;
                }
                match ways.len() {
                    0 => return Res::Empty,
                    1 => {
                        b.todo.append(&mut ways[0]);
                        b.choices.swap_remove(i);
                        continue;
                    }
                    n => {
                        b.choices[i].ways = ways;
                        // "Must hold" narrows more than "must not", then fewer ways are better.
                        let rank = |c: &Choice, n: usize| (!c.eager, n);
                        let this = rank(&b.choices[i], n);
                        if chosen.is_none_or(|c| this < rank(&b.choices[c], b.choices[c].ways.len())) {
                            chosen = Some(i);
                        }
                    }
                }
                i += 1;
            }
            if !b.todo.is_empty() {
                continue;
            }
            let Some(at) = chosen else {
                return self.atoms(&b.atoms, kind);
            };
            let Choice { ways, eager } = b.choices.swap_remove(at);
            // Many ways to miss something are not tried on what is empty anyway.
            if !eager && ways.len() >= 8 && !b.tested {
                b.tested = true;
                if self.atoms(&b.atoms, kind) == Res::Empty {
                    return Res::Empty;
                }
            }
            let mut tally = Tally::new();
            self.frames += 1;
            let copied = b.seen.len() + b.atoms.len() + b.choices.iter().map(|c| c.ways.len()).sum::<usize>();
            for way in ways {
                self.budget = self.budget.saturating_sub(copied as u64 / 64);
                if self.budget == 0 {
                    drop(tally.add(Res::Unknown(Why::Budget)));
                    break;
                }
                let mut next = b.clone();
                next.todo = way;
                let res = self.branch(next, kind);
                if let Some(found) = tally.add(res) {
                    self.frames -= 1;
                    return found;
                }
            }
            self.frames -= 1;
            return tally.end();
        }
    }

    fn unfold(&mut self, lit: Lit, kind: Kind, b: &mut Branch) {
        let (id, no) = (lit.id(), lit.negated());
        let signed = |id: Id| if no { Lit::no(id) } else { Lit::yes(id) };
        match self.arena.node(id) {
            Node::All(parts) if !no => b.todo.extend(parts.iter().map(|p| Lit::yes(*p))),
            Node::Any(parts) if no => b.todo.extend(parts.iter().map(|p| Lit::no(*p))),
            Node::All(parts) | Node::Any(parts) => {
                let ways = parts.iter().map(|p| vec![signed(*p)]).collect();
                b.choices.push(Choice { ways, eager: !no });
            }
            Node::Not(inner) => b.todo.push(signed(*inner).flip()),
            Node::Ref(slot) => b.todo.push(signed(self.arena.targets[*slot])),
            Node::One(parts) => {
                let parts = parts.clone();
                let ways = self.exactly_one(&parts, no);
                b.choices.push(Choice { ways, eager: !no });
            }
            Node::Enum(values) if no && matches!(kind, Kind::Arr | Kind::Obj) => {
                // "Not this object" as an assertion about its members.
                let composite: Vec<Value> = values
                    .iter()
                    .map(|v| self.arena.values[*v as usize].clone())
                    .filter(|v| Kind::of(v) == kind)
                    .collect();
                for value in composite {
                    let id = self.arena.constant(&value);
                    b.todo.push(Lit::no(id));
                }
            }
            _ => b.atoms.push(lit),
        }
    }

    /// "Exactly one" as ways to satisfy it (or to fail it: none, or some two). With very many branches the exclusion is
    /// left as an opaque assertion: emptiness can still be proved, a solution not.
    fn exactly_one(&mut self, parts: &[Id], fails: bool) -> Vec<Vec<Lit>> {
        let many = parts.len() > 200;
        let doubt = many.then(|| Lit::yes(self.arena.make(Node::Opaque { text: "oneOf".to_owned(), kinds: EVERY })));
        let mut ways: Vec<Vec<Lit>> = Vec::new();
        if fails {
            ways.push(parts.iter().map(|p| Lit::no(*p)).collect());
        }
        for (i, p) in parts.iter().enumerate() {
            let others = parts.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, q)| Lit::no(*q));
            match (doubt, fails) {
                (Some(doubt), _) => ways.push(vec![Lit::yes(*p), doubt]),
                (None, true) => ways.extend(parts[i + 1..].iter().map(|q| vec![Lit::yes(*p), Lit::yes(*q)])),
                (None, false) => ways.push(std::iter::once(Lit::yes(*p)).chain(others).collect()),
            }
        }
        ways
    }

    /// The values of a kind that an assertion lists.
    fn listed(&self, atoms: &[Lit], kind: Kind) -> Option<Vec<Value>> {
        let values = atoms.iter().find_map(|l| match self.arena.node(l.id()) {
            Node::Enum(values) if !l.negated() => Some(values),
            _ => None,
        })?;
        let value = |id: &u32| &self.arena.values[*id as usize];
        Some(values.iter().map(value).filter(|v| Kind::of(v) == kind).cloned().collect())
    }

    /// Only assertions about one kind are left.
    fn atoms(&mut self, atoms: &[Lit], kind: Kind) -> Res {
        let opaque = |s: &Self, l: &Lit| matches!(s.arena.node(l.id()), Node::Opaque { .. });
        let clear: Vec<Lit> = atoms.iter().copied().filter(|l| !opaque(self, l)).collect();
        let res = match kind {
            Kind::Null => self.first_of([Value::Null].into_iter(), &clear),
            Kind::Bool => self.first_of([Value::Bool(true), Value::Bool(false)].into_iter(), &clear),
            Kind::Int | Kind::Frac => self.number(&clear, kind),
            Kind::Str => self.text(&clear),
            Kind::Arr => self.array(&clear),
            Kind::Obj => self.object(&clear),
        };
        match res {
            Res::Sat(value) if clear.len() < atoms.len() => {
                self.maybe = Some(value);
                Res::Unknown(Why::Opaque)
            }
            // Nothing is shown that does not hold.
            Res::Sat(value) => match self.all_hold(&clear, &value) {
                Some(true) => Res::Sat(value),
                Some(false) => Res::Unknown(Why::Hard),
                None => Res::Unknown(Why::Opaque),
            },
            other => other,
        }
    }

    /// The only possible values, one after the other.
    fn first_of(&mut self, values: impl Iterator<Item = Value>, atoms: &[Lit]) -> Res {
        let mut tally = Tally::new();
        for value in values {
            self.budget = self.budget.saturating_sub(1);
            match self.all_hold(atoms, &value) {
                Some(true) => return Res::Sat(value),
                None => drop(tally.add(Res::Unknown(Why::Opaque))),
                Some(false) => {}
            }
        }
        tally.end()
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
