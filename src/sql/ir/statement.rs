//! Statements: what they read, what they write, and how.

use super::arena::{Arena, ExprId, Exprs, IdentId, Idents, Pos, QueryId, RelationId, TypeId};
use super::query::{Alias, ColumnDef, From, Item};

/// The class of a statement, as `StatementInfo::kind` prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementKind {
    Query,
    Insert,
    Ctas,
    View,
    Merge,
    Update,
    Delete,
    Copy,
    Ddl,
    Use,
    Other,
}

impl StatementKind {
    pub fn name(self) -> &'static str {
        match self {
            StatementKind::Query => "query",
            StatementKind::Insert => "insert",
            StatementKind::Ctas => "ctas",
            StatementKind::View => "view",
            StatementKind::Merge => "merge",
            StatementKind::Update => "update",
            StatementKind::Delete => "delete",
            StatementKind::Copy => "copy",
            StatementKind::Ddl => "ddl",
            StatementKind::Use => "use",
            StatementKind::Other => "other",
        }
    }
}

/// One statement with its own arena.
#[derive(Debug)]
pub struct Statement {
    pub kind: StatementKind,
    pub arena: Arena,
    pub body: StatementBody,
    /// Bodies of statements inside statements: blocks, EXPLAIN, data-changing CTEs.
    pub nested: Vec<StatementBody>,
    pub pos: Pos,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Assignment {
    /// One dotted name, or several for `(a, b) = (…)`.
    pub targets: Vec<Idents>,
    pub value: ExprId,
}

#[derive(Debug, Clone, PartialEq)]
pub enum MergeAction {
    /// An empty column list means the table's own order.
    Insert {
        columns: Vec<IdentId>,
        rows: Vec<Exprs>,
    },
    /// INSERT ROW, INSERT *.
    InsertAll,
    Update(Vec<Assignment>),
    /// UPDATE SET *.
    UpdateAll,
    Delete,
    Nothing,
}

/// Whose columns a MERGE's clause may name: of a row that has no match there is one side only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeSides {
    Both,
    Source,
    Target,
}

#[derive(Debug, Clone, PartialEq)]
pub struct MergeClause {
    pub sides: MergeSides,
    pub filters: Vec<ExprId>,
    pub action: MergeAction,
}

#[derive(Debug, Clone, PartialEq)]
pub enum StatementBody {
    Query(QueryId),
    Insert {
        table: Idents,
        alias: Option<IdentId>,
        columns: Vec<IdentId>,
        by_name: bool,
        source: Option<QueryId>,
        assignments: Vec<Assignment>,
        /// Columns named in PARTITION (…) without a value, which follow the others.
        partition: Vec<IdentId>,
        on_conflict: Vec<Assignment>,
        returning: Vec<Item>,
        pos: Pos,
    },
    /// Snowflake's INSERT ALL / FIRST.
    MultiInsert {
        conditions: Vec<ExprId>,
        targets: Vec<(Idents, Vec<IdentId>, Option<Exprs>)>,
        source: Option<QueryId>,
    },
    Create {
        view: bool,
        temporary: bool,
        name: Idents,
        columns: Vec<ColumnDef>,
        query: Option<QueryId>,
        /// LIKE, CLONE, COPY: the shape of another table.
        like: Option<Idents>,
        /// CLONE copies the rows as well.
        clone: bool,
        pos: Pos,
    },
    Update {
        target: From,
        assignments: Vec<Assignment>,
        from: Vec<From>,
        filters: Vec<ExprId>,
        returning: Vec<Item>,
    },
    Delete {
        /// `DELETE a, b FROM …`; empty when the FROM names the target.
        tables: Vec<Idents>,
        from: Vec<From>,
        using: Vec<From>,
        filters: Vec<ExprId>,
        returning: Vec<Item>,
    },
    Merge {
        target: RelationId,
        source: RelationId,
        on: ExprId,
        clauses: Vec<MergeClause>,
    },
    /// COPY, UNLOAD, EXPORT: tables read and written besides a query.
    Copy {
        reads: Vec<(Idents, Vec<IdentId>)>,
        writes: Vec<Idents>,
        query: Option<QueryId>,
    },
    Drop(Vec<Idents>),
    Rename {
        from: Idents,
        to: Idents,
    },
    /// ALTER TABLE … SWAP WITH, EXCHANGE PARTITION: the rows of one become the other's.
    Swap {
        from: Idents,
        to: Idents,
    },
    Use {
        database: Option<IdentId>,
        schema: Option<IdentId>,
        /// `USE x` in a dialect of three levels: a database, where there is one to change.
        either: Option<IdentId>,
    },
    /// A function or macro that says what it does.
    Function {
        name: Idents,
        params: Vec<(IdentId, Option<TypeId>)>,
        /// The type that is promised.
        returns: Option<TypeId>,
        /// Nothing to look into where it is in another language.
        body: Option<ExprId>,
    },
    /// Statements inside this one, as indices into `Statement::nested`.
    Block(Vec<u32>),
    /// Nothing that moves data; `reads` are expressions and queries it holds.
    Other {
        queries: Vec<QueryId>,
        alias: Alias,
    },
}
