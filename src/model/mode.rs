//! Compatibility modes: the contract between producers and consumers of *data*, and the one pure function that turns
//! judgments into "breaking". The words `backward` and `forward` mean the opposite elsewhere; `sentence` is printed
//! wherever a mode is shown.

use crate::change::{Change, ChangeKind, Judgment};
use serde::{Deserialize, Serialize};
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JudgePolicy {
    /// `[diff] widening = "breaking"`: a lossless widening counts as a failed read.
    pub widening_breaks: bool,
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
    pub fn breaks(&self, change: &Change, policy: JudgePolicy) -> bool {
        let fails = |j: Judgment| matches!(j, Judgment::Fails | Judgment::Undecided);
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
    pub fn judge(&self, changes: &mut [Change], policy: JudgePolicy) -> bool {
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
}
