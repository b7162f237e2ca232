//! Worlds of a few nodes: order, shapes, caching, cycles, mixed dialects.

use crate::{Cache, NodeInput, World, WorldLineage, analyze_world};
use std::sync::Arc;
use tessera_model::lineage::Resolution;
use tessera_model::table::Origin;
use tessera_model::{Column, Dialect, TableName, TableSchema};

fn node(id: &str, sql: Option<&str>, upstream: &[&str]) -> NodeInput {
    NodeInput {
        id: id.to_owned(),
        dialect: Dialect::DuckDb,
        relation: TableName::parse(Dialect::DuckDb, &format!("db.s.{id}")),
        sql: sql.map(Arc::from),
        upstream: upstream.iter().map(|s| (*s).to_owned()).collect(),
        ..NodeInput::default()
    }
}

fn table(id: &str, columns: &[(&str, &str)], origin: Origin) -> NodeInput {
    NodeInput { known: Some(schema(columns, origin)), ..node(id, None, &[]) }
}

fn schema(columns: &[(&str, &str)], origin: Origin) -> TableSchema {
    let columns = columns.iter().map(|(n, t)| Column::new(*n, Some(*t).filter(|t| !t.is_empty()))).collect();
    TableSchema { origin: Some(origin), ..TableSchema::new(Dialect::DuckDb, columns) }
}

fn run(nodes: Vec<NodeInput>) -> WorldLineage {
    analyze_world(&World { nodes }, &mut Cache::default())
}

fn columns(world: &WorldLineage, id: &str) -> Vec<String> {
    world.nodes[id]
        .schema
        .columns
        .iter()
        .map(|c| format!("{} {}", c.name, c.data_type.as_deref().unwrap_or("-")))
        .collect()
}

#[test]
fn stars_expand_along_the_dependencies_whatever_the_order_of_the_list() {
    let got = run(vec![
        node("c", Some("select * from db.s.b where y > 1"), &[]),
        node("b", Some("select *, x + 1 as y from db.s.a"), &["a"]),
        table("a", &[("x", "INTEGER")], Origin::Observed),
    ]);
    assert_eq!(columns(&got, "c"), ["x INTEGER", "y INTEGER"]);
    let c = &got.nodes["c"].lineage;
    assert_eq!(c.resolution, Resolution::Resolved);
    // Reads are of the table that is named, not of what it is made of.
    assert_eq!(c.columns[1].direct[0].table.to_string(), "db.s.b");
    assert_eq!(got.producer_of(&TableName::parse(Dialect::DuckDb, "S.B").unwrap(), Dialect::DuckDb).unwrap().id, "b");
}

#[test]
fn observed_shapes_win_over_sql_and_yaml_only_adds_types() {
    let mut observed = node("m", Some("select 1 as a, 2 as b"), &[]);
    observed.known = Some(schema(&[("a", "")], Origin::Observed));
    assert_eq!(columns(&run(vec![observed.clone()]), "m"), ["a INTEGER"]);

    observed.known = Some(TableSchema { open: true, ..schema(&[("b", "BIGINT"), ("z", "DATE")], Origin::Declared) });
    let got = run(vec![observed]);
    assert_eq!(columns(&got, "m"), ["a INTEGER", "b INTEGER"]);
    assert!(!got.nodes["m"].schema.open);

    let mut half = node("m", Some("select *, 1 as a from db.s.unknown"), &[]);
    half.known = Some(TableSchema { open: true, ..schema(&[("z", "DATE")], Origin::Declared) });
    let got = run(vec![half]);
    assert_eq!(columns(&got, "m"), ["a INTEGER", "z DATE"]);
    assert!(got.nodes["m"].schema.open);
}

#[test]
fn a_missing_column_is_an_error_that_names_the_table() {
    let got = run(vec![
        table("a", &[("x", "INTEGER")], Origin::Observed),
        node("b", Some("select x, gone from db.s.a"), &["a"]),
        node("c", Some("with q as (select * from db.s.a) select q.gone from q"), &["a"]),
        node("d", Some("select gone from db.s.nobody_knows"), &[]),
    ]);
    for id in ["b", "c"] {
        let errors = &got.nodes[id].errors;
        assert_eq!(errors.len(), 1, "{id}: {errors:?}");
        assert_eq!(errors[0].code, "unknown-column");
        assert_eq!(errors[0].column.as_deref(), Some("gone"));
        assert_eq!(errors[0].table.as_ref().unwrap().to_string(), "db.s.a");
    }
    assert!(got.nodes["d"].errors.is_empty());
    assert_eq!(got.nodes["d"].lineage.resolution, Resolution::Inferred);
}

#[test]
fn adding_a_column_can_break_too() {
    let sql = "select id, note from db.s.a join db.s.b on a.id = b.a_id";
    let wide = "select * from db.s.a union all select id from db.s.a";
    let before = run(vec![
        table("a", &[("id", "INTEGER")], Origin::Observed),
        table("b", &[("a_id", "INTEGER"), ("note", "VARCHAR")], Origin::Observed),
        node("m", Some(sql), &[]),
        node("u", Some(wide), &[]),
    ]);
    assert!(before.nodes.values().all(|n| n.errors.is_empty()));
    let after = run(vec![
        table("a", &[("id", "INTEGER"), ("note", "VARCHAR")], Origin::Observed),
        table("b", &[("a_id", "INTEGER"), ("note", "VARCHAR")], Origin::Observed),
        node("m", Some(sql), &[]),
        node("u", Some(wide), &[]),
    ]);
    assert_eq!(after.nodes["m"].errors[0].code, "ambiguous-column");
    assert_eq!(after.nodes["u"].errors[0].code, "union-width");
    assert_eq!(after.nodes["u"].errors[0].table.as_ref().unwrap().to_string(), "db.s.a");
}

