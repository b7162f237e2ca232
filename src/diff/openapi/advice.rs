//! What to do instead, in OpenAPI's own means: `deprecated` with an announced end, optional before required, a new
//! operation beside the old one.

use tessera_model::change::Judgment;

pub(crate) fn of(rule: &str, reads: Judgment, writes: Judgment) -> Option<String> {
    if reads == Judgment::Ok && (writes != Judgment::Fails || !rule.ends_with("-removed")) {
        return None;
    }
    let ends = |words: &[&str]| words.iter().any(|w| rule.ends_with(w));
    let said = if rule.starts_with("api-") && rule.contains("removed") && !rule.contains("security") {
        "keep the operation, mark it `deprecated: true` with `x-sunset: <date>`, and take it away when that day has come and its clients have moved"
    } else if rule.contains("sunset") {
        "name a day (`x-sunset: 2030-12-31`) that leaves the clients time, and do not bring it forward"
    } else if rule.starts_with("new-required") || ends(&["became-required", "added-required"]) {
        "make it optional with a `default` first, and require it when the clients send it (or in a new operation)"
    } else if rule.starts_with("request-parameter-removed") || rule == "request-property-removed" {
        "keep accepting it, marked `deprecated: true`, and ignore it"
    } else if ends(&["property-removed", "header-removed", "status-removed", "media-type-removed", "webhook-removed"]) {
        "keep sending it, marked `deprecated: true` with `x-sunset: <date>`, until the clients have moved"
    } else if ends(&["enum-value-added", "one-of-added", "any-of-added"]) {
        "announce the new value, and send it only to clients that ask for it"
    } else if ends(&["enum-value-removed", "became-enum", "one-of-removed", "any-of-removed"]) {
        "go on accepting it until no client sends it, then narrow the list"
    } else if ends(&["became-nullable", "became-optional"]) {
        "go on sending a value until the clients cope without it"
    } else if ends(&["type-changed", "wrapped-in-one-of", "wrapped-in-any-of", "style-changed", "const-changed"]) {
        "add a second property, parameter or operation (`…/v2`) with the new form, and deprecate the old one"
    } else if ends(&["-decreased", "-increased", "-set", "pattern-added", "pattern-changed"]) {
        "accept the old range beside the new one for a while, and warn those who use it"
    } else if ends(&["security-added", "security-removed"]) {
        "let both ways in for a while, and tell the clients which one stays"
    } else {
        return None;
    };
    Some(said.to_owned())
}
