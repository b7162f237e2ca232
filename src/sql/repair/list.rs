//! Lists: rows of VALUES, tables of an UPDATE, assignments; and names that need quotes.

use super::edit::{Edit, copy, word};
use super::pattern::{expression, name};
use crate::tokens::{before, close, is_blank, is_end, is_token, is_word, keyword, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};
use tessera_model::Dialect;

/// `VALUES 1, 2` is `VALUES (1), (2)`; in FROM, VALUES gets brackets, and columns without a table's name get one.
pub(super) fn rows_of_one(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    let relations = matches!(dialect, Dialect::Databricks | Dialect::SparkSql);
    for values in places(tokens, Keyword::VALUES) {
        let first = solid(tokens, values + 1);
        let rows = rows(tokens, values);
        let Some((_, end)) = rows.last().copied() else { continue };
        let last = before(tokens, values).and_then(|i| tokens.get(i));
        let relation =
            keyword(last) == Keyword::FROM || keyword(last) == Keyword::JOIN || is_token(last, &Token::Comma);
        if relations && relation {
            edits.push(Edit::put(values, vec![Token::LParen]));
        }
        // Where the first row has its bracket all have; MySQL's VALUES(a) is a function besides.
        if !is_token(tokens.get(first), &Token::LParen) && keyword(tokens.get(first)) != Keyword::ROW {
            for (start, end) in rows {
                let bracket = is_token(tokens.get(start), &Token::LParen) && close(tokens, start) + 1 == end;
                if !bracket {
                    edits.push(Edit::put(start, vec![Token::LParen]));
                    edits.push(Edit::put(end, vec![Token::RParen]));
                }
            }
        }
        if relations && relation {
            edits.push(Edit::put(end, vec![Token::RParen]));
        }
        let shut = if is_token(tokens.get(solid(tokens, end)), &Token::RParen) { solid(tokens, end) + 1 } else { end };
        let alias = solid(tokens, shut);
        let named = keyword(tokens.get(alias)) == Keyword::AS;
        let columns = if named { solid(tokens, alias + 1) } else { alias };
        if relations && is_token(tokens.get(columns), &Token::LParen) {
            edits.push(Edit::put(columns, vec![word("rows_of_values")]));
        }
    }
    edits
}

/// The rows behind VALUES: where each starts and ends.
fn rows(tokens: &[TokenWithSpan], values: usize) -> Vec<(usize, usize)> {
    let mut rows = Vec::new();
    let mut at = solid(tokens, values + 1);
    loop {
        if matches!(keyword(tokens.get(at)), Keyword::VALUES | Keyword::SELECT) {
            return rows;
        }
        let end = match tokens.get(at).map(|t| &t.token) {
            // `(1, 2) t`: what follows the bracket is no part of the row.
            Some(Token::LParen) => {
                let end = (close(tokens, at) + 1).min(tokens.len());
                match tokens.get(solid(tokens, end)).map(|t| &t.token) {
                    None
                    | Some(
                        Token::Comma | Token::Word(_) | Token::RParen | Token::LParen | Token::EOF | Token::SemiColon,
                    ) => end,
                    Some(_) => expression(tokens, at).unwrap_or(end),
                }
            }
            _ => match expression(tokens, at) {
                Some(end) => end,
                None => return rows,
            },
        };
        rows.push((at, end));
        let comma = solid(tokens, end);
        if !is_token(tokens.get(comma), &Token::Comma) {
            return rows;
        }
        at = solid(tokens, comma + 1);
    }
}

