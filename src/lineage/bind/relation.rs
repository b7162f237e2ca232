//! FROM: relations from left to right.

use super::Binder;
use super::scope::Rel;
use super::value::{Acc, Col, Info, Output, Sink, TableId, Typed, Wild};
use std::rc::Rc;
use tessera_model::lineage::{DirectKind, IndirectKind};
use tessera_model::{Dialect, LogicalType};
use tessera_sql::hash::FastMap;
use tessera_sql::ir::{Alias, Exprs, From, IdentId, Idents, Pos, Relation, RelationId};

impl Binder<'_> {
    pub(super) fn from(&mut self, from: &From, scope: usize) {
        let start = self.scopes[scope].rels.len();
        self.relation(from.first, scope, false);
        for join in &from.joins {
            self.join(join, scope, start);
        }
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
        if rel.table.is_none() || !alias.columns.is_empty() {
            rel.output = self.numbered(rel.output);
        }
        self.scopes[scope].rels.push(rel);
    }

    /// In a relation of DuckDB's no two columns have one name: the second `k` is `k_1`.
    pub(super) fn numbered(&mut self, output: Rc<Output>) -> Rc<Output> {
        if self.dialect != Dialect::DuckDb {
            return output;
        }
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
