//! Scalar expressions.

use super::operator::binary;
use super::{Lower, at};
use crate::ir::{BinOp, Case, Expr, ExprId, Exprs, Literal, Pos, UnOp};
use sqlparser::ast::{self, BinaryOperator, UnaryOperator, Value};
use tessera_model::LogicalType;

impl Lower {
    pub(super) fn expr(&mut self, tree: ast::Expr) -> ExprId {
        if !self.enter() {
            self.leave();
            return self.push(Expr::Opaque(Exprs::default()));
        }
        let lowered = self.expr_here(tree);
        self.leave();
        lowered
    }

    fn boxed(&mut self, tree: Box<ast::Expr>) -> ExprId {
        self.expr(*tree)
    }

    pub(super) fn option(&mut self, tree: Option<ast::Expr>) -> Option<ExprId> {
        tree.map(|e| self.expr(e))
    }

    /// Operands of something that gives a boolean; literals read nothing and are left out.
    fn predicate(&mut self, operands: Vec<ast::Expr>) -> ExprId {
        // Literals read nothing; one number stays for its type.
        let mut numbers = 0;
        let args = self.exprs(operands.into_iter().filter(|e| match e {
            ast::Expr::Value(value) => {
                let number = matches!(value.value, Value::Number(..));
                numbers += usize::from(number);
                number && numbers == 1
            }
            _ => true,
        }));
        self.push(Expr::Predicate(args))
    }

