//! Which parts of two documents are the same, references included: most of a large document is, and is then never
//! looked at again. A reference is *clean* when both documents have the same thing behind it, and so on down.

use super::read::{Doc, reference};
use crate::maps::Look;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

pub(crate) struct Same<'a> {
    clean: HashSet<&'a str>,
    /// References that lead nowhere, with the document that has them.
    pub dangling: Vec<(Doc<'a>, &'a str)>,
}

/// Under these keys stand values, not parts of the document.
fn data(key: &str) -> bool {
    matches!(key, "example" | "examples" | "default" | "enum" | "const") || key.starts_with("x-")
}

/// All references below a value.
fn references<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
    let mut todo = vec![value];
    while let Some(v) = todo.pop() {
        match v {
            Value::Array(items) => todo.extend(items),
            Value::Object(fields) => {
                out.extend(reference(v));
                todo.extend(fields.iter().filter(|(k, v)| !data(k) || named_like_data(v)).map(|(_, v)| v));
            }
            _ => {}
        }
    }
}

/// A property may be called `example`: what has a reference or a type there is a schema after all.
fn named_like_data(value: &Value) -> bool {
    value.get("$ref").is_some_and(Value::is_string) || value.get("type").is_some_and(Value::is_string)
}

impl<'a> Same<'a> {
    pub(crate) fn of(old: Doc<'a>, new: Doc<'a>) -> Same<'a> {
        let mut dangling = Vec::new();
        let mut all: HashSet<&'a str> = HashSet::new();
        for doc in [old, new] {
            let mut found = Vec::new();
            references(doc.root, &mut found);
            let mine: HashSet<&'a str> = found.into_iter().collect();
            let mut lost: Vec<&'a str> =
                mine.iter().copied().filter(|r| doc.target(r).and_then(|t| doc.resolve(t)).is_none()).collect();
            lost.sort_unstable();
            dangling.extend(lost.into_iter().map(|r| (doc, r)));
            all.extend(mine);
        }
        let mut clean: HashSet<&'a str> = HashSet::new();
        let mut users: HashMap<&'a str, Vec<&'a str>> = HashMap::new();
        let mut dirty: Vec<&'a str> = Vec::new();
        for r in all {
            match (old.target(r), new.target(r)) {
                (Some(a), Some(b)) if old.version == new.version && crate::json_schema::shape::equal(a, b) => {
                    clean.insert(r);
                    let mut uses = Vec::new();
                    references(a, &mut uses);
                    uses.into_iter().for_each(|u| users.entry(u).or_default().push(r));
                }
                _ => dirty.push(r),
            }
        }
        while let Some(r) = dirty.pop() {
            for user in users.remove(r).unwrap_or_default() {
                if clean.remove(user) {
                    dirty.push(user);
                }
            }
        }
        Same { clean, dangling }
    }

    /// Equal, and so is everything that is referred to.
    pub(crate) fn same(&self, a: &'a Value, b: &'a Value) -> bool {
        let mut todo = vec![(a, b)];
        while let Some((x, y)) = todo.pop() {
            match (x, y) {
                (Value::Array(x), Value::Array(y)) if x.len() == y.len() => todo.extend(x.iter().zip(y)),
                (Value::Object(p), Value::Object(q)) if p.len() == q.len() => {
                    if let Some(to) = reference(x)
                        && !self.clean.contains(to)
                    {
                        return false;
                    }
                    for (k, v) in p {
                        match q.look(k) {
                            Some(w) => todo.push((v, w)),
                            None => return false,
                        }
                    }
                }
                (Value::Array(_) | Value::Object(_), _) => return false,
                (x, y) if x != y => return false,
                _ => {}
            }
        }
        true
    }
}
