//! CREATE TABLE and ALTER TABLE: what is made, from what, and which tables change names.

use super::Lower;
use super::statement::Lowered;
use crate::ir::{ColumnDef, StatementBody, StatementKind};
use sqlparser::ast;

impl Lower {
    pub(super) fn create_table(&mut self, table: ast::CreateTable) -> Lowered {
        let pos = Self::name_pos(&table.name);
        let name = self.name(&table.name);
        let columns: Vec<ColumnDef> = table
            .columns
            .iter()
            .map(|c| {
                let mut def = self.column_def(&c.name, &c.data_type);
                def.not_null = c
                    .options
                    .iter()
                    .any(|o| matches!(o.option, ast::ColumnOption::NotNull | ast::ColumnOption::PrimaryKey(_)));
                def
            })
            .collect();
        let like = match (&table.like, &table.clone) {
            (_, Some(name)) => Some(self.name(name)),
            (Some(ast::CreateTableLikeKind::Parenthesized(like) | ast::CreateTableLikeKind::Plain(like)), None) => {
                Some(self.name(&like.name))
            }
            (None, None) => None,
        };
        let query = table.query.map(|q| self.query(*q));
        let kind = if query.is_some() { StatementKind::Ctas } else { StatementKind::Ddl };
        let body = StatementBody::Create {
            view: false,
            temporary: table.temporary,
            name,
            columns,
            query,
            like,
            clone: table.clone.is_some(),
            pos,
        };
        (kind, body)
    }

    pub(super) fn alter_table(&mut self, alter: ast::AlterTable) -> Lowered {
        let table = self.name(&alter.name);
        let mut inner = Vec::new();
        for operation in alter.operations {
            let body = match operation {
                ast::AlterTableOperation::RenameTable { table_name } => {
                    let to = match &table_name {
                        ast::RenameTableNameKind::As(name) | ast::RenameTableNameKind::To(name) => self.name(name),
                    };
                    StatementBody::Rename { from: table, to }
                }
                ast::AlterTableOperation::SwapWith { table_name } => {
                    let to = self.name(&table_name);
                    StatementBody::Swap { from: table, to }
                }
                // Definitions of one table: no rows move.
                _ => continue,
            };
            self.nested.push(body);
            inner.push(super::id(self.nested.len() - 1));
        }
        (StatementKind::Ddl, StatementBody::Block(inner))
    }
}
