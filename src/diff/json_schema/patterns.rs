//! Regular expressions as automata: does a text match, and is there a text that matches these, not those, within a
//! length? The answer is exact where the pattern compiles (ECMA syntax without look-around and back-references, ECMA 262
//! §22.2); elsewhere it is "cannot be told".

use super::search::{Dfa, Machine, Search, Texts, product, start_of};
use crate::maps::HashMap;
use regex_automata::MatchKind;
use regex_automata::dfa::{Automaton, StartKind, dense};
use std::rc::Rc;

const SIZE_LIMIT: usize = 1 << 20;

#[derive(Default)]
pub(crate) struct Patterns {
    compiled: HashMap<String, Option<Rc<Dfa>>>,
    /// Look-around and back-references: can be matched, not searched.
    backtracking: HashMap<String, Option<fancy_regex::Regex>>,
}

/// What a text must be like.
pub(crate) struct Wanted<'a> {
    pub with: Vec<&'a str>,
    pub without: Vec<&'a str>,
    /// These exact texts are not wanted.
    pub except: Vec<&'a str>,
    /// In characters.
    pub min: u64,
    pub max: Option<u64>,
}

impl Patterns {
    pub(crate) fn matches(&mut self, pattern: &str, text: &str) -> Option<bool> {
        let Some(dfa) = self.compile(pattern) else {
            return self.backtrack(pattern, text);
        };
        let mut state = start_of(&dfa)?;
        for byte in text.bytes() {
            state = dfa.next_state(state, byte);
        }
        Some(dfa.is_match_state(dfa.next_eoi_state(state)))
    }

    /// `None` when the pattern is none at all, or runs away.
    fn backtrack(&mut self, pattern: &str, text: &str) -> Option<bool> {
        let regex = self.backtracking.entry(pattern.to_owned()).or_insert_with(|| {
            fancy_regex::RegexBuilder::new(&translate(pattern, true)?).backtrack_limit(10_000).build().ok()
        });
        regex.as_ref()?.is_match(text).ok()
    }

    fn compile(&mut self, pattern: &str) -> Option<Rc<Dfa>> {
        if let Some(known) = self.compiled.get(pattern) {
            return known.clone();
        }
        let built = translate(pattern, false).and_then(|p| build(&anywhere(&p)));
        self.compiled.insert(pattern.to_owned(), built.clone());
        built
    }

    /// Searches breadth first, so that what is found is short. `steps` is taken from.
    pub(crate) fn search(&mut self, wanted: &Wanted<'_>, steps: &mut u64) -> Search {
        let mut machines: Vec<(Machine, bool)> = Vec::new();
        for (list, keep) in [(&wanted.with, true), (&wanted.without, false)] {
            for pattern in list {
                match self.compile(pattern) {
                    Some(dfa) => machines.push((Machine::Pattern(dfa), keep)),
                    None => return Search::Unknown,
                }
            }
        }
        machines.push((Machine::Utf8, true));
        if !wanted.except.is_empty() {
            machines.push((Machine::Texts(Box::new(Texts::of(&wanted.except))), false));
        }
        match product(&machines, wanted.min, None, steps) {
            Search::Found(text) if wanted.max.is_some_and(|m| text.chars().count() as u64 > m) => {
                product(&machines, wanted.min, wanted.max, steps)
            }
            other => other,
        }
    }
}

/// The pattern anywhere in a text. What is around it may be any bytes, which makes a small automaton: texts are whole
/// characters anyway. Only `\B` holds within one.
fn anywhere(pattern: &str) -> String {
    let any = if pattern.contains(r"\B") { "(?s:.)*" } else { "(?s-u:.)*" };
    format!("{any}(?:{pattern}){any}")
}

fn build(pattern: &str) -> Option<Rc<Dfa>> {
    dense::Builder::new()
        .configure(
            dense::Config::new()
                .start_kind(StartKind::Anchored)
                .match_kind(MatchKind::All)
                .accelerate(false)
                .dfa_size_limit(Some(SIZE_LIMIT))
                .determinize_size_limit(Some(SIZE_LIMIT)),
        )
        .syntax(regex_automata::util::syntax::Config::new().nest_limit(100).utf8(false))
        .thompson(regex_automata::nfa::thompson::Config::new().nfa_size_limit(Some(SIZE_LIMIT)))
        .build(pattern)
        .ok()
        .map(Rc::new)
}

