//! Joins: what ON, USING and NATURAL read, and the columns that the latter two make of two.

use super::Binder;
use super::scope::{Found, Merged, Rel};
use super::star::{Part, in_order, maybe_null};
use super::unresolved::base_tables;
use super::value::{Acc, Col, Info, Sink, Sym, TableId, Wild};
use crate::types::Meeting;
use std::rc::Rc;
use tessera_model::Dialect;
use tessera_model::lineage::{DiagnosticSeverity, IndirectKind, Resolution};
use tessera_sql::ir::{BinOp, IdentId, Join, JoinConstraint, JoinKind, Pos};

/// A column that both sides of a join have, as it was written or found.
struct Shared {
    sym: Sym,
    name: Rc<str>,
    /// As USING names it.
    ident: Option<(IdentId, Pos)>,
}

impl Binder<'_> {
    /// Adds the right side of a join to a scope; its left side is what stands there from `start` on.
    pub(super) fn join(&mut self, join: &Join, scope: usize, start: usize) {
        let middle = self.scopes[scope].rels.len();
        let sees_left = matches!(join.kind, JoinKind::Apply | JoinKind::OuterApply);
        self.relation(join.relation, scope, sees_left);
        let end = self.scopes[scope].rels.len();
        match &join.constraint {
            JoinConstraint::None => {}
            JoinConstraint::On(exprs) => {
                for expr in exprs {
                    self.condition(*expr, scope, IndirectKind::Join);
                }
            }
            JoinConstraint::Using(names) => {
                for (ident, pos) in names {
                    let (sym, name) = (self.column_sym(*ident), self.column_name(*ident));
                    let shared = Shared { sym, name, ident: Some((*ident, *pos)) };
                    self.merge_column(shared, scope, (start, middle, end), join.kind);
                }
            }
            JoinConstraint::Natural => self.natural(scope, (start, middle, end), join.kind),
        }
        if sees_left && self.dialect == Dialect::ClickHouse {
            self.array_joined(scope, (start, middle, end));
        }
        match join.kind {
            JoinKind::Inner | JoinKind::Cross | JoinKind::Apply => {}
            JoinKind::Left | JoinKind::OuterApply => self.may_be_missing(scope, (middle, end)),
            JoinKind::Right => self.may_be_missing(scope, (start, middle)),
            JoinKind::Full => {
                self.may_be_missing(scope, (start, middle));
                self.may_be_missing(scope, (middle, end));
            }
            JoinKind::Semi => self.scopes[scope].rels.truncate(middle),
            JoinKind::RightSemi => {
                self.scopes[scope].rels.drain(start..middle);
            }
        }
    }

    /// The rows of one side of an outer join, with the columns that its own joins have made of two.
    fn may_be_missing(&mut self, scope: usize, (from, to): (usize, usize)) {
        let scope = &mut self.scopes[scope];
        scope.rels[from..to].iter_mut().for_each(|r| r.nullable = true);
        for merged in scope.merged.iter_mut().filter(|m| from <= m.rels.0 && m.rels.1 <= to) {
            merged.info = maybe_null(&merged.info);
        }
    }

    /// ARRAY JOIN without an alias: the elements take the place of the array.
    fn array_joined(&mut self, scope: usize, (start, middle, end): (usize, usize, usize)) {
        for col in self.visible(scope, middle, end) {
            let replaced = self.scopes[scope].rels[start..middle].iter().any(|r| r.output.find(col.sym).is_some());
            if replaced {
                self.scopes[scope].merged.push(Merged {
                    sym: col.sym,
                    name: col.name,
                    info: col.info,
                    rels: (start, end),
                });
            }
        }
    }

    fn visible(&self, scope: usize, from: usize, to: usize) -> Vec<Col> {
        self.scopes[scope].rels[from..to].iter().flat_map(|r| r.output.cols.iter().cloned()).collect()
    }

    fn natural(&mut self, scope: usize, (start, middle, end): (usize, usize, usize), kind: JoinKind) {
        // In the left side's order.
        let mut parts = Vec::new();
        in_order(&self.scopes[scope], (start, middle), &mut parts);
        let of = &self.scopes[scope];
        let names = parts.iter().flat_map(|part| match part {
            Part::Merged(at) => vec![(of.merged[*at].sym, Rc::clone(&of.merged[*at].name))],
            Part::Rel(at) => of.rels[*at].output.cols.iter().map(|c| (c.sym, Rc::clone(&c.name))).collect(),
        });
        let left: Vec<(Sym, Rc<str>)> = names.collect();
        let right: Vec<Sym> = self.visible(scope, middle, end).iter().map(|c| c.sym).collect();
        let mut done = Vec::new();
        for (sym, name) in left.into_iter().filter(|(sym, _)| right.contains(sym)) {
            if !done.contains(&sym) {
                done.push(sym);
                let shared = Shared { sym, name, ident: None };
                self.merge_column(shared, scope, (start, middle, end), kind);
            }
        }
        let rels = &self.scopes[scope].rels[start..end];
        // The others make a cross join of it.
        if done.is_empty() && self.dialect == Dialect::DuckDb && !rels.iter().any(|r| r.output.is_open()) {
            let tables: Vec<_> = rels.iter().flat_map(base_tables).collect();
            let message = "The sides of a natural join have no column in common.".to_owned();
            self.join_error("natural-join", &tables, "", message, Pos::default());
        }
    }

    /// One column of USING: both sides decide about rows, and the two become one.
    fn merge_column(
        &mut self,
        Shared { sym, name, ident }: Shared,
        scope: usize,
        (start, middle, end): (usize, usize, usize),
        kind: JoinKind,
    ) {
        let left = match self.earlier(sym, scope, (start, middle)) {
            Some(merged) => Some(merged.info),
            None => self.side(sym, &name, ident, scope, (start, middle), kind),
        };
        let right = match self.earlier(sym, scope, (middle, end)) {
            Some(merged) => Some(merged.info),
            None => self.side(sym, &name, ident, scope, (middle, end), kind),
        };
        for info in [&left, &right].into_iter().flatten() {
            self.mention(info);
            self.take(info, Sink::Rows(IndirectKind::Join), &mut Acc::default());
        }
        if let (Some(left), Some(right)) = (&left, &right) {
            self.columns_meet(Meeting::Op(BinOp::Compare), left, right);
        }
        let info = match (left, right) {
            // The standard says COALESCE(left, right), of the type of the side that is never NULL.
            (Some(left), Some(right)) => match kind {
                JoinKind::Right | JoinKind::RightSemi => self.joined(&right, &left),
                JoinKind::Full => self.merge(&left, &right),
                JoinKind::Inner
                | JoinKind::Left
                | JoinKind::Cross
                | JoinKind::Semi
                | JoinKind::Apply
                | JoinKind::OuterApply => self.joined(&left, &right),
            },
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => return,
        };
        if matches!(kind, JoinKind::Semi | JoinKind::RightSemi) {
            return;
        }
        let merged = &mut self.scopes[scope].merged;
        merged.retain(|m| m.sym != sym || m.rels.0 < start);
        merged.push(Merged { sym, name, info, rels: (start, end) });
    }

    /// What a join on one side has made of that column.
    fn earlier(&self, sym: Sym, scope: usize, (from, to): (usize, usize)) -> Option<Merged> {
        self.scopes[scope].merged.iter().find(|m| m.sym == sym && from <= m.rels.0 && m.rels.1 <= to).cloned()
    }

    /// What both are made of, of the type of the first; PostgreSQL makes both sides one type before.
    fn joined(&mut self, first: &Rc<Info>, second: &Rc<Info>) -> Rc<Info> {
        let both = self.merge(first, second);
        Rc::new(Info {
            direct: both.direct.clone(),
            indirect: both.indirect.clone(),
            ty: if self.dialect == Dialect::Postgres { both.ty.clone() } else { first.ty.clone() },
            nullable: first.nullable,
        })
    }

    /// The column of that name on one side of a join.
    fn side(
        &mut self,
        sym: Sym,
        name: &Rc<str>,
        ident: Option<(IdentId, Pos)>,
        scope: usize,
        (from, to): (usize, usize),
        kind: JoinKind,
    ) -> Option<Rc<Info>> {
        // An inner join keeps no row whose column an earlier join has left without a value.
        let outer = matches!(kind, JoinKind::Left | JoinKind::Right | JoinKind::Full | JoinKind::OuterApply);
        let rels = &self.scopes[scope].rels[from..to];
        let mut hits = rels.iter().filter_map(|r| r.output.find(sym).map(|col| (r, col)));
        if let Some((first, col)) = hits.next() {
            let info = if outer && first.nullable { maybe_null(&col.info) } else { Rc::clone(&col.info) };
            if let Some((second, _)) = hits.next()
                && self.wants_one()
            {
                let mut tables = base_tables(first);
                tables.extend(base_tables(second));
                let pos = ident.map(|(_, pos)| pos).unwrap_or_default();
                let message = format!("Column {name} stands twice on one side of a join.");
                self.join_error("ambiguous-column", &tables, name, message, pos);
            }
            return Some(info);
        }
        let (ident, pos) = ident?;
        let wild: Vec<Wild> = rels.iter().flat_map(|r| r.output.wild.iter().cloned()).collect();
        if !wild.is_empty() || rels.is_empty() || self.is_pseudo(ident) {
            return self.find_wild(&wild, sym, ident, Pos::default());
        }
        let rels: Vec<Rel> = rels.to_vec();
        match self.unknown_in(&rels, ident, true, pos) {
            Found::Info(info, _) => Some(info),
            Found::Alias(..) | Found::Lambda | Found::Row(_) | Found::Nothing => None,
        }
    }

    /// Engines that refuse a join by a column that one of its sides has twice.
    fn wants_one(&self) -> bool {
        matches!(
            self.dialect,
            Dialect::Postgres | Dialect::DuckDb | Dialect::BigQuery | Dialect::MySql | Dialect::Trino | Dialect::Athena
        )
    }

    fn join_error(&mut self, code: &str, tables: &[TableId], column: &str, message: String, pos: Pos) {
        for table in tables {
            let table = Some(self.table_name(*table).clone());
            self.bind_error(code, table, column, message.clone(), pos);
        }
        if tables.is_empty() {
            self.bind_error(code, None, column, message.clone(), pos);
        }
        self.diagnose(DiagnosticSeverity::Warning, code, message, pos);
        self.lower_level(Resolution::Ambiguous);
    }
}
