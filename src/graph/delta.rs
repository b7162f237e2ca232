//! One node before and after: what no longer binds, and how its output differs. All judgments about a reader rest on this.

use crate::graph::Graph;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use tessera_lineage::BindError;
use tessera_model::{Dialect, LogicalType, TableSchema};

/// What is different about one output column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum What {
    Removed,
    Added,
    Retyped { before: String, after: String },
    Nullability { nullable: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputDelta {
    pub key: String,
    pub name: String,
    pub what: What,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Delta {
    /// Its text is the same before and after.
    pub same_sql: bool,
    /// Bind errors that it had not before.
    pub new_errors: Vec<BindError>,
    pub outputs: Vec<OutputDelta>,
    /// Columns that both sides have stand in another order.
    pub reordered: bool,
    /// Keys of output columns whose type is unknown on a side.
    pub untyped: HashSet<String>,
}

impl OutputDelta {
    pub(crate) fn says(&self) -> String {
        match &self.what {
            What::Removed => format!("its column `{}` is gone", self.name),
            What::Added => format!("it gets a column `{}`", self.name),
            What::Retyped { before, after } => format!("its column `{}` turns from {before} to {after}", self.name),
            What::Nullability { nullable: true } => format!("its column `{}` may be null", self.name),
            What::Nullability { nullable: false } => format!("its column `{}` is never null any more", self.name),
        }
    }
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
            compare_shapes(&was.inferred, &now.inferred, now.dialect, &mut delta);
        }
        delta
    }
}

type ErrorKey = (String, Option<String>, Option<String>);

/// Messages and positions may differ between two texts of the same mistake.
fn error_key(error: &BindError, dialect: Dialect) -> ErrorKey {
    let column = error.column.as_ref().map(|c| dialect.column_folding().key(c));
    (error.code.clone(), error.table.as_ref().map(|t| t.key(dialect).0), column)
}

/// Compares what the SQL alone says before and after. A shape that may hold more columns than are listed neither lost nor
/// got any for certain; a type that is unknown on a side has not changed.
pub(crate) fn compare_shapes(before: &TableSchema, after: &TableSchema, dialect: Dialect, delta: &mut Delta) {
    let folding = dialect.column_folding();
    let now: HashMap<String, usize> =
        after.columns.iter().enumerate().map(|(i, c)| (folding.key(&c.name), i)).collect();
    let mut was: HashSet<String> = HashSet::new();
    let mut positions = Vec::new();
    for old in &before.columns {
        let key = folding.key(&old.name);
        was.insert(key.clone());
        let Some(&at) = now.get(&key) else {
            if !after.open && !after.columns.is_empty() {
                delta.outputs.push(OutputDelta { key, name: old.name.clone(), what: What::Removed });
            }
            continue;
        };
        positions.push(at);
        let new = &after.columns[at];
        let (a, b) = (old.logical(dialect), new.logical(dialect));
        if vague(&a) || vague(&b) {
            delta.untyped.insert(key.clone());
        } else if a != b {
            let text = |c: &tessera_model::Column| c.data_type.clone().unwrap_or_default();
            let what = What::Retyped { before: text(old), after: text(new) };
            delta.outputs.push(OutputDelta { key: key.clone(), name: new.name.clone(), what });
        }
        if let (Some(a), Some(b)) = (old.nullable, new.nullable)
            && a != b
        {
            delta.outputs.push(OutputDelta { key, name: new.name.clone(), what: What::Nullability { nullable: b } });
        }
    }
    delta.reordered = positions.windows(2).any(|w| w[0] > w[1]);
    if before.open || before.columns.is_empty() {
        return;
    }
    for new in &after.columns {
        let key = folding.key(&new.name);
        if !was.contains(&key) {
            delta.outputs.push(OutputDelta { key, name: new.name.clone(), what: What::Added });
        }
    }
}

/// Unknown, or unknown inside.
fn vague(t: &LogicalType) -> bool {
    match t {
        LogicalType::Unknown => true,
        LogicalType::Array(inner) => vague(inner),
        LogicalType::Map(key, value) => vague(key) || vague(value),
        LogicalType::Struct(fields) => fields.iter().any(|f| vague(&f.data_type)),
        _ => false,
    }
}
