//! Queries, selects and what stands in FROM.

use super::arena::{BodyId, ExprId, Exprs, IdentId, Idents, Pos, QueryId, RelationId, SelectId, TypeId, WindowId};

#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    pub recursive: bool,
    pub ctes: Vec<Cte>,
    pub body: BodyId,
    pub order: Order,
    /// LIMIT, OFFSET, LIMIT BY, FETCH.
    pub limit: Exprs,
    pub pipes: Vec<Pipe>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub enum Order {
    #[default]
    None,
    /// ORDER BY ALL.
    All,
    By(Exprs),
}

#[derive(Debug, Clone, PartialEq)]
pub struct Cte {
    pub name: IdentId,
    pub columns: Vec<IdentId>,
    pub query: QueryId,
    pub pos: Pos,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetOp {
    Union,
    Except,
    Intersect,
}

/// Which columns a set operation by name gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Those of both sides.
    All,
    Left,
    /// Those that both sides have.
    Shared,
}

/// What makes a column of one side belong to one of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matching {
    Place,
    /// `on` lists the columns that are wanted; empty: all that `keep` keeps.
    Name {
        keep: Keep,
        on: Idents,
    },
}

/// The right side of one set operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SetArm {
    pub op: SetOp,
    /// ALL: equal rows stay.
    pub all: bool,
    pub matching: Matching,
    pub body: BodyId,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    Select(SelectId),
    Query(QueryId),
    /// A left-associative run of set operations.
    Set {
        first: BodyId,
        rest: Vec<SetArm>,
    },
    Values(Vec<Exprs>),
    /// TABLE t
    Table(Idents, Pos),
    /// A statement with RETURNING inside a WITH: the index of a [`super::Statement`]'s body in `Statement::nested`.
    Dml(u32),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub enum Distinct {
    #[default]
    No,
    Yes,
    On(Exprs),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub enum GroupBy {
    #[default]
    None,
    All,
    By(Exprs),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Select {
    pub distinct: Distinct,
    pub items: Vec<Item>,
    /// SELECT * EXCLUDE (…) behind the whole projection.
    pub exclude: Vec<IdentId>,
    pub from: Vec<From>,
    pub lateral_views: Vec<LateralView>,
    /// WHERE, PREWHERE, CONNECT BY, START WITH.
    pub filters: Vec<ExprId>,
    pub group: GroupBy,
    pub having: Option<ExprId>,
    pub qualify: Option<ExprId>,
    /// SORT BY, CLUSTER BY, DISTRIBUTE BY.
    pub sort: Exprs,
    pub windows: Vec<(IdentId, WindowId)>,
    /// SELECT … INTO t
    pub into: Option<Idents>,
    /// BigQuery's SELECT AS STRUCT: one column.
    pub as_struct: bool,
    pub pos: Pos,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub kind: ItemKind,
    pub pos: Pos,
}

#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    Expr {
        expr: ExprId,
        /// More than one for table functions: `f(x) AS (a, b)`.
        aliases: Vec<IdentId>,
        /// The expression's text, for dialects that name columns by it.
        text: Option<Box<str>>,
    },
    /// `*` or `t.*`.
    Star { qualifier: Idents, options: Star },
    /// `expr.*`: the members of a struct.
    Expand { expr: ExprId, options: Star },
}

/// What may follow a star.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Star {
    /// Columns that are left out, as they are called: `a`, `t.a`.
    pub except: Vec<Idents>,
    pub replace: Vec<(IdentId, ExprId)>,
    pub rename: Vec<(IdentId, IdentId)>,
    pub ilike: Option<Box<str>>,
}

