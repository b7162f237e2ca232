//! The criteria: `tag:`, `path:`, `resource_type:`, … and the bare names that dbt reads as fqn, file or path.

use super::{Atom, SelectError, state};
use crate::codeowners::glob;
use crate::node::{Node, ResourceType};
use crate::project::{Exposure, Project};
use std::collections::BTreeSet;

/// What the criterion alone selects, without graph operators.
pub(super) fn matching(
    project: &Project,
    other: Option<&Project>,
    atom: &Atom,
) -> Result<BTreeSet<String>, SelectError> {
    let value = atom.value.as_str();
    let (method, detail) = atom.method.split_once('.').map_or((atom.method.as_str(), ""), |(m, d)| (m, d));
    if method == "state" {
        return state::matching(project, other, value, &atom.text);
    }
    let node: Box<dyn Fn(&Node) -> bool> = match method {
        "" => Box::new(|n| bare(n, value)),
        "name" => Box::new(|n| like(value, &n.name) || like(value, &n.short_name())),
        "fqn" => Box::new(|n| fqn(&n.fqn, &n.name, n.version.as_deref(), value)),
        "tag" => Box::new(|n| n.tags.iter().any(|t| like(value, t))),
        "path" => Box::new(|n| n.path.as_deref().is_some_and(|p| under(p, value))),
        "file" => Box::new(|n| n.path.as_deref().is_some_and(|p| file(p, value))),
        "package" => Box::new(|n| like(if value == "this" { &project.name } else { value }, &n.package)),
        "resource_type" => {
            let kind = ResourceType::from_name(value);
            if kind == ResourceType::Other && value != "other" {
                return Err(SelectError::Syntax {
                    part: atom.text.clone(),
                    why: format!("`{value}` is no resource type"),
                });
            }
            Box::new(move |n| n.resource_type == kind)
        }
        "source" => Box::new(|n| source(n, value)),
        "group" => Box::new(|n| n.group.as_deref().is_some_and(|g| like(value, g))),
        "access" => Box::new(|n| n.is_model() && like(value, n.access.as_deref().unwrap_or("protected"))),
        "config" => match detail {
            "materialized" => Box::new(|n| like(value, &n.materialized)),
            "group" => Box::new(|n| n.group.as_deref().is_some_and(|g| like(value, g))),
            "access" => Box::new(|n| n.access.as_deref().is_some_and(|a| like(value, a))),
            "tags" => Box::new(|n| n.tags.iter().any(|t| like(value, t))),
            "contract" | "contract.enforced" => Box::new(|n| n.contract_enforced.to_string() == value),
            _ if detail == "meta" || detail.starts_with("meta.") => Box::new(|n| meta(n, detail, value)),
            _ => return Err(SelectError::UnknownMethod { method: atom.method.clone() }),
        },
        "version" => Box::new(|n| version(n, value)),
        "test_type" => Box::new(|n| {
            n.resource_type == ResourceType::Test
                && match value {
                    "generic" | "schema" => n.is_generic_test(),
                    "singular" | "data" => !n.is_generic_test(),
                    _ => false,
                }
        }),
        "test_name" => {
            Box::new(|n| n.test_name.as_deref().is_some_and(|t| like(value, t.rsplit('.').next().unwrap_or(t))))
        }
        "metric" => Box::new(|n| n.resource_type == ResourceType::Metric && named(&n.name, &n.fqn, value)),
        "semantic_model" => {
            Box::new(|n| n.resource_type == ResourceType::SemanticModel && named(&n.name, &n.fqn, value))
        }
        "saved_query" => Box::new(|n| n.resource_type == ResourceType::SavedQuery && named(&n.name, &n.fqn, value)),
        "exposure" => Box::new(|_| false),
        other => return Err(SelectError::UnknownMethod { method: other.to_owned() }),
    };
    let exposure: Box<dyn Fn(&Exposure) -> bool> = match method {
        // dbt reads a bare name as a model's; a bare path as anything's.
        "" => Box::new(|e| pathlike(value) && e.path.as_deref().is_some_and(|p| under(p, value))),
        "name" | "exposure" => Box::new(|e| named(&e.name, &e.fqn, value)),
        "fqn" => Box::new(|e| fqn(&e.fqn, &e.name, None, value)),
        "tag" => Box::new(|e| e.tags.iter().any(|t| like(value, t))),
        "path" => Box::new(|e| e.path.as_deref().is_some_and(|p| under(p, value))),
        "file" => Box::new(|e| e.path.as_deref().is_some_and(|p| file(p, value))),
        "package" => Box::new(|e| like(if value == "this" { &project.name } else { value }, &e.package)),
        "resource_type" => Box::new(|_| value == "exposure"),
        "group" => Box::new(|e| e.group.as_deref().is_some_and(|g| like(value, g))),
        _ => Box::new(|_| false),
    };
    let nodes = project.all_nodes().filter(|n| node(n)).map(|n| n.unique_id.clone());
    let exposures = project.exposures.values().filter(|e| exposure(e)).map(|e| e.unique_id.clone());
    Ok(nodes.chain(exposures).collect())
}

