//! Single fields: what stands under several names or in several forms in the file and is one thing in a project.

use crate::lenient::{scalar_text, string_list};
use crate::node::{Constraint, DeclaredColumn, store_column};
use crate::project::{Group, Owner};
use crate::raw::{RawColumn, RawConstraint, RawCte, RawGroup};
use jiff::civil::Date;
use serde_json::{Map, Value};
use tessera_model::Dialect;

pub(crate) fn column(dialect: Dialect, key: String, raw: RawColumn) -> DeclaredColumn {
    let name = raw.name.filter(|n| !n.is_empty()).unwrap_or(key);
    let quote = raw.quote.unwrap_or(false);
    let stored = store_column(dialect, &name, quote);
    DeclaredColumn {
        data_type: filled(raw.data_type),
        description: filled(raw.description),
        meta: merge([raw.meta, raw.config.meta]),
        constraints: raw.constraints.into_iter().map(|c| constraint(dialect, c, Some(&stored))).collect(),
        tags: union(raw.tags, raw.config.tags),
        quote,
        name,
    }
}

pub(crate) fn constraint(dialect: Dialect, raw: RawConstraint, column: Option<&str>) -> Constraint {
    let stored = |names: Vec<String>| names.iter().map(|n| store_column(dialect, n, false)).collect::<Vec<_>>();
    Constraint {
        kind: raw.kind.unwrap_or_default().to_ascii_lowercase(),
        name: filled(raw.name),
        columns: column.map_or_else(|| stored(raw.columns), |c| vec![c.to_owned()]),
        expression: filled(raw.expression),
        to: filled(raw.to),
        to_columns: stored(raw.to_columns),
    }
}

/// ` __dbt__cte__x as ( … )` names the expression; the id says which model it is.
pub(crate) fn cte(raw: &RawCte) -> Option<(String, String)> {
    let name = raw.sql.split_whitespace().next().unwrap_or_default().trim_matches(['"', '`', '[', ']']);
    if raw.id.is_empty() {
        return None;
    }
    let name = if name.to_ascii_lowercase().starts_with("__dbt__cte__") {
        name.to_owned()
    } else {
        format!("__dbt__cte__{}", raw.id.rsplit('.').next().unwrap_or_default())
    };
    Some((name, raw.id.clone()))
}

pub(crate) fn group(id: String, raw: RawGroup) -> Group {
    Group {
        name: if raw.name.is_empty() { id.rsplit('.').next().unwrap_or_default().to_owned() } else { raw.name },
        unique_id: id,
        package: raw.package_name,
        owner: owner(&raw.owner),
        description: filled(raw.description),
        path: filled(raw.original_file_path),
        meta: merge([raw.meta, raw.config.meta]),
    }
}

/// An owner object, a bare name, or a bare address.
pub(crate) fn owner(value: &Value) -> Owner {
    let mut out = Owner::default();
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match key.as_str() {
                    "name" => out.name = scalar_text(value).and_then(|s| filled(Some(s))),
                    "email" => out.emails = string_list(value).into_iter().filter(|e| !e.trim().is_empty()).collect(),
                    _ if value.is_null() => {}
                    // Fusion keeps further keys in a map of their own in some previews.
                    "_extra" | "extra" if value.is_object() => {
                        out.extra.extend(value.as_object().cloned().unwrap_or_default());
                    }
                    _ => {
                        out.extra.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        other => {
            for text in string_list(other) {
                let text = text.trim();
                if text.contains('@') && !text.starts_with('@') {
                    out.emails.push(text.to_owned());
                } else if !text.is_empty() && out.name.is_none() {
                    out.name = Some(text.to_owned());
                }
            }
        }
    }
    out
}

pub(crate) fn filled(text: Option<String>) -> Option<String> {
    text.filter(|t| !t.trim().is_empty())
}

/// Later maps win.
pub(crate) fn merge<const N: usize>(maps: [Map<String, Value>; N]) -> Map<String, Value> {
    let mut maps = maps.into_iter();
    let mut out = maps.next().unwrap_or_default();
    for map in maps {
        out.extend(map);
    }
    out
}

pub(crate) fn union(mut a: Vec<String>, b: Vec<String>) -> Vec<String> {
    for tag in b {
        if !a.contains(&tag) {
            a.push(tag);
        }
    }
    a
}

pub(crate) fn checksum(value: &Value) -> Option<String> {
    let text = match value {
        Value::Object(map) => map.get("checksum").and_then(scalar_text),
        other => scalar_text(other),
    };
    filled(text)
}

/// `2027-01-31` (Fusion) or `2027-01-31T00:00:00+00:00` (Core).
pub(crate) fn date(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}
