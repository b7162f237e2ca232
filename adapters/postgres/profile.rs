//! dbt's `profiles.yml`, one rendered output of type `postgres`, as settings of this adapter. What only concerns building
//! (threads, retries, search_path) is dropped; dbt's `schema` is where dbt writes, not the scope of a scan.

use serde_json::{Map, Value};
use tessera_ports::adapter::SettingsError;

/// dbt's key, and ours. Of several spellings of one thing the first that is present counts.
const KEYS: [(&str, &str); 16] = [
    ("host", "host"),
    ("port", "port"),
    ("user", "user"),
    ("username", "user"),
    ("password", "password"),
    ("pass", "password"),
    ("dbname", "database"),
    ("database", "database"),
    ("sslmode", "sslmode"),
    ("sslrootcert", "sslrootcert"),
    ("sslcert", "sslcert"),
    ("sslkey", "sslkey"),
    ("role", "role"),
    ("connect_timeout", "connect_timeout"),
    ("keepalives_idle", "keepalives_idle"),
    ("application_name", "application_name"),
];

pub(crate) fn from_dbt_profile(output: &Value) -> Result<Value, SettingsError> {
    let Some(output) = output.as_object() else {
        return Err(SettingsError::new("profiles.yml: the output is not a mapping of keys"));
    };
    if let Some(kind) = output.get("type").and_then(Value::as_str).filter(|k| *k != "postgres") {
        return Err(SettingsError::new(format!("profiles.yml: the output has type `{kind}`, expected `postgres`")));
    }
    let mut settings = Map::new();
    for (theirs, ours) in KEYS {
        match output.get(theirs) {
            None | Some(Value::Null) => {}
            Some(_) if settings.contains_key(ours) => {}
            Some(value) => {
                settings.insert(ours.to_owned(), typed(theirs, ours, value)?);
            }
        }
    }
    // dbt reads 0 as "the system's default".
    settings.retain(|key, value| !(matches!(key.as_str(), "keepalives_idle" | "connect_timeout") && *value == 0));
    for needed in ["host", "user", "database"] {
        if !settings.contains_key(needed) {
            let theirs = if needed == "database" { "dbname" } else { needed };
            return Err(SettingsError::new(format!("profiles.yml: the output has no `{theirs}`")));
        }
    }
    Ok(Value::Object(settings))
}

/// `env_var` renders everything to text: numbers come back as numbers, and a numeric password stays a text.
fn typed(theirs: &str, ours: &str, value: &Value) -> Result<Value, SettingsError> {
    let wrong = || SettingsError::new(format!("profiles.yml: `{theirs}` is not a whole number"));
    match (ours, value) {
        ("port" | "connect_timeout" | "keepalives_idle", Value::String(text)) => {
            Ok(Value::from(text.trim().parse::<u32>().map_err(|_| wrong())?))
        }
        ("port" | "connect_timeout" | "keepalives_idle", Value::Number(n)) if n.is_u64() => Ok(value.clone()),
        ("port" | "connect_timeout" | "keepalives_idle", _) => Err(wrong()),
        (_, Value::String(_)) => Ok(value.clone()),
        (_, Value::Number(n)) => Ok(Value::String(n.to_string())),
        (_, Value::Bool(b)) => Ok(Value::String(b.to_string())),
        _ => Err(SettingsError::new(format!("profiles.yml: `{theirs}` is not a plain value"))),
    }
}
