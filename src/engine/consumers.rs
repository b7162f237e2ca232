//! Consumers: registrations on assets, declared dependencies, waivers.

use crate::engine::{Engine, need, need_team};
use crate::error::{EngineError, Result};
use crate::requests::{NewRegistration, NewWaiver, RegistrationPatch};
use serde_json::{Value, json};
use tessera_model::actor::Scope;
use tessera_model::asset::Dependency;
use tessera_model::contract::{Registration, RegistrationStatus, Waiver};
use tessera_model::ids::{AssetId, DependencyId, RegistrationId, TeamId, WaiverId};
use tessera_model::{Actor, ActorKind, Fingerprint};
use tessera_ports::{Batch, Write};

impl Engine {
    pub async fn register(&self, actor: &Actor, new: NewRegistration) -> Result<Registration> {
        need(actor, Scope::Write)?;
        let asset = match (new.asset, new.contract) {
            (Some(asset), _) => self.asset(asset).await?,
            (None, Some(contract)) => self.asset(self.contract(contract).await?.asset).await?,
            (None, None) => {
                return Err(EngineError::invalid(
                    "INVALID_INPUT",
                    "name the asset (or one of its contracts) to register for",
                ));
            }
        };
        let team =
            new.team.or(actor.team).ok_or_else(|| EngineError::invalid("INVALID_INPUT", "name the consuming team"))?;
        self.team(team).await?;
        need_team(actor, Some(team), "register it as a consumer")?;
        if actor.kind == ActorKind::Agent && new.expires_at.is_none() {
            return Err(EngineError::invalid("INVALID_INPUT", "a registration made by an agent needs `expires_at`"));
        }
        let active = self.store().active_contract(asset.id).await?;
        if let Some(schema) = active.as_ref().and_then(|c| c.table()).filter(|s| !s.open)
            && let Some(unknown) = new.columns.iter().find(|c| schema.column(c).is_none())
        {
            let known: Vec<_> = schema.columns.iter().map(|c| c.name.as_str()).collect();
            return Err(EngineError::invalid(
                "INVALID_INPUT",
                format!("{} has no column `{unknown}`; it has {}", asset.fqn, known.join(", ")),
            ));
        }
        let registration = Registration {
            id: RegistrationId(self.ids().next()),
            asset: asset.id,
            team,
            columns: new.columns,
            contract: new.contract.or(active.map(|c| c.id)),
            pinned_version: new.pinned_version,
            status: RegistrationStatus::Active,
            purpose: new.purpose,
            created_at: self.now(),
            expires_at: new.expires_at,
        };
        let audit = self.audit_event(
            actor,
            "registration",
            registration.id,
            "registration.created",
            json!({"asset": asset.fqn, "team": team, "columns": registration.columns}),
        );
        self.commit(Batch {
            writes: vec![Write::PutRegistration(registration.clone()), self.touch()],
            audit: vec![audit],
            ..Batch::default()
        })
        .await?;
        Ok(registration)
    }

    pub async fn registrations(&self, asset: Option<AssetId>, team: Option<TeamId>) -> Result<Vec<Registration>> {
        Ok(self.store().registrations(asset, team).await?)
    }

    pub async fn registration(&self, id: RegistrationId) -> Result<Registration> {
        self.store().registration(id).await?.ok_or_else(|| EngineError::not_found("registration", id))
    }

    pub async fn update_registration(
        &self,
        actor: &Actor,
        id: RegistrationId,
        patch: RegistrationPatch,
    ) -> Result<Registration> {
        let mut registration = self.registration(id).await?;
        need_team(actor, Some(registration.team), "change this registration")?;
        registration.pinned_version = patch.pinned_version.or(registration.pinned_version);
        registration.status = patch.status.unwrap_or(registration.status);
        registration.columns = patch.columns.unwrap_or(registration.columns);
        let audit =
            self.audit_event(actor, "registration", id, "registration.updated", json!({"status": registration.status}));
        self.commit(Batch {
            writes: vec![Write::PutRegistration(registration.clone()), self.touch()],
            audit: vec![audit],
            ..Batch::default()
        })
        .await?;
        Ok(registration)
    }

