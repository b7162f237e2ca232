//! Syntax tree -> IR. Trees are taken apart by value, so a long chain is dropped link by link while it is walked. Every
//! `match` on a parser enum names all its variants: a node that a new parser release adds fails to compile here instead
//! of vanishing from the lineage.

mod change;
mod expr;
mod function;
mod literal;
mod naming;
mod operator;
mod query;
mod relation;
mod routine;
mod select;
mod set;
mod statement;
mod table;

use crate::hash::FastMap;
use crate::ir::{Alias, Arena, Expr, ExprId, Exprs, IdentData, IdentId, Idents, Pos, Statement, StatementBody, TypeId};
use crate::limits::Limits;
use sqlparser::ast;
use sqlparser::tokenizer::Span;
use tessera_model::{Dialect, LogicalType};

/// Lowers one statement; in a routine's body SELECT … INTO fills variables. `Err` says why it is too much.
pub(crate) fn statement(
    tree: ast::Statement,
    dialect: Dialect,
    limits: &Limits,
    pos: Pos,
    routine: bool,
) -> Result<Statement, String> {
    let mut lower = Lower {
        arena: Arena::default(),
        dialect,
        into_variables: match dialect {
            Dialect::Oracle | Dialect::MySql | Dialect::Snowflake | Dialect::BigQuery | Dialect::Teradata => true,
            Dialect::Postgres | Dialect::Redshift => routine,
            Dialect::TSql | Dialect::DuckDb | Dialect::Sqlite | Dialect::Databricks | Dialect::SparkSql => false,
            Dialect::Hive | Dialect::Trino | Dialect::Athena | Dialect::ClickHouse | Dialect::Generic => false,
        },
        depth: 0,
        max_depth: limits.depth,
        too_deep: false,
        nested: Vec::new(),
        idents: FastMap::default(),
        types: FastMap::default(),
        scratch: Vec::new(),
    };
    let (kind, body) = lower.statement(tree);
    if lower.too_deep {
        return Err(format!("The statement is nested more than {} levels deep.", limits.depth));
    }
    Ok(Statement { kind, arena: lower.arena, body, nested: lower.nested, pos })
}

/// Types whose name the logical type does not keep, and what PostgreSQL's catalog calls them.
const NAMED_AS_WRITTEN: &[(&str, &str)] =
    &[("json", "json"), ("varchar", "varchar"), ("character varying", "varchar"), ("name", "name")];

struct Lower {
    arena: Arena,
    dialect: Dialect,
    /// SELECT … INTO fills variables instead of a table.
    into_variables: bool,
    depth: usize,
    max_depth: usize,
    too_deep: bool,
    nested: Vec<StatementBody>,
    idents: FastMap<Box<str>, [Option<IdentId>; 2]>,
    types: FastMap<String, TypeId>,
    scratch: Vec<ExprId>,
}

fn at(span: Span) -> Pos {
    let short = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    Pos { line: short(span.start.line), column: short(span.start.column) }
}

