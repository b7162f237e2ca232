//! Passes over the tokens of one statement that drop or rewrite what the parser cannot read. `before` is for what it would
//! read wrongly and is all that a healthy statement pays; `after` is for a statement that failed. Positions stay as they
//! are, so diagnostics point at the text as it was written. `rules` holds the forms that a pattern can say, the other
//! modules what needs a program.

mod clause;
mod comprehension;
mod create;
mod edit;
mod from_first;
mod json;
mod list;
mod named;
mod pattern;
mod pivot;
mod rules;
pub(crate) mod set;
mod turned;

use crate::hash::FastSet;
use edit::{Edit, apply};
use pattern::{BUDGET, Pattern};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::cell::{Cell, OnceCell};
use tessera_model::Dialect;

/// Finds what to change in one form.
type Pass = fn(&[TokenWithSpan], Dialect) -> Vec<Edit>;

/// Completes what the parser would read wrongly.
pub(crate) fn before(tokens: &mut Vec<TokenWithSpan>, dialect: Dialect) {
    match dialect {
        Dialect::DuckDb => from_first::complete(tokens),
        Dialect::Trino | Dialect::Athena => {
            json::drop_clauses(tokens);
        }
        Dialect::ClickHouse => clause::join_strictness(tokens),
        _ => {}
    }
}

/// Failed statements of one text that are repaired; a text of more is not SQL.
const MAX_REPAIRS: usize = 2_000;

/// The repairs of one text's statements.
pub(crate) struct Repairs {
    dialect: Dialect,
    /// The dialect's rules, once the first statement has failed.
    rules: OnceCell<Vec<Pattern<'static>>>,
    left: Cell<usize>,
}

impl Repairs {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Repairs { dialect, rules: OnceCell::new(), left: Cell::new(MAX_REPAIRS) }
    }

    /// Rewrites a statement that failed. True when anything changed.
    pub(crate) fn after(&self, tokens: &mut Vec<TokenWithSpan>) -> bool {
        let Some(left) = self.left.get().checked_sub(1) else { return false };
        self.left.set(left);
        let dialect = self.dialect;
        let rules = self.rules.get_or_init(|| {
            let here = |dialects: &str| dialects == "*" || dialects.split(' ').any(|name| name == dialect.name());
            rules::RULES.iter().filter(|(dialects, _)| here(dialects)).map(|(_, text)| Pattern::new(text)).collect()
        });
        rewrite(tokens, dialect, rules)
    }
}

fn rewrite(tokens: &mut Vec<TokenWithSpan>, dialect: Dialect, patterns: &[Pattern<'_>]) -> bool {
    // Forms of whole statements first: the rules then see plain queries.
    let mut changed = create::lenient(tokens, dialect);
    changed |= from_first::multi_insert(tokens, dialect);
    changed |= from_first::reordered(tokens, dialect);
    changed |= pivot::statement(tokens, dialect);
    let modes = set::modes(tokens, dialect);
    changed |= apply(tokens, modes);
    changed |= rules(tokens, patterns);
    let passes: &[Pass] = &[
        turned::operators,
        pivot::unpivot_aliases,
        list::rows_of_one,
        list::values_query,
        list::target_tables,
        list::deleted_tables,
        list::inserted_query,
        list::transform_types,
        list::compound_assignments,
        list::assigned_elements,
        list::reserved_tables,
        list::hyphens,
        clause::sorting,
        clause::group_order,
        clause::grouped_members,
        clause::intervals,
        clause::members,
        clause::match_recognize,
        named::expressions,
        comprehension::lists,
    ];
    for pass in passes {
        let edits = pass(tokens, dialect);
        changed |= apply(tokens, edits);
    }
    if matches!(dialect, Dialect::MySql | Dialect::TSql | Dialect::Oracle | Dialect::Postgres) {
        changed |= json::drop_clauses(tokens);
    }
    changed
}

fn rules(tokens: &mut Vec<TokenWithSpan>, patterns: &[Pattern<'_>]) -> bool {
    let mut changed = false;
    let mut budget = BUDGET;
    let words: FastSet<String> = tokens
        .iter()
        .filter_map(|t| match &t.token {
            Token::Word(w) if w.quote_style.is_none() => Some(w.value.to_ascii_uppercase()),
            _ => None,
        })
        .collect();
    for pattern in patterns {
        if pattern.anchor.as_ref().is_some_and(|anchor| !words.contains(anchor)) {
            continue;
        }
        let mut edits = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            if crate::tokens::is_blank(&tokens[at]) {
                at += 1;
                continue;
            }
            match pattern.edits(tokens, at, &mut budget) {
                Some((found, end)) => {
                    edits.extend(found);
                    at = end.max(at + 1);
                }
                None => at += 1,
            }
        }
        changed |= apply(tokens, edits);
    }
    changed
}
