//! A contract -> tables.

use super::{OWN, OdcsTables, is_odcs, own, types};
use crate::{DiffError, Side};
use serde_json::Value;
use tessera_model::table::{ForeignKey, Guarantee};
use tessera_model::{Column, Dialect, TableSchema};

/// What a table's shape holds of a property, of an object, of a contract. Anything else becomes a note.
const PROPERTY: &[&str] = &[
    "name",
    "logicalType",
    "physicalType",
    "physicalName",
    "description",
    "required",
    "unique",
    "primaryKey",
    "primaryKeyPosition",
    "relationships",
    "quality",
    "customProperties",
    "properties",
    "items",
    "logicalTypeOptions",
];
const OBJECT: &[&str] = &[
    "name",
    "physicalName",
    "logicalType",
    "physicalType",
    "description",
    "properties",
    "relationships",
    "quality",
    "customProperties",
];
const CONTRACT: &[&str] = &["apiVersion", "kind", "id", "name", "version", "status", "schema", "customProperties"];

/// Reads the tables of an ODCS v3 contract. `dialect` is how physical types are spelled when the contract does not say so
/// itself (by `servers[].type`, or by our own property). Errors say where and how to mend.
pub fn tables_of_odcs(document: &Value, dialect: Dialect) -> Result<OdcsTables, DiffError> {
    let bad =
        |path: &str, message: String| Err(DiffError::NotASchema { side: Side::Given, message, path: path.to_owned() });
    if !is_odcs(document) {
        return bad("", "this is no data contract: `kind: DataContract` and `apiVersion` are missing".to_owned());
    }
    let version = document["apiVersion"].as_str().unwrap_or_default();
    if !version.trim_start_matches('v').starts_with("3.") {
        return bad("/apiVersion", format!("version `{version}` of the standard is not read: v3.0 to v3.2 are"));
    }
    let Some(objects) = document["schema"].as_array().filter(|s| !s.is_empty()) else {
        return bad(
            "/schema",
            "the contract has no `schema`: a list of objects with `name` and `properties`".to_owned(),
        );
    };
    let mut notes = Vec::new();
    beyond(document, CONTRACT, "the contract", &mut notes);
    let server =
        document["servers"].as_array().and_then(|s| s.iter().find_map(|s| Dialect::from_name(s["type"].as_str()?)));
    let dialect = if dialect == Dialect::Generic { server.unwrap_or_default() } else { dialect };
    let mut tables: Vec<(String, TableSchema)> = Vec::new();
    for (i, object) in objects.iter().enumerate() {
        let path = format!("/schema/{i}");
        let text = |key: &str| object[key].as_str().filter(|t| !t.is_empty());
        let Some(name) = text("physicalName").or(text("name")) else {
            return bad(&path, "the object has no `name`".to_owned());
        };
        let mut reader = Reader { table: TableSchema { dialect, ..TableSchema::default() }, name, notes: &mut notes };
        if let Err((at, message)) = reader.object(object) {
            return bad(&format!("{path}{at}"), message);
        }
        tables.push((name.to_owned(), reader.table));
    }
    Ok(OdcsTables { tables, notes })
}

/// Notes what stands there beyond what is read.
fn beyond(element: &Value, known: &[&str], what: &str, notes: &mut Vec<String>) {
    let Some(fields) = element.as_object() else { return };
    let mut extra: Vec<&str> = fields.keys().map(String::as_str).filter(|k| !known.contains(k)).collect();
    let foreign = element["customProperties"]
        .as_array()
        .is_some_and(|list| list.iter().any(|p| !p["property"].as_str().unwrap_or_default().starts_with(OWN)));
    if foreign {
        extra.push("customProperties");
    }
    if !extra.is_empty() {
        notes.push(format!("{what}: {} are not part of a table's shape and are left out", extra.join(", ")));
    }
}

struct Reader<'a> {
    table: TableSchema,
    name: &'a str,
    notes: &'a mut Vec<String>,
}

type Wrong = (String, String);

