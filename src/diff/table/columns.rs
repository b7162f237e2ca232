//! Pairs columns by name and compares each pair: case, type, nullability, default, comment, order.

use super::{Context, Say, advice, build, rename, types};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap, HashSet};
use tessera_model::change::ChangeKind::{Documentation, Structural};
use tessera_model::change::{Change, Judgment};
use tessera_model::dialect::Folding;
use tessera_model::{Column, TableSchema};

/// How names compare between the two tables, and which are gone.
pub(crate) struct Pairs {
    /// Comparable names of old columns that are gone, for keys and guarantees.
    pub gone: HashSet<String>,
    folding: Fold,
}

/// How names of the two sides are compared.
#[derive(Clone, Copy)]
pub(crate) enum Fold {
    Exact,
    Caseless,
}

impl Fold {
    fn of(old: &TableSchema, new: &TableSchema) -> Fold {
        let exact = |f: Folding| !matches!(f, Folding::Insensitive);
        let same = old.dialect == new.dialect;
        if same && exact(old.dialect.column_folding()) { Fold::Exact } else { Fold::Caseless }
    }

    pub(crate) fn key(self, name: &str) -> String {
        match self {
            Fold::Exact => name.to_owned(),
            Fold::Caseless => name.to_lowercase(),
        }
    }
}

impl Pairs {
    pub(crate) fn key(&self, name: &str) -> String {
        self.folding.key(name)
    }

    /// A set of columns in comparable form.
    pub(crate) fn set(&self, names: &[String]) -> std::collections::BTreeSet<String> {
        names.iter().map(|n| self.key(n)).collect()
    }

    pub(crate) fn any_gone(&self, names: &[String]) -> bool {
        names.iter().any(|n| self.gone.contains(&self.key(n)))
    }
}

pub(crate) fn compare(context: &Context<'_>, out: &mut Vec<Change>) -> Pairs {
    let (old, new) = (context.old, context.new);
    let folding = Fold::of(old, new);
    let mut pairs = Vec::new();
    let mut taken = vec![false; new.columns.len()];
    let mut left: Vec<usize> = (0..old.columns.len()).collect();
    // The exact name first, then the name as the dialect compares it, then without case.
    for stage in [Fold::Exact, folding, Fold::Caseless] {
        let mut by_key: HashMap<String, usize> = HashMap::new();
        for (j, column) in new.columns.iter().enumerate().filter(|(j, _)| !taken[*j]) {
            by_key.entry(stage.key(&column.name)).or_insert(j);
        }
        left.retain(|&i| match by_key.remove(&stage.key(&old.columns[i].name)) {
            Some(j) => {
                taken[j] = true;
                pairs.push((i, j));
                false
            }
            None => true,
        });
    }
    pairs.sort_unstable();
    let added: Vec<usize> = (0..new.columns.len()).filter(|j| !taken[*j]).collect();
    let suggested: BTreeMap<usize, rename::Rename> = rename::suggest(context, &left, &added);
    for &i in &left {
        out.push(removed(context, &old.columns[i], suggested.get(&i)));
    }
    for &j in &added {
        let from = suggested.values().find(|r| r.new == new.columns[j].name);
        out.push(appeared(&new.columns[j], from));
    }
    for &(i, j) in &pairs {
        pair(context, folding, &old.columns[i], &new.columns[j], out);
    }
    order(context, &pairs, out);
    let gone = left.iter().map(|&i| folding.key(&old.columns[i].name)).collect();
    Pairs { gone, folding }
}

fn removed(context: &Context<'_>, column: &Column, rename: Option<&rename::Rename>) -> Change {
    let name = &column.name;
    let before = column.data_type.as_ref().map_or(Value::Null, |t| json!(t));
    if context.new.open {
        return build("column-unknown", name, Structural, Judgment::Undecided, Judgment::Ok)
            .on(name)
            .values(before, Value::Null)
            .says(format!("`{name}` is not among the columns that are known of the new table; it may still be there"))
            .suggests("make the new table's columns known: compile the model, or scan the warehouse");
    }
    let said = match rename {
        Some(r) => format!("column `{name}` is gone; it may be `{}` now ({})", r.new, r.evidence()),
        None => format!("column `{name}` is gone"),
    };
    // Content is open: a writer's value without a column is ignored by the contract, but an INSERT that names it fails.
    build("column-removed", name, Structural, Judgment::Fails, Judgment::Risky)
        .on(name)
        .values(before, Value::Null)
        .says(said)
        .suggests(advice::removed(context.new.dialect, column, rename.map(|r| r.new.as_str())))
}

