//! The oracle of values: random messages written under one schema and read under the other by an independent library,
//! as bytes and as JSON. Where we say `ok`, every field that both name must read the same. `TESSERA_ROUND_TRIPS=N`
//! asks for N documents.

use super::compare;
use prost_reflect::prost::Message as _;
use prost_reflect::{
    DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MapKey, MessageDescriptor, ReflectMessage, Value as Dynamic,
};
use serde_json::json;
use std::fmt::Write as _;
use tessera_model::change::Judgment;

/// A small generator, so that a seed is all that a failure needs.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() >> 11) as usize % n
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const SCALARS: [&str; 15] = [
    "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64", "sfixed32", "sfixed64", "bool",
    "string", "bytes", "float", "double",
];

#[derive(Clone)]
struct Field {
    name: String,
    number: u32,
    label: &'static str,
    kind: String,
    oneof: bool,
    default: Option<&'static str>,
}

#[derive(Clone)]
struct Schema {
    proto3: bool,
    fields: Vec<Field>,
    values: Vec<(String, i32)>,
    reserved: Vec<(u32, String)>,
    package: &'static str,
}

fn kind(random: &mut Random) -> String {
    match random.below(10) {
        0 => "E".to_owned(),
        1 => "Inner".to_owned(),
        2 => format!("map<{}, {}>", random.pick(&["string", "int32", "int64", "bool"]), random.pick(&SCALARS)),
        _ => (*random.pick(&SCALARS)).to_owned(),
    }
}

fn label(random: &mut Random, proto3: bool) -> &'static str {
    let labels: [&'static str; 4] = match proto3 {
        true => ["", "", "optional", "repeated"],
        false => ["optional", "optional", "repeated", "required"],
    };
    labels[random.below(labels.len())]
}

fn schema(random: &mut Random) -> Schema {
    let proto3 = random.below(3) > 0;
    let field = |random: &mut Random, i: usize| Field {
        name: format!("f_{i}"),
        number: i as u32 + 1,
        label: label(random, proto3),
        kind: kind(random),
        oneof: random.below(5) == 0,
        default: None,
    };
    let fields = (0..2 + random.below(4)).map(|i| field(random, i)).collect();
    let values = (0..3).map(|i| (format!("V{i}"), i)).collect();
    Schema { proto3, fields, values, reserved: Vec::new(), package: "p" }
}

fn edited(schema: &Schema, random: &mut Random) -> Schema {
    let mut out = schema.clone();
    for _ in 0..1 + random.below(2) {
        let at = random.below(out.fields.len());
        let proto3 = out.proto3;
        let several = out.fields.len() > 1;
        let field = &mut out.fields[at];
        match random.below(12) {
            0 | 1 => field.kind = kind(random),
            2 | 3 => {
                let near: [&[&str]; 6] = [
                    &["int32", "int64", "uint32", "uint64", "bool"],
                    &["sint32", "sint64"],
                    &["string", "bytes"],
                    &["fixed32", "sfixed32"],
                    &["fixed64", "sfixed64"],
                    &["float", "double"],
                ];
                if let Some(group) = near.iter().find(|group| group.contains(&field.kind.as_str())) {
                    field.kind = (*random.pick(group)).to_owned();
                }
            }
            4 => field.label = label(random, proto3),
            5 => field.name = format!("g_{at}"),
            6 => field.oneof = !field.oneof,
            7 if several => {
                let gone = out.fields.remove(at);
                if random.below(2) == 0 {
                    out.reserved.push((gone.number, gone.name));
                }
            }
            8 => out.fields.push(Field {
                name: format!("n_{}", random.below(3)),
                number: 10 + random.below(3) as u32,
                label: label(random, proto3),
                kind: kind(random),
                oneof: false,
                default: None,
            }),
            9 if out.values.len() < 5 => out.values.push(("NEW".to_owned(), 7)),
            10 => {
                out.values.pop();
                if out.values.is_empty() {
                    out.values.push(("V0".to_owned(), 0));
                }
            }
            _ if !proto3 => {
                field.default = match field.kind.as_str() {
                    "int32" | "int64" | "uint32" | "double" => Some("3"),
                    "string" => Some("\"d\""),
                    _ => None,
                }
            }
            _ => out.values[0].0 = "RENAMED".to_owned(),
        }
    }
    out
}

