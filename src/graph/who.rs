//! Who uses a table or a column: every reader with where it uses it and what that knowledge rests on. "Not known here",
//! "nobody is known" and "not everything is understood" are three answers.

use crate::consumers::Declared;
use crate::graph::Graph;
use crate::index::{Kind, NOWHERE, ROWS};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use tessera_model::{Coverage, Effect, Reader, ReaderKind, TableName, UseKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhoStatus {
    Found,
    /// No such table, or no such column in a table whose columns are all known.
    NotFound,
    /// Several tables fit the name: see `candidates`.
    Ambiguous,
    /// Everything that could read it is understood, and nothing does.
    NoReadersKnown,
    /// No reader is known, but some nodes are not understood and could read it.
    NotCovered,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WhoUses {
    pub status: WhoStatus,
    /// As found, in stored spelling.
    pub table: Option<TableName>,
    pub column: Option<String>,
    /// `reads` for known uses, `may_read` where it cannot be told.
    pub readers: Vec<Reader>,
    pub candidates: Vec<TableName>,
    pub coverage: Coverage,
}

impl Graph {
    pub fn who_uses(&self, table: &TableName, column: Option<&str>, transitive: bool) -> WhoUses {
        let mut answer = WhoUses {
            status: WhoStatus::NotFound,
            table: None,
            column: column.map(str::to_owned),
            readers: Vec::new(),
            candidates: Vec::new(),
            coverage: self.coverage(None),
        };
        let at = match self.locate_any(table) {
            Ok(Some(at)) => at,
            Ok(None) => return answer,
            Err(candidates) => {
                answer.status = WhoStatus::Ambiguous;
                answer.candidates = candidates;
                return answer;
            }
        };
        answer.table.clone_from(&self.index.tables[at as usize].name);
        let found = column.map(|name| self.column_loosely(at, name));
        if let Some(None) = found
            && !self.is_open(at)
        {
            return answer;
        }
        if let Some(Some(c)) = found {
            answer.column = Some(self.index.columns[c as usize].name.clone());
        }
        let mut users = Users { graph: self, found: BTreeMap::new() };
        users.collect(at, column, found.flatten(), transitive);
        answer.readers = users.found.into_values().collect();
        answer
            .readers
            .sort_by(|a, b| (a.effect, a.via.len(), a.kind, &a.name).cmp(&(b.effect, b.via.len(), b.kind, &b.name)));
        answer.status = match (answer.readers.is_empty(), self.blind) {
            (false, _) => WhoStatus::Found,
            (true, false) => WhoStatus::NoReadersKnown,
            (true, true) => WhoStatus::NotCovered,
        };
        answer
    }

    /// By stored name, else the only one without case: people do not type quotes.
    fn column_loosely(&self, table: u32, name: &str) -> Option<u32> {
        self.index.find_column(table, name).or_else(|| {
            let lower = name.to_lowercase();
            let columns = &self.index.tables[table as usize].columns;
            let mut fit = columns.iter().filter(|c| self.index.columns[**c as usize].name.to_lowercase() == lower);
            match (fit.next(), fit.next()) {
                (Some(one), None) => Some(*one),
                _ => None,
            }
        })
    }

    /// Nothing is covered at all, or a node is not understood and does not even say what it depends on.
    pub(crate) fn something_may_read_anything(&self) -> bool {
        let mut covered = false;
        for node in &self.index.nodes {
            let meta = self.meta.get(&node.id);
            covered |= meta.is_some_and(|m| m.covered);
            if !node.columns_known && node.reads.is_empty() && meta.is_some_and(|m| m.kind.is_some()) {
                return true;
            }
        }
        !covered
    }
}

struct Users<'a> {
    graph: &'a Graph,
    found: BTreeMap<(ReaderKind, String), Reader>,
}

impl Users<'_> {
    fn collect(&mut self, table: u32, wanted: Option<&str>, column: Option<u32>, transitive: bool) {
        let index = &self.graph.index;
        let start: Vec<u32> = match (wanted, column) {
            (_, Some(c)) => vec![c],
            (None, None) => index.tables[table as usize].columns.clone(),
            (Some(_), None) => Vec::new(),
        };
        let mut paths: HashMap<u32, Vec<String>> = start.iter().map(|c| (*c, Vec::new())).collect();
        let mut todo: VecDeque<u32> = start.iter().copied().collect();
        let mut tables_done: HashSet<(u32, bool)> = HashSet::new();
        self.table_readers(table, wanted.is_none(), &[], &mut tables_done);
        self.consumers(table, wanted, &[]);
        while let Some(at) = todo.pop_front() {
            let via = paths.get(&at).cloned().unwrap_or_default();
            let (name, direct) = (&index.columns[at as usize].name, via.is_empty());
            for read in index.out.of(at) {
                let asked = if direct { name.clone() } else { self.display(column) };
                self.add(read.node, &asked, Some(read.kind), &via);
                if !transitive || matches!(read.kind, Kind::Unused) {
                    continue;
                }
                let made = index.nodes[read.node as usize].table;
                let next: &[u32] = match read.to {
                    ROWS => &index.tables[made as usize].columns,
                    NOWHERE => &[],
                    ref to => std::slice::from_ref(to),
                };
                for c in next {
                    if paths.contains_key(c) {
                        continue;
                    }
                    let mut path = via.clone();
                    path.push(index.nodes[read.node as usize].id.clone());
                    let (t, name) = (index.columns[*c as usize].table, index.columns[*c as usize].name.clone());
                    self.table_readers(t, false, &path, &mut tables_done);
                    self.consumers(t, Some(&name), &path);
                    paths.insert(*c, path);
                    todo.push_back(*c);
                }
            }
        }
    }

    /// Readers of whom only the table is known (or all of them, when the whole table is asked for).
    fn table_readers(&mut self, table: u32, all: bool, via: &[String], done: &mut HashSet<(u32, bool)>) {
        if !done.insert((table, all)) {
            return;
        }
        for node in &self.graph.index.tables[table as usize].readers {
            match self.graph.uncertain(*node, table) {
                Some(reason) => {
                    let reader = self.graph.node_reader(*node, Effect::MayRead);
                    self.put(reader.map(|r| Reader { via: via.to_vec(), reason: Some(reason), ..r }));
                }
                None if all => {
                    let reader = self.graph.node_reader(*node, Effect::Reads);
                    self.put(reader.map(|r| Reader { via: via.to_vec(), ..r }));
                }
                None => {}
            }
        }
    }

    fn consumers(&mut self, table: u32, column: Option<&str>, via: &[String]) {
        for (mut reader, declared) in self.graph.consumers_of(table, column) {
            reader.effect = match declared {
                Declared::Column(_) | Declared::WholeTable => Effect::Reads,
                Declared::Unknown => Effect::MayRead,
            };
            if let Declared::Column(columns) = declared {
                reader.columns = columns;
                reader.uses = vec![UseKind::Project];
            }
            reader.via = via.to_vec();
            self.put(Some(reader));
        }
    }

    fn add(&mut self, node: u32, column: &str, kind: Option<Kind>, via: &[String]) {
        let Some(mut reader) = self.graph.node_reader(node, Effect::Reads) else { return };
        if !column.is_empty() {
            reader.columns.push(column.to_owned());
        }
        reader.uses.extend(kind.map(Kind::used_as));
        reader.via = via.to_vec();
        self.put(Some(reader));
    }

    fn put(&mut self, reader: Option<Reader>) {
        let Some(reader) = reader else { return };
        let key = (reader.kind, reader.name.clone());
        match self.found.get_mut(&key) {
            Some(known) => crate::judge::merge(known, reader),
            None => drop(self.found.insert(key, reader)),
        }
    }

    fn display(&self, column: Option<u32>) -> String {
        column.map_or_else(String::new, |c| self.graph.index.columns[c as usize].name.clone())
    }
}
