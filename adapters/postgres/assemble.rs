//! Rows of the catalog become tables. Relations and keys are read first and held; columns stream past in the order of
//! the relations, so only one table at a time is under construction.

use crate::copy::{Fields, Garbled, leading_number};
use std::collections::{HashMap, HashSet};
use tessera_model::table::{ForeignKey, Origin};
use tessera_model::{Column, Dialect, TableName, TableSchema};
use tessera_ports::warehouse::{ObservedTable, RelationKind};

#[derive(Debug)]
struct Relation {
    oid: u32,
    schema: u32,
    kind: RelationKind,
    name: String,
    comment: Option<String>,
    definition: Option<String>,
    primary_key: Vec<i16>,
    unique: Vec<Vec<i16>>,
    references: Vec<Reference>,
}

#[derive(Debug)]
struct Reference {
    columns: Vec<i16>,
    table: String,
    references: Vec<String>,
}

/// A relation that could not be understood: its schema is not completely read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Torn {
    pub(crate) schema: u32,
    /// The relation's name as far as it is known.
    pub(crate) relation: String,
    pub(crate) why: String,
}

/// What is known before the columns come.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    relations: Vec<Relation>,
    by_oid: HashMap<u32, usize>,
    /// Relations whose row was torn: their columns are passed over.
    skipped: HashSet<u32>,
    /// The relation under construction.
    at: usize,
    columns: Vec<(i16, Column)>,
    torn_here: Option<String>,
    pub(crate) torn: Vec<Torn>,
    /// Finished and not yet taken.
    pub(crate) ready: Vec<(u32, ObservedTable)>,
}

impl Assembly {
    pub(crate) fn len(&self) -> usize {
        self.relations.len()
    }

    pub(crate) fn relation(&mut self, row: &[u8]) -> Result<(), Garbled> {
        match read_relation(row) {
            Ok(relation) => {
                self.by_oid.insert(relation.oid, self.relations.len());
                self.relations.push(relation);
                Ok(())
            }
            // The two leading numbers are readable even then: enough to know whose schema is torn.
            Err(Garbled::NotUtf8) => {
                let oid = leading_number(row).ok_or(Garbled::NotUtf8)?;
                let rest = &row[row.iter().position(|b| *b == b'\t').ok_or(Garbled::Short)? + 1..];
                let schema = leading_number(rest).ok_or(Garbled::NotUtf8)?;
                self.skipped.insert(oid);
                let why = Garbled::NotUtf8.to_string();
                self.torn.push(Torn { schema, relation: format!("relation number {oid}"), why });
                Ok(())
            }
            Err(other) => Err(other),
        }
    }

    pub(crate) fn key(&mut self, row: &[u8]) -> Result<(), Garbled> {
        let mut fields = Fields::of(row)?;
        let (oid, primary, count) = (fields.number::<u32>()?, fields.flag()?, fields.number::<usize>()?);
        let columns = numbers(&fields.required()?, ' ')?;
        let Some(relation) = self.find(oid) else { return Ok(()) };
        // Columns beyond the count are only carried along (INCLUDE).
        let columns: Vec<i16> = columns.into_iter().take(count).collect();
        if primary {
            relation.primary_key = columns;
        } else {
            relation.unique.push(columns);
        }
        Ok(())
    }

    pub(crate) fn reference(&mut self, database: &str, row: &[u8]) -> Result<(), Garbled> {
        let mut fields = Fields::of(row)?;
        let oid = fields.number::<u32>()?;
        let columns = numbers(fields.required()?.trim_matches(['{', '}']), ',')?;
        let (schema, table) = (fields.required()?, fields.required()?);
        let table = TableName::new(Some(database), Some(&schema), &table).to_string();
        let references = serde_json::from_str(&fields.required()?).map_err(|_| Garbled::Value)?;
        if let Some(relation) = self.find(oid) {
            relation.references.push(Reference { columns, table, references });
        }
        Ok(())
    }

    fn find(&mut self, oid: u32) -> Option<&mut Relation> {
        self.by_oid.get(&oid).map(|i| &mut self.relations[*i])
    }

    /// Takes the next column; whatever is finished by its coming goes to `ready`.
    pub(crate) fn column(&mut self, names: &Names<'_>, row: &[u8]) -> Result<(), Garbled> {
        let oid = leading_number(row).ok_or(Garbled::Value)?;
        while self.relations.get(self.at).is_some_and(|r| r.oid < oid) {
            self.finish(names);
        }
        if self.relations.get(self.at).is_none_or(|r| r.oid != oid) {
            return if self.skipped.contains(&oid) { Ok(()) } else { Err(Garbled::Value) };
        }
        let view = matches!(self.relations[self.at].kind, RelationKind::View | RelationKind::MaterializedView);
        match read_column(row, view) {
            Ok(column) => self.columns.push(column),
            Err(Garbled::NotUtf8) => self.torn_here = Some(Garbled::NotUtf8.to_string()),
            Err(other) => return Err(other),
        }
        Ok(())
    }

