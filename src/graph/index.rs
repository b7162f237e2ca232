//! Tables, columns and nodes as numbers, with edges both ways: what every question walks on. A column belongs to a table;
//! a node that builds no table (a test, an ephemeral model) has a nameless table of its own for its output.

use crate::csr::Csr;
use std::collections::{BTreeMap, HashMap, HashSet};
use tessera_lineage::{NodeInput, NodeLineage, World, WorldLineage};
use tessera_model::lineage::{DirectKind, IndirectKind, Resolution};
use tessera_model::{Dialect, TableName, UseKind};

/// The edge decides about rows, not about one output column.
pub(crate) const ROWS: u32 = u32::MAX;
/// The column is named but reaches nothing.
pub(crate) const NOWHERE: u32 = u32::MAX - 1;

/// A table's identity: how its dialect compares names.
pub(crate) type TableId = (Dialect, String);

/// How a column is read, in one byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Kind {
    Identity,
    Transformation,
    Aggregation,
    Join,
    Filter,
    GroupBy,
    Sort,
    Window,
    Conditional,
    Unused,
}

/// From a column: `node` reads it, into the column `to` (or [`ROWS`], [`NOWHERE`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Read {
    pub node: u32,
    pub to: u32,
    pub kind: Kind,
}

/// Into a column (or a node's rows): `node` makes it of `from`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Source {
    pub from: u32,
    pub node: u32,
    pub kind: Kind,
}

#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub id: TableId,
    /// `None` for the output of a node that builds no table.
    pub name: Option<TableName>,
    /// In the order of first mention.
    pub columns: Vec<u32>,
    pub producers: Vec<u32>,
    /// Nodes that read it, whether or not it is known which columns.
    pub readers: Vec<u32>,
    by_key: HashMap<String, u32>,
}

#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub table: u32,
    pub key: String,
    pub name: String,
}

#[derive(Debug, Clone)]
pub(crate) struct Node {
    pub id: String,
    pub table: u32,
    /// Tables it reads, sorted.
    pub reads: Vec<u32>,
    /// True when its SQL tells which columns it reads.
    pub columns_known: bool,
    /// A star over a table whose columns are unknown.
    pub open: bool,
    /// Position in the world.
    pub input: Option<u32>,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    pub tables: Vec<Table>,
    pub columns: Vec<Column>,
    /// By id.
    pub nodes: Vec<Node>,
    /// From a column.
    pub out: Csr<Read>,
    /// Into a column.
    pub into: Csr<Source>,
    /// Into a node's rows.
    pub rows: Csr<Source>,
    node_of: HashMap<String, u32>,
    table_of: HashMap<TableId, u32>,
}

impl Index {
    pub(crate) fn build(world: &World, lineage: &WorldLineage, mentioned: &[(&TableName, Dialect)]) -> Self {
        let inputs: HashMap<&str, u32> = world.nodes.iter().zip(0u32..).map(|(n, i)| (n.id.as_str(), i)).collect();
        let mut index = Index::default();
        let mut nodes: BTreeMap<&str, Option<&NodeLineage>> = inputs.keys().map(|id| (*id, None)).collect();
        nodes.extend(lineage.nodes.iter().map(|(id, n)| (id.as_str(), Some(n.as_ref()))));
        for id in nodes.keys() {
            let at = number(index.nodes.len());
            index.node_of.insert((*id).to_owned(), at);
            index.nodes.push(Node {
                id: (*id).to_owned(),
                table: 0,
                reads: Vec::new(),
                columns_known: false,
                open: false,
                input: inputs.get(id).copied(),
            });
        }
        let mut edges = Edges::default();
        for (at, (id, lineage)) in (0u32..).zip(&nodes) {
            let input = inputs.get(id).map(|i| &world.nodes[*i as usize]);
            index.add_output(at, input, *lineage);
        }
        for (at, (_, lineage)) in (0u32..).zip(&nodes) {
            if let Some(lineage) = lineage {
                let has_sql = index.nodes[at as usize].input.is_none_or(|i| world.nodes[i as usize].sql.is_some());
                index.add_reads(at, lineage, has_sql, &mut edges);
            }
        }
        for at in 0..number(index.nodes.len()) {
            if !index.nodes[at as usize].columns_known {
                index.add_declared(at, world, &inputs);
            }
        }
        for (name, dialect) in mentioned {
            index.table(name, *dialect);
        }
        for at in 0..index.nodes.len() {
            let node = &mut index.nodes[at];
            node.reads.sort_unstable();
            node.reads.dedup();
            let own = node.table;
            node.reads.retain(|t| *t != own);
            for table in node.reads.clone() {
                index.tables[table as usize].readers.push(number(at));
            }
        }
        let (columns, nodes) = (index.columns.len(), index.nodes.len());
        index.out = Csr::build(columns, edges.out);
        index.into = Csr::build(columns, edges.into);
        index.rows = Csr::build(nodes, edges.rows);
        index
    }

