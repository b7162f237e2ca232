//! A project analysed once and asked many times: each question binds again only what a change reaches, and of that only
//! what may be concerned with the columns that changed.

use super::change::ShapeChange;
use super::delta::{ShapeDelta, carried};
use super::judge::{Incoming, Reason, Side, Verdict, judge, understood};
use super::words::{Extent, Words};
use crate::world::cache::Cache;
use crate::world::node::{self, Around, Bound};
use crate::world::run::{self, Analysis};
use crate::world::{NodeLineage, World, WorldLineage, shape, text};
use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::{Arc, Mutex, OnceLock};
use tessera_model::table::Origin;
use tessera_model::{Column, Dialect, Effect, TableName, TableSchema};
use tessera_sql::hash::{FastMap, FastSet};
use tessera_sql::{Script, on_wide_stack};

/// A change of one table, found as [`WorldLineage::producer_of`] finds it.
#[derive(Debug, Clone, PartialEq)]
pub struct TableChange {
    pub table: TableName,
    pub dialect: Dialect,
    pub change: ShapeChange,
}

/// A reader that is not as before.
#[derive(Debug, Clone, PartialEq)]
pub struct Affected {
    /// The node's id.
    pub id: Arc<str>,
    pub effect: Effect,
    /// Never empty.
    pub reasons: Vec<Reason>,
    /// How its own output differs.
    pub output: ShapeDelta,
    /// The affected reader through which the change comes; `None`: it reads the changed table itself. An index into
    /// [`Impact::affected`].
    pub via: Option<usize>,
}

/// Everyone that a change affects; whoever is not listed is not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Impact {
    /// Each reader once, after those through which the change comes.
    pub affected: Vec<Affected>,
    /// How many nodes were bound again to find out.
    pub rebound: usize,
}

impl Impact {
    pub fn of(&self, id: &str) -> Option<&Affected> {
        self.affected.iter().find(|a| &*a.id == id)
    }

    /// The readers between the changed table and this one, nearest to the table first.
    pub fn path(&self, affected: &Affected) -> Vec<&str> {
        let mut path = Vec::new();
        let mut at = affected.via;
        while let Some(via) = at.and_then(|i| self.affected.get(i)) {
            path.push(&*via.id);
            at = via.via;
        }
        path.reverse();
        path
    }
}

/// See the module's description.
pub struct Project {
    world: Arc<World>,
    analysis: Analysis,
    scripts: Vec<OnceLock<Script>>,
    words: Vec<OnceLock<Words>>,
    /// By reader and node read: whether columns that the reader does not name can matter to it.
    probes: Mutex<FastMap<(u32, u32), bool>>,
    /// By position: the nodes that it may read.
    upstream: Vec<Box<[u32]>>,
    /// By position: the nodes without which it cannot be built.
    needs: Vec<Box<[u32]>>,
    /// By position: the nodes that read it.
    readers: Vec<Vec<u32>>,
    rank: Vec<u32>,
    /// All nodes that stand for one relation.
    producers: FastMap<(Dialect, String), Vec<u32>>,
    /// Who reads a relation that no node of the world stands for.
    strays: FastMap<(Dialect, String), Vec<u32>>,
}

impl std::fmt::Debug for Project {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Project").field("nodes", &self.world.nodes.len()).finish_non_exhaustive()
    }
}

impl Project {
    pub fn new(world: Arc<World>, cache: &mut Cache) -> Self {
        let analysis = on_wide_stack(|| run::analyze(&world, cache));
        let count = world.nodes.len();
        let mut upstream: Vec<Box<[u32]>> = Vec::with_capacity(count);
        let mut needs: Vec<Box<[u32]>> = Vec::with_capacity(count);
        let mut readers: Vec<Vec<u32>> = vec![Vec::new(); count];
        let mut producers: FastMap<(Dialect, String), Vec<u32>> = FastMap::default();
        let mut strays: FastMap<(Dialect, String), Vec<u32>> = FastMap::default();
        for (at, node) in (0u32..).zip(&world.nodes) {
            let reads = &analysis.reads[at as usize];
            let lineage = &analysis.finished[at as usize].node.lineage;
            let mut above: Vec<u32> = reads.iter().map(|r| r.node).collect();
            // Whoever is not understood reads what it is said to depend on.
            if node.sql.is_none() || understood(lineage).is_some() {
                above.extend(node.upstream.iter().filter_map(|id| analysis.skeleton.position(id)));
            }
            above.sort_unstable();
            above.dedup();
            above.retain(|up| *up != at);
            for up in &above {
                readers[*up as usize].push(at);
            }
            let needed = |up: &u32| match &world.nodes[*up as usize].relation {
                Some(relation) => node.sql.is_none() || lineage.reads.contains(relation),
                None => true,
            };
            needs.push(above.iter().copied().filter(needed).collect());
            upstream.push(above.into());
            if let Some(text) = &analysis.texts[at as usize] {
                let mut read = reads.iter().map(|r| r.mention).peekable();
                for (mention, named) in (0u32..).zip(&text.mentions) {
                    if read.next_if_eq(&mention).is_none() {
                        strays.entry((node.dialect, named.key.to_string())).or_default().push(at);
                    }
                }
            }
            if let Some(relation) = &node.relation {
                producers.entry((node.dialect, relation.key(node.dialect).0)).or_default().push(at);
            }
        }
        let mut rank = vec![0u32; count];
        for (place, at) in (0u32..).zip(&analysis.order) {
            rank[*at as usize] = place;
        }
        let scripts = std::iter::repeat_with(OnceLock::new).take(count).collect();
        let words = std::iter::repeat_with(OnceLock::new).take(count).collect();
        Project {
            world,
            analysis,
            scripts,
            words,
            probes: Mutex::default(),
            upstream,
            needs,
            readers,
            rank,
            producers,
            strays,
        }
    }

