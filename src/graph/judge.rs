//! What one change of one table does to one node that reads it: the verdict of re-binding.

use crate::delta::{Comparison, Delta};
use crate::index::{Kind, TableId};
use std::collections::BTreeSet;
use tessera_lineage::{BindError, What};
use tessera_model::{Effect, Reader, UseKind};

/// The nature of a change, as far as it matters for readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Nature {
    /// The whole table is gone.
    Gone,
    /// A column is gone.
    Removed,
    Added,
    /// A column's type.
    Retyped,
    /// Anything else about a column: nullability, a default, a promise.
    Altered,
    /// Cannot be told whether anything changes.
    Maybe,
    /// The order of columns.
    Reordered,
    /// Something about the table that names no column.
    Whole,
}

/// A change on its way through the graph.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub table: TableId,
    /// For messages.
    pub table_name: String,
    /// Key and name; `None` for changes of the whole table.
    pub column: Option<(String, String)>,
    pub nature: Nature,
    /// Nodes between the changed asset and this table, nearest first; the last one builds it.
    pub via: Vec<String>,
}

pub(crate) struct Judged {
    pub effect: Effect,
    pub reason: Option<String>,
    pub uses: BTreeSet<UseKind>,
    /// Output columns (key, name) through which the change goes on.
    pub onward: Vec<(Option<(String, String)>, Nature)>,
}

impl Judged {
    fn new(effect: Effect, reason: Option<String>) -> Self {
        Judged { effect, reason, uses: BTreeSet::new(), onward: Vec::new() }
    }
}

/// How one side's text reads the step's column.
#[derive(Default)]
struct Uses {
    kinds: BTreeSet<Kind>,
    /// Keys of the output columns that its value gets into.
    made: BTreeSet<String>,
    /// Keys of those that are the column itself.
    copies: BTreeSet<String>,
}

/// `None`: not affected (or adapted: its new text no longer reads the column, and binds).
pub(crate) fn judge(cmp: &Comparison<'_>, step: &Step, id: &str) -> Option<Judged> {
    let head_node = cmp.head.index.node(id)?;
    let delta = cmp.delta(id);
    let (was, is) = (uses(cmp, step, id, true), uses(cmp, step, id, false));
    let mut judged = verdict(cmp, step, head_node, &delta, &was, &is)?;
    let mut kinds = is.kinds.clone();
    if delta.same_sql || is.kinds.is_empty() {
        kinds.extend(&was.kinds);
    }
    judged.uses = kinds.into_iter().map(Kind::used_as).collect();
    Some(judged)
}

fn verdict(cmp: &Comparison<'_>, step: &Step, node: u32, delta: &Delta, was: &Uses, is: &Uses) -> Option<Judged> {
    let head = cmp.head;
    let table = head.index.find(&step.table);
    let name = step.column.as_ref().map(|(_, n)| n.as_str()).unwrap_or_default();
    let (read_before, reads_now) = (!was.kinds.is_empty(), !is.kinds.is_empty());
    if let Some(error) = delta.new_errors.iter().find(|e| caused(cmp, e, step, node, delta, read_before, reads_now)) {
        return Some(Judged::new(Effect::Breaks, Some(error.message.clone())));
    }
    let reads_table = table.is_some_and(|t| head.index.nodes[node as usize].reads.contains(&t));
    let uncertain = table.filter(|_| reads_table).and_then(|t| head.uncertain(node, t));
    match step.nature {
        Nature::Gone => match (reads_table, uncertain) {
            (false, _) => None,
            (true, Some(reason)) if !head.index.nodes[node as usize].columns_known => {
                Some(Judged::new(Effect::MayRead, Some(reason)))
            }
            (true, _) => Some(Judged::new(Effect::Breaks, Some(format!("reads {}, which is gone", step.table_name)))),
        },
        Nature::Removed if reads_now => {
            let why = format!("reads `{name}` of {}, which is gone", step.table_name);
            Some(Judged::new(Effect::Breaks, Some(why)))
        }
        Nature::Removed if read_before && delta.same_sql => Some(lost(step, delta, was)),
        Nature::Added => grown(delta, is),
        Nature::Retyped | Nature::Altered if reads_now || (read_before && delta.same_sql) => {
            Some(altered(step, delta, was, is))
        }
        Nature::Maybe if reads_now || (read_before && delta.same_sql) => {
            let mut judged = Judged::new(
                Effect::MayRead,
                Some(format!("whether `{name}` of {} changes for it is not known", step.table_name)),
            );
            let copies = was.copies.union(&is.copies);
            judged.onward = copies.map(|c| (Some((c.clone(), c.clone())), Nature::Maybe)).collect();
            Some(judged)
        }
        Nature::Reordered if reads_table && delta.same_sql && delta.reordered => {
            let mut judged = Judged::new(Effect::Changes, Some("its columns come in another order".into()));
            judged.onward.push((None, Nature::Reordered));
            Some(judged)
        }
        Nature::Whole if reads_table => Some(match uncertain {
            Some(reason) => Judged::new(Effect::MayRead, Some(reason)),
            None => Judged::new(Effect::Reads, None),
        }),
        Nature::Reordered | Nature::Whole => None,
        // Not among the columns it is known to read; when those are not known, it may.
        Nature::Removed | Nature::Retyped | Nature::Altered | Nature::Maybe => {
            uncertain.map(|reason| Judged::new(Effect::MayRead, Some(reason)))
        }
    }
}

