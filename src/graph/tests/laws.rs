//! Random small worlds, bound by a toy binder, against plain answers: whom a dropped column hits, and what a column
//! reaches.

use crate::index::{Index, Kind, ROWS};
use crate::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tessera_lineage::{BindError, NodeInput, NodeLineage, World, WorldLineage};
use tessera_model::lineage::{
    DirectKind, DirectRead, IndirectKind, IndirectRead, OutputColumn, QueryLineage, Resolution,
};
use tessera_model::{Column, Dialect, Effect, ReaderKind, TableName, TableSchema};

const SOURCES: usize = 2;
const WIDTH: usize = 3;

/// A node reads earlier tables: `star` copies a whole one; `outputs` and `rows` name columns (table, column number).
#[derive(Debug, Clone)]
struct Spec {
    star: Option<usize>,
    outputs: Vec<Vec<(usize, usize)>>,
    rows: Vec<(usize, usize)>,
}

type Columns = Vec<String>;
/// Name, what it is made of, how.
type Output = (String, Vec<(usize, String)>, DirectKind);

fn name(table: usize) -> TableName {
    TableName::new(Some("db"), Some("s"), &format!("t{table}"))
}

fn id(node: usize) -> String {
    format!("model.a.n{node:02}")
}

fn specs() -> impl Strategy<Value = Vec<Spec>> {
    let reference = (any::<prop::sample::Index>(), 0..WIDTH);
    let one = (
        prop::option::weighted(0.3, any::<prop::sample::Index>()),
        prop::collection::vec(prop::collection::vec(reference.clone(), 0..3), 1..WIDTH + 1),
        prop::collection::vec(reference, 0..2),
    );
    prop::collection::vec(one, 1..12).prop_map(|list| {
        let resolve = |n: usize, (t, c): (prop::sample::Index, usize)| (t.index(SOURCES + n), c);
        list.into_iter()
            .enumerate()
            .map(|(n, (star, outputs, rows))| Spec {
                star: star.map(|t| t.index(SOURCES + n)),
                outputs: outputs.into_iter().map(|o| o.into_iter().map(|r| resolve(n, r)).collect()).collect(),
                rows: rows.into_iter().map(|r| resolve(n, r)).collect(),
            })
            .collect()
    })
}

/// The columns that a node names, before anything is dropped: those that its tables really have.
fn full_columns(specs: &[Spec]) -> Vec<Columns> {
    let mut tables: Vec<Columns> = vec![(0..WIDTH).map(|c| format!("c{c}")).collect(); SOURCES];
    for spec in specs {
        tables.push(match spec.star {
            Some(t) => tables[t].clone(),
            None => (0..spec.outputs.len()).map(|c| format!("c{c}")).collect(),
        });
    }
    tables
}

struct Bound {
    graph: Graph,
    /// Columns per table.
    tables: Vec<Columns>,
    broken: BTreeSet<usize>,
}

/// Binds all nodes when the columns `dropped` of the first source are not there.
fn bind(specs: &[Spec], dropped: &[&str]) -> Bound {
    let full = full_columns(specs);
    let mut tables: Vec<Columns> = full[..SOURCES].to_vec();
    tables[0].retain(|c| !dropped.contains(&c.as_str()));
    let (mut world, mut lineage, mut meta) = (World::default(), WorldLineage::default(), BTreeMap::new());
    let mut broken = BTreeSet::new();
    let shape = |columns: &Columns| {
        TableSchema::new(Dialect::Postgres, columns.iter().map(|c| Column::new(c.clone(), None)).collect())
    };
    for (at, columns) in tables.iter().enumerate() {
        let id = format!("source.a.t{at}");
        add(&mut world, &mut lineage, &id, at, None, shape(columns), QueryParts::default());
    }
    for (n, spec) in specs.iter().enumerate() {
        let mut parts = QueryParts::default();
        let mut reads: BTreeSet<usize> = BTreeSet::new();
        let mut check = |parts: &mut QueryParts, (t, c): (usize, usize)| -> Option<(usize, String)> {
            let column = full[t].get(c % full[t].len().max(1))?.clone();
            reads.insert(t);
            if tables[t].contains(&column) {
                return Some((t, column));
            }
            parts.errors.push(BindError {
                code: "unknown-column".into(),
                table: Some(name(t)),
                column: Some(column.clone()),
                message: format!("unknown column {column}"),
                line: 1,
                column_no: 1,
            });
            None
        };
        let mut columns: Columns = Vec::new();
        let mut outputs: Vec<Output> = Vec::new();
        match spec.star {
            Some(t) => {
                for column in &tables[t] {
                    outputs.push((column.clone(), vec![(t, column.clone())], DirectKind::Identity));
                }
            }
            None => {
                for (c, from) in spec.outputs.iter().enumerate() {
                    let found = from.iter().filter_map(|r| check(&mut parts, *r)).collect();
                    outputs.push((format!("c{c}"), found, DirectKind::Transformation));
                }
            }
        }
        for r in &spec.rows {
            if let Some((t, column)) = check(&mut parts, *r) {
                parts.rows.push(IndirectRead {
                    table: Arc::new(name(t)),
                    column: column.into(),
                    kind: IndirectKind::Filter,
                });
            }
        }
        reads.extend(spec.star);
        for (column, from, kind) in outputs {
            columns.push(column.clone());
            let direct = from
                .into_iter()
                .map(|(t, c)| DirectRead { table: Arc::new(name(t)), column: c.into(), kind })
                .collect();
            parts.columns.push(OutputColumn {
                name: column.into(),
                target: None,
                data_type: None,
                nullable: None,
                direct,
                indirect: Vec::new(),
                candidates: Vec::new(),
            });
        }
        parts.reads = reads.into_iter().map(name).collect();
        if !parts.errors.is_empty() {
            broken.insert(n);
        }
        let schema = shape(&columns);
        tables.push(columns);
        meta.insert(id(n), NodeMeta { kind: Some(ReaderKind::DbtModel), covered: true, ..NodeMeta::default() });
        add(&mut world, &mut lineage, &id(n), SOURCES + n, Some(&format!("sql {n}")), schema, parts);
    }
    let graph =
        Graph::assemble(Arc::new(world), lineage, Arc::new(meta), Arc::default(), Arc::default(), BTreeSet::new());
    Bound { graph, tables, broken }
}

