//! How much of what should be understood is understood. Every answer is given together with this.

use crate::graph::Graph;
use tessera_model::Coverage;
use tessera_model::lineage::Resolution;
use tessera_model::report::UnknownModel;

impl Graph {
    /// Over the covered nodes (models, snapshots, views) of one project, or of all.
    pub fn coverage(&self, project: Option<&str>) -> Coverage {
        if project.is_none() { self.covered.clone() } else { self.count_coverage(project) }
    }

    pub(crate) fn count_coverage(&self, project: Option<&str>) -> Coverage {
        let mut coverage = Coverage::default();
        for (at, node) in (0u32..).zip(&self.index.nodes) {
            let Some(meta) = self.meta.get(&node.id).filter(|m| m.covered) else { continue };
            if project.is_some_and(|p| meta.project.as_deref() != Some(p)) {
                continue;
            }
            coverage.models += 1;
            let compiled = self.node_input(at).is_some_and(|i| i.sql.is_some());
            coverage.compiled += usize::from(compiled);
            let resolution = self.node_lineage(at).map(|l| l.lineage.resolution);
            let resolved = compiled && matches!(resolution, Some(Resolution::Resolved | Resolution::Inferred));
            coverage.resolved += usize::from(resolved);
            if !resolved {
                coverage.unknown.push(UnknownModel { model: node.id.clone(), cause: self.cause(at) });
            }
        }
        coverage
    }
}
