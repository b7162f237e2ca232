//! Stars: `*`, `t.*`, `expr.*`, with what may follow them.

use super::Binder;
use super::member::transformed;
use super::relation::with_type;
use super::scope::{Found, Merged, Rel, Scope};
use super::value::{Col, Info, Output, Sym, TableId, Wild};
use std::rc::Rc;
use tessera_model::lineage::{DiagnosticSeverity, Resolution};
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::{IdentId, Idents, Pos, Star};

/// A projection that is being put together.
#[derive(Debug, Default)]
pub(super) struct Expansion {
    pub(super) cols: Vec<Col>,
    pub(super) wild: Vec<Wild>,
    pub(super) stars: Vec<TableId>,
}

/// What a bare star stands for, by place in its scope.
pub(super) enum Part {
    /// A column that a join made of two.
    Merged(usize),
    /// The other columns of a relation.
    Rel(usize),
}

/// The standard's order: each join has the columns that it made of two first, then those of its sides, in their own order.
pub(super) fn in_order(scope: &Scope, (from, to): (usize, usize), out: &mut Vec<Part>) {
    let made_by = |join: (usize, usize)| (0..scope.merged.len()).filter(move |at| scope.merged[*at].rels == join);
    out.extend(made_by((from, to)).map(Part::Merged));
    let mut at = from;
    while at < to {
        let inner =
            scope.merged.iter().map(|m| m.rels).filter(|join| join.0 == at && join.1 <= to && *join != (from, to));
        match inner.map(|join| join.1).max() {
            Some(end) => {
                in_order(scope, (at, end), out);
                at = end;
            }
            None => {
                out.push(Part::Rel(at));
                at += 1;
            }
        }
    }
}

/// Columns that the stars of one SELECT may stand for; no warehouse has wider tables. Joins of joins of `*` double.
const MAX_WIDTH: usize = 16_384;
/// Columns that all stars of a script may stand for.
const MAX_EXPANDED: usize = 500_000;

