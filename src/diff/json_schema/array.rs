//! Arrays: what each position must be, which items must occur somewhere, how many, and whether all differ. Demands
//! ("some item is …") are placed one after the other, then every position up to the needed length is filled.

use super::node::{Id, Node, TRUE};
use super::solve::{Lit, Res, Solver, Tally, Why};
use serde_json::Value;

/// Positions filled at most; more is undecided.
const LONGEST: usize = 200;

#[derive(Clone)]
struct Demand {
    /// Exactly here, or anywhere from here on.
    from: usize,
    exact: bool,
    lits: Vec<Lit>,
}

#[derive(Clone, Default)]
struct Plan {
    /// (prefix, rest), for every position.
    all: Vec<(Vec<Lit>, Lit)>,
    demands: Vec<Demand>,
    min: usize,
    max: Option<usize>,
    unique: bool,
    /// At most so many items may be this.
    limits: Vec<(Id, usize)>,
    /// Two equal items are wanted.
    twin: bool,
}

impl Plan {
    fn goal(&self, at: usize) -> Vec<Lit> {
        self.all.iter().map(|(prefix, rest)| *prefix.get(at).unwrap_or(rest)).collect()
    }

    /// At least so many items are this. Demands for the same thing overlap: the largest counts.
    fn want(&mut self, item: Id, count: usize) {
        let lits = vec![Lit::yes(item)];
        let known = self.demands.iter().filter(|d| !d.exact && d.from == 0 && d.lits == lits).count();
        for _ in known..count.min(LONGEST + 1) {
            self.demands.push(Demand { from: 0, exact: false, lits: lits.clone() });
        }
    }

    /// From here on all positions are alike.
    fn tail(&self) -> usize {
        let prefix = self.all.iter().map(|(p, _)| p.len()).max().unwrap_or(0);
        self.demands.iter().map(|d| d.from + usize::from(d.exact)).max().unwrap_or(0).max(prefix)
    }
}

