//! Function calls: which arguments are values, which only decide, and what comes out.

use super::Binder;
use super::value::{Acc, Sink, Typed};
use crate::types;
use tessera_model::Dialect;
use tessera_model::lineage::{DirectKind, IndirectKind};
use tessera_sql::ir::{Call, CallId, Expr, ExprId, Literal, Window, WindowId};

impl Binder<'_> {
    pub(super) fn call(&mut self, id: CallId, scope: usize, sink: Sink, acc: &mut Acc) -> Typed {
        let arena = self.arena;
        let call = arena.call(id);
        let name = arena.last(call.name).map(|n| self.text(n).to_ascii_lowercase()).unwrap_or_default();
        let aggregate = types::is_aggregate(&name);
        let kind = if aggregate { DirectKind::Aggregation } else { DirectKind::Transformation };
        let value = sink.through(kind);
        let deciding = sink.deciding(IndirectKind::Conditional);
        acc.aggregate |= aggregate && call.over.is_none();
        let args = arena.exprs(call.args);
        let mut typed = Vec::with_capacity(args.len());
        for (i, arg) in args.iter().enumerate() {
            if self.is_counted_row(&name, *arg) || self.is_date_part(&name, i, args) {
                typed.push(Typed::unknown());
                continue;
            }
            let to = if decides(&name, i, args.len()) { deciding } else { value };
            // An aggregate inside a window's argument is the query's own.
            let mut one = self.expr(*arg, scope, to, acc);
            if let (Some(ty), Expr::Literal(Literal::Int(n))) = (&one.ty, arena.expr(*arg)) {
                one.ty = Some(types::literal_as_argument(self.dialect, ty, *n));
            }
            typed.push(one);
        }
        if let Some(filter) = call.filter {
            self.expr(filter, scope, deciding, acc);
        }
        for expr in arena.exprs(call.order) {
            self.expr(*expr, scope, sink.deciding(IndirectKind::Window), acc);
        }
        // percentile_cont(0.5) WITHIN GROUP (ORDER BY x): the value is x.
        if types::is_ordered_set(&name) {
            typed.clear();
            for expr in arena.exprs(call.order) {
                typed.push(self.expr(*expr, scope, value, acc));
            }
        }
        if let Some(window) = call.over {
            self.window(window, scope, sink, acc, 0);
        }
        self.call_type(&name, call, &typed)
    }

    fn call_type(&self, name: &str, call: &Call, args: &[Typed]) -> Typed {
        let mut ty = types::call(self.dialect, name, args);
        // `if(c, a, b)`
        if matches!(name, "if" | "iff" | "iif") && args.len() == 3 {
            ty = types::common(self.dialect, args[1].ty.clone(), args[2].ty.clone());
        }
        let nullable = match name {
            "count" | "count_if" | "countif" | "row_number" | "rank" | "dense_rank" | "now" | "current_date"
            | "current_timestamp" => Some(false),
            "coalesce" | "ifnull" | "nvl" if args.iter().any(|a| a.nullable == Some(false)) => Some(false),
            "upper" | "lower" | "abs" | "length" if call.over.is_none() => args.first().and_then(|a| a.nullable),
            _ => None,
        };
        Typed { ty: ty.filter(|t| !t.is_unknown()), nullable }
    }

    /// PARTITION BY and ORDER BY of a window, and of the named window that it builds on.
    fn window(&mut self, id: WindowId, scope: usize, sink: Sink, acc: &mut Acc, depth: usize) {
        let Window { base, partition, order } = self.arena.window(id).clone();
        let to = sink.deciding(IndirectKind::Window);
        for expr in self.arena.exprs(partition).iter().chain(self.arena.exprs(order)) {
            self.expr(*expr, scope, to, acc);
        }
        // Windows may name each other; a circle is an error that is not ours to follow.
        if let Some(base) = base
            && depth < 16
        {
            let sym = self.alias_sym(base);
            let named = self.scopes[scope].windows.iter().find(|(s, _)| *s == sym).map(|(_, w)| *w);
            if let Some(named) = named {
                self.window(named, scope, sink, acc, depth + 1);
            }
        }
    }

    /// The star of count(*).
    fn is_counted_row(&self, name: &str, arg: ExprId) -> bool {
        name.starts_with("count") && matches!(self.arena.expr(arg), Expr::Star(_))
    }

    /// `month` in `date_trunc(month, x)`: a word of the language, not a column. BigQuery has it last, the others first.
    fn is_date_part(&self, name: &str, index: usize, args: &[ExprId]) -> bool {
        // EXTRACT has its word lowered already.
        if args.len() < 2 || name == "extract" || !types::takes_date_part(name) {
            return false;
        }
        let last_place = self.dialect == Dialect::BigQuery || name == "last_day" || name == "next_day";
        let first_is_word = || self.is_part_word(args[0]);
        let place = match self.dialect {
            Dialect::Generic if !first_is_word() => args.len() - 1,
            _ if last_place => args.len() - 1,
            _ => 0,
        };
        index == place && self.is_part_word(args[index])
    }

    fn is_part_word(&self, arg: ExprId) -> bool {
        match self.arena.expr(arg) {
            Expr::Column(path, _) => {
                let [one] = self.arena.idents(*path) else { return false };
                let ident = self.arena.ident(*one);
                !ident.quoted && types::is_date_part(&ident.text)
            }
            // WEEK(MONDAY)
            Expr::Call(call) => {
                let call = self.arena.call(*call);
                self.arena.last(call.name).is_some_and(|n| self.text(n).eq_ignore_ascii_case("week"))
                    && self
                        .arena
                        .exprs(call.args)
                        .iter()
                        .all(|a| matches!(self.arena.expr(*a), Expr::Column(p, _) if self.arena.idents(*p).len() == 1))
            }
            _ => false,
        }
    }
}

/// Does the argument only choose between others?
fn decides(name: &str, index: usize, count: usize) -> bool {
    match name {
        "if" | "iff" | "iif" | "nvl2" => index == 0,
        // decode(x, search, result, …, default)
        "decode" => index == 0 || (index % 2 == 1 && index + 1 < count),
        "sumif" | "sum_if" | "avgif" | "avg_if" | "anyif" | "any_if" => index == 1,
        "max_by" | "min_by" | "argmax" | "argmin" | "arg_max" | "arg_min" => index == 1,
        _ => false,
    }
}
