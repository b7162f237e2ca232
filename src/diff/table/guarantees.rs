//! dbt tests and other promises about values. Removing or loosening one takes something from readers; adding or
//! tightening one asks something of writers.

use super::columns::Pairs;
use super::{Context, Say, build, keys};
use serde_json::{Value, json};
use tessera_model::change::{Change, ChangeKind, Judgment};
use tessera_model::table::Guarantee;

pub(crate) fn compare(context: &Context<'_>, pairs: &Pairs, out: &mut Vec<Change>) {
    let (old, new) = (&context.old.guarantees, &context.new.guarantees);
    let key = |g: &Guarantee| identity(g, pairs);
    for promise in old {
        // What was promised of a column that is gone goes with it; its removal is told already.
        if columns(promise).iter().any(|c| pairs.gone.contains(&pairs.key(c))) {
            continue;
        }
        let same: Vec<&Guarantee> = new.iter().filter(|g| key(g) == key(promise)).collect();
        match (promise, same.first()) {
            (Guarantee::AcceptedValues { column, values }, Some(Guarantee::AcceptedValues { values: now, .. })) => {
                value_sets(column, Some(column), ChangeKind::Guarantee, "accepted-value", values, now, out);
            }
            (_, Some(_)) => {}
            (promise, None) => out.push(removed(context, pairs, promise)),
        }
    }
    for promise in new.iter().filter(|g| !old.iter().any(|o| key(o) == key(g))) {
        out.push(added(context, pairs, promise));
    }
}

/// What makes two promises the same one; the values of `accepted_values` are its content, not its identity.
fn identity(promise: &Guarantee, pairs: &Pairs) -> (u8, Vec<String>) {
    match promise {
        Guarantee::NotNull { column } => (0, vec![pairs.key(column)]),
        Guarantee::Unique { columns } => (1, pairs.set(columns).into_iter().collect()),
        Guarantee::AcceptedValues { column, .. } => (2, vec![pairs.key(column)]),
        Guarantee::Relationship { column, to, field } => {
            (3, vec![pairs.key(column), to.to_lowercase(), field.to_lowercase()])
        }
        Guarantee::Custom { name, column } => {
            (4, vec![name.clone(), column.as_deref().map(|c| pairs.key(c)).unwrap_or_default()])
        }
    }
}

fn columns(promise: &Guarantee) -> Vec<&str> {
    match promise {
        Guarantee::NotNull { column }
        | Guarantee::AcceptedValues { column, .. }
        | Guarantee::Relationship { column, .. } => {
            vec![column]
        }
        Guarantee::Unique { columns } => columns.iter().map(String::as_str).collect(),
        Guarantee::Custom { column, .. } => column.as_deref().into_iter().collect(),
    }
}

fn words(promise: &Guarantee) -> String {
    match promise {
        Guarantee::NotNull { column } => format!("`{column}` is never null"),
        Guarantee::Unique { columns } => format!("rows are unique by ({})", columns.join(", ")),
        Guarantee::AcceptedValues { column, values } => format!("`{column}` is one of {}", values.join(", ")),
        Guarantee::Relationship { column, to, field } => format!("each `{column}` exists in {to}.{field}"),
        Guarantee::Custom { name, column: Some(column) } => format!("`{column}` passes `{name}`"),
        Guarantee::Custom { name, column: None } => format!("the table passes `{name}`"),
    }
}

fn shaped(rule: &str, promise: &Guarantee, reads: Judgment, writes: Judgment) -> Change {
    let of = columns(promise);
    let change = build(rule, &of.join(", "), ChangeKind::Guarantee, reads, writes);
    match of.as_slice() {
        [one] => change.on(one),
        _ => change,
    }
}

fn removed(context: &Context<'_>, pairs: &Pairs, promise: &Guarantee) -> Change {
    // A constraint that says the same keeps the promise.
    let kept = match promise {
        Guarantee::NotNull { column } => not_null(context.new, pairs, column),
        Guarantee::Unique { columns } => keys::is_unique(context.new, pairs, columns),
        _ => false,
    };
    let reads = if kept { Judgment::Ok } else { Judgment::Fails };
    let change = shaped("guarantee-removed", promise, reads, Judgment::Ok).values(json!(promise), Value::Null);
    if kept {
        change.says(format!("the test that {} is gone; a constraint still says so", words(promise)))
    } else {
        change
            .says(format!("no longer promised: {}", words(promise)))
            .suggests("keep the test until the readers that rely on it have been asked")
    }
}

fn added(context: &Context<'_>, pairs: &Pairs, promise: &Guarantee) -> Change {
    let known = match promise {
        Guarantee::NotNull { column } => not_null(context.old, pairs, column),
        Guarantee::Unique { columns } => keys::is_unique(context.old, pairs, columns),
        _ => false,
    };
    let writes = if known { Judgment::Ok } else { Judgment::Fails };
    shaped("guarantee-added", promise, Judgment::Ok, writes)
        .values(Value::Null, json!(promise))
        .says(format!("promised now: {}", words(promise)))
}

fn not_null(table: &tessera_model::TableSchema, pairs: &Pairs, column: &str) -> bool {
    table.columns.iter().any(|c| pairs.key(&c.name) == pairs.key(column) && c.nullable == Some(false))
}

/// Two sets of allowed values: growth is for readers, shrinking for writers. Order does not matter.
pub(crate) fn value_sets(
    path: &str,
    column: Option<&str>,
    kind: ChangeKind,
    rule: &str,
    old: &[String],
    new: &[String],
    out: &mut Vec<Change>,
) {
    let more: Vec<&String> = new.iter().filter(|v| !old.contains(v)).collect();
    let less: Vec<&String> = old.iter().filter(|v| !new.contains(v)).collect();
    let list = |v: &[&String]| v.iter().map(|s| format!("`{s}`")).collect::<Vec<_>>().join(", ");
    let mut push = |change: Change| {
        let change = change.values(json!(old), json!(new));
        out.push(match column {
            Some(c) => change.on(c),
            None => change,
        });
    };
    if !more.is_empty() {
        let mut change = build(&format!("{rule}-added"), path, kind, Judgment::Fails, Judgment::Ok)
            .says(format!("`{path}` may hold {} now, which readers have not seen", list(&more)))
            .suggests("announce the new values first, and write them only when the readers are ready");
        change.witness = more.first().map(|v| json!(v));
        push(change);
    }
    if !less.is_empty() {
        let mut change = build(&format!("{rule}-removed"), path, kind, Judgment::Ok, Judgment::Fails)
            .says(format!("`{path}` may not hold {} any more", list(&less)))
            .suggests("stop writing the values first, then take them off the list");
        change.witness = less.first().map(|v| json!(v));
        push(change);
    }
}
