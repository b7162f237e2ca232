//! Loads every manifest under the folders given and prints a Markdown table: what each holds, how much of it is compiled,
//! what it costs to read. `cargo run --release -p tessera-dbt --example manifests -- ../shared/corpora/dbt`

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::time::Instant;
use tessera_dbt::{Limits, ResourceType, coverage, parse_manifest};

fn main() -> std::process::ExitCode {
    let roots: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    if roots.is_empty() {
        eprintln!("usage: manifests FOLDER-OR-FILE …");
        return std::process::ExitCode::from(2);
    }
    let mut files = Vec::new();
    for root in &roots {
        find(root, &mut files);
    }
    files.sort();
    println!(
        "| manifest | schema | dbt | engine | adapter | nodes | models | compiled | sources | tests | exposures | groups | findings | MB | ms |"
    );
    println!("|---|---|---|---|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|");
    let mut failed = 0;
    for file in &files {
        let shown = roots.iter().find_map(|r| file.strip_prefix(r).ok()).unwrap_or(file).display();
        let bytes = match std::fs::read(file) {
            Ok(bytes) => bytes,
            Err(e) => {
                failed += 1;
                println!("| {shown} | not readable: {e} |");
                continue;
            }
        };
        let plain = plain_size(&bytes);
        let start = Instant::now();
        match parse_manifest(&bytes, &Limits::default()) {
            Err(e) => {
                failed += 1;
                println!("| {shown} | {e} |");
            }
            Ok(p) => {
                let ms = start.elapsed().as_secs_f64() * 1e3;
                let cover = coverage(&p);
                println!(
                    "| {shown} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {:.1} | {ms:.0} |",
                    p.schema_version,
                    p.dbt_version,
                    p.engine.name(),
                    p.adapter_type,
                    p.nodes.len(),
                    cover.models,
                    cover.compiled,
                    p.sources.len(),
                    p.of_type(ResourceType::Test).count(),
                    p.exposures.len(),
                    p.groups.len(),
                    p.findings.len(),
                    plain as f64 / 1e6,
                );
            }
        }
    }
    println!("\n{} manifests, {failed} failed", files.len());
    if failed == 0 { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

fn find(path: &Path, out: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
            find(&entry.path(), out);
        }
        return;
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let is_json = name.ends_with(".json") || name.ends_with(".json.gz");
    if is_json && name.contains("manifest") && !name.contains("semantic") {
        out.push(path.to_owned());
    }
}

/// Gzip ends with the unpacked size.
fn plain_size(bytes: &[u8]) -> u64 {
    match (bytes, bytes.last_chunk::<4>()) {
        ([0x1f, 0x8b, ..], Some(tail)) => u64::from(u32::from_le_bytes(*tail)),
        _ => bytes.len() as u64,
    }
}
