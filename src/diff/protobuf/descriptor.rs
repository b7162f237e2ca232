//! A FileDescriptorSet -> raw files: as base64 text of its bytes, or as its JSON form. The bytes are first read into the
//! JSON form by a table of the descriptor's fields (`descriptor.txt`), so that both go one way.

use super::model::KINDS;
use super::raw::{
    Body, Constant, Import, Label, Options, Range, RawEnum, RawField, RawFile, RawMessage, RawMethod, RawOneof,
    RawService, RawType, RawValue, Syntax,
};
use super::wire;
use base64::Engine as _;
use serde_json::{Map, Value};

/// Messages in messages.
const DEEPEST: u32 = 64;

/// The set in a base64 text; `None` when the text is none.
pub(super) fn from_base64(text: &str) -> Option<Result<Value, String>> {
    let text = text.trim();
    let odd = |b: u8| !(b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_' | b'\n' | b'\r'));
    if text.len() < 4 || text.bytes().any(odd) {
        return None;
    }
    let plain: String = text
        .chars()
        .filter(|c| !c.is_ascii_whitespace() && *c != '=')
        .map(|c| match c {
            '-' => '+',
            '_' => '/',
            other => other,
        })
        .collect();
    let bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(plain);
    Some(match bytes {
        Ok(bytes) => wire::set(&bytes).map_err(|e| format!("this base64 text is no FileDescriptorSet: {e}")),
        Err(e) => Err(format!("this is neither the text of a .proto file nor base64 of a FileDescriptorSet: {e}")),
    })
}

pub(super) fn files(set: &Value) -> Result<Vec<RawFile>, String> {
    let all = list(set, "file");
    if all.is_empty() {
        return Err("the FileDescriptorSet has no file".to_owned());
    }
    all.map(file).collect()
}

/// The members of a list that may be absent.
struct List<'a>(std::slice::Iter<'a, Value>);

impl List<'_> {
    fn is_empty(&self) -> bool {
        self.0.len() == 0
    }
}

impl<'a> Iterator for List<'a> {
    type Item = &'a Value;
    fn next(&mut self) -> Option<&'a Value> {
        self.0.next()
    }
}

fn list<'a>(of: &'a Value, key: &str) -> List<'a> {
    List(of.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default().iter())
}

