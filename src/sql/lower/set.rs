//! Set operations: runs of them flattened, and what makes columns of the two sides meet.

use super::Lower;
use crate::ir::{Body, Idents, Keep, Matching, SetArm, SetOp};
use crate::repair::set::MARK;
use sqlparser::ast::{self, SetExpr, SetOperator, SetQuantifier};

impl Lower {
    pub(super) fn set_operation(
        &mut self,
        left: SetExpr,
        op: SetOperator,
        quantifier: SetQuantifier,
        right: SetExpr,
    ) -> Body {
        let mut rest = vec![(op, quantifier, right)];
        let mut first = left;
        while let SetExpr::SetOperation { left, op, set_quantifier, right } = first {
            rest.push((op, set_quantifier, *right));
            first = *left;
        }
        let first = self.set_expr(first);
        let mut arms = Vec::with_capacity(rest.len());
        let mut marked = None;
        for (op, quantifier, tree) in rest.into_iter().rev() {
            if let Some(mark) = self.mark(&tree) {
                marked = Some(mark);
                continue;
            }
            let matching = marked.take().unwrap_or_else(|| matching(quantifier));
            arms.push(SetArm { op: set_op(op), all: all(quantifier), matching, body: self.set_expr(tree) });
        }
        Body::Set { first, rest: arms }
    }

    /// What `repair::set` put between the two sides.
    fn mark(&mut self, tree: &SetExpr) -> Option<Matching> {
        let SetExpr::Values(values) = tree else { return None };
        let (ast::Expr::Value(mode), names) = values.rows.first()?.content.split_first()? else { return None };
        let ast::Value::SingleQuotedString(mode) = &mode.value else { return None };
        let keep = match mode.strip_prefix(MARK)? {
            "left" => Keep::Left,
            "shared" => Keep::Shared,
            _ => Keep::All,
        };
        let mut on = Vec::with_capacity(names.len());
        for name in names {
            if let ast::Expr::Identifier(ident) = name {
                on.push(self.ident(ident));
            }
        }
        let on = if on.is_empty() { Idents::default() } else { self.idents(&on) };
        Some(Matching::Name { keep, on })
    }
}

fn set_op(op: SetOperator) -> SetOp {
    match op {
        SetOperator::Union => SetOp::Union,
        SetOperator::Except | SetOperator::Minus => SetOp::Except,
        SetOperator::Intersect => SetOp::Intersect,
    }
}

pub(super) fn matching(quantifier: SetQuantifier) -> Matching {
    match quantifier {
        SetQuantifier::ByName | SetQuantifier::AllByName | SetQuantifier::DistinctByName => {
            Matching::Name { keep: Keep::All, on: Idents::default() }
        }
        SetQuantifier::All | SetQuantifier::Distinct | SetQuantifier::None => Matching::Place,
    }
}

fn all(quantifier: SetQuantifier) -> bool {
    match quantifier {
        SetQuantifier::All | SetQuantifier::AllByName => true,
        SetQuantifier::ByName | SetQuantifier::Distinct | SetQuantifier::DistinctByName | SetQuantifier::None => false,
    }
}
