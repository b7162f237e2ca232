//! From symbols and ids back to names: the answer in the words of the model.

use super::value::{Info, Output, Source, TableId};
use super::{Binder, Bound};
use crate::world::BindError;
use std::cell::{OnceCell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use tessera_model::lineage::{
    DirectKind, DirectRead, IndirectKind, IndirectRead, OutputColumn, QueryLineage, Resolution,
};
use tessera_model::table::Origin;
use tessera_model::{Column, LogicalType, TableName, TableSchema};

/// One written or returned column.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) target: Option<TableId>,
    pub(super) name: Rc<str>,
    pub(super) info: Rc<Info>,
}

/// Names of tables, columns and types as they are handed out: made once, shared by all edges and columns.
struct Shared<'t> {
    tables: Vec<OnceCell<Arc<TableName>>>,
    columns: Vec<OnceCell<Arc<str>>>,
    types: RefCell<Vec<(&'t LogicalType, Arc<str>)>>,
}

/// So many types are looked through for one that has its text already.
const SHARED_TYPES: usize = 16;

impl<'t> Shared<'t> {
    fn new(binder: &Binder<'_>) -> Self {
        Shared {
            tables: vec![OnceCell::new(); binder.tables.len()],
            columns: vec![OnceCell::new(); binder.sources.len()],
            types: RefCell::default(),
        }
    }

    /// What an output column is called: most bear the name of what they are made of.
    fn name(&self, binder: &Binder<'_>, written: &Written) -> Arc<str> {
        match written.info.direct.first() {
            Some((source, _)) if binder.sources[source.0 as usize].name == written.name => {
                self.column(binder, *source).1
            }
            _ => Arc::from(&*written.name),
        }
    }

    fn type_text(&self, binder: &Binder<'_>, ty: Option<&'t LogicalType>) -> Option<Arc<str>> {
        let ty = ty?;
        let mut known = self.types.borrow_mut();
        if let Some((_, text)) = known.iter().find(|(known, _)| *known == ty) {
            return Some(Arc::clone(text));
        }
        let text: Arc<str> = binder.type_text(Some(ty))?.into();
        if known.len() < SHARED_TYPES {
            known.push((ty, Arc::clone(&text)));
        }
        Some(text)
    }

    fn table(&self, binder: &Binder<'_>, id: TableId) -> Arc<TableName> {
        let name = self.tables[id.0 as usize].get_or_init(|| Arc::new(binder.table_name(id).clone()));
        Arc::clone(name)
    }

    fn column(&self, binder: &Binder<'_>, source: Source) -> (Arc<TableName>, Arc<str>) {
        let column = &binder.sources[source.0 as usize];
        let name = self.columns[source.0 as usize].get_or_init(|| Arc::from(&*column.name));
        (self.table(binder, column.table), Arc::clone(name))
    }

    /// The reads that are surely meant, or those that may be.
    fn direct(&self, binder: &Binder<'_>, list: &[(Source, DirectKind)], candidates: bool) -> Vec<DirectRead> {
        let read = |(source, kind): &(Source, DirectKind)| {
            let (table, column) = self.column(binder, *source);
            DirectRead { table, column, kind: *kind }
        };
        let chosen = || list.iter().filter(|(source, _)| binder.sources[source.0 as usize].candidate == candidates);
        // Most lists have one entry and are kept for as long as the world is: no room beyond what they need.
        let mut reads = Vec::with_capacity(chosen().count());
        reads.extend(chosen().map(read));
        reads
    }

    fn candidates(&self, binder: &Binder<'_>, info: &Info) -> Vec<DirectRead> {
        let uncertain = |source: Source| binder.sources[source.0 as usize].candidate;
        if !info.direct.iter().any(|(s, _)| uncertain(*s)) && !info.indirect.iter().any(|(s, _)| uncertain(*s)) {
            return Vec::new();
        }
        let deciding: Vec<_> = info.indirect.iter().map(|(s, _)| (*s, DirectKind::Transformation)).collect();
        let mut all = self.direct(binder, &info.direct, true);
        all.extend(self.direct(binder, &deciding, true));
        all.sort();
        all.dedup_by(|b, a| a.table == b.table && a.column == b.column);
        all
    }

