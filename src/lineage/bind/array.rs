//! Arrays as relations: UNNEST, and paths into a column of a relation to the left.

use super::Binder;
use super::member::transformed;
use super::relation::with_type;
use super::scope::Rel;
use super::value::{Acc, Col, Info, Output, Sink, Typed, Wild};
use std::rc::Rc;
use tessera_model::lineage::{DirectKind, IndirectKind};
use tessera_model::types::StructField;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::{Alias, Exprs, IdentId, Idents, Pos};

impl Binder<'_> {
    /// `FROM t, t.items`: a path into a column of a relation to the left.
    pub(super) fn array_path(&mut self, name: Idents, alias: &Alias, pos: Pos, scope: usize) -> Option<Rel> {
        let parts = self.arena.idents(name);
        let paths = matches!(self.dialect, Dialect::BigQuery | Dialect::Redshift | Dialect::Databricks);
        if parts.len() < 2 || !paths {
            return None;
        }
        let head = self.alias_sym(parts[0]);
        let mut at = Some(scope);
        let mut found = false;
        while let (Some(index), false) = (at, found) {
            found = self.relation_named(&[head], index).is_some();
            at = self.scopes[index].parent;
        }
        if !found {
            return None;
        }
        let mut acc = Acc::default();
        let typed = self.column(name, pos, scope, Sink::Value(DirectKind::Identity), &mut acc);
        let label = alias.name.or(parts.last().copied());
        let array = acc.finish(Typed::unknown());
        self.makes_rows(&array);
        let output = self.elements(&[(array, typed)], label, alias);
        let names = label.map(|l| self.alias_sym(l)).into_iter().collect();
        Some(Rel { names, output, table: None, nullable: false, hidden: false })
    }

    pub(super) fn unnest(
        &mut self,
        args: Exprs,
        offset: Option<Option<IdentId>>,
        alias: &Alias,
        scope: usize,
    ) -> Rc<Output> {
        let mut arrays = Vec::new();
        for expr in self.arena.exprs(args) {
            let mut acc = Acc::default();
            let typed = self.expr(*expr, scope, Sink::Value(DirectKind::Identity), &mut acc);
            let array = acc.finish(Typed::unknown());
            self.makes_rows(&array);
            arrays.push((array, typed));
        }
        // WITH ORDINALITY's number has the last of the listed names.
        let mut names = alias.columns.clone();
        if offset == Some(None) && names.len() > arrays.len() {
            names.pop();
        }
        let listed = Alias { name: alias.name, columns: names };
        let output = self.elements(&arrays, alias.name, &listed);
        let Some(offset) = offset else { return output };
        let mut cols = output.cols.clone();
        let (sym, name) = match offset {
            Some(name) => (self.column_sym(name), self.column_name(name)),
            None => self.made_up(if self.dialect == Dialect::BigQuery { "offset" } else { "ordinality" }),
        };
        let info = Rc::new(Info { ty: Some(LogicalType::BIGINT), nullable: Some(false), ..Info::default() });
        cols.push(Col { sym, name, info });
        Rc::new(Output { cols, wild: output.wild.clone(), stars: Vec::new() })
    }

    /// As many rows as the value has elements: it decides about every column beside it.
    pub(super) fn makes_rows(&mut self, info: &Info) {
        self.take(info, Sink::Rows(IndirectKind::Join), &mut Acc::default());
    }

    /// One column for each array, and the members of its elements.
    fn elements(&mut self, arrays: &[(Info, Typed)], label: Option<IdentId>, alias: &Alias) -> Rc<Output> {
        let mut output = Output::default();
        for (i, (array, typed)) in arrays.iter().enumerate() {
            let info = &transformed(array);
            let element = match &typed.ty {
                Some(LogicalType::Array(inner)) => Some((**inner).clone()).filter(|t| !t.is_unknown()),
                _ => None,
            };
            // A row's members are columns; elsewhere the row is one column, and its members are asked of it.
            if let (Some(LogicalType::Struct(fields)), true) = (&element, self.spreads_rows()) {
                self.fields(array, fields, &mut output);
                continue;
            }
            let (sym, name) = match (alias.columns.get(i), label) {
                (Some((name, _)), _) => (self.column_sym(*name), self.column_name(*name)),
                (None, Some(label)) => (self.column_sym(label), self.column_name(label)),
                (None, None) => self.made_up("unnest"),
            };
            output.cols.push(Col { sym, name, info: Rc::new(with_type(info, element.clone())) });
            if element.is_none() && self.dialect != Dialect::ClickHouse {
                output.wild.push(Wild::members_of(Rc::new(with_type(array, None))));
            }
        }
        // More column names than arrays: maps and arrays of rows.
        if alias.columns.len() > output.cols.len()
            && let Some((array, _)) = arrays.last()
        {
            let info = Rc::new(transformed(array));
            for (name, _) in alias.columns.iter().skip(output.cols.len()) {
                let (sym, name) = (self.column_sym(*name), self.column_name(*name));
                output.cols.push(Col { sym, name, info: Rc::clone(&info) });
            }
        }
        Rc::new(output)
    }

    fn fields(&mut self, of: &Info, fields: &[StructField], output: &mut Output) {
        for field in fields {
            let sym = self.stored_column_sym(&field.name);
            let ty = Some(field.data_type.clone()).filter(|t| !t.is_unknown());
            let info = Rc::new(Info { ty, ..self.member(of, &[&field.name]) });
            output.cols.push(Col { sym, name: field.name.as_str().into(), info });
        }
    }

    fn spreads_rows(&self) -> bool {
        matches!(self.dialect, Dialect::Trino | Dialect::Athena | Dialect::Postgres | Dialect::BigQuery)
    }
}
