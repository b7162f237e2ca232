//! dbt artifacts come in: assets, contracts and proposals come out. One manifest is one change-set and one transaction.

use crate::engine::{Engine, need, retry};
use crate::error::{EngineError, Result};
use crate::ownership::OwnerBook;
use crate::publish::{NewContract, Proposed};
use crate::requests::{IngestReport, ProposalRef};
use crate::shape::{Known, proposed, with_snapshot_columns};
use crate::snapshot::{Snapshot, gunzip, gzip};
use crate::world::ProjectState;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use tessera_dbt::codeowners::CodeOwners;
use tessera_dbt::{Node, Project, ResourceType};
use tessera_graph::Graph;
use tessera_model::actor::Scope;
use tessera_model::asset::Asset;
use tessera_model::contract::{Contract, SchemaFormat, Waiver};
use tessera_model::ids::{ArtifactId, AssetId};
use tessera_model::semver::Version;
use tessera_model::table::Origin;
use tessera_model::{Actor, Change, ChangeKind, Finding, Fingerprint, Judgment, TableKey, TableSchema};
use tessera_ports::records::Artifact;
use tessera_ports::store::{Page, ProposalFilter};
use tessera_ports::{Batch, Write};
use tessera_workflow::{Command, Context, Event, Proposal, ProposalOrigin, ProposalStatus};

/// Share of models that may vanish at once before a person is asked.
const VANISH_SHARE: f64 = 0.2;
/// …if at least so many did.
const VANISH_MODELS: usize = 5;

/// Compiled SQL of earlier manifests, for nodes whose text has not changed since: `dbt parse` and `dbt test` rewrite the
/// manifest without it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct KeptSql(BTreeMap<String, (String, String)>);

impl KeptSql {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Fills in what is missing; how many nodes it helped.
    pub fn fill(&self, project: &mut Project) -> usize {
        let mut filled = 0;
        for (id, (checksum, sql)) in &self.0 {
            let Some(node) = project.nodes.get_mut(id) else { continue };
            if node.compiled_code.is_none() && node.checksum.as_ref() == Some(checksum) {
                node.compiled_code = Some(Arc::from(sql.as_str()));
                filled += 1;
            }
        }
        filled
    }

    /// What `before` knew and `now` lacks.
    fn between(before: &Project, now: &Project) -> Self {
        let mut kept = BTreeMap::new();
        for (id, node) in &now.nodes {
            let (None, Some(old)) = (&node.compiled_code, before.nodes.get(id)) else { continue };
            if let (Some(sql), Some(checksum)) = (&old.compiled_code, &old.checksum)
                && node.checksum.as_ref() == Some(checksum)
                && before.engine == now.engine
            {
                kept.insert(id.clone(), (checksum.clone(), sql.to_string()));
            }
        }
        KeptSql(kept)
    }
}

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
        if let Some(held) = before.as_deref().and_then(|b| mass_removal(b, state)).filter(|_| !request.confirmed) {
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

/// Many models gone at once look like a failed parse, not like a decision.
fn mass_removal(before: &ProjectState, now: &ProjectState) -> Option<Finding> {
    let models: Vec<&Node> = before.project.models().collect();
    let gone: Vec<&&Node> = models.iter().filter(|m| !now.project.nodes.contains_key(&m.unique_id)).collect();
    let many = gone.len() >= VANISH_MODELS && gone.len() as f64 > models.len() as f64 * VANISH_SHARE;
    many.then(|| {
        let names: Vec<_> = gone.iter().take(5).map(|n| n.name.as_str()).collect();
        Finding::warning(
            "mass-removal",
            format!(
                "{} of {} models vanished at once ({}, …): it looks like a manifest written by a failing run.",
                gone.len(),
                models.len(),
                names.join(", ")
            ),
        )
        .about(now.name.clone())
        .remedy("Run `dbt compile` again; if the models are really gone, hand the manifest in with confirm=true.")
    })
}

/// One ingest in the making.
struct Work<'a> {
    engine: &'a Engine,
    actor: &'a Actor,
    snapshot: &'a Snapshot,
    base: &'a Arc<Graph>,
    head: &'a Graph,
    state: &'a ProjectState,
    before: Option<&'a ProjectState>,
    owners: OwnerBook<'a>,
    waivers: Vec<Waiver>,
    change_set: String,
    batch: Batch,
    opened: Vec<Proposal>,
    events: Vec<Event>,
    report: &'a mut IngestReport,
}

