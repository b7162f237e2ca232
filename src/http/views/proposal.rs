//! Proposals: what would change, who must answer, who did.

use crate::compat::SdkShape;
use crate::resolve::Names;
use crate::views::change::{ChangeView, breaking};
use crate::views::contract::ContractView;
use crate::views::reader::{ActorView, CoverageView, ReaderView};
use crate::views::{object, or_nil, plain_mode, schema_object, words};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Value, json};
use tessera_model::Fingerprint;
use tessera_model::contract::SchemaFormat;
use tessera_model::ids::{ProposalId, TeamId};
use tessera_model::semver::ChangeType;
use tessera_workflow::{Acknowledgement, OverrideKind, Proposal, ProposalOrigin, ProposalStatus, Response};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Proposal)]
pub(crate) struct ProposalView {
    pub(crate) id: Uuid,
    pub(crate) asset_id: Uuid,
    pub(crate) asset_fqn: String,
    #[schema(value_type = words::ProposalStatus)]
    pub(crate) status: ProposalStatus,
    /// The true status where `status` is a coarser word that the SDK knows.
    #[schema(value_type = words::ProposalStatus)]
    pub(crate) status_detail: ProposalStatus,
    #[schema(value_type = words::ProposalOrigin)]
    pub(crate) origin: ProposalOrigin,
    pub(crate) proposed_schema: Value,
    #[schema(value_type = words::SchemaFormat)]
    pub(crate) schema_format: SchemaFormat,
    #[schema(value_type = Object)]
    pub(crate) proposed_guarantees: Value,
    pub(crate) proposed_version: Option<String>,
    pub(crate) compatibility_mode: String,
    pub(crate) compatibility_sentence: &'static str,
    #[schema(value_type = words::ChangeType)]
    pub(crate) change_type: ChangeType,
    /// Of the asset itself.
    pub(crate) breaking_changes: Vec<ChangeView>,
    /// The asset's own first, then those they cause downstream.
    pub(crate) changes: Vec<ChangeView>,
    /// The producing team. (In SDK mode the nil UUID when there is none.)
    pub(crate) proposed_by: Option<Uuid>,
    pub(crate) proposed_by_team: Option<String>,
    pub(crate) opened_by: ActorView,
    pub(crate) proposed_at: Timestamp,
    /// When the asset's deadline policy takes over.
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) resolved_at: Option<Timestamp>,
    /// A later publish moved the base: it is compared anew before it goes on.
    pub(crate) stale: bool,
    /// Teams that must answer, why, and what they said.
    pub(crate) affected_teams: Vec<AffectedTeam>,
    /// Those whose answer is missing, by name.
    pub(crate) missing_teams: Vec<String>,
    pub(crate) affected_assets: Vec<AffectedAsset>,
    pub(crate) acknowledgments: Vec<AcknowledgmentView>,
    pub(crate) required_acknowledgments: usize,
    pub(crate) received_acknowledgments: usize,
    /// Objections on record; an objection is not a veto (`blocked` is). Only where one proposal is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) objections: Option<Vec<Objection>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) has_objections: Option<bool>,
    /// Why it was approved without every answer.
    #[serde(rename = "override")]
    pub(crate) overridden: Option<OverrideView>,
    pub(crate) contract_id: Option<Uuid>,
    pub(crate) drift_id: Option<Uuid>,
    pub(crate) change_set: Option<String>,
    /// Why it ended, or what was said at its opening.
    pub(crate) note: Option<String>,
    pub(crate) revision: u64,
    pub(crate) coverage: CoverageView,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AffectedTeam {
    pub(crate) team_id: Uuid,
    pub(crate) team_name: String,
    /// Absent while it has not answered.
    #[schema(value_type = Option<words::Response>)]
    pub(crate) response: Option<Response>,
    pub(crate) because: Vec<ReaderView>,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct AffectedAsset {
    pub(crate) asset_fqn: String,
    pub(crate) team: Option<String>,
    pub(crate) changes: usize,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Override)]
pub(crate) struct OverrideView {
    /// `force` (an administrator) or `deadline` (the asset's policy).
    pub(crate) kind: &'static str,
    pub(crate) by: ActorView,
    pub(crate) at: Timestamp,
    pub(crate) reason: String,
}

