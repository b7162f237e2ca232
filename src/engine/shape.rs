//! Shapes of tables from different sources, made comparable. A catalog, a contract in YAML and SQL inference spell the
//! same column differently and know different parts of it; comparing one source's `before` with another's `after` would
//! raise false alarms. So a change of type counts only between like and like, and what one side does not know is no change.

use tessera_model::table::Origin;
use tessera_model::{Column, LogicalType, TableSchema};

/// A shape that only fills gaps: where a node's SQL says otherwise, the SQL wins.
pub fn soften(mut schema: TableSchema) -> TableSchema {
    schema.origin = Some(Origin::Declared);
    schema.open = true;
    schema
}

/// The shape that a node has *after* a change of SQL, given the accepted shape and what the same inference says of the
/// node before and after. Columns come from `after`; a column whose inferred type did not change keeps the accepted
/// spelling, nullability and comment.
pub fn carry_over(accepted: &TableSchema, before: &TableSchema, after: &TableSchema) -> TableSchema {
    let dialect = accepted.dialect;
    let columns = after
        .columns
        .iter()
        .map(|new| {
            let Some(old) = accepted.column(&new.name) else { return new.clone() };
            let was = before.column(&new.name).map_or(LogicalType::Unknown, |c| c.logical(before.dialect));
            let is = new.logical(after.dialect);
            let same = is.is_unknown() || was == is || (was.is_unknown() && old.logical(dialect) == is);
            Column {
                // The accepted spelling of the name: inference may not know the case that the warehouse stores.
                name: old.name.clone(),
                data_type: if same { old.data_type.clone() } else { new.data_type.clone() },
                nullable: match (before.column(&new.name).and_then(|c| c.nullable), new.nullable) {
                    (Some(a), Some(b)) if a != b => Some(b),
                    _ => old.nullable,
                },
                default: old.default.clone(),
                comment: old.comment.clone(),
                type_origin: if same { old.type_origin } else { Some(Origin::Inferred) },
            }
        })
        .collect();
    TableSchema { columns, open: after.open && accepted.open, dialect, ..accepted.clone() }
}

/// What a snapshot's SQL says, with the columns that dbt adds to the table by itself (`dbt_scd_id`, `dbt_valid_to`, …): no
/// manifest names them, so that a manifest does not mention them is no sign that they are gone.
pub fn with_snapshot_columns(accepted: &TableSchema, inferred: &TableSchema) -> TableSchema {
    let mut out = inferred.clone();
    let own = |c: &&Column| c.name.to_lowercase().starts_with("dbt_") && inferred.column(&c.name).is_none();
    out.columns.extend(accepted.columns.iter().filter(own).cloned());
    out
}

/// What one side of a comparison knows of a node.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// From a catalog of the same run, or from an enforced contract. `None` when it is only declared, or old.
    pub firm: Option<&'a TableSchema>,
    /// From SQL. `None` without SQL, or where a star stands on an unknown table.
    pub inferred: Option<&'a TableSchema>,
}

/// The shape that `accepted` turns into when a node's knowledge goes from `before` to `after`; `None` when that cannot be
/// told. SQL decides about columns, because a catalog shows what *stood* in the warehouse when it was read; types that
/// inference does not know are compared catalog with catalog and contract with contract.
pub fn proposed(accepted: &TableSchema, before: Known<'_>, after: Known<'_>) -> Option<TableSchema> {
    let firm_pair = before.firm.zip(after.firm).filter(|(b, a)| b.origin == a.origin);
    let mut out = match (before.inferred, after.inferred) {
        (Some(b), Some(a)) => carry_over(accepted, b, a),
        _ => {
            let observed = matches!(accepted.origin, Some(Origin::Catalog | Origin::Observed));
            let like =
                after.firm.filter(|a| a.origin == accepted.origin || (observed && a.origin == Some(Origin::Catalog)));
            return like.or(firm_pair.map(|(_, a)| a)).map(|a| keep_unknown(accepted, a));
        }
    };
    if let Some((b, a)) = firm_pair {
        for column in &mut out.columns {
            let (Some(was), Some(is)) = (b.column(&column.name), a.column(&column.name)) else { continue };
            let moved =
                was.data_type.is_some() && is.data_type.is_some() && was.logical(b.dialect) != is.logical(a.dialect);
            let inferred =
                |s: Option<&TableSchema>| s.and_then(|s| s.column(&column.name).map(|c| c.logical(s.dialect)));
            let told = inferred(before.inferred)
                .zip(inferred(after.inferred))
                .is_some_and(|(x, y)| !x.is_unknown() && !y.is_unknown());
            // A contract that says another type is a change whatever the SQL looks like.
            if moved && (!told || a.origin == Some(Origin::Contract)) {
                column.data_type.clone_from(&is.data_type);
                column.type_origin = None;
            }
            if was.nullable != is.nullable && is.nullable.is_some() && was.nullable.is_some() {
                column.nullable = is.nullable;
            }
        }
    }
    Some(out)
}