impl Star {
    pub fn is_plain(&self) -> bool {
        self.except.is_empty() && self.replace.is_empty() && self.rename.is_empty() && self.ilike.is_none()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct From {
    pub first: RelationId,
    pub joins: Vec<Join>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Join {
    pub relation: RelationId,
    pub kind: JoinKind,
    pub constraint: JoinConstraint,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JoinKind {
    Inner,
    Left,
    Right,
    Full,
    Cross,
    /// Left semi and anti joins: the right side gives no columns.
    Semi,
    /// Right semi and anti joins: the left side gives no columns.
    RightSemi,
    /// CROSS APPLY, ARRAY JOIN: the right side sees the left.
    Apply,
    /// OUTER APPLY, LEFT ARRAY JOIN.
    OuterApply,
}

#[derive(Debug, Clone, PartialEq)]
pub enum JoinConstraint {
    None,
    On(Vec<ExprId>),
    Using(Vec<(IdentId, Pos)>),
    Natural,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alias {
    pub name: Option<IdentId>,
    pub columns: Vec<(IdentId, Option<TypeId>)>,
}

/// A column that the text itself declares.
#[derive(Debug, Clone, PartialEq)]
pub struct ColumnDef {
    pub name: IdentId,
    pub ty: Option<TypeId>,
    pub not_null: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LateralView {
    pub call: ExprId,
    pub name: Option<IdentId>,
    pub columns: Vec<IdentId>,
    pub outer: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub enum PivotColumns {
    /// Value and the name it was given.
    List(Vec<(ExprId, Option<IdentId>)>),
    /// ANY: the columns are the data's.
    Any,
    Subquery(QueryId),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Relation {
    Table {
        name: Idents,
        alias: Alias,
        /// Expressions in FOR SYSTEM_TIME, AT, SAMPLE, hints.
        extra: Exprs,
        pos: Pos,
    },
    Derived {
        query: QueryId,
        lateral: bool,
        alias: Alias,
    },
    /// A table function: `f(x)`, `TABLE(f(x))`, FLATTEN(input => x).
    Function {
        name: Idents,
        args: Exprs,
        arg_names: Box<[Option<IdentId>]>,
        ordinality: bool,
        alias: Alias,
        pos: Pos,
    },
    Unnest {
        args: Exprs,
        /// WITH OFFSET [AS name] or WITH ORDINALITY.
        offset: Option<Option<IdentId>>,
        alias: Alias,
    },
    /// A parenthesised join.
    Nested {
        from: Box<From>,
        alias: Alias,
    },
    /// JSON_TABLE, OPENJSON, XMLTABLE: columns that the text declares, made from `args`.
    Columns {
        args: Exprs,
        columns: Vec<ColumnDef>,
        alias: Alias,
    },
    Pivot {
        input: RelationId,
        aggregates: Vec<(ExprId, Option<IdentId>)>,
        on: Exprs,
        values: PivotColumns,
        alias: Alias,
    },
    Unpivot {
        input: RelationId,
        /// Output columns that hold the values.
        values: Vec<IdentId>,
        /// Output column that holds the source column's name.
        name: Option<IdentId>,
        /// Source columns, turned into rows.
        columns: Exprs,
        alias: Alias,
    },
    MatchRecognize {
        input: RelationId,
        partition: Exprs,
        order: Exprs,
        measures: Vec<(ExprId, IdentId)>,
        defines: Exprs,
        symbols: Vec<IdentId>,
        all_rows: bool,
        alias: Alias,
    },
}

/// BigQuery's and Databricks' `|>` operators.
#[derive(Debug, Clone, PartialEq)]
pub enum Pipe {
    Limit(Exprs),
    Where(ExprId),
    Order(Exprs),
    Select(Vec<Item>),
    Extend(Vec<Item>),
    Set(Vec<(IdentId, ExprId)>),
    Drop(Vec<IdentId>),
    As(IdentId),
    Aggregate {
        aggregates: Vec<Item>,
        group: Vec<Item>,
    },
    Rename(Vec<(IdentId, IdentId)>),
    SetOp {
        op: SetOp,
        matching: Matching,
        queries: Vec<QueryId>,
    },
    Join(Join),
    /// CALL, PIVOT, UNPIVOT: what comes out is not known.
    Opaque(Exprs),
}
