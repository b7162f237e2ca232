//! Compatibility modes: the contract between producers and consumers of *data*, and the one pure function that turns
//! judgments into "breaking". The words `backward` and `forward` mean the opposite elsewhere; `sentence` is printed
//! wherever a mode is shown.

use crate::change::{Change, ChangeKind, Judgment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// DESIGN §3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    #[default]
    Backward,
    Forward,
    Full,
    None,
}

impl Mode {
    pub const ALL: [Mode; 4] = [Mode::Backward, Mode::Forward, Mode::Full, Mode::None];

    pub fn name(self) -> &'static str {
        match self {
            Mode::Backward => "backward",
            Mode::Forward => "forward",
            Mode::Full => "full",
            Mode::None => "none",
        }
    }

    /// What the mode means, with the name that schema registries give it.
    pub fn sentence(self) -> &'static str {
        match self {
            Mode::Backward => "backward: old readers must be able to read new data (Confluent: FORWARD)",
            Mode::Forward => "forward: old producers' data must fit the new schema (Confluent: BACKWARD)",
            Mode::Full => "full: no structural change (stricter than Confluent's FULL)",
            Mode::None => "none: nothing is breaking; affected consumers are notified (Confluent: NONE)",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A mode, and whether it holds against the last version or against every retained one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Compatibility {
    pub mode: Mode,
    pub transitive: bool,
}

/// Settings that the judgment needs besides the mode (`[diff]` in the configuration).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JudgePolicy {
    /// `[diff] widening = "breaking"`: a lossless widening counts as a failed read.
    pub widening_breaks: bool,
    /// `[diff.rules]`: rules that a team judges otherwise than the mode does.
    pub rules: RuleSeverities,
}

/// What a team makes of a rule, whatever the mode says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleSeverity {
    /// Breaking in every mode but `none`.
    Breaking,
    /// Told, never breaking. An undecided judgment stays what it is: no setting makes the unknown safe.
    Notify,
}

/// Severities by rule id, or by a part of one with a `*` (`response-*`). The most exact entry counts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RuleSeverities(pub BTreeMap<String, RuleSeverity>);

impl RuleSeverities {
    /// The severity set for a rule: its own entry, else the longest pattern that fits.
    pub fn of(&self, rule: &str) -> Option<RuleSeverity> {
        if let Some(own) = self.0.get(rule) {
            return Some(*own);
        }
        let fitting = self.0.iter().filter(|(pattern, _)| fits(pattern, rule));
        fitting.max_by_key(|(pattern, _)| pattern.len()).map(|(_, severity)| *severity)
    }
}

/// `*` stands for any text, once.
fn fits(pattern: &str, rule: &str) -> bool {
    let Some((start, end)) = pattern.split_once('*') else { return pattern == rule };
    rule.len() >= start.len() + end.len() && rule.starts_with(start) && rule.ends_with(end)
}

impl Compatibility {
    pub fn new(mode: Mode) -> Self {
        Compatibility { mode, transitive: false }
    }

