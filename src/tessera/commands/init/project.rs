//! dbt_project.yml and what stands in its target folder.

use super::line;
use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct DbtProject {
    pub(super) name: String,
    pub(super) profile: Option<String>,
    /// Absolute.
    pub(super) root: PathBuf,
    /// Absolute.
    pub(super) target: PathBuf,
    /// Absolute.
    pub(super) model_paths: Vec<PathBuf>,
    pub(super) notes: Vec<String>,
}

pub(super) fn read(dir: &Path) -> Result<DbtProject> {
    let Some(file) = ["dbt_project.yml", "dbt_project.yaml"].iter().map(|n| dir.join(n)).find(|p| p.is_file()) else {
        let near = below(dir);
        let hint = match near.as_slice() {
            [] => "say --dbt-dir DIR".to_owned(),
            [one] => format!("there is one below: say --dbt-dir {}", one.display()),
            many => format!(
                "say which: {}",
                many.iter().map(|p| format!("--dbt-dir {}", p.display())).collect::<Vec<_>>().join(", ")
            ),
        };
        bail!("no dbt_project.yml in {}: {hint}", dir.display());
    };
    let text = std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let yaml: Value = serde_norway::from_str(&text).map_err(|e| anyhow!("{}: {e}", file.display()))?;
    let root = dir.canonicalize().with_context(|| format!("cannot find {}", dir.display()))?;
    let mut notes = Vec::new();
    let mut plain = |key: &str, value: &str| {
        let is_plain = !value.contains("{{") && !value.contains("{%");
        if !is_plain {
            notes.push(format!("dbt_project.yml: `{key}` is Jinja and was passed over; set it in the file by hand"));
        }
        is_plain
    };
    let text_of = |key: &str| yaml.get(key).and_then(Value::as_str).map(line).filter(|t| !t.is_empty());
    let name =
        text_of("name").ok_or_else(|| anyhow!("{}: `name` is missing; every dbt project has one", file.display()))?;
    let profile = text_of("profile").filter(|p| plain("profile", p));
    let target = text_of("target-path").filter(|t| plain("target-path", t)).unwrap_or_else(|| "target".to_owned());
    let listed = |key: &str| -> Option<Vec<String>> {
        Some(yaml.get(key)?.as_array()?.iter().filter_map(Value::as_str).map(str::to_owned).collect())
    };
    let models = listed("model-paths").or_else(|| listed("source-paths")).unwrap_or_else(|| vec!["models".to_owned()]);
    let model_paths = models.iter().filter(|p| plain("model-paths", p)).map(|p| root.join(p)).collect();
    Ok(DbtProject { name, profile, target: root.join(target), model_paths, root, notes })
}

/// Projects up to two levels down, for the hint.
fn below(dir: &Path) -> Vec<PathBuf> {
    let folders = |dir: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
        let mut found: Vec<PathBuf> = entries
            .filter(|e| e.file_type().is_ok_and(|t| t.is_dir()) && !e.file_name().to_string_lossy().starts_with('.'))
            .map(|e| e.path())
            .collect();
        found.sort();
        found.truncate(200);
        found
    };
    let first = folders(dir);
    let second: Vec<PathBuf> = first.iter().flat_map(|f| folders(f)).collect();
    first.into_iter().chain(second).filter(|p| p.join("dbt_project.yml").is_file()).take(5).collect()
}

/// What dbt has left so far.
#[derive(Debug)]
pub(super) enum Manifest {
    Missing(PathBuf),
    Unusable { path: PathBuf, why: String },
    Found { path: PathBuf, dbt: String, models: usize, compiled: usize },
}

impl Manifest {
    pub(super) fn is_ready(&self) -> bool {
        matches!(self, Manifest::Found { models, compiled, .. } if *compiled > 0 || *models == 0)
    }

    pub(super) fn said(&self) -> String {
        match self {
            Manifest::Missing(path) => format!("none yet in {}: run `dbt compile`", path.display()),
            Manifest::Unusable { path, why } => format!("{}: {why}", path.display()),
            Manifest::Found { path, dbt, models, compiled } => {
                let remedy = if *compiled < *models { ", run `dbt compile` for the others" } else { "" };
                format!("{} (dbt {dbt}, {compiled} of {models} models have compiled SQL{remedy})", path.display())
            }
        }
    }
}

pub(super) fn manifest(project: &DbtProject) -> Manifest {
    let names = ["manifest.json", "manifest.json.gz"];
    let Some(path) = names.iter().map(|n| project.target.join(n)).find(|p| p.is_file()) else {
        return Manifest::Missing(project.target.clone());
    };
    let read = std::fs::read(&path).map_err(|e| e.to_string()).and_then(|bytes| {
        tessera_dbt::parse_manifest(&bytes, &tessera_dbt::Limits::default()).map_err(|e| e.to_string())
    });
    match read {
        Err(why) => Manifest::Unusable { path, why },
        Ok(parsed) => {
            let coverage = tessera_dbt::coverage(&parsed);
            let dbt = if parsed.dbt_version.is_empty() { "?".to_owned() } else { line(&parsed.dbt_version) };
            Manifest::Found { path, dbt, models: coverage.models, compiled: coverage.compiled }
        }
    }
}
