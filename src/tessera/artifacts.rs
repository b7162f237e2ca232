//! dbt artifacts from a file, a directory or standard input. A manifest that is being written is waited for.

use crate::cli::ManifestArgs;
use anyhow::{Context, Result, anyhow, bail};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tessera_dbt::{CatalogArtifact, Limits, Project};
use tessera_engine::world::ProjectState;

/// dbt writes the file in place: so long is it given to finish.
const PATIENCE: Duration = Duration::from_secs(5);

/// A manifest and what stands beside it, as bytes.
#[derive(Debug)]
pub(crate) struct Artifacts {
    pub(crate) manifest: Vec<u8>,
    pub(crate) catalog: Option<Vec<u8>>,
    /// Where the manifest came from, for messages.
    pub(crate) from: String,
}

impl ManifestArgs {
    /// `--manifest`, else `target-path`, else `project-dir/target`.
    pub(crate) fn location(&self) -> PathBuf {
        let project = self.project_dir.clone().unwrap_or_else(|| PathBuf::from("."));
        self.manifest
            .clone()
            .or_else(|| self.target_path.as_ref().map(|t| project.join(t)))
            .unwrap_or_else(|| project.join("target"))
    }
}

/// A directory stands for the manifest in it (`target/`, `manifest.json`, `manifest.json.gz`).
pub(crate) fn manifest_file(path: &Path) -> Result<PathBuf> {
    if !path.is_dir() {
        return Ok(path.to_owned());
    }
    let candidates = ["manifest.json", "manifest.json.gz", "target/manifest.json", "target/manifest.json.gz"];
    candidates.iter().map(|c| path.join(c)).find(|p| p.is_file()).ok_or_else(|| {
        anyhow!("no manifest.json in {}: run `dbt compile` first, or say --manifest FILE", path.display())
    })
}

fn beside(manifest: &Path, name: &str) -> Option<PathBuf> {
    [format!("{name}.json"), format!("{name}.json.gz")].iter().map(|n| manifest.with_file_name(n)).find(|p| p.is_file())
}

pub(crate) fn read(path: &Path, catalog: Option<&Path>) -> Result<Artifacts> {
    if path == Path::new("-") {
        let mut manifest = Vec::new();
        std::io::stdin().read_to_end(&mut manifest).context("cannot read standard input")?;
        let catalog = catalog.map(read_file).transpose()?;
        return Ok(Artifacts { manifest, catalog, from: "standard input".into() });
    }
    let file = manifest_file(path)?;
    let begun = Instant::now();
    let manifest = loop {
        let bytes = read_file(&file)?;
        match tessera_dbt::peek_whole(&bytes, &Limits::default()) {
            Err(e) if e.is_transient() && begun.elapsed() < PATIENCE => {
                std::thread::sleep(Duration::from_millis(250));
            }
            _ => break bytes,
        }
    };
    let catalog = match catalog {
        Some(path) => Some(read_file(path)?),
        None => beside(&file, "catalog").map(|p| read_file(&p)).transpose()?,
    };
    Ok(Artifacts { manifest, catalog, from: file.display().to_string() })
}

fn read_file(path: &Path) -> Result<Vec<u8>> {
    let meta = std::fs::metadata(path).with_context(|| format!("cannot read {}", path.display()))?;
    if meta.is_dir() {
        bail!("{} is a directory", path.display());
    }
    std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

impl Artifacts {
    pub(crate) fn parse(&self) -> Result<(Project, Option<CatalogArtifact>)> {
        let limits = Limits::default();
        let project = tessera_dbt::parse_manifest(&self.manifest, &limits).with_context(|| self.from.clone())?;
        let catalog = match &self.catalog {
            None => None,
            Some(bytes) => Some(
                tessera_dbt::parse_catalog(bytes, &limits)
                    .with_context(|| format!("the catalog beside {}", self.from))?,
            ),
        };
        Ok((project, catalog))
    }

    pub(crate) fn state(&self) -> Result<ProjectState> {
        let (project, catalog) = self.parse()?;
        let seen = project.generated_at;
        Ok(ProjectState {
            name: project.name.clone(),
            environment: "production".into(),
            project: Arc::new(project),
            catalog: catalog.map(Arc::new),
            seen,
        })
    }
}
