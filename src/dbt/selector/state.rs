//! `state:`: what differs from another manifest. Compared is what both engines and all environments agree on: code,
//! columns, contract, materialization, parents. Not compared are relation names (environments differ) and, between Core
//! and Fusion, checksums (they hash differently).

use super::{SelectError, all_ids};
use crate::node::Node;
use crate::project::{Exposure, Project};
use std::collections::BTreeSet;

/// Which parts of a node are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Any,
    Body,
    Configs,
    Contract,
    Description,
}

pub(super) fn matching(
    project: &Project,
    other: Option<&Project>,
    value: &str,
    text: &str,
) -> Result<BTreeSet<String>, SelectError> {
    let part = match value {
        "new" | "old" => None,
        "modified" => Some(Part::Any),
        "modified.body" => Some(Part::Body),
        "modified.configs" => Some(Part::Configs),
        "modified.contract" => Some(Part::Contract),
        "modified.persisted_descriptions" => Some(Part::Description),
        _ => return Err(SelectError::UnknownState { value: value.to_owned() }),
    };
    let other = other.ok_or_else(|| SelectError::NoState { part: text.to_owned() })?;
    let known: BTreeSet<&str> = all_ids(other).collect();
    let chosen = all_ids(project).filter(|id| match part {
        None => known.contains(id) == (value == "old"),
        Some(part) => differs(project, other, id, part),
    });
    Ok(chosen.map(str::to_owned).collect())
}

/// Unique ids that are new or differ from the other manifest: dbt's `state:modified`.
pub fn modified(project: &Project, other: &Project) -> BTreeSet<String> {
    all_ids(project).filter(|id| differs(project, other, id, Part::Any)).map(str::to_owned).collect()
}

fn differs(project: &Project, other: &Project, id: &str, part: Part) -> bool {
    let same_engine = project.engine == other.engine;
    if let Some(exposure) = project.exposures.get(id) {
        return other.exposures.get(id).is_none_or(|old| part == Part::Any && !same_exposure(exposure, old));
    }
    match (project.node(id), other.node(id)) {
        (Some(new), Some(old)) => match part {
            Part::Any => {
                !same_body(new, old, same_engine)
                    || !same_configs(new, old)
                    || !same_contract(new, old)
                    || new.columns.iter().map(|c| &c.name).ne(old.columns.iter().map(|c| &c.name))
                    || new.depends_on.iter().collect::<BTreeSet<_>>() != old.depends_on.iter().collect::<BTreeSet<_>>()
            }
            Part::Body => !same_body(new, old, same_engine),
            Part::Configs => !same_configs(new, old),
            Part::Contract => !same_contract(new, old),
            Part::Description => {
                new.description != old.description
                    || new.columns.iter().map(|c| &c.description).ne(old.columns.iter().map(|c| &c.description))
            }
        },
        (Some(_), None) => true,
        _ => false,
    }
}

/// The text as written; where it is not kept (seeds), the checksum. Line ends do not count.
fn same_body(new: &Node, old: &Node, same_engine: bool) -> bool {
    let lines = |code: &str| code.trim().lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
    match (&new.raw_code, &old.raw_code) {
        (Some(a), Some(b)) => a == b || lines(a) == lines(b),
        _ if same_engine => new.checksum == old.checksum,
        _ => true,
    }
}

fn same_configs(new: &Node, old: &Node) -> bool {
    let facts = |n: &Node| {
        (
            n.materialized.clone(),
            n.enabled,
            n.group.clone(),
            n.access.clone(),
            n.unique_key.clone(),
            n.latest_version.clone(),
        )
    };
    facts(new) == facts(old)
        && new.tags.iter().collect::<BTreeSet<_>>() == old.tags.iter().collect::<BTreeSet<_>>()
        && new.meta == old.meta
}

fn same_contract(new: &Node, old: &Node) -> bool {
    if new.contract_enforced != old.contract_enforced {
        return false;
    }
    if !new.contract_enforced {
        return true;
    }
    let shape = |n: &Node| {
        let mut columns: Vec<_> = n
            .columns
            .iter()
            .map(|c| (c.stored(n.dialect), c.data_type.as_deref().unwrap_or_default().to_lowercase()))
            .collect();
        columns.sort();
        columns
    };
    let constraints = |n: &Node| {
        let mut all: Vec<_> = n
            .constraints
            .iter()
            .map(|c| (c.kind.clone(), c.columns.clone(), c.expression.clone(), c.to.clone()))
            .collect();
        all.sort();
        all
    };
    shape(new) == shape(old) && constraints(new) == constraints(old)
}

fn same_exposure(new: &Exposure, old: &Exposure) -> bool {
    let facts = |e: &Exposure| {
        let parents: BTreeSet<String> = e.depends_on.iter().cloned().collect();
        (e.kind.clone(), e.owner.clone(), e.url.clone(), e.maturity.clone(), e.meta.clone(), parents)
    };
    facts(new) == facts(old)
}
