//! The clauses of the JSON functions.

use crate::tokens::{is_any_word, is_token, solid};
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};

/// `json_query(x, 'lax $.a' WITH ARRAY WRAPPER OMIT QUOTES)`: what stands behind the path says how, not what.
pub(super) fn drop_clauses(tokens: &mut [TokenWithSpan]) -> bool {
    let mut changed = false;
    let mut at = 0;
    while at < tokens.len() {
        let function = is_any_word(tokens.get(at), &["json_query", "json_value", "json_exists"]);
        at += 1;
        if !function {
            continue;
        }
        let open = solid(tokens, at);
        if !is_token(tokens.get(open), &Token::LParen) {
            continue;
        }
        let (mut depth, mut arguments, mut path_seen) = (0usize, 0usize, false);
        for token in &mut tokens[open..] {
            match &token.token {
                Token::LParen => depth += 1,
                Token::RParen => {
                    depth -= 1;
                    if depth == 0 {
                        break;
                    }
                }
                Token::Comma if depth == 1 => {
                    arguments += 1;
                    path_seen = false;
                    continue;
                }
                _ => {}
            }
            if path_seen && !matches!(token.token, Token::Whitespace(_)) {
                token.token = Token::Whitespace(Whitespace::Space);
                changed = true;
            }
            path_seen |= depth == 1 && arguments == 1 && matches!(token.token, Token::SingleQuotedString(_));
        }
    }
    changed
}
