//! DuckDB's `unnest` as an item of SELECT: the elements of a list, or a column for each member of a struct. Which it is
//! and how far down it goes is in the value's type and in the arguments that are named.

use super::Binder;
use super::member::transformed;
use super::star::Expansion;
use super::value::{Acc, Col, Info, Sink, Typed, Wild};
use std::rc::Rc;
use tessera_model::lineage::DirectKind;
use tessera_model::types::StructField;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::{Call, Expr, ExprId, Literal};

/// What the named arguments say.
struct Asked {
    /// Lists and structs that are taken apart at most; `None`: not said in a way that can be read here.
    depth: Option<usize>,
    /// Members of members are called by their path.
    paths: bool,
}

/// A struct that is being taken apart.
struct Row<'r> {
    base: &'r Info,
    /// Columns are called by their path.
    paths: bool,
}

impl Binder<'_> {
    /// The call of `unnest` that an item is.
    pub(super) fn unnest_call(&self, expr: ExprId) -> Option<&Call> {
        let Expr::Call(id) = self.arena.expr(expr) else { return None };
        let call = self.arena.call(*id);
        let name = self.text(self.arena.last(call.name)?);
        let named = name.eq_ignore_ascii_case("unnest") || name.eq_ignore_ascii_case("unlist");
        let plain = !call.args.is_empty() && call.over.is_none() && call.filter.is_none();
        (self.dialect == Dialect::DuckDb && named && plain && self.function(call.name).is_some()).then_some(call)
    }

    /// Binds the item: its value, whether it holds an aggregate, and the columns that a struct gives. Without those it is
    /// one column like any other.
    pub(super) fn unnested(&mut self, expr: ExprId, scope: usize) -> Option<(Rc<Info>, bool, Option<Expansion>)> {
        let call = self.unnest_call(expr)?;
        let (args, asked) = (self.arena.exprs(call.args), self.asked_of(call));
        let mut acc = Acc::default();
        let typed = self.expr(args[0], scope, Sink::Value(DirectKind::Identity), &mut acc);
        for more in &args[1..] {
            self.expr(*more, scope, Sink::Value(DirectKind::Transformation), &mut acc);
        }
        let aggregate = acc.aggregate;
        let base = acc.finish(Typed::unknown());
        let mut left = asked.depth.unwrap_or(1);
        let mut ty = typed.ty;
        while left > 0
            && let Some(LogicalType::Array(element)) = ty
        {
            ty = Some(*element);
            left -= 1;
        }
        // A struct alone is one row as before.
        if !(matches!(ty, Some(LogicalType::Struct(_))) && left == asked.depth.unwrap_or(1)) {
            self.makes_rows(&base);
        }
        let columns = match &ty {
            Some(LogicalType::Struct(_)) if asked.depth.is_none() => {
                let wild = vec![Wild::members_of(Rc::new(transformed(&base)))];
                Some(Expansion { wild, ..Expansion::default() })
            }
            Some(LogicalType::Struct(fields)) if left > 0 => {
                let mut out = Expansion::default();
                let row = Row { base: &base, paths: asked.paths };
                self.spread(&row, fields, left - 1, &mut Vec::new(), &mut out);
                Some(out)
            }
            _ => None,
        };
        let info = Info { ty: ty.filter(|t| !t.is_unknown()), nullable: None, ..transformed(&base) };
        Some((Rc::new(info), aggregate, columns))
    }

    /// Adds the members of a struct, and of the structs in it for `left` levels more.
    fn spread<'f>(
        &mut self,
        row: &Row<'_>,
        fields: &'f [StructField],
        left: usize,
        path: &mut Vec<&'f str>,
        out: &mut Expansion,
    ) {
        for field in fields {
            path.push(&field.name);
            match &field.data_type {
                LogicalType::Struct(inner) if left > 0 => self.spread(row, inner, left - 1, path, out),
                ty => {
                    let name = if row.paths { path.join(".") } else { field.name.clone() };
                    let ty = Some(ty.clone()).filter(|t| !t.is_unknown());
                    let info = Rc::new(Info { ty, ..self.member(row.base, path) });
                    out.cols.push(Col { sym: self.stored_column_sym(&name), name: name.into(), info });
                }
            }
            path.pop();
        }
    }

    /// `recursive := true`, `max_depth := 2`, `keep_parent_names := true`: the last one counts.
    fn asked_of(&self, call: &Call) -> Asked {
        let mut asked = Asked { depth: Some(1), paths: false };
        let args = self.arena.exprs(call.args).iter().zip(call.arg_names.iter()).skip(1);
        for (value, name) in args.filter_map(|(v, n)| Some((self.arena.expr(*v), self.text((*n)?)))) {
            match (name.to_ascii_lowercase().as_str(), value) {
                ("recursive", Expr::Literal(Literal::Bool(true))) => asked.depth = Some(usize::MAX),
                ("recursive", Expr::Literal(Literal::Bool(false))) => {}
                ("max_depth", Expr::Literal(Literal::Int(depth))) => {
                    asked.depth = usize::try_from(*depth).ok().filter(|d| *d > 0);
                }
                ("recursive" | "max_depth", _) => asked.depth = None,
                ("keep_parent_names", Expr::Literal(Literal::Bool(paths))) => asked.paths = *paths,
                _ => {}
            }
        }
        asked
    }
}
