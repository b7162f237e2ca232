//! Two documents -> changes. The walk (`walk`, `vanish`) finds what differs and where; each difference is judged by a
//! probe of its own; at last the whole is asked once more, so that a break nobody could localise is still told, and a
//! doubt that the whole dispels is dropped.

use super::confirm::Second;
use super::lower::Lowering;
use super::node::{Arena, Id};
use super::parts::Doc;
use super::probe::{Judged, Step};
use super::refs::address;
use super::solve::{Lit, Solver, Why};
use super::walk::Place;
use super::{advice, shape};
use crate::maps::{HashMap, HashSet};
use crate::table::{Say, build};
use crate::{DiffError, Options, Side};
use serde_json::{Value, json};
use tessera_model::Mode;
use tessera_model::change::{Change, ChangeKind, Judgment};

/// Differences told at most; more are summed up by the judgment of the whole.
pub(crate) const MOST_CHANGES: usize = 300;
/// Uses of one shared definition that are told.
const MOST_REPEATS: u32 = 40;
/// Places within places that are looked at: bounds the stack.
const MOST_LEVELS: usize = 130;
/// Places looked at by the walk.
const MOST_PLACES: u32 = 50_000;

/// A difference before it is judged. `was` and `is` are what the old and the new side demand at the place: breaking
/// `was` with new data breaks readers, breaking `is` with old data breaks writers.
pub(crate) struct Found {
    pub rule: &'static str,
    pub path: String,
    pub steps: Vec<Step>,
    /// The top-level property, where the steps do not name it.
    pub column: Option<String>,
    pub was: Option<Id>,
    pub is: Option<Id>,
    pub before: Value,
    pub after: Value,
    pub message: String,
    pub kind: ChangeKind,
    /// Overrides what a probe says.
    pub reads: Option<Judgment>,
    pub writes: Option<Judgment>,
    /// Told even when neither side notices it.
    pub always: bool,
}

pub(crate) struct Explainer<'a, 'b> {
    pub old: Doc<'a>,
    pub new: Doc<'a>,
    pub solver: Solver<'b>,
    /// Ids of all lowered schemas by address.
    pub ids: HashMap<usize, Id>,
    pub found: Vec<Found>,
    pub places: u32,
    /// Pairs of places without a difference.
    pub clean: HashSet<(Vec<usize>, Vec<usize>)>,
    pub intact: HashSet<(Vec<usize>, Vec<usize>)>,
    /// How often a pair of places with a difference was told; a definition that is used everywhere is not told everywhere.
    pub told: HashMap<(Vec<usize>, Vec<usize>), u32>,
    /// Something was left out for lack of room.
    pub cut: bool,
}

impl<'a> Explainer<'a, '_> {
    pub(crate) fn id(&self, value: &'a Value) -> Option<Id> {
        match value {
            Value::Bool(true) => Some(super::node::TRUE),
            Value::Bool(false) => Some(super::node::FALSE),
            other => self.ids.get(&address(other)).copied(),
        }
    }

    /// False when a pair of places has been told often enough.
    pub(crate) fn again(&mut self, pair: &(Vec<usize>, Vec<usize>)) -> bool {
        let times = self.told.entry(pair.clone()).or_default();
        *times += 1;
        *times <= MOST_REPEATS
    }

    /// False when there is no room for more.
    pub(crate) fn enter(&mut self, place: &Place) -> bool {
        self.places += 1;
        let room = self.places < MOST_PLACES && self.found.len() < MOST_CHANGES && place.open.len() < MOST_LEVELS;
        self.cut |= !room;
        room
    }
}

pub(crate) fn explain(old: &Value, new: &Value, mode: Mode, options: &Options) -> Result<Vec<Change>, DiffError> {
    if shape::equal(old, new) {
        return Ok(Vec::new());
    }
    if shape::too_deep(old) || shape::too_deep(new) {
        let why = format!("a schema is nested deeper than {} levels and is not taken apart", shape::MAX_DEPTH);
        return Ok(vec![whole(Judged::plain(Judgment::Undecided), Judged::plain(Judgment::Undecided), mode, &why)]);
    }
    let mut arena = Arena::new();
    let mut ids = HashMap::default();
    let mut before = Lowering::new(&mut arena, old, Side::Old);
    let a = before.root()?;
    let old_doc = before.finish(&mut ids);
    let mut after = Lowering::new(&mut arena, new, Side::New);
    let b = after.root()?;
    let new_doc = after.finish(&mut ids);
    let mut second = (Second::new(old, old_doc.places.clone()), Second::new(new, new_doc.places.clone()));
    let solver = Solver::new(&mut arena, options.budget);
    let mut explainer = Explainer {
        old: old_doc,
        new: new_doc,
        solver,
        ids,
        found: Vec::new(),
        places: 0,
        clean: HashSet::default(),
        intact: HashSet::default(),
        told: HashMap::default(),
        cut: false,
    };
    explainer.walk(&[old], &[new], &mut Place::default());
    explainer.vanished(&[old], &[new], &mut Place::default(), true);
    Ok(explainer.judge((a, b), &mut second, mode, options.budget))
}

