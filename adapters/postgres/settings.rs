//! The settings of one PostgreSQL warehouse: what may be written, what it means when it is not, and how a wrong value is
//! answered. Passwords stay inside `Secret`: neither `Debug` nor an error shows them.

use serde::Deserialize;
use serde_json::Value;
use std::time::Duration;
use tessera_ports::Secret;
use tessera_ports::adapter::{SettingsError, read_settings, span};

/// How the connection is protected; the words are libpq's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SslMode {
    Disable,
    /// Encrypted when the server offers it, else plain. The certificate is not checked.
    #[default]
    #[serde(alias = "allow")]
    Prefer,
    /// Encrypted or nothing. The certificate is checked only when `sslrootcert` is given, as libpq does.
    Require,
    /// Encrypted, the certificate's chain is checked.
    VerifyCa,
    /// Encrypted, chain and host name are checked.
    VerifyFull,
}

/// As written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    url: Option<Secret>,
    host: Option<String>,
    port: Option<u16>,
    user: Option<String>,
    password: Option<Secret>,
    database: Option<String>,
    schemas: Vec<String>,
    exclude_schemas: Vec<String>,
    sslmode: Option<SslMode>,
    sslrootcert: Option<String>,
    sslcert: Option<String>,
    sslkey: Option<String>,
    role: Option<String>,
    application_name: Option<String>,
    #[serde(deserialize_with = "span")]
    statement_timeout: Option<Duration>,
    #[serde(deserialize_with = "span")]
    lock_timeout: Option<Duration>,
    #[serde(deserialize_with = "span")]
    connect_timeout: Option<Duration>,
    #[serde(deserialize_with = "span")]
    keepalives_idle: Option<Duration>,
}

/// As understood.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// A name, an address, or the directory of a Unix socket.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) user: String,
    pub(crate) password: Option<Secret>,
    pub(crate) database: String,
    /// Patterns; empty means every schema that is not excluded.
    pub(crate) schemas: Vec<String>,
    pub(crate) exclude_schemas: Vec<String>,
    pub(crate) sslmode: SslMode,
    pub(crate) sslrootcert: Option<String>,
    pub(crate) sslcert: Option<String>,
    pub(crate) sslkey: Option<String>,
    /// A role to change to after the login.
    pub(crate) role: Option<String>,
    pub(crate) application_name: String,
    pub(crate) statement_timeout: Duration,
    pub(crate) lock_timeout: Duration,
    pub(crate) connect_timeout: Duration,
    pub(crate) keepalives_idle: Duration,
}

impl Settings {
    pub(crate) fn read(name: &str, value: &Value) -> Result<Self, SettingsError> {
        let what = format!("warehouse \"{name}\" (postgres)");
        let written: Written = read_settings(&what, value)?;
        let fail = |message: &str| SettingsError::new(format!("{what}: {message}"));
        let written = match written.url.clone() {
            Some(url) => from_url(written, &url).map_err(|m| fail(&m))?,
            None => written,
        };
        let given = |value: Option<String>, key: &str| {
            value.filter(|v| !v.is_empty()).ok_or_else(|| {
                fail(&format!("`{key}` is missing: set `{key}`, or `url = \"postgres://user@host:5432/database\"`"))
            })
        };
        if written.sslcert.is_some() != written.sslkey.is_some() {
            return Err(fail("`sslcert` and `sslkey` belong together: set both or neither"));
        }
        Ok(Settings {
            host: given(written.host, "host")?,
            port: written.port.unwrap_or(5432),
            user: given(written.user, "user")?,
            password: written.password,
            database: given(written.database, "database")?,
            schemas: written.schemas,
            exclude_schemas: written.exclude_schemas,
            sslmode: written.sslmode.unwrap_or_default(),
            sslrootcert: written.sslrootcert,
            sslcert: written.sslcert,
            sslkey: written.sslkey,
            role: written.role,
            application_name: written.application_name.unwrap_or_else(|| "tessera".to_owned()),
            statement_timeout: written.statement_timeout.unwrap_or(Duration::from_secs(120)),
            lock_timeout: written.lock_timeout.unwrap_or(Duration::from_secs(5)),
            connect_timeout: written.connect_timeout.unwrap_or(Duration::from_secs(10)),
            keepalives_idle: written.keepalives_idle.unwrap_or(Duration::from_secs(60)),
        })
    }

    /// For messages: `user@host:port/database`.
    pub(crate) fn address(&self) -> String {
        format!("{}@{}:{}/{}", self.user, self.host, self.port, self.database)
    }

    /// True when nothing leaves this machine.
    pub(crate) fn is_local(&self) -> bool {
        self.host.starts_with('/') || matches!(self.host.as_str(), "localhost" | "127.0.0.1" | "::1")
    }
}

/// Takes from the URL what it names. A key given twice is refused: nobody could tell which one counts.
fn from_url(mut written: Written, url: &Secret) -> Result<Written, String> {
    let parsed = url::Url::parse(url.expose()).map_err(|e| format!("`url` is not a URL: {e}"))?;
    if !matches!(parsed.scheme(), "postgres" | "postgresql") {
        return Err(format!("`url` starts with `{}:`, expected `postgres:`", parsed.scheme()));
    }
    let plain = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .map(|t| t.into_owned())
            .map_err(|_| "`url` holds percent escapes that are not UTF-8".to_owned())
    };
    let once = |slot: &mut Option<String>, key: &str, value: String| {
        if slot.is_some() {
            return Err(format!("`{key}` is given in `url` and on its own: keep one"));
        }
        *slot = Some(value);
        Ok(())
    };
    if let Some(host) = parsed.host_str().filter(|h| !h.is_empty()) {
        once(&mut written.host, "host", plain(host)?.trim_matches(['[', ']']).to_owned())?;
    }
    if !parsed.username().is_empty() {
        once(&mut written.user, "user", plain(parsed.username())?)?;
    }
    let database = plain(parsed.path().trim_start_matches('/'))?;
    if !database.is_empty() {
        once(&mut written.database, "database", database)?;
    }
    if let Some(port) = parsed.port()
        && written.port.replace(port).is_some()
    {
        return Err("`port` is given in `url` and on its own: keep one".to_owned());
    }
    if let Some(password) = parsed.password()
        && written.password.replace(Secret::new(plain(password)?)).is_some()
    {
        return Err("`password` is given in `url` and on its own: keep one".to_owned());
    }
    for (key, value) in parsed.query_pairs() {
        let value = value.into_owned();
        match key.as_ref() {
            "host" => once(&mut written.host, "host", value)?,
            "user" => once(&mut written.user, "user", value)?,
            "dbname" => once(&mut written.database, "database", value)?,
            "application_name" => once(&mut written.application_name, "application_name", value)?,
            "sslrootcert" => once(&mut written.sslrootcert, "sslrootcert", value)?,
            "sslcert" => once(&mut written.sslcert, "sslcert", value)?,
            "sslkey" => once(&mut written.sslkey, "sslkey", value)?,
            "sslmode" => {
                let mode =
                    SslMode::deserialize(Value::String(value)).map_err(|e| format!("`sslmode` in `url`: {e}"))?;
                if written.sslmode.replace(mode).is_some() {
                    return Err("`sslmode` is given in `url` and on its own: keep one".to_owned());
                }
            }
            "connect_timeout" => {
                let seconds = value.parse().map_err(|_| "`connect_timeout` in `url` is not a number of seconds")?;
                written.connect_timeout = Some(Duration::from_secs(seconds));
            }
            other => return Err(format!("`url` holds the parameter `{other}`, which is not understood: remove it")),
        }
    }
    Ok(written)
}
