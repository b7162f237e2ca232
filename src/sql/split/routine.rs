//! Where the body of a procedure, function or trigger starts. The head is a piece that moves no data; the statements of
//! the body are pieces like any other: their reads and writes are what the routine is there for. Routines whose body is
//! an expression or a string stay whole.

use super::Splitter;
use crate::ir::StatementKind;
use crate::tokens::{before, is_any_word, is_token, keyword, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::Token;
use tessera_model::Dialect;

/// Words before the kind of object: `CREATE OR REPLACE DEFINER = a@b SQL SECURITY INVOKER PROCEDURE`.
const HEAD_WORDS: usize = 16;

/// What the search for bodies is noted under.
const BODY: &str = "BODY";

impl Splitter<'_> {
    /// The place where the body of the routine that is created at `at` starts.
    pub(super) fn routine(&mut self, at: usize) -> Option<usize> {
        let kind = self.routine_kind(at)?;
        let (body, declares) = self.body(kind + 1, keyword(self.tokens.get(kind)) == Keyword::TRIGGER)?;
        self.declaring = declares;
        self.push(at..body, Some(StatementKind::Ddl));
        Some(body)
    }

    /// Where the word PROCEDURE, FUNCTION or TRIGGER stands.
    fn routine_kind(&self, at: usize) -> Option<usize> {
        let tokens = self.tokens;
        let mut word = at;
        for _ in 0..HEAD_WORDS {
            let token = tokens.get(word)?;
            match &token.token {
                Token::Word(w) => match w.keyword {
                    Keyword::PROCEDURE | Keyword::PROC | Keyword::FUNCTION | Keyword::TRIGGER => return Some(word),
                    Keyword::TABLE | Keyword::VIEW | Keyword::AS | Keyword::SELECT | Keyword::INDEX => return None,
                    _ if is_any_word(Some(token), &["PACKAGE", "TASK", "EVENT"]) => return Some(word),
                    _ => {}
                },
                Token::SemiColon | Token::LParen => return None,
                _ => {}
            }
            word = solid(tokens, word + 1);
        }
        None
    }

    /// Where the body starts, and whether with declarations.
    fn body(&mut self, start: usize, trigger: bool) -> Option<(usize, bool)> {
        let tokens = self.tokens;
        if self.barren.get(BODY).is_some_and(|end| start < *end) {
            return None;
        }
        let mut depth = 0usize;
        for (at, token) in tokens.iter().enumerate().skip(start) {
            match &token.token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                Token::SemiColon if depth == 0 => {
                    self.barren.insert(BODY, at);
                    return None;
                }
                Token::Word(word) if depth == 0 => match word.keyword {
                    Keyword::BEGIN => return Some((at, false)),
                    Keyword::AS | Keyword::IS => {
                        let next = solid(tokens, at + 1);
                        if let Some(declares) = self.behind_as(next) {
                            return Some((next, declares));
                        }
                    }
                    Keyword::DO => return Some((solid(tokens, at + 1), false)),
                    Keyword::RETURN if self.dialect == Dialect::MySql => return Some((at, false)),
                    other if self.dialect == Dialect::MySql && is_statement(other) => {
                        let last = keyword(before(tokens, at).and_then(|i| tokens.get(i)));
                        let clause = matches!(
                            last,
                            Keyword::READS | Keyword::MODIFIES | Keyword::AFTER | Keyword::BEFORE | Keyword::OR
                        );
                        if !clause && (!trigger || last == Keyword::ROW) {
                            return Some((at, false));
                        }
                    }
                    _ => {}
                },
                _ => {}
            }
        }
        self.barren.insert(BODY, tokens.len());
        None
    }

    /// Whether a body starts behind AS, and if so whether with declarations.
    fn behind_as(&self, next: usize) -> Option<bool> {
        let token = self.tokens.get(next);
        let first = keyword(token);
        match self.dialect {
            // Anything may follow: declarations have no word of their own.
            Dialect::Oracle | Dialect::Teradata if !is_token(token, &Token::LParen) => {
                Some(first != Keyword::BEGIN && first != Keyword::DECLARE && !is_statement(first))
            }
            Dialect::TSql => {
                let body = is_statement(first)
                    || matches!(
                        first,
                        Keyword::BEGIN
                            | Keyword::DECLARE
                            | Keyword::IF
                            | Keyword::WHILE
                            | Keyword::RETURN
                            | Keyword::EXEC
                            | Keyword::EXECUTE
                            | Keyword::PRINT
                    );
                body.then_some(false)
            }
            _ => (matches!(first, Keyword::BEGIN | Keyword::DECLARE)).then_some(false),
        }
    }
}

fn is_statement(word: Keyword) -> bool {
    matches!(
        word,
        Keyword::SELECT
            | Keyword::INSERT
            | Keyword::UPDATE
            | Keyword::DELETE
            | Keyword::MERGE
            | Keyword::WITH
            | Keyword::SET
            | Keyword::TRUNCATE
            | Keyword::CALL
    )
}
