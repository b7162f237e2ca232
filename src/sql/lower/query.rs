//! Queries: WITH, set operations, VALUES, ordering, pipes.

use super::set::matching;
use super::{Lower, at};
use crate::ir::{
    Alias, Body, BodyId, Cte, Exprs, From, Item, Order, Pipe, Pos, Query, QueryId, Relation, Select, SetOp,
};
use sqlparser::ast::{self, SetExpr, SetQuantifier};

impl Lower {
    pub(super) fn query(&mut self, tree: ast::Query) -> QueryId {
        if !self.enter() {
            self.leave();
            let body = self.add_body(Body::Values(Vec::new()));
            return self.add_query(Query {
                recursive: false,
                ctes: Vec::new(),
                body,
                order: Order::None,
                limit: Exprs::default(),
                pipes: Vec::new(),
            });
        }
        let ast::Query {
            with,
            body,
            order_by,
            limit_clause,
            fetch,
            locks: _,
            for_clause: _,
            settings: _,
            format_clause: _,
            pipe_operators,
        } = tree;
        let mut recursive = false;
        let mut ctes = Vec::new();
        if let Some(with) = with {
            recursive = with.recursive;
            for cte in with.cte_tables {
                let name = self.ident(&cte.alias.name);
                let columns = cte.alias.columns.iter().map(|c| self.ident(&c.name)).collect();
                let pos = at(cte.alias.name.span);
                let query = self.query(*cte.query);
                ctes.push(Cte { name, columns, query, pos });
            }
        }
        let body = self.set_expr(*body);
        let order = order_by.map_or(Order::None, |o| self.order(o));
        let mut limits = Vec::new();
        match limit_clause {
            None => {}
            Some(ast::LimitClause::LimitOffset { limit, offset, limit_by }) => {
                limits.extend(limit);
                limits.extend(offset.map(|o| o.value));
                limits.extend(limit_by);
            }
            Some(ast::LimitClause::OffsetCommaLimit { offset, limit }) => limits.extend([offset, limit]),
        }
        limits.extend(fetch.and_then(|f| f.quantity));
        limits.retain(|e| !matches!(e, ast::Expr::Value(_)));
        let limit = self.exprs(limits);
        let pipes = pipe_operators.into_iter().map(|p| self.pipe(p)).collect();
        self.leave();
        self.add_query(Query { recursive, ctes, body, order, limit, pipes })
    }

    fn add_query(&mut self, query: Query) -> QueryId {
        self.arena.queries.push(query);
        QueryId(super::id(self.arena.queries.len() - 1))
    }

    fn add_body(&mut self, body: Body) -> BodyId {
        self.arena.bodies.push(body);
        BodyId(super::id(self.arena.bodies.len() - 1))
    }

    fn order(&mut self, order: ast::OrderBy) -> Order {
        match order.kind {
            ast::OrderByKind::All(_) => Order::All,
            ast::OrderByKind::Expressions(list) => Order::By(self.exprs(list.into_iter().map(|o| o.expr))),
        }
    }

    pub(super) fn set_expr(&mut self, tree: SetExpr) -> BodyId {
        let body = match tree {
            SetExpr::Select(select) => Body::Select(self.select(*select)),
            SetExpr::Query(query) => Body::Query(self.query(*query)),
            SetExpr::SetOperation { left, op, set_quantifier, right } => {
                self.set_operation(*left, op, set_quantifier, *right)
            }
            SetExpr::Values(values) => Body::Values(self.rows(values)),
            SetExpr::Insert(statement)
            | SetExpr::Update(statement)
            | SetExpr::Delete(statement)
            | SetExpr::Merge(statement) => {
                let (_, body) = self.statement(statement);
                self.nested.push(body);
                Body::Dml(super::id(self.nested.len() - 1))
            }
            SetExpr::Table(table) => {
                let parts: Vec<String> =
                    table.schema_name.iter().chain(&table.table_name).map(|part| part.value.clone()).collect();
                let ids: Vec<_> = parts.iter().map(|p| self.intern(p, false)).collect();
                Body::Table(self.idents(&ids), Pos::default())
            }
        };
        self.add_body(body)
    }

    pub(super) fn rows(&mut self, values: ast::Values) -> Vec<Exprs> {
        values.rows.into_iter().map(|row| self.exprs(row.content)).collect()
    }

