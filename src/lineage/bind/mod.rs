//! The binder: names -> columns -> direct and indirect reads -> types, in one pass over the IR. Reading order: `value`
//! (what a column is made of), `names` (folding), `table` (what a table name stands for), `scope`, `find` (a column by its
//! name), `unresolved`, `member`, `query`, `select`, `star`, `row`, `relation`, `join`, `array`, `unnest`, `function`, `expr`, `call`, `refused`,
//! `output` (names of columns), `statement`, `change`, `report`.

mod array;
mod call;
mod change;
mod expr;
mod find;
mod function;
mod join;
mod member;
mod names;
mod output;
mod pivot;
mod query;
mod refused;
mod relation;
mod report;
mod row;
mod scope;
mod select;
mod set;
mod star;
mod statement;
mod table;
mod unnest;
mod unresolved;
mod value;

use crate::catalog::{Catalog, Defaults};
use crate::world::BindError;
use scope::Scope;
use std::rc::Rc;
use tessera_model::lineage::{Diagnostic, DiagnosticSeverity, IndirectKind, QueryLineage, Resolution, StatementInfo};
use tessera_model::{Dialect, TableSchema};
use tessera_sql::hash::{FastMap, FastSet};
use tessera_sql::ir::{Arena, IdentId, Pos};
use tessera_sql::{Parsed, Script};
pub(crate) use value::{Fit, Typed};
use value::{Interner, Output, Source, Sym, TableId};

/// What binding a script gives.
pub(crate) struct Bound {
    pub(crate) lineage: QueryLineage,
    pub(crate) errors: Vec<BindError>,
    /// The shape of the last query or written table.
    pub(crate) shape: TableSchema,
}

/// How names are printed, which is also for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    /// As the engine stores them: names that other answers and the catalog can be joined with.
    Stored,
    /// As they were first written, for the batch form: a struct's member by its path, the columns behind a star that
    /// nobody knows as `*`.
    Written,
}

/// A table that was created in the same script.
#[derive(Debug, Clone)]
struct SessionTable {
    output: Rc<Output>,
    /// Looked through: its readers read what it was made of.
    temporary: bool,
    read: bool,
}

struct SourceColumn {
    table: TableId,
    name: Rc<str>,
    /// Where it is first mentioned.
    pos: Pos,
    mentioned: bool,
    /// One of several that may be meant (batch form).
    candidate: bool,
}

struct CteEntry {
    sym: Sym,
    output: Rc<Output>,
    used: bool,
}

struct Binder<'a> {
    dialect: Dialect,
    spelling: Spelling,
    /// The relation that the script builds: reading it while it is unknown opens nothing.
    own: Option<tessera_model::TableKey>,
    catalog: &'a Catalog,
    defaults: Defaults,
    arena: &'a Arena,
    nested: &'a [tessera_sql::ir::StatementBody],

    syms: Interner,
    column_syms: Vec<Option<Sym>>,
    alias_syms: Vec<Option<Sym>>,
    columns_fold: tessera_model::dialect::Folding,
    alias_fold: tessera_model::dialect::Folding,
    /// Types of tables' columns by their spelling.
    types: FastMap<Box<str>, Option<tessera_model::LogicalType>>,

    tables: Vec<table::Table>,
    table_ids: FastMap<Box<[Sym]>, TableId>,
    sources: Vec<SourceColumn>,
    source_ids: FastMap<(TableId, Sym), Source>,
    session: FastMap<TableId, SessionTable>,
    /// Functions that the script defines, and what their bodies read.
    routines: FastMap<Sym, Rc<value::Info>>,
    /// Tables that the script drops, with the place of the statement that does.
    dropped: Vec<(TableId, usize)>,

    scopes: Vec<Scope>,
    /// What the parameters of the lambdas around are, where that is known.
    lambda_types: Vec<(Sym, Option<tessera_model::LogicalType>)>,
    /// The elements of the list that the next lambda goes over.
    element: Option<tessera_model::LogicalType>,
    ctes: Vec<CteEntry>,

    rows: Vec<(Source, IndirectKind)>,
    rows_seen: FastSet<(Source, IndirectKind)>,
    reads: Vec<TableId>,
    writes: Vec<TableId>,
    columns: Vec<report::Written>,
    statements: Vec<StatementInfo>,
    level: Resolution,
    /// Columns that nobody knows got names of the text: the answer may miss reads.
    opened: bool,
    shape: Option<(Rc<Output>, Option<TableId>)>,
    diagnostics: Vec<Diagnostic>,
    errors: Vec<BindError>,
    /// Columns that stars stood for so far.
    expanded: usize,
    /// The query that is being bound again (recursive CTEs) has reported its errors already.
    quiet: usize,
    /// Of a text that names a column which is not there only the shape and the errors are wanted.
    errors_first: bool,
}

/// Binds all statements of a script in order. `own` is the relation that they build, for scripts that read it too.
/// A script that shows a mistake of ours is unparsed, with the reason.
pub(crate) fn script(
    script: &Script,
    dialect: Dialect,
    catalog: &Catalog,
    defaults: &Defaults,
    spelling: Spelling,
    own: Option<&tessera_model::TableName>,
) -> Bound {
    contained(dialect, || {
        let nothing = Arena::default();
        binder(dialect, catalog, defaults, spelling, own, &nothing).bind(script)
    })
}

