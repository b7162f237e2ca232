//! Rules of the house that a compiler does not know: which crate may use which, purity, files that say what they are for,
//! licences, generated files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn host() -> String {
    let out = Command::new("rustc").arg("-vV").output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    text.lines().find_map(|l| l.strip_prefix("host: ")).unwrap().to_owned()
}

fn metadata() -> Value {
    let out = Command::new(env!("CARGO"))
        // Only this machine's crates: those of others were never downloaded.
        .args(["metadata", "--format-version", "1", "--locked", "--offline", "--filter-platform", &host()])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(out.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&out.stderr));
    serde_json::from_slice(&out.stdout).unwrap()
}

/// Who may use whom (ARCHITECTURE.md). A new edge is an architectural change: it is added here on purpose.
const EDGES: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("dbt", &["model"]),
    ("sql", &["model"]),
    ("diff", &["model"]),
    ("workflow", &["model"]),
    ("lineage", &["model", "sql"]),
    ("graph", &["model", "lineage"]),
    ("ports", &["model", "workflow"]),
    ("store", &["model", "workflow", "ports"]),
    ("postgres", &["model", "ports"]),
    ("sqlite", &["model", "ports"]),
    ("slack", &["model", "ports"]),
    ("webhook", &["model", "ports"]),
    ("engine", &["model", "dbt", "lineage", "diff", "graph", "workflow", "ports"]),
    ("peers", &["model", "diff"]),
    ("http", &["model", "diff", "graph", "workflow", "ports", "engine"]),
    (
        "tessera",
        &[
            "model", "dbt", "sql", "lineage", "diff", "graph", "workflow", "ports", "store", "engine", "http",
            "postgres", "sqlite", "slack", "webhook",
        ],
    ),
];

/// Crates that do I/O; none may be below a pure crate.
const IO: &[&str] = &["tokio", "sqlx", "sqlx-core", "reqwest", "axum", "hyper", "notify", "tokio-postgres"];
const PURE: &[&str] = &["model", "dbt", "sql", "lineage", "diff", "graph", "workflow"];

fn short(name: &str) -> &str {
    name.strip_prefix("tessera-").unwrap_or(name)
}

#[test]
fn dependencies_go_one_way() {
    let meta = metadata();
    let allowed: BTreeMap<&str, BTreeSet<&str>> =
        EDGES.iter().map(|(k, v)| (*k, v.iter().copied().collect())).collect();
    let mut wrong = Vec::new();
    for package in meta["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        if package["source"].is_string() || name == "tessera-tests" {
            continue;
        }
        let Some(may) = allowed.get(short(name)) else {
            wrong.push(format!("{name} is not in the list of crates in tests/tidy/main.rs"));
            continue;
        };
        for dep in package["dependencies"].as_array().unwrap() {
            let dep_name = dep["name"].as_str().unwrap();
            let normal = dep["kind"].is_null();
            if normal && dep_name.starts_with("tessera") && !may.contains(short(dep_name)) {
                wrong.push(format!("{name} must not use {dep_name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn pure_crates_reach_no_io() {
    let meta = metadata();
    let by_id: BTreeMap<&str, &Value> =
        meta["packages"].as_array().unwrap().iter().map(|p| (p["id"].as_str().unwrap(), p)).collect();
    let nodes: BTreeMap<&str, &Value> =
        meta["resolve"]["nodes"].as_array().unwrap().iter().map(|n| (n["id"].as_str().unwrap(), n)).collect();
    for pure in PURE {
        let name = format!("tessera-{pure}");
        let start = by_id.iter().find(|(_, p)| p["name"] == name.as_str()).map(|(id, _)| *id).unwrap();
        let (mut todo, mut seen) = (vec![start], BTreeSet::new());
        while let Some(id) = todo.pop() {
            if !seen.insert(id) {
                continue;
            }
            for dep in nodes[id]["deps"].as_array().unwrap() {
                if dep["dep_kinds"].as_array().unwrap().iter().any(|k| k["kind"].is_null()) {
                    todo.push(dep["pkg"].as_str().unwrap());
                }
            }
        }
        let reached: Vec<&str> =
            seen.iter().filter_map(|id| by_id[id]["name"].as_str()).filter(|n| IO.contains(n)).collect();
        assert!(reached.is_empty(), "{name} is pure, yet reaches {reached:?}");
    }
}

fn rust_files(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            rust_files(&path, out);
        } else if name.ends_with(".rs") {
            out.push(path);
        }
    }
}

#[test]
fn every_file_says_what_it_is_for_and_stays_small() {
    let mut files = Vec::new();
    for dir in ["src", "adapters", "tests"] {
        rust_files(&root().join(dir), &mut files);
    }
    let mut wrong = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let shown = file.strip_prefix(root()).unwrap().display().to_string();
        if !text.trim_start().starts_with("//!") {
            wrong.push(format!("{shown} does not begin with a `//!` paragraph"));
        }
        let lines = text.lines().count();
        if lines > 900 {
            wrong.push(format!("{shown} has {lines} lines: does it hold more than one thing?"));
        }
        for mark in ["todo!(", "unimplemented!(", "#[ignore]"] {
            if text.contains(mark) && !shown.starts_with("tests/tidy") {
                wrong.push(format!("{shown} holds {mark}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn licences_are_those_of_deny_toml() {
    let deny = std::fs::read_to_string(root().join("deny.toml")).unwrap();
    let list = deny.split("allow = [").nth(1).unwrap().split(']').next().unwrap();
    let allowed: BTreeSet<&str> = list.split('"').skip(1).step_by(2).collect();
    let meta = metadata();
    let mut wrong = Vec::new();
    for package in meta["packages"].as_array().unwrap() {
        let name = package["name"].as_str().unwrap();
        let Some(licence) = package["license"].as_str() else {
            if package["source"].is_string() && package["license_file"].is_null() {
                wrong.push(format!("{name}: no licence stated"));
            }
            continue;
        };
        // `A OR B` needs one of them, `A AND B` all.
        let fine = licence
            .replace('/', " OR ")
            .split(" AND ")
            .all(|part| part.split(" OR ").any(|l| allowed.contains(l.trim().trim_matches(|c| c == '(' || c == ')'))));
        if !fine {
            wrong.push(format!("{name}: {licence}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
