//! Who is named in the project: groups with their owners (these become teams), owners of exposures and models, handles in
//! CODEOWNERS.

use super::line;
use super::project::DbtProject;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tessera_model::team::check_team_name;

/// More YAML files than this are not read: `init` shall answer at once.
const MOST_FILES: usize = 20_000;

/// A dbt group as a team.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Team {
    pub(super) name: String,
    pub(super) slack: Option<String>,
    pub(super) email: Option<String>,
    pub(super) aliases: Vec<String>,
}

#[derive(Debug, Default)]
pub(super) struct People {
    pub(super) teams: Vec<Team>,
    /// Owners that dbt names outside of groups; they become teams by themselves.
    pub(super) others: Vec<String>,
    /// CODEOWNERS handles, with the team whose name they end in.
    pub(super) handles: Vec<(String, Option<String>)>,
    pub(super) notes: Vec<String>,
}

impl People {
    pub(super) fn said(&self) -> String {
        if self.teams.is_empty() && self.others.is_empty() {
            return "none: dbt names no groups and no owners, so nobody can be asked yet".to_owned();
        }
        let mut parts = Vec::new();
        if !self.teams.is_empty() {
            let names: Vec<&str> = self.teams.iter().map(|t| t.name.as_str()).collect();
            parts.push(format!("{} from dbt groups", names.join(", ")));
        }
        if !self.others.is_empty() {
            parts.push(format!("{} from exposures and meta", self.others.join(", ")));
        }
        parts.join("; ")
    }
}

/// CODEOWNERS where code hosts look for it, from the project up to the repository's root.
pub(super) fn codeowners(root: &Path) -> Option<PathBuf> {
    for dir in root.ancestors() {
        let places = ["CODEOWNERS", ".github/CODEOWNERS", ".gitlab/CODEOWNERS", "docs/CODEOWNERS"];
        if let Some(found) = places.iter().map(|p| dir.join(p)).find(|p| p.is_file()) {
            return Some(found);
        }
        // Above the repository there is nothing of ours.
        if dir.join(".git").exists() {
            return None;
        }
    }
    None
}

pub(super) fn find(project: &DbtProject, codeowners: Option<&Path>) -> People {
    let mut people = People::default();
    let mut groups: BTreeMap<String, Team> = BTreeMap::new();
    let mut owners: Vec<Owner> = Vec::new();
    for path in yaml_files(&project.model_paths) {
        let shown = path.strip_prefix(&project.root).unwrap_or(&path).display().to_string();
        let parsed = std::fs::read_to_string(&path)
            .map_err(|e| e.to_string())
            .and_then(|text| serde_norway::from_str::<Value>(&text).map_err(|e| e.to_string()));
        match parsed {
            Ok(yaml) => {
                list(&yaml, "groups").for_each(|g| group(g, &mut groups, &mut people.notes));
                owners.extend(list(&yaml, "exposures").filter_map(|e| Owner::read(e.get("owner")?)));
                owners.extend(list(&yaml, "models").filter_map(meta_owner));
            }
            Err(e) => people.notes.push(line(&format!("{shown} was passed over: {e}"))),
        }
    }
    people.teams = groups.into_values().collect();
    others(&mut people, &owners);
    if let Some(text) = codeowners.and_then(|p| std::fs::read_to_string(p).ok()) {
        people.handles = handles(&text, &people.teams);
    }
    people
}

fn list<'a>(yaml: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    yaml.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn group(value: &Value, groups: &mut BTreeMap<String, Team>, notes: &mut Vec<String>) {
    let Some(name) = value.get("name").and_then(Value::as_str).map(line) else { return };
    if let Err(e) = check_team_name(&name) {
        notes.push(format!("group passed over: {e}"));
        return;
    }
    let team = groups.entry(name.to_lowercase()).or_insert_with(|| Team { name: name.clone(), ..Team::default() });
    let Some(owner) = value.get("owner").and_then(Owner::read) else { return };
    if let Some(alias) = owner.name.filter(|a| !a.eq_ignore_ascii_case(&name) && !team.aliases.contains(a)) {
        team.aliases.push(alias);
    }
    team.slack = team.slack.take().or(owner.slack);
    team.email = team.email.take().or(owner.email);
}

