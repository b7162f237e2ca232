//! Keywords of a schema that hold plain values: types, bounds, lists of values, patterns, and what only describes.

use super::Flow;
use super::lift::nullable;
use super::read::{flag, items};
use super::schema::Finding;
use serde_json::{Value, json};
use std::collections::{BTreeSet, HashSet};
use tessera_model::change::{ChangeKind, Judgment};

/// Upper and lower bounds, with the words of their findings.
const BOUNDS: [(&str, &str, bool); 12] = [
    ("maximum", "max", true),
    ("minimum", "min", false),
    ("maxLength", "max-length", true),
    ("minLength", "min-length", false),
    ("maxItems", "max-items", true),
    ("minItems", "min-items", false),
    ("maxProperties", "max-properties", true),
    ("minProperties", "min-properties", false),
    ("maxContains", "max-contains", true),
    ("minContains", "min-contains", false),
    ("exclusiveMaximum", "exclusive-max", true),
    ("exclusiveMinimum", "exclusive-min", false),
];

/// Keywords whose changes have a finding of their own, or are followed elsewhere.
pub(crate) fn named(key: &str) -> bool {
    BOUNDS.iter().any(|(k, ..)| *k == key)
        || matches!(
            key,
            "type"
                | "nullable"
                | "enum"
                | "const"
                | "pattern"
                | "multipleOf"
                | "uniqueItems"
                | "required"
                | "properties"
                | "dependentRequired"
                | "contentSchema"
                | "contentEncoding"
                | "contentMediaType"
                | "items"
                | "additionalProperties"
                | "unevaluatedItems"
                | "unevaluatedProperties"
                | "contains"
                | "propertyNames"
                | "not"
                | "if"
                | "then"
                | "else"
                | "patternProperties"
                | "dependentSchemas"
                | "prefixItems"
                | "allOf"
                | "anyOf"
                | "oneOf"
                | "in"
                | "name"
                | "collectionFormat"
                | "allowEmptyValue"
                | "style"
                | "explode"
        )
}

/// At most so many values.
pub(crate) fn size(value: &Value, most: usize) -> bool {
    let mut todo = vec![value];
    let mut seen = 0;
    while let Some(v) = todo.pop() {
        seen += 1;
        if seen > most {
            return false;
        }
        match v {
            Value::Array(items) => todo.extend(items),
            Value::Object(fields) => todo.extend(fields.values()),
            _ => {}
        }
    }
    true
}

/// The types named, without null; empty for any.
fn kinds(schema: &Value) -> BTreeSet<&str> {
    match schema.get("type") {
        Some(Value::String(s)) => BTreeSet::from([s.as_str()]),
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).filter(|t| *t != "null").collect(),
        _ => BTreeSet::new(),
    }
}

fn takes_null(schema: &Value) -> bool {
    nullable(schema)
        || items(schema.get("type")).iter().any(|t| t == "null")
        || schema.get("type") == Some(&json!("null"))
}

/// Is everything of one kind also of the other kinds?
fn covered(kind: &str, by: &BTreeSet<&str>) -> bool {
    by.is_empty() || by.contains(kind) || kind == "integer" && by.contains("number")
}

pub(crate) fn plain(a: &Value, b: &Value, flow: Flow, found: &mut Vec<Finding>) {
    types(a, b, flow, found);
    for (key, what, upper) in BOUNDS {
        bound(a, b, key, what, upper, flow, found);
    }
    pattern(a, b, flow, found);
    let word = |old: bool, new: bool| match (old, new) {
        (false, _) => "added",
        (_, false) => "removed",
        _ => "changed",
    };
    if let Some((x, y)) = differs(a, b, "multipleOf") {
        let judged = flow.judge(y.is_some(), x.is_some());
        let what = format!("multiple-of-{}", word(x.is_some(), y.is_some()));
        found.push(Finding::new(&what, judged, x, y, "values must be multiples of another number"));
    }
    let unique = |v: &Value| flag(v, "uniqueItems");
    if unique(a) != unique(b) {
        let what = if unique(b) { "unique-items-added" } else { "unique-items-removed" };
        found.push(Finding::new(what, flow.judge(unique(b), unique(a)), None, None, "whether items may repeat"));
    }
    if let Some((x, y)) = differs(a, b, "const") {
        let what = format!("const-{}", word(x.is_some(), y.is_some()));
        found.push(Finding::new(
            &what,
            flow.judge(y.is_some(), x.is_some()),
            x,
            y,
            "the only value that is valid changed",
        ));
    }
    for (key, what) in [("contentMediaType", "content-media-type"), ("contentEncoding", "content-encoding")] {
        if let Some((x, y)) = differs(a, b, key) {
            let what = format!("{what}-{}", word(x.is_some(), y.is_some()));
            let mut f = Finding::new(
                &what,
                flow.judge(y.is_some(), x.is_some()),
                x,
                y,
                format!("`{key}` says something else about the text"),
            );
            // Validators do not look into the text; readers do.
            f.firm = true;
            found.push(f);
        }
    }
    if let Some((x, y)) = differs(a, b, "format") {
        let what = format!("format-{}", word(x.is_some(), y.is_some()));
        // A format is a promise more than a test.
        let (narrows, widens) = match (x.and_then(Value::as_str), y.and_then(Value::as_str)) {
            (Some("int32"), Some("int64")) | (Some("float"), Some("double")) | (Some(_), None) => (false, true),
            (Some("int64"), Some("int32")) | (Some("double"), Some("float")) | (None, Some(_)) => (true, false),
            _ => (true, true),
        };
        let (reads, writes) = flow.judge(narrows, widens);
        found.push(Finding::new(&what, (soft(reads), soft(writes)), x, y, "the format of the values changed"));
    }
    if let Some((x, y)) = differs(a, b, "default") {
        let what = format!("default-value-{}", word(x.is_some(), y.is_some()));
        let judged = (Judgment::Risky, Judgment::Risky);
        found.push(Finding::new(&what, judged, x, y, "what is meant when nothing is sent changed"));
    }
    discriminator(a, b, found);
}

