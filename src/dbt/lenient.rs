//! Reading JSON that no schema describes faithfully: null means default, one odd field costs that field, one odd entry
//! costs that entry. What was given up is always reported.

use crate::error::ArtifactError;
use crate::limits::Limits;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// `null` reads as the default.
pub(crate) fn or_default<'de, D, T>(d: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(d)?.unwrap_or_default())
}

/// Any JSON value as an object; anything else is an empty one.
pub(crate) fn object<'de, D: Deserializer<'de>>(d: D) -> Result<Map<String, Value>, D::Error> {
    Ok(match Value::deserialize(d)? {
        Value::Object(map) => map,
        _ => Map::new(),
    })
}

/// A string, a number or a boolean as text; anything else is nothing.
pub(crate) fn scalar<'de, D: Deserializer<'de>>(d: D) -> Result<Option<String>, D::Error> {
    Ok(scalar_text(&Value::deserialize(d)?))
}

pub(crate) fn scalar_text(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// A list of scalars, one scalar, or null.
pub(crate) fn strings<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<String>, D::Error> {
    Ok(string_list(&Value::deserialize(d)?))
}

pub(crate) fn string_list(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(scalar_text).collect(),
        other => scalar_text(other).into_iter().collect(),
    }
}

/// `true`, `"true"`, `1`; anything else is `None`.
pub(crate) fn flag<'de, D: Deserializer<'de>>(d: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(d)? {
        Value::Bool(b) => Some(b),
        Value::String(s) => s.trim().to_ascii_lowercase().parse().ok(),
        Value::Number(n) => n.as_i64().map(|n| n != 0),
        _ => None,
    })
}

/// An object's entries unparsed and in order, doubled keys included.
#[derive(Debug, Default)]
pub(crate) struct RawMap<'a>(pub(crate) Vec<(Cow<'a, str>, &'a RawValue)>);

/// A string key, borrowed where it has no escapes.
#[derive(Deserialize)]
pub(crate) struct Key<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for RawMap<'a> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V<'a>(PhantomData<&'a ()>);
        impl<'de: 'a, 'a> Visitor<'de> for V<'a> {
            type Value = RawMap<'a>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut out = Vec::new();
                while let Some(Key(key)) = map.next_key::<Key<'a>>()? {
                    out.push((key, map.next_value()?));
                }
                Ok(RawMap(out))
            }
        }
        d.deserialize_map(V(PhantomData))
    }
}

/// Entries of an object, or the items of a list under an empty key (old manifests list what newer ones map); null and
/// scalars are none.
pub(crate) fn entries<'a>(raw: &'a RawValue) -> Vec<(Cow<'a, str>, &'a RawValue)> {
    match raw.get().as_bytes().first() {
        Some(b'{') => serde_json::from_str::<RawMap<'a>>(raw.get()).map(|m| m.0).unwrap_or_default(),
        Some(b'[') => serde_json::from_str::<Vec<&'a RawValue>>(raw.get())
            .map(|v| v.into_iter().map(|r| (Cow::Borrowed(""), r)).collect())
            .unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The keys of an object whose values nobody needs.
#[derive(Debug, Default)]
pub(crate) struct Keys(pub(crate) Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct V;
        impl<'de> Visitor<'de> for V {
            type Value = Keys;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    map.next_value::<IgnoredAny>()?;
                    keys.push(key);
                }
                Ok(Keys(keys))
            }
        }
        d.deserialize_map(V)
    }
}

/// One entry of a map.
pub(crate) struct Read<T> {
    pub(crate) value: T,
    /// A key stood twice inside; the last one counts, as for dbt itself.
    pub(crate) doubled: bool,
}

/// Parses one entry. What strict reading refuses for a doubled key is read again leniently.
pub(crate) fn read<T: DeserializeOwned>(raw: &RawValue, limits: &Limits) -> Result<Read<T>, String> {
    // serde would take a list for a struct, field by field.
    if !raw.get().starts_with('{') {
        return Err("it is no JSON object".into());
    }
    if limits.max_depth < Limits::DEPTH && depth(raw.get()) > limits.max_depth {
        return Err(format!("nested deeper than {} levels", limits.max_depth));
    }
    match serde_json::from_str::<T>(raw.get()) {
        Ok(value) => Ok(Read { value, doubled: false }),
        Err(first) => serde_json::from_str::<Value>(raw.get())
            .and_then(T::deserialize)
            .map(|value| Read { value, doubled: true })
            .map_err(|_| explain(&first)),
    }
}

/// The error without its position, which is relative to one entry and would mislead.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rfind(" at line ").map_or(text.clone(), |i| text[..i].to_owned())
}

/// Greatest nesting of arrays and objects.
pub(crate) fn depth(text: &str) -> usize {
    let (mut now, mut max, mut in_string, mut escaped) = (0usize, 0usize, false, false);
    for b in text.bytes() {
        match b {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => {
                now += 1;
                max = max.max(now);
            }
            b'}' | b']' => now = now.saturating_sub(1),
            _ => {}
        }
    }
    max
}

/// The error for a text that is no JSON as a whole.
pub(crate) fn json_error(text: &str, error: &serde_json::Error) -> ArtifactError {
    if error.is_eof() {
        return ArtifactError::Incomplete { at_byte: text.len() };
    }
    let line_start: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let at_byte = (line_start + error.column().saturating_sub(1)).min(text.len());
    let why = explain(error);
    if why.contains("recursion limit") {
        return ArtifactError::TooDeep { limit: Limits::DEPTH, at: format!("byte {at_byte}") };
    }
    ArtifactError::NotJson { at_byte, line: error.line(), column: error.column(), why }
}

/// Python writes `NaN`, `Infinity` and `-Infinity`, which JSON has not. Returns the text with `null` in their place and
/// how many there were; `None` when there are none.
pub(crate) fn without_python_constants(text: &str) -> Option<(String, usize)> {
    let bytes = text.as_bytes();
    let (mut out, mut from, mut i, mut count) = (String::new(), 0, 0, 0);
    let (mut in_string, mut escaped) = (false, false);
    while i < bytes.len() {
        let b = bytes[i];
        if in_string {
            match b {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
        } else if b == b'"' {
            in_string = true;
        } else if let Some(word) =
            ["NaN", "Infinity", "-Infinity"].iter().find(|w| bytes[i..].starts_with(w.as_bytes()))
        {
            out.push_str(&text[from..i]);
            out.push_str("null");
            count += 1;
            i += word.len();
            from = i;
            continue;
        }
        i += 1;
    }
    (count > 0).then(|| {
        out.push_str(&text[from..]);
        (out, count)
    })
}