impl Explainer<'_, '_> {
    fn judge(
        &mut self,
        (old, new): (Id, Id),
        second: &mut (Second<'_>, Second<'_>),
        mode: Mode,
        budget: u64,
    ) -> Vec<Change> {
        let found = std::mem::take(&mut self.found);
        let share = (budget / 8).max(1000);
        let mut left = budget;
        let mut changes: Vec<Change> = Vec::new();
        let (mut reads_fail, mut writes_fail) = (false, false);
        for f in found {
            let mut ask = |from: Id, other: Id, demand: Option<Id>| match demand {
                Some(demand) if left > 0 => {
                    let given = share.min(left);
                    let judged = self.solver.breach(from, other, &f.steps, demand, given);
                    left = left.saturating_sub(given.saturating_sub(self.solver.budget));
                    judged
                }
                Some(_) => Judged::plain(Judgment::Undecided),
                None => Judged::plain(Judgment::Ok),
            };
            let reads = ask(new, old, f.was).checked(&mut second.1, &mut second.0).at_least(f.reads);
            let writes = ask(old, new, f.is).checked(&mut second.0, &mut second.1).at_least(f.writes);
            if !f.always && reads.judgment == Judgment::Ok && writes.judgment == Judgment::Ok {
                continue;
            }
            reads_fail |= reads.witness.is_some();
            writes_fail |= writes.witness.is_some();
            changes.push(told(f, reads, writes, mode));
        }
        self.settle(&mut changes, (old, new), second, (reads_fail, writes_fail), mode, budget);
        // A name that disappeared where nobody looked.
        if self.cut && !changes.iter().any(|c| matches!(c.reads, Judgment::Fails | Judgment::Undecided)) {
            let unseen = Judged { judgment: Judgment::Undecided, witness: None, why: Some(Why::Budget) };
            changes.push(whole(unseen, Judged::plain(Judgment::Ok), mode, Why::Budget.words()));
        }
        changes
    }

    /// The question about the whole, where no single change has answered it.
    fn settle(
        &mut self,
        changes: &mut Vec<Change>,
        (old, new): (Id, Id),
        second: &mut (Second<'_>, Second<'_>),
        known: (bool, bool),
        mode: Mode,
        budget: u64,
    ) {
        let mut ask = |sub: Id, sup: Id, known: bool| {
            if known || sub == sup {
                return Judged::plain(Judgment::Ok);
            }
            self.solver.budget = budget;
            Judged::of(self.solver.sat(vec![Lit::yes(sub), Lit::no(sup)]))
        };
        let reads = ask(new, old, known.0).checked(&mut second.1, &mut second.0);
        let writes = ask(old, new, known.1).checked(&mut second.0, &mut second.1);
        for (whole, failed, pick) in [(&reads, known.0, true), (&writes, known.1, false)] {
            if whole.judgment == Judgment::Ok && !failed {
                for change in changes.iter_mut() {
                    let judgment = if pick { &mut change.reads } else { &mut change.writes };
                    if *judgment == Judgment::Undecided {
                        *judgment = Judgment::Ok;
                    }
                }
            }
        }
        // A doubt about the whole is told once: by the change that has it, else here.
        let doubted = |pick: fn(&Change) -> Judgment| changes.iter().any(|c| pick(c) == Judgment::Undecided);
        let new_doubt = |j: &Judged, pick: fn(&Change) -> Judgment| match j.judgment {
            Judgment::Fails => true,
            Judgment::Undecided => !doubted(pick),
            _ => false,
        };
        if new_doubt(&reads, |c| c.reads) || new_doubt(&writes, |c| c.writes) {
            let why = reads.why.or(writes.why).map_or("", Why::words);
            changes.push(whole(reads, writes, mode, why));
        }
        changes.retain(|c| {
            c.reads != Judgment::Ok
                || c.writes != Judgment::Ok
                || c.kind == ChangeKind::Documentation
                || advice::named(&c.rule)
        });
    }
}

/// A change of the schema as a whole, when nothing smaller explains it.
fn whole(reads: Judged, writes: Judged, mode: Mode, why: &str) -> Change {
    let mut said = match (reads.judgment, writes.judgment) {
        (Judgment::Fails, Judgment::Fails) => "the schemas accept different values".to_owned(),
        (Judgment::Fails, _) => "the new schema accepts values that the old one rejects".to_owned(),
        (_, Judgment::Fails) => "the new schema rejects values that the old one accepts".to_owned(),
        _ => "whether the schemas accept the same values could not be decided".to_owned(),
    };
    if !why.is_empty() {
        said.push_str(&format!(": {why}"));
    }
    let mut change = build("schema-changed", "", ChangeKind::Structural, reads.judgment, writes.judgment).says(said);
    change.witness = evidence(reads, writes, mode);
    change
}

/// The witness of the judgment that the mode asks about, else of the other.
fn evidence(reads: Judged, writes: Judged, mode: Mode) -> Option<Value> {
    let failed = |j: Judged| j.witness.filter(|_| j.judgment == Judgment::Fails);
    match mode {
        Mode::Backward => failed(reads),
        Mode::Forward => failed(writes),
        Mode::Full | Mode::None => failed(reads).or(failed(writes)),
    }
}

fn told(f: Found, reads: Judged, writes: Judged, mode: Mode) -> Change {
    let mut said = f.message;
    if f.reads == Some(Judgment::Fails) && reads.witness.is_none() {
        // The only break without a document that proves it.
        said.push_str(" (by the rule on names that disappear; no single document shows it)");
    }
    if let Some(why) = reads.why.or(writes.why) {
        said.push_str(&format!(" (not decided: {})", why.words()));
    }
    let mut change =
        build(f.rule, &f.path, f.kind, reads.judgment, writes.judgment).values(f.before, f.after).says(said);
    let first = f.steps.iter().find_map(|s| match s {
        Step::Property(name) => Some(name.clone()),
        _ => None,
    });
    change.column = first.or(f.column);
    change.suggestion = advice::of(f.rule, &f.path, reads.judgment, writes.judgment);
    change.witness = evidence(reads, writes, mode);
    change
}

/// Schemas as JSON, one or several.
pub(crate) fn shown(values: &[&Value]) -> Value {
    match values {
        [] => Value::Null,
        [one] => (*one).clone(),
        many => json!({ "allOf": many }),
    }
}
