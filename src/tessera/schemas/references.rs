//! A registry keeps parts of a schema apart; a comparison needs it whole. Protobuf becomes a set of files, Avro gets each
//! named type where it is first used, JSON Schema gets the others under `$defs`.

use super::registry::{Reference, Version};
use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use tessera_model::contract::SchemaFormat;

type Known = BTreeMap<(String, i64), Version>;

pub(super) fn resolve(format: SchemaFormat, subject: &str, root: &Version, known: &Known) -> Result<Value> {
    match format {
        SchemaFormat::Protobuf if root.references.is_empty() => Ok(Value::String(root.schema.clone())),
        SchemaFormat::Protobuf => {
            let mut files = Map::new();
            files.insert(format!("{subject}.proto"), Value::String(root.schema.clone()));
            for (name, version) in all(root, known)? {
                files.insert(name, Value::String(version.schema.clone()));
            }
            Ok(Value::Object(files))
        }
        SchemaFormat::JsonSchema => json_schema(root, known),
        _ => avro(root, known),
    }
}

/// Every reference, once for each name, the referenced before those who refer to it.
fn all(root: &Version, known: &Known) -> Result<Vec<(String, Version)>> {
    fn walk(at: &Version, known: &Known, way: &mut Vec<(String, i64)>, out: &mut Vec<(String, Version)>) -> Result<()> {
        for Reference { name, subject, version } in &at.references {
            let key = (subject.clone(), *version);
            if way.contains(&key) {
                bail!("the references go in circles at `{name}` ({subject} version {version})");
            }
            if out.iter().any(|(n, _)| n == name) {
                continue;
            }
            let found = known.get(&key).ok_or_else(|| anyhow!("`{name}` was not found"))?;
            way.push(key);
            walk(found, known, way, out)?;
            way.pop();
            out.push((name.clone(), found.clone()));
        }
        Ok(())
    }
    let mut out = Vec::new();
    walk(root, known, &mut Vec::new(), &mut out)?;
    Ok(out)
}

/// Avro allows a bare type name (`int`) as a schema's text.
fn parsed(schema: &str) -> Result<Value> {
    let text = schema.trim();
    match serde_json::from_str(text) {
        Ok(value) => Ok(value),
        Err(_) if !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "._".contains(c)) => {
            Ok(Value::String(text.to_owned()))
        }
        Err(e) => Err(e).context("the schema is no JSON"),
    }
}

fn avro(root: &Version, known: &Known) -> Result<Value> {
    let mut types: BTreeMap<String, Value> = BTreeMap::new();
    for (name, version) in all(root, known)? {
        let schema = parsed(&version.schema).with_context(|| format!("`{name}`"))?;
        types.insert(full_name(&schema, "").unwrap_or(name), schema);
    }
    let mut schema = parsed(&root.schema)?;
    place(&mut schema, "", &types, &mut BTreeSet::new(), 0);
    Ok(schema)
}

fn full_name(schema: &Value, space: &str) -> Option<String> {
    let name = schema["name"].as_str()?;
    let space = schema["namespace"].as_str().unwrap_or(space);
    Some(if name.contains('.') || space.is_empty() { name.to_owned() } else { format!("{space}.{name}") })
}

/// Puts each named type where it is used first; afterwards its name is enough.
fn place(at: &mut Value, space: &str, types: &BTreeMap<String, Value>, placed: &mut BTreeSet<String>, depth: usize) {
    if depth > 200 {
        return;
    }
    match at {
        Value::String(name) => {
            let full = if name.contains('.') || space.is_empty() { name.clone() } else { format!("{space}.{name}") };
            let Some((full, found)) = [full, name.clone()].into_iter().find_map(|n| types.get(&n).map(|t| (n, t)))
            else {
                return;
            };
            if placed.insert(full) {
                *at = found.clone();
                place(at, "", types, placed, depth + 1);
            }
        }
        Value::Array(branches) => {
            for branch in branches {
                place(branch, space, types, placed, depth + 1);
            }
        }
        Value::Object(fields) => {
            let own = full_name(&Value::Object(fields.clone()), space);
            let inner = match &own {
                Some(full) => full.rsplit_once('.').map_or("", |(space, _)| space).to_owned(),
                None => space.to_owned(),
            };
            for key in ["type", "items", "values"] {
                if let Some(value) = fields.get_mut(key) {
                    place(value, &inner, types, placed, depth + 1);
                }
            }
            for field in fields.get_mut("fields").and_then(Value::as_array_mut).into_iter().flatten() {
                if let Some(value) = field.get_mut("type") {
                    place(value, &inner, types, placed, depth + 1);
                }
            }
        }
        _ => {}
    }
}

