//! Paths and operations: matched with their parameters' names left out, so that `/pets/{id}` and `/pets/{petId}` are one
//! path; what goes away is judged by what was announced, and drafts may change.

use super::read::{items, members, named};
use super::stability::is_draft;
use super::sunset::End;
use super::{Flow, GONE, HARMLESS, NEW, RISKY, Walk};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tessera_model::change::Judgment;

const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];
/// Callbacks of callbacks that are followed.
const MOST_CALLS: usize = 20;

/// A pair of operations and where it is.
pub(crate) struct Operation<'a> {
    pub old: &'a Value,
    pub new: &'a Value,
    pub old_item: &'a Value,
    pub new_item: &'a Value,
    /// `GET /pets/{id}`.
    pub path: String,
    /// Old names of path parameters that have another name now.
    pub renamed: BTreeMap<String, String>,
    pub flow: Flow,
}

/// A path without the names of its parameters, and those names.
fn skeleton(path: &str) -> (String, Vec<String>) {
    let (mut out, mut names) = (String::new(), Vec::new());
    let mut rest = path;
    while let Some(start) = rest.find('{') {
        let Some(len) = rest[start..].find('}') else { break };
        out.push_str(&rest[..start]);
        out.push_str("{}");
        names.push(rest[start + 1..start + len].to_owned());
        rest = &rest[start + len + 1..];
    }
    out.push_str(rest);
    (out, names)
}

