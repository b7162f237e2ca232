//! What to know before two manifests are compared: whether they may be compared at all, and what must not be.

use crate::project::Project;
use tessera_model::Finding;

/// Notes on comparing `project` with the older `state`. Renamed relations and vanished models are judged by the caller,
/// which knows targets and thresholds.
pub fn comparability(project: &Project, state: &Project) -> Vec<Finding> {
    let mut out = Vec::new();
    if !project.name.is_empty() && !state.name.is_empty() && project.name != state.name {
        out.push(
            Finding::error(
                "other-project",
                format!(
                    "the manifest is of project `{}` and the state of `{}`: no node can match",
                    project.name, state.name
                ),
            )
            .remedy("pass the state of the same project"),
        );
    }
    if project.engine != state.engine {
        let (now, then) = (project.engine.name(), state.engine.name());
        out.push(Finding::info(
            "engine-switch",
            format!("the manifest was written by dbt {now}, the state by dbt {then}: checksums and test ids differ between the two and are not compared"),
        ));
    }
    if project.dialect != state.dialect {
        out.push(
            Finding::warning(
                "other-dialect",
                format!(
                    "the manifest is for {}, the state for {}: types are compared by their meaning",
                    project.dialect, state.dialect
                ),
            )
            .remedy("compare manifests of one adapter"),
        );
    }
    if let (Some(now), Some(then)) = (project.generated_at, state.generated_at)
        && now < then
    {
        out.push(
            Finding::warning("older-than-state", format!("the manifest ({now}) is older than the state ({then})"))
                .remedy("run `dbt compile` again, or swap the two"),
        );
    }
    out
}
