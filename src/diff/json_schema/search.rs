//! Is there a text that these machines all agree to? Breadth first through their product, so that what is found is short:
//! the automata of patterns, those texts that are not wanted, and one that keeps the bytes valid UTF-8.

use crate::maps::{HashMap, HashSet};
use regex_automata::Anchored;
use regex_automata::dfa::{Automaton, dense};
use regex_automata::util::primitives::StateID;
use regex_automata::util::start;
use std::collections::BTreeMap;
use std::rc::Rc;

pub(crate) type Dfa = dense::DFA<Vec<u32>>;

/// What a search for a text found.
pub(crate) enum Search {
    Found(String),
    None,
    /// Gave up, or a pattern cannot be compiled.
    Unknown,
}

/// Reads a text byte by byte; states are its own numbers.
pub(crate) enum Machine {
    Pattern(Rc<Dfa>),
    /// Texts, and nothing else.
    Texts(Box<Texts>),
    /// Whole characters of UTF-8.
    Utf8,
}

impl Machine {
    fn start(&self) -> Option<StateID> {
        match self {
            Machine::Pattern(dfa) => start_of(dfa),
            Machine::Texts(_) | Machine::Utf8 => Some(StateID::ZERO),
        }
    }

    fn next(&self, state: StateID, byte: u8) -> StateID {
        match self {
            Machine::Pattern(dfa) => dfa.next_state(state, byte),
            Machine::Texts(texts) => texts.next(state, byte),
            Machine::Utf8 => StateID::must(utf8(state.as_usize(), byte)),
        }
    }

    fn accepts(&self, state: StateID) -> bool {
        match self {
            Machine::Pattern(dfa) => dfa.is_match_state(dfa.next_eoi_state(state)),
            Machine::Texts(texts) => texts.ends.get(state.as_usize()) == Some(&true),
            Machine::Utf8 => state == StateID::ZERO,
        }
    }

    /// Nothing is accepted from here on. May miss some.
    fn is_dead(&self, state: StateID) -> bool {
        match self {
            Machine::Pattern(dfa) => dfa.is_dead_state(state),
            Machine::Texts(texts) => state.as_usize() >= texts.ends.len(),
            Machine::Utf8 => state.as_usize() == DEAD,
        }
    }

    /// Equal for bytes that it never tells apart.
    fn class(&self, byte: u8) -> u16 {
        match self {
            Machine::Pattern(dfa) => u16::from(dfa.byte_classes().get(byte)),
            Machine::Texts(texts) => {
                if texts.bytes[usize::from(byte)] {
                    u16::from(byte)
                } else {
                    256
                }
            }
            Machine::Utf8 => match byte {
                0..=0x7F => 0,
                0x80..=0x8F => 1,
                0x90..=0x9F => 2,
                0xA0..=0xBF => 3,
                0xC2..=0xDF => 4,
                0xE1..=0xEC | 0xEE..=0xEF => 5,
                0xF1..=0xF3 => 6,
                0xE0 | 0xED | 0xF0 | 0xF4 => u16::from(byte),
                _ => 7,
            },
        }
    }
}

const DEAD: usize = 8;

/// Unicode 16, table 3-7. States: 0 between characters, 1 to 3 so many more bytes, 4 to 7 after E0, ED, F0, F4.
fn utf8(state: usize, byte: u8) -> usize {
    match (state, byte) {
        (0, 0..=0x7F) => 0,
        (0, 0xC2..=0xDF) => 1,
        (0, 0xE0) => 4,
        (0, 0xED) => 5,
        (0, 0xE1..=0xEF) => 2,
        (0, 0xF0) => 6,
        (0, 0xF1..=0xF3) => 3,
        (0, 0xF4) => 7,
        (1..=3, 0x80..=0xBF) => state - 1,
        (4, 0xA0..=0xBF) | (5, 0x80..=0x9F) => 1,
        (6, 0x90..=0xBF) | (7, 0x80..=0x8F) => 2,
        _ => DEAD,
    }
}

/// A tree of texts.
pub(crate) struct Texts {
    next: Vec<BTreeMap<u8, usize>>,
    ends: Vec<bool>,
    bytes: [bool; 256],
}

