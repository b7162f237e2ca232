//! What may happen to a table.

use tessera_model::{Column, TableSchema};

/// A change of one table's shape.
#[derive(Debug, Clone, PartialEq)]
pub enum ShapeChange {
    DropTable,
    DropColumn(String),
    /// The new column stands last.
    AddColumn(Column),
    RenameColumn {
        from: String,
        to: String,
    },
    /// The type in the table's own spelling.
    RetypeColumn {
        column: String,
        data_type: String,
    },
    SetNullable {
        column: String,
        nullable: bool,
    },
    /// Any other shape.
    Replace(TableSchema),
}

impl ShapeChange {
    /// The table afterwards; `None` when it is gone. Columns are found as the shape's dialect compares names; a column
    /// that is not there changes nothing.
    pub fn apply(&self, before: &TableSchema) -> Option<TableSchema> {
        let folding = before.dialect.column_folding();
        let mut after = before.clone();
        let find = |shape: &TableSchema, name: &str| {
            let key = folding.key(name);
            shape.columns.iter().position(|c| folding.is_key(&c.name, &key))
        };
        match self {
            ShapeChange::DropTable => return None,
            ShapeChange::DropColumn(name) => {
                if let Some(at) = find(&after, name) {
                    after.columns.remove(at);
                }
            }
            ShapeChange::AddColumn(column) => {
                if find(&after, &column.name).is_none() {
                    after.columns.push(column.clone());
                }
            }
            ShapeChange::RenameColumn { from, to } => {
                if let Some(at) = find(&after, from) {
                    after.columns[at].name.clone_from(to);
                }
            }
            ShapeChange::RetypeColumn { column, data_type } => {
                if let Some(at) = find(&after, column) {
                    after.columns[at].data_type = Some(data_type.clone());
                    after.columns[at].type_origin = None;
                }
            }
            ShapeChange::SetNullable { column, nullable } => {
                if let Some(at) = find(&after, column) {
                    after.columns[at].nullable = Some(*nullable);
                }
            }
            ShapeChange::Replace(shape) => after = shape.clone(),
        }
        Some(after)
    }

    /// Columns that are gone by this change whatever else the table may hold: where its columns are not all known, a
    /// comparison of shapes cannot tell.
    pub(super) fn takes_away(&self) -> Option<&str> {
        match self {
            ShapeChange::DropColumn(name) | ShapeChange::RenameColumn { from: name, .. } => Some(name),
            ShapeChange::DropTable
            | ShapeChange::AddColumn(_)
            | ShapeChange::RetypeColumn { .. }
            | ShapeChange::SetNullable { .. }
            | ShapeChange::Replace(_) => None,
        }
    }
}