/// A catalog or contract knows less than an observation: what it does not say stays as it was.
fn keep_unknown(accepted: &TableSchema, new: &TableSchema) -> TableSchema {
    let mut out = new.clone();
    for column in &mut out.columns {
        if let Some(old) = accepted.column(&column.name) {
            column.data_type = column.data_type.take().or(old.data_type.clone());
            column.nullable = column.nullable.or(old.nullable);
            column.default = column.default.take().or(old.default.clone());
            column.comment = column.comment.take().or(old.comment.clone());
        }
    }
    if accepted.origin == Some(Origin::Observed) {
        out.primary_key = accepted.primary_key.clone();
        out.unique = accepted.unique.clone();
        out.foreign_keys = accepted.foreign_keys.clone();
        out.origin = Some(Origin::Observed);
    }
    out
}

/// What an observation adds to an accepted shape without changing it: types, nullability, defaults, comments and keys that
/// were unknown. `None` when it adds nothing.
pub fn refine(accepted: &TableSchema, observed: &TableSchema) -> Option<TableSchema> {
    let mut refined = observed_contract(accepted, observed);
    if !accepted.open {
        refined.columns.retain(|c| accepted.column(&c.name).is_some());
    }
    if accepted.origin == Some(Origin::Observed) {
        // Observed before: keys and comments that differ now are changes, not knowledge.
        refined.primary_key.clone_from(&accepted.primary_key);
        refined.unique.clone_from(&accepted.unique);
        refined.foreign_keys.clone_from(&accepted.foreign_keys);
    }
    (refined != *accepted).then_some(refined)
}

/// The contract that an observation makes: what the warehouse says, with what a warehouse cannot say (tests; types of view
/// columns in some engines) kept from the accepted one.
pub fn observed_contract(accepted: &TableSchema, observed: &TableSchema) -> TableSchema {
    let mut out = observed.clone();
    out.guarantees.clone_from(&accepted.guarantees);
    out.origin = Some(Origin::Observed);
    out.open = false;
    for column in &mut out.columns {
        let Some(old) = accepted.column(&column.name) else { continue };
        if column.data_type.is_none() {
            column.data_type.clone_from(&old.data_type);
            column.type_origin = old.type_origin;
        }
        column.comment = column.comment.take().or_else(|| old.comment.clone());
    }
    out
}

/// The observed shape seen through an accepted one: guarantees (tests) are not in a warehouse's catalog, and what the
/// accepted shape never knew, or only inferred, is no drift.
pub fn comparable(accepted: &TableSchema, observed: &TableSchema) -> TableSchema {
    let mut seen = observed.clone();
    seen.guarantees = accepted.guarantees.clone();
    let observed_before = accepted.origin == Some(Origin::Observed);
    let firm = matches!(accepted.origin, Some(Origin::Observed | Origin::Catalog | Origin::Contract | Origin::Given));
    if !observed_before {
        // Keys and comments in YAML and in the warehouse are different facts: only what was observed once can drift.
        seen.primary_key = accepted.primary_key.clone();
        seen.unique = accepted.unique.clone();
        seen.foreign_keys = accepted.foreign_keys.clone();
        seen.comment = accepted.comment.clone();
        if accepted.open {
            seen.columns.retain(|c| accepted.column(&c.name).is_some());
        }
    }
    for column in &mut seen.columns {
        let Some(old) = accepted.column(&column.name) else { continue };
        // An inferred fact is an opinion: the warehouse is right, and that is a refinement.
        let opinion = !firm || old.type_origin == Some(Origin::Inferred);
        if opinion || old.data_type.is_none() || column.data_type.is_none() {
            column.data_type = old.data_type.clone();
        }
        if !firm || old.nullable.is_none() {
            column.nullable = old.nullable;
        }
        if !observed_before {
            column.default = old.default.clone();
            column.comment = old.comment.clone();
        }
    }
    seen
}

#[cfg(test)]
mod tests;
