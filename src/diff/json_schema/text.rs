//! Strings: a length, patterns to match and not to match, and texts to avoid.

use super::node::{Kind, Node};
use super::patterns::Wanted;
use super::search::Search;
use super::solve::{Lit, Res, Solver, Why};
use serde_json::Value;

/// The longest text that is made up.
const LONGEST: u64 = 20_000;
/// Product states that one search may visit.
const STEPS: u64 = 20_000;

impl Solver<'_> {
    pub(crate) fn text(&mut self, atoms: &[Lit]) -> Res {
        let (mut min, mut max) = (0u64, None::<u64>);
        let (mut with, mut without, mut except) = (Vec::new(), Vec::new(), Vec::new());
        let mut other = false;
        for lit in atoms {
            match (self.arena.node(lit.id()), lit.negated()) {
                (Node::MinLength(n), false) => min = min.max(*n),
                (Node::MaxLength(n), false) => max = Some(max.map_or(*n, |m: u64| m.min(*n))),
                (Node::MinLength(n), true) => {
                    let n = n.saturating_sub(1);
                    max = Some(max.map_or(n, |m: u64| m.min(n)));
                }
                (Node::MaxLength(n), true) => min = min.max(n.saturating_add(1)),
                (Node::Pattern(p), false) => with.push(p.clone()),
                (Node::Pattern(p), true) => without.push(p.clone()),
                (Node::Enum(values), true) => {
                    except.extend(
                        values.iter().filter_map(|v| self.arena.values[*v as usize].as_str().map(str::to_owned)),
                    );
                }
                _ => other = true,
            }
        }
        if max.is_some_and(|m| m < min) {
            return Res::Empty;
        }
        if min > LONGEST || other {
            return Res::Unknown(Why::Hard);
        }
        if with.is_empty() && without.is_empty() {
            return free(min, max, &except);
        }
        let strs = |v: &[String]| -> Vec<String> { v.to_vec() };
        let (with, without, except) = (strs(&with), strs(&without), strs(&except));
        let wanted = Wanted {
            with: with.iter().map(String::as_str).collect(),
            without: without.iter().map(String::as_str).collect(),
            except: except.iter().map(String::as_str).collect(),
            min,
            max,
        };
        let mut steps = STEPS.min(self.budget);
        let before = steps;
        let found = self.patterns.search(&wanted, &mut steps);
        self.budget = self.budget.saturating_sub((before - steps) / 8);
        match found {
            Search::Found(text) => Res::Sat(Value::String(text)),
            Search::None => Res::Empty,
            Search::Unknown if steps == 0 => Res::Unknown(Why::Budget),
            Search::Unknown => Res::Unknown(Why::Opaque),
        }
    }

    /// A property name for these assertions about strings.
    pub(crate) fn key(&mut self, mut goal: Vec<Lit>) -> Result<Option<String>, Why> {
        goal.push(Lit::yes(self.arena.types(Kind::Str.bit())));
        match self.sat(goal) {
            Res::Sat(Value::String(text)) => Ok(Some(text)),
            Res::Sat(_) | Res::Unknown(Why::Hard) => Err(Why::Hard),
            Res::Empty => Ok(None),
            Res::Unknown(why) => Err(why),
        }
    }
}

/// A text of that length that is none of the excepted: there is always one but for the empty text.
fn free(min: u64, max: Option<u64>, except: &[String]) -> Res {
    let letters = || ('a'..='z').chain('0'..='9').chain('A'..='Z').chain('\u{4e00}'..='\u{9fff}');
    if min == 0 && !except.iter().any(String::is_empty) {
        return Res::Sat(Value::String(String::new()));
    }
    if max == Some(0) {
        return Res::Empty;
    }
    let length = usize::try_from(min.max(1)).unwrap_or(1);
    for last in letters() {
        let mut text = "a".repeat(length - 1);
        text.push(last);
        if !except.contains(&text) {
            return Res::Sat(Value::String(text));
        }
    }
    Res::Unknown(Why::Hard)
}
