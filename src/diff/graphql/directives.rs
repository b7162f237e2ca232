//! Directives: their arguments, where they may stand and how often.

use super::compare::{ASKED_FOR, Walk};
use super::fields::{DIRECTIVE_ARGUMENTS, inputs};
use super::model::Schema;
use crate::table::{Say, build};
use serde_json::json;
use tessera_model::change::{ChangeKind, Judgment};

/// There in every schema, defined or not.
const STANDARD: [&str; 5] = ["skip", "include", "deprecated", "specifiedBy", "oneOf"];

pub(super) fn compare(walk: &mut Walk, old: &Schema, new: &Schema) {
    let standard = |name: &String| STANDARD.contains(&name.as_str());
    for (name, was) in &old.directives {
        let path = format!("@{name}");
        let Some(is) = new.directives.get(name) else {
            if !standard(name) {
                walk.gone("directive-removed", &path, &format!("directive `{path}`"), ASKED_FOR, None);
            }
            continue;
        };
        if !walk.visit() {
            return;
        }
        walk.described(&path, &was.description, &is.description);
        inputs(walk, &path, &was.args, &is.args, &DIRECTIVE_ARGUMENTS);
        let rules = ("directive-location-removed", "directive-location-added");
        let what = |location: &str| format!("location {location} of directive `{path}`");
        walk.words(&path, &was.locations, &is.locations, rules, ASKED_FOR, what);
        let (fails, ok) = (Judgment::Fails, Judgment::Ok);
        let (rule, reads, writes, said) = match (was.repeatable, is.repeatable) {
            (true, false) => ("directive-repeatable-removed", fails, ok, "may no longer be repeated"),
            (false, true) => ("directive-repeatable-added", ok, fails, "may now be repeated"),
            _ => continue,
        };
        let change = build(rule, &path, ChangeKind::Structural, reads, writes);
        walk.push(
            change.values(json!(was.repeatable), json!(is.repeatable)).says(format!("directive `{path}` {said}")),
        );
    }
    for name in new.directives.keys().filter(|name| !old.directives.contains_key(*name) && !standard(name)) {
        walk.come("directive-added", &format!("@{name}"), &format!("directive `@{name}`"), ASKED_FOR);
    }
}
