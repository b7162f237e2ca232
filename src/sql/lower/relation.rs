//! What stands in FROM.

use super::Lower;
use crate::ir::{
    ColumnDef, Expr, Exprs, From, IdentId, Join, JoinConstraint, JoinKind, PivotColumns, Pos, Relation, RelationId,
};
use sqlparser::ast::{self, JoinOperator, TableFactor};
use tessera_model::Dialect;

impl Lower {
    pub(super) fn add_relation(&mut self, relation: Relation) -> RelationId {
        self.arena.relations.push(relation);
        RelationId(super::id(self.arena.relations.len() - 1))
    }

    pub(super) fn from(&mut self, tree: ast::TableWithJoins) -> From {
        let first = self.relation(tree.relation);
        let joins = tree.joins.into_iter().map(|j| self.join(j)).collect();
        From { first, joins }
    }

    /// All of FROM. After an ARRAY JOIN the names that a comma adds are further arrays.
    pub(super) fn all_from(&mut self, list: Vec<ast::TableWithJoins>) -> Vec<From> {
        let mut out: Vec<From> = Vec::with_capacity(list.len());
        let mut arrays = false;
        for tree in list {
            match out.last_mut() {
                Some(before) if arrays && tree.joins.is_empty() => {
                    let relation = self.joined_array(tree.relation);
                    before.joins.push(Join { relation, kind: JoinKind::Apply, constraint: JoinConstraint::None });
                }
                _ => {
                    arrays = tree.joins.iter().any(|j| is_array_join(&j.join_operator));
                    let from = self.from(tree);
                    out.push(from);
                }
            }
        }
        out
    }

    /// ClickHouse's ARRAY JOIN names a column of what stands to its left.
    fn joined_array(&mut self, tree: TableFactor) -> RelationId {
        match tree {
            TableFactor::Table { name, alias, args: None, .. } => {
                let pos = Self::name_pos(&name);
                let path = self.name(&name);
                let mut alias = self.alias(alias.as_ref());
                alias.name = alias.name.or(self.arena.last(path));
                let column = self.push(Expr::Column(path, pos));
                let args = self.ids(&[column]);
                self.add_relation(Relation::Unnest { args, offset: None, alias })
            }
            other => self.relation(other),
        }
    }

    pub(super) fn join(&mut self, join: ast::Join) -> Join {
        let relation = match is_array_join(&join.join_operator) {
            true => self.joined_array(join.relation),
            false => self.relation(join.relation),
        };
        let mut extra = None;
        let (kind, constraint) = match join.join_operator {
            JoinOperator::Join(c) | JoinOperator::Inner(c) | JoinOperator::StraightJoin(c) => (JoinKind::Inner, c),
            JoinOperator::Left(c) | JoinOperator::LeftOuter(c) => (JoinKind::Left, c),
            JoinOperator::Right(c) | JoinOperator::RightOuter(c) => (JoinKind::Right, c),
            JoinOperator::FullOuter(c) => (JoinKind::Full, c),
            JoinOperator::CrossJoin(c) => (JoinKind::Cross, c),
            JoinOperator::Semi(c) | JoinOperator::LeftSemi(c) | JoinOperator::Anti(c) | JoinOperator::LeftAnti(c) => {
                (JoinKind::Semi, c)
            }
            JoinOperator::RightSemi(c) | JoinOperator::RightAnti(c) => (JoinKind::RightSemi, c),
            JoinOperator::CrossApply | JoinOperator::ArrayJoin | JoinOperator::InnerArrayJoin => {
                (JoinKind::Apply, ast::JoinConstraint::None)
            }
            JoinOperator::OuterApply | JoinOperator::LeftArrayJoin => (JoinKind::OuterApply, ast::JoinConstraint::None),
            JoinOperator::AsOf { match_condition, constraint } => {
                extra = Some(self.expr(match_condition));
                (JoinKind::Left, constraint)
            }
        };
        let constraint = match constraint {
            ast::JoinConstraint::On(expr) => {
                let mut on = vec![self.expr(expr)];
                on.extend(extra);
                JoinConstraint::On(on)
            }
            ast::JoinConstraint::Using(names) | ast::JoinConstraint::UsingAlias(names, _) => {
                JoinConstraint::Using(names.iter().filter_map(|n| Some((self.last(n)?, Self::name_pos(n)))).collect())
            }
            ast::JoinConstraint::Natural => JoinConstraint::Natural,
            ast::JoinConstraint::None => extra.map_or(JoinConstraint::None, |e| JoinConstraint::On(vec![e])),
        };
        Join { relation, kind, constraint }
    }