    /// A query that is the whole of a table: `x IN t`.
    pub(super) fn table_query(&mut self, name: &ast::ObjectName, args: Option<Vec<ast::FunctionArg>>) -> QueryId {
        let pos = Self::name_pos(name);
        let name = self.name(name);
        let relation = match args {
            None => Relation::Table { name, alias: Alias::default(), extra: Exprs::default(), pos },
            Some(args) => {
                let args = self.arguments(args);
                Relation::Function {
                    name,
                    args: args.values,
                    arg_names: args.names,
                    ordinality: false,
                    alias: Alias::default(),
                    pos,
                }
            }
        };
        let first = self.add_relation(relation);
        let select = Select {
            items: vec![self.plain_star(pos)],
            from: vec![From { first, joins: Vec::new() }],
            pos,
            ..Select::default()
        };
        let select = self.add_select(select);
        self.query_of(select)
    }

    pub(super) fn select_query(&mut self, select: ast::Select) -> QueryId {
        let select = self.select(select);
        self.query_of(select)
    }

    fn query_of(&mut self, select: crate::ir::SelectId) -> QueryId {
        let body = self.add_body(Body::Select(select));
        self.add_query(Query {
            recursive: false,
            ctes: Vec::new(),
            body,
            order: Order::None,
            limit: Exprs::default(),
            pipes: Vec::new(),
        })
    }

    fn pipe(&mut self, pipe: ast::PipeOperator) -> Pipe {
        use ast::PipeOperator as P;
        match pipe {
            P::Limit { expr, offset } => Pipe::Limit(self.exprs(std::iter::once(expr).chain(offset))),
            P::Where { expr } => Pipe::Where(self.expr(expr)),
            P::OrderBy { exprs } => Pipe::Order(self.exprs(exprs.into_iter().map(|o| o.expr))),
            P::Select { exprs } => Pipe::Select(self.items(exprs)),
            P::Extend { exprs } => Pipe::Extend(self.items(exprs)),
            P::Set { assignments } => {
                let mut set = Vec::new();
                for assignment in assignments {
                    let value = self.expr(assignment.value);
                    let targets = match &assignment.target {
                        ast::AssignmentTarget::ColumnName(name) => std::slice::from_ref(name),
                        ast::AssignmentTarget::Tuple(names) => names.as_slice(),
                    };
                    for target in targets {
                        set.extend(self.last(target).map(|name| (name, value)));
                    }
                }
                Pipe::Set(set)
            }
            P::Drop { columns } => Pipe::Drop(self.ident_list(&columns)),
            P::As { alias } => Pipe::As(self.ident(&alias)),
            P::Aggregate { full_table_exprs, group_by_expr } => {
                let aggregates = full_table_exprs.into_iter().map(|e| self.aliased(e.expr)).collect();
                let group = group_by_expr.into_iter().map(|e| self.aliased(e.expr)).collect();
                Pipe::Aggregate { aggregates, group }
            }
            P::TableSample { sample: _ } => Pipe::Limit(Exprs::default()),
            P::Rename { mappings } => {
                Pipe::Rename(mappings.iter().map(|m| (self.ident(&m.ident), self.ident(&m.alias))).collect())
            }
            P::Union { set_quantifier, queries } => self.pipe_set(SetOp::Union, set_quantifier, queries),
            P::Intersect { set_quantifier, queries } => self.pipe_set(SetOp::Intersect, set_quantifier, queries),
            P::Except { set_quantifier, queries } => self.pipe_set(SetOp::Except, set_quantifier, queries),
            P::Call { function, alias: _ } => {
                let call = self.function(function);
                Pipe::Opaque(self.ids(&[call]))
            }
            P::Pivot { aggregate_functions, value_column: _, value_source: _, alias: _ } => {
                Pipe::Opaque(self.exprs(aggregate_functions.into_iter().map(|a| a.expr)))
            }
            P::Unpivot { value_column: _, name_column: _, unpivot_columns, alias: _ } => {
                Pipe::Opaque(self.exprs(unpivot_columns.into_iter().map(ast::Expr::Identifier)))
            }
            P::Join(join) => Pipe::Join(self.join(join)),
        }
    }

    fn pipe_set(&mut self, op: SetOp, quantifier: SetQuantifier, queries: Vec<ast::Query>) -> Pipe {
        let queries = queries.into_iter().map(|q| self.query(q)).collect();
        Pipe::SetOp { op, matching: matching(quantifier), queries }
    }

    fn aliased(&mut self, expr: ast::ExprWithAlias) -> Item {
        match expr.alias {
            Some(alias) => self.item(ast::SelectItem::ExprWithAlias { expr: expr.expr, alias }),
            None => self.item(ast::SelectItem::UnnamedExpr(expr.expr)),
        }
    }
}
