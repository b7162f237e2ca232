//! Delivery through an incoming webhook: it can only post, into the one channel it was made for. What a bot would update
//! becomes a short follow-up that says what it is about.

use crate::api::ApiError;
use crate::http::{self, Broken, send};
use crate::memory::Memory;
use crate::rate::Buckets;
use crate::{render, said};
use reqwest::{Client, header};
use serde_json::json;
use tessera_ports::Secret;
use tessera_ports::notifier::{Delivered, Delivery, DeliveryError, NoticeKind};

#[derive(Debug)]
pub(crate) struct Incoming {
    pub client: Client,
    pub url: Secret,
    pub buckets: Buckets,
    pub memory: Memory,
}

impl Incoming {
    pub(crate) async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Delivered, DeliveryError> {
        let unsure = self.memory.unsure(&delivery.idempotency_key, delivery.attempt);
        let message = match delivery.notice.kind {
            NoticeKind::ProposalProgress
            | NoticeKind::ProposalResolved
            | NoticeKind::ProposalReminder
            | NoticeKind::ProposalForced
            | NoticeKind::ContractPublished
            | NoticeKind::DriftResolved => render::follow_up(delivery.notice, unsure),
            NoticeKind::ProposalOpened
            | NoticeKind::Drift
            | NoticeKind::MassChange
            | NoticeKind::Attention
            | NoticeKind::Test => render::full(delivery.notice, unsure),
        };
        let body = json!({
            "text": message.text, "blocks": message.blocks, "unfurl_links": false, "unfurl_media": false,
        });
        match self.post(&body.to_string()).await {
            Ok(()) => Ok(Delivered { reference: None }),
            Err(error) => {
                if !unsure && said::certainly_not_sent(&error) {
                    self.memory.not_sent(&delivery.idempotency_key, delivery.attempt);
                }
                Err(said::delivery_error(error, "the incoming webhook"))
            }
        }
    }

    async fn post(&self, body: &str) -> Result<(), ApiError> {
        self.buckets.take("").await.map_err(Broken::Limited)?;
        let result = self.call(body).await;
        if let Err(ApiError::Broken(Broken::Limited(after))) = &result {
            self.buckets.hold("", *after);
        }
        result
    }

    /// `ok` in plain text, or a status with one of Slack's words.
    pub(crate) async fn call(&self, body: &str) -> Result<(), ApiError> {
        let request = self
            .client
            .post(self.url.expose())
            .header(header::CONTENT_TYPE, "application/json; charset=utf-8")
            .body(body.to_owned());
        let answer = send(request).await?;
        let word = String::from_utf8_lossy(&answer.body).trim().to_owned();
        if answer.status == 200 && word == "ok" {
            return Ok(());
        }
        let is_code = !word.is_empty() && word.len() < 80 && word.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if answer.status >= 400 && is_code {
            return Err(ApiError::Said { code: word, needed: None });
        }
        Err(http::unknown(format!(
            "the answer is not Slack's (status {}): `{}`; is `webhook_url` right, or does a proxy stand between?",
            answer.status,
            http::excerpt(&answer.body)
        ))
        .into())
    }
}
