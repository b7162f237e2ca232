//! A whole world: what is new is parsed piece by piece, and each node is bound as soon as all that it reads is, so that
//! no more texts are in memory at a time than wait for others.

pub(super) mod again;

use super::cache::{Cache, Last};
use super::node::{self, Around, Bound, Finished};
use super::order::{Schedule, levels};
use super::print::Key;
use super::skeleton::Skeleton;
use super::text::{self, Read, Text};
use super::{NodeLineage, World};
use rayon::prelude::*;
use std::sync::Arc;
use tessera_model::TableSchema;
use tessera_sql::Script;

/// Below this many nodes threads are not worth their price.
const PARALLEL_FROM: usize = 4;

/// How many texts each thread parses at a time. What is bound while it is still in the processor's cache is bound sooner.
const PIECE: usize = 16;

/// What an analysis found, by position in the world.
pub(super) struct Analysis {
    pub(super) skeleton: Arc<Skeleton>,
    pub(super) texts: Vec<Option<Arc<Text>>>,
    pub(super) reads: Vec<Arc<[Read]>>,
    pub(super) finished: Vec<Arc<Finished>>,
    /// The order in which the nodes were bound: each after what it reads.
    pub(super) order: Vec<u32>,
}

/// A node to bind: the key of its answer, the prints of its reads, and its text if that was just parsed.
type Job = (u32, Key, Vec<Option<Key>>, Option<Script>);

struct Run<'w> {
    world: &'w World,
    skeleton: Arc<Skeleton>,
    texts: Vec<Option<Arc<Text>>>,
    scripts: Vec<Option<Script>>,
    reads: Vec<Arc<[Read]>>,
    /// Whose text is as the last analysis met it.
    same: Vec<bool>,
    done: Vec<Option<Arc<Finished>>>,
    order: Vec<u32>,
}

pub(super) fn analyze(world: &World, cache: &mut Cache) -> Analysis {
    if let Some(analysis) = again::update(world, cache) {
        return analysis;
    }
    let skeleton = cache.begin(world);
    let count = world.nodes.len();
    let nothing: Arc<[Read]> = Arc::from([]);
    let mut run = Run {
        world,
        skeleton,
        texts: vec![None; count],
        scripts: std::iter::repeat_with(|| None).take(count).collect(),
        reads: vec![nothing; count],
        same: vec![false; count],
        done: vec![None; count],
        order: Vec::with_capacity(count),
    };
    let declared = run.declared();
    let mut schedule = Schedule::new(count);
    let mut missing: Vec<(u32, Key)> = Vec::new();
    let mut is_missing = vec![false; count];
    for at in (0u32..).take(count) {
        if let Some(key) = run.recall(at, cache) {
            is_missing[at as usize] = true;
            missing.push((at, key));
        } else {
            run.open(at, &declared[at as usize], &mut schedule);
        }
    }
    let workers = Workers::default();
    if missing.len() > PIECE {
        // Texts are parsed in the order in which they are most likely bound.
        let mut rank = vec![0u32; count];
        for (place, at) in (0u32..).zip(levels(&declared).into_iter().flatten()) {
            rank[at as usize] = place;
        }
        missing.sort_by_key(|(at, _)| rank[*at as usize]);
    }
    run.settle(&mut schedule, cache, &workers);
    let piece = if missing.len() > PIECE { PIECE * workers.count() } else { PIECE };
    for piece in missing.chunks(piece) {
        let parse = |(at, key): &(u32, Key)| {
            let node = &world.nodes[*at as usize];
            let script = text::parse(node);
            (*at, Arc::new(Text::new(node, *key, &script)), script)
        };
        let parsed: Vec<(u32, Arc<Text>, Script)> = workers.map(piece.iter().collect(), parse);
        for (at, text, script) in parsed {
            cache.keep_text(&text);
            run.reads[at as usize] = text.reads(&world.nodes[at as usize], &run.skeleton);
            run.texts[at as usize] = Some(text);
            run.scripts[at as usize] = Some(script);
            run.open(at, &declared[at as usize], &mut schedule);
        }
        run.settle(&mut schedule, cache, &workers);
    }
    while schedule.cut() {
        run.settle(&mut schedule, cache, &workers);
    }
    cache.end();
    let analysis = Analysis {
        skeleton: run.skeleton,
        texts: run.texts,
        reads: run.reads,
        // Every node has been cut or bound.
        finished: run.done.into_iter().flatten().collect(),
        order: run.order,
    };
    again::record(world, &analysis, &declared, cache);
    analysis
}

