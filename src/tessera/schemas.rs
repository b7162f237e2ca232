//! Where a schema comes from: a file, a folder, standard input, a dbt model, a data contract, a schema registry. Each way ends
//! in the same `Source`: the value to compare, what is known of its format, and how it is called in messages.

mod dbt;
mod detect;
mod files;
pub(crate) mod odcs;
mod references;
mod registry;

pub(crate) use dbt::{model_of, name_of};
pub(crate) use detect::{agree, name as format_name};

use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::path::Path;
use tessera_model::Dialect;
use tessera_model::contract::SchemaFormat;

/// One side of a comparison.
#[derive(Debug, Clone)]
pub(crate) struct Source {
    /// For people: `new.avsc`, `manifest.json#model.shop.orders`, `orders-value version 3 of http://…`.
    pub(crate) label: String,
    /// The file it stands in, for annotations.
    pub(crate) file: Option<String>,
    pub(crate) value: Value,
    /// What it is, with the reason; `None` where nothing tells.
    pub(crate) format: Option<(SchemaFormat, String)>,
    pub(crate) dialect: Option<Dialect>,
    /// The table's dotted name.
    pub(crate) table: Option<String>,
    /// The file's name without its ending: a guess at the name.
    pub(crate) stem: Option<String>,
    /// A dbt model's contract, as `tessera_diff::dbt_contract` reads it.
    pub(crate) contract: Option<Value>,
    /// What was left out while it was read.
    pub(crate) notes: Vec<String>,
}

/// What narrows a source down.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) format: Option<SchemaFormat>,
    pub(crate) dialect: Dialect,
    /// A model of a manifest, or a table of a data contract.
    pub(crate) model: Option<&'a str>,
}

/// Reads one side: `-`, `registry:URL`, `FILE`, `FILE#MODEL`, `FOLDER`, or `FILE,FILE` for several files.
pub(crate) async fn load(spec: &str, wanted: Wanted<'_>) -> Result<Source> {
    if let Some(url) = spec.strip_prefix("registry:") {
        return registry::by_url(url).await;
    }
    let (path, fragment) = match spec.rsplit_once('#') {
        Some((path, fragment)) if !Path::new(spec).exists() && (path == "-" || Path::new(path).exists()) => {
            (path, Some(fragment))
        }
        _ => (spec, None),
    };
    let wanted = Wanted { model: fragment.or(wanted.model), ..wanted };
    let read = files::read(path, wanted)?;
    understand(read, path, fragment, wanted).with_context(|| path.to_owned())
}

/// The subject of a registry: `version` is a number or `latest`.
pub(crate) async fn of_registry(base: &str, subject: &str, version: &str) -> Result<Source> {
    registry::fetch(base, subject, version).await
}

fn understand(read: files::Read, path: &str, fragment: Option<&str>, wanted: Wanted<'_>) -> Result<Source> {
    let mut source = Source {
        label: if path == "-" { "standard input".to_owned() } else { path.to_owned() },
        file: (path != "-").then(|| path.to_owned()),
        value: read.value,
        format: read.format,
        dialect: None,
        table: None,
        stem: files::stem(path),
        contract: None,
        notes: Vec::new(),
    };
    if detect::is_manifest(&source.value) {
        let Some(model) = wanted.model else {
            bail!(
                "this is a dbt manifest: say which model is meant, as {path}#model.project.name or with --model NAME"
            );
        };
        let bytes = read.bytes.unwrap_or_default();
        return dbt::source(bytes, path, model);
    }
    if tessera_diff::odcs::is_odcs(&source.value) {
        return odcs::source(source, wanted);
    }
    if let Some(part) = fragment {
        bail!("`#{part}` cannot be looked up: this is neither a dbt manifest nor a data contract");
    }
    if source.format.is_none() {
        source.format = detect::by_content(&source.value);
    }
    if source.value["columns"].is_array() {
        source.table = source.value["name"].as_str().map(str::to_owned);
        source.dialect = source.value["dialect"].as_str().and_then(Dialect::from_name);
    }
    Ok(source)
}
