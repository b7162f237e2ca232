//! Observed ≠ contract. One drift per asset and set of changes: seen again it is updated, gone again it resolves itself and
//! withdraws its proposal. Breaking drift asks the readers; compatible drift moves the contract along.

mod held;

use crate::engine::Engine;
use crate::error::Result;
use crate::impact::Assessment;
use crate::ingest::table_removed;
use crate::notices::count;
use crate::ownership::OwnerBook;
use crate::publish::{NewContract, Proposed};
use crate::settings::Track;
use crate::shape::{comparable, observed_contract, refine};
use crate::snapshot::Snapshot;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use tessera_diff::advice::{Subject, advise};
use tessera_model::asset::Asset;
use tessera_model::change::change_set_fingerprint;
use tessera_model::contract::{Contract, SchemaFormat, Waiver};
use tessera_model::ids::{AssetId, DriftId};
use tessera_model::report::AssetChange;
use tessera_model::semver::{ChangeType, Version};
use tessera_model::{Actor, Change, ChangeKind, Finding, TableKey, TableSchema};
use tessera_ports::notifier::NoticeKind;
use tessera_ports::records::{Drift, DriftStatus, Observation, Scan};
use tessera_ports::store::{DriftFilter, Page};
use tessera_ports::warehouse::{ObservedTable, RelationKind};
use tessera_ports::{Batch, Warehouse, Write};
use tessera_workflow::{Command, Context, Event, Proposal, ProposalOrigin, ProposalStatus};

/// What a scan's drift came to.
#[derive(Debug, Default)]
pub struct DriftOutcome {
    pub opened: u64,
    pub resolved: u64,
    pub findings: Vec<Finding>,
}

/// A difference found, before anything is decided about it.
struct Found {
    asset: Asset,
    active: Contract,
    changes: Vec<Change>,
    /// As it is compared and asked about.
    observed: TableSchema,
    /// As a contract would hold it.
    contract: TableSchema,
    breaking: bool,
}

/// The drift of one scan in the making.
pub(crate) struct DriftWork<'a> {
    engine: &'a Engine,
    actor: &'a Actor,
    snapshot: &'a Snapshot,
    scan: &'a Scan,
    adapter: &'a dyn Warehouse,
    now: Timestamp,
    /// Drift that is open or held now, by asset.
    open: HashMap<AssetId, Vec<Drift>>,
    waivers: Vec<Waiver>,
    found: Vec<Found>,
    /// Assets observed without a difference.
    clean: Vec<AssetId>,
    batch: Batch,
    proposals: Vec<Proposal>,
    events: Vec<Event>,
    outcome: DriftOutcome,
}

impl<'a> DriftWork<'a> {
    pub(crate) fn new(
        engine: &'a Engine,
        actor: &'a Actor,
        snapshot: &'a Snapshot,
        scan: &'a Scan,
        adapter: &'a dyn Warehouse,
        now: Timestamp,
    ) -> Self {
        DriftWork {
            engine,
            actor,
            snapshot,
            scan,
            adapter,
            now,
            open: HashMap::new(),
            waivers: Vec::new(),
            found: Vec::new(),
            clean: Vec::new(),
            batch: Batch::default(),
            proposals: Vec::new(),
            events: Vec::new(),
            outcome: DriftOutcome::default(),
        }
    }

    /// Compares every observed relation with its contract; what has none gets its first.
    pub(crate) async fn observe(
        &mut self,
        current: &BTreeMap<TableKey, &ObservedTable>,
        dropped: &[&Observation],
    ) -> Result<()> {
        self.waivers = self.engine.store().waivers(None).await?;
        for status in [DriftStatus::Open, DriftStatus::Held] {
            let filter = DriftFilter {
                status: Some(status),
                warehouse: Some(self.scan.warehouse.clone()),
                ..DriftFilter::default()
            };
            for drift in self.engine.store().drifts(&filter, Page::default()).await?.items {
                self.open.entry(drift.asset).or_default().push(drift);
            }
        }
        let settings = self.engine.settings();
        let configured = settings.warehouse.iter().find(|w| w.name == self.scan.warehouse);
        let environment = configured.map_or("production", |w| w.environment.as_str()).to_owned();
        let track = configured.map_or(Track::All, |w| w.track);
        let mut owners = OwnerBook::new(&settings, None);
        for (key, table) in current {
            let asset = self.snapshot.asset_by_key(key, &environment).cloned();
            match asset {
                None if track == Track::Known => {}
                None => self.first_seen(table, key, &environment, &mut owners),
                Some(asset) => self.compare(asset, table),
            }
        }
        for observation in dropped {
            let Some(asset) = self.snapshot.asset_by_key(&observation.key, &environment).cloned() else { continue };
            self.vanished(asset);
        }
        // Still gone: a table that vanished in an earlier scan is not in the observations any more.
        let still: Vec<AssetId> = self
            .open
            .keys()
            .copied()
            .filter(|id| !self.found.iter().any(|f| f.asset.id == *id) && !self.clean.contains(id))
            .collect();
        for id in still {
            if let Some(asset) = self.snapshot.assets.get(&id).filter(|a| !current.contains_key(&a.key)).cloned() {
                self.vanished(asset);
            }
        }
        Ok(())
    }

