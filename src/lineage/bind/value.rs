//! What a column is made of while it is being bound: small shared sets of source columns, and a type.

use smallvec::SmallVec;
use std::rc::Rc;
use tessera_model::LogicalType;
use tessera_model::lineage::{DirectKind, IndirectKind};
use tessera_sql::hash::FastMap;

/// An interned, folded name: equal symbols are equal names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Sym(pub(super) u32);

/// A table that the text reads or writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct TableId(pub(super) u32);

/// A column of a table that the text reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Source(pub(super) u32);

/// Most values are made of one column.
pub(super) type Directs = SmallVec<[(Source, DirectKind); 1]>;

/// What an expression is made of. Shared by every column that passes it on unchanged.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Info {
    pub(super) direct: Directs,
    /// Window and conditional reads of this value alone.
    pub(super) indirect: Box<[(Source, IndirectKind)]>,
    pub(super) ty: Option<LogicalType>,
    pub(super) nullable: Option<bool>,
}

#[derive(Debug, Clone)]
pub(super) struct Col {
    pub(super) sym: Sym,
    pub(super) name: Rc<str>,
    pub(super) info: Rc<Info>,
}

/// Columns that may exist beyond those listed: a star over an unknown table, or an unknown function's result.
#[derive(Debug, Clone)]
pub(super) struct Wild {
    pub(super) table: Option<TableId>,
    /// What any such column is made of, when it is not a table's.
    pub(super) info: Option<Rc<Info>>,
    /// The columns are members of the struct that `info` stands for.
    pub(super) members: bool,
    /// The other side of a union with the one before it in the list: a column comes from both, not from either.
    pub(super) joins_last: bool,
    /// Names that the star leaves out.
    pub(super) except: Rc<[Sym]>,
}

impl Wild {
    pub(super) fn of_table(table: TableId) -> Self {
        Wild { table: Some(table), info: None, members: false, joins_last: false, except: Rc::new([]) }
    }

    pub(super) fn made_of(info: Rc<Info>) -> Self {
        Wild { table: None, info: Some(info), members: false, joins_last: false, except: Rc::new([]) }
    }

    pub(super) fn members_of(info: Rc<Info>) -> Self {
        Wild { members: true, ..Wild::made_of(info) }
    }

    /// Any column, made of nothing that is not accounted for elsewhere.
    pub(super) fn of_nothing() -> Self {
        Wild { table: None, info: None, members: false, joins_last: false, except: Rc::new([]) }
    }
}

/// The columns of a relation in order.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) cols: Vec<Col>,
    pub(super) wild: Vec<Wild>,
    /// Known tables whose stars gave columns: a name that is missing here is missing there.
    pub(super) stars: Vec<TableId>,
}

impl Output {
    pub(super) fn find(&self, sym: Sym) -> Option<&Col> {
        self.cols.iter().find(|c| c.sym == sym)
    }

    pub(super) fn is_open(&self) -> bool {
        !self.wild.is_empty()
    }
}

/// Collects what one expression reads.
#[derive(Debug, Default)]
pub(super) struct Acc {
    pub(super) direct: Vec<(Source, DirectKind)>,
    pub(super) indirect: Vec<(Source, IndirectKind)>,
    /// An aggregate (not a window function) was met: the expression is no grouping key.
    pub(super) aggregate: bool,
}

impl Acc {
    pub(super) fn finish(mut self, typed: Typed) -> Info {
        Info {
            direct: tidy_direct(&mut self.direct),
            indirect: tidy_indirect(&mut self.indirect),
            ty: typed.ty,
            nullable: typed.nullable,
        }
    }
}

/// One entry per source, of the strongest kind.
pub(super) fn tidy_direct(list: &mut Vec<(Source, DirectKind)>) -> Directs {
    if list.len() > 1 {
        list.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(&a.1)));
        list.dedup_by_key(|entry| entry.0);
    }
    Directs::from_slice(&std::mem::take(list))
}

pub(super) fn tidy_indirect(list: &mut Vec<(Source, IndirectKind)>) -> Box<[(Source, IndirectKind)]> {
    if list.len() > 1 {
        list.sort_unstable();
        list.dedup();
    }
    std::mem::take(list).into()
}

/// What a literal still adapts to: engines type it by what it meets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Fit {
    #[default]
    None,
    Int(i64),
    Text,
}

impl Fit {
    pub(crate) fn integer(self) -> Option<i64> {
        match self {
            Fit::Int(value) => Some(value),
            Fit::None | Fit::Text => None,
        }
    }
}

/// A type as far as it is known.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Typed {
    pub(crate) ty: Option<LogicalType>,
    pub(crate) nullable: Option<bool>,
    pub(crate) fit: Fit,
}

impl Typed {
    pub(crate) fn of(ty: LogicalType) -> Self {
        Typed { ty: Some(ty).filter(|t| !t.is_unknown()), ..Typed::default() }
    }

    /// The type of a value that has been made: nothing of a literal is left.
    pub(crate) fn made(ty: Option<LogicalType>, nullable: Option<bool>) -> Self {
        Typed { ty: ty.filter(|t| !t.is_unknown()), nullable, fit: Fit::None }
    }

    pub(super) fn nullable(mut self, nullable: Option<bool>) -> Self {
        self.nullable = nullable;
        self
    }

    pub(super) fn unknown() -> Self {
        Typed::default()
    }
}

/// Where the reads of an expression go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sink {
    /// Into the value.
    Value(DirectKind),
    /// Into the value's own indirect reads.
    Own(IndirectKind),
    /// Into the statement: they decide about rows.
    Rows(IndirectKind),
}

impl Sink {
    /// The sink of something's operands, when the thing is more than passing a value on.
    pub(super) fn through(self, kind: DirectKind) -> Sink {
        match self {
            Sink::Value(now) => Sink::Value(now.max(kind)),
            other => other,
        }
    }

    pub(super) fn deciding(self, kind: IndirectKind) -> Sink {
        match self {
            Sink::Value(_) | Sink::Own(_) => Sink::Own(kind),
            Sink::Rows(now) => Sink::Rows(if kind == IndirectKind::Window { kind } else { now }),
        }
    }
}

/// Folded names, interned.
#[derive(Debug, Default)]
pub(super) struct Interner {
    map: FastMap<Rc<str>, Sym>,
}

impl Interner {
    pub(super) fn intern(&mut self, key: &str) -> Sym {
        if let Some(sym) = self.map.get(key) {
            return *sym;
        }
        self.intern_named(key).0
    }

    /// As [`Interner::intern`], with the name to be shared.
    pub(super) fn intern_named(&mut self, key: &str) -> (Sym, Rc<str>) {
        if let Some((name, sym)) = self.map.get_key_value(key) {
            return (*sym, Rc::clone(name));
        }
        let sym = Sym(u32::try_from(self.map.len()).unwrap_or(u32::MAX));
        let name: Rc<str> = key.into();
        self.map.insert(Rc::clone(&name), sym);
        (sym, name)
    }

    pub(super) fn reserve(&mut self, more: usize) {
        self.map.reserve(more);
    }
}
