//! Names for expressions that the parser has no form for: `(1 AS one) + 1`, and ClickHouse's `WITH 1 AS one SELECT …`. The
//! expression takes the place of its name wherever that is used.

use super::edit::{Edit, copy};
use super::from_first::starts_query;
use super::pattern::expression;
use crate::tokens::{before, close, is_token, keyword, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;
use tessera_model::Dialect;

/// Tokens that all copies of one statement may add.
const GROWTH: usize = 50_000;
/// Names in one statement.
const MAX_NAMES: usize = 100;

struct Named {
    name: String,
    expr: Range<usize>,
    /// The whole definition, in which the name is not replaced.
    within: Range<usize>,
}

pub(super) fn expressions(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Edit> {
    let known = matches!(
        dialect,
        Dialect::ClickHouse | Dialect::Databricks | Dialect::SparkSql | Dialect::Redshift | Dialect::Snowflake
    );
    if !known {
        return Vec::new();
    }
    let mut edits = Vec::new();
    let mut named = bracketed(tokens, &mut edits);
    if dialect == Dialect::ClickHouse {
        with_items(tokens, &mut named, &mut edits);
    }
    if named.len() > MAX_NAMES {
        return Vec::new();
    }
    substitute(tokens, &named, &mut edits);
    edits
}

/// `( expression AS name )` where an expression may stand.
fn bracketed(tokens: &[TokenWithSpan], edits: &mut Vec<Edit>) -> Vec<Named> {
    let mut named = Vec::new();
    for (open, token) in tokens.iter().enumerate() {
        if token.token != Token::LParen {
            continue;
        }
        let operand = match before(tokens, open).map(|i| &tokens[i].token) {
            Some(Token::Word(w)) => matches!(
                w.keyword,
                Keyword::SELECT
                    | Keyword::AND
                    | Keyword::OR
                    | Keyword::NOT
                    | Keyword::WHERE
                    | Keyword::WHEN
                    | Keyword::THEN
                    | Keyword::ELSE
                    | Keyword::DISTINCT
            ),
            Some(Token::RParen) | None => false,
            Some(_) => true,
        };
        let start = solid(tokens, open + 1);
        if !operand || matches!(keyword(tokens.get(start)), Keyword::SELECT | Keyword::WITH) {
            continue;
        }
        let Some(end) = expression(tokens, start) else { continue };
        let alias = solid(tokens, end);
        let name = solid(tokens, alias + 1);
        let shut = solid(tokens, name + 1);
        let (Some(Token::Word(word)), true) =
            (tokens.get(name).map(|t| &t.token), is_token(tokens.get(shut), &Token::RParen))
        else {
            continue;
        };
        if keyword(tokens.get(alias)) == Keyword::AS {
            edits.push(Edit::drop(end..shut));
            named.push(Named { name: word.value.clone(), expr: start..end, within: open..shut + 1 });
        }
    }
    named
}

/// The items of a WITH that are expressions; those that are queries stay.
fn with_items(tokens: &[TokenWithSpan], named: &mut Vec<Named>, edits: &mut Vec<Edit>) {
    for (with, token) in tokens.iter().enumerate() {
        if keyword(Some(token)) != Keyword::WITH || !starts_query(tokens, with) && solid(tokens, 0) != with {
            continue;
        }
        let mut kept = false;
        let mut gone: Vec<Range<usize>> = Vec::new();
        let mut at = solid(tokens, with + 1);
        loop {
            let Some(end) = expression(tokens, at) else { return };
            let alias = solid(tokens, end);
            if keyword(tokens.get(alias)) != Keyword::AS {
                return;
            }
            let name = solid(tokens, alias + 1);
            let mut behind = name + 1;
            match tokens.get(name).map(|t| &t.token) {
                Some(Token::LParen) => {
                    kept = true;
                    behind = close(tokens, name) + 1;
                }
                Some(Token::Word(word)) => {
                    named.push(Named { name: word.value.clone(), expr: at..end, within: at..behind });
                    gone.push(at..behind);
                }
                _ => return,
            }
            let comma = solid(tokens, behind);
            if !is_token(tokens.get(comma), &Token::Comma) {
                break;
            }
            at = solid(tokens, comma + 1);
        }
        for range in &gone {
            let comma = solid(tokens, range.end);
            let last = !is_token(tokens.get(comma), &Token::Comma);
            match (kept, last) {
                // The last item takes the comma before it along.
                (true, true) => edits.push(Edit::drop(before(tokens, range.start).unwrap_or(range.start)..range.end)),
                (true, false) => edits.push(Edit::drop(range.start..comma + 1)),
                (false, _) => edits.push(Edit::drop(range.clone())),
            }
        }
        if !kept && let (Some(first), Some(last)) = (gone.first(), gone.last()) {
            edits.retain(|e| e.range.start < first.start || e.range.end > last.end);
            edits.push(Edit::drop(with..last.end));
        }
    }
}

fn substitute(tokens: &[TokenWithSpan], named: &[Named], edits: &mut Vec<Edit>) {
    let mut growth = 0;
    for (at, token) in tokens.iter().enumerate() {
        let Token::Word(word) = &token.token else { continue };
        let Some(found) = named.iter().find(|n| n.name.eq_ignore_ascii_case(&word.value)) else { continue };
        let last = before(tokens, at).and_then(|i| tokens.get(i));
        let next = tokens.get(solid(tokens, at + 1));
        let member = is_token(last, &Token::Period) || is_token(next, &Token::Period) || is_token(next, &Token::LParen);
        let inside = named.iter().any(|n| n.within.contains(&at));
        if member || inside || keyword(last) == Keyword::AS {
            continue;
        }
        growth += found.expr.len();
        if growth > GROWTH {
            return;
        }
        let mut put = vec![Token::LParen];
        put.extend(copy(tokens, found.expr.clone()));
        put.push(Token::RParen);
        edits.push(Edit { range: at..at + 1, put });
    }
}
