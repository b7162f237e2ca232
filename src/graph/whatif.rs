//! What if a table looked otherwise, or were gone: another graph in which everything below is bound anew.

use crate::graph::{Graph, table_id};
use crate::index::TableId;
use std::sync::Arc;
use tessera_lineage::{Cache, NodeInput, Project, World, WorldLineage};
use tessera_model::table::Origin;
use tessera_model::{Dialect, TableName, TableSchema};

type Shape = (TableName, Dialect, TableSchema);

impl Graph {
    /// This graph with other shapes for some tables; `None` takes the table away. Only what they reach is bound anew; what
    /// hides behind a shape known from outside is carried over into it (see [`Project::with_shapes`]).
    pub fn with_overrides(&self, overrides: &[(TableName, Dialect, Option<TableSchema>)], cache: &mut Cache) -> Graph {
        let mut gone = self.gone.clone();
        let mut shapes: Vec<Shape> = Vec::new();
        for (name, dialect, shape) in overrides {
            let (id, name) = self.identity(name, *dialect);
            let Some(shape) = shape else {
                gone.insert(id);
                continue;
            };
            gone.remove(&id);
            let mut shape = shape.clone();
            shape.origin = Some(Origin::Observed);
            if shape.dialect == Dialect::Generic {
                shape.dialect = *dialect;
            }
            shapes.push((name, *dialect, shape));
        }
        let (world, lineage) = self.reshaped(&shapes, cache);
        Graph::assemble(
            Arc::new(world),
            lineage,
            Arc::clone(&self.meta),
            Arc::clone(&self.exposures),
            Arc::clone(&self.registrations),
            gone,
        )
    }

    fn reshaped(&self, shapes: &[Shape], cache: &mut Cache) -> (World, WorldLineage) {
        if let Some(found) = Project::new(Arc::clone(&self.world), cache).with_shapes(shapes) {
            return found;
        }
        // Tables that are read but built by nobody become nodes of whom nothing is known, until the question says more.
        let mut world = World::clone(&self.world);
        for (name, dialect, _) in shapes {
            let id = table_id(name, *dialect);
            let is_it = |n: &NodeInput| n.relation.as_ref().is_some_and(|r| table_id(r, n.dialect) == id);
            if !world.nodes.iter().any(is_it) {
                world.nodes.push(NodeInput {
                    id: format!("table:{name}"),
                    dialect: *dialect,
                    relation: Some(name.clone()),
                    ..NodeInput::default()
                });
            }
        }
        let project = Project::new(Arc::new(world.clone()), cache);
        project.with_shapes(shapes).unwrap_or_else(|| (world, project.lineage()))
    }

    /// The table's identity and stored name.
    fn identity(&self, name: &TableName, dialect: Dialect) -> (TableId, TableName) {
        let known = self.locate(name, dialect).map(|at| &self.index.tables[at as usize]);
        match known {
            Some(table) => (table.id.clone(), table.name.clone().unwrap_or_else(|| name.clone())),
            None => (table_id(name, dialect), name.clone()),
        }
    }
}
