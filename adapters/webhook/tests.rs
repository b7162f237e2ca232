//! Tests of the webhook adapter. Addresses are data: `tests/addresses.txt`.

mod addresses;
mod delivery;
mod rebinding;
mod settings;
mod signature;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tessera_ports::notifier::{Delivered, Delivery, DeliveryError, Notice, NoticeKind, Notifier};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

fn provider() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

fn notifier(settings: &Value) -> Arc<dyn Notifier> {
    provider();
    (crate::register().build)("hook", settings).expect("settings are good")
}

fn notice(kind: NoticeKind) -> Notice {
    let json = json!({
        "kind": kind, "subject": "p1", "title": "orders.status dropped", "summary": "…", "at": "2026-08-04T10:00:00Z",
    });
    serde_json::from_value(json).unwrap()
}

async fn send(to: &dyn Notifier, kind: NoticeKind) -> Result<Delivered, DeliveryError> {
    let notice = notice(kind);
    let delivery = Delivery {
        idempotency_key: "0198c000-0001".into(),
        target: "hook",
        notice: &notice,
        previous: None,
        attempt: 1,
    };
    to.deliver(&delivery).await
}

/// What the receiver does with a request.
#[derive(Clone)]
enum Answer {
    Status(u16, Vec<(&'static str, String)>, String),
    Slow(Duration),
    Reset,
}

type Seen = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

/// A receiver on a loopback port that answers as told and keeps what it got.
struct Receiver {
    address: SocketAddr,
    seen: Seen,
    answer: Arc<Mutex<Answer>>,
}

impl Receiver {
    async fn start() -> Receiver {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Seen::default();
        let answer = Arc::new(Mutex::new(Answer::Status(204, Vec::new(), String::new())));
        let app = axum::Router::new().fallback(receive).with_state((seen.clone(), answer.clone()));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Receiver { address, seen, answer }
    }
    fn settings(&self) -> Value {
        json!({"url": format!("http://{}/hook", self.address), "secret": SECRET, "allow_private": ["127.0.0.0/8"]})
    }
    fn answers(&self, answer: Answer) {
        *self.answer.lock().unwrap() = answer;
    }
    fn seen(&self) -> Vec<(HeaderMap, Bytes)> {
        self.seen.lock().unwrap().clone()
    }
}

async fn receive(
    State((seen, answer)): State<(Seen, Arc<Mutex<Answer>>)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    seen.lock().unwrap().push((headers, body));
    let answer = answer.lock().unwrap().clone();
    match answer {
        Answer::Status(status, headers, body) => {
            let mut response = (StatusCode::from_u16(status).unwrap(), body).into_response();
            for (name, value) in headers {
                response.headers_mut().insert(name, value.parse().unwrap());
            }
            response
        }
        Answer::Slow(time) => {
            tokio::time::sleep(time).await;
            StatusCode::OK.into_response()
        }
        Answer::Reset => std::panic::resume_unwind(Box::new("reset")),
    }
}
