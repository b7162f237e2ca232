//! profiles.yml: which kind of warehouse dbt builds in. Only `type` is ever rendered, so that no secret is touched.

use super::line;
use super::project::DbtProject;
use crate::config;
use serde_json::{Map, Value, json};
use std::path::{Path, PathBuf};

/// What the warehouse block can be written from.
#[derive(Debug)]
pub(super) enum Warehouse {
    /// Tessera has an adapter for it.
    Scanned(Profile),
    /// It has none yet.
    NotScanned(Profile),
    /// No profile to be found; why.
    None(String),
}

#[derive(Debug)]
pub(super) struct Profile {
    pub(super) profile: String,
    pub(super) target: String,
    pub(super) kind: String,
    /// Where profiles.yml is.
    pub(super) dir: PathBuf,
    /// The other outputs, as `name (type)`.
    pub(super) others: Vec<String>,
}

impl Warehouse {
    pub(super) fn said(&self) -> String {
        match self {
            Warehouse::Scanned(p) => {
                format!(
                    "{} (profile {}, target {}); credentials stay in {}",
                    p.kind,
                    p.profile,
                    p.target,
                    p.dir.join("profiles.yml").display()
                )
            }
            Warehouse::NotScanned(p) => format!(
                "{} (profile {}, target {}); Tessera cannot scan {} yet: lineage, `check` and proposals work from the manifest, drift is not seen",
                p.kind, p.profile, p.target, p.kind
            ),
            Warehouse::None(why) => format!("none: {why}"),
        }
    }
}

pub(super) fn find(
    project: &DbtProject,
    dir: Option<&Path>,
    kinds: &[&'static str],
    env: &dyn Fn(&str) -> Option<String>,
) -> Warehouse {
    let Some(name) = &project.profile else {
        return Warehouse::None("dbt_project.yml names no profile".to_owned());
    };
    let (path, profiles) = match config::read_profiles(dir, Some(&project.root)) {
        Ok(found) => found,
        Err(e) => return Warehouse::None(line(&format!("{e:#}"))),
    };
    match profile(name, &profiles, env) {
        Err(e) => Warehouse::None(line(&format!("{e:#}"))),
        Ok((target, kind, others)) => {
            let dir = path.parent().map(Path::to_owned).unwrap_or_default();
            let found = Profile { profile: name.clone(), target, kind, dir, others };
            if kinds.contains(&found.kind.as_str()) { Warehouse::Scanned(found) } else { Warehouse::NotScanned(found) }
        }
    }
}

/// Target, its type, and the other outputs.
fn profile(
    name: &str,
    profiles: &Value,
    env: &dyn Fn(&str) -> Option<String>,
) -> anyhow::Result<(String, String, Vec<String>)> {
    let bare = types_only(profiles, name);
    let output = config::profile_output(&bare, name, None, env)?;
    let text = |key: &str| output.get(key).and_then(Value::as_str).map(line).unwrap_or_default();
    let (target, kind) = (text("name"), text("type"));
    if kind.is_empty() {
        anyhow::bail!("profile `{name}`, output `{target}` has no `type`");
    }
    let outputs = bare.get(name).and_then(|p| p.get("outputs")).and_then(Value::as_object);
    let others = outputs
        .into_iter()
        .flatten()
        .filter(|(other, _)| **other != target)
        .map(|(other, o)| format!("{} ({})", line(other), line(o.get("type").and_then(Value::as_str).unwrap_or("?"))))
        .collect();
    Ok((target, kind, others))
}

/// The same profiles with nothing in their outputs but the type and the output's own name.
fn types_only(profiles: &Value, name: &str) -> Value {
    let mut kept = Map::new();
    for (other, profile) in profiles.as_object().into_iter().flatten() {
        let mut bare = Map::new();
        if other == name {
            if let Some(target) = profile.get("target") {
                bare.insert("target".to_owned(), target.clone());
            }
            if let Some(outputs) = profile.get("outputs").and_then(Value::as_object) {
                let typed = |(n, o): (&String, &Value)| (n.clone(), json!({"type": o.get("type"), "name": n}));
                bare.insert("outputs".to_owned(), Value::Object(outputs.iter().map(typed).collect()));
            }
        }
        kept.insert(other.clone(), Value::Object(bare));
    }
    Value::Object(kept)
}
