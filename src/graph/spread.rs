//! One change on its way through the graph: direct readers first, then whatever their changed outputs, or their failure,
//! reach.

use crate::consumers::Declared;
use crate::delta::Comparison;
use crate::graph::Graph;
use crate::index::TableId;
use crate::judge::{Nature, Step, judge, merge};
use std::collections::{BTreeMap, BTreeSet, HashSet, VecDeque};
use tessera_model::{Effect, Reader, ReaderKind, UseKind};

pub(crate) struct Spread<'a> {
    cmp: &'a Comparison<'a>,
    /// The changed column, as readers are shown it.
    asked: Option<String>,
    hits: BTreeMap<(ReaderKind, String), Reader>,
    seen: HashSet<(TableId, Option<String>, Nature)>,
    todo: VecDeque<Step>,
    /// Nodes whose failure has been followed: broken, or perhaps broken.
    followed: HashSet<(String, Effect)>,
}

impl<'a> Spread<'a> {
    pub(crate) fn run(cmp: &'a Comparison<'a>, steps: Vec<Step>, asked: Option<String>) -> Vec<Reader> {
        let mut spread = Spread {
            cmp,
            asked,
            hits: BTreeMap::new(),
            seen: HashSet::new(),
            todo: VecDeque::new(),
            followed: HashSet::new(),
        };
        for step in steps {
            spread.enqueue(step);
        }
        while let Some(step) = spread.todo.pop_front() {
            spread.step(&step);
        }
        let mut readers: Vec<Reader> = spread.hits.into_values().collect();
        readers.sort_by(|a, b| (a.effect, &a.name, a.kind).cmp(&(b.effect, &b.name, b.kind)));
        readers
    }

    fn enqueue(&mut self, step: Step) {
        let key = (step.table.clone(), step.column.as_ref().map(|(k, _)| k.clone()), step.nature);
        if self.seen.insert(key) {
            self.todo.push_back(step);
        }
    }

    fn step(&mut self, step: &Step) {
        let mut nodes: BTreeSet<String> = BTreeSet::new();
        for graph in [self.cmp.base, self.cmp.head] {
            if let Some(table) = graph.index.find(&step.table) {
                let readers = &graph.index.tables[table as usize].readers;
                nodes.extend(readers.iter().map(|n| graph.index.nodes[*n as usize].id.clone()));
            }
        }
        for id in nodes {
            if step.via.contains(&id) {
                continue;
            }
            let Some(judged) = judge(self.cmp, step, &id) else { continue };
            let Some(node) = self.cmp.head.index.node(&id) else { continue };
            if let Some(mut reader) = self.cmp.head.node_reader(node, judged.effect) {
                if !judged.uses.is_empty() {
                    reader.columns = self.columns(step);
                }
                reader.uses = judged.uses.iter().copied().collect();
                reader.via.clone_from(&step.via);
                reader.reason.clone_from(&judged.reason);
                self.hit(reader);
            }
            match judged.effect {
                Effect::Breaks | Effect::MayRead if judged.onward.is_empty() => {
                    self.follow(&id, judged.effect, &step.via);
                }
                _ => {}
            }
            for (column, nature) in judged.onward {
                self.enqueue(self.onward(node, step, column, nature));
            }
        }
        self.consumers(step);
    }

    fn onward(&self, node: u32, step: &Step, column: Option<(String, String)>, nature: Nature) -> Step {
        let index = &self.cmp.head.index;
        let table = &index.tables[index.nodes[node as usize].table as usize];
        let mut via = step.via.clone();
        via.push(index.nodes[node as usize].id.clone());
        Step { table: table.id.clone(), table_name: display(self.cmp.head, node), column, nature, via }
    }

    fn columns(&self, step: &Step) -> Vec<String> {
        match (&self.asked, &step.column) {
            (Some(asked), _) => vec![asked.clone()],
            (None, Some((_, name))) if step.via.is_empty() => vec![name.clone()],
            _ => Vec::new(),
        }
    }

