//! Text -> tokens -> the token ranges of single statements, so that one bad statement does not lose the others.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};
use std::ops::Range;
use tessera_model::Dialect;

/// Token ranges of the statements in a text, without their semicolons; empty ones are left out.
pub(crate) fn statements(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Range<usize>> {
    let mut out = Vec::new();
    let (mut start, mut depth, mut block) = (0usize, 0usize, 0usize);
    let mut words = 0usize;
    let mut routine = false;
    let mut push = |range: Range<usize>| {
        if tokens[range.clone()].iter().any(|t| !matches!(t.token, Token::Whitespace(_) | Token::EOF)) {
            out.push(range);
        }
    };
    for (at, token) in tokens.iter().enumerate() {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            // An unclosed bracket would glue the rest of the script to this statement; a new line that starts a
            // statement behind a semicolon is taken at its word.
            Token::SemiColon if block == 0 && (depth == 0 || starts_statement(&tokens[at + 1..])) => {
                push(start..at);
                (start, depth, words, routine) = (at + 1, 0, 0, false);
            }
            Token::Word(word) => {
                words += 1;
                match word.keyword {
                    _ if word.quote_style.is_some() => {}
                    Keyword::FUNCTION | Keyword::PROCEDURE | Keyword::TRIGGER if words <= 6 => routine = true,
                    Keyword::BEGIN if routine => block += 1,
                    Keyword::CASE | Keyword::IF | Keyword::WHILE if block > 0 && !ends_block(tokens, at) => block += 1,
                    Keyword::END if block > 0 => block -= 1,
                    Keyword::NoKeyword
                        if dialect == Dialect::TSql
                            && word.value.eq_ignore_ascii_case("go")
                            && alone_on_line(tokens, at) =>
                    {
                        push(start..at);
                        (start, depth, words, routine, block) = (at + 1, 0, 0, false, 0);
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    push(start..tokens.len());
    out
}

fn starts_statement(rest: &[TokenWithSpan]) -> bool {
    let first = rest.iter().find(|t| !matches!(t.token, Token::Whitespace(_)));
    matches!(first.map(|t| &t.token), Some(Token::Word(w)) if w.quote_style.is_none() && matches!(
        w.keyword,
        Keyword::SELECT | Keyword::INSERT | Keyword::CREATE | Keyword::WITH | Keyword::UPDATE | Keyword::DELETE
            | Keyword::MERGE | Keyword::DROP | Keyword::ALTER | Keyword::TRUNCATE
    ))
}

/// `END IF`, `END LOOP`, `END CASE`: the word belongs to the END before it.
fn ends_block(tokens: &[TokenWithSpan], at: usize) -> bool {
    let before = tokens[..at].iter().rev().find(|t| !matches!(t.token, Token::Whitespace(_)));
    matches!(before.map(|t| &t.token), Some(Token::Word(w)) if w.keyword == Keyword::END)
}

fn alone_on_line(tokens: &[TokenWithSpan], at: usize) -> bool {
    let blank = |t: &&TokenWithSpan| matches!(t.token, Token::Whitespace(Whitespace::Space | Whitespace::Tab));
    let edge = |t: Option<&TokenWithSpan>| {
        matches!(t.map(|t| &t.token), None | Some(Token::EOF | Token::Whitespace(_) | Token::SemiColon))
    };
    edge(tokens[..at].iter().rev().find(|t| !blank(t))) && edge(tokens[at + 1..].iter().find(|t| !blank(t)))
}

/// Where template marks stand that somebody forgot to render.
pub(crate) fn jinja(tokens: &[TokenWithSpan]) -> Option<usize> {
    tokens.windows(2).position(|pair| {
        pair[0].token == Token::LBrace
            && pair[0].span.end == pair[1].span.start
            && matches!(pair[1].token, Token::LBrace | Token::Mod)
    })
}
