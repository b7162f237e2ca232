//! Random bodies of a schema, at its bounds as often as within. A sender names its properties: nothing is invented.

use super::documents::{Api, Flow};
use serde_json::{Map, Value, json};
use tessera_peers::Rng;

pub(super) fn of(api: &Api, schema: &Value, flow: Flow, rng: &mut Rng) -> Option<Value> {
    value(api, schema, flow, rng, 7)
}

fn value(api: &Api, schema: &Value, flow: Flow, rng: &mut Rng, depth: usize) -> Option<Value> {
    let left = depth.checked_sub(1)?;
    let key = |k: &str| schema.get(k);
    if let Some(name) = key("$ref").and_then(Value::as_str) {
        return value(api, api.components.get(name)?, flow, rng, left);
    }
    if key("nullable").is_some() && rng.chance(25) {
        return Some(Value::Null);
    }
    if let Some(values) = key("enum").and_then(Value::as_array) {
        return values.get(rng.below(values.len().max(1))).cloned();
    }
    for union in ["anyOf", "oneOf"] {
        if let Some(branches) = key(union).and_then(Value::as_array) {
            return value(api, branches.get(rng.below(branches.len().max(1)))?, flow, rng, left);
        }
    }
    if let Some(parts) = key("allOf").and_then(Value::as_array) {
        let mut whole: Option<Value> = None;
        for part in parts {
            let next = value(api, part, flow, rng, left)?;
            whole = match (whole, next) {
                (Some(Value::Object(mut a)), Value::Object(b)) => {
                    a.extend(b);
                    Some(Value::Object(a))
                }
                (_, next) => Some(next),
            };
        }
        return whole;
    }
    let number = |k: &str| key(k).and_then(Value::as_u64);
    match key("type").and_then(Value::as_str) {
        Some("boolean") => Some(json!(rng.chance(50))),
        Some("string") => {
            let (low, high) = (number("minLength").unwrap_or(0), number("maxLength").unwrap_or(8));
            let len = [low, high, low.midpoint(high)][rng.below(3)];
            let letter = ["a", "b", "é"][rng.below(3)];
            Some(json!(letter.repeat(usize::try_from(len).ok()?)))
        }
        Some(kind @ ("integer" | "number")) => {
            let low = number("minimum").map_or(-5.0, |n| n as f64);
            let high = number("maximum").map_or(9.0, |n| n as f64);
            let all = [low, high, low + 1.0, high - 1.0, low + 0.5, high - 0.5, 0.0, 3.0];
            let n = all[rng.below(all.len())];
            match (kind, n.fract() == 0.0) {
                ("integer", false) => Some(json!(n.floor() as i64)),
                (_, true) if rng.chance(80) => Some(json!(n as i64)),
                _ => Some(json!(n)),
            }
        }
        Some("array") => {
            let (low, high) = (number("minItems").unwrap_or(0), number("maxItems").unwrap_or(3));
            let len = if depth < 3 { low } else { [low, high, low.midpoint(high)][rng.below(3)] };
            (0..len).map(|_| value(api, key("items")?, flow, rng, left)).collect::<Option<Vec<_>>>().map(Value::Array)
        }
        Some("object") => {
            let required = key("required").and_then(Value::as_array);
            let mut out = Map::new();
            for (name, property) in key("properties").and_then(Value::as_object).into_iter().flatten() {
                let must = required.is_some_and(|r| r.contains(&json!(name)));
                if api.hidden(property, flow) || !must && (depth < 3 || rng.chance(50)) {
                    continue;
                }
                match value(api, property, flow, rng, left) {
                    Some(v) => drop(out.insert(name.clone(), v)),
                    None if must => return None,
                    None => {}
                }
            }
            if key("additionalProperties").is_some_and(Value::is_object) && rng.chance(50) {
                out.insert("extra".to_owned(), value(api, &schema["additionalProperties"], flow, rng, left)?);
            }
            Some(Value::Object(out))
        }
        _ => Some(json!(null)),
    }
}
