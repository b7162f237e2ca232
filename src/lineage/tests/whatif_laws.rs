//! Laws of what-if questions over random projects.

use crate::{Cache, NodeInput, Project, ShapeChange, ShapeDelta, TableChange, World, analyze_world};
use proptest::prelude::*;
use std::sync::Arc;
use tessera_model::table::Origin;
use tessera_model::{Column, Dialect, Effect, TableName, TableSchema};

const D: Dialect = Dialect::Postgres;

fn table(name: &str) -> TableName {
    TableName::new(None, Some("s"), name)
}

/// Two tables and some nodes, each reading what stands before it.
fn project(stars: bool) -> impl Strategy<Value = Vec<NodeInput>> {
    let item = if stars {
        prop::sample::select(vec!["a", "b", "l.c", "*", "l.*", "a + 1 as a", "count(*) as n", "cast(b as text) as b"])
    } else {
        prop::sample::select(vec!["a", "b", "l.c", "a + 1 as a", "count(*) as n", "cast(b as text) as b", "1 as c"])
    };
    let tail = prop::sample::select(vec![
        "",
        "where c > 1",
        "group by a, b",
        "order by b",
        "where exists (select 1 from s.u where a = l.a and c = 2)",
        "where a in (select b from s.t)",
        "union select a from s.t",
    ]);
    let from = prop::sample::select(vec![
        "{} l",
        "{} l join s.u r using (a)",
        "{} l left join s.t r on l.a = r.b",
        "(select a, b, c from {}) l",
        "(select a, b as c from {}) l",
    ]);
    let node = (prop::collection::vec(item, 1..4), from, tail, any::<prop::sample::Index>());
    prop::collection::vec(node, 1..7).prop_map(|list| {
        let mut nodes = vec![known("t", &["a", "b", "c", "d"]), known("u", &["a", "c", "e"])];
        for (i, (items, from, tail, on)) in list.into_iter().enumerate() {
            let below = table(&nodes[on.index(nodes.len())].relation.as_ref().unwrap().name).to_string();
            let sql = format!("select {} from {} {tail}", items.join(", "), from.replace("{}", &below));
            nodes.push(NodeInput {
                id: format!("n{i}"),
                dialect: D,
                relation: Some(table(&format!("n{i}"))),
                sql: Some(Arc::from(sql)),
                ..NodeInput::default()
            });
        }
        nodes
    })
}

fn known(name: &str, columns: &[&str]) -> NodeInput {
    let columns = columns.iter().map(|c| Column::new(*c, Some("integer"))).collect();
    let schema = TableSchema { origin: Some(Origin::Observed), ..TableSchema::new(D, columns) };
    NodeInput {
        id: name.to_owned(),
        dialect: D,
        relation: Some(table(name)),
        known: Some(schema),
        ..NodeInput::default()
    }
}

fn change() -> impl Strategy<Value = (&'static str, ShapeChange)> {
    let column = prop::sample::select(vec!["a", "b", "c", "d", "e"]);
    let change =
        (0..5, column, prop::sample::select(vec!["a", "b", "c", "e", "z"])).prop_map(|(kind, column, other)| {
            let column = column.to_owned();
            match kind {
                0 => ShapeChange::DropColumn(column),
                1 => ShapeChange::AddColumn(Column::new(other, Some("integer"))),
                2 => ShapeChange::RenameColumn { from: column, to: format!("{other}2") },
                3 => ShapeChange::RetypeColumn { column, data_type: "bigint".to_owned() },
                _ => ShapeChange::SetNullable { column, nullable: false },
            }
        });
    (prop::sample::select(vec!["t", "u"]), change)
}

