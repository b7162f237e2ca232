//! FROM: relations from left to right, joins, and table functions.

use super::Binder;
use super::scope::{Merged, Rel};
use super::value::{Acc, Col, Info, Output, Sink, Sym, TableId, Typed, Wild};
use std::rc::Rc;
use tessera_model::lineage::{DirectKind, IndirectKind};
use tessera_model::{Dialect, LogicalType};
use tessera_sql::hash::FastMap;
use tessera_sql::ir::{Alias, Exprs, From, IdentId, Idents, Join, JoinConstraint, JoinKind, Pos, Relation, RelationId};

impl Binder<'_> {
    pub(super) fn from(&mut self, from: &From, scope: usize) {
        let start = self.scopes[scope].rels.len();
        self.relation(from.first, scope, false);
        for join in &from.joins {
            self.join(join, scope, start);
        }
    }

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
                    self.reads_of(*expr, scope, Sink::Rows(IndirectKind::Join));
                }
            }
            JoinConstraint::Using(names) => {
                for name in names {
                    let (sym, shown) = (self.column_sym(*name), self.column_name(*name));
                    self.merge_column(sym, shown, Some(*name), scope, (start, middle, end), join.kind);
                }
            }
            JoinConstraint::Natural => {
                let left: Vec<Sym> = self.visible(scope, start, middle).iter().map(|c| c.sym).collect();
                let right = self.visible(scope, middle, end);
                let mut done = Vec::new();
                for col in right.into_iter().filter(|c| left.contains(&c.sym)) {
                    if !done.contains(&col.sym) {
                        done.push(col.sym);
                        self.merge_column(col.sym, col.name, None, scope, (start, middle, end), join.kind);
                    }
                }
            }
        }
        if sees_left && self.dialect == Dialect::ClickHouse {
            self.array_joined(scope, (start, middle, end));
        }
        let rels = &mut self.scopes[scope].rels;
        match join.kind {
            JoinKind::Inner | JoinKind::Cross | JoinKind::Apply => {}
            JoinKind::Left | JoinKind::OuterApply => rels[middle..end].iter_mut().for_each(|r| r.nullable = true),
            JoinKind::Right => rels[start..middle].iter_mut().for_each(|r| r.nullable = true),
            JoinKind::Full => rels[start..end].iter_mut().for_each(|r| r.nullable = true),
            JoinKind::Semi => rels.truncate(middle),
            JoinKind::RightSemi => {
                rels.drain(start..middle);
            }
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

    /// One column of USING: both sides decide about rows, and the two become one.
    fn merge_column(
        &mut self,
        sym: Sym,
        name: Rc<str>,
        ident: Option<IdentId>,
        scope: usize,
        (start, middle, end): (usize, usize, usize),
        kind: JoinKind,
    ) {
        let earlier = self.scopes[scope].merged.iter().position(|m| m.sym == sym && m.rels.0 >= start);
        let left = match earlier {
            Some(i) => Some(Rc::clone(&self.scopes[scope].merged[i].info)),
            None => self.side(sym, ident, scope, start, middle),
        };
        let right = self.side(sym, ident, scope, middle, end);
        for info in [&left, &right].into_iter().flatten() {
            self.mention(info);
            self.take(info, Sink::Rows(IndirectKind::Join), &mut Acc::default());
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
        match earlier {
            Some(i) => {
                let merged = &mut self.scopes[scope].merged[i];
                merged.info = info;
                merged.rels.1 = end;
            }
            None => self.scopes[scope].merged.push(Merged { sym, name, info, rels: (start, end) }),
        }
    }

    /// What both are made of, of the type of the first.
    fn joined(&mut self, first: &Rc<Info>, second: &Rc<Info>) -> Rc<Info> {
        let both = self.merge(first, second);
        Rc::new(Info {
            direct: both.direct.clone(),
            indirect: both.indirect.clone(),
            ty: first.ty.clone(),
            nullable: first.nullable,
        })
    }

    /// The column of that name on one side of a join.
    fn side(&mut self, sym: Sym, ident: Option<IdentId>, scope: usize, from: usize, to: usize) -> Option<Rc<Info>> {
        for i in from..to {
            if let Some(col) = self.scopes[scope].rels[i].output.find(sym) {
                return Some(Rc::clone(&col.info));
            }
        }
        let ident = ident?;
        let wild: Vec<Wild> =
            self.scopes[scope].rels[from..to].iter().flat_map(|r| r.output.wild.iter().cloned()).collect();
        self.find_wild(&wild, sym, ident, Pos::default())
    }

    /// Binds one relation and adds what it gives to the scope; `sees_left` as if LATERAL stood before it.
    pub(super) fn relation(&mut self, id: RelationId, scope: usize, sees_left: bool) {
        match self.arena.relation(id) {
            Relation::Table { name, alias, extra, pos } => {
                for expr in self.arena.exprs(*extra) {
                    self.reads_of(*expr, scope, Sink::Rows(IndirectKind::Filter));
                }
                if let Some(rel) = self.array_path(*name, alias, *pos, scope) {
                    self.scopes[scope].rels.push(rel);
                    return;
                }
                let rel = self.named_relation(*name, alias.name, *pos, scope);
                self.add(rel, alias, scope);
            }
            Relation::Derived { query, lateral, alias } => {
                // Only LATERAL sees its siblings; without it an outer query is all that is in sight.
                let parent = if *lateral || sees_left { Some(scope) } else { self.scopes[scope].parent };
                let output = self.query(*query, parent);
                self.add(derived(output), alias, scope);
            }
            Relation::Function { name, args, arg_names, ordinality, alias, pos: _ } => {
                let output = self.table_function(*name, *args, arg_names, *ordinality, alias, scope);
                self.add(derived(output), alias, scope);
            }
            Relation::Unnest { args, offset, alias } => {
                let output = self.unnest(*args, *offset, alias, scope);
                self.add(derived(output), alias, scope);
            }
            Relation::Nested { from, alias } => match alias.name {
                None => self.from(from, scope),
                Some(_) => {
                    let inner = self.push_scope(self.scopes[scope].parent);
                    self.from(from, inner);
                    let output = self.everything(inner);
                    self.pop_scope();
                    self.add(derived(output), alias, scope);
                }
            },
            Relation::Columns { args, columns, alias } => {
                let info = self.made_of(*args, scope);
                let mut output = Output::default();
                for column in columns {
                    let (sym, name) = (self.column_sym(column.name), self.column_name(column.name));
                    let ty = column.ty.map(|t| self.arena.data_type(t).clone());
                    output.cols.push(Col { sym, name, info: Rc::new(with_type(&info, ty)) });
                }
                if columns.is_empty() {
                    output.wild.push(Wild::made_of(info));
                }
                self.add(derived(Rc::new(output)), alias, scope);
            }
            Relation::Pivot { input, aggregates, on, values, alias } => {
                let output = self.pivot(*input, aggregates, *on, values, scope);
                self.add(derived(output), alias, scope);
            }
            Relation::Unpivot { input, values, name, columns, alias } => {
                let output = self.unpivot(*input, values, *name, *columns, scope);
                self.add(derived(output), alias, scope);
            }
            Relation::MatchRecognize { input, partition, order, measures, defines, symbols, all_rows, alias } => {
                let inner = self.push_scope(self.scopes[scope].parent);
                self.relation(*input, inner, false);
                for symbol in symbols {
                    let names = vec![self.alias_sym(*symbol)];
                    let mut rel = self.scopes[inner].rels[0].clone();
                    rel.names = names;
                    rel.hidden = true;
                    self.scopes[inner].rels.push(rel);
                }
                let mut output = Output::default();
                if *all_rows {
                    let all = self.everything(inner);
                    output.cols.extend(all.cols.iter().cloned());
                    output.wild.extend(all.wild.iter().cloned());
                }
                // The symbols' copies would make every plain name ambiguous.
                let copies = self.scopes[inner].rels.split_off(1);
                for expr in self.arena.exprs(*partition) {
                    self.reads_of(*expr, inner, Sink::Rows(IndirectKind::Window));
                    if !all_rows {
                        let info = Rc::new(self.value_of(*expr, inner).0);
                        let (sym, name) = self.output_name(*expr, None, output.cols.len(), 0);
                        output.cols.push(Col { sym, name, info });
                    }
                }
                for expr in self.arena.exprs(*order) {
                    self.reads_of(*expr, inner, Sink::Rows(IndirectKind::Window));
                }
                self.scopes[inner].rels.extend(copies);
                for expr in self.arena.exprs(*defines) {
                    self.reads_of(*expr, inner, Sink::Rows(IndirectKind::Filter));
                }
                for (expr, name) in measures {
                    let info = Rc::new(self.value_of(*expr, inner).0);
                    let (sym, name) = (self.column_sym(*name), self.column_name(*name));
                    output.cols.push(Col { sym, name, info });
                }
                self.pop_scope();
                self.add(derived(Rc::new(output)), alias, scope);
            }
        }
    }

    /// A CTE, a table of the session, of the catalog, or an unknown one.
    pub(super) fn named_relation(&mut self, name: Idents, alias: Option<IdentId>, _pos: Pos, _scope: usize) -> Rel {
        let names = self.qualifiers(alias, name);
        if let Some(cte) = self.is_cte_name(name) {
            self.ctes[cte].used = true;
            let output = Rc::clone(&self.ctes[cte].output);
            return Rel { names, output, table: None, nullable: false, hidden: false };
        }
        let Some(table) = self.table(name) else {
            return Rel { names, output: Rc::default(), table: None, nullable: false, hidden: false };
        };
        self.read_table(table);
        let output = self.table_output(table);
        let temporary = self.session.get(&table).is_some_and(|t| t.temporary);
        Rel { names, output, table: Some(table).filter(|_| !temporary), nullable: false, hidden: false }
    }

    /// Notes a read; tables that live in this script only are looked through.
    pub(super) fn read_table(&mut self, table: TableId) {
        match self.session.get_mut(&table) {
            Some(session) if session.temporary => session.read = true,
            _ => self.note_read(table),
        }
    }

    fn add(&mut self, mut rel: Rel, alias: &Alias, scope: usize) {
        if let Some(name) = alias.name {
            rel.names = vec![self.alias_sym(name)];
        }
        if self.dialect == Dialect::DuckDb && rel.table.is_none() {
            rel.output = self.numbered(rel.output);
        }
        if !alias.columns.is_empty() {
            let names: Vec<IdentId> = alias.columns.iter().map(|(n, _)| *n).collect();
            let output = self.renamed(rel.output, &names);
            let mut cols = output.cols.clone();
            for (col, (_, ty)) in cols.iter_mut().zip(&alias.columns) {
                if let Some(ty) = ty {
                    col.info = Rc::new(with_type(&col.info, Some(self.arena.data_type(*ty).clone())));
                }
            }
            rel.output = Rc::new(Output { cols, wild: output.wild.clone(), stars: output.stars.clone() });
        }
        self.scopes[scope].rels.push(rel);
    }

    /// In a relation of DuckDB's no two columns have one name: the second `k` is `k_1`.
    fn numbered(&mut self, output: Rc<Output>) -> Rc<Output> {
        let mut seen = FastMap::default();
        if output.cols.iter().all(|c| seen.insert(c.sym, 1usize).is_none()) {
            return output;
        }
        seen.clear();
        let mut cols = output.cols.clone();
        for col in &mut cols {
            while let Some(count) = seen.get_mut(&col.sym) {
                let name = format!("{}_{count}", col.name);
                *count += 1;
                let sym = self.stored_column_sym(&name);
                if !seen.contains_key(&sym) {
                    (col.sym, col.name) = (sym, name.into());
                    break;
                }
            }
            seen.insert(col.sym, 1);
        }
        Rc::new(Output { cols, wild: output.wild.clone(), stars: output.stars.clone() })
    }

    /// What a list of expressions is made of, as one value.
    pub(super) fn made_of(&mut self, args: Exprs, scope: usize) -> Rc<Info> {
        let mut acc = Acc::default();
        for expr in self.arena.exprs(args) {
            self.expr(*expr, scope, Sink::Value(DirectKind::Transformation), &mut acc);
        }
        Rc::new(acc.finish(Typed::unknown()))
    }
}

pub(super) fn derived(output: Rc<Output>) -> Rel {
    Rel { names: Vec::new(), output, table: None, nullable: false, hidden: false }
}

pub(super) fn with_type(info: &Info, ty: Option<LogicalType>) -> Info {
    Info {
        direct: info.direct.clone(),
        indirect: info.indirect.clone(),
        ty: ty.filter(|t| !t.is_unknown()),
        nullable: None,
    }
}
