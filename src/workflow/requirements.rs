//! Who must answer: the teams behind the affected readers of breaking changes, and nobody else (DESIGN, rule 2). And the
//! other side of it: affected readers for whom nobody can answer.

use crate::proposal::{Proposal, Requirement};
use std::collections::BTreeMap;
use tessera_model::ids::TeamId;
use tessera_model::report::AssetChange;
use tessera_model::{Effect, Reader};

/// The teams that must answer, by name, each once with its readers (worst effect first). A reader that several changes
/// reach stands there once, with all the columns it uses. The owner's own readers are its own affair.
pub fn requirements(
    changes: &[AssetChange],
    owner: Option<&str>,
    team_id: &dyn Fn(&str) -> Option<TeamId>,
) -> Vec<Requirement> {
    let owner_id = owner.and_then(team_id);
    let mut teams: BTreeMap<TeamId, Requirement> = BTreeMap::new();
    for reader in affected(changes) {
        let Some(name) = reader.team.as_deref() else { continue };
        if owner.is_some_and(|o| same_name(o, name)) {
            continue;
        }
        let Some(team) = team_id(name).filter(|t| Some(*t) != owner_id) else { continue };
        let entry =
            teams.entry(team).or_insert_with(|| Requirement { team, team_name: name.to_owned(), because: Vec::new() });
        merge(&mut entry.because, reader);
    }
    let mut out: Vec<Requirement> = teams.into_values().collect();
    for requirement in &mut out {
        requirement.because.sort_by(|a, b| (a.effect, a.kind, &a.name).cmp(&(b.effect, b.kind, &b.name)));
    }
    out.sort_by(|a, b| (&a.team_name, a.team).cmp(&(&b.team_name, b.team)));
    out
}

/// Affected readers for whom no team is asked though they are not the owner's: they have no team, or one nobody knows.
/// In the order of the changes, each once.
pub fn unasked_readers(proposal: &Proposal) -> Vec<&Reader> {
    let owner = proposal.changes.iter().find(|c| c.asset == proposal.asset_fqn).and_then(|c| c.team.as_deref());
    let mut out: Vec<&Reader> = Vec::new();
    for reader in affected(&proposal.changes) {
        let answered_for = reader.team.as_deref().is_some_and(|team| {
            owner.is_some_and(|o| same_name(o, team))
                || proposal.required.iter().any(|r| {
                    same_name(&r.team_name, team)
                        || r.because.iter().any(|b| b.name == reader.name && b.team == reader.team)
                })
        });
        if !answered_for && !out.iter().any(|r| r.name == reader.name && r.kind == reader.kind) {
            out.push(reader);
        }
    }
    out
}

/// Readers of what is breaking and not acknowledged otherwise (by a waiver).
fn affected(changes: &[AssetChange]) -> impl Iterator<Item = &Reader> {
    changes
        .iter()
        .filter(|c| c.change.breaking && !c.acknowledged)
        .flat_map(|c| &c.readers)
        .filter(|r| r.effect != Effect::Unaffected)
}

/// Team names are unique without case.
pub(crate) fn same_name(a: &str, b: &str) -> bool {
    a == b || a.to_lowercase() == b.to_lowercase()
}

fn merge(into: &mut Vec<Reader>, reader: &Reader) {
    let Some(known) = into.iter_mut().find(|r| r.name == reader.name && r.kind == reader.kind) else {
        into.push(reader.clone());
        return;
    };
    let mut columns = std::mem::take(&mut known.columns);
    let mut uses = std::mem::take(&mut known.uses);
    if reader.effect < known.effect {
        *known = reader.clone();
    }
    for column in columns.drain(..).chain(reader.columns.iter().cloned()).collect::<Vec<_>>() {
        if !known.columns.contains(&column) {
            known.columns.push(column);
        }
    }
    known.columns.sort();
    for used in uses.drain(..).chain(reader.uses.iter().copied()).collect::<Vec<_>>() {
        if !known.uses.contains(&used) {
            known.uses.push(used);
        }
    }
    known.uses.sort();
}
