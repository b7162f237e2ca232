//! Statements that write rows: INSERT, UPDATE, DELETE, MERGE.

use super::Lower;
use crate::ir::{Assignment, From, IdentId, Idents, Item, MergeAction, MergeClause, MergeSides, Pos, StatementBody};
use sqlparser::ast;

impl Lower {
    fn assignments(&mut self, list: Vec<ast::Assignment>) -> Vec<Assignment> {
        list.into_iter()
            .map(|a| {
                let targets = match &a.target {
                    ast::AssignmentTarget::ColumnName(name) => vec![self.name(name)],
                    ast::AssignmentTarget::Tuple(names) => names.iter().map(|n| self.name(n)).collect(),
                };
                Assignment { targets, value: self.expr(a.value) }
            })
            .collect()
    }

    fn returning(&mut self, items: Option<Vec<ast::SelectItem>>, output: Option<ast::OutputClause>) -> Vec<Item> {
        let items = match (items, output) {
            (Some(items), _) => items,
            (
                None,
                Some(
                    ast::OutputClause::Output { output_token: _, select_items, into_table: _ }
                    | ast::OutputClause::Returning { returning_token: _, select_items },
                ),
            ) => select_items,
            (None, None) => Vec::new(),
        };
        self.items(items)
    }

    fn last_names(&mut self, names: &[ast::ObjectName]) -> Vec<IdentId> {
        names.iter().filter_map(|n| self.last(n)).collect()
    }

    pub(super) fn insert(&mut self, insert: ast::Insert) -> StatementBody {
        if insert.multi_table_insert_type.is_some() {
            return self.multi_insert(insert);
        }
        let (table, pos) = match &insert.table {
            ast::TableObject::TableName(name) => (self.name(name), Self::name_pos(name)),
            ast::TableObject::TableFunction(function) => (self.name(&function.name), Self::name_pos(&function.name)),
            ast::TableObject::TableQuery(_) => (Idents::default(), Pos::default()),
        };
        let mut columns = self.last_names(&insert.columns);
        columns.extend(self.ident_list(&insert.after_columns));
        let partition = insert
            .partitioned
            .into_iter()
            .flatten()
            .filter_map(|e| match e {
                ast::Expr::Identifier(ident) => Some(self.ident(&ident)),
                _ => None,
            })
            .collect();
        let source = insert.source.map(|q| self.query(*q));
        let assignments = self.assignments(insert.assignments);
        let on_conflict = match insert.on {
            None => Vec::new(),
            Some(ast::OnInsert::DuplicateKeyUpdate(list)) => self.assignments(list),
            Some(ast::OnInsert::OnConflict(conflict)) => match conflict.action {
                ast::OnConflictAction::DoNothing => Vec::new(),
                ast::OnConflictAction::DoUpdate(update) => self.assignments(update.assignments),
            },
            // The enum is marked as open by the parser.
            Some(_) => Vec::new(),
        };
        let alias = insert.table_alias.map(|a| self.ident(&a.alias));
        let returning = self.returning(insert.returning, insert.output);
        StatementBody::Insert {
            table,
            alias,
            columns,
            by_name: insert.by_name,
            source,
            assignments,
            partition,
            on_conflict,
            returning,
            pos,
        }
    }

    fn multi_insert(&mut self, insert: ast::Insert) -> StatementBody {
        let source = insert.source.map(|q| self.query(*q));
        let mut conditions = Vec::new();
        let mut clauses = insert.multi_table_into_clauses;
        for when in insert.multi_table_when_clauses {
            conditions.push(self.expr(when.condition));
            clauses.extend(when.into_clauses);
        }
        clauses.extend(insert.multi_table_else_clause.into_iter().flatten());
        let targets = clauses
            .into_iter()
            .map(|clause| {
                let table = self.name(&clause.table_name);
                let columns = self.ident_list(&clause.columns);
                let values = clause.values.map(|v| {
                    let values = v.values.into_iter().map(|v| match v {
                        ast::MultiTableInsertValue::Expr(e) => e,
                        ast::MultiTableInsertValue::Default => ast::Expr::Value(ast::Value::Null.with_empty_span()),
                    });
                    self.exprs(values)
                });
                (table, columns, values)
            })
            .collect();
        StatementBody::MultiInsert { conditions, targets, source }
    }

    pub(super) fn update(&mut self, update: ast::Update) -> StatementBody {
        let target = self.from(update.table);
        let from = match update.from {
            None => Vec::new(),
            Some(ast::UpdateTableFromKind::BeforeSet(list) | ast::UpdateTableFromKind::AfterSet(list)) => {
                list.into_iter().map(|t| self.from(t)).collect()
            }
        };
        let assignments = self.assignments(update.assignments);
        let filters = self.option(update.selection).into_iter().collect();
        let returning = self.returning(update.returning, update.output);
        StatementBody::Update { target, assignments, from, filters, returning }
    }

    pub(super) fn delete(&mut self, delete: ast::Delete) -> StatementBody {
        let tables = delete.tables.iter().map(|n| self.name(n)).collect();
        let list = match delete.from {
            ast::FromTable::WithFromKeyword(list) | ast::FromTable::WithoutKeyword(list) => list,
        };
        let from: Vec<From> = list.into_iter().map(|t| self.from(t)).collect();
        let using = delete.using.into_iter().flatten().map(|t| self.from(t)).collect();
        let filters = self.option(delete.selection).into_iter().collect();
        let returning = self.returning(delete.returning, delete.output);
        StatementBody::Delete { tables, from, using, filters, returning }
    }

    pub(super) fn merge(&mut self, merge: ast::Merge) -> StatementBody {
        let target = self.relation(merge.table);
        let source = self.relation(merge.source);
        let on = self.expr(*merge.on);
        let clauses = merge
            .clauses
            .into_iter()
            .map(|clause| {
                let mut filters: Vec<_> = self.option(clause.predicate).into_iter().collect();
                let action = match clause.action {
                    ast::MergeAction::Insert(insert) => {
                        filters.extend(self.option(insert.insert_predicate));
                        let columns = self.last_names(&insert.columns);
                        match insert.kind {
                            ast::MergeInsertKind::Values(values) => {
                                MergeAction::Insert { columns, rows: self.rows(values) }
                            }
                            ast::MergeInsertKind::Row | ast::MergeInsertKind::Wildcard => MergeAction::InsertAll,
                        }
                    }
                    ast::MergeAction::Update(update) => {
                        filters.extend(self.option(update.update_predicate));
                        filters.extend(self.option(update.delete_predicate));
                        match update.kind {
                            ast::MergeUpdateKind::Set(list) => MergeAction::Update(self.assignments(list)),
                            ast::MergeUpdateKind::Wildcard => MergeAction::UpdateAll,
                        }
                    }
                    ast::MergeAction::Delete { delete_token: _ } => MergeAction::Delete,
                    ast::MergeAction::DoNothing { do_token: _, nothing_token: _ } => MergeAction::Nothing,
                };
                let sides = match clause.clause_kind {
                    ast::MergeClauseKind::Matched => MergeSides::Both,
                    ast::MergeClauseKind::NotMatched | ast::MergeClauseKind::NotMatchedByTarget => MergeSides::Source,
                    ast::MergeClauseKind::NotMatchedBySource => MergeSides::Target,
                };
                MergeClause { sides, filters, action }
            })
            .collect();
        StatementBody::Merge { target, source, on, clauses }
    }
}
