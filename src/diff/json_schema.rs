//! JSON Schema, all drafts: containment first, explanation second. Both sides are lowered into one arena; `contain` asks
//! whether every value of one side is a value of the other and gets a proof, a counterexample or neither; `explain` walks
//! both documents and says where the difference lies, each change with its own judgments by the same means.

mod array;
mod contain;
mod dec;
mod eval;
mod lower;
mod node;
mod number;
mod object;
mod patterns;
mod refs;
mod shape;
mod solve;
mod text;

#[cfg(test)]
mod tests;

pub use contain::{Containment, contained};

use crate::{Diff, DiffError, Options};
use serde_json::Value;
use tessera_model::Compatibility;
use tessera_model::change::{ChangeKind, Judgment};

pub(crate) fn diff(old: &Value, new: &Value, compat: Compatibility, options: &Options) -> Result<Diff, DiffError> {
    let mut changes = Vec::new();
    let j = |c: Containment| match c {
        Containment::Proved => (Judgment::Ok, None, String::new()),
        Containment::Refuted(w) => (Judgment::Fails, Some(w), String::new()),
        Containment::Undecided(w) => (Judgment::Undecided, None, w),
    };
    let (reads, w1, m1) = j(contained(new, old, options.budget)?);
    let (writes, w2, m2) = j(contained(old, new, options.budget)?);
    if reads != Judgment::Ok || writes != Judgment::Ok {
        let mut change = crate::table::build("schema-changed", "", ChangeKind::Structural, reads, writes);
        change.message = format!("the schemas differ {m1} {m2}");
        change.witness = if matches!(compat.mode, tessera_model::Mode::Forward) { w2 } else { w1 };
        changes.push(change);
    }
    Ok(Diff::judged(changes, compat, options.policy))
}