impl Work<'_> {
    async fn all(&mut self) -> Result<()> {
        // A relation that is both built and declared as a source is one asset: the builder's.
        let mut seen: HashMap<TableKey, ()> = HashMap::new();
        let state = self.state;
        let nodes = state
            .project
            .nodes
            .values()
            .chain(state.project.sources.values())
            .filter(|n| n.enabled && n.resource_type.is_relation());
        for node in nodes {
            let Some(relation) = &node.relation else { continue };
            if seen.insert(relation.key(node.dialect), ()).is_none() {
                self.node(node).await?;
            }
        }
        self.removed(&seen).await
    }

    async fn node(&mut self, node: &Node) -> Result<()> {
        let Some(relation) = node.relation.clone() else { return Ok(()) };
        let known = self.snapshot.asset_by_name(&relation, node.dialect, &self.state.environment).cloned();
        let shape = self.state.shape_of(node);
        let asset = match known {
            Some(asset) => self.refreshed(asset, node),
            None => {
                let owner = self.owner_of(node);
                let now = self.engine.now();
                let asset = Asset {
                    id: AssetId(self.engine.ids().next()),
                    key: relation.key(node.dialect),
                    fqn: relation.to_string(),
                    environment: self.state.environment.clone(),
                    description: node.description.clone().filter(|d| !d.is_empty()),
                    owner: owner.as_ref().and_then(|(id, _)| *id),
                    owner_origin: owner.map(|(_, origin)| origin.to_owned()),
                    dialect: node.dialect,
                    resource_type: node.resource_type.name().to_owned(),
                    compatibility: self.engine.settings().check.compatibility,
                    project: Some(self.state.name.clone()),
                    node: Some(node.unique_id.clone()),
                    warehouse: None,
                    metadata: json!({"dbt": {"materialized": node.materialized, "access": node.access, "group": node.group, "path": node.path}}),
                    created_at: now,
                    updated_at: now,
                    deleted_at: None,
                };
                self.batch.writes.push(Write::PutAsset(asset.clone()));
                self.batch.audit.push(self.engine.audit_event(
                    self.actor,
                    "asset",
                    asset.id,
                    "asset.created",
                    json!({"fqn": asset.fqn, "node": node.unique_id}),
                ));
                self.report.assets_created += 1;
                asset
            }
        };
        let active = self.snapshot.contracts.get(&asset.id).cloned();
        let head_node = self.head.table(&relation);
        let inferred = head_node.map(|n| n.schema.clone());
        let Some(active) = active else {
            let firm = shape.filter(|s| !s.open && matches!(s.origin, Some(Origin::Catalog | Origin::Contract)));
            let Some(first) = firm.or(inferred).filter(|s| !s.columns.is_empty()) else { return Ok(()) };
            self.publish(&asset, None, &first, Version::new(1, 0, 0));
            return Ok(());
        };
        let Some(accepted) = active.table() else { return Ok(()) };
        let is_sql = node.resource_type != ResourceType::Source && node.resource_type != ResourceType::Seed;
        let before_node = self.base.table(&relation);
        let before_shape = self.before.and_then(|b| b.shape_of(b.project.node(&node.unique_id)?));
        let firm = |s: &Option<TableSchema>| {
            s.clone().filter(|s| !s.open && matches!(s.origin, Some(Origin::Catalog | Origin::Contract)))
        };
        let closed = |s: &TableSchema| is_sql && !s.open && !s.columns.is_empty();
        let (was, is) = (firm(&before_shape), firm(&shape));
        let told = |n: &tessera_lineage::NodeLineage| match node.resource_type {
            ResourceType::Snapshot => with_snapshot_columns(&accepted, &n.inferred),
            _ => n.inferred.clone(),
        };
        let (sql_before, sql_after) = (before_node.map(told), head_node.map(told));
        let before = Known { firm: was.as_ref(), inferred: sql_before.as_ref().filter(|s| closed(s)) };
        let after = Known { firm: is.as_ref(), inferred: sql_after.as_ref().filter(|s| closed(s)) };
        let mut proposed = proposed(&accepted, before, after).unwrap_or_else(|| accepted.clone());
        if let Some(s) = &shape {
            proposed.guarantees = s.guarantees.clone();
        }
        let options = self.engine.diff_options(asset.dialect);
        let changes = tessera_diff::diff_tables(&accepted, &proposed, asset.compatibility, &options).changes;
        let changes: Vec<Change> = changes.into_iter().filter(|c| c.kind != ChangeKind::Documentation).collect();
        self.settle(&asset, node, &active, changes, &proposed).await
    }

    /// A dbt node is what an asset is built by, even where a scan or a client met it first.
    fn refreshed(&mut self, mut asset: Asset, node: &Node) -> Asset {
        let owner = self.owner_of(node);
        let before = asset.clone();
        if node.resource_type != ResourceType::Source || asset.node.is_none() {
            asset.project = Some(self.state.name.clone());
            asset.node = Some(node.unique_id.clone());
            asset.resource_type = node.resource_type.name().to_owned();
        }
        if asset.owner_origin.as_deref() != Some("api")
            && let Some((Some(id), origin)) = owner
        {
            asset.owner = Some(id);
            asset.owner_origin = Some(origin.to_owned());
        }
        if asset != before {
            asset.updated_at = self.engine.now();
            self.batch.writes.push(Write::PutAsset(asset.clone()));
        }
        asset
    }

    fn owner_of(&mut self, node: &Node) -> Option<(Option<tessera_model::ids::TeamId>, &'static str)> {
        let found = self.owners.of_node(&self.state.project, node)?;
        Some((self.snapshot.team_named(&found.team).map(|t| t.id), found.origin))
    }

    fn publish(
        &mut self,
        asset: &Asset,
        active: Option<&Contract>,
        schema: &TableSchema,
        version: Version,
    ) -> Contract {
        self.report.contracts_published += 1;
        let new = NewContract {
            format: SchemaFormat::Table,
            schema: serde_json::to_value(schema).unwrap_or_default(),
            guarantees: Value::Null,
            version,
            origin: "dbt",
            published_by: asset.owner,
            proposal: None,
        };
        self.engine.contract_writes(self.actor, asset, active, new, &mut self.batch)
    }

    async fn settle(
        &mut self,
        asset: &Asset,
        node: &Node,
        active: &Contract,
        changes: Vec<Change>,
        proposed: &TableSchema,
    ) -> Result<()> {
        let target = Fingerprint::of_json(&serde_json::to_value(proposed).unwrap_or_default());
        let pending = self.engine.store().pending_proposal(asset.id).await?;
        if let Some(old) = pending {
            if old.target_fingerprint == target && !changes.is_empty() {
                return Ok(());
            }
            if matches!(old.origin, ProposalOrigin::Dbt) {
                let reason = if changes.is_empty() {
                    "dbt builds the accepted shape again"
                } else {
                    "a newer manifest says otherwise"
                };
                self.withdraw(&old, reason)?;
            } else if !changes.is_empty() {
                // Somebody else's proposal is being answered: a compatible publish would strand it, a second one cannot open.
                self.report.findings.push(
                    Finding::warning(
                        "proposal-pending",
                        format!("{} changed while proposal {} is pending for it", asset.fqn, old.id),
                    )
                    .about(asset.fqn.clone())
                    .remedy("resolve that proposal; the next manifest is compared again"),
                );
                return Ok(());
            }
        }
        if changes.is_empty() {
            return Ok(());
        }
        let mut assessment = self.engine.assess(self.snapshot, asset, changes, self.base, self.head, &self.waivers);
        for change in &mut assessment.reported {
            (change.file, change.line) = locate(node, change.column.as_deref());
        }
        self.report.findings.append(&mut assessment.findings);
        if !assessment.breaking() {
            let version = active.version.next(assessment.change_type);
            self.publish(asset, Some(active), proposed, version);
            return Ok(());
        }
        // Agreed on before it was built: `tessera propose` in CI, acknowledged, then merged.
        let filter = ProposalFilter {
            asset: Some(asset.id),
            status: Some(ProposalStatus::Approved),
            ..ProposalFilter::default()
        };
        let agreed = self.engine.store().proposals(&filter, Page::default()).await?.items;
        if let Some(agreed) = agreed.into_iter().find(|p| !p.stale && covers(p, &assessment.reported)) {
            let daemon = Actor::daemon();
            let (published, _) =
                self.engine.publish_approved(&daemon, asset, Some(active), &agreed, None, &mut self.batch)?;
            self.report.contracts_published += 1;
            self.note(published.proposal, published.events);
            return Ok(());
        }
        let proposed = Proposed {
            origin: ProposalOrigin::Dbt,
            format: SchemaFormat::Table,
            schema: serde_json::to_value(proposed).unwrap_or_default(),
            guarantees: Value::Null,
            version: None,
            drift: None,
            change_set: Some(self.change_set.clone()),
        };
        let opened = self.engine.open_proposal(self.actor, asset, Some(active), &assessment, proposed);
        self.engine.record(self.actor, &opened, &mut self.batch);
        let mut events = opened.events;
        let mut proposal = opened.proposal;
        if proposal.status == ProposalStatus::Approved {
            let (published, _) = self.engine.publish_approved(
                &Actor::daemon(),
                asset,
                Some(active),
                &proposal,
                None,
                &mut self.batch,
            )?;
            self.report.contracts_published += 1;
            events.extend(published.events);
            proposal = published.proposal;
        }
        self.note(proposal, events);
        Ok(())
    }

    fn note(&mut self, proposal: Proposal, events: Vec<Event>) {
        self.report.proposals.push(ProposalRef {
            id: proposal.id.to_string(),
            asset: proposal.asset_fqn.clone(),
            status: proposal.status.name().to_owned(),
        });
        // An open question outweighs what settled itself.
        if crate::publish::opened(&events) {
            self.events.extend(events);
        } else {
            self.events.splice(0..0, events);
        }
        self.opened.push(proposal);
    }

    fn withdraw(&mut self, old: &Proposal, reason: &str) -> Result<()> {
        let daemon = Actor::daemon();
        let settings = self.engine.settings();
        let cx = Context { now: self.engine.now(), actor: &daemon, policy: &settings.proposals };
        let gone = tessera_workflow::apply(old, Command::Withdraw { reason: Some(reason.to_owned()) }, &cx)?;
        self.engine.record(&daemon, &gone, &mut self.batch);
        self.batch.outbox.extend(self.engine.proposal_messages(&gone.events, &[&gone.proposal], self.snapshot));
        Ok(())
    }

    /// Models that were built and no longer are.
    async fn removed(&mut self, present: &HashMap<TableKey, ()>) -> Result<()> {
        let Some(before) = self.before else { return Ok(()) };
        for node in before.project.nodes.values().filter(|n| n.enabled && n.resource_type.is_relation()) {
            let Some(relation) = &node.relation else { continue };
            if present.contains_key(&relation.key(node.dialect)) {
                continue;
            }
            let Some(asset) = self.snapshot.asset_by_name(relation, node.dialect, &self.state.environment).cloned()
            else {
                continue;
            };
            let Some(active) = self.snapshot.contracts.get(&asset.id).cloned() else { continue };
            if active.table().is_none_or(|t| t.columns.is_empty()) {
                continue;
            }
            let mut change = table_removed(&asset, &active);
            asset.compatibility.judge(std::slice::from_mut(&mut change), self.engine.settings().diff.judge_policy());
            let empty = TableSchema::new(asset.dialect, Vec::new());
            self.settle(&asset, node, &active, vec![change], &empty).await?;
        }
        Ok(())
    }
}

