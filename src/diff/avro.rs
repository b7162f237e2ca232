//! Avro: both schemas are read into arenas of nodes (names resolved, nothing recursive), `resolve` answers whether a
//! reader's schema resolves a writer's by the specification's rules, and `walk` explains every difference with the same
//! rules. The whole-schema answer of `resolve` is held against the explanation: what only one of them finds still fails.

mod advice;
mod defaults;
mod model;
mod named;
mod read;
mod resolve;
mod unions;
mod walk;

#[cfg(test)]
mod tests;

use crate::{Diff, DiffError, Options, Side};
use serde_json::Value;
use tessera_model::Compatibility;

pub(crate) fn diff(old: &Value, new: &Value, compat: Compatibility, options: &Options) -> Result<Diff, DiffError> {
    let before = read::read(old, Side::Old)?;
    let after = read::read(new, Side::New)?;
    let changes = walk::explain(&before, &after, options.budget);
    Ok(Diff::judged(changes, compat, &options.policy))
}
