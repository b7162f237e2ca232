//! A proposal begins: it waits for the teams that must answer, or is approved at once because there is nobody to ask,
//! and says so.

use crate::event::{Event, Transition};
use crate::policy::{Policy, UnownedReaders};
use crate::proposal::{Proposal, ProposalOrigin, ProposalStatus, Requirement};
use crate::requirements::unasked_readers;
use crate::silence::deadline_after;
use jiff::Timestamp;
use serde_json::Value;
use tessera_model::contract::SchemaFormat;
use tessera_model::ids::{AssetId, ContractId, DriftId, ProposalId, TeamId};
use tessera_model::report::{AssetChange, Coverage};
use tessera_model::semver::Version;
use tessera_model::{Actor, Compatibility, Fingerprint};

/// Everything that a new proposal is made of. `required` comes from [`crate::requirements`].
#[derive(Debug, Clone)]
pub struct Opening {
    pub id: ProposalId,
    pub asset: AssetId,
    pub asset_fqn: String,
    pub origin: ProposalOrigin,
    pub base: Option<ContractId>,
    pub base_fingerprint: Option<Fingerprint>,
    pub target_fingerprint: Fingerprint,
    pub format: SchemaFormat,
    pub schema: Value,
    pub guarantees: Value,
    pub version: Option<Version>,
    pub compatibility: Compatibility,
    pub changes: Vec<AssetChange>,
    pub required: Vec<Requirement>,
    pub opened_by: Actor,
    pub proposed_by: Option<TeamId>,
    pub drift: Option<DriftId>,
    pub change_set: Option<String>,
    pub coverage: Coverage,
    pub now: Timestamp,
}

pub fn open(opening: Opening, policy: &Policy) -> Transition {
    let now = opening.now;
    let mut proposal = Proposal {
        id: opening.id,
        asset: opening.asset,
        asset_fqn: opening.asset_fqn,
        revision: 1,
        status: ProposalStatus::Pending,
        origin: opening.origin,
        base: opening.base,
        base_fingerprint: opening.base_fingerprint,
        target_fingerprint: opening.target_fingerprint,
        format: opening.format,
        schema: opening.schema,
        guarantees: opening.guarantees,
        version: opening.version,
        compatibility: opening.compatibility,
        changes: opening.changes,
        required: opening.required,
        acknowledgements: Vec::new(),
        opened_by: opening.opened_by,
        proposed_by: opening.proposed_by,
        opened_at: now,
        deadline: None,
        resolved_at: None,
        stale: false,
        overridden: None,
        contract: None,
        drift: opening.drift,
        change_set: opening.change_set,
        reminders: 0,
        note: None,
        coverage: opening.coverage,
    };
    let mut events = vec![Event::Opened { required: proposal.required.iter().map(|r| r.team).collect() }];
    if may_pass(&proposal, policy) {
        let note = nobody_to_ask(&proposal);
        proposal.status = ProposalStatus::Approved;
        proposal.resolved_at = Some(now);
        proposal.note = Some(note.clone());
        events.push(Event::ApprovedWithoutReaders { note });
    } else {
        proposal.deadline = deadline_after(now, policy);
        proposal.note = waiting_for_unowned(&proposal, policy);
    }
    Transition { proposal, events }
}

/// True when nothing stands between the proposal and its approval.
pub(crate) fn may_pass(proposal: &Proposal, policy: &Policy) -> bool {
    proposal.missing().next().is_none()
        && (policy.unowned_readers == UnownedReaders::Approve || unasked_readers(proposal).is_empty())
}

pub(crate) fn has_breaking(proposal: &Proposal) -> bool {
    proposal.changes.iter().any(|c| c.change.breaking && !c.acknowledged)
}

/// Why a proposal that asks nobody passes.
pub(crate) fn nobody_to_ask(proposal: &Proposal) -> String {
    if !has_breaking(proposal) {
        return "nothing in it is breaking (or all of it is waived): nobody needs to be asked".into();
    }
    let unasked = unasked_readers(proposal);
    if unasked.is_empty() {
        let unknown = proposal.coverage.unknown.len();
        let rest = match unknown {
            0 => String::new(),
            1 => "; 1 model could not be understood and may read it".to_owned(),
            n => format!("; {n} models could not be understood and may read it"),
        };
        return format!("nobody to ask: no other team is known to read what breaks{rest}");
    }
    format!("nobody to ask: {} without a known team", readers(&unasked.iter().map(|r| &*r.name).collect::<Vec<_>>()))
}

/// What is said while affected readers have no team that could answer.
pub(crate) fn waiting_for_unowned(proposal: &Proposal, policy: &Policy) -> Option<String> {
    let unasked = unasked_readers(proposal);
    if unasked.is_empty() || policy.unowned_readers == UnownedReaders::Approve {
        return None;
    }
    let names: Vec<&str> = unasked.iter().map(|r| &*r.name).collect();
    Some(format!(
        "{} without a known team: give them an owner and compare again, or an administrator forces it with a reason",
        readers(&names)
    ))
}

fn readers(names: &[&str]) -> String {
    const SHOWN: usize = 5;
    let mut list = names.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if names.len() > SHOWN {
        list.push_str(&format!(" and {} more", names.len() - SHOWN));
    }
    format!("{} affected reader{} ({list})", names.len(), if names.len() == 1 { "" } else { "s" })
}