    fn first_seen(&mut self, table: &ObservedTable, key: &TableKey, environment: &str, owners: &mut OwnerBook<'_>) {
        let owner = owners.of_table(&table.name).or_else(|| owners.default_team());
        let asset = Asset {
            id: AssetId(self.engine.ids().next()),
            fqn: table.name.to_string(),
            key: key.clone(),
            environment: environment.to_owned(),
            description: table.schema.comment.clone(),
            owner: owner.as_ref().and_then(|o| self.snapshot.team_named(&o.team)).map(|t| t.id),
            owner_origin: owner.map(|o| o.origin.to_owned()),
            dialect: self.adapter.dialect(),
            resource_type: match table.kind {
                RelationKind::View => "view",
                RelationKind::MaterializedView => "materialized_view",
                RelationKind::ForeignTable => "foreign_table",
                RelationKind::Table | RelationKind::PartitionedTable => "table",
            }
            .to_owned(),
            compatibility: self.engine.settings().check.compatibility,
            project: None,
            node: None,
            warehouse: Some(self.scan.warehouse.clone()),
            metadata: json!({}),
            created_at: self.now,
            updated_at: self.now,
            deleted_at: None,
        };
        self.batch.writes.push(Write::PutAsset(asset.clone()));
        self.publish(&asset, None, &table.schema, Version::new(1, 0, 0));
    }

    fn publish(&mut self, asset: &Asset, active: Option<&Contract>, schema: &TableSchema, version: Version) {
        let new = NewContract {
            format: SchemaFormat::Table,
            schema: serde_json::to_value(schema).unwrap_or_default(),
            guarantees: Value::Null,
            version,
            origin: "scan",
            published_by: asset.owner,
            proposal: None,
        };
        self.engine.contract_writes(self.actor, asset, active, new, &mut self.batch);
    }

    fn compare(&mut self, mut asset: Asset, table: &ObservedTable) {
        if asset.warehouse.as_deref() != Some(self.scan.warehouse.as_str()) {
            asset.warehouse = Some(self.scan.warehouse.clone());
            self.batch.writes.push(Write::PutAsset(asset.clone()));
            self.batch.writes.push(self.engine.touch());
        }
        let Some(active) = self.snapshot.contracts.get(&asset.id).cloned() else {
            self.publish(&asset, None, &table.schema, Version::new(1, 0, 0));
            return;
        };
        // A contract in another format is about what clients send, not about this table.
        let Some(accepted) = active.table() else { return };
        let seen = comparable(&accepted, &table.schema);
        let options = self.engine.diff_options(asset.dialect);
        let mut changes = tessera_diff::diff_tables(&accepted, &seen, asset.compatibility, &options).changes;
        changes.retain(|c| c.kind != ChangeKind::Documentation);
        advise(&mut changes, &Subject::tables(&accepted, &seen, Some(&asset.fqn)), &options);
        if changes.is_empty() {
            self.clean.push(asset.id);
            // What the warehouse adds to an accepted shape (types, nullability) is no change: it is knowledge.
            let pending = self.open.contains_key(&asset.id);
            if let Some(refined) = refine(&accepted, &table.schema).filter(|_| !pending) {
                self.publish(&asset, Some(&active), &refined, active.version.next(ChangeType::Patch));
            }
            return;
        }
        let breaking = changes.iter().any(|c| c.breaking);
        let contract = observed_contract(&accepted, &table.schema);
        self.found.push(Found { asset, active, changes, observed: seen, contract, breaking });
    }

    fn vanished(&mut self, asset: Asset) {
        let Some(active) = self.snapshot.contracts.get(&asset.id).cloned() else { return };
        if active.table().is_none_or(|t| t.columns.is_empty()) {
            return;
        }
        let mut change = table_removed(&asset, &active);
        asset.compatibility.judge(std::slice::from_mut(&mut change), &self.engine.settings().diff.judge_policy());
        let breaking = change.breaking;
        let observed = TableSchema::new(asset.dialect, Vec::new());
        self.found.push(Found { asset, active, changes: vec![change], contract: observed.clone(), observed, breaking });
    }