impl Binder<'_> {
    fn too_wide(&mut self, pos: Pos) {
        let message = "The stars here stand for more columns than are followed: the rest is not known.".to_owned();
        self.diagnose(DiagnosticSeverity::Warning, "too-large", message, pos);
        self.lower_level(Resolution::Ambiguous);
    }

    pub(super) fn star(&mut self, qualifier: Idents, options: &Star, pos: Pos, scope: usize, out: &mut Expansion) {
        let mut parts: Vec<Part> = Vec::new();
        let mut cols: Vec<Col> = Vec::new();
        // The standard puts the columns of USING first; these leave them where the left side has them.
        let in_place = matches!(self.dialect, Dialect::DuckDb | Dialect::Sqlite | Dialect::ClickHouse);
        let mut placed: Vec<usize> = Vec::new();
        let excluded = self.excluded(options, scope);
        if qualifier.is_empty() {
            let scope = &self.scopes[scope];
            if in_place {
                let lone = |m: &Merged| !is_among(&scope.rels[m.rels.0..m.rels.1], m.sym);
                parts.extend((0..scope.merged.len()).filter(|at| lone(&scope.merged[*at])).map(Part::Merged));
                parts.extend((0..scope.rels.len()).map(Part::Rel));
            } else {
                in_order(scope, (0, scope.rels.len()), &mut parts);
            }
            // Without the column on all its sides it is gone.
            let stays = |m: &Merged| {
                let has = |rel: &usize| scope.rels[*rel].output.find(m.sym).is_some();
                excluded.is_empty()
                    || !(m.rels.0..m.rels.1).filter(has).all(|rel| excluded.contains(&(rel, m.sym)))
                    || !(m.rels.0..m.rels.1).any(|rel| has(&rel))
            };
            parts.retain(|part| match part {
                Part::Merged(at) => stays(&scope.merged[*at]),
                Part::Rel(at) => !scope.rels[*at].hidden,
            });
        } else {
            let names: Vec<Sym> = self.arena.idents(qualifier).iter().map(|p| self.alias_sym(*p)).collect();
            let mut at = Some(scope);
            let mut found = None;
            while let (Some(index), None) = (at, found) {
                found = self.relation_named(&names, index).map(|rel| (index, rel));
                at = self.scopes[index].parent;
            }
            let Some((owner, rel)) = found.or_else(|| self.star_behind_alias(qualifier, scope, pos)) else {
                return self.star_of_column(qualifier, options, pos, scope, out);
            };
            if owner != scope {
                let output = Rc::clone(&self.scopes[owner].rels[rel].output);
                return self.emit(output.cols.clone(), &output.wild, options, scope, out);
            }
            parts.push(Part::Rel(rel));
        }
        let mut wild: Vec<Wild> = Vec::new();
        for part in parts {
            let rel = match part {
                Part::Rel(rel) => rel,
                Part::Merged(at) => {
                    cols.push(merged_column(&self.scopes[scope].merged[at]));
                    continue;
                }
            };
            let relation = self.scopes[scope].rels[rel].clone();
            let merged = qualifier.is_empty();
            let width = relation.output.cols.len();
            self.expanded += width;
            if cols.len() + width > MAX_WIDTH || self.expanded > MAX_EXPANDED {
                self.too_wide(pos);
                wild.push(Wild {
                    table: relation.table,
                    info: None,
                    except: Rc::new([]),
                    members: false,
                    joins_last: false,
                });
                continue;
            }
            cols.reserve(width);
            for col in &relation.output.cols {
                if excluded.contains(&(rel, col.sym)) {
                    self.mention(&col.info);
                    continue;
                }
                let all = if merged { self.scopes[scope].merged.as_slice() } else { &[] };
                match all.iter().position(|m| m.sym == col.sym && (m.rels.0..m.rels.1).contains(&rel)) {
                    None => cols.push(outer(col, relation.nullable)),
                    Some(at) if in_place && !placed.contains(&at) => {
                        placed.push(at);
                        cols.push(merged_column(&all[at]));
                    }
                    Some(_) => {}
                }
            }
            if relation.output.is_open() {
                let mut hidden: Vec<Sym> = excluded.iter().filter(|e| e.0 == rel).map(|e| e.1).collect();
                if merged {
                    hidden.extend(self.scopes[scope].merged.iter().map(|m| m.sym));
                }
                wild.extend(match hidden.is_empty() {
                    true => relation.output.wild.clone(),
                    false => narrowed(&relation.output.wild, &hidden),
                });
                if let Some(table) = relation.table {
                    let name = self.table_name(table).clone();
                    let message = format!("A star stands on {name}, whose columns are unknown.");
                    self.diagnose(DiagnosticSeverity::Info, "star-on-unknown-table", message, pos);
                    self.lower_level(Resolution::Inferred);
                }
            }
            out.stars.extend(relation.table);
            out.stars.extend(relation.output.stars.iter().copied());
        }
        out.stars.sort_unstable();
        out.stars.dedup();
        self.emit(cols, &wild, options, scope, out);
    }

    /// `t.*` where `t` stands under an alias.
    fn star_behind_alias(&mut self, qualifier: Idents, scope: usize, pos: Pos) -> Option<(usize, usize)> {
        Some((scope, self.relation_behind_alias(self.arena.idents(qualifier), scope, pos)?))
    }

    /// `* EXCLUDE (t.a)`: the columns of single relations that a star leaves out.
    fn excluded(&mut self, options: &Star, scope: usize) -> Vec<(usize, Sym)> {
        let mut out = Vec::new();
        for path in &options.except {
            let [qualifier @ .., column] = self.arena.idents(*path) else { continue };
            let names: Vec<Sym> = qualifier.iter().map(|p| self.alias_sym(*p)).collect();
            if !names.is_empty()
                && let Some(rel) = self.relation_named(&names, scope)
            {
                out.push((rel, self.column_sym(*column)));
            }
        }
        out
    }

    /// `* EXCEPT (s.a)` in Databricks, where `s` is a struct: the column without the member.
    fn without_member(&self, col: &mut Col, path: &[IdentId]) {
        let Some(LogicalType::Struct(fields)) = &col.info.ty else { return };
        let [_, member] = path else { return };
        let name = self.text(*member);
        let left = fields.iter().filter(|f| !f.name.eq_ignore_ascii_case(name)).cloned().collect();
        col.info = Rc::new(with_type(&transformed(&col.info), Some(LogicalType::Struct(left))));
    }

    /// Applies what follows a star to the columns that it stands for.
    pub(super) fn emit(&mut self, cols: Vec<Col>, wild: &[Wild], options: &Star, scope: usize, out: &mut Expansion) {
        if options.is_plain() {
            match out.cols.is_empty() {
                true => out.cols = cols,
                false => out.cols.extend(cols),
            }
            add_wild(&mut out.wild, wild);
            return;
        }
        let mut except: Vec<Sym> = Vec::new();
        let mut members: Vec<(Sym, &[IdentId])> = Vec::new();
        let structs = matches!(self.dialect, Dialect::Databricks | Dialect::SparkSql);
        for path in &options.except {
            match self.arena.idents(*path) {
                [name] => except.push(self.column_sym(*name)),
                // Of a relation: `excluded` has seen to it.
                [head, ..] if structs => {
                    let name = [self.alias_sym(*head)];
                    if self.relation_named(&name, scope).is_none() {
                        members.push((self.column_sym(*head), self.arena.idents(*path)));
                    }
                }
                _ => {}
            }
        }
        let mut replaced = Vec::with_capacity(options.replace.len());
        for (name, expr) in &options.replace {
            let sym = self.column_sym(*name);
            let info = Rc::new(self.value_of(*expr, scope).0);
            replaced.push((sym, self.column_name(*name), info, false));
        }
        let mut renamed = Vec::with_capacity(options.rename.len());
        for (from, to) in &options.rename {
            renamed.push((self.column_sym(*from), self.column_sym(*to), self.column_name(*to), *from, false));
        }
        for mut col in cols {
            if except.contains(&col.sym) {
                // Naming it here reads it: without the column the text does not bind.
                let info = Rc::clone(&col.info);
                self.mention(&info);
                continue;
            }
            for (sym, path) in &members {
                if *sym == col.sym {
                    let info = Rc::clone(&col.info);
                    self.mention(&info);
                    self.without_member(&mut col, path);
                }
            }
            if options.ilike.as_deref().is_some_and(|p| !like(&col.name.to_lowercase(), &p.to_lowercase())) {
                continue;
            }
            if let Some(entry) = replaced.iter_mut().find(|r| r.0 == col.sym) {
                self.mention(&col.info);
                col.info = Rc::clone(&entry.2);
                entry.3 = true;
            }
            if let Some(entry) = renamed.iter_mut().find(|r| r.0 == col.sym) {
                self.mention(&col.info);
                (col.sym, col.name) = (entry.1, Rc::clone(&entry.2));
                entry.4 = true;
            }
            out.cols.push(col);
        }
        let mut hidden = except;
        hidden.extend(replaced.iter().map(|r| r.0));
        hidden.extend(renamed.iter().map(|r| r.0));
        if wild.is_empty() {
            return;
        }
        for (sym, name, info, done) in replaced {
            if !done {
                out.cols.push(Col { sym, name, info });
            }
        }
        for (from, sym, name, ident, done) in renamed {
            if !done && let Some(info) = self.find_wild(wild, from, ident, Pos::default()) {
                out.cols.push(Col { sym, name, info });
            }
        }
        add_wild(&mut out.wild, &narrowed(wild, &hidden));
    }

    /// `c.*` where `c` is a struct column.
    fn star_of_column(&mut self, path: Idents, options: &Star, pos: Pos, scope: usize, out: &mut Expansion) {
        let (found, fields) = self.find_column(path, scope, pos);
        if let Found::Info(info, _) = found {
            self.mention(&info);
            let info = if fields > 0 { Rc::new(self.typed_member(&info, path, fields)) } else { info };
            self.expand_struct(&info, options, scope, out);
        }
    }

    /// The members of a struct as columns.
    pub(super) fn expand_struct(&mut self, info: &Rc<Info>, options: &Star, scope: usize, out: &mut Expansion) {
        match &info.ty {
            Some(LogicalType::Struct(fields)) => {
                let mut cols = Vec::with_capacity(fields.len());
                for field in fields {
                    let sym = self.stored_column_sym(&field.name);
                    let ty = Some(field.data_type.clone()).filter(|t| !t.is_unknown());
                    let info = Rc::new(Info { ty, ..self.member(info, &[&field.name]) });
                    cols.push(Col { sym, name: field.name.as_str().into(), info });
                }
                self.emit(cols, &[], options, scope, out);
            }
            _ => {
                let wild = [Wild::members_of(Rc::clone(info))];
                self.emit(Vec::new(), &wild, options, scope, out);
            }
        }
    }

    /// All columns of a scope, as `*` gives them.
    pub(super) fn everything(&mut self, scope: usize) -> Rc<Output> {
        let mut out = Expansion::default();
        self.star(Idents::default(), &Star::default(), Pos::default(), scope, &mut out);
        Rc::new(Output { cols: out.cols, wild: out.wild, stars: out.stars })
    }
}

