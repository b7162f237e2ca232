//! Clauses whose words or order the parser does not know.

use super::edit::{Edit, word};
use super::pattern::expression;
use crate::tokens::{before, close, is_any_word, is_token, is_word, keyword, solid};
use sqlparser::keywords::Keyword;
use sqlparser::tokenizer::{Token, TokenWithSpan, Whitespace};
use tessera_model::Dialect;

/// ClickHouse's `GLOBAL ANY LEFT JOIN`: how many rows match and where the join runs is dropped (the parser would take the
/// words for aliases); `SEMI LEFT` is `LEFT SEMI`.
pub(super) fn join_strictness(tokens: &mut [TokenWithSpan]) {
    for join in 0..tokens.len() {
        if keyword(tokens.get(join)) != Keyword::JOIN {
            continue;
        }
        let mut at = join;
        while let Some(last) = before(tokens, at) {
            let kw = keyword(tokens.get(last));
            match kw {
                Keyword::GLOBAL | Keyword::ANY | Keyword::ALL | Keyword::ASOF => {
                    tokens[last].token = Token::Whitespace(Whitespace::Space);
                }
                Keyword::SEMI | Keyword::ANTI => {
                    // In front of LEFT or RIGHT it changes places with it.
                    let next = solid(tokens, last + 1);
                    if matches!(keyword(tokens.get(next)), Keyword::LEFT | Keyword::RIGHT) {
                        let kind = std::mem::replace(&mut tokens[last].token, Token::EOF);
                        tokens[last].token = std::mem::replace(&mut tokens[next].token, kind);
                    }
                }
                Keyword::LEFT | Keyword::RIGHT | Keyword::FULL | Keyword::INNER | Keyword::OUTER | Keyword::CROSS => {}
                _ if is_word(tokens.get(last), "PASTE") => tokens[last].token = Token::Whitespace(Whitespace::Space),
                _ => break,
            }
            at = last;
        }
    }
}

