//! One branch of the search: the logic of a goal is unfolded for one kind of values, choices are tried one way after the
//! other, and what is left are assertions about that kind.

use super::eval::every;
use super::node::{EVERY, Id, Kind, Node};
use super::solve::{Lit, MAX_FRAMES, Res, Solver, Tally, Why};
use serde_json::Value;

#[derive(Clone)]
pub(crate) struct Choice {
    pub ways: Vec<Vec<Lit>>,
    pub eager: bool,
}

/// One branch of the unfolding.
#[derive(Clone)]
pub(crate) struct Branch {
    /// Sorted.
    pub seen: Vec<Lit>,
    pub todo: Vec<Lit>,
    pub atoms: Vec<Lit>,
    /// Ways of which one must be taken; `eager` ones split by what must hold rather than by what must not.
    pub choices: Vec<Choice>,
    /// The assertions without the choices are known not to be empty.
    pub tested: bool,
}

impl Solver<'_> {
    /// What a node is for every value of a kind, where that is plain.
    fn plain(&self, id: Id, kind: Kind) -> Option<bool> {
        let about = |k: Kind| if k == kind { None } else { Some(true) };
        match self.arena.node(id) {
            Node::Types(bits) => Some(bits & kind.bit() != 0),
            Node::Enum(values) => {
                let any = values.iter().any(|v| Kind::of(&self.arena.values[*v as usize]) == kind);
                if any { None } else { Some(false) }
            }
            Node::All(parts) => every(parts.iter().map(|part| self.shallow(*part, kind))),
            Node::Any(parts) => every(parts.iter().map(|part| self.shallow(*part, kind).map(|b| !b))).map(|none| !none),
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

    pub(crate) fn truth(&self, lit: Lit, kind: Kind) -> Option<bool> {
        self.plain(lit.id(), kind).map(|b| b != lit.negated())
    }

    pub(crate) fn branch(&mut self, mut b: Branch, kind: Kind) -> Res {
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
}