#[test]
fn nodes_without_sql_give_tables_only() {
    let mut python = node("p", None, &["a", "e"]);
    python.cause = Some("python".to_owned());
    let mut ephemeral = node("e", Some("select x from db.s.b"), &["b"]);
    ephemeral.relation = None;
    let got = run(vec![
        table("a", &[("x", "INTEGER")], Origin::Observed),
        table("b", &[("x", "INTEGER")], Origin::Observed),
        ephemeral,
        python,
    ]);
    let p = &got.nodes["p"];
    assert_eq!((p.lineage.resolution, p.cause.as_deref()), (Resolution::TableOnly, Some("python")));
    let reads: Vec<String> = p.lineage.reads.iter().map(ToString::to_string).collect();
    assert_eq!(reads, ["db.s.a", "db.s.b"]);
    assert!(p.schema.open);
    assert_eq!(got.nodes["a"].lineage.resolution, Resolution::Resolved);
}

#[test]
fn an_injected_name_without_its_text_stands_for_its_node() {
    let mut ephemeral = node("e", Some("select x, y from db.s.b where z > 0"), &["b"]);
    ephemeral.relation = None;
    let mut reader = node("r", Some("select x + 1 as w from __dbt__cte__e where y = 2"), &["e"]);
    reader.aliases = vec![("__dbt__cte__e".to_owned(), "e".to_owned())];
    let got = run(vec![
        table("b", &[("x", "INTEGER"), ("y", "INTEGER"), ("z", "INTEGER")], Origin::Observed),
        ephemeral,
        reader,
    ]);
    let r = &got.nodes["r"].lineage;
    assert_eq!(r.reads.iter().map(ToString::to_string).collect::<Vec<_>>(), ["db.s.b"]);
    assert_eq!(r.columns[0].direct[0].table.to_string(), "db.s.b");
    let indirect: Vec<&str> = r.indirect.iter().map(|i| &*i.column).collect();
    assert_eq!(indirect, ["y", "z"]);
    assert_eq!(columns(&got, "r"), ["w INTEGER"]);
}

#[test]
fn cycles_and_self_reads_end() {
    let got = run(vec![
        node("a", Some("select x from db.s.b"), &["b"]),
        node("b", Some("select x from db.s.a"), &["a"]),
        node("self", Some("select * from db.s.t union all select * from db.s.self"), &[]),
        table("t", &[("x", "INTEGER")], Origin::Observed),
    ]);
    assert_eq!(columns(&got, "self"), ["x INTEGER"]);
    assert!(!got.nodes["self"].schema.open);
    assert_eq!(got.nodes["self"].lineage.reads.len(), 1);
    assert_eq!(got.nodes.len(), 4);
}

#[test]
fn a_world_may_speak_several_dialects() {
    let mut snow = node("snow", Some("select X as Y from DB.S.BASE"), &[]);
    snow.dialect = Dialect::Snowflake;
    snow.relation = TableName::parse(Dialect::Snowflake, "DB.S.SNOW");
    let mut base = table("base", &[("X", "INTEGER")], Origin::Observed);
    base.relation = TableName::parse(Dialect::Snowflake, "DB.S.BASE");
    let mut duck = node("duck", Some("select y from db.s.snow"), &[]);
    duck.dialect = Dialect::DuckDb;
    let got = run(vec![duck, snow, base]);
    assert_eq!(got.nodes["snow"].schema.columns[0].name, "Y");
    assert!(got.nodes["duck"].errors.is_empty(), "{:?}", got.nodes["duck"].errors);
    assert_eq!(got.nodes["duck"].lineage.columns[0].direct[0].table.to_string(), "DB.S.SNOW");
}

#[test]
fn the_cache_answers_what_did_not_change_and_nothing_else() {
    let mut world = World {
        nodes: vec![
            table("a", &[("x", "INTEGER"), ("y", "INTEGER")], Origin::Observed),
            node("b", Some("select x from db.s.a"), &["a"]),
            node("c", Some("select x from db.s.b"), &["b"]),
        ],
    };
    let mut cache = Cache::default();
    let first = analyze_world(&world, &mut cache);
    let again = analyze_world(&world, &mut cache);
    assert!(Arc::ptr_eq(&first.nodes["c"].lineage, &again.nodes["c"].lineage));
    // A retyped column goes through to the end.
    world.nodes[0].known = Some(schema(&[("x", "BIGINT"), ("y", "INTEGER")], Origin::Observed));
    let changed = analyze_world(&world, &mut cache);
    assert_eq!(columns(&changed, "c"), ["x BIGINT"]);
    assert!(!Arc::ptr_eq(&first.nodes["b"].lineage, &changed.nodes["b"].lineage));
    // A dialect is part of the question.
    world.nodes[1].dialect = Dialect::Postgres;
    assert_eq!(analyze_world(&world, &mut cache).nodes["b"].dialect, Dialect::Postgres);
}
