//! One question on its way through a project: which node is looked at next, whether it has to be bound again, and what it
//! hands on to its own readers.

use super::queue::Queue;
use super::{Affected, Project, TableChange, is_plain};
use crate::world::node::{self, Around, Bound};
use crate::world::whatif::change::ShapeChange;
use crate::world::whatif::delta::{ColumnDelta, ShapeDelta, What, carried};
use crate::world::whatif::judge::{Incoming, Reason, Side, Verdict, judge, reads_column, understood};
use crate::world::whatif::words::Extent;
use crate::world::{NodeLineage, shape};
use std::cell::Cell;
use std::sync::Arc;
use tessera_model::table::Origin;
use tessera_model::{Dialect, Effect, TableName, TableSchema};
use tessera_sql::hash::FastMap;

/// One question, in the order in which nodes build on each other.
pub(super) struct Walk<'p> {
    project: &'p Project,
    /// Every node that is reached is answered exactly, also below what breaks; nothing is judged.
    exact: bool,
    /// Nothing is left out that cannot matter; for tests.
    pub(super) in_full: bool,
    shapes: FastMap<u32, Arc<TableSchema>>,
    incoming: FastMap<u32, (Incoming, Option<usize>)>,
    /// A change of a table that is no node, by the nodes that name it.
    stray: FastMap<u32, Incoming>,
    /// Nodes that fail, or may: what is built on them fails, or may, with them. By position.
    failed: Vec<Option<(u32, Effect)>>,
    queue: Queue,
    pub(super) affected: Vec<Affected>,
    pub(super) rebound: Cell<usize>,
    /// Shapes from outside into which changes were carried.
    pub(super) known: FastMap<u32, TableSchema>,
    pub(super) answers: FastMap<u32, Arc<NodeLineage>>,
}

impl<'p> Walk<'p> {
    pub(super) fn new(project: &'p Project, exact: bool) -> Self {
        Walk {
            project,
            exact,
            in_full: false,
            shapes: FastMap::default(),
            incoming: FastMap::default(),
            stray: FastMap::default(),
            failed: vec![None; project.rank.len()],
            queue: Queue::new(project.rank.len()),
            affected: Vec::new(),
            rebound: Cell::new(0),
            known: FastMap::default(),
            answers: FastMap::default(),
        }
    }

    pub(super) fn change(&mut self, change: &TableChange) {
        let project = self.project;
        let away = |dialect: Dialect| change.change.takes_away().map(|c| dialect.column_folding().key(c));
        let nodes = project.nodes_of(&change.table, change.dialect);
        for at in nodes {
            let node = project.node(*at);
            let before = self.shapes.get(at).unwrap_or(&node.schema);
            let after = change.change.apply(before);
            let table = node.relation.clone().unwrap_or_else(|| change.table.clone());
            let delta = after.as_ref().map(|a| ShapeDelta::between(&node.schema, a, node.dialect)).unwrap_or_default();
            let mut incoming = Incoming::new(table, delta);
            incoming.gone = after.is_none();
            incoming.open = before.open || before.columns.is_empty();
            incoming.away.extend(away(node.dialect));
            if let Some((earlier, _)) = self.incoming.get(at) {
                incoming.away.extend(earlier.away.iter().cloned());
                incoming.gone |= earlier.gone;
            }
            if self.exact
                && let Some(after) = &after
            {
                let mut answer = NodeLineage::clone(node);
                answer.schema = Arc::new(shape::best(Some(after), self.has_sql(*at).then_some(&*node.inferred)));
                self.shapes.insert(*at, Arc::clone(&answer.schema));
                self.answers.insert(*at, Arc::new(answer));
            } else if let Some(after) = after {
                self.shapes.insert(*at, Arc::new(after));
            }
            self.incoming.insert(*at, (incoming, None));
            self.wake(*at);
        }
        if nodes.is_empty() {
            let key = (change.dialect, change.table.key(change.dialect).0);
            for at in project.strays.get(&key).into_iter().flatten() {
                let mut incoming = Incoming::new(change.table.clone(), ShapeDelta::default());
                incoming.gone = change.change == ShapeChange::DropTable;
                incoming.open = true;
                incoming.away.extend(away(change.dialect));
                self.stray.insert(*at, incoming);
                self.enqueue(*at);
            }
        }
    }

    fn has_sql(&self, at: u32) -> bool {
        self.project.world.nodes[at as usize].sql.is_some()
    }

    fn enqueue(&mut self, at: u32) {
        self.queue.push(self.project.rank[at as usize]);
    }

    fn wake(&mut self, at: u32) {
        let project = self.project;
        for reader in &project.readers[at as usize] {
            self.enqueue(*reader);
        }
    }

    pub(super) fn run(&mut self) {
        let project = self.project;
        while let Some(at) = self.queue.pop().and_then(|rank| project.analysis.order.get(rank as usize).copied()) {
            // A table that was changed is as the question says, whatever it is made of.
            if self.incoming.get(&at).is_none_or(|(_, via)| via.is_some()) {
                self.visit(at);
            }
        }
    }

