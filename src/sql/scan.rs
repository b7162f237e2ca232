//! The last resort for a statement that does not parse: the words behind FROM, JOIN, USING, INTO, UPDATE and TABLE are
//! most likely tables. Names of the statement's own CTEs are left out.

use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan};
use tessera_model::Ident;

/// Tables that a statement seems to read and write, as written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scan {
    pub reads: Vec<Vec<Ident>>,
    pub writes: Vec<Vec<Ident>>,
}

pub(crate) fn tables(tokens: &[TokenWithSpan]) -> Scan {
    let words: Vec<&Token> =
        tokens.iter().map(|t| &t.token).filter(|t| !matches!(t, Token::Whitespace(_) | Token::EOF)).collect();
    let ctes = cte_names(&words);
    let mut scan = Scan::default();
    let mut at = 0;
    while at < words.len() {
        let before = at.checked_sub(1).and_then(|i| keyword(words[i]));
        let found = match keyword(words[at]) {
            // EXTRACT(x FROM y), TRIM(x FROM y), IS DISTINCT FROM y.
            Some(Keyword::FROM) if before != Some(Keyword::DISTINCT) && !inside_call(&words, at) => Some(false),
            Some(Keyword::JOIN) => Some(false),
            Some(Keyword::INTO) => Some(true),
            Some(Keyword::TABLE | Keyword::VIEW | Keyword::UPDATE | Keyword::OVERWRITE) => Some(true),
            _ => None,
        };
        at += 1;
        let Some(write) = found else { continue };
        while matches!(
            words.get(at).and_then(|t| keyword(t)),
            Some(
                Keyword::ONLY
                    | Keyword::INTO
                    | Keyword::LATERAL
                    | Keyword::TABLE
                    | Keyword::IF
                    | Keyword::NOT
                    | Keyword::EXISTS
            )
        ) {
            at += 1;
        }
        loop {
            let (name, next) = dotted(&words, at);
            let call = matches!(words.get(next), Some(Token::LParen)) && !write;
            if name.is_empty() || call {
                break;
            }
            at = next;
            let list = if write { &mut scan.writes } else { &mut scan.reads };
            let is_cte = name.len() == 1 && ctes.iter().any(|c| c.eq_ignore_ascii_case(&name[0].text));
            if !is_cte && !list.contains(&name) {
                list.push(name);
            }
            // FROM a, b AS x, c
            let mut ahead = at;
            if matches!(words.get(ahead).and_then(|t| keyword(t)), Some(Keyword::AS)) {
                ahead += 1;
            }
            if matches!(words.get(ahead), Some(Token::Word(w)) if w.keyword == Keyword::NoKeyword) {
                ahead += 1;
            }
            if write || words.get(ahead) != Some(&&Token::Comma) {
                break;
            }
            at = ahead + 1;
        }
    }
    scan
}

fn keyword(token: &Token) -> Option<Keyword> {
    match token {
        Token::Word(word) if word.quote_style.is_none() => Some(word.keyword),
        _ => None,
    }
}

/// `a.b.c` from `at` on, and the place behind it. A word that starts a clause is no name.
fn dotted(words: &[&Token], mut at: usize) -> (Vec<Ident>, usize) {
    let mut name = Vec::new();
    while let Some(Token::Word(word)) = words.get(at) {
        let clause = matches!(
            word.keyword,
            Keyword::SELECT
                | Keyword::WITH
                | Keyword::VALUES
                | Keyword::UNNEST
                | Keyword::WHERE
                | Keyword::SET
                | Keyword::ON
                | Keyword::FROM
                | Keyword::AS
                | Keyword::USING
        );
        if name.is_empty() && word.quote_style.is_none() && clause {
            break;
        }
        name.push(Ident { text: word.value.clone(), quoted: word.quote_style.is_some() });
        at += 1;
        if words.get(at) != Some(&&Token::Period) {
            break;
        }
        at += 1;
    }
    (name, at)
}

fn inside_call(words: &[&Token], at: usize) -> bool {
    let mut depth = 0usize;
    for i in (0..at).rev() {
        match words[i] {
            Token::RParen => depth += 1,
            Token::LParen if depth > 0 => depth -= 1,
            Token::LParen => {
                return matches!(i.checked_sub(1).map(|i| words[i]), Some(Token::Word(w)) if matches!(
                    w.keyword, Keyword::EXTRACT | Keyword::TRIM | Keyword::SUBSTRING | Keyword::OVERLAY
                ));
            }
            Token::Word(w) if w.keyword == Keyword::SELECT => return false,
            _ => {}
        }
    }
    false
}

/// `WITH a AS (…), b (x) AS (…)`: every word before `AS (`.
fn cte_names(words: &[&Token]) -> Vec<String> {
    let mut names = Vec::new();
    for (at, pair) in words.windows(2).enumerate() {
        if keyword(pair[0]) != Some(Keyword::AS) || *pair[1] != Token::LParen {
            continue;
        }
        let mut i = at;
        if i > 0 && *words[i - 1] == Token::RParen {
            while i > 0 && *words[i - 1] != Token::LParen {
                i -= 1;
            }
            i = i.saturating_sub(1);
        }
        if let Some(Token::Word(word)) = i.checked_sub(1).map(|i| words[i]) {
            names.push(word.value.clone());
        }
    }
    names
}
