//! Answers to proposals, and what follows from them: one transition, one transaction, one message per channel.

use crate::engine::{Engine, retry};
use crate::error::{EngineError, Result};
use crate::requests::AcknowledgeRequest;
use crate::snapshot::Snapshot;
use tessera_model::Actor;
use tessera_model::contract::Contract;
use tessera_model::ids::ProposalId;
use tessera_model::semver::Version;
use tessera_ports::records::DriftStatus;
use tessera_ports::store::{Listed, Page, ProposalFilter};
use tessera_ports::{Batch, Write};
use tessera_workflow::{Command, Context, Event, Proposal, ProposalOrigin, ProposalStatus, Transition};

impl Engine {
    pub async fn proposals(&self, filter: ProposalFilter, page: Page) -> Result<Listed<Proposal>> {
        Ok(self.store().proposals(&filter, page).await?)
    }

    pub async fn proposal(&self, id: ProposalId) -> Result<Proposal> {
        self.store().proposal(id).await?.ok_or_else(|| EngineError::not_found("proposal", id))
    }

    pub async fn acknowledge(&self, actor: &Actor, id: ProposalId, request: AcknowledgeRequest) -> Result<Proposal> {
        let command = Command::Acknowledge {
            team: request.team,
            response: request.response,
            notes: request.notes,
            migrating_until: request.migrating_until,
        };
        self.command(actor, id, command).await
    }

    pub async fn withdraw(&self, actor: &Actor, id: ProposalId, reason: Option<String>) -> Result<Proposal> {
        self.command(actor, id, Command::Withdraw { reason }).await
    }

    pub async fn force(&self, actor: &Actor, id: ProposalId, reason: &str) -> Result<Proposal> {
        self.command(actor, id, Command::Force { reason: reason.to_owned() }).await
    }

    /// Applies a command until no other writer interferes.
    pub(crate) async fn command(&self, actor: &Actor, id: ProposalId, command: Command) -> Result<Proposal> {
        retry!(self.command_once(actor, id, &command).await)
    }

    async fn command_once(&self, actor: &Actor, id: ProposalId, command: &Command) -> Result<Proposal> {
        let proposal = self.proposal(id).await?;
        let settings = self.settings();
        let cx = Context { now: self.now(), actor, policy: &settings.proposals };
        let transition = tessera_workflow::apply(&proposal, command.clone(), &cx)?;
        if !transition.changed() {
            return Ok(proposal);
        }
        let snapshot = self.fresh().await?;
        let mut batch = Batch::default();
        self.record(actor, &transition, &mut batch);
        let mut events = transition.events.clone();
        let mut last = transition.proposal.clone();
        if last.status == ProposalStatus::Approved
            && self.publishes_itself(&last)
            && let Some(published) = self.follow_through(&last, &mut batch).await?
        {
            events.extend(published.events);
            last = published.proposal;
        }
        self.settle_drift(&last, &mut batch).await?;
        batch.outbox = self.change_set_messages(&events, &last, &snapshot).await?;
        self.commit(batch).await?;
        Ok(last)
    }

    /// Observed facts become the contract once everybody has consented; proposals by people wait for them.
    fn publishes_itself(&self, proposal: &Proposal) -> bool {
        match proposal.origin {
            ProposalOrigin::Drift => self.settings().drift.publish_when_approved,
            ProposalOrigin::Dbt => true,
            ProposalOrigin::Api | ProposalOrigin::Cli | ProposalOrigin::Agent => false,
        }
    }

    async fn follow_through(&self, proposal: &Proposal, batch: &mut Batch) -> Result<Option<Transition>> {
        let asset = self.asset(proposal.asset).await?;
        let active = self.store().active_contract(asset.id).await?;
        match self.publish_approved(&Actor::daemon(), &asset, active.as_ref(), proposal, None, batch) {
            Ok((transition, _)) => Ok(Some(transition)),
            // The base moved: it stays approved, and a person publishes it after comparing again.
            Err(e) if e.code.eq_ignore_ascii_case("stale_base") => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The drift behind a proposal ends with it.
    async fn settle_drift(&self, proposal: &Proposal, batch: &mut Batch) -> Result<()> {
        let (Some(id), true) = (proposal.drift, proposal.status.is_final()) else { return Ok(()) };
        let Some(mut drift) = self.store().drift(id).await? else { return Ok(()) };
        if proposal.status == ProposalStatus::Published && matches!(drift.status, DriftStatus::Open | DriftStatus::Held)
        {
            drift.status = DriftStatus::Accepted;
            drift.resolved_at = Some(self.now());
            batch.writes.push(Write::PutDrift(Box::new(drift)));
        }
        Ok(())
    }

    /// Messages tell the whole change-set, with `changed` in its newest state.
    async fn change_set_messages(
        &self,
        events: &[Event],
        changed: &Proposal,
        snapshot: &Snapshot,
    ) -> Result<Vec<tessera_ports::records::OutboxMessage>> {
        let Some(set) = &changed.change_set else {
            return Ok(self.proposal_messages(events, &[changed], snapshot));
        };
        let filter = ProposalFilter { change_set: Some(set.clone()), ..ProposalFilter::default() };
        let mut all = self.store().proposals(&filter, Page::default()).await?.items;
        match all.iter_mut().find(|p| p.id == changed.id) {
            Some(slot) => *slot = changed.clone(),
            None => all.push(changed.clone()),
        }
        all.sort_by_key(|p| p.id);
        let refs: Vec<&Proposal> = all.iter().collect();
        Ok(self.proposal_messages(events, &refs, snapshot))
    }

    /// Publishes an approved proposal. A moved base is compared again first, and refused when that asks somebody anew.
    pub async fn publish_proposal(
        &self,
        actor: &Actor,
        id: ProposalId,
        version: Option<String>,
    ) -> Result<(Proposal, Contract)> {
        let version = version
            .map(|v| v.parse::<Version>())
            .transpose()
            .map_err(|m| EngineError::invalid("INVALID_VERSION", m))?;
        retry!(self.publish_proposal_once(actor, id, version.clone()).await)
    }

    async fn publish_proposal_once(
        &self,
        actor: &Actor,
        id: ProposalId,
        version: Option<Version>,
    ) -> Result<(Proposal, Contract)> {
        let proposal = self.proposal(id).await?;
        let asset = self.asset(proposal.asset).await?;
        let active = self.store().active_contract(asset.id).await?;
        let snapshot = self.fresh().await?;
        let mut batch = Batch::default();
        let (transition, contract) =
            self.publish_approved(actor, &asset, active.as_ref(), &proposal, version, &mut batch)?;
        self.settle_drift(&transition.proposal, &mut batch).await?;
        batch.outbox = self.change_set_messages(&transition.events, &transition.proposal, &snapshot).await?;
        self.commit(batch).await?;
        Ok((transition.proposal, contract))
    }

    /// Deadlines and reminders: applied to every pending proposal, from the daemon's clock.
    pub async fn tick_proposals(&self) -> Result<usize> {
        let filter = ProposalFilter { status: Some(ProposalStatus::Pending), ..ProposalFilter::default() };
        let mut moved = 0;
        for proposal in self.store().proposals(&filter, Page::default()).await?.items {
            let before = proposal.revision;
            match self.command(&Actor::daemon(), proposal.id, Command::Tick).await {
                Ok(after) if after.revision > before => moved += 1,
                Ok(_) => {}
                Err(e) => tracing::warn!(proposal = %proposal.id, error = %e, "the deadline could not be looked at"),
            }
        }
        Ok(moved)
    }
}