impl Run<'_> {
    /// What each node is said to depend on, by position.
    fn declared(&self) -> Vec<Vec<u32>> {
        (0u32..).take(self.world.nodes.len()).map(|at| self.declared_by(at)).collect()
    }

    fn declared_by(&self, at: u32) -> Vec<u32> {
        let node = &self.world.nodes[at as usize];
        let named = node.upstream.iter().chain(node.aliases.iter().map(|(_, id)| id));
        named.filter_map(|id| self.skeleton.position(id)).collect()
    }

    /// Takes over what is known of a node's text. Answers with its key when it has to be parsed.
    fn recall(&mut self, at: u32, cache: &mut Cache) -> Option<Key> {
        let node = &self.world.nodes[at as usize];
        let slot = at as usize;
        let last = cache.last(&node.id).filter(|l| l.same_text(node));
        self.same[slot] = last.is_some();
        node.sql.as_ref()?;
        if let Some(last) = last {
            self.texts[slot].clone_from(&last.text);
            // Positions are those of the world that was; mentions are looked up again unless nothing moved.
            self.reads[slot] = match (&last.text, last.is_of(&self.skeleton)) {
                (_, true) => Arc::clone(&last.reads),
                (Some(text), false) => text.reads(node, &self.skeleton),
                (None, false) => return Some(text::key(node)),
            };
            return None;
        }
        let key = text::key(node);
        let Some(text) = cache.text(&key) else { return Some(key) };
        self.reads[slot] = text.reads(node, &self.skeleton);
        self.texts[slot] = Some(text);
        None
    }

    /// The node's reads are known: it may be bound when they are.
    fn open(&self, at: u32, declared: &[u32], schedule: &mut Schedule) {
        let reads = self.reads[at as usize].iter().filter(|r| r.needed).map(|r| r.node);
        schedule.open(at, declared.iter().copied().chain(reads));
    }

    /// Binds whatever can be bound.
    fn settle(&mut self, schedule: &mut Schedule, cache: &mut Cache, workers: &Workers) {
        loop {
            let wave = schedule.take();
            if wave.is_empty() {
                return;
            }
            let mut jobs: Vec<Job> = Vec::new();
            for at in &wave {
                let seen = self.seen(*at);
                match self.answer(*at, &seen, cache) {
                    None => {}
                    Some(key) => jobs.push((*at, key, seen, self.scripts[*at as usize].take())),
                }
            }
            let this = &*self;
            let work = |(at, key, seen, script): Job| {
                let node = &this.world.nodes[at as usize];
                let script = script.unwrap_or_else(|| text::parse(node));
                let bound = this.texts[at as usize]
                    .as_ref()
                    .map(|text| node::bind(node, at, key, text, &script, &this.reads[at as usize], this));
                (at, seen, bound)
            };
            let results = workers.map(jobs, work);
            for (at, seen, bound) in results {
                let Some(bound) = bound.map(Arc::new) else { continue };
                cache.keep_bound(&bound);
                self.place(at, seen, bound, cache);
            }
            for at in &wave {
                self.order.push(*at);
                schedule.done(*at);
            }
        }
    }

    /// The prints of a node's reads, as they stand now.
    fn seen(&self, at: u32) -> Vec<Option<Key>> {
        let reads = self.reads[at as usize].iter();
        reads.map(|r| self.done[r.node as usize].as_ref().map(|f| f.print)).collect()
    }

    /// Answers a node without binding it, if that is possible; else says under which key the answer will be kept.
    fn answer(&mut self, at: u32, seen: &[Option<Key>], cache: &mut Cache) -> Option<Key> {
        let node = &self.world.nodes[at as usize];
        let reads = &self.reads[at as usize];
        let Some(text) = &self.texts[at as usize] else {
            self.answer_without_sql(at, cache);
            return None;
        };
        let last = cache.last(&node.id).filter(|l| self.same[at as usize] && l.still_holds(node, reads, seen));
        if let Some(last) = last {
            let finished = Arc::clone(&last.finished);
            self.done[at as usize] = Some(Arc::clone(&finished));
            if last.is_of(&self.skeleton) {
                cache.touch(&node.id);
            } else {
                self.remember(at, seen.to_vec(), finished, cache);
            }
            return None;
        }
        let key = node::key(node, at, text, reads, seen);
        let Some(bound) = cache.bound(&key) else { return Some(key) };
        self.place(at, seen.to_vec(), bound, cache);
        None
    }

    fn answer_without_sql(&mut self, at: u32, cache: &mut Cache) {
        let node = &self.world.nodes[at as usize];
        let upstream = node.upstream.iter().filter_map(|id| {
            let at = self.skeleton.position(id)?;
            self.done[at as usize].as_ref().map(|f| &f.node)
        });
        let reads = node::declared_reads(node, upstream);
        let last = cache.last(&node.id).filter(|_| self.same[at as usize]).map(|l| &l.finished);
        let leaf = |f: &&Arc<Finished>| f.node.lineage.open != (node.upstream.is_empty() && node.cause.is_none());
        if let Some(finished) = last.filter(|f| f.fits(node) && f.node.lineage.reads == reads).filter(leaf) {
            self.done[at as usize] = Some(Arc::clone(finished));
            cache.touch(&node.id);
            return;
        }
        let finished = Arc::new(Finished::new(node, node::without_sql(node, reads), None));
        self.done[at as usize] = Some(Arc::clone(&finished));
        self.remember(at, Vec::new(), finished, cache);
    }

    /// Puts a node's answer where its readers find it.
    fn place(&mut self, at: u32, seen: Vec<Option<Key>>, bound: Arc<Bound>, cache: &mut Cache) {
        let node = &self.world.nodes[at as usize];
        let finished = Arc::new(Finished::new(node, node::finish(node, &bound), Some(bound)));
        self.done[at as usize] = Some(Arc::clone(&finished));
        self.remember(at, seen, finished, cache);
    }

    fn remember(&self, at: u32, seen: Vec<Option<Key>>, finished: Arc<Finished>, cache: &mut Cache) {
        let (text, reads) = (self.texts[at as usize].clone(), Arc::clone(&self.reads[at as usize]));
        let last = Last::new(&self.world.nodes[at as usize], &self.skeleton, text, reads, seen, finished);
        cache.remember(self.skeleton.id(at), last);
    }
}

