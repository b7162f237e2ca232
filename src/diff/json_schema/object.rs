//! Objects: which names must be there and may not, what each value must be, and how many there are. Names nobody
//! mentions are represented by the patterns they match: for each combination a fresh name is made up.

use super::node::{Id, Node, TRUE};
use super::solve::{Lit, Res, Solver, Tally, Why};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// Properties added at most to reach `minProperties`.
const MOST: usize = 60;
/// Patterns whose combinations are all looked at.
const PATTERNS: usize = 5;

/// Names that a demand may choose from.
#[derive(Clone)]
enum Keys {
    Matching(String),
    Rest {
        names: Vec<String>,
        patterns: Vec<String>,
    },
    /// Any name for which this does not hold.
    Unlike(Id),
}

#[derive(Clone)]
struct Demand {
    keys: Keys,
    lits: Vec<Lit>,
}

#[derive(Clone, Default)]
struct Plan {
    named: Vec<(String, Id)>,
    matching: Vec<(String, Id)>,
    rest: Vec<(Vec<String>, Vec<String>, Id)>,
    names: Vec<Id>,
    lacks: BTreeSet<String>,
    /// Names that are there, with what their value must be besides.
    has: BTreeMap<String, Vec<Lit>>,
    demands: Vec<Demand>,
    min: usize,
    max: Option<usize>,
}

impl Plan {
    /// Every name that is spoken about.
    fn mentioned(&self) -> BTreeSet<String> {
        let mut all: BTreeSet<String> = self.named.iter().map(|(n, _)| n.clone()).collect();
        all.extend(self.rest.iter().flat_map(|(names, ..)| names.iter().cloned()));
        all.extend(self.has.keys().cloned());
        all.extend(self.lacks.iter().cloned());
        for demand in &self.demands {
            if let Keys::Rest { names, .. } = &demand.keys {
                all.extend(names.iter().cloned());
            }
        }
        all
    }

    fn patterns(&self) -> Vec<String> {
        let mut all: BTreeSet<String> = self.matching.iter().map(|(p, _)| p.clone()).collect();
        all.extend(self.rest.iter().flat_map(|(_, patterns, _)| patterns.iter().cloned()));
        for demand in &self.demands {
            match &demand.keys {
                Keys::Matching(p) => drop(all.insert(p.clone())),
                Keys::Rest { patterns, .. } => all.extend(patterns.iter().cloned()),
                Keys::Unlike(_) => {}
            }
        }
        all.into_iter().collect()
    }
}

