//! One SELECT: FROM first, then what decides about rows, then the projection.

use super::Binder;
use super::scope::{Found, Named};
use super::star::Expansion;
use super::value::{Acc, Col, Info, Output, Sink, Typed, Wild};
use std::rc::Rc;
use tessera_model::lineage::{DiagnosticSeverity, DirectKind, IndirectKind, Resolution};
use tessera_model::types::StructField;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::{Distinct, Expr, ExprId, GroupBy, IdentId, Item, ItemKind, Order, SelectId};

/// An item's place, its value, and whether it holds an aggregate.
pub(super) type ItemValue = (usize, Rc<Info>, bool);

impl Binder<'_> {
    pub(super) fn select(&mut self, id: SelectId, parent: Option<usize>, order: &Order) -> Rc<Output> {
        let select = self.arena.select(id);
        let scope = self.push_scope(parent);
        for from in &select.from {
            self.from(from, scope);
        }
        for view in &select.lateral_views {
            self.lateral_view(view, scope);
        }
        for (name, window) in &select.windows {
            let sym = self.alias_sym(*name);
            self.scopes[scope].windows.push((sym, *window));
        }
        self.scopes[scope].named.reserve(select.items.len());
        for (i, item) in select.items.iter().enumerate() {
            if let ItemKind::Expr { expr, aliases, .. } = &item.kind
                && let [alias] = aliases.as_slice()
            {
                let sym = self.column_sym(*alias);
                self.scopes[scope].named.push(Named { sym, item: i, expr: *expr, info: None, busy: false });
            }
        }
        let all = Some(select.items.len());
        let dialect = self.dialect;
        self.scopes[scope].aliases_before = all.filter(|_| aliases_in_where(dialect));
        for filter in &select.filters {
            self.condition(*filter, scope, IndirectKind::Filter);
        }
        let (mut output, values) = self.project(&select.items, &select.exclude, scope);
        if self.has_grouping_sets(&select.group) {
            output = keys_may_be_null(&output);
        }
        self.scopes[scope].aliases_before = all.filter(|_| aliases_in_group(dialect));
        if select.group != GroupBy::None {
            self.group(&select.group, &output, &values, scope);
        }
        if let Some(having) = select.having {
            self.condition(having, scope, IndirectKind::Filter);
        }
        self.scopes[scope].aliases_before = all;
        if let Some(qualify) = select.qualify {
            self.condition(qualify, scope, IndirectKind::Filter);
        }
        match &select.distinct {
            Distinct::No => {}
            Distinct::Yes => {
                for col in &output.cols {
                    self.take(&col.info, Sink::Rows(IndirectKind::GroupBy), &mut Acc::default());
                }
            }
            Distinct::On(exprs) => {
                for expr in self.arena.exprs(*exprs) {
                    self.reads_of(*expr, scope, Sink::Rows(IndirectKind::GroupBy));
                }
            }
        }
        for expr in self.arena.exprs(select.sort) {
            self.reads_of(*expr, scope, Sink::Rows(IndirectKind::Sort));
        }
        self.order_select(order, &output, scope);
        self.pop_scope();
        if select.as_struct { self.as_struct(&output) } else { output }
    }

    /// Binds a list of items; `exclude` names columns that are left out of the result.
    pub(super) fn project(
        &mut self,
        items: &[Item],
        exclude: &[IdentId],
        scope: usize,
    ) -> (Rc<Output>, Vec<ItemValue>) {
        let lateral = lateral_aliases(self.dialect);
        let mut out = Expansion::default();
        let mut values = Vec::with_capacity(items.len());
        if items.first().is_some_and(|item| matches!(item.kind, ItemKind::Expr { .. })) {
            out.cols.reserve(items.len());
        }
        let mut anonymous = 0;
        for (i, item) in items.iter().enumerate() {
            match &item.kind {
                ItemKind::Star { qualifier, options } => {
                    let from = out.cols.len();
                    self.star(*qualifier, options, item.pos, scope, &mut out);
                    values.extend(out.cols[from..].iter().map(|c| (i, Rc::clone(&c.info), false)));
                }
                ItemKind::Expand { expr, options } => {
                    if let Some(row) = self.row_value(*expr, scope) {
                        let from = out.cols.len();
                        self.emit(row.cols.clone(), &row.wild, options, scope, &mut out);
                        out.stars.extend(row.stars.iter().copied());
                        values.extend(out.cols[from..].iter().map(|c| (i, Rc::clone(&c.info), false)));
                        continue;
                    }
                    let (info, aggregate) = self.value_of(*expr, scope);
                    let info = Rc::new(info);
                    values.push((i, Rc::clone(&info), aggregate));
                    self.expand_struct(&info, options, scope, &mut out);
                }
                ItemKind::Expr { expr, .. } if self.names_columns(*expr) => {
                    // Which columns a pattern matches is not looked into: any of them.
                    let from = self.everything(scope);
                    let mut acc = Acc::default();
                    for col in &from.cols {
                        self.mention(&col.info);
                        self.take(&col.info, Sink::Value(DirectKind::Transformation), &mut acc);
                    }
                    let info = Rc::new(acc.finish(Typed::unknown()));
                    values.push((i, Rc::clone(&info), true));
                    out.wild.push(Wild::made_of(info));
                    out.wild.extend(from.wild.iter().cloned());
                    self.lower_level(Resolution::Ambiguous);
                    self.diagnose(
                        DiagnosticSeverity::Info,
                        "columns-by-pattern",
                        "COLUMNS picks columns by a pattern; any may be meant.".to_owned(),
                        item.pos,
                    );
                }
                ItemKind::Expr { expr, aliases, text } => {
                    self.scopes[scope].aliases_before = lateral.then_some(i);
                    let (info, aggregate, members) = match self.unnested(*expr, scope) {
                        Some(unnested) => unnested,
                        None => {
                            let (info, aggregate) = self.item_value(*expr, i, scope);
                            (info, aggregate, None)
                        }
                    };
                    values.push((i, Rc::clone(&info), aggregate));
                    if let Some(members) = members {
                        // An alias is ignored there.
                        out.cols.extend(members.cols);
                        out.wild.extend(members.wild);
                    } else if aliases.is_empty() {
                        let (sym, name) = self.output_name(*expr, text.as_deref(), out.cols.len(), anonymous);
                        anonymous += usize::from(!self.names_itself(*expr));
                        out.cols.push(Col { sym, name, info });
                    } else {
                        for alias in aliases {
                            let (sym, name) = (self.column_sym(*alias), self.column_name(*alias));
                            out.cols.push(Col { sym, name, info: Rc::clone(&info) });
                        }
                    }
                }
            }
        }
        if !exclude.is_empty() {
            let dropped: Vec<_> = exclude.iter().map(|n| self.column_sym(*n)).collect();
            out.cols.retain(|c| !dropped.contains(&c.sym));
            out.wild = super::star::narrowed(&out.wild, &dropped);
        }
        (Rc::new(Output { cols: out.cols, wild: out.wild, stars: out.stars }), values)
    }

    /// DuckDB's `COLUMNS('a.*')`, alone or inside an expression: as many columns as match.
    fn names_columns(&self, expr: ExprId) -> bool {
        if self.dialect != Dialect::DuckDb {
            return false;
        }
        match self.arena.expr(expr) {
            Expr::Call(call) => {
                let call = self.arena.call(*call);
                self.arena.last(call.name).is_some_and(|n| self.text(n).eq_ignore_ascii_case("columns"))
                    || self.arena.exprs(call.args).iter().any(|a| self.names_columns(*a))
            }
            Expr::Cast { expr, .. } | Expr::Unary { expr, .. } => self.names_columns(*expr),
            Expr::Chain { args, .. } => self.arena.exprs(*args).iter().any(|a| self.names_columns(*a)),
            _ => false,
        }
    }

    /// An item's value. A plain column shares what it is made of; an alias that was used before is not bound again.
    fn item_value(&mut self, expr: ExprId, item: usize, scope: usize) -> (Rc<Info>, bool) {
        let named = self.scopes[scope].named.iter().position(|n| n.item == item && n.expr == expr);
        if let Some(info) = named.and_then(|n| self.scopes[scope].named[n].info.clone()) {
            // Whether it aggregates is asked again only for GROUP BY ALL; a second look costs nothing then.
            return (info, self.aggregates(expr));
        }
        if let Some(n) = named {
            self.scopes[scope].named[n].busy = true;
        }
        let (info, aggregate) = match self.plain_column(expr, scope) {
            Some(info) => (info, false),
            None => {
                let (info, aggregate) = self.value_of(expr, scope);
                (Rc::new(info), aggregate)
            }
        };
        if let Some(n) = named {
            let slot = &mut self.scopes[scope].named[n];
            slot.busy = false;
            slot.info = Some(Rc::clone(&info));
        }
        (info, aggregate)
    }

    fn plain_column(&mut self, expr: ExprId, scope: usize) -> Option<Rc<Info>> {
        let Expr::Column(path, pos) = *self.arena.expr(expr) else { return None };
        let (found, fields) = self.find_column(path, scope, pos);
        if fields > 0 {
            // Binding it again would report what is wrong with it twice.
            let Found::Info(info, _) = found else { return Some(Rc::default()) };
            self.mention(&info);
            return Some(Rc::new(self.typed_member(&info, path, fields)));
        }
        match found {
            Found::Info(info, nullable) => {
                self.mention(&info);
                if nullable && info.nullable != Some(true) {
                    let direct = info.direct.clone();
                    let indirect = info.indirect.clone();
                    return Some(Rc::new(Info { direct, indirect, ty: info.ty.clone(), nullable: Some(true) }));
                }
                Some(info)
            }
            Found::Alias(owner, index) => Some(self.named_item(owner, index)),
            Found::Nothing => Some(Rc::default()),
            Found::Lambda => {
                let ty = self.parameter(path).ty;
                Some(Rc::new(Info { ty, ..Info::default() }))
            }
            Found::Row(_) => None,
        }
    }

    /// ROLLUP, CUBE and GROUPING SETS come as lists in the list of keys.
    fn has_grouping_sets(&self, group: &GroupBy) -> bool {
        match group {
            GroupBy::None | GroupBy::All => false,
            GroupBy::By(keys) => self.arena.exprs(*keys).iter().any(|k| matches!(self.arena.expr(*k), Expr::Tuple(_))),
        }
    }

    /// Whether an expression holds an aggregate outside of a window.
    fn aggregates(&self, expr: ExprId) -> bool {
        match self.arena.expr(expr) {
            Expr::Call(call) => {
                let call = self.arena.call(*call);
                (call.over.is_none() && self.function(call.name).is_some_and(|f| f.aggregate))
                    || self.arena.exprs(call.args).iter().any(|e| self.aggregates(*e))
            }
            Expr::Cast { expr, .. } | Expr::Unary { expr, .. } | Expr::Field { expr, .. } => self.aggregates(*expr),
            Expr::Chain { args, .. } | Expr::Predicate(args) | Expr::Opaque(args) | Expr::Tuple(args) => {
                self.arena.exprs(*args).iter().any(|e| self.aggregates(*e))
            }
            Expr::Case(case) => self
                .arena
                .exprs(case.arms)
                .iter()
                .copied()
                .chain(case.operand)
                .chain(case.default)
                .any(|e| self.aggregates(e)),
            _ => false,
        }
    }

    fn as_struct(&mut self, output: &Rc<Output>) -> Rc<Output> {
        let mut acc = Acc::default();
        let mut fields = Vec::with_capacity(output.cols.len());
        for col in &output.cols {
            self.take(&col.info, Sink::Value(DirectKind::Identity), &mut acc);
            let data_type = col.info.ty.clone().unwrap_or(LogicalType::Unknown);
            fields.push(StructField { name: col.name.to_string(), data_type });
        }
        let info = Rc::new(acc.finish(Typed::of(LogicalType::Struct(fields))));
        let (sym, name) = self.made_up("f0_");
        Rc::new(Output { cols: vec![Col { sym, name, info }], ..Output::default() })
    }
}

