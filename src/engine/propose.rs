//! Asking before it is built: a head manifest is compared with the accepted state, and every change that somebody must
//! agree to becomes a proposal. Nothing else is written; when the same change arrives built, it is published from it.

use crate::check::Compared;
use crate::engine::{Engine, need, retry};
use crate::error::Result;
use crate::impact::{Assessment, verdict_of};
use crate::ingest::covers;
use crate::publish::Proposed;
use crate::requests::ProposalRef;
use serde_json::Value;
use tessera_model::actor::Scope;
use tessera_model::contract::SchemaFormat;
use tessera_model::report::{CheckReport, Verdict};
use tessera_model::semver::ChangeType;
use tessera_model::{Actor, ActorKind};
use tessera_ports::Batch;
use tessera_workflow::{Proposal, ProposalOrigin};

impl Engine {
    /// The check's report, and a proposal for each asset whose change needs answers (those pending already are named).
    pub async fn propose(
        &self,
        actor: &Actor,
        manifest: &[u8],
        catalog: Option<&[u8]>,
        select: Option<&str>,
    ) -> Result<(CheckReport, Vec<ProposalRef>)> {
        need(actor, Scope::Write)?;
        retry!(self.propose_once(actor, manifest, catalog, select).await)
    }

    async fn propose_once(
        &self,
        actor: &Actor,
        manifest: &[u8],
        catalog: Option<&[u8]>,
        select: Option<&str>,
    ) -> Result<(CheckReport, Vec<ProposalRef>)> {
        let snapshot = self.fresh().await?;
        let Compared { report, proposed } = self.compare_with_accepted(&snapshot, manifest, catalog, select).await?;
        let mut batch = Batch::default();
        let mut refs = Vec::new();
        let mut opened: Vec<Proposal> = Vec::new();
        let mut events = Vec::new();
        let change_set = format!("propose:{}", self.ids().next());
        for (name, schema) in proposed {
            let changes: Vec<_> = report.changes.iter().filter(|c| c.asset == name).cloned().collect();
            let Some(asset) = snapshot.asset_by_fqn(&name) else { continue };
            let owner = snapshot.team_name(asset.owner);
            if verdict_of(&changes, &|_| owner.clone()) != Verdict::Acknowledge {
                continue;
            }
            if let Some(pending) = self.store().pending_proposal(asset.id).await? {
                let note = if covers(&pending, &changes) { "pending" } else { "blocked by another pending proposal" };
                refs.push(ProposalRef { id: pending.id.to_string(), asset: name, status: note.to_owned() });
                continue;
            }
            let ids = |team: &str| snapshot.team_named(team).map(|t| t.id);
            let assessment = Assessment {
                changes: Vec::new(),
                required: tessera_workflow::requirements(&changes, owner.as_deref(), &ids),
                reported: changes,
                change_type: ChangeType::Major,
                verdict: Verdict::Acknowledge,
                coverage: report.coverage.clone(),
                findings: Vec::new(),
            };
            let origin = if actor.kind == ActorKind::Agent { ProposalOrigin::Agent } else { ProposalOrigin::Cli };
            let what = Proposed {
                origin,
                format: SchemaFormat::Table,
                schema: serde_json::to_value(&schema).unwrap_or_default(),
                guarantees: Value::Null,
                version: None,
                drift: None,
                change_set: Some(change_set.clone()),
            };
            let transition = self.open_proposal(actor, asset, snapshot.contracts.get(&asset.id), &assessment, what);
            self.record(actor, &transition, &mut batch);
            refs.push(ProposalRef {
                id: transition.proposal.id.to_string(),
                asset: name,
                status: transition.proposal.status.name().to_owned(),
            });
            events.extend(transition.events);
            opened.push(transition.proposal);
        }
        if !opened.is_empty() {
            let all: Vec<&Proposal> = opened.iter().collect();
            batch.outbox = self.proposal_messages(&events, &all, &snapshot);
            self.commit(batch).await?;
        }
        Ok((report, refs))
    }
}
