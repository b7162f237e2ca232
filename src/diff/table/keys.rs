//! Primary, unique and foreign keys: what readers may join and count on. A key is judged by what it implies: rows unique
//! by (a) are also unique by (a, b).

use super::columns::Pairs;
use super::{Context, Say, build};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tessera_model::TableSchema;
use tessera_model::change::ChangeKind::Guarantee;
use tessera_model::change::{Change, Judgment};
use tessera_model::table::{ForeignKey, Guarantee as Promise, Origin};

type Set = BTreeSet<String>;

pub(crate) fn compare(context: &Context<'_>, pairs: &Pairs, out: &mut Vec<Change>) {
    let (old, new) = (context.old, context.new);
    if keys_are_unseen(old, new) {
        let change = build("keys-unknown", "", Guarantee, Judgment::Risky, Judgment::Risky)
            .values(json!({"primary_key": old.primary_key, "unique": old.unique}), Value::Null)
            .says("the old table has keys; where the new columns come from tells nothing of keys");
        out.push(change);
        return;
    }
    primary(old, new, pairs, out);
    let (before, after) = (unique_sets(old, pairs), unique_sets(new, pairs));
    for columns in old.unique.iter().filter(|c| !after.contains(&pairs.set(c)) && !pairs.any_gone(c)) {
        let reads = if implied(&after, &pairs.set(columns)) { Judgment::Ok } else { Judgment::Fails };
        out.push(unique(
            "unique-removed",
            columns,
            reads,
            Judgment::Ok,
            "rows were unique by ({}); that is promised no more",
        ));
    }
    for columns in new.unique.iter().filter(|c| !before.contains(&pairs.set(c))) {
        let writes = if implied(&before, &pairs.set(columns)) { Judgment::Ok } else { Judgment::Fails };
        out.push(unique("unique-added", columns, Judgment::Ok, writes, "rows must be unique by ({}) now"));
    }
    foreign(old, new, pairs, out);
}

/// SQL and YAML name columns but no keys: their absence there proves nothing.
fn keys_are_unseen(old: &TableSchema, new: &TableSchema) -> bool {
    let blind = matches!(new.origin, Some(Origin::Inferred | Origin::Declared | Origin::Catalog));
    let none = |t: &TableSchema| t.primary_key.is_empty() && t.unique.is_empty() && t.foreign_keys.is_empty();
    blind && old.origin != new.origin && none(new) && !none(old)
}

fn primary(old: &TableSchema, new: &TableSchema, pairs: &Pairs, out: &mut Vec<Change>) {
    let (a, b) = (pairs.set(&old.primary_key), pairs.set(&new.primary_key));
    if a == b {
        return;
    }
    let (was, is) = (old.primary_key.join(", "), new.primary_key.join(", "));
    let (rule, reads, writes, said) = match (a.is_empty(), b.is_empty()) {
        (false, true) => {
            ("primary-key-removed", Judgment::Fails, Judgment::Ok, format!("the primary key ({was}) is gone"))
        }
        (true, false) => {
            ("primary-key-added", Judgment::Ok, Judgment::Fails, format!("rows need the primary key ({is}) now"))
        }
        _ => {
            let reads = if b.is_subset(&a) { Judgment::Ok } else { Judgment::Fails };
            let writes = if a.is_subset(&b) { Judgment::Ok } else { Judgment::Fails };
            ("primary-key-changed", reads, writes, format!("the primary key changes from ({was}) to ({is})"))
        }
    };
    let mut change =
        build(rule, "", Guarantee, reads, writes).values(json!(old.primary_key), json!(new.primary_key)).says(said);
    if reads == Judgment::Fails {
        change =
            change.suggests("readers that join or deduplicate by the key see duplicates: keep it, or tell them first");
    }
    out.push(change);
}

fn unique(rule: &str, columns: &[String], reads: Judgment, writes: Judgment, said: &str) -> Change {
    let list = columns.join(", ");
    let (before, after) =
        if rule == "unique-removed" { (json!(columns), Value::Null) } else { (Value::Null, json!(columns)) };
    let change = build(rule, &list, Guarantee, reads, writes).values(before, after).says(said.replace("{}", &list));
    match columns {
        [one] => change.on(one),
        _ => change,
    }
}

/// All sets of columns by which a table's rows are unique.
fn unique_sets(table: &TableSchema, pairs: &Pairs) -> BTreeSet<Set> {
    let mut sets: BTreeSet<Set> = table.unique.iter().map(|c| pairs.set(c)).collect();
    sets.extend(table.guarantees.iter().filter_map(|g| match g {
        Promise::Unique { columns } => Some(pairs.set(columns)),
        _ => None,
    }));
    if !table.primary_key.is_empty() {
        sets.insert(pairs.set(&table.primary_key));
    }
    sets
}

pub(crate) fn implied(known: &BTreeSet<Set>, columns: &Set) -> bool {
    known.iter().any(|k| !k.is_empty() && k.is_subset(columns))
}

pub(crate) fn is_unique(table: &TableSchema, pairs: &Pairs, columns: &[String]) -> bool {
    implied(&unique_sets(table, pairs), &pairs.set(columns))
}

fn foreign(old: &TableSchema, new: &TableSchema, pairs: &Pairs, out: &mut Vec<Change>) {
    let key = |f: &ForeignKey| {
        let columns: Vec<String> = f.columns.iter().map(|c| pairs.key(c)).collect();
        let references: Vec<String> = f.references.iter().map(|c| c.to_lowercase()).collect();
        (columns, f.table.to_lowercase(), references)
    };
    let spelled = |f: &ForeignKey| format!("({}) → {} ({})", f.columns.join(", "), f.table, f.references.join(", "));
    let mut push = |rule: &str, f: &ForeignKey, reads, writes, said: String| {
        let value = json!(f);
        let (before, after) = if rule == "foreign-key-removed" { (value, Value::Null) } else { (Value::Null, value) };
        let change = build(rule, &f.columns.join(", "), Guarantee, reads, writes).values(before, after).says(said);
        out.push(match f.columns.as_slice() {
            [one] => change.on(one),
            _ => change,
        });
    };
    for f in old.foreign_keys.iter().filter(|f| !pairs.any_gone(&f.columns)) {
        if !new.foreign_keys.iter().any(|g| key(g) == key(f)) {
            let said = format!("the foreign key {} is gone: joins may lose rows", spelled(f));
            push("foreign-key-removed", f, Judgment::Fails, Judgment::Ok, said);
        }
    }
    for f in &new.foreign_keys {
        if !old.foreign_keys.iter().any(|g| key(g) == key(f)) {
            push(
                "foreign-key-added",
                f,
                Judgment::Ok,
                Judgment::Fails,
                format!("a foreign key {} is required now", spelled(f)),
            );
        }
    }
}
