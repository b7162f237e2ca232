//! Tokens of plain texts, made directly: the parser's own tokenizer looks at each character several times and makes a token
//! of every blank, which costs as much as all the rest of reading. Whatever is in the least unusual is refused here and left
//! to it, so that the tokens are always the same but for blanks and comments (`tests/lex` compares them).

use crate::dialects::Reader;
use sqlparser::keywords::{ALL_KEYWORDS, ALL_KEYWORDS_INDEX, Keyword};
use sqlparser::tokenizer::{Location, Span, Token, TokenWithSpan, Whitespace, Word};
use std::sync::LazyLock;
use tessera_model::Dialect;

/// The tokens of a text of one statement, without blanks, comments and the last semicolon; `None` when it is not plain.
pub(crate) fn plain(sql: &str, dialect: Dialect, reader: &Reader) -> Option<Vec<TokenWithSpan>> {
    // Statements of T-SQL end where a line or a word says so.
    if dialect == Dialect::TSql {
        return None;
    }
    let rules = Rules::new(dialect, reader);
    let tokens = Vec::with_capacity(sql.len() / 8 + 16);
    let mut lexer = Lexer { sql, bytes: sql.as_bytes(), at: 0, line: 1, line_start: 0, rules, tokens };
    while lexer.skip()? {
        lexer.token()?;
    }
    Some(lexer.tokens).filter(|tokens| !tokens.is_empty())
}

struct Rules {
    dialect: Dialect,
    /// By ASCII character: may it start a word (1), may it go on in one (2).
    word: [u8; 128],
    quotes: bool,
    backticks: bool,
    brackets: bool,
    triple: bool,
    backslash: bool,
    dashes: bool,
    hints: bool,
}

const START: u8 = 1;
const PART: u8 = 2;

impl Rules {
    fn new(dialect: Dialect, reader: &Reader) -> Self {
        let parser = reader.dialect.as_ref();
        let mut word = [0; 128];
        for (byte, flags) in (0u8..).zip(&mut word) {
            let c = char::from(byte);
            let starts = (c.is_ascii_alphabetic() || c == '_') && parser.is_identifier_start(c);
            *flags = if starts { START } else { 0 } | if parser.is_identifier_part(c) { PART } else { 0 };
        }
        let delimits = |c| parser.is_delimited_identifier_start(c);
        Rules {
            dialect,
            word,
            quotes: delimits('"'),
            backticks: delimits('`'),
            brackets: !delimits('[') && !parser.is_nested_delimited_identifier_start('['),
            triple: parser.supports_triple_quoted_string(),
            backslash: parser.supports_string_literal_backslash_escape(),
            dashes: !parser.requires_single_line_comment_whitespace(),
            hints: parser.supports_multiline_comment_hints(),
        }
    }
}

