//! What is different between two shapes of one table or output.

use std::collections::VecDeque;
use tessera_model::{Column, Dialect, LogicalType, TableSchema};
use tessera_sql::hash::FastMap;

/// What is different about one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    Removed,
    Added,
    Retyped { before: String, after: String },
    Nullability { nullable: bool },
}

/// A column that differs. A renamed one is removed and added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnDelta {
    /// The name as its dialect compares it.
    pub key: String,
    pub name: String,
    pub what: What,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShapeDelta {
    pub columns: Vec<ColumnDelta>,
    /// Columns that both sides have stand in another order.
    pub reordered: bool,
}

impl ColumnDelta {
    /// As the end of a sentence about the table or node that has the column.
    pub fn says(&self) -> String {
        match &self.what {
            What::Removed => format!("its column `{}` is gone", self.name),
            What::Added => format!("it gets a column `{}`", self.name),
            What::Retyped { before, after } => format!("its column `{}` turns from {before} to {after}", self.name),
            What::Nullability { nullable: true } => format!("its column `{}` may be null", self.name),
            What::Nullability { nullable: false } => format!("its column `{}` is never null any more", self.name),
        }
    }
}

impl ShapeDelta {
    /// A shape that may hold more columns than are listed neither lost nor got any for certain; a type that is unknown on
    /// a side has not changed.
    pub fn between(before: &TableSchema, after: &TableSchema, dialect: Dialect) -> Self {
        let mut delta = ShapeDelta::default();
        if before.columns == after.columns && (before.open == after.open || before.columns.is_empty()) {
            return delta;
        }
        let folding = dialect.column_folding();
        let (first, old, new) = differing(before, after);
        // A name may stand there more than once: the first goes with the first, and so on.
        let mut now: FastMap<String, VecDeque<usize>> = FastMap::default();
        for (at, column) in new.iter().enumerate() {
            now.entry(folding.key(&column.name)).or_default().push_back(at + first);
        }
        let mut seen = vec![false; new.len()];
        let mut last = 0;
        for old in old {
            let key = folding.key(&old.name);
            let Some(at) = now.get_mut(&key).and_then(VecDeque::pop_front) else {
                if !after.open && !after.columns.is_empty() {
                    delta.columns.push(ColumnDelta { key, name: old.name.clone(), what: What::Removed });
                }
                continue;
            };
            seen[at - first] = true;
            delta.reordered |= at < last;
            last = at;
            let new = &after.columns[at];
            if let Some((before, after)) = retyped(old, before, new, after) {
                let what = What::Retyped { before, after };
                delta.columns.push(ColumnDelta { key: key.clone(), name: new.name.clone(), what });
            }
            if let (Some(a), Some(b)) = (old.nullable, new.nullable)
                && a != b
            {
                delta.columns.push(ColumnDelta {
                    key,
                    name: new.name.clone(),
                    what: What::Nullability { nullable: b },
                });
            }
        }
        if before.open || before.columns.is_empty() {
            return delta;
        }
        for (new, seen) in new.iter().zip(seen) {
            if !seen {
                let key = folding.key(&new.name);
                delta.columns.push(ColumnDelta { key, name: new.name.clone(), what: What::Added });
            }
        }
        delta
    }

    pub fn is_empty(&self) -> bool {
        self.columns.is_empty() && !self.reordered
    }
}

/// The columns of both sides without those that are the same at the beginning and at the end, and how many are the same
/// at the beginning: most changes are of one column among many.
fn differing<'a>(before: &'a TableSchema, after: &'a TableSchema) -> (usize, &'a [Column], &'a [Column]) {
    let (old, new) = (before.columns.as_slice(), after.columns.as_slice());
    if before.dialect != after.dialect {
        return (0, old, new);
    }
    let first = old.iter().zip(new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[first..], &new[first..]);
    let same = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    let (left, right) = (&old[..old.len() - same], &new[..new.len() - same]);
    // A name that stands at the end as well would go with another of its kind.
    let tail = &old[old.len() - same..];
    let like =
        |a: &Column, b: &Column| a.name.eq_ignore_ascii_case(&b.name) || !a.name.is_ascii() || !b.name.is_ascii();
    let again = left.iter().chain(right).any(|c| tail.iter().any(|t| like(c, t)));
    if again { (first, old, new) } else { (first, left, right) }
}

fn retyped(old: &Column, before: &TableSchema, new: &Column, after: &TableSchema) -> Option<(String, String)> {
    let (a, b) = (old.data_type.as_ref()?, new.data_type.as_ref()?);
    if a == b && before.dialect == after.dialect {
        return None;
    }
    let (was, is) = (old.logical(before.dialect), new.logical(after.dialect));
    (was != is && !vague(&was) && !vague(&is)).then(|| (a.clone(), b.clone()))
}

/// Whether the column's type is not known, or not fully.
pub fn untyped(column: &Column, dialect: Dialect) -> bool {
    vague(&column.logical(dialect))
}

fn vague(t: &LogicalType) -> bool {
    match t {
        LogicalType::Unknown => true,
        LogicalType::Array(inner) => vague(inner),
        LogicalType::Map(key, value) => vague(key) || vague(value),
        LogicalType::Struct(fields) => fields.iter().any(|f| vague(&f.data_type)),
        _ => false,
    }
}

/// A shape that is known from outside (observed, from a catalog, by contract) with what its SQL now says otherwise: else
/// it would hide the change from those that read it.
pub(super) fn carried(
    pinned: &TableSchema,
    delta: &ShapeDelta,
    inferred: &TableSchema,
    dialect: Dialect,
) -> TableSchema {
    let folding = dialect.column_folding();
    let mut out = pinned.clone();
    for change in &delta.columns {
        let at = out.columns.iter().position(|c| folding.is_key(&c.name, &change.key));
        let place = inferred.columns.iter().position(|c| folding.is_key(&c.name, &change.key));
        match (&change.what, at, place) {
            (What::Removed, Some(at), _) => drop(out.columns.remove(at)),
            (What::Added, None, Some(place)) => {
                out.columns.insert(place.min(out.columns.len()), inferred.columns[place].clone());
            }
            (What::Retyped { .. }, Some(at), Some(place)) => {
                out.columns[at].data_type.clone_from(&inferred.columns[place].data_type);
            }
            (What::Nullability { nullable }, Some(at), _) => out.columns[at].nullable = Some(*nullable),
            _ => {}
        }
    }
    out
}