impl Solver<'_> {
    pub(crate) fn object(&mut self, atoms: &[Lit]) -> Res {
        let mut plan = Plan::default();
        let mut choices: Vec<Lit> = Vec::new();
        let cut = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
        for lit in atoms {
            match (self.arena.node(lit.id()), lit.negated()) {
                (Node::MinProperties(n), false) => plan.min = plan.min.max(cut(*n)),
                (Node::MaxProperties(n), false) => plan.max = Some(plan.max.map_or(cut(*n), |m| m.min(cut(*n)))),
                (Node::MinProperties(n), true) => {
                    let n = cut(n.saturating_sub(1));
                    plan.max = Some(plan.max.map_or(n, |m| m.min(n)));
                }
                (Node::MaxProperties(n), true) => plan.min = plan.min.max(cut(n.saturating_add(1))),
                (Node::Required(name), false) => drop(plan.has.entry(name.clone()).or_default()),
                (Node::Required(name), true) => drop(plan.lacks.insert(name.clone())),
                (Node::Property(name, id), false) => plan.named.push((name.clone(), *id)),
                (Node::Property(name, id), true) => plan.has.entry(name.clone()).or_default().push(Lit::no(*id)),
                (Node::Matching(pattern, id), false) => plan.matching.push((pattern.clone(), *id)),
                (Node::Rest { names, patterns, schema }, false) => {
                    plan.rest.push((names.clone(), patterns.clone(), *schema));
                }
                (Node::Names(id), false) => plan.names.push(*id),
                (Node::Matching(..) | Node::Rest { .. } | Node::Names(_), true) => choices.push(*lit),
                _ => return Res::Unknown(Why::Hard),
            }
        }
        for lit in choices {
            plan.demands.push(match self.arena.node(lit.id()) {
                Node::Matching(pattern, id) => {
                    Demand { keys: Keys::Matching(pattern.clone()), lits: vec![Lit::no(*id)] }
                }
                Node::Rest { names, patterns, schema } => Demand {
                    keys: Keys::Rest { names: names.clone(), patterns: patterns.clone() },
                    lits: vec![Lit::no(*schema)],
                },
                Node::Names(id) => Demand { keys: Keys::Unlike(*id), lits: Vec::new() },
                _ => return Res::Unknown(Why::Hard),
            });
        }
        if plan.has.keys().any(|k| plan.lacks.contains(k))
            || plan.max.is_some_and(|m| plan.has.len() > m || plan.min > m)
        {
            return Res::Empty;
        }
        // What must be there anyway decides most goals; adding demands only asks for more.
        let mut doubt = None;
        for (name, lits) in plan.has.clone() {
            match self.member(&plan, &name, &lits) {
                Res::Empty => return Res::Empty,
                Res::Unknown(why) => doubt = Some(why),
                Res::Sat(_) => {}
            }
        }
        match (self.meet(&plan, 0), doubt) {
            (Res::Sat(_), Some(why)) => Res::Unknown(why),
            (res, _) => res,
        }
    }

    /// The goal of a property's value, and whether the name itself is allowed.
    fn value_goal(&mut self, plan: &Plan, name: &str, lits: &[Lit]) -> Result<Vec<Lit>, Option<Why>> {
        let key = Value::String(name.to_owned());
        for id in &plan.names {
            match self.holds(Lit::yes(*id), &key) {
                Some(true) => {}
                Some(false) => return Err(None),
                None => return Err(Some(Why::Opaque)),
            }
        }
        let mut goal: Vec<Lit> = lits.to_vec();
        goal.extend(plan.named.iter().filter(|(n, _)| n == name).map(|(_, id)| Lit::yes(*id)));
        for (pattern, id) in &plan.matching {
            match self.patterns.matches(pattern, name) {
                Some(true) => goal.push(Lit::yes(*id)),
                Some(false) => {}
                None if *id == TRUE => {}
                None => return Err(Some(Why::Opaque)),
            }
        }
        for (names, patterns, id) in &plan.rest {
            if names.iter().any(|n| n == name) {
                continue;
            }
            let mut hit = Some(false);
            for pattern in patterns {
                match self.patterns.matches(pattern, name) {
                    Some(true) => hit = Some(true),
                    Some(false) => {}
                    None if hit == Some(false) => hit = None,
                    None => {}
                }
            }
            match hit {
                Some(false) => goal.push(Lit::yes(*id)),
                Some(true) => {}
                None => return Err(Some(Why::Opaque)),
            }
        }
        Ok(goal)
    }

    fn member(&mut self, plan: &Plan, name: &str, lits: &[Lit]) -> Res {
        match self.value_goal(plan, name, lits) {
            Ok(goal) => self.sat(goal),
            Err(None) => Res::Empty,
            Err(Some(why)) => Res::Unknown(why),
        }
    }

    /// Gives each demand a name, backtracking.
    fn meet(&mut self, plan: &Plan, next: usize) -> Res {
        if !self.spend(1) {
            return Res::Unknown(Why::Budget);
        }
        let Some(demand) = plan.demands.get(next) else {
            return self.complete(plan);
        };
        let demand = demand.clone();
        let mut tally = Tally::new();
        // Names that are spoken about, those not there yet first (sharing is only needed where the number is limited).
        let mentioned = plan.mentioned();
        let (there, absent): (Vec<String>, Vec<String>) =
            mentioned.iter().filter(|n| !plan.lacks.contains(*n)).cloned().partition(|n| plan.has.contains_key(n));
        let mut open = None;
        for name in absent {
            match self.chosen(&demand.keys, &name) {
                Some(true) => {
                    if let Some(found) = self.try_name(plan, next, &name, &demand.lits, &mut tally) {
                        return found;
                    }
                }
                None => open = Some(Why::Opaque),
                Some(false) => {}
            }
        }
        match self.fresh(plan, &demand.keys, &mentioned) {
            Ok(names) => {
                for name in names {
                    if let Some(found) = self.try_name(plan, next, &name, &demand.lits, &mut tally) {
                        return found;
                    }
                }
            }
            Err(why) => open = Some(why),
        }
        for name in there {
            match self.chosen(&demand.keys, &name) {
                Some(true) => {
                    if let Some(found) = self.try_name(plan, next, &name, &demand.lits, &mut tally) {
                        return found;
                    }
                }
                None => open = Some(Why::Opaque),
                Some(false) => {}
            }
        }
        match (tally.end(), open) {
            (Res::Empty, Some(why)) => Res::Unknown(why),
            (res, _) => res,
        }
    }

    fn try_name(&mut self, plan: &Plan, next: usize, name: &str, lits: &[Lit], tally: &mut Tally) -> Option<Res> {
        let mut way = plan.clone();
        let all = way.has.entry(name.to_owned()).or_default();
        all.extend(lits);
        let all = all.clone();
        let res = match self.member(&way, name, &all) {
            Res::Sat(_) => self.deeper(|s| s.meet(&way, next + 1)).unwrap_or(Res::Unknown(Why::Budget)),
            other => other,
        };
        tally.add(res)
    }

    fn chosen(&mut self, keys: &Keys, name: &str) -> Option<bool> {
        match keys {
            Keys::Matching(pattern) => self.patterns.matches(pattern, name),
            Keys::Rest { names, patterns } => {
                if names.iter().any(|n| n == name) {
                    return Some(false);
                }
                let mut free = Some(true);
                for pattern in patterns {
                    match self.patterns.matches(pattern, name) {
                        Some(true) => return Some(false),
                        None => free = None,
                        Some(false) => {}
                    }
                }
                free
            }
            Keys::Unlike(id) => self.holds(Lit::no(*id), &Value::String(name.to_owned())),
        }
    }

    /// One unmentioned name for each combination of patterns that `keys` allows.
    fn fresh(&mut self, plan: &Plan, keys: &Keys, taken: &BTreeSet<String>) -> Result<Vec<String>, Why> {
        let patterns = plan.patterns();
        let mut base: Vec<Lit> = plan.names.iter().map(|id| Lit::yes(*id)).collect();
        let mut fixed: BTreeMap<String, bool> = BTreeMap::new();
        match keys {
            Keys::Matching(p) => drop(fixed.insert(p.clone(), true)),
            Keys::Rest { patterns, .. } => fixed.extend(patterns.iter().map(|p| (p.clone(), false))),
            Keys::Unlike(id) => base.push(Lit::no(*id)),
        }
        base.extend(self.not_among(taken));
        let free: Vec<&String> = patterns.iter().filter(|p| !fixed.contains_key(*p)).collect();
        if free.len() > PATTERNS {
            return Err(Why::Hard);
        }
        let mut out = Vec::new();
        for signs in 0u32..1 << free.len() {
            let mut goal = base.clone();
            let choice = free.iter().enumerate().map(|(i, p)| ((*p).clone(), signs >> i & 1 == 1));
            for (pattern, hit) in fixed.clone().into_iter().chain(choice) {
                let id = self.arena.make(Node::Pattern(pattern));
                goal.push(if hit { Lit::yes(id) } else { Lit::no(id) });
            }
            if let Some(name) = self.key(goal)? {
                out.push(name);
            }
        }
        Ok(out)
    }

    fn not_among(&mut self, names: &BTreeSet<String>) -> Option<Lit> {
        if names.is_empty() {
            return None;
        }
        let values: Vec<u32> = names.iter().map(|n| self.arena.value(&Value::String(n.clone()))).collect();
        Some(Lit::no(self.arena.make(Node::Enum(values))))
    }

    /// Adds names until there are enough, then values.
    fn complete(&mut self, plan: &Plan) -> Res {
        if plan.max.is_some_and(|m| plan.has.len() > m) {
            return Res::Empty;
        }
        let mut plan = plan.clone();
        if plan.has.len() < plan.min {
            if plan.min - plan.has.len() > MOST {
                return Res::Unknown(Why::Hard);
            }
            if let Err(res) = self.pad(&mut plan) {
                return res;
            }
        }
        let mut fields = Map::new();
        for (name, lits) in plan.has.clone() {
            match self.member(&plan, &name, &lits) {
                Res::Sat(value) => drop(fields.insert(name, value)),
                other => return other,
            }
        }
        self.built(Value::Object(fields))
    }

    fn pad(&mut self, plan: &mut Plan) -> Result<(), Res> {
        let mut doubt = None;
        let mentioned = plan.mentioned();
        for name in mentioned.iter().filter(|n| !plan.lacks.contains(*n)) {
            if plan.has.len() >= plan.min {
                return Ok(());
            }
            if plan.has.contains_key(name) {
                continue;
            }
            match self.member(plan, name, &[]) {
                Res::Sat(_) => drop(plan.has.insert(name.clone(), Vec::new())),
                Res::Unknown(why) => doubt = Some(why),
                Res::Empty => {}
            }
        }
        let mut taken = mentioned;
        let anything = Keys::Rest { names: Vec::new(), patterns: Vec::new() };
        while plan.has.len() < plan.min {
            if !self.spend(1) {
                return Err(Res::Unknown(Why::Budget));
            }
            let names = self.fresh(plan, &anything, &taken).map_err(Res::Unknown)?;
            let mut grew = false;
            for name in names {
                taken.insert(name.clone());
                match self.member(plan, &name, &[]) {
                    Res::Sat(_) => {
                        plan.has.insert(name, Vec::new());
                        grew = true;
                        break;
                    }
                    Res::Unknown(why) => doubt = Some(why),
                    Res::Empty => {}
                }
            }
            // Each combination of patterns is one class of names: when none of them takes a value, none ever will.
            if !grew {
                return Err(doubt.map_or(Res::Empty, Res::Unknown));
            }
        }
        Ok(())
    }
}
