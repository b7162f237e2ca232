//! The small language of `rules`: a pattern over the tokens of a statement, blanks aside, with parts to drop and parts to
//! put in. Its words:
//!
//! `WORD`, `A|B` one of these unquoted words · `?A|B` the same or nothing · `#` a dotted name · `##` names between commas
//! · `'` a string · `_` one token · `(..)` a bracket and all in it · `%` an expression, up to the clause behind it
//! · `...` as little as possible · `$` the end of the query · any sign stands for itself
//! · `-{ … }` is dropped · `+{ … }` is put in.

use super::edit::Edit;
use crate::tokens::{close, is_any_word, is_blank, is_token, keyword, solid};
use sqlparser::dialect::GenericDialect;
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Tokenizer};

/// Tokens that the patterns may look at in one statement: text that makes them quadratic stays as it is.
pub(super) const BUDGET: usize = 5_000_000;

enum Part<'p> {
    Words(Vec<&'p str>),
    Maybe(Vec<&'p str>),
    Name,
    Names,
    Text,
    Any,
    Group,
    Expr,
    Lazy,
    End,
    Sign(Token),
    Drop,
    Keep,
    Insert(Vec<Token>),
}

pub(super) struct Pattern<'p> {
    parts: Vec<Part<'p>>,
    /// A word, in capitals, that must be there for the pattern to match anywhere.
    pub(super) anchor: Option<String>,
}

fn tokens_of(text: &str) -> Vec<Token> {
    Tokenizer::new(&GenericDialect {}, text).tokenize().unwrap_or_default()
}

impl<'p> Pattern<'p> {
    pub(super) fn new(text: &'p str) -> Self {
        let mut parts = Vec::new();
        let mut anchor = None;
        let mut words = text.split(' ');
        while let Some(word) = words.next() {
            let part = match word {
                "" => continue,
                "#" => Part::Name,
                "##" => Part::Names,
                "'" => Part::Text,
                "_" => Part::Any,
                "(..)" => Part::Group,
                "%" => Part::Expr,
                "..." => Part::Lazy,
                "$" => Part::End,
                "-{" => Part::Drop,
                "}" => Part::Keep,
                "+{" => {
                    let inner: Vec<&str> = words.by_ref().take_while(|w| *w != "}").collect();
                    Part::Insert(tokens_of(&inner.join(" ")))
                }
                _ if word.starts_with(char::is_alphabetic) => {
                    if !word.contains('|') {
                        anchor = anchor.or_else(|| Some(word.to_ascii_uppercase()));
                    }
                    Part::Words(word.split('|').collect())
                }
                _ => match word.strip_prefix('?').filter(|rest| rest.starts_with(char::is_alphabetic)) {
                    Some(rest) => Part::Maybe(rest.split('|').collect()),
                    None => Part::Sign(tokens_of(word).into_iter().next().unwrap_or(Token::EOF)),
                },
            };
            parts.push(part);
        }
        Pattern { parts, anchor }
    }

    /// What to change if the pattern matches from `at` on, and the place behind the match.
    pub(super) fn edits(&self, tokens: &[TokenWithSpan], at: usize, budget: &mut usize) -> Option<(Vec<Edit>, usize)> {
        let mut edits = Vec::new();
        let end = self.run(0, tokens, at, None, &mut edits, budget)?;
        // Nothing that reads a table is ever dropped.
        let reads = |e: &Edit| tokens[e.range.clone()].iter().any(|t| keyword(Some(t)) == Keyword::SELECT);
        (!edits.is_empty() && !edits.iter().any(reads)).then_some((edits, end))
    }

    fn run(
        &self,
        from: usize,
        tokens: &[TokenWithSpan],
        mut at: usize,
        mut dropping: Option<usize>,
        edits: &mut Vec<Edit>,
        budget: &mut usize,
    ) -> Option<usize> {
        // The end of the last part that matched: what is dropped ends there, not at the next token.
        let mut behind = at;
        for (i, part) in self.parts.iter().enumerate().skip(from) {
            match part {
                Part::Drop => {
                    dropping = Some(solid(tokens, at));
                    behind = solid(tokens, at);
                }
                Part::Keep => {
                    let start = dropping.take()?;
                    if behind > start {
                        edits.push(Edit { range: start..behind, put: Vec::new() });
                    }
                }
                Part::Insert(put) => {
                    edits.push(Edit { range: behind..behind, put: put.clone() });
                }
                Part::Lazy => {
                    let marks = edits.len();
                    let mut ahead = solid(tokens, at);
                    loop {
                        *budget = budget.checked_sub(1)?;
                        if let Some(end) = self.run(i + 1, tokens, ahead, dropping, edits, budget) {
                            return Some(end);
                        }
                        edits.truncate(marks);
                        if ends(tokens, ahead) {
                            return None;
                        }
                        ahead = solid(tokens, step(tokens, ahead));
                    }
                }
                Part::End => {
                    if !ends(tokens, solid(tokens, at)) {
                        return None;
                    }
                }
                _ => {
                    let start = solid(tokens, at);
                    let matched = one(part, tokens, start, budget);
                    match matched? {
                        end if end == start => {}
                        end => {
                            at = end;
                            behind = end;
                        }
                    }
                }
            }
        }
        Some(at)
    }
}

