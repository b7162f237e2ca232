//! `CREATE … TABLE` and `CREATE … VIEW` with options that the parser does not know: reduced to the name, the columns and
//! the query. Options say how rows are stored and who sees them, not where they come from.

use super::edit::{Edit, apply, copy, word};
use crate::tokens::{close, is_any_word, is_blank, is_end, is_token, keyword, slice, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};
use tessera_model::Dialect;

/// Words between CREATE and the kind of object.
const HEAD_WORDS: usize = 12;

/// Rewrites the statement if it creates a table or a view.
pub(super) fn lenient(tokens: &mut Vec<TokenWithSpan>, dialect: Dialect) -> bool {
    let Some(put) = reduced(tokens, dialect) else { return false };
    let (end, put) = put;
    let start = solid(tokens, 0);
    apply(tokens, vec![Edit { range: start..end, put }])
}

/// The head in plain words, and the place where the query starts (or the statement ends).
fn reduced(tokens: &[TokenWithSpan], dialect: Dialect) -> Option<(usize, Vec<Token>)> {
    let start = solid(tokens, 0);
    if keyword(tokens.get(start)) != Keyword::CREATE {
        return None;
    }
    let (kind, temporary) = kind(tokens, start)?;
    let mut view = keyword(tokens.get(kind)) == Keyword::VIEW;
    let mut at = solid(tokens, kind + 1);
    while is_any_word(tokens.get(at), &["IF", "NOT", "EXISTS"]) {
        at = solid(tokens, at + 1);
    }
    let name_end = name_end(tokens, at)?;
    let name = copy(tokens, at..name_end);
    at = solid(tokens, name_end);
    if is_any_word(tokens.get(at), &["LIKE", "CLONE"]) {
        let other = solid(tokens, at + 1);
        let mut put = vec![word("CREATE"), word("TABLE")];
        put.extend(name);
        put.push(tokens[at].token.clone());
        put.extend(copy(tokens, other..self::name_end(tokens, other)?));
        return Some((tokens.len(), put));
    }
    let mut target = None;
    let mut columns = None;
    let query = loop {
        let token = tokens.get(at);
        if is_end(token) {
            break None;
        }
        if is_token(token, &Token::LParen) {
            let end = close(tokens, at);
            let first = keyword(tokens.get(solid(tokens, at + 1)));
            if end >= tokens.len() {
                return None;
            }
            if matches!(first, Keyword::SELECT | Keyword::WITH) {
                break Some(at);
            }
            // The first bracket right behind the name holds the columns.
            if columns.is_none() && solid(tokens, name_end) == at {
                columns = Some(at + 1..end);
            }
            at = solid(tokens, end + 1);
            continue;
        }
        match keyword(token) {
            Keyword::SELECT => break Some(at),
            Keyword::AS => {
                let next = solid(tokens, at + 1);
                let first = keyword(tokens.get(next));
                let query =
                    matches!(first, Keyword::SELECT | Keyword::WITH | Keyword::VALUES | Keyword::FROM | Keyword::TABLE);
                if query || is_token(tokens.get(next), &Token::LParen) || is_any_word(tokens.get(next), &["REPLICA"]) {
                    break Some(next);
                }
            }
            Keyword::TO if dialect == Dialect::ClickHouse && view => {
                let name = solid(tokens, at + 1);
                let end = self::name_end(tokens, name)?;
                target = Some(name..end);
                at = end;
                continue;
            }
            _ => {}
        }
        at = solid(tokens, at + 1);
    };
    let mut put = vec![word("CREATE")];
    if temporary {
        put.push(word("TEMPORARY"));
    }
    let columns: Vec<Vec<Token>> = columns.map_or_else(Vec::new, |range| split_columns(slice(tokens, range)));
    // A view's columns are names; a table's have types, and one without makes it a view to the parser.
    let untyped = columns.iter().any(|c| c.iter().filter(|t| !matches!(t, Token::Whitespace(_))).count() < 2);
    view = query.is_some() && (view || untyped);
    put.extend(if view && target.is_some() { vec![word("MATERIALIZED")] } else { Vec::new() });
    put.push(word(if view { "VIEW" } else { "TABLE" }));
    put.extend(name);
    if !columns.is_empty() && (!untyped || view) {
        put.push(Token::LParen);
        for (i, column) in columns.into_iter().enumerate() {
            if i > 0 {
                put.push(Token::Comma);
            }
            let take = if view { 1 } else { column.len() };
            put.extend(column.into_iter().take(take));
            // ClickHouse's views have typed columns or none to the parser; the IR keeps the names alone.
            put.extend((view && dialect == Dialect::ClickHouse).then(|| word("String")));
        }
        put.push(Token::RParen);
    }
    if let Some(target) = target {
        put.push(word("TO"));
        put.extend(copy(tokens, target));
    }
    match query {
        Some(query) => {
            put.push(word("AS"));
            Some((query, put))
        }
        None => Some((tokens.len(), put)),
    }
}

