//! Observed tables as readable lines, and the difference between two scans. Deliberately its own small code: the kit must
//! not trust the diff engine to judge what feeds the diff engine.

use crate::warehouse::{ObservedTable, RelationKind};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use tessera_model::Column;

/// Drift between two scans, one fact a line, sorted. Equal scans give none.
pub fn drift(before: &[ObservedTable], after: &[ObservedTable]) -> Vec<String> {
    let (before, after) = (by_name(before), by_name(after));
    let mut lines = Vec::new();
    for (name, old) in &before {
        match after.get(name) {
            None => lines.push(format!("- {} {name}", kind(old.kind))),
            Some(new) => table(name, old, new, &mut lines),
        }
    }
    for (name, new) in &after {
        if !before.contains_key(name) {
            lines.push(format!("+ {} {name}", kind(new.kind)));
        }
    }
    lines.sort();
    lines
}

/// A whole scan, table by table.
pub fn render(tables: &[ObservedTable]) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, table) in by_name(tables) {
        lines.push(format!("{} {name}{}", kind(table.kind), comment(table.schema.comment.as_deref())));
        lines.extend(table.schema.columns.iter().map(|c| format!("  {}", column(c))));
        lines.extend(keys(table).into_iter().map(|k| format!("  {k}")));
        if let Some(definition) = &table.definition {
            lines.push(format!("  as {}", one_line(definition)));
        }
    }
    lines
}

/// `schema.table`; the database's name differs from test to test.
fn by_name(tables: &[ObservedTable]) -> BTreeMap<String, &ObservedTable> {
    let mut out = BTreeMap::new();
    for table in tables {
        let name = match &table.name.schema {
            Some(schema) => format!("{}.{}", visible(schema), visible(&table.name.name)),
            None => visible(&table.name.name),
        };
        assert!(out.insert(name.clone(), table).is_none(), "the scan delivered {name} twice");
    }
    out
}

/// Dots, blanks and control characters of a name shown so that they cannot be mistaken for the line's own.
fn visible(name: &str) -> String {
    if !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_') {
        name.to_owned()
    } else {
        format!("{name:?}")
    }
}

fn kind(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::Table => "table",
        RelationKind::View => "view",
        RelationKind::MaterializedView => "materialized view",
        RelationKind::ForeignTable => "foreign table",
        RelationKind::PartitionedTable => "partitioned table",
    }
}

fn column(c: &Column) -> String {
    let mut text = format!("{} {}", visible(&c.name), c.data_type.as_deref().unwrap_or("?"));
    text.push_str(match c.nullable {
        Some(true) => " null",
        Some(false) => " not null",
        None => "",
    });
    if let Some(default) = &c.default {
        let _ = write!(text, " default {}", one_line(default));
    }
    text + &comment(c.comment.as_deref())
}

fn comment(text: Option<&str>) -> String {
    text.map(|t| format!(" -- {t:?}")).unwrap_or_default()
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn keys(t: &ObservedTable) -> Vec<String> {
    let list = |names: &[String]| names.iter().map(|n| visible(n)).collect::<Vec<_>>().join(", ");
    let mut lines = Vec::new();
    if !t.schema.primary_key.is_empty() {
        lines.push(format!("primary key ({})", list(&t.schema.primary_key)));
    }
    lines.extend(t.schema.unique.iter().map(|u| format!("unique ({})", list(u))));
    for f in &t.schema.foreign_keys {
        // Less the database's part, which differs from test to test.
        let table = t.name.database.as_ref().and_then(|d| f.table.strip_prefix(&format!("{d}."))).unwrap_or(&f.table);
        lines.push(format!("foreign key ({}) to {table} ({})", list(&f.columns), list(&f.references)));
    }
    lines
}

fn table(name: &str, old: &ObservedTable, new: &ObservedTable, lines: &mut Vec<String>) {
    if old.kind != new.kind {
        lines.push(format!("~ {name} is a {}, was a {}", kind(new.kind), kind(old.kind)));
    }
    if old.schema.comment != new.schema.comment {
        lines.push(format!("~ {name} comment {:?} -> {:?}", old.schema.comment, new.schema.comment));
    }
    if old.definition != new.definition {
        let text = |d: &Option<String>| d.as_deref().map_or_else(|| "none".to_owned(), one_line);
        lines.push(format!("~ {name} as {} -> {}", text(&old.definition), text(&new.definition)));
    }
    let (before, after) = (keys(old), keys(new));
    lines.extend(before.iter().filter(|k| !after.contains(k)).map(|k| format!("- {name} {k}")));
    lines.extend(after.iter().filter(|k| !before.contains(k)).map(|k| format!("+ {name} {k}")));

    let find = |t: &ObservedTable, c: &str| t.schema.columns.iter().find(|x| x.name == c).cloned();
    for was in &old.schema.columns {
        match find(new, &was.name) {
            None => lines.push(format!("- {name}.{}", column(was))),
            Some(is) if is != *was => lines.push(format!("~ {name}.{} -> {}", column(was), column(&is))),
            Some(_) => {}
        }
    }
    for is in &new.schema.columns {
        if find(old, &is.name).is_none() {
            lines.push(format!("+ {name}.{}", column(is)));
        }
    }
    let order = |t: &ObservedTable, other: &ObservedTable| -> Vec<String> {
        t.schema.columns.iter().filter(|c| find(other, &c.name).is_some()).map(|c| c.name.clone()).collect()
    };
    if order(old, new) != order(new, old) {
        lines.push(format!("~ {name} column order"));
    }
}
