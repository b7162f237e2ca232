//! What a manifest means for each asset of it: refreshed, published, proposed, withdrawn, removed.

use super::rules::{covers, locate, table_removed};
use crate::engine::Engine;
use crate::error::Result;
use crate::ownership::OwnerBook;
use crate::publish::{NewContract, Proposed};
use crate::renames::by_lineage;
use crate::requests::{IngestReport, ProposalRef};
use crate::shape::{Known, proposed, with_snapshot_columns};
use crate::snapshot::Snapshot;
use crate::world::ProjectState;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::sync::Arc;
use tessera_dbt::{Node, ResourceType};
use tessera_diff::Options;
use tessera_diff::advice::{Subject, advise};
use tessera_graph::Graph;
use tessera_model::asset::Asset;
use tessera_model::contract::{Contract, SchemaFormat, Waiver};
use tessera_model::ids::AssetId;
use tessera_model::semver::Version;
use tessera_model::table::Origin;
use tessera_model::{Actor, Change, ChangeKind, Finding, Fingerprint, TableKey, TableSchema};
use tessera_ports::store::{Page, ProposalFilter};
use tessera_ports::{Batch, Write};
use tessera_workflow::{Command, Context, Event, Proposal, ProposalOrigin, ProposalStatus};
/// One ingest in the making.
pub(super) struct Work<'a> {
    pub(super) engine: &'a Engine,
    pub(super) actor: &'a Actor,
    pub(super) snapshot: &'a Snapshot,
    pub(super) base: &'a Arc<Graph>,
    pub(super) head: &'a Graph,
    pub(super) state: &'a ProjectState,
    pub(super) before: Option<&'a ProjectState>,
    pub(super) owners: OwnerBook<'a>,
    pub(super) waivers: Vec<Waiver>,
    pub(super) change_set: String,
    pub(super) batch: Batch,
    pub(super) opened: Vec<Proposal>,
    pub(super) events: Vec<Event>,
    pub(super) report: &'a mut IngestReport,
}

impl Work<'_> {
    pub(super) async fn all(&mut self) -> Result<()> {
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
        let inferred = head_node.map(|n| TableSchema::clone(&n.schema));
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
            _ => TableSchema::clone(&n.inferred),
        };
        let (sql_before, sql_after) = (before_node.map(told), head_node.map(told));
        let before = Known { firm: was.as_ref(), inferred: sql_before.as_ref().filter(|s| closed(s)) };
        let after = Known { firm: is.as_ref(), inferred: sql_after.as_ref().filter(|s| closed(s)) };
        let mut proposed = proposed(&accepted, before, after).unwrap_or_else(|| accepted.clone());
        if let Some(s) = &shape {
            proposed.guarantees = s.guarantees.clone();
        }
        let hints = before_node.zip(head_node).map(|(b, a)| by_lineage(b, a)).unwrap_or_default();
        let options = Options { hints, ..self.engine.diff_options(asset.dialect) };
        let mut changes = tessera_diff::diff_tables(&accepted, &proposed, asset.compatibility, &options).changes;
        changes.retain(|c| c.kind != ChangeKind::Documentation);
        advise(&mut changes, &Subject::tables(&accepted, &proposed, Some(&asset.fqn)), &options);
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
            asset.compatibility.judge(std::slice::from_mut(&mut change), &self.engine.settings().diff.judge_policy());
            let empty = TableSchema::new(asset.dialect, Vec::new());
            self.settle(&asset, node, &active, vec![change], &empty).await?;
        }
        Ok(())
    }
}