/// Hive's SORT BY, CLUSTER BY and DISTRIBUTE BY: one ORDER BY to the parser, which wants them elsewhere; inside OVER they
/// are PARTITION BY and ORDER BY.
pub(super) fn sorting(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    if !matches!(dialect, Dialect::Hive | Dialect::SparkSql | Dialect::Databricks) {
        return edits;
    }
    // For each open bracket: whether it is a window's, whether an order was seen.
    let mut frames = vec![(false, false)];
    for (at, token) in tokens.iter().enumerate() {
        let nested = frames.len() > 1;
        let Some(frame) = frames.last_mut() else { return edits };
        match &token.token {
            Token::LParen => {
                let over = keyword(before(tokens, at).and_then(|i| tokens.get(i))) == Keyword::OVER;
                frames.push((over, false));
            }
            Token::RParen if nested => {
                frames.pop();
            }
            Token::Word(w) => {
                let by = solid(tokens, at + 1);
                let is_by = keyword(tokens.get(by)) == Keyword::BY;
                match w.keyword {
                    Keyword::SELECT => frame.1 = false,
                    Keyword::SORT | Keyword::CLUSTER | Keyword::DISTRIBUTE if is_by && frame.0 => {
                        let to = if w.keyword == Keyword::SORT { "ORDER" } else { "PARTITION" };
                        edits.push(Edit { range: at..at + 1, put: vec![word(to)] });
                    }
                    Keyword::ORDER | Keyword::SORT | Keyword::CLUSTER | Keyword::DISTRIBUTE if is_by => {
                        let put = if frame.1 { vec![Token::Comma] } else { vec![word("ORDER"), word("BY")] };
                        frame.1 = true;
                        edits.push(Edit { range: at..by + 1, put });
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }
    edits
}

/// MySQL's `GROUP BY a DESC`.
pub(super) fn group_order(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    if dialect != Dialect::MySql {
        return edits;
    }
    let mut grouping = false;
    for (at, token) in tokens.iter().enumerate() {
        match keyword(Some(token)) {
            Keyword::GROUP => grouping = true,
            Keyword::HAVING | Keyword::ORDER | Keyword::LIMIT | Keyword::WITH | Keyword::UNION | Keyword::SELECT => {
                grouping = false;
            }
            Keyword::ASC | Keyword::DESC if grouping => edits.push(Edit::drop(at..at + 1)),
            _ => {}
        }
    }
    edits
}

/// `ROLLUP ((a).b, c)`: to the parser a bracket at the start of an item is a list of columns.
pub(super) fn grouped_members(tokens: &[TokenWithSpan], _: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let open = solid(tokens, at + 1);
        if !matches!(keyword(Some(token)), Keyword::ROLLUP | Keyword::CUBE)
            || !is_token(tokens.get(open), &Token::LParen)
        {
            continue;
        }
        let end = close(tokens, open);
        let mut start = solid(tokens, open + 1);
        while start < end {
            let Some(item) = expression(tokens, start) else { break };
            if is_token(tokens.get(start), &Token::LParen) && close(tokens, start) + 1 < item {
                edits.push(Edit::put(start, vec![Token::LParen]));
                edits.push(Edit::put(item, vec![Token::RParen]));
            }
            start = solid(tokens, item);
            if is_token(tokens.get(start), &Token::Comma) {
                start = solid(tokens, start + 1);
            }
        }
    }
    edits
}

const UNITS: &[&str] = &[
    "YEAR",
    "MONTH",
    "DAY",
    "HOUR",
    "MINUTE",
    "SECOND",
    "WEEK",
    "QUARTER",
    "YEARS",
    "MONTHS",
    "DAYS",
    "HOURS",
    "MINUTES",
    "SECONDS",
    "WEEKS",
    "QUARTERS",
    "MILLISECOND",
    "MICROSECOND",
    "NANOSECOND",
];

const SHORT_UNITS: &[&str] = &["YYYY", "YY", "QQ", "MM", "WK", "WW", "DD", "HH", "MI", "SS", "MS", "NANO", "NANOS"];

/// Intervals that say their unit in the text, or in a word that the parser does not know: any unit will do.
pub(super) fn intervals(tokens: &[TokenWithSpan], _: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if keyword(Some(token)) != Keyword::INTERVAL {
            continue;
        }
        let value = solid(tokens, at + 1);
        let behind = match tokens.get(value).map(|t| &t.token) {
            Some(Token::SingleQuotedString(_) | Token::DoubleQuotedString(_) | Token::Number(..)) => value + 1,
            Some(Token::LParen) => close(tokens, value) + 1,
            _ => continue,
        };
        let unit = solid(tokens, behind);
        if is_any_word(tokens.get(unit), UNITS) {
            continue;
        }
        let composite = matches!(tokens.get(unit).map(|t| &t.token), Some(Token::Word(w)) if {
            let mut parts = w.value.split('_');
            parts.all(|p| UNITS.iter().any(|u| u.eq_ignore_ascii_case(p)))
                || SHORT_UNITS.iter().any(|u| u.eq_ignore_ascii_case(&w.value))
        });
        let text = !matches!(tokens[value].token, Token::Number(..) | Token::LParen);
        if composite {
            edits.push(Edit { range: unit..unit + 1, put: vec![word("SECOND")] });
        } else if text {
            edits.push(Edit::put(behind, vec![word("DAY")]));
        }
    }
    edits
}

/// ORDER BY and LIMIT on a member of a UNION that has no brackets: it gets them.
pub(super) fn members(tokens: &[TokenWithSpan], dialect: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    if !matches!(dialect, Dialect::ClickHouse | Dialect::TSql) {
        return edits;
    }
    // For each open bracket: where the member starts, whether it has a clause that ends a query.
    let mut frames: Vec<(Option<usize>, bool)> = vec![(None, false)];
    for (at, token) in tokens.iter().enumerate() {
        let nested = frames.len() > 1;
        let Some(frame) = frames.last_mut() else { return edits };
        match &token.token {
            Token::LParen => frames.push((None, false)),
            Token::RParen if nested => {
                frames.pop();
            }
            Token::Word(w) => match w.keyword {
                Keyword::SELECT => *frame = (Some(at), false),
                Keyword::ORDER | Keyword::LIMIT | Keyword::SETTINGS => frame.1 = true,
                Keyword::UNION | Keyword::EXCEPT | Keyword::INTERSECT => {
                    if let (Some(start), true) = *frame {
                        edits.push(Edit::put(start, vec![Token::LParen]));
                        edits.push(Edit::put(at, vec![Token::RParen]));
                    }
                    *frame = (None, false);
                }
                _ => {}
            },
            _ => {}
        }
    }
    edits
}

/// MATCH_RECOGNIZE behind a derived table, which the parser reads behind a name only: the table gets one.
pub(super) fn match_recognize(tokens: &[TokenWithSpan], _: Dialect) -> Vec<Edit> {
    let mut edits = Vec::new();
    let mut open = Vec::new();
    let mut last_closed = None;
    for (at, token) in tokens.iter().enumerate() {
        match &token.token {
            Token::LParen => open.push(at),
            Token::RParen => last_closed = open.pop().map(|start| (start, at)),
            Token::Word(w) if w.keyword == Keyword::MATCH_RECOGNIZE => {
                let (Some((start, end)), Some(last)) = (last_closed, before(tokens, at)) else { continue };
                let arguments = solid(tokens, at + 1);
                if last != end || !is_token(tokens.get(arguments), &Token::LParen) {
                    continue;
                }
                let name = || word("match_input");
                edits.push(Edit::put(start, vec![Token::LParen, word("WITH"), name(), word("AS")]));
                edits.push(Edit::put(end + 1, vec![word("SELECT"), Token::Mul, word("FROM"), name()]));
                let behind = (close(tokens, arguments) + 1).min(tokens.len());
                edits.push(Edit::put(behind, vec![Token::RParen]));
            }
            _ => {}
        }
    }
    edits
}
