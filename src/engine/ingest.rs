//! dbt artifacts come in: assets, contracts and proposals come out. One manifest is one change-set and one transaction.

mod kept;
mod rules;
mod work;

pub use kept::KeptSql;
pub(crate) use rules::{covers, locate, table_removed};

use crate::engine::{Engine, need, retry};
use crate::error::{EngineError, Result};
use crate::ownership::OwnerBook;
use crate::requests::IngestReport;
use crate::snapshot::{Snapshot, gunzip, gzip};
use crate::world::ProjectState;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use tessera_dbt::codeowners::CodeOwners;
use tessera_model::actor::Scope;
use tessera_model::ids::ArtifactId;
use tessera_model::{Actor, Finding, Fingerprint};
use tessera_ports::records::Artifact;
use tessera_ports::{Batch, Write};
use tessera_workflow::Proposal;
use work::Work;

/// Artifacts to take in.
#[derive(Debug, Clone, Default)]
pub struct Ingest<'a> {
    /// The configured name; the manifest's own when absent.
    pub project: Option<&'a str>,
    pub environment: Option<&'a str>,
    pub manifest: &'a [u8],
    pub catalog: Option<&'a [u8]>,
    /// Text of a CODEOWNERS file.
    pub codeowners: Option<&'a str>,
    /// A person says that a mass removal is meant.
    pub confirmed: bool,
}

struct Incoming {
    state: ProjectState,
    artifacts: Vec<Artifact>,
    kept: usize,
}

impl Engine {
    pub async fn upload_manifest(
        &self,
        actor: &Actor,
        project: Option<&str>,
        environment: Option<&str>,
        manifest: &[u8],
        catalog: Option<&[u8]>,
    ) -> Result<IngestReport> {
        self.ingest(actor, Ingest { project, environment, manifest, catalog, ..Ingest::default() }).await
    }

    pub async fn ingest(&self, actor: &Actor, request: Ingest<'_>) -> Result<IngestReport> {
        need(actor, Scope::Write)?;
        let _one = self.ingesting.lock().await;
        let report = retry!(self.ingest_once(actor, &request).await);
        self.metrics().manifest(report.as_ref().map_or("refused", |r| r.outcome.as_str()));
        report
    }

    async fn ingest_once(&self, actor: &Actor, request: &Ingest<'_>) -> Result<IngestReport> {
        let snapshot = self.fresh().await?;
        let incoming = self.read_incoming(request).await?;
        let state = &incoming.state;
        let before =
            snapshot.projects.iter().find(|p| p.name == state.name && p.environment == state.environment).cloned();
        let mut report = IngestReport {
            project: state.name.clone(),
            outcome: "accepted".into(),
            models: state.project.models().count(),
            findings: state.project.findings.clone(),
            ..IngestReport::default()
        };
        if incoming.artifacts.is_empty() {
            report.outcome = "unchanged".into();
            report.coverage = snapshot.graph()?.coverage(Some(&state.name));
            return Ok(report);
        }
        if let Some(held) = before.as_deref().and_then(|b| rules::mass_removal(b, state)).filter(|_| !request.confirmed)
        {
            report.outcome = "held".into();
            report.findings.push(held.clone());
            self.hold_manifest(actor, &snapshot, state, held).await?;
            return Ok(report);
        }
        if incoming.kept > 0 {
            report.findings.push(Finding::info(
                "kept-compiled-sql",
                format!(
                    "{} nodes came without compiled SQL; what an earlier manifest said of their unchanged text is kept",
                    incoming.kept
                ),
            ));
        }
        let settings = self.settings();
        let codeowners = request.codeowners.map(CodeOwners::parse);
        let (input, hints, findings) = snapshot.graph_input(&settings, codeowners.as_ref(), Some(state));
        report.findings.extend(findings);
        let teams: BTreeSet<String> = input
            .meta
            .values()
            .filter_map(|m| m.team.clone())
            .chain(input.exposures.iter().filter_map(|e| e.team.clone()))
            .collect();
        let head = self.build_graph(input).await?;
        report.coverage = head.coverage(Some(&state.name));
        if self.ensure_teams(teams.iter().map(String::as_str), &hints).await? {
            // The teams just created must be in what is decided on.
            return Err(EngineError::conflict("CONFLICT", "teams were created"));
        }
        let waivers = self.store().waivers(None).await?;
        let change_set = format!(
            "dbt:{}:{}",
            state.name,
            state.project.invocation_id.clone().unwrap_or_else(|| incoming.artifacts[0].hash.to_string())
        );
        let mut work = Work {
            engine: self,
            actor,
            snapshot: &snapshot,
            base: snapshot.graph()?,
            head: &head,
            state,
            before: before.as_deref(),
            owners: OwnerBook::new(&settings, codeowners.as_ref()),
            waivers,
            change_set,
            batch: Batch::default(),
            opened: Vec::new(),
            events: Vec::new(),
            report: &mut report,
        };
        work.all().await?;
        let Work { mut batch, opened, events, .. } = work;
        batch.writes.extend(incoming.artifacts.into_iter().map(Write::PutArtifact));
        batch.writes.push(self.touch());
        let payload = json!({"project": report.project, "models": report.models, "contracts": report.contracts_published, "proposals": report.proposals.len()});
        batch.audit.push(self.audit_event(actor, "project", &report.project, "manifest.accepted", payload));
        let refs: Vec<&Proposal> = opened.iter().collect();
        if !refs.is_empty() {
            batch.outbox.extend(self.proposal_messages(&events, &refs, &snapshot));
        }
        self.commit(batch).await?;
        Ok(report)
    }

