//! Compiled SQL that an earlier manifest knew and the new one lacks.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tessera_dbt::Project;

/// Compiled SQL of earlier manifests, for nodes whose text has not changed since: `dbt parse` and `dbt test` rewrite the
/// manifest without it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct KeptSql(BTreeMap<String, (String, String)>);

impl KeptSql {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Fills in what is missing; how many nodes it helped.
    pub fn fill(&self, project: &mut Project) -> usize {
        let mut filled = 0;
        for (id, (checksum, sql)) in &self.0 {
            let Some(node) = project.nodes.get_mut(id) else { continue };
            if node.compiled_code.is_none() && node.checksum.as_ref() == Some(checksum) {
                node.compiled_code = Some(Arc::from(sql.as_str()));
                filled += 1;
            }
        }
        filled
    }

    /// What `before` knew and `now` lacks.
    pub(super) fn between(before: &Project, now: &Project) -> Self {
        let mut kept = BTreeMap::new();
        for (id, node) in &now.nodes {
            let (None, Some(old)) = (&node.compiled_code, before.nodes.get(id)) else { continue };
            if let (Some(sql), Some(checksum)) = (&old.compiled_code, &old.checksum)
                && node.checksum.as_ref() == Some(checksum)
                && before.engine == now.engine
            {
                kept.insert(id.clone(), (checksum.clone(), sql.to_string()));
            }
        }
        KeptSql(kept)
    }
}
