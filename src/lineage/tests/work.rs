//! How much is done, counted rather than timed: what is linear stays so, and what did not change is not done again.

use crate::{Cache, NodeInput, Project, ShapeChange, TableChange, Work, World, analyze_world};
use std::sync::Arc;
use tessera_model::table::Origin;
use tessera_model::{Column, Dialect, TableName, TableSchema};

const D: Dialect = Dialect::Postgres;

fn name(table: &str) -> TableName {
    TableName::new(None, Some("s"), table)
}

/// Chains of five nodes over a table each.
fn world(nodes: usize) -> World {
    let mut out = Vec::new();
    for i in 0..nodes {
        let relation = Some(name(&format!("n{i}")));
        let node = NodeInput { id: format!("n{i}"), dialect: D, relation, ..NodeInput::default() };
        if i % 5 == 0 {
            let columns = ["id", "a", "b"].map(|c| Column::new(c, Some("integer"))).to_vec();
            let known = TableSchema { origin: Some(Origin::Observed), ..TableSchema::new(D, columns) };
            out.push(NodeInput { known: Some(known), ..node });
        } else {
            let sql = format!("with q as (select * from s.n{}) select id, a, b + 1 as b from q where a > {i}", i - 1);
            out.push(NodeInput { sql: Some(Arc::from(sql)), ..node });
        }
    }
    // Readers stand before what they read: the order of the list must not matter.
    out.reverse();
    World { nodes: out }
}

fn done(cache: &mut Cache, world: &World) -> Work {
    let before = cache.work();
    analyze_world(world, cache);
    let after = cache.work();
    Work { parsed: after.parsed - before.parsed, bound: after.bound - before.bound }
}

#[test]
fn work_grows_with_the_world_and_each_node_is_done_once() {
    for nodes in [50u64, 500, 5_000] {
        let world = world(usize::try_from(nodes).unwrap());
        let each = nodes / 5 * 4;
        let mut cache = Cache::default();
        assert_eq!(done(&mut cache, &world), Work { parsed: each, bound: each });
        assert_eq!(done(&mut cache, &world), Work::default(), "nothing changed");
    }
}

#[test]
fn a_changed_node_is_bound_again_with_those_below_it_that_see_a_difference() {
    let mut world = world(500);
    let mut cache = Cache::default();
    done(&mut cache, &world);
    let at = |world: &World, id: &str| world.nodes.iter().position(|n| n.id == id).unwrap();
    // The same columns by another text: nobody below sees it.
    let i = at(&world, "n101");
    world.nodes[i].sql = Some(Arc::from("select id, a, b + 2 as b from s.n100"));
    assert_eq!(done(&mut cache, &world), Work { parsed: 1, bound: 1 });
    // Another type: all three below.
    world.nodes[i].sql = Some(Arc::from("select id, cast(a as bigint) as a, b from s.n100"));
    assert_eq!(done(&mut cache, &world), Work { parsed: 1, bound: 4 });
    // Back again: all of it is remembered.
    world.nodes[i].sql = Some(Arc::from("select id, a, b + 2 as b from s.n100"));
    assert_eq!(done(&mut cache, &world), Work::default());
    // A node more moves every position and changes nobody's answer.
    let more = NodeInput { id: "a".into(), dialect: D, sql: Some(Arc::from("select 1 as x")), ..NodeInput::default() };
    world.nodes.insert(0, more);
    assert_eq!(done(&mut cache, &world), Work { parsed: 1, bound: 1 });
    // A table's column goes: its chain, and no other.
    let i = at(&world, "n200");
    world.nodes[i].known.as_mut().unwrap().columns[1].data_type = Some("bigint".into());
    assert_eq!(done(&mut cache, &world), Work { parsed: 0, bound: 4 });
}

#[test]
fn the_same_text_under_other_rules_is_another_question() {
    let mut world = world(5);
    let mut cache = Cache::default();
    done(&mut cache, &world);
    let i = world.nodes.iter().position(|n| n.id == "n4").unwrap();
    world.nodes[i].dialect = Dialect::Snowflake;
    assert_eq!(done(&mut cache, &world), Work { parsed: 1, bound: 1 });
    world.nodes[i].defaults.schema = Some("elsewhere".into());
    assert_eq!(done(&mut cache, &world), Work { parsed: 1, bound: 1 });
    world.nodes[i].aliases = vec![("q".into(), "n1".into())];
    assert_eq!(done(&mut cache, &world).parsed, 1);
    world.nodes[i].relation = Some(name("other"));
    assert_eq!(done(&mut cache, &world).parsed, 1);
}

#[test]
fn one_answer_does_not_depend_on_what_the_cache_has_seen() {
    let mut cache = Cache::default();
    let mut world = world(100);
    for round in 0..12 {
        let i = (round * 7) % world.nodes.len();
        if let Some(known) = &mut world.nodes[i].known {
            known.columns.rotate_left(1);
            known.columns[0].nullable = Some(round % 2 == 0);
        } else {
            world.nodes[i].sql = Some(Arc::from(format!("select {round} as id, 2 as a, 3 as b")));
        }
        let (warm, cold) = (analyze_world(&world, &mut cache), analyze_world(&world, &mut Cache::default()));
        for (id, node) in &cold.nodes {
            let other = &warm.nodes[id];
            assert_eq!((&node.lineage, &node.schema, &node.errors), (&other.lineage, &other.schema, &other.errors));
        }
    }
}

#[test]
fn a_question_binds_what_it_reaches_and_no_more() {
    let project = Project::new(Arc::new(world(1_000)), &mut Cache::default());
    let asked = |change| project.what_if(&[TableChange { table: name("n500"), dialect: D, change }]);
    let retyped = asked(ShapeChange::RetypeColumn { column: "a".into(), data_type: "bigint".into() });
    assert_eq!((retyped.affected.len(), retyped.rebound), (4, 4));
    let dropped = asked(ShapeChange::DropColumn("a".into()));
    // What stands on a broken node need not be bound to be known to break.
    assert_eq!((dropped.affected.len(), dropped.rebound), (4, 1));
    let path = dropped.path(&dropped.affected[3]);
    assert_eq!(path, ["n501", "n502", "n503"]);
    let gone = asked(ShapeChange::DropTable);
    assert_eq!((gone.affected.len(), gone.rebound), (4, 0));
    // A star that is narrowed lets nothing through: that is found out once.
    let added = |name: &str| asked(ShapeChange::AddColumn(Column::new(name, Some("integer"))));
    assert_eq!((added("y").affected.len(), added("z").rebound), (0, 0));
}
