//! Nodes that build no relation (ephemeral models) are looked through: who reads them reads what they read.

use super::NodeLineage;
use std::collections::BTreeMap;
use std::sync::Arc;
use tessera_model::TableName;
use tessera_model::lineage::{DirectKind, DirectRead, IndirectRead, QueryLineage};

/// Replaces reads of an injected name by what the node behind it reads.
pub(super) fn expand(lineage: &mut QueryLineage, stands_for: &[(TableName, Arc<NodeLineage>)]) {
    for (name, node) in stands_for {
        if !lineage.reads.contains(name) {
            continue;
        }
        let inner = &node.lineage;
        let sources = |column: &str| {
            inner
                .columns
                .iter()
                .find(|c| c.name.eq_ignore_ascii_case(column))
                .map(|c| c.direct.as_slice())
                .unwrap_or_default()
        };
        let direct = |list: &mut Vec<DirectRead>| {
            let mut merged: BTreeMap<(Arc<TableName>, Arc<str>), DirectKind> = BTreeMap::new();
            for read in list.drain(..) {
                if *read.table != *name {
                    let kind = merged.entry((read.table, read.column)).or_insert(read.kind);
                    *kind = (*kind).max(read.kind);
                    continue;
                }
                for source in sources(&read.column) {
                    let kind = merged.entry((source.table.clone(), source.column.clone())).or_insert(source.kind);
                    *kind = (*kind).max(read.kind).max(source.kind);
                }
            }
            list.extend(merged.into_iter().map(|((table, column), kind)| DirectRead { table, column, kind }));
        };
        let indirect = |list: &mut Vec<IndirectRead>| {
            let mut all = Vec::with_capacity(list.len());
            for read in list.drain(..) {
                if *read.table == *name {
                    all.extend(sources(&read.column).iter().map(|s| IndirectRead {
                        table: s.table.clone(),
                        column: s.column.clone(),
                        kind: read.kind,
                    }));
                } else {
                    all.push(read);
                }
            }
            all.sort();
            all.dedup();
            *list = all;
        };
        for column in &mut lineage.columns {
            direct(&mut column.direct);
            indirect(&mut column.indirect);
        }
        direct(&mut lineage.unused);
        lineage.indirect.extend(inner.indirect.iter().cloned());
        indirect(&mut lineage.indirect);
        lineage.reads.retain(|t| t != name);
        for table in &inner.reads {
            if !lineage.reads.contains(table) {
                lineage.reads.push(table.clone());
            }
        }
        lineage.resolution = lineage.resolution.max(inner.resolution);
    }
}
