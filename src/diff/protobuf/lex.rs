//! .proto text -> tokens with their lines. Nothing is copied: texts are decoded where they are needed.

use super::raw::{Wrong, wrong};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Token<'a> {
    Name(&'a str),
    /// An integer or a float, as written.
    Number(&'a str),
    /// A quoted text with its quotes.
    Text(&'a str),
    Punct(u8),
    End,
}

impl Token<'_> {
    /// For messages; long texts are cut.
    pub(super) fn shown(&self) -> String {
        match self {
            Token::Name(word) | Token::Number(word) | Token::Text(word) => {
                let short: String = word.chars().take(40).collect();
                format!("`{short}{}`", if word.chars().count() > 40 { "…" } else { "" })
            }
            Token::Punct(byte) => format!("`{}`", char::from(*byte)),
            Token::End => "the end of the file".to_owned(),
        }
    }
}

pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    pub(super) line: u32,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Lexer { text, at: 0, line: 1 }
    }

    pub(super) fn next(&mut self) -> Result<Token<'a>, Wrong> {
        self.blank()?;
        let bytes = self.text.as_bytes();
        let start = self.at;
        let Some(&byte) = bytes.get(start) else { return Ok(Token::End) };
        match byte {
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                self.run(|b| b == b'_' || b.is_ascii_alphanumeric());
                Ok(Token::Name(&self.text[start..self.at]))
            }
            b'0'..=b'9' => Ok(self.number()),
            b'.' if bytes.get(start + 1).is_some_and(u8::is_ascii_digit) => Ok(self.number()),
            b'"' | b'\'' => self.quoted(byte),
            b'!'..=b'~' => {
                self.at += 1;
                Ok(Token::Punct(byte))
            }
            _ => {
                let odd = self.text[start..].chars().next().unwrap_or('?');
                wrong(self.line, format!("unexpected character `{}`", odd.escape_debug()))
            }
        }
    }

    /// Skips white space and comments.
    fn blank(&mut self) -> Result<(), Wrong> {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match (byte, bytes.get(self.at + 1)) {
                (b'\n', _) => {
                    self.line += 1;
                    self.at += 1;
                }
                (b' ' | b'\t' | b'\r' | 0x0b | 0x0c, _) => self.at += 1,
                (b'/', Some(b'/')) => {
                    self.at += self.text[self.at..].find('\n').unwrap_or(self.text.len() - self.at);
                }
                (b'/', Some(b'*')) => {
                    let rest = &self.text[self.at + 2..];
                    let Some(end) = rest.find("*/") else {
                        return wrong(self.line, "a comment `/*` does not end: close it with `*/`");
                    };
                    self.line += newlines(&rest[..end]);
                    self.at += end + 4;
                }
                _ => break,
            }
        }
        Ok(())
    }

    fn run(&mut self, keep: impl Fn(u8) -> bool) {
        while self.text.as_bytes().get(self.at).is_some_and(|b| keep(*b)) {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Token<'a> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let hex = bytes[start..].starts_with(b"0x") || bytes[start..].starts_with(b"0X");
        while let Some(byte) = bytes.get(self.at) {
            let sign = matches!(byte, b'+' | b'-') && !hex && matches!(bytes[self.at - 1], b'e' | b'E');
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || sign && self.at > start) {
                break;
            }
            self.at += 1;
        }
        Token::Number(&self.text[start..self.at])
    }

    fn quoted(&mut self, quote: u8) -> Result<Token<'a>, Wrong> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        self.at += 1;
        loop {
            match bytes.get(self.at) {
                Some(b'\\') if bytes.get(self.at + 1).is_some_and(|b| *b != b'\n') => self.at += 2,
                Some(b) if *b == quote => {
                    self.at += 1;
                    return Ok(Token::Text(&self.text[start..self.at]));
                }
                None | Some(b'\n') => return wrong(self.line, "a text does not end in its line: close its quote"),
                Some(_) => self.at += 1,
            }
        }
    }
}

fn newlines(text: &str) -> u32 {
    u32::try_from(text.bytes().filter(|b| *b == b'\n').count()).unwrap_or(u32::MAX)
}

/// A number as written: decimal, octal and hexadecimal integers, and floats.
pub(super) fn number(word: &str) -> Option<super::raw::Constant> {
    use super::raw::Constant;
    let digits = |text: &str, radix| i128::from_str_radix(text, radix).ok().filter(|n| *n <= i128::from(u64::MAX));
    if let Some(hex) = word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        return digits(hex, 16).map(Constant::Int);
    }
    if word.len() > 1 && word.starts_with('0') && word.bytes().all(|b| b.is_ascii_digit()) {
        return digits(word, 8).map(Constant::Int);
    }
    if word.bytes().all(|b| b.is_ascii_digit()) {
        // What does not fit 64 bits is a float.
        return digits(word, 10).map(Constant::Int).or_else(|| word.parse().ok().map(Constant::Float));
    }
    let plain = word.strip_suffix(['f', 'F']).unwrap_or(word);
    let float = plain.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
    if float { plain.parse().ok().map(Constant::Float) } else { None }
}

/// The bytes that a quoted text stands for.
pub(super) fn decode(quoted: &str, line: u32) -> Result<Vec<u8>, Wrong> {
    let inner = &quoted.as_bytes()[1..quoted.len() - 1];
    let mut out = Vec::with_capacity(inner.len());
    let mut at = 0;
    while let Some(&byte) = inner.get(at) {
        at += 1;
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        let escape = inner.get(at).copied().unwrap_or(0);
        at += 1;
        let digits = |most: usize, radix: u32, at: &mut usize| {
            let run = inner[*at..].iter().take(most).take_while(|b| char::from(**b).is_digit(radix)).count();
            let text = std::str::from_utf8(&inner[*at..*at + run]).unwrap_or_default();
            *at += run;
            u32::from_str_radix(text, radix).ok()
        };
        let plain = match escape {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 7,
            b'b' => 8,
            b'f' => 12,
            b'v' => 11,
            b'\\' | b'\'' | b'"' | b'?' => escape,
            b'0'..=b'7' => {
                at -= 1;
                let value = digits(3, 8, &mut at).unwrap_or(0);
                u8::try_from(value & 0xff).unwrap_or(0)
            }
            b'x' | b'X' => match digits(2, 16, &mut at) {
                Some(value) => u8::try_from(value).unwrap_or(0),
                None => return wrong(line, "`\\x` in a text needs hexadecimal digits"),
            },
            b'u' | b'U' => {
                let value = digits(if escape == b'u' { 4 } else { 8 }, 16, &mut at);
                let Some(letter) = value.and_then(char::from_u32) else {
                    return wrong(line, "`\\u` in a text names no character");
                };
                out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            _ => return wrong(line, format!("`\\{}` is no escape of a text", char::from(escape).escape_debug())),
        };
        out.push(plain);
    }
    Ok(out)
}
