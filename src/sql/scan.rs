//! The last resort for a statement that does not parse: the words behind FROM, JOIN, USING, INTO, UPDATE and TABLE are
//! most likely tables. Names of the statement's own CTEs are left out.

use crate::hash::FastSet;
use crate::ir::StatementKind;
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
    let in_call = inside_calls(&words);
    let mut scan = Scan::default();
    let mut seen = FastSet::default();
    let mut at = 0;
    while at < words.len() {
        let before = at.checked_sub(1).and_then(|i| keyword(words[i]));
        let found = match keyword(words[at]) {
            // EXTRACT(x FROM y), TRIM(x FROM y), IS DISTINCT FROM y.
            Some(Keyword::FROM) if before != Some(Keyword::DISTINCT) && !in_call[at] => Some(false),
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
            let is_cte = name.len() == 1 && ctes.contains(&name[0].text.to_lowercase());
            if !is_cte && seen.insert((write, name.clone())) {
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

/// The class of a statement that the parser does not know and that moves no data: settings, rights, definitions of what
/// is neither table nor view. One that holds a query is none of them.
pub(crate) fn inert(tokens: &[TokenWithSpan]) -> Option<StatementKind> {
    let words: Vec<&Token> = tokens.iter().map(|t| &t.token).filter(|t| !matches!(t, Token::Whitespace(_))).collect();
    let is = |at: usize, texts: &[&str]| matches!(words.get(at), Some(Token::Word(w)) if texts.iter().any(|t| w.quote_style.is_none() && w.value.eq_ignore_ascii_case(t)));
    if words.iter().any(|t| matches!(keyword(t), Some(Keyword::SELECT))) {
        return None;
    }
    let any = |texts: &[&str], within: usize| (0..words.len().min(within)).any(|at| is(at, texts));
    if is(0, &["CREATE", "DROP"]) && !any(&["TABLE", "VIEW", "STREAM", "PIPE", "SYNONYM", "TASK", "CLONE"], 12) {
        return any(DEFINED, 12).then_some(StatementKind::Ddl);
    }
    // Its columns may change, but no rows come from elsewhere.
    if is(0, &["ALTER"]) {
        let moves = any(&["RENAME", "SWAP", "EXCHANGE", "ATTACH", "REPLACE", "MOVE", "SWITCH"], words.len());
        return (!moves).then_some(StatementKind::Ddl);
    }
    is(0, SETTINGS).then_some(StatementKind::Other)
}

const DEFINED: &[&str] = &[
    "FUNCTION",
    "AGGREGATE",
    "MACRO",
    "ROLE",
    "USER",
    "GROUP",
    "SCHEMA",
    "DATABASE",
    "POLICY",
    "TAG",
    "SEQUENCE",
    "INDEX",
    "TYPE",
    "EXTENSION",
    "WAREHOUSE",
    "INTEGRATION",
    "STAGE",
    "FORMAT",
    "LOGIN",
    "CERTIFICATE",
    "STATISTICS",
    "CATALOG",
    "CONNECTION",
    "SERVER",
    "PROCEDURE",
    "TRIGGER",
    "EVENT",
    "DOMAIN",
    "COLLATION",
    "OPERATOR",
    "CAST",
    "SECRET",
];

const SETTINGS: &[&str] = &[
    "SET",
    "RESET",
    "SHOW",
    "DESC",
    "DESCRIBE",
    "ADD",
    "LIST",
    "LS",
    "REMOVE",
    "RM",
    "GET",
    "PUT",
    "REFRESH",
    "ANALYZE",
    "GRANT",
    "REVOKE",
    "DENY",
    "COMMENT",
    "UNCACHE",
    "CLEAR",
    "OPTIMIZE",
    "VACUUM",
    "MSCK",
    "REPAIR",
    "KILL",
    "ATTACH",
    "DETACH",
    "INSTALL",
    "PRAGMA",
    "DBCC",
    "BACKUP",
    "RESTORE",
    "CHECKPOINT",
    "RECONFIGURE",
    "PRINT",
    "DECLARE",
    "UNSET",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "BEGIN",
    "START",
    "LOCK",
    "UNLOCK",
    "FLUSH",
    "DISCARD",
    "WAITFOR",
    "TRUNCATE",
];

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

/// For each word, whether it stands right inside the brackets of a function that has a FROM of its own.
fn inside_calls(words: &[&Token]) -> Vec<bool> {
    let mut frames = vec![false];
    let mut out = Vec::with_capacity(words.len());
    for (at, word) in words.iter().enumerate() {
        match word {
            Token::LParen => {
                let before = at.checked_sub(1).and_then(|i| keyword(words[i]));
                frames.push(matches!(
                    before,
                    Some(Keyword::EXTRACT | Keyword::TRIM | Keyword::SUBSTRING | Keyword::OVERLAY)
                ));
            }
            Token::RParen if frames.len() > 1 => {
                frames.pop();
            }
            Token::Word(w) if w.keyword == Keyword::SELECT => {
                if let Some(last) = frames.last_mut() {
                    *last = false;
                }
            }
            _ => {}
        }
        out.push(frames.last().copied().unwrap_or_default());
    }
    out
}

/// `WITH a AS (…), b (x) AS (…)`: every word before `AS (`.
fn cte_names(words: &[&Token]) -> FastSet<String> {
    let mut names = FastSet::default();
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
            names.insert(word.value.to_lowercase());
        }
    }
    names
}
