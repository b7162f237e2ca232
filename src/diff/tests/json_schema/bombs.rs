//! Hostile input (`fixtures/diff/bombs_json_schema.txt`): each case is answered, refused or undecided, on the small stack of
//! a worker thread, within two seconds and, all together, 512 MB.

use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use tessera_diff::batch_line;

/// A build without optimisation is many times slower, and takes large sizes smaller.
const PATIENCE: Duration = Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 2 });
const LARGEST: usize = if cfg!(debug_assertions) { 60 } else { usize::MAX };
const STACK: usize = 2 << 20;

/// `<<x>>` written out.
fn expand(template: &str, size: usize) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(start) = rest.find("<<") {
        let end = start + rest[start..].find(">>").unwrap();
        out.push_str(&rest[..start]);
        let body = &rest[start + 2..end];
        let (body, comma) = body.strip_suffix(',').map_or((body, ""), |b| (b, ","));
        for i in 1..=size {
            let text = body.replace("{i}", &i.to_string()).replace("{h}", &(i - 1).to_string());
            out.push_str(&text);
            out.push_str(if i < size { comma } else { "" });
        }
        rest = &rest[end + 2..];
    }
    out.push_str(rest);
    out.replace("{n}", &size.to_string())
}

/// The most memory this process ever held, where the system tells.
fn peak_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
}

#[test]
fn every_bomb_is_answered_refused_or_undecided_in_time() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/diff/bombs_json_schema.txt");
    let text = std::fs::read_to_string(file).unwrap();
    let (mut cases, mut slow, mut words) = (0, Vec::new(), [0; 4]);
    for line in text.lines().filter(|l| !l.starts_with('#') && !l.is_empty()) {
        let parts: Vec<&str> = line.split(" | ").collect();
        let [name, sizes, old, new] = parts[..] else { panic!("not four parts: {line}") };
        let mut done = Vec::new();
        for size in sizes.split(", ") {
            let size = size.parse::<usize>().unwrap().min(LARGEST);
            if done.contains(&size) {
                continue;
            }
            done.push(size);
            for mode in ["backward", "forward"] {
                let request = format!(
                    r#"{{"id": 1, "format": "jsonschema", "mode": "{mode}", "old": {}, "new": {}}}"#,
                    expand(old, size),
                    expand(new, size)
                );
                let start = Instant::now();
                let worker = std::thread::Builder::new().stack_size(STACK).spawn(move || batch_line(&request)).unwrap();
                let answer: Value = serde_json::from_str(&worker.join().unwrap()).unwrap();
                let took = start.elapsed();
                cases += 1;
                if took > PATIENCE {
                    slow.push(format!("{name} {size} {mode}: {took:?}"));
                }
                let kind = match (&answer["error"], &answer["compatible"], &answer["undecided"]) {
                    (Value::String(_), Value::Null, _) => 0,
                    (Value::Null, Value::Null, Value::Bool(true)) => 1,
                    (Value::Null, Value::Bool(false), _) => 2,
                    (Value::Null, Value::Bool(true), _) => 3,
                    _ => panic!("{name} {size}: no answer: {}", json!(answer)),
                };
                words[kind] += 1;
                if std::env::var_os("BOMBS_TELL").is_some() {
                    println!(
                        "{name} {size} {mode}: {took:?} {}",
                        ["refused", "undecided", "breaking", "compatible"][kind]
                    );
                }
            }
        }
    }
    println!("{cases} questions: {words:?} refused, undecided, breaking, compatible; peak {:?} MB", peak_megabytes());
    assert!(slow.is_empty(), "slow: {slow:#?}");
    if !cfg!(debug_assertions) {
        assert!(peak_megabytes().is_none_or(|mb| mb <= 512), "{:?} MB", peak_megabytes());
    }
}
