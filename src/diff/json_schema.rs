//! JSON Schema, all drafts: containment first, explanation second. Both sides are lowered into one arena; `contained`
//! asks whether every value of one side is a value of the other and gets a proof, a counterexample or neither; `explain`
//! walks both documents and says where the difference lies, each change with its own judgments by the same means.

mod advice;
mod array;
mod asserts;
mod branch;
mod confirm;
mod contain;
mod dec;
mod draft;
mod eval;
mod explain;
mod keywords;
mod lower;
mod node;
mod number;
mod object;
mod parts;
mod patterns;
mod probe;
mod refs;
mod search;
pub(crate) mod shape;
mod solve;
mod text;
mod unevaluated;
mod uri;
mod vanish;
mod walk;

#[cfg(test)]
mod tests;

pub(crate) use contain::contained_within;
pub use contain::{Containment, contained};

use crate::{Diff, DiffError, Options};
use serde_json::Value;
use tessera_model::Compatibility;

pub(crate) fn diff(old: &Value, new: &Value, compat: Compatibility, options: &Options) -> Result<Diff, DiffError> {
    let changes = explain::explain(old, new, compat.mode, options)?;
    Ok(Diff::judged(changes, compat, &options.policy))
}
