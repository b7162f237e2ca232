//! Secrets in configuration: `"text"`, `{ env = "NAME" }` or `{ file = "PATH" }`. A secret is resolved once, when the
//! configuration is loaded, and never printed: `Debug` and `Serialize` show `***`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A resolved secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }
    /// The text itself. Call it only where the secret leaves for its destination.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str("***")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a secret: \"text\", { env = \"NAME\" } or { file = \"PATH\" }")]
        enum Written {
            Text(String),
            Env(FromEnv),
            File(FromFile),
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct FromEnv {
            env: String,
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct FromFile {
            file: String,
        }
        match Written::deserialize(d)? {
            Written::Text(text) => Ok(Secret(text)),
            Written::Env(FromEnv { env }) => std::env::var(&env).map(Secret).map_err(|_| {
                serde::de::Error::custom(format!(
                    "environment variable `{env}` is not set: export it, or write the secret as {{ file = \"…\" }}"
                ))
            }),
            Written::File(FromFile { file }) => match std::fs::read_to_string(&file) {
                Ok(text) => Ok(Secret(text.trim_end_matches(['\n', '\r']).to_owned())),
                Err(e) => Err(serde::de::Error::custom(format!("cannot read the secret file `{file}`: {e}"))),
            },
        }
    }
}