    fn indirect(&self, binder: &Binder<'_>, list: &[(Source, IndirectKind)]) -> Vec<IndirectRead> {
        let read = |(source, kind): &(Source, IndirectKind)| {
            let (table, column) = self.column(binder, *source);
            IndirectRead { table, column, kind: *kind }
        };
        list.iter().map(read).collect()
    }
}

impl Binder<'_> {
    fn names(&self, list: &[TableId]) -> Vec<TableName> {
        list.iter().map(|t| self.table_name(*t).clone()).collect()
    }

    fn type_text(&self, ty: Option<&LogicalType>) -> Option<String> {
        ty.filter(|t| !crate::types::is_open(t)).map(|t| t.spell(self.dialect))
    }

    pub(super) fn report(self, worst: Resolution) -> Bound {
        if self.errors_first && self.errors.iter().any(|e| self.is_gone(e)) {
            let shape = self.shape.as_ref().map_or_else(|| self.no_shape(), |(output, _)| self.shape_of(output));
            let (reads, writes) = (self.names(&self.reads), self.names(&self.writes));
            let lineage = QueryLineage { resolution: worst, reads, writes, ..QueryLineage::unknown() };
            return Bound { lineage, errors: self.errors, shape };
        }
        let shared = Shared::new(&self);
        let mut used = vec![false; self.sources.len()];
        for written in &self.columns {
            for (source, _) in &written.info.direct {
                used[source.0 as usize] = true;
            }
            for (source, _) in &written.info.indirect {
                used[source.0 as usize] = true;
            }
        }
        for (source, _) in &self.rows {
            used[source.0 as usize] = true;
        }
        let unused: Vec<(Source, DirectKind)> = (0..self.sources.len())
            .filter(|i| self.sources[*i].mentioned && !used[*i])
            .map(|i| (Source(u32::try_from(i).unwrap_or(u32::MAX)), DirectKind::Identity))
            .collect();
        let open = self.opened || self.shape.as_ref().is_some_and(|(output, _)| self.opens(output));
        let columns = self
            .columns
            .iter()
            .map(|w| OutputColumn {
                name: shared.name(&self, w),
                target: w.target.map(|t| shared.table(&self, t)),
                data_type: shared.type_text(&self, w.info.ty.as_ref()),
                nullable: w.info.nullable,
                direct: shared.direct(&self, &w.info.direct, false),
                candidates: shared.candidates(&self, &w.info),
                indirect: shared.indirect(&self, &w.info.indirect),
            })
            .collect();
        let shape = match &self.shape {
            Some((output, _)) => self.shape_of(output),
            None => self.no_shape(),
        };
        let lineage = QueryLineage {
            resolution: worst,
            reads: self.names(&self.reads),
            writes: self.names(&self.writes),
            columns,
            indirect: shared.indirect(&self, &self.rows),
            unused: shared.direct(&self, &unused, false),
            statements: self.statements,
            diagnostics: self.diagnostics,
            open,
        };
        Bound { lineage, errors: self.errors, shape }
    }

    /// Whether a column is missing in another relation than the script's own.
    fn is_gone(&self, error: &BindError) -> bool {
        let table = error.table.as_ref();
        error.code == "unknown-column"
            && table.is_none_or(|t| self.own.as_ref().is_none_or(|own| t.key(self.dialect) != *own))
    }

    fn no_shape(&self) -> TableSchema {
        TableSchema { dialect: self.dialect, origin: Some(Origin::Inferred), open: true, ..TableSchema::default() }
    }

    /// Whether columns beyond those listed may come out. What a relation had before adds nothing to what it gets now.
    pub(super) fn opens(&self, output: &Output) -> bool {
        output.wild.iter().any(|w| !w.table.is_some_and(|t| self.is_own(t)))
    }

    fn shape_of(&self, output: &Output) -> TableSchema {
        let columns = output
            .cols
            .iter()
            .map(|col| {
                let mut column = Column::new(&*col.name, self.type_text(col.info.ty.as_ref()).as_deref());
                column.nullable = col.info.nullable;
                column
            })
            .collect();
        TableSchema {
            columns,
            dialect: self.dialect,
            origin: Some(Origin::Inferred),
            open: self.opens(output),
            ..TableSchema::default()
        }
    }
}
