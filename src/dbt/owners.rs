//! Who may own a node, by what the project says, in order of priority: exposure owner, group, meta. Tessera's own
//! configuration stands above these and CODEOWNERS (see `codeowners`) below; the engine joins them.

use crate::node::Node;
use crate::project::{Exposure, Owner, Project};
use serde_json::{Map, Value};

/// One hint at an owner.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OwnerHint {
    /// `exposure`, `group`, `meta`, or `codeowners` as in an asset's `owner_origin`.
    pub origin: &'static str,
    /// What to call the team: a group's owner, `meta.team`, `meta.owner`.
    pub team: String,
    pub emails: Vec<String>,
    pub slack: Option<String>,
    /// The dbt group, where the hint is one.
    pub group: Option<String>,
    /// Free further keys.
    pub extra: Map<String, Value>,
}

impl OwnerHint {
    fn from_owner(origin: &'static str, owner: &Owner, fallback: Option<&str>) -> Option<Self> {
        let team = owner.name.as_deref().or(fallback).or(owner.email())?.to_owned();
        Some(OwnerHint {
            origin,
            team,
            emails: owner.emails.clone(),
            slack: owner.slack().map(str::to_owned),
            group: None,
            extra: owner.extra.clone(),
        })
    }
}

/// Hints for a node: its group, then its meta.
pub fn owner_hints(node: &Node, project: &Project) -> Vec<OwnerHint> {
    let group = node.group.as_deref().and_then(|g| group_hint(g, project));
    group.into_iter().chain(meta_hint(&node.meta)).collect()
}

/// Hints for an exposure: its owner, its group, its meta.
pub fn exposure_owner_hints(exposure: &Exposure, project: &Project) -> Vec<OwnerHint> {
    let own = OwnerHint::from_owner("exposure", &exposure.owner, None);
    let group = exposure.group.as_deref().and_then(|g| group_hint(g, project));
    own.into_iter().chain(group).chain(meta_hint(&exposure.meta)).collect()
}

/// The hint for one column. A column's meta that merely repeats the model's (Fusion lets it inherit) is none.
pub fn column_owner_hint(node: &Node, column: &str) -> Option<OwnerHint> {
    let hint = meta_hint(&node.column(column)?.meta)?;
    let model = meta_hint(&node.meta);
    model.is_none_or(|m| m.team != hint.team).then_some(hint)
}

/// A group that the node names but the project does not describe still says who owns it.
fn group_hint(name: &str, project: &Project) -> Option<OwnerHint> {
    let hint = match project.group(name) {
        Some(group) => OwnerHint::from_owner("group", &group.owner, Some(name)),
        None => Some(OwnerHint { origin: "group", team: name.to_owned(), ..OwnerHint::default() }),
    };
    hint.map(|h| OwnerHint { group: Some(name.to_owned()), ..h })
}

/// `meta.team` names the team and `meta.owner` is the next best; either may be a text, a list or an object.
fn meta_hint(meta: &Map<String, Value>) -> Option<OwnerHint> {
    let read =
        |keys: &[&str]| keys.iter().filter_map(|k| meta.get(*k)).map(crate::fields::owner).find(|o| !o.is_empty());
    let team = read(&["team", "owner_team", "owning_team"]);
    let owner = read(&["owner", "owners", "owned_by"]);
    let mut best = match (team, owner) {
        (Some(mut team), Some(owner)) => {
            team.emails.extend(owner.emails);
            team.extra.extend(owner.extra);
            team
        }
        (team, owner) => team.or(owner).unwrap_or_default(),
    };
    let slack = ["slack", "slack_channel", "channel"].iter().find_map(|k| meta.get(*k)?.as_str());
    if let Some(slack) = slack {
        best.extra.entry("slack").or_insert_with(|| slack.into());
    }
    if let Some(email) = meta.get("owner_email").and_then(Value::as_str) {
        best.emails.push(email.to_owned());
    }
    best.emails.dedup();
    let fallback = best.slack().map(|s| s.trim_start_matches('#').to_owned());
    OwnerHint::from_owner("meta", &best, fallback.as_deref().filter(|_| best.emails.is_empty()))
}
