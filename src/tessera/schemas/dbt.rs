//! A dbt model as a table: its contract or its declared columns, or what a fresh catalog beside the manifest shows.

use super::Source;
use crate::artifacts;
use anyhow::{Context, Result, anyhow};
use serde_json::{Value, json};
use std::path::Path;
use tessera_dbt::{Node, Project, catalog_freshness, shape};
use tessera_model::TableSchema;
use tessera_model::contract::SchemaFormat;
use tessera_model::table::Origin;

/// `bytes`: the manifest, when it was read already (standard input).
pub(super) fn source(bytes: Vec<u8>, path: &str, model: &str) -> Result<Source> {
    let found = match path {
        "-" => artifacts::Artifacts { manifest: bytes, catalog: None, from: "standard input".to_owned() },
        path => artifacts::read(Path::new(path), None)?,
    };
    let (node, table, contract) = model_of(&found, model)?;
    let known = match table.origin {
        Some(Origin::Catalog) => "the catalog beside it",
        Some(Origin::Contract) => "its enforced contract",
        _ => "its declared columns",
    };
    Ok(Source {
        label: format!("{}#{}", found.from, node.unique_id),
        file: Some(node.patch_path.clone().or(node.path.clone()).unwrap_or_else(|| path.to_owned())),
        format: Some((SchemaFormat::Table, format!("a dbt model, by {known}"))),
        dialect: Some(table.dialect),
        table: Some(name_of(&node)),
        stem: None,
        contract: Some(contract),
        notes: Vec::new(),
        value: serde_json::to_value(&table).context("the table cannot be written as JSON")?,
    })
}

/// The model's node, its table, and its contract as dbt compares it.
pub(crate) fn model_of(found: &artifacts::Artifacts, model: &str) -> Result<(Node, TableSchema, Value)> {
    let (project, catalog) = found.parse()?;
    let node = find(&project, model)?.clone();
    let fresh = catalog.as_ref().is_some_and(|c| catalog_freshness(&project, c).is_fresh());
    let table = shape(&node, catalog.as_ref(), fresh).ok_or_else(|| {
        anyhow!(
            "nothing is known of the columns of {}: declare them in its YAML, or run `dbt docs generate` so that a catalog.json of the same run lies beside the manifest",
            node.unique_id
        )
    })?;
    let contract = contract(&node);
    Ok((node, table, contract))
}

pub(crate) fn name_of(node: &Node) -> String {
    node.relation.as_ref().map_or_else(|| node.name.clone(), |r| r.parts().collect::<Vec<_>>().join("."))
}

/// By unique id, relation, name or alias; a name that several bear is asked back.
fn find<'a>(project: &'a Project, model: &str) -> Result<&'a Node> {
    if let Some(node) = project.node(model) {
        return Ok(node);
    }
    let named = |n: &&Node| {
        n.name == model
            || n.alias.as_deref() == Some(model)
            || n.unique_id.ends_with(&format!(".{model}"))
            || name_of(n).eq_ignore_ascii_case(model)
    };
    let tables = || project.all_nodes().filter(|n| n.relation.is_some());
    let found: Vec<&Node> = tables().filter(named).collect();
    match found.as_slice() {
        [one] => Ok(one),
        [] => {
            let mut near: Vec<(f64, &str)> =
                tables().map(|n| (strsim::jaro_winkler(&n.name, model), n.unique_id.as_str())).collect();
            near.sort_by(|a, b| b.0.total_cmp(&a.0));
            let near: Vec<&str> =
                near.iter().filter(|(likeness, _)| *likeness > 0.75).take(3).map(|(_, id)| *id).collect();
            let hint = if near.is_empty() { String::new() } else { format!("; did you mean {}?", near.join(", ")) };
            Err(anyhow!("there is no model `{model}` in this manifest{hint}"))
        }
        many => {
            let ids: Vec<&str> = many.iter().take(5).map(|n| n.unique_id.as_str()).collect();
            Err(anyhow!("`{model}` could be {}: give the whole id", ids.join(", ")))
        }
    }
}

fn contract(node: &Node) -> Value {
    let words = |c: &tessera_dbt::Constraint| json!({"type": c.kind, "expression": c.expression});
    let columns: Vec<Value> = node
        .columns
        .iter()
        .map(|c| {
            let own: Vec<Value> = c.constraints.iter().map(words).collect();
            json!({"name": c.name, "type": c.data_type, "constraints": own})
        })
        .collect();
    let of_columns = |c: &&tessera_dbt::Constraint| node.columns.iter().any(|d| d.constraints.contains(c));
    let of_model: Vec<Value> = node
        .constraints
        .iter()
        .filter(|c| !of_columns(c))
        .map(|c| json!({"type": c.kind, "expression": c.expression, "columns": c.columns}))
        .collect();
    json!({
        "adapter": node.dialect.name(), "enforced": node.contract_enforced, "materialized": node.materialized, "columns": columns, "constraints": of_model,
    })
}