    fn add_output(&mut self, at: u32, input: Option<&NodeInput>, lineage: Option<&NodeLineage>) {
        let dialect = lineage.map(|l| l.dialect).or(input.map(|i| i.dialect)).unwrap_or_default();
        let relation = lineage.and_then(|l| l.relation.as_ref()).or(input.and_then(|i| i.relation.as_ref()));
        let table = match relation {
            Some(name) => {
                let table = self.table(name, dialect);
                self.tables[table as usize].producers.push(at);
                table
            }
            None => {
                let id = format!("\u{0}{}", self.nodes[at as usize].id);
                self.new_table((dialect, id), None)
            }
        };
        self.nodes[at as usize].table = table;
        let columns = lineage
            .map(|l| &l.schema.columns)
            .into_iter()
            .chain(input.and_then(|i| i.known.as_ref()).map(|k| &k.columns));
        for column in columns.flatten() {
            self.column(table, &column.name);
        }
    }

    fn add_reads(&mut self, at: u32, node: &NodeLineage, has_sql: bool, edges: &mut Edges) {
        let dialect = node.dialect;
        let q = node.lineage.as_ref();
        let own = self.nodes[at as usize].table;
        // The lineage says the same few tables thousands of times: a look-up by reference spares the folding.
        let known: HashMap<&TableName, u32> = q.reads.iter().map(|t| (t, self.table(t, dialect))).collect();
        let mut reads: HashSet<u32> = known.values().copied().collect();
        let mut from = |index: &mut Index, table: &TableName, column: &str| -> u32 {
            let id = known.get(table).copied().unwrap_or_else(|| index.table(table, dialect));
            reads.insert(id);
            index.column(id, column)
        };
        for output in &q.columns {
            let target = match (&output.target, &node.relation) {
                (Some(target), None) => self.table(target, dialect),
                _ => own,
            };
            let to = self.column(target, &output.name);
            for d in &output.direct {
                let c = from(self, &d.table, &d.column);
                edges.add(c, at, to, direct(d.kind));
            }
            for i in &output.indirect {
                let c = from(self, &i.table, &i.column);
                edges.add(c, at, to, indirect(i.kind));
            }
        }
        for i in &q.indirect {
            let c = from(self, &i.table, &i.column);
            edges.add(c, at, ROWS, indirect(i.kind));
        }
        for u in &q.unused {
            let c = from(self, &u.table, &u.column);
            edges.add(c, at, NOWHERE, Kind::Unused);
        }
        let understood = matches!(q.resolution, Resolution::Resolved | Resolution::Inferred | Resolution::Ambiguous);
        let entry = &mut self.nodes[at as usize];
        entry.reads.extend(reads);
        entry.columns_known = understood && has_sql;
        entry.open = q.open;
    }

    /// A node whose SQL tells nothing reads what it is declared to depend on; ephemeral models are looked through.
    fn add_declared(&mut self, at: u32, world: &World, inputs: &HashMap<&str, u32>) {
        let Some(start) = self.nodes[at as usize].input else { return };
        let mut seen: HashSet<u32> = HashSet::new();
        let mut todo = vec![start];
        while let Some(i) = todo.pop() {
            if !seen.insert(i) {
                continue;
            }
            for upstream in &world.nodes[i as usize].upstream {
                let Some(&node) = self.node_of.get(upstream) else { continue };
                let table = self.nodes[node as usize].table;
                if self.tables[table as usize].name.is_some() {
                    self.nodes[at as usize].reads.push(table);
                } else if let Some(&input) = inputs.get(upstream.as_str()) {
                    todo.push(input);
                }
            }
        }
    }

