//! SQL inside strings: `EXECUTE IMMEDIATE '…'`, `DO $$ … $$`, bodies of procedures. A literal is read like any other text;
//! text that is made at run time is said to be unknown.

use crate::ir::{Pos, StatementKind};
use crate::tokens::{is_any_word, is_end, is_token, is_word, keyword, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};

/// What a statement holds in a string.
pub(crate) enum Embedded {
    /// A text, where it starts, and whether it is a routine's body, in which INTO fills variables.
    Text { text: String, start: Pos, head: Option<StatementKind> },
    /// Text that is known at run time only.
    Unknown,
}

/// Words between CREATE and the kind of object.
const HEAD_WORDS: usize = 8;

pub(crate) fn embedded(tokens: &[TokenWithSpan]) -> Option<Embedded> {
    let first = solid(tokens, 0);
    let next = solid(tokens, first + 1);
    match keyword(tokens.get(first)) {
        Keyword::EXECUTE | Keyword::EXEC => executed(tokens, next),
        Keyword::DO => {
            text(tokens, next).map(|(text, start)| Embedded::Text { text, start, head: Some(StatementKind::Other) })
        }
        Keyword::CREATE => body(tokens, next),
        _ => None,
    }
}

fn text(tokens: &[TokenWithSpan], at: usize) -> Option<(String, Pos)> {
    let token = tokens.get(at)?;
    let text = match &token.token {
        Token::SingleQuotedString(text) | Token::DoubleQuotedString(text) | Token::NationalStringLiteral(text) => text,
        Token::TripleSingleQuotedString(text) | Token::TripleDoubleQuotedString(text) => text,
        Token::DollarQuotedString(quoted) => &quoted.value,
        _ => return None,
    };
    Some((text.clone(), crate::parse::position(token.span.start)))
}

fn executed(tokens: &[TokenWithSpan], next: usize) -> Option<Embedded> {
    let word = tokens.get(next);
    let (at, bracket) = if is_word(word, "IMMEDIATE") || is_word(word, "sp_executesql") {
        (solid(tokens, next + 1), false)
    } else if is_token(word, &Token::LParen) {
        (solid(tokens, next + 1), true)
    } else {
        // A procedure or a prepared statement by name.
        return None;
    };
    let behind = solid(tokens, at + 1);
    let alone = match bracket {
        true => is_token(tokens.get(behind), &Token::RParen),
        false => {
            is_end(tokens.get(behind))
                || is_token(tokens.get(behind), &Token::Comma)
                || is_any_word(tokens.get(behind), &["USING", "INTO"])
        }
    };
    Some(match text(tokens, at).filter(|_| alone) {
        Some((text, start)) => Embedded::Text { text, start, head: None },
        None => Embedded::Unknown,
    })
}

/// `CREATE PROCEDURE p() LANGUAGE SQL AS $$ BEGIN … END $$`; functions where the body is a block.
fn body(tokens: &[TokenWithSpan], mut at: usize) -> Option<Embedded> {
    let mut procedure = None;
    for _ in 0..HEAD_WORDS {
        match keyword(tokens.get(at)) {
            Keyword::PROCEDURE => procedure = Some(true),
            Keyword::FUNCTION => procedure = Some(false),
            Keyword::TABLE | Keyword::VIEW | Keyword::AS => return None,
            _ => {}
        }
        if procedure.is_some() {
            break;
        }
        at = solid(tokens, at + 1);
    }
    let procedure = procedure?;
    let word = |at: usize| tokens.get(solid(tokens, at + 1));
    let mut found = None;
    for (at, token) in tokens.iter().enumerate().skip(at) {
        match keyword(Some(token)) {
            Keyword::LANGUAGE => {
                let sql = is_any_word(word(at), &["SQL", "PLPGSQL"])
                    || matches!(word(at).map(|t| &t.token), Some(Token::SingleQuotedString(_)));
                if !sql {
                    return None;
                }
            }
            Keyword::AS => found = found.or(text(tokens, solid(tokens, at + 1))),
            _ => {}
        }
    }
    let (text, start) = found?;
    let first = text.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    let starts = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(first));
    let statements = ["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH", "CREATE", "TRUNCATE"];
    let block = starts(&["BEGIN", "DECLARE"]) || text.trim_start().starts_with("<<");
    (block || (procedure && starts(&statements))).then_some(Embedded::Text {
        text,
        start,
        head: Some(StatementKind::Ddl),
    })
}
