//! What is sent and what comes back: request bodies and responses, by media type and status, with their headers.

use super::operations::Operation;
use super::read::{Doc, Version, flag, items, members, named};
use super::schema::{Finding, Place};
use super::{Flow, GONE, HARMLESS, NEW, Walk};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tessera_model::change::Judgment;

/// Media types and their schemas.
type Contents<'a> = BTreeMap<String, Option<&'a Value>>;

/// `Application/JSON; charset=utf-8` is `application/json`.
fn plain(media: &str) -> String {
    media.split(';').next().unwrap_or(media).trim().to_lowercase()
}

/// The request body: whether it is required, and its contents.
fn body_of<'a>(doc: Doc<'a>, op: &'a Value, item: &'a Value) -> Option<(bool, Contents<'a>)> {
    if doc.version != Version::Two {
        let body = doc.get(op, "requestBody")?;
        return Some((flag(body, "required"), contents(body)));
    }
    let body = [op, item]
        .into_iter()
        .flat_map(|v| items(v.get("parameters")))
        .filter_map(|p| doc.resolve(p))
        .find(|p| p.get("in") == Some(&json!("body")))?;
    Some((flag(body, "required"), listed(doc, op, "consumes", body.get("schema"))))
}

fn contents(holder: &Value) -> Contents<'_> {
    named(holder.get("content")).map(|(media, v)| (plain(media), v.get("schema"))).collect()
}

/// 2.0 lists its media types apart.
fn listed<'a>(doc: Doc<'a>, op: &'a Value, key: &str, schema: Option<&'a Value>) -> Contents<'a> {
    let names = items(op.get(key).or_else(|| doc.root.get(key)));
    let mut out: Contents<'a> = names.iter().filter_map(Value::as_str).map(|m| (plain(m), schema)).collect();
    if out.is_empty() {
        out.insert("application/json".to_owned(), schema);
    }
    out
}

fn answer<'a>(doc: Doc<'a>, op: &'a Value, response: &'a Value) -> Contents<'a> {
    match (doc.version, response.get("schema")) {
        (Version::Two, Some(schema)) => listed(doc, op, "produces", Some(schema)),
        (Version::Two, None) => Contents::new(),
        _ => contents(response),
    }
}

/// The same media type, or a range that takes it in.
fn fitting(media: &str, among: &Contents<'_>) -> Option<String> {
    let group = media.split('/').next().unwrap_or_default();
    [media.to_owned(), format!("{group}/*"), "*/*".to_owned()].into_iter().find(|m| among.contains_key(m))
}

/// Another name that takes this one in, or the other way round: `application/problem+json` is a kind of
/// `application/json`. Whoever reads the one may not know what to do with the wider other.
fn related(
    media: &str,
    old: &Contents<'_>,
    new: &Contents<'_>,
) -> Option<(&'static str, String, (Judgment, Judgment))> {
    let takes_in = |wide: &str, narrow: &str| {
        let (Some((a, wide)), Some((b, narrow))) = (wide.split_once('/'), narrow.split_once('/')) else { return false };
        a == b && !wide.contains('+') && narrow.rsplit_once('+').is_some_and(|(_, suffix)| suffix == wide)
    };
    new.keys().filter(|m| !old.contains_key(*m)).find_map(|m| {
        if takes_in(media, m) {
            Some(("specialized", m.clone(), (Judgment::Risky, Judgment::Fails)))
        } else if takes_in(m, media) {
            Some(("generalized", m.clone(), (Judgment::Fails, Judgment::Risky)))
        } else {
            None
        }
    })
}

fn is_json(media: &str) -> bool {
    media == "application/json" || media.ends_with("+json") || media.contains('*')
}

/// In a form, and in any other text, a number is written as the text of it: what takes texts takes it.
fn loose(found: &Finding, flow: Flow) -> Finding {
    let mut out = found.clone();
    let text = |v: &Value| v == "string";
    let number = |v: &Value| v == "number" || v == "integer" || v == "boolean";
    let (sent, taken) = match flow {
        Flow::ToServer => (&found.before, &found.after),
        Flow::FromServer => (&found.after, &found.before),
    };
    if found.what.starts_with("type-") && number(sent) && text(taken) {
        (out.reads, out.witness) = (Judgment::Ok, None);
        "type-compatible".clone_into(&mut out.what);
    }
    out
}

