//! Store addresses: what `sqlite:PATH` and `postgres://…` mean, and how to show one without its password.

use std::path::PathBuf;
use tessera_ports::StoreError;

/// A parsed store address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreUrl {
    Memory,
    File(PathBuf),
    Postgres(String),
}

impl StoreUrl {
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        let bad = |why: &str| {
            Err(StoreError::Unavailable(format!(
                "`{}` is no store address: {why}; expected sqlite:PATH, sqlite::memory: or postgres://user@host/database",
                redact(url)
            )))
        };
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(StoreUrl::Postgres(url.to_owned()));
        }
        let Some(rest) = url.strip_prefix("sqlite:") else {
            return bad("it begins neither with `sqlite:` nor with `postgres://`");
        };
        match rest.strip_prefix("//").unwrap_or(rest) {
            ":memory:" => Ok(StoreUrl::Memory),
            "" => bad("the path is missing"),
            path if path.contains('?') => bad("a SQLite path takes no `?` parameters"),
            path => Ok(StoreUrl::File(PathBuf::from(path))),
        }
    }
}

/// The address with `***` for its password, for messages and logs.
pub fn redact(url: &str) -> String {
    secrets(url).into_iter().fold(url.to_owned(), |shown, secret| shown.replace(secret, "***"))
}

/// Takes whatever of `url` is secret out of a text, as an error message of a driver may repeat it.
pub(crate) fn scrub(text: &str, url: &str) -> String {
    let mut shown = text.to_owned();
    for secret in secrets(url) {
        shown = shown.replace(secret, "***");
        let plain = percent_decoded(secret);
        if plain != secret && !plain.is_empty() {
            shown = shown.replace(&plain, "***");
        }
    }
    shown
}

/// The user-info password and any `password` parameter, as written, longest first.
fn secrets(url: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let Some((_, rest)) = url.split_once("://") else { return found };
    let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    // A password may hold an unescaped `/`: everything up to the last `@` is user information.
    if let Some((user_info, _)) = rest.rsplit_once('@')
        && let Some((_, password)) = user_info.split_once(':')
    {
        found.push(password);
    }
    for parameter in parameters.split('&') {
        if let Some((name, value)) = parameter.split_once('=')
            && name.to_ascii_lowercase().contains("password")
        {
            found.push(value);
        }
    }
    found.retain(|s| !s.is_empty());
    found.sort_by_key(|s| std::cmp::Reverse(s.len()));
    found
}

fn percent_decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = |b: u8| char::from(b).to_digit(16);
        match (first, tail) {
            (b'%', [high, low, tail @ ..]) if hex(*high).is_some() && hex(*low).is_some() => {
                let byte = hex(*high).unwrap_or(0) * 16 + hex(*low).unwrap_or(0);
                bytes.push(u8::try_from(byte).unwrap_or(b'?'));
                rest = tail;
            }
            _ => {
                bytes.push(*first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
