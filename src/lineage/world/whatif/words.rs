//! Which columns a text can possibly be concerned with: those that it names, or all of them, when it takes whole rows
//! somewhere. A change of a column that is neither named nor taken along needs no binding to be judged.

use tessera_sql::hash::FastSet;
use tessera_sql::ir::{
    Alias, Arena, Body, Call, Expr, ExprId, GroupBy, IdentId, Item, ItemKind, JoinConstraint, Order, Relation,
    Statement, StatementBody,
};
use tessera_sql::{Parsed, Script};

#[derive(Debug, Default)]
pub(super) struct Words {
    /// Every identifier in the text, in lower case.
    names: FastSet<Box<str>>,
    extent: Extent,
}

/// How far a text goes beyond the columns that it names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Extent {
    #[default]
    Named,
    /// Stars and whole rows take columns along as they are, whatever they are called: what one column that is not named
    /// does to the text, any other does.
    Rows,
    /// As rows, but a set operation may go by position where the columns of a side are not all known.
    Sets,
    /// Natural joins, patterns, columns by position: every column may matter in its own way.
    Each,
}

impl Words {
    pub(super) fn of(script: &Script) -> Self {
        let mut words = Words::default();
        for parsed in &script.statements {
            match parsed {
                Parsed::Statement(statement) => words.add(statement),
                // Which columns it reads is not known.
                Parsed::Tables(_) => words.extent = Extent::Each,
            }
        }
        words
    }

    pub(super) fn name(&self, column: &str) -> bool {
        self.names.contains(column.to_lowercase().as_str())
    }

    pub(super) fn extent(&self) -> Extent {
        self.extent
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
            | StatementBody::Function { .. }
            | StatementBody::Block(_)
            | StatementBody::Other { .. } => false,
        };
        let each = !plain
            || !statement.nested.is_empty()
            || arena.selects.iter().any(|s| s.from.iter().any(natural))
            || arena.relations.iter().any(|r| joins_by_name(r) || names_by_position(r))
            || arena.calls.iter().any(|c| call_name(arena, c) == "columns");
        let rows = arena.selects.iter().any(|s| s.items.iter().any(|i| is_star(&i.kind)))
            || arena.queries.iter().any(|q| !q.pipes.is_empty())
            || arena.bodies.iter().any(|b| matches!(b, Body::Table(..) | Body::Dml(_)))
            || arena.relations.iter().any(keeps_the_rest)
            || stars_as_values(arena)
            || rows_as_values(arena);
        let sets = arena.bodies.iter().any(|b| matches!(b, Body::Set { .. }))
            || arena.queries.iter().any(|q| !q.pipes.is_empty());
        let extent = match (each, rows) {
            (true, _) => Extent::Each,
            (false, false) => Extent::Named,
            (false, true) if by_position(arena) => Extent::Each,
            (false, true) if sets => Extent::Sets,
            (false, true) => Extent::Rows,
        };
        self.extent = self.extent.max(extent);
    }
}

fn is_star(kind: &ItemKind) -> bool {
    match kind {
        ItemKind::Star { .. } | ItemKind::Expand { .. } => true,
        ItemKind::Expr { .. } => false,
    }
}

/// Whether the place of a column may matter, or what its name looks like, where stars are.
fn by_position(arena: &Arena) -> bool {
    let ordinal = |id: &ExprId| matches!(arena.expr(*id), Expr::Literal(_));
    let ordered = |order: &Order| match order {
        Order::None | Order::All => false,
        Order::By(list) => arena.exprs(*list).iter().any(ordinal),
    };
    let grouped = |group: &GroupBy| match group {
        GroupBy::None | GroupBy::All => false,
        GroupBy::By(list) => arena.exprs(*list).iter().any(ordinal),
    };
    let pattern = |item: &Item| match &item.kind {
        ItemKind::Star { options, .. } | ItemKind::Expand { options, .. } => options.ilike.is_some(),
        ItemKind::Expr { .. } => false,
    };
    arena.queries.iter().any(|q| ordered(&q.order) || q.ctes.iter().any(|c| !c.columns.is_empty()))
        || arena.selects.iter().any(|s| grouped(&s.group) || s.items.iter().any(pattern))
        || arena.relations.iter().any(|r| alias(r).is_some_and(|a| !a.columns.is_empty()))
}

fn natural(from: &tessera_sql::ir::From) -> bool {
    from.joins.iter().any(|j| matches!(j.constraint, JoinConstraint::Natural))
}

fn joins_by_name(relation: &Relation) -> bool {
    match relation {
        Relation::Nested { from, .. } => natural(from),
        Relation::Table { .. }
        | Relation::Derived { .. }
        | Relation::Function { .. }
        | Relation::Unnest { .. }
        | Relation::Columns { .. }
        | Relation::Pivot { .. }
        | Relation::Unpivot { .. }
        | Relation::MatchRecognize { .. } => false,
    }
}

/// `FROM t (a, b)`.
fn names_by_position(relation: &Relation) -> bool {
    matches!(relation, Relation::Table { alias, .. } if !alias.columns.is_empty())
}

/// Whether the columns that nobody names go on into what the relation gives.
fn keeps_the_rest(relation: &Relation) -> bool {
    match relation {
        Relation::Pivot { .. } | Relation::Unpivot { .. } | Relation::MatchRecognize { .. } => true,
        Relation::Table { .. }
        | Relation::Derived { .. }
        | Relation::Function { .. }
        | Relation::Unnest { .. }
        | Relation::Nested { .. }
        | Relation::Columns { .. } => false,
    }
}

fn call_name(arena: &Arena, call: &Call) -> String {
    arena.last(call.name).map(|n| arena.text(n).to_ascii_lowercase()).unwrap_or_default()
}

/// A star that is a value, but for `count(*)`.
fn stars_as_values(arena: &Arena) -> bool {
    let is_star = |id: &&ExprId| matches!(arena.expr(**id), Expr::Star(_));
    let counts = arena.calls.iter().filter(|c| call_name(arena, c).starts_with("count"));
    let counted: usize = counts.map(|c| arena.exprs(c.args).iter().filter(is_star).count()).sum();
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
    let written = match relation {
        Relation::Table { name, .. } => arena.last(*name),
        _ => None,
    };
    alias(relation).and_then(|a| a.name).or(written)
}

fn alias(relation: &Relation) -> Option<&Alias> {
    match relation {
        Relation::Table { alias, .. }
        | Relation::Derived { alias, .. }
        | Relation::Function { alias, .. }
        | Relation::Unnest { alias, .. }
        | Relation::Nested { alias, .. }
        | Relation::Columns { alias, .. }
        | Relation::Pivot { alias, .. }
        | Relation::Unpivot { alias, .. }
        | Relation::MatchRecognize { alias, .. } => Some(alias),
    }
}
