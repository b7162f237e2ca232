//! Statements that change rows in place: UPDATE, DELETE, MERGE; and what RETURNING gives to a query around them.

use super::Binder;
use super::scope::Rel;
use super::value::{Col, Info, Output, TableId};
use std::rc::Rc;
use tessera_model::Dialect;
use tessera_model::lineage::IndirectKind;
use tessera_sql::ir::{
    Alias, Assignment, Expr, ExprId, From, IdentId, Idents, Item, MergeAction, MergeSides, Relation, StatementBody,
};

impl Binder<'_> {
    pub(super) fn change(&mut self, body: &StatementBody) {
        match body {
            StatementBody::Update { target, assignments, from, filters, returning } => {
                let scope = self.push_scope(None);
                let (written, decided) = (self.columns.len(), self.rows.len());
                let table = self.open_target(target, scope);
                self.beside_target(from, scope);
                let table = table.map(|t| self.aliased_target(t, scope));
                if let Some(table) = table {
                    self.note_write(table);
                    self.assign(table, assignments, scope);
                }
                self.filter(filters, scope);
                if let Some(table) = table {
                    self.note_own_read(table, written, decided);
                }
                self.returning(returning, scope);
                self.pop_scope();
            }
            StatementBody::Delete { tables, from, using, filters, returning } => {
                let scope = self.push_scope(None);
                let mut targets = Vec::new();
                for (i, from) in from.iter().enumerate() {
                    // `DELETE FROM t`, or `DELETE a FROM t AS a JOIN …`, where all of FROM is read.
                    if i == 0 && tables.is_empty() {
                        targets.extend(self.open_target(from, scope));
                    } else {
                        self.from(from, scope);
                    }
                }
                for name in tables {
                    let alias = self.qualifiers(None, *name);
                    let known = self.relation_named(&alias, scope).and_then(|r| self.scopes[scope].rels[r].table);
                    targets.extend(known.or_else(|| self.table(*name)));
                }
                self.beside_target(using, scope);
                for target in targets {
                    self.note_write(target);
                }
                self.filter(filters, scope);
                self.returning(returning, scope);
                self.pop_scope();
            }
            StatementBody::Merge { target, source, on, clauses } => {
                let scope = self.push_scope(None);
                let from = From { first: *target, joins: Vec::new() };
                let table = self.open_target(&from, scope);
                let before = self.scopes[scope].rels.len();
                self.relation(*source, scope, false);
                let sources: Vec<Rel> = self.scopes[scope].rels[before..].to_vec();
                self.condition(*on, scope, IndirectKind::Join);
                if let Some(table) = table {
                    self.note_write(table);
                    let both = self.scopes[scope].rels.clone();
                    for clause in clauses {
                        self.scopes[scope].rels = match clause.sides {
                            MergeSides::Both => both.clone(),
                            MergeSides::Source => sources.clone(),
                            MergeSides::Target => both[..before].to_vec(),
                        };
                        for filter in &clause.filters {
                            self.condition(*filter, scope, IndirectKind::Filter);
                        }
                        self.merge_action(table, &clause.action, &sources, scope);
                    }
                }
                self.pop_scope();
            }
            _ => {}
        }
    }

    /// New values come from old rows: an UPDATE reads its table where a column that is known to be there is used. In a
    /// table that nobody knows a bare name may as well be a variable.
    fn note_own_read(&mut self, table: TableId, written: usize, decided: usize) {
        if self.table_output(table).is_open() {
            return;
        }
        let values = self.columns[written..]
            .iter()
            .flat_map(|w| w.info.direct.iter().map(|(s, _)| *s).chain(w.info.indirect.iter().map(|(s, _)| *s)));
        let rows = self.rows[decided..].iter().map(|(s, _)| *s);
        if values.chain(rows).any(|s| self.sources[s.0 as usize].table == table) {
            self.note_read(table);
        }
    }

    fn merge_action(&mut self, table: TableId, action: &MergeAction, sources: &[Rel], scope: usize) {
        match action {
            MergeAction::Insert { columns, rows } => {
                let mut names: Vec<Rc<str>> = columns.iter().map(|c| self.column_name(*c)).collect();
                if names.is_empty() {
                    names = self.target_columns(table);
                }
                for row in rows {
                    for (i, expr) in self.arena.exprs(*row).iter().enumerate() {
                        let info = Rc::new(self.value_of(*expr, scope).0);
                        // Without a list of columns the value's own name is the best guess.
                        let name = match (names.get(i), self.arena.expr(*expr)) {
                            (Some(name), _) => Rc::clone(name),
                            (None, Expr::Column(path, _)) => match self.arena.last(*path) {
                                Some(last) => self.column_name(last),
                                None => continue,
                            },
                            (None, _) => continue,
                        };
                        self.write(Some(table), &name, &info);
                    }
                }
            }
            MergeAction::InsertAll | MergeAction::UpdateAll => {
                for rel in sources {
                    let output = Rc::clone(&rel.output);
                    self.emit_all(&output, Some(table));
                }
            }
            MergeAction::Update(assignments) => self.assign(table, assignments, scope),
            MergeAction::Delete | MergeAction::Nothing => {}
        }
    }

    fn filter(&mut self, filters: &[ExprId], scope: usize) {
        for filter in filters {
            self.condition(*filter, scope, IndirectKind::Filter);
        }
    }

    fn returning(&mut self, items: &[Item], scope: usize) {
        if items.is_empty() {
            return;
        }
        let (output, _) = self.project(items, &[], scope);
        for col in &output.cols {
            self.mention(&col.info);
        }
    }

    /// What stands beside the table that is changed. In PostgreSQL its joins cannot name that table.
    fn beside_target(&mut self, list: &[From], scope: usize) {
        let target = match self.dialect {
            Dialect::Postgres => std::mem::take(&mut self.scopes[scope].rels),
            _ => Vec::new(),
        };
        for from in list {
            self.from(from, scope);
        }
        self.scopes[scope].rels.extend(target);
    }

    /// Puts the table that is changed into the scope. Being changed is no read of it.
    fn open_target(&mut self, from: &From, scope: usize) -> Option<TableId> {
        let target = match self.arena.relation(from.first) {
            Relation::Table { name, alias, .. } if self.is_cte_name(*name).is_none() => {
                let table = self.table(*name)?;
                self.target_scope(table, *name, alias.name, scope);
                Some(table)
            }
            // An updatable subquery or a CTE: its base is what changes.
            _ => {
                self.relation(from.first, scope, false);
                None
            }
        };
        for join in &from.joins {
            self.join(join, scope, 0);
        }
        target
    }

    pub(super) fn target_scope(&mut self, table: TableId, name: Idents, alias: Option<IdentId>, scope: usize) {
        let names = self.qualifiers(alias, name);
        let output = self.table_output(table);
        self.scopes[scope].rels.push(Rel { names, output, table: Some(table), nullable: false, hidden: false });
    }

    /// T-SQL's `UPDATE a SET … FROM t AS a`: the target is an alias of FROM.
    fn aliased_target(&mut self, table: TableId, scope: usize) -> TableId {
        if self.dialect == Dialect::Postgres {
            return table;
        }
        let Some(first) = self.scopes[scope].rels.first() else { return table };
        let [name] = first.names.as_slice() else { return table };
        let name = *name;
        let twin = self.scopes[scope].rels.iter().skip(1).position(|r| r.names == [name]);
        let Some(twin) = twin.map(|i| i + 1) else { return table };
        let Some(real) = self.scopes[scope].rels[twin].table else { return table };
        self.scopes[scope].rels.remove(0);
        self.reads.retain(|t| *t != real);
        real
    }

    pub(super) fn assign(&mut self, table: TableId, assignments: &[Assignment], scope: usize) {
        for assignment in assignments {
            let values: Vec<Rc<Info>> = match (assignment.targets.as_slice(), self.arena.expr(assignment.value)) {
                ([_, _, ..], Expr::Tuple(items)) => {
                    self.arena.exprs(*items).iter().map(|e| Rc::new(self.value_of(*e, scope).0)).collect()
                }
                ([_, _, ..], Expr::Subquery(query)) => {
                    let output = self.query(*query, Some(scope));
                    output.cols.iter().map(|c| Rc::clone(&c.info)).collect()
                }
                _ => vec![Rc::new(self.value_of(assignment.value, scope).0)],
            };
            // New values that are made of the old ones read the table; a condition on it alone chooses which to replace.
            for (i, target) in assignment.targets.iter().enumerate() {
                let Some(last) = self.arena.last(*target) else { continue };
                let name = self.column_name(last);
                let info = values.get(i).or(values.first()).cloned().unwrap_or_default();
                // `UPDATE a JOIN b SET b.x = …` names the table that changes.
                let owner = self.owner_of(*target, scope).unwrap_or(table);
                if owner != table {
                    self.note_write(owner);
                }
                self.write(Some(owner), &name, &info);
            }
        }
    }

    fn owner_of(&mut self, target: Idents, scope: usize) -> Option<TableId> {
        let parts = self.arena.idents(target);
        if parts.len() < 2 {
            return None;
        }
        let names: Vec<_> = parts[..parts.len() - 1].iter().map(|p| self.alias_sym(*p)).collect();
        let rel = self.relation_named(&names, scope)?;
        self.scopes[scope].rels[rel].table
    }

    /// A data-changing statement inside a WITH: it is bound for what it does, and gives what RETURNING says.
    pub(super) fn returning_of(&mut self, body: &StatementBody) -> Rc<Output> {
        let (name, alias, items) = match body {
            StatementBody::Insert { table, alias, returning, .. } => (Some(*table), *alias, returning.as_slice()),
            StatementBody::Update { target, returning, .. } => {
                let (name, alias) = self.first_table(target);
                (name, alias, returning.as_slice())
            }
            StatementBody::Delete { from, returning, .. } => {
                let (name, alias) = from.first().map_or((None, None), |f| self.first_table(f));
                (name, alias, returning.as_slice())
            }
            _ => (None, None, &[][..]),
        };
        self.statement(body);
        let Some(name) = name.filter(|_| !items.is_empty()) else { return Rc::default() };
        let Some(table) = self.table(name) else { return Rc::default() };
        let scope = self.push_scope(None);
        self.target_scope(table, name, alias, scope);
        let (output, _) = self.project(items, &[], scope);
        self.pop_scope();
        if !matches!(body, StatementBody::Insert { .. }) {
            // The old rows go on into the query around.
            self.note_read(table);
        }
        // What was written in this statement is what comes back.
        let cols = output
            .cols
            .iter()
            .map(|col| {
                let written = self.columns.iter().find(|w| w.target == Some(table) && *w.name == *col.name);
                match written {
                    Some(written) => Col { sym: col.sym, name: Rc::clone(&col.name), info: Rc::clone(&written.info) },
                    None => col.clone(),
                }
            })
            .collect();
        Rc::new(Output { cols, wild: output.wild.clone(), stars: Vec::new() })
    }

    fn first_table(&self, from: &From) -> (Option<Idents>, Option<IdentId>) {
        match self.arena.relation(from.first) {
            Relation::Table { name, alias: Alias { name: alias, .. }, .. } => (Some(*name), *alias),
            _ => (None, None),
        }
    }
}