    fn visit(&mut self, at: u32) {
        let project = self.project;
        let above = project.upstream[at as usize].iter();
        let incoming: Vec<(&Incoming, Option<usize>)> = above
            .filter_map(|up| self.incoming.get(up).map(|(i, via)| (i, *via)))
            .chain(self.stray.get(&at).map(|i| (i, None)))
            .collect();
        let (mut verdict, bound) = match incoming.is_empty() {
            true => (Verdict::new(Effect::Unaffected, Vec::new()), None),
            false => self.verdict(at, &incoming),
        };
        if self.exact {
            if let Some(bound) = bound {
                self.answer(at, bound);
            }
            return;
        }
        let mut via = incoming.iter().filter_map(|(_, via)| *via).min();
        if incoming.iter().any(|(i, v)| v.is_none() && self.reads(at, i)) {
            via = None;
        }
        // What is not built takes everything below it along.
        let failing = project.needs[at as usize].iter().filter_map(|up| Some((*up, self.failed[*up as usize]?)));
        let failing = failing.min_by_key(|(_, (index, effect))| (*effect, *index));
        if let Some((up, (index, effect))) = failing.filter(|(_, (_, effect))| *effect < verdict.effect) {
            let index = index as usize;
            let id = Arc::clone(project.analysis.skeleton.id(up));
            let reasons = vec![Reason::Upstream { id, breaks: effect == Effect::Breaks }];
            verdict = Verdict { output: std::mem::take(&mut verdict.output), ..Verdict::new(effect, reasons) };
            via = Some(index);
        }
        if verdict.effect == Effect::Unaffected {
            return;
        }
        let index = self.affected.len();
        let hands_on = !verdict.output.is_empty() || !verdict.untyped.is_empty();
        if verdict.effect == Effect::Breaks || (verdict.effect == Effect::MayRead && !hands_on) {
            self.failed[at as usize] = Some((u32::try_from(index).unwrap_or(u32::MAX), verdict.effect));
            self.wake(at);
        } else if hands_on && let Some(bound) = bound {
            self.hand_on(at, index, &verdict, &bound);
        }
        self.affected.push(Affected {
            id: Arc::clone(project.analysis.skeleton.id(at)),
            effect: verdict.effect,
            reasons: verdict.reasons,
            output: verdict.output,
            via,
        });
    }

    fn reads(&self, at: u32, incoming: &Incoming) -> bool {
        let lineage = &self.project.node(at).lineage;
        incoming.hidden || lineage.reads.contains(&incoming.table) || lineage.writes.contains(&incoming.table)
    }

    fn verdict(&self, at: u32, incoming: &[(&Incoming, Option<usize>)]) -> (Verdict, Option<Bound>) {
        let nothing = (Verdict::new(Effect::Unaffected, Vec::new()), None);
        let project = self.project;
        let node = project.node(at);
        let touched: Vec<&Incoming> =
            incoming.iter().map(|(i, _)| *i).filter(|i| !self.has_sql(at) || self.mentions(at, i)).collect();
        if touched.is_empty() {
            return nothing;
        }
        let cause = match (self.has_sql(at), understood(&node.lineage)) {
            (false, _) => Some(node.cause.clone().unwrap_or_else(|| "uncompiled".to_owned())),
            (true, cause) => cause.map(str::to_owned),
        };
        if let Some(cause) = cause {
            // Without SQL a source or seed is no reader.
            let reader = self.has_sql(at) || node.cause.is_some();
            let reason = Reason::NotUnderstood { cause };
            return if reader { (Verdict::new(Effect::MayRead, vec![reason]), None) } else { nothing };
        }
        if !self.exact
            && let Some(gone) = touched.iter().find(|i| i.gone && self.reads(at, i))
        {
            return (Verdict::new(Effect::Breaks, vec![Reason::TableGone(gone.table.clone())]), None);
        }
        if !self.exact && !self.in_full && !touched.iter().any(|i| self.concerns(at, i)) {
            return nothing;
        }
        let bound = self.bind(at);
        let sides = [
            Side { lineage: &node.lineage, shape: &node.inferred, errors: &node.errors },
            Side { lineage: &bound.lineage, shape: &bound.inferred, errors: &bound.errors },
        ];
        (judge(&sides, &touched, node.dialect), Some(bound))
    }

    /// Whether a change can matter to a text: it names a changed column, or takes columns along that it does not name.
    fn concerns(&self, at: u32, incoming: &Incoming) -> bool {
        let project = self.project;
        let words = project.words(at);
        let mut unsure = incoming.away.iter().chain(&incoming.untyped);
        let mut changed = incoming.delta.columns.iter();
        if unsure.any(|c| words.name(c)) || changed.any(|c| words.name(&c.name) && self.may_use(at, incoming, c)) {
            return true;
        }
        let any = !(incoming.delta.columns.is_empty() && incoming.away.is_empty() && incoming.untyped.is_empty());
        let more = incoming.delta.reordered || any;
        match words.extent() {
            Extent::Named => false,
            Extent::Rows if !incoming.delta.reordered => {
                more && project.lets_through(at, &incoming.table, &self.rebound)
            }
            Extent::Sets if !incoming.delta.reordered && !incoming.open => {
                more && project.lets_through(at, &incoming.table, &self.rebound)
            }
            Extent::Rows | Extent::Sets | Extent::Each => more,
        }
    }

