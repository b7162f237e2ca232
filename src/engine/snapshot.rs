//! What is known, in memory: the graph with the records it was built from. Immutable; swapped whole. Rebuilt when the
//! store's generation has moved, by this daemon or by another on the same store.

use crate::engine::{Engine, GENERATION};
use crate::error::{EngineError, Result};
use crate::ownership::{OwnerBook, TeamHint};
use crate::settings::Settings;
use crate::world::{ProjectState, WorldBuilder};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use tessera_dbt::codeowners::CodeOwners;
use tessera_dbt::{CatalogArtifact, Project};
use tessera_graph::{Graph, GraphInput, NodeMeta, RegistrationInput};
use tessera_lineage::Cache;
use tessera_model::asset::{Asset, Dependency};
use tessera_model::contract::{Contract, Registration, RegistrationStatus, SchemaFormat};
use tessera_model::ids::{AssetId, TeamId};
use tessera_model::team::Team;
use tessera_model::{Dialect, Finding, Fingerprint, ReaderKind, TableKey, TableName, TableSchema};
use tessera_ports::records::{Artifact, Observation};
use tessera_ports::store::{AssetFilter, Page};

/// Parsed artifacts by content, so that a rebuild parses only what is new.
#[derive(Debug, Default)]
pub struct ParsedArtifacts {
    manifests: HashMap<Fingerprint, Arc<Project>>,
    catalogs: HashMap<Fingerprint, Arc<CatalogArtifact>>,
}

#[derive(Debug, Default)]
pub struct Snapshot {
    pub generation: Option<String>,
    pub graph: Option<Arc<Graph>>,
    pub projects: Vec<Arc<ProjectState>>,
    pub assets: HashMap<AssetId, Asset>,
    by_key: HashMap<(TableKey, String), AssetId>,
    pub contracts: HashMap<AssetId, Contract>,
    pub teams: Vec<Team>,
    pub registrations: Vec<Registration>,
    pub dependencies: Vec<Dependency>,
    pub views: Vec<Observation>,
    /// How teams that dbt names can be reached.
    pub hints: BTreeMap<String, TeamHint>,
    pub findings: Vec<Finding>,
}

impl Snapshot {
    pub fn graph(&self) -> Result<&Arc<Graph>> {
        self.graph.as_ref().ok_or_else(|| EngineError::unavailable("the graph is not built yet: try again in a moment"))
    }

    pub fn asset_by_key(&self, key: &TableKey, environment: &str) -> Option<&Asset> {
        self.assets.get(self.by_key.get(&(key.clone(), environment.to_owned()))?)
    }

    pub fn asset_by_name(&self, name: &TableName, dialect: Dialect, environment: &str) -> Option<&Asset> {
        self.asset_by_key(&name.key(dialect), environment)
    }

    pub fn asset_by_fqn(&self, fqn: &str) -> Option<&Asset> {
        self.assets.values().find(|a| a.fqn == fqn)
    }

    pub fn team_named(&self, name: &str) -> Option<&Team> {
        self.teams.iter().find(|t| t.name.eq_ignore_ascii_case(name))
    }

    pub fn team_name(&self, id: Option<TeamId>) -> Option<String> {
        self.teams.iter().find(|t| Some(t.id) == id).map(|t| t.name.clone())
    }

    /// The accepted shape of an asset; JSON Schema is read as columns where it can be.
    pub fn accepted(&self, asset: &Asset) -> Option<TableSchema> {
        contract_table(self.contracts.get(&asset.id)?, asset.dialect)
    }

