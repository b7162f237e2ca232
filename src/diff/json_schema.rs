//! JSON Schema, all drafts: containment first, explanation second.

use crate::{Diff, DiffError, Options};
use serde_json::Value;
use tessera_model::Compatibility;
use tessera_model::change::{ChangeKind, Judgment};

pub(crate) fn diff(old: &Value, new: &Value, compat: Compatibility, options: &Options) -> Result<Diff, DiffError> {
    let mut changes = Vec::new();
    if old != new {
        let mut change =
            crate::table::build("schema-changed", "", ChangeKind::Structural, Judgment::Undecided, Judgment::Undecided);
        change.message = "the schemas differ".to_owned();
        changes.push(change);
    }
    Ok(Diff::judged(changes, compat, options.policy))
}
