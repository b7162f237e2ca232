//! Random edits: a schema and what somebody might make of it.

use super::random::Random;
use super::schemas::Maker;
use serde_json::{Value, json};

/// Pointers to the places where a schema stands.
pub(crate) fn places(root: &Value) -> Vec<String> {
    const SCHEMAS: [&str; 14] = [
        "items",
        "additionalItems",
        "additionalProperties",
        "contains",
        "not",
        "if",
        "then",
        "else",
        "propertyNames",
        "unevaluatedProperties",
        "unevaluatedItems",
        "-",
        "-",
        "-",
    ];
    const LISTS: [&str; 5] = ["anyOf", "allOf", "oneOf", "prefixItems", "items"];
    const MAPS: [&str; 6] =
        ["properties", "patternProperties", "dependentSchemas", "dependencies", "definitions", "$defs"];
    let mut out = Vec::new();
    let mut todo = vec![(String::new(), root)];
    while let Some((path, value)) = todo.pop() {
        let Value::Object(fields) = value else {
            out.push(path);
            continue;
        };
        for (key, inner) in fields {
            let below = |step: &str| format!("{path}/{key}/{}", step.replace('~', "~0").replace('/', "~1"));
            match inner {
                Value::Array(items) if LISTS.contains(&key.as_str()) => {
                    todo.extend(items.iter().enumerate().map(|(i, v)| (below(&i.to_string()), v)));
                }
                Value::Object(map) if MAPS.contains(&key.as_str()) => {
                    todo.extend(map.iter().filter(|(_, v)| !v.is_array()).map(|(k, v)| (below(k), v)));
                }
                _ if SCHEMAS.contains(&key.as_str()) => todo.push((format!("{path}/{key}"), inner)),
                _ => {}
            }
        }
        out.push(path);
    }
    out
}

/// One edit somewhere; the document stays one of its draft.
pub(crate) fn edit(root: &Value, maker: &mut Maker<'_>) -> Value {
    let mut out = root.clone();
    let all = places(root);
    let path = maker.random.pick(&all).clone();
    // Below a member or an item any definition may be referred to; elsewhere none, so that references end.
    let free = ["/properties/", "/items", "/additionalProperties", "/contains", "/prefixItems", "/patternProperties"]
        .iter()
        .any(|k| path.contains(k));
    let definitions = maker.definitions;
    if !free {
        maker.definitions = 0;
    }
    let place = if free { None } else { Some(0) };
    let fresh = maker.schema(1, place);
    maker.definitions = definitions;
    if let Some(part) = out.pointer_mut(&path) {
        if path.is_empty() {
            keyword(part, &fresh, maker.random);
        } else {
            match maker.random.below(7) {
                0 => *part = fresh,
                1 => *part = json!({"anyOf": [part.clone(), fresh]}),
                2 => *part = json!({"allOf": [part.clone(), fresh]}),
                3 => *part = json!({"oneOf": [part.clone(), fresh]}),
                4 => *part = json!({"not": {"not": part.clone()}}),
                _ => keyword(part, &fresh, maker.random),
            }
        }
    }
    out
}

/// Changes, adds or takes away one keyword.
fn keyword(part: &mut Value, fresh: &Value, random: &mut Random) {
    let (Value::Object(fields), Value::Object(more)) = (part, fresh) else { return };
    let keep = ["$schema", "$defs", "definitions", "$id", "$ref", "$dynamicAnchor", "$recursiveAnchor", "$anchor"];
    let own: Vec<String> = fields.keys().filter(|k| !keep.contains(&k.as_str())).cloned().collect();
    if own.is_empty() || random.one_in(3) {
        let beside = |k: &String| !keep.contains(&k.as_str()) && k != "exclusiveMinimum" && k != "exclusiveMaximum";
        for (key, value) in more.iter().filter(|(k, _)| beside(k)) {
            fields.insert(key.clone(), value.clone());
        }
        return;
    }
    let key = random.pick(&own).clone();
    let value = fields[&key].clone();
    match value {
        Value::Number(n) if !random.one_in(4) => {
            let by = if random.one_in(2) { 1.0 } else { -1.0 };
            let moved = n.as_f64().unwrap_or(0.0) + by;
            let counts = key.starts_with("min") && key != "minimum" || key.starts_with("max") && key != "maximum";
            let fits = if key == "multipleOf" { moved > 0.0 } else { !counts || moved >= 0.0 };
            if fits {
                fields[&key] = if moved.fract() == 0.0 { json!(moved as i64) } else { json!(moved) };
            }
        }
        Value::Array(mut list) if list.len() > 1 && !random.one_in(3) => {
            list.remove(random.below(list.len()));
            fields[&key] = Value::Array(list);
        }
        Value::Object(mut map) if map.len() > 1 && key.ends_with("roperties") => {
            let gone = map.keys().nth(random.below(map.len())).cloned();
            gone.and_then(|k| map.shift_remove(&k));
            fields[&key] = Value::Object(map);
        }
        _ => {
            fields.shift_remove(&key);
            // A tuple's rest means nothing without the tuple, and draft-04's flags need their bound.
            match key.as_str() {
                "minimum" if fields.get("exclusiveMinimum") == Some(&Value::Bool(true)) => {
                    drop(fields.shift_remove("exclusiveMinimum"));
                }
                "maximum" if fields.get("exclusiveMaximum") == Some(&Value::Bool(true)) => {
                    drop(fields.shift_remove("exclusiveMaximum"));
                }
                _ => {}
            }
        }
    }
}
