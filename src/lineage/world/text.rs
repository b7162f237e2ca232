//! A node's text as far as it can be known without anything around it: its content key and the tables that it names.

use super::NodeInput;
use super::print::{Key, Print};
use super::skeleton::Skeleton;
use std::sync::Arc;
use tessera_model::{Dialect, TableName};
use tessera_sql::{Limits, Mention, Script};

/// Raised whenever the same text may give another answer.
const ENGINE_VERSION: u32 = 4;

#[derive(Debug)]
pub(super) struct Text {
    pub(super) key: Key,
    pub(super) mentions: Box<[Named]>,
}

/// A table that a text names, under its node's dialect and defaults.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) name: TableName,
    /// The form in which names are compared.
    pub(super) key: Box<str>,
    /// Written without schema or database, so it may be an injected CTE.
    bare: bool,
    /// A CTE of the text bears the name, so this is most likely that one.
    maybe_cte: bool,
}

/// One of a text's mentions is a node of the world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) mention: u32,
    pub(super) node: u32,
    /// The node has to be bound first.
    pub(super) needed: bool,
}

pub(super) fn parse(node: &NodeInput) -> Script {
    match &node.sql {
        Some(sql) => tessera_sql::parse(sql, node.dialect, &Limits::default()),
        None => Script::default(),
    }
}

impl Text {
    pub(super) fn new(node: &NodeInput, key: Key, script: &Script) -> Self {
        Text { key, mentions: script.mentions().iter().filter_map(|m| named(node, m)).collect() }
    }

    /// Which nodes the mentions are.
    pub(super) fn reads(&self, node: &NodeInput, skeleton: &Skeleton) -> Arc<[Read]> {
        (0u32..)
            .zip(&*self.mentions)
            .filter_map(|(mention, named)| {
                let alias = node.aliases.iter().find(|(alias, _)| alias.eq_ignore_ascii_case(&named.name.name));
                let node = match alias.filter(|_| named.bare) {
                    Some((_, id)) => skeleton.position(id),
                    None => skeleton.producer_by_key(&named.name, &named.key, node.dialect),
                };
                Some(Read { mention, node: node?, needed: !named.maybe_cte })
            })
            .collect()
    }
}

/// The key of all that a text's own meaning depends on.
pub(super) fn key(node: &NodeInput) -> Key {
    let mut print = Print::default();
    print.number(u64::from(ENGINE_VERSION));
    print.field(node.dialect.name());
    print.field(node.defaults.database.as_deref().unwrap_or_default());
    print.field(node.defaults.schema.as_deref().unwrap_or_default());
    print.field(node.sql.as_deref().unwrap_or_default());
    // Reads of itself are taken out of the answer, so its own name is part of the question.
    print.relation(node.relation.as_ref());
    for (alias, id) in &node.aliases {
        print.field(alias);
        print.field(id);
    }
    print.finish()
}

fn named(node: &NodeInput, mention: &Mention) -> Option<Named> {
    let folding = node.dialect.table_folding();
    let mut parts = Vec::with_capacity(3);
    for part in &mention.parts {
        if part.quoted && node.dialect == Dialect::BigQuery && part.text.contains('.') {
            parts.extend(part.text.split('.').map(str::to_owned));
        } else {
            parts.push(folding.store(&part.text, part.quoted));
        }
    }
    let name = TableName::from_parts(parts)?;
    let name = name.qualified(node.defaults.database.as_deref(), node.defaults.schema.as_deref());
    let key = name.key(node.dialect).0.into();
    Some(Named { name, key, bare: mention.parts.len() == 1, maybe_cte: mention.maybe_cte })
}
