//! The outbox: messages wait in the transaction that caused them, are leased to whoever delivers, and are settled by the
//! holder of the lease only. `attempts` counts how often a message was handed out, so a claimer that dies counts too.

use crate::db::{Db, Row, Session, args};
use crate::error::Failure;
use crate::rows::{document, name, named, record};
use crate::write::retried;
use jiff::Timestamp;
use tessera_model::Fingerprint;
use tessera_model::ids::OutboxId;
use tessera_ports::StoreError;
use tessera_ports::records::OutboxMessage;
use tessera_ports::store::Settled;

pub(crate) const COLUMNS: &str = "id, dedupe_key, notifier, target, subject, notice, state, attempts, created_at, \
                                  next_attempt, last_error, delivered_at";

pub(crate) fn read(row: &Row) -> Result<OutboxMessage, Failure> {
    Ok(OutboxMessage {
        id: OutboxId(row.uuid(0)?),
        dedupe_key: Fingerprint(row.text(1)?),
        notifier: row.text(2)?,
        target: row.text(3)?,
        subject: row.text(4)?,
        notice: record(row, 5)?,
        state: named(row.text(6)?)?,
        attempts: u32::try_from(row.count(7)?).unwrap_or(u32::MAX),
        created_at: row.time(8)?,
        next_attempt: row.time(9)?,
        last_error: row.text_opt(10)?,
        delivered_at: row.time_opt(11)?,
    })
}

/// What keeps its order: one subject on one target of one notifier.
pub(crate) fn thread(subject: &str, notifier: &str, target: &str) -> String {
    Fingerprint::of_json(&serde_json::json!([subject, notifier, target])).0
}

pub(crate) async fn insert(s: &mut Session, messages: &[OutboxMessage]) -> Result<(), Failure> {
    for m in messages {
        let sql = "INSERT INTO outbox (id, dedupe_key, thread, notifier, target, subject, notice, state, attempts,
                                       created_at, next_attempt, last_error, delivered_at)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
                   ON CONFLICT (dedupe_key) DO NOTHING";
        let values = args![
            m.id.0,
            crate::rows::indexed(&m.dedupe_key.0),
            thread(&m.subject, &m.notifier, &m.target),
            m.notifier.as_str(),
            m.target.as_str(),
            m.subject.as_str(),
            document(&m.notice)?,
            name(&m.state)?,
            m.attempts,
            m.created_at,
            m.next_attempt,
            m.last_error.clone(),
            m.delivered_at,
        ];
        s.run(sql, values).await?;
    }
    Ok(())
}

pub(crate) async fn claim(
    db: &Db,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<OutboxMessage>, StoreError> {
    retried(|| claim_once(db, holder, now, until, limit)).await
}

async fn claim_once(
    db: &Db,
    holder: &str,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<OutboxMessage>, Failure> {
    // The usual answer is "nothing": found without taking the write lock.
    let sql = "SELECT 1 FROM outbox WHERE state = 'waiting' AND next_attempt <= $1 LIMIT 1";
    if limit == 0 || db.read().await?.row(sql, args![now]).await?.is_none() {
        return Ok(Vec::new());
    }
    let mut session = db.write().await?;
    let sql = db.for_update(
        "SELECT o.id FROM outbox o
         WHERE o.state = 'waiting' AND o.next_attempt <= $1 AND (o.lease_until IS NULL OR o.lease_until <= $1)
           AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.thread = o.thread AND e.id < o.id AND e.state = 'waiting')
         ORDER BY o.next_attempt, o.id LIMIT $2 FOR UPDATE SKIP LOCKED",
        "SELECT o.id FROM outbox o
         WHERE o.state = 'waiting' AND o.next_attempt <= $1 AND (o.lease_until IS NULL OR o.lease_until <= $1)
           AND NOT EXISTS (SELECT 1 FROM outbox e WHERE e.thread = o.thread AND e.id < o.id AND e.state = 'waiting')
         ORDER BY o.next_attempt, o.id LIMIT $2",
    );
    let due = session.rows(sql, args![now, limit]).await?;
    let mut claimed = Vec::with_capacity(due.len());
    for row in due {
        let sql = "UPDATE outbox SET lease_by = $1, lease_until = $2, attempts = attempts + 1 WHERE id = $3
                   RETURNING id, dedupe_key, notifier, target, subject, notice, state, attempts, created_at,
                             next_attempt, last_error, delivered_at";
        if let Some(row) = session.row(sql, args![holder, until, row.uuid(0)?]).await? {
            claimed.push(read(&row)?);
        }
    }
    session.commit().await?;
    Ok(claimed)
}

pub(crate) async fn settle(db: &Db, id: OutboxId, holder: &str, settled: &Settled) -> Result<(), StoreError> {
    retried(|| settle_once(db, id, holder, settled)).await
}

async fn settle_once(db: &Db, id: OutboxId, holder: &str, settled: &Settled) -> Result<(), Failure> {
    let (sql, values) = match settled {
        Settled::Done { reference, at } => (
            "UPDATE outbox SET state = 'done', delivered_at = $3, reference = $4, last_error = NULL,
                               lease_by = NULL, lease_until = NULL
             WHERE id = $1 AND lease_by = $2 AND state = 'waiting'",
            args![id.0, holder, *at, reference.clone()],
        ),
        Settled::Retry { error, next_attempt } => (
            "UPDATE outbox SET next_attempt = $3, last_error = $4, lease_by = NULL, lease_until = NULL
             WHERE id = $1 AND lease_by = $2 AND state = 'waiting'",
            args![id.0, holder, *next_attempt, error.as_str()],
        ),
        // `at` has no column: what the caller audits says when it was given up.
        Settled::Dead { error, at: _ } => (
            "UPDATE outbox SET state = 'dead', last_error = $3, lease_by = NULL, lease_until = NULL
             WHERE id = $1 AND lease_by = $2 AND state = 'waiting'",
            args![id.0, holder, error.as_str()],
        ),
    };
    let mut session = db.write().await?;
    session.run(sql, values).await?;
    session.commit().await
}