    /// No more columns will come.
    pub(crate) fn end(&mut self, names: &Names<'_>) {
        while self.at < self.relations.len() {
            self.finish(names);
        }
    }

    fn finish(&mut self, names: &Names<'_>) {
        let columns = std::mem::take(&mut self.columns);
        let relation = &mut self.relations[self.at];
        self.at += 1;
        // The type was dropped while we read: formatting looks at the present, the rows are of the snapshot.
        let vanished = columns.iter().find(|(_, c)| c.data_type.as_deref().is_some_and(|t| t.contains("???")));
        let why = self
            .torn_here
            .take()
            .or(vanished.map(|(_, c)| format!("the type of column `{}` vanished during the scan", c.name)));
        if let Some(why) = why {
            self.torn.push(Torn { schema: relation.schema, relation: relation.name.clone(), why });
            return;
        }
        let table = build(names, relation, columns);
        self.ready.push((relation.oid, table));
    }
}

/// Names that all tables share.
pub(crate) struct Names<'a> {
    pub(crate) database: &'a str,
    pub(crate) schemas: HashMap<u32, &'a str>,
}

fn build(names: &Names<'_>, relation: &mut Relation, columns: Vec<(i16, Column)>) -> ObservedTable {
    let named = |numbers: &[i16]| -> Vec<String> {
        numbers
            .iter()
            .filter_map(|n| columns.binary_search_by_key(n, |(number, _)| *number).ok())
            .map(|i| columns[i].1.name.clone())
            .collect()
    };
    let primary_key = named(&relation.primary_key);
    let mut unique: Vec<Vec<String>> = relation.unique.iter().map(|u| named(u)).filter(|u| *u != primary_key).collect();
    unique.sort();
    unique.dedup();
    let mut foreign_keys: Vec<ForeignKey> = std::mem::take(&mut relation.references)
        .into_iter()
        .map(|r| ForeignKey { columns: named(&r.columns), table: r.table, references: r.references })
        .collect();
    foreign_keys.sort_by(|a, b| (&a.columns, &a.table, &a.references).cmp(&(&b.columns, &b.table, &b.references)));
    ObservedTable {
        name: TableName {
            database: Some(names.database.to_owned()),
            schema: names.schemas.get(&relation.schema).map(|s| (*s).to_owned()),
            name: std::mem::take(&mut relation.name),
        },
        kind: relation.kind,
        schema: TableSchema {
            columns: columns.into_iter().map(|(_, c)| c).collect(),
            primary_key,
            unique,
            foreign_keys,
            comment: relation.comment.take(),
            dialect: Dialect::Postgres,
            origin: Some(Origin::Observed),
            ..TableSchema::default()
        },
        definition: relation.definition.take(),
    }
}

fn read_relation(row: &[u8]) -> Result<Relation, Garbled> {
    let mut fields = Fields::of(row)?;
    Ok(Relation {
        oid: fields.number()?,
        schema: fields.number()?,
        kind: match fields.required()?.as_ref() {
            "r" => RelationKind::Table,
            "p" => RelationKind::PartitionedTable,
            "v" => RelationKind::View,
            "m" => RelationKind::MaterializedView,
            "f" => RelationKind::ForeignTable,
            _ => return Err(Garbled::Value),
        },
        name: fields.required()?.into_owned(),
        comment: fields.owned()?,
        definition: fields.owned()?,
        primary_key: Vec::new(),
        unique: Vec::new(),
        references: Vec::new(),
    })
}

fn read_column(row: &[u8], view: bool) -> Result<(i16, Column), Garbled> {
    let mut fields = Fields::of(row)?;
    let _relation = fields.required()?;
    let number = fields.number()?;
    let name = fields.required()?.into_owned();
    let data_type = fields.owned()?;
    let not_null = fields.flag()?;
    let identity = fields.required()?;
    let generated = fields.required()?;
    let expression = fields.text()?;
    let default = match (identity.as_ref(), generated.as_ref(), expression) {
        ("a", _, _) => Some("generated always as identity".to_owned()),
        ("d", _, _) => Some("generated by default as identity".to_owned()),
        (_, "s", Some(expression)) => Some(format!("generated always as ({expression}) stored")),
        (_, "v", Some(expression)) => Some(format!("generated always as ({expression}) virtual")),
        (_, _, expression) => expression.map(|e| e.into_owned()),
    };
    // The catalog never marks a view's column NOT NULL: that says nothing about what it yields.
    let nullable = if view { None } else { Some(!not_null) };
    Ok((number, Column { name, data_type, nullable, default, comment: fields.owned()?, type_origin: None }))
}

fn numbers(text: &str, separator: char) -> Result<Vec<i16>, Garbled> {
    text.split(separator).map(|n| n.trim().parse().map_err(|_| Garbled::Value)).collect()
}
