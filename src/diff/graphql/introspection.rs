//! The answer to an introspection query -> `Schema`.

use super::model::{Directive, Field, Kind, ROOTS, Schema, Type, TypeRef, Word};
use super::sdl::Parser;
use serde_json::{Map, Value};

pub(super) fn is(object: &Map<String, Value>) -> bool {
    object.contains_key("__schema") || object.get("data").is_some_and(|d| d.get("__schema").is_some())
}

pub(super) fn read(value: &Value, schema: &mut Schema) -> Result<(), String> {
    let root = value.get("data").unwrap_or(value).get("__schema").ok_or("`__schema` is missing")?;
    schema.description = text(root, "description");
    for (operation, _) in ROOTS {
        if let Some(name) = root.get(format!("{operation}Type")).and_then(|t| t.get("name")).and_then(Value::as_str) {
            schema.roots.insert(operation.to_owned(), name.to_owned());
        }
    }
    for ty in list(root, "types") {
        let name = name(ty)?;
        // The introspection types themselves are the same everywhere.
        if name.starts_with("__") {
            continue;
        }
        let kind = match ty.get("kind").and_then(Value::as_str) {
            Some("SCALAR") => Kind::Scalar,
            Some("OBJECT") => Kind::Object,
            Some("INTERFACE") => Kind::Interface,
            Some("UNION") => Kind::Union,
            Some("ENUM") => Kind::Enum,
            Some("INPUT_OBJECT") => Kind::Input,
            other => return Err(format!("type `{name}` is of unknown kind {other:?}")),
        };
        let fields = if kind == Kind::Input { "inputFields" } else { "fields" };
        let built = Type {
            description: text(ty, "description"),
            interfaces: words(ty, "interfaces")?,
            fields: list(ty, fields).iter().map(field).collect::<Result<_, _>>()?,
            members: if kind == Kind::Union { words(ty, "possibleTypes")? } else { Vec::new() },
            values: words(ty, "enumValues")?,
            one_of: ty.get("isOneOf") == Some(&Value::Bool(true)),
            specified_by: text(ty, "specifiedByURL").or_else(|| text(ty, "specifiedByUrl")),
            kind,
        };
        if schema.types.insert(name.clone(), built).is_some() {
            return Err(format!("type `{name}` is there twice"));
        }
    }
    for directive in list(root, "directives") {
        let locations = list(directive, "locations").iter().filter_map(Value::as_str);
        let built = Directive {
            description: text(directive, "description"),
            args: list(directive, "args").iter().map(field).collect::<Result<_, _>>()?,
            repeatable: directive.get("isRepeatable") == Some(&Value::Bool(true)),
            locations: locations.map(|l| Word { name: l.to_owned(), ..Word::default() }).collect(),
        };
        schema.directives.insert(name(directive)?, built);
    }
    Ok(())
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key).and_then(Value::as_str).map(str::to_owned)
}

fn name(value: &Value) -> Result<String, String> {
    text(value, "name").ok_or_else(|| "something in `__schema` has no `name`".to_owned())
}

fn deprecated(value: &Value) -> Option<String> {
    let marked = value.get("isDeprecated") == Some(&Value::Bool(true));
    marked.then(|| text(value, "deprecationReason").unwrap_or_else(|| "No longer supported".to_owned()))
}

fn words(value: &Value, key: &str) -> Result<Vec<Word>, String> {
    let word = |v| Ok(Word { name: name(v)?, description: text(v, "description"), deprecated: deprecated(v) });
    list(value, key).iter().map(word).collect()
}

fn field(value: &Value) -> Result<Field, String> {
    let name = name(value)?;
    let mut args = Vec::new();
    for arg in list(value, "args") {
        // An argument has no arguments: this never goes deeper than one level.
        if !list(arg, "args").is_empty() {
            return Err(format!("argument of `{name}` has arguments"));
        }
        args.push(field(arg)?);
    }
    let default = match text(value, "defaultValue") {
        Some(literal) => Some(Parser::new(&literal)?.value()?),
        None => None,
    };
    let ty = value.get("type").ok_or_else(|| format!("`{name}` has no type"))?;
    Ok(Field {
        ty: type_ref(ty).ok_or_else(|| format!("the type of `{name}` does not end in a name"))?,
        description: text(value, "description"),
        deprecated: deprecated(value),
        name,
        args,
        default,
    })
}

fn type_ref(mut at: &Value) -> Option<TypeRef> {
    let mut required = vec![false];
    loop {
        match at.get("kind").and_then(Value::as_str)? {
            "NON_NULL" => *required.last_mut()? = true,
            "LIST" => required.push(false),
            _ => return Some(TypeRef { name: text(at, "name")?, required }),
        }
        at = at.get("ofType")?;
    }
}