fn appeared(column: &Column, from: Option<&rename::Rename>) -> Change {
    let name = &column.name;
    let writes = match (column.nullable, &column.default) {
        (Some(true), _) | (_, Some(_)) => Judgment::Ok,
        (Some(false), None) => Judgment::Fails,
        (None, None) => Judgment::Risky,
    };
    let mut said = format!("column `{name}` is new");
    if writes == Judgment::Fails {
        said.push_str(", NOT NULL and without a default: old writers do not fill it");
    }
    if let Some(r) = from {
        said.push_str(&format!("; it may be the old `{}`", r.old));
    }
    let change = build("column-added", name, Structural, Judgment::Ok, writes)
        .on(name)
        .values(Value::Null, column.data_type.as_ref().map_or(Value::Null, |t| json!(t)))
        .says(said);
    if writes == Judgment::Fails {
        change.suggests(format!("add `{name}` with a default or nullable first, fill it, then set NOT NULL"))
    } else {
        change
    }
}

fn pair(context: &Context<'_>, folding: Fold, old: &Column, new: &Column, out: &mut Vec<Change>) {
    let name = &old.name;
    if old.name != new.name {
        // Where stored names compare exactly, another case is another name; elsewhere only strict clients notice.
        let change = match folding {
            Fold::Exact => build("column-case-changed", name, Structural, Judgment::Fails, Judgment::Fails)
                .says(format!(
                    "`{name}` is stored as `{}` now, and {} compares stored names exactly",
                    new.name, context.new.dialect
                ))
                .suggests(format!("keep the stored name `{name}`, or offer both in a view")),
            Fold::Caseless => build("column-case-changed", name, Documentation, Judgment::Risky, Judgment::Ok)
                .says(format!("`{name}` is spelled `{}` now; SQL does not care, case-sensitive clients may", new.name)),
        };
        out.push(change.on(name).values(json!(old.name), json!(new.name)));
    }
    types::compare(context, old, new, out);
    nullability(context, old, new, out);
    defaults(old, new, out);
    if old.comment != new.comment {
        out.push(
            build("comment-changed", name, Documentation, Judgment::Ok, Judgment::Ok)
                .on(name)
                .values(json!(old.comment), json!(new.comment))
                .says(format!("the comment of `{name}` changed")),
        );
    }
}

fn nullability(context: &Context<'_>, old: &Column, new: &Column, out: &mut Vec<Change>) {
    let name = &old.name;
    match (old.nullable, new.nullable) {
        (Some(false), Some(true)) => out.push(
            build("nullable-added", name, Structural, Judgment::Fails, Judgment::Ok)
                .on(name)
                .values(json!(false), json!(true))
                .says(format!("`{name}` was NOT NULL and may be null now"))
                .suggests(advice::nullable_added(context.new.dialect, name)),
        ),
        (Some(true), Some(false)) => out.push(
            build("nullable-removed", name, Structural, Judgment::Ok, Judgment::Fails)
                .on(name)
                .values(json!(true), json!(false))
                .says(format!("`{name}` may not be null any more"))
                .suggests(format!("fill the nulls of `{name}` and give writers notice before setting NOT NULL")),
        ),
        _ => {}
    }
}

fn defaults(old: &Column, new: &Column, out: &mut Vec<Change>) {
    if old.default == new.default {
        return;
    }
    let name = &old.name;
    let change = match (&old.default, &new.default) {
        (Some(_), None) if new.nullable == Some(false) => {
            build("default-removed", name, Structural, Judgment::Ok, Judgment::Fails)
                .says(format!("`{name}` lost its default and is NOT NULL: writers that leave it out fail"))
                .suggests(format!("keep the default of `{name}` until every writer fills it"))
        }
        (Some(_), None) => build("default-removed", name, Documentation, Judgment::Risky, Judgment::Risky)
            .says(format!("`{name}` lost its default: rows that leave it out hold NULL now")),
        (None, Some(_)) => build("default-added", name, Documentation, Judgment::Ok, Judgment::Ok)
            .says(format!("`{name}` has a default now")),
        _ => build("default-changed", name, Documentation, Judgment::Risky, Judgment::Risky)
            .says(format!("rows that leave `{name}` out hold another value now")),
    };
    out.push(change.on(name).values(json!(old.default), json!(new.default)));
}

/// Only the order among the columns that both sides have counts; a new one in between moves nothing by name.
fn order(context: &Context<'_>, pairs: &[(usize, usize)], out: &mut Vec<Change>) {
    if pairs.windows(2).all(|w| w[0].1 < w[1].1) {
        return;
    }
    let before: Vec<&str> = pairs.iter().map(|&(i, _)| context.old.columns[i].name.as_str()).collect();
    let mut moved: Vec<usize> = pairs.iter().map(|&(_, j)| j).collect();
    moved.sort_unstable();
    let after: Vec<&str> = moved.iter().map(|&j| context.new.columns[j].name.as_str()).collect();
    out.push(
        build("column-reordered", "", Documentation, Judgment::Risky, Judgment::Risky)
            .values(json!(before), json!(after))
            .says("the columns stand in another order: only positional readers and writers notice (UNION, INSERT without a column list)"),
    );
}