/// `VALUES (1, 2) AS t (a, b)` as a statement is a query over that table.
pub(super) fn values_query(tokens: &[TokenWithSpan], _: Dialect) -> Vec<Edit> {
    let start = solid(tokens, 0);
    if keyword(tokens.get(start)) != Keyword::VALUES {
        return Vec::new();
    }
    let Some((_, end)) = rows(tokens, start).last().copied() else { return Vec::new() };
    let alias = match tokens.get(solid(tokens, end)).map(|t| &t.token) {
        Some(Token::Word(word)) => matches!(word.keyword, Keyword::NoKeyword | Keyword::AS),
        Some(Token::LParen) => true,
        _ => false,
    };
    match alias {
        true => vec![Edit::put(start, vec![word("SELECT"), Token::Mul, word("FROM")])],
        false => Vec::new(),
    }
}

/// MySQL's `UPDATE a, b SET …`: the comma is a join.
pub(super) fn target_tables(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Edit> {
    let start = solid(tokens, 0);
    if dialect != Dialect::MySql || keyword(tokens.get(start)) != Keyword::UPDATE {
        return Vec::new();
    }
    let mut edits = Vec::new();
    let mut at = start;
    while at < tokens.len() && keyword(tokens.get(at)) != Keyword::SET {
        match tokens[at].token {
            Token::LParen => at = close(tokens, at),
            Token::Comma => edits.push(Edit { range: at..at + 1, put: vec![word("CROSS"), word("JOIN")] }),
            _ => {}
        }
        at += 1;
    }
    edits
}

/// MySQL's `DELETE t1.*, t2.* FROM …`.
pub(super) fn deleted_tables(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Edit> {
    if dialect != Dialect::MySql || keyword(tokens.get(solid(tokens, 0))) != Keyword::DELETE {
        return Vec::new();
    }
    let star = |at: &usize| is_token(tokens.get(*at), &Token::Period) && is_token(tokens.get(at + 1), &Token::Mul);
    (0..tokens.len()).filter(star).map(|at| Edit::drop(at..at + 2)).collect()
}

/// `INSERT INTO t (WITH … SELECT …)`: to the parser the bracket would hold columns.
pub(super) fn inserted_query(tokens: &[TokenWithSpan], _: Dialect) -> Vec<Edit> {
    if keyword(tokens.get(solid(tokens, 0))) != Keyword::INSERT {
        return Vec::new();
    }
    let Some(open) = tokens.iter().position(|t| t.token == Token::LParen) else { return Vec::new() };
    let end = close(tokens, open);
    if keyword(tokens.get(solid(tokens, open + 1))) != Keyword::WITH || !is_end(tokens.get(solid(tokens, end + 1))) {
        return Vec::new();
    }
    vec![Edit::drop(open..open + 1), Edit::drop(end..(end + 1).min(tokens.len()))]
}

/// The types in `TRANSFORM (…) AS (a string, b int)`.
pub(super) fn transform_types(tokens: &[TokenWithSpan], _: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if !is_word(Some(token), "TRANSFORM") {
            continue;
        }
        let arguments = solid(tokens, at + 1);
        if !is_token(tokens.get(arguments), &Token::LParen) {
            continue;
        }
        let alias = solid(tokens, close(tokens, arguments) + 1);
        let open = solid(tokens, alias + 1);
        if keyword(tokens.get(alias)) != Keyword::AS || !is_token(tokens.get(open), &Token::LParen) {
            continue;
        }
        let end = close(tokens, open);
        let mut column = solid(tokens, open + 1);
        while column < end {
            let mut comma = column;
            let mut depth = 0usize;
            while comma < end && !(depth == 0 && tokens[comma].token == Token::Comma) {
                match tokens[comma].token {
                    Token::LParen | Token::Lt => depth += 1,
                    Token::RParen | Token::Gt => depth = depth.saturating_sub(1),
                    _ => {}
                }
                comma += 1;
            }
            if column + 1 < comma {
                edits.push(Edit::drop(column + 1..comma));
            }
            column = solid(tokens, comma + 1);
        }
    }
    edits
}

/// T-SQL's `x += 1` is `x = x + 1`.
pub(super) fn compound_assignments(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Edit> {
    if dialect != Dialect::TSql {
        return Vec::new();
    }
    let mut edits = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let sign = matches!(
            token.token,
            Token::Plus
                | Token::Minus
                | Token::Mul
                | Token::Div
                | Token::Mod
                | Token::Ampersand
                | Token::Pipe
                | Token::Caret
        );
        if !sign || !is_token(tokens.get(at + 1), &Token::Eq) {
            continue;
        }
        let Some(last) = before(tokens, at) else { continue };
        let mut first = last;
        while first >= 2 && is_token(tokens.get(first - 1), &Token::Period) {
            first -= 2;
        }
        if name(tokens, first) != Some(last + 1) {
            continue;
        }
        let mut put = vec![Token::Eq];
        put.extend(copy(tokens, first..last + 1));
        put.push(token.token.clone());
        edits.push(Edit { range: at..at + 2, put });
    }
    edits
}

/// `SET a[1] = x` writes `a`.
pub(super) fn assigned_elements(tokens: &[TokenWithSpan], _: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    if keyword(tokens.get(solid(tokens, 0))) != Keyword::UPDATE {
        return edits;
    }
    let mut at = 0;
    while at < tokens.len() {
        if !is_token(tokens.get(at), &Token::LBracket) {
            at += 1;
            continue;
        }
        let end = close(tokens, at) + 1;
        let target = before(tokens, at)
            .and_then(|name| before(tokens, name))
            .is_some_and(|i| keyword(tokens.get(i)) == Keyword::SET || is_token(tokens.get(i), &Token::Comma));
        if target && is_token(tokens.get(solid(tokens, end)), &Token::Eq) {
            edits.push(Edit::drop(at..end));
        }
        at = end;
    }
    edits
}

/// `FROM table`: some dialects let a table have that name.
pub(super) fn reserved_tables(tokens: &[TokenWithSpan], _: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    for at in places(tokens, Keyword::TABLE) {
        let last = keyword(before(tokens, at).and_then(|i| tokens.get(i)));
        let next = tokens.get(solid(tokens, at + 1));
        let alone = is_end(next)
            || matches!(next.map(|t| &t.token), Some(Token::RParen | Token::Comma))
            || matches!(next.map(|t| &t.token), Some(Token::Word(w)) if w.keyword != Keyword::NoKeyword);
        if matches!(last, Keyword::FROM | Keyword::JOIN) && alone {
            let Token::Word(found) = &tokens[at].token else { continue };
            edits.push(Edit { range: at..at + 1, put: vec![Token::make_word(&found.value, Some('"'))] });
        }
    }
    edits
}

/// BigQuery's `project-1.dataset-2.t` where the parser's tokens fall apart.
pub(super) fn hyphens(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    if dialect != Dialect::BigQuery {
        return edits;
    }
    for (at, token) in tokens.iter().enumerate() {
        let Token::Word(word) = &token.token else { continue };
        let names =
            matches!(word.keyword, Keyword::FROM | Keyword::JOIN | Keyword::INTO | Keyword::UPDATE | Keyword::TABLE);
        let start = solid(tokens, at + 1);
        if !names || !matches!(tokens.get(start).map(|t| &t.token), Some(Token::Word(_))) {
            continue;
        }
        let mut text = String::new();
        let mut end = start;
        while let Some(part) = tokens.get(end).filter(|t| !is_blank(t)) {
            match &part.token {
                Token::Word(w) => text.push_str(&w.value),
                Token::Number(n, _) => text.push_str(n),
                Token::Minus => text.push('-'),
                Token::Period => text.push('.'),
                _ => break,
            }
            end += 1;
        }
        if text.contains('-') {
            edits.push(Edit { range: start..end, put: vec![Token::make_word(&text, Some('`'))] });
        }
    }
    edits
}

fn places(tokens: &[TokenWithSpan], word: Keyword) -> impl Iterator<Item = usize> {
    tokens.iter().enumerate().filter(move |(_, t)| keyword(Some(t)) == word).map(|(at, _)| at)
}
