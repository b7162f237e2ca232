//! Scalar expressions. Long chains of operators are one node (`Chain`), so depth is bounded by real nesting.

use super::arena::{ExprId, Exprs, IdentId, Idents, Pos, QueryId, TypeId, WindowId};

#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// `a`, `t.a`, `s.t.a`, or a struct path that starts like one.
    Column(Idents, Pos),
    Literal(Literal),
    /// `*` or `t.*` inside an expression: `count(*)`, `struct(t.*)`.
    Star(Idents),
    Cast {
        expr: ExprId,
        ty: TypeId,
    },
    Call(super::CallId),
    Case(Case),
    /// A left-associative run `e0 op1 e1 op2 e2 …`; as many operators as operands less one.
    Chain {
        args: Exprs,
        ops: Box<[BinOp]>,
    },
    Unary {
        op: UnOp,
        expr: ExprId,
    },
    /// A boolean made from its operands: IS NULL, LIKE, BETWEEN, IN (list), …
    Predicate(Exprs),
    /// A scalar subquery.
    Subquery(QueryId),
    /// A subquery that decides only: EXISTS, IN, ANY, ALL; `args` stand on its left.
    Decides {
        args: Exprs,
        query: QueryId,
    },
    /// `expr.name`: a member of a struct, an object or a variant.
    Field {
        expr: ExprId,
        name: IdentId,
    },
    /// `expr[i]`, `expr[a:b]`.
    Index {
        expr: ExprId,
        index: Exprs,
    },
    Array(Exprs),
    /// Members with the names they got, where they got one.
    Struct {
        args: Exprs,
        names: Box<[Option<IdentId>]>,
    },
    Tuple(Exprs),
    Lambda {
        params: Idents,
        body: ExprId,
    },
    /// A value of a known type: typed literals, intervals.
    Typed {
        args: Exprs,
        ty: TypeId,
    },
    /// A value of which only the operands are known.
    Opaque(Exprs),
}

#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Int(i128),
    /// A number with a decimal point, or one too long for an i128: digits in all, digits behind the point.
    Decimal {
        precision: u16,
        scale: u16,
    },
    /// A number with an exponent.
    Float,
    /// The text as an interned identifier, because PIVOT makes names of it.
    Text(IdentId),
    Bytes,
    Bool(bool),
    Null,
    Param,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    pub operand: Option<ExprId>,
    /// Condition, result, condition, result, …
    pub arms: Exprs,
    pub default: Option<ExprId>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Call {
    pub name: Idents,
    pub args: Exprs,
    /// `name => value` arguments keep their name; empty when no argument has one.
    pub arg_names: Box<[Option<IdentId>]>,
    pub distinct: bool,
    pub filter: Option<ExprId>,
    /// ORDER BY within the call or WITHIN GROUP.
    pub order: Exprs,
    pub over: Option<WindowId>,
    pub pos: Pos,
}

/// OVER (…) or a named window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Window {
    pub base: Option<IdentId>,
    pub partition: Exprs,
    pub order: Exprs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    /// `//` and DIV.
    IntDiv,
    Mod,
    Concat,
    /// Comparisons and pattern matches: a boolean.
    Compare,
    And,
    Or,
    Bit,
    Pow,
    /// `->`, `#>`, and kin: JSON in, JSON out.
    JsonGet,
    /// `->>`, `#>>`: JSON in, text out.
    JsonText,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnOp {
    Plus,
    Minus,
    Not,
    Other,
}
