//! What concerns the whole interface: its version, its servers, and who may use it.

use super::read::{items, named};
use super::{GONE, HARMLESS, NEW, RISKY, Walk};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tessera_model::change::Judgment;

/// One way to be let in: schemes with their scopes.
type Way = BTreeMap<String, BTreeSet<String>>;

fn ways(security: Option<&Value>) -> Vec<Way> {
    let scopes = |v: &Value| items(Some(v)).iter().filter_map(|s| s.as_str().map(str::to_owned)).collect();
    items(security).iter().map(|w| named(Some(w)).map(|(k, v)| (k.clone(), scopes(v))).collect()).collect()
}

/// The schemes of one way in words.
fn words(way: &Way) -> String {
    let names: Vec<&str> = way.keys().map(String::as_str).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(" and ") }
}

impl<'a> Walk<'a> {
    pub(crate) fn whole(&mut self) {
        let (old, new) = (self.old.root, self.new.root);
        let version = |v: &'a Value| v.pointer("/info/version").cloned().unwrap_or_default();
        if version(old) != version(new) {
            if sinks(&version(old), &version(new)) {
                let values = (version(old), version(new));
                self.note("api-version-decreased", "info", values, "the version of the interface is a lower one");
            }
            self.note(
                "api-version-changed",
                "info",
                (version(old), version(new)),
                "the version of the interface changed",
            );
        }
        self.servers();
        self.security("", old.get("security"), new.get("security"), "api-global");
        self.schemes();
        self.definitions();
    }

    /// Components that are not there any more: what used them says what that means.
    fn definitions(&mut self) {
        let all = |root: &'a Value| -> BTreeSet<&'a String> {
            let found = root.pointer("/components/schemas").or_else(|| root.get("definitions"));
            named(found).map(|(name, _)| name).collect()
        };
        for name in all(self.old.root).difference(&all(self.new.root)) {
            let path = format!("schema {name}");
            self.note("api-schema-removed", &path, (json!(name), Value::Null), format!("the schema `{name}` is gone"));
        }
    }

    fn servers(&mut self) {
        let listed = |root: &Value| -> BTreeSet<String> {
            let mut out: BTreeSet<String> =
                items(root.get("servers")).iter().filter_map(|s| s.get("url")?.as_str().map(str::to_owned)).collect();
            let word = |key: &str| root.get(key).and_then(Value::as_str);
            if root.get("swagger").is_some() && (word("host").is_some() || word("basePath").is_some()) {
                out.insert(format!("{}{}", word("host").unwrap_or_default(), word("basePath").unwrap_or_default()));
            }
            out
        };
        let (old, new) = (listed(self.old.root), listed(self.new.root));
        for url in old.difference(&new) {
            let judged = (Judgment::Risky, Judgment::Ok);
            self.structural(
                "server-removed",
                "servers",
                judged,
                (json!(url), Value::Null),
                format!("{url} is not listed any more"),
            );
        }
        for url in new.difference(&old) {
            let judged = (Judgment::Ok, Judgment::Risky);
            self.structural(
                "server-added",
                "servers",
                judged,
                (Value::Null, json!(url)),
                format!("{url} is listed now"),
            );
        }
    }

    /// Demands of one operation, or of all.
    pub(crate) fn security(&mut self, path: &str, old: Option<&'a Value>, new: Option<&'a Value>, stem: &str) {
        if old == new {
            return;
        }
        // An operation that says nothing has what the document says.
        let or_all = |own: Option<&'a Value>, root: &'a Value| own.or_else(|| root.get("security"));
        let (old, new) = (ways(or_all(old, self.old.root)), ways(or_all(new, self.new.root)));
        let keys = |way: &Way| -> BTreeSet<String> { way.keys().cloned().collect() };
        for way in &old {
            let Some(other) = new.iter().find(|w| keys(w) == keys(way)) else {
                let said = format!("`{}` does not let anybody in any more", words(way));
                // Where nothing is demanded now, what was sent is not looked at.
                let judged = if new.is_empty() { NEW } else { RISKY };
                let judged = if way.is_empty() { GONE } else { judged };
                self.structural(
                    &format!("{stem}-security-removed"),
                    path,
                    judged,
                    (json!(words(way)), Value::Null),
                    said,
                );
                continue;
            };
            for (scheme, scopes) in way {
                let now = other.get(scheme).cloned().unwrap_or_default();
                for scope in now.difference(scopes) {
                    let judged = (Judgment::Risky, Judgment::Ok);
                    let said = format!("`{scheme}` demands the scope `{scope}` now");
                    self.structural(
                        &format!("{stem}-security-scope-added"),
                        path,
                        judged,
                        (Value::Null, json!(scope)),
                        said,
                    );
                }
                for scope in scopes.difference(&now) {
                    let judged = (Judgment::Ok, Judgment::Risky);
                    let said = format!("`{scheme}` does not demand the scope `{scope}` any more");
                    self.structural(
                        &format!("{stem}-security-scope-removed"),
                        path,
                        judged,
                        (json!(scope), Value::Null),
                        said,
                    );
                }
            }
        }
        for way in new.iter().filter(|w| !old.iter().any(|o| keys(o) == keys(w))) {
            // The first demand locks out whoever came without.
            let judged =
                if old.is_empty() && !way.is_empty() && !new.iter().any(Way::is_empty) { GONE } else { HARMLESS };
            let said = format!("`{}` is a way to be let in now", words(way));
            self.structural(&format!("{stem}-security-added"), path, judged, (Value::Null, json!(words(way))), said);
        }
    }

