//! The shape of a node's table from what dbt knows, most trusted first: a fresh catalog, an enforced contract, YAML's
//! column names. What SQL infers comes between contract and YAML and is lineage's business.

use crate::catalog::{CatalogArtifact, CatalogTable};
use crate::node::{Constraint, Node, ResourceType};
use crate::project::Project;
use jiff::Timestamp;
use tessera_model::table::{Column, ForeignKey, Origin, TableSchema};

/// How a catalog relates to a manifest in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// Both were written by one `dbt docs generate`.
    SameRun,
    /// The catalog was written after the manifest.
    Newer,
    /// The manifest has moved on since.
    Stale { catalog: Timestamp, manifest: Timestamp },
    /// One of the two does not say when it was written.
    Unknown,
}

impl Freshness {
    /// Whether the catalog may speak for models. For sources it may always.
    pub fn is_fresh(self) -> bool {
        matches!(self, Freshness::SameRun | Freshness::Newer)
    }
}

pub fn catalog_freshness(project: &Project, catalog: &CatalogArtifact) -> Freshness {
    if project.invocation_id.is_some() && project.invocation_id == catalog.invocation_id {
        return Freshness::SameRun;
    }
    match (catalog.generated_at, project.generated_at) {
        (Some(c), Some(m)) if c >= m => Freshness::Newer,
        (Some(catalog), Some(manifest)) => Freshness::Stale { catalog, manifest },
        _ => Freshness::Unknown,
    }
}

/// The shape of a node's table; `None` when nothing is known of its columns. A stale catalog speaks for sources only,
/// and a catalog that lacks the node (it may be partial) speaks not at all.
pub fn shape(node: &Node, catalog: Option<&CatalogArtifact>, catalog_is_fresh: bool) -> Option<TableSchema> {
    let trusted = catalog_is_fresh || node.resource_type == ResourceType::Source;
    let table = catalog
        .filter(|_| trusted && !node.is_ephemeral())
        .and_then(|c| c.table(&node.unique_id))
        .filter(|t| !t.columns.is_empty());
    let mut schema = match table {
        Some(table) => observed(node, table),
        None if node.columns.is_empty() => return None,
        None => declared(node),
    };
    schema.guarantees.clone_from(&node.guarantees);
    schema.comment = table.and_then(|t| t.comment.clone()).or_else(|| node.description.clone());
    if node.contract_enforced {
        apply_constraints(node, &mut schema);
    }
    Some(schema)
}

fn observed(node: &Node, table: &CatalogTable) -> TableSchema {
    let columns = table
        .columns
        .iter()
        .map(|c| Column {
            comment: c.comment.clone().or_else(|| node.column(&c.name)?.description.clone()),
            ..Column::new(c.name.clone(), c.data_type.as_deref())
        })
        .collect();
    TableSchema { origin: Some(Origin::Catalog), ..TableSchema::new(node.dialect, columns) }
}

fn declared(node: &Node) -> TableSchema {
    let columns = node
        .columns
        .iter()
        .map(|c| Column {
            comment: c.description.clone(),
            ..Column::new(c.stored(node.dialect), c.data_type.as_deref())
        })
        .collect();
    let origin = if node.contract_enforced { Origin::Contract } else { Origin::Declared };
    TableSchema { origin: Some(origin), open: !node.contract_enforced, ..TableSchema::new(node.dialect, columns) }
}

/// An enforced contract's constraints. dbt writes them into the DDL of tables, not of views.
fn apply_constraints(node: &Node, schema: &mut TableSchema) {
    if node.materialized == "view" {
        return;
    }
    for constraint in &node.constraints {
        let columns = constraint.columns.clone();
        match constraint.kind.as_str() {
            "not_null" => not_null(schema, &columns),
            "primary_key" => {
                not_null(schema, &columns);
                schema.primary_key = columns;
            }
            "unique" if !columns.is_empty() && !schema.unique.contains(&columns) => schema.unique.push(columns),
            "foreign_key" => schema.foreign_keys.extend(foreign_key(constraint)),
            _ => {}
        }
    }
}

fn not_null(schema: &mut TableSchema, columns: &[String]) {
    let folding = schema.dialect.column_folding();
    for column in &mut schema.columns {
        if columns.iter().any(|c| folding.key(c) == folding.key(&column.name)) {
            column.nullable = Some(false);
        }
    }
}

/// From `to` and `to_columns`, or from the older `expression: "schema.table (column)"`.
fn foreign_key(constraint: &Constraint) -> Option<ForeignKey> {
    let (table, references) = match (&constraint.to, &constraint.expression) {
        (Some(to), _) => (to.clone(), constraint.to_columns.clone()),
        (None, Some(expression)) => {
            let text = expression.trim();
            let text = text.get(..10).filter(|p| p.eq_ignore_ascii_case("references")).map_or(text, |_| &text[10..]);
            let (table, rest) = text.split_once('(')?;
            let columns = rest.split(')').next()?.split(',').map(|c| c.trim().to_owned()).collect();
            (table.trim().to_owned(), columns)
        }
        _ => return None,
    };
    Some(ForeignKey { columns: constraint.columns.clone(), table: table.replace(['"', '`'], ""), references })
}