/// One exact text as a pattern of this crate's syntax.
fn literal(text: &str) -> String {
    text.chars().map(|c| format!("\\x{{{:x}}}", u32::from(c))).collect()
}

const DIGIT: &str = "0-9";
const WORD: &str = "0-9A-Za-z_";
const SPACE: &str = r"\t\n\x0B\x0C\r \x{A0}\x{FEFF}\p{Zs}\x{2028}\x{2029}";

/// ECMA 262 syntax -> this crate's; `None` for what has no equivalent. `beyond`: with look-around and back-references.
fn translate(pattern: &str, beyond: bool) -> Option<String> {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut chars = pattern.chars().peekable();
    let mut class = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                let e = chars.next()?;
                let set = match e {
                    'd' | 'D' => Some(DIGIT),
                    'w' | 'W' => Some(WORD),
                    's' | 'S' => Some(SPACE),
                    _ => None,
                };
                match (set, e) {
                    (Some(set), 'd' | 'w' | 's') if class => out.push_str(set),
                    (Some(set), 'd' | 'w' | 's') => out.push_str(&format!("[{set}]")),
                    (Some(set), _) => out.push_str(&format!("[^{set}]")),
                    (None, 'b') if class => out.push_str(r"\x08"),
                    (None, 'b') => out.push_str(r"(?-u:\b)"),
                    (None, 'B') => out.push_str(r"(?-u:\B)"),
                    (None, 'u') => {
                        let hex: String = if chars.peek() == Some(&'{') {
                            chars.next();
                            chars.by_ref().take_while(|c| *c != '}').collect()
                        } else {
                            chars.by_ref().take(4).collect()
                        };
                        u32::from_str_radix(&hex, 16).ok().and_then(char::from_u32)?;
                        out.push_str(&format!("\\x{{{hex}}}"));
                    }
                    (None, 'x') => {
                        let hex: String = chars.by_ref().take(2).collect();
                        u32::from_str_radix(&hex, 16).ok()?;
                        out.push_str(&format!("\\x{{{hex}}}"));
                    }
                    (None, '0') => out.push_str(r"\x00"),
                    (None, 'n' | 't' | 'r' | 'f' | 'v') => out.extend(['\\', e]),
                    (None, 'p' | 'P') => out.extend(['\\', e]),
                    // Back-references, named ones and control letters.
                    (None, '1'..='9') if beyond => out.extend(['\\', e]),
                    (None, '1'..='9' | 'k' | 'c') => return None,
                    (None, e) if e.is_ascii_alphanumeric() => return None,
                    (None, e) => out.push_str(&literal(&e.to_string())),
                }
            }
            '[' if !class => {
                class = true;
                out.push('[');
                if chars.peek() == Some(&'^') {
                    chars.next();
                    out.push('^');
                }
                // `[]` and `[^]` mean "nothing" and "anything" in ECMA only.
                if chars.peek() == Some(&']') {
                    return None;
                }
            }
            ']' if class => {
                class = false;
                out.push(']');
            }
            '[' | '&' | '~' if class => out.push_str(&literal(&c.to_string())),
            '.' if !class => out.push_str(r"[^\n\r\x{2028}\x{2029}]"),
            '(' if !class && chars.peek() == Some(&'?') => {
                out.push_str("(?");
                chars.next();
                match chars.next()? {
                    ':' => out.push(':'),
                    c @ ('=' | '!') if beyond => out.push(c),
                    '<' if beyond && matches!(chars.peek(), Some('=' | '!')) => out.push('<'),
                    // A name, not look-behind.
                    '<' if !matches!(chars.peek(), Some('=' | '!')) => out.push_str("P<"),
                    _ => return None,
                }
            }
            c => out.push(c),
        }
    }
    (!class).then_some(out)
}
