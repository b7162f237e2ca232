//! Statements.

use super::Lower;
use crate::ir::{Alias, ColumnDef, Pos, QueryId, StatementBody, StatementKind};
use sqlparser::ast::{self, Statement as S};
use tessera_model::Dialect;

pub(super) type Lowered = (StatementKind, StatementBody);

fn other() -> StatementBody {
    StatementBody::Other { queries: Vec::new(), alias: Alias::default() }
}

impl Lower {
    pub(super) fn statement(&mut self, tree: S) -> Lowered {
        if !self.enter() {
            self.leave();
            return (StatementKind::Other, other());
        }
        let lowered = self.statement_here(tree);
        self.leave();
        lowered
    }

    fn nested_statement(&mut self, tree: S) -> u32 {
        let (_, body) = self.statement(tree);
        self.nested.push(body);
        super::id(self.nested.len() - 1)
    }

    fn block(&mut self, list: impl IntoIterator<Item = S>) -> Lowered {
        let inner = list.into_iter().map(|s| self.nested_statement(s)).collect();
        (StatementKind::Other, StatementBody::Block(inner))
    }

    fn queries(&mut self, list: impl IntoIterator<Item = Box<ast::Query>>) -> Lowered {
        let queries = list.into_iter().map(|q| self.query(*q)).collect();
        (StatementKind::Other, StatementBody::Other { queries, alias: Alias::default() })
    }

