//! Hostile schemas as data (`fixtures/diff/hostile/`): each is answered, undecided or refused within its time and memory,
//! on a small stack.

use crate::batch_line;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The stack of a thread of the standard library.
const STACK: usize = 2 << 20;
const MOST_MEMORY_KB: u64 = 512 << 10;

struct Case {
    format: String,
    name: String,
    size: usize,
    old: String,
    new: Option<String>,
}

fn cases() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/diff/hostile");
    let mut out = Vec::new();
    for file in std::fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_none_or(|e| e != "txt") {
            continue;
        }
        let format = path.file_stem().unwrap().to_str().unwrap().to_owned();
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            if line.starts_with("# ") || line.is_empty() {
                continue;
            }
            let parts: Vec<&str> = line.splitn(3, " | ").collect();
            let [name, sizes, texts] = parts.as_slice() else { panic!("{path:?}: {line}") };
            let (old, new) = sides(texts, &format);
            for size in sizes.split(", ") {
                let size: usize = size.parse().unwrap_or_else(|_| panic!("{path:?}: a size in {line}"));
                let small = cfg!(debug_assertions) && size > 500;
                let times = if small { 500 } else { size };
                let filled = |text: &str| filled(text, times);
                out.push(Case {
                    format: format.clone(),
                    name: (*name).to_owned(),
                    size,
                    old: filled(old),
                    new: new.map(filled),
                });
            }
        }
    }
    out
}

/// A union's bar may stand between blanks too: the two sides begin alike.
fn sides<'t>(texts: &'t str, format: &str) -> (&'t str, Option<&'t str>) {
    let starts = if format == "graphql" {
        &["type ", "schema ", "directive ", "⟦", "{"][..]
    } else {
        &["{", "[", "⟦", "\""]
    };
    let found = texts.match_indices(" | ").map(|(at, _)| at).find(|at| {
        let next = &texts[at + 3..];
        starts.iter().any(|s| next.starts_with(s))
            && texts[..*at].matches('⟦').count() == texts[..*at].matches('⟧').count()
    });
    match found {
        Some(at) => (&texts[..at], Some(&texts[at + 3..])),
        None => (texts, None),
    }
}

fn filled(template: &str, times: usize) -> String {
    let mut out = String::new();
    let mut rest = template;
    while let Some(start) = rest.find('⟦') {
        out.push_str(&rest[..start]);
        let end = rest.find('⟧').unwrap_or_else(|| panic!("an open ⟦ in {template}"));
        let unit = &rest[start + '⟦'.len_utf8()..end];
        for i in 1..=times {
            out.push_str(&unit.replace("{i}", &i.to_string()).replace("{h}", &(i - 1).to_string()));
        }
        rest = &rest[end + '⟧'.len_utf8()..];
    }
    out + rest
}

/// The most memory that this process has had, where the system says so.
fn memory_kb() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    text.lines().find_map(|l| l.strip_prefix("VmHWM:"))?.trim().trim_end_matches(" kB").parse().ok()
}

fn answer(case: &Case) -> Option<(Value, Duration)> {
    // `\n` in a line of SDL or YAML is a new line; JSON has its own escapes.
    let text = |t: &str| if t.trim_start().starts_with(['{', '[']) { t.to_owned() } else { t.replace("\\n", "\n") };
    let old = text(&case.old);
    let new = case.new.as_deref().map_or_else(|| old.clone(), text);
    let line = json!({"format": case.format, "mode": "full", "old": old, "new": new}).to_string();
    let (send, receive) = mpsc::channel();
    let start = Instant::now();
    std::thread::Builder::new()
        .stack_size(STACK)
        .spawn(move || {
            let told = batch_line(&line);
            let _ = send.send(told);
        })
        .unwrap();
    let told = receive.recv_timeout(Duration::from_secs(60)).ok()?;
    Some((serde_json::from_str(&told).unwrap(), start.elapsed()))
}

#[test]
fn every_hostile_schema_is_answered_in_time() {
    let limit = Duration::from_secs(if cfg!(debug_assertions) { 15 } else { 2 });
    let mut wrong = Vec::new();
    let mut slowest = (Duration::ZERO, String::new());
    let all = cases();
    for case in &all {
        let name = format!("{}: {} at {}", case.format, case.name, case.size);
        let Some((told, took)) = answer(case) else {
            wrong.push(format!("{name}: no answer"));
            continue;
        };
        if took > limit {
            wrong.push(format!("{name}: {took:?}"));
        }
        if took > slowest.0 {
            slowest = (took, name.clone());
        }
        let refused = !told["error"].is_null() || told["undecided"] == true;
        let fits = refused || told["compatible"] == case.new.is_none();
        if !fits {
            wrong.push(format!("{name}: {}", told.to_string().chars().take(400).collect::<String>()));
        }
        if std::env::var_os("TESSERA_HOSTILE").is_some() {
            let said: String =
                told["error"].as_str().map_or_else(|| told["compatible"].to_string(), |e| e.chars().take(90).collect());
            eprintln!(
                "{name}: {took:?} {} changes, {said}, {:?} kB",
                told["changes"].as_array().map_or(0, Vec::len),
                memory_kb()
            );
        }
    }
    if let Some(kb) = memory_kb() {
        eprintln!("{} cases, slowest {slowest:?}, {kb} kB", all.len());
        if kb > MOST_MEMORY_KB {
            wrong.push(format!("{kb} kB of memory"));
        }
    }
    assert!(all.len() >= 80, "{} cases", all.len());
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}
