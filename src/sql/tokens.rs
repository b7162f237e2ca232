//! Small questions about tokens, shared by what looks at them before or instead of the parser.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};
use std::ops::Range;

pub(crate) fn is_blank(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Whitespace(_))
}

/// The first place from `at` on that is neither blank nor a comment; the length when there is none.
pub(crate) fn solid(tokens: &[TokenWithSpan], at: usize) -> usize {
    let blanks = tokens.get(at..).unwrap_or_default().iter().take_while(|t| is_blank(t)).count();
    (at + blanks).min(tokens.len())
}

/// The last place before `at` that is neither blank nor a comment.
pub(crate) fn before(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    slice(tokens, 0..at).iter().rposition(|t| !is_blank(t))
}

/// The tokens of a range, whose ends may lie anywhere: none where it ends before it starts.
pub(crate) fn slice(tokens: &[TokenWithSpan], range: Range<usize>) -> &[TokenWithSpan] {
    let end = range.end.min(tokens.len());
    tokens.get(range.start..end).unwrap_or_default()
}

/// The keyword of an unquoted word.
pub(crate) fn keyword(token: Option<&TokenWithSpan>) -> Keyword {
    match token.map(|t| &t.token) {
        Some(Token::Word(word)) => word.keyword,
        _ => Keyword::NoKeyword,
    }
}

/// Whether the token is this unquoted word, which the parser may not know as a keyword.
pub(crate) fn is_word(token: Option<&TokenWithSpan>, text: &str) -> bool {
    matches!(token.map(|t| &t.token), Some(Token::Word(w)) if w.quote_style.is_none() && w.value.eq_ignore_ascii_case(text))
}

pub(crate) fn is_any_word(token: Option<&TokenWithSpan>, texts: &[&str]) -> bool {
    texts.iter().any(|text| is_word(token, text))
}

pub(crate) fn is_token(token: Option<&TokenWithSpan>, wanted: &Token) -> bool {
    token.is_some_and(|t| t.token == *wanted)
}

/// Whether the statement ends here: a semicolon, or nothing more.
pub(crate) fn is_end(token: Option<&TokenWithSpan>) -> bool {
    matches!(token.map(|t| &t.token), None | Some(Token::EOF | Token::SemiColon))
}

/// The place of the bracket that closes the one at `open`; the length when none does.
pub(crate) fn close(tokens: &[TokenWithSpan], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, token) in tokens.iter().enumerate().skip(open) {
        match token.token {
            Token::LParen | Token::LBracket | Token::LBrace => depth += 1,
            Token::RParen | Token::RBracket | Token::RBrace => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    tokens.len()
}

/// Whether nothing else stands on the line of this token.
pub(crate) fn alone_on_line(tokens: &[TokenWithSpan], at: usize) -> bool {
    let blank = |t: &&TokenWithSpan| matches!(t.token, Token::Whitespace(Whitespace::Space | Whitespace::Tab));
    let edge = |t: Option<&TokenWithSpan>| {
        matches!(t.map(|t| &t.token), None | Some(Token::EOF | Token::Whitespace(_) | Token::SemiColon))
    };
    edge(tokens[..at].iter().rev().find(|t| !blank(t))) && edge(tokens[at + 1..].iter().find(|t| !blank(t)))
}
