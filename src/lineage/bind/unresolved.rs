//! Names that nothing, or more than one thing, bears: what is said about them, and what they may stand for.

use super::scope::{Found, Rel};
use super::value::{Acc, Info, Output, Source, TableId, Typed};
use super::{Binder, Spelling};
use crate::world::BindError;
use smallvec::smallvec;
use std::rc::Rc;
use tessera_model::Dialect;
use tessera_model::lineage::{DiagnosticSeverity, DirectKind, Resolution};
use tessera_sql::ir::{IdentId, Pos};

impl Binder<'_> {
    /// A name that several relations have: an error of the text.
    pub(super) fn ambiguous(
        &mut self,
        hits: &[(usize, Rc<Info>, bool)],
        ident: IdentId,
        scope: usize,
        pos: Pos,
    ) -> Found {
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
    pub(super) fn several(&mut self, infos: &[Rc<Info>], ident: IdentId, pos: Pos) -> Found {
        let column = self.column_name(ident);
        let mut acc = Acc::default();
        for info in infos {
            acc.direct.extend_from_slice(&info.direct);
            acc.indirect.extend_from_slice(&info.indirect);
        }
        let mut info = acc.finish(Typed::unknown());
        let tables: Vec<String> =
            info.direct.iter().map(|(s, _)| self.table_name(self.sources[s.0 as usize].table).to_string()).collect();
        let message = format!("Column {column} may come from any of {}.", tables.join(", "));
        self.diagnose(DiagnosticSeverity::Warning, "ambiguous-column", message, pos);
        self.lower_level(Resolution::Ambiguous);
        if self.spelling == Spelling::Written {
            for (source, _) in &mut info.direct {
                *source = self.candidate(*source);
            }
        }
        Found::Info(Rc::new(info), false)
    }

    /// The same column as one that may be meant: the batch form tells it from one that surely is.
    fn candidate(&mut self, source: Source) -> Source {
        let column = &self.sources[source.0 as usize];
        let (table, name, pos) = (column.table, Rc::clone(&column.name), column.pos);
        if column.candidate {
            return source;
        }
        let sym = self.syms.intern(&format!("?{name}"));
        let twin = self.source(table, sym, &name);
        let column = &mut self.sources[twin.0 as usize];
        (column.pos, column.candidate) = (pos, true);
        twin
    }

    /// Nothing has that name.
    pub(super) fn missing(&mut self, parts: &[IdentId], scope: usize, pos: Pos) -> Found {
        let Some(last) = parts.last() else { return Found::Nothing };
        if parts.len() == 1 {
            let ident = self.arena.ident(*last);
            // SQLite reads an unknown "name" as a string.
            if self.is_pseudo(*last) || (ident.quoted && self.dialect == Dialect::Sqlite) {
                return Found::Nothing;
            }
            let rels: Vec<Rel> = self.scopes[scope].rels.clone();
            return self.unknown_in(&rels, *last, false, pos);
        }
        let written: Vec<String> = parts.iter().map(|p| self.text(*p).to_owned()).collect();
        let message = format!("Nothing in FROM is called {}.", written[..written.len() - 1].join("."));
        self.bind_error("unknown-relation", None, &written[written.len() - 1], message.clone(), pos);
        self.diagnose(DiagnosticSeverity::Warning, "unknown-relation", message, pos);
        self.lower_level(Resolution::Ambiguous);
        Found::Nothing
    }

    /// A column that none of these closed relations has. One table: it is still a read of that table.
    pub(super) fn unknown_in(&mut self, rels: &[Rel], ident: IdentId, qualified: bool, pos: Pos) -> Found {
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
        if self.spelling == Spelling::Written && !qualified {
            // No table is said and none has it, so no value is known to come from there; that it is named is.
            self.sources[source.0 as usize].mentioned = true;
            return Found::Nothing;
        }
        let direct = smallvec![(source, DirectKind::Identity)];
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

    /// The whole of an open row: which columns it has is unknown.
    pub(super) fn wild_row(&mut self, output: &Output, pos: Pos) {
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
pub(super) fn base_tables(rel: &Rel) -> Vec<TableId> {
    match rel.table {
        Some(table) => vec![table],
        None => rel.output.stars.clone(),
    }
}
