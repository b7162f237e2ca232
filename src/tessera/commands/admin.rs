//! `tessera keys`, `tessera store`, `tessera config`: on the store and the configuration themselves.

use crate::cli::{ConfigArgs, ConfigCommand, KeysArgs, KeysCommand, StoreArgs, StoreCommand};
use crate::commands::{print, say};
use crate::config;
use crate::{CommandResult, wiring};
use anyhow::{Context, Result, anyhow};
use std::path::Path;
use std::sync::Arc;
use tessera_engine::engine::Adapters;
use tessera_engine::{Engine, NewKey, NewTeam, Settings};
use tessera_model::actor::Scope;
use tessera_model::{Actor, ActorKind};
use tessera_ports::{Store, SystemClock, UuidIds};

fn url_of(given: Option<&str>, config_path: Option<&Path>) -> Result<String> {
    match given {
        Some(url) => Ok(url.to_owned()),
        None => Ok(config::load(config_path)?.settings.store.url),
    }
}

/// Beside a running daemon: short transactions on the same store.
pub(crate) async fn shared(url: &str) -> Result<Arc<dyn Store>> {
    tessera_store::open_shared(url).await.with_context(|| format!("the store {}", tessera_store::redact(url)))
}

pub(crate) fn engine_on(store: Arc<dyn Store>, settings: Settings) -> Arc<Engine> {
    Engine::new(store, Arc::new(SystemClock), Arc::new(UuidIds), settings, Adapters::default())
}

pub(crate) async fn keys(args: KeysArgs, config_path: Option<&Path>) -> CommandResult {
    let store = shared(&url_of(args.store.as_deref(), config_path)?).await?;
    let engine = engine_on(store, Settings::default());
    // Whoever can write the store's file needs no key to make one.
    let actor = Actor { kind: ActorKind::Human, name: "command line".into(), ..Actor::daemon() };
    match args.command {
        KeysCommand::Create { name, scope, kind, team } => {
            let scope = match scope.as_str() {
                "read" => Scope::Read,
                "write" => Scope::Write,
                "admin" => Scope::Admin,
                other => return Err(anyhow!("--scope: `{other}` is none of read, write, admin")),
            };
            let actor_kind = match kind.as_str() {
                "human" => ActorKind::Human,
                "agent" => ActorKind::Agent,
                "ci" => ActorKind::Ci,
                other => return Err(anyhow!("--kind: `{other}` is none of human, agent, ci")),
            };
            let team = match team {
                None => None,
                Some(name) => {
                    let known = engine.teams().await?.into_iter().find(|t| t.name.eq_ignore_ascii_case(&name));
                    Some(match known {
                        Some(team) => team.id,
                        None => engine.create_team(&actor, NewTeam { name, ..NewTeam::default() }).await?.id,
                    })
                }
            };
            let (key, token) = engine
                .issue_key(&actor, NewKey { name, scope, actor_kind, team, on_behalf_of: None, expires_at: None })
                .await?;
            say(&format!("key `{}`; this is shown once and stored nowhere:", key.name));
            print(&token)
        }
        KeysCommand::List => {
            let rows: Vec<Vec<String>> = engine
                .keys()
                .await?
                .into_iter()
                .map(|k| {
                    let state = if k.revoked_at.is_some() { "revoked" } else { "valid" };
                    vec![
                        k.id,
                        k.name,
                        format!("{:?}", k.scope).to_lowercase(),
                        format!("{:?}", k.actor_kind).to_lowercase(),
                        state.to_owned(),
                    ]
                })
                .collect();
            print(&crate::output::table(&rows, &["id", "name", "scope", "kind", "state"]))
        }
        KeysCommand::Revoke { id } => {
            let key = engine.revoke_key(&actor, &id).await?;
            print(&format!("revoked `{}`", key.name))
        }
    }
}

pub(crate) async fn store(args: StoreArgs, config_path: Option<&Path>) -> CommandResult {
    match args.command {
        StoreCommand::Migrate { store } => {
            let url = url_of(store.as_deref(), config_path)?;
            let store = wiring::open_store(&url).await?;
            store.ping().await?;
            print(&format!("{} ({}) is up to date", tessera_store::redact(&url), store.backend()))
        }
        StoreCommand::Release { store } => {
            let settings = config::load(config_path)?.settings;
            let url = store.unwrap_or_else(|| settings.store.url.clone());
            let released = engine_on(shared(&url).await?, settings).release_texts().await?;
            print(&format!("{released} texts are tried again when the daemon starts next"))
        }
        StoreCommand::Verify { store } => {
            let store = shared(&url_of(store.as_deref(), config_path)?).await?;
            match tessera_store::verify_audit(&*store).await {
                Ok(n) => print(&format!("{n} audit events, the chain is whole")),
                Err(fault) => Err(anyhow!("{fault}")),
            }
        }
        StoreCommand::Copy { from, to } => {
            let copied = tessera_store::copy(&from, &to)
                .await
                .with_context(|| format!("{} → {}", tessera_store::redact(&from), tessera_store::redact(&to)))?;
            print(&format!(
                "{} rows copied from {} to {}",
                copied.rows(),
                tessera_store::redact(&from),
                tessera_store::redact(&to)
            ))
        }
    }
}

pub(crate) fn config(args: ConfigArgs, config_path: Option<&Path>) -> CommandResult {
    let loaded = config::load(config_path)?;
    wiring::adapters(&loaded.settings)?;
    let from = loaded
        .path
        .as_ref()
        .map_or_else(|| "built-in defaults (no tessera.toml found)".to_owned(), |p| p.display().to_string());
    match args.command {
        ConfigCommand::Validate => print(&format!("{from}: right")),
        ConfigCommand::Show => {
            say(&format!("# from {from}"));
            for name in &loaded.overrides {
                say(&format!("# overridden by {name}"));
            }
            let s = &loaded.settings;
            let mut store = s.store.clone();
            store.url = tessera_store::redact(&store.url);
            // Adapters' own keys may hold secrets: only the common ones are shown.
            let warehouses: Vec<_> = s.warehouse.iter().map(|w| serde_json::json!({"name": w.name, "kind": w.kind, "cron": w.cron, "timezone": w.timezone, "keys": w.adapter.keys().collect::<Vec<_>>()})).collect();
            let notifiers: Vec<_> = s.notify.iter().map(|n| serde_json::json!({"name": n.name, "kind": n.kind, "default_target": n.default_target, "keys": n.adapter.keys().collect::<Vec<_>>()})).collect();
            let shown = serde_json::json!({"store": store, "server": s.server, "log": s.log, "dbt": s.dbt, "warehouse": warehouses, "notify": notifiers, "team": s.team, "ownership": s.ownership, "check": s.check, "diff": s.diff, "drift": s.drift, "proposals": s.proposals, "delivery": s.delivery});
            print(&serde_json::to_string_pretty(&shown)?)
        }
    }
}
