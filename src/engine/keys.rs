//! API keys: `tsr_<id>_<secret>`. The secret has 256 random bits, so a fast keyed hash suffices; it is shown once and
//! never stored. Comparison takes constant time, and an unknown id costs the same work as a known one.

use crate::engine::{Engine, need};
use crate::error::{EngineError, ErrorKind, Result};
use crate::requests::NewKey;
use serde_json::json;
use subtle::ConstantTimeEq;
use tessera_model::actor::Scope;
use tessera_model::{Actor, ActorKind};
use tessera_ports::records::ApiKey;
use tessera_ports::{Batch, Write};

const CONTEXT: &str = "tessera 2026 api key secret v1";

fn hash(id: &str, secret: &str) -> String {
    let mut hasher = blake3::Hasher::new_derive_key(CONTEXT);
    hasher.update(id.as_bytes());
    hasher.update(b"_");
    hasher.update(secret.as_bytes());
    hasher.finalize().to_hex().to_string()
}

fn unauthorized(message: &str) -> EngineError {
    EngineError::new(ErrorKind::Unauthorized, "INVALID_API_KEY", message)
}

impl Engine {
    /// Makes a key without asking who asks: the first one (`tessera keys create` on the store itself).
    pub async fn issue_key(&self, actor: &Actor, new: NewKey) -> Result<(ApiKey, String)> {
        if new.name.trim().is_empty() || new.name.len() > 200 {
            return Err(EngineError::invalid("INVALID_INPUT", "a key needs a name of at most 200 characters"));
        }
        if new.actor_kind == ActorKind::Agent && new.scope == Scope::Admin {
            return Err(EngineError::invalid(
                "INVALID_INPUT",
                "an agent's key cannot be an administrator's: use scope read or write",
            ));
        }
        if new.scope < Scope::Admin && new.scope == Scope::Write && new.team.is_none() {
            return Err(EngineError::invalid("INVALID_INPUT", "a key with scope write acts for a team: name it"));
        }
        if let Some(team) = new.team {
            self.team(team).await?;
        }
        let random = random_hex(40)?;
        let (id, secret) = random.split_at(16);
        let key = ApiKey {
            id: id.to_owned(),
            hash: hash(id, secret),
            name: new.name,
            scope: new.scope,
            actor_kind: new.actor_kind,
            team: new.team,
            on_behalf_of: new.on_behalf_of,
            created_at: self.now(),
            expires_at: new.expires_at,
            revoked_at: None,
        };
        let payload = json!({"name": key.name, "scope": key.scope, "actor_kind": key.actor_kind});
        let audit = self.audit_event(actor, "key", &key.id, "key.created", payload);
        self.commit(Batch { writes: vec![Write::PutKey(key.clone())], audit: vec![audit], ..Batch::default() }).await?;
        let token = format!("tsr_{id}_{secret}");
        Ok((key, token))
    }

    pub async fn create_key(&self, actor: &Actor, new: NewKey) -> Result<(ApiKey, String)> {
        need(actor, Scope::Admin)?;
        self.issue_key(actor, new).await
    }

    pub async fn keys(&self) -> Result<Vec<ApiKey>> {
        Ok(self.store().keys().await?)
    }

    pub async fn revoke_key(&self, actor: &Actor, id: &str) -> Result<ApiKey> {
        need(actor, Scope::Admin)?;
        let mut key = self.store().key(id).await?.ok_or_else(|| EngineError::not_found("api key", id))?;
        key.revoked_at = key.revoked_at.or(Some(self.now()));
        let audit = self.audit_event(actor, "key", id, "key.revoked", json!({"name": key.name}));
        self.commit(Batch { writes: vec![Write::PutKey(key.clone())], audit: vec![audit], ..Batch::default() }).await?;
        Ok(key)
    }

    /// Whose token is this?
    pub async fn authenticate(&self, token: &str) -> Result<Actor> {
        let parts: Option<(&str, &str)> = token.strip_prefix("tsr_").and_then(|rest| rest.split_once('_'));
        let Some((id, secret)) = parts.filter(|(id, secret)| id.len() == 16 && secret.len() == 64) else {
            return Err(unauthorized("that is no Tessera API key: expected `tsr_<id>_<secret>`"));
        };
        let key = self.store().key(id).await?;
        let given = hash(id, secret);
        let expected = key.as_ref().map_or("", |k| k.hash.as_str()).to_owned();
        // An unknown id is compared too, against a hash that cannot match.
        let expected = if expected.is_empty() { "0".repeat(given.len()) } else { expected };
        let equal: bool = given.as_bytes().ct_eq(expected.as_bytes()).into();
        let Some(key) = key.filter(|_| equal) else {
            return Err(unauthorized("this API key is not known"));
        };
        if key.revoked_at.is_some() {
            return Err(unauthorized("this API key was revoked"));
        }
        if key.expires_at.is_some_and(|t| t <= self.now()) {
            return Err(unauthorized("this API key has expired"));
        }
        Ok(Actor {
            kind: key.actor_kind,
            name: key.name,
            scope: key.scope,
            team: key.team,
            key: Some(key.id),
            on_behalf_of: key.on_behalf_of,
        })
    }
}

/// `bytes` random bytes of the operating system, in hex.
fn random_hex(bytes: usize) -> Result<String> {
    let mut buffer = vec![0u8; bytes];
    getrandom::fill(&mut buffer)
        .map_err(|e| EngineError::unavailable(format!("no randomness from the operating system: {e}")))?;
    Ok(buffer.iter().map(|b| format!("{b:02x}")).collect())
}