struct Lexer<'a> {
    sql: &'a str,
    bytes: &'a [u8],
    at: usize,
    line: u64,
    /// Where the line would start if every character on it so far were a byte.
    line_start: usize,
    rules: Rules,
    tokens: Vec<TokenWithSpan>,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.bytes.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn location(&self) -> Location {
        Location { line: self.line, column: (self.at + 1).wrapping_sub(self.line_start) as u64 }
    }

    /// Goes to `to`, counting lines and characters.
    fn pass(&mut self, to: usize) {
        for (at, byte) in (self.at..to).zip(&self.bytes[self.at..to]) {
            match byte {
                b'\n' => {
                    self.line += 1;
                    self.line_start = at + 1;
                }
                0x80..=0xbf => self.line_start = self.line_start.wrapping_add(1),
                _ => {}
            }
        }
        self.at = to;
    }

    /// Passes blanks and comments. True when something stands behind them.
    fn skip(&mut self) -> Option<bool> {
        let mut ended = false;
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\n' => {
                    self.at += 1;
                    self.line += 1;
                    self.line_start = self.at;
                }
                b'-' if self.peek(1) == b'-' => {
                    if !self.rules.dashes {
                        return None;
                    }
                    let rest = &self.bytes[self.at..];
                    let len = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                    // Whether a lone carriage return ends it is the dialect's business.
                    if rest[..len.saturating_sub(1)].contains(&b'\r') {
                        return None;
                    }
                    self.pass(self.at + len);
                }
                b'/' if self.peek(1) == b'*' => {
                    let inner = &self.sql[self.at + 2..];
                    let end = inner.find("*/")?;
                    // Some dialects nest comments, and some read what stands in them.
                    if inner[..end].contains("/*") || (self.rules.hints && inner.starts_with('!')) {
                        return None;
                    }
                    self.pass(self.at + 2 + end + 2);
                }
                // The one statement has ended.
                b';' => {
                    self.at += 1;
                    ended = true;
                }
                0 if self.at >= self.bytes.len() => return Some(false),
                _ => return Some(true).filter(|_| !ended),
            }
        }
    }

    fn push(&mut self, token: Token, start: Location) {
        let span = Span { start, end: self.location() };
        self.tokens.push(TokenWithSpan { token, span });
    }

    /// A token of `len` characters of punctuation.
    fn sign(&mut self, token: Token, len: usize) {
        let start = self.location();
        self.at += len;
        self.push(token, start);
    }

    /// As `sign`, for what may be the start of an operator of the user's own.
    fn operator(&mut self, token: Token, len: usize) -> Option<()> {
        if b"+-*/<>=~!@#%^&|`?".contains(&self.peek(len)) {
            return None;
        }
        self.sign(token, len);
        Some(())
    }

    fn token(&mut self) -> Option<()> {
        let byte = self.peek(0);
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.word(),
            b'0'..=b'9' => return self.number(),
            b'"' if self.rules.quotes => return self.quoted('"'),
            b'`' if self.rules.backticks => return self.quoted('`'),
            b'\'' => return self.string(),
            b'(' => self.sign(Token::LParen, 1),
            b')' => self.sign(Token::RParen, 1),
            b',' => self.sign(Token::Comma, 1),
            b'+' => self.sign(Token::Plus, 1),
            b'*' => self.sign(Token::Mul, 1),
            b'[' if self.rules.brackets => self.sign(Token::LBracket, 1),
            b']' => self.sign(Token::RBracket, 1),
            b'.' if !matches!(self.peek(1), b'_' | b'0'..=b'9') => self.sign(Token::Period, 1),
            b'/' if self.peek(1) != b'/' && self.rules.dialect != Dialect::Oracle => self.sign(Token::Div, 1),
            b'%' if matches!(self.peek(1), b' ' | b'\n' | b'\t') => self.sign(Token::Mod, 1),
            b'=' => match self.peek(1) {
                b'>' => self.sign(Token::RArrow, 2),
                b'=' => self.sign(Token::DoubleEq, 2),
                _ => self.sign(Token::Eq, 1),
            },
            b'!' if self.peek(1) == b'=' => self.sign(Token::Neq, 2),
            b'<' => match self.peek(1) {
                b'=' => return self.operator(Token::LtEq, 2),
                b'>' => return self.operator(Token::Neq, 2),
                _ => return self.operator(Token::Lt, 1),
            },
            b'>' if self.peek(1) == b'=' => return self.operator(Token::GtEq, 2),
            b'>' => return self.operator(Token::Gt, 1),
            b'|' if self.peek(1) == b'|' => return self.operator(Token::StringConcat, 2),
            b'-' if self.peek(1) == b'>' => match self.peek(2) {
                b'>' => return self.operator(Token::LongArrow, 3),
                _ => return self.operator(Token::Arrow, 2),
            },
            b'-' => return self.minus(),
            b':' if self.peek(1) == b':' => self.sign(Token::DoubleColon, 2),
            // Behind a blank it is something else.
            b':' if self.peek(1) != b'=' && !self.peek(1).is_ascii_whitespace() => self.sign(Token::Colon, 1),
            _ => return None,
        }
        Some(())
    }

    fn minus(&mut self) -> Option<()> {
        if self.rules.dialect == Dialect::BigQuery {
            // Without blanks on both sides it may be part of a name.
            let blank = |b: u8| matches!(b, b' ' | b'\n' | b'\t');
            if self.at == 0 || !blank(self.bytes[self.at - 1]) || !blank(self.peek(1)) {
                return None;
            }
            let here = self.location();
            self.push(Token::Whitespace(Whitespace::Space), here);
        }
        self.operator(Token::Minus, 1)
    }

    fn word(&mut self) -> Option<()> {
        let flags = |b: u8| self.rules.word.get(usize::from(b)).copied();
        let rest = &self.bytes[self.at..];
        if flags(rest[0])? & START == 0 {
            return None;
        }
        let mut len = 1;
        while let Some(byte) = rest.get(len) {
            // Letters of other alphabets are the tokenizer's business.
            if flags(*byte)? & PART == 0 {
                break;
            }
            len += 1;
        }
        // N'…', q'…', U&'…' and their like.
        if len <= 2 && matches!(rest.get(len), Some(b'\'' | b'"' | b'&')) {
            return None;
        }
        let text = &self.sql[self.at..self.at + len];
        let keyword = keyword(text);
        // Lines of data may follow a COPY.
        if keyword == Keyword::COPY {
            return None;
        }
        self.sign(Token::Word(Word { value: text.to_owned(), quote_style: None, keyword }), len);
        Some(())
    }

    /// Digits, perhaps with a fraction.
    fn number(&mut self) -> Option<()> {
        let after = |from: usize| self.bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
        let mut end = self.at + after(self.at);
        if self.bytes.get(end) == Some(&b'.') {
            let fraction = after(end + 1);
            if fraction == 0 {
                return None;
            }
            end += 1 + fraction;
        }
        let next = self.bytes.get(end).copied().unwrap_or(b' ');
        let plain = !next.is_ascii_alphanumeric() && !matches!(next, b'_' | b'.' | b'$' | b'@' | b'#') && next < 0x80;
        let behind_period = self.at > 0 && self.bytes[self.at - 1] == b'.';
        if !plain || behind_period || self.tokens.last().is_some_and(|t| t.token == Token::Period) {
            return None;
        }
        let text = self.sql[self.at..end].to_owned();
        self.sign(Token::Number(text, false), end - self.at);
        Some(())
    }

    fn quoted(&mut self, quote: char) -> Option<()> {
        let inner = &self.sql[self.at + 1..];
        let len = inner.find(quote)?;
        if inner[len + 1..].starts_with(quote) {
            return None;
        }
        let start = self.location();
        let word = Word { value: inner[..len].to_owned(), quote_style: Some(quote), keyword: Keyword::NoKeyword };
        self.pass(self.at + len + 2);
        self.push(Token::Word(word), start);
        Some(())
    }

    fn string(&mut self) -> Option<()> {
        let from = self.at + 1;
        if self.rules.triple && self.peek(1) == b'\'' {
            return None;
        }
        let (mut at, mut doubled) = (from, false);
        loop {
            match self.bytes.get(at)? {
                b'\'' if self.bytes.get(at + 1) == Some(&b'\'') => {
                    doubled = true;
                    at += 2;
                }
                b'\'' => break,
                b'\\' if self.rules.backslash => return None,
                _ => at += 1,
            }
        }
        let inner = &self.sql[from..at];
        let value = if doubled { inner.replace("''", "'") } else { inner.to_owned() };
        let start = self.location();
        self.pass(at + 1);
        self.push(Token::SingleQuotedString(value), start);
        Some(())
    }
}

