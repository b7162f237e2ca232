//! Drift as people ask for it, and the release of what is held: a person says that it is real.

use super::{DriftWork, Found};
use crate::engine::{Engine, need, retry};
use crate::error::{EngineError, Result};
use crate::ingest::table_removed;
use serde_json::json;
use tessera_diff::advice::advised_tables;
use tessera_model::actor::Scope;
use tessera_model::ids::DriftId;
use tessera_model::{Actor, TableSchema};
use tessera_ports::records::{Drift, DriftStatus};
use tessera_ports::store::{DriftFilter, Listed, Page};
use tessera_ports::{Batch, Write};

impl Engine {
    pub async fn drifts(&self, filter: DriftFilter, page: Page) -> Result<Listed<Drift>> {
        Ok(self.store().drifts(&filter, page).await?)
    }

    pub async fn drift(&self, id: DriftId) -> Result<Drift> {
        self.store().drift(id).await?.ok_or_else(|| EngineError::not_found("drift", id))
    }

    /// A person says that a held drift is real: its readers are asked now.
    pub async fn release_drift(&self, actor: &Actor, id: DriftId) -> Result<Drift> {
        need(actor, Scope::Write)?;
        retry!(self.release_once(actor, id).await)
    }

    async fn release_once(&self, actor: &Actor, id: DriftId) -> Result<Drift> {
        let mut drift = self.drift(id).await?;
        if drift.status != DriftStatus::Held {
            return Err(EngineError::invalid("INVALID_INPUT", "only held drift can be released"));
        }
        let snapshot = self.fresh().await?;
        let scan = self.scan(drift.scan).await?;
        let asset = self.asset(drift.asset).await?;
        let adapter = self
            .adapters()
            .warehouses
            .get(&drift.warehouse)
            .cloned()
            .ok_or_else(|| EngineError::not_found("warehouse", &drift.warehouse))?;
        let active = self
            .store()
            .active_contract(asset.id)
            .await?
            .ok_or_else(|| EngineError::not_found("contract", &asset.fqn))?;
        let observed: TableSchema = serde_json::from_value(drift.observed.clone()).unwrap_or_default();
        let changes = if observed.columns.is_empty() {
            let mut change = table_removed(&asset, &active);
            asset.compatibility.judge(std::slice::from_mut(&mut change), &self.settings().diff.judge_policy());
            vec![change]
        } else {
            let accepted = active.table().unwrap_or_default();
            let options = self.diff_options(asset.dialect);
            advised_tables(&accepted, &observed, asset.compatibility, &options, Some(&asset.fqn)).changes
        };
        let mut work = DriftWork::new(self, actor, &snapshot, &scan, &*adapter, self.now());
        work.waivers = self.store().waivers(Some(asset.id)).await?;
        let found = Found { asset, active, changes, contract: observed.clone(), observed, breaking: drift.breaking };
        let assessment = work.assess(&found).await?;
        drift.status = DriftStatus::Open;
        drift.changes = assessment.reported.clone();
        work.propose_or_accept(&found, &assessment, &mut drift).await?;
        work.batch.writes.push(Write::PutDrift(Box::new(drift.clone())));
        work.batch.audit.push(self.audit_event(
            actor,
            "drift",
            id,
            "drift.released",
            json!({"asset": drift.asset_fqn}),
        ));
        let mut batch = Batch::default();
        work.finish(&mut batch).await?;
        self.commit(batch).await?;
        Ok(drift)
    }
}
