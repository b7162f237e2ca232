//! DuckDB's list comprehensions, as the calls that they are short for.

use super::edit::{Edit, copy, word};
use crate::tokens::{close, is_token, is_word, solid};
use sqlparser::tokenizer::{Token, TokenWithSpan};
use tessera_model::Dialect;

/// `[a for x in b if c]`: `list_transform(list_filter(b, lambda x: c), lambda x: a)`.
pub(super) fn lists(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut at = 0;
    while dialect == Dialect::DuckDb && at < tokens.len() {
        let found = if is_token(tokens.get(at), &Token::LBracket) { rewritten(tokens, at) } else { None };
        match found {
            Some(edit) => {
                at = edit.range.end;
                edits.push(edit);
            }
            None => at += 1,
        }
    }
    edits
}

fn rewritten(tokens: &[TokenWithSpan], open: usize) -> Option<Edit> {
    let (mut looped, mut within, mut tested) = (None, None, None);
    let mut at = open + 1;
    let end = loop {
        let token = tokens.get(at)?;
        match &token.token {
            Token::LParen | Token::LBracket | Token::LBrace => at = close(tokens, at),
            Token::RBracket => break at,
            // An ordinary list is left at its first comma.
            Token::Comma | Token::RParen | Token::RBrace if looped.is_none() => return None,
            _ if looped.is_none() && is_word(Some(token), "for") => looped = Some(at),
            _ if looped.is_some() && within.is_none() && is_word(Some(token), "in") => within = Some(at),
            _ if within.is_some() && is_word(Some(token), "if") => tested = Some(at),
            _ => {}
        }
        at += 1;
    };
    let (looped, within) = (looped?, within?);
    let names = || {
        let mut put = vec![word("lambda")];
        put.extend(copy(tokens, solid(tokens, looped + 1)..within));
        put.push(Token::Colon);
        put
    };
    let list = copy(tokens, within + 1..tested.unwrap_or(end));
    let mut put = vec![word("list_transform"), Token::LParen];
    if let Some(tested) = tested {
        put.extend([word("list_filter"), Token::LParen]);
        put.extend(list);
        put.push(Token::Comma);
        put.extend(names());
        put.extend(copy(tokens, tested + 1..end));
        put.push(Token::RParen);
    } else {
        put.extend(list);
    }
    put.push(Token::Comma);
    put.extend(names());
    put.extend(copy(tokens, open + 1..looped));
    put.push(Token::RParen);
    Some(Edit { range: open..end + 1, put })
}