/// Keywords by a hash of their letters: which of the list stands in a slot, and one more; 0 for none.
static KEYWORDS: LazyLock<Vec<u16>> = LazyLock::new(|| {
    let mut slots = vec![0; SLOTS];
    for (keyword, number) in ALL_KEYWORDS.iter().zip(1u16..) {
        let mut slot = slot(keyword.as_bytes());
        while slots[slot] != 0 {
            slot = (slot + 1) % SLOTS;
        }
        slots[slot] = number;
    }
    slots
});

/// A few times as many as there are keywords.
const SLOTS: usize = 8_192;

fn slot(upper: &[u8]) -> usize {
    let hash = upper.iter().fold(upper.len() as u32, |hash, b| (hash ^ u32::from(*b)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 15)) as usize % SLOTS
}

fn keyword(word: &str) -> Keyword {
    // No keyword is longer.
    let mut upper = [0; 40];
    let Some(upper) = upper.get_mut(..word.len()) else { return Keyword::NoKeyword };
    upper.copy_from_slice(word.as_bytes());
    upper.make_ascii_uppercase();
    let mut slot = slot(upper);
    loop {
        let number = KEYWORDS[slot];
        let Some(at) = usize::from(number).checked_sub(1) else { return Keyword::NoKeyword };
        if ALL_KEYWORDS[at].as_bytes() == upper {
            return ALL_KEYWORDS_INDEX[at];
        }
        slot = (slot + 1) % SLOTS;
    }
}
