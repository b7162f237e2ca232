//! Publishing a contract: first and compatible versions at once; breaking ones through a proposal, by force, or not at all.

use crate::engine::{Engine, need_team, retry};
use crate::error::{EngineError, Result};
use crate::impact::{Assessment, check_schema, guess_format};
use crate::ownership::TeamHint;
use crate::requests::{PublishAction, PublishOutcome, PublishRequest};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tessera_model::actor::Scope;
use tessera_model::asset::Asset;
use tessera_model::contract::{Contract, ContractStatus, SchemaFormat};
use tessera_model::ids::{AssetId, ContractId, DriftId, ProposalId, TeamId};
use tessera_model::semver::{ChangeType, Version};
use tessera_model::{Actor, ActorKind, Fingerprint};
use tessera_ports::{Batch, Write};
use tessera_workflow::{Command, Context, Event, Opening, Proposal, ProposalOrigin, ProposalStatus, Transition};

/// A contract about to be written.
#[derive(Debug, Clone)]
pub(crate) struct NewContract {
    pub format: SchemaFormat,
    pub schema: Value,
    pub guarantees: Value,
    pub version: Version,
    pub origin: &'static str,
    pub published_by: Option<TeamId>,
    pub proposal: Option<ProposalId>,
}

/// Where a proposal comes from and what it would make of the asset.
#[derive(Debug, Clone)]
pub(crate) struct Proposed {
    pub origin: ProposalOrigin,
    pub format: SchemaFormat,
    pub schema: Value,
    pub guarantees: Value,
    pub version: Option<Version>,
    pub drift: Option<DriftId>,
    pub change_set: Option<String>,
}

impl Engine {
    pub(crate) fn contract_writes(
        &self,
        actor: &Actor,
        asset: &Asset,
        active: Option<&Contract>,
        new: NewContract,
        batch: &mut Batch,
    ) -> Contract {
        let contract = Contract {
            id: ContractId(self.ids().next()),
            asset: asset.id,
            version: new.version,
            format: new.format,
            fingerprint: Fingerprint::of_json(&new.schema),
            schema: new.schema,
            compatibility: asset.compatibility,
            guarantees: new.guarantees,
            status: ContractStatus::Active,
            origin: new.origin.to_owned(),
            published_by: new.published_by,
            published_at: self.now(),
            proposal: new.proposal,
        };
        if let Some(active) = active {
            batch.writes.push(Write::SetContractStatus {
                id: active.id,
                expect: ContractStatus::Active,
                status: ContractStatus::Deprecated,
            });
        }
        batch.audit.push(self.audit_event(
            actor,
            "contract",
            contract.id,
            "contract.published",
            json!({"asset": asset.fqn, "version": contract.version, "origin": contract.origin, "proposal": contract.proposal}),
        ));
        batch.writes.push(Write::InsertContract(contract.clone()));
        batch.writes.push(self.touch());
        contract
    }

    /// Opens a proposal in `batch`; approved at once when there is nobody to ask. Tells nobody yet.
    pub(crate) fn open_proposal(
        &self,
        actor: &Actor,
        asset: &Asset,
        active: Option<&Contract>,
        assessment: &Assessment,
        proposed: Proposed,
    ) -> Transition {
        let opening = Opening {
            id: ProposalId(self.ids().next()),
            asset: asset.id,
            asset_fqn: asset.fqn.clone(),
            origin: proposed.origin,
            base: active.map(|c| c.id),
            base_fingerprint: active.map(|c| c.fingerprint.clone()),
            target_fingerprint: Fingerprint::of_json(&proposed.schema),
            format: proposed.format,
            schema: proposed.schema,
            guarantees: proposed.guarantees,
            version: proposed.version,
            compatibility: asset.compatibility,
            changes: assessment.reported.clone(),
            required: assessment.required.clone(),
            opened_by: actor.clone(),
            proposed_by: asset.owner,
            drift: proposed.drift,
            change_set: proposed.change_set,
            coverage: assessment.coverage.clone(),
            now: self.now(),
        };
        tessera_workflow::open(opening, &self.settings().proposals)
    }

    pub(crate) fn record(&self, actor: &Actor, transition: &Transition, batch: &mut Batch) {
        let proposal = &transition.proposal;
        for event in &transition.events {
            self.metrics().proposal(event.action());
            let mut payload = serde_json::to_value(event).unwrap_or_default();
            if let Value::Object(map) = &mut payload {
                map.insert("asset".into(), json!(proposal.asset_fqn));
                map.insert("revision".into(), json!(proposal.revision));
                map.insert("coverage".into(), json!({"models": proposal.coverage.models, "resolved": proposal.coverage.resolved, "unknown": proposal.coverage.unknown.len()}));
            }
            batch.audit.push(self.audit_event(actor, "proposal", proposal.id, event.action(), payload));
        }
        if transition.changed() {
            batch.writes.push(Write::PutProposal(Box::new(proposal.clone())));
        }
    }

