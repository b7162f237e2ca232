//! Google's public .proto files (npm `google-proto-files`) below `google/cloud`, with all that they import, against an edited
//! copy, parsing of both included. `GOOGLE_PROTOS` names the package's folder; `diff-bench write protobuf FOLDER` writes the
//! pair for buf, which reads folders.

use crate::Measured;
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tessera_diff::{Options, diff};
use tessera_model::change::Judgment;
use tessera_model::contract::SchemaFormat;
use tessera_model::{Compatibility, Mode};

type Files = BTreeMap<String, String>;

/// Shared files whose fields are used by name in options of others: a change there is no valid schema.
const KEPT: [&str; 3] = ["google/api/", "google/rpc/", "google/type/"];

fn pair() -> Result<(Files, Files)> {
    let root =
        PathBuf::from(std::env::var("GOOGLE_PROTOS").context("set GOOGLE_PROTOS to the folder google-proto-files")?);
    let mut old = Files::new();
    let mut wanted = Vec::new();
    below(&root, &root.join("google/cloud"), &mut wanted)?;
    while let Some(name) = wanted.pop() {
        if old.contains_key(&name) || name.starts_with("google/protobuf/") {
            continue;
        }
        let text = std::fs::read_to_string(root.join(&name)).with_context(|| name.clone())?;
        wanted.extend(text.lines().filter_map(imported).map(str::to_owned));
        old.insert(name, text);
    }
    let mut seen = 0;
    let new = old.iter().map(|(name, text)| (name.clone(), edited(name, text, &mut seen))).collect();
    Ok((old, new))
}

fn below(root: &Path, folder: &Path, found: &mut Vec<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder).with_context(|| folder.display().to_string())? {
        let path = entry?.path();
        if path.is_dir() {
            below(root, &path, found)?;
        } else if path.extension().is_some_and(|e| e == "proto") {
            found.push(path.strip_prefix(root)?.display().to_string());
        }
    }
    Ok(())
}

fn imported(line: &str) -> Option<&str> {
    line.strip_prefix("import ")?.trim_start_matches("public ").trim().strip_prefix('"')?.strip_suffix("\";")
}

/// Of every 50th plain field the type changes, of every 50th the name, and one in 50 goes.
fn edited(name: &str, text: &str, seen: &mut usize) -> String {
    if KEPT.iter().any(|k| name.starts_with(k)) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        match plain(line) {
            Some((ty, field)) => {
                *seen += 1;
                match *seen % 50 {
                    7 => out.push_str(&line.replacen(ty, if ty == "string" { "bytes" } else { "string" }, 1)),
                    17 => out.push_str(&line.replacen(&format!(" {field} ="), &format!(" {field}_renamed ="), 1)),
                    27 if line.ends_with(';') => {}
                    _ => out.push_str(line),
                }
            }
            None => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

/// Type and name of a field of a message at the top.
fn plain(line: &str) -> Option<(&str, &str)> {
    let (ty, rest) = line.strip_prefix("  ")?.split_once(' ')?;
    let (field, _) = rest.split_once(" = ")?;
    (["string", "int64"].contains(&ty) && !field.contains(' ')).then_some((ty, field))
}

pub fn measure(name: &str) -> Result<Measured> {
    if name != "tessera" {
        bail!("no measurement `{name}`");
    }
    let (old, new) = pair()?;
    let bytes: usize = old.values().map(String::len).sum();
    let files = old.len();
    let value =
        |files: Files| Value::Object(files.into_iter().map(|(k, v)| (k, Value::from(v))).collect::<Map<_, _>>());
    let (old, new) = (value(old), value(new));
    Ok(Measured::over(|| {
        let answer = diff(SchemaFormat::Protobuf, &old, &new, Compatibility::new(Mode::Backward), &Options::default());
        let said = match answer {
            Ok(d) => {
                let fails = d.changes.iter().filter(|c| c.reads == Judgment::Fails).count();
                let found: usize = d.changes.iter().map(|c| at_level(c, "FILE")).sum();
                let mb = bytes as f64 / 1e6;
                format!(
                    "{files} files, {mb:.1} MB, {} changes, {fails} break, {found} findings at FILE",
                    d.changes.len()
                )
            }
            Err(e) => e.to_string(),
        };
        (1, said)
    }))
}

/// Findings of one change at one level of buf.
fn at_level(change: &tessera_model::change::Change, level: &str) -> usize {
    change.source_rules.iter().filter(|r| r.levels.iter().any(|l| l == level)).count()
}

pub fn write_pair(folder: &Path) -> Result<()> {
    let (old, new) = pair()?;
    for (side, files) in [("old", old), ("new", new)] {
        for (name, text) in files {
            let path = folder.join(side).join(name);
            std::fs::create_dir_all(path.parent().context("a file has a folder")?)?;
            std::fs::write(path, text)?;
        }
        std::fs::write(folder.join(side).join("buf.yaml"), "version: v2\nbreaking:\n  use:\n    - FILE\n")?;
    }
    Ok(())
}
