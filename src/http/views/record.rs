//! What the daemon keeps about itself: audit events and messages on their way out.

use crate::compat::SdkShape;
use crate::views::reader::ActorView;
use crate::views::words;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use tessera_ports::records::{OutboxMessage, OutboxState, StoredAuditEvent};
use utoipa::ToSchema;
use uuid::Uuid;

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub(crate) struct AuditView {
    /// Position in the log, from 1, without gaps.
    pub(crate) seq: u64,
    pub(crate) id: Uuid,
    pub(crate) at: Timestamp,
    #[schema(example = "proposal")]
    pub(crate) entity: String,
    pub(crate) entity_id: String,
    #[schema(example = "proposal.acknowledged")]
    pub(crate) action: String,
    pub(crate) actor: ActorView,
    pub(crate) payload: Value,
    /// Over the previous event's hash and this event.
    pub(crate) hash: String,
}

impl From<StoredAuditEvent> for AuditView {
    fn from(stored: StoredAuditEvent) -> Self {
        AuditView {
            seq: stored.seq,
            id: stored.event.id.0,
            at: stored.event.at,
            entity: stored.event.entity,
            entity_id: stored.event.entity_id,
            action: stored.event.action,
            actor: ActorView::from(&stored.event.actor),
            payload: stored.event.payload,
            hash: stored.hash,
        }
    }
}

impl SdkShape for AuditView {}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OutboxMessage)]
pub(crate) struct OutboxView {
    /// Also the idempotency key of every delivery attempt.
    pub(crate) id: Uuid,
    pub(crate) notifier: String,
    pub(crate) target: String,
    /// The proposal, drift or scan it is about.
    pub(crate) subject: String,
    #[schema(example = "proposal.opened")]
    pub(crate) event: String,
    pub(crate) title: String,
    #[schema(value_type = words::OutboxState)]
    pub(crate) state: OutboxState,
    pub(crate) attempts: u32,
    pub(crate) created_at: Timestamp,
    pub(crate) next_attempt: Timestamp,
    pub(crate) last_error: Option<String>,
    pub(crate) delivered_at: Option<Timestamp>,
}

impl From<OutboxMessage> for OutboxView {
    fn from(message: OutboxMessage) -> Self {
        OutboxView {
            id: message.id.0,
            notifier: message.notifier,
            target: message.target,
            subject: message.subject,
            event: message.notice.kind.event().to_owned(),
            title: message.notice.title,
            state: message.state,
            attempts: message.attempts,
            created_at: message.created_at,
            next_attempt: message.next_attempt,
            last_error: message.last_error,
            delivered_at: message.delivered_at,
        }
    }
}

impl SdkShape for OutboxView {}
