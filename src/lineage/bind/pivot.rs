//! PIVOT and UNPIVOT as relations.

use super::Binder;
use super::value::{Acc, Col, Output, Sink, Source, Sym, Typed, Wild};
use std::rc::Rc;
use tessera_model::Dialect;
use tessera_model::lineage::{DirectKind, IndirectKind};
use tessera_sql::ir::{Expr, ExprId, Exprs, IdentId, Literal, PivotColumns, RelationId, UnOp};

impl Binder<'_> {
    /// Columns that neither aggregates nor the pivot column use stay and group; each value gives a column.
    pub(super) fn pivot(
        &mut self,
        input: RelationId,
        aggregates: &[(ExprId, Option<IdentId>)],
        on: Exprs,
        values: &PivotColumns,
        scope: usize,
    ) -> Rc<Output> {
        let inner = self.push_scope(self.scopes[scope].parent);
        self.relation(input, inner, false);
        let all = self.everything(inner);
        let mut used: Vec<Source> = Vec::new();
        let mut used_syms: Vec<Sym> = Vec::new();
        for expr in self.arena.exprs(on) {
            self.reads_of(*expr, inner, Sink::Rows(IndirectKind::GroupBy));
            used_syms.extend(self.columns_under(*expr));
        }
        let mut made = Vec::new();
        for (expr, name) in aggregates {
            let mut acc = Acc::default();
            let typed = self.expr(*expr, inner, Sink::Value(DirectKind::Aggregation), &mut acc);
            used.extend(acc.direct.iter().map(|(s, _)| *s));
            used_syms.extend(self.columns_under(*expr));
            made.push((Rc::new(acc.finish(typed)), *name));
        }
        let mut output = Output::default();
        for col in &all.cols {
            if !used_syms.contains(&col.sym) {
                self.take(&col.info, Sink::Rows(IndirectKind::GroupBy), &mut Acc::default());
                output.cols.push(col.clone());
            }
        }
        output.wild = super::star::narrowed(&all.wild, &used_syms);
        match values {
            PivotColumns::List(list) => {
                for (value, alias) in list {
                    for (info, aggregate) in &made {
                        let (sym, name) = self.pivot_name(*value, *alias, *aggregate, made.len());
                        output.cols.push(Col { sym, name, info: Rc::clone(info) });
                    }
                }
            }
            PivotColumns::Any | PivotColumns::Subquery(_) => {
                if let PivotColumns::Subquery(query) = values {
                    let chosen = self.query(*query, Some(inner));
                    for col in &chosen.cols {
                        self.take(&col.info, Sink::Rows(IndirectKind::Conditional), &mut Acc::default());
                    }
                }
                for (info, _) in &made {
                    output.wild.push(Wild::made_of(Rc::clone(info)));
                }
            }
        }
        self.pop_scope();
        Rc::new(output)
    }

    fn column_of(&mut self, expr: ExprId) -> Option<Sym> {
        match self.arena.expr(expr) {
            Expr::Column(path, _) => self.arena.last(*path).map(|n| self.column_sym(n)),
            _ => None,
        }
    }

    fn columns_under(&mut self, expr: ExprId) -> Vec<Sym> {
        match self.arena.expr(expr) {
            Expr::Column(..) => self.column_of(expr).into_iter().collect(),
            Expr::Call(call) => {
                let args = self.arena.call(*call).args;
                self.arena.exprs(args).iter().flat_map(|e| self.columns_under(*e)).collect()
            }
            Expr::Chain { args, .. } | Expr::Opaque(args) | Expr::Predicate(args) | Expr::Tuple(args) => {
                self.arena.exprs(*args).iter().flat_map(|e| self.columns_under(*e)).collect()
            }
            Expr::Cast { expr, .. } | Expr::Unary { expr, .. } => self.columns_under(*expr),
            _ => Vec::new(),
        }
    }

    fn pivot_name(
        &mut self,
        value: ExprId,
        alias: Option<IdentId>,
        aggregate: Option<IdentId>,
        aggregates: usize,
    ) -> (Sym, Rc<str>) {
        let base = match (alias, self.arena.expr(value)) {
            (Some(alias), _) => {
                if aggregate.is_none() || aggregates == 1 && !self.names_aggregates() {
                    return (self.column_sym(alias), self.column_name(alias));
                }
                self.column_name(alias).to_string()
            }
            // Snowflake keeps the quotes in the name: a column called 'JAN'.
            (None, Expr::Literal(Literal::Text(text))) if self.dialect == Dialect::Snowflake => {
                format!("'{}'", self.text(*text))
            }
            (None, _) => self.pivot_value(value),
        };
        let text = match (aggregate, self.dialect) {
            (Some(name), Dialect::BigQuery) => format!("{}_{base}", self.text(name)),
            (Some(name), Dialect::DuckDb | Dialect::Oracle) => format!("{base}_{}", self.text(name)),
            (Some(name), _) if aggregates > 1 => format!("{base}_{}", self.text(name)),
            _ => base,
        };
        let sym = self.stored_column_sym(&text);
        (sym, text.into())
    }

    /// Whether the name of an aggregate is part of the columns' names even when there is only one.
    fn names_aggregates(&self) -> bool {
        matches!(self.dialect, Dialect::BigQuery | Dialect::DuckDb)
    }

    /// The text of a value that is turned into a column, or of several.
    fn pivot_value(&self, value: ExprId) -> String {
        match self.arena.expr(value) {
            Expr::Literal(Literal::Text(text)) => self.text(*text).to_owned(),
            Expr::Literal(Literal::Int(n)) => n.to_string(),
            Expr::Literal(Literal::Null) => "NULL".to_owned(),
            Expr::Unary { op: UnOp::Minus, expr } => format!("-{}", self.pivot_value(*expr)),
            Expr::Column(path, _) => self.arena.last(*path).map(|n| self.text(n).to_owned()).unwrap_or_default(),
            Expr::Tuple(parts) => {
                let parts: Vec<String> = self.arena.exprs(*parts).iter().map(|p| self.pivot_value(*p)).collect();
                match self.dialect {
                    Dialect::Databricks | Dialect::SparkSql => format!("{{{}}}", parts.join(", ")),
                    _ => parts.join("_"),
                }
            }
            _ => String::new(),
        }
    }

    /// The listed columns become rows; the others stay.
    pub(super) fn unpivot(
        &mut self,
        input: RelationId,
        values: &[IdentId],
        name: Option<IdentId>,
        columns: Exprs,
        scope: usize,
    ) -> Rc<Output> {
        let inner = self.push_scope(self.scopes[scope].parent);
        self.relation(input, inner, false);
        let all = self.everything(inner);
        let mut used = Vec::new();
        // `(a, b), (c, d)` into `(x, y)`: the n-th of each tuple makes the n-th value.
        let mut made: Vec<Acc> = values.iter().map(|_| Acc::default()).collect();
        let mut typed: Vec<Option<Typed>> = vec![None; values.len()];
        let mut named = Acc::default();
        for expr in self.arena.exprs(columns) {
            let members = match self.arena.expr(*expr) {
                Expr::Tuple(items) => self.arena.exprs(*items).to_vec(),
                _ => vec![*expr],
            };
            for (i, member) in members.iter().enumerate() {
                used.extend(self.column_of(*member));
                // A NULL gives no row, and so no name of its column either.
                self.reads_of(*member, inner, Sink::Rows(IndirectKind::Filter));
                self.expr(*member, inner, Sink::Own(IndirectKind::Conditional), &mut named);
                let Some(acc) = made.get_mut(i) else { continue };
                let mut one = std::mem::take(acc);
                let next = self.expr(*member, inner, Sink::Value(DirectKind::Transformation), &mut one);
                made[i] = one;
                typed[i] = Some(match typed[i].take() {
                    None => next,
                    Some(before) => crate::types::unify(self.dialect, before, next),
                });
            }
        }
        // Where a value is NULL there is no row.
        for acc in &made {
            for (source, _) in &acc.direct {
                self.decide(*source, IndirectKind::Filter);
            }
        }
        let mut output = Output::default();
        output.cols.extend(all.cols.iter().filter(|c| !used.contains(&c.sym)).cloned());
        output.wild = super::star::narrowed(&all.wild, &used);
        output.stars.clone_from(&all.stars);
        if let Some(name) = name {
            let (sym, name) = (self.column_sym(name), self.column_name(name));
            let info = Rc::new(named.finish(Typed::of(tessera_model::LogicalType::TEXT)));
            output.cols.push(Col { sym, name, info });
        }
        for ((acc, typed), value) in made.into_iter().zip(typed).zip(values) {
            let (sym, name) = (self.column_sym(*value), self.column_name(*value));
            output.cols.push(Col { sym, name, info: Rc::new(acc.finish(typed.unwrap_or_default())) });
        }
        self.pop_scope();
        Rc::new(output)
    }
}