fn text(of: &Value, key: &str) -> String {
    of.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn texts(of: &Value, key: &str) -> Vec<String> {
    list(of, key).filter_map(Value::as_str).map(str::to_owned).collect()
}

fn number(of: &Value, key: &str) -> i64 {
    of.get(key).and_then(|n| n.as_i64().or_else(|| n.as_str().and_then(|s| s.parse().ok()))).unwrap_or(0)
}

fn is(of: &Value, key: &str) -> bool {
    of.get(key).and_then(Value::as_bool).unwrap_or(false)
}

fn file(of: &Value) -> Result<RawFile, String> {
    let path = text(of, "name");
    let edition = of.get("edition").map(|e| e.as_str().map_or(e.to_string(), str::to_owned));
    let syntax = match (text(of, "syntax").as_str(), edition.as_deref()) {
        ("proto3", _) => Syntax::Proto3,
        ("editions", Some("EDITION_2023" | "1000")) => Syntax::Edition(2023),
        ("editions", Some("EDITION_2024" | "1001")) => Syntax::Edition(2024),
        ("" | "proto2", _) => Syntax::Proto2,
        (other, edition) => return Err(format!("`{path}` has syntax `{other}` {}", edition.unwrap_or_default())),
    };
    let public: Vec<i64> = list(of, "publicDependency").filter_map(Value::as_i64).collect();
    let import = |(index, path)| Import { path, public: public.contains(&index), option: false, line: 0 };
    Ok(RawFile {
        package: text(of, "package"),
        syntax,
        imports: (0..).zip(texts(of, "dependency")).map(import).collect(),
        options: options(of),
        body: body(of, "messageType", 0).map_err(|e| format!("`{path}`: {e}"))?,
        known: false,
        path,
    })
}

fn body(of: &Value, messages: &str, depth: u32) -> Result<Body, String> {
    if depth > DEEPEST {
        return Err(format!("messages are nested deeper than {DEEPEST}"));
    }
    Ok(Body {
        messages: list(of, messages).map(|m| message(m, depth)).collect::<Result<_, _>>()?,
        enums: list(of, "enumType").map(enumeration).collect(),
        services: list(of, "service").map(service).collect(),
        extensions: list(of, "extension").map(field).collect::<Result<_, _>>()?,
    })
}

fn message(of: &Value, depth: u32) -> Result<RawMessage, String> {
    let options = options(of);
    Ok(RawMessage {
        name: text(of, "name"),
        line: 0,
        fields: list(of, "field").map(field).collect::<Result<_, _>>()?,
        oneofs: list(of, "oneofDecl")
            .map(|o| RawOneof { name: text(o, "name"), options: self::options(o), line: 0 })
            .collect(),
        body: body(of, "nestedType", depth + 1)?,
        extension_ranges: ranges(of, "extensionRange", 1),
        reserved_ranges: ranges(of, "reservedRange", 1),
        reserved_names: texts(of, "reservedName"),
        map_entry: options.is("map_entry"),
        options,
    })
}

/// `past`: how far beyond its last number a range's end stands.
fn ranges(of: &Value, key: &str, past: i64) -> Vec<Range> {
    list(of, key).map(|r| (number(r, "start"), number(r, "end") - past)).collect()
}

fn field(of: &Value) -> Result<RawField, String> {
    let name = text(of, "name");
    let kind = of.get("type").cloned().unwrap_or_default();
    let kind = match &kind {
        Value::String(word) => KINDS.iter().find(|(k, _)| format!("TYPE_{}", k.to_ascii_uppercase()) == *word),
        other => usize::try_from(other.as_i64().unwrap_or(0) - 1).ok().and_then(|i| KINDS.get(i)),
    };
    let type_name = text(of, "typeName");
    let kind = match kind {
        Some((_, super::model::Kind::Group)) => RawType::Group(type_name),
        Some((_, kind)) if kind.is_named() => RawType::Named(type_name),
        Some((_, kind)) => RawType::Scalar(*kind),
        None if !type_name.is_empty() => RawType::Named(type_name),
        None => return Err(format!("field `{name}` has no type")),
    };
    let label = match of.get("label") {
        Some(Value::String(word)) if word == "LABEL_REQUIRED" => Label::Required,
        Some(Value::String(word)) if word == "LABEL_REPEATED" => Label::Repeated,
        Some(n) if n.as_i64() == Some(2) => Label::Required,
        Some(n) if n.as_i64() == Some(3) => Label::Repeated,
        _ => Label::Optional,
    };
    let default = of.get("defaultValue").and_then(Value::as_str).map(|text| default(text, &kind));
    let extendee = text(of, "extendee");
    Ok(RawField {
        number: number(of, "number"),
        label: Some(label),
        options: options(of),
        default,
        json_name: of.get("jsonName").and_then(Value::as_str).map(str::to_owned),
        extendee: (!extendee.is_empty()).then_some(extendee),
        oneof: of.get("oneofIndex").and_then(Value::as_u64).and_then(|i| usize::try_from(i).ok()),
        explicit: is(of, "proto3Optional"),
        line: 0,
        kind,
        name,
    })
}

/// Defaults of a descriptor are texts; those of bytes are escaped as in C.
fn default(text: &str, kind: &RawType) -> Constant {
    use super::model::Kind;
    match kind {
        RawType::Scalar(Kind::String) => Constant::Text(text.as_bytes().to_vec()),
        RawType::Scalar(Kind::Bytes) => {
            let quoted = format!("\"{text}\"");
            Constant::Text(super::lex::decode(&quoted, 0).unwrap_or_else(|_| text.as_bytes().to_vec()))
        }
        RawType::Scalar(Kind::Bool) | RawType::Named(_) | RawType::Group(_) => Constant::Word(text.to_owned()),
        RawType::Scalar(_) => match text.parse::<i128>() {
            Ok(n) => Constant::Int(n),
            Err(_) => text.parse().map_or(Constant::Word(text.to_owned()), Constant::Float),
        },
    }
}

fn enumeration(of: &Value) -> RawEnum {
    let value = |v: &Value| RawValue { name: text(v, "name"), number: number(v, "number"), line: 0 };
    RawEnum {
        name: text(of, "name"),
        line: 0,
        values: list(of, "value").map(value).collect(),
        reserved_ranges: ranges(of, "reservedRange", 0),
        reserved_names: texts(of, "reservedName"),
        options: options(of),
    }
}

fn service(of: &Value) -> RawService {
    let method = |m: &Value| RawMethod {
        name: text(m, "name"),
        line: 0,
        input: text(m, "inputType"),
        output: text(m, "outputType"),
        client_streaming: is(m, "clientStreaming"),
        server_streaming: is(m, "serverStreaming"),
        options: options(m),
    };
    RawService { name: text(of, "name"), line: 0, methods: list(of, "method").map(method).collect() }
}

/// `javaPackage` -> `java_package`, features with their leaves.
fn options(of: &Value) -> Options {
    let mut out = Options::default();
    if let Some(Value::Object(options)) = of.get("options") {
        into(options, "", &mut out);
    }
    out
}

fn into(options: &Map<String, Value>, prefix: &str, out: &mut Options) {
    for (key, value) in options {
        let mut name = prefix.to_owned();
        match key.strip_prefix('[').and_then(|k| k.strip_suffix(']')) {
            Some(extension) => name.push_str(&format!("({extension})")),
            None => key.chars().for_each(|c| match c.is_ascii_uppercase() {
                true => name.extend(['_', c.to_ascii_lowercase()]),
                false => name.push(c),
            }),
        }
        match value {
            // Only features are looked into, and they are two deep.
            Value::Object(inner) if name.starts_with("features") && name.matches('.').count() < 3 => {
                into(inner, &format!("{name}."), out);
            }
            Value::String(text) => out.set(name, Constant::Text(text.as_bytes().to_vec())),
            Value::Bool(yes) => out.set(name, Constant::Word(yes.to_string())),
            _ => {}
        }
    }
}
