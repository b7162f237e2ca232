//! Content hashes: the identity of bytes, of JSON whatever its key order, and of change sets.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// 128 bits of BLAKE3 in hex: enough to never collide by accident, short enough to read out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(pub String);

impl Fingerprint {
    pub fn of_bytes(bytes: &[u8]) -> Self {
        Self::finish(&blake3::hash(bytes))
    }

    /// Of a JSON value; the order of object keys does not matter.
    pub fn of_json(value: &Value) -> Self {
        let mut hasher = blake3::Hasher::new();
        feed(&mut hasher, value);
        Self::finish(&hasher.finalize())
    }

    fn finish(hash: &blake3::Hash) -> Self {
        Fingerprint(hash.to_hex()[..32].to_owned())
    }
}

fn feed(hasher: &mut blake3::Hasher, value: &Value) {
    match value {
        Value::Array(items) => {
            hasher.update(b"[");
            for item in items {
                feed(hasher, item);
                hasher.update(b",");
            }
            hasher.update(b"]");
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(k, _)| k.as_str());
            hasher.update(b"{");
            for (k, v) in entries {
                hasher.update(Value::String(k.clone()).to_string().as_bytes());
                hasher.update(b":");
                feed(hasher, v);
                hasher.update(b",");
            }
            hasher.update(b"}");
        }
        scalar => {
            hasher.update(scalar.to_string().as_bytes());
        }
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_order_does_not_matter_and_structure_does() {
        let v = |s: &str| Fingerprint::of_json(&serde_json::from_str(s).expect("json"));
        assert_eq!(v(r#"{"a":1,"b":[1,2]}"#), v(r#"{"b":[1,2],"a":1}"#));
        assert_ne!(v(r#"["a","b"]"#), v(r#"["ab"]"#));
        assert_ne!(v(r#"[["a"],"b"]"#), v(r#"["a",["b"]]"#));
    }
}
