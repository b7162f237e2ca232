//! DuckDB's PIVOT and UNPIVOT statements, as the table operators that they are short for; and aliases in UNPIVOT lists,
//! which are values of the name column and read nothing.

use super::edit::{Edit, apply, copy, word};
use super::from_first::starts_query;
use super::pattern::name;
use super::turned::{self, Turned};
use crate::tokens::{close, is_any_word, is_token, keyword, slice, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;
use tessera_model::Dialect;

pub(super) fn statement(tokens: &mut Vec<TokenWithSpan>, dialect: Dialect) -> bool {
    if dialect != Dialect::DuckDb {
        return false;
    }
    let mut edits = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let pivot = is_any_word(tokens.get(at), &["PIVOT", "PIVOT_WIDER"]);
        let unpivot = is_any_word(tokens.get(at), &["UNPIVOT", "PIVOT_LONGER"]);
        if !(pivot || unpivot) || !starts_statement(tokens, at) {
            at += 1;
            continue;
        }
        let (clauses, end) = clauses(tokens, at);
        let put = if pivot { pivot_words(tokens, &clauses) } else { unpivot_words(tokens, &clauses) };
        edits.extend(put.map(|put| Edit { range: at..end, put }));
        at = end.max(at + 1);
    }
    apply(tokens, edits)
}

/// At the start of a query, or behind the WITH of one.
fn starts_statement(tokens: &[TokenWithSpan], at: usize) -> bool {
    let before = crate::tokens::before(tokens, at).and_then(|i| tokens.get(i));
    // Behind a table `PIVOT (` is the operator; the statement's table in brackets is followed by its ON or USING.
    let open = solid(tokens, at + 1);
    let behind = if is_token(tokens.get(open), &Token::LParen) { solid(tokens, close(tokens, open) + 1) } else { open };
    let statement = behind == open || is_any_word(tokens.get(behind), &["ON", "USING", "GROUP"]);
    starts_query(tokens, at)
        || (statement && is_token(before, &Token::RParen) && keyword(tokens.first()) == Keyword::WITH)
}

/// The parts of a PIVOT or UNPIVOT statement by the word that each starts with; and where it ends.
fn clauses(tokens: &[TokenWithSpan], start: usize) -> (Vec<(Keyword, Range<usize>)>, usize) {
    let mut out = vec![(Keyword::FROM, solid(tokens, start + 1)..start)];
    let mut at = start + 1;
    while let Some(token) = tokens.get(at) {
        match &token.token {
            Token::LParen => {
                at = (close(tokens, at) + 1).min(tokens.len());
                continue;
            }
            Token::RParen | Token::SemiColon | Token::EOF => break,
            Token::Word(word) => {
                let kw = word.keyword;
                if matches!(kw, Keyword::ON | Keyword::USING | Keyword::INTO | Keyword::GROUP) {
                    close_last(&mut out, at);
                    out.push((kw, at + 1..at + 1));
                } else if matches!(kw, Keyword::ORDER | Keyword::LIMIT | Keyword::UNION) {
                    break;
                }
            }
            _ => {}
        }
        at += 1;
    }
    close_last(&mut out, at);
    (out, at)
}

fn close_last(parts: &mut [(Keyword, Range<usize>)], end: usize) {
    if let Some((_, range)) = parts.last_mut() {
        range.end = end;
    }
}

fn part(clauses: &[(Keyword, Range<usize>)], word: Keyword) -> Option<Range<usize>> {
    clauses.iter().find(|(w, _)| *w == word).map(|(_, range)| range.clone())
}

fn all_from(tokens: &[TokenWithSpan], clauses: &[(Keyword, Range<usize>)]) -> Option<Vec<Token>> {
    let mut put = vec![word("SELECT"), Token::Mul, word("FROM")];
    put.extend(copy(tokens, part(clauses, Keyword::FROM)?));
    Some(put)
}