    /// The project as it stands.
    pub fn lineage(&self) -> WorldLineage {
        self.lineage_with(&FastMap::default())
    }

    /// The best known shape of a table.
    pub fn shape(&self, table: &TableName, dialect: Dialect) -> Option<&TableSchema> {
        let at = self.analysis.skeleton.producer(table, dialect)?;
        Some(&self.node(at).schema)
    }

    /// Who is affected by these changes, all made at once.
    pub fn what_if(&self, changes: &[TableChange]) -> Impact {
        on_wide_stack(|| {
            let mut walk = Walk::new(self, false);
            for change in changes {
                walk.change(change);
            }
            walk.run();
            Impact { affected: walk.affected, rebound: walk.rebound.get() }
        })
    }

    /// The whole project with other shapes for some tables: the world that says so, and its lineage. `None` when one of
    /// the tables is no node of the project; then another world has to be analysed.
    ///
    /// A node below whose shape is known from outside would hide the change from those that read it: what its SQL now
    /// says otherwise is carried over into that shape.
    pub fn with_shapes(&self, shapes: &[(TableName, Dialect, TableSchema)]) -> Option<(World, WorldLineage)> {
        on_wide_stack(|| {
            let mut walk = Walk::new(self, true);
            let mut world = World::clone(&self.world);
            for (table, dialect, shape) in shapes {
                for at in self.nodes_of(table, *dialect) {
                    world.nodes[*at as usize].known = Some(shape.clone());
                }
                walk.change(&TableChange {
                    table: table.clone(),
                    dialect: *dialect,
                    change: ShapeChange::Replace(shape.clone()),
                });
                if self.nodes_of(table, *dialect).is_empty() {
                    return None;
                }
            }
            walk.run();
            for (at, known) in walk.known {
                world.nodes[at as usize].known = Some(known);
            }
            Some((world, self.lineage_with(&walk.answers)))
        })
    }

    fn lineage_with(&self, other: &FastMap<u32, Arc<NodeLineage>>) -> WorldLineage {
        let answer = |at: u32| Arc::clone(other.get(&at).unwrap_or(self.node(at)));
        let nodes = (0u32..).zip(&self.world.nodes).map(|(at, n)| (n.id.clone(), answer(at))).collect();
        WorldLineage { nodes, skeleton: Some(Arc::clone(&self.analysis.skeleton)) }
    }

    fn node(&self, at: u32) -> &Arc<NodeLineage> {
        &self.analysis.finished[at as usize].node
    }

    fn is_before(&self, at: u32, other: u32) -> bool {
        self.rank[at as usize] < self.rank[other as usize]
    }

