//! Warehouse tables: two lists of columns with types, keys and guarantees. Columns are matched by name as their dialect
//! compares names, types by their canonical form, and what a change of type does to values is looked up in a data file
//! (`table/rules/`), because warehouses differ.

mod advice;
mod columns;
mod guarantees;
mod hint;
mod keys;
mod read;
mod relation;
mod rename;
mod rules;
mod types;

#[cfg(test)]
mod tests;

pub(crate) use advice::quoted;
pub use hint::Hint;
pub use read::table_from_value;
pub(crate) use relation::RELATIONS;
pub use rename::{Rename, renames};
pub use rules::TypeRules;

use crate::{Diff, DiffError, Options, Side};
use serde_json::{Value, json};
use tessera_model::change::{Change, ChangeKind, Judgment};
use tessera_model::{Compatibility, TableSchema};

/// What every comparison inside one pair of tables needs.
pub(crate) struct Context<'a> {
    pub old: &'a TableSchema,
    pub new: &'a TableSchema,
    pub rules: TypeRules,
    pub hints: &'a [Hint],
}

/// Both sides of a pair of `table` values, and the options with what they say of renames where none are known yet.
pub(crate) fn sides(
    old: &Value,
    new: &Value,
    options: &Options,
) -> Result<(TableSchema, TableSchema, Options), DiffError> {
    let before = read::read(old, options.dialect, Side::Old)?;
    let after = read::read(new, options.dialect, Side::New)?;
    let options = if options.hints.is_empty() { hint::hinted(options, old, new) } else { options.clone() };
    Ok((before, after, options))
}

/// Compares two tables. Cannot fail: what is unknown on a side becomes an `undecided` change, never silence.
pub fn diff_tables(old: &TableSchema, new: &TableSchema, compat: Compatibility, options: &Options) -> Diff {
    if old == new {
        return Diff { changes: Vec::new(), undecided: false };
    }
    let rules = options.type_rules.as_deref().and_then(TypeRules::named).unwrap_or_else(|| {
        TypeRules::of(if new.dialect == tessera_model::Dialect::Generic { old.dialect } else { new.dialect })
    });
    let context = Context { old, new, rules, hints: &options.hints };
    let mut changes = Vec::new();
    let pairs = columns::compare(&context, &mut changes);
    keys::compare(&context, &pairs, &mut changes);
    guarantees::compare(&context, &pairs, &mut changes);
    if old.comment != new.comment {
        changes.push(
            build("comment-changed", "", ChangeKind::Documentation, Judgment::Ok, Judgment::Ok)
                .values(json!(old.comment), json!(new.comment))
                .says("the table's comment changed"),
        );
    }
    Diff::judged(changes, compat, &options.policy)
}

/// Starts a change; `path` is the column's path (`a`, `a.b`, `a[]`), empty for the table.
pub(crate) fn build(rule: &str, path: &str, kind: ChangeKind, reads: Judgment, writes: Judgment) -> Change {
    Change {
        rule: rule.to_owned(),
        path: path.to_owned(),
        column: None,
        kind,
        reads,
        writes,
        breaking: false,
        before: Value::Null,
        after: Value::Null,
        message: String::new(),
        witness: None,
        suggestion: None,
        steps: Vec::new(),
        source_rules: Vec::new(),
    }
}

/// Small setters, so that a change reads as one sentence where it is made.
pub(crate) trait Say: Sized {
    fn on(self, column: &str) -> Self;
    fn values(self, before: Value, after: Value) -> Self;
    fn says(self, message: impl Into<String>) -> Self;
    fn suggests(self, suggestion: impl Into<String>) -> Self;
}

impl Say for Change {
    fn on(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }
    fn values(mut self, before: Value, after: Value) -> Self {
        (self.before, self.after) = (before, after);
        self
    }
    fn says(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }
    fn suggests(mut self, suggestion: impl Into<String>) -> Self {
        self.suggestion = Some(suggestion.into());
        self
    }
}
