//! Statements that put a query's rows somewhere: SELECT, CREATE TABLE AS, CREATE VIEW, INSERT, COPY; and those that change
//! what names stand for: DROP, RENAME, USE.

use super::report::Written;
use super::value::{Acc, Col, Info, Output, Sink, TableId, Typed, Wild};
use super::{Binder, SessionTable, Spelling};
use crate::types::Meeting;
use std::rc::Rc;
use tessera_model::lineage::{DiagnosticSeverity, DirectKind, IndirectKind, Resolution, StatementInfo};
use tessera_model::{Dialect, LogicalType};
use tessera_sql::Scan;
use tessera_sql::ir::{ColumnDef, Exprs, IdentId, Idents, Pos, StatementBody};

impl Binder<'_> {
    pub(super) fn statement(&mut self, body: &StatementBody) {
        match body {
            StatementBody::Query(query) => {
                let output = self.query(*query, None);
                self.emit_all(&output, None);
                self.shape = Some((output, None));
            }
            StatementBody::Create { view, temporary, name, columns, query, like, clone, pos } => {
                self.create(*view, *temporary, *name, columns, *query, like.as_ref(), *clone, *pos);
            }
            StatementBody::Insert {
                table,
                alias,
                columns,
                by_name,
                source,
                assignments,
                partition,
                on_conflict,
                returning: _,
                pos,
            } => {
                let Some(target) = self.table(*table) else { return };
                if let Some(source) = source {
                    let output = self.query(*source, None);
                    self.insert(target, columns, partition, *by_name, &output, *pos);
                }
                self.note_write(target);
                let scope = self.push_scope(None);
                self.target_scope(target, *table, *alias, scope);
                self.assign(target, assignments, scope);
                // ON CONFLICT sees the row that was to be inserted as `excluded`: values that are accounted for already.
                let excluded = self.stored_alias_sym(&self.alias_fold.store("excluded", false));
                let mut rel = self.scopes[scope].rels[0].clone();
                rel.names = vec![excluded];
                rel.output = Rc::new(own_wild());
                rel.table = None;
                self.scopes[scope].rels.push(rel);
                self.assign(target, on_conflict, scope);
                self.pop_scope();
            }
            StatementBody::MultiInsert { conditions, targets, source } => {
                let output = match source {
                    Some(query) => self.query(*query, None),
                    None => Rc::default(),
                };
                let scope = self.push_scope(None);
                self.scopes[scope].rels.push(super::relation::derived(Rc::clone(&output)));
                for condition in conditions {
                    self.reads_of(*condition, scope, Sink::Rows(IndirectKind::Filter));
                }
                for (name, columns, values) in targets {
                    let Some(target) = self.table(*name) else { continue };
                    let rows = match values {
                        Some(values) => self.row_output(*values, scope),
                        None => Rc::clone(&output),
                    };
                    self.insert(target, columns, &[], false, &rows, Pos::default());
                }
                self.pop_scope();
            }
            StatementBody::Update { .. } | StatementBody::Delete { .. } | StatementBody::Merge { .. } => {
                self.change(body);
            }
            StatementBody::Copy { reads, writes, query } => {
                for (name, columns) in reads {
                    let Some(table) = self.table(*name) else { continue };
                    self.note_read(table);
                    let all = self.table_output(table);
                    let chosen: Vec<Col> = if columns.is_empty() {
                        all.cols.clone()
                    } else {
                        columns.iter().filter_map(|c| self.own_column(table, *c)).collect()
                    };
                    self.emit_all(&Output { cols: chosen, ..Output::default() }, None);
                }
                let targets: Vec<TableId> = writes.iter().filter_map(|w| self.table(*w)).collect();
                for target in &targets {
                    self.note_write(*target);
                }
                if let Some(query) = query {
                    let output = self.query(*query, None);
                    match targets.first() {
                        Some(target) => self.insert(*target, &[], &[], false, &output, Pos::default()),
                        None => self.emit_all(&output, None),
                    }
                }
            }
            StatementBody::Drop(names) => {
                for name in names {
                    if let Some(table) = self.table(*name) {
                        self.session.remove(&table);
                    }
                }
            }
            StatementBody::Rename { from, to } => {
                let (Some(from), Some(to)) = (self.table(*from), self.table(*to)) else { return };
                if let Some(session) = self.session.remove(&from) {
                    self.session.insert(to, session);
                }
                // No rows move: what this script wrote there bears another name from here on.
                if self.writes.contains(&from) {
                    self.writes.retain(|t| *t != from);
                    self.note_write(to);
                    for column in self.columns.iter_mut().filter(|c| c.target == Some(from)) {
                        column.target = Some(to);
                    }
                }
            }
            StatementBody::Swap { from, to } => {
                let (Some(from), Some(to)) = (self.table(*from), self.table(*to)) else { return };
                let (a, b) = (self.session.remove(&from), self.session.remove(&to));
                if let Some(a) = a {
                    self.session.insert(to, a);
                }
                if let Some(b) = b {
                    self.session.insert(from, b);
                }
                self.note_read(to);
                self.note_write(from);
            }
            StatementBody::Use { database, schema, either } => {
                let folding = self.dialect.table_folding();
                let stored = |id: &IdentId| {
                    let ident = self.arena.ident(*id);
                    folding.store(&ident.text, ident.quoted)
                };
                let (database, schema) = (database.as_ref().map(stored), schema.as_ref().map(stored));
                if database.is_some() {
                    self.defaults.database = database;
                }
                if schema.is_some() {
                    self.defaults.schema = schema;
                }
                if let Some(either) = either.as_ref().map(stored) {
                    match self.defaults.database {
                        Some(_) => self.defaults.database = Some(either),
                        None => self.defaults.schema = Some(either),
                    }
                }
            }
            StatementBody::Block(inner) => {
                let nested = self.nested;
                for index in inner {
                    self.statement(&nested[*index as usize]);
                }
            }
            StatementBody::Function { name, params, returns, body } => {
                let scope = self.push_scope(None);
                for (param, ty) in params {
                    let sym = self.column_sym(*param);
                    self.scopes[scope].lambda.push(sym);
                    // ANY TYPE and the like are nobody's type.
                    let ty = ty.map(|t| self.arena.data_type(t).clone());
                    let ty = ty.filter(|t| !matches!(t, LogicalType::Other(_) | LogicalType::Unknown));
                    self.lambda_types.push((sym, ty));
                }
                let mut info = body.map(|body| self.value_of(body, scope).0).unwrap_or_default();
                if let Some(returns) = returns {
                    info.ty = Some(self.arena.data_type(*returns).clone()).filter(|t| !t.is_unknown());
                }
                info.nullable = None;
                let info = Rc::new(info);
                self.pop_scope();
                self.lambda_types.clear();
                if let Some(name) = self.arena.last(*name) {
                    let sym = self.stored_alias_sym(&self.text(name).to_lowercase());
                    self.routines.insert(sym, info);
                }
            }
            StatementBody::Other { queries, alias: _ } => {
                for query in queries {
                    let output = self.query(*query, None);
                    self.emit_all(&output, None);
                }
            }
        }
    }

    /// Every column of an output, as columns of the answer.
    pub(super) fn emit_all(&mut self, output: &Output, target: Option<TableId>) {
        if output.is_open() {
            self.lower_level(Resolution::Ambiguous);
        }
        for col in &output.cols {
            self.write(target, &col.name, &col.info);
        }
        self.write_unknown(target, output);
    }

    /// The columns behind a star that nobody knows, as one called `*`: only for readers who take it for what it is.
    fn write_unknown(&mut self, target: Option<TableId>, output: &Output) {
        let info = self.behind_star(output);
        if !info.direct.is_empty() && self.spelling == Spelling::Written {
            self.write(target, &"*".into(), &info);
        }
    }

    /// What any one of the columns that nobody knows is made of; a table's are not named to readers who join names.
    pub(super) fn behind_star(&mut self, output: &Output) -> Rc<Info> {
        let mut acc = Acc::default();
        let sym = self.syms.intern("*");
        for wild in &output.wild {
            match (wild.table, &wild.info) {
                (Some(table), _) if self.spelling == Spelling::Written => {
                    acc.direct.push((self.source(table, sym, &"*".into()), DirectKind::Identity));
                }
                (None, Some(info)) => self.take(info, Sink::Value(DirectKind::Transformation), &mut acc),
                (_, None) => {}
                (Some(_), Some(_)) => {}
            }
        }
        Rc::new(acc.finish(Typed::unknown()))
    }

    /// Adds a written column; writing it again adds to what it is made of.
    pub(super) fn write(&mut self, target: Option<TableId>, name: &Rc<str>, info: &Rc<Info>) {
        if target.is_some() {
            let same = self.columns.iter().position(|w| w.target == target && w.name.eq_ignore_ascii_case(name));
            if let Some(at) = same {
                let before = Rc::clone(&self.columns[at].info);
                self.columns[at].info = self.merge(&before, info);
                return;
            }
        }
        self.columns.push(Written { target, name: Rc::clone(name), info: Rc::clone(info) });
    }

    #[allow(clippy::too_many_arguments)]
    fn create(
        &mut self,
        view: bool,
        temporary: bool,
        name: Idents,
        columns: &[ColumnDef],
        query: Option<tessera_sql::ir::QueryId>,
        like: Option<&Idents>,
        clone: bool,
        _pos: Pos,
    ) {
        // The query is bound before its target exists: it may read a table of that name.
        let output = match (query, like) {
            (Some(query), _) => Some(self.query(query, None)),
            (None, Some(like)) => self.table(*like).map(|source| {
                self.read_table(source);
                self.table_output(source)
            }),
            (None, None) => None,
        };
        let Some(target) = self.table(name) else { return };
        let temporary = temporary || self.is_temporary_name(name) || self.is_dropped_later(target);
        let names: Vec<IdentId> = columns.iter().map(|c| c.name).collect();
        let output = match output {
            Some(output) => {
                let output = self.renamed(output, &names);
                self.numbered(output)
            }
            None => self.declared(target, columns),
        };
        if !temporary {
            self.note_write(target);
            if query.is_some() || clone {
                self.emit_all(&output, Some(target));
            }
        } else if output.is_open() {
            self.lower_level(Resolution::Ambiguous);
        }
        if query.is_some() {
            self.shape = Some((Rc::clone(&output), Some(target)));
        }
        // A view that a query of the same script reads is a table to that query.
        let _ = view;
        self.session.insert(target, SessionTable { output, temporary, read: false });
    }

    /// Temporary tables that nothing in the script reads are what it was written for.
    pub(super) fn emit_unread(&mut self) {
        let mut left: Vec<TableId> =
            self.session.iter().filter(|(_, t)| t.temporary && !t.read).map(|(id, _)| *id).collect();
        left.sort_unstable();
        for table in left {
            let output = Rc::clone(&self.session[&table].output);
            self.note_write(table);
            self.emit_all(&output, Some(table));
        }
    }

    /// T-SQL's `#t` is temporary by its name; other engines keep a schema for tables that end with the session.
    fn is_temporary_name(&self, name: Idents) -> bool {
        let parts = self.arena.idents(name);
        let schema = parts.len().checked_sub(2).map(|i| self.text(parts[i]));
        // SQLite and DuckDB keep one called `temp`; nobody knows what else an unknown engine would mean by it.
        let temp = matches!(self.dialect, Dialect::Sqlite | Dialect::DuckDb | Dialect::Generic);
        schema.is_some_and(|s| self.is_session_schema(s) || (temp && s.eq_ignore_ascii_case("temp")))
            || parts.last().is_some_and(|n| self.text(*n).starts_with('#'))
    }

    /// The schema of a session's tables, by whose name they may be called or not.
    pub(super) fn is_session_schema(&self, name: &str) -> bool {
        match self.dialect {
            Dialect::Postgres | Dialect::Redshift => name.eq_ignore_ascii_case("pg_temp"),
            Dialect::BigQuery => name.eq_ignore_ascii_case("_session"),
            _ => false,
        }
    }

    /// A table that the same script drops again lives in it alone.
    fn is_dropped_later(&self, table: TableId) -> bool {
        let now = self.statements.len();
        self.dropped.iter().any(|(t, at)| *t == table && *at > now)
    }

    /// Notes which tables are dropped, and by which statement, before anything is bound.
    pub(super) fn note_drops(&mut self, body: &StatementBody, statement: usize) {
        if let StatementBody::Drop(names) = body {
            for name in names {
                let table = self.table(*name);
                self.dropped.extend(table.map(|t| (t, statement)));
            }
        }
    }

    /// A table that the script itself declares.
    fn declared(&mut self, table: TableId, columns: &[ColumnDef]) -> Rc<Output> {
        let mut output = Output::default();
        for column in columns {
            let (sym, name) = (self.column_sym(column.name), self.column_name(column.name));
            let ty = column.ty.map(|t| self.arena.data_type(t).clone()).filter(|t| !t.is_unknown());
            let nullable = column.not_null.then_some(false);
            output.cols.push(Col { sym, name, info: Rc::new(Info { ty, nullable, ..Info::default() }) });
        }
        if columns.is_empty() {
            output.wild.push(Wild::of_table(table));
        }
        Rc::new(output)
    }

    fn row_output(&mut self, values: Exprs, scope: usize) -> Rc<Output> {
        let mut output = Output::default();
        for (i, expr) in self.arena.exprs(values).iter().enumerate() {
            let info = Rc::new(self.value_of(*expr, scope).0);
            let (sym, name) = self.output_name(*expr, None, i, i);
            output.cols.push(Col { sym, name, info });
        }
        Rc::new(output)
    }

    /// Rows go into a table: into the listed columns by position, or into the table's own.
    pub(super) fn insert(
        &mut self,
        target: TableId,
        columns: &[IdentId],
        partition: &[IdentId],
        by_name: bool,
        output: &Rc<Output>,
        pos: Pos,
    ) {
        self.note_write(target);
        if output.is_open() {
            self.lower_level(Resolution::Ambiguous);
        }
        let mut names: Vec<Rc<str>> = columns.iter().chain(partition).map(|c| self.column_name(*c)).collect();
        if columns.is_empty() && !by_name {
            let own = self.target_columns(target);
            // PARTITION columns come last in the query and last in the table.
            if !own.is_empty() {
                names = own;
            } else {
                names.clear();
            }
        }
        if by_name || names.is_empty() {
            for col in &output.cols {
                self.write(Some(target), &col.name, &col.info);
            }
            self.write_unknown(Some(target), output);
            return;
        }
        let explicit = !columns.is_empty();
        let misfit = output.cols.len() > names.len() || (explicit && output.cols.len() < names.len());
        if misfit && !output.is_open() {
            let name = self.table_name(target).clone();
            let message = format!("{} columns are inserted into {} columns of {name}.", output.cols.len(), names.len());
            self.bind_error("insert-width", Some(name), "", message.clone(), pos);
            let mut tables: Vec<TableId> = output.stars.clone();
            tables.dedup();
            for table in tables {
                let table = Some(self.table_name(table).clone());
                self.bind_error("insert-width", table, "", message.clone(), pos);
            }
            self.diagnose(DiagnosticSeverity::Warning, "insert-width", message, pos);
        }
        if !output.is_open() {
            self.fits(target, &names, output);
        }
        for (i, col) in output.cols.iter().enumerate() {
            let name = names.get(i).unwrap_or(&col.name);
            self.write(Some(target), name, &col.info);
        }
        self.write_unknown(Some(target), output);
    }

    /// The types of what is written, where those of the target are known.
    fn fits(&mut self, target: TableId, names: &[Rc<str>], output: &Output) {
        if self.session.contains_key(&target) {
            return;
        }
        let table = self.table_output(target);
        for (name, col) in names.iter().zip(&output.cols) {
            let sym = self.stored_column_sym(name);
            if let Some(own) = table.find(sym) {
                let own = Rc::clone(&own.info);
                self.columns_meet(Meeting::Insert, &own, &col.info);
            }
        }
    }

    /// The columns of a table that is written, in its order; empty when unknown.
    pub(super) fn target_columns(&mut self, target: TableId) -> Vec<Rc<str>> {
        let output = match self.session.get(&target) {
            Some(session) => Rc::clone(&session.output),
            None => self.table_output(target),
        };
        if output.is_open() {
            return Vec::new();
        }
        output.cols.iter().map(|c| Rc::clone(&c.name)).collect()
    }

    fn own_column(&mut self, table: TableId, name: IdentId) -> Option<Col> {
        let output = self.table_output(table);
        let sym = self.column_sym(name);
        if let Some(col) = output.find(sym) {
            self.mention(&col.info);
            return Some(col.clone());
        }
        let shown = self.column_name(name);
        self.find_wild(&output.wild, sym, name, Pos::default()).map(|info| Col { sym, name: shown, info })
    }

    /// A statement of which only tables are known.
    pub(super) fn scanned(&mut self, scan: &Scan) {
        let parts = |names: &[tessera_model::Ident]| -> Vec<(String, bool)> {
            names.iter().map(|i| (i.text.clone(), i.quoted)).collect()
        };
        let mut any = false;
        for name in &scan.reads {
            if let Some(table) = self.table_of(&parts(name)) {
                self.note_read(table);
                any = true;
            }
        }
        for name in &scan.writes {
            if let Some(table) = self.table_of(&parts(name)) {
                self.note_write(table);
                any = true;
            }
        }
        self.level = if any { Resolution::TableOnly } else { Resolution::Unparsed };
        self.statements.push(StatementInfo { kind: "other".to_owned(), resolution: self.level });
    }
}

/// Any column, made of nothing that is not accounted for elsewhere.
fn own_wild() -> Output {
    Output { wild: vec![Wild::of_nothing()], ..Output::default() }
}
