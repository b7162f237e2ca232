//! From symbols and ids back to names: the answer in the words of the model.

use super::value::{Info, Output, Source, TableId};
use super::{Binder, Bound};
use std::rc::Rc;
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

impl Binder<'_> {
    fn names(&self, list: &[TableId]) -> Vec<TableName> {
        list.iter().map(|t| self.table_name(*t).clone()).collect()
    }

    /// The reads that are surely meant, or those that may be.
    fn direct(&self, list: &[(Source, DirectKind)], candidates: bool) -> Vec<DirectRead> {
        list.iter()
            .filter(|(source, _)| self.sources[source.0 as usize].candidate == candidates)
            .map(|(source, kind)| {
                let column = &self.sources[source.0 as usize];
                let table = self.table_name(column.table).clone();
                DirectRead { table, column: column.name.to_string(), kind: *kind }
            })
            .collect()
    }

    fn candidates(&self, info: &Info) -> Vec<DirectRead> {
        let deciding: Vec<_> = info.indirect.iter().map(|(s, _)| (*s, DirectKind::Transformation)).collect();
        let mut all = self.direct(&info.direct, true);
        all.extend(self.direct(&deciding, true));
        all.sort();
        all.dedup_by(|b, a| a.table == b.table && a.column == b.column);
        all
    }

    fn indirect(&self, list: &[(Source, IndirectKind)]) -> Vec<IndirectRead> {
        list.iter()
            .map(|(source, kind)| {
                let column = &self.sources[source.0 as usize];
                let table = self.table_name(column.table).clone();
                IndirectRead { table, column: column.name.to_string(), kind: *kind }
            })
            .collect()
    }

    fn type_text(&self, ty: Option<&LogicalType>) -> Option<String> {
        ty.filter(|t| !t.is_unknown() && !crate::types::is_null(t)).map(|t| t.spell(self.dialect))
    }

    pub(super) fn report(self, worst: Resolution) -> Bound {
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
                name: w.name.to_string(),
                target: w.target.map(|t| self.table_name(t).clone()),
                data_type: self.type_text(w.info.ty.as_ref()),
                nullable: w.info.nullable,
                direct: self.direct(&w.info.direct, false),
                candidates: self.candidates(&w.info),
                indirect: self.indirect(&w.info.indirect),
            })
            .collect();
        let shape = match &self.shape {
            Some((output, _)) => self.shape_of(output),
            None => TableSchema {
                dialect: self.dialect,
                origin: Some(Origin::Inferred),
                open: true,
                ..TableSchema::default()
            },
        };
        let lineage = QueryLineage {
            resolution: worst,
            reads: self.names(&self.reads),
            writes: self.names(&self.writes),
            columns,
            indirect: self.indirect(&self.rows),
            unused: self.direct(&unused, false),
            statements: self.statements,
            diagnostics: self.diagnostics,
            open,
        };
        Bound { lineage, errors: self.errors, shape }
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
