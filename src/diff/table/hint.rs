//! What is known of a rename besides likeness: lineage, or what a schema says of itself (a field's id, an alias).

use crate::Options;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// One column under another name, and how that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    pub old: String,
    pub new: String,
    /// In words, for the suggestion.
    pub why: &'static str,
}

impl Hint {
    pub fn of_lineage(old: impl Into<String>, new: impl Into<String>) -> Hint {
        Hint { old: old.into(), new: new.into(), why: "lineage says so" }
    }
}

/// The options with what two `table` values say of renames themselves: columns of one `id` (or `field_id`, as Iceberg has
/// them), and old names among a column's `aliases`.
pub(super) fn hinted(options: &Options, old: &Value, new: &Value) -> Options {
    let mut options = options.clone();
    let name = |c: &Value| c["name"].as_str().map(str::to_owned);
    let id = |c: &Value| [&c["id"], &c["field_id"]].into_iter().find(|i| !i.is_null()).map(Value::to_string);
    let by_id: HashMap<String, String> = columns(old).filter_map(|c| Some((id(c)?, name(c)?))).collect();
    let known: HashSet<String> = columns(old).filter_map(name).collect();
    for column in columns(new) {
        let Some(now) = name(column) else { continue };
        let aliases = column["aliases"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let same = id(column).and_then(|id| by_id.get(&id).cloned());
        let told = same.into_iter().map(|was| (was, "the same field id"));
        let told = told.chain(aliases.map(|a| (a.to_owned(), "the old name is among its aliases")));
        let hints = told.filter(|(was, _)| *was != now && known.contains(was));
        options.hints.extend(hints.map(|(was, why)| Hint { old: was, new: now.clone(), why }));
    }
    options
}

fn columns(table: &Value) -> std::slice::Iter<'_, Value> {
    table["columns"].as_array().map(Vec::as_slice).unwrap_or_default().iter()
}
