//! The tables that a script names, before anything is bound: enough to put nodes into the order of their dependencies.

use crate::ir::{Arena, Body, Idents, Relation, StatementBody};
use crate::parse::{Parsed, Script};
use tessera_model::Ident;

/// A table's name as written, outermost part first.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mention {
    pub parts: Vec<Ident>,
    /// A CTE of the same statement bears this name, so this is most likely that one.
    pub maybe_cte: bool,
}

impl Script {
    /// Every table name in the script, each once, in order of appearance.
    pub fn mentions(&self) -> Vec<Mention> {
        let mut out: Vec<Mention> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        let mut push = |mention: Mention| {
            if !mention.parts.is_empty() && seen.insert(mention.clone()) {
                out.push(mention);
            }
        };
        for parsed in &self.statements {
            match parsed {
                Parsed::Tables(scan) => {
                    for parts in &scan.reads {
                        push(Mention { parts: parts.clone(), maybe_cte: false });
                    }
                }
                Parsed::Statement(statement) => {
                    let arena = &statement.arena;
                    let ctes: Vec<&str> =
                        arena.queries.iter().flat_map(|q| &q.ctes).map(|c| arena.text(c.name)).collect();
                    let names = arena.relations.iter().filter_map(relation_name);
                    let bodies = arena.bodies.iter().filter_map(|b| match b {
                        Body::Table(name, _) => Some(*name),
                        _ => None,
                    });
                    // The columns of a table decide about what is copied from its shape, or goes into it by position.
                    let by_shape = |body: &StatementBody| match body {
                        StatementBody::Create { like, .. } => *like,
                        StatementBody::Insert { table, columns, .. } if columns.is_empty() => Some(*table),
                        _ => None,
                    };
                    let shapes = std::iter::once(&statement.body).chain(&statement.nested).filter_map(by_shape);
                    for name in names.chain(bodies).chain(shapes) {
                        push(mention(arena, name, &ctes));
                    }
                }
            }
        }
        out
    }
}

fn relation_name(relation: &Relation) -> Option<Idents> {
    match relation {
        Relation::Table { name, .. } => Some(*name),
        _ => None,
    }
}

fn mention(arena: &Arena, name: Idents, ctes: &[&str]) -> Mention {
    let parts: Vec<Ident> = arena
        .idents(name)
        .iter()
        .map(|id| {
            let ident = arena.ident(*id);
            Ident { text: ident.text.to_string(), quoted: ident.quoted }
        })
        .collect();
    let maybe_cte = matches!(parts.as_slice(), [one] if ctes.iter().any(|c| c.eq_ignore_ascii_case(&one.text)));
    Mention { parts, maybe_cte }
}
