//! The `table` form of INTERFACES -> `TableSchema`: `{"columns": […], "primary_key": […]}` or a bare type (one column).
//! Everything a contract stores is read too (unique, foreign_keys, guarantees, …). Errors say where and how to mend;
//! a key that looks like a mistyped one is an error, other unknown keys are the client's own and are left alone.

use crate::{DiffError, Side};
use serde_json::{Map, Value};
use tessera_model::table::{Column, ForeignKey, Guarantee, Origin};
use tessera_model::{Dialect, TableSchema};

const TABLE_KEYS: &[&str] = &[
    "columns",
    "primary_key",
    "unique",
    "foreign_keys",
    "guarantees",
    "comment",
    "description",
    "dialect",
    "origin",
    "open",
];
const COLUMN_KEYS: &[&str] = &[
    "name",
    "type",
    "data_type",
    "nullable",
    "default",
    "comment",
    "description",
    "type_origin",
    "constraints",
    "id",
    "field_id",
    "aliases",
];

/// Name of the column when a bare type stands for a table.
const BARE: &str = "value";

/// Reads a table. `dialect` is how types are spelled unless the value says so itself.
pub fn table_from_value(value: &Value, dialect: Dialect) -> Result<TableSchema, DiffError> {
    read(value, dialect, Side::Given)
}

pub(crate) fn read(value: &Value, dialect: Dialect, side: Side) -> Result<TableSchema, DiffError> {
    Reader { side }.table(value, dialect)
}

struct Reader {
    side: Side,
}

impl Reader {
    fn bad<T>(&self, path: &str, message: impl Into<String>) -> Result<T, DiffError> {
        Err(DiffError::NotASchema { side: self.side, message: message.into(), path: path.to_owned() })
    }

    fn table(&self, value: &Value, dialect: Dialect) -> Result<TableSchema, DiffError> {
        let fields = match value {
            Value::String(text) if text.trim().is_empty() => return self.bad("", "the type is empty"),
            Value::String(text) => return Ok(TableSchema::new(dialect, vec![Column::new(BARE, Some(text.trim()))])),
            Value::Object(fields) => fields,
            other => {
                return self
                    .bad("", format!("a table is an object with `columns` or a type's name, not {}", kind(other)));
            }
        };
        self.no_typos(fields, TABLE_KEYS, "")?;
        let Some(columns) = fields.get("columns") else {
            return self.bad("", "`columns` is missing: a list of {\"name\": …, \"type\": …}");
        };
        let Value::Array(columns) = columns else {
            return self.bad("/columns", format!("`columns` must be a list, not {}", kind(columns)));
        };
        let mut table = TableSchema { dialect, ..TableSchema::default() };
        if let Some(name) = self.text(fields, "dialect", "")? {
            let Some(known) = Dialect::from_name(&name) else {
                return self.bad("/dialect", format!("unknown dialect `{name}`"));
            };
            table.dialect = known;
        }
        for (i, column) in columns.iter().enumerate() {
            let path = format!("/columns/{i}");
            let column = self.column(column, &path, &mut table)?;
            if table.columns.iter().any(|c| c.name == column.name) {
                return self.bad(&format!("{path}/name"), format!("column `{}` is listed twice", column.name));
            }
            table.columns.push(column);
        }
        let own_keys = self.names(fields, "primary_key")?;
        if !own_keys.is_empty() {
            table.primary_key = own_keys;
        }
        self.known_columns(&table, &table.primary_key, "/primary_key")?;
        table.unique.extend(self.decode::<Vec<Vec<String>>>(fields, "unique", "a list of lists of column names")?);
        table.foreign_keys = self.decode::<Vec<ForeignKey>>(
            fields,
            "foreign_keys",
            "a list of {\"columns\": […], \"table\": …, \"references\": […]}",
        )?;
        table.guarantees.extend(self.decode::<Vec<Guarantee>>(fields, "guarantees", "a list of {\"kind\": …, …}")?);
        table.comment = self.text(fields, "comment", "")?.or(self.text(fields, "description", "")?);
        table.origin = self.decode::<Option<Origin>>(
            fields,
            "origin",
            "observed, catalog, contract, inferred, declared or given",
        )?;
        table.open = self.flag(fields, "open", "")?.unwrap_or(false);
        Ok(table)
    }