impl Reader<'_> {
    fn object(&mut self, object: &Value) -> Result<(), Wrong> {
        let name = self.name;
        beyond(object, OBJECT, name, self.notes);
        if let Some(said) = own(object, "dialect").and_then(Value::as_str) {
            self.table.dialect = Dialect::from_name(said)
                .ok_or_else(|| ("/customProperties".to_owned(), format!("unknown dialect `{said}`")))?;
        }
        self.table.open = own(object, "open").and_then(Value::as_bool).unwrap_or(false);
        self.table.comment = object["description"].as_str().map(str::to_owned);
        let Some(properties) = object["properties"].as_array() else {
            return Err(("/properties".to_owned(), format!("`{name}` has no list of `properties`")));
        };
        let mut keys: Vec<(u64, String)> = Vec::new();
        for (i, property) in properties.iter().enumerate() {
            self.property(property, &mut keys).map_err(|m| (format!("/properties/{i}"), m))?;
        }
        keys.sort();
        self.table.primary_key = keys.into_iter().map(|(_, name)| name).collect();
        if let Some(list) = own(object, "unique") {
            let several: Vec<Vec<String>> = serde_json::from_value(list.clone())
                .map_err(|e| ("/customProperties".to_owned(), format!("`{OWN}unique`: {e}")))?;
            self.table.unique.extend(several);
        }
        match own(object, "foreign_keys") {
            Some(list) => {
                self.table.foreign_keys = serde_json::from_value(list.clone())
                    .map_err(|e| ("/customProperties".to_owned(), format!("`{OWN}foreign_keys`: {e}")))?;
            }
            None => self.relationships(object),
        }
        for check in object["quality"].as_array().into_iter().flatten() {
            self.quality(check, None);
        }
        Ok(())
    }

    fn property(&mut self, property: &Value, keys: &mut Vec<(u64, String)>) -> Result<(), String> {
        let Some(name) = property["name"].as_str().filter(|n| !n.is_empty()) else {
            return Err("the property has no `name`".to_owned());
        };
        // The physical name is what the warehouse stores, and what SQL reads.
        let name = property["physicalName"].as_str().filter(|n| !n.is_empty()).unwrap_or(name);
        if self.table.columns.iter().any(|c| c.name == name) {
            return Err(format!("property `{name}` is listed twice"));
        }
        let place = format!("{}.{name}", self.name);
        beyond(property, PROPERTY, &place, self.notes);
        self.options(property, &place);
        let flag = |key: &str| match &property[key] {
            Value::Null => Ok(None),
            Value::Bool(b) => Ok(Some(*b)),
            other => Err(format!("`{key}` of `{name}` must be true or false, not {other}")),
        };
        let (required, unique, key) = (flag("required")?, flag("unique")?, flag("primaryKey")?);
        self.table.columns.push(Column {
            name: name.to_owned(),
            data_type: types::spelling(property, self.table.dialect)
                .filter(|_| own(property, "type").and_then(Value::as_str) != Some("unknown")),
            nullable: required.map(|r| !r),
            default: own(property, "default").and_then(Value::as_str).map(str::to_owned),
            comment: property["description"].as_str().map(str::to_owned),
            type_origin: None,
        });
        if unique == Some(true) {
            self.table.unique.push(vec![name.to_owned()]);
        }
        if key == Some(true) {
            keys.push((property["primaryKeyPosition"].as_u64().unwrap_or(u64::MAX), name.to_owned()));
        }
        let odd = own(property, "relationships").and_then(Value::as_array).into_iter().flatten();
        let said = property["relationships"].as_array().into_iter().flatten().map(|r| &r["to"]);
        for to in said.chain(odd) {
            match to.as_str().and_then(|t| t.rsplit_once('.')) {
                Some((table, field)) => self.table.guarantees.push(Guarantee::Relationship {
                    column: name.to_owned(),
                    to: table.to_owned(),
                    field: field.to_owned(),
                }),
                None => self.notes.push(format!("{place}: a relationship without `to: table.column` is left out")),
            }
        }
        for check in property["quality"].as_array().into_iter().flatten() {
            self.quality(check, Some(name));
        }
        Ok(())
    }

    /// Bounds and patterns are no part of a column's type.
    fn options(&mut self, property: &Value, place: &str) {
        let taken = |key: &str| matches!(key, "maxLength" | "timezone" | "format");
        let options = property["logicalTypeOptions"].as_object().into_iter().flatten();
        let extra: Vec<&str> = options.map(|(k, _)| k.as_str()).filter(|k| !taken(k)).collect();
        if !extra.is_empty() {
            self.notes.push(format!(
                "{place}: logicalTypeOptions {} are not part of a column's type and are left out",
                extra.join(", ")
            ));
        }
        let mut nested = property["properties"].as_array().into_iter().flatten();
        if nested.any(|p| p["required"] == true || p["unique"] == true || p["primaryKey"] == true) {
            self.notes.push(format!(
                "{place}: required and unique inside of it have no place in a column's type and are left out"
            ));
        }
    }

    fn relationships(&mut self, object: &Value) {
        for link in object["relationships"].as_array().into_iter().flatten() {
            let list = |key: &str| match &link[key] {
                Value::String(one) => vec![one.clone()],
                Value::Array(many) => many.iter().filter_map(|v| v.as_str().map(str::to_owned)).collect(),
                _ => Vec::new(),
            };
            let column = |text: &String| text.rsplit('.').next().unwrap_or(text).to_owned();
            let (from, to) = (list("from"), list("to"));
            let table = to.first().and_then(|t| t.rsplit_once('.')).map(|(table, _)| table.to_owned());
            match table {
                Some(table) if from.len() == to.len() => self.table.foreign_keys.push(ForeignKey {
                    columns: from.iter().map(column).collect(),
                    table,
                    references: to.iter().map(column).collect(),
                }),
                _ => self.notes.push(format!(
                    "{}: a relationship needs `from` and `to: table.column` of one length; this one is left out",
                    self.name
                )),
            }
        }
    }

    fn quality(&mut self, check: &Value, column: Option<&str>) {
        let place = column.map_or_else(|| self.name.to_owned(), |c| format!("{}.{c}", self.name));
        // `rule` is v3.0's word for `metric`.
        let metric = check["metric"].as_str().or(check["rule"].as_str()).unwrap_or_default();
        let exact = check["mustBe"].as_i64() == Some(0);
        let texts = |value: &Value| -> Option<Vec<String>> {
            let texts = value.as_array()?.iter().map(|v| v.as_str().map_or_else(|| v.to_string(), str::to_owned));
            Some(texts.collect())
        };
        let promise = match (metric, column) {
            ("nullValues" | "missingValues" | "nullCheck", Some(c)) if exact => {
                Some(Guarantee::NotNull { column: c.to_owned() })
            }
            ("duplicateValues" | "uniqueCheck" | "duplicateCount", c) if exact => {
                let named = texts(&check["arguments"]["properties"]);
                named.or_else(|| c.map(|c| vec![c.to_owned()])).map(|columns| Guarantee::Unique { columns })
            }
            ("invalidValues" | "validValues", Some(c)) if exact => texts(&check["arguments"]["validValues"])
                .or_else(|| texts(&check["validValues"]))
                .map(|values| Guarantee::AcceptedValues { column: c.to_owned(), values }),
            _ => None,
        };
        let promise = promise.or_else(|| {
            let said = check["implementation"].as_str().filter(|_| check["type"] == "custom")?;
            Some(Guarantee::Custom { name: said.to_owned(), column: column.map(str::to_owned) })
        });
        match promise {
            Some(promise) => self.table.guarantees.push(promise),
            None => {
                let what = ["name", "metric", "rule", "query", "description"].iter().find_map(|k| check[*k].as_str());
                self.notes.push(format!(
                    "{place}: the quality check {} promises nothing that a table's shape holds, and is left out",
                    what.unwrap_or("without a name")
                ));
            }
        }
    }
}
