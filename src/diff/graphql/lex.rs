//! SDL text -> tokens, one at a time, without copying: names and numbers borrow from the text.

use std::borrow::Cow;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token<'a> {
    Punct(u8),
    Name(&'a str),
    Number(&'a str),
    Text(Cow<'a, str>),
    End,
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Lexer { text, at: 0 }
    }

    /// The line that is being read, from 1.
    pub(super) fn line(&self) -> usize {
        self.text.as_bytes()[..self.at].iter().filter(|b| **b == b'\n').count() + 1
    }

    pub(super) fn next(&mut self) -> Result<Token<'a>, String> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\n' | b'\r' | b',' => self.at += 1,
                0xEF if self.text[self.at..].starts_with('\u{feff}') => self.at += 3,
                b'#' => {
                    self.at += bytes[self.at..].iter().position(|b| *b == b'\n').unwrap_or(bytes.len() - self.at);
                }
                _ => break,
            }
        }
        let start = self.at;
        let Some(&byte) = bytes.get(start) else { return Ok(Token::End) };
        match byte {
            b'!' | b'$' | b'&' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'}' | b'|' => {
                self.at += 1;
                Ok(Token::Punct(byte))
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.skip(|b| b == b'_' || b.is_ascii_alphanumeric());
                Ok(Token::Name(&self.text[start..self.at]))
            }
            b'-' | b'0'..=b'9' => {
                self.at += 1;
                self.skip(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'+' | b'-'));
                let word = &self.text[start..self.at];
                let number = word.parse::<f64>().is_ok_and(f64::is_finite) || word.parse::<i128>().is_ok();
                if number { Ok(Token::Number(word)) } else { Err(format!("`{word}` is not a number")) }
            }
            b'"' if self.text[start..].starts_with("\"\"\"") => self.block(),
            b'"' => self.quoted(),
            _ => Err(format!("unexpected character `{}`", self.text[start..].chars().next().unwrap_or('?'))),
        }
    }

    fn skip(&mut self, keep: impl Fn(u8) -> bool) {
        while self.text.as_bytes().get(self.at).is_some_and(|b| keep(*b)) {
            self.at += 1;
        }
    }

    fn quoted(&mut self) -> Result<Token<'a>, String> {
        self.at += 1;
        let start = self.at;
        let rest = &self.text[start..];
        let end = rest.find(['"', '\\', '\n']).ok_or("a text does not end")?;
        if rest.as_bytes()[end] == b'"' {
            self.at = start + end + 1;
            return Ok(Token::Text(Cow::Borrowed(&rest[..end])));
        }
        let mut out = String::new();
        let mut chars = rest.char_indices();
        while let Some((i, c)) = chars.next() {
            match c {
                '"' => {
                    self.at = start + i + 1;
                    return Ok(Token::Text(Cow::Owned(out)));
                }
                '\n' => break,
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('b') => out.push('\u{8}'),
                    Some('f') => out.push('\u{c}'),
                    Some('n') => out.push('\n'),
                    Some('r') => out.push('\r'),
                    Some('t') => out.push('\t'),
                    Some('u') => out.push(escaped(&mut chars).ok_or("a bad \\u escape in a text")?),
                    Some(c @ ('"' | '\\' | '/')) => out.push(c),
                    _ => return Err("unknown escape in a text".to_owned()),
                },
                c => out.push(c),
            }
        }
        Err("a text does not end on its line".to_owned())
    }

    /// A block text loses the indentation its lines share and the blank lines around it.
    fn block(&mut self) -> Result<Token<'a>, String> {
        let start = self.at + 3;
        let mut end = start;
        loop {
            let found = self.text[end..].find("\"\"\"").ok_or("a block text does not end")?;
            end += found;
            if end > start && self.text.as_bytes()[end - 1] == b'\\' {
                end += 3;
                continue;
            }
            break;
        }
        self.at = end + 3;
        let raw = self.text[start..end].replace("\\\"\"\"", "\"\"\"");
        let indent = |l: &str| l.len() - l.trim_start_matches([' ', '\t']).len();
        let blank = |l: &&str| l.trim_matches([' ', '\t']).is_empty();
        let lines: Vec<&str> = raw.lines().collect();
        let shared = lines.iter().skip(1).filter(|l| !blank(l)).map(|l| indent(l)).min().unwrap_or(0);
        let cut: Vec<&str> = lines
            .iter()
            .enumerate()
            .map(|(i, l)| if i == 0 { *l } else { l.get(shared..).unwrap_or_default() })
            .collect();
        let first = cut.iter().position(|l| !blank(l)).unwrap_or(cut.len());
        let last = cut.iter().rposition(|l| !blank(l)).map_or(first, |i| i + 1);
        Ok(Token::Text(Cow::Owned(cut[first..last].join("\n"))))
    }
}

/// `\u00e9`, `\u{1f600}` or a pair of surrogates, after the `u`.
fn escaped(chars: &mut std::str::CharIndices<'_>) -> Option<char> {
    let rest = chars.as_str();
    let hex = |text: &str| u32::from_str_radix(text, 16).ok();
    let (code, taken) = match rest.strip_prefix('{') {
        Some(inner) => {
            let end = inner.find('}').filter(|end| (1..=8).contains(end))?;
            (hex(&inner[..end])?, end + 2)
        }
        None => {
            let high = hex(rest.get(..4)?)?;
            match rest.get(4..10).and_then(|low| hex(low.strip_prefix("\\u")?)) {
                Some(low) if (0xD800..0xDC00).contains(&high) && (0xDC00..0xE000).contains(&low) => {
                    (0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00), 10)
                }
                _ => (high, 4),
            }
        }
    };
    for _ in 0..taken {
        chars.next();
    }
    char::from_u32(code)
}
