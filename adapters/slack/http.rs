//! The one place that talks HTTP: a client without redirects, a bounded body, and every failure sorted by what it means
//! for a repeat. Errors never carry the address, which may be a secret.

use crate::settings::Settings;
use reqwest::{Client, RequestBuilder, header};
use std::time::Duration;
use tessera_ports::adapter::SettingsError;

/// More than Slack ever answers to us, a page of history included.
const MAX_BODY: usize = 4 * 1024 * 1024;
const DEFAULT_WAIT: Duration = Duration::from_secs(30);
const MAX_WAIT: Duration = Duration::from_secs(3_600);

pub(crate) fn client(settings: &Settings) -> Result<Client, SettingsError> {
    // reqwest panics without a provider; the binary installs one at start.
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        return Err(SettingsError::new(
            "no TLS provider is installed in this process: call rustls::crypto::ring::default_provider().install_default() at start",
        ));
    }
    let mut builder = Client::builder()
        .user_agent(concat!("tessera/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(settings.timeout.min(Duration::from_secs(5)))
        .timeout(settings.timeout);
    if settings.loopback {
        builder = builder.no_proxy().tls_certs_only([]);
    }
    builder.build().map_err(|e| {
        SettingsError::new(format!("cannot prepare HTTPS: {} (are CA certificates installed?)", chain(&e)))
    })
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: header::HeaderMap,
    pub body: Vec<u8>,
}

/// Why nothing usable came back.
#[derive(Debug)]
pub(crate) enum Broken {
    /// Too fast: certainly not carried out.
    Limited(Duration),
    /// Never reached the other side: certainly not carried out.
    Unreached(String),
    /// Sent, outcome unknown (reset, timeout, 5xx, an answer that is none of Slack's).
    Unknown { message: String, after: Option<Duration> },
}

pub(crate) async fn send(request: RequestBuilder) -> Result<Answer, Broken> {
    let mut response = request.send().await.map_err(broken)?;
    let status = response.status().as_u16();
    let headers = std::mem::take(response.headers_mut());
    if status == 429 {
        return Err(Broken::Limited(retry_after(&headers).unwrap_or(DEFAULT_WAIT)));
    }
    if status >= 500 {
        return Err(Broken::Unknown { message: format!("Slack answered {status}"), after: retry_after(&headers) });
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(broken)? {
        if body.len() + chunk.len() > MAX_BODY {
            return Err(unknown(format!("Slack's answer is longer than {MAX_BODY} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { status, headers, body })
}

pub(crate) fn unknown(message: impl Into<String>) -> Broken {
    Broken::Unknown { message: message.into(), after: None }
}

fn broken(error: reqwest::Error) -> Broken {
    let error = error.without_url();
    let message = format!("Slack was not reached: {}", chain(&error));
    if error.is_connect() || error.is_builder() {
        return Broken::Unreached(message);
    }
    if error.is_timeout() {
        return unknown("Slack did not answer in time");
    }
    unknown(message)
}

/// Seconds; Slack sends nothing else. Bounded, so that a wrong header cannot stop a channel for days.
fn retry_after(headers: &header::HeaderMap) -> Option<Duration> {
    let seconds: f64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    (seconds.is_finite() && seconds >= 0.0).then(|| Duration::from_secs_f64(seconds.min(MAX_WAIT.as_secs_f64())))
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        next = cause.source();
    }
    text
}

/// The beginning of an answer, for an error message.
pub(crate) fn excerpt(body: &[u8]) -> String {
    crate::text::plain(&String::from_utf8_lossy(&body[..body.len().min(1_000)]), 120)
}
