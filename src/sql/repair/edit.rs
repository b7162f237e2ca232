//! Changes to a statement's tokens. What is put in bears the position of what stood there, so that diagnostics point at
//! the text as it was written.

use crate::tokens::slice;
use sqlparser::tokenizer::{Span, Token, TokenWithSpan, Whitespace};
use std::ops::Range;

/// Tokens that go, and those that come in their place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) put: Vec<Token>,
}

impl Edit {
    pub(super) fn drop(range: Range<usize>) -> Self {
        Edit { range, put: Vec::new() }
    }

    /// `words` before the token at `at`.
    pub(super) fn put(at: usize, put: Vec<Token>) -> Self {
        Edit { range: at..at, put }
    }
}

pub(super) fn word(text: &str) -> Token {
    Token::make_keyword(text)
}

/// The tokens of `range`, without their positions.
pub(super) fn copy(tokens: &[TokenWithSpan], range: Range<usize>) -> Vec<Token> {
    slice(tokens, range).iter().map(|t| t.token.clone()).collect()
}

/// Makes the edits, which may come in any order and must not overlap; one that overlaps an earlier one is left out.
/// True when anything changed.
pub(super) fn apply(tokens: &mut Vec<TokenWithSpan>, mut edits: Vec<Edit>) -> bool {
    if edits.is_empty() {
        return false;
    }
    edits.sort_by_key(|e| e.range.start);
    let mut out = Vec::with_capacity(tokens.len() + 16);
    let mut rest = std::mem::take(tokens).into_iter().enumerate().peekable();
    let mut span = Span::empty();
    for edit in edits {
        while let Some((at, token)) = rest.peek() {
            if *at >= edit.range.start {
                span = token.span;
                break;
            }
            span = token.span;
            out.extend(rest.next().map(|(_, t)| t));
        }
        // A blank on both sides: what stood apart stays apart.
        let blank = || TokenWithSpan::new(Token::Whitespace(Whitespace::Space), span);
        out.push(blank());
        // What is put in stays together: names may not have blanks in them.
        out.extend(edit.put.into_iter().map(|token| TokenWithSpan::new(token, span)));
        out.push(blank());
        while rest.next_if(|(at, _)| *at < edit.range.end).is_some() {}
    }
    out.extend(rest.map(|(_, t)| t));
    *tokens = out;
    true
}