/// `PIVOT t ON a USING sum(b)`: `SELECT * FROM t PIVOT (sum(b) FOR (a) IN (ANY))`.
fn pivot_words(tokens: &[TokenWithSpan], clauses: &[(Keyword, Range<usize>)]) -> Option<Vec<Token>> {
    let Some(on) = part(clauses, Keyword::ON) else { return grouped_words(tokens, clauses) };
    let on = turned::entries(tokens, on);
    let mut put = match narrowed(tokens, clauses, &on) {
        Some(put) => put,
        None => all_from(tokens, clauses)?,
    };
    put.extend([word("PIVOT"), Token::LParen]);
    match part(clauses, Keyword::USING) {
        Some(aggregates) => put.extend(copy(tokens, aggregates)),
        None => put.extend([word("count"), Token::LParen, Token::Mul, Token::RParen]),
    }
    put.push(word("FOR"));
    put.extend(turned::combined(tokens, &on));
    put.push(Token::RParen);
    Some(put)
}

/// Words that are no columns inside of an aggregate's brackets.
const SYNTAX: &[&str] = &[
    "DISTINCT", "ORDER", "BY", "ASC", "DESC", "NULLS", "FIRST", "LAST", "CASE", "WHEN", "THEN", "ELSE", "END", "AND",
    "OR", "NOT", "NULL", "IS", "IN", "BETWEEN", "LIKE", "ILIKE", "TRUE", "FALSE", "INTERVAL", "WHERE",
];

/// `PIVOT t ON a USING sum(b) GROUP BY c`: `SELECT * FROM (SELECT c, a, b FROM t)`, because every column that is left over
/// is a key. Only where all of them are plain names.
fn narrowed(tokens: &[TokenWithSpan], clauses: &[(Keyword, Range<usize>)], on: &[Turned]) -> Option<Vec<Token>> {
    let group = part(clauses, Keyword::GROUP)?;
    let keys = solid(tokens, group.start) + 1..group.end;
    let names = read_names(tokens, keys, on, part(clauses, Keyword::USING))?;
    let mut put = vec![word("SELECT"), Token::Mul, word("FROM"), Token::LParen, word("SELECT")];
    put.extend(names);
    put.push(word("FROM"));
    put.extend(copy(tokens, part(clauses, Keyword::FROM)?));
    put.push(Token::RParen);
    Some(put)
}

/// The columns that a PIVOT with keys of its own reads, as a list. Only where all of them are plain names.
pub(super) fn read_names(
    tokens: &[TokenWithSpan],
    keys: Range<usize>,
    on: &[Turned],
    aggregates: Option<Range<usize>>,
) -> Option<Vec<Token>> {
    let plain = |range: Range<usize>, list: &mut Vec<Token>| -> Option<()> {
        for token in slice(tokens, range) {
            match &token.token {
                Token::Word(_) if !list.contains(&token.token) => list.push(token.token.clone()),
                Token::Word(_) | Token::Comma | Token::Whitespace(_) => {}
                _ => return None,
            }
        }
        Some(())
    };
    let mut names = Vec::new();
    plain(keys, &mut names)?;
    for one in on {
        plain(one.column.clone(), &mut names)?;
    }
    // The words in the aggregates' brackets that are no functions.
    let mut depth = 0usize;
    for at in aggregates? {
        match &tokens[at].token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            Token::Period => return None,
            Token::Word(_) if depth > 0 => {
                let called = is_token(tokens.get(solid(tokens, at + 1)), &Token::LParen);
                let said = is_any_word(tokens.get(at), SYNTAX);
                if is_any_word(tokens.get(at), &["AS"]) {
                    // A type's name would be taken for a column's.
                    return None;
                }
                if !called && !said && !names.contains(&tokens[at].token) {
                    names.push(tokens[at].token.clone());
                }
            }
            _ => {}
        }
    }
    let mut put = Vec::with_capacity(names.len() * 2);
    for (i, name) in names.into_iter().enumerate() {
        put.extend((i > 0).then_some(Token::Comma));
        put.push(name);
    }
    Some(put)
}

