//! Looks at raw JSON without recursion, before anything recursive touches it.

use serde_json::Value;

/// Nesting beyond which a document is not taken apart.
pub(crate) const MAX_DEPTH: usize = 250;

pub(crate) fn too_deep(value: &Value) -> bool {
    let mut todo = vec![(value, 0usize)];
    while let Some((v, depth)) = todo.pop() {
        if depth > MAX_DEPTH {
            return true;
        }
        match v {
            Value::Array(items) => todo.extend(items.iter().map(|i| (i, depth + 1))),
            Value::Object(fields) => todo.extend(fields.values().map(|i| (i, depth + 1))),
            _ => {}
        }
    }
    false
}

/// Equality without recursion; the order of keys does not matter.
pub(crate) fn equal(a: &Value, b: &Value) -> bool {
    let mut todo = vec![(a, b)];
    while let Some(pair) = todo.pop() {
        match pair {
            (Value::Array(x), Value::Array(y)) => {
                if x.len() != y.len() {
                    return false;
                }
                todo.extend(x.iter().zip(y));
            }
            (Value::Object(x), Value::Object(y)) => {
                if x.len() != y.len() {
                    return false;
                }
                for (k, v) in x {
                    match y.get(k) {
                        Some(w) => todo.push((v, w)),
                        None => return false,
                    }
                }
            }
            (x, y) => {
                if x != y {
                    return false;
                }
            }
        }
    }
    true
}