/// The same status, or its range.
fn status<'a>(code: &str, among: Option<&'a Value>) -> Option<&'a Value> {
    let among = among?;
    let range = |x: char| code.chars().next().map(|c| format!("{c}{x}{x}"));
    among.get(code).or_else(|| ['X', 'x'].into_iter().find_map(|x| among.get(range(x)?)))
}

impl<'a> Walk<'a> {
    pub(crate) fn body(&mut self, op: &Operation<'a>) {
        let path = format!("{} request", op.path);
        let (old, new) = (body_of(self.old, op.old, op.old_item), body_of(self.new, op.new, op.new_item));
        match (old, new) {
            (Some((was, before)), Some((is, after))) => {
                if was != is {
                    let rule = if is { "request-body-became-required" } else { "request-body-became-optional" };
                    let said = format!("required: {was} before, {is} now");
                    self.structural(rule, &path, op.flow.judge(is, was), (json!(was), json!(is)), said);
                }
                self.media(&path, "request-body", "request-property", op.flow, &before, &after);
            }
            (Some((was, _)), None) => {
                let writes = if was { Judgment::Fails } else { Judgment::Ok };
                let said = "there is no body any more: what is sent is ignored, or refused";
                self.structural(
                    "request-body-removed",
                    &path,
                    (Judgment::Risky, writes),
                    (json!(true), json!(false)),
                    said,
                );
            }
            (None, Some((is, _))) => {
                let rule = if is { "request-body-added-required" } else { "request-body-added-optional" };
                let reads = if is { Judgment::Fails } else { Judgment::Ok };
                let judged = (reads, Judgment::Risky);
                self.structural(rule, &path, judged, (json!(false), json!(true)), "there is a body now");
            }
            (None, None) => {}
        }
    }

    fn media(
        &mut self,
        path: &str,
        stem: &'static str,
        inner: &'static str,
        flow: Flow,
        old: &Contents<'a>,
        new: &Contents<'a>,
    ) {
        let name = if stem == "request-body" { "request-body-media-type" } else { "response-media-type" };
        let mut taken: BTreeSet<String> = BTreeSet::new();
        for (media, before) in old {
            let place = format!("{path} {media}");
            let found = fitting(media, new).or_else(|| {
                let (rule, found, judged) = related(media, old, new).filter(|_| stem == "response-body")?;
                let said = format!("what is answered is `{found}` now");
                let values = (json!(media), json!(found));
                self.structural(&format!("response-media-type-name-{rule}"), &place, judged, values, said);
                Some(found)
            });
            let Some(found) = found else {
                let said = format!("`{media}` is gone");
                self.structural(&format!("{name}-removed"), &place, GONE, (json!(media), Value::Null), said);
                continue;
            };
            taken.insert(found.clone());
            let named = found.clone();
            match (before, new.get(&found).copied().flatten()) {
                (Some(a), Some(b)) => {
                    let found = self.schema(a, b, flow, 0);
                    let place = Place { stem, inner, path: &place };
                    if is_json(media) || is_json(&named) {
                        self.report(&place, &found);
                    } else {
                        self.report(&place, &found.iter().map(|f| loose(f, flow)).collect::<Vec<_>>());
                    }
                }
                (None, None) => {}
                (a, b) => {
                    let (rule, judged) = if a.is_none() {
                        ("media-type-schema-added", flow.judge(true, false))
                    } else {
                        ("media-type-schema-removed", flow.judge(false, true))
                    };
                    let values = (json!(a.is_some()), json!(b.is_some()));
                    self.structural(
                        &format!("{stem}-{rule}"),
                        &place,
                        judged,
                        values,
                        "whether the content is described",
                    );
                }
            }
        }
        for media in new.keys().filter(|m| !old.contains_key(*m) && (m.contains('*') || !taken.contains(*m))) {
            let said = format!("`{media}` is new");
            let path = format!("{path} {media}");
            self.structural(&format!("{name}-added"), &path, NEW, (Value::Null, json!(media)), said);
        }
    }

