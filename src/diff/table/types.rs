//! Compares two columns' types: canonical form first, nested types member by member, then the warehouse's rules.

use super::columns::Fold;
use super::rules::{Effect, TypeRules};
use super::{Context, Say, advice, build};
use serde_json::{Value, json};
use std::cmp::Ordering;
use tessera_model::change::ChangeKind::{Structural, Widening};
use tessera_model::change::{Change, Judgment};
use tessera_model::types::{StructField, Zone};
use tessera_model::{Column, Dialect, LogicalType};

pub(crate) fn compare(context: &Context<'_>, old: &Column, new: &Column, out: &mut Vec<Change>) {
    let parse = |dialect: Dialect, c: &Column| {
        c.data_type.as_deref().map_or(LogicalType::Unknown, |t| context.rules.parse(dialect, t))
    };
    // A table format's rules (`iceberg-v2`) also say how its types are read.
    let (a, b) = (parse(context.old.dialect, old), parse(context.new.dialect, new));
    let wide = |c: &Column| c.data_type.as_deref().is_some_and(|text| context.rules.is_wide(text));
    let walk = Walk { context, column: &old.name, wide: (wide(old), wide(new)) };
    let spelled = (json!(old.data_type), json!(new.data_type));
    walk.step(&old.name, &a, &b, Some(spelled), 0, out);
}

struct Walk<'a> {
    context: &'a Context<'a>,
    column: &'a str,
    /// Whether the column is called a text of any character, before and after.
    wide: (bool, bool),
}