    /// Whether a column of which the text has the name can be the one that is meant. A text that is fully understood and
    /// has no mistake says which columns it reads; of another one that bears the name as well it knows nothing, unless the
    /// name comes there anew.
    fn may_use(&self, at: u32, incoming: &Incoming, column: &ColumnDelta) -> bool {
        let node = self.project.node(at);
        let lineage = &node.lineage;
        column.what == What::Added
            || incoming.hidden
            || incoming.open
            || !is_plain(node)
            || reads_column(lineage, &incoming.table, &column.key, node.dialect)
    }

    /// Whether the text names the changed table, or a name that a CTE of its own may hide.
    fn mentions(&self, at: u32, incoming: &Incoming) -> bool {
        let reads = &self.project.analysis.reads[at as usize];
        reads.iter().any(|r| self.incoming.get(&r.node).is_some_and(|(i, _)| i.table == incoming.table))
            || self.stray.get(&at).is_some_and(|i| i.table == incoming.table)
            || self.reads(at, incoming)
    }

    fn bind(&self, at: u32) -> Bound {
        self.rebound.set(self.rebound.get() + 1);
        let project = self.project;
        let (node, reads) = (&project.world.nodes[at as usize], &project.analysis.reads[at as usize]);
        match &project.analysis.texts[at as usize] {
            Some(text) => node::bind(node, at, [0; 32], text, project.script(at), reads, self),
            None => {
                let node = project.node(at);
                Bound {
                    key: [0; 32],
                    lineage: Arc::clone(&node.lineage),
                    inferred: Arc::clone(&node.inferred),
                    errors: node.errors.clone(),
                }
            }
        }
    }

    /// The shape of a node whose text gives another one now.
    fn reshape(&mut self, at: u32, bound: &Bound) -> Arc<TableSchema> {
        let (input, node) = (&self.project.world.nodes[at as usize], self.project.node(at));
        let Some(known) = &input.known else { return Arc::clone(&bound.inferred) };
        let pinned = matches!(known.origin, Some(Origin::Observed | Origin::Catalog | Origin::Contract));
        if !pinned {
            return Arc::new(shape::best(Some(known), Some(&bound.inferred)));
        }
        let delta = ShapeDelta::between(&node.inferred, &bound.inferred, node.dialect);
        let carried = carried(known, &delta, &bound.inferred, node.dialect);
        let best = Arc::new(shape::best(Some(&carried), Some(&bound.inferred)));
        self.known.insert(at, carried);
        best
    }

    fn hand_on(&mut self, at: u32, index: usize, verdict: &Verdict, bound: &Bound) {
        let node = self.project.node(at);
        let after = self.reshape(at, bound);
        let delta = ShapeDelta::between(&node.schema, &after, node.dialect);
        let table = node.relation.clone().unwrap_or_else(|| TableName::new(None, None, &node.id));
        let mut incoming = Incoming::new(table, delta);
        incoming.hidden = node.relation.is_none();
        incoming.open = node.schema.open || after.open;
        incoming.untyped.clone_from(&verdict.untyped);
        if incoming.delta.is_empty() && incoming.untyped.is_empty() {
            return;
        }
        self.shapes.insert(at, after);
        self.incoming.insert(at, (incoming, Some(index)));
        self.wake(at);
    }

    /// Keeps the exact answer of a reached node, and goes on if its shape is another one.
    fn answer(&mut self, at: u32, bound: Bound) {
        let project = self.project;
        let node = project.node(at);
        let after = self.reshape(at, &bound);
        let mut answer = node::finish(&project.world.nodes[at as usize], &bound);
        answer.schema = Arc::clone(&after);
        if *after != *node.schema {
            let table = node.relation.clone().unwrap_or_else(|| TableName::new(None, None, &node.id));
            let incoming = Incoming { hidden: node.relation.is_none(), ..Incoming::new(table, ShapeDelta::default()) };
            self.shapes.insert(at, after);
            self.incoming.insert(at, (incoming, Some(0)));
            self.wake(at);
        }
        self.answers.insert(at, Arc::new(answer));
    }
}

impl Around for Walk<'_> {
    fn node(&self, at: u32) -> Option<&Arc<NodeLineage>> {
        Some(self.answers.get(&at).unwrap_or(self.project.node(at)))
    }

    fn shape(&self, at: u32) -> Option<Arc<TableSchema>> {
        let gone = self.incoming.get(&at).is_some_and(|(i, _)| i.gone);
        let shape = self.shapes.get(&at).unwrap_or(&self.project.node(at).schema);
        (!gone).then(|| Arc::clone(shape))
    }

    fn knows(&self, own: u32, other: u32) -> bool {
        self.project.is_before(other, own)
    }

    /// A text that did bind and now does not is judged by what it says itself.
    fn only_errors(&self, own: u32) -> bool {
        !self.exact && !self.in_full && self.project.node(own).errors.is_empty()
    }
}
