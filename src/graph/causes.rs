//! Why an output column changed: the nearest changed columns that it is made of.

use crate::graph::Graph;
use std::collections::{BTreeSet, HashSet};
use tessera_model::TableKey;

/// The changed columns (as `table.column`) that the output `column` of the node is directly made of, before or after.
/// Columns in between whose type nobody knows are looked through. `changed` holds tables by key and columns by name.
pub fn causes(
    base: &Graph,
    head: &Graph,
    node_id: &str,
    column: &str,
    changed: &BTreeSet<(TableKey, String)>,
) -> Vec<String> {
    let mut found = BTreeSet::new();
    for graph in [base, head] {
        collect(graph, node_id, column, changed, &mut found);
    }
    found.into_iter().collect()
}

fn collect(
    graph: &Graph,
    node_id: &str,
    column: &str,
    changed: &BTreeSet<(TableKey, String)>,
    found: &mut BTreeSet<String>,
) {
    let index = &graph.index;
    let Some(node) = index.node(node_id) else { return };
    let Some(start) = index.find_column(index.nodes[node as usize].table, column) else { return };
    let mut seen = HashSet::from([start]);
    let mut todo = vec![start];
    while let Some(at) = todo.pop() {
        for source in index.into.of(at).iter().filter(|s| s.kind.is_direct()) {
            if !seen.insert(source.from) {
                continue;
            }
            let from = &index.columns[source.from as usize];
            let table = &index.tables[from.table as usize];
            let folding = table.id.0.column_folding();
            let hit = changed.iter().any(|(key, name)| key.0 == table.id.1 && folding.key(name) == from.key);
            match (&table.name, hit) {
                (Some(name), true) => drop(found.insert(format!("{name}.{}", from.name))),
                (None, _) => todo.push(source.from),
                (Some(_), false) if untyped(graph, from.table, &from.name) => todo.push(source.from),
                _ => {}
            }
        }
    }
}

fn untyped(graph: &Graph, table: u32, column: &str) -> bool {
    let producers = &graph.index.tables[table as usize].producers;
    producers
        .iter()
        .filter_map(|n| graph.node_lineage(*n))
        .all(|n| n.schema.column(column).is_none_or(|c| c.logical(n.dialect).is_unknown()))
}
