//! `rules.txt`: what each rule means for readers and writers, the levels of buf's rules, and advice.

use std::collections::HashMap;
use std::sync::LazyLock;
use tessera_model::change::{ChangeKind, Judgment};

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rule {
    pub(super) kind: ChangeKind,
    /// `None`: who finds the change answers.
    pub(super) reads: Option<Judgment>,
    pub(super) writes: Option<Judgment>,
}

#[derive(Debug, Default)]
pub(super) struct Rules {
    pub(super) rules: HashMap<&'static str, Rule>,
    pub(super) levels: HashMap<&'static str, Vec<&'static str>>,
    advice: HashMap<&'static str, &'static str>,
    /// Lines that say nothing: none, or a test fails.
    pub(super) odd: Vec<&'static str>,
}

pub(super) static RULES: LazyLock<Rules> = LazyLock::new(|| read(include_str!("rules.txt")));

fn read(text: &'static str) -> Rules {
    let mut out = Rules::default();
    for line in text.lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let words: Vec<&'static str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["levels", rule, levels @ ..] if !levels.is_empty() => {
                out.levels.insert(rule, levels.to_vec());
            }
            ["rule", id, kind, reads, writes] => {
                let kind = match *kind {
                    "structural" => ChangeKind::Structural,
                    "guarantee" => ChangeKind::Guarantee,
                    "documentation" => ChangeKind::Documentation,
                    _ => {
                        out.odd.push(line);
                        continue;
                    }
                };
                let (Some(reads), Some(writes)) = (judgment(reads), judgment(writes)) else {
                    out.odd.push(line);
                    continue;
                };
                out.rules.insert(id, Rule { kind, reads, writes });
            }
            ["advice", id, _, ..] => {
                let text = line.split_once(*id).map_or("", |(_, rest)| rest.trim());
                out.advice.insert(id, text);
            }
            _ => out.odd.push(line),
        }
    }
    out
}

fn judgment(word: &str) -> Option<Option<Judgment>> {
    Some(match word {
        "ok" => Some(Judgment::Ok),
        "risky" => Some(Judgment::Risky),
        "fails" => Some(Judgment::Fails),
        "undecided" => Some(Judgment::Undecided),
        "asked" => None,
        _ => return None,
    })
}

impl Rules {
    pub(super) fn advice(&self, rule: &str, name: &str, number: &str) -> Option<String> {
        self.advice.get(rule).map(|text| text.replace("{name}", name).replace("{number}", number))
    }
}
