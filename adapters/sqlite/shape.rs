//! From pragma rows to tables: what SQLite declares, with its own rules about what may be NULL.

use crate::file::{File, explain};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;
use std::path::Path;
use tessera_model::table::{ForeignKey, Origin};
use tessera_model::{Column, Dialect, Finding, TableName, TableSchema};
use tessera_ports::warehouse::{ObservedTable, RelationKind, WarehouseError};

const RELATIONS: &str = include_str!("sql/relations.sql");
const COLUMNS: &str = include_str!("sql/columns.sql");
const COLUMNS_OF: &str = include_str!("sql/columns_of.sql");
const KEYS: &str = include_str!("sql/keys.sql");
const REFERENCES: &str = include_str!("sql/references.sql");

/// Everything of one file, by name.
pub(crate) struct Shapes {
    pub(crate) tables: Vec<ObservedTable>,
    pub(crate) findings: Vec<Finding>,
}

/// A column as the pragma tells it.
struct Told {
    column: Column,
    /// Position in the primary key, from 1; 0 outside.
    key: i64,
}

type ByRelation<T> = BTreeMap<String, Vec<T>>;

pub(crate) async fn read(file: &mut File, path: &Path, database: &str, schema: &str) -> Result<Shapes, WarehouseError> {
    let failed = |e: sqlx::Error| explain(path, &e);
    let relations = file.rows(path, RELATIONS).await?;
    let mut findings = Vec::new();
    let mut columns = columns(file, path, schema, &relations, &mut findings).await?;
    let mut unique = keys(&file.rows(path, KEYS).await?).map_err(failed)?;
    let mut references = references(&file.rows(path, REFERENCES).await?).map_err(failed)?;

    let mut tables = Vec::with_capacity(relations.len());
    let primary_keys: BTreeMap<String, Vec<String>> =
        columns.iter().map(|(name, told)| (name.to_lowercase(), primary_key(told))).collect();
    for row in &relations {
        let name: String = row.try_get("name").map_err(failed)?;
        let kind = match row.try_get::<&str, _>("type").map_err(failed)? {
            "view" => RelationKind::View,
            _ => RelationKind::Table,
        };
        let without_rowid = row.try_get::<i64, _>("without_rowid").map_err(failed)? != 0;
        // No columns at all: a view over something that is gone. SQLite keeps it; whoever reads it fails.
        let told = columns.remove(&name);
        let open = told.is_none();
        let told = told.unwrap_or_default();
        let primary_key = primary_key(&told);
        let mut unique: Vec<Vec<String>> =
            unique.remove(&name).unwrap_or_default().into_iter().filter(|u| *u != primary_key).collect();
        unique.sort();
        unique.dedup();
        let foreign_keys = references
            .remove(&name)
            .unwrap_or_default()
            .into_iter()
            .map(|r| r.resolve(database, schema, &primary_keys))
            .collect();
        tables.push(ObservedTable {
            kind,
            definition: if kind == RelationKind::View { row.try_get("sql").map_err(failed)? } else { None },
            schema: TableSchema {
                columns: nullability(told, kind, without_rowid),
                primary_key,
                unique,
                foreign_keys,
                dialect: Dialect::Sqlite,
                origin: Some(Origin::Observed),
                open,
                ..TableSchema::default()
            },
            name: TableName::new(Some(database), Some(schema), &name),
        });
    }
    Ok(Shapes { tables, findings })
}

/// All at once; when one relation fails that, each on its own, and the failing ones become findings.
async fn columns(
    file: &mut File,
    path: &Path,
    schema: &str,
    relations: &[SqliteRow],
    findings: &mut Vec<Finding>,
) -> Result<ByRelation<Told>, WarehouseError> {
    let mut out = ByRelation::new();
    let failed = |e: sqlx::Error| explain(path, &e);
    match sqlx::query(COLUMNS).fetch_all(&mut file.connection).await {
        Ok(rows) => {
            for row in &rows {
                told(row, &mut out).map_err(failed)?;
            }
            return Ok(out);
        }
        Err(sqlx::Error::Database(e)) if e.code().as_deref() == Some("1") => {}
        Err(e) => return Err(failed(e)),
    }
    for row in relations {
        let name: String = row.try_get("name").map_err(failed)?;
        match sqlx::query(COLUMNS_OF).bind(&name).fetch_all(&mut file.connection).await {
            Ok(rows) => {
                for row in &rows {
                    told(row, &mut out).map_err(failed)?;
                }
            }
            Err(sqlx::Error::Database(e)) if e.code().as_deref() == Some("1") => findings.push(
                Finding::warning("relation-broken", format!("`{schema}.{name}` cannot be read: {}", e.message()))
                    .about(format!("{schema}.{name}"))
                    .remedy("restore what it reads, or drop it"),
            ),
            Err(e) => return Err(failed(e)),
        }
    }
    Ok(out)
}