    pub(super) fn relation(&mut self, tree: TableFactor) -> RelationId {
        if !self.enter() {
            self.leave();
            let none = self.idents(&[]);
            return self.add_relation(Relation::Table {
                name: none,
                alias: crate::ir::Alias::default(),
                extra: Exprs::default(),
                pos: Pos::default(),
            });
        }
        let relation = self.relation_here(tree);
        self.leave();
        self.add_relation(relation)
    }

    fn relation_here(&mut self, tree: TableFactor) -> Relation {
        use TableFactor as T;
        match tree {
            T::Table {
                name,
                alias,
                args,
                with_hints: _,
                version,
                with_ordinality,
                partitions: _,
                json_path: _,
                sample: _,
                index_directives: _,
                inheritance: _,
            } => {
                let pos = Self::name_pos(&name);
                let name = self.name(&name);
                let alias = self.alias(alias.as_ref());
                // T-SQL's old way of a hint: `t (NOLOCK)`.
                let hints = |args: &ast::TableFunctionArgs| self.dialect == Dialect::TSql && only_hints(&args.args);
                if let Some(args) = args.filter(|args| !hints(args)) {
                    let args = self.arguments(args.args);
                    return Relation::Function {
                        name,
                        args: args.values,
                        arg_names: args.names,
                        ordinality: with_ordinality,
                        alias,
                        pos,
                    };
                }
                let moments = match version {
                    None => Vec::new(),
                    Some(
                        ast::TableVersion::ForSystemTimeAsOf(e)
                        | ast::TableVersion::TimestampAsOf(e)
                        | ast::TableVersion::VersionAsOf(e)
                        | ast::TableVersion::Function(e),
                    ) => vec![e],
                    Some(ast::TableVersion::Changes { changes, at, end }) => {
                        [changes, at].into_iter().chain(end).collect()
                    }
                };
                let extra = self.exprs(moments.into_iter().filter(|e| !matches!(e, ast::Expr::Function(_))));
                Relation::Table { name, alias, extra, pos }
            }
            T::Derived { lateral, subquery, alias, sample: _ } => {
                let query = self.query(*subquery);
                Relation::Derived { query, lateral, alias: self.alias(alias.as_ref()) }
            }
            T::TableFunction { expr, alias } => {
                let alias = self.alias(alias.as_ref());
                self.table_function(expr, alias)
            }
            T::Function { lateral: _, name, args, with_ordinality, alias } => {
                let pos = Self::name_pos(&name);
                let name = self.name(&name);
                let args = self.arguments(args);
                Relation::Function {
                    name,
                    args: args.values,
                    arg_names: args.names,
                    ordinality: with_ordinality,
                    alias: self.alias(alias.as_ref()),
                    pos,
                }
            }
            T::UNNEST { alias, array_exprs, with_offset, with_offset_alias, with_ordinality } => {
                let args = self.exprs(array_exprs);
                let offset = (with_offset || with_ordinality).then(|| with_offset_alias.map(|a| self.ident(&a)));
                Relation::Unnest { args, offset, alias: self.alias(alias.as_ref()) }
            }
            T::JsonTable { json_expr, json_path: _, columns, alias } => {
                let args = self.exprs([json_expr]);
                let mut out = Vec::new();
                self.json_columns(columns, &mut out);
                Relation::Columns { args, columns: out, alias: self.alias(alias.as_ref()) }
            }
            T::OpenJsonTable { json_expr, json_path: _, columns, alias } => {
                let args = self.exprs([json_expr]);
                let columns = columns.iter().map(|c| self.column_def(&c.name, &c.r#type)).collect();
                Relation::Columns { args, columns, alias: self.alias(alias.as_ref()) }
            }
            T::NestedJoin { table_with_joins, alias } => {
                let from = self.from(*table_with_joins);
                Relation::Nested { from: Box::new(from), alias: self.alias(alias.as_ref()) }
            }
            T::Pivot { table, aggregate_functions, value_column, value_source, default_on_null: _, alias } => {
                let input = self.relation(*table);
                // DuckDB calls the columns of several aggregates by their texts.
                let texts = self.dialect == Dialect::DuckDb && aggregate_functions.len() > 1;
                let aggregates = aggregate_functions
                    .into_iter()
                    .map(|a| {
                        let name = match a.alias {
                            Some(alias) => Some(self.ident(&alias)),
                            None if texts => {
                                super::naming::text(self.dialect, &a.expr).map(|text| self.intern(&text, true))
                            }
                            None => None,
                        };
                        (self.expr(a.expr), name)
                    })
                    .collect();
                let on = self.exprs(value_column);
                let values = match value_source {
                    ast::PivotValueSource::List(list) => PivotColumns::List(
                        list.into_iter()
                            .map(|v| {
                                let name = v.alias.map(|n| self.ident(&n));
                                (self.expr(v.expr), name)
                            })
                            .collect(),
                    ),
                    ast::PivotValueSource::Any(_) => PivotColumns::Any,
                    ast::PivotValueSource::Subquery(query) => PivotColumns::Subquery(self.query(*query)),
                };
                Relation::Pivot { input, aggregates, on, values, alias: self.alias(alias.as_ref()) }
            }
            T::Unpivot { table, value, name, columns, null_inclusion: _, alias } => {
                let input = self.relation(*table);
                let values = self.names_of(value);
                let name = Some(self.ident(&name));
                let columns = self.exprs(columns.into_iter().map(|c| c.expr));
                Relation::Unpivot { input, values, name, columns, alias: self.alias(alias.as_ref()) }
            }
            T::UnpivotExpr { expression, value_alias, attribute_alias } => {
                let args = self.exprs([expression]);
                let columns = std::iter::once(&value_alias)
                    .chain(&attribute_alias)
                    .map(|name| ColumnDef { name: self.ident(name), ty: None, not_null: false })
                    .collect();
                Relation::Columns { args, columns, alias: crate::ir::Alias::default() }
            }
            T::MatchRecognize {
                table,
                partition_by,
                order_by,
                measures,
                rows_per_match,
                after_match_skip: _,
                pattern: _,
                symbols,
                alias,
            } => {
                let input = self.relation(*table);
                let partition = self.exprs(partition_by);
                let order = self.exprs(order_by.into_iter().map(|o| o.expr));
                let measures = measures.into_iter().map(|m| (self.expr(m.expr), self.ident(&m.alias))).collect();
                let names = symbols.iter().map(|s| self.ident(&s.symbol)).collect();
                let defines = self.exprs(symbols.into_iter().map(|s| s.definition));
                let all_rows = match rows_per_match {
                    Some(ast::RowsPerMatch::AllRows(_)) => true,
                    Some(ast::RowsPerMatch::OneRow) | None => false,
                };
                Relation::MatchRecognize {
                    input,
                    partition,
                    order,
                    measures,
                    defines,
                    symbols: names,
                    all_rows,
                    alias: self.alias(alias.as_ref()),
                }
            }
            T::XmlTable { namespaces: _, row_expression, passing, columns, alias } => {
                let inputs = std::iter::once(row_expression).chain(passing.arguments.into_iter().map(|a| a.expr));
                let args = self.exprs(inputs);
                let columns = columns
                    .into_iter()
                    .map(|column| match column.option {
                        ast::XmlTableColumnOption::NamedInfo { r#type, path: _, default: _, nullable: _ } => {
                            self.column_def(&column.name, &r#type)
                        }
                        ast::XmlTableColumnOption::ForOrdinality => {
                            ColumnDef { name: self.ident(&column.name), ty: None, not_null: true }
                        }
                    })
                    .collect();
                Relation::Columns { args, columns, alias: self.alias(alias.as_ref()) }
            }
            T::SemanticView { name, dimensions, metrics, facts, where_clause: _, alias } => {
                // The columns are the view's members that are asked for; the view stands for its tables.
                let pos = Self::name_pos(&name);
                let name = self.name(&name);
                for member in dimensions.into_iter().chain(metrics).chain(facts) {
                    self.expr(member);
                }
                Relation::Table { name, alias: self.alias(alias.as_ref()), extra: Exprs::default(), pos }
            }
        }
    }

    /// `TABLE(f(x))`; `TABLE(t)` is a table.
    fn table_function(&mut self, expr: ast::Expr, alias: crate::ir::Alias) -> Relation {
        match expr {
            ast::Expr::Function(function) => {
                let lowered = self.function(function);
                let Expr::Call(call) = *self.arena.expr(lowered) else {
                    let args = self.ids(&[lowered]);
                    return Relation::Columns { args, columns: Vec::new(), alias };
                };
                let call = self.arena.call(call);
                Relation::Function {
                    name: call.name,
                    args: call.args,
                    arg_names: call.arg_names.clone(),
                    ordinality: false,
                    pos: call.pos,
                    alias,
                }
            }
            other => {
                let args = self.exprs([other]);
                Relation::Unnest { args, offset: None, alias }
            }
        }
    }

    fn json_columns(&mut self, columns: Vec<ast::JsonTableColumn>, out: &mut Vec<ColumnDef>) {
        for column in columns {
            match column {
                ast::JsonTableColumn::Named(named) => {
                    let def = self.column_def(&named.name, &named.r#type);
                    out.push(def);
                }
                ast::JsonTableColumn::ForOrdinality(name) => {
                    let name = self.ident(&name);
                    out.push(ColumnDef { name, ty: None, not_null: true });
                }
                ast::JsonTableColumn::Nested(nested) => {
                    if self.enter() {
                        self.json_columns(nested.columns, out);
                    }
                    self.leave();
                }
            }
        }
    }

    pub(super) fn column_def(&mut self, name: &ast::Ident, ty: &ast::DataType) -> ColumnDef {
        let ty = match ty {
            ast::DataType::Unspecified => None,
            ty => Some(self.data_type(ty)),
        };
        ColumnDef { name: self.ident(name), ty, not_null: false }
    }

    /// The names in `x` or `(x, y)`.
    fn names_of(&mut self, expr: ast::Expr) -> Vec<IdentId> {
        match expr {
            ast::Expr::Identifier(ident) => vec![self.ident(&ident)],
            ast::Expr::CompoundIdentifier(parts) => parts.last().map(|p| self.ident(p)).into_iter().collect(),
            ast::Expr::Tuple(items) => items.into_iter().flat_map(|e| self.names_of(e)).collect(),
            ast::Expr::Nested(inner) => self.names_of(*inner),
            _ => Vec::new(),
        }
    }
}

fn is_array_join(operator: &JoinOperator) -> bool {
    matches!(operator, JoinOperator::ArrayJoin | JoinOperator::InnerArrayJoin | JoinOperator::LeftArrayJoin)
}

/// Words of the language that no column can be called by without quotes in this place.
fn only_hints(args: &[ast::FunctionArg]) -> bool {
    let hint = |arg: &ast::FunctionArg| match arg {
        ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(ast::Expr::Identifier(word))) => {
            word.quote_style.is_none()
                && matches!(
                    word.value.to_ascii_lowercase().as_str(),
                    "nolock"
                        | "readuncommitted"
                        | "readcommitted"
                        | "readpast"
                        | "repeatableread"
                        | "serializable"
                        | "holdlock"
                        | "updlock"
                        | "xlock"
                        | "tablock"
                        | "tablockx"
                        | "paglock"
                        | "rowlock"
                        | "nowait"
                        | "noexpand"
                        | "snapshot"
                )
        }
        _ => false,
    };
    !args.is_empty() && args.iter().all(hint)
}
