//! Queries: CTEs, set operations, VALUES, ordering, pipes.

use super::scope::{Rel, by_name};
use super::value::{Acc, Col, Info, Output, Sink, Typed, Wild};
use super::{Binder, CteEntry};
use std::rc::Rc;
use tessera_model::Dialect;
use tessera_model::lineage::{DirectKind, IndirectKind, Resolution};
use tessera_sql::ir::{
    Body, BodyId, Cte, Expr, ExprId, Exprs, GroupBy, Item, ItemKind, Literal, Order, Pipe, Query, QueryId, Star,
};

/// How often a recursive CTE is bound at most; its sets of sources grow to a fixpoint long before.
const MAX_ROUNDS: usize = 8;

impl Binder<'_> {
    /// Binds a query whose columns may also come from `parent` (correlation).
    pub(super) fn query(&mut self, id: QueryId, parent: Option<usize>) -> Rc<Output> {
        let query = self.arena.query(id);
        let mark = self.ctes.len();
        self.with(query, parent);
        let mut output = self.body(query.body, parent, &query.order);
        if !query.limit.is_empty() {
            let scope = self.push_scope(parent);
            for expr in self.arena.exprs(query.limit) {
                self.reads_of(*expr, scope, Sink::Rows(IndirectKind::Filter));
            }
            self.pop_scope();
        }
        for pipe in &query.pipes {
            output = self.pipe(pipe, output, parent);
        }
        self.ctes.truncate(mark);
        output
    }

    fn with(&mut self, query: &Query, parent: Option<usize>) {
        let always = matches!(self.dialect, Dialect::TSql | Dialect::Oracle | Dialect::Teradata);
        for cte in &query.ctes {
            let output = if query.recursive || always {
                self.recursive(cte, parent)
            } else {
                let output = self.query(cte.query, parent);
                self.renamed(output, &cte.columns)
            };
            let sym = self.alias_sym(cte.name);
            self.ctes.push(CteEntry { sym, output, used: false });
        }
    }

    /// A CTE that may read itself: the anchor first, then the steps until nothing new comes in.
    fn recursive(&mut self, cte: &Cte, parent: Option<usize>) -> Rc<Output> {
        let query = self.arena.query(cte.query);
        let Body::Set { first, rest } = self.arena.body(query.body) else {
            let output = self.query(cte.query, parent);
            return self.renamed(output, &cte.columns);
        };
        let sym = self.alias_sym(cte.name);
        let mark = self.ctes.len();
        self.with(query, parent);
        let anchor = self.body(*first, parent, &Order::None);
        let mut current = self.renamed(anchor, &cte.columns);
        let before_quiet = self.quiet;
        for round in 0..MAX_ROUNDS {
            self.ctes.push(CteEntry { sym, output: Rc::clone(&current), used: false });
            let at = self.ctes.len() - 1;
            let mut merged = Rc::clone(&current);
            for arm in rest {
                let output = self.body(arm.body, parent, &Order::None);
                merged = self.combine(&merged, &output, *arm);
            }
            let used = self.ctes[at].used;
            self.ctes.truncate(at);
            let done = !used || same_sources(&current, &merged);
            current = merged;
            if done || round + 1 == MAX_ROUNDS {
                break;
            }
            // What is wrong has been said in the first round.
            self.quiet = before_quiet + 1;
        }
        self.quiet = before_quiet;
        self.ctes.truncate(mark);
        current
    }

    /// `name (a, b)`: the first columns get new names.
    pub(super) fn renamed(&mut self, output: Rc<Output>, names: &[tessera_sql::ir::IdentId]) -> Rc<Output> {
        if names.is_empty() {
            return output;
        }
        let mut cols = output.cols.clone();
        for (col, name) in cols.iter_mut().zip(names) {
            col.sym = self.column_sym(*name);
            col.name = self.column_name(*name);
        }
        if output.is_open() && names.len() > cols.len() {
            // How many columns the star stands for, and so which is which, nobody knows.
            let mut info = self.behind_star(&output);
            for col in &output.cols {
                info = self.merge(&info, &col.info);
            }
            self.lower_level(Resolution::Ambiguous);
            self.opened |= self.opens(&output);
            let named = |binder: &mut Self, id: &tessera_sql::ir::IdentId| {
                let (sym, name) = (binder.column_sym(*id), binder.column_name(*id));
                Col { sym, name, info: Rc::clone(&info) }
            };
            let cols = names.iter().map(|id| named(self, id)).collect();
            return Rc::new(Output { cols, wild: output.wild.clone(), stars: Vec::new() });
        }
        Rc::new(Output { cols, wild: output.wild.clone(), stars: Vec::new() })
    }

    pub(super) fn body(&mut self, id: BodyId, parent: Option<usize>, order: &Order) -> Rc<Output> {
        match self.arena.body(id) {
            Body::Select(select) => self.select(*select, parent, order),
            Body::Query(query) => {
                let output = self.query(*query, parent);
                self.order_output(&output, order, parent);
                output
            }
            Body::Set { first, rest } => {
                let mut output = self.body(*first, parent, &Order::None);
                for arm in rest {
                    let right = self.body(arm.body, parent, &Order::None);
                    output = self.combine(&output, &right, *arm);
                }
                self.order_output(&output, order, parent);
                output
            }
            Body::Values(rows) => {
                let output = self.values(rows, parent);
                self.order_output(&output, order, parent);
                output
            }
            Body::Table(name, pos) => {
                let scope = self.push_scope(parent);
                let rel = self.named_relation(*name, None, *pos, scope);
                self.pop_scope();
                rel.output
            }
            Body::Dml(nested) => {
                let body = &self.nested[*nested as usize];
                self.returning_of(body)
            }
        }
    }

    fn values(&mut self, rows: &[Exprs], parent: Option<usize>) -> Rc<Output> {
        let width = rows.first().map_or(0, |r| r.len());
        let scope = self.push_scope(parent);
        let mut cols = Vec::with_capacity(width);
        for i in 0..width {
            let mut acc = Acc::default();
            let mut typed: Option<Typed> = None;
            // Types of thousands of rows agree; a few tell.
            for (n, row) in rows.iter().enumerate() {
                let Some(expr) = self.arena.exprs(*row).get(i).copied() else { continue };
                if n >= 64 && matches!(self.arena.expr(expr), Expr::Literal(_)) {
                    continue;
                }
                let next = self.expr(expr, scope, Sink::Value(DirectKind::Identity), &mut acc);
                typed = Some(match typed {
                    None => next,
                    Some(before) => crate::types::unify(self.dialect, before, next),
                });
            }
            let text = match self.dialect {
                Dialect::DuckDb => format!("col{i}"),
                Dialect::Trino | Dialect::Athena => format!("_col{i}"),
                Dialect::Databricks | Dialect::SparkSql => format!("col{}", i + 1),
                Dialect::MySql => format!("column_{i}"),
                _ => format!("column{}", i + 1),
            };
            let (sym, name) = self.made_up(&text);
            let info = Rc::new(acc.finish(typed.unwrap_or_default()));
            cols.push(Col { sym, name, info });
        }
        self.pop_scope();
        Rc::new(Output { cols, ..Output::default() })
    }

    /// ORDER BY over columns that are already made: names and ordinals.
    fn order_output(&mut self, output: &Rc<Output>, order: &Order, parent: Option<usize>) {
        match order {
            Order::None => {}
            Order::All => {
                for col in &output.cols {
                    self.take(&col.info, Sink::Rows(IndirectKind::Sort), &mut Acc::default());
                }
            }
            Order::By(exprs) => {
                let scope = self.push_scope(parent);
                let rel =
                    Rel { names: Vec::new(), output: Rc::clone(output), table: None, nullable: false, hidden: false };
                self.scopes[scope].rels.push(rel);
                for expr in self.arena.exprs(*exprs) {
                    if let Some(col) = self.ordinal(*expr).and_then(|i| output.cols.get(i)) {
                        let info = Rc::clone(&col.info);
                        self.take(&info, Sink::Rows(IndirectKind::Sort), &mut Acc::default());
                    } else {
                        self.reads_of(*expr, scope, Sink::Rows(IndirectKind::Sort));
                    }
                }
                self.pop_scope();
            }
        }
    }

    /// `2` in ORDER BY or GROUP BY: the second column, as an index.
    pub(super) fn ordinal(&self, expr: ExprId) -> Option<usize> {
        match self.arena.expr(expr) {
            Expr::Literal(Literal::Int(n)) => usize::try_from(*n).ok().and_then(|n| n.checked_sub(1)),
            _ => None,
        }
    }

    /// Binds an expression for its reads alone.
    pub(super) fn reads_of(&mut self, expr: ExprId, scope: usize, sink: Sink) -> Typed {
        let mut acc = Acc::default();
        let typed = self.expr(expr, scope, sink, &mut acc);
        for (source, kind) in acc.indirect {
            self.decide(source, kind);
        }
        typed
    }

    /// Binds an expression as a value; also whether it holds an aggregate.
    pub(super) fn value_of(&mut self, expr: ExprId, scope: usize) -> (Info, bool) {
        let mut acc = Acc::default();
        let typed = self.expr(expr, scope, Sink::Value(DirectKind::Identity), &mut acc);
        let aggregate = acc.aggregate;
        (acc.finish(typed), aggregate)
    }

    fn pipe_scope(&mut self, output: &Rc<Output>, parent: Option<usize>) -> usize {
        let scope = self.push_scope(parent);
        let rel = Rel { names: Vec::new(), output: Rc::clone(output), table: None, nullable: false, hidden: false };
        self.scopes[scope].rels.push(rel);
        scope
    }

    fn pipe(&mut self, pipe: &Pipe, output: Rc<Output>, parent: Option<usize>) -> Rc<Output> {
        let scope = self.pipe_scope(&output, parent);
        let result = match pipe {
            Pipe::Limit(_) => output,
            Pipe::Where(expr) => {
                self.condition(*expr, scope, IndirectKind::Filter);
                output
            }
            Pipe::Order(exprs) => {
                for expr in self.arena.exprs(*exprs) {
                    self.reads_of(*expr, scope, Sink::Rows(IndirectKind::Sort));
                }
                output
            }
            Pipe::Select(items) => self.project(items, &[], scope).0,
            Pipe::Extend(items) => {
                let star = ItemKind::Star { qualifier: tessera_sql::ir::Idents::default(), options: Star::default() };
                let mut all = vec![Item { kind: star, pos: tessera_sql::ir::Pos::default() }];
                all.extend(items.iter().cloned());
                self.project(&all, &[], scope).0
            }
            Pipe::Set(list) => {
                let mut cols = output.cols.clone();
                for (name, expr) in list {
                    let sym = self.column_sym(*name);
                    let info = Rc::new(self.value_of(*expr, scope).0);
                    for col in cols.iter_mut().filter(|c| c.sym == sym) {
                        col.info = Rc::clone(&info);
                    }
                }
                Rc::new(Output { cols, wild: output.wild.clone(), stars: output.stars.clone() })
            }
            Pipe::Drop(names) => {
                let dropped: Vec<_> = names.iter().map(|n| self.column_sym(*n)).collect();
                let cols = output.cols.iter().filter(|c| !dropped.contains(&c.sym)).cloned().collect();
                let wild = super::star::narrowed(&output.wild, &dropped);
                Rc::new(Output { cols, wild, stars: output.stars.clone() })
            }
            Pipe::As(_) => output,
            Pipe::Aggregate { aggregates, group } => {
                for item in group {
                    if let ItemKind::Expr { expr, .. } = &item.kind {
                        self.reads_of(*expr, scope, Sink::Rows(IndirectKind::GroupBy));
                    }
                }
                let all: Vec<Item> = group.iter().chain(aggregates).cloned().collect();
                self.project(&all, &[], scope).0
            }
            Pipe::Rename(list) => {
                let mut cols = output.cols.clone();
                for (from, to) in list {
                    let from = self.column_sym(*from);
                    let (sym, name) = (self.column_sym(*to), self.column_name(*to));
                    for col in cols.iter_mut().filter(|c| c.sym == from) {
                        col.sym = sym;
                        col.name = Rc::clone(&name);
                    }
                }
                Rc::new(Output { cols, wild: output.wild.clone(), stars: output.stars.clone() })
            }
            Pipe::SetOp { op, matching, queries } => {
                let mut merged = output;
                for query in queries {
                    let right = self.query(*query, parent);
                    let arm = tessera_sql::ir::SetArm { op: *op, all: true, matching: *matching, body: BodyId(0) };
                    merged = self.combine(&merged, &right, arm);
                }
                merged
            }
            Pipe::Join(join) => {
                self.join(join, scope, 0);
                self.everything(scope)
            }
            Pipe::Opaque(exprs) => {
                let mut acc = Acc::default();
                for expr in self.arena.exprs(*exprs) {
                    self.expr(*expr, scope, Sink::Value(DirectKind::Transformation), &mut acc);
                }
                let mut wild = output.wild.clone();
                wild.push(Wild::made_of(Rc::new(acc.finish(Typed::unknown()))));
                Rc::new(Output { cols: output.cols.clone(), wild, stars: output.stars.clone() })
            }
        };
        self.pop_scope();
        result
    }

    /// GROUP BY over a projection whose items' values are at hand.
    pub(super) fn group(&mut self, group: &GroupBy, output: &Output, values: &[(usize, Rc<Info>, bool)], scope: usize) {
        let sink = Sink::Rows(IndirectKind::GroupBy);
        match group {
            GroupBy::None => {}
            GroupBy::All => {
                for (_, info, aggregate) in values {
                    if !aggregate {
                        self.take(info, sink, &mut Acc::default());
                    }
                }
            }
            GroupBy::By(exprs) => {
                for expr in self.arena.exprs(*exprs) {
                    self.group_key(*expr, output, scope);
                }
            }
        }
    }

    fn group_key(&mut self, expr: ExprId, output: &Output, scope: usize) {
        let sink = Sink::Rows(IndirectKind::GroupBy);
        if let Some(col) = self.ordinal(expr).and_then(|i| output.cols.get(i)) {
            let info = Rc::clone(&col.info);
            self.take(&info, sink, &mut Acc::default());
            return;
        }
        if let Expr::Tuple(items) = self.arena.expr(expr) {
            for item in self.arena.exprs(*items) {
                self.group_key(*item, output, scope);
            }
            return;
        }
        self.reads_of(expr, scope, sink);
    }

    /// ORDER BY of a SELECT: its own columns by name come before those of FROM.
    pub(super) fn order_select(&mut self, order: &Order, output: &Output, scope: usize) {
        let sink = Sink::Rows(IndirectKind::Sort);
        match order {
            Order::None => {}
            Order::All => {
                for col in &output.cols {
                    let info = Rc::clone(&col.info);
                    self.take(&info, sink, &mut Acc::default());
                }
            }
            Order::By(exprs) => {
                for expr in self.arena.exprs(*exprs) {
                    let mut known = self.ordinal(*expr).and_then(|i| output.cols.get(i)).map(|c| Rc::clone(&c.info));
                    if let Expr::Column(path, _) = self.arena.expr(*expr)
                        && let [one] = self.arena.idents(*path)
                    {
                        let sym = self.column_sym(*one);
                        known = known.or_else(|| by_name(&output.cols, sym).map(|c| Rc::clone(&c.info)));
                    }
                    match known {
                        Some(info) => self.take(&info, sink, &mut Acc::default()),
                        None => drop(self.reads_of(*expr, scope, sink)),
                    }
                }
            }
        }
    }
}

fn same_sources(a: &Output, b: &Output) -> bool {
    a.cols.len() == b.cols.len()
        && a.wild.len() == b.wild.len()
        && a.cols.iter().zip(&b.cols).all(|(a, b)| a.info.direct == b.info.direct && a.info.indirect == b.info.indirect)
}
