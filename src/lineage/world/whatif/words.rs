//! Which columns a text can possibly be concerned with: those that it names, or all of them, when it takes whole rows
//! somewhere. A change of a column that is neither named nor taken along needs no binding to be judged.

use tessera_sql::hash::FastSet;
use tessera_sql::ir::{
    Arena, Body, Call, Expr, ExprId, IdentId, ItemKind, JoinConstraint, Relation, Select, Statement, StatementBody,
};
use tessera_sql::{Parsed, Script};

#[derive(Debug, Default)]
pub(super) struct Words {
    /// Every identifier in the text, in lower case.
    names: FastSet<Box<str>>,
    /// Stars, natural joins, whole rows as values, columns by position: any column may matter.
    whole: bool,
}

impl Words {
    pub(super) fn of(script: &Script) -> Self {
        let mut words = Words::default();
        for parsed in &script.statements {
            match parsed {
                Parsed::Statement(statement) => words.add(statement),
                // Which columns it reads is not known.
                Parsed::Tables(_) => words.whole = true,
            }
        }
        words
    }

    /// Whether the text may be concerned with a column of that name.
    pub(super) fn touch(&self, column: &str) -> bool {
        self.whole || self.names.contains(column.to_lowercase().as_str())
    }

    /// Whether the order or the number of columns may matter.
    pub(super) fn whole(&self) -> bool {
        self.whole
    }

    fn add(&mut self, statement: &Statement) {
        let arena = &statement.arena;
        self.names.extend(arena.idents.iter().map(|i| i.text.to_lowercase().into_boxed_str()));
        let plain = match &statement.body {
            StatementBody::Query(_) => true,
            StatementBody::Create { like, clone, columns, .. } => like.is_none() && !clone && columns.is_empty(),
            // Statements that write may do so by position, or hand on whole rows.
            StatementBody::Insert { .. }
            | StatementBody::MultiInsert { .. }
            | StatementBody::Update { .. }
            | StatementBody::Delete { .. }
            | StatementBody::Merge { .. }
            | StatementBody::Copy { .. }
            | StatementBody::Drop(_)
            | StatementBody::Rename { .. }
            | StatementBody::Swap { .. }
            | StatementBody::Use { .. }
            | StatementBody::Block(_)
            | StatementBody::Other { .. } => false,
        };
        self.whole |= !plain
            || !statement.nested.is_empty()
            || arena.queries.iter().any(|q| !q.pipes.is_empty())
            || arena.bodies.iter().any(|b| matches!(b, Body::Table(..) | Body::Dml(_)))
            || arena.selects.iter().any(takes_all)
            || arena.relations.iter().any(spreads)
            || stars_as_values(arena)
            || rows_as_values(arena);
    }
}

fn takes_all(select: &Select) -> bool {
    let star = |kind: &ItemKind| match kind {
        ItemKind::Star { .. } | ItemKind::Expand { .. } => true,
        ItemKind::Expr { .. } => false,
    };
    select.items.iter().any(|i| star(&i.kind)) || select.from.iter().any(natural)
}

fn natural(from: &tessera_sql::ir::From) -> bool {
    from.joins.iter().any(|j| matches!(j.constraint, JoinConstraint::Natural))
}

/// Whether a relation in FROM makes something of all columns of another, or names them by position.
fn spreads(relation: &Relation) -> bool {
    match relation {
        Relation::Table { alias, .. } => !alias.columns.is_empty(),
        Relation::Nested { from, .. } => natural(from),
        // What these give is made of what is named elsewhere in the text.
        Relation::Derived { .. } | Relation::Function { .. } | Relation::Unnest { .. } | Relation::Columns { .. } => {
            false
        }
        Relation::Pivot { .. } | Relation::Unpivot { .. } | Relation::MatchRecognize { .. } => true,
    }
}

/// A star that is a value, but for `count(*)`; and `COLUMNS('…')`, which picks columns by pattern.
fn stars_as_values(arena: &Arena) -> bool {
    let name = |call: &Call| arena.last(call.name).map(|n| arena.text(n).to_ascii_lowercase()).unwrap_or_default();
    let is_star = |id: &&ExprId| matches!(arena.expr(**id), Expr::Star(_));
    let mut counted = 0;
    for call in &arena.calls {
        let name = name(call);
        if name == "columns" {
            return true;
        }
        if name.starts_with("count") {
            counted += arena.exprs(call.args).iter().filter(is_star).count();
        }
    }
    counted < arena.exprs.iter().filter(|e| matches!(e, Expr::Star(_))).count()
}

/// `row_to_json(t)`: the name of a relation where a value is due.
fn rows_as_values(arena: &Arena) -> bool {
    let relations: FastSet<String> =
        arena.relations.iter().filter_map(|r| relation_name(arena, r)).map(|n| arena.text(n).to_lowercase()).collect();
    arena.exprs.iter().any(|e| match e {
        Expr::Column(path, _) => {
            arena.last(*path).is_some_and(|last| relations.contains(&arena.text(last).to_lowercase()))
        }
        _ => false,
    })
}

fn relation_name(arena: &Arena, relation: &Relation) -> Option<IdentId> {
    match relation {
        Relation::Table { name, alias, .. } => alias.name.or_else(|| arena.last(*name)),
        Relation::Derived { alias, .. }
        | Relation::Function { alias, .. }
        | Relation::Unnest { alias, .. }
        | Relation::Nested { alias, .. }
        | Relation::Columns { alias, .. }
        | Relation::Pivot { alias, .. }
        | Relation::Unpivot { alias, .. }
        | Relation::MatchRecognize { alias, .. } => alias.name,
    }
}