impl Texts {
    pub(crate) fn of(texts: &[&str]) -> Texts {
        let mut out = Texts { next: vec![BTreeMap::new()], ends: vec![false], bytes: [false; 256] };
        for text in texts {
            let mut at = 0;
            for byte in text.bytes() {
                out.bytes[usize::from(byte)] = true;
                let fresh = out.next.len();
                at = *out.next[at].entry(byte).or_insert(fresh);
                if at == fresh {
                    out.next.push(BTreeMap::new());
                    out.ends.push(false);
                }
            }
            out.ends[at] = true;
        }
        out
    }

    fn next(&self, state: StateID, byte: u8) -> StateID {
        let next = self.next.get(state.as_usize()).and_then(|n| n.get(&byte)).copied();
        StateID::must(next.unwrap_or(self.next.len()))
    }
}

pub(crate) fn start_of(dfa: &Dfa) -> Option<StateID> {
    dfa.start_state(&start::Config::new().anchored(Anchored::Yes)).ok()
}

struct Visit {
    states: Vec<StateID>,
    length: u64,
    from: usize,
    byte: u8,
}

/// A text of so many characters that each machine accepts, or refuses where its flag says so. `steps` is taken from.
pub(crate) fn product(machines: &[(Machine, bool)], min: u64, max: Option<u64>, steps: &mut u64) -> Search {
    let bytes = representatives(machines);
    let Some(start) = machines.iter().map(|(m, _)| m.start()).collect::<Option<Vec<_>>>() else {
        return Search::Unknown;
    };
    // Without an upper bound, lengths beyond the lower one need not be told apart.
    let cap = |n: u64| if max.is_some() { n } else { n.min(min) };
    let mut seen: HashSet<(Vec<StateID>, u64)> = HashSet::default();
    seen.insert((start.clone(), 0));
    let mut queue = vec![Visit { states: start, length: 0, from: usize::MAX, byte: 0 }];
    let mut at = 0;
    while at < queue.len() {
        if *steps == 0 {
            return Search::Unknown;
        }
        *steps -= 1;
        let (states, length) = (queue[at].states.clone(), queue[at].length);
        let accepted = length >= min && machines.iter().zip(&states).all(|((m, keep), s)| m.accepts(*s) == *keep);
        if accepted && let Some(text) = read_back(&queue, at) {
            return Search::Found(text);
        }
        for &byte in &bytes {
            let grown = cap(length + u64::from(!continues(byte)));
            if max.is_some_and(|m| grown > m) {
                continue;
            }
            let next: Vec<StateID> = machines.iter().zip(&states).map(|((m, _), s)| m.next(*s, byte)).collect();
            if machines.iter().zip(&next).any(|((m, keep), s)| *keep && m.is_dead(*s)) {
                continue;
            }
            if seen.insert((next.clone(), grown)) {
                queue.push(Visit { states: next, length: grown, from: at, byte });
            }
        }
        at += 1;
    }
    Search::None
}

fn read_back(queue: &[Visit], mut at: usize) -> Option<String> {
    let mut bytes = Vec::new();
    while queue[at].from != usize::MAX {
        bytes.push(queue[at].byte);
        at = queue[at].from;
    }
    bytes.reverse();
    String::from_utf8(bytes).ok()
}

fn continues(byte: u8) -> bool {
    (0x80..0xC0).contains(&byte)
}

/// One byte for each class that no machine tells apart, readable ones first. Lead and continuation bytes count
/// differently, whatever the machines say.
fn representatives(machines: &[(Machine, bool)]) -> Vec<u8> {
    let mut group: [u16; 256] = std::array::from_fn(|b| u16::from((0x80..0xC0).contains(&b)));
    for (machine, _) in machines {
        let mut ids: HashMap<(u16, u16), u16> = HashMap::default();
        for byte in 0..=255u8 {
            let slot = &mut group[usize::from(byte)];
            let fresh = ids.len() as u16;
            *slot = *ids.entry((*slot, machine.class(byte))).or_insert(fresh);
        }
    }
    let nice = (b'a'..=b'z').chain(b'0'..=b'9').chain(b'A'..=b'Z').chain(*b" -_").chain(b'!'..=b'~').chain(0..=255);
    let mut seen = [false; 256];
    nice.filter(|b| !std::mem::replace(&mut seen[usize::from(group[usize::from(*b)])], true)).collect()
}