    async fn read_incoming(&self, request: &Ingest<'_>) -> Result<Incoming> {
        let limits = tessera_dbt::Limits::default();
        let bad = |e: tessera_dbt::ArtifactError| EngineError::invalid("INVALID_ARTIFACT", e.to_string());
        let project = tessera_dbt::parse_manifest(request.manifest, &limits).map_err(bad)?;
        let name = request.project.map_or_else(|| project.name.clone(), str::to_owned);
        if name.is_empty() {
            return Err(EngineError::invalid(
                "INVALID_INPUT",
                "the manifest does not name its project: give `project`",
            ));
        }
        let environment = request.environment.unwrap_or("production").to_owned();
        let catalog =
            request.catalog.map(|bytes| tessera_dbt::parse_catalog(bytes, &limits)).transpose().map_err(bad)?;
        let now = self.now();
        let mut artifacts = Vec::new();
        let artifact = |kind: &str, bytes: &[u8], invocation_id: Option<String>, generated_at| {
            let plain: std::borrow::Cow<'_, [u8]> = if bytes.starts_with(&[0x1f, 0x8b]) {
                gunzip(bytes).unwrap_or_else(|_| bytes.to_vec()).into()
            } else {
                bytes.into()
            };
            Artifact {
                id: ArtifactId(self.ids().next()),
                project: name.clone(),
                kind: kind.to_owned(),
                environment: environment.clone(),
                hash: Fingerprint::of_bytes(&plain),
                invocation_id,
                generated_at,
                received_at: now,
                bytes: gzip(&plain),
            }
        };
        let manifest = artifact("manifest", request.manifest, project.invocation_id.clone(), project.generated_at);
        let stored = self.store().artifact(&name, "manifest", &environment).await?;
        let changed = stored.as_ref().is_none_or(|s| s.hash != manifest.hash);
        let seen = manifest.generated_at.or(Some(now));
        if changed {
            artifacts.push(manifest);
        }
        if let (Some(c), Some(bytes)) = (&catalog, request.catalog) {
            let new = artifact("catalog", bytes, c.invocation_id.clone(), c.generated_at);
            let old = self.store().artifact(&name, "catalog", &environment).await?;
            if old.is_none_or(|o| o.hash != new.hash) {
                artifacts.push(new);
            }
        }
        let mut project = project;
        let mut kept = 0;
        let snapshot = self.snapshot();
        let before = snapshot.projects.iter().find(|p| p.name == name && p.environment == environment);
        if let (true, Some(before)) = (changed, before) {
            let sql = KeptSql::between(&before.project, &project);
            kept = sql.fill(&mut project);
            artifacts.push(artifact("compiled", &serde_json::to_vec(&sql).unwrap_or_default(), None, None));
        }
        let catalog = match catalog {
            Some(c) => Some(Arc::new(c)),
            None => before.and_then(|b| b.catalog.clone()),
        };
        Ok(Incoming {
            state: ProjectState { name, environment, project: Arc::new(project), catalog, seen },
            artifacts,
            kept,
        })
    }

    async fn hold_manifest(
        &self,
        actor: &Actor,
        snapshot: &Snapshot,
        state: &ProjectState,
        finding: Finding,
    ) -> Result<()> {
        let notice = self.drift_notice(
            tessera_ports::notifier::NoticeKind::Attention,
            &format!("dbt:{}", state.name),
            format!("dbt project {}: a manifest is held", state.name),
            format!("{} {}", finding.message, finding.remedy.clone().unwrap_or_default()),
            &[],
        );
        let invocation = state.project.invocation_id.clone().unwrap_or_default();
        let batch = Batch {
            audit: vec![self.audit_event(
                actor,
                "project",
                &state.name,
                "manifest.held",
                json!({"why": finding.message, "invocation_id": invocation}),
            )],
            outbox: self.messages(&notice, &[None], snapshot, &finding.message),
            ..Batch::default()
        };
        self.commit(batch).await?;
        Ok(())
    }
}
