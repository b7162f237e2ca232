//! Between records and rows: documents, names as they stand in enumerations, and texts fit for an index.

use crate::db::Row;
use crate::error::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tessera_model::semver::Version;

/// A record as its document.
pub(crate) fn document(record: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(record).map_err(|e| Failure::corrupt(format!("a record cannot be written as JSON: {e}")))
}

/// The record of a document in `column`.
pub(crate) fn record<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T, Failure> {
    parse(&row.text(column)?)
}

pub(crate) fn parse<T: DeserializeOwned>(text: &str) -> Result<T, Failure> {
    // A schema just below the limit that parsers of requests keep is beyond it once it stands inside a record. What was
    // accepted must stay readable.
    let mut reader = serde_json::Deserializer::from_str(text);
    reader.disable_recursion_limit();
    T::deserialize(&mut reader).map_err(|e| {
        let kind = std::any::type_name::<T>().rsplit("::").next().unwrap_or("record");
        Failure::corrupt(format!("a stored {kind} cannot be read: {e}"))
    })
}

/// The name an enumeration without data has in JSON: what promoted columns and conditions hold.
pub(crate) fn name(value: &impl Serialize) -> Result<String, Failure> {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => Ok(name),
        _ => Err(Failure::corrupt("an enumeration has no name")),
    }
}

/// The value of an enumeration's name.
pub(crate) fn named<T: DeserializeOwned>(name: String) -> Result<T, Failure> {
    serde_json::from_value(serde_json::Value::String(name)).map_err(|e| Failure::corrupt(e.to_string()))
}

/// Text for an indexed column: PostgreSQL refuses index entries beyond about 2,700 bytes, so a longer text keeps its
/// beginning (for order) and its hash (for equality).
pub(crate) fn indexed(text: &str) -> String {
    const LONGEST: usize = 1000;
    if text.len() <= LONGEST {
        return text.to_owned();
    }
    let mut cut = LONGEST - 100;
    while !text.is_char_boundary(cut) {
        cut -= 1;
    }
    format!("{}…{}", &text[..cut], blake3::hash(text.as_bytes()).to_hex())
}

/// A text that sorts, byte by byte, as semantic versions do.
pub(crate) fn version_key(version: &Version) -> String {
    let pre = if version.pre.is_empty() {
        // After every pre-release.
        "~".to_owned()
    } else {
        // A space sorts before every character of an identifier: fewer identifiers come first.
        let identifier = |part: &str| match part.parse::<u64>() {
            Ok(number) => format!("0{number:020}"),
            Err(_) => format!("1{part}"),
        };
        version.pre.split('.').map(identifier).collect::<Vec<_>>().join(" ")
    };
    indexed(&format!("{:020}.{:020}.{:020}{pre}", version.major, version.minor, version.patch))
}

/// A number for a BIGINT column.
pub(crate) fn int(value: u64) -> Result<i64, Failure> {
    i64::try_from(value).map_err(|_| Failure::corrupt(format!("{value} is too large to be stored")))
}