    pub(crate) fn node(&self, id: &str) -> Option<u32> {
        self.node_of.get(id).copied()
    }

    pub(crate) fn find(&self, id: &TableId) -> Option<u32> {
        self.table_of.get(id).copied()
    }

    /// The column of that stored name.
    pub(crate) fn find_column(&self, table: u32, name: &str) -> Option<u32> {
        let table = self.tables.get(table as usize)?;
        table.by_key.get(&table.id.0.column_folding().key(name)).copied()
    }

    pub(crate) fn column_by_key(&self, table: u32, key: &str) -> Option<u32> {
        self.tables.get(table as usize)?.by_key.get(key).copied()
    }

    fn table(&mut self, name: &TableName, dialect: Dialect) -> u32 {
        let id = (dialect, name.key(dialect).0);
        match self.table_of.get(&id) {
            Some(at) => *at,
            None => self.new_table(id, Some(name.clone())),
        }
    }

    fn new_table(&mut self, id: TableId, name: Option<TableName>) -> u32 {
        let at = number(self.tables.len());
        self.table_of.insert(id.clone(), at);
        self.tables.push(Table {
            id,
            name,
            columns: Vec::new(),
            producers: Vec::new(),
            readers: Vec::new(),
            by_key: HashMap::new(),
        });
        at
    }

    fn column(&mut self, table: u32, name: &str) -> u32 {
        let entry = &mut self.tables[table as usize];
        let key = entry.id.0.column_folding().key(name);
        if let Some(at) = entry.by_key.get(&key) {
            return *at;
        }
        let at = number(self.columns.len());
        entry.by_key.insert(key.clone(), at);
        entry.columns.push(at);
        self.columns.push(Column { table, key, name: name.to_owned() });
        at
    }
}

/// Numbers stay below [`NOWHERE`]: a graph of four thousand million columns does not fit into memory anyway.
fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(NOWHERE - 1)
}

#[derive(Default)]
struct Edges {
    out: Vec<(u32, Read)>,
    into: Vec<(u32, Source)>,
    rows: Vec<(u32, Source)>,
}

impl Edges {
    fn add(&mut self, from: u32, node: u32, to: u32, kind: Kind) {
        self.out.push((from, Read { node, to, kind }));
        match to {
            NOWHERE => {}
            ROWS => self.rows.push((node, Source { from, node, kind })),
            to => self.into.push((to, Source { from, node, kind })),
        }
    }
}

fn direct(kind: DirectKind) -> Kind {
    match kind {
        DirectKind::Identity => Kind::Identity,
        DirectKind::Transformation => Kind::Transformation,
        DirectKind::Aggregation => Kind::Aggregation,
    }
}

fn indirect(kind: IndirectKind) -> Kind {
    match kind {
        IndirectKind::Join => Kind::Join,
        IndirectKind::Filter => Kind::Filter,
        IndirectKind::GroupBy => Kind::GroupBy,
        IndirectKind::Sort => Kind::Sort,
        IndirectKind::Window => Kind::Window,
        IndirectKind::Conditional => Kind::Conditional,
    }
}

impl Kind {
    /// The value itself gets into the output.
    pub(crate) fn is_direct(self) -> bool {
        self <= Kind::Aggregation
    }

    pub(crate) fn used_as(self) -> UseKind {
        match self {
            Kind::Identity | Kind::Transformation | Kind::Aggregation | Kind::Unused => UseKind::Project,
            Kind::Join => UseKind::Join,
            Kind::Filter => UseKind::Filter,
            Kind::GroupBy => UseKind::Group,
            Kind::Sort => UseKind::Sort,
            Kind::Window => UseKind::Window,
            Kind::Conditional => UseKind::Conditional,
        }
    }
}