fn text(schema: &Schema) -> String {
    let mut out = String::new();
    let syntax = if schema.proto3 { "proto3" } else { "proto2" };
    let _ = writeln!(out, "syntax = \"{syntax}\";\npackage {};\nenum E {{", schema.package);
    for (name, number) in &schema.values {
        let _ = writeln!(out, "  {name} = {number};");
    }
    let optional = if schema.proto3 { "" } else { "optional " };
    let _ = writeln!(out, "}}\nmessage Inner {{ {optional}string a = 1; {optional}int32 b = 2; }}\nmessage M {{");
    let line = |f: &Field, inside: bool| {
        let map = f.kind.starts_with("map");
        let label = if map || inside { "" } else { f.label };
        let default = match f.default {
            Some(default) if label == "optional" => format!(" [default = {default}]"),
            _ => String::new(),
        };
        format!("  {label} {} {} = {}{default};\n", f.kind, f.name, f.number)
    };
    let (inside, outside): (Vec<&Field>, Vec<&Field>) =
        schema.fields.iter().partition(|f| f.oneof && !f.kind.starts_with("map"));
    outside.iter().for_each(|f| out.push_str(&line(f, false)));
    if !inside.is_empty() {
        out.push_str("  oneof one {\n");
        inside.iter().for_each(|f| out.push_str(&line(f, true)));
        out.push_str("  }\n");
    }
    for (number, name) in &schema.reserved {
        let _ = writeln!(out, "  reserved {number};\n  reserved \"{name}\";");
    }
    out.push_str("}\n");
    out
}

/// Compiles with the independent compiler.
fn compiled(text: &str) -> Result<MessageDescriptor, String> {
    struct One<'a>(&'a str);
    impl protox::file::FileResolver for One<'_> {
        fn open_file(&self, name: &str) -> Result<protox::file::File, protox::Error> {
            if name != "m.proto" {
                return Err(protox::Error::file_not_found(name));
            }
            protox::file::File::from_source(name, self.0)
        }
    }
    // The resolver is kept: its text lives as long as a test.
    let text: &'static str = Box::leak(text.to_owned().into_boxed_str());
    let mut compiler = protox::Compiler::with_file_resolver(One(text));
    compiler.open_file("m.proto").map_err(|e| e.to_string())?;
    let pool: DescriptorPool = compiler.descriptor_pool();
    pool.get_message_by_name("p.M").ok_or_else(|| "no M".to_owned())
}

fn value(kind: &Kind, random: &mut Random, depth: usize) -> Dynamic {
    let edge = |random: &mut Random| {
        *random.pick(&[
            0i64,
            1,
            -1,
            2,
            127,
            128,
            i64::from(i32::MAX),
            i64::from(i32::MIN),
            i64::MAX,
            i64::MIN,
            4_294_967_295,
        ])
    };
    match kind {
        Kind::Int32 | Kind::Sint32 | Kind::Sfixed32 => Dynamic::I32(edge(random) as i32),
        Kind::Int64 | Kind::Sint64 | Kind::Sfixed64 => Dynamic::I64(edge(random)),
        Kind::Uint32 | Kind::Fixed32 => Dynamic::U32(edge(random) as u32),
        Kind::Uint64 | Kind::Fixed64 => Dynamic::U64(edge(random) as u64),
        Kind::Bool => Dynamic::Bool(random.below(2) == 0),
        Kind::Float => Dynamic::F32(*random.pick(&[0.0, 1.5, -2.25, 1e30])),
        Kind::Double => Dynamic::F64(*random.pick(&[0.0, 1.5, 0.1, -1e300])),
        Kind::String => Dynamic::String((*random.pick(&["", "a", "text", "\u{e4}\u{1f600}", "1"])).to_owned()),
        Kind::Bytes => Dynamic::Bytes(random.pick(&[&b""[..], b"a", b"\xff\x00", b"text"]).to_vec().into()),
        Kind::Enum(e) => {
            let numbers: Vec<i32> = e.values().map(|v| v.number()).collect();
            Dynamic::EnumNumber(*random.pick(&numbers))
        }
        Kind::Message(m) => Dynamic::Message(message(m, random, depth + 1)),
    }
}

fn message(of: &MessageDescriptor, random: &mut Random, depth: usize) -> DynamicMessage {
    let mut out = DynamicMessage::new(of.clone());
    for field in of.fields() {
        let needed = field.cardinality() == prost_reflect::Cardinality::Required;
        if !needed && (depth > 3 || random.below(3) == 0) {
            continue;
        }
        let one = if field.is_map() {
            let entry = field.kind().as_message().unwrap().clone();
            let key = match value(&entry.map_entry_key_field().kind(), random, depth) {
                Dynamic::I32(n) => MapKey::I32(n),
                Dynamic::I64(n) => MapKey::I64(n),
                Dynamic::Bool(b) => MapKey::Bool(b),
                Dynamic::String(s) => MapKey::String(s),
                _ => continue,
            };
            Dynamic::Map([(key, value(&entry.map_entry_value_field().kind(), random, depth))].into_iter().collect())
        } else if field.is_list() {
            Dynamic::List((0..1 + random.below(3)).map(|_| value(&field.kind(), random, depth)).collect())
        } else {
            value(&field.kind(), random, depth)
        };
        out.set_field(&field, one);
    }
    out
}