    /// Publishes an approved proposal inside `batch`.
    pub(crate) fn publish_approved(
        &self,
        actor: &Actor,
        asset: &Asset,
        active: Option<&Contract>,
        proposal: &Proposal,
        version: Option<Version>,
        batch: &mut Batch,
    ) -> Result<(Transition, Contract)> {
        let breaking = proposal.changes.iter().any(|c| c.change.breaking);
        let next = active.map_or(Version::new(1, 0, 0), |c| {
            c.version.next(if breaking { ChangeType::Major } else { ChangeType::Minor })
        });
        let version = version
            .or_else(|| proposal.version.clone().filter(|v| active.is_none_or(|c| *v > c.version)))
            .unwrap_or(next);
        check_version(&version, active)?;
        let origin = match proposal.origin {
            ProposalOrigin::Drift => "scan",
            ProposalOrigin::Dbt => "dbt",
            _ => "proposal",
        };
        let new = NewContract {
            format: proposal.format,
            schema: proposal.schema.clone(),
            guarantees: proposal.guarantees.clone(),
            version: version.clone(),
            origin,
            published_by: proposal.proposed_by,
            proposal: Some(proposal.id),
        };
        let contract = self.contract_writes(actor, asset, active, new, batch);
        let command = Command::Publish {
            base_now: active.map(|c| c.id),
            base_fingerprint_now: active.map(|c| c.fingerprint.clone()),
            contract: contract.id,
            version,
        };
        let settings = self.settings();
        let cx = Context { now: self.now(), actor, policy: &settings.proposals };
        let transition = tessera_workflow::apply(proposal, command, &cx)?;
        self.record(actor, &transition, batch);
        Ok((transition, contract))
    }

    pub async fn publish(&self, actor: &Actor, asset: AssetId, request: PublishRequest) -> Result<PublishOutcome> {
        retry!(self.publish_once(actor, asset, &request).await)
    }

