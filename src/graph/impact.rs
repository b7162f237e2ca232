//! The heart: who is hit by the changes of a table.

use crate::delta::Comparison;
use crate::graph::{Graph, table_id};
use crate::index::TableId;
use crate::judge::{Nature, Step};
use crate::spread::Spread;
use serde_json::Value;
use tessera_model::{Change, ChangeKind, Dialect, Reader, TableName};

/// Compares the graphs before and after, and says for each change of `table` (in the order given) whom it hits: each
/// reader once, by effect, then by name. Readers that have adapted (their new SQL no longer reads the column, and binds)
/// and those that never read it are not listed.
pub fn impact(
    base: &Graph,
    head: &Graph,
    table: &TableName,
    dialect: Dialect,
    changes: &[Change],
) -> Vec<(Change, Vec<Reader>)> {
    let cmp = Comparison::new(base, head);
    let id = [base, head]
        .iter()
        .find_map(|g| g.locate(table, dialect).map(|at| g.index.tables[at as usize].id.clone()))
        .unwrap_or_else(|| table_id(table, dialect));
    let gone = head.gone.contains(&id);
    changes
        .iter()
        .map(|change| {
            let (steps, asked) = first_steps(&cmp, &id, table, change, gone);
            (change.clone(), Spread::run(&cmp, steps, asked))
        })
        .collect()
}

fn first_steps(
    cmp: &Comparison<'_>,
    id: &TableId,
    table: &TableName,
    change: &Change,
    gone: bool,
) -> (Vec<Step>, Option<String>) {
    let folding = id.0.column_folding();
    let step = |column: Option<&str>, nature: Nature| Step {
        table: id.clone(),
        table_name: table.to_string(),
        column: column.map(|c| (folding.key(c), c.to_owned())),
        nature,
        via: Vec::new(),
    };
    match (nature_of(change, gone), change.column.as_deref()) {
        (None, _) => (Vec::new(), None),
        (Some(Nature::Whole), _) => {
            let columns = named_columns(cmp, id, change);
            if columns.is_empty() {
                return (vec![step(None, Nature::Whole)], None);
            }
            (columns.iter().map(|c| step(Some(c), Nature::Altered)).collect(), None)
        }
        (Some(nature @ (Nature::Gone | Nature::Reordered)), _) => (vec![step(None, nature)], None),
        (Some(nature), column) => (vec![step(column, nature)], column.map(str::to_owned)),
    }
}

/// `None` for changes that concern no reader's SQL.
fn nature_of(change: &Change, gone: bool) -> Option<Nature> {
    let rule = change.rule.as_str();
    let Some(column) = change.column.as_deref().filter(|c| !c.is_empty()) else {
        let table =
            matches!(rule, "table-removed" | "relation-removed" | "asset-removed" | "model-removed" | "view-removed");
        return match rule {
            _ if gone || table => Some(Nature::Gone),
            "column-reordered" => Some(Nature::Reordered),
            _ if change.kind == ChangeKind::Documentation => None,
            _ => Some(Nature::Whole),
        };
    };
    if change.kind == ChangeKind::Documentation {
        return None;
    }
    // A member of a struct is a change of the column's type.
    let itself = change.path.is_empty() || change.path == column || change.path.ends_with(&format!("/{column}"));
    let subject = ["column-", "field-", "property-"].iter().find_map(|p| rule.strip_prefix(p)).filter(|_| itself);
    Some(match subject {
        _ if gone => Nature::Gone,
        Some("removed") => Nature::Removed,
        // Where stored names compare exactly the old spelling is gone.
        Some("case-changed") => Nature::Removed,
        Some("added") => Nature::Added,
        Some("unknown") => Nature::Maybe,
        _ if rule.starts_with("type-") || change.kind == ChangeKind::Widening || !itself => Nature::Retyped,
        _ => Nature::Altered,
    })
}

/// Columns that a change of several (a key) names.
fn named_columns(cmp: &Comparison<'_>, id: &TableId, change: &Change) -> Vec<String> {
    let mut names: Vec<String> = change.path.split(',').map(|p| p.trim().to_owned()).collect();
    for value in [&change.before, &change.after] {
        if let Value::Array(items) = value {
            names.extend(items.iter().filter_map(Value::as_str).map(str::to_owned));
        }
    }
    let known = |name: &String| {
        [cmp.base, cmp.head]
            .iter()
            .any(|g| g.index.find(id).is_some_and(|table| g.index.find_column(table, name).is_some()))
    };
    names.retain(|n| !n.is_empty() && known(n));
    names.sort();
    names.dedup();
    names
}
