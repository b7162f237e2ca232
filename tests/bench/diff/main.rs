//! Schema diffs beside their peers: CPU time, each measurement in a process of its own, both sides in one go.
//! `diff-bench` prints every section; `diff-bench SECTION` one; `diff-bench one SECTION NAME` is one measurement;
//! `diff-bench cases SECTION` prints the pairs for peers that are no Rust, `diff-bench write protobuf FOLDER` writes them. `run` adds those.

mod cases;
mod github;
mod graphql;
mod json_schema;
mod openapi;
mod protobuf;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

use anyhow::{Context, Result, bail};
use cpu_time::ProcessTime;
use serde_json::{Value, json};
use std::process::Command;
use std::time::Duration;

/// A format's measurements. To add one: a file with `measure`, a line here.
struct Section {
    name: &'static str,
    about: &'static str,
    /// The first is ours: ratios are to it.
    measurements: &'static [&'static str],
    measure: fn(&str) -> Result<Measured>,
}

const SECTIONS: &[Section] = &[
    Section {
        name: "json_schema",
        about: "small JSON Schema pairs",
        measurements: &["tessera", "tessera, containment alone", "jsoncompat", "json-schema-diff"],
        measure: json_schema::measure,
    },
    Section {
        name: "github",
        about: "GitHub's pull-request within all its component schemas, changed",
        measurements: &["tessera", "json-schema-diff"],
        measure: github::measure,
    },
    Section {
        name: "graphql",
        about: "GitHub's GraphQL schema, SDL of both sides parsed and compared",
        measurements: &["tessera"],
        measure: graphql::measure,
    },
    Section {
        name: "openapi",
        about: "GitHub's REST description, 13 MB, both sides parsed and compared",
        measurements: &["tessera, one edit", "tessera, every schema"],
        measure: openapi::measure,
    },
    Section {
        name: "protobuf",
        about: "Google's public .proto files below google/cloud with all that they import, both sides parsed and compared",
        measurements: &["tessera"],
        measure: protobuf::measure,
    },
];

const ROUNDS: usize = 3;

/// CPU time for so many diffs, and what came out.
pub struct Measured {
    pub time: Duration,
    pub diffs: usize,
    pub said: String,
}

impl Measured {
    /// Runs `f` over and over for at least a second of CPU; `f` gives the number of diffs and what came out.
    pub fn over(mut f: impl FnMut() -> (usize, String)) -> Measured {
        let start = ProcessTime::now();
        let (mut diffs, mut said) = (0, String::new());
        while diffs == 0 || start.elapsed() < Duration::from_secs(1) {
            let (n, text) = f();
            diffs += n;
            said = text;
        }
        Measured { time: start.elapsed(), diffs, said }
    }
}

fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["one", section, name] => {
            let m = (find(section)?.measure)(name)?;
            let micros = m.time.as_secs_f64() * 1e6 / m.diffs.max(1) as f64;
            println!("{}", json!({"micros": micros, "said": m.said}));
            Ok(())
        }
        ["cases", "json_schema"] => {
            for pair in cases::small()? {
                println!("{}", json!({"old": pair.old, "new": pair.new}));
            }
            Ok(())
        }
        ["cases", "graphql"] => graphql::print_pair(),
        ["write", "protobuf", folder] => protobuf::write_pair(folder.as_ref()),
        [] => SECTIONS.iter().try_for_each(table),
        [section] => table(find(section)?),
        other => {
            bail!("{other:?}: give nothing, a section, `one SECTION NAME`, `cases SECTION` or `write protobuf FOLDER`")
        }
    }
}

fn find(name: &str) -> Result<&'static Section> {
    let names = || SECTIONS.iter().map(|s| s.name).collect::<Vec<_>>().join(", ");
    SECTIONS.iter().find(|s| s.name == name).with_context(|| format!("no section `{name}`: there are {}", names()))
}

fn one(section: &str, name: &str) -> Result<Value> {
    let out = Command::new(std::env::current_exe()?).args(["one", section, name]).output()?;
    if !out.status.success() {
        bail!("{section}, {name}: {} {}", out.status, String::from_utf8_lossy(&out.stderr));
    }
    serde_json::from_slice(&out.stdout).with_context(|| format!("{section}, {name}"))
}

/// The best of some rounds, taken in turn with the others: noise only ever adds.
fn table(section: &Section) -> Result<()> {
    println!("{}:", section.about);
    let mut best: Vec<Option<Value>> = vec![None; section.measurements.len()];
    for _ in 0..ROUNDS {
        for (slot, name) in best.iter_mut().zip(section.measurements) {
            match one(section.name, name) {
                Ok(now) if slot.as_ref().is_none_or(|was| micros(&now) < micros(was)) => *slot = Some(now),
                Ok(_) => {}
                Err(e) => eprintln!("  {e:#}"),
            }
        }
    }
    let base = best[0].as_ref().map_or(f64::NAN, micros);
    for (name, value) in section.measurements.iter().zip(&best) {
        match value {
            Some(v) => println!(
                "  {name:28} {:12.1} µs a diff  {:9.0} a second  {:7.2} x  {}",
                micros(v),
                1e6 / micros(v),
                micros(v) / base,
                v["said"].as_str().unwrap_or_default()
            ),
            None => println!("  {name:28} no measurement"),
        }
    }
    Ok(())
}

fn micros(value: &Value) -> f64 {
    value["micros"].as_f64().unwrap_or(f64::INFINITY)
}
