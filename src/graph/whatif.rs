//! What if a table looked otherwise, or were gone: another graph in which everything below is bound anew.

use crate::delta::{Delta, What, compare_shapes};
use crate::graph::{Graph, table_id};
use crate::index::TableId;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tessera_lineage::{Cache, Defaults, NodeInput, World, analyze_world};
use tessera_model::table::Origin;
use tessera_model::{Dialect, TableName, TableSchema};

/// How many levels of pinned shapes are followed. Each costs one analysis of what it reaches.
const LEVELS: usize = 64;

impl Graph {
    /// This graph with other shapes for some tables; `None` takes the table away. Only what they reach is analysed anew.
    ///
    /// A node below whose shape is *pinned* (observed, from a catalog, by contract) would hide the change from those that
    /// read it: what its SQL now says otherwise is carried over into the pinned shape, level by level.
    pub fn with_overrides(&self, overrides: &[(TableName, Dialect, Option<TableSchema>)], cache: &mut Cache) -> Graph {
        let mut world = World::clone(&self.world);
        let mut gone = self.gone.clone();
        let mut fixed: BTreeSet<usize> = BTreeSet::new();
        for (name, dialect, shape) in overrides {
            let id = self.identity(name, *dialect);
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
            let mut found = false;
            for (at, node) in world.nodes.iter_mut().enumerate() {
                let own = node.relation.as_ref().map(|r| table_id(r, node.dialect));
                if own.as_ref() == Some(&id) {
                    node.known = Some(shape.clone());
                    fixed.insert(at);
                    found = true;
                }
            }
            if !found {
                fixed.insert(world.nodes.len());
                world.nodes.push(NodeInput {
                    id: format!("table:{name}"),
                    dialect: *dialect,
                    relation: Some(name.clone()),
                    known: Some(shape),
                    defaults: Defaults::default(),
                    ..NodeInput::default()
                });
            }
        }
        let mut lineage = analyze_world(&world, cache);
        let pinned = self.pinned_shapes(&world, &fixed);
        for _ in 0..LEVELS {
            let mut changed = false;
            for (at, original) in &pinned {
                let node = &mut world.nodes[*at];
                let (Some(was), Some(is)) = (self.node(&node.id), lineage.nodes.get(&node.id)) else { continue };
                let mut delta = Delta::default();
                compare_shapes(&was.inferred, &is.inferred, node.dialect, &mut delta);
                let carried = carry(original, &delta, &is.inferred, node.dialect);
                if node.known.as_ref() != Some(&carried) {
                    node.known = Some(carried);
                    changed = true;
                }
            }
            if !changed {
                break;
            }
            lineage = analyze_world(&world, cache);
        }
        Graph::assemble(
            Arc::new(world),
            lineage,
            Arc::clone(&self.meta),
            Arc::clone(&self.exposures),
            Arc::clone(&self.registrations),
            gone,
        )
    }

    fn identity(&self, name: &TableName, dialect: Dialect) -> TableId {
        match self.locate(name, dialect) {
            Some(at) => self.index.tables[at as usize].id.clone(),
            None => table_id(name, dialect),
        }
    }

    /// Nodes with SQL whose shape is known from outside, by position. Those overridden are as the caller says.
    fn pinned_shapes(&self, world: &World, fixed: &BTreeSet<usize>) -> BTreeMap<usize, TableSchema> {
        let pins = |s: &TableSchema| matches!(s.origin, Some(Origin::Observed | Origin::Catalog | Origin::Contract));
        world
            .nodes
            .iter()
            .enumerate()
            .filter(|(at, n)| n.sql.is_some() && !fixed.contains(at))
            .filter_map(|(at, n)| Some((at, n.known.as_ref().filter(|k| pins(k))?.clone())))
            .collect()
    }
}

/// A pinned shape with what its SQL now says otherwise.
fn carry(pinned: &TableSchema, delta: &Delta, inferred: &TableSchema, dialect: Dialect) -> TableSchema {
    let folding = dialect.column_folding();
    let mut out = pinned.clone();
    let by_key: HashMap<String, &tessera_model::Column> =
        inferred.columns.iter().map(|c| (folding.key(&c.name), c)).collect();
    for change in &delta.outputs {
        let at = out.columns.iter().position(|c| folding.key(&c.name) == change.key);
        match (&change.what, at, by_key.get(&change.key)) {
            (What::Removed, Some(at), _) => drop(out.columns.remove(at)),
            (What::Added, None, Some(new)) => {
                let place = inferred.columns.iter().position(|c| folding.key(&c.name) == change.key);
                out.columns.insert(place.unwrap_or(usize::MAX).min(out.columns.len()), (*new).clone());
            }
            (What::Retyped { .. }, Some(at), Some(new)) => {
                out.columns[at].data_type.clone_from(&new.data_type);
            }
            (What::Nullability { nullable }, Some(at), _) => out.columns[at].nullable = Some(*nullable),
            _ => {}
        }
    }
    out
}
