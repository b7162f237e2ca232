//! Laws over generated schemas, hostile input and the published suite; single cases live in fixtures/diff/protobuf.jsonl.

use super::rules::RULES;
use crate::{Options, diff};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tessera_model::Compatibility;
use tessera_model::change::Change;
use tessera_model::contract::SchemaFormat;
use tessera_model::mode::Mode;

mod round_trip;

fn compare(old: &Value, new: &Value) -> Result<Vec<Change>, String> {
    let outcome = diff(SchemaFormat::Protobuf, old, new, Compatibility::new(Mode::Full), &Options::default());
    outcome.map(|d| d.changes).map_err(|e| e.to_string())
}

#[test]
fn every_line_of_the_table_is_understood_and_every_rule_is_in_it() {
    assert!(RULES.odd.is_empty(), "{:?}", RULES.odd);
    assert_eq!(RULES.levels.len(), 64);
    let count = |level: &str| RULES.levels.values().filter(|l| l.contains(&level)).count();
    assert_eq!((count("FILE"), count("PACKAGE"), count("WIRE_JSON"), count("WIRE")), (51, 51, 22, 15));
    // Rules are named where they are found.
    let code = [
        include_str!("compare.rs"),
        include_str!("defined.rs"),
        include_str!("enums.rs"),
        include_str!("fields.rs"),
        include_str!("files_compared.rs"),
        include_str!("members.rs"),
        include_str!("services.rs"),
    ]
    .concat();
    for id in RULES.rules.keys().chain(RULES.levels.keys()) {
        assert!(code.contains(&format!("\"{id}\"")), "{id} is in the table only");
    }
}

