//! Function calls, their windows and their arguments.

use super::Lower;
use crate::ir::{BinOp, Call, CallId, Expr, ExprId, Exprs, IdentId, Pos, Window, WindowId};
use sqlparser::ast;

/// Lowered arguments: the values, and the names that some of them were passed by.
pub(super) struct Args {
    pub(super) values: Exprs,
    pub(super) names: Box<[Option<IdentId>]>,
}

impl Lower {
    pub(super) fn call_of(&mut self, name: &str, args: Exprs) -> ExprId {
        let name = self.intern(name, false);
        let name = self.idents(&[name]);
        self.add_call(Call {
            name,
            args,
            arg_names: Box::default(),
            distinct: false,
            filter: None,
            order: Exprs::default(),
            over: None,
            pos: Pos::default(),
        })
    }

    pub(super) fn named_call(&mut self, name: &str, operands: Vec<ast::Expr>) -> ExprId {
        let args = self.exprs(operands);
        self.call_of(name, args)
    }

    /// A function that is called on its first argument.
    pub(super) fn method(&mut self, base: ExprId, function: ast::Function) -> ExprId {
        let called = self.function(function);
        if let Expr::Call(id) = *self.arena.expr(called) {
            let mut args = self.arena.exprs(self.arena.call(id).args).to_vec();
            args.insert(0, base);
            let args = self.ids(&args);
            let call = &mut self.arena.calls[id.index()];
            call.args = args;
            if !call.arg_names.is_empty() {
                call.arg_names = std::iter::once(None).chain(call.arg_names.iter().copied()).collect();
            }
        }
        called
    }

    fn add_call(&mut self, call: Call) -> ExprId {
        self.arena.calls.push(call);
        let call = CallId(super::id(self.arena.calls.len() - 1));
        self.push(Expr::Call(call))
    }

    pub(super) fn function(&mut self, function: ast::Function) -> ExprId {
        let ast::Function {
            name,
            uses_odbc_syntax: _,
            parameters,
            args,
            within_group,
            filter,
            null_treatment: _,
            over,
        } = function;
        let pos = Self::name_pos(&name);
        let lambdas = self.takes_lambdas(&name);
        let name = self.name(&name);
        let mark = self.scratch.len();
        let mut names = Vec::new();
        let mut order = Vec::new();
        let mut distinct = false;
        let mut filter = filter.map(|f| self.expr(*f));
        for arguments in [parameters, args] {
            match arguments {
                ast::FunctionArguments::None => {}
                ast::FunctionArguments::Subquery(query) => {
                    let query = self.query(*query);
                    let query = self.push(Expr::Subquery(query));
                    self.scratch.push(query);
                    names.push(None);
                }
                ast::FunctionArguments::List(list) => {
                    distinct |= matches!(list.duplicate_treatment, Some(ast::DuplicateTreatment::Distinct));
                    for arg in list.args {
                        let (value, name) = self.call_argument(arg, lambdas);
                        self.scratch.push(value);
                        names.push(name);
                    }
                    for clause in list.clauses {
                        self.clause(clause, &mut order, &mut filter);
                    }
                }
            }
        }
        let args = self.take(mark);
        order.extend(within_group.into_iter().map(|o| o.expr));
        let order = self.exprs(order);
        let over = over.map(|w| self.window_type(w));
        let arg_names = if names.iter().any(Option::is_some) { names.into() } else { Box::default() };
        self.add_call(Call { name, args, arg_names, distinct, filter, order, over, pos })
    }

    fn clause(&mut self, clause: ast::FunctionArgumentClause, order: &mut Vec<ast::Expr>, filter: &mut Option<ExprId>) {
        use ast::FunctionArgumentClause as C;
        match clause {
            C::OrderBy(list) => order.extend(list.into_iter().map(|o| o.expr)),
            C::Having(bound) => order.push(bound.1),
            C::Where(condition) => *filter = Some(self.expr(condition)),
            C::Limit(_)
            | C::IgnoreOrRespectNulls(_)
            | C::OnOverflow(_)
            | C::Separator(_)
            | C::JsonNullClause(_)
            | C::JsonReturningClause(_) => {}
        }
    }

    /// DuckDB's arrow is JSON access but for the arguments of list functions.
    fn takes_lambdas(&self, name: &ast::ObjectName) -> bool {
        let list = |word: &str| {
            word.starts_with("list_")
                || word.starts_with("array_")
                || matches!(word, "apply" | "filter" | "reduce" | "aggregate")
        };
        let last = || name.0.last().and_then(|part| part.as_ident());
        self.dialect != tessera_model::Dialect::DuckDb
            || last().is_some_and(|ident| list(&ident.value.to_ascii_lowercase()))
    }

