//! `commit`: the one way to change anything. Fence, writes in order, audit, outbox: one transaction, run again as a whole
//! when the database asks for it.

use crate::db::{Db, Session, args};
use crate::error::Failure;
use crate::rows::{document, indexed, int, name, parse, version_key};
use crate::{audit, lease, outbox};
use sqlx::AssertSqlSafe;
use std::collections::HashMap;
use std::future::Future;
use std::time::Duration;
use tessera_model::TableKey;
use tessera_model::asset::{Asset, Dependency};
use tessera_model::contract::{Contract, ContractStatus, Registration, Waiver};
use tessera_model::ids::ContractId;
use tessera_model::team::Team;
use tessera_ports::records::{ApiKey, Artifact, Drift, Observation, Scan};
use tessera_ports::{Batch, StoreError, Write};
use tessera_workflow::Proposal;

type Done = Result<(), Failure>;

pub(crate) async fn commit(db: &Db, batch: &Batch) -> Result<(), StoreError> {
    retried(|| commit_once(db, batch)).await
}

/// Runs a whole transaction again while the database answers that it lost to another.
pub(crate) async fn retried<T, F, Run>(mut run: F) -> Result<T, StoreError>
where
    F: FnMut() -> Run,
    Run: Future<Output = Result<T, Failure>>,
{
    const ATTEMPTS: u32 = 10;
    for attempt in 1.. {
        match run().await {
            Ok(value) => return Ok(value),
            Err(Failure::Again(why)) if attempt < ATTEMPTS => {
                // Jitter from a fresh id's random end: whoever lost together must not meet again.
                let jitter = u64::from(uuid::Uuid::now_v7().as_bytes()[15]) / 8;
                tracing::debug!(attempt, why, "transaction runs again");
                tokio::time::sleep(Duration::from_millis((1 << attempt.min(7)) + jitter)).await;
            }
            Err(failure) => return Err(failure.into_store()),
        }
    }
    Err(StoreError::Unavailable("the transaction could not be placed".into()))
}

async fn commit_once(db: &Db, batch: &Batch) -> Done {
    let mut session = db.write().await?;
    if let Some(fence) = &batch.fence {
        lease::check(db, &mut session, fence).await?;
    }
    for write in &batch.writes {
        apply(&mut session, write).await?;
    }
    outbox::insert(&mut session, &batch.outbox).await?;
    // Last, because its one row puts all writers in a queue until they commit.
    audit::append(&mut session, &batch.audit).await?;
    session.commit().await
}

async fn apply(s: &mut Session, write: &Write) -> Done {
    match write {
        Write::PutTeam(team) => put_team(s, team).await,
        Write::PutAsset(asset) => put_asset(s, asset).await,
        Write::InsertContract(contract) => insert_contract(s, contract).await,
        Write::SetContractStatus { id, expect, status } => set_contract_status(s, *id, *expect, *status).await,
        Write::PutRegistration(registration) => put_registration(s, registration).await,
        Write::DeleteRegistration(id) => delete(s, "DELETE FROM registration WHERE id = $1", id.0).await,
        Write::PutDependency(dependency) => put_dependency(s, dependency).await,
        Write::DeleteDependency(id) => delete(s, "DELETE FROM dependency WHERE id = $1", id.0).await,
        Write::PutProposal(proposal) => put_proposal(s, proposal).await,
        Write::PutDrift(drift) => put_drift(s, drift).await,
        Write::PutScan(scan) => put_scan(s, scan).await,
        Write::PutObservations(observations) => put_observations(s, observations).await,
        Write::DeleteObservations { warehouse, keys } => delete_observations(s, warehouse, keys).await,
        Write::PutArtifact(artifact) => put_artifact(s, artifact).await,
        Write::PutKey(key) => put_key(s, key).await,
        Write::PutWaiver(waiver) => put_waiver(s, waiver).await,
        Write::DeleteWaiver(id) => delete(s, "DELETE FROM waiver WHERE id = $1", id.0).await,
        Write::PutSetting { name, value } => put_setting(s, name, value.as_deref()).await,
    }
}

async fn delete(s: &mut Session, sql: &'static str, id: uuid::Uuid) -> Done {
    s.run(sql, args![id]).await.map(drop)
}

async fn put_team(s: &mut Session, team: &Team) -> Done {
    let sql = "INSERT INTO team (id, name_key, deleted_at, doc) VALUES ($1, $2, $3, $4)
               ON CONFLICT (id) DO UPDATE SET
                   name_key = excluded.name_key, deleted_at = excluded.deleted_at, doc = excluded.doc";
    let name_key = indexed(&team.name.to_lowercase());
    s.run(sql, args![team.id.0, name_key, team.deleted_at, document(team)?]).await.map(drop)
}

