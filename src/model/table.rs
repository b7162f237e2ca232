//! The shape of a table: columns in order, keys, and where each fact comes from. This is also the `table` schema format
//! of contracts and of `tessera diff` (see INTERFACES: `columns`, `primary_key`).

use crate::dialect::Dialect;
use crate::types::LogicalType;
use serde::{Deserialize, Serialize};

/// Where a fact about a shape comes from, most trusted first (DESIGN §4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// A warehouse's own catalog, read by a scan.
    Observed,
    /// dbt's catalog.json of the same run.
    Catalog,
    /// An enforced dbt contract.
    Contract,
    /// Inferred from SQL.
    Inferred,
    /// Column names in YAML.
    Declared,
    /// Given by a person or a program through the API.
    Given,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Column {
    /// Stored name (see `name`).
    pub name: String,
    /// The type in the dialect's own spelling; `None` when unknown.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub data_type: Option<String>,
    /// `None` when unknown: never read as "nullable".
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nullable: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Where the type comes from, when it is not where the table comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_origin: Option<Origin>,
}

impl Column {
    pub fn new(name: impl Into<String>, data_type: Option<&str>) -> Self {
        Column { name: name.into(), data_type: data_type.map(str::to_owned), ..Column::default() }
    }

    pub fn logical(&self, dialect: Dialect) -> LogicalType {
        self.data_type.as_deref().map_or(LogicalType::Unknown, |t| LogicalType::parse(dialect, t))
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ForeignKey {
    pub columns: Vec<String>,
    /// Dotted name of the referenced table.
    pub table: String,
    pub references: Vec<String>,
}

/// What readers may rely on beyond names and types: dbt tests and constraints.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Guarantee {
    NotNull {
        column: String,
    },
    Unique {
        columns: Vec<String>,
    },
    AcceptedValues {
        column: String,
        values: Vec<String>,
    },
    Relationship {
        column: String,
        to: String,
        field: String,
    },
    /// Any other named test; `column` when it is about one.
    Custom {
        name: String,
        column: Option<String>,
    },
}

/// A table's shape. Column order is the table's order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableSchema {
    #[serde(default)]
    pub columns: Vec<Column>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub primary_key: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unique: Vec<Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub foreign_keys: Vec<ForeignKey>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guarantees: Vec<Guarantee>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// How the spellings of types are read.
    #[serde(default, skip_serializing_if = "is_generic")]
    pub dialect: Dialect,
    /// Where the column list comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
    /// True when the table may hold columns beyond those listed (YAML names, a star over an unknown table).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
}

fn is_generic(d: &Dialect) -> bool {
    *d == Dialect::Generic
}

impl TableSchema {
    pub fn new(dialect: Dialect, columns: Vec<Column>) -> Self {
        TableSchema { columns, dialect, ..TableSchema::default() }
    }

    /// The column of that stored name, compared as `self.dialect` does.
    pub fn column(&self, name: &str) -> Option<&Column> {
        let folding = self.dialect.column_folding();
        let key = folding.key(name);
        self.columns.iter().find(|c| folding.key(&c.name) == key)
    }
}