#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Objection {
    pub(crate) team_id: Option<Uuid>,
    pub(crate) team_name: Option<String>,
    pub(crate) reason: String,
    pub(crate) objected_at: Timestamp,
    pub(crate) by: ActorView,
}

/// One team's answer.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Acknowledgment)]
pub(crate) struct AcknowledgmentView {
    pub(crate) id: Uuid,
    pub(crate) proposal_id: Uuid,
    pub(crate) consumer_team_id: Uuid,
    pub(crate) consumer_team: Option<String>,
    #[schema(value_type = words::Response)]
    pub(crate) response: Response,
    pub(crate) migration_deadline: Option<Timestamp>,
    pub(crate) notes: Option<String>,
    pub(crate) acknowledged_at: Timestamp,
    /// = `acknowledged_at`.
    pub(crate) responded_at: Timestamp,
    pub(crate) by: ActorView,
}

impl AcknowledgmentView {
    pub(crate) fn new(proposal: ProposalId, answer: &Acknowledgement, name: Option<String>) -> Self {
        AcknowledgmentView {
            id: answer_id(proposal, answer.team),
            proposal_id: proposal.0,
            consumer_team_id: answer.team.0,
            consumer_team: name,
            response: answer.response,
            migration_deadline: answer.migrating_until,
            notes: answer.notes.clone(),
            acknowledged_at: answer.at,
            responded_at: answer.at,
            by: ActorView::from(&answer.by),
        }
    }
}

/// An answer is known by its proposal and team; clients want one id for it.
fn answer_id(proposal: ProposalId, team: TeamId) -> Uuid {
    let print = Fingerprint::of_json(&json!([proposal.to_string(), team.to_string()]));
    Uuid::parse_str(&print.0).unwrap_or_default()
}

impl ProposalView {
    pub(crate) fn new(p: Proposal, names: &Names) -> Self {
        let changes: Vec<ChangeView> = p.changes.iter().map(ChangeView::from).collect();
        let own = |change: &ChangeView| change.asset.as_deref() == Some(p.asset_fqn.as_str());
        let breaking_changes: Vec<ChangeView> = breaking(&changes).into_iter().filter(own).collect();
        let mut affected_assets: Vec<AffectedAsset> = Vec::new();
        for change in changes.iter().filter(|change| !own(change)) {
            let fqn = change.asset.clone().unwrap_or_default();
            match affected_assets.iter_mut().find(|asset| asset.asset_fqn == fqn) {
                Some(asset) => asset.changes += 1,
                None => affected_assets.push(AffectedAsset { asset_fqn: fqn, team: change.team.clone(), changes: 1 }),
            }
        }
        let required = p.required.iter();
        let affected_teams: Vec<AffectedTeam> = required
            .map(|r| AffectedTeam {
                team_id: r.team.0,
                team_name: r.team_name.clone(),
                response: p.answer_of(r.team).map(|answer| answer.response),
                because: r.because.iter().map(ReaderView::from).collect(),
            })
            .collect();
        let change_type = if breaking_changes.is_empty() { ChangeType::Minor } else { ChangeType::Major };
        ProposalView {
            id: p.id.0,
            asset_id: p.asset.0,
            status: p.status,
            status_detail: p.status,
            origin: p.origin,
            schema_format: p.format,
            proposed_guarantees: object(&p.guarantees),
            proposed_version: p.version.as_ref().map(ToString::to_string),
            compatibility_mode: p.compatibility.to_string(),
            compatibility_sentence: p.compatibility.mode.sentence(),
            change_type,
            breaking_changes,
            changes,
            proposed_by: p.proposed_by.map(|team| team.0),
            proposed_by_team: names.of(p.proposed_by),
            opened_by: ActorView::from(&p.opened_by),
            proposed_at: p.opened_at,
            expires_at: p.deadline,
            resolved_at: p.resolved_at,
            stale: p.stale,
            required_acknowledgments: p.required.len(),
            received_acknowledgments: affected_teams.iter().filter(|team| team.response.is_some()).count(),
            missing_teams: p.missing().map(|required| required.team_name.clone()).collect(),
            affected_teams,
            affected_assets,
            acknowledgments: p
                .acknowledgements
                .iter()
                .map(|answer| AcknowledgmentView::new(p.id, answer, names.of(Some(answer.team))))
                .collect(),
            objections: None,
            has_objections: None,
            overridden: p.overridden.as_ref().map(|o| OverrideView {
                kind: match o.kind {
                    OverrideKind::Force => "force",
                    OverrideKind::Deadline => "deadline",
                },
                by: ActorView::from(&o.by),
                at: o.at,
                reason: o.reason.clone(),
            }),
            contract_id: p.contract.map(|contract| contract.0),
            drift_id: p.drift.map(|drift| drift.0),
            revision: p.revision,
            coverage: CoverageView::from(&p.coverage),
            proposed_schema: p.schema,
            change_set: p.change_set,
            note: p.note,
            asset_fqn: p.asset_fqn,
        }
    }
}