/// The column is gone, the text is the same, and it binds.
fn lost(step: &Step, delta: &Delta, was: &Uses) -> Judged {
    let gone: Vec<_> = delta.outputs.iter().filter(|o| o.what == What::Removed && was.made.contains(&o.key)).collect();
    if let Some(first) = gone.first() {
        let mut judged = Judged::new(Effect::Changes, Some(first.says()));
        judged.onward = gone.iter().map(|o| (Some((o.key.clone(), o.name.clone())), Nature::Removed)).collect();
        return judged;
    }
    let name = step.column.as_ref().map(|(_, n)| n.as_str()).unwrap_or_default();
    Judged::new(
        Effect::MayRead,
        Some(format!("`{name}` may then come from another table, or its columns are not fully known")),
    )
}

/// A column more. Only a reader whose own text is as it was is *hit* by it; another one wanted it.
fn grown(delta: &Delta, is: &Uses) -> Option<Judged> {
    let changed: Vec<_> = delta.outputs.iter().filter(|o| is.made.contains(&o.key)).collect();
    let first = changed.first().filter(|_| delta.same_sql)?;
    let mut judged = Judged::new(Effect::Changes, Some(first.says()));
    judged.onward = changed.iter().map(|o| (Some((o.key.clone(), o.name.clone())), nature(&o.what))).collect();
    Some(judged)
}

fn altered(step: &Step, delta: &Delta, was: &Uses, is: &Uses) -> Judged {
    let made = |key: &String| was.made.contains(key) || is.made.contains(key);
    let changed: Vec<_> = delta.outputs.iter().filter(|o| made(&o.key) && is_alteration(&o.what, delta)).collect();
    let mut judged = match changed.first() {
        Some(first) => Judged::new(Effect::Changes, Some(first.says())),
        None => Judged::new(Effect::Reads, None),
    };
    judged.onward = changed.iter().map(|o| (Some((o.key.clone(), o.name.clone())), nature(&o.what))).collect();
    if step.nature == Nature::Retyped {
        // A value made of the column whose type is not known may have changed too.
        let unknown = is.made.iter().filter(|k| delta.untyped.contains(*k));
        judged.onward.extend(unknown.map(|k| (Some((k.clone(), k.clone())), Nature::Maybe)));
    }
    judged
}

/// Columns that a changed text adds or drops are its author's change, not the effect of another's.
fn is_alteration(what: &What, delta: &Delta) -> bool {
    delta.same_sql || matches!(what, What::Retyped { .. } | What::Nullability { .. })
}

fn nature(what: &What) -> Nature {
    match what {
        What::Removed => Nature::Removed,
        What::Added => Nature::Added,
        What::Retyped { .. } => Nature::Retyped,
        What::Nullability { .. } => Nature::Altered,
    }
}

/// Is this new error the step's doing?
fn caused(
    cmp: &Comparison<'_>,
    error: &BindError,
    step: &Step,
    node: u32,
    delta: &Delta,
    read_before: bool,
    reads_now: bool,
) -> bool {
    let index = &cmp.head.index;
    let dialect = step.table.0;
    let here = |t: &tessera_model::TableName| {
        let key = t.key(dialect).0;
        key == step.table.1
            || step.table.1.ends_with(&format!(".{key}"))
            || key.ends_with(&format!(".{}", step.table.1))
    };
    let column = step.column.as_ref().map(|(key, _)| key.as_str());
    let reads_table = || {
        let read = |g: &crate::Graph| {
            let id = &index.nodes[node as usize].id;
            let (Some(n), Some(t)) = (g.index.node(id), g.index.find(&step.table)) else { return false };
            g.index.nodes[n as usize].reads.contains(&t)
        };
        read(cmp.head) || read(cmp.base)
    };
    let touches = read_before || reads_now;
    match (&error.table, &error.column, column) {
        (Some(table), Some(named), Some(column)) => here(table) && dialect.column_folding().key(named) == column,
        (Some(table), None, _) => here(table) && (touches || step.column.is_none()),
        (Some(table), Some(_), None) => here(table),
        // `x` is ambiguous, or nobody has it any more.
        (None, Some(named), Some(column)) => {
            dialect.column_folding().key(named) == column && reads_table() && (touches || step.nature == Nature::Added)
        }
        (None, Some(_), None) => false,
        // Widths of unions and inserts: whoever takes a column more or less, with the same text.
        (None, None, _) => delta.same_sql && reads_table() && (touches || step.column.is_none()),
    }
}

fn uses(cmp: &Comparison<'_>, step: &Step, id: &str, before: bool) -> Uses {
    let graph = if before { cmp.base } else { cmp.head };
    let index = &graph.index;
    let mut uses = Uses::default();
    let Some((key, _)) = &step.column else { return uses };
    let (Some(node), Some(table)) = (index.node(id), index.find(&step.table)) else { return uses };
    let Some(column) = index.column_by_key(table, key) else { return uses };
    for read in index.out.of(column).iter().filter(|r| r.node == node) {
        uses.kinds.insert(read.kind);
        if let Some(to) = index.columns.get(read.to as usize).filter(|_| read.kind.is_direct()) {
            uses.made.insert(to.key.clone());
            if read.kind == Kind::Identity {
                uses.copies.insert(to.key.clone());
            }
        }
    }
    uses
}

/// The same reader reached twice: the worse effect, then the shorter way; columns and uses of both.
pub(crate) fn merge(known: &mut Reader, other: Reader) {
    let columns: BTreeSet<String> = known.columns.iter().chain(&other.columns).cloned().collect();
    let uses: BTreeSet<UseKind> = known.uses.iter().chain(&other.uses).copied().collect();
    let better = (other.effect, other.via.len()) < (known.effect, known.via.len());
    if better {
        *known = other;
    }
    known.columns = columns.into_iter().collect();
    known.uses = uses.into_iter().collect();
}