/// An owner as groups, exposures and `meta` spell it.
#[derive(Debug, Clone, Default)]
struct Owner {
    name: Option<String>,
    email: Option<String>,
    slack: Option<String>,
}

impl Owner {
    fn read(value: &Value) -> Option<Owner> {
        let first = |v: &Value| match v {
            Value::Array(items) => items.first().and_then(Value::as_str).map(line),
            other => other.as_str().map(line),
        };
        let text = |key: &str| value.get(key).and_then(first).filter(|t| !t.is_empty());
        let owner = match value {
            Value::String(name) => Owner { name: Some(line(name)), ..Owner::default() },
            _ => Owner {
                name: text("name"),
                email: text("email"),
                slack: ["slack", "slack_channel", "channel"].iter().find_map(|k| text(k)),
            },
        };
        (owner.name.is_some() || owner.email.is_some()).then_some(owner)
    }
}

/// `config.meta` or `meta`: `owner`, `team`, `owner_team`.
fn meta_owner(model: &Value) -> Option<Owner> {
    let meta = model.pointer("/config/meta").or_else(|| model.get("meta"))?;
    ["owner", "team", "owner_team"].iter().find_map(|k| Owner::read(meta.get(*k)?))
}

/// Owners that are a group's are its aliases; the rest is only told.
fn others(people: &mut People, owners: &[Owner]) {
    let mut rest = BTreeSet::new();
    for owner in owners {
        let Some(name) = owner.name.clone().or_else(|| owner.email.clone()) else { continue };
        let same = |t: &Team| {
            t.name.eq_ignore_ascii_case(&name)
                || t.aliases.iter().any(|a| a.eq_ignore_ascii_case(&name))
                || t.email.is_some() && t.email == owner.email
        };
        match people.teams.iter_mut().find(|t| same(t)) {
            Some(team) => {
                let known =
                    team.name.eq_ignore_ascii_case(&name) || team.aliases.iter().any(|a| a.eq_ignore_ascii_case(&name));
                if !known {
                    team.aliases.push(name);
                }
            }
            None => drop(rest.insert(name)),
        }
    }
    people.others = rest.into_iter().collect();
}

/// Owners in a CODEOWNERS file, each once, with the team that bears the same name as the handle's last part.
fn handles(text: &str, teams: &[Team]) -> Vec<(String, Option<String>)> {
    let mut found: BTreeMap<String, Option<String>> = BTreeMap::new();
    let key = |name: &str| name.to_lowercase().replace([' ', '_'], "-");
    for rule in
        text.lines().map(|l| l.split(" #").next().unwrap_or_default()).filter(|l| !l.trim_start().starts_with('#'))
    {
        for word in rule.split_whitespace().filter(|w| w.contains('@') && !w.starts_with('/')) {
            let bare = word.trim_start_matches('@').rsplit('/').next().unwrap_or_default();
            let team = teams.iter().find(|t| {
                key(&t.name) == key(bare)
                    || t.email.as_deref() == Some(word)
                    || t.aliases.iter().any(|a| key(a) == key(bare))
            });
            found.entry(line(word)).or_insert_with(|| team.map(|t| t.name.clone()));
        }
    }
    found.into_iter().collect()
}

/// All YAML files below the folders, in order. Links are not followed.
fn yaml_files(roots: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = roots.to_vec();
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(&folder).into_iter().flatten().flatten().collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let Ok(kind) = entry.file_type() else { continue };
            let path = entry.path();
            let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() && matches!(extension, "yml" | "yaml") && found.len() < MOST_FILES {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