fn merged_column(merged: &Merged) -> Col {
    Col { sym: merged.sym, name: Rc::clone(&merged.name), info: Rc::clone(&merged.info) }
}

fn is_among(rels: &[Rel], sym: Sym) -> bool {
    rels.iter().any(|r| !r.hidden && r.output.find(sym).is_some())
}

/// Unknown columns of one output before it is looked whether they repeat; their order says what belongs together.
const MANY_WILD: usize = 32;

/// Adds unknown columns; where there are many each kind once, because joins of joins of `*` double them.
pub(super) fn add_wild(out: &mut Vec<Wild>, wild: &[Wild]) {
    for new in wild {
        let same = |old: &Wild| {
            let info = match (&old.info, &new.info) {
                (None, None) => true,
                (Some(a), Some(b)) => Rc::ptr_eq(a, b),
                (None, Some(_)) | (Some(_), None) => false,
            };
            info && old.table == new.table
                && old.members == new.members
                && old.joins_last == new.joins_last
                && old.except == new.except
        };
        if out.len() < MANY_WILD || !out.iter().any(same) {
            out.push(new.clone());
        }
    }
}

/// A column on the outer side of a join may be NULL.
fn outer(col: &Col, nullable: bool) -> Col {
    let mut col = col.clone();
    if nullable {
        col.info = maybe_null(&col.info);
    }
    col
}

