//! Unions: branches are paired by type and name, a type that is no union counts as its only branch.

use super::model::{Id, Kind, Primitive, Schema};
use super::resolve::names;
use super::walk::{Place, Walk};
use crate::table::{Say, build};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use tessera_model::change::{ChangeKind, Judgment};

pub(super) fn compare(walk: &mut Walk<'_>, o: Id, n: Id, place: Place) {
    let (before, after) = (branches(walk.old, o), branches(walk.new, n));
    let pairs = pairs(walk.old, &before, walk.new, &after);
    let told = walk.changes.len();
    let gone: HashSet<Id> = pairs.iter().map(|(a, _)| *a).collect();
    let come: HashSet<Id> = pairs.iter().map(|(_, b)| *b).collect();
    let removed: Vec<Id> = before.iter().copied().filter(|b| !gone.contains(b)).collect();
    let added: Vec<Id> = after.iter().copied().filter(|b| !come.contains(b)).collect();
    for branch in removed {
        let writes = walk.writes.verdict(n, branch);
        let (label, shown) = (walk.old.label(branch).to_owned(), walk.old.shown(branch));
        let rule = if null(walk.old, branch) { "nullable-removed" } else { "branch-removed" };
        let said = format!("{shown} is no longer among the alternatives{}", read_elsewhere(writes, "old data"));
        let mut change = build(rule, &format!("/{label}"), ChangeKind::Structural, Judgment::Ok, writes);
        change.witness = (writes == Judgment::Fails).then(|| example(walk.old, branch)).flatten();
        walk.push(place, change.values(json!(shown), Value::Null).says(said));
    }
    for branch in added {
        let reads = walk.reads.verdict(o, branch);
        let (label, shown) = (walk.new.label(branch).to_owned(), walk.new.shown(branch));
        let rule = if null(walk.new, branch) { "nullable-added" } else { "branch-added" };
        let said = format!("{shown} is a new alternative{}", read_elsewhere(reads, "an old reader"));
        let mut change = build(rule, &format!("/{label}"), ChangeKind::Structural, reads, Judgment::Ok);
        change.witness = (reads == Judgment::Fails).then(|| example(walk.new, branch)).flatten();
        walk.push(place, change.values(Value::Null, json!(shown)).says(said));
    }
    let union = |s: &Schema, id: Id| matches!(s.node(id).kind, Kind::Union(_));
    let (was, is) = (union(walk.old, o), union(walk.new, n));
    if was != is && walk.changes.len() == told {
        let (rule, said) = if is {
            ("union-added", "the type is now a union of one alternative")
        } else {
            ("union-removed", "the type is no longer a union, but its only alternative")
        };
        let change = build(rule, "", ChangeKind::Structural, Judgment::Ok, Judgment::Ok);
        let (before, after) = (walk.old.shown(o), walk.new.shown(n));
        walk.push(place, change.values(json!(before), json!(after)).says(said));
    }
    if pairs.windows(2).any(|w| position(&before, w[0].0) > position(&before, w[1].0)) {
        let (before, after) = (walk.old.shown(o), walk.new.shown(n));
        let said = "the alternatives stand in another order".to_owned();
        walk.note(place, "branches-reordered", "", json!(before), json!(after), said);
    }
    for (a, b) in pairs {
        let at = if is { walk.step(place, format!("/{}", walk.new.label(b))) } else { place };
        walk.visit(a, b, at);
    }
}

fn branches(schema: &Schema, id: Id) -> Vec<Id> {
    match &schema.node(id).kind {
        Kind::Union(all) => all.clone(),
        _ => vec![id],
    }
}

fn null(schema: &Schema, id: Id) -> bool {
    schema.node(id).kind == Kind::Primitive(Primitive::Null)
}

/// Branches of both sides that are the same type: by the same full name, the same unqualified name, or an alias.
fn pairs(old: &Schema, before: &[Id], new: &Schema, after: &[Id]) -> Vec<(Id, Id)> {
    let key = |s: &'_ Schema, id: Id| -> (&'static str, String) {
        let node = s.node(id);
        (node.kind.word(), node.name.as_ref().map(|n| n.word.clone()).unwrap_or_default())
    };
    let mut by_name: HashMap<(&'static str, String), Vec<Id>> = HashMap::new();
    for id in before {
        by_name.entry(key(old, *id)).or_default().push(*id);
    }
    let mut used: HashSet<Id> = HashSet::new();
    let mut out = Vec::new();
    for id in after {
        let node = new.node(*id);
        let mut candidates: Vec<Id> = by_name.get(&key(new, *id)).cloned().unwrap_or_default();
        for alias in &node.aliases {
            candidates.extend(by_name.get(&(node.kind.word(), alias.word.clone())).into_iter().flatten());
        }
        let best = candidates
            .into_iter()
            .filter(|c| !used.contains(c))
            .min_by_key(|c| names(old.node(*c), node).max(names(node, old.node(*c))));
        if let Some(found) = best {
            used.insert(found);
            out.push((found, *id));
        }
    }
    out
}

fn position(all: &[Id], id: Id) -> usize {
    all.iter().position(|x| *x == id).unwrap_or_default()
}

fn read_elsewhere(judgment: Judgment, who: &str) -> String {
    match judgment {
        Judgment::Ok => format!("; {who} is served by another"),
        Judgment::Risky => format!("; {who} is served by another, with a possible loss"),
        Judgment::Undecided => format!("; whether {who} is served by another was not decided"),
        Judgment::Fails => format!(", and {who} finds no other for it"),
    }
}

/// A value of a branch that proves it is not read.
fn example(schema: &Schema, id: Id) -> Option<Value> {
    match &schema.node(id).kind {
        Kind::Primitive(p) => Some(match p {
            Primitive::Null => Value::Null,
            Primitive::Boolean => json!(true),
            Primitive::Int => json!(1),
            Primitive::Long => json!(4_294_967_296_i64),
            Primitive::Float | Primitive::Double => json!(0.5),
            Primitive::Bytes | Primitive::String => json!(""),
        }),
        Kind::Enum { symbols, .. } => symbols.first().map(|s| json!(s)),
        Kind::Array(_) => Some(json!([])),
        Kind::Map(_) => Some(json!({})),
        Kind::Record(_) | Kind::Fixed(_) | Kind::Union(_) => None,
    }
}