fn told(row: &SqliteRow, out: &mut ByRelation<Told>) -> Result<(), sqlx::Error> {
    let relation: String = row.try_get("relation")?;
    let hidden: i64 = row.try_get("hidden")?;
    let list = out.entry(relation).or_default();
    // 1: a column of a virtual table that `select *` does not show.
    if hidden == 1 {
        return Ok(());
    }
    let data_type: Option<String> = row.try_get("type")?;
    let default: Option<String> = row.try_get("dflt_value")?;
    list.push(Told {
        column: Column {
            name: row.try_get("name")?,
            data_type: data_type.map(|t| plain_type(&t)).filter(|t| !t.is_empty()),
            nullable: Some(row.try_get::<i64, _>("not_null")? == 0),
            default: match hidden {
                2 => Some("generated always (virtual)".to_owned()),
                3 => Some("generated always (stored)".to_owned()),
                _ => default,
            },
            comment: None,
            type_origin: None,
        },
        key: row.try_get("pk")?,
    });
    Ok(())
}

/// SQLite appends the words GENERATED ALWAYS to the declared type of generated columns.
fn plain_type(declared: &str) -> String {
    const WORDS: &str = "GENERATED ALWAYS";
    let trimmed = declared.trim();
    match trimmed.len().checked_sub(WORDS.len()) {
        Some(at) if trimmed.is_char_boundary(at) && trimmed[at..].eq_ignore_ascii_case(WORDS) => {
            trimmed[..at].trim_end().to_owned()
        }
        _ => trimmed.to_owned(),
    }
}

fn primary_key(told: &[Told]) -> Vec<String> {
    let mut parts: Vec<_> = told.iter().filter(|t| t.key > 0).collect();
    parts.sort_by_key(|t| t.key);
    parts.iter().map(|t| t.column.name.clone()).collect()
}

/// A primary key alone does not forbid NULL in SQLite, but a rowid alias and a WITHOUT ROWID table do. A view's columns
/// are never marked: unknown.
fn nullability(told: Vec<Told>, kind: RelationKind, without_rowid: bool) -> Vec<Column> {
    let single = told.iter().filter(|t| t.key > 0).count() == 1;
    told.into_iter()
        .map(|Told { mut column, key }| {
            let alias =
                key > 0 && single && column.data_type.as_deref().is_some_and(|t| t.eq_ignore_ascii_case("integer"));
            if kind == RelationKind::View {
                column.nullable = None;
            } else if alias || (key > 0 && without_rowid) {
                column.nullable = Some(false);
            }
            column
        })
        .collect()
}

fn keys(rows: &[SqliteRow]) -> Result<ByRelation<Vec<String>>, sqlx::Error> {
    let mut by_key: BTreeMap<(String, String), Option<Vec<String>>> = BTreeMap::new();
    for row in rows {
        let columns = by_key.entry((row.try_get("relation")?, row.try_get("key")?)).or_insert_with(|| Some(Vec::new()));
        match row.try_get::<Option<String>, _>("name")? {
            Some(name) => columns.iter_mut().for_each(|c| c.push(name.clone())),
            None => *columns = None,
        }
    }
    let mut out = ByRelation::new();
    for ((relation, _), columns) in by_key {
        out.entry(relation).or_insert_with(Vec::new).extend(columns);
    }
    Ok(out)
}

#[derive(Default)]
struct Reference {
    columns: Vec<String>,
    parent: String,
    references: Vec<Option<String>>,
}

impl Reference {
    fn resolve(self, database: &str, schema: &str, primary_keys: &BTreeMap<String, Vec<String>>) -> ForeignKey {
        let implied = primary_keys.get(&self.parent.to_lowercase());
        let references = self
            .references
            .into_iter()
            .enumerate()
            .filter_map(|(i, named)| named.or_else(|| implied.and_then(|key| key.get(i).cloned())))
            .collect();
        ForeignKey {
            columns: self.columns,
            table: TableName::new(Some(database), Some(schema), &self.parent).to_string(),
            references,
        }
    }
}

fn references(rows: &[SqliteRow]) -> Result<ByRelation<Reference>, sqlx::Error> {
    let mut by_key: BTreeMap<(String, i64), Reference> = BTreeMap::new();
    for row in rows {
        let reference = by_key.entry((row.try_get("relation")?, row.try_get("id")?)).or_default();
        reference.parent = row.try_get("parent")?;
        reference.columns.push(row.try_get("child_column")?);
        reference.references.push(row.try_get("parent_column")?);
    }
    let mut out = ByRelation::new();
    for ((relation, _), reference) in by_key {
        out.entry(relation).or_insert_with(Vec::new).push(reference);
    }
    for list in out.values_mut() {
        list.sort_by(|a, b| (&a.columns, &a.parent, &a.references).cmp(&(&b.columns, &b.parent, &b.references)));
    }
    Ok(out)
}