    async fn publish_once(&self, actor: &Actor, id: AssetId, request: &PublishRequest) -> Result<PublishOutcome> {
        let snapshot = self.fresh().await?;
        let asset = self.asset(id).await?;
        need_team(actor, asset.owner, "publish its contracts")?;
        let published_by = request.published_by.or(actor.team).or(asset.owner);
        if let Some(team) = request.published_by {
            self.team(team).await?;
            need_team(actor, Some(team), "publish in its name")?;
        }
        let format = request.format.unwrap_or_else(|| guess_format(&request.schema));
        check_schema(format, &request.schema, &asset)?;
        let active = self.store().active_contract(id).await?;
        let version = request
            .version
            .as_deref()
            .map(str::parse::<Version>)
            .transpose()
            .map_err(|m| EngineError::invalid("INVALID_VERSION", m))?;
        if let Some(v) = &version {
            check_version(v, active.as_ref())?;
        }
        let mut warnings = Vec::new();
        if let Some(asked) = request.compatibility.filter(|c| *c != asset.compatibility && active.is_some()) {
            warnings.push(format!(
                "the asset's mode is {}; `{asked}` in this request was ignored (changing the mode is its own act)",
                asset.compatibility
            ));
        }
        let mut asset = asset;
        let mut batch = Batch::default();
        if let (Some(asked), None) = (request.compatibility.filter(|c| *c != asset.compatibility), &active) {
            // The first contract decides the mode: there is nothing yet that a weaker one could break.
            asset.compatibility = asked;
            asset.updated_at = self.now();
            batch.writes.push(Write::PutAsset(asset.clone()));
        }
        let new = |version: Version, origin: &'static str| NewContract {
            format,
            schema: request.schema.clone(),
            guarantees: request.guarantees.clone(),
            version,
            origin,
            published_by,
            proposal: None,
        };
        let outcome = |action, contract, proposal, assessment: Option<&Assessment>, message: String| PublishOutcome {
            action,
            contract,
            proposal,
            change_type: assessment.map_or(ChangeType::Minor, |a| a.change_type),
            changes: assessment.map(|a| a.changes.clone()).unwrap_or_default(),
            message,
            warnings: warnings.clone(),
            dry_run: request.dry_run,
        };
        let Some(active) = active else {
            let contract = self.contract_writes(
                actor,
                &asset,
                None,
                new(version.unwrap_or(Version::new(1, 0, 0)), "api"),
                &mut batch,
            );
            let message = format!("first contract of {}: published as {}", asset.fqn, contract.version);
            self.commit_unless_dry(batch, request.dry_run).await?;
            return Ok(outcome(PublishAction::Published, Some(contract), None, None, message));
        };
        if active.fingerprint == Fingerprint::of_json(&request.schema) && active.format == format && version.is_none() {
            let message = format!("{} {} says exactly this already", asset.fqn, active.version);
            return Ok(outcome(PublishAction::Unchanged, Some(active), None, None, message));
        }
        // The snapshot may be a moment older than the contract just read: what is judged must be what is replaced.
        if snapshot.contracts.get(&id).map(|c| c.id) != Some(active.id) {
            return Err(EngineError::conflict("CONFLICT", "the contract moved meanwhile"));
        }
        let assessment = self.assess_schema(&snapshot, &asset, format, &request.schema).await?;
        let pending = self.store().pending_proposal(id).await?;
        let next = version.clone().unwrap_or_else(|| active.version.next(assessment.change_type));
        if !assessment.breaking() {
            let contract = self.contract_writes(actor, &asset, Some(&active), new(next, "api"), &mut batch);
            let message =
                format!("compatible ({}): published as {}", asset.compatibility.mode.sentence(), contract.version);
            self.mark_stale(actor, pending.as_ref(), &mut batch)?;
            self.commit_unless_dry(batch, request.dry_run).await?;
            if pending.is_some() && !request.dry_run {
                self.rebase(id).await?;
            }
            return Ok(outcome(PublishAction::Published, Some(contract), None, Some(&assessment), message));
        }
        if request.force {
            return self
                .force_publish(actor, &asset, &active, pending, assessment, new(next, "api"), request, warnings)
                .await;
        }
        if let Some(pending) = pending {
            return Err(EngineError::conflict(
                "DUPLICATE_PROPOSAL",
                format!("proposal {} is pending for {}: resolve or withdraw it first", pending.id, asset.fqn),
            ));
        }
        let proposed = Proposed {
            origin: if actor.kind == ActorKind::Agent { ProposalOrigin::Agent } else { ProposalOrigin::Api },
            format,
            schema: request.schema.clone(),
            guarantees: request.guarantees.clone(),
            version,
            drift: None,
            change_set: None,
        };
        let opened = self.open_proposal(actor, &asset, Some(&active), &assessment, proposed);
        self.record(actor, &opened, &mut batch);
        let mut proposal = opened.proposal.clone();
        let mut contract = None;
        let mut events = opened.events.clone();
        if proposal.status == ProposalStatus::Approved {
            let (published, made) = self.publish_approved(actor, &asset, Some(&active), &proposal, None, &mut batch)?;
            events.extend(published.events);
            proposal = published.proposal;
            contract = Some(made);
        }
        batch.outbox = self.proposal_messages(&events, &[&proposal], &snapshot);
        self.commit_unless_dry(batch, request.dry_run).await?;
        let (action, message) = match &contract {
            Some(c) => (
                PublishAction::Published,
                format!("breaking, {}: published as {}", proposal.note.clone().unwrap_or_default(), c.version),
            ),
            None => {
                let teams: Vec<_> = proposal.required.iter().map(|r| r.team_name.as_str()).collect();
                let who = if teams.is_empty() { "an owner for its readers".to_owned() } else { teams.join(", ") };
                (PublishAction::ProposalCreated, format!("breaking: proposal opened, waiting for {who}"))
            }
        };
        Ok(outcome(action, contract, Some(proposal), Some(&assessment), message))
    }

    #[expect(clippy::too_many_arguments, reason = "one private step of publish_once, split off for length")]
    async fn force_publish(
        &self,
        actor: &Actor,
        asset: &Asset,
        active: &Contract,
        pending: Option<Proposal>,
        assessment: Assessment,
        new: NewContract,
        request: &PublishRequest,
        warnings: Vec<String>,
    ) -> Result<PublishOutcome> {
        if actor.scope < Scope::Admin || actor.kind == ActorKind::Agent {
            return Err(EngineError::forbidden("FORBIDDEN", "only an administrator may force a breaking contract"));
        }
        if pending.is_some() {
            return Err(EngineError::conflict("DUPLICATE_PROPOSAL", "a proposal is pending: force that one"));
        }
        let reason =
            request.force_reason.clone().unwrap_or_else(|| "forced through the API without a stated reason".into());
        if reason.trim().chars().count() < 10 {
            return Err(EngineError::invalid("INVALID_INPUT", "force_reason needs at least 10 characters"));
        }
        let snapshot = self.fresh().await?;
        let mut batch = Batch::default();
        let proposed = Proposed {
            origin: ProposalOrigin::Api,
            format: new.format,
            schema: new.schema.clone(),
            guarantees: new.guarantees.clone(),
            version: Some(new.version.clone()),
            drift: None,
            change_set: None,
        };
        let opened = self.open_proposal(actor, asset, Some(active), &assessment, proposed);
        let mut events = opened.events.clone();
        let mut proposal = opened.proposal.clone();
        self.record(actor, &opened, &mut batch);
        if proposal.status == ProposalStatus::Pending {
            let settings = self.settings();
            let cx = Context { now: self.now(), actor, policy: &settings.proposals };
            let forced = tessera_workflow::apply(&proposal, Command::Force { reason }, &cx)?;
            self.record(actor, &forced, &mut batch);
            events.extend(forced.events.clone());
            proposal = forced.proposal;
        }
        let (published, contract) =
            self.publish_approved(actor, asset, Some(active), &proposal, Some(new.version), &mut batch)?;
        events.extend(published.events.clone());
        batch.outbox = self.proposal_messages(&events, &[&published.proposal], &snapshot);
        self.commit_unless_dry(batch, request.dry_run).await?;
        Ok(PublishOutcome {
            action: PublishAction::ForcePublished,
            message: format!("forced: published as {}; the affected teams were told", contract.version),
            contract: Some(contract),
            proposal: Some(published.proposal),
            change_type: assessment.change_type,
            changes: assessment.changes,
            warnings,
            dry_run: request.dry_run,
        })
    }

    pub(crate) fn mark_stale(&self, actor: &Actor, pending: Option<&Proposal>, batch: &mut Batch) -> Result<()> {
        let Some(pending) = pending else { return Ok(()) };
        let settings = self.settings();
        let cx = Context { now: self.now(), actor, policy: &settings.proposals };
        let transition = tessera_workflow::apply(pending, Command::MarkStale, &cx)?;
        self.record(actor, &transition, batch);
        Ok(())
    }

    async fn commit_unless_dry(&self, batch: Batch, dry: bool) -> Result<()> {
        if !dry {
            self.commit(batch).await?;
        }
        Ok(())
    }

    /// Diffs a stale pending proposal anew against the contract that is active now.
    pub(crate) async fn rebase(&self, asset: AssetId) -> Result<Option<Proposal>> {
        retry!(self.rebase_once(asset).await)
    }

    async fn rebase_once(&self, id: AssetId) -> Result<Option<Proposal>> {
        let Some(pending) = self.store().pending_proposal(id).await? else { return Ok(None) };
        let actor = Actor::daemon();
        let snapshot = self.fresh().await?;
        let asset = self.asset(id).await?;
        let active = self.store().active_contract(id).await?;
        let assessment = self.assess_schema(&snapshot, &asset, pending.format, &pending.schema).await?;
        let command = Command::Rebase {
            base: active.as_ref().map(|c| c.id),
            base_fingerprint: active.as_ref().map(|c| c.fingerprint.clone()),
            changes: assessment.reported,
            required: assessment.required,
        };
        let settings = self.settings();
        let cx = Context { now: self.now(), actor: &actor, policy: &settings.proposals };
        let transition = tessera_workflow::apply(&pending, command, &cx)?;
        let mut batch = Batch::default();
        self.record(&actor, &transition, &mut batch);
        batch.outbox = self.proposal_messages(&transition.events, &[&transition.proposal], &snapshot);
        self.commit(batch).await?;
        Ok(Some(transition.proposal))
    }

    /// Teams named by dbt or by readers, created as they are met: an affected reader must have somebody to ask.
    pub(crate) async fn ensure_teams<'t>(
        &self,
        names: impl IntoIterator<Item = &'t str>,
        hints: &BTreeMap<String, TeamHint>,
    ) -> Result<bool> {
        let mut created = false;
        let mut known: Vec<String> = self.store().teams().await?.into_iter().map(|t| t.name.to_lowercase()).collect();
        for name in names {
            if known.contains(&name.to_lowercase()) || tessera_model::team::check_team_name(name).is_err() {
                continue;
            }
            let hint = hints.get(name).cloned().unwrap_or_default();
            let new = crate::requests::NewTeam {
                name: name.to_owned(),
                slack_channel: hint.slack,
                email: hint.email,
                metadata: json!({"origin": "dbt"}),
            };
            match self.create_team(&Actor::daemon(), new).await {
                Ok(_) => created = true,
                Err(e) if e.code == "DUPLICATE_TEAM" => {}
                Err(e) => return Err(e),
            }
            known.push(name.to_lowercase());
        }
        Ok(created)
    }
}

/// A version must be new and larger than the active one.
fn check_version(version: &Version, active: Option<&Contract>) -> Result<()> {
    match active {
        Some(a) if *version == a.version => {
            Err(EngineError::conflict("VERSION_EXISTS", format!("version {version} is published already")))
        }
        Some(a) if *version < a.version => Err(EngineError::invalid(
            "INVALID_VERSION",
            format!("version {version} is older than the active {}", a.version),
        )),
        _ => Ok(()),
    }
}

/// Did these events open a proposal that somebody must answer?
pub(crate) fn opened(events: &[Event]) -> bool {
    events.iter().any(|e| matches!(e, Event::Opened { .. }))
}
