//! The audit log: append-only, numbered without gaps, each row's hash over the previous hash and the whole event, so that
//! a changed, removed or inserted row shows. Truncation at the end shows against `audit_head`, which is why a copy of its
//! hash elsewhere (a log line, a printed report) is worth having.

use crate::db::{Arg, Row, Session, args};
use crate::error::Failure;
use crate::rows::{indexed, int, parse};
use serde_json::{Map, Value, json};
use std::fmt;
use tessera_model::ids::AuditId;
use tessera_ports::records::{AuditEvent, StoredAuditEvent};
use tessera_ports::store::{AuditFilter, Page};
use tessera_ports::{Store, StoreError};

pub(crate) const COLUMNS: &str = "seq, id, at, entity, entity_id, action, actor, payload, hash";

pub(crate) fn read(row: &Row) -> Result<StoredAuditEvent, Failure> {
    Ok(StoredAuditEvent {
        seq: row.count(0)?,
        event: AuditEvent {
            id: AuditId(row.uuid(1)?),
            at: row.time(2)?,
            entity: row.text(3)?,
            entity_id: row.text(4)?,
            action: row.text(5)?,
            actor: parse(&row.text(6)?)?,
            payload: parse(&row.text(7)?)?,
        },
        hash: row.text(8)?,
    })
}

/// Appends under the head row's lock, which the transaction keeps until it ends.
pub(crate) async fn append(s: &mut Session, events: &[AuditEvent]) -> Result<(), Failure> {
    if events.is_empty() {
        return Ok(());
    }
    let sql = "UPDATE audit_head SET seq = seq + $1 WHERE id = 1 RETURNING seq, hash";
    let head = s.row(sql, args![int(events.len() as u64)?]).await?;
    let head = head.ok_or_else(|| Failure::corrupt("the audit log has lost its head row"))?;
    let (last, mut hash) = (head.int(0)?, head.text(1)?);
    let first = last - int(events.len() as u64)? + 1;
    for (seq, event) in (first..).zip(events) {
        let event = storable(event);
        hash = chained(&hash, u64::try_from(seq).unwrap_or_default(), &event)?;
        let actor = json(&event.actor)?.to_string();
        let mut values: Vec<Arg> = args![seq, event.id.0, event.at, event.entity, event.entity_id, event.action];
        values.extend(args![actor, event.payload.to_string(), hash.as_str()]);
        let sql = "INSERT INTO audit (seq, id, at, entity, entity_id, action, actor, payload, hash)
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        s.run(sql, values).await?;
    }
    s.run("UPDATE audit_head SET hash = $1 WHERE id = 1", args![hash]).await.map(drop)
}

/// The event as it will be read back, which is what the hash must be over.
fn storable(event: &AuditEvent) -> AuditEvent {
    let text = |s: &str| indexed(s).replace('\0', "\u{2400}");
    AuditEvent {
        at: jiff::Timestamp::from_microsecond(event.at.as_microsecond()).unwrap_or(event.at),
        entity: text(&event.entity),
        entity_id: text(&event.entity_id),
        action: text(&event.action),
        ..event.clone()
    }
}

fn json(value: &impl serde::Serialize) -> Result<Value, Failure> {
    serde_json::to_value(value).map_err(|e| Failure::corrupt(format!("an audit event cannot be written as JSON: {e}")))
}

/// BLAKE3 in hex over the previous hash, a line break, and the event as JSON with sorted keys and without spaces. The
/// actor's absent parts are left out, so that a later version may add some without breaking old chains.
fn chained(previous: &str, seq: u64, event: &AuditEvent) -> Result<String, Failure> {
    let mut actor = json(&event.actor)?;
    if let Value::Object(parts) = &mut actor {
        parts.retain(|_, part| !part.is_null());
    }
    let record = json!({
        "seq": seq, "id": event.id, "at": event.at.as_microsecond(), "entity": event.entity,
        "entity_id": event.entity_id, "action": event.action, "actor": actor, "payload": event.payload,
    });
    let mut hasher = blake3::Hasher::new();
    hasher.update(previous.as_bytes());
    hasher.update(b"\n");
    hasher.update(sorted(record).to_string().as_bytes());
    Ok(hasher.finalize().to_hex().to_string())
}

fn sorted(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(Map::from_iter(entries))
        }
        scalar => scalar,
    }
}

/// What is wrong with an audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuditFault {
    /// Events are missing before this one.
    Gap { expected: u64, found: u64 },
    /// This event, or one before it, is not what was written.
    Changed { seq: u64 },
    /// The log could not be read.
    Unreadable(StoreError),
}

impl fmt::Display for AuditFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AuditFault::Gap { expected, found } => {
                write!(f, "the audit log has a gap: event {expected} is missing, {found} follows")
            }
            AuditFault::Changed { seq } => {
                write!(f, "the audit log was changed: event {seq} does not fit the chain of hashes")
            }
            AuditFault::Unreadable(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for AuditFault {}

/// Walks the chain from the first event; how many there are. Events cut off at the end are seen as well as long as new
/// ones follow.
pub async fn verify_audit(store: &dyn Store) -> Result<u64, AuditFault> {
    const AT_ONCE: u32 = 1000;
    let (mut seq, mut hash) = (0, String::new());
    loop {
        let filter = AuditFilter { after: Some(seq), ..AuditFilter::default() };
        let page = Page { limit: AT_ONCE, offset: 0 };
        let events = store.audit(&filter, page).await.map_err(AuditFault::Unreadable)?.items;
        if events.is_empty() {
            return Ok(seq);
        }
        for stored in events {
            if stored.seq != seq + 1 {
                return Err(AuditFault::Gap { expected: seq + 1, found: stored.seq });
            }
            let expected = chained(&hash, stored.seq, &stored.event);
            if expected.map_err(|f| AuditFault::Unreadable(f.into_store()))? != stored.hash {
                return Err(AuditFault::Changed { seq: stored.seq });
            }
            (seq, hash) = (stored.seq, stored.hash);
        }
    }
}
