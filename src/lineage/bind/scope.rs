//! Scopes: the relations of one SELECT, and how a written column name is found in them or in the scopes around.

use super::Binder;
use super::value::{Acc, Col, Info, Output, Sink, Sym, TableId, Typed, Wild};
use crate::world::BindError;
use std::rc::Rc;
use tessera_model::lineage::{DiagnosticSeverity, DirectKind, Resolution};
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::{ExprId, IdentId, Idents, Pos, WindowId};

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
            Found::Nothing | Found::Lambda => Typed::unknown(),
            Found::Info(info, nullable) => {
                let sink = if fields > 0 { sink.through(DirectKind::Transformation) } else { sink };
                self.mention(&info);
                self.take(&info, sink, acc);
                let known = if nullable { Some(true) } else { info.nullable };
                let ty = info.ty.as_ref();
                if fields > 0 {
                    let parts = self.arena.idents(path);
                    return self.member_type(ty, &parts[parts.len() - fields..]);
                }
                Typed::made(ty.cloned(), known)
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
                Typed::unknown()
            }
        };
        if fields > 0 {
            let parts = self.arena.idents(path);
            let names = &parts[parts.len() - fields..];
            typed = self.member_type(typed.ty.as_ref(), names);
        }
        typed
    }

    /// The type behind a path of members.
    pub(super) fn member_type(&self, base: Option<&LogicalType>, names: &[IdentId]) -> Typed {
        let mut ty = base;
        for name in names {
            let text = self.text(*name);
            ty = match ty {
                Some(LogicalType::Struct(fields)) => {
                    fields.iter().find(|f| f.name.eq_ignore_ascii_case(text)).map(|f| &f.data_type)
                }
                json @ Some(LogicalType::Json) => json,
                _ => None,
            };
        }
        Typed::made(ty.cloned(), None)
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

    /// What a path of names stands for, and how many of its last parts are struct members.
    pub(super) fn find_column(&mut self, path: Idents, scope: usize, pos: Pos) -> (Found, usize) {
        let parts = self.arena.idents(path);
        let Some(first) = parts.first() else { return (Found::Nothing, 0) };
        let head = self.column_sym(*first);
        // A qualifier that names a relation anywhere in sight comes before a struct column that nobody knows of.
        let mut at = Some(scope).filter(|_| parts.len() > 1);
        while let Some(index) = at {
            if self.scopes[index].lambda.contains(&head) {
                return (Found::Lambda, 0);
            }
            if let Some(found) = self.qualified(parts, index, pos) {
                return found;
            }
            at = self.scopes[index].parent;
        }
        let mut at = Some(scope);
        while let Some(index) = at {
            if self.scopes[index].lambda.contains(&head) {
                return (Found::Lambda, 0);
            }
            if let Some(found) = self.bare(*first, head, index, pos, parts.len() > 1) {
                return (found, parts.len() - 1);
            }
            at = self.scopes[index].parent;
        }
        (self.missing(parts, scope, pos), 0)
    }

    /// `t.c`, `s.t.c`, `t.c.member` in one scope.
    fn qualified(&mut self, parts: &[IdentId], scope: usize, pos: Pos) -> Option<(Found, usize)> {
        for split in (1..parts.len()).rev() {
            let qualifier: Vec<Sym> = parts[..split].iter().map(|p| self.alias_sym(*p)).collect();
            let Some(rel) = self.relation_named(&qualifier, scope) else { continue };
            let column = parts[split];
            let sym = self.column_sym(column);
            let fields = parts.len() - split - 1;
            let known = &self.scopes[scope].rels[rel];
            if let Some(col) = known.output.find(sym) {
                return Some((Found::Info(Rc::clone(&col.info), known.nullable), fields));
            }
            let rel = known.clone();
            if let Some(info) = self.find_wild(&rel.output.wild, sym, column, pos) {
                return Some((Found::Info(info, rel.nullable), fields));
            }
            if self.is_pseudo(column) {
                return Some((Found::Nothing, 0));
            }
            // A MERGE or a lambda may know it from an outer scope; a struct column may bear the qualifier's name.
            if split == 1 {
                let head = self.column_sym(parts[0]);
                if let Some(found) = self.bare(parts[0], head, scope, pos, true)
                    && !matches!(found, Found::Row(_))
                {
                    return Some((found, parts.len() - 1));
                }
            }
            return Some((self.unknown_in(&[rel], column, pos), 0));
        }
        None
    }

    pub(super) fn relation_named(&self, qualifier: &[Sym], scope: usize) -> Option<usize> {
        self.scopes[scope].rels.iter().rposition(|rel| rel.names.ends_with(qualifier))
    }

    /// A single name in one scope. `None`: look further out.
    fn bare(&mut self, ident: IdentId, sym: Sym, scope: usize, pos: Pos, has_fields: bool) -> Option<Found> {
        if let Some(merged) = self.scopes[scope].merged.iter().rev().find(|m| m.sym == sym) {
            return Some(Found::Info(Rc::clone(&merged.info), false));
        }
        let mut hits: Vec<(usize, Rc<Info>, bool)> = Vec::new();
        for (i, rel) in self.scopes[scope].rels.iter().enumerate() {
            for col in rel.output.cols.iter().filter(|c| c.sym == sym) {
                hits.push((i, Rc::clone(&col.info), rel.nullable));
            }
        }
        if hits.len() > 1 {
            // The same column twice is one column: `select a, a from t` read again.
            let first = Rc::clone(&hits[0].1);
            hits.dedup_by(|b, a| Rc::ptr_eq(&a.1, &b.1) && a.0 == b.0);
            if hits.len() > 1 && hits.iter().any(|h| h.0 != hits[0].0) && !self.visible_once(&hits, scope) {
                return Some(self.ambiguous(&hits, ident, scope, pos));
            }
            return Some(Found::Info(first, hits[0].2));
        }
        if let Some((_, info, nullable)) = hits.pop() {
            return Some(Found::Info(info, nullable));
        }
        if let Some(index) = self.alias_named(sym, scope) {
            return Some(Found::Alias(scope, index));
        }
        let open: Vec<usize> =
            (0..self.scopes[scope].rels.len()).filter(|i| self.scopes[scope].rels[*i].output.is_open()).collect();
        let row = self.row_named(ident, scope);
        if !open.is_empty() && (row.is_none() || has_fields) && !self.is_pseudo(ident) {
            // An enclosing scope that surely has it comes before a guess about an unknown table.
            if self.known_further_out(sym, self.scopes[scope].parent) {
                return None;
            }
            let mut infos: Vec<(Rc<Info>, bool)> = Vec::new();
            for i in open {
                let rel = self.scopes[scope].rels[i].clone();
                infos.extend(self.find_wild(&rel.output.wild, sym, ident, pos).map(|info| (info, rel.nullable)));
            }
            match infos.len() {
                0 => {}
                1 => return infos.pop().map(|(info, nullable)| Found::Info(info, nullable)),
                _ => {
                    let all: Vec<Rc<Info>> = infos.into_iter().map(|(info, _)| info).collect();
                    return Some(self.several(&all, ident, pos));
                }
            }
        }
        row.map(Found::Row)
    }

    /// Only one of the hits is visible: the inner side of a semi join is not.
    fn visible_once(&self, hits: &[(usize, Rc<Info>, bool)], scope: usize) -> bool {
        hits.iter().filter(|h| !self.scopes[scope].rels[h.0].hidden).count() == 1
    }

    fn alias_named(&self, sym: Sym, scope: usize) -> Option<usize> {
        let before = self.scopes[scope].aliases_before?;
        self.scopes[scope].named.iter().rposition(|n| n.sym == sym && n.item < before && !n.busy)
    }

    fn row_named(&mut self, ident: IdentId, scope: usize) -> Option<Rc<Output>> {
        let sym = self.alias_sym(ident);
        let rel = self.scopes[scope].rels.iter().rev().find(|r| r.names.last() == Some(&sym))?;
        Some(Rc::clone(&rel.output))
    }

    fn known_further_out(&self, sym: Sym, mut at: Option<usize>) -> bool {
        while let Some(scope) = at {
            if self.scopes[scope].rels.iter().any(|r| r.output.find(sym).is_some()) {
                return true;
            }
            at = self.scopes[scope].parent;
        }
        false
    }

    /// A column that an open relation may have.
    pub(super) fn find_wild(&mut self, wild: &[Wild], sym: Sym, ident: IdentId, pos: Pos) -> Option<Rc<Info>> {
        let mut infos = Vec::new();
        for wild in wild {
            if wild.except.contains(&sym) {
                continue;
            }
            match (wild.table, &wild.info) {
                (Some(table), _) => {
                    let name = self.column_name(ident);
                    let source = self.source(table, sym, &name);
                    self.first_mention(source, &name, pos);
                    infos.push(Rc::new(Info { direct: Box::new([(source, DirectKind::Identity)]), ..Info::default() }));
                    self.lower_level(Resolution::Inferred);
                }
                (None, Some(info)) => infos.push(Rc::clone(info)),
                (None, None) => infos.push(Rc::new(Info::default())),
            }
        }
        match infos.len() {
            0 => None,
            1 => infos.pop(),
            _ => match self.several(&infos, ident, pos) {
                Found::Info(info, _) => Some(info),
                _ => None,
            },
        }
    }

    /// An unknown table's column is called as the text calls it first.
    fn first_mention(&mut self, source: super::value::Source, name: &Rc<str>, pos: Pos) {
        let column = &mut self.sources[source.0 as usize];
        if column.pos == Pos::default() || (pos != Pos::default() && pos < column.pos) {
            column.name = Rc::clone(name);
            column.pos = pos;
        }
    }

    /// A name that several relations have: an error of the text.
    fn ambiguous(&mut self, hits: &[(usize, Rc<Info>, bool)], ident: IdentId, scope: usize, pos: Pos) -> Found {
        let column = self.column_name(ident).to_string();
        for (rel, _, _) in hits {
            let rel = self.scopes[scope].rels[*rel].clone();
            for table in base_tables(&rel) {
                let table = Some(self.table_name(table).clone());
                self.bind_error("ambiguous-column", table, &column, format!("Column {column} is ambiguous."), pos);
            }
        }
        let infos: Vec<Rc<Info>> = hits.iter().map(|h| Rc::clone(&h.1)).collect();
        self.several(&infos, ident, pos)
    }

    /// One of several columns, nobody can say which: all are candidates.
    fn several(&mut self, infos: &[Rc<Info>], ident: IdentId, pos: Pos) -> Found {
        let column = self.column_name(ident);
        let mut acc = Acc::default();
        for info in infos {
            acc.direct.extend_from_slice(&info.direct);
            acc.indirect.extend_from_slice(&info.indirect);
        }
        let info = acc.finish(Typed::unknown());
        let tables: Vec<String> =
            info.direct.iter().map(|(s, _)| self.table_name(self.sources[s.0 as usize].table).to_string()).collect();
        let message = format!("Column {column} may come from any of {}.", tables.join(", "));
        self.diagnose(DiagnosticSeverity::Warning, "ambiguous-column", message, pos);
        self.lower_level(Resolution::Ambiguous);
        Found::Info(Rc::new(info), false)
    }

    /// Nothing has that name.
    fn missing(&mut self, parts: &[IdentId], scope: usize, pos: Pos) -> Found {
        let Some(last) = parts.last() else { return Found::Nothing };
        if parts.len() == 1 {
            let ident = self.arena.ident(*last);
            // SQLite reads an unknown "name" as a string.
            if self.is_pseudo(*last) || (ident.quoted && self.dialect == Dialect::Sqlite) {
                return Found::Nothing;
            }
            let rels: Vec<Rel> = self.scopes[scope].rels.clone();
            return self.unknown_in(&rels, *last, pos);
        }
        let written: Vec<String> = parts.iter().map(|p| self.text(*p).to_owned()).collect();
        let message = format!("Nothing in FROM is called {}.", written[..written.len() - 1].join("."));
        self.bind_error("unknown-relation", None, &written[written.len() - 1], message.clone(), pos);
        self.diagnose(DiagnosticSeverity::Warning, "unknown-relation", message, pos);
        self.lower_level(Resolution::Ambiguous);
        Found::Nothing
    }

    /// A column that none of these closed relations has. One table: it is still a read of that table.
    fn unknown_in(&mut self, rels: &[Rel], ident: IdentId, pos: Pos) -> Found {
        let column = self.column_name(ident);
        let mut tables: Vec<TableId> = rels.iter().flat_map(base_tables).collect();
        tables.sort_unstable();
        tables.dedup();
        let names: Vec<_> = tables.iter().map(|t| self.table_name(*t).clone()).collect();
        let message = match names.as_slice() {
            [] => format!("Column {column} does not exist."),
            [one] => format!("Column {column} does not exist in {one}."),
            many => {
                let list: Vec<String> = many.iter().map(ToString::to_string).collect();
                format!("Column {column} does not exist in any of {}.", list.join(", "))
            }
        };
        if names.is_empty() {
            self.bind_error("unknown-column", None, &column, message.clone(), pos);
        }
        for name in names {
            self.bind_error("unknown-column", Some(name), &column, message.clone(), pos);
        }
        self.diagnose(DiagnosticSeverity::Warning, "unknown-column", message, pos);
        self.lower_level(Resolution::Inferred);
        let [table] = tables.as_slice() else { return Found::Nothing };
        let sym = self.column_sym(ident);
        let source = self.source(*table, sym, &column);
        let direct = Box::new([(source, DirectKind::Identity)]);
        Found::Info(Rc::new(Info { direct, ..Info::default() }), false)
    }

    pub(super) fn bind_error(
        &mut self,
        code: &str,
        table: Option<tessera_model::TableName>,
        column: &str,
        message: String,
        pos: Pos,
    ) {
        let column = Some(column.to_owned()).filter(|c| !c.is_empty());
        self.error(BindError { code: code.to_owned(), table, column, message, line: pos.line, column_no: pos.column });
    }

    /// Names that engines know without any table having them.
    fn is_pseudo(&self, ident: IdentId) -> bool {
        let ident = self.arena.ident(ident);
        let lower = ident.text.to_ascii_lowercase();
        if ident.quoted && !matches!(self.dialect, Dialect::BigQuery) {
            return false;
        }
        matches!(
            lower.as_str(),
            "rowid"
                | "rownum"
                | "level"
                | "ctid"
                | "oid"
                | "tableoid"
                | "xmin"
                | "xmax"
                | "sysdate"
                | "systimestamp"
                | "user"
                | "current_user"
                | "session_user"
                | "current_role"
                | "current_catalog"
                | "current_schema"
                | "current_date"
                | "current_time"
                | "current_timestamp"
                | "localtime"
                | "localtimestamp"
                | "_table_suffix"
                | "_partitiontime"
                | "_partitiondate"
                | "_file_name"
                | "_rowid_"
                | "uid"
                | "default"
        ) || lower.starts_with("metadata$")
            || lower.starts_with("@")
            || lower.starts_with(':')
            || (lower.starts_with('$') && lower[1..].chars().all(|c| c.is_ascii_digit()))
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

    /// The whole of an open row: which columns it has is unknown.
    fn wild_row(&mut self, output: &Output, pos: Pos) {
        for wild in &output.wild {
            if let Some(table) = wild.table {
                let name = self.table_name(table).clone();
                let message = format!("A whole row of {name} is used, whose columns are unknown.");
                self.diagnose(DiagnosticSeverity::Warning, "star-on-unknown-table", message, pos);
                self.lower_level(Resolution::Ambiguous);
            }
        }
    }
}

/// The known tables in which a column of `rel` would have to be.
fn base_tables(rel: &Rel) -> Vec<TableId> {
    match rel.table {
        Some(table) => vec![table],
        None => rel.output.stars.clone(),
    }
}

/// Finds a column by name among columns that are at hand, for ORDER BY and set operations.
pub(super) fn by_name(cols: &[Col], sym: Sym) -> Option<&Col> {
    cols.iter().find(|c| c.sym == sym)
}
