//! From whatever was handed in to checked UTF-8 text: gzip is unpacked within bounds, a byte order mark is dropped, and
//! text that is empty, cut off or in another encoding is told apart.

use crate::error::ArtifactError;
use crate::limits::Limits;
use flate2::read::MultiGzDecoder;
use std::borrow::Cow;
use std::io::{ErrorKind, Read};

const GZIP: [u8; 2] = [0x1f, 0x8b];
const BOM: [u8; 3] = [0xef, 0xbb, 0xbf];

/// The whole JSON text.
pub(crate) fn text<'a>(bytes: &'a [u8], limits: &Limits) -> Result<Cow<'a, str>, ArtifactError> {
    if !bytes.starts_with(&GZIP) {
        if bytes.len() > limits.max_bytes {
            return Err(ArtifactError::TooLarge { limit: limits.max_bytes });
        }
        return check_utf8(bytes).map(Cow::Borrowed);
    }
    let mut plain = Vec::new();
    // One byte more than allowed tells "exactly at the limit" from "more than that", without unpacking a bomb.
    let result = MultiGzDecoder::new(bytes).take(limits.max_bytes as u64 + 1).read_to_end(&mut plain);
    if plain.len() > limits.max_bytes {
        return Err(ArtifactError::TooLarge { limit: limits.max_bytes });
    }
    result.map_err(|e| gzip_error(&e, plain.len()))?;
    check_utf8(&plain)?;
    if plain.starts_with(&BOM) {
        plain.drain(..BOM.len());
    }
    String::from_utf8(plain).map(Cow::Owned).map_err(|e| not_utf8(e.as_bytes(), &e.utf8_error()))
}

/// At most the first `max` bytes of the JSON text, cut where a character ends. For peeking.
pub(crate) fn head(bytes: &[u8], max: usize) -> Result<String, ArtifactError> {
    let mut plain = Vec::new();
    if bytes.starts_with(&GZIP) {
        let result = MultiGzDecoder::new(bytes).take(max as u64).read_to_end(&mut plain);
        if plain.is_empty() {
            result.map_err(|e| gzip_error(&e, 0))?;
        }
    } else {
        plain.extend_from_slice(&bytes[..bytes.len().min(max)]);
    }
    let plain = plain.strip_prefix(&BOM[..]).unwrap_or(&plain);
    match std::str::from_utf8(plain) {
        Ok(text) => Ok(text.to_owned()),
        Err(e) if e.error_len().is_none() => Ok(String::from_utf8_lossy(&plain[..e.valid_up_to()]).into_owned()),
        Err(e) => Err(not_utf8(plain, &e)),
    }
}

fn gzip_error(error: &std::io::Error, unpacked: usize) -> ArtifactError {
    if error.kind() == ErrorKind::UnexpectedEof {
        ArtifactError::Incomplete { at_byte: unpacked }
    } else {
        ArtifactError::BadGzip { why: error.to_string() }
    }
}

fn check_utf8(bytes: &[u8]) -> Result<&str, ArtifactError> {
    let bytes = bytes.strip_prefix(&BOM[..]).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|e| not_utf8(bytes, &e))?;
    if text.trim_ascii().is_empty() { Err(ArtifactError::Empty) } else { Ok(text) }
}

fn not_utf8(bytes: &[u8], error: &std::str::Utf8Error) -> ArtifactError {
    if error.error_len().is_none() {
        return ArtifactError::Incomplete { at_byte: error.valid_up_to() };
    }
    let hint = if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        "it is UTF-16, as PowerShell's `>` writes; copy dbt's own file instead"
    } else {
        "dbt writes UTF-8, so another program re-encoded or damaged the file; copy dbt's own file again"
    };
    ArtifactError::NotUtf8 { at_byte: error.valid_up_to(), hint: hint.to_owned() }
}
