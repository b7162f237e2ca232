//! One line of `tessera lineage --batch`: a JSON object in, a JSON object out (see INTERFACES). Meant for query logs and
//! for measuring, so every line gets an answer and a bad one stops nothing.

use crate::bind::Spelling;
use crate::catalog::{Catalog, Defaults};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tessera_model::lineage::{DirectKind, DirectRead, OutputColumn, QueryLineage};
use tessera_model::{Column, Dialect, TableName, TableSchema};

#[derive(Deserialize)]
struct Line {
    #[serde(default)]
    id: Value,
    dialect: Option<String>,
    sql: Option<String>,
    #[serde(default)]
    schemas: Option<Map<String, Value>>,
    #[serde(default)]
    defaults: Option<Given>,
    /// The relation that the text builds, for texts that read what it was before.
    #[serde(default)]
    relation: Option<String>,
}

#[derive(Deserialize)]
struct Given {
    #[serde(default)]
    database: Option<String>,
    #[serde(default)]
    schema: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    id: Value,
    #[serde(flatten)]
    lineage: QueryLineage,
}

#[derive(Serialize)]
struct Failure {
    id: Value,
    error: String,
}

/// Answers one input line. A bad line gives an object with `error`, never a stop.
pub fn batch_line(line: &str) -> String {
    let parsed: Line = match serde_json::from_str(line) {
        Ok(parsed) => parsed,
        Err(error) => {
            let id = serde_json::from_str::<Value>(line).ok().and_then(|v| v.get("id").cloned());
            return failure(id.unwrap_or_default(), format!("The line is not a case: {error}."));
        }
    };
    let Some(sql) = parsed.sql else {
        return failure(parsed.id, "The line has no \"sql\".".to_owned());
    };
    let name = parsed.dialect.unwrap_or_default();
    let Some(dialect) = Dialect::from_name(&name) else {
        let known: Vec<&str> = Dialect::ALL.iter().map(|d| d.name()).collect();
        return failure(parsed.id, format!("Dialect \"{name}\" is not known; one of {}.", known.join(", ")));
    };
    let mut catalog = Catalog::new(dialect);
    for (table, columns) in parsed.schemas.iter().flatten() {
        match table_schema(dialect, table, columns) {
            Ok((name, schema)) => catalog.insert(name, schema),
            Err(error) => return failure(parsed.id, error),
        }
    }
    let given = parsed.defaults.unwrap_or(Given { database: None, schema: None });
    let folding = dialect.table_folding();
    let filled = |text: Option<String>| text.filter(|t| !t.is_empty()).map(|t| folding.store(&t, has_case(&t)));
    let defaults = Defaults { database: filled(given.database), schema: filled(given.schema) };
    let own = parsed.relation.and_then(|name| TableName::parse(dialect, &name));
    let lineage = answer(&sql, dialect, &catalog, &defaults, own.as_ref());
    let id = parsed.id;
    serde_json::to_string(&Answer { id: id.clone(), lineage })
        .unwrap_or_else(|error| failure(id, format!("The answer could not be written: {error}.")))
}

/// The lineage of a text in the words of the batch form.
pub(crate) fn answer(
    sql: &str,
    dialect: Dialect,
    catalog: &Catalog,
    defaults: &Defaults,
    own: Option<&TableName>,
) -> QueryLineage {
    let mut lineage = crate::on_wide_stack(|| {
        let script = tessera_sql::parse(sql, dialect, &tessera_sql::Limits::default());
        crate::bind::script(&script, dialect, catalog, defaults, Spelling::Written, own).lineage
    });
    for column in &mut lineage.columns {
        deciding_columns_too(column);
    }
    lineage
}

/// Other tools count what decides about a value (CASE conditions, window keys) among its sources; here it is there and,
/// with its kind, in `indirect`.
fn deciding_columns_too(column: &mut OutputColumn) {
    for read in &column.indirect {
        let same = |d: &DirectRead| d.table == read.table && d.column == read.column;
        let known = column.direct.iter().any(same) || column.candidates.iter().any(same);
        if !known {
            let (table, column_name) = (read.table.clone(), read.column.clone());
            column.direct.push(DirectRead { table, column: column_name, kind: DirectKind::Transformation });
        }
    }
}

/// A table of `schemas`: names are written as in SQL, with or without quotes, columns map to types in the table's order.
fn table_schema(dialect: Dialect, table: &str, columns: &Value) -> Result<(TableName, TableSchema), String> {
    let name = TableName::parse(dialect, table).ok_or_else(|| format!("\"{table}\" is not a table's name."))?;
    let Value::Object(columns) = columns else {
        return Err(format!("The columns of \"{table}\" are not an object of name and type."));
    };
    let folding = dialect.column_folding();
    let stored = |written: &str| match TableName::parse(dialect, written) {
        Some(quoted) if written.starts_with(['"', '`', '[']) && quoted.schema.is_none() => quoted.name,
        _ => folding.store(written, has_case(written)),
    };
    let columns = columns.iter().map(|(column, ty)| Column::new(stored(column), ty.as_str())).collect();
    Ok((name, TableSchema::new(dialect, columns)))
}

/// A name in mixed case was quoted when the table was made; one in a single case may be either.
fn has_case(name: &str) -> bool {
    name.chars().any(char::is_uppercase) && name.chars().any(char::is_lowercase)
}

fn failure(id: Value, error: String) -> String {
    serde_json::to_string(&Failure { id, error }).unwrap_or_default()
}