async fn put_asset(s: &mut Session, asset: &Asset) -> Done {
    let sql = "INSERT INTO asset (id, fqn_key, fqn_search, table_key, environment, owner, project, warehouse, deleted_at, doc)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
               ON CONFLICT (id) DO UPDATE SET
                   fqn_key = excluded.fqn_key, fqn_search = excluded.fqn_search, table_key = excluded.table_key,
                   environment = excluded.environment, owner = excluded.owner, project = excluded.project,
                   warehouse = excluded.warehouse, deleted_at = excluded.deleted_at, doc = excluded.doc";
    let lower = asset.fqn.to_lowercase();
    let values = args![
        asset.id.0,
        indexed(&lower),
        lower,
        indexed(&asset.key.0),
        indexed(&asset.environment),
        asset.owner.map(|t| t.0),
        asset.project.as_deref().map(indexed),
        asset.warehouse.as_deref().map(indexed),
        asset.deleted_at,
        document(asset)?,
    ];
    s.run(sql, values).await.map(drop)
}

async fn insert_contract(s: &mut Session, contract: &Contract) -> Done {
    let sql = "INSERT INTO contract (id, asset, version_key, status, doc) VALUES ($1, $2, $3, $4, $5)";
    let status = name(&contract.status)?;
    let values = args![contract.id.0, contract.asset.0, version_key(&contract.version), status, document(contract)?];
    s.run(sql, values).await.map(drop)
}

async fn set_contract_status(s: &mut Session, id: ContractId, expect: ContractStatus, status: ContractStatus) -> Done {
    let moved = || Failure::conflict("active contract");
    let row = s.row("SELECT doc FROM contract WHERE id = $1", args![id.0]).await?.ok_or_else(moved)?;
    // Nothing else of a contract ever changes, so the document may be read before the row is locked.
    let contract = Contract { status, ..parse(&row.text(0)?)? };
    let sql = "UPDATE contract SET status = $1, doc = $2 WHERE id = $3 AND status = $4";
    let changed = s.run(sql, args![name(&status)?, document(&contract)?, id.0, name(&expect)?]).await?;
    if changed == 1 { Ok(()) } else { Err(moved()) }
}

async fn put_registration(s: &mut Session, registration: &Registration) -> Done {
    let sql = "INSERT INTO registration (id, asset, team, doc) VALUES ($1, $2, $3, $4)
               ON CONFLICT (id) DO UPDATE SET asset = excluded.asset, team = excluded.team, doc = excluded.doc";
    let values = args![registration.id.0, registration.asset.0, registration.team.0, document(registration)?];
    s.run(sql, values).await.map(drop)
}

async fn put_dependency(s: &mut Session, dependency: &Dependency) -> Done {
    let sql = "INSERT INTO dependency (id, dependent, dependency, doc) VALUES ($1, $2, $3, $4)
               ON CONFLICT (id) DO UPDATE SET
                   dependent = excluded.dependent, dependency = excluded.dependency, doc = excluded.doc";
    let values = args![dependency.id.0, dependency.dependent.0, dependency.dependency.0, document(dependency)?];
    s.run(sql, values).await.map(drop)
}

async fn put_proposal(s: &mut Session, proposal: &Proposal) -> Done {
    let (id, revision, status) = (proposal.id.0, int(proposal.revision)?, proposal.status.name());
    let mut values = args![
        id,
        proposal.asset.0,
        revision,
        status,
        proposal.proposed_by.map(|t| t.0),
        proposal.change_set.as_deref().map(indexed),
        document(proposal)?,
    ];
    if proposal.revision == 1 {
        let sql = "INSERT INTO proposal (id, asset, revision, status, proposed_by, change_set, doc)
                   VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO NOTHING";
        if s.run(sql, values).await? != 1 {
            return Err(Failure::conflict("proposal revision"));
        }
    } else {
        let sql =
            "UPDATE proposal SET asset = $2, revision = $3, status = $4, proposed_by = $5, change_set = $6, doc = $7
                   WHERE id = $1 AND revision = $8";
        values.extend(args![revision - 1]);
        if s.run(sql, values).await? != 1 {
            return Err(Failure::conflict("proposal revision"));
        }
        s.run("DELETE FROM proposal_team WHERE proposal = $1", args![id]).await?;
    }
    for required in &proposal.required {
        let sql = "INSERT INTO proposal_team (proposal, team) VALUES ($1, $2) ON CONFLICT (proposal, team) DO NOTHING";
        s.run(sql, args![id, required.team.0]).await?;
    }
    Ok(())
}

async fn put_drift(s: &mut Session, drift: &Drift) -> Done {
    let sql = "INSERT INTO drift (id, asset, fingerprint, status, warehouse, doc) VALUES ($1, $2, $3, $4, $5, $6)
               ON CONFLICT (id) DO UPDATE SET
                   asset = excluded.asset, fingerprint = excluded.fingerprint, status = excluded.status,
                   warehouse = excluded.warehouse, doc = excluded.doc";
    let fingerprint = indexed(&drift.fingerprint.0);
    let (status, warehouse) = (name(&drift.status)?, indexed(&drift.warehouse));
    s.run(sql, args![drift.id.0, drift.asset.0, fingerprint, status, warehouse, document(drift)?]).await.map(drop)
}

