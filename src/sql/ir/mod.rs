//! Our own form of a statement: a flat arena of small nodes that refer to each other by u32 ids. No recursive boxes, so
//! dropping, cloning and comparing never recurse, whatever the text was; and nothing here names the parser, so a new
//! parser release touches `lower` alone. Reading order: `arena`, `expr`, `query`, `statement`.

mod arena;
mod expr;
mod query;
mod statement;

pub use arena::{
    Arena, BodyId, CallId, ExprId, Exprs, IdentData, IdentId, Idents, Pos, QueryId, RelationId, SelectId, TypeId,
    WindowId,
};
pub use expr::{BinOp, Call, Case, Expr, Literal, UnOp, Window};
pub use query::{
    Alias, Body, ColumnDef, Cte, Distinct, From, GroupBy, Item, ItemKind, Join, JoinConstraint, JoinKind, Keep,
    LateralView, Matching, Order, Pipe, PivotColumns, Query, Relation, Select, SetArm, SetOp, Star,
};
pub use statement::{Assignment, MergeAction, MergeClause, MergeSides, Statement, StatementBody, StatementKind};