    /// An argument of a scalar function: `f(a = 1)` compares, `f(x -> x + 1)` is a lambda whatever else an arrow means.
    fn call_argument(&mut self, arg: ast::FunctionArg, lambdas: bool) -> (ExprId, Option<IdentId>) {
        match arg {
            ast::FunctionArg::Named { name, arg, operator: ast::FunctionArgOperator::Equals }
                if !name.value.starts_with('@') =>
            {
                let left = self.expr(ast::Expr::Identifier(name));
                let right = self.argument_value(arg);
                let args = self.ids(&[left, right]);
                (self.push(Expr::Chain { args, ops: [BinOp::Compare].into() }), None)
            }
            ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(ast::Expr::Lambda(lambda))) if lambdas => {
                (self.lambda(lambda), None)
            }
            other => self.argument(other),
        }
    }

    pub(super) fn argument(&mut self, arg: ast::FunctionArg) -> (ExprId, Option<IdentId>) {
        match arg {
            ast::FunctionArg::Named { name, arg, operator: _ } => {
                let name = self.ident(&name);
                (self.argument_value(arg), Some(name))
            }
            // PostgreSQL's parser takes any expression for a name. Only an arrow's or an assignment's is one.
            ast::FunctionArg::ExprNamed {
                name: ast::Expr::Identifier(name),
                arg,
                operator: ast::FunctionArgOperator::RightArrow | ast::FunctionArgOperator::Assignment,
            } => {
                let name = self.ident(&name);
                (self.argument_value(arg), Some(name))
            }
            // `key : value` pairs of JSON_OBJECT: the key is a value too.
            ast::FunctionArg::ExprNamed { name, arg, operator: _ } => {
                let key = self.expr(name);
                let value = self.argument_value(arg);
                let both = self.ids(&[key, value]);
                (self.push(Expr::Opaque(both)), None)
            }
            ast::FunctionArg::Unnamed(arg) => (self.argument_value(arg), None),
        }
    }

    fn argument_value(&mut self, arg: ast::FunctionArgExpr) -> ExprId {
        match arg {
            ast::FunctionArgExpr::Expr(expr) => self.expr(expr),
            ast::FunctionArgExpr::QualifiedWildcard(name) => {
                let name = self.name(&name);
                self.push(Expr::Star(name))
            }
            ast::FunctionArgExpr::Wildcard | ast::FunctionArgExpr::WildcardWithOptions(_) => {
                let none = self.idents(&[]);
                self.push(Expr::Star(none))
            }
        }
    }

    pub(super) fn arguments(&mut self, list: Vec<ast::FunctionArg>) -> Args {
        let mark = self.scratch.len();
        let mut names = Vec::with_capacity(list.len());
        for arg in list {
            let (value, name) = self.argument(arg);
            self.scratch.push(value);
            names.push(name);
        }
        let values = self.take(mark);
        Args { values, names: if names.iter().any(Option::is_some) { names.into() } else { Box::default() } }
    }

    pub(super) fn window_type(&mut self, window: ast::WindowType) -> WindowId {
        match window {
            ast::WindowType::WindowSpec(spec) => self.window(spec),
            ast::WindowType::NamedWindow(name) => {
                let base = Some(self.ident(&name));
                self.add_window(Window { base, ..Window::default() })
            }
        }
    }

    pub(super) fn window(&mut self, spec: ast::WindowSpec) -> WindowId {
        let base = spec.window_name.map(|n| self.ident(&n));
        let partition = self.exprs(spec.partition_by);
        let mut order: Vec<ast::Expr> = spec.order_by.into_iter().map(|o| o.expr).collect();
        if let Some(frame) = spec.window_frame {
            for bound in [Some(frame.start_bound), frame.end_bound].into_iter().flatten() {
                match bound {
                    ast::WindowFrameBound::CurrentRow => {}
                    ast::WindowFrameBound::Preceding(edge) | ast::WindowFrameBound::Following(edge) => {
                        order.extend(edge.map(|e| *e));
                    }
                }
            }
        }
        let order = self.exprs(order);
        self.add_window(Window { base, partition, order })
    }

    pub(super) fn add_window(&mut self, window: Window) -> WindowId {
        self.arena.windows.push(window);
        WindowId(super::id(self.arena.windows.len() - 1))
    }
}
