//! All nodes before and after, whatever changed: what no longer binds, whose output differs, and what lies below.

use crate::delta::Comparison;
use crate::graph::Graph;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use tessera_model::Effect;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeEffect {
    /// `breaks` or `changes`.
    pub effect: Effect,
    pub reason: String,
    /// The broken nodes above it, nearest to the cause first; empty when it is hit itself.
    pub via: Vec<String>,
    /// Output columns that differ.
    pub columns: Vec<String>,
    /// Its own SQL is another one.
    pub sql_changed: bool,
}

/// By node id; nodes that are not listed are as they were.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Effects {
    pub nodes: BTreeMap<String, NodeEffect>,
}

impl Effects {
    pub fn of(&self, id: &str) -> Effect {
        self.nodes.get(id).map_or(Effect::Unaffected, |n| n.effect)
    }
}

impl Graph {
    /// What re-binding says of every node of `head`, against `base`.
    pub fn effects(base: &Graph, head: &Graph) -> Effects {
        let cmp = Comparison::new(base, head);
        let mut effects = Effects::default();
        let mut broken = VecDeque::new();
        for node in &head.index.nodes {
            let delta = cmp.delta(&node.id);
            let lost = node.reads.iter().map(|t| &head.index.tables[*t as usize]).find(|t| head.gone.contains(&t.id));
            let reason = match (delta.new_errors.first(), lost) {
                (Some(error), _) => Some(error.message.clone()),
                (None, Some(table)) => {
                    let name = table.name.as_ref().map(ToString::to_string).unwrap_or_default();
                    Some(format!("reads {name}, which is gone"))
                }
                (None, None) => None,
            };
            let effect = if reason.is_some() { Effect::Breaks } else { Effect::Changes };
            let Some(reason) = reason.or_else(|| delta.outputs.first().map(|o| o.says())) else { continue };
            if effect == Effect::Breaks {
                broken.push_back((node.id.clone(), Vec::new()));
            }
            let columns: BTreeSet<String> = delta.outputs.iter().map(|o| o.name.clone()).collect();
            effects.nodes.insert(
                node.id.clone(),
                NodeEffect {
                    effect,
                    reason,
                    via: Vec::new(),
                    columns: columns.into_iter().collect(),
                    sql_changed: !delta.same_sql,
                },
            );
        }
        while let Some((id, mut via)) = broken.pop_front() {
            let Some(node) = head.index.node(&id) else { continue };
            let reason = format!("upstream {id} breaks");
            via.push(id);
            let table = head.index.nodes[node as usize].table;
            for below in &head.index.tables[table as usize].readers {
                let below = &head.index.nodes[*below as usize].id;
                let known = effects.nodes.get(below);
                if known.is_some_and(|k| k.effect == Effect::Breaks) {
                    continue;
                }
                let entry = NodeEffect {
                    effect: Effect::Breaks,
                    reason: reason.clone(),
                    via: via.clone(),
                    columns: known.map(|k| k.columns.clone()).unwrap_or_default(),
                    sql_changed: !cmp.delta(below).same_sql,
                };
                effects.nodes.insert(below.clone(), entry);
                broken.push_back((below.clone(), via.clone()));
            }
        }
        effects
    }
}
