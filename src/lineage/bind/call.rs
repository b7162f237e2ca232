//! Function calls: which arguments are values, which only decide, and what comes out.

use super::Binder;
use super::member::field_type;
use super::value::{Acc, Info, Sink, Typed};
use crate::types::{self, Arg, Function};
use std::rc::Rc;
use tessera_model::lineage::{DirectKind, IndirectKind};
use tessera_model::types::StructField;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::{Arena, Call, CallId, Expr, ExprId, IdentId, Idents, Literal, Window, WindowId};

/// What may stand before the name of a function that every user has.
const BUILT_IN: &[&str] = &["safe", "net", "pg_catalog", "sys", "main", "system", "builtin"];

impl Binder<'_> {
    /// What the body of a function of this script reads besides its arguments.
    fn routine(&mut self, name: Idents) -> Option<Rc<Info>> {
        if self.routines.is_empty() {
            return None;
        }
        let name = self.arena.last(name)?;
        let sym = self.stored_alias_sym(&self.text(name).to_lowercase());
        self.routines.get(&sym).cloned()
    }

    pub(super) fn call(&mut self, id: CallId, scope: usize, sink: Sink, acc: &mut Acc) -> Typed {
        let arena = self.arena;
        let call = arena.call(id);
        let method = self.method_target(call.name);
        let function = match method {
            Some(_) => arena.last(call.name).and_then(|name| types::function(self.dialect, arena.text(name))),
            None => self.function(call.name),
        };
        let aggregate = function.is_some_and(|f| f.aggregate);
        let kind = if aggregate { DirectKind::Aggregation } else { DirectKind::Transformation };
        let value = sink.through(kind);
        let deciding = sink.deciding(IndirectKind::Conditional);
        acc.aggregate |= aggregate && call.over.is_none();
        let args = arena.exprs(call.args);
        let (direct, indirect) = (acc.direct.len(), acc.indirect.len());
        let mut given: Vec<Arg<'_>> = Vec::with_capacity(args.len() + 1);
        let routine = self.routine(call.name);
        if let Some(read) = &routine {
            self.take(read, value, acc);
        }
        if let Some(target) = method {
            let typed = self.column(target, call.pos, scope, value, acc);
            given.push(Arg { typed, word: None });
        }
        for (i, arg) in args.iter().enumerate() {
            if self.is_counted_row(call, *arg) || self.is_date_part(function, call, i) {
                given.push(Arg { typed: Typed::unknown(), word: word(arena, *arg) });
                continue;
            }
            let to = if function.is_some_and(|f| f.decides(i, args.len())) { deciding } else { value };
            if let Expr::Lambda { .. } = arena.expr(*arg) {
                self.element = match given.first().and_then(|list| list.typed.ty.as_ref()) {
                    Some(LogicalType::Array(element)) => Some((**element).clone()),
                    _ => None,
                };
            }
            let typed = self.expr(*arg, scope, to, acc);
            given.push(Arg { typed, word: word(arena, *arg) });
        }
        if function.is_some_and(|f| f.makes_rows) {
            let direct = acc.direct[direct..].iter().map(|(source, _)| *source);
            let read: Vec<_> = direct.chain(acc.indirect[indirect..].iter().map(|(source, _)| *source)).collect();
            for source in read {
                self.decide(source, IndirectKind::Join);
            }
        }
        if let Some(filter) = call.filter {
            let typed = self.expr(filter, scope, deciding, acc);
            self.asked(&typed);
        }
        for expr in arena.exprs(call.order) {
            self.expr(*expr, scope, sink.deciding(IndirectKind::Window), acc);
        }
        // percentile_cont(0.5) WITHIN GROUP (ORDER BY x): the value is x.
        if !call.order.is_empty() && function.is_some_and(|f| f.ordered_set) {
            given.clear();
            for expr in arena.exprs(call.order) {
                given.push(Arg { typed: self.expr(*expr, scope, value, acc), word: None });
            }
        }
        if let Some(window) = call.over {
            self.window(window, scope, sink, acc, 0);
        }
        if let Some(name) = function.and(arena.last(call.name)) {
            self.called(arena.text(name), &given);
        }
        if let Some(read) = routine {
            return Typed::made(read.ty.clone(), None);
        }
        if !call.arg_names.is_empty()
            && arena.last(call.name).is_some_and(|n| arena.text(n).eq_ignore_ascii_case("struct_pack"))
        {
            return self.packed(&call.arg_names, &given);
        }
        if self.dialect == Dialect::DuckDb
            && arena.last(call.name).is_some_and(|n| arena.text(n).eq_ignore_ascii_case("struct_extract"))
        {
            return extracted(&given);
        }
        function.map(|f| f.call(self.dialect, &given)).unwrap_or_default()
    }

    /// `struct_pack(a := 1)`: a struct with the arguments' names.
    fn packed(&self, names: &[Option<IdentId>], given: &[Arg<'_>]) -> Typed {
        let fields = names.iter().zip(given).map(|(name, arg)| {
            let name = name.map(|n| self.column_name(n).to_string())?;
            Some(StructField { name, data_type: arg.typed.ty.clone()? })
        });
        match fields.collect() {
            Some(fields) => Typed::made(Some(LogicalType::Struct(fields)), Some(false)),
            None => Typed::unknown(),
        }
    }

    /// DuckDB's `name.upper()`: the column that a function is called on.
    fn method_target(&self, name: Idents) -> Option<Idents> {
        if self.dialect != Dialect::DuckDb || name.len() < 2 {
            return None;
        }
        let parts = self.arena.idents(name);
        let (first, last) = (self.text(parts[0]), self.text(parts[parts.len() - 1]));
        let schema = BUILT_IN.iter().any(|known| first.eq_ignore_ascii_case(known));
        let target = Idents { start: name.start, len: name.len - 1 };
        (!schema && types::function(self.dialect, last).is_some()).then_some(target)
    }

    /// What is known of the function of that name. One behind a schema is the user's own.
    pub(super) fn function(&self, name: Idents) -> Option<&'static Function> {
        let parts = self.arena.idents(name);
        let last = self.text(*parts.last()?);
        let built_in = |part: &IdentId| {
            let part = self.text(*part);
            BUILT_IN.iter().any(|known| part.eq_ignore_ascii_case(known))
        };
        if let [first, _] = parts
            && self.text(*first).eq_ignore_ascii_case("hll_count")
        {
            return types::function(self.dialect, &format!("hll_count_{last}"));
        }
        if !parts[..parts.len() - 1].iter().all(built_in) {
            return None;
        }
        types::function(self.dialect, last)
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
    fn is_counted_row(&self, call: &Call, arg: ExprId) -> bool {
        let counts = |name: &str| name.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("count"));
        matches!(self.arena.expr(arg), Expr::Star(_))
            && self.arena.last(call.name).is_some_and(|n| counts(self.text(n)))
    }

    /// `month` in `date_trunc(month, x)`: a word of the language, not a column.
    fn is_date_part(&self, function: Option<&Function>, call: &Call, index: usize) -> bool {
        let args = self.arena.exprs(call.args);
        if !self.is_part_word(args[index]) {
            return false;
        }
        match function {
            Some(function) => function.part_at(index, args.len()),
            // BigQuery has it last, the others first.
            None => {
                let place = if self.dialect == Dialect::BigQuery { args.len() - 1 } else { 0 };
                args.len() > 1
                    && index == place
                    && self.arena.last(call.name).is_some_and(|n| types::takes_date_part(self.text(n)))
            }
        }
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

/// `struct_extract(s, 'a')`: a member of a struct.
fn extracted(given: &[Arg<'_>]) -> Typed {
    let [of, name] = given else { return Typed::unknown() };
    let field = of.typed.ty.as_ref().zip(name.word).and_then(|(ty, name)| field_type(ty, name));
    Typed::made(field.cloned(), None)
}

/// The text of a literal or a bare word.
fn word(arena: &Arena, arg: ExprId) -> Option<&str> {
    match arena.expr(arg) {
        Expr::Literal(Literal::Text(text)) => Some(arena.text(*text)),
        Expr::Column(path, _) => match arena.idents(*path) {
            [one] => Some(arena.text(*one)),
            _ => None,
        },
        _ => None,
    }
}
