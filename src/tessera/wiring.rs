//! Which adapters there are, and how a configuration becomes an engine. One line per adapter: here and nowhere else.

use crate::config::{self, Loaded};
use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use tessera_engine::engine::Adapters;
use tessera_engine::{Engine, Settings};
use tessera_ports::{NotifierSpec, Store, SystemClock, UuidIds, Warehouse, WarehouseSpec};

pub(crate) fn warehouse_specs() -> Vec<WarehouseSpec> {
    vec![tessera_postgres::register(), tessera_sqlite::register()]
}

pub(crate) fn notifier_specs() -> Vec<NotifierSpec> {
    vec![tessera_slack::register(), tessera_webhook::register()]
}

/// Builds every adapter that the settings name. The first that is wrong is the error: a configuration is valid as a whole.
pub(crate) fn adapters(settings: &Settings) -> Result<Adapters> {
    let mut out = Adapters::default();
    for configured in &settings.warehouse {
        let warehouse = build_warehouse(configured)?;
        out.warehouses.insert(configured.name.clone(), warehouse);
    }
    for configured in &settings.notify {
        let specs = notifier_specs();
        let spec = specs.iter().find(|s| s.kind == configured.kind).ok_or_else(|| {
            let known: Vec<_> = specs.iter().map(|s| s.kind).collect();
            anyhow!(
                "[[notify]] `{}`: there is no notifier kind `{}`; known: {}",
                configured.name,
                configured.kind,
                known.join(", ")
            )
        })?;
        let notifier = (spec.build)(&configured.name, &Value::Object(configured.adapter.clone()))
            .map_err(|e| anyhow!("[[notify]] `{}`: {e}", configured.name))?;
        out.notifiers.insert(configured.name.clone(), notifier);
    }
    Ok(out)
}

pub(crate) fn build_warehouse(configured: &tessera_engine::settings::WarehouseSettings) -> Result<Arc<dyn Warehouse>> {
    let name = &configured.name;
    let specs = warehouse_specs();
    let spec = specs.iter().find(|s| s.kind == configured.kind).ok_or_else(|| {
        let known: Vec<_> = specs.iter().map(|s| s.kind).collect();
        anyhow!("[[warehouse]] `{name}`: there is no warehouse kind `{}`; known: {}", configured.kind, known.join(", "))
    })?;
    let mut settings = configured.adapter.clone();
    if let Some(profile) = settings.remove("dbt_profile") {
        let text = |v: Option<Value>| v.and_then(|v| v.as_str().map(str::to_owned));
        let profile =
            text(Some(profile)).ok_or_else(|| anyhow!("[[warehouse]] `{name}`: dbt_profile is the profile's name"))?;
        let (target, dir) = (text(settings.remove("dbt_target")), text(settings.remove("profiles_dir")));
        let (path, profiles) = config::read_profiles(dir.as_deref().map(Path::new), None)?;
        let output = config::profile_output(&profiles, &profile, target.as_deref(), &|n| std::env::var(n).ok())
            .with_context(|| path.display().to_string())?;
        let kind = output.get("type").and_then(Value::as_str).unwrap_or_default();
        if kind != spec.kind {
            bail!("[[warehouse]] `{name}`: profile `{profile}` is of type `{kind}`, not `{}`", spec.kind);
        }
        let from = (spec.from_dbt_profile)(&output)
            .map_err(|e| anyhow!("[[warehouse]] `{name}`, profile `{profile}`: {e}"))?;
        if let Value::Object(map) = from {
            // What stands in the configuration itself wins.
            for (key, value) in map {
                settings.entry(key).or_insert(value);
            }
        }
    }
    (spec.build)(name, &Value::Object(settings)).map_err(|e| anyhow!("[[warehouse]] `{name}`: {e}"))
}

pub(crate) async fn open_store(url: &str) -> Result<Arc<dyn Store>> {
    tessera_store::open(url).await.with_context(|| format!("the store {}", tessera_store::redact(url)))
}

/// The engine of a loaded configuration.
pub(crate) async fn engine(loaded: &Loaded) -> Result<Arc<Engine>> {
    let adapters = adapters(&loaded.settings)?;
    let store = open_store(&loaded.settings.store.url).await?;
    Ok(Engine::new(store, Arc::new(SystemClock), Arc::new(UuidIds), loaded.settings.clone(), adapters))
}