/// With `*` and `?`; exact without.
fn like(pattern: &str, text: &str) -> bool {
    glob(pattern.as_bytes(), text.as_bytes())
}

fn pathlike(value: &str) -> bool {
    value.contains('/') || value.contains('\\')
}

/// A bare value: a path if it has a slash, a file if it ends like one, else a qualified name.
fn bare(node: &Node, value: &str) -> bool {
    let path = node.path.as_deref().unwrap_or_default();
    if pathlike(value) {
        return under(path, value);
    }
    if [".sql", ".py", ".csv", ".yml", ".yaml"].iter().any(|e| value.ends_with(e)) {
        return file(path, value);
    }
    // Sources are selected by `source:`, never by a bare name.
    node.resource_type != ResourceType::Source && (fqn(&node.fqn, &node.name, node.version.as_deref(), value))
        || node.unique_id == value
}

fn named(name: &str, fqn: &[String], value: &str) -> bool {
    like(value, name) || !fqn.is_empty() && like(value, &fqn.join("."))
}

/// dbt's rule: the last segment alone, or a run of segments from the beginning (with or without the package), each
/// with wildcards. `dim_customers` selects all its versions, `dim_customers.v2` and `dim_customers_v2` one.
fn fqn(fqn: &[String], name: &str, version: Option<&str>, value: &str) -> bool {
    if like(value, name) {
        return true;
    }
    if let Some(version) = version
        && [format!("{name}.v{version}"), format!("{name}_v{version}")].iter().any(|n| like(value, n))
    {
        return true;
    }
    if fqn.last().is_some_and(|last| like(value, last)) {
        return true;
    }
    let wanted: Vec<&str> = value.split('.').collect();
    let starts = |have: &[String]| wanted.len() <= have.len() && wanted.iter().zip(have).all(|(w, h)| like(w, h));
    starts(fqn) || fqn.len() > 1 && starts(&fqn[1..])
}

/// The path itself, something below it, or what its wildcards mean.
fn under(path: &str, value: &str) -> bool {
    let clean = |s: &str| s.replace('\\', "/").trim_start_matches("./").trim_end_matches('/').to_owned();
    let (path, value) = (clean(path), clean(value));
    if value == "." || path == value {
        return true;
    }
    if value.contains(['*', '?']) {
        let prefixes = path.match_indices('/').map(|(i, _)| &path[..i]).chain(std::iter::once(path.as_str()));
        let depth = value.matches('/').count();
        return prefixes.filter(|p| p.matches('/').count() == depth || value.contains("**")).any(|p| like(&value, p));
    }
    path.strip_prefix(&value).is_some_and(|rest| rest.starts_with('/'))
}

/// The file's name, with or without its ending.
fn file(path: &str, value: &str) -> bool {
    let name = path.rsplit(['/', '\\']).next().unwrap_or_default();
    like(value, name) || name.rsplit_once('.').is_some_and(|(stem, _)| like(value, stem))
}

/// `shop`, `shop.orders`, `package.shop.orders`.
fn source(node: &Node, value: &str) -> bool {
    let Some(source) = node.source_name.as_deref().filter(|_| node.resource_type == ResourceType::Source) else {
        return false;
    };
    match value.split('.').collect::<Vec<_>>().as_slice() {
        [s] => like(s, source),
        [s, t] => like(s, source) && like(t, &node.name),
        [p, s, t] => like(p, &node.package) && like(s, source) && like(t, &node.name),
        _ => false,
    }
}

fn version(node: &Node, value: &str) -> bool {
    let number = |v: &Option<String>| v.as_deref().and_then(|v| v.parse::<f64>().ok());
    let Some(own) = &node.version else { return value == "none" && node.is_model() };
    let (own_number, latest) = (number(&node.version), number(&node.latest_version));
    match value {
        "latest" => node.latest_version.as_ref() == Some(own),
        "prerelease" => matches!((own_number, latest), (Some(o), Some(l)) if o > l),
        "old" => matches!((own_number, latest), (Some(o), Some(l)) if o < l),
        _ => false,
    }
}

/// `config.meta.owner:finance`; a list matches when one of its items does.
fn meta(node: &Node, detail: &str, value: &str) -> bool {
    let mut steps = detail.split('.').skip(1);
    let Some(first) = steps.next() else {
        return node.meta.contains_key(value);
    };
    let found = steps.try_fold(node.meta.get(first), |at, key| at.map(|v| v.get(key)));
    found.flatten().is_some_and(|v| crate::lenient::string_list(v).iter().any(|v| like(value, v)))
}
