//! What a table name stands for: a table of the catalog, one made earlier in the script, or one that nobody knows.

use super::names;
use super::value::{Col, Info, Output, Source, Sym, TableId, Wild};
use super::{Binder, SourceColumn, Spelling};
use smallvec::smallvec;
use std::rc::Rc;
use std::sync::Arc;
use tessera_model::lineage::DirectKind;
use tessera_model::{Dialect, LogicalType, TableName, TableSchema};
use tessera_sql::ir::{IdentId, Idents, Pos};

pub(super) struct Table {
    pub(super) name: TableName,
    pub(super) known: Option<Arc<TableSchema>>,
    output: Option<Rc<Output>>,
}

impl Binder<'_> {
    /// The parts of a table name as written; BigQuery's `` `a.b.c` `` is three.
    fn table_parts(&self, name: Idents) -> Vec<(String, bool)> {
        let mut parts = Vec::with_capacity(3);
        for id in self.arena.idents(name) {
            let ident = self.arena.ident(*id);
            if ident.quoted && self.dialect == Dialect::BigQuery && ident.text.contains('.') {
                parts.extend(ident.text.split('.').map(|p| (p.to_owned(), true)));
            } else if !ident.text.is_empty() {
                parts.push((ident.text.to_string(), ident.quoted));
            }
        }
        // The session's own schema may be said or left out.
        if parts.len() == 2 && self.is_session_schema(&parts[0].0) {
            parts.remove(0);
        }
        parts
    }

    /// The table of that name; `None` for a name without parts.
    pub(super) fn table(&mut self, name: Idents) -> Option<TableId> {
        let parts = self.table_parts(name);
        self.table_of(&parts)
    }

    pub(super) fn table_of(&mut self, parts: &[(String, bool)]) -> Option<TableId> {
        let folding = self.dialect.table_folding();
        let stored = TableName::from_parts(parts.iter().map(|(t, q)| folding.store(t, *q)).collect())?;
        let full = stored.qualified(self.defaults.database.as_deref(), self.defaults.schema.as_deref());
        let key: Box<[Sym]> = full.parts().map(|p| self.syms.intern(&names::key(folding, p, true))).collect();
        if let Some(found) = self.table_ids.get(&key) {
            return Some(*found);
        }
        let entry = self.catalog.entry(&full).map(|(name, schema)| (name.clone(), Arc::clone(schema)));
        let (name, known) = match entry {
            Some((name, schema)) => (name, Some(schema)),
            None if self.spelling == Spelling::Written => {
                let written = TableName::from_parts(parts.iter().map(|(t, _)| t.clone()).collect())?;
                (written.qualified(self.defaults.database.as_deref(), self.defaults.schema.as_deref()), None)
            }
            None => (full, None),
        };
        let id = TableId(u32::try_from(self.tables.len()).unwrap_or(u32::MAX));
        self.tables.push(Table { name, known, output: None });
        self.table_ids.insert(key, id);
        Some(id)
    }

    pub(super) fn table_name(&self, id: TableId) -> &TableName {
        &self.tables[id.0 as usize].name
    }

    /// The relation that the script builds.
    pub(super) fn is_own(&self, table: TableId) -> bool {
        self.own.as_ref().is_some_and(|own| self.table_name(table).key(self.dialect) == *own)
    }

    pub(super) fn note_read(&mut self, table: TableId) {
        if !self.reads.contains(&table) {
            self.reads.push(table);
        }
    }

    pub(super) fn note_write(&mut self, table: TableId) {
        if !self.writes.contains(&table) {
            self.writes.push(table);
        }
    }

    /// The columns that reading `table` gives.
    pub(super) fn table_output(&mut self, table: TableId) -> Rc<Output> {
        if let Some(session) = self.session.get(&table) {
            let session = session.clone();
            if session.temporary {
                return session.output;
            }
            return self.as_own_columns(table, &session.output);
        }
        if let Some(output) = &self.tables[table.0 as usize].output {
            return Rc::clone(output);
        }
        let known = self.tables[table.0 as usize].known.clone();
        let mut output = Output::default();
        match known {
            None => output.wild.push(Wild::of_table(table)),
            Some(schema) => {
                let width = schema.columns.len();
                output.cols.reserve(width);
                self.syms.reserve(width);
                self.sources.reserve(width);
                self.source_ids.reserve(width);
                for column in &schema.columns {
                    let (sym, name) = self.stored_column(&column.name);
                    let source = self.source(table, sym, &name);
                    let ty = column.data_type.as_deref().and_then(|t| self.stored_type(schema.dialect, t));
                    let info = Rc::new(Info {
                        direct: smallvec![(source, DirectKind::Identity)],
                        indirect: Box::default(),
                        ty,
                        nullable: column.nullable,
                    });
                    output.cols.push(Col { sym, name, info });
                }
                if schema.open {
                    output.wild.push(Wild::of_table(table));
                }
                output.stars.push(table);
            }
        }
        let output = Rc::new(output);
        self.tables[table.0 as usize].output = Some(Rc::clone(&output));
        output
    }

    /// The type of that spelling; the same few come again and again.
    fn stored_type(&mut self, dialect: Dialect, text: &str) -> Option<LogicalType> {
        let parse = || Some(LogicalType::parse(dialect, text)).filter(|t| !t.is_unknown());
        if dialect != self.dialect {
            return parse();
        }
        if let Some(known) = self.types.get(text) {
            return known.clone();
        }
        let ty = parse();
        self.types.insert(text.into(), ty.clone());
        ty
    }

    /// The same columns, as columns of `table` itself.
    fn as_own_columns(&mut self, table: TableId, output: &Output) -> Rc<Output> {
        let mut own = Output { stars: vec![table], ..Output::default() };
        for col in &output.cols {
            let source = self.source(table, col.sym, &col.name);
            let info = Rc::new(Info {
                direct: smallvec![(source, DirectKind::Identity)],
                indirect: Box::default(),
                ty: col.info.ty.clone(),
                nullable: col.info.nullable,
            });
            own.cols.push(Col { sym: col.sym, name: Rc::clone(&col.name), info });
        }
        if output.is_open() {
            own.wild.push(Wild::of_table(table));
        }
        Rc::new(own)
    }

    pub(super) fn source(&mut self, table: TableId, sym: Sym, name: &Rc<str>) -> Source {
        let sources = &mut self.sources;
        *self.source_ids.entry((table, sym)).or_insert_with(|| {
            let id = Source(u32::try_from(sources.len()).unwrap_or(u32::MAX));
            sources.push(SourceColumn {
                table,
                name: Rc::clone(name),
                pos: Pos::default(),
                mentioned: false,
                candidate: false,
            });
            id
        })
    }

    pub(super) fn is_cte_name(&mut self, name: Idents) -> Option<usize> {
        let [one] = self.arena.idents(name) else { return None };
        let sym = self.alias_sym(*one);
        self.ctes.iter().rposition(|c| c.sym == sym)
    }

    /// The qualifiers by which a relation's columns may be called: all parts of a table's name, or its alias alone.
    pub(super) fn qualifiers(&mut self, alias: Option<IdentId>, name: Idents) -> Vec<Sym> {
        match alias {
            Some(alias) => vec![self.alias_sym(alias)],
            None => {
                let folding = self.alias_fold;
                if let [one] = self.arena.idents(name)
                    && self.dialect != Dialect::BigQuery
                    && !self.text(*one).is_empty()
                {
                    return vec![self.alias_sym(*one)];
                }
                let parts = self.table_parts(name);
                parts.iter().map(|(t, q)| self.syms.intern(&names::key(folding, t, *q))).collect()
            }
        }
    }
}
