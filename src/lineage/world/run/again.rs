//! A world of which little has changed since the last analysis: what is reached from there is looked at again, in the order
//! in which it was bound, and nothing else. A world with a cycle, or whose nodes are others than before, goes the whole way.

use super::{Analysis, Cache, Run, node, text};
use crate::catalog::Defaults;
use crate::world::node::Finished;
use crate::world::skeleton::Skeleton;
use crate::world::text::{Read, Text};
use crate::world::{NodeInput, World};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

/// After so many updates the whole way is gone once, which forgets what nobody uses any more.
const UPDATES: u32 = 32;

/// The last analysis, by position.
#[derive(Debug)]
pub(in crate::world) struct Previous {
    skeleton: Arc<Skeleton>,
    inputs: Vec<Input>,
    texts: Vec<Option<Arc<Text>>>,
    reads: Vec<Arc<[Read]>>,
    finished: Vec<Arc<Finished>>,
    order: Vec<u32>,
    rank: Vec<u32>,
    /// Who has to be looked at when a node's answer changes.
    readers: Vec<Vec<u32>>,
    updates: u32,
}

/// What a node was given besides what the skeleton and its answer hold.
#[derive(Debug, Clone)]
struct Input {
    sql: Option<Arc<str>>,
    defaults: Defaults,
    aliases: Vec<(String, String)>,
    upstream: Vec<String>,
}

impl Input {
    fn of(node: &NodeInput) -> Self {
        Input {
            sql: node.sql.clone(),
            defaults: node.defaults.clone(),
            aliases: node.aliases.clone(),
            upstream: node.upstream.clone(),
        }
    }

    fn is(&self, node: &NodeInput) -> bool {
        let same_sql = match (&self.sql, &node.sql) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b) || a == b,
            (None, None) => true,
            _ => false,
        };
        same_sql && self.defaults == node.defaults && self.aliases == node.aliases && self.upstream == node.upstream
    }
}

/// Keeps an analysis for `update`, unless the order of its nodes was not free of doubt.
pub(super) fn record(world: &World, analysis: &Analysis, declared: &[Vec<u32>], cache: &mut Cache) {
    let mut rank = vec![0u32; world.nodes.len()];
    for (place, at) in (0u32..).zip(&analysis.order) {
        rank[*at as usize] = place;
    }
    let mut readers: Vec<Vec<u32>> = vec![Vec::new(); world.nodes.len()];
    for (at, (reads, declared)) in (0u32..).zip(analysis.reads.iter().zip(declared)) {
        if !is_plain(at, reads, declared, &rank) {
            return;
        }
        for other in reads.iter().map(|r| r.node).chain(declared.iter().copied()).filter(|other| *other != at) {
            let list = &mut readers[other as usize];
            if list.last() != Some(&at) {
                list.push(at);
            }
        }
    }
    cache.previous = Some(Previous {
        skeleton: Arc::clone(&analysis.skeleton),
        inputs: world.nodes.iter().map(Input::of).collect(),
        texts: analysis.texts.clone(),
        reads: analysis.reads.clone(),
        finished: analysis.finished.clone(),
        order: analysis.order.clone(),
        rank,
        readers,
        updates: 0,
    });
}

/// Whether everything that a node needs came before it.
fn is_plain(at: u32, reads: &[Read], declared: &[u32], rank: &[u32]) -> bool {
    let before = |other: u32| other == at || rank[other as usize] < rank[at as usize];
    reads.iter().all(|r| r.needed && before(r.node)) && declared.iter().all(|other| before(*other))
}

/// The analysis of a world that differs from the last one in a few nodes; `None` when it has to be made anew.
pub(super) fn update(world: &World, cache: &mut Cache) -> Option<Analysis> {
    let mut previous = cache.previous.take().filter(|p| p.updates < UPDATES && p.skeleton.fits(world))?;
    let changed: Vec<u32> = (0u32..)
        .zip(&world.nodes)
        .filter(|(at, node)| {
            let at = *at as usize;
            !(previous.inputs[at].is(node) && previous.finished[at].fits(node))
        })
        .map(|(at, _)| at)
        .collect();
    if changed.len() > world.nodes.len() / 8 {
        return None;
    }
    let mut run = Run {
        world,
        skeleton: Arc::clone(&previous.skeleton),
        texts: previous.texts.clone(),
        scripts: std::iter::repeat_with(|| None).take(world.nodes.len()).collect(),
        reads: previous.reads.clone(),
        same: vec![true; world.nodes.len()],
        done: previous.finished.iter().map(|f| Some(Arc::clone(f))).collect(),
        order: Vec::new(),
    };
    let mut queue = BinaryHeap::new();
    for at in changed {
        run.reads[at as usize] = Arc::from([]);
        run.texts[at as usize] = None;
        if let Some(key) = run.recall(at, cache) {
            let node = &world.nodes[at as usize];
            let script = text::parse(node);
            let text = Arc::new(Text::new(node, key, &script));
            cache.keep_text(&text);
            run.reads[at as usize] = text.reads(node, &run.skeleton);
            run.texts[at as usize] = Some(text);
            run.scripts[at as usize] = Some(script);
        }
        let declared = run.declared_by(at);
        if !is_plain(at, &run.reads[at as usize], &declared, &previous.rank) {
            return None;
        }
        let above = run.reads[at as usize].iter().map(|r| r.node).chain(declared).filter(|other| *other != at);
        for other in above {
            let list = &mut previous.readers[other as usize];
            if !list.contains(&at) {
                list.push(at);
            }
        }
        previous.inputs[at as usize] = Input::of(&world.nodes[at as usize]);
        queue.push(Reverse((previous.rank[at as usize], at)));
    }
    let mut last = None;
    while let Some(Reverse((_, at))) = queue.pop() {
        if last.replace(at) == Some(at) {
            continue;
        }
        let before = run.done[at as usize].take();
        run.look(at, cache);
        let now = &run.done[at as usize];
        if !before.zip(now.as_ref()).is_some_and(|(before, now)| Arc::ptr_eq(&before, now)) {
            queue.extend(previous.readers[at as usize].iter().map(|r| Reverse((previous.rank[*r as usize], *r))));
        }
    }
    let finished: Vec<Arc<Finished>> = run.done.into_iter().flatten().collect();
    previous.texts.clone_from(&run.texts);
    previous.reads.clone_from(&run.reads);
    previous.finished.clone_from(&finished);
    previous.updates += 1;
    let analysis = Analysis {
        skeleton: run.skeleton,
        texts: run.texts,
        reads: run.reads,
        finished,
        order: previous.order.clone(),
    };
    cache.previous = Some(previous);
    Some(analysis)
}

impl Run<'_> {
    /// Answers one node, all of whose reads have been answered.
    fn look(&mut self, at: u32, cache: &mut Cache) {
        let seen = self.seen(at);
        let Some(key) = self.answer(at, &seen, cache) else { return };
        let node = &self.world.nodes[at as usize];
        let script = self.scripts[at as usize].take().unwrap_or_else(|| text::parse(node));
        let Some(text) = &self.texts[at as usize] else { return };
        let bound = Arc::new(node::bind(node, at, key, text, &script, &self.reads[at as usize], self));
        cache.keep_bound(&bound);
        self.place(at, seen, bound, cache);
    }
}
