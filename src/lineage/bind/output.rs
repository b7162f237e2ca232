//! The name of a column that has no alias, by each dialect's rules: PostgreSQL `FigureColname` (parse_target.c), Redshift
//! alike; BigQuery "Implicit aliases"; Trino `_col0`; Hive `_c0`; the others name it by its text.

use super::Binder;
use super::value::Sym;
use std::rc::Rc;
use tessera_model::types::Zone;
use tessera_model::{Dialect, LogicalType};
use tessera_sql::ir::{Expr, ExprId, Literal};

/// A name by PostgreSQL's rule.
struct Figured {
    name: String,
    /// Not a mere type's: what stands around does not replace it.
    sure: bool,
}

impl Binder<'_> {
    /// `column` is the place in the result, `anonymous` how many columns before it have no name of their own.
    pub(super) fn output_name(
        &mut self,
        expr: ExprId,
        text: Option<&str>,
        column: usize,
        anonymous: usize,
    ) -> (Sym, Rc<str>) {
        match self.arena.expr(expr) {
            Expr::Column(path, _) => {
                if let Some(last) = self.arena.last(*path) {
                    return (self.column_sym(last), self.column_name(last));
                }
            }
            // The last member of a path names it where names come from columns at all.
            // Spark and PostgreSQL do so; an engine that nobody named gets what most would call it.
            Expr::Cast { expr: inner, .. } if self.cast_keeps_name() => {
                if let Expr::Column(path, _) = self.arena.expr(*inner)
                    && let Some(last) = self.arena.last(*path)
                {
                    return (self.column_sym(last), self.column_name(last));
                }
            }
            Expr::Field { name, .. } if self.dialect != Dialect::DuckDb && text.is_none_or(|t| !t.contains('(')) => {
                return (self.column_sym(*name), self.column_name(*name));
            }
            _ => {}
        }
        let made = match self.dialect {
            Dialect::Postgres | Dialect::Redshift => self.figure(expr).unwrap_or_else(|| "?column?".to_owned()),
            Dialect::BigQuery => format!("f{anonymous}_"),
            Dialect::Trino | Dialect::Athena => format!("_col{column}"),
            Dialect::Hive => format!("_c{column}"),
            Dialect::TSql => String::new(),
            _ => text.unwrap_or_default().to_owned(),
        };
        self.made_up(&made)
    }

    /// Whether a cast column without an alias is called by the column.
    fn cast_keeps_name(&self) -> bool {
        matches!(self.dialect, Dialect::SparkSql | Dialect::Databricks | Dialect::Generic)
    }

    /// Whether an item without an alias takes its name from a column.
    pub(super) fn names_itself(&self, expr: ExprId) -> bool {
        matches!(self.arena.expr(expr), Expr::Column(..) | Expr::Field { .. })
    }

    /// PostgreSQL's rule: the name of the column, function or construct, or of a cast's type.
    fn figure(&self, expr: ExprId) -> Option<String> {
        self.figured(expr).map(|figured| figured.name)
    }

    fn figured(&self, expr: ExprId) -> Option<Figured> {
        let sure = |name: String| Some(Figured { name, sure: true });
        let or = |inner: Option<Figured>, name: Option<String>| match (inner, name) {
            (Some(inner), _) if inner.sure => Some(inner),
            (_, Some(name)) => Some(Figured { name, sure: false }),
            (inner, None) => inner,
        };
        match self.arena.expr(expr) {
            Expr::Column(path, _) => sure(self.stored(self.arena.last(*path)?)),
            Expr::Call(call) => {
                let name = self.arena.last(self.arena.call(*call).name)?;
                sure(match self.text(name).to_ascii_lowercase().as_str() {
                    "trim" => "btrim".to_owned(),
                    "at_time_zone" => "timezone".to_owned(),
                    other => other.to_owned(),
                })
            }
            Expr::Cast { expr: inner, ty } => or(self.figured(*inner), self.type_name(*ty)),
            Expr::Typed { ty, .. } => or(None, self.type_name(*ty)),
            // PostgreSQL up to 14 read `true` as a cast.
            Expr::Literal(Literal::Bool(_)) if self.dialect == Dialect::Redshift => or(None, Some("bool".to_owned())),
            Expr::Case(case) => or(case.default.and_then(|e| self.figured(e)), Some("case".to_owned())),
            Expr::Array(_) => sure("array".to_owned()),
            Expr::Struct { .. } | Expr::Tuple(_) => sure("row".to_owned()),
            Expr::Decides { args, .. } if args.is_empty() => sure("exists".to_owned()),
            Expr::Field { name, .. } => sure(self.stored(*name)),
            Expr::Index { expr, .. } => self.figured(*expr),
            Expr::Subquery(query) => self.subquery_name(*query).and_then(sure),
            _ => None,
        }
    }

    fn stored(&self, name: tessera_sql::ir::IdentId) -> String {
        let ident = self.arena.ident(name);
        self.columns_fold.store(&ident.text, ident.quoted)
    }

    fn subquery_name(&self, query: tessera_sql::ir::QueryId) -> Option<String> {
        let tessera_sql::ir::Body::Select(select) = self.arena.body(self.arena.query(query).body) else {
            return None;
        };
        match &self.arena.select(*select).items.first()?.kind {
            tessera_sql::ir::ItemKind::Expr { expr, aliases, .. } => match aliases.first() {
                Some(alias) => Some(self.stored(*alias)),
                None => self.figure(*expr),
            },
            _ => None,
        }
    }

    fn type_name(&self, ty: tessera_sql::ir::TypeId) -> Option<String> {
        let written = self.arena.written_type(ty);
        written.or_else(|| catalog_name(self.arena.data_type(ty))).map(str::to_owned)
    }
}

/// The catalog's own name of a type, which is what PostgreSQL puts there; an array's is that of its elements.
fn catalog_name(ty: &LogicalType) -> Option<&'static str> {
    use LogicalType as T;
    Some(match ty {
        T::Bool => "bool",
        T::Int { bits: 16, .. } => "int2",
        T::Int { bits: 32, .. } => "int4",
        T::Int { .. } => "int8",
        T::Decimal { .. } => "numeric",
        T::Float { bits: 32 } => "float4",
        T::Float { .. } => "float8",
        T::Text { fixed: true, .. } => "bpchar",
        T::Text { max: Some(_), .. } => "varchar",
        T::Text { .. } => "text",
        T::Bytes { .. } => "bytea",
        T::Date => "date",
        T::Time { .. } => "time",
        T::Timestamp { zone: Zone::None, .. } => "timestamp",
        T::Timestamp { .. } => "timestamptz",
        T::Interval => "interval",
        T::Uuid => "uuid",
        T::Json => "jsonb",
        T::Array(inner) => catalog_name(inner)?,
        _ => return None,
    })
}
