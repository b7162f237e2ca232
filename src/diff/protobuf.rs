//! Protobuf: .proto texts of proto2, proto3 and editions, or a FileDescriptorSet, compiled here without opening a file and
//! compared by the rules of buf. Its WIRE and WIRE_JSON levels say what readers and writers cope with; everything that its
//! FILE and PACKAGE levels see is structural. Every change carries the rules of buf that see it, with their levels. What
//! each rule means stands in one table, `protobuf/rules.txt`.

mod absent;
mod body;
mod check;
mod compare;
mod defined;
mod descriptor;
mod enums;
mod features;
mod fields;
mod files;
mod files_compared;
mod found;
mod lex;
mod link;
mod members;
mod model;
mod names;
mod options;
mod parse;
mod raw;
mod rules;
mod services;
mod types;
mod wire;
mod witness;

#[cfg(test)]
mod tests;

use crate::{Diff, DiffError, Options, Side};
use serde_json::Value;
use tessera_model::Compatibility;

pub(crate) fn diff(old: &Value, new: &Value, compat: Compatibility, options: &Options) -> Result<Diff, DiffError> {
    let before = link::link(&files::gather(old, new, Side::Old)?, Side::Old)?;
    let after = link::link(&files::gather(new, old, Side::New)?, Side::New)?;
    Ok(Diff::judged(compare::explain(&before, &after, options.budget), compat, &options.policy))
}
