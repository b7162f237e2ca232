//! Delivery with a bot token: one message per subject and channel that stays up to date, one short reply in its thread
//! for each thing that happens. Slack has no idempotency key; where an earlier outcome is unknown we look for our marker.

use crate::api::{Api, ApiError};
use crate::memory::Memory;
use crate::rate::Buckets;
use crate::reference::Reference;
use crate::render::{self, Message};
use crate::search::{self, Found};
use crate::{http::Broken, said};
use serde_json::{Value, json};
use tessera_ports::notifier::{Delivered, Delivery, DeliveryError, Notice, NoticeKind};

#[derive(Debug)]
pub(crate) struct Bot {
    pub api: Api,
    pub buckets: Buckets,
    pub memory: Memory,
    pub default_channel: Option<String>,
}

/// What a notice does to a message that is already there.
struct Plan {
    update: bool,
    reply: bool,
}

fn plan(notice: &Notice) -> Plan {
    let (update, reply) = match notice.kind {
        NoticeKind::ProposalProgress
        | NoticeKind::ProposalResolved
        | NoticeKind::ProposalForced
        | NoticeKind::DriftResolved => (true, true),
        NoticeKind::ProposalReminder => (false, true),
        // Its notice may hold the new version only: it must not wipe out the proposal's message.
        NoticeKind::ContractPublished => (!notice.changes.is_empty() || !notice.teams.is_empty(), true),
        NoticeKind::ProposalOpened | NoticeKind::Drift | NoticeKind::MassChange | NoticeKind::Attention => {
            (true, false)
        }
        NoticeKind::Test => (false, false),
    };
    Plan { update, reply }
}

impl Bot {
    pub(crate) async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Delivered, DeliveryError> {
        let channel = match (delivery.target.trim(), &self.default_channel) {
            ("", Some(default)) => default.as_str(),
            ("", None) => {
                return Err(DeliveryError::Permanent {
                    message: "no channel: name one where the notification is routed, or set `default_channel`".into(),
                });
            }
            (target, _) => target,
        };
        let unsure = self.memory.unsure(&delivery.idempotency_key, delivery.attempt);
        let previous = delivery.previous.and_then(Reference::parse);
        let result = match previous.filter(|_| delivery.notice.kind != NoticeKind::Test) {
            Some(root) => self.continue_at(delivery, &root, unsure).await,
            None => self.begin(delivery, channel, unsure).await,
        };
        match result {
            Ok(reference) => Ok(Delivered { reference: Some(reference.to_string()) }),
            Err(error) => {
                if !unsure && said::certainly_not_sent(&error) {
                    self.memory.not_sent(&delivery.idempotency_key, delivery.attempt);
                }
                Err(said::delivery_error(error, &format!("channel `{channel}`")))
            }
        }
    }

    /// The first message of a subject.
    async fn begin(&self, delivery: &Delivery<'_>, channel: &str, unsure: bool) -> Result<Reference, ApiError> {
        let mut repeat = false;
        if unsure {
            let mut id = self.memory.channel_id(channel);
            let is_name = id.starts_with('#') || id.contains(char::is_lowercase);
            if is_name && let Some(found) = search::channel_id(&self.api, &id).await? {
                self.memory.learn_channel(channel, &found);
                id = found;
            }
            match search::in_channel(&self.api, &id, delivery).await? {
                Found::Here(ts) => return Ok(Reference { channel: id, ts }),
                Found::Nowhere => {}
                Found::CannotTell => repeat = true,
            }
        }
        let message = render::full(delivery.notice, repeat);
        let answer = self.write("chat.postMessage", channel, &post(channel, &message, delivery)).await?;
        let reference = reference(&answer)?;
        self.memory.learn_channel(channel, &reference.channel);
        Ok(reference)
    }

    async fn continue_at(
        &self,
        delivery: &Delivery<'_>,
        root: &Reference,
        unsure: bool,
    ) -> Result<Reference, ApiError> {
        let plan = plan(delivery.notice);
        if plan.update {
            let message = render::full(delivery.notice, false);
            let body = json!({
                "channel": root.channel, "ts": root.ts, "text": message.text, "blocks": message.blocks,
                "parse": "none", "link_names": false,
            });
            match self.write("chat.update", &root.channel, &body).await {
                Ok(_) => {}
                // Somebody deleted it: begin anew rather than fall silent.
                Err(ApiError::Said { code, .. }) if code == "message_not_found" => {
                    return self.begin(delivery, &root.channel, unsure).await;
                }
                Err(ApiError::Said { code, .. })
                    if matches!(code.as_str(), "cant_update_message" | "edit_window_closed") =>
                {
                    tracing::warn!(%code, "Slack does not let the message be updated; the thread still gets its reply");
                }
                Err(other) => return Err(other),
            }
        }
        if plan.reply {
            self.reply(delivery, root, unsure).await?;
        }
        Ok(root.clone())
    }

    async fn reply(&self, delivery: &Delivery<'_>, root: &Reference, unsure: bool) -> Result<(), ApiError> {
        let mut repeat = false;
        if unsure {
            match search::in_thread(&self.api, root, delivery).await? {
                Found::Here(_) => return Ok(()),
                Found::Nowhere => {}
                Found::CannotTell => repeat = true,
            }
        }
        let body = json!({
            "channel": root.channel, "thread_ts": root.ts, "text": render::reply(delivery.notice, repeat),
            "parse": "none", "link_names": false, "unfurl_links": false, "unfurl_media": false,
            "metadata": search::marker(delivery),
        });
        self.write("chat.postMessage", &root.channel, &body).await.map(drop)
    }

    /// In its channel's turn; a "too fast" holds the channel.
    async fn write(&self, method: &str, channel: &str, body: &Value) -> Result<Value, ApiError> {
        let bucket = self.memory.channel_id(channel);
        self.buckets.take(&bucket).await.map_err(Broken::Limited)?;
        let said = self.api.post(method, body).await;
        if let Err(ApiError::Broken(Broken::Limited(after))) = &said {
            self.buckets.hold(&bucket, *after);
        }
        Ok(said?.body)
    }
}

fn post(channel: &str, message: &Message, delivery: &Delivery<'_>) -> Value {
    json!({
        "channel": channel, "text": message.text, "blocks": message.blocks,
        "parse": "none", "link_names": false, "unfurl_links": false, "unfurl_media": false,
        "metadata": search::marker(delivery),
    })
}

fn reference(answer: &Value) -> Result<Reference, ApiError> {
    Reference::of(answer).ok_or_else(|| {
        ApiError::Broken(crate::http::unknown("Slack's answer names no channel and time of the message"))
    })
}