    /// All nodes that stand for the relation of that name.
    fn nodes_of(&self, table: &TableName, dialect: Dialect) -> &[u32] {
        let found = self.analysis.skeleton.producer(table, dialect).and_then(|at| {
            let node = &self.world.nodes[at as usize];
            let key = (node.dialect, node.relation.as_ref()?.key(node.dialect).0);
            self.producers.get(&key)
        });
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether a column of `table` that the text does not name can make a difference to it: found out once, by a column
    /// that nobody can have named.
    fn lets_through(&self, at: u32, table: &TableName, binds: &Cell<usize>) -> bool {
        let read = self.analysis.reads[at as usize]
            .iter()
            .find(|r| self.world.nodes[r.node as usize].relation.as_ref() == Some(table));
        let Some(read) = read else { return true };
        let known = self.probes.lock().ok().and_then(|p| p.get(&(at, read.node)).copied());
        known.unwrap_or_else(|| {
            binds.set(binds.get() + 1);
            let found = self.probe(at, read.node);
            if let Ok(mut probes) = self.probes.lock() {
                probes.insert((at, read.node), found);
            }
            found
        })
    }

    fn probe(&self, at: u32, read: u32) -> bool {
        let Some(text) = &self.analysis.texts[at as usize] else { return true };
        let (input, node, upstream) = (&self.world.nodes[at as usize], self.node(at), self.node(read));
        let mut shape = TableSchema::clone(&upstream.schema);
        shape.columns.push(Column::new("tessera probe", None));
        let probe = Probe { project: self, read, shape: Arc::new(shape) };
        let reads = &self.analysis.reads[at as usize];
        let bound = node::bind(input, at, [0; 32], text, self.script(at), reads, &probe);
        *bound.lineage != *node.lineage || *bound.inferred != *node.inferred || bound.errors != node.errors
    }

    fn script(&self, at: u32) -> &Script {
        self.scripts[at as usize].get_or_init(|| text::parse(&self.world.nodes[at as usize]))
    }

    fn words(&self, at: u32) -> &Words {
        self.words[at as usize].get_or_init(|| Words::of(self.script(at)))
    }
}

/// The project with one column more in one table.
struct Probe<'p> {
    project: &'p Project,
    read: u32,
    shape: Arc<TableSchema>,
}

impl Around for Probe<'_> {
    fn node(&self, at: u32) -> Option<&Arc<NodeLineage>> {
        Some(self.project.node(at))
    }

    fn shape(&self, at: u32) -> Option<Arc<TableSchema>> {
        Some(Arc::clone(if at == self.read { &self.shape } else { &self.project.node(at).schema }))
    }

    fn knows(&self, own: u32, other: u32) -> bool {
        self.project.is_before(other, own)
    }
}

/// One question on its way through the project, in the order in which nodes build on each other.
struct Walk<'p> {
    project: &'p Project,
    /// Every node that is reached is answered exactly, also below what breaks; nothing is judged.
    exact: bool,
    shapes: FastMap<u32, Arc<TableSchema>>,
    incoming: FastMap<u32, (Incoming, Option<usize>)>,
    /// A change of a table that is no node, by the nodes that name it.
    stray: FastMap<u32, Incoming>,
    /// Nodes that fail, or may: what is built on them fails, or may, with them.
    failed: FastMap<u32, (usize, Effect)>,
    queue: BinaryHeap<Reverse<(u32, u32)>>,
    queued: FastSet<u32>,
    affected: Vec<Affected>,
    rebound: Cell<usize>,
    /// Shapes from outside into which changes were carried.
    known: FastMap<u32, TableSchema>,
    answers: FastMap<u32, Arc<NodeLineage>>,
}

impl<'p> Walk<'p> {
    fn new(project: &'p Project, exact: bool) -> Self {
        Walk {
            project,
            exact,
            shapes: FastMap::default(),
            incoming: FastMap::default(),
            stray: FastMap::default(),
            failed: FastMap::default(),
            queue: BinaryHeap::new(),
            queued: FastSet::default(),
            affected: Vec::new(),
            rebound: Cell::new(0),
            known: FastMap::default(),
            answers: FastMap::default(),
        }
    }

    fn change(&mut self, change: &TableChange) {
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
        if self.queued.insert(at) {
            self.queue.push(Reverse((self.project.rank[at as usize], at)));
        }
    }

    fn wake(&mut self, at: u32) {
        let project = self.project;
        for reader in &project.readers[at as usize] {
            self.enqueue(*reader);
        }
    }

    fn run(&mut self) {
        while let Some(Reverse((_, at))) = self.queue.pop() {
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
        let (mut verdict, bound) = self.verdict(at, &incoming);
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
        let failing = project.needs[at as usize].iter().filter_map(|up| self.failed.get(up).map(|f| (*up, *f)));
        let failing = failing.min_by_key(|(_, (index, effect))| (*effect, *index));
        if let Some((up, (index, effect))) = failing.filter(|(_, (_, effect))| *effect < verdict.effect) {
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
            self.failed.insert(at, (index, verdict.effect));
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
        if !self.exact && !touched.iter().any(|i| self.concerns(at, i)) {
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
        let columns = || incoming.delta.columns.iter().map(|c| &c.name).chain(&incoming.away).chain(&incoming.untyped);
        if columns().any(|c| words.name(c)) {
            return true;
        }
        let more = incoming.delta.reordered || columns().next().is_some();
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
}
