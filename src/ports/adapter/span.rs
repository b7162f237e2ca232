//! Lengths of time in adapters' settings. Zero is refused: to most engines it means "no limit", and an outside system must
//! never be able to hold a daemon for ever.

use serde::{Deserialize, Deserializer};
use std::time::Duration;

/// Reads a number of seconds, or a number with its unit: `500ms`, `90s`, `5m`, `1h`. At most a day. For
/// `#[serde(deserialize_with = "span")]` on a `#[serde(default)]` field.
pub fn span<'de, D: Deserializer<'de>>(d: D) -> Result<Option<Duration>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "seconds as a number, or a text such as \"500ms\", \"90s\", \"5m\", \"1h\"")]
    enum Span {
        Seconds(u32),
        Text(String),
    }
    let Some(span) = Option::<Span>::deserialize(d)? else { return Ok(None) };
    let millis = match &span {
        Span::Seconds(n) => Some(u64::from(*n) * 1000),
        Span::Text(text) => millis(text),
    };
    match millis {
        Some(n) if n > 0 && n <= 24 * 3600 * 1000 => Ok(Some(Duration::from_millis(n))),
        _ => Err(serde::de::Error::custom(
            "expected a time above 0 and at most 24h, such as 30, \"500ms\", \"90s\", \"5m\"",
        )),
    }
}

fn millis(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: u64 = text[..digits].parse().ok()?;
    let unit = match text[digits..].trim() {
        "ms" => 1,
        "" | "s" => 1000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        _ => return None,
    };
    number.checked_mul(unit)
}
