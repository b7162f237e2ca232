//! How stable an operation or a property is promised to be (`x-stability-level`): a level that sinks breaks the promise,
//! and drafts may change.

use super::operations::Operation;
use super::{GONE, Walk};
use serde_json::{Value, json};

const LEVELS: [&str; 4] = ["draft", "alpha", "beta", "stable"];

fn level(value: &Value) -> Option<&Value> {
    value.get("x-stability-level")
}

/// What is not said is stable; `None` for what is no level.
fn rank(level: Option<&Value>) -> Option<usize> {
    match level {
        None => Some(LEVELS.len() - 1),
        Some(v) => LEVELS.iter().position(|l| v.as_str() == Some(*l)),
    }
}

pub(crate) fn is_draft(operation: &Value) -> bool {
    matches!(level(operation).and_then(Value::as_str), Some("draft" | "alpha"))
}

/// `stability-decreased` where less is promised than was said, `stability-increased` where more.
pub(crate) fn moved(old: &Value, new: &Value) -> Option<&'static str> {
    let (a, b) = (rank(level(old))?, rank(level(new))?);
    match level(old) {
        Some(_) if b < a => Some("stability-decreased"),
        Some(_) if b > a => Some("stability-increased"),
        _ => None,
    }
}

impl<'a> Walk<'a> {
    pub(crate) fn stability(&mut self, op: &Operation<'a>) {
        let values = (json!(level(op.old)), json!(level(op.new)));
        if rank(level(op.new)).is_none() {
            let said = format!("the stability level is none of {}", LEVELS.join(", "));
            return self.structural("api-invalid-stability-level", &op.path, GONE, values, said);
        }
        match moved(op.old, op.new) {
            Some("stability-decreased") => {
                self.structural("api-stability-decreased", &op.path, GONE, values, "less stable than it was promised");
            }
            Some(_) => self.note("api-stability-increased", &op.path, values, "more stable than it was promised"),
            None => {}
        }
    }
}