    fn statement_here(&mut self, tree: S) -> Lowered {
        use StatementKind as K;
        match tree {
            S::Query(query) => {
                let into = self.arena.selects.len();
                let query = self.query(*query);
                self.query_statement(query, into)
            }
            S::Insert(insert) => (K::Insert, self.insert(insert)),
            S::Update(update) => (K::Update, self.update(update)),
            S::Delete(delete) => (K::Delete, self.delete(delete)),
            S::Merge(merge) => (K::Merge, self.merge(merge)),
            S::CreateView(view) => {
                let pos = Self::name_pos(&view.name);
                // ClickHouse: a materialized view TO a table writes that table.
                let name = self.name(view.to.as_ref().unwrap_or(&view.name));
                let columns = view
                    .columns
                    .iter()
                    .map(|c| ColumnDef { name: self.ident(&c.name), ty: None, not_null: false })
                    .collect();
                let query = Some(self.query(*view.query));
                let temporary = view.temporary;
                let body = StatementBody::Create {
                    view: true,
                    temporary,
                    name,
                    columns,
                    query,
                    like: None,
                    clone: false,
                    pos,
                };
                (K::View, body)
            }
            S::CreateTable(table) => self.create_table(table),
            S::Directory { overwrite: _, local: _, path: _, file_format: _, source } => {
                let query = Some(self.query(*source));
                (K::Insert, StatementBody::Copy { reads: Vec::new(), writes: Vec::new(), query })
            }
            S::Copy { source, to, target: _, options: _, legacy_options: _, payload: _ } => {
                let body = match source {
                    ast::CopySource::Table { table_name, columns } => {
                        let table = self.name(&table_name);
                        let columns = self.ident_list(&columns);
                        if to {
                            StatementBody::Copy { reads: vec![(table, columns)], writes: Vec::new(), query: None }
                        } else {
                            StatementBody::Copy { reads: Vec::new(), writes: vec![table], query: None }
                        }
                    }
                    ast::CopySource::Query(query) => {
                        let query = Some(self.query(*query));
                        StatementBody::Copy { reads: Vec::new(), writes: Vec::new(), query }
                    }
                };
                (K::Copy, body)
            }
            S::CopyIntoSnowflake {
                kind,
                into,
                into_columns: _,
                from_obj,
                from_obj_alias: _,
                stage_params: _,
                from_transformations: _,
                from_query,
                files: _,
                pattern: _,
                file_format: _,
                copy_options: _,
                validation_mode: _,
                partition: _,
            } => {
                let query = from_query.map(|q| self.query(*q));
                let object = from_obj.filter(|n| !n.to_string().starts_with('@')).map(|n| (self.name(&n), Vec::new()));
                let body = match kind {
                    ast::CopyIntoSnowflakeKind::Table => {
                        StatementBody::Copy { reads: Vec::new(), writes: vec![self.name(&into)], query }
                    }
                    ast::CopyIntoSnowflakeKind::Location => {
                        StatementBody::Copy { reads: object.into_iter().collect(), writes: Vec::new(), query }
                    }
                };
                (K::Copy, body)
            }
            S::Unload { query, query_text, to: _, auth: _, with: _, options: _ } => {
                let query = match (query, query_text) {
                    (Some(query), _) => Some(self.query(*query)),
                    (None, Some(text)) => self.query_text(&text),
                    (None, None) => None,
                };
                (K::Copy, StatementBody::Copy { reads: Vec::new(), writes: Vec::new(), query })
            }
            S::ExportData(export) => {
                let query = Some(self.query(*export.query));
                (K::Copy, StatementBody::Copy { reads: Vec::new(), writes: Vec::new(), query })
            }
            S::LoadData { local: _, inpath: _, overwrite: _, table_name, partitioned: _, table_format: _ } => {
                let writes = vec![self.name(&table_name)];
                (K::Copy, StatementBody::Copy { reads: Vec::new(), writes, query: None })
            }
            S::Cache { table_flag: _, table_name, has_as: _, options: _, query } => match query {
                Some(query) => {
                    let pos = Self::name_pos(&table_name);
                    let name = self.name(&table_name);
                    let query = Some(self.query(*query));
                    let body = StatementBody::Create {
                        view: false,
                        temporary: true,
                        name,
                        columns: Vec::new(),
                        query,
                        like: None,
                        clone: false,
                        pos,
                    };
                    (K::Ctas, body)
                }
                None => (K::Other, other()),
            },
            S::AlterTable(alter) => self.alter_table(alter),
            S::AlterView(alter) => match alter.operation {
                ast::AlterViewOperation::As { columns, query, .. } => {
                    let pos = Self::name_pos(&alter.name);
                    let name = self.name(&alter.name);
                    let columns =
                        columns.iter().map(|c| ColumnDef { name: self.ident(c), ty: None, not_null: false }).collect();
                    let query = Some(self.query(*query));
                    let body = StatementBody::Create {
                        view: true,
                        temporary: false,
                        name,
                        columns,
                        query,
                        like: None,
                        clone: false,
                        pos,
                    };
                    (K::View, body)
                }
                #[allow(unreachable_patterns)]
                _ => (K::Ddl, other()),
            },
            S::RenameTable(list) => {
                let renames: Vec<_> = list.iter().map(|r| (self.name(&r.old_name), self.name(&r.new_name))).collect();
                let mut inner = Vec::new();
                for (from, to) in renames {
                    self.nested.push(StatementBody::Rename { from, to });
                    inner.push(super::id(self.nested.len() - 1));
                }
                (K::Ddl, StatementBody::Block(inner))
            }
            S::Drop { object_type, if_exists: _, names, cascade: _, restrict: _, purge: _, temporary: _, table: _ } => {
                let tables = matches!(
                    object_type,
                    ast::ObjectType::Table | ast::ObjectType::View | ast::ObjectType::MaterializedView
                );
                let names = if tables { names.iter().map(|n| self.name(n)).collect() } else { Vec::new() };
                (K::Ddl, StatementBody::Drop(names))
            }
            S::Use(target) => (K::Use, self.use_statement(&target)),
            S::Explain { describe_alias: _, analyze: _, verbose: _, query_plan: _, estimate: _, statement, .. } => {
                self.block([*statement])
            }
            S::Prepare { name: _, data_types: _, statement } => self.block([*statement]),
            S::StartTransaction { statements, exception, .. } => {
                let handlers = exception.into_iter().flatten().flat_map(|e| e.statements);
                self.block(statements.into_iter().chain(handlers))
            }
            S::If(statement) => {
                let blocks =
                    std::iter::once(statement.if_block).chain(statement.elseif_blocks).chain(statement.else_block);
                let inner: Vec<S> = blocks.flat_map(conditional).collect();
                self.block(inner)
            }
            S::Case(statement) => {
                let inner: Vec<S> =
                    statement.when_blocks.into_iter().chain(statement.else_block).flat_map(conditional).collect();
                self.block(inner)
            }
            S::While(statement) => self.block(conditional(statement.while_block)),
            S::CreateProcedure { or_alter: _, name: _, params: _, language: _, body } => {
                let inner = match body {
                    ast::CreateProcedureBody::As(statements) => sequence(statements),
                    ast::CreateProcedureBody::BeginAtomic(block) => block.statements,
                };
                // A definition moves no data; its reads and writes happen when it is called.
                let (_, body) = self.block(inner);
                (K::Ddl, body)
            }
            S::Declare { stmts, separator: _ } => self.queries(stmts.into_iter().filter_map(|d| d.for_query)),
            S::CreateMacro { or_replace: _, temporary: _, name, args, definition } => {
                (K::Ddl, self.create_macro(&name, args, definition))
            }
            S::CreateFunction(function) => (K::Ddl, self.create_function(function).unwrap_or_else(other)),
            S::Truncate(_)
            | S::CreateVirtualTable { .. }
            | S::CreateIndex(_)
            | S::CreateRole(_)
            | S::CreateSecret { .. }
            | S::CreateServer(_)
            | S::CreateForeignTable(_)
            | S::CreateForeignDataWrapper(_)
            | S::CreateUserMapping(_)
            | S::CreatePolicy(_)
            | S::CreateRule(_)
            | S::CreateConnector(_)
            | S::CreateOperator(_)
            | S::CreateOperatorFamily(_)
            | S::CreateOperatorClass(_)
            | S::CreateTextSearch(_)
            | S::CreateAggregate(_)
            | S::AlterSchema(_)
            | S::AlterIndex { .. }
            | S::AlterFunction(_)
            | S::AlterType(_)
            | S::AlterCollation(_)
            | S::AlterOperator(_)
            | S::AlterOperatorFamily(_)
            | S::AlterOperatorClass(_)
            | S::AlterTextSearch(_)
            | S::AlterRole { .. }
            | S::AlterPolicy(_)
            | S::AlterTrigger(_)
            | S::AlterConnector { .. }
            | S::AlterSession { .. }
            | S::DropFunction(_)
            | S::DropDomain(_)
            | S::DropProcedure { .. }
            | S::DropSecret { .. }
            | S::DropPolicy(_)
            | S::DropRule(_)
            | S::DropConnector { .. }
            | S::CreateExtension(_)
            | S::CreateCollation(_)
            | S::DropExtension(_)
            | S::DropOperator(_)
            | S::DropOperatorFamily(_)
            | S::DropOperatorClass(_)
            | S::CreateSchema { .. }
            | S::CreateDatabase { .. }
            | S::CreateTrigger(_)
            | S::DropTrigger(_)
            | S::CreateStage { .. }
            | S::CreateFileFormat { .. }
            | S::CreateWarehouse(_)
            | S::CreateSequence { .. }
            | S::CreateDomain(_)
            | S::CreateType { .. }
            | S::CreateUser(_)
            | S::AlterUser(_)
            | S::Comment { .. }
            | S::Grant(_)
            | S::GrantRole(_)
            | S::Deny(_)
            | S::Revoke(_)
            | S::RevokeRole(_)
            | S::AlterDefaultPrivileges(_)
            | S::RefreshMaterializedView(_) => (K::Ddl, other()),
            S::Analyze(_)
            | S::Set(_)
            | S::Msck(_)
            | S::Install { .. }
            | S::Load { .. }
            | S::Raise(_)
            | S::Call(_)
            | S::Open(_)
            | S::Close { .. }
            | S::AttachDatabase { .. }
            | S::AttachDuckDBDatabase { .. }
            | S::DetachDuckDBDatabase { .. }
            | S::Fetch { .. }
            | S::Flush { .. }
            | S::Discard { .. }
            | S::ShowFunctions { .. }
            | S::ShowVariable { .. }
            | S::ShowStatus { .. }
            | S::ShowVariables { .. }
            | S::ShowCreate { .. }
            | S::ShowColumns { .. }
            | S::ShowCatalogs { .. }
            | S::ShowDatabases { .. }
            | S::ShowProcessList { .. }
            | S::ShowSchemas { .. }
            | S::ShowCharset(_)
            | S::ShowObjects(_)
            | S::ShowTables { .. }
            | S::ShowViews { .. }
            | S::ShowCollation { .. }
            | S::Commit { .. }
            | S::Rollback { .. }
            | S::Assert { .. }
            | S::Deallocate { .. }
            | S::Execute { .. }
            | S::Kill { .. }
            | S::ExplainTable { .. }
            | S::Savepoint { .. }
            | S::ReleaseSavepoint { .. }
            | S::UNCache { .. }
            | S::Pragma { .. }
            | S::Lock(_)
            | S::LockTables { .. }
            | S::UnlockTables
            | S::OptimizeTable { .. }
            | S::LISTEN { .. }
            | S::UNLISTEN { .. }
            | S::NOTIFY { .. }
            | S::List(_)
            | S::Put { .. }
            | S::Remove(_)
            | S::RaisError { .. }
            | S::Throw(_)
            | S::Print(_)
            | S::WaitFor(_)
            | S::Return(_)
            | S::Vacuum(_)
            | S::Reset(_) => (K::Other, other()),
        }
    }

