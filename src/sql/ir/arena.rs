//! The arena that holds one statement's nodes, and the ids into it.

use super::expr::{Call, Expr, Window};
use super::query::{Body, Query, Relation, Select};
use tessera_model::LogicalType;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl $name {
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

ids! {
    ExprId
    CallId
    WindowId
    QueryId
    BodyId
    SelectId
    RelationId
    TypeId
    /// An interned identifier or short text; equal ids mean equal text and quoting.
    IdentId
}

macro_rules! lists {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
        pub struct $name {
            pub start: u32,
            pub len: u32,
        }

        impl $name {
            pub fn is_empty(self) -> bool {
                self.len == 0
            }

            pub fn len(self) -> usize {
                self.len as usize
            }
        }
    )*};
}

lists! {
    /// A run of expressions in [`Arena`].
    Exprs
    /// A run of identifiers in [`Arena`]: a dotted name.
    Idents
}

/// A 1-based position in the text that was given; 0 when unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, PartialOrd, Ord)]
pub struct Pos {
    pub line: u32,
    pub column: u32,
}

/// An identifier as written.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct IdentData {
    pub text: Box<str>,
    pub quoted: bool,
}

/// All nodes of one statement.
#[derive(Debug, Default)]
pub struct Arena {
    pub exprs: Vec<Expr>,
    pub calls: Vec<Call>,
    pub windows: Vec<Window>,
    pub queries: Vec<Query>,
    pub bodies: Vec<Body>,
    pub selects: Vec<Select>,
    pub relations: Vec<Relation>,
    pub types: Vec<LogicalType>,
    /// Types that were written by a name which the logical type does not keep.
    pub written_types: Vec<(TypeId, &'static str)>,
    pub idents: Vec<IdentData>,
    pub expr_lists: Vec<ExprId>,
    pub ident_lists: Vec<IdentId>,
}

impl Arena {
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.index()]
    }
    pub fn call(&self, id: CallId) -> &Call {
        &self.calls[id.index()]
    }
    pub fn window(&self, id: WindowId) -> &Window {
        &self.windows[id.index()]
    }
    pub fn query(&self, id: QueryId) -> &Query {
        &self.queries[id.index()]
    }
    pub fn body(&self, id: BodyId) -> &Body {
        &self.bodies[id.index()]
    }
    pub fn select(&self, id: SelectId) -> &Select {
        &self.selects[id.index()]
    }
    pub fn relation(&self, id: RelationId) -> &Relation {
        &self.relations[id.index()]
    }
    pub fn data_type(&self, id: TypeId) -> &LogicalType {
        &self.types[id.index()]
    }
    /// The name by which a type was written, where the logical type does not keep it: `json` beside `jsonb`.
    pub fn written_type(&self, id: TypeId) -> Option<&'static str> {
        self.written_types.iter().find(|(ty, _)| *ty == id).map(|(_, name)| *name)
    }
    pub fn ident(&self, id: IdentId) -> &IdentData {
        &self.idents[id.index()]
    }
    pub fn text(&self, id: IdentId) -> &str {
        &self.idents[id.index()].text
    }
    pub fn exprs(&self, list: Exprs) -> &[ExprId] {
        &self.expr_lists[list.start as usize..(list.start + list.len) as usize]
    }
    pub fn idents(&self, list: Idents) -> &[IdentId] {
        &self.ident_lists[list.start as usize..(list.start + list.len) as usize]
    }
    /// The last part of a dotted name.
    pub fn last(&self, list: Idents) -> Option<IdentId> {
        self.idents(list).last().copied()
    }
}