/// A value as it is compared: numbers without their widths, messages by their known fields.
fn plain(value: &Dynamic) -> serde_json::Value {
    match value {
        Dynamic::Bool(b) => json!(b),
        Dynamic::I32(n) => json!(n.to_string()),
        Dynamic::I64(n) => json!(n.to_string()),
        Dynamic::U32(n) => json!(n.to_string()),
        Dynamic::U64(n) => json!(n.to_string()),
        Dynamic::F32(n) => json!(f64::from(*n)),
        Dynamic::F64(n) => json!(n),
        Dynamic::String(s) => json!(s.as_bytes()),
        Dynamic::Bytes(b) => json!(b.to_vec()),
        Dynamic::EnumNumber(n) => json!(n.to_string()),
        Dynamic::List(all) => all.iter().map(plain).collect(),
        Dynamic::Map(all) => {
            let mut pairs: Vec<_> = all.iter().map(|(k, v)| json!([format!("{k:?}"), plain(v)])).collect();
            pairs.sort_by_key(ToString::to_string);
            json!(pairs)
        }
        Dynamic::Message(m) => {
            json!(m.descriptor().fields().map(|f| json!([f.number(), plain(&m.get_field(&f))])).collect::<Vec<_>>())
        }
    }
}

/// The first field of both schemas that does not read as it was written, or the reader's refusal.
fn contradiction(written: &DynamicMessage, reader: &MessageDescriptor) -> Option<String> {
    let named = |field: &FieldDescriptor| reader.get_field(field.number());
    let differs = |read: &DynamicMessage, how: &str| {
        written.descriptor().fields().find_map(|field| {
            let (was, is) = (written.get_field(&field), read.get_field(&named(&field)?));
            (plain(&was) != plain(&is)).then(|| format!("{how}: `{}` was {was:?}, reads {is:?}", field.name()))
        })
    };
    let bytes = match DynamicMessage::decode(reader.clone(), written.encode_to_vec().as_slice()) {
        Ok(read) => {
            let lost = read.unknown_fields().find(|f| reader.get_field(f.number()).is_some());
            lost.map(|f| format!("bytes: field {} went to the unknown ones", f.number()))
                .or_else(|| differs(&read, "bytes"))
        }
        Err(e) => Some(format!("bytes: {e}")),
    };
    // Readers of JSON skip what they do not know: a field that is new.
    let text = serde_json::to_string(written).unwrap();
    let mut json = serde_json::Deserializer::from_str(&text);
    let options = prost_reflect::DeserializeOptions::new().deny_unknown_fields(false);
    bytes.or_else(|| match DynamicMessage::deserialize_with_options(reader.clone(), &mut json, &options) {
        Ok(read) => differs(&read, "JSON"),
        Err(e) => Some(format!("JSON {text}: {e}")),
    })
}

#[test]
fn what_is_ok_reads_as_it_was_written() {
    let wanted: usize = std::env::var("TESSERA_ROUND_TRIPS").ok().and_then(|n| n.parse().ok()).unwrap_or(1_500);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let (mut documents, mut pairs, mut failing, mut shown) = (0, 0, 0, 0);
    while documents < wanted {
        let old = schema(&mut random);
        let new = edited(&old, &mut random);
        let (old, new) = (text(&old), text(&new));
        // What the independent compiler refuses, we refuse: names and numbers used twice, reserved ones.
        let (before, after) = (compiled(&old), compiled(&new));
        let told = compare(&json!(old), &json!(new));
        let (Ok(before), Ok(after)) = (&before, &after) else {
            assert!(told.is_err(), "refused by protox only:\n{old}\n{new}\n{before:?} {after:?}");
            continue;
        };
        let changes = told.unwrap_or_else(|e| panic!("refused by us only: {e}\n{old}\n{new}"));
        pairs += 1;
        let whole =
            |judge: fn(&tessera_model::Change) -> Judgment| changes.iter().map(judge).max().unwrap_or(Judgment::Ok);
        let ways = [(whole(|c| c.reads), after, before, "reads"), (whole(|c| c.writes), before, after, "writes")];
        for (judgment, writer, reader, way) in ways {
            let mut broken = false;
            for _ in 0..10 {
                let found = contradiction(&message(writer, &mut random, 0), reader);
                documents += 1;
                assert!(
                    judgment != Judgment::Ok || found.is_none(),
                    "{way} is ok, but {}\n{old}\n{new}\n{changes:#?}",
                    found.unwrap_or_default()
                );
                broken |= found.is_some();
            }
            failing += usize::from(judgment == Judgment::Fails);
            shown += usize::from(judgment == Judgment::Fails && broken);
        }
    }
    println!("{documents} documents of {pairs} pairs; {shown} of {failing} failing directions shown by a document");
    assert!(shown * 2 > failing, "{shown} of {failing}: the documents are too tame to mean much");
}