fn differs<'v>(a: &'v Value, b: &'v Value, key: &str) -> Option<(Option<&'v Value>, Option<&'v Value>)> {
    let (x, y) = (a.get(key), b.get(key));
    (x != y).then_some((x, y))
}

fn types(a: &Value, b: &Value, flow: Flow, found: &mut Vec<Finding>) {
    let (nullable_old, nullable_new) = (takes_null(a), takes_null(b));
    let (p, q) = (kinds(a), kinds(b));
    let any = |v: &Value, kinds: &BTreeSet<&str>| kinds.is_empty() && !takes_null(v);
    if nullable_old != nullable_new && !any(a, &p) && !any(b, &q) {
        let what = if nullable_new { "became-nullable" } else { "became-not-nullable" };
        let judged = flow.judge(nullable_old, nullable_new);
        found.push(Finding::new(
            what,
            judged,
            Some(&json!(nullable_old)),
            Some(&json!(nullable_new)),
            "whether null is allowed",
        ));
    }
    if p == q {
        return;
    }
    let narrows = p.is_empty() && !q.is_empty() || p.iter().any(|k| !covered(k, &q));
    let widens = q.is_empty() && !p.is_empty() || q.iter().any(|k| !covered(k, &p));
    let several = p.len() + q.len() > 2 && !p.is_empty() && !q.is_empty();
    let what = match (flow, narrows, widens) {
        (_, false, true) if several => "list-of-types-widened",
        (_, true, false) if several => "list-of-types-narrowed",
        (Flow::ToServer, false, _) => "type-generalized",
        (Flow::FromServer, _, false) => "type-specialized",
        _ => "type-changed",
    };
    found.push(Finding::new(
        what,
        flow.judge(narrows, widens),
        a.get("type"),
        b.get("type"),
        "the type of the values changed",
    ));
}

/// Told, but not held to break.
fn soft(judgment: Judgment) -> Judgment {
    if judgment == Judgment::Fails { Judgment::Risky } else { judgment }
}

/// Exact for whole numbers, close enough for the rest: containment has the last word.
fn below(x: &Value, y: &Value) -> Option<bool> {
    match (x.as_i64(), y.as_i64()) {
        (Some(x), Some(y)) => Some(x < y),
        _ => Some(x.as_f64()? < y.as_f64()?),
    }
}

fn bound(a: &Value, b: &Value, key: &str, what: &str, upper: bool, flow: Flow, found: &mut Vec<Finding>) {
    let Some((x, y)) = differs(a, b, key) else { return };
    let zero = |v: Option<&Value>| !upper && key.len() > 7 && v.is_some_and(|v| v == &json!(0));
    let (word, narrows, widens) = match (x, y) {
        _ if x.is_some_and(Value::is_boolean) || y.is_some_and(Value::is_boolean) => {
            let (was, is) = (x == Some(&json!(true)), y == Some(&json!(true)));
            if was == is {
                return;
            }
            (if is { "set" } else { "unset" }, is, was)
        }
        (None, Some(v)) => ("set", !zero(Some(v)), false),
        (Some(v), None) => ("unset", false, !zero(Some(v))),
        (Some(x), Some(y)) => match (below(x, y), below(y, x)) {
            (Some(true), _) => ("increased", !upper, upper),
            (_, Some(true)) => ("decreased", upper, !upper),
            _ => return,
        },
        (None, None) => return,
    };
    let mut f = Finding::new(&format!("{what}-{word}"), flow.judge(narrows, widens), x, y, format!("`{key}` {word}"));
    // Containment sees `maxContains` only beside `contains`.
    f.firm = false;
    found.push(f);
}