    /// The graph's input for these records, with `replaced` standing in for the project of the same name and with the
    /// contracts of its own models left out when `without_contracts` names it.
    pub fn graph_input(
        &self,
        settings: &Settings,
        codeowners: Option<&CodeOwners>,
        replaced: Option<&ProjectState>,
    ) -> (GraphInput, BTreeMap<String, TeamHint>, Vec<Finding>) {
        let mut builder = WorldBuilder::new(OwnerBook::new(settings, codeowners));
        let mut projects: Vec<&ProjectState> = self.projects.iter().map(AsRef::as_ref).collect();
        if let Some(new) = replaced {
            match projects.iter_mut().find(|p| p.name == new.name && p.environment == new.environment) {
                Some(slot) => *slot = new,
                None => projects.push(new),
            }
        }
        projects.sort_by(|a, b| (&a.name, &a.environment).cmp(&(&b.name, &b.environment)));
        let by_relation: HashMap<(Dialect, TableKey), &Asset> =
            self.assets.values().map(|a| ((a.dialect, a.key.clone()), a)).collect();
        let accepted = |name: &TableName, dialect: Dialect| {
            by_relation.get(&(dialect, name.key(dialect))).and_then(|a| self.accepted(a))
        };
        builder.add_projects(&projects, &accepted);
        for view in &self.views {
            let dialect = view.table.schema.dialect;
            let owner = by_relation.get(&(dialect, view.table.name.key(dialect))).and_then(|a| self.team_name(a.owner));
            let meta = NodeMeta {
                kind: Some(ReaderKind::View),
                team: owner,
                asset: Some(view.table.name.to_string()),
                covered: true,
                first_seen: Some(view.first_seen),
                last_seen: Some(view.last_changed),
                count: 1,
                ..NodeMeta::default()
            };
            builder.add_relation(
                &view.table.name,
                dialect,
                Some(view.table.schema.clone()),
                view.table.definition.as_deref(),
                meta,
            );
        }
        let mut assets: Vec<&Asset> = self.assets.values().collect();
        assets.sort_by_key(|a| a.id);
        for asset in &assets {
            let meta =
                NodeMeta { team: self.team_name(asset.owner), asset: Some(asset.fqn.clone()), ..NodeMeta::default() };
            builder.add_relation(&asset.table_name(), asset.dialect, self.accepted(asset), None, meta);
        }
        for edge in &self.dependencies {
            if let (Some(a), Some(b)) = (self.assets.get(&edge.dependent), self.assets.get(&edge.dependency)) {
                builder.add_dependency((&a.table_name(), a.dialect), (&b.table_name(), b.dialect));
            }
        }
        for registration in self.registrations.iter().filter(|r| r.status != RegistrationStatus::Inactive) {
            let (Some(asset), Some(team)) =
                (self.assets.get(&registration.asset), self.team_name(Some(registration.team)))
            else {
                continue;
            };
            builder.add_registration(RegistrationInput {
                team,
                table: asset.table_name(),
                dialect: asset.dialect,
                columns: registration.columns.clone(),
                agent: false,
                first_seen: Some(registration.created_at),
                last_seen: Some(registration.created_at),
            });
        }
        builder.finish()
    }
}

/// A contract's schema as columns, if it has any.
pub fn contract_table(contract: &Contract, dialect: Dialect) -> Option<TableSchema> {
    let mut table = match contract.format {
        SchemaFormat::Table => contract.table()?,
        SchemaFormat::JsonSchema => tessera_diff::table_of_json_schema(&contract.schema, dialect)?,
        _ => return None,
    };
    if table.dialect == Dialect::Generic {
        table.dialect = dialect;
    }
    Some(table)
}

pub(crate) fn gunzip(bytes: &[u8]) -> Result<Vec<u8>> {
    use std::io::Read;
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).map_err(|e| {
        EngineError::new(
            crate::ErrorKind::Unavailable,
            "STORE_CORRUPT",
            format!("a stored artifact cannot be unpacked: {e}"),
        )
    })?;
    Ok(out)
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    // Writing to memory does not fail.
    let _ = encoder.write_all(bytes);
    encoder.finish().unwrap_or_default()
}

impl Engine {
    /// The snapshot of what the store holds now.
    pub async fn fresh(&self) -> Result<Arc<Snapshot>> {
        let generation = self.store().setting(GENERATION).await?;
        let current = self.snapshot();
        if current.graph.is_some() && current.generation == generation {
            return Ok(current);
        }
        let _one = self.rebuild.lock().await;
        let generation = self.store().setting(GENERATION).await?;
        let current = self.snapshot();
        if current.graph.is_some() && current.generation == generation {
            return Ok(current);
        }
        let built = Arc::new(self.build(generation).await?);
        self.swap_snapshot(built.clone());
        Ok(built)
    }

