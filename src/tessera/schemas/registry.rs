//! Schemas from a registry with Confluent's REST API (Confluent, Karapace, Apicurio's and Redpanda's compatible endpoints):
//! `GET /subjects/{subject}/versions/{version}`, and the same for every reference. Credentials come from the environment
//! only and go to this one server.

use super::{Source, references};
use anyhow::{Context, Result, anyhow, bail};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::time::Duration;
use tessera_model::contract::SchemaFormat;
use url::Url;

pub(super) const USER: &str = "TESSERA_REGISTRY_USER";
pub(super) const PASSWORD: &str = "TESSERA_REGISTRY_PASSWORD";
pub(super) const TOKEN: &str = "TESSERA_REGISTRY_TOKEN";

/// Schemas that one subject may lead to.
const MOST: usize = 500;
/// Bytes of one answer.
const LIMIT: usize = 64 << 20;

/// A version as the registry answers it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Version {
    pub(super) version: i64,
    pub(super) schema: String,
    /// Absent: Avro.
    pub(super) schema_type: Option<String>,
    #[serde(default)]
    pub(super) references: Vec<Reference>,
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct Reference {
    /// As the schema calls it: a file, a `$ref`, a full name.
    pub(super) name: String,
    pub(super) subject: String,
    pub(super) version: i64,
}

/// `http://host/subjects/S/versions/V`; without the last part: the latest.
pub(super) async fn by_url(url: &str) -> Result<Source> {
    let how = "write registry:http://HOST/subjects/SUBJECT/versions/VERSION (VERSION is a number or latest)";
    let (base, rest) =
        url.split_once("/subjects/").ok_or_else(|| anyhow!("`registry:{url}` names no subject; {how}"))?;
    let (subject, version) = match rest.split_once("/versions/") {
        Some((subject, version)) => (subject, version.trim_end_matches('/')),
        None => (rest.trim_end_matches('/'), "latest"),
    };
    if subject.is_empty() || subject.contains('/') {
        bail!("`registry:{url}` names no subject; {how}; a slash of a subject's name is written %2F");
    }
    fetch(base, &percent(subject), version).await
}

