//! Scopes: the relations of one SELECT, and how a written column name is found in them or in the scopes around.

use super::Binder;
use super::value::{Acc, Col, Info, Output, Sink, Sym, TableId, Typed};
use std::rc::Rc;
use tessera_model::lineage::DirectKind;
use tessera_model::types::StructField;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::{ExprId, Idents, Pos, WindowId};

/// One relation in FROM.
#[derive(Debug, Clone)]
pub(super) struct Rel {
    /// Its name's parts, outermost first, or its alias alone; empty for a nameless subquery.
    pub(super) names: Vec<Sym>,
    pub(super) output: Rc<Output>,
    pub(super) table: Option<TableId>,
    /// On the outer side of a join: its columns may be NULL.
    pub(super) nullable: bool,
    /// Gives no columns to `*` (the inner side of a semi join, a MERGE's target).
    pub(super) hidden: bool,
}

/// A column that a USING or NATURAL join made of two.
#[derive(Debug, Clone)]
pub(super) struct Merged {
    pub(super) sym: Sym,
    pub(super) name: Rc<str>,
    pub(super) info: Rc<Info>,
    /// The first relation that it stands for, and the one behind the last.
    pub(super) rels: (usize, usize),
}

/// A select item that others may call by its alias.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) sym: Sym,
    pub(super) item: usize,
    pub(super) expr: ExprId,
    pub(super) info: Option<Rc<Info>>,
    pub(super) busy: bool,
}

#[derive(Debug, Default)]
pub(super) struct Scope {
    pub(super) parent: Option<usize>,
    pub(super) rels: Vec<Rel>,
    pub(super) merged: Vec<Merged>,
    pub(super) named: Vec<Named>,
    /// Aliases of items before this one may be used; `None`: aliases may not be used here.
    pub(super) aliases_before: Option<usize>,
    pub(super) windows: Vec<(Sym, WindowId)>,
    /// Parameters of the lambdas around.
    pub(super) lambda: Vec<Sym>,
}

/// What a name was found to be.
pub(super) enum Found {
    Info(Rc<Info>, bool),
    /// An alias of a select item: its scope and its place there.
    Alias(usize, usize),
    Lambda,
    /// A whole row of a relation.
    Row(Rc<Output>),
    /// Reported already.
    Nothing,
}

impl Binder<'_> {
    pub(super) fn push_scope(&mut self, parent: Option<usize>) -> usize {
        self.scopes.push(Scope { parent, ..Scope::default() });
        self.scopes.len() - 1
    }

    pub(super) fn pop_scope(&mut self) {
        self.scopes.pop();
    }

    /// Binds a written column name and sends its reads to `sink`.
    pub(super) fn column(&mut self, path: Idents, pos: Pos, scope: usize, sink: Sink, acc: &mut Acc) -> Typed {
        let (found, fields) = self.find_column(path, scope, pos);
        let mut typed = match found {
            Found::Nothing => Typed::unknown(),
            Found::Lambda => return self.parameter(path),
            Found::Info(info, nullable) => {
                self.mention(&info);
                if fields > 0 {
                    let member = self.typed_member(&info, path, fields);
                    self.take(&member, sink, acc);
                    return Typed::made(member.ty, None);
                }
                self.take(&info, sink, acc);
                let known = if nullable { Some(true) } else { info.nullable };
                Typed::made(info.ty.clone(), known)
            }
            Found::Alias(owner, index) => {
                let info = self.named_item(owner, index);
                self.take(&info, sink, acc);
                Typed::made(info.ty.clone(), info.nullable)
            }
            Found::Row(output) => {
                for col in &output.cols {
                    self.mention(&col.info);
                    self.take(&col.info, sink.through(DirectKind::Transformation), acc);
                }
                self.wild_row(&output, pos);
                self.row_type(&output)
            }
        };
        if fields > 0 {
            let parts = self.arena.idents(path);
            let names = &parts[parts.len() - fields..];
            typed = self.member_type(typed.ty.as_ref(), names);
        }
        typed
    }

    /// The type of a whole row, in the engines where it is a struct.
    fn row_type(&self, output: &Output) -> Typed {
        let structs = matches!(self.dialect, Dialect::BigQuery | Dialect::DuckDb);
        if !structs || output.is_open() {
            return Typed::unknown();
        }
        let field = |col: &Col| StructField {
            name: col.name.to_string(),
            data_type: col.info.ty.clone().unwrap_or(LogicalType::Unknown),
        };
        Typed::of(LogicalType::Struct(output.cols.iter().map(field).collect()))
    }

    /// Marks the columns behind `info` as named.
    pub(super) fn mention(&mut self, info: &Info) {
        for (source, _) in &info.direct {
            self.sources[source.0 as usize].mentioned = true;
        }
    }

    /// Sends what `info` is made of to `sink`.
    pub(super) fn take(&mut self, info: &Info, sink: Sink, acc: &mut Acc) {
        match sink {
            Sink::Value(kind) => {
                acc.direct.extend(info.direct.iter().map(|(s, k)| (*s, (*k).max(kind))));
                acc.indirect.extend_from_slice(&info.indirect);
            }
            Sink::Own(kind) => {
                acc.indirect.extend(info.direct.iter().map(|(s, _)| (*s, kind)));
                acc.indirect.extend(info.indirect.iter().map(|(s, _)| (*s, kind)));
            }
            Sink::Rows(kind) => {
                for (source, _) in &info.direct {
                    self.decide(*source, kind);
                }
                for (source, _) in &info.indirect {
                    self.decide(*source, kind);
                }
            }
        }
    }

    /// The value of a select item that is called by its alias, bound once.
    pub(super) fn named_item(&mut self, scope: usize, index: usize) -> Rc<Info> {
        let named = &mut self.scopes[scope].named[index];
        if let Some(info) = &named.info {
            return Rc::clone(info);
        }
        let (expr, item) = (named.expr, named.item);
        named.busy = true;
        let before = self.scopes[scope].aliases_before.replace(item);
        let info = Rc::new(self.value_of(expr, scope).0);
        self.scopes[scope].aliases_before = before;
        let named = &mut self.scopes[scope].named[index];
        named.busy = false;
        named.info = Some(Rc::clone(&info));
        info
    }
}

/// Finds a column by name among columns that are at hand, for ORDER BY and set operations.
pub(super) fn by_name(cols: &[Col], sym: Sym) -> Option<&Col> {
    cols.iter().find(|c| c.sym == sym)
}
