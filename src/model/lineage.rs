//! What lineage says of a query: which columns come out, from which columns they are made (direct reads), and which
//! columns decide about them without being in them (indirect reads), as in OpenLineage's column-lineage facet.

use crate::name::TableName;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a source column gets into an output column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectKind {
    Identity,
    Transformation,
    Aggregation,
}

/// How a source column influences rows or values without being part of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IndirectKind {
    Join,
    Filter,
    GroupBy,
    Sort,
    Window,
    Conditional,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DirectRead {
    pub table: Arc<TableName>,
    pub column: Arc<str>,
    pub kind: DirectKind,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct IndirectRead {
    pub table: Arc<TableName>,
    pub column: Arc<str>,
    pub kind: IndirectKind,
}

/// How well a query was understood, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resolution {
    /// Every column was found in a known table.
    Resolved,
    /// Some tables are unknown, yet each column has one possible source.
    Inferred,
    /// Some column has several possible sources, or a star stands on an unknown table.
    Ambiguous,
    /// Only the tables are known.
    TableOnly,
    /// Not understood.
    Unparsed,
}

/// One output column of a query or one written column of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputColumn {
    pub name: Arc<str>,
    /// The table that the statement writes, if it writes one.
    pub target: Option<Arc<TableName>>,
    /// In the dialect's spelling; `None` when unknown.
    #[serde(rename = "type")]
    pub data_type: Option<Arc<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nullable: Option<bool>,
    pub direct: Vec<DirectRead>,
    /// Reads of which the text does not say which is meant. Filled in the batch form alone: elsewhere they are among
    /// `direct`, so that whoever follows reads follows them too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub candidates: Vec<DirectRead>,
    /// Window and conditional reads of this column alone.
    pub indirect: Vec<IndirectRead>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DiagnosticSeverity {
    Error,
    Warning,
    Info,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    pub severity: DiagnosticSeverity,
    /// Stable kebab-case code: `unknown-column`, `ambiguous-column`, `unparsed`, `star-on-unknown-table`, …
    pub code: String,
    pub message: String,
    /// 1-based position in the text that was given; 0 when unknown.
    pub line: u32,
    pub column: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementInfo {
    /// `query`, `insert`, `ctas`, `view`, `merge`, `update`, `delete`, `copy`, `ddl`, `use`, `other`.
    pub kind: String,
    pub resolution: Resolution,
}

/// The answer for one text (possibly several statements). Its JSON form is INTERFACES' `lineage --batch` line less `id`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueryLineage {
    pub resolution: Resolution,
    pub reads: Vec<TableName>,
    pub writes: Vec<TableName>,
    pub columns: Vec<OutputColumn>,
    /// Reads that touch every row: join, filter, group by, sort.
    pub indirect: Vec<IndirectRead>,
    /// Columns that the text names though they reach no output and decide no row (projected in a CTE, dropped later).
    /// Without them it no longer binds, so they are reads (of use `project`) all the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unused: Vec<DirectRead>,
    pub statements: Vec<StatementInfo>,
    pub diagnostics: Vec<Diagnostic>,
    /// True when the output may hold further columns (a star over an unknown table).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub open: bool,
}

impl QueryLineage {
    /// Of a text of which nothing is known, not even its tables.
    pub fn unknown() -> Self {
        QueryLineage {
            resolution: Resolution::Unparsed,
            reads: Vec::new(),
            writes: Vec::new(),
            columns: Vec::new(),
            indirect: Vec::new(),
            unused: Vec::new(),
            statements: Vec::new(),
            diagnostics: Vec::new(),
            open: true,
        }
    }
}