    /// A query; `SELECT … INTO t` writes a table, and `WITH … INSERT` is a data-changing statement in a query's clothes.
    fn query_statement(&mut self, query: QueryId, first_select: usize) -> Lowered {
        let body = self.arena.query(query).body;
        let first = match self.arena.body(body) {
            crate::ir::Body::Set { first, .. } => *first,
            _ => body,
        };
        if let crate::ir::Body::Select(select) = self.arena.body(first)
            && select.index() >= first_select
            && let Some(name) = self.arena.select(*select).into
        {
            let create = StatementBody::Create {
                view: false,
                temporary: false,
                name,
                columns: Vec::new(),
                query: Some(query),
                like: None,
                clone: false,
                pos: Pos::default(),
            };
            return (StatementKind::Ctas, create);
        }
        let kind = match self.arena.body(body) {
            crate::ir::Body::Dml(nested) => match &self.nested[*nested as usize] {
                StatementBody::Insert { .. } => StatementKind::Insert,
                StatementBody::Update { .. } => StatementKind::Update,
                StatementBody::Delete { .. } => StatementKind::Delete,
                StatementBody::Merge { .. } => StatementKind::Merge,
                _ => StatementKind::Query,
            },
            _ => StatementKind::Query,
        };
        (kind, StatementBody::Query(query))
    }

