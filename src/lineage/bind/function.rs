//! Table functions: which columns they give, and Hive's LATERAL VIEW.

use super::Binder;
use super::relation::with_type;
use super::scope::Rel;
use super::value::{Acc, Col, Info, Output, Sink, Typed, Wild};
use std::rc::Rc;
use tessera_model::lineage::DirectKind;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::{Alias, Expr, ExprId, Exprs, IdentId, Idents, LateralView, Literal};

impl Binder<'_> {
    pub(super) fn table_function(
        &mut self,
        name: Idents,
        args: Exprs,
        arg_names: &[Option<IdentId>],
        ordinality: bool,
        alias: &Alias,
        scope: usize,
    ) -> Rc<Output> {
        let word = self.arena.last(name).map(|n| self.text(n).to_ascii_lowercase()).unwrap_or_default();
        // A macro or function that is passed a table: TABLE(t), model inputs.
        let list: Vec<ExprId> = self.arena.exprs(args).to_vec();
        let list = match arg_names.iter().position(|n| n.is_some_and(|n| self.text(n).eq_ignore_ascii_case("input"))) {
            Some(input) if word == "flatten" => vec![list[input]],
            _ => list,
        };
        let mut acc = Acc::default();
        let mut first = Typed::unknown();
        for (i, expr) in list.iter().enumerate() {
            let typed = self.expr(*expr, scope, Sink::Value(DirectKind::Transformation), &mut acc);
            if i == 0 {
                first = typed;
            }
        }
        let info = Rc::new(acc.finish(Typed::unknown()));
        self.makes_rows(&info);
        let mut output = match (self.dialect, word.as_str()) {
            (Dialect::ClickHouse, "values") => self.listed_values(&list, &info),
            _ => Output::default(),
        };
        let fixed: &[(&str, Option<LogicalType>)] = match word.as_str() {
            "flatten" => &[
                ("SEQ", None),
                ("KEY", None),
                ("PATH", None),
                ("INDEX", None),
                ("VALUE", Some(LogicalType::Json)),
                ("THIS", Some(LogicalType::Json)),
            ],
            "split_to_table" => &[("SEQ", None), ("INDEX", None), ("VALUE", Some(LogicalType::TEXT))],
            "json_each" | "jsonb_each" => &[("key", Some(LogicalType::TEXT)), ("value", Some(LogicalType::Json))],
            "json_each_text" | "jsonb_each_text" => {
                &[("key", Some(LogicalType::TEXT)), ("value", Some(LogicalType::TEXT))]
            }
            "json_array_elements" | "jsonb_array_elements" => &[("value", Some(LogicalType::Json))],
            "posexplode" | "posexplode_outer" => &[("pos", None), ("col", None)],
            "explode" | "explode_outer" if alias.columns.len() < 2 => &[("col", None)],
            _ => &[],
        };
        for (name, ty) in fixed {
            let (sym, name) = self.made_up(name);
            output.cols.push(Col { sym, name, info: Rc::new(with_type(&info, ty.clone())) });
        }
        let scalar = matches!(
            word.as_str(),
            "generate_series"
                | "range"
                | "generate_date_array"
                | "generate_timestamp_array"
                | "unnest"
                | "regexp_split_to_table"
                | "string_split"
                | "regexp_matches"
                | "generate_subscripts"
        );
        if scalar {
            let element = match (&first.ty, word.as_str()) {
                (Some(LogicalType::Array(inner)), _) => Some((**inner).clone()).filter(|t| !t.is_unknown()),
                // Whole numbers are BIGINT in DuckDB, whatever they were.
                (Some(LogicalType::Int { .. }), "generate_series" | "range") if self.dialect == Dialect::DuckDb => {
                    Some(LogicalType::BIGINT)
                }
                (ty, "generate_series" | "range") if !list.is_empty() => ty.clone(),
                _ => None,
            };
            let (sym, name) = match (self.dialect, alias.name) {
                (Dialect::Postgres | Dialect::Redshift, Some(alias)) => {
                    (self.column_sym(alias), self.column_name(alias))
                }
                (Dialect::TSql, _) => self.made_up("value"),
                _ => self.made_up(&word),
            };
            output.cols.push(Col { sym, name, info: Rc::new(with_type(&info, element)) });
        }
        if output.cols.is_empty() {
            for (name, ty) in &alias.columns {
                let (sym, name) = (self.column_sym(*name), self.column_name(*name));
                let ty = ty.map(|t| self.arena.data_type(t).clone());
                output.cols.push(Col { sym, name, info: Rc::new(with_type(&info, ty)) });
            }
        }
        if output.cols.is_empty() {
            output.wild.push(Wild::made_of(info));
        }
        if ordinality {
            let (sym, name) = self.made_up("ordinality");
            let info = Rc::new(Info { ty: Some(LogicalType::BIGINT), nullable: Some(false), ..Info::default() });
            output.cols.push(Col { sym, name, info });
        }
        Rc::new(output)
    }

    /// ClickHouse's `values('name Type, …', (…), …)`; without the names they are c1, c2, ….
    fn listed_values(&mut self, args: &[ExprId], info: &Rc<Info>) -> Output {
        let names: Vec<String> = match args.first().map(|a| self.arena.expr(*a)) {
            Some(Expr::Literal(Literal::Text(text))) if args.len() > 1 => {
                let parts = self.text(*text).split(',').filter_map(|p| p.split_whitespace().next());
                parts.map(str::to_owned).collect()
            }
            Some(Expr::Tuple(items)) => (1..=items.len()).map(|i| format!("c{i}")).collect(),
            Some(_) => vec!["c1".to_owned()],
            None => Vec::new(),
        };
        let mut output = Output::default();
        for name in names {
            let (sym, name) = self.made_up(&name);
            output.cols.push(Col { sym, name, info: Rc::clone(info) });
        }
        output
    }

    /// Hive's and Spark's LATERAL VIEW.
    pub(super) fn lateral_view(&mut self, view: &LateralView, scope: usize) {
        let mut acc = Acc::default();
        let typed = self.expr(view.call, scope, Sink::Value(DirectKind::Transformation), &mut acc);
        let info = Rc::new(acc.finish(typed));
        self.makes_rows(&info);
        let mut output = Output::default();
        for name in &view.columns {
            let (sym, name) = (self.column_sym(*name), self.column_name(*name));
            output.cols.push(Col { sym, name, info: Rc::new(with_type(&info, None)) });
        }
        if view.columns.is_empty() {
            output.wild.push(Wild::made_of(info));
        }
        let names = view.name.map(|n| self.alias_sym(n)).into_iter().collect();
        let rel = Rel { names, output: Rc::new(output), table: None, nullable: view.outer, hidden: false };
        self.scopes[scope].rels.push(rel);
    }
}