impl Solver<'_> {
    pub(crate) fn array(&mut self, atoms: &[Lit]) -> Res {
        let mut plan = Plan::default();
        let mut choices: Vec<Lit> = Vec::new();
        let cut = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        for lit in atoms {
            match (self.arena.node(lit.id()), lit.negated()) {
                (Node::MinItems(n), false) => plan.min = plan.min.max(cut(*n)),
                (Node::MaxItems(n), false) => plan.max = Some(plan.max.map_or(cut(*n), |m| m.min(cut(*n)))),
                (Node::MinItems(n), true) => {
                    let n = cut(n.saturating_sub(1));
                    plan.max = Some(plan.max.map_or(n, |m| m.min(n)));
                }
                (Node::MaxItems(n), true) => plan.min = plan.min.max(cut(n.saturating_add(1))),
                (Node::Unique, false) => plan.unique = true,
                (Node::Unique, true) => plan.twin = true,
                (Node::Items { prefix, rest }, false) => {
                    plan.all.push((prefix.iter().map(|p| Lit::yes(*p)).collect(), Lit::yes(*rest)));
                }
                (Node::Contains { item, min, max }, false) => {
                    plan.want(*item, cut(*min));
                    if let Some(max) = max {
                        plan.limits.push((*item, cut(*max)));
                    }
                }
                (Node::Items { .. } | Node::Contains { .. }, true) => choices.push(*lit),
                _ => return Res::Unknown(Why::Hard),
            }
        }
        if plan.twin && plan.unique {
            return Res::Empty;
        }
        self.array_choices(&plan, &choices)
    }

    /// The ways in which a negated assertion can be met.
    fn array_choices(&mut self, plan: &Plan, choices: &[Lit]) -> Res {
        let Some((first, rest)) = choices.split_first() else {
            return self.array_twin(plan);
        };
        if !self.spend(1) {
            return Res::Unknown(Why::Budget);
        }
        let mut ways: Vec<Plan> = Vec::new();
        match self.arena.node(first.id()) {
            Node::Items { prefix, rest } => {
                for (i, p) in prefix.iter().enumerate().filter(|(_, p)| **p != TRUE) {
                    let mut way = plan.clone();
                    way.demands.push(Demand { from: i, exact: true, lits: vec![Lit::no(*p)] });
                    ways.push(way);
                }
                if *rest != TRUE {
                    let mut way = plan.clone();
                    way.demands.push(Demand { from: prefix.len(), exact: false, lits: vec![Lit::no(*rest)] });
                    ways.push(way);
                }
            }
            Node::Contains { item, min, max } => {
                if *min > 0 {
                    let mut way = plan.clone();
                    let most = usize::try_from(*min - 1).unwrap_or(usize::MAX);
                    if most == 0 {
                        way.all.push((Vec::new(), Lit::no(*item)));
                    } else {
                        way.limits.push((*item, most));
                    }
                    ways.push(way);
                }
                if let Some(max) = max {
                    let mut way = plan.clone();
                    way.want(*item, usize::try_from(*max).unwrap_or(usize::MAX).saturating_add(1));
                    ways.push(way);
                }
            }
            _ => return Res::Unknown(Why::Hard),
        }
        let mut tally = Tally::new();
        for way in ways {
            let res = self.deeper(|s| s.array_choices(&way, rest)).unwrap_or(Res::Unknown(Why::Budget));
            if let Some(found) = tally.add(res) {
                return found;
            }
        }
        tally.end()
    }

    fn array_twin(&mut self, plan: &Plan) -> Res {
        if !plan.twin {
            return self.place(plan, 0, &mut Vec::new());
        }
        // Two positions with one value: each goal is made the other's too. Positions in the tail are alike.
        let end = plan.tail() + 2;
        let mut tally = Tally::new();
        for i in 0..end {
            for j in i + 1..end {
                let mut goal = plan.goal(i);
                goal.extend(plan.goal(j));
                let value = match self.sat(goal) {
                    Res::Sat(value) => value,
                    other => {
                        if let Some(found) = tally.add(other) {
                            return found;
                        }
                        continue;
                    }
                };
                let same = Lit::yes(self.arena.constant(&value));
                let mut way = plan.clone();
                way.twin = false;
                for at in [i, j] {
                    way.demands.push(Demand { from: at, exact: true, lits: vec![same] });
                }
                // Another value might have gone with the other demands.
                let res = match self.place(&way, 0, &mut Vec::new()) {
                    Res::Empty if !plan.demands.is_empty() || !plan.limits.is_empty() => Res::Unknown(Why::Hard),
                    other => other,
                };
                if let Some(found) = tally.add(res) {
                    return found;
                }
            }
        }
        tally.end()
    }

    /// Chooses a position for each demand, backtracking; `placed` holds (position, literals).
    fn place(&mut self, plan: &Plan, next: usize, placed: &mut Vec<(usize, Vec<Lit>)>) -> Res {
        if !self.spend(1) {
            return Res::Unknown(Why::Budget);
        }
        if plan.demands.len() > LONGEST {
            return Res::Unknown(Why::Hard);
        }
        let Some(demand) = plan.demands.get(next) else {
            return self.fill(plan, placed);
        };
        let mut positions: Vec<usize> = Vec::new();
        if demand.exact {
            positions.push(demand.from);
        } else {
            let tail = plan.tail().max(demand.from);
            let taken = |p: usize| placed.iter().any(|(q, _)| *q == p);
            positions.extend((demand.from..tail).filter(|p| !taken(*p)));
            positions.extend((tail..).find(|p| !taken(*p)));
            // Sharing a position comes last, and never among equal demands, which count separately.
            positions.extend(
                placed
                    .iter()
                    .filter(|(q, lits)| *q >= demand.from && !demand.lits.iter().any(|l| lits.contains(l)))
                    .map(|(q, _)| *q),
            );
        }
        let mut tally = Tally::new();
        for at in positions {
            if plan.max.is_some_and(|m| at >= m) {
                continue;
            }
            let known = placed.iter().position(|(q, _)| *q == at);
            let before = placed.clone();
            match known {
                Some(i) => placed[i].1.extend(&demand.lits),
                None => placed.push((at, demand.lits.clone())),
            }
            // A position that cannot be anything ends this way early.
            let mut goal = plan.goal(at);
            if let Some((_, lits)) = placed.iter().find(|(q, _)| *q == at) {
                goal.extend(lits);
            }
            let res = match self.sat(goal) {
                Res::Empty => Res::Empty,
                _ => self.deeper(|s| s.place(plan, next + 1, placed)).unwrap_or(Res::Unknown(Why::Budget)),
            };
            *placed = before;
            if let Some(found) = tally.add(res) {
                return found;
            }
        }
        tally.end()
    }

    fn fill(&mut self, plan: &Plan, placed: &[(usize, Vec<Lit>)]) -> Res {
        let length = placed.iter().map(|(p, _)| p + 1).max().unwrap_or(0).max(plan.min);
        if plan.max.is_some_and(|m| length > m) {
            return Res::Empty;
        }
        let mut items: Vec<Value> = Vec::new();
        let mut spare: Vec<usize> = plan.limits.iter().map(|(_, most)| *most).collect();
        for at in 0..length {
            let mut goal = plan.goal(at);
            let wanted = placed.iter().find(|(p, _)| *p == at).map(|(_, lits)| lits.as_slice()).unwrap_or_default();
            goal.extend(wanted);
            if at >= LONGEST {
                return match self.sat(goal) {
                    Res::Empty => Res::Empty,
                    _ => Res::Unknown(Why::Hard),
                };
            }
            let plain = goal.clone();
            if plan.unique {
                for value in &items {
                    let known = self.arena.constant(value);
                    goal.push(Lit::no(known));
                }
            }
            // Where an item can do without what is limited it does; where it cannot it takes one of the limit.
            let mut forced = false;
            for ((id, _), left) in plan.limits.iter().zip(&mut spare) {
                let mut without = goal.clone();
                without.push(Lit::no(*id));
                if self.sat(without) != Res::Empty {
                    goal.push(Lit::no(*id));
                } else if *left > 0 {
                    *left -= 1;
                } else {
                    forced = true;
                }
            }
            let exact = !plan.unique && plan.limits.len() < 2;
            match if forced { Res::Empty } else { self.sat(goal) } {
                Res::Sat(value) => items.push(value),
                Res::Empty if !exact => {
                    return match self.sat(plain) {
                        Res::Empty => Res::Empty,
                        // The items chosen so far may be what is in the way.
                        _ => Res::Unknown(Why::Hard),
                    };
                }
                other => return other,
            }
        }
        self.built(Value::Array(items))
    }
}
