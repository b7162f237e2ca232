//! The settings of one SQLite warehouse: a file, or several files each standing for one schema.

use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use tessera_ports::adapter::{SettingsError, read_settings, span};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    path: Option<PathBuf>,
    database: Option<String>,
    attach: BTreeMap<String, PathBuf>,
    #[serde(deserialize_with = "span")]
    busy_timeout: Option<Duration>,
}

#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// The first part of every name.
    pub(crate) database: String,
    /// Schema name and file, `main` first.
    pub(crate) files: Vec<(String, PathBuf)>,
    pub(crate) busy_timeout: Duration,
}

impl Settings {
    pub(crate) fn read(name: &str, value: &Value) -> Result<Self, SettingsError> {
        let what = format!("warehouse \"{name}\" (sqlite)");
        let mut written: Written = read_settings(&what, value)?;
        if let Some(main) = written.attach.remove("main")
            && written.path.replace(main).is_some()
        {
            return Err(SettingsError::new(format!("{what}: `path` and `attach.main` name the same schema: keep one")));
        }
        let Some(path) = written.path.filter(|p| !p.as_os_str().is_empty()) else {
            return Err(SettingsError::new(format!("{what}: `path` is missing: set it to the database file")));
        };
        let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned());
        Ok(Settings {
            database: written.database.filter(|d| !d.is_empty()).or(stem).unwrap_or_else(|| "main".to_owned()),
            files: std::iter::once(("main".to_owned(), path)).chain(written.attach).collect(),
            busy_timeout: written.busy_timeout.unwrap_or(Duration::from_secs(10)),
        })
    }
}