impl ProposalView {
    pub(crate) fn with_objections(mut self, objections: Vec<Objection>) -> Self {
        self.has_objections = Some(!objections.is_empty());
        self.objections = Some(objections);
        self
    }
}

impl SdkShape for ProposalView {
    fn to_sdk(&mut self) {
        self.status = match self.status {
            ProposalStatus::Published => ProposalStatus::Approved,
            ProposalStatus::Expired => ProposalStatus::Withdrawn,
            known => known,
        };
        or_nil(&mut self.proposed_by);
        plain_mode(&mut self.compatibility_mode);
        schema_object(&mut self.proposed_schema);
        self.breaking_changes.iter_mut().for_each(SdkShape::to_sdk);
    }
}

/// What came of an answer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Acknowledged)]
pub(crate) struct Acknowledged {
    #[serde(flatten)]
    pub(crate) acknowledgment: AcknowledgmentView,
    /// The proposal's status after this answer.
    #[schema(value_type = words::ProposalStatus)]
    pub(crate) proposal_status: ProposalStatus,
    /// Teams whose answer is still missing.
    pub(crate) waiting_for: Vec<String>,
}

impl SdkShape for Acknowledged {}

/// A proposal with the state of its answers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalState {
    pub(crate) proposal: ProposalView,
    pub(crate) required_acknowledgments: usize,
    pub(crate) received_acknowledgments: usize,
    pub(crate) pending_consumers: Vec<AffectedTeam>,
    pub(crate) acknowledged_consumers: Vec<AcknowledgmentView>,
    /// Nobody's answer is missing and nobody has blocked it.
    pub(crate) can_publish: bool,
}

impl From<ProposalView> for ProposalState {
    fn from(proposal: ProposalView) -> Self {
        let pending = proposal.affected_teams.iter().filter(|team| team.response.is_none());
        ProposalState {
            required_acknowledgments: proposal.required_acknowledgments,
            received_acknowledgments: proposal.received_acknowledgments,
            pending_consumers: pending.cloned().collect(),
            acknowledged_consumers: proposal.acknowledgments.clone(),
            can_publish: proposal.status == ProposalStatus::Approved && !proposal.stale,
            proposal,
        }
    }
}

impl SdkShape for ProposalState {
    fn to_sdk(&mut self) {
        self.proposal.to_sdk();
    }
}

/// A published proposal: the contract's own fields at the top, for clients that want just that.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ProposalPublished {
    pub(crate) action: &'static str,
    pub(crate) proposal: ProposalView,
    pub(crate) contract: ContractView,
    #[serde(flatten)]
    pub(crate) fields: ContractView,
}

impl SdkShape for ProposalPublished {
    fn to_sdk(&mut self) {
        self.proposal.to_sdk();
        self.contract.to_sdk();
        self.fields.to_sdk();
    }
}

/// What came of filing an objection.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Objected {
    pub(crate) action: &'static str,
    pub(crate) proposal_id: Uuid,
    pub(crate) asset_fqn: String,
    pub(crate) objection: Objection,
    pub(crate) total_objections: usize,
    pub(crate) note: String,
}

impl SdkShape for Objected {}