impl Walk<'_> {
    /// Do the texts of one side hold characters that the other's may not? `Greater`: those of the new side. Only a column's
    /// own spelling says so, not a member's.
    fn characters(&self, a: &LogicalType, b: &LogicalType, depth: usize) -> Ordering {
        let texts = matches!((a, b), (LogicalType::Text { .. }, LogicalType::Text { .. }));
        if depth == 0 && texts { self.wide.1.cmp(&self.wide.0) } else { Ordering::Equal }
    }

    /// What the change does, and what the way back would do.
    fn effects(&self, a: &LogicalType, b: &LogicalType, depth: usize) -> (Effect, Effect) {
        let to = |a, b| if same(a, b) { Effect::Widening } else { self.context.rules.effect(a, b) };
        match self.characters(a, b, depth) {
            Ordering::Less => (Effect::No, to(b, a)),
            Ordering::Equal => (to(a, b), to(b, a)),
            Ordering::Greater => (to(a, b), Effect::No),
        }
    }

    fn step(
        &self,
        path: &str,
        a: &LogicalType,
        b: &LogicalType,
        spelled: Option<(Value, Value)>,
        depth: usize,
        out: &mut Vec<Change>,
    ) {
        if same(a, b) && self.characters(a, b, depth).is_eq() {
            return;
        }
        let (before, after) = spelled
            .unwrap_or_else(|| (json!(a.spell(self.context.old.dialect)), json!(b.spell(self.context.new.dialect))));
        match (a, b) {
            (LogicalType::Unknown, _) | (_, LogicalType::Unknown) => {
                let (side, other) = if a.is_unknown() { ("old", &after) } else { ("new", &before) };
                out.push(
                    build("type-unknown", path, Structural, Judgment::Undecided, Judgment::Undecided)
                        .on(self.column)
                        .values(before.clone(), after.clone())
                        .says(format!("the {side} type of `{path}` is not known; the other side says {}", plain(other)))
                        .suggests("make the type known: scan the warehouse, run dbt with a catalog, or declare it"),
                );
            }
            (LogicalType::Array(x), LogicalType::Array(y)) => {
                self.step(&format!("{path}[]"), x, y, None, depth + 1, out);
            }
            (LogicalType::Map(k, v), LogicalType::Map(l, w)) => {
                self.step(&format!("{path}{{key}}"), k, l, None, depth + 1, out);
                self.step(&format!("{path}{{value}}"), v, w, None, depth + 1, out);
            }
            (LogicalType::Struct(x), LogicalType::Struct(y)) if named(x) && named(y) => {
                self.members(path, x, y, depth, out);
            }
            (LogicalType::Enum(x), LogicalType::Enum(y)) => self.values(path, x, y, out),
            _ => out.push(self.scalar(path, a, b, depth, before, after)),
        }
    }

    fn scalar(
        &self,
        path: &str,
        a: &LogicalType,
        b: &LogicalType,
        depth: usize,
        before: Value,
        after: Value,
    ) -> Change {
        let (there, back) = self.effects(a, b, depth);
        let (from, to) = (plain(&before), plain(&after));
        let change = match (there, back) {
            // A relation that holds both ways (two spellings of one set of values) is the mildest of all.
            (Effect::Widening, _) => build("type-widened", path, Widening, Judgment::Risky, Judgment::Ok)
                .says(format!("`{path}` is widened from {from} to {to}: every old value fits, SQL readers cope, strictly typed ones may not")),
            (Effect::InRange, _) => build("type-widened", path, Widening, Judgment::Risky, Judgment::Risky)
                .says(format!("`{path}` is widened from {from} to {to}: all but the rarest old values fit, SQL readers cope, strictly typed ones may not")),
            (_, Effect::Widening) => build("type-narrowed", path, Structural, Judgment::Ok, Judgment::Fails)
                .says(format!("`{path}` is narrowed from {from} to {to}: readers cope, old writers' values may not fit"))
                .suggests(format!("check that no value of `{path}` is lost, and give its writers notice")),
            (_, Effect::InRange) => build("type-narrowed", path, Structural, Judgment::Risky, Judgment::Fails)
                .says(format!("`{path}` is narrowed from {from} to {to}: readers cope with all but the rarest values, old writers' values may not fit"))
                .suggests(format!("check that no value of `{path}` is lost, and give its writers notice")),
            (effect, _) => {
                let writes = match effect {
                    Effect::Fits => Judgment::Ok,
                    Effect::MayFit => Judgment::Risky,
                    _ => Judgment::Fails,
                };
                build("type-changed", path, Structural, Judgment::Fails, writes)
                    .says(format!("the type of `{path}` changes from {from} to {to}{}", because(a, b)))
                    .suggests(advice::retyped(self.context.new.dialect, self.column, &to))
            }
        };
        change.on(self.column).values(before, after)
    }

    fn members(&self, path: &str, old: &[StructField], new: &[StructField], depth: usize, out: &mut Vec<Change>) {
        let find = |fields: &[StructField], name: &str| {
            fields.iter().position(|f| Fold::Caseless.key(&f.name) == Fold::Caseless.key(name))
        };
        for member in old {
            let inner = format!("{path}.{}", member.name);
            match find(new, &member.name) {
                Some(j) => self.step(&inner, &member.data_type, &new[j].data_type, None, depth + 1, out),
                None => out.push(
                    build("field-removed", &inner, Structural, Judgment::Fails, Judgment::Risky)
                        .on(self.column)
                        .values(json!(member.data_type.spell(self.context.old.dialect)), Value::Null)
                        .says(format!("`{inner}` is gone from the struct"))
                        .suggests(format!("keep `{inner}` and fill it until its readers have moved")),
                ),
            }
        }
        for member in new.iter().filter(|m| find(old, &m.name).is_none()) {
            let inner = format!("{path}.{}", member.name);
            out.push(
                build("field-added", &inner, Structural, Judgment::Ok, Judgment::Ok)
                    .on(self.column)
                    .values(Value::Null, json!(member.data_type.spell(self.context.new.dialect)))
                    .says(format!("`{inner}` is new in the struct")),
            );
        }
    }

    fn values(&self, path: &str, old: &[String], new: &[String], out: &mut Vec<Change>) {
        super::guarantees::value_sets(path, Some(self.column), Structural, "enum-value", old, new, out);
    }
}

fn named(fields: &[StructField]) -> bool {
    fields.iter().all(|f| !f.name.is_empty())
}

/// Struct members compare by name without case; the order of members and of enum values does not matter here.
fn same(a: &LogicalType, b: &LogicalType) -> bool {
    match (a, b) {
        (LogicalType::Other(x), LogicalType::Other(y)) => x.eq_ignore_ascii_case(y),
        _ => a == b,
    }
}

fn because(a: &LogicalType, b: &LogicalType) -> &'static str {
    match (TypeRules::zone(a), TypeRules::zone(b)) {
        (Some(Zone::None), Some(z)) if z != Zone::None => ": a wall clock becomes an instant",
        (Some(z), Some(Zone::None)) if z != Zone::None => ": an instant loses its zone",
        _ if a.is_numeric() && b.is_numeric() => ": neither holds all values of the other",
        _ => "",
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "unknown".to_owned(),
        other => other.to_string(),
    }
}
