//! The API's description as a page, made from the OpenAPI document.

use crate::openapi;
use crate::pages::layout::{badge, frame};
use axum::response::Html;
use maud::{Markup, html};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::LazyLock;

static PAGE: LazyLock<String> = LazyLock::new(|| {
    let document = serde_json::to_value(openapi::document()).unwrap_or_default();
    frame("API", &content(&document)).0
});

pub(crate) async fn page() -> Html<&'static str> {
    Html(&PAGE)
}

struct Operation<'a> {
    method: &'a str,
    path: &'a str,
    value: &'a Value,
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn entries<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.get(key).and_then(Value::as_object).into_iter().flatten()
}

fn content(document: &Value) -> Markup {
    let mut tags: BTreeMap<&str, Vec<Operation<'_>>> = BTreeMap::new();
    for (path, item) in entries(document, "paths") {
        for (method, value) in item.as_object().into_iter().flatten() {
            let tag = list(value, "tags").next().and_then(Value::as_str).unwrap_or("other");
            tags.entry(tag).or_default().push(Operation { method, path, value });
        }
    }
    let info = &document["info"];
    html! {
        h1 { "The API" }
        @for paragraph in text(info, "description").split("\n\n") { p { (paragraph) } }
        p { "Machine-readable: " a href="/api/v1/openapi.json" { "openapi.json" } " (OpenAPI " (text(document, "openapi")) ")." }
        nav aria-label="Resources" { ul.inline { @for tag in tags.keys() { li { a href={ "#" (tag) } { (tag) } } } } }
        @for (tag, operations) in &tags {
            section aria-labelledby=(tag) {
                h2 id=(tag) { (tag) }
                @for operation in operations { (entry(operation)) }
            }
        }
        section aria-labelledby="shapes" {
            h2 id="shapes" { "Shapes" }
            @for (name, schema) in entries(&document["components"], "schemas") { (shape(name, schema)) }
        }
    }
}

fn entry(operation: &Operation<'_>) -> Markup {
    let Operation { method, path, value } = operation;
    html! {
        details {
            summary {
                span.method { (method.to_uppercase()) } " " code { (path) } " "
                span.dim { (text(value, "summary")) } " "
                @if let Some(scope) = value.get("x-tessera-scope").and_then(Value::as_str) { (badge("dim", scope)) }
            }
            @if !text(value, "description").is_empty() { p { (text(value, "description")) } }
            @if list(value, "parameters").next().is_some() {
                div.scroll { table {
                    caption { "Parameters" }
                    thead { tr { th scope="col" { "Name" } th scope="col" { "In" } th scope="col" { "Type" } th scope="col" { "Meaning" } } }
                    tbody { @for p in list(value, "parameters") { tr {
                        td { code { (text(p, "name")) } @if p["required"] == true { " (required)" } }
                        td { (text(p, "in")) }
                        td { (kind(&p["schema"])) }
                        td { (text(p, "description")) }
                    } } }
                } }
            }
            @for (mime, content) in entries(&value["requestBody"], "content") {
                p { "Body (" (mime) "): " (kind(&content["schema"])) " " (text(&value["requestBody"], "description")) }
            }
            ul { @for (status, response) in entries(value, "responses") {
                li { (status) ": " (text(response, "description")) " "
                    @for (_, content) in entries(response, "content") { (kind(&content["schema"])) } }
            } }
        }
    }
}

fn shape(name: &str, schema: &Value) -> Markup {
    let required: Vec<&str> = list(schema, "required").filter_map(Value::as_str).collect();
    html! {
        details id={ "shape-" (name) } {
            summary { code { (name) } " " span.dim { (text(schema, "description")) } }
            @for part in std::iter::once(schema).chain(list(schema, "allOf")) {
                @if let Some(target) = part.get("$ref").and_then(Value::as_str) { p { "All of " (link(target)) ", and:" } }
                @if entries(part, "properties").next().is_some() {
                    div.scroll { table {
                        thead { tr { th scope="col" { "Key" } th scope="col" { "Type" } th scope="col" { "Meaning" } } }
                        tbody { @for (key, property) in entries(part, "properties") { tr {
                            td { code { (key) } @if !required.contains(&key.as_str()) && part == schema { " (optional)" } }
                            td { (kind(property)) }
                            td { (text(property, "description")) }
                        } } }
                    } }
                }
            }
            @if list(schema, "enum").next().is_some() { p { "One of: " (words(schema)) } }
        }
    }
}

fn words(schema: &Value) -> String {
    list(schema, "enum").filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
}

fn link(target: &str) -> Markup {
    let name = target.rsplit('/').next().unwrap_or(target);
    html! { a href={ "#shape-" (name) } { (name) } }
}

/// A schema in a few words.
fn kind(schema: &Value) -> Markup {
    if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
        return link(target);
    }
    let either: Vec<&Value> = list(schema, "oneOf").chain(list(schema, "anyOf")).chain(list(schema, "allOf")).collect();
    if !either.is_empty() {
        return html! { @for (at, one) in either.iter().enumerate() { @if at > 0 { " or " } (kind(one)) } };
    }
    let types = match &schema["type"] {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" or "),
        Value::String(one) => one.clone(),
        _ => "any".into(),
    };
    html! {
        @if let Some(items) = schema.get("items") { "list of " (kind(items)) }
        @else { (types) @if !text(schema, "format").is_empty() { " (" (text(schema, "format")) ")" } }
    }
}