/// The same value where no row may have met it.
pub(super) fn maybe_null(info: &Rc<Info>) -> Rc<Info> {
    if info.nullable == Some(true) {
        return Rc::clone(info);
    }
    Rc::new(Info {
        direct: info.direct.clone(),
        indirect: info.indirect.clone(),
        ty: info.ty.clone(),
        nullable: Some(true),
    })
}

pub(super) fn narrowed(wild: &[Wild], except: &[Sym]) -> Vec<Wild> {
    wild.iter()
        .map(|w| {
            let mut all = w.except.to_vec();
            all.extend(except.iter().filter(|s| !w.except.contains(s)));
            Wild { except: all.into(), ..w.clone() }
        })
        .collect()
}

/// SQL's LIKE with `%` and `_`.
fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) = (text.chars().collect(), pattern.chars().collect());
    let mut row = vec![false; pattern.len() + 1];
    row[0] = true;
    for (j, p) in pattern.iter().enumerate() {
        row[j + 1] = row[j] && *p == '%';
    }
    for t in text {
        let mut next = vec![false; pattern.len() + 1];
        for (j, p) in pattern.iter().enumerate() {
            next[j + 1] = match p {
                '%' => next[j] || row[j + 1],
                '_' => row[j],
                p => row[j] && *p == t,
            };
        }
        row = next;
    }
    row[pattern.len()]
}