    fn expr_here(&mut self, tree: ast::Expr) -> ExprId {
        use ast::Expr as E;
        match tree {
            E::Identifier(ident) => {
                let pos = at(ident.span);
                let path = self.path(std::slice::from_ref(&ident));
                self.push(Expr::Column(path, pos))
            }
            E::CompoundIdentifier(parts) => {
                let pos = parts.first().map_or(Pos::default(), |p| at(p.span));
                let path = self.path(&parts);
                self.push(Expr::Column(path, pos))
            }
            E::CompoundFieldAccess { root, access_chain } => self.access(*root, access_chain),
            E::JsonAccess { value, path } => {
                let mut base = self.boxed(value);
                for elem in path.path {
                    base = match elem {
                        ast::JsonPathElem::Dot { key, quoted } => {
                            let name = self.intern(&key, quoted);
                            self.push(Expr::Field { expr: base, name })
                        }
                        ast::JsonPathElem::Bracket { key } | ast::JsonPathElem::ColonBracket { key } => {
                            let index = self.exprs([key]);
                            self.push(Expr::Index { expr: base, index })
                        }
                    };
                }
                base
            }
            E::IsFalse(e) | E::IsNotFalse(e) | E::IsTrue(e) | E::IsNotTrue(e) => self.predicate(vec![*e]),
            E::IsNull(e) | E::IsNotNull(e) | E::IsUnknown(e) | E::IsNotUnknown(e) => self.predicate(vec![*e]),
            E::IsDistinctFrom(a, b) | E::IsNotDistinctFrom(a, b) => self.predicate(vec![*a, *b]),
            E::IsJson { expr, kind: _, unique_keys: _, negated: _ } => self.predicate(vec![*expr]),
            E::IsNormalized { expr, form: _, negated: _ } => self.predicate(vec![*expr]),
            E::In { expr, target, negated: _, global: _ } => match target {
                ast::InTarget::List(list) => {
                    let mut operands = vec![*expr];
                    operands.extend(list);
                    self.predicate(operands)
                }
                ast::InTarget::Subquery(query) => {
                    let args = self.exprs([*expr]);
                    let query = self.query(*query);
                    self.push(Expr::Decides { args, query })
                }
                ast::InTarget::Unnest(array) => self.predicate(vec![*expr, *array]),
                ast::InTarget::Table { name, args } => {
                    let args_exprs = self.exprs([*expr]);
                    let query = self.table_query(&name, args);
                    self.push(Expr::Decides { args: args_exprs, query })
                }
            },
            E::Between { expr, negated: _, low, high } => self.predicate(vec![*expr, *low, *high]),
            // Two spans; PostgreSQL calls it a function's name.
            E::BinaryOp { left, op: BinaryOperator::Overlaps, right } => {
                self.named_call("overlaps", vec![*left, *right])
            }
            E::BinaryOp { left, op, right } => self.chain(*left, &op, *right),
            E::Like { negated: _, any: _, expr, pattern, escape_char: _ }
            | E::ILike { negated: _, any: _, expr, pattern, escape_char: _ }
            | E::SimilarTo { negated: _, expr, pattern, escape_char: _ }
            | E::RLike { negated: _, expr, pattern, regexp: _ } => self.predicate(vec![*expr, *pattern]),
            E::AnyOp { left, compare_op: _, right, is_some: _ } | E::AllOp { left, compare_op: _, right } => {
                match *right {
                    E::Subquery(query) => {
                        let args = self.exprs([*left]);
                        let query = self.query(*query);
                        self.push(Expr::Decides { args, query })
                    }
                    other => self.predicate(vec![*left, other]),
                }
            }
            E::UnaryOp { op, expr } => {
                let op = match op {
                    UnaryOperator::Plus => UnOp::Plus,
                    UnaryOperator::Minus => UnOp::Minus,
                    UnaryOperator::Not | UnaryOperator::BangNot => UnOp::Not,
                    UnaryOperator::AtDashAt
                    | UnaryOperator::BitwiseNot
                    | UnaryOperator::DoubleAt
                    | UnaryOperator::Hash
                    | UnaryOperator::PGAbs
                    | UnaryOperator::PGCubeRoot
                    | UnaryOperator::PGPostfixFactorial
                    | UnaryOperator::PGPrefixFactorial
                    | UnaryOperator::PGSquareRoot
                    | UnaryOperator::QuestionDash
                    | UnaryOperator::QuestionPipe => UnOp::Other,
                };
                let expr = self.boxed(expr);
                self.push(Expr::Unary { op, expr })
            }
            E::Convert { is_try: _, expr, data_type, charset: _, target_before_value: _, styles } => {
                let expr = self.boxed(expr);
                self.exprs(styles);
                match data_type {
                    Some(ty) => {
                        let ty = self.data_type(&ty);
                        self.push(Expr::Cast { expr, ty })
                    }
                    None => {
                        let args = self.ids(&[expr]);
                        self.push(Expr::Opaque(args))
                    }
                }
            }
            E::Cast { kind, expr, data_type, format: _ } => {
                let mut expr = self.boxed(expr);
                // What does not fit becomes NULL: nothing is known of whether the value is one.
                if matches!(kind, ast::CastKind::TryCast | ast::CastKind::SafeCast) {
                    let args = self.ids(&[expr]);
                    expr = self.push(Expr::Opaque(args));
                }
                let ty = self.data_type(&data_type);
                self.push(Expr::Cast { expr, ty })
            }
            E::AtTimeZone { timestamp, time_zone } => self.named_call("at_time_zone", vec![*timestamp, *time_zone]),
            E::Extract { field, syntax: _, expr } => {
                let field = self.intern(&field.to_string(), false);
                let field = self.push(Expr::Literal(Literal::Text(field)));
                let expr = self.boxed(expr);
                let args = self.ids(&[field, expr]);
                self.call_of("extract", args)
            }
            E::Ceil { expr, field: _ } => self.named_call("ceil", vec![*expr]),
            E::Floor { expr, field: _ } => self.named_call("floor", vec![*expr]),
            E::Position { expr, r#in } => self.named_call("position", vec![*expr, *r#in]),
            E::Substring { expr, substring_from, substring_for, special: _, shorthand } => {
                let mut operands = vec![*expr];
                operands.extend(substring_from.map(|e| *e));
                operands.extend(substring_for.map(|e| *e));
                self.named_call(if shorthand { "substr" } else { "substring" }, operands)
            }
            E::Trim { trim_where, trim_what, expr, trim_characters } => {
                let mut operands = vec![*expr];
                operands.extend(trim_what.map(|e| *e));
                operands.extend(trim_characters.into_iter().flatten());
                let side = match trim_where {
                    Some(ast::TrimWhereField::Leading) => "ltrim",
                    Some(ast::TrimWhereField::Trailing) => "rtrim",
                    Some(ast::TrimWhereField::Both) | None => "trim",
                };
                self.named_call(side, operands)
            }
            E::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
                let mut operands = vec![*expr, *overlay_what, *overlay_from];
                operands.extend(overlay_for.map(|e| *e));
                self.named_call("overlay", operands)
            }
            E::Collate { expr, collation: _ } => self.boxed(expr),
            E::Nested(expr) => self.boxed(expr),
            E::Value(value) => self.value(value.value),
            E::Prefixed { prefix: _, value } => {
                // A character set or a type before a literal: `_utf8'x'`.
                self.boxed(value)
            }
            E::TypedString(typed) => {
                let ty = self.data_type(&typed.data_type);
                self.push(Expr::Typed { args: Exprs::default(), ty })
            }
            E::Function(function) => self.function(function),
            E::Case { case_token: _, end_token: _, operand, conditions, else_result } => {
                let operand = operand.map(|e| self.boxed(e));
                let arms = self.exprs(conditions.into_iter().flat_map(|w| [w.condition, w.result]));
                let default = else_result.map(|e| self.boxed(e));
                self.push(Expr::Case(Case { operand, arms, default }))
            }
            E::Exists { subquery, negated: _ } => {
                let query = self.query(*subquery);
                self.push(Expr::Decides { args: Exprs::default(), query })
            }
            E::Subquery(query) => {
                let query = self.query(*query);
                self.push(Expr::Subquery(query))
            }
            E::GroupingSets(sets) | E::Cube(sets) | E::Rollup(sets) => {
                let args = self.exprs(sets.into_iter().flatten());
                self.push(Expr::Tuple(args))
            }
            E::Tuple(items) => {
                let args = self.exprs(items);
                self.push(Expr::Tuple(args))
            }
            E::Struct { values, fields } => {
                let mut names = Vec::with_capacity(values.len());
                let mut operands = Vec::with_capacity(values.len());
                for (i, value) in values.into_iter().enumerate() {
                    let declared = fields.get(i).and_then(|f| f.field_name.clone());
                    let (value, name) = match value {
                        E::Named { expr, name } => (*expr, Some(name)),
                        other => (other, declared),
                    };
                    names.push(name.map(|n| self.ident(&n)));
                    operands.push(value);
                }
                let args = self.exprs(operands);
                self.push(Expr::Struct { args, names: names.into() })
            }
            E::Named { expr, name: _ } => self.boxed(expr),
            E::Dictionary(fields) => {
                let names = fields.iter().map(|f| Some(self.ident(&f.key))).collect();
                let args = self.exprs(fields.into_iter().map(|f| *f.value));
                self.push(Expr::Struct { args, names })
            }
            // `MAP {k: v}` is `map([k], [v])`.
            E::Map(map) => {
                let (keys, values): (Vec<_>, Vec<_>) = map.entries.into_iter().map(|e| (*e.key, *e.value)).unzip();
                let keys = self.exprs(keys);
                let keys = self.push(Expr::Array(keys));
                let values = self.exprs(values);
                let values = self.push(Expr::Array(values));
                let args = self.ids(&[keys, values]);
                self.call_of("map", args)
            }
            E::Array(array) => {
                let args = self.exprs(array.elem);
                self.push(Expr::Array(args))
            }
            E::Interval(interval) => {
                let args = self.exprs([*interval.value]);
                let ty = self.logical(LogicalType::Interval);
                self.push(Expr::Typed { args, ty })
            }
            E::MatchAgainst { columns, match_value: _, opt_search_modifier: _ } => {
                let mark = self.scratch.len();
                for column in &columns {
                    let pos = Self::name_pos(column);
                    let path = self.name(column);
                    let column = self.push(Expr::Column(path, pos));
                    self.scratch.push(column);
                }
                let args = self.take(mark);
                self.push(Expr::Predicate(args))
            }
            E::Wildcard(_) => {
                let none = self.idents(&[]);
                self.push(Expr::Star(none))
            }
            E::QualifiedWildcard(name, _) => {
                let name = self.name(&name);
                self.push(Expr::Star(name))
            }
            // Oracle's `(+)`.
            E::OuterJoin(expr) | E::Prior(expr) => self.boxed(expr),
            // Outside of a list function's arguments `x -> 'a'` is JSON access.
            E::Lambda(ast::LambdaFunction {
                params: ast::OneOrManyWithParens::One(value),
                body,
                syntax: ast::LambdaSyntax::Arrow,
            }) if self.dialect == tessera_model::Dialect::DuckDb => {
                let args = self.exprs([E::Identifier(value.name), *body]);
                self.push(Expr::Chain { args, ops: [BinOp::JsonGet].into() })
            }
            E::Lambda(lambda) => self.lambda(lambda),
            E::MemberOf(member) => self.predicate(vec![*member.value, *member.array]),
        }
    }