    pub(crate) async fn finish(mut self, batch: &mut Batch) -> Result<DriftOutcome> {
        self.resolve_gone().await?;
        let found = std::mem::take(&mut self.found);
        let limit = self.engine.settings().drift.mass_change;
        let fresh = |f: &Found| {
            let print = change_set_fingerprint(&f.changes);
            !self.open.get(&f.asset.id).is_some_and(|open| open.iter().any(|d| d.fingerprint == print))
        };
        let mass = found.iter().filter(|f| f.breaking && fresh(f)).count() > limit;
        let mut held = Vec::new();
        for difference in found {
            self.settle(difference, mass, &mut held).await?;
        }
        if !held.is_empty() {
            self.tell_mass(&held);
        }
        let refs: Vec<&Proposal> = self.proposals.iter().collect();
        if !refs.is_empty() {
            let messages = self.engine.proposal_messages(&self.events, &refs, self.snapshot);
            self.batch.outbox.extend(messages);
        }
        batch.writes.append(&mut self.batch.writes);
        batch.audit.append(&mut self.batch.audit);
        batch.outbox.append(&mut self.batch.outbox);
        self.engine.metrics().drift("opened", self.outcome.opened);
        self.engine.metrics().drift("resolved", self.outcome.resolved);
        Ok(self.outcome)
    }

    /// Drift of assets that look as their contract says again.
    async fn resolve_gone(&mut self) -> Result<()> {
        let gone: Vec<Drift> = self.clean.iter().filter_map(|id| self.open.remove(id)).flatten().collect();
        for drift in gone {
            self.close(drift, "the warehouse shows the accepted schema again").await?;
        }
        Ok(())
    }

    async fn close(&mut self, mut drift: Drift, why: &str) -> Result<()> {
        drift.status = DriftStatus::Resolved;
        drift.resolved_at = Some(self.now);
        self.outcome.resolved += 1;
        let mut told = false;
        if let Some(id) = drift.proposal {
            let proposal = self.engine.store().proposal(id).await?;
            if let Some(proposal) = proposal.filter(|p| !p.status.is_final()) {
                let daemon = Actor::daemon();
                let settings = self.engine.settings();
                let cx = Context { now: self.now, actor: &daemon, policy: &settings.proposals };
                let gone = tessera_workflow::apply(&proposal, Command::DriftGone, &cx)?;
                self.engine.record(&daemon, &gone, &mut self.batch);
                let messages = self.engine.proposal_messages(&gone.events, &[&gone.proposal], self.snapshot);
                self.batch.outbox.extend(messages);
                told = true;
            }
        }
        let payload = json!({"asset": drift.asset_fqn, "why": why});
        self.batch.audit.push(self.engine.audit_event(self.actor, "drift", drift.id, "drift.resolved", payload));
        if !told && drift.breaking && drift.status != DriftStatus::Held {
            let title = format!("Resolved: {} is as its contract says again", drift.asset_fqn);
            let notice = self.engine.drift_notice(
                NoticeKind::DriftResolved,
                &drift.id.to_string(),
                title,
                why.to_owned(),
                &[&drift],
            );
            let owner = self.snapshot.assets.get(&drift.asset).and_then(|a| a.owner);
            let messages = self.engine.messages(&notice, &[owner], self.snapshot, "resolved");
            self.batch.outbox.extend(messages);
        }
        self.batch.writes.push(Write::PutDrift(Box::new(drift)));
        Ok(())
    }

    async fn settle(&mut self, found: Found, mass: bool, held: &mut Vec<Drift>) -> Result<()> {
        let print = change_set_fingerprint(&found.changes);
        let mut known = None;
        for drift in self.open.remove(&found.asset.id).unwrap_or_default() {
            if drift.fingerprint == print {
                known = Some(drift);
            } else {
                self.close(drift, "the warehouse shows yet another schema").await?;
            }
        }
        if let Some(mut drift) = known {
            drift.last_seen = self.now;
            drift.count += 1;
            drift.scan = self.scan.id;
            self.batch.writes.push(Write::PutDrift(Box::new(drift)));
            return Ok(());
        }
        self.outcome.opened += 1;
        let hold = mass && found.breaking;
        let assessment = if hold { None } else { Some(self.assess(&found).await?) };
        let mut drift = Drift {
            id: DriftId(self.engine.ids().next()),
            asset: found.asset.id,
            asset_fqn: found.asset.fqn.clone(),
            warehouse: self.scan.warehouse.clone(),
            fingerprint: print,
            status: if hold { DriftStatus::Held } else { DriftStatus::Open },
            breaking: found.breaking,
            changes: assessment.as_ref().map_or_else(|| bare(&found), |a| a.reported.clone()),
            observed: serde_json::to_value(&found.contract).unwrap_or_default(),
            first_seen: self.now,
            last_seen: self.now,
            count: 1,
            proposal: None,
            resolved_at: None,
            scan: self.scan.id,
        };
        let payload = json!({"asset": drift.asset_fqn, "breaking": drift.breaking, "changes": found.changes.iter().map(|c| c.message.clone()).collect::<Vec<_>>(), "status": drift.status});
        self.batch.audit.push(self.engine.audit_event(self.actor, "drift", drift.id, "drift.opened", payload));
        match assessment {
            None => held.push(drift.clone()),
            Some(assessment) => {
                self.outcome.findings.extend(assessment.findings.clone());
                self.propose_or_accept(&found, &assessment, &mut drift).await?;
            }
        }
        self.batch.writes.push(Write::PutDrift(Box::new(drift)));
        Ok(())
    }