    /// Reads `backward`, `full_transitive`, the aliases `readers` and `writers`, and `confluent:BACKWARD` (which is our
    /// `forward`). The error says what is accepted.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lower = text.trim().to_ascii_lowercase();
        let (registry, rest) = match lower.strip_prefix("confluent:") {
            Some(rest) => (true, rest),
            None => (false, lower.as_str()),
        };
        let (word, transitive) = match rest.strip_suffix("_transitive").or_else(|| rest.strip_suffix("-transitive")) {
            Some(word) => (word, true),
            None => (rest, false),
        };
        let mode = match (registry, word) {
            (false, "backward" | "readers") | (true, "forward") => Mode::Backward,
            (false, "forward" | "writers") | (true, "backward") => Mode::Forward,
            (_, "full") => Mode::Full,
            (_, "none") => Mode::None,
            _ => {
                return Err(format!(
                    "unknown compatibility mode `{text}`: use backward, forward, full or none (with `_transitive` if meant), \
                     their aliases readers and writers, or a registry's name as `confluent:BACKWARD`"
                ));
            }
        };
        Ok(Compatibility { mode, transitive })
    }

    /// Is this change breaking? Undecided never counts as ok.
    pub fn breaks(&self, change: &Change, policy: &JudgePolicy) -> bool {
        let severity = policy.rules.of(&change.rule).filter(|_| self.mode != Mode::None);
        let fails = |j: Judgment| match (j, severity) {
            (Judgment::Fails, Some(RuleSeverity::Notify)) => false,
            _ => matches!(j, Judgment::Fails | Judgment::Undecided),
        };
        match severity {
            Some(RuleSeverity::Breaking) => return true,
            Some(RuleSeverity::Notify) if !change.is_undecided() => return false,
            _ => {}
        }
        if change.kind == ChangeKind::Documentation {
            return false;
        }
        let widening = change.kind == ChangeKind::Widening && policy.widening_breaks;
        match self.mode {
            Mode::Backward => fails(change.reads) || widening,
            Mode::Forward => fails(change.writes),
            Mode::Full => true,
            Mode::None => false,
        }
    }

    /// Sets `breaking` on each change; true when any breaks.
    pub fn judge(&self, changes: &mut [Change], policy: &JudgePolicy) -> bool {
        let mut any = false;
        for change in changes {
            change.breaking = self.breaks(change, policy);
            any |= change.breaking;
        }
        any
    }
}

impl fmt::Display for Compatibility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.mode, if self.transitive { "_transitive" } else { "" })
    }
}

impl Serialize for Compatibility {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Compatibility {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Compatibility::parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_names_are_turned_the_right_way_round() {
        let mode = |s: &str| Compatibility::parse(s).map(|c| (c.mode, c.transitive));
        assert_eq!(mode("backward"), Ok((Mode::Backward, false)));
        assert_eq!(mode("readers"), Ok((Mode::Backward, false)));
        assert_eq!(mode("confluent:BACKWARD"), Ok((Mode::Forward, false)));
        assert_eq!(mode("confluent:FORWARD_TRANSITIVE"), Ok((Mode::Backward, true)));
        assert_eq!(mode("FULL_TRANSITIVE"), Ok((Mode::Full, true)));
        assert!(mode("sideways").is_err());
    }

    #[test]
    fn a_rules_own_severity_counts_before_the_mode_but_never_makes_the_unknown_safe() {
        use serde_json::Value;
        let change = |rule: &str, reads, writes| Change {
            rule: rule.to_owned(),
            path: String::new(),
            column: None,
            kind: ChangeKind::Structural,
            reads,
            writes,
            breaking: false,
            before: Value::Null,
            after: Value::Null,
            message: String::new(),
            witness: None,
            suggestion: None,
            steps: Vec::new(),
            source_rules: Vec::new(),
        };
        let entries = [
            ("nullable-added", RuleSeverity::Notify),
            ("response-*", RuleSeverity::Notify),
            ("response-*-removed", RuleSeverity::Breaking),
        ];
        let rules = RuleSeverities(entries.map(|(k, v)| (k.to_owned(), v)).into());
        let policy = JudgePolicy { rules, ..JudgePolicy::default() };
        use Judgment::{Fails, Ok as Fine, Undecided};
        let cases = [
            ("column-removed", Fails, Fine, Mode::Backward, true),
            ("nullable-added", Fails, Fine, Mode::Backward, false),
            ("nullable-added", Undecided, Fine, Mode::Backward, true),
            ("nullable-added", Fails, Fine, Mode::Full, false),
            ("response-header-added", Fails, Fine, Mode::Backward, false),
            ("response-header-removed", Fine, Fine, Mode::Backward, true),
            ("response-header-removed", Fine, Fine, Mode::None, false),
        ];
        for (rule, reads, writes, mode, expected) in cases {
            let breaks = Compatibility::new(mode).breaks(&change(rule, reads, writes), &policy);
            assert_eq!(breaks, expected, "{rule} {reads:?} {mode}");
        }
    }
}