    pub(super) fn lambda(&mut self, lambda: ast::LambdaFunction) -> ExprId {
        let params: Vec<_> = match lambda.params {
            ast::OneOrManyWithParens::One(p) => vec![self.ident(&p.name)],
            ast::OneOrManyWithParens::Many(list) => list.iter().map(|p| self.ident(&p.name)).collect(),
        };
        let params = self.idents(&params);
        let body = self.boxed(lambda.body);
        self.push(Expr::Lambda { params, body })
    }

    /// A left-leaning run of binary operators, walked without recursion.
    fn chain(&mut self, left: ast::Expr, op: &BinaryOperator, right: ast::Expr) -> ExprId {
        let mut ops = vec![binary(op)];
        let mut rights = vec![right];
        let mut first = left;
        while let ast::Expr::BinaryOp { left, op, right } = first {
            ops.push(binary(&op));
            rights.push(*right);
            first = *left;
        }
        ops.reverse();
        if ops.first() == Some(&BinOp::JsonGet)
            && let Some(params) = parameters(&first)
        {
            return self.lambda_of(&params, rights, &ops[1..]);
        }
        let args = self.exprs(std::iter::once(first).chain(rights.into_iter().rev()));
        self.push(Expr::Chain { args, ops: ops.into() })
    }

    /// `(x, y) -> x + y`, taken for a JSON operator by dialects that know no lambdas.
    fn lambda_of(&mut self, params: &[ast::Ident], body: Vec<ast::Expr>, ops: &[BinOp]) -> ExprId {
        let params: Vec<_> = params.iter().map(|p| self.ident(p)).collect();
        let params = self.idents(&params);
        let args = self.exprs(body.into_iter().rev());
        let body = self.push(Expr::Chain { args, ops: ops.into() });
        self.push(Expr::Lambda { params, body })
    }

