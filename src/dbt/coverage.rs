//! How much of a project has SQL to read. Compiled coverage is per node, never per file: a default selector, a failing
//! model or a new engine leaves single nodes without compiled code.

use crate::node::{Node, ResourceType};
use crate::project::Project;
use crate::run_results::{RunResults, RunStatus};
use tessera_model::report::{Coverage, UnknownModel};

/// Why a node's SQL cannot be read: `ephemeral`, `python`, `disabled` or `uncompiled`. `None` when it has compiled SQL,
/// or needs none (sources, seeds, generic tests).
pub fn uncompiled_cause(node: &Node, project: &Project) -> Option<&'static str> {
    let needs_sql = match node.resource_type {
        ResourceType::Model | ResourceType::Snapshot | ResourceType::Analysis => true,
        ResourceType::Test => !node.is_generic_test(),
        _ => false,
    };
    if !needs_sql {
        None
    } else if !node.enabled || project.disabled.binary_search(&node.unique_id).is_ok() {
        Some("disabled")
    } else if node.is_python() {
        Some("python")
    } else if node.compiled_code.is_some() {
        None
    } else if node.is_ephemeral() {
        Some("ephemeral")
    } else {
        Some("uncompiled")
    }
}

/// One sentence for people on why a node has no SQL, with the remedy; sharper when the run's results are at hand.
pub fn explain_uncompiled(node: &Node, project: &Project, results: Option<&RunResults>) -> Option<String> {
    let cause = uncompiled_cause(node, project)?;
    let same_run = results.filter(|r| r.invocation_id.is_some() && r.invocation_id == project.invocation_id);
    Some(match cause {
        "disabled" => "it is disabled in the project".into(),
        "python" => "it is a Python model: its tables are known, its columns are not".into(),
        "ephemeral" => "it is ephemeral and no compiled model pulled it in; run `dbt compile`".into(),
        _ => match same_run.map(|r| r.result(&node.unique_id)) {
            Some(Some(r)) if r.status == RunStatus::Error => {
                let why =
                    r.message.as_deref().and_then(|m| m.lines().find(|l| !l.trim().is_empty())).unwrap_or("no message");
                format!("dbt could not compile it: {}", why.trim())
            }
            Some(Some(r)) if r.status == RunStatus::Skipped => {
                "dbt skipped it because something it reads failed".into()
            }
            Some(None) => "the dbt command did not select it; run `dbt compile` with `--select 'fqn:*'`".into(),
            _ if !has_compiled_sql(project) => "no model is compiled: run `dbt compile` instead of `dbt parse`".into(),
            _ => "dbt did not compile it; run `dbt compile` with `--select 'fqn:*'`".into(),
        },
    })
}

/// Whether anything in the manifest has compiled SQL; `dbt parse` leaves none.
pub fn has_compiled_sql(project: &Project) -> bool {
    project.nodes.values().any(|n| n.compiled_code.is_some() && !n.is_python())
}

/// Models, how many have SQL, and the others with their causes. `resolved` is for lineage to fill in.
pub fn coverage(project: &Project) -> Coverage {
    let mut out = Coverage::default();
    for node in project.models() {
        out.models += 1;
        match uncompiled_cause(node, project) {
            None => out.compiled += 1,
            Some(cause) => out.unknown.push(UnknownModel { model: node.unique_id.clone(), cause: cause.to_owned() }),
        }
    }
    for finding in project.findings.iter().filter(|f| f.code == "malformed-node") {
        if let Some(id) = finding.subject.as_ref().filter(|id| id.starts_with("model.")) {
            out.models += 1;
            out.unknown.push(UnknownModel { model: id.clone(), cause: "malformed".into() });
        }
    }
    out
}
