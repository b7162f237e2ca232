//! Objections: an affected team's protest on record. It blocks nothing (`blocked` as an answer does), so it is an audit event
//! and not a state of the proposal.

use crate::engine::Engine;
use crate::error::{EngineError, Result};
use serde_json::json;
use tessera_model::actor::{Actor, Scope};
use tessera_model::ids::{ProposalId, TeamId};
use tessera_ports::Batch;
use tessera_ports::records::AuditEvent;
use tessera_ports::store::{AuditFilter, Page};
use tessera_workflow::{Proposal, ProposalStatus};

const ACTION: &str = "proposal.objection_filed";

/// The longest reason, in characters.
pub const REASON_CHARS: usize = 1000;

/// One team's objection to one proposal.
#[derive(Debug, Clone, PartialEq)]
pub struct Objection {
    pub team: Option<TeamId>,
    pub reason: String,
    pub at: jiff::Timestamp,
    pub by: Actor,
}

impl Objection {
    fn of(event: AuditEvent) -> Self {
        let text = |key: &str| event.payload.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned();
        Objection { team: text("team").parse().ok(), reason: text("reason"), at: event.at, by: event.actor }
    }
}

impl Engine {
    /// The objections to one proposal, oldest first, one per team.
    pub async fn objections(&self, proposal: ProposalId) -> Result<Vec<Objection>> {
        let filter = AuditFilter {
            entity: Some("proposal".into()),
            entity_id: Some(proposal.to_string()),
            ..AuditFilter::default()
        };
        let mut all: Vec<Objection> = Vec::new();
        for stored in self.store().audit(&filter, Page::default()).await?.items {
            if stored.event.action != ACTION {
                continue;
            }
            let objection = Objection::of(stored.event);
            if !all.iter().any(|known| known.team == objection.team) {
                all.push(objection);
            }
        }
        Ok(all)
    }

    /// Puts an affected team's objection on record, once per team and while the proposal is pending. Answers with all of them.
    pub async fn object(
        &self,
        actor: &Actor,
        proposal: &Proposal,
        team: TeamId,
        reason: &str,
    ) -> Result<Vec<Objection>> {
        crate::engine::need(actor, Scope::Write)?;
        let reason = reason.trim();
        if !(1..=REASON_CHARS).contains(&reason.chars().count()) {
            let message = format!("an objection's reason has 1 to {REASON_CHARS} characters");
            return Err(EngineError::invalid("INVALID_INPUT", message));
        }
        if actor.scope < Scope::Admin && actor.team != Some(team) {
            return Err(EngineError::forbidden("UNAUTHORIZED_TEAM", "a key objects only for its own team"));
        }
        if proposal.status != ProposalStatus::Pending {
            let status = proposal.status.name();
            let message = format!("the proposal is {status}: objections are taken while it is pending");
            return Err(EngineError::invalid("PROPOSAL_NOT_PENDING", message));
        }
        if !proposal.required.iter().any(|required| required.team == team) {
            let message = "only a team that the change affects may object to it";
            return Err(EngineError::forbidden("NOT_AFFECTED_TEAM", message));
        }
        let mut known = self.objections(proposal.id).await?;
        if known.iter().any(|objection| objection.team == Some(team)) {
            return Err(EngineError::conflict("DUPLICATE_OBJECTION", "this team has objected already"));
        }
        let payload = json!({ "team": team, "reason": reason, "asset": proposal.asset_fqn });
        let event = self.audit_event(actor, "proposal", proposal.id, ACTION, payload);
        known.push(Objection::of(event.clone()));
        self.commit(Batch { audit: vec![event], ..Batch::default() }).await?;
        Ok(known)
    }
}