#[derive(Default)]
struct QueryParts {
    columns: Vec<OutputColumn>,
    rows: Vec<IndirectRead>,
    reads: Vec<TableName>,
    errors: Vec<BindError>,
}

fn add(
    world: &mut World,
    lineage: &mut WorldLineage,
    id: &str,
    table: usize,
    sql: Option<&str>,
    schema: TableSchema,
    parts: QueryParts,
) {
    world.nodes.push(NodeInput {
        id: id.to_owned(),
        dialect: Dialect::Postgres,
        relation: Some(name(table)),
        sql: sql.map(Arc::from),
        ..NodeInput::default()
    });
    let node = NodeLineage {
        id: id.to_owned(),
        relation: Some(name(table)),
        dialect: Dialect::Postgres,
        lineage: Arc::new(QueryLineage {
            resolution: Resolution::Resolved,
            reads: parts.reads,
            writes: Vec::new(),
            columns: parts.columns,
            indirect: parts.rows,
            unused: Vec::new(),
            statements: Vec::new(),
            diagnostics: Vec::new(),
            open: false,
        }),
        inferred: Arc::new(schema.clone()),
        schema: Arc::new(schema),
        errors: parts.errors,
        cause: None,
    };
    lineage.nodes.insert(id.to_owned(), Arc::new(node));
}

/// Which columns a node reads, as its spec says.
fn named(spec: &Spec, full: &[Columns]) -> BTreeSet<(usize, String)> {
    let pick = |(t, c): (usize, usize)| full[t].get(c % full[t].len().max(1)).map(|name| (t, name.clone()));
    let rows = spec.rows.iter().filter_map(|r| pick(*r));
    match spec.star {
        Some(t) => full[t].iter().map(|c| (t, c.clone())).chain(rows).collect(),
        None => spec.outputs.iter().flatten().filter_map(|r| pick(*r)).chain(rows).collect(),
    }
}