    async fn assess(&self, found: &Found) -> Result<Assessment> {
        let gone = found.changes.iter().any(|c| c.rule == "table-removed");
        let base = self.engine.graph_with(self.snapshot, &found.asset, found.active.table()).await?;
        let head = self.engine.graph_with(self.snapshot, &found.asset, (!gone).then(|| found.observed.clone())).await?;
        Ok(self.engine.assess(self.snapshot, &found.asset, found.changes.clone(), &base, &head, &self.waivers))
    }

    async fn propose_or_accept(&mut self, found: &Found, assessment: &Assessment, drift: &mut Drift) -> Result<()> {
        let pending = self.engine.store().pending_proposal(found.asset.id).await?;
        if !assessment.breaking() {
            // Compatible (or waived): the contract follows the warehouse, so that a later loss of it is seen.
            if pending.is_none() {
                let version = found.active.version.next(assessment.change_type);
                self.publish(&found.asset, Some(&found.active), &found.contract, version);
                drift.status = DriftStatus::Accepted;
                drift.resolved_at = Some(self.now);
            }
            return Ok(());
        }
        if let Some(pending) = pending {
            self.outcome.findings.push(
                Finding::warning(
                    "proposal-pending",
                    format!("{} drifted while proposal {} is pending for it", found.asset.fqn, pending.id),
                )
                .about(found.asset.fqn.clone())
                .remedy("resolve that proposal; the next scan opens one for what it then sees"),
            );
            return Ok(());
        }
        let proposed = Proposed {
            origin: ProposalOrigin::Drift,
            format: SchemaFormat::Table,
            schema: drift.observed.clone(),
            guarantees: Value::Null,
            version: None,
            drift: Some(drift.id),
            change_set: Some(format!("scan:{}", self.scan.id)),
        };
        let opened =
            self.engine.open_proposal(&Actor::daemon(), &found.asset, Some(&found.active), assessment, proposed);
        self.engine.record(self.actor, &opened, &mut self.batch);
        let mut events = opened.events;
        let mut proposal = opened.proposal;
        drift.proposal = Some(proposal.id);
        if proposal.status == ProposalStatus::Approved && self.engine.settings().drift.publish_when_approved {
            let (published, _) = self.engine.publish_approved(
                &Actor::daemon(),
                &found.asset,
                Some(&found.active),
                &proposal,
                None,
                &mut self.batch,
            )?;
            events.extend(published.events);
            proposal = published.proposal;
            drift.status = DriftStatus::Accepted;
            drift.resolved_at = Some(self.now);
        }
        for change in &mut drift.changes {
            change.proposal = Some(proposal.id.to_string());
        }
        if crate::publish::opened(&events) {
            self.events.extend(events);
        } else {
            self.events.splice(0..0, events);
        }
        self.proposals.push(proposal);
        Ok(())
    }

    fn tell_mass(&mut self, held: &[Drift]) {
        let refs: Vec<&Drift> = held.iter().collect();
        let title = format!("Mass change in {}: {} break at once", self.scan.warehouse, count(held.len(), "asset"));
        let summary = "Probably a re-created schema or lost permissions. Nobody was asked yet: release the drift to open proposals, or put the tables back.".to_owned();
        let subject = format!("scan:{}", self.scan.id);
        let mut notice = self.engine.drift_notice(NoticeKind::MassChange, &subject, title, summary, &refs);
        notice.commands = vec!["tessera inbox --held".into()];
        let owners: Vec<_> = held.iter().map(|d| self.snapshot.assets.get(&d.asset).and_then(|a| a.owner)).collect();
        let messages = self.engine.messages(&notice, &owners, self.snapshot, &subject);
        self.batch.outbox.extend(messages);
        self.outcome.findings.push(Finding::warning(
            "mass-change",
            format!("{} are held for a person", count(held.len(), "breaking drift")),
        ));
    }
}

/// Changes without readers: of drift that is held, nobody is looked up yet.
fn bare(found: &Found) -> Vec<AssetChange> {
    found
        .changes
        .iter()
        .map(|c| AssetChange {
            asset: found.asset.fqn.clone(),
            node: found.asset.node.clone(),
            column: c.column.clone(),
            change: c.into(),
            file: None,
            line: None,
            team: None,
            readers: Vec::new(),
            acknowledged: false,
            proposal: None,
            caused_by: Vec::new(),
        })
        .collect()
}
