//! Words that control a script, where a statement could start: BEGIN, IF … THEN, LOOP, DECLARE, labels and their kin. They
//! are dropped; the queries in their conditions are kept. No statement starts with one of them, so this holds in every
//! dialect.

use super::Splitter;
use crate::ir::StatementKind;
use crate::tokens::{close, is_any_word, is_end, is_token, is_word, keyword, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace, Word};
use tessera_model::Dialect;

impl Splitter<'_> {
    /// The place behind the control words that stand at `at`; `None` when a statement does.
    pub(super) fn control(&mut self, at: usize) -> Option<usize> {
        match &self.tokens[at].token {
            Token::Word(word) if word.quote_style.is_none() => self.control_word(at, word),
            Token::Word(_) => self.assignment(at),
            Token::SemiColon | Token::EOF => Some(at + 1),
            // A lone slash, what a DELIMITER was set to, `<<label>>`.
            Token::Div | Token::Tilde => Some(at + 1),
            Token::ShiftLeft => {
                let label = solid(self.tokens, at + 1);
                let end = solid(self.tokens, label + 1);
                is_token(self.tokens.get(end), &Token::ShiftRight).then_some(end + 1)
            }
            _ => None,
        }
    }

    fn control_word(&mut self, at: usize, word: &Word) -> Option<usize> {
        let tokens = self.tokens;
        let next = solid(tokens, at + 1);
        let tsql = self.dialect == Dialect::TSql;
        match word.keyword {
            Keyword::CREATE | Keyword::ALTER => self.routine(at),
            Keyword::FUNCTION | Keyword::PROCEDURE if self.declaring => self.routine(at),
            Keyword::BEGIN => self.begin(next),
            Keyword::END => Some(self.end_of_block(next)),
            Keyword::ELSE => Some(next),
            Keyword::IF | Keyword::WHILE if tsql => {
                let end = self.condition_end(next);
                self.queries(next..end);
                Some(end)
            }
            Keyword::IF | Keyword::ELSEIF | Keyword::CASE | Keyword::WHEN => self.until(next, &["THEN"]),
            Keyword::WHILE | Keyword::FOR => self.until(next, &["DO", "LOOP"]),
            Keyword::UNTIL => self.until(next, &["END"]),
            Keyword::DO if !is_string(tokens.get(next).map(|t| &t.token)) => Some(next),
            Keyword::EXCEPTION if keyword(tokens.get(next)) == Keyword::WHEN => Some(next),
            Keyword::DECLARE => self.declare(next),
            Keyword::SET => self.set(at, next),
            Keyword::RETURN | Keyword::OPEN => Some(self.evaluated(next)),
            Keyword::CLOSE | Keyword::PRINT | Keyword::RAISERROR | Keyword::RAISE | Keyword::NULL => {
                Some(self.evaluated(next))
            }
            Keyword::FETCH | Keyword::CONTINUE | Keyword::DEALLOCATE => Some(self.evaluated(next)),
            Keyword::DELIMITER => Some(self.line_end(at)),
            _ => self.plain_word(at, next),
        }
    }

    /// Words that the parser does not know as keywords.
    fn plain_word(&mut self, at: usize, next: usize) -> Option<usize> {
        let tokens = self.tokens;
        let token = tokens.get(at);
        if is_token(tokens.get(next), &Token::Colon) {
            return Some(next + 1);
        }
        if let Some(end) = self.assignment(at) {
            return Some(end);
        }
        if is_any_word(token, &["ELSIF", "ELIF"]) {
            return self.until(next, &["THEN"]);
        }
        let bare = !is_token(tokens.get(next), &Token::LParen);
        if is_word(token, "LOOP") || (is_word(token, "REPEAT") && bare) {
            return Some(next);
        }
        let aside = ["LEAVE", "ITERATE", "EXIT", "BREAK", "GOTO", "SIGNAL", "RESIGNAL", "PERFORM", "LET", "THROW"];
        if is_any_word(token, &aside) {
            return Some(self.evaluated(next));
        }
        if self.declaring {
            return Some(self.evaluated(at));
        }
        None
    }

    /// `x := …`, `a.b := …`
    fn assignment(&mut self, at: usize) -> Option<usize> {
        let tokens = self.tokens;
        let mut next = solid(tokens, at + 1);
        while is_token(tokens.get(next), &Token::Period) {
            next = solid(tokens, next + 1);
            next = solid(tokens, next + 1);
        }
        is_token(tokens.get(next), &Token::Assignment).then(|| self.evaluated(next))
    }

    /// To the end of what starts here, of which only the queries are kept.
    fn evaluated(&mut self, start: usize) -> usize {
        if start >= self.tokens.len() {
            return start;
        }
        let (end, next) = self.end(start);
        self.queries(start..end);
        next
    }

    /// BEGIN opens a block unless it starts a transaction.
    fn begin(&mut self, next: usize) -> Option<usize> {
        let tokens = self.tokens;
        let token = tokens.get(next);
        let transaction = matches!(keyword(token), Keyword::TRANSACTION | Keyword::TRAN | Keyword::WORK)
            || is_any_word(token, &["DEFERRED", "IMMEDIATE", "EXCLUSIVE", "ISOLATION", "READ", "NAME"]);
        if transaction || is_end(token) {
            return None;
        }
        self.declaring = false;
        let mut at = next;
        while is_any_word(tokens.get(at), &["NOT", "ATOMIC", "TRY", "CATCH"]) {
            at = solid(tokens, at + 1);
            if keyword(tokens.get(at)) == Keyword::WITH && is_token(tokens.get(solid(tokens, at + 1)), &Token::LParen) {
                at = solid(tokens, close(tokens, solid(tokens, at + 1)) + 1);
            }
        }
        Some(at)
    }

    /// `END`, `END IF`, `END TRY`, `END label;`, `END //`
    fn end_of_block(&self, mut at: usize) -> usize {
        let tokens = self.tokens;
        at = behind_end(at, tokens);
        while let Some(token) = tokens.get(at) {
            match token.token {
                Token::Word(_) | Token::SemiColon | Token::LParen => break,
                _ => at = solid(tokens, at + 1),
            }
        }
        at
    }

    /// A condition that ends with one of `words` at its own level; its queries are kept.
    fn until(&mut self, start: usize, words: &[&'static str]) -> Option<usize> {
        let tokens = self.tokens;
        let kind = words.first().copied().unwrap_or_default();
        if self.barren.get(kind).is_some_and(|end| start < *end) {
            return None;
        }
        let (mut depth, mut cases) = (0usize, 0usize);
        for (at, token) in tokens.iter().enumerate().skip(start) {
            match &token.token {
                Token::LParen => depth += 1,
                Token::RParen => depth = depth.saturating_sub(1),
                Token::SemiColon if depth == 0 => {
                    self.barren.insert(kind, at);
                    return None;
                }
                Token::Word(word) if depth == 0 => {
                    if cases == 0 && is_any_word(Some(token), words) {
                        self.queries(start..at);
                        return Some(at + 1);
                    }
                    match word.keyword {
                        Keyword::CASE => cases += 1,
                        Keyword::END => cases = cases.saturating_sub(1),
                        _ => {}
                    }
                }
                _ => {}
            }
        }
        self.barren.insert(kind, tokens.len());
        None
    }

    /// DECLARE before a block opens a section of declarations; elsewhere it is a statement.
    fn declare(&mut self, next: usize) -> Option<usize> {
        let tokens = self.tokens;
        if is_any_word(tokens.get(next), &["CONTINUE", "EXIT", "UNDO"]) {
            // MySQL's handlers: the statement behind the condition is what they run.
            let mut at = next;
            while at < tokens.len() && !is_end(tokens.get(at)) && !starts_handler_body(keyword(tokens.get(at))) {
                at = solid(tokens, at + 1);
            }
            return Some(at);
        }
        let sections = matches!(
            self.dialect,
            Dialect::Oracle | Dialect::Postgres | Dialect::Redshift | Dialect::Teradata | Dialect::Snowflake
        );
        // PostgreSQL's DECLARE c CURSOR FOR … is a statement in its own right.
        let cursor = self.dialect != Dialect::Oracle && self.dialect != Dialect::Snowflake;
        if !sections || (cursor && keyword(tokens.get(solid(tokens, next + 1))) == Keyword::CURSOR) {
            return None;
        }
        self.declaring = true;
        Some(next)
    }

    /// SET reads tables only where it holds a query.
    fn set(&mut self, at: usize, next: usize) -> Option<usize> {
        let (end, after) = self.end(at);
        let before = self.pieces.len();
        self.queries(next.min(end)..end);
        if self.pieces.len() == before {
            self.push(at..end, Some(StatementKind::Other));
        }
        Some(after)
    }

    /// T-SQL's conditions have no word at their end: they last until a statement starts.
    fn condition_end(&self, start: usize) -> usize {
        if start >= self.tokens.len() {
            return start;
        }
        self.end(start).0.max(start)
    }

    fn line_end(&self, at: usize) -> usize {
        let newline = |t: &TokenWithSpan| t.token == Token::Whitespace(Whitespace::Newline);
        self.tokens[at..].iter().position(newline).map_or(self.tokens.len(), |n| at + n)
    }
}

fn starts_handler_body(word: Keyword) -> bool {
    matches!(
        word,
        Keyword::SET
            | Keyword::BEGIN
            | Keyword::SELECT
            | Keyword::INSERT
            | Keyword::UPDATE
            | Keyword::DELETE
            | Keyword::ROLLBACK
            | Keyword::CALL
    )
}

/// What END closes: IF, LOOP, TRY, …
fn behind_end(mut at: usize, tokens: &[TokenWithSpan]) -> usize {
    if is_any_word(tokens.get(at), &["IF", "LOOP", "WHILE", "FOR", "CASE", "REPEAT", "TRY", "CATCH"]) {
        at = solid(tokens, at + 1);
    }
    // A label, unless a statement starts.
    let label = matches!(tokens.get(at).map(|t| &t.token), Some(Token::Word(w)) if w.keyword == Keyword::NoKeyword);
    if label && is_end(tokens.get(solid(tokens, at + 1))) && !is_word(tokens.get(at), "go") {
        at = solid(tokens, at + 1);
    }
    at
}

fn is_string(token: Option<&Token>) -> bool {
    matches!(token, Some(Token::SingleQuotedString(_) | Token::DollarQuotedString(_)))
}