/// Without ON nothing is pivoted: `PIVOT t USING sum(b) GROUP BY c` is `SELECT c, sum(b) FROM t GROUP BY c`.
fn grouped_words(tokens: &[TokenWithSpan], clauses: &[(Keyword, Range<usize>)]) -> Option<Vec<Token>> {
    let group = part(clauses, Keyword::GROUP).map(|range| copy(tokens, solid(tokens, range.start) + 1..range.end));
    let aggregates = part(clauses, Keyword::USING).map(|range| copy(tokens, range));
    let mut put = vec![word("SELECT")];
    put.extend(group.clone().into_iter().flatten());
    put.extend((group.is_some() && aggregates.is_some()).then_some(Token::Comma));
    put.extend(aggregates.into_iter().flatten());
    put.push(word("FROM"));
    put.extend(copy(tokens, part(clauses, Keyword::FROM)?));
    if let Some(group) = group {
        put.extend([word("GROUP"), word("BY")]);
        put.extend(group);
    }
    (put.len() > 2).then_some(put)
}

/// `UNPIVOT t ON a, b INTO NAME n VALUE v`: `SELECT * FROM t UNPIVOT ((v) FOR n IN (a, b))`.
fn unpivot_words(tokens: &[TokenWithSpan], clauses: &[(Keyword, Range<usize>)]) -> Option<Vec<Token>> {
    let on = part(clauses, Keyword::ON)?;
    let (mut label, mut values) = (vec![word("name")], vec![word("value")]);
    if let Some(into) = part(clauses, Keyword::INTO) {
        let value = (into.clone()).find(|at| is_any_word(tokens.get(*at), &["VALUE"]))?;
        let label_at = solid(tokens, solid(tokens, into.start) + 1);
        label = copy(tokens, label_at..name(tokens, label_at)?);
        values = copy(tokens, value + 1..into.end);
    }
    let mut put = all_from(tokens, clauses)?;
    put.extend([word("UNPIVOT"), Token::LParen, Token::LParen]);
    put.extend(values);
    put.extend([Token::RParen, word("FOR")]);
    put.extend(label);
    put.extend([word("IN"), Token::LParen]);
    put.extend(copy(tokens, on));
    put.extend([Token::RParen, Token::RParen]);
    Some(put)
}

/// `UNPIVOT (x FOR y IN (a AS 1, b AS 'two', (c, d) three))`
pub(super) fn unpivot_aliases(tokens: &[TokenWithSpan], _: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let unpivot = is_any_word(tokens.get(at), &["UNPIVOT"]);
        at += 1;
        if !unpivot {
            continue;
        }
        while is_any_word(tokens.get(solid(tokens, at)), &["INCLUDE", "EXCLUDE", "NULLS"]) {
            at = solid(tokens, at) + 1;
        }
        let open = solid(tokens, at);
        if !is_token(tokens.get(open), &Token::LParen) {
            continue;
        }
        let end = close(tokens, open);
        let list = (open..end).find(|i| keyword(tokens.get(*i)) == Keyword::IN).map(|i| solid(tokens, i + 1));
        if let Some(list) = list.filter(|i| is_token(tokens.get(*i), &Token::LParen)) {
            drop_aliases(tokens, list, &mut edits);
        }
        at = end;
    }
    edits
}

fn drop_aliases(tokens: &[TokenWithSpan], open: usize, edits: &mut Vec<Edit>) {
    let end = close(tokens, open);
    let mut at = solid(tokens, open + 1);
    while at < end {
        let item = match tokens[at].token {
            Token::LParen => (close(tokens, at) + 1).min(end),
            _ => name(tokens, at).unwrap_or(at + 1),
        };
        let mut comma = item;
        while comma < end && !is_token(tokens.get(comma), &Token::Comma) {
            comma = if is_token(tokens.get(comma), &Token::LParen) { close(tokens, comma) + 1 } else { comma + 1 };
        }
        // COLUMNS(…) is no name with an alias.
        if solid(tokens, item) < comma && !is_token(tokens.get(solid(tokens, item)), &Token::LParen) {
            edits.push(Edit::drop(item..comma));
        }
        at = solid(tokens, comma + 1);
    }
}
