//! What a DuckDB PIVOT goes by: columns, each with the values that are listed for it. The parser knows one list of values;
//! of several columns their combinations are written down as tuples.

use super::edit::{Edit, copy, word};
use super::pattern::BUDGET;
use super::pivot::read_names;
use crate::tokens::{before, close, is_any_word, is_token, keyword, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;
use tessera_model::Dialect;

/// A column, or an expression, and the values listed for it.
pub(super) struct Turned {
    pub(super) column: Range<usize>,
    /// `None`: those of the data.
    values: Option<Vec<Vec<Token>>>,
}

/// Combinations that are written down; of more the names are not said.
const MAX_TUPLES: usize = 4_096;

/// `a IN (1, 2), b`, and without the commas.
pub(super) fn entries(tokens: &[TokenWithSpan], range: Range<usize>) -> Vec<Turned> {
    let mut out = Vec::new();
    let mut at = solid(tokens, range.start);
    while at < range.end {
        let start = at;
        while at < range.end && keyword(tokens.get(at)) != Keyword::IN && !is_token(tokens.get(at), &Token::Comma) {
            at = if is_token(tokens.get(at), &Token::LParen) { close(tokens, at) + 1 } else { at + 1 };
        }
        let column = start..at.min(range.end);
        let mut values = None;
        if at < range.end && keyword(tokens.get(at)) == Keyword::IN {
            let open = solid(tokens, at + 1);
            at = open + 1;
            if is_token(tokens.get(open), &Token::LParen) {
                at = close(tokens, open) + 1;
                values = listed(tokens, open);
            }
        }
        out.push(Turned { column, values });
        at = solid(tokens, at);
        if is_token(tokens.get(at), &Token::Comma) {
            at = solid(tokens, at + 1);
        }
    }
    out
}

/// The values between brackets, called by their aliases where they have some; `None` for a query.
fn listed(tokens: &[TokenWithSpan], open: usize) -> Option<Vec<Vec<Token>>> {
    let end = close(tokens, open);
    if is_any_word(tokens.get(solid(tokens, open + 1)), &["SELECT", "WITH", "FROM"]) {
        return None;
    }
    let mut out = Vec::new();
    let mut at = solid(tokens, open + 1);
    while at < end {
        let start = at;
        while at < end && !is_token(tokens.get(at), &Token::Comma) {
            at = if is_token(tokens.get(at), &Token::LParen) { close(tokens, at) + 1 } else { at + 1 };
        }
        let value: Vec<Token> =
            copy(tokens, start..at.min(end)).into_iter().filter(|t| !matches!(t, Token::Whitespace(_))).collect();
        out.push(match value.as_slice() {
            [_, .., Token::Word(alias)] => vec![Token::SingleQuotedString(alias.value.clone())],
            _ => value,
        });
        at = solid(tokens, at + 1);
    }
    Some(out)
}

/// `(a, b) IN ((1, 'x'), (1, 'y'))`, as it stands behind FOR; the values of the data where not all are listed.
pub(super) fn combined(tokens: &[TokenWithSpan], list: &[Turned]) -> Vec<Token> {
    let mut put = vec![Token::LParen];
    for (i, one) in list.iter().enumerate() {
        put.extend((i > 0).then_some(Token::Comma));
        put.extend(copy(tokens, one.column.clone()));
    }
    put.extend([Token::RParen, word("IN"), Token::LParen]);
    match tuples(list) {
        None => put.push(word("ANY")),
        Some(tuples) => {
            for (i, tuple) in tuples.into_iter().enumerate() {
                put.extend((i > 0).then_some(Token::Comma));
                let brackets = list.len() > 1;
                put.extend(brackets.then_some(Token::LParen));
                for (j, value) in tuple.into_iter().enumerate() {
                    put.extend((j > 0).then_some(Token::Comma));
                    put.extend(value.iter().cloned());
                }
                put.extend(brackets.then_some(Token::RParen));
            }
        }
    }
    put.push(Token::RParen);
    put
}

fn tuples(list: &[Turned]) -> Option<Vec<Vec<&[Token]>>> {
    let mut out: Vec<Vec<&[Token]>> = vec![Vec::new()];
    for one in list {
        let values = one.values.as_ref()?;
        if values.is_empty() || values.len().saturating_mul(out.len()) > MAX_TUPLES {
            return None;
        }
        out = out
            .iter()
            .flat_map(|tuple| {
                values.iter().map(|value| tuple.iter().copied().chain([value.as_slice()]).collect::<Vec<_>>())
            })
            .collect();
    }
    Some(out)
}

/// `FROM t PIVOT (sum(x) FOR a IN (1, 2) b IN ('x') GROUP BY k)`: one list of tuples, over the columns that are left.
pub(super) fn operators(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    if dialect != Dialect::DuckDb {
        return edits;
    }
    let (mut at, mut budget) = (0, BUDGET);
    while at < tokens.len() {
        let pivot = at;
        at += 1;
        let open = solid(tokens, at);
        if !is_any_word(tokens.get(pivot), &["PIVOT"]) || !is_token(tokens.get(open), &Token::LParen) {
            continue;
        }
        let end = close(tokens, open);
        let Some(left) = budget.checked_sub(end - open) else { return edits };
        budget = left;
        let Some(turn) = word_in(tokens, open + 1..end, Keyword::FOR) else { continue };
        let group = word_in(tokens, turn + 1..end, Keyword::GROUP);
        let list = entries(tokens, turn + 1..group.unwrap_or(end));
        if list.len() < 2 && group.is_none() {
            continue;
        }
        if let Some(group) = group {
            let keys = solid(tokens, group + 1) + 1..end;
            let Some(names) = read_names(tokens, keys, &list, Some(open + 1..turn)) else { continue };
            let Some(from) = relation_before(tokens, pivot) else { continue };
            edits.push(Edit::put(from, [vec![Token::LParen, word("SELECT")], names, vec![word("FROM")]].concat()));
            edits.push(Edit::put(pivot, vec![Token::RParen]));
        }
        edits.push(Edit { range: turn + 1..end, put: combined(tokens, &list) });
        at = end;
    }
    edits
}

/// The place of a word that stands in no further bracket.
fn word_in(tokens: &[TokenWithSpan], range: Range<usize>, wanted: Keyword) -> Option<usize> {
    let mut at = range.start;
    while at < range.end {
        match tokens.get(at)?.token {
            Token::LParen => at = close(tokens, at),
            _ if keyword(tokens.get(at)) == wanted => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Where the relation before a PIVOT starts, when it is a plain name or stands in brackets, behind FROM, JOIN or a comma.
fn relation_before(tokens: &[TokenWithSpan], pivot: usize) -> Option<usize> {
    let mut start = before(tokens, pivot)?;
    match tokens[start].token {
        Token::RParen => start = opening(tokens, start)?,
        Token::Word(_) => {
            while start > 1 && is_token(tokens.get(start - 1), &Token::Period) {
                start -= 2;
            }
        }
        _ => return None,
    }
    let ahead = before(tokens, start).and_then(|i| tokens.get(i));
    (is_any_word(ahead, &["FROM", "JOIN"]) || is_token(ahead, &Token::Comma)).then_some(start)
}

/// The place of the bracket that the one at `end` closes.
fn opening(tokens: &[TokenWithSpan], end: usize) -> Option<usize> {
    let mut depth = 0usize;
    for at in (0..=end).rev() {
        match tokens[at].token {
            Token::RParen => depth += 1,
            Token::LParen if depth == 1 => return Some(at),
            Token::LParen => depth -= 1,
            _ => {}
        }
    }
    None
}