fn json_schema(root: &Version, known: &Known) -> Result<Value> {
    let mut schema = parsed(&root.schema)?;
    let parts = all(root, known)?;
    if parts.is_empty() {
        return Ok(schema);
    }
    let names: Vec<String> = parts.iter().map(|(name, _)| name.clone()).collect();
    redirect(&mut schema, None, &names, 0);
    let mut defs = Map::new();
    for (name, version) in &parts {
        let mut part = parsed(&version.schema).with_context(|| format!("`{name}`"))?;
        redirect(&mut part, Some(name), &names, 0);
        if let Value::Object(fields) = &mut part {
            // One document has one base: references were made pointers.
            fields.shift_remove("$id");
            fields.shift_remove("$schema");
        }
        defs.insert(name.clone(), part);
    }
    match &mut schema {
        Value::Object(fields) => {
            fields.shift_remove("$id");
            match fields.entry("$defs").or_insert_with(|| json!({})) {
                Value::Object(own) => own.extend(defs),
                _ => bail!("`$defs` of the schema is no object"),
            }
        }
        _ => bail!("a schema with references must be an object"),
    }
    Ok(schema)
}

/// Makes references to other documents pointers into `$defs`, and the inner references of a part pointers into its place.
fn redirect(at: &mut Value, inside: Option<&str>, names: &[String], depth: usize) {
    if depth > 500 {
        return;
    }
    match at {
        Value::Object(fields) => {
            for (key, value) in fields.iter_mut() {
                match value {
                    Value::String(to) if key == "$ref" => *to = target(to, inside, names),
                    other => redirect(other, inside, names, depth + 1),
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                redirect(item, inside, names, depth + 1);
            }
        }
        _ => {}
    }
}

fn target(to: &str, inside: Option<&str>, names: &[String]) -> String {
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    let (document, pointer) = to.split_once('#').unwrap_or((to, ""));
    let name = match (document.is_empty(), inside) {
        (true, Some(own)) => Some(own),
        (true, None) => None,
        (false, _) => {
            let ends = |n: &&String| n.as_str() == document || document.ends_with(&format!("/{n}"));
            names.iter().find(ends).map(String::as_str)
        }
    };
    match name {
        Some(name) => format!("#/$defs/{}{pointer}", escaped(name)),
        None => to.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(schema: &str, references: &[(&str, &str)]) -> Version {
        let reference = |(name, subject): &(&str, &str)| Reference {
            name: (*name).to_owned(),
            subject: (*subject).to_owned(),
            version: 1,
        };
        Version {
            version: 1,
            schema: schema.to_owned(),
            schema_type: None,
            references: references.iter().map(reference).collect(),
        }
    }

    fn known(parts: &[(&str, Version)]) -> Known {
        parts.iter().map(|(subject, v)| (((*subject).to_owned(), 1), v.clone())).collect()
    }

    #[test]
    fn avro_types_stand_where_they_are_used_first() {
        let money = version(
            r#"{"type": "record", "name": "Money", "namespace": "m", "fields": [{"name": "c", "type": "Cur"}]}"#,
            &[("m.Cur", "cur")],
        );
        let cur = version(r#"{"type": "enum", "name": "m.Cur", "symbols": ["EUR"]}"#, &[]);
        let root = version(
            r#"{"type": "record", "name": "O", "namespace": "o", "fields": [{"name": "a", "type": "m.Money"}, {"name": "b", "type": ["null", "m.Money"]}]}"#,
            &[("m.Money", "money")],
        );
        let whole = resolve(SchemaFormat::Avro, "s", &root, &known(&[("money", money), ("cur", cur)])).unwrap();
        assert_eq!(whole["fields"][0]["type"]["fields"][0]["type"]["symbols"], json!(["EUR"]));
        assert_eq!(whole["fields"][1]["type"], json!(["null", "m.Money"]));
    }

    #[test]
    fn json_schemas_stand_under_defs() {
        let part =
            version(r##"{"$id": "p.json", "$ref": "#/definitions/x", "definitions": {"x": {"type": "string"}}}"##, &[]);
        let root = version(
            r#"{"properties": {"a": {"$ref": "p.json"}, "b": {"$ref": "https://e.org/p.json#/definitions/x"}}}"#,
            &[("p.json", "p")],
        );
        let whole = resolve(SchemaFormat::JsonSchema, "s", &root, &known(&[("p", part)])).unwrap();
        assert_eq!(whole["properties"]["a"]["$ref"], "#/$defs/p.json");
        assert_eq!(whole["properties"]["b"]["$ref"], "#/$defs/p.json/definitions/x");
        assert_eq!(whole["$defs"]["p.json"]["$ref"], "#/$defs/p.json/definitions/x");
    }

    #[test]
    fn circles_are_an_error() {
        let a = version("{}", &[("b", "b")]);
        let b = version("{}", &[("a", "a")]);
        let root = version("{}", &[("a", "a")]);
        let wrong = resolve(SchemaFormat::Protobuf, "s", &root, &known(&[("a", a), ("b", b)])).unwrap_err();
        assert!(wrong.to_string().contains("circles"), "{wrong}");
    }
}