/// What buf itself says of its published cases, by the rules that were on; findings without a file are not published.
#[test]
fn the_published_cases_come_out_as_published() {
    let Some(cases) = crate::tests::corpus("protobuf.buf_half.jsonl") else { return };
    let mut findings = 0;
    for case in &cases {
        let changes = compare(&case["old"], &case["new"]).unwrap_or_else(|e| panic!("{}: {e}", case["id"]));
        let mut want: Vec<(String, String)> = case["expected_changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| (c["rule"].as_str().unwrap().to_owned(), c["file"].as_str().unwrap_or_default().to_owned()))
            .collect();
        let seen: Vec<(String, String)> =
            changes.iter().flat_map(|c| &c.source_rules).map(|s| (s.rule.clone(), s.file.clone())).collect();
        // Of the rules that a case expects, all findings and no other.
        let asked: Vec<String> = want.iter().map(|(rule, _)| rule.clone()).collect();
        let mut got: Vec<_> =
            seen.into_iter().filter(|(rule, file)| asked.contains(rule) && !file.is_empty()).collect();
        want.sort();
        got.sort();
        assert_eq!(want, got, "{}", case["id"]);
        findings += want.len();
    }
    assert_eq!((cases.len(), findings), (30, 419));
}

/// Generators of what takes compilers down, in sizes that decide.
fn bombs() -> Vec<(&'static str, String)> {
    let p3 = "syntax = \"proto3\";\n";
    let many = |n: usize, line: &dyn Fn(usize) -> String| (0..n).map(line).collect::<String>();
    // A build without optimisation is twenty times slower.
    let full = if cfg!(debug_assertions) { 10_000 } else { 200_000 };
    vec![
        ("a huge enum", format!("{p3}enum E {{ A = 0; {} }}", many(full, &|i| format!("V{i} = {};", i + 1)))),
        (
            "aliases of one number",
            format!("{p3}enum E {{ option allow_alias = true; {} }}", many(full, &|i| format!("V{i} = 0;"))),
        ),
        ("10,000 fields", format!("{p3}message M {{ {} }}", many(10_000, &|i| format!("M f{i} = {};", i + 20_000)))),
        ("nested messages", format!("{p3}{}{}", "message M { ".repeat(full), "}".repeat(full))),
        ("nested messages at the limit", format!("{p3}{}{}", "message M { ".repeat(64), "}".repeat(64))),
        ("nested groups", "message A { ".to_owned() + &"optional group G = 1 { ".repeat(full)),
        (
            "recursive messages",
            format!("{p3}{}", many(2_000, &|i| format!("message M{i} {{ M{} a = 1; }}\n", 1_999 - i))),
        ),
        ("a deep option", format!("{p3}option (a) = {{ {}", "a { ".repeat(full))),
        ("a deep option that closes", format!("{p3}option (a) = {{ {}{} }};", "a {".repeat(full), "}".repeat(full))),
        ("deep features", format!("{p3}option features = {{ {}", "a { ".repeat(full))),
        ("a long option name", format!("{p3}option {}a = 1;", "a.".repeat(full))),
        ("many options", format!("{p3}message M {{ {} }}", many(full, &|i| format!("option (o{i}) = 1;")))),
        ("a long text", format!("{p3}option go_package = {};", "\"aaaa\"\n".repeat(full))),
        ("a text that does not end", format!("{p3}option go_package = \"{}", "\\\"".repeat(full))),
        ("escapes", format!("{p3}option go_package = \"{}\";", "\\u00e4".repeat(full))),
        ("a long name", format!("{p3}message M {{ {} a = 1; }}", "a.".repeat(full) + "b")),
        ("long packages", format!("package {};", "a.".repeat(5_000) + "b")),
        ("many ranges", format!("{p3}message M {{ reserved {}1; }}", many(full, &|i| format!("{},", i * 2 + 3)))),
        ("overlapping ranges", format!("{p3}message M {{ reserved {}1; }}", "1 to max,".repeat(full))),
        ("many reserved names", format!("{p3}message M {{ {} }}", many(full, &|i| format!("reserved \"n{i}\";")))),
        (
            "many rpcs",
            format!("{p3}message M {{}} service S {{ {} }}", many(full / 4, &|i| format!("rpc R{i}(M) returns (M);"))),
        ),
        ("many imports of one file", format!("{p3}{}", "import \"google/protobuf/any.proto\";".repeat(full / 4))),
        ("comments", format!("{p3}{}", "/* */ // x\n".repeat(full))),
        ("brackets", "[".repeat(full)),
        ("digits", format!("{p3}message M {{ int32 a = {}; }}", "9".repeat(full))),
        ("a huge exponent", "message M { optional double a = 1 [default = 1e999999999]; }".to_owned()),
        ("minus", format!("message M {{ optional int32 a = 1 [default = {}1]; }}", "-".repeat(full))),
        ("zero bytes", "\0".repeat(full)),
        ("letters beyond ASCII", format!("{p3}message \u{e4}{} {{}}", "\u{1f600}".repeat(100))),
        ("base64 of deep messages", deep_set()),
    ]
}

/// A descriptor set of messages in messages.
fn deep_set() -> String {
    use base64::Engine as _;
    let wrap = |tag: u8, inner: Vec<u8>| {
        let mut out = vec![tag];
        let mut length = inner.len();
        while length > 0x7f {
            out.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend(inner);
        out
    };
    let mut message = wrap(0x0a, b"M".to_vec());
    for _ in 0..2_000 {
        message = wrap(0x1a, message);
    }
    base64::engine::general_purpose::STANDARD.encode(wrap(0x0a, wrap(0x22, message)))
}

/// Each is answered, on the stack of a worker thread, in time; nothing is compatible that was not read.
#[test]
fn hostile_texts_are_answered() {
    let good = json!("syntax = \"proto3\";\nmessage Other { string a = 1; }");
    for (name, text) in bombs() {
        let text = Value::String(text);
        let good = good.clone();
        let work = move || {
            let start = Instant::now();
            let told = [compare(&text, &good), compare(&good, &text), compare(&text, &text)];
            (start.elapsed(), told)
        };
        let thread = std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap();
        let (took, told) = thread.join().unwrap_or_else(|_| panic!("{name} panicked"));
        assert!(took < Duration::from_secs(20), "{name} took {took:?}");
        if !cfg!(debug_assertions) {
            eprintln!("{name}: {took:?}");
        }
        for answer in &told {
            match answer {
                Ok(_) => {}
                Err(said) => assert!(said.len() < 4_000 && said.contains("schema"), "{name}: {said}"),
            }
        }
        assert!(told[2].as_ref().is_ok_and(Vec::is_empty) || told[2].is_err(), "{name} differs from itself");
        assert!(told[0].as_ref().map_or(true, |changes| !changes.is_empty()), "{name}: nothing was said");
    }
}

#[test]
fn many_files_and_long_chains_of_imports_are_answered() {
    let chain = |n: usize, public: &str| {
        let file = |i: usize| {
            let import = if i + 1 < n { format!("import {public}\"f{}.proto\";", i + 1) } else { String::new() };
            (format!("f{i}.proto"), json!(format!("syntax = \"proto3\"; {import} message M{i} {{}}")))
        };
        Value::Object((0..n).map(file).collect())
    };
    let start = Instant::now();
    let long = chain(2_000, "");
    assert!(compare(&long, &long).unwrap().is_empty());
    let public = chain(300, "public ");
    assert!(compare(&public, &public).unwrap().is_empty());
    let mut circle = chain(2_000, "");
    circle["f1999.proto"] = json!("import \"f0.proto\";");
    let said = compare(&circle, &long).unwrap_err();
    assert!(said.contains("imports go in a circle: f0.proto -> f1.proto"), "{said}");
    assert!(start.elapsed() < Duration::from_secs(20));
}
