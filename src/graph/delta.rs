//! One node before and after: what no longer binds, and how its output differs. All judgments about a reader rest on this.

use crate::graph::Graph;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use tessera_lineage::{BindError, ColumnDelta, ShapeDelta, untyped};
use tessera_model::{Dialect, TableSchema};

#[derive(Debug, Clone, Default)]
pub(crate) struct Delta {
    /// Its text is the same before and after.
    pub same_sql: bool,
    /// Bind errors that it had not before.
    pub new_errors: Vec<BindError>,
    pub outputs: Vec<ColumnDelta>,
    /// Columns that both sides have stand in another order.
    pub reordered: bool,
    /// Keys of output columns whose type is unknown on a side.
    pub untyped: HashSet<String>,
}

/// Two graphs, and the differences of the nodes asked about so far.
pub(crate) struct Comparison<'a> {
    pub base: &'a Graph,
    pub head: &'a Graph,
    deltas: RefCell<HashMap<String, Rc<Delta>>>,
}

impl<'a> Comparison<'a> {
    pub(crate) fn new(base: &'a Graph, head: &'a Graph) -> Self {
        Comparison { base, head, deltas: RefCell::new(HashMap::new()) }
    }

    /// Of a node that is in the head.
    pub(crate) fn delta(&self, id: &str) -> Rc<Delta> {
        if let Some(known) = self.deltas.borrow().get(id) {
            return Rc::clone(known);
        }
        let delta = Rc::new(self.compare(id));
        self.deltas.borrow_mut().insert(id.to_owned(), Rc::clone(&delta));
        delta
    }

    fn compare(&self, id: &str) -> Delta {
        let mut delta = Delta::default();
        let sql = |g: &Graph| g.index.node(id).and_then(|n| g.node_input(n)).map(|i| i.sql.clone());
        let (before, after) = (sql(self.base), sql(self.head));
        delta.same_sql = before.is_some() && before == after;
        let Some(now) = self.head.node(id) else { return delta };
        let was = self.base.node(id);
        let known: HashSet<ErrorKey> =
            was.into_iter().flat_map(|w| &w.errors).map(|e| error_key(e, now.dialect)).collect();
        delta.new_errors = now.errors.iter().filter(|e| !known.contains(&error_key(e, now.dialect))).cloned().collect();
        if let Some(was) = was {
            let shapes = ShapeDelta::between(&was.inferred, &now.inferred, now.dialect);
            (delta.outputs, delta.reordered) = (shapes.columns, shapes.reordered);
            delta.untyped = untyped_columns(&was.inferred, &now.inferred, now.dialect);
        }
        delta
    }
}

type ErrorKey = (String, Option<String>, Option<String>);

/// Messages and positions may differ between two texts of the same mistake.
fn error_key(error: &BindError, dialect: Dialect) -> ErrorKey {
    let column = error.column.as_ref().map(|c| dialect.column_folding().key(c));
    let said = (error.code == "type-error").then(|| error.message.clone());
    (error.code.clone(), error.table.as_ref().map(|t| t.key(dialect).0), column.or(said))
}

/// Keys of columns whose type is unknown on a side.
fn untyped_columns(before: &TableSchema, after: &TableSchema, dialect: Dialect) -> HashSet<String> {
    let folding = dialect.column_folding();
    let vague = |s: &TableSchema| -> HashSet<String> {
        s.columns.iter().filter(|c| untyped(c, dialect)).map(|c| folding.key(&c.name)).collect()
    };
    vague(before).union(&vague(after)).cloned().collect()
}