    async fn build(&self, generation: Option<String>) -> Result<Snapshot> {
        let started = std::time::Instant::now();
        let store = self.store();
        let assets = store.assets(&AssetFilter::default(), Page::default()).await?.items;
        let contracts = store.active_contracts().await?;
        let now = self.now();
        let registrations = store
            .registrations(None, None)
            .await?
            .into_iter()
            .filter(|r| r.expires_at.is_none_or(|t| t > now))
            .collect();
        let mut views = Vec::new();
        for name in self.adapters().warehouses.keys() {
            views.extend(store.observations(name).await?.into_iter().filter(|o| o.table.definition.is_some()));
        }
        let manifests = store.artifacts("manifest").await?;
        let catalogs = store.artifacts("catalog").await?;
        let compiled = store.artifacts("compiled").await?;
        let mut snapshot = Snapshot {
            generation,
            by_key: assets.iter().map(|a| ((a.key.clone(), a.environment.clone()), a.id)).collect(),
            assets: assets.into_iter().map(|a| (a.id, a)).collect(),
            contracts: contracts.into_iter().map(|c| (c.asset, c)).collect(),
            teams: store.teams().await?,
            registrations,
            dependencies: store.dependencies(None).await?,
            views,
            ..Snapshot::default()
        };
        for manifest in &manifests {
            let same = |a: &&Artifact| a.project == manifest.project && a.environment == manifest.environment;
            match self.project_state(manifest, catalogs.iter().find(same), compiled.iter().find(same)) {
                Ok(state) => snapshot.projects.push(Arc::new(state)),
                Err(e) => {
                    snapshot
                        .findings
                        .push(Finding::error("stored-manifest", e.message).about(manifest.project.clone()));
                }
            }
        }
        let settings = self.settings();
        let (input, hints, findings) = snapshot.graph_input(&settings, None, None);
        snapshot.hints = hints;
        snapshot.findings.extend(findings);
        snapshot.graph = Some(Arc::new(self.build_graph(input).await?));
        self.metrics().graph_built(started.elapsed(), snapshot.assets.len());
        Ok(snapshot)
    }

    /// CPU work off the runtime's threads; the lineage cache makes it incremental.
    pub(crate) async fn build_graph(&self, mut input: GraphInput) -> Result<Graph> {
        let fresh = self.before_analysis(&mut input).await?;
        let mut cache = std::mem::take(&mut *Self::lock(&self.cache));
        let built = tokio::task::spawn_blocking(move || {
            let graph = Graph::build(input, &mut cache);
            (graph, cache)
        })
        .await;
        self.after_analysis(fresh).await?;
        let (graph, cache) = built.map_err(|e| EngineError::unavailable(format!("building the graph failed: {e}")))?;
        self.keep_cache(cache);
        Ok(graph)
    }

    /// `base` with some relations looking otherwise: the other side of an impact question.
    pub(crate) async fn override_graph(
        &self,
        base: &Arc<Graph>,
        overrides: Vec<(TableName, Dialect, Option<TableSchema>)>,
    ) -> Result<Graph> {
        let mut cache = std::mem::take(&mut *Self::lock(&self.cache));
        let base = base.clone();
        let (graph, cache) = tokio::task::spawn_blocking(move || {
            let graph = base.with_overrides(&overrides, &mut cache);
            (graph, cache)
        })
        .await
        .map_err(|e| EngineError::unavailable(format!("asking the graph failed: {e}")))?;
        self.keep_cache(cache);
        Ok(graph)
    }

    fn keep_cache(&self, cache: Cache) {
        *Self::lock(&self.cache) = cache;
    }

    fn project_state(
        &self,
        manifest: &Artifact,
        catalog: Option<&Artifact>,
        compiled: Option<&Artifact>,
    ) -> Result<ProjectState> {
        let limits = tessera_dbt::Limits::default();
        let bad = |e: tessera_dbt::ArtifactError| EngineError::invalid("INVALID_ARTIFACT", e.to_string());
        let cached = Self::lock(&self.parsed).manifests.get(&manifest.hash).cloned();
        let mut project = match cached {
            Some(project) => project,
            None => {
                let project = Arc::new(tessera_dbt::parse_manifest(&manifest.bytes, &limits).map_err(bad)?);
                Self::lock(&self.parsed).manifests.insert(manifest.hash.clone(), project.clone());
                project
            }
        };
        if let Some(kept) = compiled {
            let kept: crate::ingest::KeptSql = serde_json::from_slice(&gunzip(&kept.bytes)?).unwrap_or_default();
            if !kept.is_empty() {
                let mut with_kept = (*project).clone();
                kept.fill(&mut with_kept);
                project = Arc::new(with_kept);
            }
        }
        let catalog = match catalog {
            None => None,
            Some(artifact) => {
                let cached = Self::lock(&self.parsed).catalogs.get(&artifact.hash).cloned();
                Some(match cached {
                    Some(c) => c,
                    None => {
                        let parsed = Arc::new(tessera_dbt::parse_catalog(&artifact.bytes, &limits).map_err(bad)?);
                        Self::lock(&self.parsed).catalogs.insert(artifact.hash.clone(), parsed.clone());
                        parsed
                    }
                })
            }
        };
        let seen = manifest.generated_at.or(Some(manifest.received_at));
        Ok(ProjectState {
            name: manifest.project.clone(),
            environment: manifest.environment.clone(),
            project,
            catalog,
            seen,
        })
    }
}