/// `%2F` in a subject is a slash of its name.
fn percent(text: &str) -> String {
    let query = format!("x={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(query.as_bytes()).next().map(|(_, v)| v.into_owned()).unwrap_or_default()
}

pub(super) async fn fetch(base: &str, subject: &str, version: &str) -> Result<Source> {
    if version != "latest" && version.parse::<u32>().is_err() {
        bail!("`{version}` is no version: say a number or latest");
    }
    let registry = Registry::new(base)?;
    let root = registry.version(subject, version).await?;
    let (format, said) = match root.schema_type.as_deref().unwrap_or("AVRO") {
        "AVRO" => (SchemaFormat::Avro, "AVRO"),
        "JSON" => (SchemaFormat::JsonSchema, "JSON"),
        "PROTOBUF" => (SchemaFormat::Protobuf, "PROTOBUF"),
        other => {
            bail!("{subject} version {} is of the type {other}: AVRO, JSON and PROTOBUF are compared", root.version)
        }
    };
    let known = registry.references(&root).await?;
    let value = references::resolve(format, subject, &root, &known)
        .with_context(|| format!("{subject} version {} of {}", root.version, registry.shown))?;
    Ok(Source {
        label: format!("{subject} version {} of {}", root.version, registry.shown),
        file: None,
        value,
        format: Some((format, format!("the registry says {said}"))),
        dialect: None,
        table: None,
        stem: None,
        contract: None,
        notes: Vec::new(),
    })
}

struct Registry {
    base: Url,
    /// Without credentials.
    shown: String,
    http: reqwest::Client,
}

impl Registry {
    fn new(base: &str) -> Result<Registry> {
        let mut base = Url::parse(base)
            .with_context(|| format!("`{base}` is no address of a registry; write http://HOST:PORT or https://HOST"))?;
        if !matches!(base.scheme(), "http" | "https") || base.cannot_be_a_base() {
            bail!("`{base}` is no address of a registry; write http://HOST:PORT or https://HOST");
        }
        if !base.username().is_empty() || base.password().is_some() {
            bail!(
                "no credentials in the address, where shells and logs keep them: set {USER} and {PASSWORD}, or {TOKEN}"
            );
        }
        base.set_query(None);
        base.set_fragment(None);
        let shown = base.as_str().trim_end_matches('/').to_owned();
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(60))
            .connect_timeout(Duration::from_secs(5))
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .context("the HTTP client cannot start")?;
        Ok(Registry { base, shown, http })
    }

    async fn version(&self, subject: &str, version: &str) -> Result<Version> {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().extend(["subjects", subject, "versions", version]);
        }
        let set = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
        let mut request =
            self.http.get(url).header("Accept", "application/vnd.schemaregistry.v1+json, application/json");
        let (user, token) = (set(USER), set(TOKEN));
        let sent = user.is_some() || token.is_some();
        request = match (user, token) {
            (Some(_), Some(_)) => bail!("{USER} and {TOKEN} are both set: keep the one that the registry wants"),
            (Some(user), None) => request.basic_auth(user, set(PASSWORD)),
            (None, Some(token)) => request.bearer_auth(token),
            (None, None) => request,
        };
        let mut response = request.send().await.map_err(|e| {
            let why = if e.is_timeout() { "timed out".to_owned() } else { crate::client::root(&e) };
            anyhow!(
                "no registry answers at {}: {why}; is the address right, and does it need a VPN or https?",
                self.shown
            )
        })?;
        let status = response.status();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.context("the registry's answer broke off")? {
            body.extend_from_slice(&chunk);
            if body.len() > LIMIT {
                bail!("the registry's answer is larger than {LIMIT} bytes");
            }
        }
        if status.is_success() {
            return serde_json::from_slice(&body).map_err(|e| {
                anyhow!("{} does not answer as a schema registry ({e}); is there a path missing in its address, such as /apis/ccompat/v7?", self.shown)
            });
        }
        Err(self.refused(status, &body, subject, version, sent))
    }

    fn refused(&self, status: StatusCode, body: &[u8], subject: &str, version: &str, sent: bool) -> anyhow::Error {
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let said = answer["message"].as_str().map(|m| format!(" (it says: {m})")).unwrap_or_default();
        let at = &self.shown;
        match (status.as_u16(), answer["error_code"].as_i64()) {
            (401, _) if sent => {
                anyhow!("{at} refuses the credentials{said}: look at {USER} and {PASSWORD}, or {TOKEN}")
            }
            (401, _) => anyhow!("{at} wants to know who asks{said}: set {USER} and {PASSWORD}, or {TOKEN}"),
            (403, _) => {
                anyhow!("{at} does not let this account read `{subject}`{said}: it needs the right to read the subject")
            }
            (_, Some(40401)) => {
                anyhow!(
                    "{at} has no subject `{subject}`{said}: look at {at}/subjects for the names it has; topics' values are called TOPIC-value"
                )
            }
            (_, Some(40402)) => {
                anyhow!(
                    "`{subject}` of {at} has no version {version}{said}: {at}/subjects/{subject}/versions lists them"
                )
            }
            (_, Some(40403)) => anyhow!(
                "the schema of `{subject}` version {version} is gone from {at}{said}: it may be deleted softly; ask for another version"
            ),
            (_, Some(42202)) => anyhow!("{at} does not take `{version}` for a version{said}: say a number or latest"),
            (404, None) => {
                anyhow!("{at} has no such address{said}: is there a path missing, such as /apis/ccompat/v7?")
            }
            (300..=399, _) => {
                anyhow!("{at} sends elsewhere (HTTP {status}): use the final address; credentials are not sent on")
            }
            _ => anyhow!("{at} answers HTTP {status}{said}"),
        }
    }

    /// Everything that a version refers to, by (subject, version); each is asked for once.
    async fn references(&self, root: &Version) -> Result<BTreeMap<(String, i64), Version>> {
        let mut known: BTreeMap<(String, i64), Version> = BTreeMap::new();
        let mut todo: Vec<Reference> = root.references.clone();
        while let Some(reference) = todo.pop() {
            let key = (reference.subject.clone(), reference.version);
            if known.contains_key(&key) {
                continue;
            }
            if known.len() >= MOST {
                bail!("the schema refers to more than {MOST} others");
            }
            let found = self
                .version(&reference.subject, &reference.version.to_string())
                .await
                .with_context(|| format!("the reference `{}`", reference.name))?;
            todo.extend(found.references.iter().cloned());
            known.insert(key, found);
        }
        Ok(known)
    }
}
