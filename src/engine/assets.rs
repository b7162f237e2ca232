//! Assets: created by clients, dbt or scans; found by full name or unique suffix.

use crate::engine::{Engine, need, need_team};
use crate::error::{EngineError, Result};
use crate::requests::{AssetPatch, NewAsset};
use serde_json::json;
use tessera_model::actor::Scope;
use tessera_model::asset::Asset;
use tessera_model::ids::AssetId;
use tessera_model::{Actor, Dialect, TableName};
use tessera_ports::store::{AssetFilter, Listed, Page};
use tessera_ports::{Batch, Write};

/// `database.schema.table`, two segments at least. The error says what is wrong.
fn check_fqn(fqn: &str) -> Result<()> {
    let bad = |m: &str| Err(EngineError::invalid("INVALID_INPUT", format!("`{fqn}` is no asset name: {m}")));
    if fqn.len() > 1000 {
        return bad("at most 1000 characters");
    }
    if fqn.split('.').count() < 2 {
        return bad("at least two parts joined by a dot, such as analytics.orders");
    }
    if fqn.split('.').any(|s| s.trim().is_empty() || s.chars().any(char::is_control)) {
        return bad("no empty parts and no control characters");
    }
    Ok(())
}

impl Engine {
    pub async fn assets(&self, filter: AssetFilter, page: Page) -> Result<Listed<Asset>> {
        Ok(self.store().assets(&filter, page).await?)
    }

    pub async fn asset(&self, id: AssetId) -> Result<Asset> {
        self.store()
            .asset(id)
            .await?
            .filter(|a| a.deleted_at.is_none())
            .ok_or_else(|| EngineError::not_found("asset", id))
    }

    /// By full name, or by a suffix that only one asset has.
    pub async fn find_asset(&self, name: &str) -> Result<Asset> {
        let last = name.rsplit('.').next().unwrap_or(name);
        let filter = AssetFilter { search: Some(last.to_owned()), ..AssetFilter::default() };
        let found = self.store().assets(&filter, Page::default()).await?.items;
        let wanted = TableName::from_parts(name.split('.').map(str::to_owned).collect()).unwrap_or_default();
        let mut hits: Vec<Asset> = found.into_iter().filter(|a| a.table_name().matches_loosely(&wanted)).collect();
        if let Some(exact) = hits.iter().position(|a| a.fqn.eq_ignore_ascii_case(name)) {
            return Ok(hits.swap_remove(exact));
        }
        match hits.len() {
            1 => Ok(hits.remove(0)),
            0 => Err(EngineError::not_found("asset", name)),
            _ => {
                let names: Vec<_> = hits.iter().take(5).map(|a| a.fqn.as_str()).collect();
                Err(EngineError::invalid(
                    "AMBIGUOUS_ASSET",
                    format!("`{name}` could be {}: give more of the name", names.join(", ")),
                ))
            }
        }
    }

    pub async fn create_asset(&self, actor: &Actor, new: NewAsset) -> Result<Asset> {
        need(actor, Scope::Write)?;
        check_fqn(&new.fqn)?;
        if let Some(owner) = new.owner {
            self.team(owner).await?;
        }
        let dialect = match new.dialect.as_deref() {
            None => Dialect::Generic,
            Some(name) => Dialect::from_name(name).ok_or_else(|| {
                EngineError::invalid("INVALID_INPUT", format!("`{name}` is no SQL dialect Tessera knows"))
            })?,
        };
        let name = TableName::from_parts(new.fqn.split('.').map(str::to_owned).collect()).unwrap_or_default();
        let now = self.now();
        let asset = Asset {
            id: AssetId(self.ids().next()),
            key: name.key(dialect),
            fqn: new.fqn,
            environment: new.environment.unwrap_or_else(|| "production".into()),
            description: new.description,
            owner: new.owner,
            owner_origin: new.owner.map(|_| "api".into()),
            dialect,
            resource_type: new.resource_type.unwrap_or_else(|| "other".into()),
            compatibility: new.compatibility.unwrap_or(self.settings().check.compatibility),
            project: None,
            node: None,
            warehouse: None,
            metadata: if new.metadata.is_null() { json!({}) } else { new.metadata },
            created_at: now,
            updated_at: now,
            deleted_at: None,
        };
        let audit = self.audit_event(actor, "asset", asset.id, "asset.created", json!({"fqn": asset.fqn}));
        self.commit(Batch {
            writes: vec![Write::PutAsset(asset.clone()), self.touch()],
            audit: vec![audit],
            ..Batch::default()
        })
        .await?;
        Ok(asset)
    }

    pub async fn update_asset(&self, actor: &Actor, id: AssetId, patch: AssetPatch) -> Result<Asset> {
        let mut asset = self.asset(id).await?;
        need_team(actor, asset.owner, "change this asset")?;
        let mut audit = Vec::new();
        if let Some(fqn) = patch.fqn.filter(|f| *f != asset.fqn) {
            check_fqn(&fqn)?;
            asset.key = TableName::from_parts(fqn.split('.').map(str::to_owned).collect())
                .unwrap_or_default()
                .key(asset.dialect);
            asset.fqn = fqn;
        }
        if let Some(owner) = patch.owner {
            self.team(owner).await?;
            asset.owner = Some(owner);
            asset.owner_origin = Some("api".into());
        }
        if let Some(to) = patch.compatibility.filter(|c| *c != asset.compatibility) {
            // Its own audited act: a publisher cannot slip a weaker mode into the request that breaks something.
            if self.store().pending_proposal(id).await?.is_some() {
                return Err(EngineError::conflict(
                    "CONFLICT_MODE_INVALID",
                    "the mode cannot change while a proposal is pending",
                ));
            }
            audit.push(self.audit_event(
                actor,
                "asset",
                id,
                "asset.compatibility_changed",
                json!({"from": asset.compatibility.to_string(), "to": to.to_string(), "meaning": to.mode.sentence()}),
            ));
            asset.compatibility = to;
        }
        asset.environment = patch.environment.unwrap_or(asset.environment);
        asset.description = patch.description.or(asset.description);
        asset.metadata = patch.metadata.unwrap_or(asset.metadata);
        asset.updated_at = self.now();
        audit.push(self.audit_event(actor, "asset", id, "asset.updated", json!({"fqn": asset.fqn})));
        self.commit(Batch { writes: vec![Write::PutAsset(asset.clone()), self.touch()], audit, ..Batch::default() })
            .await?;
        Ok(asset)
    }

    pub async fn delete_asset(&self, actor: &Actor, id: AssetId) -> Result<()> {
        let mut asset = self.asset(id).await?;
        need_team(actor, asset.owner, "delete this asset")?;
        if let Some(p) = self.store().pending_proposal(id).await? {
            return Err(EngineError::conflict(
                "PROPOSAL_PENDING",
                format!("proposal {} is pending for it: resolve that first", p.id),
            ));
        }
        asset.deleted_at = Some(self.now());
        let audit = self.audit_event(actor, "asset", id, "asset.deleted", json!({"fqn": asset.fqn}));
        self.commit(Batch {
            writes: vec![Write::PutAsset(asset), self.touch()],
            audit: vec![audit],
            ..Batch::default()
        })
        .await?;
        Ok(())
    }
}
