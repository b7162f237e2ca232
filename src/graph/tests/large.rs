//! A large graph answers quickly. The million-edge measurement is ignored by default (it needs an optimised build):
//! `cargo nextest run -p tessera-graph --release --run-ignored only --no-capture a_million`.

use crate::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tessera_lineage::{NodeInput, NodeLineage, World, WorldLineage};
use tessera_model::lineage::{DirectKind, DirectRead, OutputColumn, QueryLineage, Resolution};
use tessera_model::{Column, Dialect, ReaderKind, TableName, TableSchema};

fn name(n: usize) -> TableName {
    TableName::new(Some("db"), Some("s"), &format!("t{n}"))
}

/// Layers of `wide` models; each column is made of one column of five models of the layer before.
fn graph(models: usize, wide: usize, columns: usize, edges: usize) -> Graph {
    let (mut world, mut lineage, mut meta) = (World::default(), WorldLineage::default(), BTreeMap::new());
    let schema = TableSchema::new(
        Dialect::Postgres,
        (0..columns).map(|c| Column::new(format!("c{c}"), Some("integer"))).collect(),
    );
    for n in 0..models {
        let id = format!("model.p.t{n}");
        let above: Vec<usize> = match n / wide {
            0 => Vec::new(),
            layer => (0..edges).map(|e| (layer - 1) * wide + (n + e) % wide).collect(),
        };
        let outputs = (0..columns)
            .map(|c| OutputColumn {
                name: format!("c{c}").into(),
                target: None,
                data_type: None,
                nullable: None,
                direct: above
                    .iter()
                    .map(|t| DirectRead {
                        table: Arc::new(name(*t)),
                        column: format!("c{c}").into(),
                        kind: DirectKind::Identity,
                    })
                    .collect(),
                indirect: Vec::new(),
                candidates: Vec::new(),
            })
            .collect();
        world.nodes.push(NodeInput {
            id: id.clone(),
            dialect: Dialect::Postgres,
            relation: Some(name(n)),
            sql: Some(Arc::from("select")),
            ..NodeInput::default()
        });
        meta.insert(id.clone(), NodeMeta { kind: Some(ReaderKind::DbtModel), covered: true, ..NodeMeta::default() });
        let node = NodeLineage {
            id: id.clone(),
            relation: Some(name(n)),
            dialect: Dialect::Postgres,
            lineage: Arc::new(QueryLineage {
                resolution: Resolution::Resolved,
                reads: above.iter().map(|t| name(*t)).collect(),
                writes: Vec::new(),
                columns: outputs,
                indirect: Vec::new(),
                unused: Vec::new(),
                statements: Vec::new(),
                diagnostics: Vec::new(),
                open: false,
            }),
            inferred: Arc::new(schema.clone()),
            schema: Arc::new(schema.clone()),
            errors: Vec::new(),
            cause: None,
        };
        lineage.nodes.insert(id, Arc::new(node));
    }
    Graph::assemble(Arc::new(world), lineage, Arc::new(meta), Arc::default(), Arc::default(), BTreeSet::new())
}

fn best_of(times: u32, mut run: impl FnMut()) -> Duration {
    let once = |run: &mut dyn FnMut()| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..times).map(|_| once(&mut run)).min().unwrap()
}

#[test]
fn a_column_of_a_wide_graph_has_its_few_readers() {
    let graph = graph(600, 100, 20, 5);
    assert_eq!(graph.edge_count(), 500 * 20 * 5);
    let direct = graph.who_uses(&name(7), Some("c3"), false);
    assert_eq!(direct.readers.len(), 5);
    let all = graph.who_uses(&name(7), Some("c3"), true);
    assert_eq!(all.readers.len(), 5 + 9 + 13 + 17 + 21);
    let hit = impact(&graph, &graph, &name(7), Dialect::Postgres, &[super::world::change("c3 type-changed x")]);
    assert_eq!(hit[0].1.len(), 5);
}

#[test]
#[ignore = "a measurement: needs --release"]
fn a_million_edges_answer_in_under_a_millisecond() {
    let start = Instant::now();
    let graph = graph(4_100, 100, 50, 5);
    println!("{} edges built in {:?}", graph.edge_count(), start.elapsed());
    assert!(graph.edge_count() >= 1_000_000);
    let who = best_of(20, || assert_eq!(graph.who_uses(&name(2_007), Some("c3"), false).readers.len(), 5));
    let change = [super::world::change("c3 type-changed x")];
    let hit = best_of(20, || {
        assert_eq!(impact(&graph, &graph, &name(2_007), Dialect::Postgres, &change)[0].1.len(), 5);
    });
    let far = best_of(5, || assert!(graph.who_uses(&name(2_007), Some("c3"), true).readers.len() > 800));
    println!("who uses: {who:?}; impact: {hit:?}; transitively, over 800 readers: {far:?}");
    assert!(who < Duration::from_millis(1) && hit < Duration::from_millis(1), "{who:?} {hit:?}");
}