/// In the rows of a wider group its keys are NULL. Which columns are keys does not matter: a count is never NULL in truth,
/// but saying so of none is safe.
fn keys_may_be_null(output: &Output) -> Rc<Output> {
    let mut cols = output.cols.clone();
    for col in cols.iter_mut().filter(|c| c.info.nullable == Some(false)) {
        let (direct, indirect) = (col.info.direct.clone(), col.info.indirect.clone());
        col.info = Rc::new(Info { direct, indirect, ty: col.info.ty.clone(), nullable: None });
    }
    Rc::new(Output { cols, wild: output.wild.clone(), stars: output.stars.clone() })
}

/// May an item use the alias of an item before it?
fn lateral_aliases(dialect: Dialect) -> bool {
    match dialect {
        Dialect::Snowflake
        | Dialect::Redshift
        | Dialect::Databricks
        | Dialect::SparkSql
        | Dialect::DuckDb
        | Dialect::ClickHouse
        | Dialect::Teradata
        | Dialect::Generic => true,
        Dialect::Postgres
        | Dialect::Sqlite
        | Dialect::BigQuery
        | Dialect::Hive
        | Dialect::Trino
        | Dialect::Athena
        | Dialect::MySql
        | Dialect::TSql
        | Dialect::Oracle => false,
    }
}

fn aliases_in_where(dialect: Dialect) -> bool {
    matches!(
        dialect,
        Dialect::Snowflake
            | Dialect::Redshift
            | Dialect::DuckDb
            | Dialect::Sqlite
            | Dialect::ClickHouse
            | Dialect::Teradata
            | Dialect::Generic
    )
}

fn aliases_in_group(dialect: Dialect) -> bool {
    !matches!(dialect, Dialect::Trino | Dialect::Athena | Dialect::TSql | Dialect::Oracle)
}
