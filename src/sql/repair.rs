//! A pass over the tokens of one statement that drops or completes what the parser cannot read and what has no meaning
//! for lineage. Positions stay as they are, so diagnostics point at the text as it was written.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};
use tessera_model::Dialect;

pub(crate) fn repair(tokens: &mut Vec<TokenWithSpan>, dialect: Dialect) {
    match dialect {
        Dialect::DuckDb => complete_from_first(tokens),
        Dialect::Trino | Dialect::Athena => drop_json_clauses(tokens),
        _ => {}
    }
}

fn is_blank(token: &TokenWithSpan) -> bool {
    matches!(token.token, Token::Whitespace(_))
}

fn is_word(token: &TokenWithSpan, keyword: Keyword) -> bool {
    matches!(&token.token, Token::Word(w) if w.keyword == keyword && w.quote_style.is_none())
}

/// DuckDB's `FROM t WHERE …` without a SELECT means all columns; the parser reads no clause behind it, so it is said.
fn complete_from_first(tokens: &mut Vec<TokenWithSpan>) {
    let Some(first) = tokens.iter().position(|t| !is_blank(t)) else { return };
    if !is_word(&tokens[first], Keyword::FROM) {
        return;
    }
    let mut depth = 0usize;
    for token in &tokens[first..] {
        match &token.token {
            Token::LParen => depth += 1,
            Token::RParen => depth = depth.saturating_sub(1),
            _ if depth == 0 && (is_word(token, Keyword::SELECT) || is_word(token, Keyword::INSERT)) => return,
            _ => {}
        }
    }
    let span = tokens[first].span;
    let blank = || Token::Whitespace(Whitespace::Space);
    let words = [Token::make_keyword("SELECT"), blank(), Token::Mul, blank()];
    tokens.splice(first..first, words.into_iter().map(|t| TokenWithSpan::new(t, span)));
}

/// `json_query(x, 'lax $.a' WITH ARRAY WRAPPER OMIT QUOTES)`: what stands behind the path says how, not what.
fn drop_json_clauses(tokens: &mut [TokenWithSpan]) {
    let mut at = 0;
    while at < tokens.len() {
        let function = matches!(&tokens[at].token, Token::Word(w) if matches!(
            w.value.to_ascii_lowercase().as_str(), "json_query" | "json_value" | "json_exists"
        ));
        at += 1;
        if !function {
            continue;
        }
        let Some(open) = (at..tokens.len()).find(|i| !is_blank(&tokens[*i])) else { return };
        if tokens[open].token != Token::LParen {
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
            if path_seen {
                token.token = Token::Whitespace(Whitespace::Space);
            }
            path_seen |= depth == 1 && arguments == 1 && matches!(token.token, Token::SingleQuotedString(_));
        }
    }
}
