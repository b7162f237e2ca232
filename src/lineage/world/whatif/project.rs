//! A project analysed once and asked many times: each question binds again only what a change reaches, and of that only
//! what may be concerned with the columns that changed.

mod queue;
mod walk;

use super::change::ShapeChange;
use super::delta::ShapeDelta;
use super::judge::{Reason, reads_column, understood};
use super::words::{Extent, Words};
use crate::world::cache::Cache;
use crate::world::node::{self, Around};
use crate::world::run::{self, Analysis};
use crate::world::{NodeLineage, World, WorldLineage, text};
use std::cell::Cell;
use std::sync::{Arc, Mutex, OnceLock};
use tessera_model::lineage::Resolution;
use tessera_model::{Column, Dialect, Effect, TableName, TableSchema};
use tessera_sql::hash::FastMap;
use tessera_sql::{Script, on_wide_stack};
use walk::Walk;

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

    /// The same with every reader bound again and nothing left out: what the quick way must agree with.
    #[cfg(test)]
    pub(crate) fn what_if_in_full(&self, changes: &[TableChange]) -> Impact {
        on_wide_stack(|| {
            let mut walk = Walk::new(self, false);
            walk.in_full = true;
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
            let found = self.seen_through(at, read.node).unwrap_or_else(|| {
                binds.set(binds.get() + 1);
                self.probe(at, read.node)
            });
            if let Ok(mut probes) = self.probes.lock() {
                probes.insert((at, read.node), found);
            }
            found
        })
    }

    /// The same without binding: what the text does with a column that the table has and the text does not name.
    fn seen_through(&self, at: u32, read: u32) -> Option<bool> {
        let (node, table, words) = (self.node(at), self.node(read), self.words(at));
        let relation = table.relation.as_ref()?;
        // A set operation can fail on a column that it drops again.
        if words.extent() != Extent::Rows || !is_plain(node) || table.schema.open {
            return None;
        }
        let unnamed = table.schema.columns.iter().find(|c| !words.name(&c.name))?;
        let key = node.dialect.column_folding().key(&unnamed.name);
        Some(reads_column(&node.lineage, relation, &key, node.dialect))
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

/// Whether a text is fully understood and has no mistake: it says which columns it reads.
fn is_plain(node: &NodeLineage) -> bool {
    node.lineage.resolution == Resolution::Resolved && !node.lineage.open && node.errors.is_empty()
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
