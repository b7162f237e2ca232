//! Lineage as edges, for people who look at it: from a table or a column, up or down, so many steps.

use crate::graph::Graph;
use crate::index::{Index, Kind, ROWS};
use serde::Serialize;
use std::collections::{BTreeSet, HashSet};
use tessera_model::TableName;
use tessera_model::lineage::{DirectKind, IndirectKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(tag = "type", content = "kind", rename_all = "snake_case")]
pub enum EdgeKind {
    Direct(DirectKind),
    Indirect(IndirectKind),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edge {
    pub from_table: TableName,
    pub from_column: String,
    /// `None` when the reading node builds no table.
    pub to_table: Option<TableName>,
    /// `None`: decides about every row.
    pub to_column: Option<String>,
    /// Id of the reading node.
    pub node: String,
    #[serde(flatten)]
    pub kind: EdgeKind,
}

impl Graph {
    /// What the table (or one column of it) is made of, `depth` steps up. Sorted, each edge once.
    pub fn upstream(&self, table: &TableName, column: Option<&str>, depth: usize) -> Vec<Edge> {
        self.walk(table, column, depth, &|index, column, edges, next| {
            let table = &index.tables[index.columns[column as usize].table as usize];
            for s in index.into.of(column) {
                edges.insert((s.from, s.node, column, s.kind));
                next.push(s.from);
            }
            for producer in &table.producers {
                for s in index.rows.of(*producer) {
                    edges.insert((s.from, s.node, ROWS, s.kind));
                    next.push(s.from);
                }
            }
        })
    }

    /// What is made of the table (or of one column of it), `depth` steps down. Sorted, each edge once.
    pub fn downstream(&self, table: &TableName, column: Option<&str>, depth: usize) -> Vec<Edge> {
        self.walk(table, column, depth, &|index, column, edges, next| {
            for read in index.out.of(column) {
                if read.kind == Kind::Unused {
                    continue;
                }
                edges.insert((column, read.node, read.to, read.kind));
                if read.to == ROWS {
                    let made = index.nodes[read.node as usize].table;
                    next.extend(&index.tables[made as usize].columns);
                } else {
                    next.push(read.to);
                }
            }
        })
    }

    fn walk(&self, table: &TableName, column: Option<&str>, depth: usize, step: Step<'_>) -> Vec<Edge> {
        let Ok(Some(table)) = self.locate_any(table) else { return Vec::new() };
        let mut level: Vec<u32> = match column {
            Some(name) => self.index.find_column(table, name).into_iter().collect(),
            None => self.index.tables[table as usize].columns.clone(),
        };
        let mut seen: HashSet<u32> = level.iter().copied().collect();
        let mut edges = BTreeSet::new();
        for _ in 0..depth {
            let mut next = Vec::new();
            for column in level {
                step(&self.index, column, &mut edges, &mut next);
            }
            next.retain(|c| seen.insert(*c));
            level = next;
            if level.is_empty() {
                break;
            }
        }
        let mut out: Vec<Edge> = edges.into_iter().filter_map(|e| self.edge(e)).collect();
        out.sort();
        out.dedup();
        out
    }

    fn edge(&self, (from, node, to, kind): RawEdge) -> Option<Edge> {
        let index = &self.index;
        let from = &index.columns[from as usize];
        let to = index.columns.get(to as usize);
        let to_table = to.map_or(index.nodes[node as usize].table, |c| c.table);
        Some(Edge {
            from_table: index.tables[from.table as usize].name.clone()?,
            from_column: from.name.clone(),
            to_table: index.tables[to_table as usize].name.clone(),
            to_column: to.map(|c| c.name.clone()),
            node: index.nodes[node as usize].id.clone(),
            kind: edge_kind(kind)?,
        })
    }
}

/// From column, node, to column, kind.
type RawEdge = (u32, u32, u32, Kind);
type Step<'a> = &'a dyn Fn(&Index, u32, &mut BTreeSet<RawEdge>, &mut Vec<u32>);

fn edge_kind(kind: Kind) -> Option<EdgeKind> {
    Some(match kind {
        Kind::Identity => EdgeKind::Direct(DirectKind::Identity),
        Kind::Transformation => EdgeKind::Direct(DirectKind::Transformation),
        Kind::Aggregation => EdgeKind::Direct(DirectKind::Aggregation),
        Kind::Join => EdgeKind::Indirect(IndirectKind::Join),
        Kind::Filter => EdgeKind::Indirect(IndirectKind::Filter),
        Kind::GroupBy => EdgeKind::Indirect(IndirectKind::GroupBy),
        Kind::Sort => EdgeKind::Indirect(IndirectKind::Sort),
        Kind::Window => EdgeKind::Indirect(IndirectKind::Window),
        Kind::Conditional => EdgeKind::Indirect(IndirectKind::Conditional),
        Kind::Unused => return None,
    })
}
