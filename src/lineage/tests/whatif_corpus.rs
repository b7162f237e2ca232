//! What-if over a real project: the quick answers held against those of every reader bound again from nothing.

use super::orchard::{read_json, world};
use crate::{Cache, Project, ShapeChange, TableChange, on_wide_stack, untyped};
use std::sync::Arc;
use tessera_model::Column;

/// One column in so many is asked about; `TESSERA_WHATIF_EVERY=1` takes all of them.
const EVERY: usize = 97;

#[test]
fn quick_answers_about_a_project_are_the_full_ones() {
    let Some(path) = super::corpora("dbt/ol-data-platform/manifest.json.gz") else { return };
    let every = std::env::var("TESSERA_WHATIF_EVERY").ok().and_then(|n| n.parse().ok()).unwrap_or(EVERY);
    let world = Arc::new(world(&read_json(&path), None));
    on_wide_stack(|| {
        let project = Project::new(Arc::clone(&world), &mut Cache::default());
        let tables: Vec<_> = world.nodes.iter().filter_map(|n| Some((n.relation.clone()?, n.dialect))).collect();
        let columns = tables.iter().flat_map(|(table, dialect)| {
            let shape = project.shape(table, *dialect);
            shape.into_iter().flat_map(|s| s.columns.clone()).map(move |column| (table, *dialect, column))
        });
        let (mut asked, mut affected) = (0, 0);
        for (i, (table, dialect, column)) in columns.step_by(every).enumerate() {
            let typed = !untyped(&column, dialect);
            let (column, other) = (column.name.clone(), format!("{}_too", column.name));
            let change = match i % 4 {
                0 => ShapeChange::DropColumn(column),
                1 => ShapeChange::RenameColumn { from: column, to: other },
                // What was not known has not changed, whatever the texts say to it.
                2 if typed => ShapeChange::RetypeColumn { column, data_type: "real".to_owned() },
                _ => ShapeChange::AddColumn(Column::new(other, Some("varchar"))),
            };
            let change = [TableChange { table: table.clone(), dialect, change }];
            let (quick, full) = (project.what_if(&change), project.what_if_in_full(&change));
            if quick.affected != full.affected {
                let other = quick.affected.iter().zip(&full.affected).find(|(a, b)| a != b);
                panic!("{change:?}: {} and {} readers, {other:?}", quick.affected.len(), full.affected.len());
            }
            asked += 1;
            affected += quick.affected.len();
        }
        println!("{asked} questions, {affected} affected readers");
        assert!(asked > 0 && affected > 0);
    });
}
