//! BigQuery's set operations by name: `LEFT UNION ALL BY NAME ON (a)`, `UNION ALL CORRESPONDING BY (a)`. The parser knows
//! `BY NAME` alone, so what else is said becomes a mark between the two sides, which `lower::set` takes out again.

use super::edit::{Edit, copy, word};
use crate::tokens::{before, close, is_token, is_word, keyword, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};
use tessera_model::Dialect;

/// How a mark's text begins; nobody writes it by hand.
pub(crate) const MARK: &str = "\u{1}";

pub(super) fn modes(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    if dialect != Dialect::BigQuery {
        return edits;
    }
    for at in 0..tokens.len() {
        let operator = keyword(tokens.get(at));
        if matches!(operator, Keyword::UNION | Keyword::INTERSECT | Keyword::EXCEPT) {
            edits.extend(mode(tokens, at, operator).into_iter().flatten());
        }
    }
    edits
}

/// The edits of the set operation whose word stands at `at`; `None` when it is not by name.
fn mode(tokens: &[TokenWithSpan], at: usize, operator: Keyword) -> Option<Vec<Edit>> {
    let mut side = before(tokens, at)?;
    if keyword(tokens.get(side)) == Keyword::OUTER {
        side = before(tokens, side)?;
    }
    let said = match keyword(tokens.get(side)) {
        Keyword::LEFT => Some("left"),
        Keyword::INNER => Some("shared"),
        Keyword::FULL => Some("all"),
        _ => None,
    };
    let quantifier = solid(tokens, at + 1);
    let mut next = match keyword(tokens.get(quantifier)) {
        Keyword::ALL | Keyword::DISTINCT => solid(tokens, quantifier + 1),
        _ => quantifier,
    };
    let strict = is_word(tokens.get(next), "STRICT");
    next = if strict { solid(tokens, next + 1) } else { next };
    let corresponding = is_word(tokens.get(next), "CORRESPONDING");
    let list_word = if corresponding {
        next = solid(tokens, next + 1);
        "BY"
    } else if is_word(tokens.get(next), "BY") && is_word(tokens.get(solid(tokens, next + 1)), "NAME") {
        next = solid(tokens, solid(tokens, next + 1) + 1);
        "ON"
    } else {
        return None;
    };
    let mut names = Vec::new();
    let open = solid(tokens, next + 1);
    if is_word(tokens.get(next), list_word) && is_token(tokens.get(open), &Token::LParen) {
        let end = close(tokens, open).min(tokens.len().saturating_sub(1));
        names = copy(tokens, open + 1..end);
        next = end + 1;
    }
    // CORRESPONDING alone keeps what both sides have; STRICT and BY NAME alone want the same columns on both.
    let mode = said.unwrap_or(if corresponding && !strict { "shared" } else { "all" });
    let mut put = vec![word("VALUES"), Token::LParen, Token::SingleQuotedString(format!("{MARK}{mode}"))];
    if !names.is_empty() {
        put.push(Token::Comma);
        put.extend(names);
    }
    put.push(Token::RParen);
    let behind = match keyword(tokens.get(quantifier)) {
        Keyword::ALL | Keyword::DISTINCT => quantifier + 1,
        _ => at + 1,
    };
    // The operator stands before the mark and again behind it. The parser takes BY NAME behind UNION only.
    let blank = Token::Whitespace(Whitespace::Space);
    let by_name = match operator {
        Keyword::UNION => vec![blank.clone(), word("BY"), blank.clone(), word("NAME"), blank],
        _ => vec![blank],
    };
    let again = copy(tokens, at..behind);
    let put = [by_name.clone(), put, again, by_name].concat();
    let mut edits = vec![Edit { range: behind..next, put }];
    if said.is_some() {
        edits.push(Edit::drop(side..at));
    }
    Some(edits)
}
