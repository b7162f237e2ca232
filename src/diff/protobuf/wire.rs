//! The bytes of a FileDescriptorSet -> its JSON form, by the table `descriptor.txt`. Only the fields in the table are
//! kept; nesting is bounded.

use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::LazyLock;

#[derive(Debug)]
struct Entry {
    name: &'static str,
    kind: &'static str,
    many: bool,
}

static TABLE: LazyLock<HashMap<(&'static str, u64), Entry>> = LazyLock::new(|| {
    let lines = include_str!("descriptor.txt").lines().filter(|l| !l.starts_with('#'));
    lines
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (message, number, name, kind) = (words.next()?, words.next()?, words.next()?, words.next()?);
            let many = kind.ends_with('*');
            Some(((message, number.parse().ok()?), Entry { name, kind: kind.trim_end_matches('*'), many }))
        })
        .collect()
});

const DEEPEST: u32 = 80;

pub(super) fn set(bytes: &[u8]) -> Result<Value, String> {
    message("FileDescriptorSet", bytes, 0)
}

fn varint(bytes: &[u8], at: &mut usize) -> Result<u64, String> {
    let mut out = 0u64;
    for shift in (0..70).step_by(7) {
        let byte = *bytes.get(*at).ok_or("it ends within a number")?;
        *at += 1;
        out |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
        if byte & 0x80 == 0 {
            return Ok(out);
        }
    }
    Err("a number is too long".to_owned())
}

fn message(of: &str, bytes: &[u8], depth: u32) -> Result<Value, String> {
    if depth > DEEPEST {
        return Err("it is nested too deep".to_owned());
    }
    let mut out = Map::new();
    let mut at = 0;
    while at < bytes.len() {
        let tag = varint(bytes, &mut at)?;
        let entry = TABLE.get_key_value(&(of, tag >> 3)).map(|(_, entry)| entry);
        match tag & 7 {
            0 => {
                let number = varint(bytes, &mut at)?;
                if let Some(entry) = entry {
                    put(&mut out, entry, scalar(entry, number));
                }
            }
            2 => {
                let length = usize::try_from(varint(bytes, &mut at)?).map_err(|_| "a length is too long")?;
                let end = at.checked_add(length).filter(|end| *end <= bytes.len()).ok_or("it ends within a field")?;
                let part = &bytes[at..end];
                at = end;
                let Some(entry) = entry else { continue };
                match entry.kind {
                    "text" => {
                        let text = std::str::from_utf8(part).map_err(|_| format!("`{}` is not UTF-8", entry.name))?;
                        put(&mut out, entry, text.into());
                    }
                    // A packed list of numbers.
                    "number" => {
                        let mut inner = 0;
                        while inner < part.len() {
                            let number = varint(part, &mut inner)?;
                            put(&mut out, entry, scalar(entry, number));
                        }
                    }
                    "bool" => return Err(format!("`{}` is written as a text", entry.name)),
                    kind => put(&mut out, entry, message(kind, part, depth + 1)?),
                }
            }
            1 => at += 8,
            5 => at += 4,
            other => return Err(format!("wire type {other} is not known")),
        }
    }
    if at > bytes.len() {
        return Err("it ends within a field".to_owned());
    }
    Ok(Value::Object(out))
}

fn put(out: &mut Map<String, Value>, entry: &Entry, value: Value) {
    if !entry.many {
        out.insert(entry.name.to_owned(), value);
    } else if let Value::Array(list) = out.entry(entry.name).or_insert_with(|| Value::Array(Vec::new())) {
        list.push(value);
    }
}

fn scalar(entry: &Entry, number: u64) -> Value {
    match entry.kind {
        "bool" => Value::Bool(number != 0),
        // Numbers are int32: negative ones take 64 bits.
        "number" => Value::from(number as i64),
        names => {
            let name = names.split(',').find_map(|part| {
                let (name, value) = part.split_once('=')?;
                (value.parse() == Ok(number)).then_some(name)
            });
            name.map_or(Value::from(number), Value::from)
        }
    }
}