async fn put_scan(s: &mut Session, scan: &Scan) -> Done {
    let sql = "INSERT INTO scan (id, warehouse, slot, doc) VALUES ($1, $2, $3, $4)
               ON CONFLICT (id) DO UPDATE SET warehouse = excluded.warehouse, slot = excluded.slot, doc = excluded.doc";
    s.run(sql, args![scan.id.0, indexed(&scan.warehouse), scan.slot, document(scan)?]).await.map(drop)
}

/// Rows per statement: many enough to save round trips, few enough that naming the parameters costs nothing.
const ROWS: usize = 100;

async fn put_observations(s: &mut Session, observations: &[Observation]) -> Done {
    // One statement may not write the same row twice: the last one counts.
    let mut last = HashMap::with_capacity(observations.len());
    for (position, observation) in observations.iter().enumerate() {
        last.insert((&observation.warehouse, &observation.key), position);
    }
    let mut rows: Vec<usize> = last.into_values().collect();
    // In one order everywhere, so that two writers do not lock each other out.
    rows.sort_unstable_by_key(|&i| (&observations[i].warehouse, &observations[i].key));
    for chunk in rows.chunks(ROWS) {
        let mut values = Vec::with_capacity(3 * chunk.len());
        for observation in chunk.iter().map(|&i| &observations[i]) {
            let (warehouse, key) = (indexed(&observation.warehouse), indexed(&observation.key.0));
            values.extend(args![warehouse, key, document(observation)?]);
        }
        let sql = format!(
            "INSERT INTO observation (warehouse, table_key, doc) VALUES {}
             ON CONFLICT (warehouse, table_key) DO UPDATE SET doc = excluded.doc",
            placeholders(chunk.len(), 3)
        );
        s.run(AssertSqlSafe(sql), values).await?;
    }
    Ok(())
}

/// `($1, $2), ($3, $4)`.
pub(crate) fn placeholders(rows: usize, columns: usize) -> String {
    let row = |r: usize| {
        let names: Vec<String> = (1..=columns).map(|c| format!("${}", r * columns + c)).collect();
        format!("({})", names.join(", "))
    };
    (0..rows).map(row).collect::<Vec<_>>().join(", ")
}

async fn delete_observations(s: &mut Session, warehouse: &str, keys: &[TableKey]) -> Done {
    for chunk in keys.chunks(ROWS) {
        let names: Vec<String> = (0..chunk.len()).map(|i| format!("${}", i + 2)).collect();
        let mut values = args![indexed(warehouse)];
        values.extend(chunk.iter().map(|key| indexed(&key.0).into()));
        let sql = format!("DELETE FROM observation WHERE warehouse = $1 AND table_key IN ({})", names.join(", "));
        s.run(AssertSqlSafe(sql), values).await?;
    }
    Ok(())
}

async fn put_artifact(s: &mut Session, artifact: &Artifact) -> Done {
    let sql =
        "INSERT INTO artifact (project, kind, environment, id, hash, invocation_id, generated_at, received_at, bytes)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
               ON CONFLICT (project, kind, environment) DO UPDATE SET
                   id = excluded.id, hash = excluded.hash, invocation_id = excluded.invocation_id,
                   generated_at = excluded.generated_at, received_at = excluded.received_at, bytes = excluded.bytes";
    let values = args![
        indexed(&artifact.project),
        indexed(&artifact.kind),
        indexed(&artifact.environment),
        artifact.id.0,
        artifact.hash.0.as_str(),
        artifact.invocation_id.clone(),
        artifact.generated_at,
        artifact.received_at,
        artifact.bytes.clone(),
    ];
    s.run(sql, values).await.map(drop)
}

async fn put_key(s: &mut Session, key: &ApiKey) -> Done {
    let sql = "INSERT INTO api_key (id, doc) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET doc = excluded.doc";
    s.run(sql, args![indexed(&key.id), document(key)?]).await.map(drop)
}

async fn put_waiver(s: &mut Session, waiver: &Waiver) -> Done {
    let sql = "INSERT INTO waiver (id, asset, doc) VALUES ($1, $2, $3)
               ON CONFLICT (id) DO UPDATE SET asset = excluded.asset, doc = excluded.doc";
    s.run(sql, args![waiver.id.0, waiver.asset.0, document(waiver)?]).await.map(drop)
}

async fn put_setting(s: &mut Session, name: &str, value: Option<&str>) -> Done {
    let name = indexed(name);
    match value {
        Some(value) => {
            let sql = "INSERT INTO setting (name, value) VALUES ($1, $2)
                       ON CONFLICT (name) DO UPDATE SET value = excluded.value";
            s.run(sql, args![name, value]).await.map(drop)
        }
        None => s.run("DELETE FROM setting WHERE name = $1", args![name]).await.map(drop),
    }
}
