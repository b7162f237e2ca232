//! Expressions: what they read goes to the sink, what they are comes back as a type.

use super::Binder;
use super::Fit;
use super::refused::Fixed;
use super::value::{Acc, Output, Sink, Typed};
use crate::types::{self, Meeting};
use std::rc::Rc;
use tessera_model::lineage::{DirectKind, IndirectKind};
use tessera_model::types::StructField;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::{BinOp, Case, Expr, ExprId, Exprs, Idents, Pos, QueryId, UnOp};

impl Binder<'_> {
    pub(super) fn expr(&mut self, id: ExprId, scope: usize, sink: Sink, acc: &mut Acc) -> Typed {
        let arena = self.arena;
        let deeper = sink.through(DirectKind::Transformation);
        match arena.expr(id) {
            Expr::Column(path, pos) => self.column(*path, *pos, scope, sink, acc),
            Expr::Literal(literal) => types::literal(self.dialect, literal, |text| arena.text(text)),
            Expr::Star(qualifier) => {
                self.whole_rows(*qualifier, scope, deeper, acc);
                Typed::unknown()
            }
            Expr::Cast { expr, ty } => {
                let inner = self.expr(*expr, scope, deeper, acc);
                let ty = arena.data_type(*ty).clone();
                Typed::of(ty).nullable(inner.nullable)
            }
            Expr::Call(call) => self.call(*call, scope, sink, acc),
            Expr::Case(case) => self.case(case, scope, sink, acc),
            Expr::Chain { args, ops } => self.chain(*args, ops, scope, deeper, acc),
            Expr::Unary { op, expr } => {
                let inner = self.expr(*expr, scope, deeper, acc);
                match op {
                    UnOp::Plus => inner,
                    UnOp::Minus => types::negated(self.dialect, inner),
                    UnOp::Not => {
                        self.asked(&inner);
                        Typed::made(types::boolean(self.dialect), inner.nullable)
                    }
                    UnOp::Other => Typed::unknown(),
                }
            }
            Expr::Predicate(args) => {
                let mut first = None;
                for arg in arena.exprs(*args) {
                    let typed = self.expr(*arg, scope, deeper, acc);
                    match &first {
                        Some(first) => self.meet(Meeting::Op(BinOp::Compare), first, &typed),
                        None => first = Some(typed),
                    }
                }
                Typed::made(types::boolean(self.dialect), None)
            }
            Expr::Subquery(query) => self.scalar_subquery(*query, scope, sink, acc),
            Expr::Decides { args, query } => {
                let left: Vec<Typed> =
                    arena.exprs(*args).iter().map(|arg| self.expr(*arg, scope, deeper, acc)).collect();
                let output = self.query(*query, Some(scope));
                for (typed, col) in left.iter().zip(&output.cols) {
                    self.meet(Meeting::Op(BinOp::Compare), typed, &Typed::made(col.info.ty.clone(), None));
                }
                // EXISTS asks for rows, not for values.
                if !args.is_empty() {
                    for col in &output.cols {
                        self.take(&col.info, deeper, acc);
                    }
                }
                Typed::made(types::boolean(self.dialect), args.is_empty().then_some(false))
            }
            Expr::Field { expr, name } => {
                let base = self.expr(*expr, scope, deeper, acc);
                self.member_type(base.ty.as_ref(), std::slice::from_ref(name))
            }
            Expr::Index { expr, index } => {
                let base = self.expr(*expr, scope, deeper, acc);
                for part in arena.exprs(*index) {
                    self.expr(*part, scope, deeper, acc);
                }
                if index.len() > 1 {
                    return Typed::made(base.ty, None);
                }
                match base.ty {
                    Some(LogicalType::Array(inner)) => Typed::of(*inner),
                    Some(LogicalType::Map(_, value)) => Typed::of(*value),
                    Some(LogicalType::Json) => Typed::of(LogicalType::Json),
                    Some(LogicalType::Text { .. }) if self.dialect == Dialect::DuckDb => Typed::of(LogicalType::TEXT),
                    _ => Typed::unknown(),
                }
            }
            Expr::Array(items) => {
                let mut element: Option<Typed> = None;
                for item in arena.exprs(*items) {
                    let next = self.expr(*item, scope, deeper, acc);
                    element = Some(match element {
                        None => next,
                        Some(before) => types::unify(self.dialect, before, next),
                    });
                }
                match element.and_then(|t| t.ty) {
                    Some(ty) if !types::is_null(&ty) => Typed::of(LogicalType::Array(Box::new(ty))),
                    _ => Typed::unknown(),
                }
            }
            Expr::Struct { args, names } => {
                let mut fields = Vec::with_capacity(names.len());
                let mut fit = Fit::None;
                for (i, arg) in arena.exprs(*args).iter().enumerate() {
                    let typed = self.expr(*arg, scope, deeper, acc);
                    // BigQuery fits literals within a struct too.
                    if self.dialect == Dialect::BigQuery && typed.fit == Fit::Text {
                        fit = Fit::Text;
                    }
                    let name = names.get(i).copied().flatten().or_else(|| self.column_ident(*arg));
                    let name = name.map(|n| self.column_name(n).to_string()).unwrap_or_default();
                    fields.push(StructField { name, data_type: typed.ty.unwrap_or(LogicalType::Unknown) });
                }
                let known = fields.iter().all(|f| !f.data_type.is_unknown());
                if known { Typed { fit, ..Typed::of(LogicalType::Struct(fields)) } } else { Typed::unknown() }
            }
            Expr::Tuple(items) => {
                for item in arena.exprs(*items) {
                    self.expr(*item, scope, deeper, acc);
                }
                Typed::unknown()
            }
            Expr::Lambda { params, body } => {
                let (mark, types) = (self.scopes[scope].lambda.len(), self.lambda_types.len());
                let mut element = self.element.take();
                for param in arena.idents(*params) {
                    let sym = self.column_sym(*param);
                    self.scopes[scope].lambda.push(sym);
                    // The first one stands for the elements.
                    self.lambda_types.push((sym, element.take()));
                }
                let typed = self.expr(*body, scope, deeper, acc);
                self.scopes[scope].lambda.truncate(mark);
                self.lambda_types.truncate(types);
                Typed::made(typed.ty, None)
            }
            Expr::Typed { args, ty } => {
                for arg in arena.exprs(*args) {
                    self.expr(*arg, scope, deeper, acc);
                }
                Typed::of(arena.data_type(*ty).clone()).nullable(args.is_empty().then_some(false))
            }
            Expr::Opaque(args) => {
                for arg in arena.exprs(*args) {
                    self.expr(*arg, scope, deeper, acc);
                }
                Typed::unknown()
            }
        }
    }

    /// The type of a lambda's parameter or of a member of it.
    pub(super) fn parameter(&mut self, path: Idents) -> Typed {
        let parts = self.arena.idents(path);
        let Some(head) = parts.first().map(|p| self.column_sym(*p)) else { return Typed::unknown() };
        let known = self.lambda_types.iter().rev().find(|(sym, _)| *sym == head);
        self.member_type(known.and_then(|(_, ty)| ty.as_ref()), &parts[1..])
    }

    fn column_ident(&self, expr: ExprId) -> Option<tessera_sql::ir::IdentId> {
        match self.arena.expr(expr) {
            Expr::Column(path, _) => self.arena.last(*path),
            _ => None,
        }
    }

    fn chain(&mut self, args: Exprs, ops: &[BinOp], scope: usize, sink: Sink, acc: &mut Acc) -> Typed {
        let mut list = self.arena.exprs(args).iter();
        let mut left = match list.next() {
            Some(first) => self.expr(*first, scope, sink, acc),
            None => return Typed::unknown(),
        };
        for (op, arg) in ops.iter().zip(list) {
            let right = self.expr(*arg, scope, sink, acc);
            let nullable = match op {
                // A division by zero, or a member that is not there.
                BinOp::Div | BinOp::IntDiv | BinOp::Mod | BinOp::JsonGet | BinOp::JsonText | BinOp::Other => None,
                BinOp::Add
                | BinOp::Sub
                | BinOp::Mul
                | BinOp::Pow
                | BinOp::Concat
                | BinOp::Compare
                | BinOp::And
                | BinOp::Or
                | BinOp::Bit => types::strict_nullable([left.nullable, right.nullable]),
            };
            match op {
                BinOp::And | BinOp::Or => {
                    self.asked(&left);
                    self.asked(&right);
                }
                _ => self.meet(Meeting::Op(*op), &left, &right),
            }
            left = Typed::made(types::binary(self.dialect, *op, &left, &right), nullable);
        }
        left
    }

    fn case(&mut self, case: &Case, scope: usize, sink: Sink, acc: &mut Acc) -> Typed {
        let deciding = sink.deciding(IndirectKind::Conditional);
        let operand = case.operand.map(|operand| self.expr(operand, scope, deciding, acc));
        let mut fixed = Fixed::default();
        let deeper = sink.through(DirectKind::Transformation);
        let mut typed: Option<Typed> = None;
        for (i, arm) in self.arena.exprs(case.arms).iter().enumerate() {
            if i % 2 == 0 {
                let tested = self.expr(*arm, scope, deciding, acc);
                match &operand {
                    Some(operand) => self.meet(Meeting::Op(BinOp::Compare), operand, &tested),
                    None => self.asked(&tested),
                }
                continue;
            }
            let next = self.expr(*arm, scope, deeper, acc);
            self.branch(&mut fixed, &next);
            typed = Some(match typed {
                None => next,
                Some(before) => types::unify(self.dialect, before, next),
            });
        }
        let mut typed = typed.unwrap_or_default();
        match case.default {
            Some(default) => {
                let last = self.expr(default, scope, deeper, acc);
                self.branch(&mut fixed, &last);
                typed = types::unify(self.dialect, typed, last);
            }
            None => {
                typed.nullable = Some(true);
                typed.ty = typed.ty.map(|ty| types::made(self.dialect, ty));
            }
        }
        // What a branch's literal would still have fitted itself to is behind.
        typed.fit = if typed.fit == Fit::Text { Fit::Text } else { Fit::None };
        typed
    }

    fn scalar_subquery(&mut self, query: QueryId, scope: usize, sink: Sink, acc: &mut Acc) -> Typed {
        let output = self.query(query, Some(scope));
        let mut typed = Typed::unknown();
        for (i, col) in output.cols.iter().enumerate() {
            self.take(&col.info, sink, acc);
            if i == 0 {
                // No row gives NULL.
                typed = Typed::made(col.info.ty.clone(), Some(true));
            }
        }
        if output.cols.len() == 1 { typed } else { Typed::unknown() }
    }

    /// `*` or `t.*` as an argument.
    fn whole_rows(&mut self, qualifier: Idents, scope: usize, sink: Sink, acc: &mut Acc) {
        let mut out = super::star::Expansion::default();
        self.star(qualifier, &tessera_sql::ir::Star::default(), Pos::default(), scope, &mut out);
        let output = Output { cols: out.cols, wild: out.wild, stars: out.stars };
        for col in &output.cols {
            self.take(&col.info, sink, acc);
        }
        for wild in &output.wild {
            if let Some(info) = &wild.info {
                let info = Rc::clone(info);
                self.take(&info, sink, acc);
            }
        }
    }
}
