//! Small schema pairs: the published cases where they are at hand (`TESSERA_CORPORA`), else the fixtures.

use anyhow::{Context, Result};
use serde_json::Value;
use std::path::{Path, PathBuf};

pub struct Pair {
    pub old: Value,
    pub new: Value,
}

/// Both sides together, in bytes of JSON.
const SMALL: usize = 2_000;

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

pub fn small() -> Result<Vec<Pair>> {
    let corpora =
        std::env::var_os("TESSERA_CORPORA").map_or_else(|| here().join("../../../../shared/corpora"), PathBuf::from);
    let mut files: Vec<PathBuf> = ["karapace", "apicurio", "jsoncompat", "getsentry"]
        .iter()
        .map(|name| corpora.join(format!("diff/jsonschema.{name}.jsonl")))
        .filter(|path| path.exists())
        .collect();
    if files.is_empty() {
        eprintln!("no corpora (set TESSERA_CORPORA): the fixtures are measured");
        files.push(here().join("../../../fixtures/diff/json_schema.jsonl"));
    }
    let mut pairs = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        for line in text.lines() {
            let mut case: Value = serde_json::from_str(line)?;
            let (old, new) = (case["old"].take(), case["new"].take());
            if old.to_string().len() + new.to_string().len() <= SMALL {
                pairs.push(Pair { old, new });
            }
        }
    }
    Ok(pairs)
}