    /// Where tokens come from, and what they may be asked for.
    fn flows(&mut self, path: &str, old: &'a Value, new: &'a Value) {
        let (old, new) = (flows_of(old), flows_of(new));
        if !old.keys().eq(new.keys()) {
            let values = (json!(old.keys().collect::<Vec<_>>()), json!(new.keys().collect::<Vec<_>>()));
            self.structural("api-security-component-flows-changed", path, RISKY, values, "the flows changed");
        }
        for (name, flow) in &old {
            let Some(other) = new.get(name) else { continue };
            for (key, rule) in [("authorizationUrl", "oauth-url"), ("tokenUrl", "oauth-token-url")] {
                if flow.get(key) != other.get(key) {
                    let values = (json!(flow.get(key)), json!(other.get(key)));
                    let rule = format!("api-security-component-{rule}-changed");
                    self.structural(&rule, path, RISKY, values, format!("`{key}` of `{name}` changed"));
                }
            }
            let scopes = |v: &'a Value| -> BTreeMap<&'a String, &'a Value> { named(v.get("scopes")).collect() };
            let (p, q) = (scopes(flow), scopes(other));
            for scope in p.keys().chain(q.keys()).copied().collect::<BTreeSet<_>>() {
                let (word, judged) = match (p.get(scope), q.get(scope)) {
                    (Some(_), None) => ("removed", RISKY),
                    (None, _) => ("added", HARMLESS),
                    (a, b) if a != b => ("changed", HARMLESS),
                    _ => continue,
                };
                let values = (json!(p.get(scope)), json!(q.get(scope)));
                let rule = format!("api-security-component-oauth-scope-{word}");
                self.structural(&rule, path, judged, values, format!("the scope `{scope}` of `{name}` is {word}"));
            }
        }
    }

    fn schemes(&mut self) {
        let schemes = |root: &'a Value| -> BTreeMap<&'a String, &'a Value> {
            let found = root.pointer("/components/securitySchemes").or_else(|| root.get("securityDefinitions"));
            named(found).collect()
        };
        let (old, new) = (schemes(self.old.root), schemes(self.new.root));
        for (name, scheme) in &old {
            let path = format!("security scheme {name}");
            let Some(other) = new.get(name) else {
                self.structural(
                    "api-security-component-removed",
                    &path,
                    HARMLESS,
                    (json!(name), Value::Null),
                    "the scheme is gone",
                );
                continue;
            };
            for key in ["type", "scheme", "in", "name", "openIdConnectUrl"] {
                if scheme.get(key) != other.get(key) {
                    let values = (json!(scheme.get(key)), json!(other.get(key)));
                    let said = format!("`{key}` changed: who comes as before is not let in");
                    let both = (Judgment::Fails, Judgment::Fails);
                    let judged = if key == "openIdConnectUrl" { RISKY } else { both };
                    self.structural(
                        &format!("api-security-component-{}-changed", kebab(key)),
                        &path,
                        judged,
                        values,
                        said,
                    );
                }
            }
            self.flows(&path, scheme, other);
        }
        for name in new.keys().filter(|n| !old.contains_key(*n)) {
            let path = format!("security scheme {name}");
            self.structural(
                "api-security-component-added",
                &path,
                HARMLESS,
                (Value::Null, json!(name)),
                "the scheme is new",
            );
        }
    }
}

/// Both are numbers with points between, and the second is less.
fn sinks(old: &Value, new: &Value) -> bool {
    let numbers = |v: &Value| -> Option<Vec<u64>> { v.as_str()?.split('.').map(|n| n.parse().ok()).collect() };
    matches!((numbers(old), numbers(new)), (Some(a), Some(b)) if b < a)
}

/// The flows of a scheme: those of 3.x by name; in 2.0 the scheme is its only one.
fn flows_of(scheme: &Value) -> BTreeMap<&str, &Value> {
    match scheme.get("flows") {
        Some(flows) => named(Some(flows)).map(|(name, flow)| (name.as_str(), flow)).collect(),
        None => scheme.get("flow").and_then(Value::as_str).map(|name| (name, scheme)).into_iter().collect(),
    }
}

fn kebab(key: &str) -> String {
    key.chars().flat_map(|c| if c.is_uppercase() { vec!['-', c.to_ascii_lowercase()] } else { vec![c] }).collect()
}
