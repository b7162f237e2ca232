//! Where fixtures lie and how a project is shown in a snapshot.

use crate::{CatalogArtifact, Limits, Project, parse_catalog, parse_manifest, uncompiled_cause};
use serde_json::Value;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

pub(super) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

/// The shared corpora, if this machine has them.
pub(super) fn corpora() -> Option<PathBuf> {
    let given = std::env::var_os("TESSERA_CORPORA").map(PathBuf::from);
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpora");
    given.into_iter().chain([beside]).map(|p| p.join("dbt")).find(|p| p.is_dir())
}

pub(super) fn bytes(path: &str) -> Vec<u8> {
    let path = fixtures().join(path);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// `orchard/v1/duck`.
pub(super) fn project(name: &str) -> Project {
    parse_manifest(&bytes(&format!("dbt/{name}/manifest.json.gz")), &Limits::default()).unwrap()
}

pub(super) fn catalog(name: &str) -> CatalogArtifact {
    parse_catalog(&bytes(&format!("dbt/{name}/catalog.json")), &Limits::default()).unwrap()
}

/// A manifest from its `nodes`, for cases too small to be a file.
pub(super) fn manifest(adapter: &str, rest: &Value) -> Project {
    let mut all = serde_json::json!({
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "dbt_version": "1.11.0", "project_name": "shop", "adapter_type": adapter,
        },
        "nodes": {},
    });
    all.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    parse_manifest(all.to_string().as_bytes(), &Limits::default()).unwrap()
}

/// Lines of a `.jsonl` file with their numbers; blank lines and `//` comments are passed over.
pub(super) fn cases(path: &str) -> Vec<(usize, Value)> {
    let text = String::from_utf8(bytes(path)).unwrap();
    let lines = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with("//"));
    lines.map(|(i, l)| (i + 1, serde_json::from_str(l).unwrap_or_else(|e| panic!("{path}:{}: {e}", i + 1)))).collect()
}

pub(super) fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().map(|v| v.as_str().unwrap().to_owned()).collect()
}

/// Everything of a project that matters to the rest of the product, one fact a line.
pub(super) fn describe(p: &Project) -> String {
    let mut out = format!(
        "project {} ({}, {}, {}) schema {} by dbt {} ({})\n",
        p.name,
        p.adapter_type,
        p.dialect,
        p.nodes.len() + p.sources.len(),
        p.schema_version,
        p.dbt_version,
        p.engine.name()
    );
    for g in p.groups.values() {
        let o = &g.owner;
        writeln!(out, "group {} = {:?} {:?} slack {:?}", g.name, o.name, o.emails, o.slack()).unwrap();
    }
    for n in p.all_nodes() {
        let relation = n.relation.as_ref().map_or("-".to_owned(), ToString::to_string);
        writeln!(out, "{} -> {relation} [{}]", n.unique_id, n.materialized).unwrap();
        let mut line = |label: &str, text: String| {
            if !text.is_empty() {
                writeln!(out, "    {label}: {text}").unwrap();
            }
        };
        line("unknown", uncompiled_cause(n, p).unwrap_or_default().to_owned());
        line("reads", n.depends_on.join(", "));
        line("ctes", n.injected_ctes.iter().map(|(c, id)| format!("{c} = {id}")).collect::<Vec<_>>().join(", "));
        let column = |c: &crate::DeclaredColumn| match &c.data_type {
            Some(t) => format!("{} {t}", c.name),
            None => c.name.clone(),
        };
        line("columns", n.columns.iter().map(column).collect::<Vec<_>>().join(", "));
        line("contract", if n.contract_enforced { "enforced".into() } else { String::new() });
        line(
            "constraints",
            n.constraints.iter().map(|c| format!("{}({})", c.kind, c.columns.join(","))).collect::<Vec<_>>().join(" "),
        );
        line(
            "guarantees",
            n.guarantees.iter().map(|g| serde_json::to_string(g).unwrap()).collect::<Vec<_>>().join(" "),
        );
        line("group", n.group.clone().unwrap_or_default());
        line("access", n.access.clone().unwrap_or_default());
        line(
            "version",
            n.version
                .as_ref()
                .map_or(String::new(), |v| format!("{v} of {}", n.latest_version.as_deref().unwrap_or("?"))),
        );
        line("deprecated", n.deprecation_date.map_or(String::new(), |d| d.to_string()));
        line("meta", if n.meta.is_empty() { String::new() } else { Value::from(n.meta.clone()).to_string() });
        line("unit tests", if n.unit_tests == 0 { String::new() } else { n.unit_tests.to_string() });
        line("path", n.path.clone().unwrap_or_default());
    }
    for e in p.exposures.values() {
        writeln!(out, "{} [{}] by {:?} {:?}", e.unique_id, e.kind, e.owner.name, e.owner.emails).unwrap();
        for id in &e.depends_on {
            let columns = e.columns_of(id).map_or("all columns".to_owned(), |c| c.join(", "));
            writeln!(out, "    reads {id}: {columns}").unwrap();
        }
    }
    writeln!(out, "disabled {:?}, unit tests {}", p.disabled, p.unit_tests).unwrap();
    for f in &p.findings {
        writeln!(out, "finding {:?} {} {:?}: {}", f.severity, f.code, f.subject, f.message).unwrap();
    }
    out
}