impl<'a> Walk<'a> {
    pub(crate) fn paths(&mut self) {
        let side = |root: &'a Value| -> Vec<(&'a String, &'a Value)> { members(root.get("paths")).collect() };
        let (old, new) = (side(self.old.root), side(self.new.root));
        let by_name: BTreeMap<&str, &'a Value> = new.iter().map(|(k, v)| (k.as_str(), *v)).collect();
        let exact: BTreeSet<&str> = old.iter().map(|(k, _)| k.as_str()).filter(|k| by_name.contains_key(k)).collect();
        let mut by_shape: BTreeMap<String, (&str, &'a Value)> = BTreeMap::new();
        for (k, v) in new.iter().filter(|(k, _)| !exact.contains(k.as_str())) {
            by_shape.entry(skeleton(k).0).or_insert((k.as_str(), v));
        }
        let mut matched: BTreeSet<&str> = exact.clone();
        for (name, before) in &old {
            let (shape, old_names) = skeleton(name);
            let found = match by_name.get(name.as_str()) {
                Some(after) => Some((name.as_str(), *after)),
                None => by_shape.remove(&shape),
            };
            let Some((new_name, after)) = found else {
                self.lost_path(name, before);
                continue;
            };
            matched.insert(new_name);
            let mut renamed = BTreeMap::new();
            if new_name != name.as_str() {
                renamed = old_names.into_iter().zip(skeleton(new_name).1).filter(|(a, b)| a != b).collect();
                let said = format!("`{name}` is written `{new_name}` now: the same path");
                self.note("path-parameter-renamed", name, (json!(name), json!(new_name)), said);
            }
            self.item(name, before, after, &renamed, Flow::ToServer);
        }
        for (name, item) in new.iter().filter(|(k, _)| !matched.contains(k.as_str())) {
            let item = self.new.resolve(item).unwrap_or(item);
            for method in METHODS.iter().filter(|m| item.get(**m).is_some()) {
                self.added(&format!("{} {name}", method.to_uppercase()));
            }
        }
    }

    pub(crate) fn webhooks(&mut self) {
        let (old, new) = (self.old.root.get("webhooks"), self.new.root.get("webhooks"));
        let old: Vec<(&'a String, &'a Value)> = named(old).collect();
        let new: Vec<(&'a String, &'a Value)> = named(new).collect();
        for (name, before) in &old {
            match new.iter().find(|(k, _)| k == name) {
                Some((_, after)) => {
                    self.item(&format!("webhook {name}"), before, after, &BTreeMap::new(), Flow::FromServer);
                }
                None => {
                    let said = format!("webhook `{name}` is not sent any more");
                    self.structural(
                        "webhook-removed",
                        &format!("webhook {name}"),
                        GONE,
                        (json!(name), Value::Null),
                        said,
                    );
                }
            }
        }
        for (name, _) in new.iter().filter(|(k, _)| !old.iter().any(|(o, _)| o == k)) {
            let said = format!("webhook `{name}` is new");
            self.structural("webhook-added", &format!("webhook {name}"), NEW, (Value::Null, json!(name)), said);
        }
    }

    fn added(&mut self, path: &str) {
        self.structural("endpoint-added", path, NEW, (Value::Null, json!(path)), format!("{path} is new"));
    }

    fn lost_path(&mut self, name: &str, item: &'a Value) {
        let item = self.old.resolve(item).unwrap_or(item);
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                self.lost(&format!("{} {name}", method.to_uppercase()), operation, "api-path");
            }
        }
    }

    /// An operation that is gone.
    fn lost(&mut self, path: &str, operation: &'a Value, stem: &str) {
        let (what, reads, said) = match End::of(operation) {
            End::Open => {
                ("removed-without-deprecation", Judgment::Fails, "gone, and its end was not announced".to_owned())
            }
            End::Announced => {
                ("removed-with-deprecation", Judgment::Risky, "gone; it was deprecated, without a date".to_owned())
            }
            End::Unreadable(text) => {
                ("sunset-parse", Judgment::Fails, format!("gone, and its announced end `{text}` is no date"))
            }
            End::On(date) => {
                let (judgment, word) = self.by_now(&date);
                let rule =
                    if judgment == Judgment::Risky { "removed-with-deprecation" } else { "removed-before-sunset" };
                (rule, judgment, format!("gone; its end was announced for {date}{word}"))
            }
        };
        let before = self.draft;
        self.draft = is_draft(operation);
        let rule = format!("{stem}-{what}");
        self.structural(&rule, path, (reads, Judgment::Ok), (json!(path), Value::Null), format!("{path} is {said}"));
        self.draft = before;
    }

    fn item(&mut self, name: &str, old: &'a Value, new: &'a Value, renamed: &BTreeMap<String, String>, flow: Flow) {
        if renamed.is_empty() && self.same.same(old, new) {
            return;
        }
        let (Some(old), Some(new)) = (self.old.resolve(old), self.new.resolve(new)) else {
            return;
        };
        for method in METHODS {
            let path = format!("{} {name}", method.to_uppercase());
            match (old.get(method), new.get(method)) {
                (Some(a), Some(b)) => {
                    let commons = [old, new].map(|i| i.get("parameters"));
                    let alike = match commons {
                        [Some(a), Some(b)] => self.same.same(a, b),
                        [a, b] => a.is_none() && b.is_none(),
                    };
                    if alike && renamed.is_empty() && self.same.same(a, b) {
                        continue;
                    }
                    let renamed = renamed.clone();
                    self.operation(&Operation { old: a, new: b, old_item: old, new_item: new, path, renamed, flow });
                }
                (Some(a), None) => self.lost(&path, a, "api"),
                (None, Some(_)) => self.added(&path),
                (None, None) => {}
            }
        }
    }

    fn operation(&mut self, op: &Operation<'a>) {
        // A callback may lead to the operation that it belongs to.
        let key = (std::ptr::from_ref(op.old) as usize, std::ptr::from_ref(op.new) as usize, op.flow);
        if self.calls.contains(&key) {
            return;
        }
        if self.calls.len() >= MOST_CALLS {
            let open = (Judgment::Undecided, Judgment::Undecided);
            let said = "callbacks within callbacks are nested too deeply to be followed";
            return self.structural("callback-undecided", &op.path, open, (Value::Null, Value::Null), said);
        }
        self.calls.push(key);
        let before = self.draft;
        self.draft = before || is_draft(op.old);
        self.stability(op);
        self.deprecation(op);
        self.labels(op);
        self.security(&op.path, op.old.get("security"), op.new.get("security"), "api");
        self.parameters(op);
        self.body(op);
        self.responses(op);
        self.callbacks(op);
        self.draft = before;
        self.calls.pop();
    }

    fn labels(&mut self, op: &Operation<'a>) {
        let id = |v: &Value| v.get("operationId").cloned().unwrap_or_default();
        let (old, new) = (id(op.old), id(op.new));
        if old != new {
            let rule = if old.is_null() {
                "api-operation-id-added"
            } else if new.is_null() {
                "api-operation-id-removed"
            } else {
                "api-operation-id-changed"
            };
            // Generated clients name their methods after it; nobody sends it.
            let judged = if old.is_null() { HARMLESS } else { RISKY };
            self.structural(
                rule,
                &op.path,
                judged,
                (old, new),
                "the operation's id names methods of generated clients",
            );
        }
        let tags = |v: &Value| -> BTreeSet<String> {
            items(v.get("tags")).iter().filter_map(|t| t.as_str().map(str::to_owned)).collect()
        };
        let (old, new) = (tags(op.old), tags(op.new));
        for tag in old.difference(&new) {
            self.note("api-tag-removed", &op.path, (json!(tag), Value::Null), format!("tag `{tag}` removed"));
        }
        for tag in new.difference(&old) {
            self.note("api-tag-added", &op.path, (Value::Null, json!(tag)), format!("tag `{tag}` added"));
        }
    }

    /// The server calls here, so requests flow the other way.
    fn callbacks(&mut self, op: &Operation<'a>) {
        let old: Vec<(&'a String, &'a Value)> = named(op.old.get("callbacks")).collect();
        let new: Vec<(&'a String, &'a Value)> = named(op.new.get("callbacks")).collect();
        for (name, before) in &old {
            let path = format!("{} callback {name}", op.path);
            let Some((_, after)) = new.iter().find(|(k, _)| k == name) else {
                self.structural(
                    "callback-removed",
                    &path,
                    GONE,
                    (json!(name), Value::Null),
                    "the callback is not made any more",
                );
                continue;
            };
            let (Some(before), Some(after)) = (self.old.resolve(before), self.new.resolve(after)) else {
                continue;
            };
            for (url, item) in members(Some(before)).filter(|(k, _)| *k != "$ref") {
                match after.get(url) {
                    Some(other) => self.item(&format!("{path} {url}"), item, other, &BTreeMap::new(), op.flow.turned()),
                    None => self.structural(
                        "callback-removed",
                        &path,
                        GONE,
                        (json!(url), Value::Null),
                        "the callback's address changed",
                    ),
                }
            }
        }
        for (name, _) in new.iter().filter(|(k, _)| !old.iter().any(|(o, _)| o == k)) {
            let path = format!("{} callback {name}", op.path);
            self.structural("callback-added", &path, NEW, (Value::Null, json!(name)), "the callback is new");
        }
    }
}
