//! What a world looks like from outside: who is who, and which node builds which relation. It is kept from one analysis
//! to the next for as long as none of that changes, which is nearly always.

use super::index::NameIndex;
use super::{NodeInput, World};
use std::sync::Arc;
use tessera_model::{Dialect, TableName};
use tessera_sql::hash::FastMap;

#[derive(Debug)]
pub(super) struct Skeleton {
    facts: Vec<Fact>,
    ids: FastMap<Arc<str>, u32>,
    /// All positions, by id.
    pub(super) sorted: Vec<u32>,
    relations: NameIndex,
}

#[derive(Debug)]
struct Fact {
    id: Arc<str>,
    dialect: Dialect,
    relation: Option<TableName>,
    knowledge: u8,
}

impl Skeleton {
    pub(super) fn new(world: &World) -> Self {
        let facts: Vec<Fact> = world
            .nodes
            .iter()
            .map(|n| Fact {
                id: Arc::from(n.id.as_str()),
                dialect: n.dialect,
                relation: n.relation.clone(),
                knowledge: knowledge(n),
            })
            .collect();
        let mut dialects: Vec<Dialect> = facts.iter().map(|f| f.dialect).collect();
        dialects.sort_unstable();
        dialects.dedup();
        let ids = facts.iter().zip(0u32..).map(|(f, at)| (Arc::clone(&f.id), at)).collect();
        // A source of one project may be a model of another: who knows most stands for the relation.
        let mut by_knowledge: Vec<u32> = (0..).take(facts.len()).collect();
        by_knowledge.sort_by_key(|at| facts[*at as usize].knowledge);
        let mut relations = NameIndex::new(&dialects);
        for at in by_knowledge {
            if let Some(relation) = &facts[at as usize].relation {
                relations.insert(relation, at);
            }
        }
        let mut sorted: Vec<u32> = (0..).take(facts.len()).collect();
        sorted.sort_by(|a, b| facts[*a as usize].id.cmp(&facts[*b as usize].id));
        Skeleton { facts, ids, sorted, relations }
    }

    /// Whether this is what `world` looks like, too.
    pub(super) fn fits(&self, world: &World) -> bool {
        self.facts.len() == world.nodes.len()
            && self.facts.iter().zip(&world.nodes).all(|(fact, node)| {
                *fact.id == *node.id
                    && fact.dialect == node.dialect
                    && fact.relation == node.relation
                    && fact.knowledge == knowledge(node)
            })
    }

    pub(super) fn position(&self, id: &str) -> Option<u32> {
        self.ids.get(id).copied()
    }

    pub(super) fn id(&self, at: u32) -> &Arc<str> {
        &self.facts[at as usize].id
    }

    pub(super) fn producer(&self, name: &TableName, dialect: Dialect) -> Option<u32> {
        self.relations.get(name, dialect)
    }

    pub(super) fn producer_by_key(&self, name: &TableName, key: &str, dialect: Dialect) -> Option<u32> {
        self.relations.get_by_key(name, key, dialect)
    }
}

fn knowledge(node: &NodeInput) -> u8 {
    match (&node.sql, &node.known) {
        (Some(_), _) => 2,
        (None, Some(known)) if !known.open => 1,
        _ => 0,
    }
}
