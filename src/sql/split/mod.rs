//! Tokens -> the token ranges of single statements, so that one bad statement does not lose the others. Scripts are taken
//! apart too: what controls them (`control`) is left out, the statements between are pieces of their own, and so are the
//! queries inside conditions and assignments. `routine` finds where a routine's body starts, `tsql` where a statement
//! without a semicolon ends.

mod control;
mod routine;
mod tsql;

use crate::hash::FastMap;
use crate::ir::StatementKind;
use crate::tokens::{alone_on_line, close, is_token, keyword, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};
use std::ops::Range;
use tessera_model::Dialect;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) range: Range<usize>,
    /// What it is when it moves no data and needs no parser: a routine's head, a plain SET.
    pub(crate) inert: Option<StatementKind>,
}

/// The pieces of a text, without their semicolons; empty ones are left out.
pub(crate) fn statements(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Piece> {
    let mut splitter = Splitter { tokens, dialect, pieces: Vec::new(), declaring: false, barren: FastMap::default() };
    let mut at = solid(tokens, 0);
    while at < tokens.len() {
        let next = splitter.control(at).unwrap_or_else(|| splitter.whole(at));
        // A control word that consumed nothing would never end.
        at = solid(tokens, next.max(at + 1));
    }
    splitter.pieces
}

struct Splitter<'a> {
    tokens: &'a [TokenWithSpan],
    dialect: Dialect,
    pieces: Vec<Piece>,
    /// Between the head of a block and its BEGIN, where declarations stand.
    declaring: bool,
    /// Up to where a word was looked for in vain, so that nothing is looked through twice.
    barren: FastMap<&'static str, usize>,
}

impl Splitter<'_> {
    fn push(&mut self, range: Range<usize>, inert: Option<StatementKind>) {
        if self.tokens[range.clone()].iter().any(|t| !matches!(t.token, Token::Whitespace(_) | Token::EOF)) {
            self.pieces.push(Piece { range, inert });
        }
    }

    /// Takes the statement that starts here; the answer is where the next one may start.
    fn whole(&mut self, start: usize) -> usize {
        let (end, next) = self.end(start);
        self.push(start..end, None);
        next
    }

    /// The end of the statement that starts here, and the place behind what ends it.
    fn end(&self, start: usize) -> (usize, usize) {
        let tokens = self.tokens;
        let mut tsql = (self.dialect == Dialect::TSql).then(|| tsql::Boundaries::new(tokens.get(start)));
        let mut depth = 0usize;
        for (at, token) in tokens.iter().enumerate().skip(start) {
            match &token.token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                // An unclosed bracket would glue the rest of the script to this statement; a new line that starts a
                // statement behind a semicolon is taken at its word.
                Token::SemiColon if depth == 0 || starts_statement(&tokens[at + 1..]) => return (at, at + 1),
                Token::Word(word) => {
                    let Some(boundaries) = &mut tsql else { continue };
                    if word.value.eq_ignore_ascii_case("go") && alone_on_line(tokens, at) {
                        return (at, at + 1);
                    }
                    if depth == 0 && boundaries.at(tokens, start, at, word) {
                        return (at, at);
                    }
                }
                // SQL*Plus runs what stands before a lone slash.
                Token::Div if self.dialect == Dialect::Oracle && depth == 0 && alone_on_line(tokens, at) => {
                    return (at, at + 1);
                }
                _ => {}
            }
        }
        (tokens.len(), tokens.len())
    }

    /// The queries inside something that is not a statement: a condition, an assignment, a declaration.
    fn queries(&mut self, range: Range<usize>) {
        let tokens = self.tokens;
        let mut at = range.start;
        while at < range.end {
            match &tokens[at].token {
                Token::LParen if starts_query(tokens, solid(tokens, at + 1)) => {
                    let end = (close(tokens, at) + 1).min(range.end);
                    self.push(at..end, None);
                    at = end;
                }
                Token::Word(word) if matches!(word.keyword, Keyword::SELECT | Keyword::WITH) => {
                    if starts_query(tokens, at) {
                        self.push(at..range.end, None);
                    }
                    return;
                }
                _ => at += 1,
            }
        }
    }
}

/// SELECT, or WITH and the name of a CTE: not `WITH HOLD`, `WITH RETURN` of cursors.
fn starts_query(tokens: &[TokenWithSpan], at: usize) -> bool {
    match keyword(tokens.get(at)) {
        Keyword::SELECT => true,
        Keyword::WITH => {
            let name = solid(tokens, at + 1);
            let next = solid(tokens, name + 1);
            matches!(keyword(tokens.get(next)), Keyword::AS) || is_token(tokens.get(next), &Token::LParen)
        }
        _ => false,
    }
}

fn starts_statement(rest: &[TokenWithSpan]) -> bool {
    matches!(
        keyword(rest.get(solid(rest, 0))),
        Keyword::SELECT
            | Keyword::INSERT
            | Keyword::CREATE
            | Keyword::WITH
            | Keyword::UPDATE
            | Keyword::DELETE
            | Keyword::MERGE
            | Keyword::DROP
            | Keyword::ALTER
            | Keyword::TRUNCATE
    )
}

/// Where template marks stand that somebody forgot to render.
pub(crate) fn jinja(tokens: &[TokenWithSpan]) -> Option<usize> {
    tokens.windows(2).position(|pair| {
        pair[0].token == Token::LBrace
            && pair[0].span.end == pair[1].span.start
            && matches!(pair[1].token, Token::LBrace | Token::Mod)
    })
}