    fn hit(&mut self, reader: Reader) {
        let key = (reader.kind, reader.name.clone());
        match self.hits.get_mut(&key) {
            Some(known) => merge(known, reader),
            None => drop(self.hits.insert(key, reader)),
        }
    }

    fn consumers(&mut self, step: &Step) {
        let column = step.column.as_ref().map(|(_, name)| name.as_str());
        for (mut reader, declared) in declared_at(self.cmp, &step.table, column) {
            let named = !matches!(declared, Declared::Unknown);
            let effect = match (step.nature, named) {
                (Nature::Added | Nature::Reordered, _) => continue,
                (Nature::Gone, _) => Effect::Breaks,
                (Nature::Removed, true) => Effect::Breaks,
                (Nature::Retyped | Nature::Altered | Nature::Whole, true) => Effect::Reads,
                (Nature::Maybe, _) | (_, false) => Effect::MayRead,
            };
            reader.effect = effect;
            reader.via.clone_from(&step.via);
            reader.reason = match (step.nature, effect) {
                (Nature::Gone, _) => Some(format!("relies on {}, which is gone", step.table_name)),
                (_, Effect::Breaks) => column.map(|c| format!("relies on `{c}` of {}, which is gone", step.table_name)),
                (_, Effect::MayRead) if !named => {
                    Some(format!("relies on {}; which columns is not declared", step.table_name))
                }
                _ => None,
            };
            if let Declared::Column(columns) = declared {
                reader.columns = if step.via.is_empty() { columns } else { self.columns(step) };
                reader.uses = vec![UseKind::Project];
            }
            self.hit(reader);
        }
    }

    /// Everything below a node that fails (or may fail) fails (or may) with it: it is not built, or stays as it was.
    fn follow(&mut self, id: &str, effect: Effect, via: &[String]) {
        let mut todo = VecDeque::from([(id.to_owned(), via.to_vec())]);
        while let Some((id, mut via)) = todo.pop_front() {
            if !self.followed.insert((id.clone(), effect)) {
                continue;
            }
            let head = self.cmp.head;
            let Some(node) = head.index.node(&id) else { continue };
            via.push(id);
            let verb = if effect == Effect::Breaks { "breaks" } else { "may be affected" };
            let reason = format!("upstream {} {verb}", display(head, node));
            let table = &head.index.tables[head.index.nodes[node as usize].table as usize];
            let readers: Vec<u32> = table.readers.clone();
            for (mut reader, _) in declared_at(self.cmp, &table.id, None) {
                reader.effect = effect;
                reader.via.clone_from(&via);
                reader.reason = Some(reason.clone());
                self.hit(reader);
            }
            for below in readers {
                let below_id = &head.index.nodes[below as usize].id;
                if via.contains(below_id) {
                    continue;
                }
                if let Some(mut reader) = head.node_reader(below, effect) {
                    reader.via.clone_from(&via);
                    reader.reason = Some(reason.clone());
                    self.hit(reader);
                }
                todo.push_back((below_id.clone(), via.clone()));
            }
        }
    }
}

/// Consumers as the head declares them; what they depend on may only be in the base.
fn declared_at(cmp: &Comparison<'_>, table: &TableId, column: Option<&str>) -> Vec<(Reader, Declared)> {
    let mut producers: BTreeSet<&str> = BTreeSet::new();
    let mut name = None;
    for graph in [cmp.base, cmp.head] {
        if let Some(at) = graph.index.find(table) {
            let entry = &graph.index.tables[at as usize];
            producers.extend(entry.producers.iter().map(|n| graph.index.nodes[*n as usize].id.as_str()));
            name = entry.name.as_ref().or(name);
        }
    }
    cmp.head.consumers(&producers, table, name, column)
}

/// The asset's dotted name, else the node's id.
fn display(graph: &Graph, node: u32) -> String {
    let entry = &graph.index.nodes[node as usize];
    let name = graph.index.tables[entry.table as usize].name.as_ref();
    name.map_or_else(|| entry.id.clone(), ToString::to_string)
}