impl Around for Run<'_> {
    fn node(&self, at: u32) -> Option<&Arc<NodeLineage>> {
        self.done[at as usize].as_ref().map(|f| &f.node)
    }

    fn shape(&self, at: u32) -> Option<Arc<TableSchema>> {
        self.node(at).map(|n| Arc::clone(&n.schema))
    }

    fn knows(&self, _: u32, other: u32) -> bool {
        self.done[other as usize].is_some()
    }
}

/// A pool of wide stacks, made when first needed.
#[derive(Default)]
struct Workers(std::cell::OnceCell<Option<rayon::ThreadPool>>);

impl Workers {
    fn pool(&self) -> Option<&rayon::ThreadPool> {
        let pool = self.0.get_or_init(|| {
            rayon::ThreadPoolBuilder::new()
                .stack_size(tessera_sql::STACK_BYTES)
                .start_handler(|_| tessera_sql::mark_wide())
                .thread_name(|i| format!("sql-{i}"))
                .build()
                .ok()
        });
        // One thread, or none to be had: one after the other, right here.
        pool.as_ref().filter(|p| p.current_num_threads() > 1)
    }

    fn count(&self) -> usize {
        self.pool().map_or(1, rayon::ThreadPool::current_num_threads)
    }

    fn map<T: Send, R: Send>(&self, jobs: Vec<T>, work: impl Fn(T) -> R + Sync + Send) -> Vec<R> {
        match self.pool().filter(|_| jobs.len() >= PARALLEL_FROM) {
            Some(pool) => pool.install(|| jobs.into_par_iter().map(work).collect()),
            None => jobs.into_iter().map(work).collect(),
        }
    }
}
