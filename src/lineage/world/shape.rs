//! Which knowledge of a shape wins (DESIGN §4): observed > catalog > enforced contract > inferred from SQL > YAML names.

use tessera_model::table::Origin;
use tessera_model::{Column, TableSchema};

/// The best known shape. `inferred` is `None` where there is no SQL to infer from.
pub(super) fn best(known: Option<&TableSchema>, inferred: Option<&TableSchema>) -> TableSchema {
    let nothing = TableSchema { open: true, ..TableSchema::default() };
    match (known, inferred) {
        (None, None) => nothing,
        (None, Some(inferred)) => inferred.clone(),
        (Some(known), None) => known.clone(),
        (Some(known), Some(inferred)) => {
            let trusted =
                matches!(known.origin, Some(Origin::Observed | Origin::Catalog | Origin::Contract | Origin::Given));
            if trusted && !known.open {
                filled(known, inferred)
            } else if !inferred.open {
                let mut shape = filled(inferred, known);
                shape.origin = Some(Origin::Inferred);
                beside(&mut shape, known);
                shape
            } else {
                union(known, inferred)
            }
        }
    }
}

/// The columns of `base`; what they lack comes from `other`.
fn filled(base: &TableSchema, other: &TableSchema) -> TableSchema {
    let mut shape = base.clone();
    for column in &mut shape.columns {
        if let Some(found) = find(other, base, &column.name) {
            fill(column, found, other, base);
        }
    }
    shape
}

fn fill(column: &mut Column, from: &Column, other: &TableSchema, base: &TableSchema) {
    if column.data_type.is_none() && from.data_type.is_some() {
        // Spelled as the shape's own dialect does.
        column.data_type = match other.dialect == base.dialect {
            true => from.data_type.clone(),
            false => Some(from.logical(other.dialect).spell(base.dialect)),
        };
        column.type_origin = other.origin;
    }
    if column.nullable.is_none() {
        column.nullable = from.nullable;
    }
    if column.comment.is_none() {
        column.comment.clone_from(&from.comment);
    }
    if column.default.is_none() {
        column.default.clone_from(&from.default);
    }
}

fn find<'a>(schema: &'a TableSchema, like: &TableSchema, name: &str) -> Option<&'a Column> {
    let folding = like.dialect.column_folding();
    let key = folding.key(name);
    // YAML names are written in any case.
    schema
        .columns
        .iter()
        .find(|c| folding.is_key(&c.name, &key))
        .or_else(|| schema.columns.iter().find(|c| c.name.eq_ignore_ascii_case(name)))
}

/// Keys, guarantees and comments, which SQL does not say.
fn beside(shape: &mut TableSchema, known: &TableSchema) {
    shape.primary_key.clone_from(&known.primary_key);
    shape.unique.clone_from(&known.unique);
    shape.foreign_keys.clone_from(&known.foreign_keys);
    shape.guarantees.clone_from(&known.guarantees);
    shape.comment.clone_from(&known.comment);
}

/// Neither side knows all: every column that either knows, and open.
fn union(known: &TableSchema, inferred: &TableSchema) -> TableSchema {
    let mut shape = filled(inferred, known);
    for column in &known.columns {
        if find(inferred, inferred, &column.name).is_none() {
            let mut column = column.clone();
            column.type_origin = column.type_origin.or(known.origin);
            shape.columns.push(column);
        }
    }
    beside(&mut shape, known);
    shape.open = true;
    shape
}

#[cfg(test)]
mod tests;
