//! Statements that start with their FROM.

use super::edit::{Edit, apply, copy, word};
use crate::tokens::{is_any_word, is_token, keyword, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};
use tessera_model::Dialect;

/// DuckDB's `FROM t WHERE …` without a SELECT means all columns; the parser reads no clause behind it, so it is said.
pub(super) fn complete(tokens: &mut Vec<TokenWithSpan>) {
    let first = solid(tokens, 0);
    if keyword(tokens.get(first)) != Keyword::FROM {
        return;
    }
    if at_top(tokens, first).any(|(_, word)| matches!(word, Keyword::SELECT | Keyword::INSERT)) {
        return;
    }
    let span = tokens[first].span;
    let blank = || Token::Whitespace(Whitespace::Space);
    let words = [word("SELECT"), blank(), Token::Mul, blank()];
    tokens.splice(first..first, words.into_iter().map(|t| TokenWithSpan::new(t, span)));
}

/// DuckDB's `FROM t SELECT a QUALIFY …`: not every clause is read behind it, so the two change places.
pub(super) fn reordered(tokens: &mut Vec<TokenWithSpan>, dialect: Dialect) -> bool {
    let mut changed = false;
    // One within another takes a round each.
    for _ in 0..if dialect == Dialect::DuckDb { 16 } else { 0 } {
        let Some(edit) = swapped(tokens) else { break };
        changed |= apply(tokens, vec![edit]);
    }
    changed
}

/// Stands for a FROM that is none of ours.
const PAST: usize = usize::MAX;

/// The first FROM that no SELECT precedes and one follows in the same brackets.
fn swapped(tokens: &[TokenWithSpan]) -> Option<Edit> {
    let mut levels: Vec<(Option<usize>, Option<usize>)> = vec![(None, None)];
    for at in 0..=tokens.len() {
        let token = tokens.get(at).map(|t| &t.token);
        let word = keyword(tokens.get(at));
        if token == Some(&Token::LParen) {
            levels.push((None, None));
            continue;
        }
        let over = matches!(token, None | Some(Token::RParen | Token::SemiColon | Token::EOF))
            || matches!(word, Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT);
        let level = levels.last_mut()?;
        if over || is_clause(word) || word == Keyword::QUALIFY {
            if let (Some(from), Some(select)) = *level {
                let mut put = copy(tokens, select..at);
                put.extend(copy(tokens, from..select));
                return Some(Edit { range: from..at, put });
            }
            if over {
                *level = (None, None);
            }
            if token == Some(&Token::RParen) && levels.len() > 1 {
                levels.pop();
            }
            continue;
        }
        match (word, *level) {
            (Keyword::FROM, (None, None)) => level.0 = Some(at),
            (Keyword::SELECT, (Some(from), None)) if from != PAST => level.1 = Some(at),
            // The FROM behind a SELECT is no first one.
            (Keyword::SELECT, (None, None)) => level.0 = Some(PAST),
            _ => {}
        }
    }
    None
}

/// Tokens that all copies of the FROM may add.
const GROWTH: usize = 100_000;

/// Hive's `FROM t INSERT INTO a SELECT … INSERT INTO b SELECT …`: a statement for each INSERT, all with that FROM.
pub(super) fn multi_insert(tokens: &mut Vec<TokenWithSpan>, dialect: Dialect) -> bool {
    if !matches!(dialect, Dialect::Hive | Dialect::SparkSql | Dialect::Databricks) {
        return false;
    }
    let first = solid(tokens, 0);
    if keyword(tokens.get(first)) != Keyword::FROM {
        return false;
    }
    let top: Vec<(usize, Keyword)> = at_top(tokens, first).collect();
    let mut starts: Vec<usize> = top.iter().filter(|(_, w)| *w == Keyword::INSERT).map(|(at, _)| *at).collect();
    let Some(source) = starts.first().map(|end| copy(tokens, first..*end)) else { return false };
    if starts.len() * source.len() > GROWTH {
        return false;
    }
    let mut edits = vec![Edit::drop(first..starts[0])];
    starts.push(tokens.len());
    for (i, pair) in starts.windows(2).enumerate() {
        let (start, end) = (pair[0], pair[1]);
        let from = top.partition_point(|(at, _)| *at <= start);
        let inside = &top[from..top.partition_point(|(at, _)| *at < end)];
        if i > 0 {
            edits.push(Edit::put(start, vec![Token::SemiColon]));
        }
        if inside.iter().any(|(_, w)| *w == Keyword::FROM) {
            continue;
        }
        let clause = inside.iter().find(|(_, w)| is_clause(*w)).map_or_else(
            || tokens[..end].iter().rposition(|t| !matches!(t.token, Token::Whitespace(_) | Token::EOF)).map(|p| p + 1),
            |(at, _)| Some(*at),
        );
        edits.push(Edit::put(clause.unwrap_or(end), source.clone()));
    }
    apply(tokens, edits)
}

fn is_clause(word: Keyword) -> bool {
    matches!(
        word,
        Keyword::WHERE
            | Keyword::GROUP
            | Keyword::HAVING
            | Keyword::ORDER
            | Keyword::SORT
            | Keyword::CLUSTER
            | Keyword::DISTRIBUTE
            | Keyword::LIMIT
            | Keyword::WINDOW
            | Keyword::LATERAL
    )
}

/// The keywords outside of all brackets.
fn at_top(tokens: &[TokenWithSpan], from: usize) -> impl Iterator<Item = (usize, Keyword)> {
    let mut depth = 0usize;
    tokens.iter().enumerate().skip(from).filter_map(move |(at, token)| match &token.token {
        Token::LParen => {
            depth += 1;
            None
        }
        Token::RParen => {
            depth = depth.saturating_sub(1);
            None
        }
        Token::Word(word) if depth == 0 && word.keyword != Keyword::NoKeyword => Some((at, word.keyword)),
        _ => None,
    })
}

/// Whether a query in brackets or the statement starts at `at`.
pub(super) fn starts_query(tokens: &[TokenWithSpan], at: usize) -> bool {
    match crate::tokens::before(tokens, at).and_then(|i| tokens.get(i)) {
        None => true,
        before => is_token(before, &Token::LParen) || is_any_word(before, &["AS"]),
    }
}
