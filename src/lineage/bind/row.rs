//! Whole rows as values: `IF(a.id IS NULL, b, a).*` gives the columns of the one row or the other, place by place.

use super::Binder;
use super::scope::Found;
use super::value::{Acc, Col, Info, Output, Sink, Typed};
use crate::types;
use std::rc::Rc;
use tessera_model::lineage::IndirectKind;
use tessera_sql::ir::{Expr, ExprId};

impl Binder<'_> {
    /// The columns of an expression that is a row of FROM, or one of several; `None` for any other expression.
    pub(super) fn row_value(&mut self, expr: ExprId, scope: usize) -> Option<Rc<Output>> {
        let (mut rows, mut conditions) = (Vec::new(), Vec::new());
        if !self.rows_of(expr, &mut rows, &mut conditions) {
            return None;
        }
        let mut outputs = Vec::with_capacity(rows.len());
        for row in rows {
            let Expr::Column(path, pos) = *self.arena.expr(row) else { return None };
            match self.find_column(path, scope, pos) {
                (Found::Row(output), 0) => outputs.push(output),
                _ => return None,
            }
        }
        let mut acc = Acc::default();
        for condition in conditions {
            self.expr(condition, scope, Sink::Own(IndirectKind::Conditional), &mut acc);
        }
        let read = acc.finish(Typed::unknown());
        let mut outputs = outputs.into_iter();
        let mut merged = outputs.next()?;
        for other in outputs {
            let both = self.combine_by_position(&merged, &other);
            // Columns of rows are no literals: where one side's type is unknown, the other's may decide.
            merged = self.retyped(&both, &merged, &other, types::unify);
        }
        if read.indirect.is_empty() {
            return Some(merged);
        }
        let cols = merged.cols.iter().map(|col| {
            let mut acc = Acc::default();
            acc.direct.extend_from_slice(&col.info.direct);
            acc.indirect.extend(col.info.indirect.iter().chain(&read.indirect).copied());
            let info: Info = acc.finish(Typed::made(col.info.ty.clone(), col.info.nullable));
            Col { info: Rc::new(info), ..col.clone() }
        });
        Some(Rc::new(Output { cols: cols.collect(), wild: merged.wild.clone(), stars: merged.stars.clone() }))
    }

    /// Collects the rows that an expression chooses from and what it chooses by. Nothing is bound before it is clear that
    /// all of them may be rows.
    fn rows_of(&self, expr: ExprId, rows: &mut Vec<ExprId>, conditions: &mut Vec<ExprId>) -> bool {
        match self.arena.expr(expr) {
            Expr::Column(path, _) => {
                rows.push(expr);
                path.len() == 1
            }
            Expr::Call(call) => {
                let call = self.arena.call(*call);
                let args = self.arena.exprs(call.args);
                let name = self.arena.last(call.name).map(|n| self.text(n).to_ascii_lowercase());
                let values = match (name.as_deref(), args) {
                    (Some("if" | "iff"), [condition, values @ ..]) if values.len() == 2 => {
                        conditions.push(*condition);
                        values
                    }
                    (Some("coalesce" | "ifnull"), values) if !values.is_empty() => values,
                    _ => return false,
                };
                values.iter().all(|value| self.rows_of(*value, rows, conditions))
            }
            Expr::Case(case) => {
                conditions.extend(case.operand);
                for (i, arm) in self.arena.exprs(case.arms).iter().enumerate() {
                    if i % 2 == 0 {
                        conditions.push(*arm);
                    } else if !self.rows_of(*arm, rows, conditions) {
                        return false;
                    }
                }
                case.default.is_none_or(|default| self.rows_of(default, rows, conditions))
            }
            _ => false,
        }
    }
}