    /// A query inside a string (Redshift's UNLOAD).
    fn query_text(&mut self, text: &str) -> Option<QueryId> {
        let reader = crate::dialects::reader(self.dialect);
        reader.fuel.fill(text.len());
        let mut parser = sqlparser::parser::Parser::new(reader.dialect.as_ref()).with_recursion_limit(50);
        parser = parser.try_with_sql(text).ok()?;
        let query = parser.parse_query().ok()?;
        Some(self.query(*query))
    }

    fn use_statement(&mut self, target: &ast::Use) -> StatementBody {
        let nothing = StatementBody::Use { database: None, schema: None, either: None };
        let (name, is_database, is_schema) = match target {
            ast::Use::Catalog(name) | ast::Use::Database(name) => (name, true, false),
            ast::Use::Schema(name) => (name, false, true),
            ast::Use::Object(name) => (name, false, false),
            ast::Use::Warehouse(_) | ast::Use::Role(_) | ast::Use::SecondaryRoles(_) | ast::Use::Default => {
                return nothing;
            }
        };
        // Their databases are what holds tables.
        let two_levels = matches!(
            self.dialect,
            Dialect::Hive | Dialect::SparkSql | Dialect::MySql | Dialect::Databricks | Dialect::ClickHouse
        );
        let list = self.name(name);
        match self.arena.idents(list) {
            [one] if two_levels || is_schema => StatementBody::Use { database: None, schema: Some(*one), either: None },
            [one] if is_database => StatementBody::Use { database: Some(*one), schema: None, either: None },
            [one] => StatementBody::Use { database: None, schema: None, either: Some(*one) },
            [.., database, schema] => {
                StatementBody::Use { database: Some(*database), schema: Some(*schema), either: None }
            }
            [] => nothing,
        }
    }
}

fn conditional(block: ast::ConditionalStatementBlock) -> Vec<S> {
    sequence(block.conditional_statements)
}

fn sequence(statements: ast::ConditionalStatements) -> Vec<S> {
    match statements {
        ast::ConditionalStatements::Sequence { statements } => statements,
        ast::ConditionalStatements::BeginEnd(block) => block.statements,
    }
}
