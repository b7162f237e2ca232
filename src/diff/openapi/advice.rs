//! What to do instead, in OpenAPI's own means: `deprecated` with an announced end (`x-sunset`), optional before required,
//! a new operation or property beside the old one. Who breaks decides: old clients (`reads`), or new ones on old servers.

use serde_json::Value;
use tessera_model::change::{Change, Judgment};

pub(crate) fn of(change: &Change) -> Option<String> {
    if change.reads.max(change.writes) != Judgment::Fails {
        return None;
    }
    let rule = change.rule.as_str();
    let request = rule.starts_with("request") || rule.contains("-request-");
    let said = if change.reads == Judgment::Fails { old_clients(change, request) } else { new_clients(rule, request) };
    Some(said)
}

/// The last name in a path: a property, a parameter, a header; else the operation.
fn name(change: &Change) -> String {
    let path = change.path.as_str();
    let last = path.rsplit([' ', '/']).next().unwrap_or(path).replace("~1", "/").replace("~0", "~");
    change.column.clone().unwrap_or(last)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn old_clients(change: &Change, request: bool) -> String {
    let rule = change.rule.as_str();
    let ends = |words: &[&str]| words.iter().any(|w| rule.ends_with(w));
    let has = |words: &[&str]| words.iter().any(|w| rule.contains(w));
    let (name, after) = (name(change), text(&change.after));
    if has(&["sunset"]) {
        return "name a day (`x-sunset: 2030-12-31`) that leaves the clients time, and do not bring it forward"
            .to_owned();
    }
    if has(&["stability"]) {
        return "leave the level as it was promised (`x-stability-level`), and try the change in a new operation marked `alpha`"
            .to_owned();
    }
    if rule.starts_with("api-security-component") {
        return "add a second security scheme beside this one, let operations take either (`security: [{old: []}, {new: []}]`), and remove the old one when nobody comes by it".to_owned();
    }
    if has(&["security"]) {
        return "let both ways in for a while (one more entry in `security`; `{}` lets in without), and tell the clients which one stays".to_owned();
    }
    if rule.starts_with("api-") && has(&["removed"]) {
        return format!(
            "keep `{}`, mark it `deprecated: true` with `x-sunset: <date>`, and take it away when that day has come and its clients have moved",
            change.path
        );
    }
    if rule.starts_with("new-required")
        || rule == "new-request-path-parameter"
        || ends(&["became-required", "became-required-with-default", "added-required", "became-not-read-only"])
    {
        return format!(
            "make `{name}` optional with a `default` first, and require it when the clients send it (or in a new operation)"
        );
    }
    if ends(&["webhook-removed", "callback-removed"]) {
        return "go on calling it, mark it `deprecated: true` with `x-sunset: <date>`, until the receivers have moved"
            .to_owned();
    }
    if ends(&["status-removed"]) {
        return "go on answering with this status, and announce the new one first (clients test for it)".to_owned();
    }
    if ends(&["media-type-removed"]) {
        let what = if request { "accepting" } else { "answering in" };
        return format!("go on {what} `{}` beside the others until no client uses it", text(&change.before));
    }
    if ends(&["property-removed", "header-removed", "parameter-removed", "became-write-only"]) {
        let what = if request { "accepting" } else { "sending" };
        return format!(
            "keep {what} `{name}`, marked `deprecated: true` with `x-sunset: <date>`, until the clients have moved"
        );
    }
    if ends(&["property-added", "properties-closed", "properties-added", "properties-changed"]) {
        return if request {
            "go on accepting what else clients send (leave `additionalProperties` open), and ignore it".to_owned()
        } else {
            format!(
                "the old schema closes its objects, so strict clients refuse `{name}`: open it (`additionalProperties: true`), let them follow, then send it"
            )
        };
    }
    if ends(&["enum-value-added", "one-of-added", "any-of-added", "became-not-enum", "list-of-types-widened"]) {
        return format!(
            "announce {after} first, and send it only to clients that ask for it (a parameter, a header, a new operation)"
        );
    }
    if ends(&[
        "enum-value-removed",
        "became-enum",
        "one-of-removed",
        "any-of-removed",
        "list-of-types-narrowed",
        "all-of-added",
    ]) {
        return if request {
            "go on accepting the old values, and warn (a `Warning` or `Deprecation` header) until no client sends them; then narrow".to_owned()
        } else {
            "go on sending values of the old form until the clients know the new one".to_owned()
        };
    }
    if ends(&["became-nullable", "became-optional", "became-not-nullable"]) {
        return if request {
            format!("go on accepting `{name}` as it was until no client leaves it out or sends null")
        } else {
            format!("go on sending a value for `{name}` until the clients cope without it")
        };
    }
    if ends(&[
        "type-changed",
        "type-generalized",
        "type-specialized",
        "wrapped-in-one-of",
        "wrapped-in-any-of",
        "schema-changed",
        "const-changed",
        "const-added",
        "const-removed",
    ]) {
        return format!(
            "add a second one (`{name}V2`, or a new operation) with the new form, fill both, and mark the old one `deprecated: true`"
        );
    }
    if has(&[
        "style-changed",
        "explode-changed",
        "collection-format-changed",
        "allow-reserved",
        "parameter-schema-added",
    ]) {
        return format!(
            "add a second parameter (`{name}V2`) that is written the new way, accept both, and mark the old one `deprecated: true`"
        );
    }
    if request {
        format!("accept what was accepted beside the new form of `{name}` for a while, and warn those who use it")
    } else {
        format!(
            "keep the old limits of `{name}` in what is sent until the clients cope with more (or use a new property)"
        )
    }
}

/// Only clients of the new description fail, where they meet a server of the old one.
fn new_clients(rule: &str, request: bool) -> String {
    if rule.ends_with("removed") || rule.ends_with("became-optional") {
        return "publish the new description only when every server of the old one is gone: those still demand it"
            .to_owned();
    }
    if request {
        "let every server accept the new form before the description that allows it is published".to_owned()
    } else {
        "let every server send the new form before the description that promises it is published".to_owned()
    }
}