/// Where TABLE or VIEW stands, and whether what is made is temporary.
fn kind(tokens: &[TokenWithSpan], start: usize) -> Option<(usize, bool)> {
    let mut at = start;
    let mut temporary = false;
    for _ in 0..HEAD_WORDS {
        at = solid(tokens, at + 1);
        match keyword(tokens.get(at)) {
            Keyword::TABLE | Keyword::VIEW => return Some((at, temporary)),
            Keyword::TEMPORARY | Keyword::TEMP => temporary = true,
            Keyword::FUNCTION | Keyword::PROCEDURE | Keyword::INDEX | Keyword::ON => return None,
            _ if is_end(tokens.get(at)) || is_token(tokens.get(at), &Token::LParen) => return None,
            _ => {}
        }
    }
    None
}

/// Behind the name at `at`, which may have hyphens in it or be IDENTIFIER('…').
fn name_end(tokens: &[TokenWithSpan], at: usize) -> Option<usize> {
    let Some(Token::Word(first)) = tokens.get(at).map(|t| &t.token) else { return None };
    let next = solid(tokens, at + 1);
    if first.value.eq_ignore_ascii_case("identifier") && is_token(tokens.get(next), &Token::LParen) {
        return Some((close(tokens, next) + 1).min(tokens.len()));
    }
    let part = |t: &TokenWithSpan| {
        matches!(t.token, Token::Word(_) | Token::Period | Token::Minus | Token::Number(..)) && !is_blank(t)
    };
    Some(at + tokens[at..].iter().take_while(|t| part(t)).count())
}

/// The columns of a list: the name and the type of each, without constraints and options.
fn split_columns(tokens: &[TokenWithSpan]) -> Vec<Vec<Token>> {
    let mut columns = Vec::new();
    let mut column: Vec<Token> = Vec::new();
    let (mut depth, mut taking) = (0usize, true);
    for token in tokens {
        match &token.token {
            Token::LParen | Token::Lt => depth += 1,
            Token::RParen | Token::Gt => depth = depth.saturating_sub(1),
            Token::ShiftRight => depth = depth.saturating_sub(2),
            Token::Comma if depth == 0 => {
                columns.push(std::mem::take(&mut column));
                taking = true;
                continue;
            }
            Token::Word(word) if depth == 0 => {
                let first = column.is_empty();
                taking &= !(is_constraint(word.keyword, first) || (!first && is_option(&word.value)));
            }
            Token::Whitespace(_) => continue,
            _ => {}
        }
        if taking {
            column.push(token.token.clone());
        }
    }
    columns.push(column);
    columns.retain(|c| matches!(c.first(), Some(Token::Word(_))));
    columns
}

/// Words that end a column's type, or start something that is no column.
fn is_constraint(word: Keyword, first: bool) -> bool {
    let table =
        matches!(word, Keyword::CONSTRAINT | Keyword::PRIMARY | Keyword::UNIQUE | Keyword::FOREIGN | Keyword::CHECK);
    let column = matches!(
        word,
        Keyword::COMMENT
            | Keyword::NOT
            | Keyword::NULL
            | Keyword::DEFAULT
            | Keyword::REFERENCES
            | Keyword::COLLATE
            | Keyword::AS
            | Keyword::GENERATED
            | Keyword::IDENTITY
            | Keyword::AUTOINCREMENT
            | Keyword::AUTO_INCREMENT
            | Keyword::MATERIALIZED
            | Keyword::ALIAS
            | Keyword::OPTIONS
            | Keyword::TAG
            | Keyword::ON
    );
    table || (column && !first)
}

fn is_option(word: &str) -> bool {
    [
        "WITH",
        "MASKING",
        "PROJECTION",
        "ENCODE",
        "DISTKEY",
        "SORTKEY",
        "CODEC",
        "TTL",
        "EPHEMERAL",
        "ENABLE",
        "RELY",
        "EXPECT",
    ]
    .iter()
    .any(|o| word.eq_ignore_ascii_case(o))
}
