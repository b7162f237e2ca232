//! Grants that were there at the last scan and are gone now. The catalog shows every object to every role, so a lost grant
//! hides nothing here; but it says that somebody is changing what this role may see, and such a scan never reports drops.

use crate::copy::{Fields, Garbled};
use crate::probe::{FORMAT, Probed};
use crate::scope::Scope;
use crate::session::Session;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use tessera_model::Finding;
use tessera_ports::warehouse::{Probe, WarehouseError};

const REVOKED: &str = include_str!("sql/revoked.sql");

/// What `Probe::privileges` holds. Only what is lacking is listed: a new schema with its grant changes nothing.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Privileges {
    pub(crate) role: String,
    pub(crate) without_usage: Vec<String>,
}

impl Privileges {
    pub(crate) fn of(probe: &Probe) -> Option<Self> {
        serde_json::from_str(&probe.privileges).ok()
    }
}

/// What an earlier answer said about one schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Earlier {
    pub(crate) newest: u32,
    pub(crate) unreadable: u64,
}

impl Earlier {
    pub(crate) fn of(answer: &str) -> Option<Self> {
        let mut parts = answer.split(':');
        if parts.next() != Some(FORMAT) {
            return None;
        }
        let mut parts = parts.skip(2);
        Some(Earlier { newest: parts.next()?.parse().ok()?, unreadable: parts.next()?.parse().ok()? })
    }
}

/// The relations of one schema that may not be selected: how many are older than the last scan, and one of them.
#[derive(Default)]
struct Blocked {
    count: u64,
    example: String,
}

/// One finding for each grant lost since `since`.
pub(crate) async fn lost(
    session: &Session,
    scope: &Scope,
    since: &Probe,
    now: &Probed,
) -> Result<Vec<Finding>, WarehouseError> {
    let role = quoted(&session.server.role);
    let earlier: HashMap<&str, &str> =
        since.scopes.iter().map(|(name, answer)| (name.as_str(), answer.as_str())).collect();
    let before = Privileges::of(since).unwrap_or_default();
    let mut findings = Vec::new();
    for name in Privileges::of(&now.probe).unwrap_or_default().without_usage {
        if earlier.contains_key(name.as_str()) && !before.without_usage.contains(&name) {
            findings.push(
                Finding::warning("usage-revoked", format!("USAGE on schema `{name}` was revoked from `{}` since the last scan: no drops are reported until it is back or the loss is confirmed", session.server.role))
                    .about(name.clone())
                    .remedy(format!("GRANT USAGE ON SCHEMA {} TO {role};", quoted(&name))),
            );
        }
    }
    // Rebuilt tables (dbt) arrive without grants all the time. Only a relation that stood there at the last scan counts.
    let known: HashMap<u32, Earlier> = now
        .unreadable
        .keys()
        .filter_map(|oid| Some((*oid, Earlier::of(earlier.get(scope.schemas.get(oid)?.name.as_str())?)?)))
        .filter(|(oid, before)| now.unreadable[oid] > before.unreadable)
        .collect();
    if known.is_empty() {
        return Ok(findings);
    }
    for (oid, blocked) in blocked(session, &known).await? {
        let before = known[&oid].unreadable;
        if blocked.count <= before {
            continue;
        }
        let name = &scope.schemas[&oid].name;
        let message = format!(
            "SELECT on {} relations of schema `{name}` (such as `{}`) was revoked from `{}` since the last scan: no drops are reported until it is back or the loss is confirmed",
            blocked.count - before,
            blocked.example,
            session.server.role
        );
        findings.push(
            Finding::warning("select-revoked", message)
                .about(name.clone())
                .remedy(format!("GRANT SELECT ON ALL TABLES IN SCHEMA {} TO {role};", quoted(name))),
        );
    }
    Ok(findings)
}

async fn blocked(session: &Session, known: &HashMap<u32, Earlier>) -> Result<BTreeMap<u32, Blocked>, WarehouseError> {
    let doing = "reading revoked grants";
    let mut out: BTreeMap<u32, Blocked> = BTreeMap::new();
    let rows = session.copy_all(REVOKED).await.map_err(|f| f.explain(doing))?;
    for row in rows {
        let mut read = || -> Result<(), Garbled> {
            let mut fields = Fields::of(&row)?;
            let (schema, oid, name) = (fields.number::<u32>()?, fields.number::<u32>()?, fields.required()?);
            if known.get(&schema).is_some_and(|earlier| oid <= earlier.newest) {
                let entry = out.entry(schema).or_default();
                entry.count += 1;
                if entry.example.is_empty() {
                    entry.example = name.into_owned();
                }
            }
            Ok(())
        };
        read().map_err(|e| WarehouseError::Protocol(format!("PostgreSQL answered with {e} while {doing}")))?;
    }
    Ok(out)
}

/// An identifier as SQL writes it.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