    fn column(&self, value: &Value, path: &str, table: &mut TableSchema) -> Result<Column, DiffError> {
        let Value::Object(fields) = value else {
            return self.bad(path, format!("a column is an object with `name` and `type`, not {}", kind(value)));
        };
        self.no_typos(fields, COLUMN_KEYS, path)?;
        let name = match fields.get("name") {
            Some(Value::String(name)) if !name.is_empty() => name.clone(),
            Some(Value::String(_)) => return self.bad(&format!("{path}/name"), "a column's name must not be empty"),
            Some(other) => return self.bad(&format!("{path}/name"), format!("a name is text, not {}", kind(other))),
            None => return self.bad(path, "the column has no `name`"),
        };
        let data_type = self.text(fields, "type", path)?.or(self.text(fields, "data_type", path)?);
        let default = match fields.get("default") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(scalar @ (Value::Bool(_) | Value::Number(_))) => Some(scalar.to_string()),
            Some(other) => {
                return self.bad(
                    &format!("{path}/default"),
                    format!("a default is text, a number or a boolean, not {}", kind(other)),
                );
            }
        };
        let mut column = Column {
            name,
            data_type: data_type.filter(|t| !t.trim().is_empty()),
            nullable: self.flag(fields, "nullable", path)?,
            default,
            comment: self.text(fields, "comment", path)?.or(self.text(fields, "description", path)?),
            type_origin: None,
        };
        if let Some(origin) = fields.get("type_origin").filter(|o| !o.is_null()) {
            column.type_origin = match serde_json::from_value(origin.clone()) {
                Ok(origin) => Some(origin),
                Err(e) => return self.bad(&format!("{path}/type_origin"), e.to_string()),
            };
        }
        self.constraints(fields, path, &mut column, table)?;
        Ok(column)
    }

    /// dbt's column constraints: names, or objects with a `type`.
    fn constraints(
        &self,
        fields: &Map<String, Value>,
        path: &str,
        column: &mut Column,
        table: &mut TableSchema,
    ) -> Result<(), DiffError> {
        let list = match fields.get("constraints") {
            None | Some(Value::Null) => return Ok(()),
            Some(Value::Array(list)) => list,
            Some(other) => {
                return self.bad(&format!("{path}/constraints"), format!("must be a list, not {}", kind(other)));
            }
        };
        // A list is complete: what it does not name does not hold.
        column.nullable = column.nullable.or(Some(true));
        for (i, one) in list.iter().enumerate() {
            let at = format!("{path}/constraints/{i}");
            let Some(word) = one.as_str().or_else(|| one.get("type").and_then(Value::as_str)) else {
                return self.bad(&at, "a constraint is its name (`not_null`) or an object with `type`");
            };
            match word.to_ascii_lowercase().replace([' ', '-'], "_").as_str() {
                "not_null" => column.nullable = Some(false),
                "unique" => table.unique.push(vec![column.name.clone()]),
                "primary_key" => table.primary_key.push(column.name.clone()),
                other => table.guarantees.push(Guarantee::Custom {
                    name: match one.get("expression").and_then(Value::as_str) {
                        Some(expression) => format!("{other}: {expression}"),
                        None => other.to_owned(),
                    },
                    column: Some(column.name.clone()),
                }),
            }
        }
        Ok(())
    }

    fn no_typos(&self, fields: &Map<String, Value>, known: &[&str], path: &str) -> Result<(), DiffError> {
        for key in fields.keys().filter(|k| !known.contains(&k.as_str())) {
            let lower = key.to_ascii_lowercase();
            if let Some(meant) =
                known.iter().find(|k| strsim::damerau_levenshtein(k, &lower) <= 1 + usize::from(k.len() > 7))
            {
                return self.bad(&format!("{path}/{key}"), format!("unknown key `{key}`: did you mean `{meant}`?"));
            }
        }
        Ok(())
    }

    fn text(&self, fields: &Map<String, Value>, key: &str, path: &str) -> Result<Option<String>, DiffError> {
        match fields.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(other) => self.bad(&format!("{path}/{key}"), format!("`{key}` must be text, not {}", kind(other))),
        }
    }

    fn flag(&self, fields: &Map<String, Value>, key: &str, path: &str) -> Result<Option<bool>, DiffError> {
        match fields.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(b)) => Ok(Some(*b)),
            Some(other) => {
                self.bad(&format!("{path}/{key}"), format!("`{key}` must be true or false, not {}", kind(other)))
            }
        }
    }

    fn names(&self, fields: &Map<String, Value>, key: &str) -> Result<Vec<String>, DiffError> {
        match fields.get(key) {
            Some(Value::String(one)) => Ok(vec![one.clone()]),
            _ => self.decode(fields, key, "a list of column names"),
        }
    }

    fn decode<T: Default + serde::de::DeserializeOwned>(
        &self,
        fields: &Map<String, Value>,
        key: &str,
        expected: &str,
    ) -> Result<T, DiffError> {
        match fields.get(key) {
            None | Some(Value::Null) => Ok(T::default()),
            Some(value) => match serde_json::from_value(value.clone()) {
                Ok(decoded) => Ok(decoded),
                Err(e) => self.bad(&format!("/{key}"), format!("`{key}` must be {expected} ({e})")),
            },
        }
    }

    fn known_columns(&self, table: &TableSchema, names: &[String], path: &str) -> Result<(), DiffError> {
        match names.iter().position(|n| table.column(n).is_none()) {
            Some(i) if !table.open => {
                self.bad(&format!("{path}/{i}"), format!("no column `{}` in this table", names[i]))
            }
            _ => Ok(()),
        }
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
