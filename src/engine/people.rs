//! Teams: created by people, by configuration, or by what dbt says about owners.

use crate::engine::{Engine, need};
use crate::error::{EngineError, Result};
use crate::requests::{NewTeam, TeamPatch};
use serde_json::json;
use tessera_model::Actor;
use tessera_model::actor::Scope;
use tessera_model::ids::TeamId;
use tessera_model::team::{Team, check_team_name};
use tessera_ports::store::{AssetFilter, Page};
use tessera_ports::{Batch, Write};

impl Engine {
    pub async fn teams(&self) -> Result<Vec<Team>> {
        Ok(self.store().teams().await?)
    }

    pub async fn team(&self, id: TeamId) -> Result<Team> {
        self.store()
            .team(id)
            .await?
            .filter(|t| t.deleted_at.is_none())
            .ok_or_else(|| EngineError::not_found("team", id))
    }

    pub async fn create_team(&self, actor: &Actor, new: NewTeam) -> Result<Team> {
        need(actor, Scope::Write)?;
        check_team_name(&new.name).map_err(|m| EngineError::invalid("INVALID_INPUT", m))?;
        let team = Team {
            id: TeamId(self.ids().next()),
            name: new.name,
            slack_channel: new.slack_channel,
            email: new.email,
            metadata: if new.metadata.is_null() { json!({}) } else { new.metadata },
            created_at: self.now(),
            deleted_at: None,
        };
        let audit = self.audit_event(actor, "team", team.id, "team.created", json!({"name": team.name}));
        self.commit(Batch {
            writes: vec![Write::PutTeam(team.clone()), self.touch()],
            audit: vec![audit],
            ..Batch::default()
        })
        .await?;
        Ok(team)
    }

    pub async fn update_team(&self, actor: &Actor, id: TeamId, patch: TeamPatch) -> Result<Team> {
        need(actor, Scope::Write)?;
        let mut team = self.team(id).await?;
        if actor.scope < Scope::Admin && actor.team != Some(id) {
            return Err(EngineError::forbidden(
                "UNAUTHORIZED_TEAM",
                "only the team itself or an administrator may change it",
            ));
        }
        if let Some(name) = patch.name {
            check_team_name(&name).map_err(|m| EngineError::invalid("INVALID_INPUT", m))?;
            team.name = name;
        }
        team.slack_channel = patch.slack_channel.or(team.slack_channel);
        team.email = patch.email.or(team.email);
        team.metadata = patch.metadata.unwrap_or(team.metadata);
        let audit = self.audit_event(actor, "team", id, "team.updated", json!({"name": team.name}));
        self.commit(Batch {
            writes: vec![Write::PutTeam(team.clone()), self.touch()],
            audit: vec![audit],
            ..Batch::default()
        })
        .await?;
        Ok(team)
    }

    pub async fn delete_team(&self, actor: &Actor, id: TeamId) -> Result<()> {
        need(actor, Scope::Admin)?;
        let mut team = self.team(id).await?;
        let filter = AssetFilter { owner: Some(id), ..AssetFilter::default() };
        let owned = self.store().assets(&filter, Page { limit: 1, offset: 0 }).await?.total;
        if owned > 0 {
            return Err(EngineError::conflict(
                "TEAM_HAS_ASSETS",
                format!("`{}` owns {owned} assets: give them to another team first", team.name),
            ));
        }
        team.deleted_at = Some(self.now());
        let audit = self.audit_event(actor, "team", id, "team.deleted", json!({"name": team.name}));
        self.commit(Batch { writes: vec![Write::PutTeam(team), self.touch()], audit: vec![audit], ..Batch::default() })
            .await?;
        Ok(())
    }
}