fn asked(table_name: &str, change: ShapeChange) -> [TableChange; 1] {
    [TableChange { table: table(table_name), dialect: D, change }]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    /// Asking is the same as changing the world and analysing all of it.
    #[test]
    fn a_question_is_answered_as_a_changed_world_would(nodes in project(true), (name, change) in change()) {
        let world = Arc::new(World { nodes });
        let project = Project::new(Arc::clone(&world), &mut Cache::default());
        let before = project.lineage();
        let shape = change.apply(project.shape(&table(name), D).unwrap()).unwrap();
        let mut changed = World::clone(&world);
        changed.nodes.iter_mut().find(|n| n.id == name).unwrap().known = Some(shape.clone());
        let after = analyze_world(&changed, &mut Cache::default());

        let (_, with) = project.with_shapes(&[(table(name), D, shape)]).unwrap();
        for (id, node) in &after.nodes {
            let other = &with.nodes[id];
            prop_assert_eq!(&node.lineage, &other.lineage, "{}", id);
            prop_assert_eq!(&node.errors, &other.errors, "{}", id);
            prop_assert_eq!(&node.schema, &other.schema, "{}", id);
        }
        let impact = project.what_if(&asked(name, change));
        for (id, node) in after.nodes.iter().filter(|(id, _)| *id != name) {
            let was = &before.nodes[id];
            let effect = impact.of(id).map_or(Effect::Unaffected, |a| a.effect);
            let names = |n: &TableSchema| n.columns.iter().map(|c| c.name.clone()).collect::<Vec<_>>();
            if effect > Effect::Changes {
                prop_assert_eq!(names(&was.inferred), names(&node.inferred), "{} {:?}", id, effect);
            }
            if effect == Effect::Unaffected {
                prop_assert_eq!(&was.errors, &node.errors, "{}", id);
                let delta = ShapeDelta::between(&was.inferred, &node.inferred, D);
                prop_assert!(delta.is_empty(), "{} {:?}", id, delta);
            }
        }
    }

    /// What is not bound again, and what is not asked of a text that breaks, makes no difference.
    #[test]
    fn the_quick_answer_is_the_full_one(nodes in project(true), (name, change) in change()) {
        let project = Project::new(Arc::new(World { nodes }), &mut Cache::default());
        let change = asked(name, change);
        prop_assert_eq!(project.what_if(&change).affected, project.what_if_in_full(&change).affected);
    }

    #[test]
    fn nothing_changed_is_nobody_affected(nodes in project(true)) {
        let project = Project::new(Arc::new(World { nodes }), &mut Cache::default());
        for name in ["t", "u"] {
            let same = project.shape(&table(name), D).unwrap().clone();
            let impact = project.what_if(&asked(name, ShapeChange::Replace(same)));
            prop_assert_eq!(impact.affected, vec![]);
            prop_assert_eq!(impact.rebound, 0);
        }
    }

    /// No star, no read: nobody is concerned, and nobody is bound. A read column that goes is always noticed.
    #[test]
    fn a_dropped_column_is_noticed_by_those_who_read_it(nodes in project(false), name in prop::sample::select(vec!["t", "u"])) {
        let project = Project::new(Arc::new(World { nodes }), &mut Cache::default());
        let lineage = project.lineage();
        let columns: Vec<String> = project.shape(&table(name), D).unwrap().columns.iter().map(|c| c.name.clone()).collect();
        for column in columns {
            let impact = project.what_if(&asked(name, ShapeChange::DropColumn(column.clone())));
            for (id, node) in &lineage.nodes {
                let q = &node.lineage;
                let direct = q.columns.iter().flat_map(|c| &c.direct).chain(&q.unused).map(|r| (&r.table, &r.column));
                let indirect = q.columns.iter().flat_map(|c| &c.indirect).chain(&q.indirect).map(|r| (&r.table, &r.column));
                let reads = direct.chain(indirect).any(|(t, c)| **t == table(name) && **c == *column);
                let told = impact.of(id).is_some_and(|a| a.effect != Effect::Unaffected);
                prop_assert!(!reads || told || !node.errors.is_empty(), "{} reads {}.{}: {:?}", id, name, column, impact);
            }
            if matches!(column.as_str(), "d" | "e") {
                prop_assert_eq!((impact.affected.len(), impact.rebound), (0, 0), "nothing names {}", column);
            }
        }
    }
}