/// Nodes that the column of the first source reaches, step by step until nothing is new.
fn reached(specs: &[Spec], full: &[Columns], column: &str) -> BTreeSet<usize> {
    let mut columns = BTreeSet::from([(0usize, column.to_owned())]);
    let mut nodes = BTreeSet::new();
    loop {
        let before = (columns.len(), nodes.len());
        for (n, spec) in specs.iter().enumerate() {
            let pick = |(t, c): (usize, usize)| full[t].get(c % full[t].len().max(1)).map(|name| (t, name.clone()));
            if named(spec, full).iter().any(|r| columns.contains(r)) {
                nodes.insert(n);
            }
            let table = SOURCES + n;
            if spec.rows.iter().filter_map(|r| pick(*r)).any(|r| columns.contains(&r)) {
                columns.extend(full[table].iter().map(|c| (table, c.clone())));
            }
            match spec.star {
                Some(t) => {
                    let copied: Vec<_> =
                        full[t].iter().filter(|c| columns.contains(&(t, (*c).clone()))).cloned().collect();
                    columns.extend(copied.into_iter().map(|c| (table, c)));
                }
                None => {
                    for (c, from) in spec.outputs.iter().enumerate() {
                        if from.iter().filter_map(|r| pick(*r)).any(|r| columns.contains(&r)) {
                            columns.insert((table, format!("c{c}")));
                        }
                    }
                }
            }
        }
        if before == (columns.len(), nodes.len()) {
            return nodes;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_dropped_column_hits_exactly_whom_it_reaches(specs in specs(), column in 0..WIDTH) {
        let column = format!("c{column}");
        let (base, head) = (bind(&specs, &[]), bind(&specs, &[&column]));
        let change = super::world::change(&format!("{column} removed"));
        let readers = impact(&base.graph, &head.graph, &name(0), Dialect::Postgres, &[change]).remove(0).1;

        // Plainly: who names a column that is not there breaks, and so does everything that reads a broken table.
        let mut breaks = head.broken.clone();
        loop {
            let more: Vec<usize> = (0..specs.len())
                .filter(|n| !breaks.contains(n))
                .filter(|n| {
                    let tables: BTreeSet<usize> =
                        named(&specs[*n], &base.tables).into_iter().map(|(t, _)| t).chain(specs[*n].star).collect();
                    tables.iter().any(|t| *t >= SOURCES && breaks.contains(&(t - SOURCES)))
                })
                .collect();
            if more.is_empty() {
                break;
            }
            breaks.extend(more);
        }
        let changes: BTreeSet<usize> = (0..specs.len())
            .filter(|n| !breaks.contains(n) && head.tables[SOURCES + n].len() < base.tables[SOURCES + n].len())
            .collect();
        let of = |effect: Effect| -> BTreeSet<String> {
            readers.iter().filter(|r| r.effect == effect).map(|r| r.name.clone()).collect()
        };
        prop_assert_eq!(of(Effect::Breaks), breaks.iter().map(|n| id(*n)).collect::<BTreeSet<_>>(), "{:#?}", readers);
        prop_assert_eq!(of(Effect::Changes), changes.iter().map(|n| id(*n)).collect::<BTreeSet<_>>(), "{:#?}", readers);
        prop_assert_eq!(readers.len(), breaks.len() + changes.len(), "{:#?}", readers);

        let hit: BTreeSet<usize> = breaks.union(&changes).copied().collect();
        for n in reached(&specs, &base.tables, &column) {
            prop_assert!(hit.contains(&n), "{} reads the column, however far, and is not listed", id(n));
        }
        for reader in &readers {
            prop_assert!(!reader.via.contains(&reader.name));
            let direct = base.graph.index.node(&reader.name).is_some();
            prop_assert!(direct && (reader.reason.is_some() || reader.effect == Effect::Reads));
        }
    }

    #[test]
    fn the_index_reaches_what_plain_search_reaches(specs in specs(), column in 0..WIDTH) {
        let column = format!("c{column}");
        let bound = bind(&specs, &[]);
        let answer = bound.graph.who_uses(&name(0), Some(&column), true);
        let got: BTreeSet<String> = answer.readers.into_iter().map(|r| r.name).collect();
        let want: BTreeSet<String> = reached(&specs, &bound.tables, &column).into_iter().map(id).collect();
        prop_assert_eq!(got, want);

        // Both directions hold the same edges.
        let index: &Index = &bound.graph.index;
        let mut forward = BTreeSet::new();
        let mut backward = BTreeSet::new();
        for c in 0..u32::try_from(index.columns.len()).unwrap() {
            for r in index.out.of(c).iter().filter(|r| r.kind != Kind::Unused) {
                forward.insert((c, r.node, r.to, r.kind));
            }
            backward.extend(index.into.of(c).iter().map(|s| (s.from, s.node, c, s.kind)));
        }
        for n in 0..u32::try_from(index.nodes.len()).unwrap() {
            backward.extend(index.rows.of(n).iter().map(|s| (s.from, s.node, ROWS, s.kind)));
        }
        prop_assert_eq!(forward, backward);
        let down = bound.graph.downstream(&name(0), Some(&column), 99);
        let nodes: BTreeSet<String> = down.iter().map(|e| e.node.clone()).collect();
        prop_assert_eq!(nodes, reached(&specs, &bound.tables, &column).into_iter().map(id).collect::<BTreeSet<_>>());
        for edge in &down {
            let up = bound.graph.upstream(edge.to_table.as_ref().unwrap(), edge.to_column.as_deref(), 1);
            prop_assert!(up.contains(edge), "{edge:?} is not found upwards");
        }
    }
}