    pub(crate) fn responses(&mut self, op: &Operation<'a>) {
        let (old, new) = (op.old.get("responses"), op.new.get("responses"));
        for (code, before) in members(old) {
            let path = format!("{} response {code}", op.path);
            let Some(after) = status(code, new) else {
                let success = code.starts_with('2') || code.starts_with('3');
                let (rule, judged) = if success {
                    ("response-success-status-removed", GONE)
                } else {
                    ("response-non-success-status-removed", (Judgment::Ok, Judgment::Risky))
                };
                self.structural(
                    rule,
                    &path,
                    judged,
                    (json!(code), Value::Null),
                    format!("{code} is not answered any more"),
                );
                continue;
            };
            if self.same.same(before, after) && self.old.version != Version::Two {
                continue;
            }
            let (Some(before), Some(after)) = (self.old.resolve(before), self.new.resolve(after)) else {
                continue;
            };
            let flow = op.flow.turned();
            let (a, b) = (answer(self.old, op.old, before), answer(self.new, op.new, after));
            self.media(&path, "response-body", "response-property", flow, &a, &b);
            self.headers(&path, flow, before, after);
        }
        for (code, _) in members(new).filter(|(code, _)| status(code, old).is_none()) {
            let success = code.starts_with('2') || code.starts_with('3');
            let rule = if success { "response-success-status-added" } else { "response-non-success-status-added" };
            let path = format!("{} response {code}", op.path);
            let judged = (Judgment::Risky, if success { Judgment::Fails } else { Judgment::Ok });
            self.structural(rule, &path, judged, (Value::Null, json!(code)), format!("{code} may be answered now"));
        }
    }

    fn headers(&mut self, path: &str, flow: Flow, old: &'a Value, new: &'a Value) {
        let headers = |doc: Doc<'a>, response: &'a Value| -> BTreeMap<String, &'a Value> {
            named(response.get("headers")).filter_map(|(k, v)| Some((k.to_lowercase(), doc.resolve(v)?))).collect()
        };
        let (p, q) = (headers(self.old, old), headers(self.new, new));
        let names: BTreeSet<&String> = p.keys().chain(q.keys()).collect();
        for name in names {
            let path = format!("{path} header {name}");
            match (p.get(name), q.get(name)) {
                (Some(a), Some(b)) => {
                    let (was, is) = (flag(a, "required"), flag(b, "required"));
                    if was != is {
                        let rule =
                            if is { "response-header-became-required" } else { "response-header-became-optional" };
                        let said = format!("`{name}` is {} now", if is { "required" } else { "optional" });
                        self.structural(rule, &path, flow.judge(is, was), (json!(was), json!(is)), said);
                    }
                    let schema =
                        |doc: Doc<'a>, v: &'a Value| v.get("schema").or((doc.version == Version::Two).then_some(v));
                    if let (Some(x), Some(y)) = (schema(self.old, a), schema(self.new, b)) {
                        let found = self.schema(x, y, flow, 0);
                        let place = Place { stem: "response-header", inner: "response-header-property", path: &path };
                        self.report(&place, &found);
                    }
                }
                (Some(a), None) => {
                    let (rule, reads) = if flag(a, "required") {
                        ("required-response-header-removed", Judgment::Fails)
                    } else {
                        ("optional-response-header-removed", Judgment::Risky)
                    };
                    let said = format!("`{name}` is not sent any more");
                    self.structural(rule, &path, (reads, Judgment::Ok), (json!(name), Value::Null), said);
                }
                (None, Some(b)) => {
                    let judged = if flag(b, "required") { NEW } else { HARMLESS };
                    let said = format!("`{name}` is new");
                    self.structural("response-header-added", &path, judged, (Value::Null, json!(name)), said);
                }
                (None, None) => {}
            }
        }
    }
}