/// As [`script`] with stored names, but without the reads of a text that names a column which is not there.
pub(crate) fn errors_first(
    script: &Script,
    dialect: Dialect,
    catalog: &Catalog,
    defaults: &Defaults,
    own: Option<&tessera_model::TableName>,
) -> Bound {
    contained(dialect, || {
        let nothing = Arena::default();
        let binder = binder(dialect, catalog, defaults, Spelling::Stored, own, &nothing);
        Binder { errors_first: true, ..binder }.bind(script)
    })
}

fn contained(dialect: Dialect, bind: impl FnOnce() -> Bound) -> Bound {
    tessera_sql::contained(bind).unwrap_or_else(|reason| {
        let (severity, code) = (DiagnosticSeverity::Error, "internal-error".to_owned());
        let message = tessera_sql::internal("binding", &reason);
        let diagnostics = vec![Diagnostic { severity, code, message, line: 1, column: 1 }];
        let lineage = QueryLineage { diagnostics, ..QueryLineage::unknown() };
        let shape = TableSchema { open: true, ..TableSchema::new(dialect, Vec::new()) };
        Bound { lineage, errors: Vec::new(), shape }
    })
}

fn binder<'a>(
    dialect: Dialect,
    catalog: &'a Catalog,
    defaults: &Defaults,
    spelling: Spelling,
    own: Option<&tessera_model::TableName>,
    arena: &'a Arena,
) -> Binder<'a> {
    let table_fold = dialect.table_folding();
    Binder {
        dialect,
        spelling,
        own: own.map(|name| name.key(dialect)),
        catalog,
        defaults: defaults.clone(),
        arena,
        nested: &[],
        syms: Interner::default(),
        column_syms: Vec::new(),
        alias_syms: Vec::new(),
        columns_fold: dialect.column_folding(),
        // BigQuery's tables are case-sensitive, its aliases and CTEs are not.
        alias_fold: match table_fold {
            tessera_model::dialect::Folding::Sensitive => tessera_model::dialect::Folding::Insensitive,
            other => other,
        },
        types: FastMap::default(),
        tables: Vec::new(),
        table_ids: FastMap::default(),
        sources: Vec::new(),
        source_ids: FastMap::default(),
        session: FastMap::default(),
        routines: FastMap::default(),
        dropped: Vec::new(),
        scopes: Vec::new(),
        lambda_types: Vec::new(),
        element: None,
        ctes: Vec::new(),
        rows: Vec::new(),
        rows_seen: FastSet::default(),
        reads: Vec::new(),
        writes: Vec::new(),
        columns: Vec::new(),
        statements: Vec::new(),
        level: Resolution::Resolved,
        opened: false,
        shape: None,
        diagnostics: Vec::new(),
        errors: Vec::new(),
        expanded: 0,
        quiet: 0,
        errors_first: false,
    }
}

impl<'a> Binder<'a> {
    /// Binds all statements in order.
    fn bind(mut self, script: &'a Script) -> Bound {
        self.diagnostics.clone_from(&script.diagnostics);
        self.statements.reserve_exact(script.statements.len());
        for (at, parsed) in script.statements.iter().enumerate() {
            if let Parsed::Statement(statement) = parsed
                && matches!(statement.body, tessera_sql::ir::StatementBody::Drop(_))
            {
                self.arena = &statement.arena;
                self.note_drops(&statement.body, at);
            }
        }
        let mut worst = Resolution::Resolved;
        for parsed in &script.statements {
            self.level = Resolution::Resolved;
            match parsed {
                Parsed::Statement(statement) => {
                    self.arena = &statement.arena;
                    self.nested = &statement.nested;
                    self.column_syms = vec![None; statement.arena.idents.len()];
                    self.alias_syms = vec![None; statement.arena.idents.len()];
                    self.statement(&statement.body);
                    let kind = statement.kind.name().to_owned();
                    self.statements.push(StatementInfo { kind, resolution: self.level });
                }
                Parsed::Tables(scan) => self.scanned(scan),
            }
            worst = worst.max(self.level);
        }
        self.emit_unread();
        self.report(worst)
    }
}

impl Binder<'_> {
    fn lower_level(&mut self, level: Resolution) {
        self.level = self.level.max(level);
    }

    fn diagnose(&mut self, severity: DiagnosticSeverity, code: &str, message: String, pos: Pos) {
        if self.quiet > 0 {
            return;
        }
        let diagnostic = Diagnostic { severity, code: code.to_owned(), message, line: pos.line, column: pos.column };
        if !self.diagnostics.contains(&diagnostic) {
            self.diagnostics.push(diagnostic);
        }
    }

    fn error(&mut self, error: BindError) {
        if self.quiet == 0 && !self.errors.contains(&error) {
            self.errors.push(error);
        }
    }

    fn decide(&mut self, source: Source, kind: IndirectKind) {
        if self.rows_seen.insert((source, kind)) {
            self.rows.push((source, kind));
        }
    }

    fn text(&self, id: IdentId) -> &str {
        self.arena.text(id)
    }
}