/// Where a query ends: the text, a semicolon, the bracket around it.
fn ends(tokens: &[TokenWithSpan], at: usize) -> bool {
    matches!(tokens.get(at).map(|t| &t.token), None | Some(Token::EOF | Token::SemiColon | Token::RParen))
}

/// Behind the token at `at`, or behind the bracket that it opens.
fn step(tokens: &[TokenWithSpan], at: usize) -> usize {
    match tokens.get(at).map(|t| &t.token) {
        Some(Token::LParen | Token::LBracket) => (close(tokens, at) + 1).min(tokens.len()),
        _ => at + 1,
    }
}

/// The place behind what `part` matches from `at` on. What was looked at is paid for, match or not.
fn one(part: &Part<'_>, tokens: &[TokenWithSpan], at: usize, budget: &mut usize) -> Option<usize> {
    let token = tokens.get(at);
    let mut pay = |end: Option<usize>| {
        *budget = budget.saturating_sub(end.unwrap_or(at) - at);
        end.filter(|_| *budget > 0)
    };
    match part {
        Part::Words(words) => is_any_word(token, words).then_some(at + 1),
        Part::Maybe(words) => Some(at + usize::from(is_any_word(token, words))),
        Part::Name => name(tokens, at),
        Part::Names => {
            let mut end = name(tokens, at)?;
            loop {
                let comma = solid(tokens, end);
                let next = is_token(tokens.get(comma), &Token::Comma).then(|| name(tokens, solid(tokens, comma + 1)));
                match next.flatten() {
                    Some(next) => end = next,
                    None => return pay(Some(end)),
                }
            }
        }
        Part::Text => matches!(
            token.map(|t| &t.token),
            Some(Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::NationalStringLiteral(_))
        )
        .then_some(at + 1),
        Part::Any => (token.is_some() && !ends(tokens, at) && !is_token(token, &Token::LParen)).then_some(at + 1),
        Part::Group => {
            let end = is_token(token, &Token::LParen).then(|| close(tokens, at))?;
            pay(Some(end)).filter(|end| *end < tokens.len()).map(|end| end + 1)
        }
        Part::Expr => pay(expression(tokens, at)),
        Part::Sign(sign) => is_token(token, sign).then_some(at + 1),
        Part::Lazy | Part::End | Part::Drop | Part::Keep | Part::Insert(_) => None,
    }
}

/// Behind the dotted name at `at`.
pub(super) fn name(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    let mut end = at;
    loop {
        match tokens.get(end).map(|t| &t.token) {
            Some(Token::Word(_)) => end += 1,
            _ => return None,
        }
        if !is_token(tokens.get(end), &Token::Period) {
            return Some(end);
        }
        end += 1;
    }
}

/// Behind the expression at `at`: up to a comma, a closing bracket or a word that starts a clause.
pub(super) fn expression(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    let mut end = at;
    let mut cases = 0usize;
    while let Some(token) = tokens.get(end) {
        let stop = match &token.token {
            Token::Comma | Token::RParen | Token::RBracket | Token::SemiColon | Token::EOF => true,
            Token::Word(word) => {
                cases += usize::from(word.keyword == Keyword::CASE);
                let inside = cases > 0;
                cases -= usize::from(inside && word.keyword == Keyword::END);
                !inside && is_clause(word.keyword)
            }
            _ => false,
        };
        if stop {
            break;
        }
        end = step(tokens, end);
    }
    while end > at && tokens.get(end - 1).is_some_and(is_blank) {
        end -= 1;
    }
    (end > at).then_some(end)
}

fn is_clause(word: Keyword) -> bool {
    matches!(
        word,
        Keyword::SELECT
            | Keyword::FROM
            | Keyword::WHERE
            | Keyword::GROUP
            | Keyword::HAVING
            | Keyword::ORDER
            | Keyword::LIMIT
            | Keyword::JOIN
            | Keyword::LEFT
            | Keyword::RIGHT
            | Keyword::INNER
            | Keyword::FULL
            | Keyword::CROSS
            | Keyword::ON
            | Keyword::USING
            | Keyword::UNION
            | Keyword::AS
            | Keyword::AND
            | Keyword::TO
            | Keyword::WINDOW
            | Keyword::QUALIFY
            | Keyword::SET
            | Keyword::WHEN
            | Keyword::VALUES
    )
}
