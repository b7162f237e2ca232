//! Every real artifact that this machine has loads without an error.

use super::support::{corpora, describe};
use crate::{Engine, Limits, ResourceType, coverage, parse_catalog, parse_manifest, parse_run_results, peek};
use std::path::{Path, PathBuf};

fn files(root: &Path, word: &str) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().into_owned();
            if path.is_dir() {
                open.push(path);
            } else if name.contains(word) && name.contains(".json") && !name.contains("semantic") {
                out.push(path);
            }
        }
    }
    out.sort();
    out
}

fn root() -> Option<PathBuf> {
    let root = corpora();
    if root.is_none() {
        println!("skipped: no corpora here (set TESSERA_CORPORA)");
    }
    root
}

#[test]
fn every_manifest_loads() {
    let Some(root) = root() else { return };
    let all = files(&root, "manifest");
    for file in &all {
        let shown = file.strip_prefix(&root).unwrap().display().to_string();
        let bytes = std::fs::read(file).unwrap();
        let p = parse_manifest(&bytes, &Limits::default()).unwrap_or_else(|e| panic!("{shown}: {e}"));
        let c = coverage(&p);
        println!(
            "{shown}: {} {} {} nodes {} models {} compiled {} sources {} exposures {}",
            p.schema_version,
            p.dbt_version,
            p.engine.name(),
            p.nodes.len(),
            c.models,
            c.compiled,
            p.sources.len(),
            p.exposures.len()
        );
        assert_eq!(p.findings, [], "{shown}");
        assert!(c.models > 0 && !p.name.is_empty() && p.generated_at.is_some(), "{shown}");
        assert_eq!(p.engine == Engine::Fusion, shown.contains("fusion"), "{shown}");
        assert_eq!(c.models, c.compiled + c.unknown.len(), "{shown}");
        for node in p.nodes.values().filter(|n| n.resource_type.is_relation()) {
            assert_eq!(node.relation.is_none(), node.is_ephemeral(), "{shown} {}", node.unique_id);
        }
        for test in p.of_type(ResourceType::Test).filter(|t| t.is_generic_test() && t.enabled) {
            let target = test.attached_node.as_deref().unwrap_or_else(|| panic!("{shown} {}", test.unique_id));
            assert!(p.node(target).is_some(), "{shown} {}", test.unique_id);
        }
        let head = peek(&bytes).unwrap_or_else(|e| panic!("{shown}: {e}"));
        assert_eq!(head.invocation_id, p.invocation_id, "{shown}");
        assert_eq!(head.schema_version, p.schema_version, "{shown}");
    }
    assert!(all.len() >= 35, "only {} manifests", all.len());
}

#[test]
fn every_catalog_and_run_result_loads() {
    let Some(root) = root() else { return };
    for file in files(&root, "catalog") {
        let c = parse_catalog(&std::fs::read(&file).unwrap(), &Limits::default()).unwrap();
        // Fusion could not reach its database driver there, and said so.
        let fusion = file.to_string_lossy().contains("fusion");
        assert!(c.findings.iter().all(|f| fusion && f.code == "catalog-error"), "{}", file.display());
        // Fusion's catalog of jaffle_shop lists nothing.
        assert!(!c.nodes.is_empty() || file.to_string_lossy().contains("fusion"), "{}", file.display());
        assert!(c.nodes.values().all(|t| !t.columns.is_empty()), "{}", file.display());
    }
    for file in files(&root, "run_results") {
        let r = parse_run_results(&std::fs::read(&file).unwrap(), &Limits::default()).unwrap();
        assert_eq!(r.findings, [], "{}", file.display());
        assert!(!r.results.is_empty() || file.to_string_lossy().contains("fusion"), "{}", file.display());
    }
}

#[test]
fn jaffle_shop_says_the_same_through_both_engines_and_on_both_databases() {
    let Some(root) = root() else { return };
    let load = |name: &str| {
        let bytes = std::fs::read(root.join(format!("jaffle_shop/{name}/manifest.json.gz"))).unwrap();
        parse_manifest(&bytes, &Limits::default()).unwrap()
    };
    insta::assert_snapshot!("jaffle_duckdb", describe(&load("duckdb")));
    // What readers rely on is the same whoever wrote the manifest.
    let facts = |name: &str| {
        let p = load(name);
        let facts =
            |n: &crate::Node| (n.unique_id.clone(), n.guarantees.clone(), n.columns.len(), n.depends_on.clone());
        p.models().map(facts).collect::<Vec<_>>()
    };
    assert_eq!(facts("duckdb"), facts("fusion-duckdb"));
    assert_eq!(facts("duckdb"), facts("postgres"));
}
