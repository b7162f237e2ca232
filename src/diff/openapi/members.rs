//! Properties of an object: new and gone ones, required and optional ones, and those that only one direction has.

use super::read::{Doc, flag, items};
use super::schema::{Finding, Here, step};
use super::{Flow, Walk};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use tessera_model::change::{ChangeKind, Judgment};

impl<'a> Walk<'a> {
    /// Properties: who names them, who demands them, who sees them in this direction.
    pub(crate) fn members(
        &mut self,
        a: &'a Value,
        b: &'a Value,
        flow: Flow,
        level: usize,
        found: &mut Vec<Finding>,
        here: &mut Here,
    ) {
        let (Some(x), Some(y)) = (a.as_object(), b.as_object()) else {
            return;
        };
        let (composed_old, composed_new) = (self.old.composed(a), self.new.composed(b));
        let names = |f: &'a Map<String, Value>| f.get("properties").and_then(Value::as_object);
        let demands = |f: &'a Map<String, Value>| -> BTreeSet<&'a str> {
            items(f.get("required")).iter().filter_map(Value::as_str).collect()
        };
        let (p, q) = (names(x), names(y));
        let (r, s) = (demands(x), demands(y));
        let all: BTreeSet<&str> = p
            .into_iter()
            .chain(q)
            .flat_map(Map::keys)
            .map(String::as_str)
            .chain(r.iter().copied())
            .chain(s.iter().copied())
            .collect();
        let closed = |f: &Map<String, Value>| {
            f.get("additionalProperties").is_some_and(|v| v != &json!(true))
                || f.get("unevaluatedProperties").is_some_and(|v| v != &json!(true))
        };
        for name in all {
            let at = |doc: Doc<'a>, m: Option<&'a Map<String, Value>>| {
                m.and_then(|m| m.get(name)).and_then(|v| doc.resolve(v).map(|r| (v, r)))
            };
            let (raw_old, raw_new) = (at(self.old, p), at(self.new, q));
            let seen = |v: Option<(&'a Value, &'a Value)>| v.filter(|(_, r)| !flag(r, flow.hides()));
            let (was, is) = (seen(raw_old), seen(raw_new));
            let hidden = |raw: &Option<_>, now: &Option<_>| raw.is_some() && now.is_none();
            let (must_old, must_new) =
                (r.contains(name) && !hidden(&raw_old, &was), s.contains(name) && !hidden(&raw_new, &is));
            let steps = format!("/properties{}", step(name));
            let before = found.len();
            let mut inner_count = 0;
            let mut add = |mut f: Finding, exact: bool| {
                f.exact = exact;
                f = f.under(&steps, Some(name));
                found.push(f);
            };
            let flagged = raw_old.is_some() && raw_new.is_some();
            if raw_old.is_none() && composed_old.contains(name) || raw_new.is_none() && composed_new.contains(name) {
                // It moved to or from a schema that this one is composed of.
                here.unsure = true;
                continue;
            }
            match (was, is) {
                (Some((a, left)), Some((b, right))) => {
                    if must_old != must_new {
                        let kept = flow == Flow::ToServer && right.get("default").is_some();
                        let what = match (must_new, kept) {
                            (true, true) => "became-required-with-default",
                            (true, false) => "became-required",
                            (false, _) => "became-optional",
                        };
                        let judged = flow.judge(must_new, must_old);
                        let said = format!("`{name}` is {} now", if must_new { "required" } else { "optional" });
                        add(Finding::new(what, judged, Some(&json!(must_old)), Some(&json!(must_new)), said), false);
                    }
                    for (rule, judged, before, after, said) in super::sunset::ends("property", "property", left, right)
                    {
                        let what = format!("@-{rule}");
                        let mut f = Finding::new(&what, (judged, Judgment::Ok), Some(&before), Some(&after), said);
                        f.firm = true;
                        if judged == Judgment::Ok {
                            f.kind = ChangeKind::Documentation;
                        }
                        add(f, true);
                    }
                    if let Some(what) = super::stability::moved(left, right) {
                        let less = what == "stability-decreased";
                        let judged = (if less { Judgment::Fails } else { Judgment::Ok }, Judgment::Ok);
                        let said = "what is promised of its stability changed";
                        let (a, b) = (left.get("x-stability-level"), right.get("x-stability-level"));
                        let mut f = Finding::new(&format!("@-property-{what}"), judged, a, b, said);
                        f.firm = true;
                        if !less {
                            f.kind = ChangeKind::Documentation;
                        }
                        add(f, true);
                    }
                    let inner = self.schema(a, b, flow, level + 1);
                    inner_count = inner.len();
                    for f in inner.iter() {
                        add(f.clone(), f.exact);
                    }
                }
                (None, Some((_, right))) if flagged => {
                    let word = if must_new { "required" } else { "optional" };
                    let other = if flow == Flow::ToServer { "read" } else { "write" };
                    let judged = match flow {
                        Flow::ToServer if must_new => (Judgment::Fails, Judgment::Risky),
                        _ => (Judgment::Risky, Judgment::Risky),
                    };
                    let mut f = Finding::new(
                        &format!("@-{word}-property-became-not-{other}-only"),
                        judged,
                        None,
                        None,
                        format!("`{name}` is part of this direction now"),
                    );
                    f.before = json!(true);
                    f.after = json!(flag(right, flow.hides()));
                    add(f, true);
                }
                (Some(_), None) if flagged => {
                    let word = if must_old { "required" } else { "optional" };
                    let other = if flow == Flow::ToServer { "read" } else { "write" };
                    let judged = match flow {
                        Flow::FromServer if must_old => (Judgment::Fails, Judgment::Risky),
                        _ => (Judgment::Risky, Judgment::Risky),
                    };
                    add(
                        Finding::new(
                            &format!("@-{word}-property-became-{other}-only"),
                            judged,
                            Some(&json!(false)),
                            Some(&json!(true)),
                            format!("`{name}` is no part of this direction any more"),
                        ),
                        true,
                    );
                }
                (None, Some((_, right))) => {
                    let default = right.get("default");
                    let refused = if closed(x) { Judgment::Fails } else { Judgment::Risky };
                    let (what, judged) = match (flow, must_new) {
                        (Flow::ToServer, true) if default.is_some() => {
                            ("new-required-@-property-with-default", (Judgment::Fails, refused))
                        }
                        (Flow::ToServer, true) => ("new-required-@-property", (Judgment::Fails, refused)),
                        (Flow::ToServer, false) => ("new-optional-@-property", (Judgment::Ok, refused)),
                        (Flow::FromServer, true) => (
                            "@-required-property-added",
                            (if closed(x) { Judgment::Fails } else { Judgment::Ok }, Judgment::Fails),
                        ),
                        (Flow::FromServer, false) => (
                            "@-optional-property-added",
                            (if closed(x) { Judgment::Fails } else { Judgment::Ok }, Judgment::Risky),
                        ),
                    };
                    add(Finding::new(what, judged, None, right.get("type"), format!("`{name}` is new")), true);
                }
                (Some((_, left)), None) => {
                    let refused = if closed(y) { Judgment::Fails } else { Judgment::Risky };
                    let (what, judged) = match (flow, must_old) {
                        (Flow::ToServer, _) => (
                            "@-property-removed",
                            (refused, if must_old || closed(y) { Judgment::Fails } else { Judgment::Ok }),
                        ),
                        (Flow::FromServer, true) => ("@-required-property-removed", (Judgment::Fails, refused)),
                        (Flow::FromServer, false) => ("@-optional-property-removed", (Judgment::Risky, refused)),
                    };
                    add(Finding::new(what, judged, left.get("type"), None, format!("`{name}` is gone")), true);
                }
                (None, None) => {
                    if must_old != must_new {
                        let what = if must_new { "became-required" } else { "became-optional" };
                        let said = format!("`{name}` is {} now", if must_new { "required" } else { "optional" });
                        add(
                            Finding::new(
                                what,
                                flow.judge(must_new, must_old),
                                Some(&json!(must_old)),
                                Some(&json!(must_new)),
                                said,
                            ),
                            false,
                        );
                    }
                }
            }
            here.told |= found.len() > before + inner_count;
        }
    }
}