/// The change that a whole table is gone.
pub(crate) fn table_removed(asset: &Asset, active: &Contract) -> Change {
    Change {
        rule: "table-removed".into(),
        path: String::new(),
        column: None,
        kind: ChangeKind::Structural,
        reads: Judgment::Fails,
        writes: Judgment::Fails,
        breaking: true,
        before: json!(active.table().map(|t| t.columns.into_iter().map(|c| c.name).collect::<Vec<_>>())),
        after: Value::Null,
        message: format!("{} is gone", asset.fqn),
        witness: None,
        suggestion: Some("keep a view of the old name until its readers have moved".into()),
    }
}

/// Does an approved proposal cover exactly these breaking changes?
pub(crate) fn covers(agreed: &Proposal, reported: &[tessera_model::report::AssetChange]) -> bool {
    let key = |c: &tessera_model::report::AssetChange| {
        (c.change.rule.clone(), c.column.clone(), c.change.before.to_string(), c.change.after.to_string())
    };
    let known: BTreeSet<_> = agreed.changes.iter().map(key).collect();
    reported.iter().filter(|c| c.change.breaking && !c.acknowledged).all(|c| known.contains(&key(c)))
}

/// The model's file, and the line in it where the column stands; for a column that is gone, where the final select begins.
pub(crate) fn locate(node: &Node, column: Option<&str>) -> (Option<String>, Option<u32>) {
    let Some(path) = node.path.clone() else { return (None, None) };
    let Some(text) = &node.raw_code else { return (Some(path), None) };
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let holds = |line: &str, word: &str| {
        let (line, word) = (line.to_lowercase(), word.to_lowercase());
        line.match_indices(&word).any(|(i, _)| {
            let before = line[..i].chars().next_back().is_some_and(is_word);
            let after = line[i + word.len()..].chars().next().is_some_and(is_word);
            !before && !after
        })
    };
    let line_of =
        |word: &str| text.lines().enumerate().filter(|(_, l)| holds(l, word)).map(|(i, _)| i as u32 + 1).last();
    let line = column.and_then(line_of).or_else(|| line_of("select")).or(Some(1));
    (Some(path), line)
}
