//! `tessera import` and `tessera export`: tables from and to the Open Data Contract Standard. Data goes to standard output, what
//! has no place on the other side to standard error.

use crate::cli::{ExportArgs, ImportArgs};
use crate::commands::{print, say};
use crate::schemas::{self, odcs};
use crate::{CommandResult, artifacts};
use anyhow::{Context, anyhow, bail};
use serde_json::{Map, Value};
use tessera_diff::odcs::{OdcsHead, is_odcs, odcs_of_tables, tables_of_odcs};
use tessera_model::Dialect;

pub(crate) fn import(args: ImportArgs) -> CommandResult {
    let (path, fragment) = match args.file.rsplit_once('#') {
        Some((path, table)) if !std::path::Path::new(&args.file).exists() => (path, Some(table)),
        _ => (args.file.as_str(), None),
    };
    let text = match path {
        "-" => std::io::read_to_string(std::io::stdin()).context("cannot read standard input")?,
        path => std::fs::read_to_string(path).with_context(|| format!("cannot read {path}"))?,
    };
    let document: Value = serde_norway::from_str(&text).with_context(|| format!("{path}: neither YAML nor JSON"))?;
    if !is_odcs(&document) {
        bail!(
            "{path} is no data contract: a contract of the Open Data Contract Standard says `kind: DataContract` and `apiVersion: v3…`"
        );
    }
    let dialect = match args.dialect.as_deref() {
        None => Dialect::Generic,
        Some(name) => {
            Dialect::from_name(name).ok_or_else(|| anyhow!("--dialect: Tessera knows no SQL dialect `{name}`"))?
        }
    };
    let read = tables_of_odcs(&document, dialect).map_err(|e| anyhow!("{path}: {e}"))?;
    for note in &read.notes {
        say(&format!("note: {note}"));
    }
    let wanted = fragment.or(args.table.as_deref());
    let value = if wanted.is_some() || read.tables.len() == 1 {
        serde_json::to_value(&odcs::pick(&read, wanted)?.1)?
    } else {
        let all = read.tables.iter().map(|(name, table)| Ok((name.clone(), serde_json::to_value(table)?)));
        let all = all.collect::<serde_json::Result<Map<String, Value>>>()?;
        serde_json::json!({ "tables": all })
    };
    print(&serde_json::to_string_pretty(&value)?)
}

pub(crate) fn export(args: ExportArgs) -> CommandResult {
    if !args.format.eq_ignore_ascii_case("odcs") {
        bail!("--format: `{}` cannot be written; there is odcs", args.format);
    }
    let found = artifacts::read(&args.artifacts.location(), args.artifacts.catalog.as_deref())?;
    let (node, table, _) = schemas::model_of(&found, &args.asset)?;
    let name = schemas::name_of(&node);
    let head = OdcsHead {
        id: node.unique_id.clone(),
        name: node.name.clone(),
        version: args
            .version
            .unwrap_or_else(|| node.version.clone().map_or_else(|| "1.0.0".into(), |v| format!("{v}.0.0"))),
        status: if node.deprecation_date.is_some() { "deprecated" } else { "active" }.to_owned(),
    };
    let (contract, notes) = odcs_of_tables(&head, &[(name, table)]);
    for note in &notes {
        say(&format!("note: {note}"));
    }
    print(&serde_norway::to_string(&contract).context("the contract cannot be written as YAML")?)
}