    /// `root.a[1].b`
    fn access(&mut self, root: ast::Expr, chain: Vec<ast::AccessExpr>) -> ExprId {
        let mut chain = chain.into_iter().peekable();
        let mut base = match &root {
            // `user.name`: the parser takes USER for a function; before a dot it is a relation's name.
            ast::Expr::Function(function)
                if matches!(function.args, ast::FunctionArguments::None) && function.over.is_none() =>
            {
                let pos = Self::name_pos(&function.name);
                let name = self.name(&function.name);
                let mut parts = self.arena.idents(name).to_vec();
                while let Some(ast::AccessExpr::Dot(ast::Expr::Identifier(ident))) = chain.peek() {
                    let part = self.ident(ident);
                    parts.push(part);
                    chain.next();
                }
                let path = self.idents(&parts);
                self.push(Expr::Column(path, pos))
            }
            _ => self.expr(root),
        };
        for step in chain {
            base = match step {
                ast::AccessExpr::Dot(ast::Expr::Identifier(ident)) => {
                    let name = self.ident(&ident);
                    self.push(Expr::Field { expr: base, name })
                }
                // `x.f(y)` is `f(x, y)` in DuckDB.
                ast::AccessExpr::Dot(ast::Expr::Function(function))
                    if self.dialect == tessera_model::Dialect::DuckDb =>
                {
                    self.method(base, function)
                }
                // `x.f(y)`: a method call.
                ast::AccessExpr::Dot(other) => {
                    let other = self.expr(other);
                    let args = self.ids(&[base, other]);
                    self.push(Expr::Opaque(args))
                }
                ast::AccessExpr::Subscript(subscript) => {
                    let index = match subscript {
                        ast::Subscript::Index { index } => self.exprs([index]),
                        ast::Subscript::Slice { lower_bound, upper_bound, stride } => {
                            // Two entries or more mark a slice: its type is the base's.
                            let mut bounds = self.exprs([lower_bound, upper_bound, stride].into_iter().flatten());
                            if bounds.len() < 2 {
                                let null = self.push(Expr::Literal(Literal::Null));
                                let mut all = self.arena.exprs(bounds).to_vec();
                                all.resize(2, null);
                                bounds = self.ids(&all);
                            }
                            bounds
                        }
                    };
                    self.push(Expr::Index { expr: base, index })
                }
            };
        }
        base
    }
}

/// A tuple of plain names: it has no JSON members, so what follows its arrow is a lambda's body.
fn parameters(tree: &ast::Expr) -> Option<Vec<ast::Ident>> {
    let ast::Expr::Tuple(items) = tree else { return None };
    let name = |item: &ast::Expr| match item {
        ast::Expr::Identifier(ident) => Some(ident.clone()),
        _ => None,
    };
    items.iter().map(name).collect()
}