    pub async fn unregister(&self, actor: &Actor, id: RegistrationId) -> Result<()> {
        let registration = self.registration(id).await?;
        need_team(actor, Some(registration.team), "end this registration")?;
        let audit =
            self.audit_event(actor, "registration", id, "registration.deleted", json!({"asset": registration.asset}));
        self.commit(Batch {
            writes: vec![Write::DeleteRegistration(id), self.touch()],
            audit: vec![audit],
            ..Batch::default()
        })
        .await?;
        Ok(())
    }

    pub async fn add_dependency(
        &self,
        actor: &Actor,
        dependent: AssetId,
        dependency: AssetId,
        kind: &str,
        metadata: Value,
    ) -> Result<Dependency> {
        need(actor, Scope::Write)?;
        if dependent == dependency {
            return Err(EngineError::invalid("SELF_DEPENDENCY", "an asset cannot depend on itself"));
        }
        if !matches!(kind, "consumes" | "references" | "transforms") {
            return Err(EngineError::invalid(
                "INVALID_INPUT",
                format!("`{kind}` is no kind of dependency: consumes, references or transforms"),
            ));
        }
        self.asset(dependent).await?;
        self.asset(dependency).await?;
        let edge = Dependency {
            id: DependencyId(self.ids().next()),
            dependent,
            dependency,
            kind: kind.to_owned(),
            metadata: if metadata.is_null() { json!({}) } else { metadata },
            created_at: self.now(),
        };
        let audit =
            self.audit_event(actor, "asset", dependent, "dependency.created", json!({"on": dependency, "kind": kind}));
        self.commit(Batch {
            writes: vec![Write::PutDependency(edge.clone()), self.touch()],
            audit: vec![audit],
            ..Batch::default()
        })
        .await?;
        Ok(edge)
    }

    pub async fn dependencies(&self, asset: Option<AssetId>) -> Result<Vec<Dependency>> {
        Ok(self.store().dependencies(asset).await?)
    }

    pub async fn remove_dependency(&self, actor: &Actor, id: DependencyId) -> Result<()> {
        need(actor, Scope::Write)?;
        if !self.store().dependencies(None).await?.iter().any(|d| d.id == id) {
            return Err(EngineError::not_found("dependency", id));
        }
        let audit = self.audit_event(actor, "asset", id, "dependency.deleted", Value::Null);
        self.commit(Batch {
            writes: vec![Write::DeleteDependency(id), self.touch()],
            audit: vec![audit],
            ..Batch::default()
        })
        .await?;
        Ok(())
    }

    pub async fn waivers(&self, asset: Option<AssetId>) -> Result<Vec<Waiver>> {
        Ok(self.store().waivers(asset).await?)
    }

    /// Acknowledges one exact change in advance. Bound to asset, column and change; expires.
    pub async fn waive(&self, actor: &Actor, new: NewWaiver) -> Result<Waiver> {
        need(actor, Scope::Write)?;
        if actor.kind == ActorKind::Agent {
            return Err(EngineError::forbidden(
                "AGENT_MAY_NOT",
                "an agent cannot waive a change: ask a person of the team",
            ));
        }
        let asset = self.asset(new.asset).await?;
        if new.reason.trim().chars().count() < 10 {
            return Err(EngineError::invalid("INVALID_INPUT", "a waiver needs a reason of at least 10 characters"));
        }
        if new.expires_at <= self.now() {
            return Err(EngineError::invalid("INVALID_INPUT", "a waiver must expire in the future"));
        }
        let waiver = Waiver {
            id: WaiverId(self.ids().next()),
            asset: asset.id,
            column: new.column,
            change: Fingerprint(new.change),
            reason: new.reason,
            team: actor.team,
            created_by: actor.name.clone(),
            created_at: self.now(),
            expires_at: new.expires_at,
        };
        let audit = self.audit_event(actor, "waiver", waiver.id, "waiver.created", json!({"asset": asset.fqn, "column": waiver.column, "change": waiver.change, "reason": waiver.reason, "expires_at": waiver.expires_at}));
        self.commit(Batch { writes: vec![Write::PutWaiver(waiver.clone())], audit: vec![audit], ..Batch::default() })
            .await?;
        Ok(waiver)
    }

    pub async fn unwaive(&self, actor: &Actor, id: WaiverId) -> Result<()> {
        need(actor, Scope::Write)?;
        let audit = self.audit_event(actor, "waiver", id, "waiver.deleted", Value::Null);
        self.commit(Batch { writes: vec![Write::DeleteWaiver(id)], audit: vec![audit], ..Batch::default() }).await?;
        Ok(())
    }
}
