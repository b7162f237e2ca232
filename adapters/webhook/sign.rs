//! Standard Webhooks signatures: `v1,` and the base64 HMAC-SHA256 of `id.timestamp.body`, one for each secret (several
//! while a secret is being changed). <https://www.standardwebhooks.com/>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// The secrets' keys. Never shown.
pub(crate) struct Keys(Vec<Vec<u8>>);

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} × ***)", self.0.len())
    }
}

impl Keys {
    /// `whsec_` and base64, or any other text as it stands.
    pub(crate) fn parse<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Result<Keys, String> {
        let mut keys = Vec::new();
        for secret in secrets {
            let secret = secret.trim();
            let key = match secret.strip_prefix("whsec_") {
                None => secret.as_bytes().to_vec(),
                Some(encoded) => STANDARD
                    .decode(encoded)
                    .map_err(|_| "a secret begins with `whsec_` but what follows is not base64".to_owned())?,
            };
            if key.is_empty() {
                return Err("a secret is empty: make one with `echo whsec_$(openssl rand -base64 32)`".to_owned());
            }
            keys.push(key);
        }
        Ok(Keys(keys))
    }

    /// The header's value: signatures parted by spaces.
    pub(crate) fn sign(&self, id: &str, timestamp: i64, body: &[u8]) -> String {
        let signatures: Vec<String> = self.0.iter().map(|key| one(key, id, timestamp, body)).collect();
        signatures.join(" ")
    }

    /// The standard asks for 24 to 64 bytes.
    pub(crate) fn shortest(&self) -> usize {
        self.0.iter().map(Vec::len).min().unwrap_or(0)
    }
}

fn one(key: &[u8], id: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(format!("{id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}