fn pattern(a: &Value, b: &Value, flow: Flow, found: &mut Vec<Finding>) {
    let text = |v: &'_ Value| v.get("pattern").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (x, y) = (text(a), text(b));
    if x == y {
        return;
    }
    let (what, narrows, widens) = match (x.is_empty(), y.is_empty()) {
        (true, _) => ("pattern-added", true, false),
        (_, true) => ("pattern-removed", false, true),
        _ if flow == Flow::ToServer && matches!(y.as_str(), ".*" | "^.*$") => ("pattern-generalized", false, true),
        _ => ("pattern-changed", true, true),
    };
    let mut judged = flow.judge(narrows, widens);
    // Servers test what they get against the pattern, clients hardly ever do: in an answer it is a promise, as a format is.
    if flow == Flow::FromServer {
        judged = (soft(judged.0), soft(judged.1));
    }
    found.push(Finding::new(what, judged, Some(&json!(x)), Some(&json!(y)), "the pattern of the text changed"));
}

/// Keywords that list values or names.
pub(crate) fn lists(a: &Value, b: &Value, flow: Flow, found: &mut Vec<Finding>) {
    match (a.get("enum").and_then(Value::as_array), b.get("enum").and_then(Value::as_array)) {
        (None, Some(new)) => {
            found.push(Finding::new(
                "became-enum",
                flow.judge(true, false),
                None,
                Some(&json!(new)),
                "only listed values are valid now",
            ));
        }
        (Some(old), None) => {
            found.push(Finding::new(
                "became-not-enum",
                flow.judge(false, true),
                Some(&json!(old)),
                None,
                "values beyond the list are valid now",
            ));
        }
        (Some(old), Some(new)) => {
            // By their text: long lists are compared in one go.
            let texts = |all: &[Value]| -> HashSet<String> { all.iter().map(Value::to_string).collect() };
            let (had, has) = (texts(old), texts(new));
            for v in old.iter().filter(|v| !has.contains(&v.to_string())) {
                let said = format!("{v} is not among the values any more");
                found.push(Finding::new("enum-value-removed", flow.judge(true, false), Some(v), None, said));
            }
            for v in new.iter().filter(|v| !had.contains(&v.to_string())) {
                let said = format!("{v} is a value now");
                found.push(Finding::new("enum-value-added", flow.judge(false, true), None, Some(v), said));
            }
        }
        (None, None) => {}
    }
    // A list of values that may grow: no validator looks at it, and what a server takes is what it lists.
    let listed = |v: &'_ Value| items(v.get("x-extensible-enum")).to_vec();
    let (old, new) = (listed(a), listed(b));
    if flow == Flow::ToServer && !new.is_empty() {
        for v in old.iter().filter(|v| !new.contains(v)) {
            let said = format!("{v} is not among the values any more");
            let judged = flow.judge(true, false);
            let mut f = Finding::new("x-extensible-enum-value-removed", judged, Some(v), None, said);
            f.firm = true;
            found.push(f);
        }
    }
    let (p, q) = (a.get("dependentRequired"), b.get("dependentRequired"));
    let names: BTreeSet<&String> =
        [p, q].into_iter().flatten().filter_map(Value::as_object).flat_map(|m| m.keys()).collect();
    for name in names {
        let at = |m: Option<&Value>| -> Option<BTreeSet<String>> {
            let list = m?.get(name)?;
            Some(items(Some(list)).iter().filter_map(|v| v.as_str().map(str::to_owned)).collect())
        };
        let (was, is) = (at(p), at(q));
        if was == is {
            continue;
        }
        let (old, new) = (was.clone().unwrap_or_default(), is.clone().unwrap_or_default());
        let (narrows, widens) = (!new.is_subset(&old), !old.is_subset(&new));
        let what = match (&was, &is) {
            (None, _) => "dependent-required-added",
            (_, None) => "dependent-required-removed",
            _ => "dependent-required-changed",
        };
        let said = format!("what must come with `{name}` changed");
        found.push(Finding::new(what, flow.judge(narrows, widens), Some(&json!(was)), Some(&json!(is)), said));
    }
}

fn discriminator(a: &Value, b: &Value, found: &mut Vec<Finding>) {
    let risky = (Judgment::Risky, Judgment::Risky);
    let Some((x, y)) = differs(a, b, "discriminator") else { return };
    let (Some(old), Some(new)) = (x, y) else {
        let what = if x.is_none() { "discriminator-added" } else { "discriminator-removed" };
        found.push(Finding::new(what, risky, x, y, "how the alternatives are told apart changed"));
        return;
    };
    if old.get("propertyName") != new.get("propertyName") {
        let said = "another property tells the alternatives apart";
        found.push(Finding::new(
            "discriminator-property-name-changed",
            risky,
            old.get("propertyName"),
            new.get("propertyName"),
            said,
        ));
    }
    let (p, q) = (old.get("mapping").and_then(Value::as_object), new.get("mapping").and_then(Value::as_object));
    let names: BTreeSet<&String> = p.into_iter().chain(q).flat_map(|m| m.keys()).collect();
    for name in names {
        let (was, is) = (p.and_then(|p| p.get(name)), q.and_then(|q| q.get(name)));
        let what = match (was, is) {
            (None, _) => "discriminator-mapping-added",
            (_, None) => "discriminator-mapping-deleted",
            _ if was != is => "discriminator-mapping-changed",
            _ => continue,
        };
        let mut f = Finding::new(what, risky, was, is, format!("what `{name}` stands for changed"));
        f.kind = ChangeKind::Structural;
        found.push(f);
    }
}
