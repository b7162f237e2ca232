//! T-SQL needs no semicolons: a statement ends where a word starts another one and does not continue this one.

use crate::tokens::{before, is_end, is_token, keyword, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Word};

/// What was seen of the statement so far.
pub(super) struct Boundaries {
    /// The word that says what it does; behind a WITH it comes later.
    verb: Option<Keyword>,
    first: Option<Keyword>,
    /// INSERT has its rows, UPDATE its SET.
    filled: bool,
    cases: usize,
}

impl Boundaries {
    /// For the statement that starts with `first`.
    pub(super) fn new(first: Option<&TokenWithSpan>) -> Self {
        let first = keyword(first);
        let verb = (first != Keyword::WITH).then_some(first);
        Boundaries { verb, first: Some(first), filled: false, cases: usize::from(first == Keyword::CASE) }
    }

    /// Whether another statement starts with the word at `at`. Words inside brackets never do.
    pub(super) fn at(&mut self, tokens: &[TokenWithSpan], start: usize, at: usize, word: &Word) -> bool {
        let kw = word.keyword;
        if at == start {
            return false;
        }
        let last = before(tokens, at).and_then(|i| tokens.get(i));
        if is_token(last, &Token::Period)
            || (keyword(last) == Keyword::AS && !matches!(kw, Keyword::SELECT | Keyword::WITH))
        {
            return false;
        }
        let next = tokens.get(solid(tokens, at + 1));
        let last = keyword(last);
        let grant = matches!(self.first, Some(Keyword::GRANT | Keyword::REVOKE | Keyword::DENY));
        if grant {
            return false;
        }
        match kw {
            Keyword::CASE => {
                self.cases += 1;
                false
            }
            Keyword::END if self.cases > 0 => {
                self.cases -= 1;
                false
            }
            Keyword::END => true,
            Keyword::ELSE => self.cases == 0,
            Keyword::SELECT => self.select(last),
            Keyword::INSERT | Keyword::UPDATE | Keyword::DELETE | Keyword::MERGE => self.change(kw, last, next),
            Keyword::VALUES => {
                self.filled = true;
                false
            }
            Keyword::SET => match self.verb {
                Some(Keyword::UPDATE) if !self.filled => {
                    self.filled = true;
                    false
                }
                Some(Keyword::ALTER) => false,
                _ => !matches!(last, Keyword::UPDATE | Keyword::DELETE),
            },
            Keyword::EXEC | Keyword::EXECUTE => {
                let source = self.verb == Some(Keyword::INSERT) && !self.filled;
                self.filled |= source;
                !source && last != Keyword::WITH
            }
            Keyword::CREATE | Keyword::TRUNCATE | Keyword::DECLARE | Keyword::WHILE | Keyword::PRINT => true,
            Keyword::RETURN | Keyword::RAISERROR | Keyword::WAITFOR | Keyword::DEALLOCATE | Keyword::BEGIN => true,
            Keyword::COMMIT | Keyword::ROLLBACK | Keyword::GRANT | Keyword::REVOKE | Keyword::DENY => true,
            Keyword::OPEN | Keyword::CLOSE | Keyword::USE => true,
            // CREATE OR ALTER
            Keyword::ALTER | Keyword::DROP => self.first != Some(Keyword::ALTER) && last != Keyword::OR,
            // CREATE VIEW v AS WITH …: the verb is yet to come.
            Keyword::WITH if last == Keyword::AS => {
                self.verb = None;
                false
            }
            Keyword::IF => !matches!(keyword(next), Keyword::EXISTS | Keyword::NOT) || !self.is_definition(),
            Keyword::FETCH => !matches!(last, Keyword::ROWS | Keyword::ROW),
            Keyword::THROW => is_end(next) || keyword(next) == Keyword::END,
            Keyword::NoKeyword => is_token(next, &Token::Colon) && word.quote_style.is_none() && label(tokens, at),
            _ => false,
        }
    }

    fn is_definition(&self) -> bool {
        matches!(self.first, Some(Keyword::DROP | Keyword::CREATE | Keyword::ALTER))
    }

    fn select(&mut self, last: Keyword) -> bool {
        let continues = matches!(
            last,
            Keyword::UNION | Keyword::ALL | Keyword::EXCEPT | Keyword::INTERSECT | Keyword::AS | Keyword::FOR
        );
        match self.verb {
            None => self.verb = Some(Keyword::SELECT),
            Some(Keyword::INSERT) if !self.filled => self.filled = true,
            Some(_) => return !continues,
        }
        false
    }

    fn change(&mut self, kw: Keyword, last: Keyword, next: Option<&TokenWithSpan>) -> bool {
        if self.verb.is_none() {
            self.verb = Some(kw);
            return false;
        }
        let clause = matches!(last, Keyword::THEN | Keyword::ON | Keyword::FOR | Keyword::AFTER | Keyword::OF);
        // INNER MERGE JOIN
        !clause && keyword(next) != Keyword::JOIN
    }
}

/// `name:` at the end of a line.
fn label(tokens: &[TokenWithSpan], at: usize) -> bool {
    let colon = solid(tokens, at + 1);
    let line = tokens.get(colon).map(|t| t.span.start.line);
    tokens.get(solid(tokens, colon + 1)).is_none_or(|t| Some(t.span.start.line) != line)
        && before(tokens, at).and_then(|i| tokens.get(i)).is_some_and(|t| Some(t.span.start.line) != line)
}