/// Numbers of arena entries: the text limit keeps them far below 2³².
fn id(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

impl Lower {
    /// False when the tree is too deep here; the caller then lowers nothing further down.
    fn enter(&mut self) -> bool {
        self.depth += 1;
        self.too_deep |= self.depth > self.max_depth;
        !self.too_deep
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn push(&mut self, expr: Expr) -> ExprId {
        self.arena.exprs.push(expr);
        ExprId(id(self.arena.exprs.len() - 1))
    }

    fn intern(&mut self, text: &str, quoted: bool) -> IdentId {
        if let Some(found) = self.idents.get(text).and_then(|slots| slots[usize::from(quoted)]) {
            return found;
        }
        let new = IdentId(id(self.arena.idents.len()));
        self.arena.idents.push(IdentData { text: text.into(), quoted });
        self.idents.entry(text.into()).or_default()[usize::from(quoted)] = Some(new);
        new
    }

    fn ident(&mut self, ident: &ast::Ident) -> IdentId {
        self.intern(&ident.value, ident.quote_style.is_some())
    }

    fn idents(&mut self, parts: &[IdentId]) -> Idents {
        let start = id(self.arena.ident_lists.len());
        self.arena.ident_lists.extend_from_slice(parts);
        Idents { start, len: id(parts.len()) }
    }

    fn ident_list(&mut self, list: &[ast::Ident]) -> Vec<IdentId> {
        list.iter().map(|i| self.ident(i)).collect()
    }

    fn path(&mut self, parts: &[ast::Ident]) -> Idents {
        let ids: Vec<IdentId> = parts.iter().map(|i| self.ident(i)).collect();
        self.idents(&ids)
    }

    fn name(&mut self, name: &ast::ObjectName) -> Idents {
        let mut ids = Vec::with_capacity(name.0.len());
        for part in &name.0 {
            match part {
                ast::ObjectNamePart::Identifier(ident) => ids.push(self.ident(ident)),
                // IDENTIFIER('a.b.c'): the name is the literal; anything else in it is known at run time only.
                ast::ObjectNamePart::Function(function) => match literal_name(function) {
                    Some(text) => {
                        for part in tessera_model::name::split_dotted(&text) {
                            ids.push(self.intern(&part.text, part.quoted));
                        }
                    }
                    None => ids.push(self.ident(&function.name)),
                },
            }
        }
        self.idents(&ids)
    }

    /// The last part of a name, for lists of column names that the parser reads as object names.
    fn last(&mut self, name: &ast::ObjectName) -> Option<IdentId> {
        let list = self.name(name);
        self.arena.last(list)
    }

    fn name_pos(name: &ast::ObjectName) -> Pos {
        match name.0.first() {
            Some(ast::ObjectNamePart::Identifier(ident)) => at(ident.span),
            Some(ast::ObjectNamePart::Function(function)) => at(function.name.span),
            None => Pos::default(),
        }
    }

    fn exprs(&mut self, list: impl IntoIterator<Item = ast::Expr>) -> Exprs {
        let mark = self.scratch.len();
        for expr in list {
            let lowered = self.expr(expr);
            self.scratch.push(lowered);
        }
        self.take(mark)
    }

    fn ids(&mut self, list: &[ExprId]) -> Exprs {
        let start = id(self.arena.expr_lists.len());
        self.arena.expr_lists.extend_from_slice(list);
        Exprs { start, len: id(list.len()) }
    }

    /// Moves what was pushed onto the scratch list since `mark` into the arena.
    fn take(&mut self, mark: usize) -> Exprs {
        let start = id(self.arena.expr_lists.len());
        let len = id(self.scratch.len() - mark);
        self.arena.expr_lists.extend(self.scratch.drain(mark..));
        Exprs { start, len }
    }

    fn data_type(&mut self, data_type: &ast::DataType) -> TypeId {
        let text = data_type.to_string();
        if let Some(found) = self.types.get(&text) {
            return *found;
        }
        let new = self.logical(LogicalType::parse(self.dialect, &text));
        if let Some((_, name)) = NAMED_AS_WRITTEN.iter().find(|(written, _)| text.eq_ignore_ascii_case(written)) {
            self.arena.written_types.push((new, name));
        }
        self.types.insert(text, new);
        new
    }

    fn logical(&mut self, ty: LogicalType) -> TypeId {
        self.arena.types.push(ty);
        TypeId(id(self.arena.types.len() - 1))
    }

    fn alias(&mut self, alias: Option<&ast::TableAlias>) -> Alias {
        let Some(alias) = alias else { return Alias::default() };
        let mut columns = Vec::with_capacity(alias.columns.len());
        for column in &alias.columns {
            let ty = column.data_type.as_ref().map(|t| self.data_type(t));
            columns.push((self.ident(&column.name), ty));
        }
        Alias { name: Some(self.ident(&alias.name)), columns }
    }
}

fn literal_name(function: &ast::ObjectNamePartFunction) -> Option<String> {
    match function.args.as_slice() {
        [ast::FunctionArg::Unnamed(ast::FunctionArgExpr::Expr(ast::Expr::Value(value)))] => match &value.value {
            ast::Value::SingleQuotedString(text) => Some(text.clone()),
            _ => None,
        },
        _ => None,
    }
}
